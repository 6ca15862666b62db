"""The self-test says that the engines agree when they do, and where they differ when they do not.

Why: a test that always says yes is worse than none; so here one engine is spoiled.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.experiment import selftest
from sim.experiment.selftest import compare_engines, first_difference
from sim.model.draws import Sampler
from sim.model.engines import COMPILED, SIMPY, engine
from sim.model.laying_out import lay_out
from sim.model.plan import make_plan
from sim.scenario.reading import read_scenario

FILE = Path(__file__).parents[2] / "scenarios" / "one-vehicle.yaml"


def test_both_engines_on_a_scenario() -> None:
    """Would catch worlds, variants or replications that are left out of the comparison."""
    file = read_scenario(FILE)
    seen = []
    found = compare_engines(file, replications=2, progress=lambda done, total: seen.append((done, total)))
    assert found.difference == ""
    assert found.runs == found.worlds * found.variants * 2 == len(seen)
    assert seen[-1] == (found.runs, found.runs)
    assert found.patients > 0


def test_a_difference_is_named(monkeypatch) -> None:
    """Would catch a comparison that finds nothing: one engine hands a patient over late."""

    def spoiled(name, plan):
        run = engine(name, plan)

        def late(draws):
            outcome = run(draws)
            left = outcome.left.copy()
            left[0] += 1
            return outcome._replace(left=left)

        return late if name == COMPILED else run

    monkeypatch.setattr(selftest, "engine", spoiled)
    found = compare_engines(read_scenario(FILE), replications=1)
    assert found.difference.startswith("world actual, variant base, replication 0: patient start-1: left ")


@pytest.mark.parametrize("table", ["state", "convoys", "rides", "blocked", "spells"])
def test_every_table_is_compared(table: str) -> None:
    """Would catch a table of the outcome that the comparison does not look at."""
    layout = lay_out(read_scenario(FILE).scenario)
    draws = Sampler(layout).draw(1, 0)
    outcome = engine(SIMPY, make_plan(layout, "actual"))(draws)
    assert first_difference(outcome, outcome, draws) == ""
    shorter = outcome._replace(**{table: getattr(outcome, table)[:-1]})
    if len(getattr(outcome, table)):
        assert first_difference(outcome, shorter, draws) != ""
