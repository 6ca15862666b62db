"""Posteriors on disk: histories that match the record, in the order in which replications take them.

A row is a whole history: values of the epistemic parameters, and the luck of every block of ten days as a
number, one more for each stream with luck of its own. Beside the table a JSON file says what was seen and how
well the calibration went.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.experiment.store import StoreError, replace_files
from sim.experiment.text_files import csv_bytes, json_bytes, read_json
from sim.model.laying_out import lay_out
from sim.model.layout import Layout, Value
from sim.model.quantiles import prior_value
from sim.model.streams import Words, keys
from sim.scenario.hashing import history_hash
from sim.scenario.quantities import Prior
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import Scenario

Ints = NDArray[np.int64]
FORMAT = 2
DIGITS = 6
"""Significant digits of a parameter's value; it is rounded before it is simulated."""


class History(NamedTuple):
    """One row, as `Sampler.draw` takes it."""

    parameters: dict[str, float]
    block_keys: Words
    apart: dict[str, Words]

    @property
    def luck(self) -> tuple[Words, dict[str, Words]]:
        """Of the blocks, and of streams that have their own."""
        return self.block_keys, self.apart


@dataclass(frozen=True)
class Posterior:
    """What is believed of one variant after a calibration."""

    scenario: str
    variant: str
    calibration: str
    history_hash: str
    """Of the scenario and the figures it was calibrated with."""
    seed: int
    names: tuple[str, ...]
    """Epistemic parameters."""
    values: NDArray[np.float64]
    """(rows, parameters) in base units."""
    streams: tuple[str, ...]
    """Streams of days that have luck of their own: those of which a chance was calibrated."""
    luck: Ints
    """(rows, 1 + streams, blocks)"""
    weights: Ints
    """(rows,) how many replications a row stands for."""
    priors: Mapping[str, Prior]
    """Of every parameter, as it was calibrated."""
    about: Mapping[str, Any]
    """How the calibration went: tolerance, effective sample size, R-hat, prior against posterior."""

    @property
    def histories(self) -> int:
        """How many replications there are, repeated rows included."""
        return int(self.weights.sum())

    def row_of(self, replication: int) -> int:
        """The row that a replication takes.

        Raises
        ------
        IndexError
            When there are fewer histories.
        """
        if replication >= self.histories:
            raise IndexError(f"the posterior has {self.histories} histories")
        return int(np.searchsorted(np.cumsum(self.weights), replication, side="right"))

    def history(self, replication: int, layout: Layout) -> History:
        """The history of one replication, for a scenario laid out.

        A parameter that a world's `assume` has changed is left as that world has it.
        """
        row = self.row_of(replication)
        parameters = dict(zip(self.names, self.values[row].tolist(), strict=True))
        keys = block_keys(self.seed, self.luck[row])
        apart = dict(zip(self.streams, keys[1:], strict=True))
        return History(self.holding(parameters, layout), keys[0], apart)

    def holding(self, parameters: Mapping[str, float], layout: Layout) -> dict[str, float]:
        """Those parameters that are as uncertain in this layout as they were when they were calibrated."""
        there = {value.name: value.prior for value in layout.values if value.prior is not None}
        return {k: v for k, v in parameters.items() if k in there and there[k] == self.priors.get(k)}


def value_at(value: Value, quantile: float) -> float:
    """A parameter at a quantile of its prior, as a posterior holds it."""
    assert value.prior is not None
    return float(f"{prior_value(value.prior, value.whole, quantile, value.most):.{DIGITS}g}")


def block_keys(seed: int, luck: Ints) -> Words:
    """Keys of the blocks' luck, shape (..., 2), from its numbers (at least 0), shape (...)."""
    first, second = keys(seed, 0, "posterior", 1)[0]
    made = np.empty((*luck.shape, 2), dtype=np.uint64)
    made[..., 0], made[..., 1] = first, second + luck.astype(np.uint64)
    return made


def folder_of(file: ScenarioFile) -> Path:
    """Where the posteriors of a scenario are: beside its file."""
    return file.path.parent / "posteriors" / file.scenario.name


def priors_of(scenario: Scenario) -> dict[str, Prior]:
    """The priors of a scenario's epistemic parameters, by name."""
    return {value.name: value.prior for value in lay_out(scenario).values if value.prior is not None}


