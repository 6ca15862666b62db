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

    kind: Any = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
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


def test_another_version_is_refused(
    file: ScenarioFile, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch one table made by two versions of the model."""
    monkeypatch.setattr(module, "__version__", "99.0")
    with pytest.raises(ClusterError, match=r"workers need corridor-sim 99\.0, as here; they have \d"):
        simulate(file, replications=8, executor=on_cluster(address))


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
