"""From the ledger's numbers to the layout's values: the same number under the two names that it has."""

from __future__ import annotations

from sim.scenario.problems import Path
from sim.scenario.schema import Scenario
from sim.scenario.sources import Entry, ledger


def uncertain_entries(scenario: Scenario) -> dict[str, Entry]:
    """The ledger's entry of every prior, by the name that its value has in the layout."""
    entries = (entry for entry in ledger(scenario) if entry.is_prior)
    return {_value_name(entry.path, scenario): entry for entry in entries}


def _value_name(path: Path, scenario: Scenario) -> str:
    match path:
        case ("impediments" | "conditions", *rest):
            parts: list[object] = ["obstacles", *rest]
        case ("route", "legs", int(k), *rest):
            parts = ["route", scenario.route.legs[k].to, *rest]
        case ("need", "classes", name, ends, "after", "mean"):
            parts = ["need", "classes", name, ends, "mean"]
        case ("carriers", carrier, "plan", "by_list", int(k), "chance"):
            steps = scenario.carriers[str(carrier)].plan.by_list
            parts = [*path[:-2], steps[k].parties]
        case ("carriers", carrier, "plan_from", day, "by_list", int(k), "chance"):
            plans = {str(day): plan for day, plan in scenario.carriers[str(carrier)].plan_from.items()}
            parts = [*path[:-2], plans[str(day)].by_list[k].parties]
        case _:
            parts = list(path)
    return ".".join(str(part) for part in parts)
