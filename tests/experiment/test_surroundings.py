"""What a run's folder may hold or lose besides what it should: nothing of it is counted, lost or in the way.

Why: another process, another system or a disk that fails leaves these; they come once in a thousand runs, and
whoever meets one has no second run to compare with.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sim.experiment import posterior, store, working
from sim.experiment.ensemble import _looks
from sim.experiment.executors import executor_for
from sim.experiment.reading_back import read_run, stored_runs
from sim.experiment.replay import replay
from sim.experiment.replications import HistoriesError, find_posteriors
from sim.experiment.store import StoreError, write_run
from sim.experiment.text_files import read_json
from sim.experiment.unfinished import begin, read_unfinished, request_of
from sim.experiment.working import LOCK, MADE, OLD, REQUEST, batch_files, partial_of, tidy
from tests.experiment.test_posterior_files import posterior as a_posterior
from tests.scenario.samples import SMALL, read

ASKED = {"replications": 25, "precision": None, "code": "1", "seed": 3}


@pytest.fixture
def work(tmp_path: Path) -> Path:
    place = tmp_path / "run.partial"
    place.mkdir()
    return place


# ------------------------------------------------------------------------------- the folder beside a run


def test_only_files_named_by_replications_are_batches(work: Path) -> None:
    """Would catch a stranger's file read as replications that are done."""
    for name in ("10-19", "0-9", "a-b", "7", "-3", "1-x"):
        (work / f"{name}.batch").write_bytes(b"")
    assert [path.name for *_, path in batch_files(work)] == ["0-9.batch", "10-19.batch"]


