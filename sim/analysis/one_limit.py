"""Scenarios in which one thing alone limits: saturated, and with every other rule gone; and their runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.experiment.ensemble import draw
from sim.experiment.posterior import Posterior
from sim.model.draws import Draws, Sampler
from sim.model.engines import COMPILED, engine
from sim.model.laying_out import lay_out
from sim.model.layout import DAY
from sim.model.outcome import Outcome
from sim.model.plan import ACTUAL, make_plan
from sim.scenario.calendar_text import Hours, clock_text
from sim.scenario.schema import Carrier, Need, OwnVehicles, Period, Scenario

Floats = NDArray[np.float64]

DAYS = 10
"""Length of a run with one limit."""
FIRST = 2
"""Days at its start that are left out where vehicles must spread over the road first."""


def section(vehicles: float, hours: Hours) -> Scenario:
    """A road section of so many vehicles a day, open at these hours of three days, and more waiting."""
    days = [f"2030-01-0{day + 1}" for day in range(3)]
    capacity = {
        f"{day} {clock_text(second)}": f"{value:.6f} / day"
        for day in days
        for start, end in ((0, 0), *hours.spans)
        for second, value in ((end, 0.0), (start, vehicles if end else 0.0))
        if second < DAY
    }
    nobody = {"fleet": {"van": {"count": "0", "seats": "1"}}, "plan": {"days": "when ready"}}
    return Scenario.model_validate(
        {
            "name": "section",
            "title": "A section, saturated",
            "period": {"from": days[0], "to": days[-1], "utc_offset": "+00:00"},
            "need": {"classes": {"patient": {}}},
            "carriers": {"nobody": nobody},
            "own_vehicles": {"all": _at_once(int(3 * vehicles) + 100, 1, days[0])},
            "route": {"from": "home", "legs": [{"to": "far", "travel": "1 h", "capacity": capacity}]},
        }
    )


def bare(scenario: Scenario, waiting: int = 0) -> Scenario:
    """The scenario's road without its rules and limits, so many waiting who travel alone, for ten days."""
    legs = tuple(leg.model_copy(update={"capacity": {}}) for leg in scenario.route.legs)
    start = scenario.period.from_.day
    period = {"from": str(start), "to": str(start + timedelta(days=DAYS - 1)), "utc_offset": "+00:00"}
    return scenario.model_copy(
        update={
            "period": Period.model_validate(period),
            "need": Need.model_validate({"initial_list": str(waiting), "classes": {"patient": {}}}),
            "carriers": {name: _from_the_start(carrier) for name, carrier in scenario.carriers.items()},
            "own_vehicles": {},
            "route": scenario.route.model_copy(update={"legs": legs}),
            "impediments": {},
            "conditions": {},
            "observed": {},
            "windows": {},
        }
    )


def _from_the_start(carrier: Carrier) -> Carrier:
    fleet = {
        name: kind.model_copy(update={"from_": None, "to": None}) for name, kind in carrier.fleet.items()
    }
    return carrier.model_copy(update={"fleet": fleet, "plan_from": {}})


def own_vehicles(vehicles: int, each: int, scenario: Scenario) -> OwnVehicles:
    """So many own vehicles with so many people each, all ready in the first second."""
    return OwnVehicles.model_validate(_at_once(vehicles * each, each, str(scenario.period.from_.day)))


def _at_once(people: int, each: int, day: str) -> dict[str, Any]:
    ready = {f"{day} 00:00": "1 / h", f"{day} 00:00:01": "0 / h"}
    return {"people": str(people), "companions": str(each - 1), "ready": ready}


def a_day(seconds: NDArray[np.int64]) -> float:
    """How many of these seconds there are a day, once vehicles have spread over the road."""
    return float((seconds >= FIRST * DAY).sum() / (DAYS - FIRST))


def counted(
    scenario: Scenario,
    runs: int,
    count: Callable[[Draws, Outcome], float],
    posterior: Posterior | None = None,
) -> Floats:
    """Run a scenario's actual world so many times, histories of a posterior where there is one, and count."""
    layout = lay_out(scenario)
    run, sampler = engine(COMPILED, make_plan(layout, ACTUAL)), Sampler(layout)
    draws = (draw(sampler, scenario.seed, number, posterior) for number in range(runs))
    return np.array([count(d, run(d)) for d in draws], dtype=np.float64)