def hash_of(file: ScenarioFile, variant: str, calibration: str) -> str:
    """What names the posterior of a variant: the model's history, and the figures seen."""
    scenario, until = file.calibration(variant, calibration)
    return history_hash(scenario, until)


def find_posterior(file: ScenarioFile, variant: str, calibration: str) -> Posterior | str:
    """The posterior of a variant, or why there is none, in words.

    Raises
    ------
    StoreError
        When the file of that name is damaged.
    """
    named = hash_of(file, variant, calibration)
    path = _path(file, variant, calibration, named)
    if path.is_file():
        return _read(path, named, priors_of(file.calibration(variant, calibration)[0]))
    if _others(path, variant, calibration):
        return "the scenario has changed since it was calibrated"
    return "not calibrated"


def write_posterior(file: ScenarioFile, posterior: Posterior) -> Path:
    """Write a posterior, in place of earlier ones of this variant and calibration; the JSON file's path."""
    path = _path(file, posterior.variant, posterior.calibration, posterior.history_hash)
    blocks = range(1, posterior.luck.shape[2] + 1)
    lucks = [f"{of} of block {block}" for of in ("luck", *posterior.streams) for block in blocks]
    luck = posterior.luck.reshape(len(posterior.luck), -1).tolist()
    rows = zip(posterior.weights.tolist(), posterior.values.tolist(), luck, strict=True)
    header = ["weight", *posterior.names, *lucks]
    table = csv_bytes(header, ([weight, *values, *numbers] for weight, values, numbers in rows))
    said = {
        "format": FORMAT,
        "scenario": posterior.scenario,
        "variant": posterior.variant,
        "calibration": posterior.calibration,
        "history_hash": posterior.history_hash,
        "seed": posterior.seed,
        "parameters": list(posterior.names),
        "streams": list(posterior.streams),
        "rows": len(posterior.weights),
        "histories": posterior.histories,
        "table": path.with_suffix(".csv").name,
        "sha256": sha256(table).hexdigest(),
        **posterior.about,
    }
    old = _others(path, posterior.variant, posterior.calibration)
    replace_files(path.parent, {path.with_suffix(".csv").name: table, path.name: json_bytes(said)})
    for outdated in old:
        outdated.unlink()
    return path


def _path(file: ScenarioFile, variant: str, calibration: str, named: str) -> Path:
    return folder_of(file) / f"{variant}.{calibration}.{named[:12]}.json"


def _others(path: Path, variant: str, calibration: str) -> list[Path]:
    """Files of other histories of this variant and calibration; names may hold dots, so up to the hash."""
    start = f"{variant}.{calibration}."
    named = re.compile(re.escape(start) + r"[0-9a-f]{12}\.(csv|json)")
    return [p for p in path.parent.glob(f"{start}*") if named.fullmatch(p.name) and p.stem != path.stem]


def _read(path: Path, named: str, priors: Mapping[str, Prior]) -> Posterior:
    try:
        said = read_json(path.read_bytes())
        table = (path.parent / Path(said["table"]).name).read_bytes()
        if said["format"] != FORMAT:
            raise StoreError(path, f"format {said['format']}; this version reads {FORMAT}")
        if sha256(table).hexdigest() != said["sha256"] or said["history_hash"] != named:
            raise StoreError(path, "not as it was written; calibrate again")
        names = tuple(said["parameters"])
        rows = list(csv.reader(io.StringIO(table.decode())))[1:]
        last, streams = 1 + len(names), tuple(said["streams"])
        luck = np.array([row[last:] for row in rows], dtype=np.int64)
        return Posterior(
            scenario=said["scenario"],
            variant=said["variant"],
            calibration=said["calibration"],
            history_hash=named,
            seed=said["seed"],
            names=names,
            values=np.array([row[1:last] for row in rows], dtype=np.float64).reshape(len(rows), len(names)),
            streams=streams,
            luck=luck.reshape(len(rows), 1 + len(streams), -1),
            weights=np.array([row[0] for row in rows], dtype=np.int64),
            priors=priors,
            about=said,
        )
    except StoreError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(path, f"cannot be read ({error})") from None
