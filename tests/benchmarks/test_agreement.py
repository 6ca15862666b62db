"""The benchmark compares like with like: its textbook model and the reference agree patient by patient."""

import sys
from pathlib import Path

import numpy as np
import pytest

from sim.model.draws import Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import NONE, Layout
from sim.model.plan import make_plan
from sim.scenario.reading import read_scenario

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def layout() -> Layout:
    return lay_out(read_scenario(BENCHMARKS / "corridor.yaml").scenario)


@pytest.fixture
def contenders(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import contenders

    yield contenders
    for name in ("contenders", "textbook_simpy"):
        sys.modules.pop(name)


@pytest.mark.parametrize("world", ["actual", "unimpeded"])
def test_every_peer_hands_over_the_same_patients_in_the_same_seconds(layout, contenders, world):
    plan, sampler = make_plan(layout, world), Sampler(layout)
    for replication in range(3):
        draws = sampler.draw(1, replication)
        handovers = {c.name: c.handovers(c.run(c.prepare(plan, draws))) for c in contenders.CONTENDERS}
        expected = handovers[contenders.REFERENCE.name]
        assert (expected != NONE).sum() > 900
        for seconds in handovers.values():
            np.testing.assert_array_equal(seconds, expected)


def test_the_textbook_model_refuses_what_it_does_not_know(layout, contenders):
    scenario = layout.scenario
    carrier = scenario.carriers["icrc"]
    with_escort = carrier.model_copy(update={"plan": carrier.plan.model_copy(update={"escort": 1})})
    other = lay_out(scenario.model_copy(update={"carriers": {"icrc": with_escort}}))
    with pytest.raises(ValueError, match="not modelled"):
        contenders.PEERS[0].prepare(make_plan(other, "actual"), Sampler(other).draw(1, 0))
