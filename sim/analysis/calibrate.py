"""What the public record teaches: whole histories that match it, as a posterior of one variant.

Groups of Markov chains (`chains.py`) start at histories drawn from the priors, are drawn towards the record
while the tolerance shrinks from many standard errors to one, and are then followed until the diagnostics
hold. Steps follow the ridges of an archive, the states of the latter half of the rounds: it changes less and
less, as the theory of adaptive chains wants it (Roberts & Rosenthal 2007, doi:10.1239/jap/1183667414).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.analysis import emulated
from sim.analysis.chains import (
    BOTH,
    DAYS,
    LUCK,
    PARAMETERS,
    Chains,
    Floats,
    Visited,
    advance,
    effective_size,
    split_r_hat,
    started,
)
from sim.analysis.histories import histories_of, unknowns
from sim.analysis.record import published
from sim.experiment.executors import Work, can_fork, processes, serial
from sim.experiment.posterior import Posterior, hash_of, priors_of, value_at
from sim.model.engines import prepare
from sim.model.laying_out import lay_out
from sim.model.layout import Value
from sim.model.streams import generator
from sim.scenario.hashing import figures_seen
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import WHOLE_RECORD, Observed, Scenario

GROUPS = 4
"""Groups of chains; a fixed number, so that results do not depend on the workers."""
CHAINS = 1
"""In a group. A few long chains: each is thrown away until it has settled."""
STEPS = 1500
"""Of every chain in a round."""
EVERY = 10
"""A state is kept every so many steps."""
FIRST_TOLERANCE = 20.0
SHRINKING = 4
"""Rounds in which the tolerance shrinks to 1."""
SETTLING = 8
"""Rounds at tolerance 1 that are still thrown away."""
LEAST_ROUNDS = 16
MOST_ROUNDS = 240
"""Rounds after which what is not reached is given up."""
ENOUGH = 400.0
"""Effective sample size of every identified parameter."""
MIXED = 1.05
"""R-hat of every parameter and of what histories say of every figure."""
HISTORIES = 1000
"""Rows of a posterior, repeated ones counted."""
IDENTIFIED = 0.8
"""A parameter is identified if its spread, in quantiles of its prior, is below this share of the prior's."""
SHARES = (0.05, 0.5, 0.95)
TAIL, HEAVY = 0.1, 0.3
"""A parameter is at the boundary of its prior when more than so much of the posterior lies in the lowest or
highest tenth of it."""
MOVED = {LUCK: "luck", PARAMETERS: "parameters", BOTH: "both", DAYS: "days"}


class Job(NamedTuple):
    """What a worker needs to take one round."""

    scenario: Scenario
    figures: dict[str, Observed]
    seed: int
    name: str
    round: int
    chains: list[Chains]
    """Of every group; none in the first round."""
    tolerances: Floats
    archive: Floats


