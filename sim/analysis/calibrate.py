"""What the public record teaches: whole histories that match it, as a posterior of one variant.

Groups of histories (`sequential.py`), which know nothing of each other, are led through the record day by
day. How far the groups agree in the end says how well each parameter is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.analysis.record import published
from sim.analysis.sequential import BOTH, LUCK, PARAMETERS, Floats, Histories, Moved, passed
from sim.analysis.stages import Unknown, days_of, teller, unknowns
from sim.experiment.executors import Work, can_fork, processes, serial
from sim.experiment.posterior import Posterior, hash_of
from sim.model.engines import prepare
from sim.model.laying_out import lay_out
from sim.model.streams import generator
from sim.scenario.hashing import figures_seen
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import WHOLE_RECORD, Observed, Scenario

GROUPS = 8
"""Groups of histories; a fixed number, so that results do not depend on the workers."""
HISTORIES = 1000
"""In a group, and rows of a posterior."""
MOVES = 3
"""Steps of the Markov chain after every choice."""
ENOUGH = 400.0
"""Effective sample size of every identified parameter."""
MIXED = 1.05
"""R-hat of every identified parameter."""
IDENTIFIED = 0.8
"""A parameter is identified if its spread, in quantiles of its prior, is below this share of the prior's."""
SHARES = (0.05, 0.5, 0.95)
MOVED = {LUCK: "luck", PARAMETERS: "parameters", BOTH: "both"}


class Job(NamedTuple):
    """What a worker needs to take one day of the record."""

    scenario: Scenario
    figures: dict[str, Observed]
    seed: int
    name: str
    day: int
    groups: list[Histories]
    """As the day before has left them; none on the first."""
    histories: int
    """In each group."""
    moves: int


class Calibration(NamedTuple):
    """A posterior, and what a reader is told of it."""

    posterior: Posterior
    parameters: pd.DataFrame
    """A row a parameter: `parameter`, `prior_low`, `prior_median`, `prior_high`, `low`, `median`, `high` (5,
    50 and 95 %), `spread` (of the posterior, as a share of the prior's), `identified`, `ess`, `r_hat`."""
    figures: pd.DataFrame
    """A row a figure that was seen: `figure`, `bound`, `observed`, `error`, `low`, `median`, `high`."""
    reached: bool
    """Whether effective sample size and R-hat are what they should be."""


