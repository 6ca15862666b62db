"""What a run was asked for and what made it: enough to know whether a stored run is the same."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from sim.experiment.posterior import Posterior
from sim.experiment.text_files import json_bytes
from sim.scenario.reading import ScenarioFile

LIBRARIES = ("numpy", "scipy", "pandas", "numba", "pyarrow", "simpy", "matplotlib", "pydantic")
SOURCE = (".py", ".html", ".css", ".js")
"""Endings of the files that the package is made of."""
NAMED_BY = ("model_hash", "seed", "replications", "precision", "variants", "worlds", "posteriors", "version")
"""What a run's name depends on. Which engine runs it does not: both give the same numbers."""


def request(
    file: ScenarioFile,
    seed: int,
    replications: int,
    variants: Sequence[str],
    worlds: Sequence[str],
    version: str,
    precision: Any = None,
    posteriors: Mapping[str, Posterior] | None = None,
) -> dict[str, Any]:
    """Everything that the files of a run depend on; nothing of the machine, the user or the hour.

    Parameters
    ----------
    replications
        How many of each world; the most of them where a precision is asked for.
    version
        Of this package.
    precision
        At which the run may stop, as plain data; None where the number of replications is fixed.
    posteriors
        By variant: whose histories are run.
    """
    return {
        "scenario": file.scenario.name,
        "file": file.path.name,
        "file_hash": file.file_hash,
        "model_hash": file.model_hash,
        "seed": seed,
        "replications": replications,
        "precision": precision,
        "posteriors": {variant: one.about["sha256"] for variant, one in (posteriors or {}).items()},
        "variants": list(variants),
        "worlds": list(worlds),
        "version": version,
        "code": code_hash(),
        "python": platform.python_version(),
        "libraries": {name: version_of(name) for name in LIBRARIES},
    }


def run_id(asked: Mapping[str, Any]) -> str:
    """Twelve hex digits that name a run: the same inputs, the same name."""
    return hashlib.sha256(json_bytes({name: asked[name] for name in NAMED_BY})).hexdigest()[:12]


def code_hash() -> str:
    """SHA-256 of this package's own source: a changed program never passes for the one that made a run."""
    folder = Path(__file__).parents[1]
    digest = hashlib.sha256()
    found = (path for path in folder.rglob("*") if path.suffix in SOURCE)
    for path in sorted(found, key=lambda path: path.relative_to(folder).as_posix()):
        text = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(path.relative_to(folder).as_posix().encode() + hashlib.sha256(text).digest())
    return digest.hexdigest()
