"""What a scenario is laid out as: worlds by name, and luck for as many trips as vehicles may make."""

from __future__ import annotations

import pytest

from sim.model.draws import Sampler
from sim.model.plan import make_plan
from tests.model.hand import layout_of

READY = """
need: {initial_list: 9, classes: {patient: {}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 1}}, plan: {days: when ready}}}
route: {from: home, legs: [{to: far, travel: TRAVEL}]}
"""


def test_a_world_that_there_is_not_is_an_error() -> None:
    """Would catch a misspelt world run as the actual one."""
    layout = layout_of(READY.replace("TRAVEL", "1 h"))
    with pytest.raises(KeyError, match="no world `unimpeed` in hand"):
        make_plan(layout, "unimpeed")


@pytest.mark.parametrize(
    ("travel", "like"),
    [
        ("{value: 4 h, mean: {prior: uniform 1 h .. 9 h}}", "1 h"),
        ("{value: 4 h, mean: {prior: triangular 1 h .. 2 h .. 9 h}}", "1 h"),
        ("{value: 4 h, mean: 1 h}", "1 h"),
        ("{value: 4 h, mean: {prior: lognormal 4 h ± 3 h}}", "1 h"),  # a quarter of what the text says
        ("uniform 1 h .. 3 h", "2 h"),
    ],
)
def test_luck_is_drawn_for_the_shortest_travel_that_is_thinkable(travel: str, like: str) -> None:
    """Would catch a run that stops in the middle, out of luck, because its prior gave a quick road."""
    one, other = (layout_of(READY.replace("TRAVEL", text)).trips for text in (travel, like))
    assert one == other
    assert one > layout_of(READY.replace("TRAVEL", "9 h")).trips


def test_parameters_of_another_variant_are_left_out() -> None:
    """Would catch a posterior of several variants that cannot be run in one of them, or that moves others."""
    sampler = Sampler(layout_of(READY.replace("TRAVEL", "1 h")))
    known = sampler.values({"need.initial_list": 4.0})
    assert (
        known.tolist()
        == sampler.values({"need.initial_list": 4.0, "carriers.none.plan.chance": 0.5}).tolist()
    )
    assert sorted(set(known) - set(sampler.values({}))) == [4.0]


def test_a_list_cannot_begin_with_fewer_than_nobody() -> None:
    """Would catch a parameter from elsewhere that shifts every patient's luck by one."""
    sampler = Sampler(layout_of(READY.replace("TRAVEL", "1 h")))
    assert sampler.draw(1, 0, {"need.initial_list": 0.0}).patients == 0
    with pytest.raises(ValueError, match="fewer than nobody"):
        sampler.draw(1, 0, {"need.initial_list": -1.0})
