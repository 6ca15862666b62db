"""What lacks a source is found in every reading of a file, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario.reading import read_scenario
from sim.scenario.starter import starting_file
from tests.scenario.samples import SMALL, changed, read

ROOT = Path(__file__).parents[2]


def lines(text: str, folder: Path = Path()) -> list[str]:
    return [str(problem) for problem in read(text, folder).unsourced]


def test_what_is_marked_is_not_named() -> None:
    assert lines(SMALL) == []


def test_an_unmarked_number_is_named_with_its_line() -> None:
    text = changed(("  assumed: from the map\n", ""))
    number = next(k for k, line in enumerate(text.splitlines(), 1) if "57 km" in line)
    found = lines(text)
    assert len(found) == 3
    column = text.splitlines()[number - 1].index("57 km") + 1
    assert found[0].startswith(f"s.yaml:{number}:{column}: route.legs[0].length: a number with neither ")


def test_numbers_of_variants_worlds_and_calibrations_are_looked_at() -> None:
    """A variant that brings an impediment of its own without a mark would pass unseen."""
    limit = "limit: {kind: passage_limit, chance: 50%}"
    variant = changed(("drop: [impediments.caps], change: {", f"change: {{impediments: {{{limit}}}, "))
    (line,) = lines(variant)
    assert "impediments.limit.chance" in line
    assert "in variant `few`" in line
    world = changed(
        ("no-closures: {remove: [{group: closures}]}",
         f"no-closures: {{remove: all, assume: {{impediments: {{{limit}}}}}}}"),
    )  # fmt: skip
    assert len(lines(world)) == 1  # once, though both variants have it


PAPER = "{title: A paper, publisher: Somebody, date: 2023-04-01, url: https://example.org/a}"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{title: A paper, publisher: Somebody, url: https://example.org/a}", "no `date`"),
        ("{title: A paper, publisher: Somebody, url: https://example.org/a, note: good}", "no `date`"),
        (
            "{title: A, publisher: B, url: https://example.org/a, note: The page shows no date.}",
            "",
        ),
        ("{title: A paper, publisher: Somebody, date: 2023-04-01}", "neither `url` nor `data`"),
        ("{title: A paper, publisher: Us, date: 2023-04-01, data: rows.csv}", ""),
    ],
)
def test_a_source_has_a_date_and_an_address(source: str, said: str) -> None:
    found = lines(changed((PAPER, source)))
    assert len(found) == bool(said)
    assert all("sources.paper: " + said in line for line in found)


def test_rows_of_a_table_are_named_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "shut.csv").write_text("id,from,to\na,2023-02-01,2023-02-02\n", encoding="utf-8")
    text = changed(("conditions:\n", "conditions:\n  many: {kind: closure, table: shut.csv}\n"))
    found = lines(text, tmp_path)
    assert len(found) == 2
    assert all(line.startswith("shut.csv:2:") for line in found)


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda p: p.name)
def test_every_number_of_the_scenarios_of_this_repository_has_a_mark(path: Path) -> None:
    assert [str(problem) for problem in read_scenario(path).unsourced] == []


def test_so_has_every_number_of_the_file_to_start_from() -> None:
    assert lines(starting_file("first")) == []
