"""Many replications: the same tables however they are run, and never fewer than were asked for."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.experiment import ensemble as module
from sim.experiment.ensemble import Batch, Ensemble, Job, make_work, simulate
from sim.experiment.executors import Executor, Work, WorkerLostError, processes, serial, threads
from sim.model.draws import Draws, Sampler
from sim.model.engines import ENGINES
from sim.model.laying_out import lay_out
from sim.model.outcome import EVACUATED, ModelError, Outcome
from sim.scenario.reading import ScenarioFile, read_text

TEXT = """
name: many
title: Many replications
period: {from: 2030-03-01, to: 2030-03-07, utc_offset: "+00:00"}
seed: 3
replications: 25
need:
  initial_list: {prior: uniform 0 .. 9}
  referrals: {2030-03-01: 3 / day}
  classes: {patient: {companions: poisson 0.5}}
carriers:
  clinic:
    fleet: {van: {count: 2, seats: 3, availability: 80%}}
    plan: {days: daily, at: "08:00"}
route: {from: home, legs: [{to: town, travel: exponential 3 h}]}
impediments:
  limit: {kind: passage_limit, chance: 50%}
worlds:
  larger: {remove: all, assume: {carriers: {clinic: {fleet: {van: {seats: 9}}}}}}
  half: {remove: [{id: limit}], from: 2030-03-04}
variants:
  slower: {says: The road is worse., change: {route: {legs: [{to: town, travel: exponential 9 h}]}}}
"""


@pytest.fixture(scope="module")
def file() -> ScenarioFile:
    return read_text(TEXT, Path("."), "many.yaml")


@pytest.fixture(scope="module")
def serial_run(file: ScenarioFile) -> Ensemble:
    return simulate(file)


def assert_same(one: Ensemble, other: Ensemble) -> None:
    assert one.replications == other.replications
    assert list(one.measures) == list(other.measures)
    for case, table in one.measures.items():
        pd.testing.assert_frame_equal(table, other.measures[case], check_exact=True)
        for name, series in one.daily[case].items():
            again = other.daily[case][name]
            assert (series.dtype, series.tobytes()) == (again.dtype, again.tobytes()), (case, name)


EXECUTORS = {
    "one by one": serial(1),
    "sevens": serial(7),
    "two threads": threads(2),
    "three threads, threes": threads(3, 3),
    "two processes": processes(2),
    "three processes, fours": processes(3, 4),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("executor", EXECUTORS.values(), ids=EXECUTORS)
def test_any_executor_workers_and_batch_size_give_the_same_bytes(
    file: ScenarioFile, serial_run: Ensemble, executor: Executor, engine: str
) -> None:
    """Would catch luck or order that depends on who ran a replication, on who was first, or on what the
    worker had run before; and an engine with numbers of its own."""
    made = simulate(file, engine=engine, executor=executor)
    assert made.engine == engine
    assert_same(serial_run, made)


def test_a_replication_is_the_same_alone(file: ScenarioFile, serial_run: Ensemble) -> None:
    """Would catch a replication whose number is its place in the list that was asked for."""
    alone = simulate(file, replications=[17])
    for case, table in alone.measures.items():
        assert list(table.index) == [17]
        pd.testing.assert_frame_equal(serial_run.measures[case].loc[[17]], table, check_exact=True)


def deadly(job: Job) -> Work:
    """Work that dies as if the system had killed it, in the batch of replication 10."""
    work = make_work(job)

    def killed(numbers: Sequence[int]) -> Any:
        if 10 in numbers:
            os.kill(os.getpid(), signal.SIGKILL)
        return work(numbers)

    return killed


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_worker_is_an_error_that_names_its_replications(
    file: ScenarioFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch the worst failure of all: tables over fewer replications than the page says."""
    monkeypatch.setattr(module, "make_work", deadly)
    with pytest.raises(WorkerLostError, match=r"\d+ of 25 replications have no result: ") as info:
        simulate(file, engine="simpy", workers=2)
    lost = [span.split("-") for span in str(info.value).split("result: ")[1].split(", ")]
    assert any(int(span[0]) <= 10 <= int(span[-1]) for span in lost)


def broken(job: Job) -> Work:
    def work(numbers: Sequence[int]) -> Any:
        raise ModelError(f"replication {numbers[0]}")

    return work


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_broken_invariant_is_not_swallowed(
    file: ScenarioFile, monkeypatch: pytest.MonkeyPatch, workers: int, engine: str
) -> None:
    """Would catch an executor that turns a broken invariant into a missing row."""
    monkeypatch.setattr(module, "make_work", broken)
    with pytest.raises(ModelError, match="replication"):
        simulate(file, engine=engine, workers=workers)


def test_unknown_names_are_refused_with_those_there_are(file: ScenarioFile) -> None:
    """Would catch a misspelt world that is silently left out of the comparison."""
    with pytest.raises(KeyError, match=r"no world `unimpedded`.*actual, unimpeded, larger, half"):
        simulate(file, worlds=["actual", "unimpedded"], replications=1)
    with pytest.raises(KeyError, match=r"no variant `faster`.*base, slower"):
        simulate(file, variants=["faster"], replications=1)
    with pytest.raises(KeyError, match=r"no engine `quick`.*compiled, simpy"):
        simulate(file, engine="quick", replications=1)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("workers", [1, 2])
def test_progress_is_told_from_nothing_to_all(file: ScenarioFile, workers: int, engine: str) -> None:
    """Would catch a bar that never ends, or that counts batches as replications."""
    told: list[tuple[int, int]] = []
    only: Any = {"worlds": ["actual"], "variants": ["base"]}
    simulate(file, **only, engine=engine, workers=workers, progress=lambda *n: told.append(n))
    done = [n for n, _ in told]
    assert told[0] == (0, 25)
    assert told[-1] == (25, 25)
    assert done == sorted(set(done))
    assert {total for _, total in told} == {25}


