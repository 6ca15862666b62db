"""One process a folder, and every step on the disk in an order that a loss of power may interrupt."""

import os
import subprocess
import sys

import pytest

from sim.experiment import store, working
from sim.experiment.reading_back import read_run, stored_runs
from sim.experiment.store import StoreError, folder_beside, write_run
from sim.experiment.working import LOCK, MADE, OLD, REQUEST, partial_of, tidy

HOLD = """\
import sys, time
from pathlib import Path
from sim.experiment.store import folder_beside
with folder_beside(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that is writing the run."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "run")], stdout=subprocess.PIPE, cwd="."
    ) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


@pytest.mark.skipif(working.fcntl is None, reason="needs locks")
def test_a_second_process_is_refused_until_the_first_has_ended_however_it_does(tmp_path, holder):
    """Would catch two runs whose files mix, and a lock that stays when its owner is killed."""
    folder = tmp_path / "run"
    with pytest.raises(StoreError, match=r"run: cannot be written \(another process is writing it; wait"):
        write_run(folder, {"a.csv": b"2"}, {})
    assert not folder.exists()
    write_run(tmp_path / "other", {"a.csv": b"2"}, {})
    holder.kill()
    holder.wait()
    write_run(folder, {"a.csv": b"2"}, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "run"]


@pytest.mark.skipif(working.fcntl is None, reason="needs locks")
def test_a_file_system_without_locks_is_refused_and_said(tmp_path, monkeypatch):
    """Would catch a network folder on which the lock holds nobody back, silently."""

    def none(number, kind):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(working.fcntl, "lockf", none)
    with pytest.raises(StoreError, match=r"knows no locks \(No locks available\); choose a local"):
        write_run(tmp_path / "run", {"a.csv": b"2"}, {})
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("planted", ["a link", "a file", "notes", "a linked lock"])
def test_what_somebody_else_put_beside_the_run_is_left_alone(tmp_path, planted):
    """Would catch a folder of notes that is removed, and a link that is followed to somewhere else."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine").write_text("mine")
    work = partial_of(tmp_path / "run")
    if planted == "a link":
        work.symlink_to(elsewhere)
    elif planted == "a file":
        work.write_text("mine")
    else:
        work.mkdir()
        if planted == "notes":
            (work / "notes.txt").write_text("mine")
        else:
            (work / LOCK).symlink_to(elsewhere / "mine")
    with pytest.raises(StoreError):
        write_run(tmp_path / "run", {"a.csv": b"2"}, {})
    assert os.path.lexists(work)
    assert [path.read_text() for path in elsewhere.iterdir()] == ["mine"]
    assert not (tmp_path / "run").exists()


def test_after_a_death_between_the_two_moves_the_earlier_run_comes_back(tmp_path):
    """Would catch an earlier run that is lost because the new one was killed at the worst moment."""
    folder = tmp_path / "runs" / "run"
    write_run(folder, {"a.csv": b"old"}, {"run": "run"})
    work = partial_of(folder)
    work.mkdir()
    (work / MADE).mkdir()
    (work / MADE / "a.csv").write_bytes(b"new")
    (work / REQUEST).write_bytes(b"{}")
    folder.rename(work / OLD)
    with pytest.raises(StoreError, match="run: incomplete"):
        read_run(folder)
    (listed,) = stored_runs(tmp_path)
    assert (listed.folder, listed.reason.partition(":")[0]) == (work, "incomplete")
    with folder_beside(folder) as made:
        assert list(made.iterdir()) == []
        assert (read_run(folder).folder / "a.csv").read_bytes() == b"old"
    assert [path.name for path in folder.parent.iterdir()] == ["run"]


def test_what_a_death_after_the_move_left_is_tidied(tmp_path):
    """Would catch a whole run that is listed as unfinished for ever."""
    folder = tmp_path / "run"
    write_run(folder, {"a.csv": b"old"}, {})
    work = partial_of(folder)
    work.mkdir()
    for name in (LOCK, REQUEST, "0-9.batch", "10-19.batch.new"):
        (work / name).write_bytes(b"")
    tidy(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_files_and_folder_are_on_the_disk_before_the_run_appears(tmp_path, monkeypatch):
    """Would catch a manifest that survives a loss of power while the tables that it names do not."""
    steps = []

    def note(name, of):
        plain = getattr(os, name)

        def noted(*arguments):
            steps.append((name, of(*arguments)))
            return plain(*arguments)

        monkeypatch.setattr(os, name, noted)

    def named(number):
        return os.readlink(f"/proc/self/fd/{number}").removeprefix(f"{tmp_path}/")

    note("fsync", named)
    note("rename", lambda old, new: str(new).removeprefix(f"{tmp_path}/"))
    write_run(tmp_path / "run", {"b.csv": b"1", "a.csv": b"2"}, {})
    inside = "run.partial/made"
    assert steps == [
        ("fsync", f"{inside}/a.csv"),
        ("fsync", f"{inside}/b.csv"),
        ("fsync", f"{inside}/manifest.json"),
        ("fsync", inside),
        ("rename", "run"),
        ("fsync", str(tmp_path)),
    ]


@pytest.mark.parametrize("step", ["write", "fsync", "close", "rename"])
def test_a_full_disk_at_any_step_is_said_and_the_earlier_run_stays(tmp_path, monkeypatch, step):
    """Would catch an error that comes late (some file systems say at the end that there was no room)."""
    folder = tmp_path / "run"
    write_run(folder, {"a.csv": b"old"}, {})

    def full(*_):
        raise OSError(28, "No space left on device")

    if step in ("write", "close"):
        plain = open

        class Full:
            def __init__(self, *arguments):
                self.stream = plain(*arguments)

            def __enter__(self):
                return self

            def __exit__(self, *error):
                self.stream.close()
                if step == "close" and error[0] is None:
                    full()

            def write(self, data):
                return full() if step == "write" else self.stream.write(data)

            def flush(self):
                self.stream.flush()

            def fileno(self):
                return self.stream.fileno()

        monkeypatch.setattr(store, "open", Full, raising=False)
    else:
        monkeypatch.setattr(os, step, full)
    with pytest.raises(StoreError, match="No space left"):
        write_run(folder, {"a.csv": b"new"}, {})
    monkeypatch.undo()
    assert (read_run(folder).folder / "a.csv").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
