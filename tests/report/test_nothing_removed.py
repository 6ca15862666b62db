"""A scenario without impediments: its worlds are one, and no difference is offered to be quoted."""

from __future__ import annotations

import pytest

from tests.report.reports import documents, report_of

OPEN = """\
name: open
title: A corridor that nothing impedes
period: {from: 2030-03-01, to: 2030-03-10, utc_offset: "+00:00"}
need:
  initial_list: 40
  classes: {patient: {share: rest}}
carriers:
  clinic:
    fleet: {van: {count: 1, seats: 3}}
    plan: {days: daily, at: "08:00"}
route: {from: home, legs: [{to: town, travel: 2 h}]}
observed:
  all: {what: patients, by: 2030-03-09, value: 27}
"""
QUOTED = ("headline", "window")


@pytest.fixture(scope="module")
def without() -> dict[str, bytes]:
    return report_of(OPEN, None)


def test_no_difference_is_offered(without: dict[str, bytes]) -> None:
    """Would catch a headline of 0 more patients, as if something had been removed and had cost nothing."""
    made = documents(without)
    assert "there is no difference to quote" in made["summary.json"]["sentence"]
    ids = [claim["id"] for claim in made["claims.json"]["claims"]]
    assert ids
    assert not [id_ for id_ in ids if id_.startswith(QUOTED)]
    page = without["report.html"].decode()
    assert "0–0 patients" not in page
    assert 'id="attribution"' not in page


def test_with_an_impediment_there_is_one() -> None:
    gate = "impediments:\n  gate: {kind: closure, from: 2030-03-04, to: 2030-03-05}\n"
    made = documents(report_of(OPEN + gate, None))
    assert made["summary.json"]["sentence"].startswith("Under the assumptions listed")
    assert "headline" in [claim["id"] for claim in made["claims.json"]["claims"]]
