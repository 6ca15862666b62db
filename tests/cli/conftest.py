"""The command as a user runs it: a process of its own, in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from sim.model.engines import prepare

SCENARIO = """\
name: two-cars
title: Two cars and a closure
period: {from: 2024-01-01, to: 2024-01-20, utc_offset: "+04:00"}
replications: 12
sources:
  bulletin: {title: A bulletin, publisher: Its publisher}
need:
  initial_list: {value: 12, source: bulletin}
  referrals:
    2024-01-01: {prior: uniform 2 / day .. 4 / day, assumed: nobody published it}
  classes:
    urgent: {rank: 1, share: 30%, companions: 1, assumed: invented}
    planned: {rank: 2, assumed: invented}
carriers:
  red-cross:
    fleet: {car: {count: 2, seats: 3}}
    plan: {days: daily, at: "09:00"}
    assumed: invented
route:
  from: town
  legs: [{to: clinic, travel: lognormal 2 h ± 20 min}]
  assumed: invented
impediments:
  first-closure: {kind: closure, group: closures, from: 2024-01-03, to: 2024-01-05, source: bulletin}
  second-closure: {kind: closure, group: closures, from: 2024-01-09, to: 2024-01-12, source: bulletin}
  small-convoys: {kind: convoy_cap, patients: 2, from: 2024-01-14, assumed: invented}
conditions:
  snow: {kind: closure, from: 2024-01-07, to: 2024-01-07, source: bulletin}
observed:
  by-the-end: {what: patients, carrier: red-cross, by: 2024-01-19, more_than: 20, source: bulletin}
  half-way: {what: patients, carrier: red-cross, by: 2024-01-10, value: 14, error: 3, source: bulletin}
worlds:
  no-closures: {remove: [{group: closures}]}
  every-second-day:
    remove: all
    assume: {carriers: {red-cross: {plan: {days: every 2 days}}}}
variants:
  many: {says: Many were referred., change: {need: {referrals: {2024-01-01: 6 / day}}}}
windows: {since-the-second: {from: 2024-01-09}}
headline: {carrier: red-cross}
"""

Corridor = Callable[..., subprocess.CompletedProcess[str]]


def python(
    folder: Path, cache: Path, *arguments: str, seconds: float = 300, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with more or other environment."""
    extra = {"PYTHONPATH": str(Path(__file__).parents[2])}
    if sys.dont_write_bytecode:  # or every process would compile every library again
        extra |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(cache)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **extra, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=seconds,
        check=False,
    )


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled libraries, shared by all processes of a session."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "compiled"


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """The engine, compiled before any command runs: only a machine's very first says that it compiles."""
    prepare()


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A scenario that runs in a moment and has a bit of everything."""
    path = tmp_path / "two-cars.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


@pytest.fixture
def corridor(tmp_path: Path, cache: Path) -> Corridor:
    """Run `corridor` in the test's folder."""
    return partial(python, tmp_path, cache, "-m", "sim.cli")


@pytest.fixture
def script(tmp_path: Path, cache: Path) -> Corridor:
    """Run a piece of Python in the test's folder."""
    return partial(python, tmp_path, cache, "-c")


@pytest.fixture(scope="session")
def first_run(
    tmp_path_factory: pytest.TempPathFactory, cache: Path
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The scenario run as a user would, once: the folder, and what was printed."""
    folder = tmp_path_factory.mktemp("first")
    (folder / "two-cars.yaml").write_text(SCENARIO, encoding="utf-8")
    arguments = ("-m", "sim.cli", "run", "two-cars.yaml", "--workers", "1")
    return folder, python(folder, cache, *arguments, TZ="UTC", PYTHONHASHSEED="1")
