"""Whether a published folder is still what its scenario and this code give."""

import json
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np

from sim import __version__
from sim.experiment.ensemble import simulate
from sim.experiment.provenance import code_hash
from sim.experiment.reading_back import read_run
from sim.experiment.replications import find_posteriors
from sim.report.reporting import CLAIMS, PAGE, finished, make_report, wanted
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import WHOLE_RECORD

RERUN = 3
"""Replications that are run again, in every world and variant."""
CHANGES = "changes.json"
"""What moved since the version before, which a rerun does not know."""


def outdated(folder: Path, file: ScenarioFile) -> list[str]:
    """Why the folder should be published again; none while it stands.

    The scenario with its tables, the posteriors, the version and the code (every file of the package) must be
    those of the manifest: whatever could move a number, in any analysis, is seen by that. Beyond that, for
    libraries and machines, some replications, run again, must give every stored number exactly; the claims
    and the page, made again, every stored byte. `moved_by_rerun` runs everything again.
    """
    run = read_run(folder)
    asked = run.manifest["asked"]
    posteriors, _ = find_posteriors(file, asked["variants"], WHOLE_RECORD)
    now = {
        "file_hash": file.file_hash,
        "model_hash": file.model_hash,
        "version": __version__,
        "code": code_hash(),
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


def moved_by_rerun(folder: Path, file: ScenarioFile, workers: int = 1) -> list[str]:
    """Files of a whole report, run again as it was asked for, that are not the stored ones byte for byte."""

    def bar(_: str) -> AbstractContextManager[None]:
        return nullcontext()

    run = read_run(folder)
    asked, command = run.manifest["asked"], run.documents["facts.json"]["command"]
    want = wanted(file, asked["variants"], asked["replications"], __version__, asked["sensitivity"])
    made, _ = make_report(want, command, None, workers, bar)
    stored = {name: (folder / name).read_bytes() for name in run.manifest["files"]}
    made = finished({**made, CHANGES: stored[CHANGES]})
    return [f"{name} is another" for name in sorted({*made, *stored}) if made.get(name) != stored.get(name)]


def scenario_of(folder: Path) -> Path:
    """The scenario's file, under the repository's scenarios."""
    asked = json.loads((folder / "manifest.json").read_bytes())["asked"]
    return Path(__file__).parents[2] / "scenarios" / asked["file"]
