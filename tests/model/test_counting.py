"""The compiled loops against numpy's formulas: every measure, every series, every invariant, to the last bit.

Why: a loop written for speed is easily wrong at an edge (the last day, no convoy, two waits of the same
second) where totals still look right; and a check that lets a broken outcome pass is seen by nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.model.draws import Draws, Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import NONE
from sim.model.measures import Measuring
from sim.model.outcome import EVACUATED, IN_TRANSIT, ModelError, Outcome, check
from sim.model.plan import ACTUAL, UNIMPEDED, Plan, make_plan, world_names
from sim.model.simpy_engine import run
from sim.scenario.reading import read_scenario
from tests.model import by_numpy
from tests.model.generate import Tree, read, scenarios

FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "lachin-2022-2023.yaml"

some = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def assert_the_same(plan: Plan, draws: Draws, outcome: Outcome) -> None:
    by_numpy.check(plan, draws, outcome)
    check(plan, draws, outcome)
    measuring = Measuring(plan)
    named = by_numpy.measures(plan, draws, outcome)
    row = measuring.row(draws, outcome)
    assert len(row) == len(measuring.names)
    assert {k: v for k, v in zip(measuring.names, row.tolist(), strict=True) if v == v} == named
    series = measuring.daily(draws, outcome)
    by_name = by_numpy.daily(plan, draws, outcome)
    assert series.dtype == np.int32
    assert series.shape == (len(measuring.series), plan.days + 1)
    assert tuple(by_name) == measuring.series
    assert series.tolist() == [counts.tolist() for counts in by_name.values()]


@some
@given(scenarios())
def test_every_number_is_numpys(tree: Tree) -> None:
    """Would catch any measure or series that is another for being counted in a loop, and an invariant that
    sound outcomes break."""
    layout = lay_out(read(tree).scenario)
    draws = Sampler(layout).draw(layout.scenario.seed, 0)
    for world in world_names(layout):
        plan = make_plan(layout, world)
        assert_the_same(plan, draws, run(plan, draws))


@cache
def flagship(world: str, replication: int) -> tuple[Plan, Draws, Outcome]:
    layout = lay_out(read_scenario(FLAGSHIP).scenario)
    plan, draws = make_plan(layout, world), Sampler(layout).draw(layout.scenario.seed, replication)
    return plan, draws, run(plan, draws)


@pytest.mark.parametrize("world", [ACTUAL, UNIMPEDED, "since-the-court-order"])
def test_the_flagship_is_numpys(world: str) -> None:
    """Would catch what only many patients, two windows and hundreds of convoys bring about."""
    for replication in range(2):
        assert_the_same(*flagship(world, replication))


ARRAYS = ("state", "boarded", "left", "convoy", "spells", "convoys", "rides", "blocked")
NEW = ("rows name", "in the order of departure", "after the end", "every patient has been on the list")
"""Invariants that numpy's formulas take for granted."""


def formulas(plan: Plan, draws: Draws, outcome: Outcome) -> None:
    """Numpy's formulas; an index of nothing, which they stumble over, is a broken outcome.

    So is one below NONE, which numpy would count from the end.
    """
    if (outcome.convoy[np.isin(outcome.state, (EVACUATED, IN_TRANSIT))] < NONE).any():
        raise ModelError("a convoy that there is not")
    try:
        by_numpy.check(plan, draws, outcome)
    except (IndexError, ValueError) as error:
        raise ModelError(str(error)) from error


def words_of(
    checks: Callable[[Plan, Draws, Outcome], None], plan: Plan, draws: Draws, outcome: Outcome
) -> str:
    """What a check says of an outcome, nothing when it is content."""
    try:
        checks(plan, draws, outcome)
    except ModelError as error:
        return str(error)
    return ""


@some
@given(scenarios(), st.data())
def test_what_numpy_refuses_is_refused(tree: Tree, data: st.DataObject) -> None:
    """Would catch an invariant that is weaker in a loop than in a formula, or stricter than it says: a sound
    outcome is changed in one place, and both must say the same of it."""
    layout = lay_out(read(tree).scenario)
    draws = Sampler(layout).draw(layout.scenario.seed, 0)
    plan = make_plan(layout, ACTUAL)
    outcome = run(plan, draws)

    for _ in range(10):
        name = data.draw(st.sampled_from([name for name in ARRAYS if getattr(outcome, name).size]))
        rows = getattr(outcome, name).copy()
        place = data.draw(st.integers(0, rows.size - 1))
        by = data.draw(st.sampled_from((-1, 1, 2, -2, -3600, 3600, 100)))
        rows.flat[place] += by if name != "state" else np.sign(by)
        changed = outcome._replace(**{name: rows})
        said, by_formula = words_of(check, plan, draws, changed), words_of(formulas, plan, draws, changed)
        assert said or not by_formula, by_formula
        assert by_formula or not said or any(words in said for words in NEW), said
