"""The tutorial does what it says: every command and every edit of docs/tutorial.md, in an empty folder."""

from pathlib import Path

import pytest

from tests.cli import tutorial


def test_every_command_prints_what_the_tutorial_shows(tmp_path: Path) -> None:
    """Catches: a researcher who types what the page says and sees something else.

    If the change is meant, `uv run python -m tests.cli.tutorial` writes the page anew. Compared are all
    characters but ids and hashes, which must be the same in the same places.
    """
    page = tutorial.PAGE.read_text(encoding="utf-8")
    made = tutorial.carried_out(page, tmp_path)
    assert tutorial.with_ids_numbered(made) == tutorial.with_ids_numbered(page)
    assert (tmp_path / "results" / "valley" / "published" / "report.html").is_file()


def test_the_tutorial_goes_from_init_to_a_published_page_and_a_change() -> None:
    """Catches: a step that was lost when the page was rewritten."""
    page = tutorial.PAGE.read_text(encoding="utf-8")
    commands = [step.text.split()[2] for step in tutorial.steps(page) if step.kind == "console"]
    order = ["init", "check", "run", "validate", "attribute", "report", "cite", "diff"]
    assert list(dict.fromkeys(commands)) == order
    assert "illustrative" in page
    assert "(exit code 2)" in page


def test_an_edit_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """Catches: an edit that silently changes nothing, or another line than the one that is shown."""
    (tmp_path / "a.yaml").write_text("one\ntwo\ntwo\n")
    for lines in ("-three\n", "-two\n", "-one\n-three\n"):
        with pytest.raises(ValueError, match="not exactly once"):
            tutorial.edit(f"--- a.yaml\n{lines}+four\n", tmp_path)
    tutorial.edit("--- a.yaml\n one\n-two\n+four\n", tmp_path)
    assert (tmp_path / "a.yaml").read_text() == "one\nfour\ntwo\n"


def test_other_ids_in_the_same_places_are_the_same_page() -> None:
    """Catches: an id that stands where another one should; a number that passes for an id."""
    one = "run 0123456789ab of 0123456789abcdef…\nrun fedcba987654, 12 days"
    assert tutorial.with_ids_numbered(one) == "run <id 0> of <id 0>…\nrun <id 1>, 12 days"


def test_paragraphs_that_are_not_shown_leave_a_mark() -> None:
    """Catches: output that is left out without a sign of it, or shown though it is gone."""
    assert tutorial.shown("a\nb\n\nc\n\nd\n\ne\n", ("a", "e")) == "a\nb\n\n…\n\ne\n"
    with pytest.raises(ValueError, match="no paragraph starts with"):
        tutorial.shown("a\n", ("b",))
