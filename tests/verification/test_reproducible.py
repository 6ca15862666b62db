"""The tiers of docs/reproducibility.md that no other test holds.

Why: a number that cannot be had again cannot be checked. T0 is bytes, T1 is integers under other versions of
Python and numpy, and both rest on two generators whose first words are pinned here.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.model.streams import keys

ROOT = Path(__file__).parents[2]
VERSIONS = ("3.11", "3.12", "3.13")
OLDER_NUMPY = "2.2.6"


def test_the_first_keys_of_a_replication_are_as_ever() -> None:
    """Would catch a numpy whose seed sequences give other words: all luck would move. Those of Philox are
    pinned in tests/model/test_draws.py."""
    assert keys(20221212, 7, "luck", 2).tolist() == [
        [12109473755071113429, 9015177767951280241],
        [14086481354025386512, 15941058899493926407],
    ]


def test_start_methods_give_the_same_bytes(tmp_path: Path) -> None:
    """Would catch workers that depend on what they have inherited: without fork there is nothing of it."""
    code = """
import json, multiprocessing, sys
from pathlib import Path
from sim.experiment.ensemble import simulate
from sim.experiment.executors import processes
from sim.scenario.reading import read_scenario
if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    made = simulate(read_scenario(sys.argv[2]), replications=12, executor=processes(2, 5))
    tables = [v.to_numpy().tobytes().hex() for v in made.measures.values()]
    print(json.dumps([tables, [v.tolist() for v in made.fingerprints.values()]]))
"""
    script = tmp_path / "started.py"
    script.write_text(code)
    told = [
        subprocess.run(
            [sys.executable, str(script), method, str(ROOT / "scenarios/checkpoint-queue.yaml")],
            capture_output=True, check=True, cwd=ROOT, timeout=300,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ).stdout
        for method in ("fork", "spawn")
        if method in multiprocessing.get_all_start_methods()
    ]  # fmt: skip
    assert len(set(told)) == 1
    assert len(json.loads(told[0])[1]) == 2


def interpreters() -> dict[str, str]:
    """Supported versions that are installed here: on the path, or under pyenv."""
    found = {}
    for version in VERSIONS:
        under = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
        places = [*sorted(under.glob(f"{version}.*/bin/python")), shutil.which(f"python{version}")]
        for place in filter(None, places):
            said = subprocess.run([str(place), "-V"], capture_output=True, text=True, check=False).stdout
            if said.startswith(f"Python {version}."):
                found[version] = str(place)
    return found


def told_by(environment: Path) -> Any:
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = subprocess.run(
        [str(python), "-m", "tests.verification.fingerprints"], capture_output=True, text=True, check=False,
        cwd=ROOT, timeout=3600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_other_versions_of_python_and_numpy_give_the_same_integers(tmp_path: Path) -> None:
    """Would catch an event order, a draw or a rounding that belongs to one version.

    Every fingerprint of three replications of every shipped scenario, world and variant; floats to 1e-9.
    """
    here = json.loads(
        subprocess.run(
            [sys.executable, "-m", "tests.verification.fingerprints"], capture_output=True, check=True,
            cwd=ROOT,
        ).stdout
    )  # fmt: skip
    there = interpreters()
    wanted = {f"py{v}": (place, None) for v, place in there.items()}
    wanted["numpy"] = (sys.executable, OLDER_NUMPY)
    for name, (place, numpy) in wanted.items():
        environment = tmp_path / name
        made = subprocess.run(
            ["uv", "sync", "-q", "--locked", "--python", place], capture_output=True, text=True, check=False,
            cwd=ROOT, env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(environment)},
        )  # fmt: skip
        if made.returncode == 0 and numpy:
            install = ["uv", "pip", "install", "-q", "--python", str(environment), f"numpy=={numpy}"]
            made = subprocess.run(install, capture_output=True, text=True, check=False, cwd=ROOT)
        if made.returncode:
            pytest.skip(f"no environment for {name}: {made.stderr[-300:]}")
        other = told_by(environment)
        assert other.keys() == here.keys()
        for scenario, rows in here.items():
            assert other[scenario].keys() == rows.keys()
            for run, (fingerprint, *measures) in rows.items():
                again, *others = other[scenario][run]
                assert again == fingerprint, (name, scenario, run)
                close = np.isclose(
                    np.array(measures, float), np.array(others, float), rtol=1e-9, atol=1e-9, equal_nan=True
                )
                assert close.all(), (name, scenario, run)
    assert len(there) > 1, "only one supported Python is installed here"
