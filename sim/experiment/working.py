"""The folder beside a run's place in which it is made: held by one process, kept where work would be lost.

``RUN.partial`` holds a lock, what was asked for, batches that are done (`sim.experiment.kept`), the files
that are being written, and for a moment the earlier run that they replace. It is gone once the run is whole.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows, where nothing keeps a second process out
    fcntl = None  # type: ignore[assignment]

PARTIAL = ".partial"
LOCK, REQUEST, MADE, OLD = "lock", "request.json", "made", "old"
BATCH = ".batch"
BUSY = "another process is writing it; wait for it, or choose another folder"


class InUseError(OSError):
    """Another process holds the folder."""


def partial_of(folder: Path) -> Path:
    """Where a run is made."""
    return folder.with_name(folder.name + PARTIAL)


def place_of(folder: Path) -> Path:
    """The run's place, of the place itself or of the folder beside it."""
    return folder.with_name(folder.name.removesuffix(PARTIAL)) if folder.name != PARTIAL else folder


def batch_files(work: Path) -> list[tuple[int, int, Path]]:
    """Batches that are kept: first and last replication, file; in order."""
    found = []
    for path in work.glob(f"*{BATCH}"):
        first, _, last = path.name.removesuffix(BATCH).partition("-")
        if first.isdecimal() and last.isdecimal():
            found.append((int(first), int(last), path))
    return sorted(found)


@contextmanager
def working(folder: Path) -> Iterator[Path]:
    """Hold the folder beside a run's place; another process that asks for it is refused until the end.

    At the end it is removed, unless it holds batches that are done. What a process that was killed left
    unfinished in it goes at the beginning; an earlier run that it had moved aside is put back.

    Raises
    ------
    InUseError
        When another process holds it.
    OSError
        When it cannot be made or locked, is a link, or holds what is not an unfinished run's.
    """
    work = partial_of(folder)
    missing = [parent for parent in work.parents if not parent.exists()]
    lock = -1
    try:
        lock = _enter(work)
        _put_right(work, folder)
        yield work
    finally:
        if lock >= 0:
            with suppress(OSError):  # what cannot be removed is not in the way of the next
                shutil.rmtree(work / MADE, ignore_errors=True)
                if not batch_files(work):
                    _clear(work)
            os.close(lock)
            with suppress(OSError):  # where a lock that is open keeps its folder
                work.rmdir()
        for parent in missing:
            with suppress(OSError):  # not empty: it holds the run, or somebody else's
                parent.rmdir()


def forget_batches(work: Path) -> None:
    """Remove the batches that are kept."""
    for *_, path in batch_files(work):
        path.unlink()


def tidy(folder: Path) -> None:
    """Remove what a process that was killed left beside a run that is whole; not where one is at work."""
    if partial_of(folder).is_dir():
        with suppress(OSError), working(folder) as work:
            forget_batches(work)


def _clear(work: Path) -> None:
    """Remove the folder; the lock goes last, so that nobody enters meanwhile."""
    shutil.rmtree(work / OLD, ignore_errors=True)
    (work / REQUEST).unlink(missing_ok=True)
    (work / LOCK).unlink()
    work.rmdir()


def _enter(work: Path) -> int:
    """Make the folder and lock it; the number of the lock's file, open while the folder is held."""
    while True:
        work.mkdir(parents=True, exist_ok=True)
        if not stat.S_ISDIR(os.lstat(work).st_mode):
            raise OSError(f"{work.name} beside it is a link or a file")
        others = sorted(path.name for path in work.iterdir() if not _is_ours(path))
        if others:
            raise OSError(f"{work.name} beside it holds files that are not an unfinished run's ({others[0]})")
        try:
            number = os.open(work / LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
        except FileNotFoundError:  # who held it has just finished, and the folder went with the lock
            continue
        try:
            _lock(number)
            if os.path.samestat(os.fstat(number), os.lstat(work / LOCK)):
                return number
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(number)
            raise
        os.close(number)


def _lock(number: int) -> None:
    """Hold a file as long as this process lives; those that it begins do not hold it."""
    if fcntl is None:
        return
    try:
        fcntl.lockf(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        raise InUseError(BUSY) from None
    except OSError as error:
        raise OSError(f"its file system knows no locks ({error.strerror}); choose a local folder") from None


def _is_ours(path: Path) -> bool:
    if path.is_symlink():
        return False
    if path.name.startswith(".nfs"):  # a file that is gone, but still open somewhere on the network
        return True
    if path.is_dir():
        return path.name in (MADE, OLD)
    return path.name in (LOCK, REQUEST) or path.suffix in (BATCH, ".new")


def _put_right(work: Path, folder: Path) -> None:
    """After a process that was killed: what it was writing goes, what it had moved aside comes back."""
    shutil.rmtree(work / MADE, ignore_errors=True)
    for path in work.glob("*.new"):
        path.unlink()
    if (work / OLD).exists():
        if folder.exists():
            shutil.rmtree(work / OLD)
        else:
            os.rename(work / OLD, folder)
