"""Stored runs read back: what does not match its manifest is refused, whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.experiment.store import FORMAT, MANIFEST, SEAL, StoreError, checksum, sealed
from sim.experiment.text_files import json_bytes, read_json
from sim.experiment.unfinished import state
from sim.experiment.working import PARTIAL, REQUEST, partial_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class StoredRun:
    """A complete run; its files matched their checksums when it was read."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def summary(self) -> dict[str, Any]:
        """The answer, as the command prints it."""
        told: dict[str, Any] = json.loads((self.folder / "summary.json").read_bytes())
        return told

    @property
    def documents(self) -> dict[str, Any]:
        """Its JSON files by name, as plain data; not the manifest."""
        names = (name for name in self.manifest["files"] if name.endswith(".json"))
        return {name: json.loads((self.folder / name).read_bytes()) for name in names}

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that it holds."""
        names = (Path(name) for name in self.manifest["files"])
        return tuple(name.stem for name in names if name.suffix in (".parquet", ".csv"))

    def table(self, name: str) -> pd.DataFrame:
        """Read a table: `measures`, `daily`, `differences`, `observed`, or `patients` where it was stored.

        Raises
        ------
        KeyError
            When the run has no such table.
        """
        import pandas as pd

        if name not in self.tables:
            raise KeyError(f"no table `{name}`: the run has {', '.join(self.tables)}")
        path = self.folder / f"{name}.parquet"
        if path.name in self.manifest["files"]:
            return pd.read_parquet(path)
        return pd.read_csv(self.folder / f"{name}.csv")


def read_run(folder: str | Path) -> StoredRun:
    """Read a stored run, after looking at every byte of it. Files its manifest does not name are ignored.

    Raises
    ------
    StoreError
        When it has no manifest, is of another format, or a file is missing, of another size, or changed.
    """
    folder = Path(folder)
    manifest = _manifest(folder)
    for name, said in manifest["files"].items():
        path = folder / name
        if Path(name).name != name or path.is_symlink() or not path.is_file():
            raise StoreError(folder, f"{name} is missing")
        size = path.stat().st_size
        if size != said["bytes"]:
            raise StoreError(folder, f"{name} has {size} bytes, not the {said['bytes']} of its manifest")
        if checksum(path) != said[SEAL]:
            raise StoreError(folder, f"{name} was changed: its checksum is not that of its manifest")
    return StoredRun(folder, manifest)


def _manifest(folder: Path) -> dict[str, Any]:
    """The manifest, once it is known to be whole."""
    if not folder.is_dir() and (partial_of(folder) / REQUEST).exists():
        raise StoreError(folder, state(partial_of(folder)))
    if not folder.is_dir():
        raise StoreError(folder, "not a folder" if folder.exists() else "no such folder")
    try:
        data = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        raise StoreError(folder, f"incomplete: it has no {MANIFEST}") from None
    except OSError as error:
        raise StoreError(folder, f"{MANIFEST} cannot be read ({error.strerror})") from None
    try:
        manifest = read_json(data)
        number = manifest["format"]
    except (ValueError, KeyError, TypeError):
        raise StoreError(folder, f"{MANIFEST} is not that of a run, or was changed") from None
    if number != FORMAT:
        known = isinstance(number, int) and 0 < number < FORMAT
        said = f"older format ({number}, now {FORMAT})" if known else f"unknown format {number!r}"
        raise StoreError(folder, said)
    rest = {name: value for name, value in manifest.items() if name != SEAL}
    if json_bytes(sealed(rest)) != data:
        raise StoreError(folder, f"{MANIFEST} was changed")
    return dict(manifest)


def find_run(folder: Path, asked: Mapping[str, Any], *files: str) -> StoredRun | None:
    """The run that was asked for, if this folder holds it; None where nothing is stored.

    Parameters
    ----------
    asked
        As :func:`sim.experiment.provenance.request`: all of it must be the same.
    files
        That it must have, beside those that every run has.

    Raises
    ------
    StoreError
        When what is stored is not whole, or is another run; it says which.
    """
    if not folder.is_dir() or not any(folder.iterdir()):
        return None
    run = read_run(folder)
    stored = run.manifest["asked"]
    other = sorted(name for name in stored.keys() | asked.keys() if stored.get(name) != asked.get(name))
    if other:
        raise StoreError(folder, f"stored is a run that differs in {', '.join(other)}")
    missing = [name for name in files if name not in run.manifest["files"]]
    if missing:
        raise StoreError(folder, f"the stored run has no {missing[0]}")
    return run


def stored_runs(folder: Path) -> list[StoredRun | StoreError]:
    """Every run under a folder of results, or the folder's own, in the order of their paths.

    A run is a folder in a folder named ``runs``; one that does not hold, or is not finished, stands as the
    error that says why.
    """
    places = [folder] if (folder / MANIFEST).exists() else []
    places += sorted({*folder.glob("runs/*"), *folder.glob("*/runs/*")})
    found: list[StoredRun | StoreError] = []
    for place in places:
        if place.name.endswith(PARTIAL):
            if (place / REQUEST).exists():
                found.append(StoreError(place, state(place)))
        elif place.is_dir() and not place.name.startswith("."):
            try:
                found.append(read_run(place))
            except StoreError as error:
                found.append(error)
    return found


def stored_reports(folder: Path, file_hash: str) -> list[StoredRun]:
    """Whole reports of one scenario file: the published one first, then by replications, most first.

    Parameters
    ----------
    folder
        Results of the scenario.
    file_hash
        Of the file as it is now: reports of an earlier text are left out.
    """
    found = []
    for place in [folder / "published", *sorted((folder / "reports").glob("*"))]:
        if (place / MANIFEST).is_file() and not place.name.startswith("."):
            with suppress(StoreError):
                found.append(read_run(place))
    mine = [run for run in found if run.manifest["asked"].get("file_hash") == file_hash]
    return sorted(mine, key=lambda run: (run.folder.name != "published", -run.manifest["replications"]))