def calibrate(
    file: ScenarioFile,
    variant: str = "base",
    calibration: str = WHOLE_RECORD,
    *,
    seed: int | None = None,
    workers: int = 1,
    histories: int = HISTORIES,
    moves: int = MOVES,
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Calibrate one variant against the figures marked `use: calibrate`.

    Parameters
    ----------
    calibration
        `whole-record`, or one of the scenario's: up to its day, with its changes.
    seed
        In place of the scenario's.
    workers
        Processes; the result is the same for any number.
    histories
        In each of the eight groups.
    moves
        Steps of the Markov chain after every choice.
    progress
        Called with (done, total) days of the record.

    Raises
    ------
    KeyError
        For a variant or calibration that the scenario does not have.
    ValueError
        When the calibration sees no figure, or the scenario has no prior.
    """
    scenario, until = _chosen(file, variant, calibration)
    figures = figures_seen(scenario, until)
    if not figures:
        raise ValueError("no observed figure is marked `use: calibrate`")
    if not unknowns(lay_out(scenario)):
        raise ValueError("no number of the scenario has a prior")
    prepare()
    seed = file.scenario.seed if seed is None else seed
    name = f"calibration/{variant}/{calibration}"
    job = Job(scenario, figures, seed, name, 0, [], histories, moves)
    days = len(days_of(scenario, figures))
    counts = np.zeros((2, 3), dtype=np.int64)
    for day in range(days):
        if progress is not None:
            progress(day, days)
        groups, went = _round(job._replace(day=day), workers)
        job = job._replace(groups=groups)
        counts += went
    if progress is not None:
        progress(days, days)
    return _told(file, variant, calibration, job, counts)


def make_work(job: Job) -> Work:
    """A group's day: group -> (histories, moves)."""
    here = days_of(job.scenario, job.figures)[job.day]
    tell, record = teller(job.scenario, job.figures, here.scenario, job.seed)

    def work(numbers: Sequence[int]) -> tuple[Histories, Moved]:
        (group,) = numbers
        rng = generator(job.seed, job.day, f"{job.name}/{group}")
        if job.groups:
            histories = job.groups[group]
        else:
            shape = job.histories, len(here.stage.parameters)
            luck = np.zeros((job.histories, len(here.stage.blocks)), dtype=np.int64)
            histories = Histories(rng.random(shape), luck, np.empty((0, 0)), 0.0, group)
        return passed(histories, here.stage, tell, record.misfit, GROUPS, job.moves, rng)

    return work


def _round(job: Job, workers: int) -> tuple[list[Histories], np.ndarray[Any, Any]]:
    """One day of every group."""
    executor = processes(workers, 1) if workers > 1 and can_fork() else serial(1)
    with executor(make_work, job) as run:
        taken = [result for _, result in sorted(run(range(GROUPS)), key=lambda part: part[0])]
    return [group for group, _ in taken], np.sum([moved for _, moved in taken], axis=0)


def diagnosed(groups: Floats) -> pd.DataFrame:
    """`spread`, `identified`, `ess` and `r_hat` of every parameter; (groups, histories, parameters).

    Groups are independent of each other: how far their means lie apart says how many independent draws
    a group is worth (R-hat with groups for chains: Gelman et al. 2013, Bayesian Data Analysis, 11.4).
    """
    number, size, _ = groups.shape
    within, between = groups.var(axis=1, ddof=1).mean(axis=0), groups.mean(axis=1).var(axis=0, ddof=1)
    total = within * (size - 1) / size + between
    spread = np.sqrt(12 * total)
    return pd.DataFrame(
        {
            "spread": spread,
            "identified": spread < IDENTIFIED,
            "ess": np.minimum(number * total / np.maximum(between, 1e-300), number * size),
            "r_hat": np.sqrt(total / within),
        }
    )


def _told(
    file: ScenarioFile, variant: str, calibration: str, job: Job, counts: np.ndarray[Any, Any]
) -> Calibration:
    """The posterior and its tables."""
    known = unknowns(lay_out(job.scenario))
    unit, luck, told = (
        np.concatenate([getattr(group, part) for group in job.groups]) for part in ("unit", "luck", "told")
    )
    diagnoses = diagnosed(np.array([group.unit for group in job.groups]))
    parameters = pd.concat([_parameter_table(known, unit), diagnoses], axis=1)
    figures = _figure_table(job.figures, told)
    picked = generator(job.seed, 0, f"{job.name}/order").permutation(len(unit))[:HISTORIES]
    rows: dict[tuple[bytes, bytes], list[int]] = {}
    for at in picked.tolist():
        rows.setdefault((unit[at].tobytes(), luck[at].tobytes()), []).append(at)
    kept = [same[0] for same in rows.values()]
    evidence = np.array([group.evidence for group in job.groups])
    identified = parameters.query("identified")
    reached = bool((identified["ess"] >= ENOUGH).all() and (identified["r_hat"] <= MIXED).all())
    posterior = Posterior(
        scenario=file.scenario.name,
        variant=variant,
        calibration=calibration,
        history_hash=hash_of(file, variant, calibration),
        seed=job.seed,
        names=tuple(unknown.value.name for unknown in known),
        values=np.array([[u.at(at) for u, at in zip(known, unit[k].tolist(), strict=True)] for k in kept]),
        luck=luck[kept],
        weights=np.array([len(same) for same in rows.values()], dtype=np.int64),
        about={
            "tolerance": "1 standard error of each figure",
            "groups": GROUPS,
            "histories_in_a_group": job.histories,
            "moves": job.moves,
            "moves_accepted": {
                k: round(float(counts[1, m] / max(1, counts[0, m])), 3) for m, k in MOVED.items()
            },
            "histories_tried": int(counts[0].sum()),
            "log_evidence": [_number(float(value)) for value in evidence],
            "least_effective_sample_size": _number(float(identified["ess"].min())),
            "greatest_r_hat": _number(float(identified["r_hat"].max())),
            "reached": reached,
            "figures": _plain(figures),
            "of_parameters": _plain(parameters),
        },
    )
    return Calibration(posterior, parameters, figures, reached)


def _parameter_table(known: list[Unknown], unit: Floats) -> pd.DataFrame:
    rows = []
    for k, unknown in enumerate(known):
        before = [unknown.at(share) for share in SHARES]
        after = [unknown.at(share) for share in np.quantile(unit[:, k], SHARES).tolist()]
        rows.append((unknown.value.name, *before, *after))
    columns = ["parameter", "prior_low", "prior_median", "prior_high", "low", "median", "high"]
    return pd.DataFrame(rows, columns=columns)


def _figure_table(figures: dict[str, Observed], told: Floats) -> pd.DataFrame:
    rows = []
    for k, (name, figure) in enumerate(figures.items()):
        rows.append((name, *published(figure), figure.error, *np.nanquantile(told[:, k], SHARES).tolist()))
    return pd.DataFrame(rows, columns=["figure", "bound", "observed", "error", "low", "median", "high"])


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON knows them, numbers to six digits."""
    rows = table.to_dict("records")
    return [{str(k): _number(v) if isinstance(v, float) else v for k, v in row.items()} for row in rows]


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None


def _chosen(file: ScenarioFile, variant: str, calibration: str) -> tuple[Scenario, date | None]:
    if variant not in file.variants:
        raise KeyError(f"no variant `{variant}`: the scenario has {', '.join(file.variants)}")
    known = (WHOLE_RECORD, *file.scenario.calibrations)
    if calibration not in known:
        raise KeyError(f"no calibration `{calibration}`: the scenario has {', '.join(known)}")
    return file.calibration(variant, calibration)
