"""Where batches run: in this process, or in several. Order and results are the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


class WorkerLostError(Exception):
    """A worker process died; the message names the replications that were lost."""


def run_batches(
    work: Callable[[Job, Sequence[int]], Result],
    job: Job,
    batches: Sequence[Sequence[int]],
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> list[Result]:
    """Apply `work` to every batch of replication numbers; results in the order of `batches`.

    Raises
    ------
    WorkerLostError
        When a worker is killed: never a silently smaller number of replications.
    """
    total, done = sum(len(b) for b in batches), 0
    if progress is not None:
        progress(0, total)
    if workers <= 1 or len(batches) <= 1:
        results = []
        for batch in batches:
            results.append(work(job, batch))
            done += len(batch)
            if progress is not None:
                progress(done, total)
        return results
    pool = ProcessPoolExecutor(min(workers, len(batches)), initializer=_remember, initargs=(work, job))
    pending: dict[Future[Any], int] = {}
    found: dict[int, Any] = {}
    try:
        pending = {pool.submit(_run, batch): k for k, batch in enumerate(batches)}
        waiting = set(pending)
        while waiting:
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                found[pending[future]] = future.result()
                done += len(batches[pending[future]])
            if progress is not None:
                progress(done, total)
    except BrokenProcessPool as error:
        lost = [n for k, batch in enumerate(batches) if k not in found for n in batch]
        raise WorkerLostError(
            f"a worker process was killed; {len(lost)} of {total} replications have no result: "
            + _ranges(lost)
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return [found[k] for k in range(len(batches))]


def _ranges(numbers: Sequence[int]) -> str:
    """Numbers as text, runs of them as `first-last`."""
    starts = [n for k, n in enumerate(numbers) if k == 0 or numbers[k - 1] != n - 1]
    ends = [n for k, n in enumerate(numbers) if k + 1 == len(numbers) or numbers[k + 1] != n + 1]
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))


_remembered: list[Any] = []


def _remember(work: Callable[..., Any], job: Any) -> None:
    """Hand a worker its job once, not with every batch."""
    _remembered[:] = [work, job]


def _run(batch: Sequence[int]) -> Any:
    work, job = _remembered
    return work(job, batch)
