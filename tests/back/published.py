"""Whether a published folder is still what its scenario and this code give."""

import json
from pathlib import Path

import numpy as np

from sim import __version__
from sim.experiment.ensemble import simulate
from sim.experiment.reading_back import read_run
from sim.experiment.replications import find_posteriors
from sim.report.reporting import CLAIMS, PAGE, finished
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import WHOLE_RECORD

RERUN = 3
"""Replications that are run again, in every world and variant."""


def outdated(folder: Path, file: ScenarioFile) -> list[str]:
    """Why the folder should be published again; none while it stands.

    The scenario, the posteriors and the version must be those of the manifest; some replications, run again,
    must give every stored number exactly; the claims and the page, made again, every stored byte. Code that
    changes none of these needs no new publication.
    """
    run = read_run(folder)
    asked = run.manifest["asked"]
    posteriors, _ = find_posteriors(file, asked["variants"], WHOLE_RECORD)
    now = {
        "file_hash": file.file_hash,
        "model_hash": file.model_hash,
        "version": __version__,
        "posteriors": {name: one.about["sha256"] for name, one in posteriors.items()},
    }
    why = [f"{name} is another" for name, value in now.items() if asked[name] != value]
    return why or [*numbers_moved(folder, file), *bytes_changed(folder)]


def numbers_moved(folder: Path, file: ScenarioFile) -> list[str]:
    """Measures of a few replications that are not the stored ones."""
    run = read_run(folder)
    asked, table = run.manifest["asked"], run.table("measures")
    numbers = sorted({0, asked["replications"] // 2, asked["replications"] - 1})[:RERUN]
    again = simulate(file, replications=numbers, variants=asked["variants"])
    why = []
    for (variant, world), measures in again.measures.items():
        rows = table[(table["variant"] == variant) & (table["world"] == world)].set_index("replication")
        stored = rows.loc[list(numbers), list(measures.columns)].to_numpy(dtype=float)
        if not np.array_equal(stored, measures.to_numpy(dtype=float), equal_nan=True):
            why.append(f"numbers of variant {variant}, world {world} moved")
    return why


def bytes_changed(folder: Path) -> list[str]:
    """The claims and the page, where they are not what this code makes of the stored tables."""
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"}
    made = finished(files)
    return [f"{name} is another" for name in (CLAIMS, PAGE) if made[name] != files[name]]


def scenario_of(folder: Path) -> Path:
    """The scenario's file, under the repository's scenarios."""
    asked = json.loads((folder / "manifest.json").read_bytes())["asked"]
    return Path(__file__).parents[2] / "scenarios" / asked["file"]
