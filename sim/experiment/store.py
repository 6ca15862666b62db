"""Results on disk: whole folders of files, written beside their place and then moved there.

The same tables are the same bytes on every machine: UTF-8, LF, a point for decimals, the shortest digits
that read back as the same number. A folder is complete when it holds its ``manifest.json``, which is
written last and names the SHA-256 of every other file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A text cell that starts so would be run as a formula by a spreadsheet (full-width forms last)."""


class StoreError(OSError):
    """A folder that cannot be written or must not be: `folder` and `reason`."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder = folder
        self.reason = reason
        super().__init__(f"{folder}: {reason}")

    def __str__(self) -> str:
        return f"error: {self.folder}: {self.reason}"


def run_id(model_hash: str, seed: int, replications: int, variants: Sequence[str], version: str) -> str:
    """Twelve hex digits that name a run: the same inputs, the same name."""
    parts = [model_hash, str(seed), str(replications), *variants, version]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def probe(folder: Path) -> None:
    """Find out that a run can be written to this folder, before it is run; leaves nothing behind.

    Raises
    ------
    StoreError
        When it cannot be written, is no folder, is a link, or holds something other than a run.
    """
    if folder.is_symlink():
        raise StoreError(folder, "a link; results go to a folder of their own")
    if folder.exists():
        if not folder.is_dir():
            raise StoreError(folder, "not a folder")
        if not (folder / MANIFEST).is_file() and any(folder.iterdir()):
            raise StoreError(folder, "holds files that are not a run's; choose an empty or a new folder")
    parent = folder.absolute().parent
    while not parent.exists() and parent != parent.parent:
        parent = parent.parent
    try:
        with tempfile.TemporaryDirectory(prefix=".probe-", dir=parent) as trial:
            (Path(trial) / "probe").write_bytes(b"probe")
    except OSError as error:
        raise StoreError(folder, f"cannot be written ({error.strerror})") from None


def write_run(folder: Path, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
    """Write a run's files and then its manifest; the folder appears whole, or stays as it was.

    Parameters
    ----------
    folder
        Replaced if it holds a run.
    files
        Name in the folder -> content.
    manifest
        What else the manifest says, beside the files' checksums.

    Raises
    ------
    StoreError
        When it cannot be written (disk full, no permission); nothing half-written is left.
    """
    probe(folder)
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    last = json_bytes({**manifest, "files": sums})
    made: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        os.chmod(made, 0o755)
        for name, data in [*sorted(files.items()), (MANIFEST, last)]:
            _write_through(made / name, data)
        _sync_folder(made)
        _put_in_place(made, folder)
    except OSError as error:
        raise StoreError(folder, f"cannot be written ({error.strerror})") from None
    finally:
        if made is not None and made.exists():
            shutil.rmtree(made, ignore_errors=True)


def _write_through(path: Path, data: bytes) -> None:
    with open(path, "xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    if hasattr(os, "O_DIRECTORY"):
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _put_in_place(made: Path, folder: Path) -> None:
    """Move the new folder to its place; an earlier run there is moved aside first and then removed."""
    aside: Path | None = None
    if folder.exists():
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent)) / "run"
        os.rename(folder, aside)
    try:
        os.rename(made, folder)
    except OSError:
        if aside is not None:
            os.rename(aside, folder)
        raise
    finally:
        if aside is not None:
            shutil.rmtree(aside.parent, ignore_errors=True)
    _sync_folder(folder.parent)


def json_bytes(data: Any) -> bytes:
    """JSON as UTF-8, indented, keys in the order given, LF at the end; nan and infinity are refused."""
    return (json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A table as CSV, UTF-8 with LF.

    Floats as Python's ``repr`` (``12.0``, ``inf``), an undefined value as an empty cell, dates as
    year-month-day. Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers
    stay numbers.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return stream.getvalue().encode()


def cell(value: Any) -> str:
    """One cell of a CSV file."""
    if isinstance(value, str):
        return "'" + value if value.startswith(FORMULA) else value
    if value is None:
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return str(bool(value)).lower()
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, Real):
        number = float(value)
        return "" if number != number else repr(number)
    return cell(str(value))


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