class Calibration(NamedTuple):
    """A posterior, and what a reader is told of it."""

    posterior: Posterior
    parameters: pd.DataFrame
    """A row a parameter: `parameter`, `prior_low`, `prior_median`, `prior_high`, `low`, `median`, `high` (5,
    50 and 95 %), `boundary` (the end of its prior at which it piles up, "low" or "high"), `spread` (of the
    posterior, as a share of the prior's), `identified`, `ess`, `r_hat`."""
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
    rounds: int = MOST_ROUNDS,
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
    rounds
        At most so many after the tolerance has shrunk, each of 6,000 histories; of 600 where travellers bring
        their own vehicles (`emulated.py`).
    progress
        Called with (done, total) rounds; the total is the most there may be, until the last.

    Raises
    ------
    KeyError
        For a variant or calibration that the scenario does not have.
    ValueError
        When the calibration sees no figure, or the scenario has no prior.
    """
    scenario, until = _chosen(file, variant, calibration)
    figures = figures_seen(scenario, until)
    known = unknowns(lay_out(scenario))
    if not figures:
        raise ValueError("no observed figure is marked `use: calibrate`")
    if not known:
        raise ValueError("no number of the scenario has a prior")
    prepare()
    seed = file.scenario.seed if seed is None else seed
    name = f"calibration/{variant}/{calibration}"
    past = [generator(seed, 0, f"{name}/archive").random((10 * len(known), len(known)))]
    job = Job(scenario, figures, seed, name, 0, [], np.empty(0), past[0])
    if scenario.own_vehicles:
        few, before = emulated.visited(
            scenario, figures, seed, name, GROUPS, rounds, workers, _suffices, progress
        )
        return _told(file, variant, calibration, job, _joined(few), 1, before)
    shrinking = np.geomspace(FIRST_TOLERANCE, 1.0, SHRINKING * STEPS).reshape(SHRINKING, STEPS)
    visited: list[Visited] = []
    before, reached = SHRINKING + SETTLING, False
    for number in range(before + rounds):
        if progress is not None:
            progress(number, before + rounds)
        tolerances = shrinking[number] if number < SHRINKING else np.ones(STEPS)
        chains, passed = _round(job._replace(round=number, tolerances=tolerances), workers)
        past.append(passed.unit.reshape(-1, len(known)))
        recent = past[-max(SETTLING, (number - SHRINKING) // 2) :]
        job = job._replace(chains=chains, archive=np.concatenate(recent))
        if number >= before:
            visited.append(passed)
            reached = len(visited) >= LEAST_ROUNDS and len(visited) % 8 == 0 and _suffices(visited)
        if reached:
            break
    if progress is not None:
        progress(number + 1, number + 1)
    thrown_away = before * STEPS * GROUPS * CHAINS
    return _told(file, variant, calibration, job, _joined(visited), EVERY, thrown_away)


def make_work(job: Job) -> Work:
    """A group's round: group -> (chains, visited)."""
    layout = lay_out(job.scenario)
    tell, record, ways, streams = histories_of(job.scenario, job.figures, job.seed)
    parameters, parts = len(unknowns(layout)), 1 + len(streams)

    def work(groups: Sequence[int]) -> tuple[Chains, Visited]:
        (group,) = groups
        rng = generator(job.seed, job.round, f"{job.name}/{group}")
        if job.chains:
            chains = job.chains[group]
        else:
            chains = started(CHAINS, parameters, parts, layout.blocks, group, GROUPS, tell, rng)
        return advance(chains, tell, record.misfit, job.tolerances, job.archive, ways, GROUPS, EVERY, rng)

    return work


def _round(job: Job, workers: int) -> tuple[list[Chains], Visited]:
    """One round of every group; what they passed, side by side."""
    executor = processes(workers, 1) if workers > 1 and can_fork() else serial(1)
    with executor(make_work, job) as run:
        taken = [result for _, result in sorted(run(range(GROUPS)), key=lambda part: part[0])]
    return [chains for chains, _ in taken], _beside([passed for _, passed in taken], axis=1)


def _joined(rounds: list[Visited]) -> Visited:
    """Rounds one after the other."""
    return _beside(rounds, axis=0)


def _beside(parts: list[Visited], axis: int) -> Visited:
    states = [np.concatenate([part[k] for part in parts], axis=axis) for k in range(3)]
    return Visited(*states, *(np.sum([part[k] for part in parts], axis=0) for k in (3, 4)))


def diagnosed(unit: Floats) -> pd.DataFrame:
    """`spread`, `identified`, `ess` and `r_hat` of every parameter; unit (states, chains, parameters)."""
    rows = []
    for k in range(unit.shape[2]):
        trace = unit[:, :, k]
        spread = float(trace.std() * np.sqrt(12))
        rows.append((spread, spread < IDENTIFIED, effective_size(trace), split_r_hat(trace)))
    return pd.DataFrame(rows, columns=["spread", "identified", "ess", "r_hat"])


def _is_mixed(diagnoses: pd.DataFrame, told: Floats) -> bool:
    """Whether every parameter and every figure has mixed, and identified parameters are known well enough.

    Chains that stay where they started look like a parameter that is not identified: hence all of them.
    """
    figures = [split_r_hat(told[:, :, k]) for k in range(told.shape[2]) if np.isfinite(told[:, :, k]).all()]
    mixed = (diagnoses["r_hat"] <= MIXED).all() and max(figures, default=1.0) <= MIXED
    return bool(mixed and (diagnoses.query("identified")["ess"] >= ENOUGH).all())