def test_the_tidy_table_has_every_number_with_its_unit(serial_run: Ensemble) -> None:
    """Would catch a number that is stored and not reported, a number without a unit, a nan."""
    tidy = serial_run.tidy()
    columns = ["scenario", "variant", "world", "replication", "measure", "value", "unit"]
    assert list(tidy.columns) == columns
    assert not tidy.isna().any().any()
    assert set(tidy["scenario"]) == {"many"}
    assert set(zip(tidy["variant"], tidy["world"], strict=True)) == set(serial_run.measures)
    assert len(tidy) == sum(int(table.notna().to_numpy().sum()) for table in serial_run.measures.values())
    assert not tidy.duplicated(["variant", "world", "replication", "measure"]).any()
    for (variant, world), table in serial_run.measures.items():
        mine = tidy[(tidy["variant"] == variant) & (tidy["world"] == world)]
        again = mine[mine["measure"] == "patients_evacuated"].set_index("replication")["value"]
        assert again.to_dict() == table["patients_evacuated"].to_dict()


def test_seed_and_replications_are_the_scenarios_unless_given(
    file: ScenarioFile, serial_run: Ensemble
) -> None:
    """Would catch a run that quotes another seed or number than the file's."""
    assert serial_run.seed == 3
    assert serial_run.replications == tuple(range(25))
    other = simulate(file, seed=4, replications=3, worlds=["actual"])
    assert (other.seed, other.replications) == (4, (0, 1, 2))
    case = ("base", "actual")
    assert not other.measures[case]["referred"].equals(serial_run.measures[case]["referred"].head(3))


def test_worlds_that_assume_and_variants_share_luck(file: ScenarioFile, serial_run: Ensemble) -> None:
    """Would catch a comparison of two different groups of patients: need is the same in every world and
    variant, and so is all luck that the changed values leave alone."""
    for case, table in serial_run.measures.items():
        assert table["referred"].tolist() == serial_run.measures["base", "actual"]["referred"].tolist(), case
    assumed, variant = file.assumed["base", "larger"], file.variants["slower"]
    draws = [Sampler(lay_out(s)).draw(3, 5) for s in (file.scenario, assumed, variant)]
    for name in ("referred", "kind", "companions", "reluctance", "go", "permission", "fit", "withdraws"):
        assert len({getattr(d, name).tobytes() for d in draws}) == 1, name
    assert draws[0].travel.tobytes() == draws[1].travel.tobytes()
    # The slower road stretches the same uniforms: three times the time, up to the second.
    assert np.abs(draws[2].travel - 3 * draws[0].travel).max() <= 3


def test_what_a_world_removes_is_kept_with_its_tables(serial_run: Ensemble) -> None:
    """Would catch a world whose number is shown without what it took away."""
    assert serial_run.removed["base", "actual"] == ()
    for world in ("unimpeded", "larger", "half"):
        assert serial_run.removed["base", world] == ("limit",)


def test_daily_series_end_where_the_measures_do(serial_run: Ensemble) -> None:
    """Would catch series and totals that are computed from different things."""
    for case, table in serial_run.measures.items():
        series = serial_run.daily[case]
        assert series["patients[carrier=clinic]"].shape == (25, 8)
        assert series["patients[carrier=clinic]"][:, -1].tolist() == table["patients_evacuated"].tolist()
        assert series["waiting[class=patient]"][:, -1].tolist() == table["still_waiting"].tolist()
        assert series["referred"][:, -1].tolist() == table["referred"].tolist()


def test_counts_take_the_smaller_type_that_holds_them_all(
    file: ScenarioFile, serial_run: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a count that wraps around, and twice the memory where half would do. The counts of one
    replication are made larger by 32,767: each table that has it is wide, the others stay narrow."""
    assert {s.dtype for of in serial_run.daily.values() for s in of.values()} == {np.dtype(np.int16)}

    def raised(job: Job) -> Work:
        work = make_work(job)

        def raise_one(numbers: Sequence[int]) -> Batch:
            batch = work(numbers)
            counts = batch.parts[0].daily.astype(np.int32)
            counts[:, [n == 20 for n in numbers]] += 32767
            small = counts.astype(np.int16) if 20 not in numbers else counts
            return batch._replace(parts=[batch.parts[0]._replace(daily=small), *batch.parts[1:]])

        return raise_one

    monkeypatch.setattr(module, "make_work", raised)
    made = simulate(file, executor=threads(2, 4))
    first, *others = made.daily
    for name, series in made.daily[first].items():
        expected = serial_run.daily[first][name].astype(np.int32)
        expected[20] += 32767
        assert series.dtype == np.int32
        assert (series == expected).all()
    assert {s.dtype for case in others for s in made.daily[case].values()} == {np.dtype(np.int16)}


@pytest.mark.parametrize("name", ["sevens", "three threads, threes", "three processes, fours"])
def test_outcomes_are_told_in_order_while_the_run_goes_on(
    file: ScenarioFile, serial_run: Ensemble, name: str
) -> None:
    """Would catch a file of patients whose bytes depend on who was first, or that leaves a run out."""
    told: list[tuple[Any, int, int, int]] = []

    def note(case: tuple[str, str], replication: int, draws: Draws, outcome: Outcome) -> None:
        told.append((case, replication, draws.patients, int((outcome.state == EVACUATED).sum())))

    made = simulate(file, executor=EXECUTORS[name], on_outcome=note)
    assert_same(serial_run, made)
    assert told == [
        (case, n, table["referred"][n], table["patients_evacuated"][n])
        for n in range(25)
        for case, table in made.measures.items()
    ]
