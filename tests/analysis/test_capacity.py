"""The ceiling of a corridor: numbers that can be worked out on paper, found by formula and by the model.

Why: a formula that is right for another corridor (a return that is not inspected, a fleet that is never away)
looks just as exact. Here every number is an hour's arithmetic, and the model must carry as many.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.analysis.capacity import Limit, capacity
from sim.report.capacity import as_text, capacity_data, capacity_files, gap_sentence
from sim.scenario.calendar_text import hours
from sim.scenario.reading import read_text
from sim.scenario.schema import Scenario

TEXT = """
name: ceiling
title: Numbers on paper
illustrative: true
period: {from: 2030-03-01, to: 2030-03-10, utc_offset: "+00:00"}
need: {initial_list: 40, classes: {patient: {companions: 1}}}
carriers:
  clinic:
    fleet: {van: {count: 4, seats: 5}, ambulance: {count: 1, seats: 9, lying: 1, lying_only: true}}
    plan: {days: every 2 days, at: "08:00", vehicles: 3, escort: 1}
own_vehicles: {families: {people: 90, companions: 2, ready: {2030-03-01: 1 / h}}}
route:
  from: home
  legs: [{to: bridge, travel: 3 h, CAPACITY}, {to: far, travel: 1 h}]
  turnaround: 4 h
conditions:
  post: {kind: checkpoint, at: bridge, lanes: 2, per_vehicle: 10 min, per_person: 2 min}
"""
CAPACITY = "capacity: {2030-03-01: 100 / h, 2030-03-02 12:00: 10 / h}"


def scenario(text: str = TEXT, capacity: str = CAPACITY) -> Scenario:
    return read_text(text.replace("CAPACITY", capacity), Path("."), "ceiling.yaml").scenario


def found(text: str = TEXT, **kwargs: str) -> dict[str, Limit]:
    one = scenario(text, **kwargs)
    limits = capacity(one, one, hours("06:00 .. 18:00"), replications=2, runs=1)
    return {limit.name: limit for limit in limits}


ON_PAPER = {
    "road, day and night": (2400, 3),  # 100 an hour on the first day; three people in an own vehicle
    "road by daylight": (1200, 3),
    "checkpoint post": (144, 5),  # two lanes, 20 minutes each
    "checkpoint post, both ways": (96, 5),  # and 10 for an empty one
    "fleet and crews without a pause": (8, 5),  # four vans, twelve hours each; no ambulance without the lying
    "seats of the planned departures": (0.5, 5),  # one escorts, the ambulance stays: every second day
}


def test_each_limit_is_what_paper_says() -> None:
    """Would catch a return that costs no lane, an escort that carries, an ambulance counted as a van."""
    limits = found()
    for name, (vehicles, people) in ON_PAPER.items():
        assert np.median(limits[name].vehicles) == pytest.approx(vehicles, rel=1e-6), name
        assert limits[name].people == pytest.approx(people), name


def test_the_model_carries_as_many_under_that_limit_alone() -> None:
    """Would catch a formula, or a scenario made for the check, that forgets another limit."""
    limits = found()
    for name, (vehicles, _) in ON_PAPER.items():
        if not name.endswith("both ways"):
            off = 0 if name.startswith("seats") else max(1.0, vehicles / 100)
            assert limits[name].simulated == pytest.approx(vehicles, abs=off), name
    assert list(limits)[-1] == "as it ran"
    ran = limits["as it ran"]  # of three vehicles one escorts, one has nobody: two parties of two
    assert (np.median(ran.vehicles), ran.people) == (0.5, 4)


def test_what_ran_is_of_one_carrier_alone() -> None:
    """Would catch rides that are told from others' by the vehicle in place of the convoy."""
    others = '  others: {fleet: {truck: {count: 3, seats: 2}}, plan: {days: every 2 days, at: "07:00"}}\n'
    ran = found(TEXT.replace("own_vehicles:", others + "own_vehicles:"))["as it ran"]
    assert (np.median(ran.vehicles), ran.people) == (0.5, 4)


def test_hours_lanes_and_a_fleet_that_is_not_back_in_time() -> None:
    """Would catch hours or lanes that do not count, and departures that find vehicles still on the road."""
    text = TEXT.replace("lanes: 2,", "lanes: 1, hours: 06:00 .. 12:00,")
    assert np.median(found(text)["checkpoint post"].vehicles) == pytest.approx(18)
    busy = TEXT.replace('every 2 days, at: "08:00", vehicles: 3, escort: 1', "every 8 h")
    seats = found(busy)["seats of the planned departures"]
    assert np.median(seats.vehicles) == pytest.approx(
        4 * 1.5
    )  # away for twelve hours: every second departure
    assert seats.simulated == pytest.approx(4 * 1.5)


def test_a_fleet_that_can_only_escort_or_carry_who_must_lie() -> None:
    """Would catch an escort that counts as a seat, and a mean over no seats."""
    alone = found(TEXT.replace("count: 4, seats: 5", "count: 1, seats: 5"))
    assert np.median(alone["seats of the planned departures"].vehicles) == 0
    lying = found(TEXT.replace("van: {count: 4, seats: 5}, ", ""))["checkpoint post"]
    assert (np.median(lying.vehicles), lying.people) == (240, 1)  # two lanes, 10 minutes and 2 for the driver


def test_a_road_that_nobody_measured_is_left_out_or_an_error() -> None:
    """Would catch a ceiling without a road that is told as the road's."""
    bare = scenario(capacity="length: 1 km")
    names = [limit.name for limit in capacity(bare, None, hours("06:00 .. 18:00"), 2, 1)]
    assert not any(name.startswith("road") for name in names)
    with pytest.raises(ValueError, match="no leg of `ceiling` has a capacity"):
        capacity(bare, bare, hours("06:00 .. 18:00"), 2, 1)


def test_the_table_says_what_is_taken_for_granted() -> None:
    """Would catch a limit without its assumption, an interval without its kind, or files that change."""
    one = scenario()
    data = capacity_data(capacity(one, one, hours("06:00 .. 18:00"), 2, 1), one, one)
    text = as_text(data)
    for row in data["limits"]:
        assert row["limit"] in text
        assert " ".join(row["assumed"].split()[:4]) in " ".join(text.split())
    assert "90 % prediction interval" in text
    assert "2,400" in text
    files = capacity_files(data)
    assert files == capacity_files(data)
    ran = data["limits"][-1]["people_a_day"]
    ran["low"] = ran["median"] = ran["high"] = 0.0
    shut = gap_sentence(data)
    assert "carried 0 people a day (no spread: the central 90 % of replications agree); the widest" in shut
    assert "would let through 7,200. It is a ceiling" in shut, "no times of nothing"
    assert sorted(files) == ["capacity.csv", "capacity.json", "capacity.png", "capacity.svg"]
