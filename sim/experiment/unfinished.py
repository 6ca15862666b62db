"""What an unfinished run was asked for, and how far it is: read by whoever lists it or goes on with it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from sim.experiment.store import StoreError, as_store_error, sealed
from sim.experiment.text_files import json_bytes
from sim.experiment.working import REQUEST, batch_files, forget_batches, partial_of, place_of


def request_of(
    asked: Mapping[str, Any], engine: str, patients: bool, command: Mapping[str, Any]
) -> dict[str, Any]:
    """What stands beside the batches of a run.

    Parameters
    ----------
    asked
        As :func:`sim.experiment.provenance.request`.
    patients
        Whether every patient is written: then no batch is kept.
    command
        Options of the command that began it, to begin it again.
    """
    return {"asked": {**asked, "engine": engine, "patients": patients}, "command": dict(command)}


def begin(work: Path, request: Mapping[str, Any]) -> str:
    """Write down what is asked for; batches of another request go. In words: what was found there.

    Raises
    ------
    StoreError
        When it cannot be written.
    """
    try:
        there = _read(work)
    except StoreError:
        there = None
    said = ""
    if there is None or token_of(there) != token_of(request):
        if batch_files(work):
            why = f"differs in {', '.join(differing(there, request))}" if there else f"has no whole {REQUEST}"
            said = f"unfinished work {why}; begun again"
        with as_store_error(place_of(work)):
            forget_batches(work)
    elif batch_files(work):
        said = f"goes on with an unfinished run, {progress(work, request)}"
    with as_store_error(place_of(work)):
        new = work / f"{REQUEST}.new"
        new.write_bytes(json_bytes(sealed(request)))
        os.replace(new, work / REQUEST)
    return said


def read_unfinished(folder: Path) -> dict[str, Any]:
    """The request of an unfinished run, whose place or folder beside it is given.

    Raises
    ------
    StoreError
        When there is none, or it is damaged.
    """
    work = partial_of(place_of(folder))
    if not work.is_dir() or work.is_symlink():
        raise StoreError(folder, "no unfinished run")
    return _read(work)


def differing(there: Mapping[str, Any], request: Mapping[str, Any]) -> list[str]:
    """What is not asked for as it was."""
    old, new = there["asked"], request["asked"]
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def state(work: Path) -> str:
    """In words, why an unfinished run is no result."""
    try:
        said = progress(work, _read(work))
    except StoreError as error:
        return error.reason
    return f"incomplete: stopped or still running, {said}; to go on: corridor resume {place_of(work)}"


def progress(work: Path, request: Mapping[str, Any]) -> str:
    """How many replications are done, in words."""
    asked = request["asked"]
    done = sum(last - first + 1 for first, last, _ in batch_files(work))
    of = "at most " if asked["precision"] is not None else ""
    return f"{done} of {of}{asked['replications']} replications done"


def token_of(request: Mapping[str, Any]) -> str:
    """What a batch carries of the request that it belongs to."""
    return sha256(json_bytes(request["asked"])).hexdigest()


def _read(work: Path) -> dict[str, Any]:
    try:
        data = (work / REQUEST).read_bytes()
        request: dict[str, Any] = json.loads(data)
        if json_bytes(sealed({"asked": request["asked"], "command": request["command"]})) == data:
            return request
    except FileNotFoundError:
        raise StoreError(work, f"incomplete: it has no {REQUEST}; run the command again") from None
    except OSError as error:
        raise StoreError(work, f"{REQUEST} cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError):
        pass
    raise StoreError(work, f"incomplete: {REQUEST} was changed; run the command again")
