"""Where batches run beyond one machine: a Dask cluster, or one of this machine's own processes.

Needs the extra ``pip install 'corridor-sim[cluster]'``. The job is sent once; every batch is its numbers. A
batch whose worker dies is run again by another, and so is the job's sending: nothing is lost with a worker.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from sim import __version__
from sim.experiment.executors import Executor, Make, Run, WorkerLostError, as_done, batches, work_on

BATCH = 128
"""Replications in a batch at most: sending one costs some milliseconds, whatever is in it."""
LOCAL = "local"
PATIENCE = 30
"""Seconds to wait for a scheduler, for the first worker, or for another one when all are gone."""


class ClusterError(Exception):
    """A cluster that cannot be used: not installed, not reached, without workers, of another version."""


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

            threads = _threads(client)
            parcel = client.submit(pickle.loads, pickle.dumps((make, job, __version__)), pure=False)

            def run(numbers: Sequence[int]) -> Iterator[tuple[int, Any]]:
                def submit(batch: Sequence[int]) -> Any:
                    return client.submit(_work, parcel, list(batch), pure=False)

                missing = batches(numbers, most, threads)
                try:
                    for at, result in as_done(submit, partial(_first_done, client), dict(missing), threads):
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
        from distributed import Client, LocalCluster
    except ImportError:
        raise ClusterError("a cluster needs an extra: pip install 'corridor-sim[cluster]'") from None
    if cluster == LOCAL:
        with (
            LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
            ) as local,
            Client(local) as client,
        ):
            yield client
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


def _threads(client: Any) -> int:
    """How many batches the cluster works on at a time, if every worker has this version of the package."""
    found = client.run(metadata.version, "corridor-sim", on_error="return")
    others = {v if isinstance(v, str) else "none" for v in found.values()} - {__version__}
    if others:
        said = f"they have {', '.join(sorted(others))}"
        raise ClusterError(f"the cluster's workers need corridor-sim {__version__}, as here; {said}")
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


def _work(parcel: tuple[Make, Any, str], batch: Sequence[int]) -> Any:
    """On a worker, which may have come after the others were asked for their version."""
    make, job, version = parcel
    if version != __version__:
        raise ClusterError(f"a worker of the cluster has corridor-sim {__version__}, not {version}")
    return work_on(make, job, batch)
