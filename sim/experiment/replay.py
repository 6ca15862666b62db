"""One replication of a stored run, run again: is everything that happens in it still the same?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sim.experiment.ensemble import simulate
from sim.experiment.provenance import request
from sim.experiment.reading_back import StoredRun
from sim.experiment.replications import find_posteriors
from sim.experiment.store import StoreError
from sim.model.fingerprint import as_text as as_digits
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import WHOLE_RECORD

SCENARIOS = "scenarios"
WORDS = {
    "file_hash": "the text of the scenario file",
    "model_hash": "what the scenario says",
    "posteriors": "a posterior",
    "code": "the program",
    "version": "its version",
    "python": "Python",
    "libraries": "a library",
}
"""What may have changed since a run, by its name in the manifest; in words."""


class Row(NamedTuple):
    """A fingerprint then and now."""

    variant: str
    world: str
    stored: str
    now: str


class Replayed(NamedTuple):
    """One replication, in every variant and world that was asked for."""

    replication: int
    same: bool
    """Whether every fingerprint is as stored."""
    changed: list[str]
    """What is not what it was when the run was made, in words."""
    rows: list[dict[str, str]]
    """`Row`s as plain data."""


def find_scenario(run: StoredRun, file: str | None) -> Path:
    """The scenario file of a run: the one given, or that of its name here or in ``scenarios/``.

    Raises
    ------
    StoreError
        When it is in neither place.
    """
    name = run.manifest["asked"]["file"]
    places = [Path(file)] if file else [Path(name), Path(SCENARIOS) / name]
    for place in places:
        if file or place.is_file():
            return place
    raise StoreError(run.folder, f"its scenario {name} is not here; give it with --file")


def replay(
    run: StoredRun,
    file: ScenarioFile,
    replication: int,
    worlds: Sequence[str] = (),
    variants: Sequence[str] = (),
    engine: str = "compiled",
) -> Replayed:
    """Run one replication of a stored run again.

    Parameters
    ----------
    run
        That stores fingerprints.
    file
        The scenario as it is now.
    worlds, variants
        Names; all of the run's unless given.
    engine
        Any: both give the same fingerprints.

    Raises
    ------
    StoreError
        When the run, or the scenario as it is now, lacks what is to be compared.
    """
    asked = run.manifest["asked"]
    if "fingerprints" not in run.tables:
        raise StoreError(run.folder, "it stores no fingerprints; run it again")
    worlds, variants = worlds or asked["worlds"], variants or asked["variants"]
    table = run.table("fingerprints").set_index(["variant", "world", "replication"])["fingerprint"]
    rows = []
    for variant in variants:
        calibration = WHOLE_RECORD if variant in asked["posteriors"] else None
        try:
            again = simulate(
                file, replications=[replication], seed=None if calibration else asked["seed"],
                calibration=calibration, worlds=worlds, variants=[variant], engine=engine,
            )  # fmt: skip
        except (KeyError, ValueError) as error:
            raise StoreError(
                run.folder, f"cannot be replayed with {file.path.name} as it is: {error.args[0]}"
            ) from None
        for world in worlds:
            then, now = int(table[variant, world, replication]), int(again.fingerprints[variant, world][0])
            rows.append(Row(variant, world, as_digits(then), as_digits(now))._asdict())
    same = all(row["stored"] == row["now"] for row in rows)
    return Replayed(replication, same, _changed(asked, file), rows)


def _changed(asked: dict[str, Any], file: ScenarioFile) -> list[str]:
    """What is not what it was, in words."""
    names = [name for name in asked["variants"] if name in file.variants]
    posteriors, _ = find_posteriors(file, names, WHOLE_RECORD if asked["posteriors"] else None)
    now = request(
        file, asked["seed"], asked["replications"], asked["variants"], asked["worlds"], asked["version"],
        asked["precision"], posteriors,
    )  # fmt: skip
    return [said for name, said in WORDS.items() if now[name] != asked[name]]
