"""How well a number is supported is said by its marks and by who its sources are, never typed as a grade."""

from __future__ import annotations

import pytest

from sim.scenario.sources import Entry, ledger
from tests.scenario.samples import SMALL, changed, errors, read

SOURCES = (
    "sources:\n",
    "sources:\n"
    "  second: {title: Another, publisher: Somebody else, date: 2023-04-02, url: https://example.org/b}\n"
    "  same: {title: Again, publisher: Somebody, date: 2023-04-03, url: https://example.org/c}\n"
    "  one-side: {title: A, publisher: Its agency, side: here, date: 2023-04-01, url: https://example.org/d}\n"
    "  other-side: {title: B, publisher: Their agency, side: there, date: 2023-04-01, url: https://example.org/e}\n",
)

INITIAL = "initial_list: {value: 24, source: paper}"


def entry(mark: str, key: str = "need.initial_list") -> Entry:
    text = changed(SOURCES, (INITIAL, f"initial_list: {{value: 24, {mark}}}"))
    return next(e for e in ledger(read(text).scenario) if e.key_path == key)


@pytest.mark.parametrize(
    ("mark", "grade"),
    [
        ("source: paper", "single_source"),
        ("source: paper, also: [same]", "single_source"),  # one publisher twice is one
        ("source: paper, also: [second]", "reported"),
        ("source: paper, also: [one-side, second]", "reported"),
        ("source: one-side, also: [paper, other-side]", "both_sides"),
        ("source: paper, also: [second], derived: the sum of both", "derived"),
        ("source: one-side, also: [other-side], assumed: rounded", "assumed"),
        ("assumed: a guess", "assumed"),
    ],
)
def test_the_grade_follows_from_the_marks(mark: str, grade: str) -> None:
    assert entry(mark).grade == grade


def test_the_ledger_names_every_source_and_how_it_was_derived() -> None:
    found = entry("source: paper, also: [second, same], derived: the sum of both")
    assert found.sources == ("paper", "second", "same")
    assert found.reason == "the sum of both"


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("also: [second]", "`also` goes with a `source`"),
        ("derived: by hand", "`derived` goes with a `source`"),
        ("source: paper, derived: a, assumed: b", "either `derived` or `assumed`"),
        ("source: paper, also: [sceond]", "no source `sceond`; did you mean `second`?"),
    ],
)
def test_marks_that_do_not_hold_are_refused(mark: str, said: str) -> None:
    text = changed(SOURCES, (INITIAL, f"initial_list: {{value: 24, {mark}}}"))
    (line,) = errors(text)
    assert said in line


FIGURE = "about: 150, source: paper"


def error_of(more: str) -> Entry:
    text = changed(SOURCES, (FIGURE, f"about: 150, error: 5, source: paper{more}"))
    return next(e for e in ledger(read(text).scenario) if e.key_path == "observed.total.error")


def test_the_error_of_a_figure_is_ours_unless_a_source_states_it() -> None:
    """A publisher of a figure seldom says how wrong it may be: to count our error as his would be a lie."""
    ours = error_of("")
    assert (ours.grade, ours.sources) == ("assumed", ())
    assert "judgement of this scenario" in (ours.reason or "")
    assert error_of(", assumed: read off a chart").reason == "read off a chart"
    stated = error_of(", error_source: second")
    assert (stated.grade, stated.sources) == ("single_source", ("second",))
    (line,) = errors(changed(SOURCES, (FIGURE, FIGURE + ", error: 5, error_source: nobody")))
    assert "no source `nobody`" in line


def test_marks_move_no_hash() -> None:
    """Or a better source would make every calibration worthless."""
    marked = changed(
        SOURCES,
        (INITIAL,
         "initial_list: {value: 24, source: one-side, also: [other-side], derived: by subtraction}"),
        (FIGURE, FIGURE + ", error_source: second"),
    )  # fmt: skip
    assert read(marked).model_hash == read(SMALL).model_hash


def test_a_fact_replaced_in_a_variant_brings_all_of_its_marks() -> None:
    text = changed(
        SOURCES,
        (INITIAL,
         "initial_list: {value: 24, source: paper, also: [second], derived: counted}"),
        ("{need: {initial_list: 0}}", "{need: {initial_list: {value: 0, source: same}}}"),
    )  # fmt: skip
    found = next(e for e in ledger(read(text).variants["few"]) if e.key_path == "need.initial_list")
    assert (found.grade, found.sources, found.reason) == ("single_source", ("same",), None)


def test_a_word_where_a_time_may_stand_is_no_number() -> None:
    """Would catch a ledger that takes the `start` of a lagging bulletin for an hour, and stops."""
    text = changed(("by: 2023-03-31, about: 150", "by: 2023-03-31, at: start, about: 150"))
    paths = {entry.key_path for entry in ledger(read(text).scenario)}
    assert not any(path.endswith(".at") and path.startswith("observed") for path in paths)
