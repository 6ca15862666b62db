"""Runs on disk: whole folders of files, written beside their place and then moved there.

A folder is complete when it holds its ``manifest.json``, which is written last and names the size and the
SHA-256 of every other file, and its own. Reading back is in `sim.experiment.reading_back`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sim.experiment.executors import interrupts_held
from sim.experiment.text_files import json_bytes
from sim.experiment.working import MADE, OLD, forget_batches, working

MANIFEST = "manifest.json"
FORMAT = 2
"""Of a run's folder; raised when a file changes its meaning. 1 was CSV only."""
SEAL = "sha256"
"""Last key of the manifest: the checksum of all that stands before it."""
NAMES = frozenset({
    MANIFEST, "summary.json", "measures.parquet", "daily.parquet", "fingerprints.parquet", "patients.parquet",
    "differences.csv", "observed.csv", "cumulative.png", "cumulative.svg",
})  # fmt: skip
"""Files that a run may have."""


class StoreError(OSError):
    """A folder that cannot be written or read, or must not be: `folder` and `reason`."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder = folder
        self.reason = reason
        super().__init__(f"{folder}: {reason}")

    def __str__(self) -> str:
        return f"error: {self.folder}: {self.reason}"


def probe(folder: Path) -> None:
    """Find out that a run can be written to this folder, before it is run; leaves nothing behind.

    Raises
    ------
    StoreError
        When it cannot be written, is no folder, is a link, or holds something other than a run's files:
        they would be lost when the run is replaced.
    """
    if folder.is_symlink():
        raise StoreError(folder, "a link; results go to a folder of their own")
    if folder.exists():
        if not folder.is_dir():
            raise StoreError(folder, "not a folder")
        others = sorted({path.name for path in folder.iterdir()} - _names_of_run(folder))
        if others:
            raise StoreError(
                folder, f"holds files that are not a run's ({others[0]}); choose an empty or a new folder"
            )
    _try_to_write(folder, folder.absolute().parent)


def probe_files(folder: Path) -> None:
    """Find out that :func:`replace_files` can write to this folder, before anything is run.

    Raises
    ------
    StoreError
        When it cannot be written, is no folder, or is a link.
    """
    if folder.is_symlink():
        raise StoreError(folder, "a link; results go to a folder of their own")
    if folder.exists() and not folder.is_dir():
        raise StoreError(folder, "not a folder")
    _try_to_write(folder, folder.absolute())


def _try_to_write(folder: Path, parent: Path) -> None:
    """Make a file in `parent`, or in what there is above it, and take it away again."""
    while not parent.exists() and parent != parent.parent:
        parent = parent.parent
    try:
        with tempfile.TemporaryDirectory(prefix=".probe-", dir=parent) as trial:
            (Path(trial) / "probe").write_bytes(b"probe")
    except OSError as error:
        raise StoreError(folder, f"cannot be written ({error.strerror})") from None


def _names_of_run(folder: Path) -> set[str]:
    """Files that may be replaced: those a manifest of ours names; where none can be read, a run's names."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        return {MANIFEST, *manifest["files"]} if "format" in manifest else set()
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return set(NAMES)


def write_run(folder: Path, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
    """Write a run's files and then its manifest; the folder appears whole, or stays as it was.

    Parameters
    ----------
    folder
        Replaced if it holds a run.
    files
        Name in the folder -> content.
    manifest
        What else the manifest says, beside the format, sizes and checksums.

    Raises
    ------
    StoreError
        When it cannot be written (disk full, no permission); nothing half-written is left.
    """
    with folder_beside(folder) as made:
        finish(made, folder, files, manifest)


@contextmanager
def folder_beside(folder: Path) -> Iterator[Path]:
    """A new folder for the files of a run, in the folder beside its place, which is held meanwhile.

    Unless :func:`finish` has moved it to its place, it is removed at the end. See `sim.experiment.working`.

    Raises
    ------
    StoreError
        As :func:`probe`, and when another process is writing the run.
    """
    probe(folder)
    with ExitStack() as held:
        with as_store_error(folder):
            made = held.enter_context(working(folder)) / MADE
            made.mkdir()
        yield made


def finish(made: Path, folder: Path, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
    """Write the other files of a run to the folder made beside its place, seal it and move it there.

    What is in `made` already is part of the run. Parameters and errors as of :func:`write_run`.
    """
    probe(folder)
    with as_store_error(folder):
        before = sorted(path.name for path in made.iterdir())
        for name in before:
            _sync(made / name)
        for name, data in sorted(files.items()):
            _write_through(made / name, data)
        sums = {
            name: {"bytes": (made / name).stat().st_size, SEAL: checksum(made / name)}
            for name in sorted([*before, *files])
        }
        _write_through(made / MANIFEST, json_bytes(sealed({"format": FORMAT, **manifest, "files": sums})))
        _sync(made)
        _put_in_place(made, folder)


def sealed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest with the checksum of all that it says."""
    return {**manifest, SEAL: hashlib.sha256(json_bytes(manifest)).hexdigest()}


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def as_store_error(folder: Path) -> Iterator[None]:
    """Errors of the file system become a `StoreError` that names the folder."""
    try:
        yield
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(folder, f"cannot be written ({error.strerror or error})") from None


def _write_through(path: Path, data: bytes) -> None:
    with open(path, "xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(path: Path) -> None:
    """Wait until a file, or a folder where the system can do so, is on the disk."""
    if path.is_dir() and not hasattr(os, "O_DIRECTORY"):
        return
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _put_in_place(made: Path, folder: Path) -> None:
    """Move the new folder to its place; an earlier run there is moved aside first and then removed."""
    old = made.parent / OLD
    with interrupts_held():
        if folder.exists():
            os.rename(folder, old)
        try:
            os.rename(made, folder)
        except OSError:
            if old.exists():
                os.rename(old, folder)
            raise
    _sync(folder.parent)
    forget_batches(made.parent)
    shutil.rmtree(old, ignore_errors=True)


def replace_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files one after the other, each whole or not at all, in place of those of the same name.

    Raises
    ------
    StoreError
        When one cannot be written.
    """
    with as_store_error(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            beside = folder / f".{name}.{os.getpid()}"
            try:
                _write_through(beside, data)
                os.replace(beside, folder / name)
            finally:
                beside.unlink(missing_ok=True)
        _sync(folder)


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet.

    Raises
    ------
    StoreError
        When it is there already, or cannot be written.
    """
    try:
        _write_through(path, data)
    except FileExistsError:
        raise StoreError(path, "is there already, and is left as it is") from None
    except OSError as error:
        raise StoreError(path, f"cannot be written ({error.strerror})") from None
