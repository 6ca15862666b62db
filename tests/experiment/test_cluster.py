"""Beyond one machine: a cluster over loopback gives what one thread gives, whoever dies on the way."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sim.experiment import cluster as module
from sim.experiment.cluster import ClusterError, on_cluster
from sim.experiment.ensemble import Ensemble, simulate
from sim.experiment.executors import WorkerLostError
from sim.model.engines import ENGINES
from sim.scenario.reading import ScenarioFile, read_text

pytestmark = pytest.mark.xdist_group("cluster")

TEXT = """
name: spread
title: Spread over machines
period: {from: 2030-03-01, to: 2030-03-07, utc_offset: "+00:00"}
need:
  initial_list: {prior: uniform 0 .. 9}
  referrals: {2030-03-01: 3 / day}
  classes: {patient: {companions: poisson 0.5}}
carriers:
  clinic: {fleet: {van: {count: 2, seats: 3}}, plan: {days: daily, at: "08:00"}}
route: {from: home, legs: [{to: town, travel: exponential 3 h}]}
impediments: {limit: {kind: passage_limit, chance: 50%}}
"""


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A cluster of two processes, one for all these tests, and a client of it."""
    from distributed import Client, LocalCluster

    kind: Any = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(**kind) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture
def address(local: Any) -> str:
    local.wait_for_workers(2, timeout=60)
    return str(local.scheduler.address)


@pytest.fixture(scope="module")
def file() -> ScenarioFile:
    return read_text(TEXT, Path("."), "spread.yaml")


def assert_same(one: Ensemble, other: Ensemble) -> None:
    assert list(one.measures) == list(other.measures)
    for case, table in one.measures.items():
        pd.testing.assert_frame_equal(table, other.measures[case], check_exact=True)
        for name, series in one.daily[case].items():
            again = other.daily[case][name]
            assert (series.dtype, series.tobytes()) == (again.dtype, again.tobytes()), (case, name)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_cluster_gives_the_bytes_of_one_thread(file: ScenarioFile, address: str, engine: str) -> None:
    """Would catch luck, order or a table that depends on the machine that ran a batch."""
    made = simulate(file, replications=60, engine=engine, executor=on_cluster(address, most=7))
    assert_same(simulate(file, replications=60), made)


def test_looks_at_the_precision_are_the_same_there(file: ScenarioFile, address: str, tmp_path: Path) -> None:
    """Would catch a second look that does not find the job that was sent for the first; by way of a
    scheduler file."""
    path = tmp_path / "scheduler.json"
    path.write_text(f'{{"address": "{address}"}}', encoding="utf-8")
    made = simulate(file, precision=0.1, executor=on_cluster(str(path)))
    alone = simulate(file, precision=0.1)
    assert made.precision == alone.precision
    assert len(made.replications) > 32
    assert_same(alone, made)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_nothing_is_lost_with_a_worker(file: ScenarioFile, local: Any, address: str) -> None:
    """Would catch batches that died with a worker and were counted as done, or are waited for in vain."""
    victim = next(iter(local.run(os.getpid).values()))
    killed: list[int] = []

    def kill_half_way(done: int, total: int) -> None:
        if done >= total // 2 and not killed:
            killed.append(victim)
            os.kill(victim, signal.SIGKILL)

    executor = on_cluster(address, most=4)
    made = simulate(file, replications=120, executor=executor, progress=kill_half_way)
    assert killed == [victim]
    assert_same(simulate(file, replications=120), made)


def test_an_error_on_a_worker_is_the_error_here(file: ScenarioFile, address: str) -> None:
    """Would catch a cluster that tries for ever what cannot work, or that hides why."""
    with pytest.raises(KeyError, match=r"no engine `quick`"):
        simulate(file, replications=8, engine="quick", executor=on_cluster(address))


def test_another_program_is_refused(
    file: ScenarioFile, local: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch one table made by two versions of the model: also by a worker that comes later."""

    def hash_as(changed: bool) -> None:
        from sim.experiment import cluster, provenance

        real = provenance.__dict__.setdefault("real", provenance.code_hash)
        provenance.code_hash = cluster.code_hash = (lambda: "another") if changed else real  # type: ignore

    local.run(hash_as, True, workers=list(local.nthreads())[:1])
    try:
        with pytest.raises(ClusterError, match=r"the very same corridor-sim as here: 1 of 2 lack it$"):
            simulate(file, replications=8, executor=on_cluster(address))
        monkeypatch.setattr(module, "_threads", lambda client, code: 2)
        with pytest.raises(ClusterError, match=r"the very same corridor-sim as here: one that came later"):
            simulate(file, replications=40, executor=on_cluster(address, most=1))
    finally:
        local.run(hash_as, False)


def test_when_all_workers_are_gone_the_missing_replications_are_named(
    file: ScenarioFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a wait for ever, or fewer replications than were asked for."""
    from distributed import LocalCluster

    monkeypatch.setattr(module, "PATIENCE", 1)
    kind: Any = {"n_workers": 1, "threads_per_worker": 1, "processes": False}
    with LocalCluster(**kind, dashboard_address="127.0.0.1:0", silence_logs=50) as cluster:

        def end(done: int, total: int) -> None:
            if done == 8:
                cluster.scale(0)

        executor = on_cluster(cluster.scheduler_address, most=8)
        said = r"the cluster lost its scheduler, all .*; \d+ of 400 replications have no result: "
        with pytest.raises(WorkerLostError, match=said):
            simulate(file, replications=400, executor=executor, progress=end)


def test_a_cluster_that_is_not_there_is_one_line(
    file: ScenarioFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a command that hangs, or a page of somebody else's traceback."""
    monkeypatch.setattr(module, "PATIENCE", 1)
    for where in ("tcp://127.0.0.1:9", "nonsense://x", str(tmp_path / "missing.json")):
        with pytest.raises(ClusterError, match=r"^no cluster at [^\n]+$"):
            simulate(file, replications=8, executor=on_cluster(where))


def test_without_the_extra_its_name_is_said(file: ScenarioFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a ModuleNotFoundError where a command to type would help."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"pip install 'corridor-sim\[cluster\]'"):
        simulate(file, replications=8, executor=on_cluster())
