"""The compiled engine gives what the readable one gives, patient by patient.

Why: everybody reads the one and every number comes from the other. A difference of one patient, or of one
second, would make the readable model a decoration; averages would not show it. So every array of an outcome
is compared, on scenarios nobody thought of, on the flagship, and (in `hand.py`) on every world written by
hand; and the kernel is run as plain Python too, so that the compiler itself is held against Python.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from sim.model import compiled_engine, compiling, engines, packing, simpy_engine
from sim.model.draws import Sampler
from sim.model.engines import COMPILED, ENGINES, SIMPY, engine, prepare
from sim.model.laying_out import lay_out
from sim.model.outcome import ModelError
from sim.model.plan import make_plan, world_names
from sim.scenario.reading import read_scenario
from tests.model.generate import Tree, outcome_bytes, read, scenarios
from tests.model.hand import layout_of

FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "lachin-2022-2023.yaml"
REDUCED = Path(__file__).parents[2] / "benchmarks" / "corridor.yaml"

generated = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def assert_engines_agree(file, replications, seed=None) -> int:
    """Every array of every outcome, in every world and variant; how many patients were compared."""
    patients = 0
    for variant, scenario in file.variants.items():
        for world in world_names(lay_out(scenario)):
            layout = lay_out(file.assumed.get((variant, world), scenario))
            plan, sampler = make_plan(layout, world), Sampler(layout)
            run = {name: engine(name, plan) for name in ENGINES}
            for number in replications:
                draws = sampler.draw(scenario.seed if seed is None else seed, number)
                one, other = outcome_bytes(run[SIMPY](draws)), outcome_bytes(run[COMPILED](draws))
                assert one == other, (variant, world, number)
                patients += draws.patients
    return patients


@generated
@given(scenarios())
def test_on_generated_scenarios(tree: Tree) -> None:
    """Would catch any rule that one engine knows otherwise, and any tie that they settle otherwise: the
    scenarios have every kind of impediment, several carriers, and times full of ties."""
    assert_engines_agree(read(tree), replications=range(2))


@pytest.mark.slow
@settings(generated, max_examples=2000)
@given(scenarios())
def test_on_many_generated_scenarios(tree: Tree) -> None:
    """The same, longer."""
    assert_engines_agree(read(tree), replications=range(2))


def test_on_the_flagship() -> None:
    """Would catch a difference that only a long run with thousands of patients has."""
    assert assert_engines_agree(read_scenario(FLAGSHIP), replications=range(2)) > 100_000


@pytest.mark.slow
def test_on_the_flagship_at_length() -> None:
    """200 replications of every world and variant."""
    assert assert_engines_agree(read_scenario(FLAGSHIP), replications=range(200)) > 10_000_000


def test_tables_that_are_too_small_are_made_larger(monkeypatch) -> None:
    """Would catch rows lost where a table was full: the run is begun again with more room."""
    layout = lay_out(read_scenario(FLAGSHIP).scenario)
    plan, draws = make_plan(layout, "actual"), Sampler(layout).draw(1, 0)
    small = packing.Room(events=2, trips=1, rides=20, spells=3)
    monkeypatch.setattr(compiled_engine, "room_for", lambda packed, patients: small)
    assert outcome_bytes(compiled_engine.run(plan, draws)) == outcome_bytes(simpy_engine.run(plan, draws))


READY = """
need: {initial_list: 9, classes: {patient: {}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 1}}, plan: {days: when ready}}}
route: {from: home, legs: [{to: far, travel: 1 h}]}
"""


def test_luck_that_runs_out_is_an_error_in_both() -> None:
    """Would catch a vehicle that reads another's luck when it leaves more often than was drawn for."""
    layout = layout_of(READY)
    draws = Sampler(layout).draw(1, 0)
    plan = make_plan(replace(layout, trips=(2,)), "actual")
    for name, said in ((SIMPY, "more than 2 times .* luck"), (COMPILED, "luck")):
        with pytest.raises(ModelError, match=said):
            engine(name, plan)(draws)


def test_a_run_of_more_than_68_years_is_refused() -> None:
    """Would catch seconds that wrap around in a patient's row."""
    layout = layout_of(READY)
    plan = replace(make_plan(layout, "actual"), horizon=2**31)
    with pytest.raises(ModelError, match="68 years"):
        engine(COMPILED, plan)


PLAIN = """
import sys
from sim.experiment.selftest import first_difference
from sim.model.draws import Sampler
from sim.model.engines import COMPILED, SIMPY, engine
from sim.model.laying_out import lay_out
from sim.model.plan import make_plan, world_names
from sim.scenario.reading import read_scenario
layout = lay_out(read_scenario(sys.argv[1]).scenario)
draws = Sampler(layout).draw(1, 0)
for world in world_names(layout):
    plan = make_plan(layout, world)
    print(first_difference(*(engine(name, plan)(draws) for name in (SIMPY, COMPILED)), draws))
"""


def test_the_kernel_as_plain_python() -> None:
    """Would catch what only the compiler makes of a line: wrap-around, a cast, an index out of range."""
    run = subprocess.run(
        [sys.executable, "-c", PLAIN, REDUCED],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == "\n" * 2


def test_who_waits_for_the_compiler_is_told_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch half a minute of silence, and word of compiling where everything is kept."""
    told: list[str] = []
    for kept, words in ((True, []), (False, ["compiling"])):
        monkeypatch.setattr(compiling, "is_kept", lambda module, name, kept=kept: kept)
        prepare(SIMPY, lambda: told.append("compiling"))
        prepare(SIMPY)
        assert told == words


def test_nothing_goes_on_compiling_when_the_run_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a process left behind by Ctrl-C, or one waited for until it has compiled everything."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(*args: object, **options: object) -> subprocess.Popen[bytes]:
        begun.append(subprocess.Popen(*args, **options))  # type: ignore[call-overload]
        return begun[-1]

    monkeypatch.setattr(engines, "Popen", begin)
    with pytest.raises(KeyboardInterrupt), engines._meanwhile("import time; time.sleep(600)"):
        raise KeyboardInterrupt
    with engines._meanwhile("pass"):
        pass
    assert [process.returncode for process in begun] == [-signal.SIGKILL, 0]


def test_there_are_no_other_engines() -> None:
    """A name that is no engine's is an error that names those there are."""
    layout = layout_of(READY)
    with pytest.raises(KeyError, match="compiled, simpy"):
        engine("fast", make_plan(layout, "actual"))
