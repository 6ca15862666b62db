"""The corpus of bad files: every row refused, or accepted, as it says, by the one reader behind all doors."""

from __future__ import annotations

import re
import time
import tracemalloc
from pathlib import Path

import pytest

from sim.scenario.reading import ScenarioError, ScenarioFile, read_scenario, read_text
from tests.scenario.corpus import dates, form, numbers, values, words
from tests.scenario.corpus.row import Legal, Row

TABLES = (form, values, numbers, dates, words)
ROWS: list[Row] = [row for table in TABLES for row in table.ROWS]
LEGAL: list[Legal] = [row for table in TABLES for row in table.LEGAL]
MOST_SECONDS = 1.0
MOST_BYTES = 200_000_000


def _id(row: Row | Legal) -> str:
    return row.id


def test_every_row_has_a_name_of_its_own() -> None:
    ids = [row.id for row in (*ROWS, *LEGAL)]
    assert len(ids) == len(set(ids))


@pytest.fixture
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The row's text as a file with a short name."""
    path = tmp_path / "s.yaml"
    path.write_bytes(request.param.text)
    return path


@pytest.mark.parametrize(
    ("file", "row"), [(row, row) for row in ROWS], ids=[row.id for row in ROWS], indirect=["file"]
)
def test_a_bad_file_is_refused_as_its_row_says(file: Path, row: Row) -> None:
    """R1, R4, R6, R9: every line has its place, the lines are in order, and nothing raw is echoed."""
    start = time.process_time()
    with pytest.raises(ScenarioError) as caught:
        read_scenario(file)
    seconds = time.process_time() - start
    lines = str(caught.value).replace(str(file.parent) + "/", "").split("\n")
    for line in lines:
        assert re.match(r"error: [^:\n]+\.ya?ml:\d+:\d+: ", line), line
        assert line.isprintable(), line
        assert len(line) < 1_000, line
    places = [tuple(map(int, line.split(":")[2:4])) for line in lines]
    assert places == sorted(places)
    assert len(lines) <= 51
    for said in row.said:
        assert any(re.search(said, line) for line in lines), (said, lines[:5])
    assert not row.only or len(lines) == len(row.said), lines[:5]
    assert seconds < 5 * MOST_SECONDS  # five times what it may take: this machine may be busy


@pytest.mark.parametrize(
    ("file", "row"), [(row, row) for row in LEGAL], ids=[row.id for row in LEGAL], indirect=["file"]
)
def test_a_legal_file_is_accepted_and_warned_of_as_its_row_says(file: Path, row: Legal) -> None:
    """R5: what is taken otherwise than it may have been meant is said, and travels with the scenario."""
    read = read_scenario(file)
    assert len(read.warnings) == len(row.warnings), read.warnings
    for said, warning in zip(row.warnings, read.warnings, strict=True):
        assert re.search(said, warning), warning


def test_all_doors_have_the_same_reader(tmp_path: Path) -> None:
    """R7: text in memory and a file on disk are refused in the same words."""
    for row in ROWS:
        try:
            text = row.text.decode("utf-8")
        except UnicodeDecodeError:
            continue
        path = tmp_path / "s.yaml"
        path.write_bytes(row.text)
        said = []
        for door in (lambda p=path: read_scenario(p), lambda t=text: read_text(t, tmp_path, "s.yaml")):
            with pytest.raises(ScenarioError) as caught:
                door()
            said.append(str(caught.value).replace(str(path), "s.yaml"))
        assert said[0] == said[1], row.id


def test_reading_needs_little_memory(tmp_path: Path) -> None:
    """R6: an alias that stands for a hundred million leaves, or a megabyte of lists, is never unfolded."""
    for row in ROWS:
        if len(row.text) < 100_000 and row.id not in ("A11", "A13", "A29e"):
            continue
        path = tmp_path / "s.yaml"
        path.write_bytes(row.text)
        tracemalloc.start()
        try:
            with pytest.raises(ScenarioError):
                read_scenario(path)
            assert tracemalloc.get_traced_memory()[1] < MOST_BYTES, row.id
        finally:
            tracemalloc.stop()


def test_closures_in_another_order_are_the_same_scenario(tmp_path: Path) -> None:
    """D05: the order of a block's keys is nothing that a scenario says."""
    closures = [
        "  a: {kind: closure, from: 2023-01-02, to: 2023-01-07}\n",
        "  b: {kind: closure, from: 2023-01-09, to: 2023-01-10}\n",
    ]

    def read(order: list[str]) -> ScenarioFile:
        return read_text(
            form.SMALL.replace("impediments:\n", "impediments:\n" + "".join(order)), tmp_path, "s.yaml"
        )

    assert read(closures).model_hash == read(closures[::-1]).model_hash


def test_ten_steps_of_a_tenth_of_an_hour_are_an_hour() -> None:
    """D11: seconds are whole; 0.1 h added up as floats stays short of 1 h."""
    tenth = read_text(form.changed(("travel: 2 h", "travel: 0.1 h")), Path(), "s.yaml").scenario
    assert 10 * tenth.route.legs[1].travel.value.params[0] == 3600
