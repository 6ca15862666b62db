"""Where batches of replications run: in this thread, in several threads, or in several processes.

An executor is a function of what makes a worker (job -> work on a batch) and of the job. It opens a place to
work, as a context manager: within it ``run(numbers)`` gives the result of every batch, as they are done. What
a batch gives depends on its numbers alone, so that no choice of executor, workers or size moves a result.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from typing import Any

BATCH = 32
"""Replications in a batch at most: their draws and tables stay in the processor's cache."""
BATCH_OF_PROCESS = 10
"""The same for the slower engine, so that progress is seen."""
SHARES = 4
"""Batches that every worker gets where there are few replications: nobody waits long for the last one."""

Work = Callable[[Sequence[int]], Any]
"""Numbers of replications -> what they give."""
Make = Callable[[Any], Work]
"""A job -> the work; called once in every worker, which keeps what it made."""
Run = Callable[[Sequence[int]], Iterator[tuple[int, Any]]]
"""Numbers of replications -> (place of a batch's first number, what the batch gives), as they are done."""
Executor = Callable[[Make, Any], AbstractContextManager[Run]]


class UnwantedError(Exception):
    """Raised in a worker: nobody waits for its batch any more."""


class WorkerLostError(Exception):
    """A worker died; the message names the replications that were lost."""

    @classmethod
    def of(cls, who: str, lost: Iterable[Sequence[int]], asked: int) -> WorkerLostError:
        """The error that names the replications of the lost batches."""
        numbers = sorted(n for batch in lost for n in batch)
        return cls(f"{who}; {len(numbers)} of {asked} replications have no result: {_ranges(numbers)}")


def executor_for(engine: str, workers: int, most: int = BATCH) -> Executor:
    """Where an engine runs on this machine, in batches of at most so many replications.

    Processes, where they can be forked: they have what is compiled and start at once. The compiled engine
    leaves Python's lock alone, but drawing and counting hold it for much of their time, so that threads gain
    little. Where a process begins with nothing and would have to load everything, threads it is.
    """
    if engine != "compiled":
        most = min(most, BATCH_OF_PROCESS)
    if workers <= 1:
        return serial(most)
    if engine == "compiled" and not can_fork():
        return threads(workers, most)
    return processes(workers, most)


def can_fork() -> bool:
    """Whether a new process has at once what this one has."""
    return sys.platform == "linux" and multiprocessing.get_start_method() == "fork"


def serial(most: int = BATCH) -> Executor:
    """One batch after the other, in this thread."""

    @contextmanager
    def opened(make: Make, job: Any) -> Iterator[Run]:
        work = make(job)
        yield lambda numbers: ((at, work(batch)) for at, batch in batches(numbers, most, 1).items())

    return opened


def threads(workers: int, most: int = BATCH) -> Executor:
    """Several threads; after an error or Ctrl-C no further batch is begun, and the threads are gone."""

    @contextmanager
    def opened(make: Make, job: Any) -> Iterator[Run]:
        pool = ThreadPoolExecutor(workers)

        def run(numbers: Sequence[int]) -> Iterator[tuple[int, Any]]:
            def submit(batch: Sequence[int]) -> Future[Any]:
                return pool.submit(work_on, make, job, batch)

            return _unless(heard, as_done(submit, _first_done, batches(numbers, most, workers), workers))

        with interrupts_noted() as heard:
            try:
                yield run
            finally:
                pool.shutdown(cancel_futures=True)

    return opened


def processes(workers: int, most: int = BATCH_OF_PROCESS) -> Executor:
    """Several processes; after an error or Ctrl-C, or when this process is killed, they end at once.

    Work asks :func:`go_on` where it can stop; other work finishes its batch.

    Raises
    ------
    WorkerLostError
        When one is killed: never a silently smaller number of replications.
    """

    @contextmanager
    def opened(make: Make, job: Any) -> Iterator[Run]:
        stopped = multiprocessing.RawValue("b", 0)  # without a lock, which a killed process would keep
        pool = ProcessPoolExecutor(workers, initializer=_remember, initargs=(make, job, stopped))

        def run(numbers: Sequence[int]) -> Iterator[tuple[int, Any]]:
            missing = batches(numbers, most, workers)
            try:
                done = as_done(lambda batch: pool.submit(_work, batch), _first_done, dict(missing), workers)
                for at, result in _unless(heard, done):
                    del missing[at]
                    yield at, result
            except BrokenProcessPool as error:
                raise WorkerLostError.of(
                    "a worker process was killed", missing.values(), len(numbers)
                ) from error

        def stop() -> None:
            stopped.value = 1

        with interrupts_noted(stop) as heard:
            try:
                with interrupts_held():
                    pool.submit(_nothing)  # which starts the processes
                yield run
            finally:
                # Not terminated: one killed while it writes would leave the pool waiting for the rest.
                stop()
                pool.shutdown(cancel_futures=True)

    return opened


