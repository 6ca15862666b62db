"""The benchmark's modules stand on no path; tests import them through a fixture."""

import sys
from importlib import import_module
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def benchmarks() -> Path:
    """The folder."""
    return Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def benchmark_module(monkeypatch, benchmarks):
    """Imports one of its modules by name."""
    monkeypatch.syspath_prepend(benchmarks)
    yield import_module
    for path in benchmarks.glob("*.py"):
        sys.modules.pop(path.stem, None)
