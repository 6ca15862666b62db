"""Own vehicles and a closure that turns back, as they are told: in `check`, an answer, a trace, and the cost.

Why: most scenarios have carriers alone; what is said of the rest would be wrong for long unseen.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.experiment.ensemble import simulate
from sim.report.answer import answer
from sim.report.contents import as_text, contents
from sim.report.cost import expected_cost
from sim.report.figures import closed_spans
from sim.report.tables import render
from sim.report.trace import as_lines, trace
from sim.scenario.reading import ScenarioFile, read_text

ROAD = """\
name: road
title: A road of own vehicles
period: {from: 2030-03-01, to: 2030-03-03, utc_offset: "+00:00"}
need: {initial_list: 12, classes: {patient: {}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 3}}, plan: {days: daily, at: "08:00"}}}
own_vehicles: {families: {people: 90, companions: 2, ready: {2030-03-01: 1 / h}}}
route: {from: home, legs: [{to: bridge, travel: 1 h, capacity: {2030-03-01: 2 / h}}, {to: far, travel: 1 h}]}
impediments: {shut: {kind: closure, from: 2030-03-02 08:30, to: 2030-03-02, policy: turn_back}}
observed: {there: {what: people_arrived, by: 2030-03-03, about: 80}}
"""


def read(text: str = ROAD) -> ScenarioFile:
    return read_text(text, Path(), "road.yaml")


@pytest.mark.parametrize(
    ("people", "vehicles"),
    [
        ("people: 90, companions: 2", "30"),
        ("people: {prior: uniform 60 .. 120}, companions: 2", "30"),
        ("people: 90, companions: {value: poisson 8, mean: {prior: uniform 1 .. 3}}", "30"),
        ("people: 90, companions: {value: poisson 8}", "10"),
    ],
)
def test_how_many_own_vehicles_are_expected(people: str, vehicles: str) -> None:
    """Would catch people counted as vehicles, and the companions' distribution in place of the prior of
    its mean."""
    file = read(ROAD.replace("people: 90, companions: 2", people))
    assert f"\n  own vehicles about {vehicles} (base) expected\n" in as_text(contents(file))


def test_own_vehicles_cost_time() -> None:
    """Would catch a queue of half a million vehicles that is predicted to take no time."""
    few, many = (
        expected_cost(read(ROAD.replace("people: 90", f"people: {n}")), 10, 2, ["base"], "simpy").seconds
        for n in (90, 90_000)
    )
    assert many - few == pytest.approx(10 * (90_000 - 90) / 3 * (0.5e-6 + 2 * 130e-6))


def test_an_answer_counts_those_at_the_end_of_the_road() -> None:
    """Would catch the people on the list alone, and their published total beside another measure."""
    made = simulate(read(), replications=8)
    data = answer(made, "1", "a")
    rows = {row["measure"]: row for row in data["measures"]}
    for name in ("people_arrived", "vehicles_arrived", "travel_median"):
        assert rows[name]["worlds"]["actual"]["point"] == made.measures["base", "actual"][name].median()
    assert {name: row["observed"] and row["observed"]["figure"] for name, row in rows.items() if
            row["observed"]} == {"people_arrived": "there"}  # fmt: skip
    page = render(data, "corridor run road.yaml", None, terminal=False)
    (line,) = [line for line in page.splitlines() if line.startswith("People at the end of")]
    assert "| about 80 [there] |" in line
    assert "Travel time of own" in page


def test_a_trace_tells_of_own_vehicles_and_of_who_comes_back() -> None:
    """Would catch an own vehicle told as a convoy, and patients of a convoy that turned back told as handed
    over."""
    lines = [line.partition("  ") for line in as_lines(trace(read()))]
    of_bus = [f"{time[8:16]} {said}" for time, _, said in lines if "convoy 2" in said and "van" not in said]
    assert of_bus == [
        "02 08:00 bus convoy 2: departed",
        "02 09:00 bus convoy 2 reached bridge",
        "02 09:00 bus convoy 2 turned back at bridge: closed",
        "02 10:00 bus convoy 2: home",
        *(f"02 10:00 start-{k} (patient, party of 1) back on the list from bus convoy 2" for k in (4, 5, 6)),
    ]
    said = [said for _, _, said in lines]
    assert "bus convoy 1, van-1: admitted for the road from home" in said
    ready = next(line for line in said if line.startswith("families "))
    own = ready.removesuffix(": ready")
    assert own.endswith(" (3 people)")
    assert [line.removeprefix(own) for line in said if line.startswith(own)] == [
        ": ready", ": joined the queue for the road from home", ": admitted for the road from home",
        " reached bridge", " reached far",
    ]  # fmt: skip
    assert any(line.startswith("families ") and line.endswith(": held at home") for line in said)


def test_closures_that_touch_are_one_shade_whatever_their_policy() -> None:
    """Would catch a seam in the figure where the road stays closed."""
    more = "to: 2030-03-02, policy: turn_back}, more: {kind: closure, from: 2030-03-03, policy: hold}}"
    file = read(ROAD.replace("to: 2030-03-02, policy: turn_back}}", more))
    assert closed_spans(file.scenario) == [(86_400 + 30_600, 3 * 86_400)]