def batches(numbers: Sequence[int], most: int, workers: int) -> dict[int, Sequence[int]]:
    """Numbers in batches of at most so many, smaller where there are few; by the place of their first."""
    size = max(1, min(most, -(-len(numbers) // (SHARES * workers))))
    return {at: numbers[at : at + size] for at in range(0, len(numbers), size)}


def as_done(
    submit: Callable[[Sequence[int]], Any],
    first_done: Callable[[Iterable[Any]], Iterable[Any]],
    parts: dict[int, Sequence[int]],
    workers: int,
    result: Callable[[Any], Any] = Future.result,
) -> Iterator[tuple[int, Any]]:
    """Hand out batches, one ahead of every worker, and give their results as they are done.

    Parameters
    ----------
    submit
        Batch -> future.
    first_done
        Futures -> those that are done; waits until one is.
    result
        Future that is done -> what it gave.
    """
    left = iter(parts.items())
    pending: dict[Any, int] = {}
    while True:
        for at, batch in islice(left, 2 * workers - len(pending)):
            pending[submit(batch)] = at
        if not pending:
            return
        for future in first_done(list(pending)):
            yield pending.pop(future), result(future)


def _first_done(futures: Iterable[Future[Any]]) -> set[Future[Any]]:
    return wait(futures, return_when=FIRST_COMPLETED).done


def _ranges(numbers: Sequence[int]) -> str:
    """Numbers as text, runs of them as `first-last`."""
    starts = [n for k, n in enumerate(numbers) if k == 0 or numbers[k - 1] != n - 1]
    ends = [n for k, n in enumerate(numbers) if k + 1 == len(numbers) or numbers[k + 1] != n + 1]
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))


_kept = threading.local()


def work_on(make: Make, job: Any, batch: Sequence[int]) -> Any:
    """Work on a batch with what this thread made for the job; it is made once, not with every batch."""
    kept = getattr(_kept, "made", None)
    if kept is None or kept[0] is not make or kept[1] is not job:
        kept = _kept.made = (make, job, make(job))
    return kept[2](batch)


_remembered: list[Any] = []


@contextmanager
def interrupts_noted(then: Callable[[], None] = lambda: None) -> Iterator[list[int]]:
    """Ctrl-C does `then` and stands in the list; at the end of the block, at the latest, it is raised.

    Raised wherever it comes, it could leave a lock of a pool held, and its end would be waited for for ever;
    and a second one would cut short what ends the workers.
    """
    heard: list[int] = []
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler or not _in_main_thread():
        yield heard  # Ctrl-C is not for this one
        return

    def note(number: int, frame: object) -> None:
        heard.append(number)
        then()

    signal.signal(signal.SIGINT, note)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if heard:
        raise KeyboardInterrupt


def _unless(heard: list[int], results: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    """The results, until Ctrl-C is heard."""
    try:
        for result in results:
            if heard:
                raise KeyboardInterrupt
            yield result
    except UnwantedError:  # the workers heard of it first
        raise KeyboardInterrupt from None


def _in_main_thread() -> bool:
    """Whether this is the thread that hears of signals."""
    return threading.current_thread() is threading.main_thread()


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Ctrl-C waits until the end of the block; threads and processes that are begun in it do not hear it.

    Those that are just being begun when it comes would be left without anybody to end them.
    """
    if not _in_main_thread():  # Ctrl-C is not for this one
        yield
        return
    held: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: held.append(number))
    masks = hasattr(signal, "pthread_sigmask")  # not on Windows
    masked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masks else set()
    try:
        yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, masked)
        signal.signal(signal.SIGINT, before)
        if held:
            signal.raise_signal(signal.SIGINT)


def _nothing() -> None:
    """Work for a process that is to be started."""


def _remember(make: Make, job: Any, stopped: Any) -> None:
    """Hand a process its job once, not with every batch. Ctrl-C is for its parent to deal with."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _remembered[:] = [make, job, stopped]
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that is killed ends nobody: its workers would wait for their next batch for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def go_on() -> None:
    """For work to call between its parts.

    Raises
    ------
    UnwantedError
        In a worker process whose run has ended.
    """
    if _remembered and _remembered[2].value:
        raise UnwantedError


def _work(batch: Sequence[int]) -> Any:
    make, job, stopped = _remembered
    if stopped.value:  # handed out before the end was known
        return None
    return work_on(make, job, batch)
