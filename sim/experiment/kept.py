"""Batches of a run kept on disk as they are done, so that a run which is stopped can go on from them.

Beside them stands what was asked for. A batch counts only if every byte of it is as it was written, and if
it belongs to the very same request: the same scenario, code, libraries, luck, variants and worlds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sim.experiment.ensemble import Batch, Part
from sim.experiment.executors import Executor, Make, Run
from sim.experiment.store import as_store_error
from sim.experiment.unfinished import token_of
from sim.experiment.working import BATCH, batch_files, place_of

DIGITS = 64
"""Of the checksum that a file begins with."""


def keeping(executor: Executor, work: Path, request: Mapping[str, Any]) -> Executor:
    """The same executor; batches that are kept are not run again, and those that are run are kept.

    What it is given to run must be consecutive numbers. Batches may be of any size and by any executor.

    Parameters
    ----------
    work
        The folder beside the run's place, held: see :func:`sim.experiment.store.folder_beside`.
    request
        As :func:`sim.experiment.unfinished.begin`.
    """
    token = token_of(request)

    @contextmanager
    def opened(make: Make, job: Any) -> Iterator[Run]:
        with executor(make, job) as run:
            yield lambda numbers: _going_on(run, numbers, work, token)

    return opened


def _going_on(run: Run, numbers: Sequence[int], work: Path, token: str) -> Iterator[tuple[int, Batch]]:
    missing = set(numbers)
    for first, last, path in batch_files(work):
        mine = range(first, last + 1)
        if missing.issuperset(mine):
            batch = unpacked(path.read_bytes(), token, len(mine))
            if batch is None:
                path.unlink()
            else:
                missing.difference_update(mine)
                yield first - numbers[0], batch
    for stretch in stretches(sorted(missing)):
        for at, batch in run(stretch):
            first = stretch[at]
            _keep(work, first, first + len(batch.parts[0].measures) - 1, packed(batch, token))
            yield first - numbers[0], batch


def stretches(numbers: Sequence[int]) -> list[range]:
    """Runs of consecutive numbers, in order."""
    starts = [n for k, n in enumerate(numbers) if k == 0 or numbers[k - 1] != n - 1]
    ends = [n for k, n in enumerate(numbers) if k + 1 == len(numbers) or numbers[k + 1] != n + 1]
    return [range(first, last + 1) for first, last in zip(starts, ends, strict=True)]


def _keep(work: Path, first: int, last: int, data: bytes) -> None:
    """Write a batch whole or not at all. It is not waited for: what power loss tears is run again."""
    path = work / f"{first}-{last}{BATCH}"
    new = path.with_name(f"{path.name}.new")
    with as_store_error(place_of(work)):
        try:
            new.write_bytes(data)
            os.replace(new, path)
        finally:
            new.unlink(missing_ok=True)


def packed(batch: Batch, token: str) -> bytes:
    """A batch as bytes: a checksum, a line that says what the arrays are, the arrays compressed."""
    arrays = [array for part in batch.parts for array in part]
    raw = b"".join(array.tobytes() for array in arrays)
    said = {"request": token, "arrays": [[a.dtype.str, list(a.shape)] for a in arrays], "bytes": len(raw)}
    squeezed: bytes = pa.compress(raw, codec="zstd", asbytes=True)
    rest = json.dumps(said).encode() + b"\n" + squeezed
    return sha256(rest).hexdigest().encode() + rest


def unpacked(data: bytes, token: str, n: int) -> Batch | None:
    """The batch of `n` replications; None when it is torn, changed, or of another request."""
    rest = data[DIGITS:]
    if sha256(rest).hexdigest().encode() != data[:DIGITS]:
        return None
    head, _, squeezed = rest.partition(b"\n")
    said = json.loads(head)
    if said["request"] != token:
        return None
    raw = pa.decompress(squeezed, decompressed_size=said["bytes"], codec="zstd", asbytes=True)
    arrays, at = [], 0
    for kind, shape in said["arrays"]:
        size = int(np.prod(shape))
        arrays.append(np.frombuffer(raw, np.dtype(kind), size, at).reshape(shape))
        at += arrays[-1].nbytes
    parts = [Part(*arrays[k : k + 3]) for k in range(0, len(arrays), 3)]
    return Batch(parts, []) if len(parts[0].measures) == n else None
