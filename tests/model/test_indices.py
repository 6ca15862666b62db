"""No compiled loop reads or writes outside its tables.

Why: compiled code uses an index as it is. One that counts from the end, as Python allows, or that lies beyond
the end would read or spoil whatever lies there, mostly without a word.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.model.compiling import is_disabled

SCENARIOS = Path(__file__).parents[2] / "scenarios"
RUN = """
import sys
from types import ModuleType
import numpy as np
from sim import load_scenario
from sim.experiment.ensemble import simulate
from sim.model.compiling import compiled

outside = ModuleType("outside")
exec("def at(k: 'int', of: 'Ints') -> 'int':\\n    return of[k]", outside.__dict__)
outside.at.__module__, outside.__file__ = "outside", __import__("numpy").__file__
try:
    compiled(outside, ["at"], ["at"])["at"](-1, np.zeros(3, dtype=np.int64))
except IndexError:
    print("noticed")
for path in sys.argv[1:]:
    file = load_scenario(path)
    simulate(file, replications=4, calibration=None)
"""


@pytest.mark.slow
@pytest.mark.skipif(is_disabled(), reason="nothing is compiled")
def test_no_index_lies_outside_its_table(tmp_path: Path) -> None:
    """Would catch such an index in any compiled loop that a run goes through."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *map(str, sorted(SCENARIOS.glob("*.yaml")))],
        env={**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "noticed\n"), done.stderr
