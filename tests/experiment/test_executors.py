"""Where batches run: every number once, errors at once, and nobody left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from multiprocessing import active_children

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.experiment.executors import Work, batches, processes, threads


@given(st.integers(0, 300), st.integers(1, 40), st.integers(1, 9))
def test_batches_hold_every_number_once_in_order(n: int, most: int, workers: int) -> None:
    """Would catch a replication that is run twice or never, whatever the sizes."""
    numbers = range(100, 100 + n)
    parts = batches(numbers, most, workers)
    assert [number for batch in parts.values() for number in batch] == list(numbers)
    assert all(numbers[at] == batch[0] and len(batch) <= most for at, batch in parts.items())


def squares(offset: int) -> Work:
    return lambda numbers: [offset + n * n for n in numbers]


@given(st.integers(0, 60), st.integers(1, 8), st.integers(1, 4))
def test_threads_give_every_batch_with_its_place(n: int, most: int, workers: int) -> None:
    """Would catch a batch that is lost or put elsewhere when many are handed out at a time; and a second
    call in the same place, as further looks make, that gives the first one's results."""
    with threads(workers, most)(squares, 7) as run:
        for numbers in (range(n), range(n, 2 * n)):
            found = sorted(run(numbers))
            assert [value for _, values in found for value in values] == [7 + k * k for k in numbers]


def test_after_an_error_in_a_thread_no_further_batch_is_begun() -> None:
    """Would catch a run that goes on for an hour after an invariant broke, and threads that outlive it."""
    begun: list[int] = []
    failed = threading.Event()

    def make(job: None) -> Work:
        def work(numbers: Sequence[int]) -> None:
            begun.append(numbers[0])
            if numbers[0] == 0:
                failed.set()
                raise ValueError("the first")
            failed.wait()

        return work

    before = threading.active_count()
    with pytest.raises(ValueError, match="the first"), threads(2, 1)(make, None) as run:
        list(run(range(500)))
    # Those handed out before the error was seen; of them no more can have been begun.
    assert len(begun) <= 2 * 2 + 2
    assert threading.active_count() == before


def fails(job: None) -> Work:
    def work(numbers: Sequence[int]) -> None:
        raise ValueError(f"from {numbers[0]}")

    return work


def test_after_an_error_in_a_process_all_of_them_are_gone() -> None:
    """Would catch processes that keep a machine busy after the command has ended."""
    with pytest.raises(ValueError, match="from"), processes(2)(fails, None) as run:
        list(run(range(500)))
    assert active_children() == []


@pytest.mark.skipif(not hasattr(os, "register_at_fork"), reason="needs processes that are forked")
def test_ctrl_c_while_processes_are_begun_is_heard() -> None:
    """Would catch a Ctrl-C that is swallowed there (Python ignores exceptions between fork and its end, and
    the run went on), or that leaves processes without anybody to end them."""
    code = (
        "import multiprocessing, os, signal, sys\n"
        "from sim.experiment.executors import processes\n"
        "from tests.experiment.test_executors import squares\n"
        "multiprocessing.set_start_method('fork')\n"
        "os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGINT))\n"
        "try:\n"
        "    with processes(2)(squares, 7) as run: print(len(list(run(range(50)))))\n"
        "except KeyboardInterrupt: print('heard', multiprocessing.active_children())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("heard []\n", "")