def _suffices(visited: list[Visited]) -> bool:
    joined = _joined(visited)
    return _is_mixed(diagnosed(joined.unit), joined.told)


def _told(
    file: ScenarioFile,
    variant: str,
    calibration: str,
    job: Job,
    passed: Visited,
    every: int,
    thrown_away: int,
) -> Calibration:
    """The posterior and its tables, from what was visited at tolerance 1, after histories thrown away."""
    known = unknowns(lay_out(job.scenario))
    states, chains, _ = passed.unit.shape
    unit = passed.unit.reshape(states * chains, -1)
    luck, told = passed.luck.reshape(len(unit), *passed.luck.shape[2:]), passed.told.reshape(len(unit), -1)
    parameters = pd.concat([_parameter_table(known, unit), diagnosed(passed.unit)], axis=1)
    figures = _figure_table(job.figures, told)
    # Evenly spaced along every chain, in random order: the first n replications are as good as any n.
    spaced = np.unique(np.linspace(0, states - 1, min(states, -(-HISTORIES // chains))).round().astype(int))
    picked = (spaced[:, None] * chains + np.arange(chains)).ravel()
    picked = generator(job.seed, 0, f"{job.name}/order").permutation(picked)[:HISTORIES]
    rows: dict[tuple[bytes, bytes], list[int]] = {}
    for at in picked.tolist():
        rows.setdefault((unit[at].tobytes(), luck[at].tobytes()), []).append(at)
    kept = [same[0] for same in rows.values()]
    identified, reached = parameters.query("identified"), _is_mixed(parameters, passed.told)
    posterior = Posterior(
        scenario=file.scenario.name,
        variant=variant,
        calibration=calibration,
        history_hash=hash_of(file, variant, calibration),
        seed=job.seed,
        names=tuple(value.name for value in known),
        values=np.array(
            [[value_at(v, at) for v, at in zip(known, unit[k].tolist(), strict=True)] for k in kept]
        ),
        streams=histories_of(job.scenario, job.figures, job.seed).streams,
        luck=luck[kept],
        weights=np.array([len(same) for same in rows.values()], dtype=np.int64),
        priors=priors_of(job.scenario),
        about={
            "tolerance": "1 standard error of each figure",
            "chains": chains,
            "steps": states * every,
            "histories_tried": int(passed.tried.sum()) + thrown_away,
            "moves_accepted": {
                name: _number(float(passed.accepted[k] / passed.tried[k]))
                for k, name in MOVED.items()
                if passed.tried[k]
            },
            "least_effective_sample_size": _number(float(identified["ess"].min())),
            "greatest_r_hat": _number(float(parameters["r_hat"].max())),
            "reached": reached,
            "figures": _plain(figures),
            "of_parameters": _plain(parameters),
        },
    )
    return Calibration(posterior, parameters, figures, reached)


def _parameter_table(known: list[Value], unit: Floats) -> pd.DataFrame:
    rows = []
    for k, value in enumerate(known):
        before = [value_at(value, share) for share in SHARES]
        after = [value_at(value, share) for share in np.quantile(unit[:, k], SHARES).tolist()]
        rows.append((value.name, *before, *after, _boundary(unit[:, k])))
    columns = ["parameter", "prior_low", "prior_median", "prior_high", "low", "median", "high", "boundary"]
    return pd.DataFrame(rows, columns=columns)


def _boundary(quantiles: Floats) -> str:
    """The end of its prior at which a parameter piles up: "low", "high" or none."""
    if (quantiles < TAIL).mean() > HEAVY:
        return "low"
    return "high" if (quantiles > 1 - TAIL).mean() > HEAVY else ""


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
    return float(f"{value:.4g}") if np.isfinite(value) else None


def _chosen(file: ScenarioFile, variant: str, calibration: str) -> tuple[Scenario, date | None]:
    if variant not in file.variants:
        raise KeyError(f"no variant `{variant}`: the scenario has {', '.join(file.variants)}")
    known = (WHOLE_RECORD, *file.scenario.calibrations)
    if calibration not in known:
        raise KeyError(f"no calibration `{calibration}`: the scenario has {', '.join(known)}")
    return file.calibration(variant, calibration)
