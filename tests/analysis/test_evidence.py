"""Influence of every number, in a scenario where it is known: with the road closed, the headline is need."""

from __future__ import annotations

import pytest

from sim.analysis import evidence
from sim.experiment.executors import serial
from tests.analysis.closed import closed


def weighed(*swaps):
    found = evidence.run(evidence.plan_weighing(closed(*swaps), samples=32, luck=1), serial())
    return found, {row.entry.key_path: row for row in found.weighed}


FIXED = ("prior: uniform 100 .. 199, assumed: nobody counted", "value: 120, source: paper")


def test_a_fixed_number_moves_the_headline_by_its_step():
    _, rows = weighed(FIXED)
    step = rows["need.initial_list"].step
    assert step.said == "+12"
    assert step.change[:3] == (12, 12, 12)
    assert step.change.kind == "monte_carlo"


def test_what_the_model_cannot_feel_weighs_nothing():
    found, rows = weighed(FIXED)
    for key in ("carriers.army.fleet.van.seats", "carriers.army.plan.at", "route.legs[0].travel"):
        assert rows[key].size == 0, key
    assert rows["carriers.army.plan.chance"].size == 0
    assert rows["need.initial_list"] == found.weighed[0]


def test_a_prior_weighs_the_deviation_that_it_brings():
    """A uniform over 100 whole numbers has a standard deviation of 28.9. Rule: within 10 %."""
    found, rows = weighed()
    assert rows["need.initial_list"].size == pytest.approx(28.9, rel=0.1)
    assert rows["need.initial_list"].influence.indices.total.point == pytest.approx(1, abs=0.2)
    sizes = [row.size for row in found.weighed if row.size is not None]
    assert sizes == sorted(sizes, reverse=True)


def test_figures_of_the_record_are_not_measured_and_come_last():
    found, rows = weighed()
    unmeasured = [row.entry.key_path for row in found.weighed if row.size is None]
    assert unmeasured == [row.entry.key_path for row in found.weighed][-len(unmeasured) :]
    assert {"observed.none-left.value", "observed.none-left.error"} <= set(unmeasured)
    assert all(key.startswith("observed.") for key in unmeasured)
    assert len(found.weighed) == len(rows)
