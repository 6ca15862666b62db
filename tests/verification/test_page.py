"""Why: a page that nobody regenerates tells of tests that no longer exist.

On every commit: the page's rows are the cases in the code, with the expected values of today, each with a
pass; (slow) the page is the one that the code makes now, to the last digit.
"""

import pytest

from tests.verification import report
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
    assert page().endswith(report.MEASURED + report.mutation_testing())


@pytest.mark.slow
def test_the_page_is_what_the_code_makes():
    """The bug: a number that has moved without anybody noticing."""
    found = {name: report._long(name) for name in {case.name for case, _ in ROWS}}
    assert report.ENGINE in ENGINES
    assert page() == report.page(found)
