"""The benchmark compares like with like: its models and the SimPy engine agree patient by patient."""

import subprocess
import sys

import numpy as np
import pytest

from sim.model import simpy_engine
from sim.model.draws import Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import NONE, Layout
from sim.model.plan import make_plan
from sim.scenario.reading import read_scenario

WORLDS = ("actual", "unimpeded")


@pytest.fixture(scope="module")
def layout(benchmarks) -> Layout:
    return lay_out(read_scenario(benchmarks / "corridor.yaml").scenario)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", ["C", "compiled engine", "textbook SimPy", "Ciw", "salabim"])
def test_a_peer_hands_over_the_same_patients_in_the_same_seconds(layout, benchmark_module, name, world):
    contenders = benchmark_module("contenders")
    here, missing = contenders.contenders(slow=1)
    peer = next((c for c in here if c.name == name), None)
    if peer is None:
        pytest.skip(next(line for line in missing if line.startswith(name)))
    plan, sampler = make_plan(layout, world), Sampler(layout)
    for replication in range(min(3, peer.replications)):
        draws = sampler.draw(1, replication)
        reference = contenders.SIMPY
        expected = reference.handovers(reference.run(reference.prepare(plan, draws)))
        assert (expected != NONE).sum() > 900
        np.testing.assert_array_equal(peer.handovers(peer.run(peer.prepare(plan, draws))), expected)


@pytest.mark.parametrize("world", WORLDS)
def test_c_fills_the_same_tables(layout, benchmark_module, world):
    """A yardstick that leaves out part of the work would make the compiled engine look slow."""
    in_c = benchmark_module("in_c")
    if in_c.find_compiler() is None:
        pytest.skip("no C compiler")
    plan, draws = make_plan(layout, world), Sampler(layout).draw(1, 3)
    outcome, done = simpy_engine.run(plan, draws), in_c.run(in_c.prepare(plan, draws))
    for name in ("state", "boarded", "left", "convoy"):
        np.testing.assert_array_equal(getattr(done, name), getattr(outcome, name))
    for name in ("spells", "convoys", "rides", "blocked"):
        rows = getattr(done, name)[: getattr(done.tables, f"n_{name}")]
        np.testing.assert_array_equal(rows, getattr(outcome, name))


@pytest.mark.parametrize("module", ["case", "in_c"])
def test_what_is_not_modelled_is_refused(layout, benchmark_module, module):
    in_c = benchmark_module("in_c")
    if module == "in_c" and in_c.find_compiler() is None:
        pytest.skip("no C compiler")
    scenario = layout.scenario
    carrier = scenario.carriers["icrc"]
    with_escort = carrier.model_copy(update={"plan": carrier.plan.model_copy(update={"escort": 1})})
    other = lay_out(scenario.model_copy(update={"carriers": {"icrc": with_escort}}))
    with pytest.raises(ValueError, match="not modelled"):
        benchmark_module(module).prepare(make_plan(other, "actual"), Sampler(other).draw(1, 0))


def test_a_contender_that_disagrees_is_found(layout, benchmark_module):
    """Agreement is what the timing rests on: it must be able to fail."""
    comparing = benchmark_module("comparing")
    plan, draws = make_plan(layout, "actual"), Sampler(layout).draw(1, 0)
    late = comparing.SIMPY._replace(name="late", handovers=lambda outcome: outcome.left + 1)
    (line,) = comparing.disagreements(plan, draws, [comparing.SIMPY, late])
    assert line.startswith("late, actual")


@pytest.mark.slow
def test_the_whole_benchmark_runs(benchmarks):
    command = [sys.executable, str(benchmarks / "run.py"), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for part in ("contenders", "flagship", "scaling"):
        assert f"--- {part}" in done.stdout
