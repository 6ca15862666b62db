"""Other structures of a scenario: one rule changed throughout, all numbers as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sim.analysis.settings import Case
from sim.scenario.schema import Closure, Scenario

POLICIES = {
    "complete": "closures: convoys on the road drive on",
    "hold": "closures: convoys on the road wait",
    "turn_back": "closures: convoys on the road turn back",
}
ONE_RANK = "priority: all classes in one line, by referral"


def alternatives(case: Case) -> Iterator[tuple[str, Case]]:
    """Each alternative in words, and the case with it; none that would change nothing.

    The policy is that of every closure, impediment or condition; where convoys wait for a priority, one
    rank is given to all classes.
    """
    for policy, said in POLICIES.items():
        yield from _changed(case, said, partial(_with_policy, policy=policy))
    yield from _changed(case, ONE_RANK, _with_one_rank)


def _changed(case: Case, said: str, change: Callable[[Scenario], Scenario]) -> Iterator[tuple[str, Case]]:
    world = change(case.world)
    minus = world if case.minus is case.world else change(case.minus)
    if (world, minus) != (case.world, case.minus):
        yield said, case._replace(world=world, minus=minus)


def _with_policy(scenario: Scenario, policy: str) -> Scenario:
    blocks = {
        name: {
            id_: rule.model_copy(update={"policy": policy}) if isinstance(rule, Closure) else rule
            for id_, rule in getattr(scenario, name).items()
        }
        for name in ("impediments", "conditions")
    }
    return scenario.model_copy(update=blocks)


def _with_one_rank(scenario: Scenario) -> Scenario:
    classes = {
        name: patients.model_copy(update={"rank": 1}) for name, patients in scenario.need.classes.items()
    }
    if len({patients.rank for patients in scenario.need.classes.values()}) == 1:
        return scenario
    return scenario.model_copy(update={"need": scenario.need.model_copy(update={"classes": classes})})