@pytest.mark.parametrize("and_made_again", [False, True])
def test_a_lock_that_went_while_it_was_waited_for_is_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, and_made_again: bool
) -> None:
    """Would catch two processes in one folder: the second holds a file that the first has just removed."""
    holds: list[int] = []
    lock = working._lock

    def meanwhile(number: int) -> None:
        if not holds:
            (partial_of(tmp_path / "run") / LOCK).unlink()
            if and_made_again:
                (partial_of(tmp_path / "run") / LOCK).write_bytes(b"")
        holds.append(number)
        lock(number)

    monkeypatch.setattr(working, "_lock", meanwhile)
    with working.working(tmp_path / "run") as work:
        assert os.path.samestat(os.fstat(holds[-1]), os.lstat(work / LOCK))
    assert len(holds) == 2
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_locks_a_run_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a program that needs what Windows has not."""
    monkeypatch.setattr(working, "fcntl", None)
    monkeypatch.delattr(os, "O_DIRECTORY")
    write_run(tmp_path / "run", {"a.csv": b"1"}, {})
    assert (read_run(tmp_path / "run").folder / "a.csv").read_bytes() == b"1"


def test_a_file_still_open_on_the_network_is_not_in_the_way(tmp_path: Path, work: Path) -> None:
    """Would catch a folder that nobody may enter until a server has forgotten a file that is gone."""
    (work / ".nfs000000000001").write_bytes(b"")
    write_run(tmp_path / "run", {"a.csv": b"1"}, {})
    assert read_run(tmp_path / "run").manifest["files"].keys() == {"a.csv"}


def test_after_both_moves_the_new_run_stays_and_the_earlier_one_goes(tmp_path: Path, work: Path) -> None:
    """Would catch an earlier run put back over the one that has replaced it."""
    write_run(tmp_path / "elsewhere", {"a.csv": b"old"}, {})
    work.rmdir()
    write_run(tmp_path / "run", {"a.csv": b"new"}, {})
    work.mkdir()
    (tmp_path / "elsewhere").rename(work / OLD)
    tidy(tmp_path / "run")
    assert (read_run(tmp_path / "run").folder / "a.csv").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("before", [False, True])
def test_a_move_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    """Would catch an earlier run that is gone although no new one took its place."""
    folder = tmp_path / "run"
    if before:
        write_run(folder, {"a.csv": b"old"}, {})
    rename = os.rename

    def fails(source: Path, target: Path) -> None:
        if Path(source).name == MADE:
            raise OSError(5, "Input/output error")
        rename(source, target)

    with monkeypatch.context() as broken:
        broken.setattr(store.os, "rename", fails)
        with pytest.raises(StoreError, match="cannot be written"):
            write_run(folder, {"a.csv": b"new"}, {})
    assert folder.exists() == before
    if before:
        assert (read_run(folder).folder / "a.csv").read_bytes() == b"old"


# ------------------------------------------------------------------------------------- what was asked for


def test_work_that_was_begun_and_has_done_nothing_is_begun_again_in_silence(work: Path) -> None:
    """Would catch word of going on where there is nothing to go on with."""
    request = request_of(ASKED, "compiled", False, {"file": "s.yaml"})
    assert [begin(work, request), begin(work, request)] == ["", ""]


def test_a_request_that_somebody_changed_is_not_gone_on_with(work: Path) -> None:
    """Would catch another seed put into unfinished work by hand: its batches would be of two runs."""
    begin(work, request_of(ASKED, "compiled", False, {"file": "s.yaml"}))
    (work / "0-9.batch").write_bytes(b"")
    assert read_unfinished(work)["asked"]["seed"] == 3
    said = json.loads((work / REQUEST).read_bytes())
    said["asked"]["seed"] = 4
    (work / REQUEST).write_text(json.dumps(said, indent=2))
    with pytest.raises(StoreError, match=r"incomplete: request.json was changed"):
        read_unfinished(work)


def test_work_without_a_request_is_not_listed(tmp_path: Path) -> None:
    """Would catch an empty folder of a process that has just begun called a run that was stopped."""
    place = tmp_path / "runs" / "abc.partial"
    place.mkdir(parents=True)
    assert stored_runs(tmp_path) == []
    (place / REQUEST).write_bytes(b"{}")
    assert len(stored_runs(tmp_path)) == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"a": 1, "a": 2}', "a key stands twice"),
        (b'{"a": {"b": 1, "b": 1}}', "a key stands twice"),
        (b"[NaN]", "NaN is not a number of JSON"),
        (b"[1e999]", "JSON compliant"),
        (b"[" * 100_000, "nested too deeply|Expecting value"),
        (b'["\\ud800"]', "surrogates not allowed"),
    ],
)
def test_json_that_says_two_things_or_nothing_is_refused(data: bytes, said: str) -> None:
    """Would catch a seal that holds for one reading of a file while another is used."""
    with pytest.raises(ValueError, match=said):
        read_json(data)


# -------------------------------------------------------------------------------- what a run is asked for


def test_a_run_without_fingerprints_is_not_replayed() -> None:
    """Would catch a replay that compares nothing and finds no difference."""
    run: Any = SimpleNamespace(folder=Path("runs/abc"), manifest={"asked": {}}, tables=("measures",))
    with pytest.raises(StoreError, match="it stores no fingerprints; run it again"):
        replay(run, read(SMALL), 0)


def test_a_calibration_that_there_is_not_is_named_with_those_there_are() -> None:
    """Would catch a misspelt calibration that leaves everything at its prior."""
    with pytest.raises(KeyError, match="no calibration `jun`: the scenario has whole-record"):
        find_posteriors(read(SMALL), ["base"], "jun")


def test_a_precision_is_not_asked_of_histories() -> None:
    """Would catch a run that goes on until chance is small, where more histories do not make it so."""
    with pytest.raises(HistoriesError, match="precision"):
        _looks(read(SMALL), {}, None, {"base": a_posterior("base", "whole-record", "a")}, None)


def test_a_posterior_of_another_format_is_refused(tmp_path: Path) -> None:
    """Would catch columns of an older file read as others."""
    (tmp_path / "base.csv").write_bytes(b"")
    (tmp_path / "base.json").write_text(json.dumps({"format": 0, "table": "base.csv"}))
    with pytest.raises(StoreError, match=f"format 0; this version reads {posterior.FORMAT}"):
        posterior._read(tmp_path / "base.json", "a" * 64, {})


@pytest.mark.parametrize(("engine", "forks", "alike"), [("compiled", False, True), ("simpy", False, False)])
def test_where_nothing_is_forked_the_compiled_engine_runs_in_threads(
    engine: str, forks: bool, alike: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a machine on which every process compiles for half a minute before it begins."""
    monkeypatch.setattr("sim.experiment.executors.can_fork", lambda: forks)
    with executor_for(engine, 2)(process_of, None) as run:
        found = {number for _, numbers in run(range(8)) for number in numbers}
    assert (found == {os.getpid()}) == alike


def process_of(job: None) -> Any:
    """Work that says where it is done."""
    return lambda batch: [os.getpid() for _ in batch]
