"""One ensemble in a process of its own: prints its seconds and the peak memory, as JSON.

Seconds are those on the clock and start once two replications have run, so that nothing is compiled or
imported any more; the peak is that of the whole process, libraries included.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from sim.experiment.ensemble import simulate
from sim.scenario.reading import read_scenario


class Cost(NamedTuple):
    """What an ensemble cost."""

    seconds: float
    megabytes: float


def cost_of(file: Path, replications: int, worlds: Sequence[str], workers: int = 1) -> Cost:
    """Run an ensemble of the compiled engine, variant `base`, in a fresh process."""
    command = [sys.executable, __file__, str(file), str(replications), ",".join(worlds), str(workers)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Cost(**json.loads(done.stdout))


def peak_megabytes() -> float:
    """Most memory that this process has held; `getrusage` would count what its parent held as well.

    Not a number where the system does not tell.
    """
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else math.nan


def main() -> None:
    """Run it and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("replications", type=int)
    parser.add_argument("worlds", type=lambda text: text.split(","))
    parser.add_argument("workers", type=int)
    arguments = parser.parse_args()
    file = read_scenario(arguments.file)

    def run(replications: int) -> None:
        simulate(
            file,
            calibration=None,  # from its priors: posteriors have so many histories and no more
            replications=replications,
            worlds=arguments.worlds,
            variants=["base"],
            workers=arguments.workers,
            engine="compiled",
        )

    run(2)
    start = perf_counter()
    run(arguments.replications)
    seconds = perf_counter() - start
    print(json.dumps(Cost(seconds, peak_megabytes())._asdict()))


if __name__ == "__main__":
    main()
