"""Where batches run beyond one machine: a Dask cluster, or one of this machine's own processes.

Needs the extra ``pip install 'corridor-sim[cluster]'``. The job is sent once; every batch is its numbers. A
batch whose worker dies is run again by another, and so is the job's sending: nothing is lost with a worker.
"""

from __future__ import annotations

import logging
import pickle
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from sim.experiment.executors import (
    Executor,
    Make,
    Run,
    WorkerLostError,
    as_done,
    batches,
    interrupts_held,
    work_on,
)
from sim.experiment.provenance import code_hash

BATCH = 128
"""Replications in a batch at most: sending one costs some milliseconds, whatever is in it."""
LOCAL = "local"
PATIENCE = 30
"""Seconds to wait for a scheduler, for the first worker, or for another one when all are gone."""
QUIET = {
    # Dask has its workers give memory back at every turn: getting it again took a third of the time.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 2**27,
    "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": 2**25,
    "distributed.worker.profile.enabled": False,
}
"""Settings of a local cluster; docs/cluster.md says them for others."""
DIFFER = "the cluster's workers need the very same corridor-sim as here"


class ClusterError(Exception):
    """A cluster that cannot be used: not installed, not reached, without workers, with another program."""


class Parcel(NamedTuple):
    """What is sent once: a job, and what must be the same there."""

    token: str
    make: Make
    job: Any
    code: str
    """Hash of the sender's program."""


def on_cluster(cluster: str = LOCAL, workers: int = 1, most: int = BATCH) -> Executor:
    """Run on a Dask cluster; results are the same as anywhere else.

    Parameters
    ----------
    cluster
        Address of a scheduler (``tcp://host:8786``), path of a scheduler file (``….json``), or ``local``:
        processes of this machine, which are ended afterwards.
    workers
        Processes of a local cluster; the others have their own number.
    most
        Replications in a batch at most.

    Raises
    ------
    ClusterError
        When it is opened and cannot be used.
    WorkerLostError
        When a batch's workers died again and again, or all are gone and none comes.
    """

    @contextmanager
    def opened(make: Make, job: Any) -> Iterator[Run]:
        with _client(cluster, workers) as client:
            from distributed import CancelledError, KilledWorker

            code = code_hash()
            threads = _threads(client, code)
            packed = pickle.dumps(Parcel(uuid4().hex, make, job, code))
            parcel = client.submit(pickle.loads, packed, pure=False)

            def run(numbers: Sequence[int]) -> Iterator[tuple[int, Any]]:
                def submit(batch: Sequence[int]) -> Any:
                    return client.submit(_work, parcel, list(batch), pure=False)

                missing = batches(numbers, most, threads)
                try:
                    first_done, fetch = partial(_first_done, client), partial(_fetch, client)
                    for at, result in as_done(submit, first_done, dict(missing), threads, fetch):
                        del missing[at]
                        yield at, result
                except (KilledWorker, CancelledError, TimeoutError) as error:
                    said = "the cluster lost its scheduler, all its workers, or several on one batch"
                    raise WorkerLostError.of(said, missing.values(), len(numbers)) from error

            yield run

    return opened


@contextmanager
def _client(cluster: str, workers: int) -> Iterator[Any]:
    """A connection to the cluster; closed afterwards, with whatever it was still at."""
    try:
        from dask import config
        from distributed import Client, LocalCluster
    except ImportError:
        raise ClusterError("a cluster needs an extra: pip install 'corridor-sim[cluster]'") from None
    if cluster == LOCAL:
        kind = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "silence_logs": logging.CRITICAL}
        if sys.platform != "win32":  # begun later, it would let Ctrl-C through to the workers
            resource_tracker.ensure_running()
        with config.set(QUIET), ExitStack() as ending:
            with interrupts_held():
                local = ending.enter_context(LocalCluster(n_workers=workers, **kind))
            yield ending.enter_context(Client(local))
        return
    where = {"scheduler_file": cluster} if cluster.endswith(".json") else {"address": cluster}
    if "scheduler_file" in where and not Path(cluster).is_file():  # the client would wait for it for ever
        raise ClusterError(f"no cluster at {cluster}: there is no such file")
    try:
        client = Client(**where, timeout=PATIENCE)
        client.wait_for_workers(1, timeout=PATIENCE)
    except (OSError, ValueError) as error:  # TimeoutError is an OSError
        raise ClusterError(f"no cluster at {cluster}: {' '.join(str(error).split())}") from None
    with client:
        yield client


def _threads(client: Any, code: str) -> int:
    """How many batches the cluster works on at a time, if every worker has this very program."""
    found = client.run(code_hash, on_error="return")
    others = sum(theirs != code for theirs in found.values())
    if others:
        raise ClusterError(f"{DIFFER}: {others} of {len(found)} lack it")
    return int(sum(client.nthreads().values()))


def _first_done(client: Any, futures: Sequence[Any]) -> Iterable[Any]:
    from distributed import wait

    while True:
        try:
            done: Iterable[Any] = wait(futures, timeout=PATIENCE, return_when="FIRST_COMPLETED").done
        except TimeoutError:  # a long batch; or nobody is left to work on it
            if not client.nthreads():
                raise
        else:
            return done


def _fetch(client: Any, future: Any) -> Any:
    """What a batch gave. It can be lost with its worker after it was done, and is then worked on again."""
    while True:
        try:
            return future.result(timeout=PATIENCE)
        except TimeoutError:  # a slow network; or nobody is left to work on it
            if not client.nthreads():
                raise


_known: dict[str, Parcel] = {}


def _work(parcel: Parcel, batch: Sequence[int]) -> Any:
    """On a worker, which may have come after the others were asked for their program.

    Dask may drop a parcel and send it again: what was made for the first one is kept.
    """
    known = _known.get(parcel.token)
    if known is None:
        if parcel.code != code_hash():
            raise ClusterError(f"{DIFFER}: one that came later lacks it")
        _known.clear()
        known = _known[parcel.token] = parcel
    return work_on(known.make, known.job, batch)
