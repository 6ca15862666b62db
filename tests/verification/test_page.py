"""Why: a page that nobody regenerates tells of tests that no longer exist.

On every commit: the page's rows are the cases in the code, with the expected values of today, each with a
pass; (slow) the page is the one that the code makes now, to the last digit.
"""

import pytest

from tests.verification import lines_run, report, survivors
from tests.verification.cases import ROWS
from tests.verification.engines import ENGINES


def rows_of(page, head):
    """Cells of the table with this head."""
    lines = page.splitlines()
    first = lines.index("| " + " | ".join(head) + " |") + 2
    last = next(k for k in range(first, len(lines)) if not lines[k].startswith("|"))
    return [tuple(line.strip("| ").split(" | ")) for line in lines[first:last]]


def page():
    """The page as it lies in the repository."""
    return report.PAGE.read_text(encoding="utf-8")


def test_every_case_is_on_the_page_and_passes():
    """The bug: a case added, dropped or changed, or one that failed, and a page that says otherwise."""
    rows = rows_of(page(), report.STATISTICAL)
    known = [report.known(k) for k in range(len(ROWS))]
    assert [row[: len(known[0])] for row in rows] == known
    assert {row[-1] for row in rows} == {"pass"}


def test_what_is_on_paper_is_on_the_page():
    """The bug: the same, of the cases without luck; these are cheap enough to be run."""
    assert rows_of(page(), report.ON_PAPER) == report.on_paper()


def test_every_seeded_fault_is_on_the_page():
    """The bug: a fault no longer planted, or a test of another name, and a page that says otherwise."""
    assert report.seeded_faults() in page()


def test_every_mutant_tried_is_on_the_page():
    """The bug: a mutant that survived and is not told of, or a score that is not that of the table."""
    assert page().endswith(report.counted())


def test_the_mutants_tried_are_those_of_the_code_as_it_is():
    """The bug: a score of code that is no longer there. `python -m tests.verification.mutation` tries the
    others; a few may be missing, or every change of a line would ask for minutes."""
    drawn = {mutant.key for mutant in survivors.drawn()}
    there = {row.key for row in survivors.tried()}
    assert len(drawn & there) >= 0.95 * len(drawn | there)


def test_the_model_kills_four_mutants_of_five_and_every_survivor_is_explained():
    """The bug: a survivor that nobody has looked into."""
    rows = survivors.tried()
    assert all(row.why for row in rows if row.verdict == "survived")
    of_model = [r.verdict in survivors.KILLED for r in rows if "model" in r.module and r.verdict != "same"]
    assert sum(of_model) >= 0.8 * len(of_model)


def test_coverage_is_that_of_rooms_of_this_size_and_high_enough():
    """The bug: a share of code that has grown since, or one below that which is asked for."""
    rooms, now = lines_run.read(), lines_run.written()
    if not rooms:
        pytest.skip("not measured yet")
    assert {room.room for room in rooms} == set(now)
    assert [room for room in rooms if abs(room.written - now[room.room]) > 0.1 * room.written] == []
    whole = lines_run.whole(rooms)
    assert whole.run >= 0.95 * whole.lines
    assert whole.taken >= 0.95 * whole.branches


@pytest.mark.slow
def test_the_page_is_what_the_code_makes():
    """The bug: a number that has moved without anybody noticing."""
    found = {name: report._long(name) for name in {case.name for case, _ in ROWS}}
    assert report.ENGINE in ENGINES
    assert page() == report.page(found)
