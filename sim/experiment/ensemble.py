"""Many replications of every world and variant of a scenario, on shared draws."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.experiment.executors import Executor, Work, executor_for, go_on
from sim.experiment.posterior import Posterior
from sim.experiment.precision import MOST, Precision, headline_measure, looks, reached
from sim.experiment.replications import NO_PRECISION, HistoriesError, replications_of
from sim.model.draws import Draws, Sampler
from sim.model.engines import engine as engine_of
from sim.model.engines import prepare
from sim.model.fingerprint import fingerprint
from sim.model.laying_out import lay_out
from sim.model.measures import UNITS, Measuring
from sim.model.outcome import Outcome
from sim.model.plan import Plan, make_plan, world_names
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import WHOLE_RECORD, Scenario

Thing = TypeVar("Thing")
Case = tuple[str, str]
"""(variant, world)"""
Shape = tuple[int, int, int]
"""Of a case: measures, series, days + 1."""
OnOutcome = Callable[[Case, int, Draws, Outcome], None]
Counts = NDArray[np.signedinteger]
"""int16 if every number of the case fits, int32 if not."""


@dataclass(frozen=True)
class Ensemble:
    """What many replications gave. Rows of every table are replications, in the order of `replications`."""

    file: ScenarioFile
    seed: int
    replications: tuple[int, ...]
    measures: dict[Case, pd.DataFrame]
    """By (variant, world): a row a replication, a column a measure (see `sim.model.measures.UNITS`).
    A mean over no convoys is not defined and stands as nan; medians not reached as inf."""
    daily: dict[Case, dict[str, Counts]]
    """By (variant, world): series at each midnight, shape (replications, days + 1)."""
    fingerprints: dict[Case, NDArray[np.uint64]] = field(default_factory=dict)
    """By (variant, world): of each replication's outcome, as `sim.model.fingerprint`."""
    removed: dict[Case, tuple[str, ...]] = field(default_factory=dict)
    """By (variant, world): ids of the impediments that are gone."""
    engine: str = "compiled"
    """Which engine ran it; both give the same numbers."""
    precision: Precision | None = None
    """What was asked and reached, where the number of replications was left to a precision."""
    posteriors: dict[str, Posterior] = field(default_factory=dict)
    """By variant: whose histories were run; variants without one were drawn from their priors."""
    from_prior: dict[str, str] = field(default_factory=dict)
    """By variant: why it was drawn from its priors, in words."""

    def tidy(self) -> pd.DataFrame:
        """One row a number: scenario, variant, world, replication, measure, value, unit."""
        parts = []
        for (variant, world), table in self.measures.items():
            long = table.reset_index(names="replication").melt(
                id_vars="replication", var_name="measure", value_name="value"
            )
            long.insert(0, "world", world)
            long.insert(0, "variant", variant)
            long.insert(0, "scenario", self.file.scenario.name)
            parts.append(long.dropna(subset="value"))
        tidy = pd.concat(parts, ignore_index=True)
        tidy["unit"] = tidy["measure"].str.partition("[")[0].map(UNITS)
        return tidy


def simulate(
    file: ScenarioFile,
    *,
    replications: int | Sequence[int] | None = None,
    seed: int | None = None,
    calibration: str | None = WHOLE_RECORD,
    worlds: Sequence[str] | None = None,
    variants: Sequence[str] | None = None,
    engine: str = "compiled",
    workers: int = 1,
    executor: Executor | None = None,
    precision: float | None = None,
    most: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    on_outcome: OnOutcome | None = None,
) -> Ensemble:
    """Run worlds x variants x replications of a scenario.

    Parameters
    ----------
    file
        A scenario, as read by :func:`sim.load_scenario`.
    replications
        How many (numbers 0, 1, ...), or which; unless given the scenario's own number, or as many as every
        posterior has histories where that is fewer.
    seed
        In place of the scenario's; only where nothing is taken from a posterior, which brings its own luck.
    calibration
        Replication i takes the i-th history of this calibration's posterior, in every variant that has one
        beside the scenario file; other variants are drawn from their priors. None: all from their priors.
    worlds, variants
        Names; all unless given.
    engine
        ``compiled``, or ``simpy``: the same numbers, slowly.
    workers
        Processes, or threads where they cannot be forked. Results are the same bytes for any number.
    executor
        Where it runs, in place of this machine's workers; see :mod:`sim.experiment.cluster`.
    precision
        In place of `replications`: run 32, 64, 128, ... until the half width of the 95 % Monte Carlo
        interval of the headline's paired difference is at most this share of its mean, in every variant.
        Stopping so makes that interval slightly optimistic (Chow & Robbins 1965); see
        :mod:`sim.experiment.precision`.
    most
        Replications at which a precision that is not reached is given up; 10,000 unless given.
    progress
        Called with (done, total) replications after each batch; the total is the next look's where the
        number is left to a precision.
    on_outcome
        Called with (case, replication, draws, outcome) of every run, in the order of replications and then
        of cases, while the run goes on; none is kept.

    Raises
    ------
    KeyError
        For a world or variant that the scenario does not have, or an engine that there is not.
    ValueError
        For a precision beside replications or without the headline's worlds, a cap without a precision or
        below its first look; a seed or a precision beside posteriors; more replications than they have
        histories.
    StoreError
        For a posterior's file that is damaged.
    ModelError
        When an invariant of the model is broken.
    WorkerLostError
        When a worker process is killed and its replications are lost.
    """
    cases = make_cases(file, worlds, variants, calibration)
    chosen = list(dict.fromkeys(variant for variant, _ in cases))
    numbers, luck, posteriors, from_prior = replications_of(file, chosen, calibration, replications, seed)
    stops = [len(numbers)]
    if precision is not None:
        stops = _looks(file, cases, replications, posteriors, most)
        numbers = range(stops[-1])
    elif most is not None:
        raise ValueError("a cap on replications goes with a precision")
    job = Job(cases, luck, engine, on_outcome is not None, posteriors)
    plans = make_plans(job)
    measured = {case: Measuring(plan) for case, plan in plans.items()}
    shapes = [shape_of(plans[case], measuring) for case, measuring in measured.items()]
    prepare(engine)
    found: list[Part] = []
    done, share = 0, inf
    with (executor or executor_for(engine, workers))(make_work, job) as run:
        for until in stops:
            batches = _telling(run(numbers[done:until]), on_outcome)
            more = gather(batches, until - done, shapes, _after(progress, done))
            found, done = _joined(found, more), until
            if precision is not None:
                share = reached(_headline_pairs(file, measured, found))
                if share <= precision:
                    break
    index = pd.Index(numbers[:done], name="replication")
    tables = list(zip(measured.items(), found, strict=True))
    return Ensemble(
        file=file,
        seed=job.seed,
        replications=tuple(numbers[:done]),
        measures={
            case: pd.DataFrame(part.measures, index, list(measuring.names), copy=False)
            for (case, measuring), part in tables
        },
        daily={
            case: dict(zip(measuring.series, part.daily, strict=True)) for (case, measuring), part in tables
        },
        fingerprints={case: part.fingerprints for (case, _), part in tables},
        removed={case: plan.removed for case, plan in plans.items()},
        engine=engine,
        precision=None if precision is None else Precision(precision, share, done, share > precision),
        posteriors=posteriors,
        from_prior=from_prior,
    )


def make_cases(
    file: ScenarioFile,
    worlds: Sequence[str] | None,
    variants: Sequence[str] | None,
    calibration: str | None = None,
) -> dict[Case, Scenario]:
    """The scenario behind each (variant, world): the variant's, or that with the world's `assume`.

    With a calibration's `change`, where it has one and the world assumes nothing.
    """
    known_worlds = world_names(lay_out(file.scenario))
    cases: dict[Case, Scenario] = {}
    for variant in variants or file.variants:
        if variant not in file.variants:
            raise KeyError(f"no variant `{variant}`: the scenario has {', '.join(file.variants)}")
        for world in worlds or known_worlds:
            if world not in known_worlds:
                raise KeyError(f"no world `{world}`: the scenario has {', '.join(known_worlds)}")
            pure = file.calibrated.get((variant, calibration or ""), file.variants[variant])
            cases[variant, world] = file.assumed.get((variant, world), pure)
    return cases


def _looks(
    file: ScenarioFile,
    cases: dict[Case, Scenario],
    replications: int | Sequence[int] | None,
    posteriors: dict[str, Posterior],
    most: int | None,
) -> list[int]:
    """After how many replications to look whether a precision is reached."""
    if replications is not None:
        raise ValueError("either a number of replications or a precision")
    if posteriors:
        raise HistoriesError(NO_PRECISION)
    headline = file.scenario.headline
    if not {headline.world, headline.minus} <= {world for _, world in cases}:
        raise ValueError(
            f"a precision is the headline's: it needs the worlds {headline.world}, {headline.minus}"
        )
    return looks(MOST if most is None else most)


def _after(progress: Callable[[int, int], None] | None, before: int) -> Callable[[int, int], None]:
    """The same, for those that follow `before` others."""
    return lambda done, total: None if progress is None else progress(before + done, before + total)


class Job(NamedTuple):
    """What a worker needs to know, once."""

    cases: dict[Case, Scenario]
    seed: int
    engine: str
    outcomes: bool
    """Whether the outcomes themselves are wanted, beside what is measured of them."""
    posteriors: dict[str, Posterior] = {}  # noqa: RUF012  (never changed)
    """By variant: where histories come from, instead of the priors and the seed."""


class Part(NamedTuple):
    """What some replications of one case gave."""

    measures: NDArray[np.float64]
    """(replications, measures)"""
    daily: Counts
    """(series, replications, days + 1)"""
    fingerprints: NDArray[np.uint64]
    """(replications,)"""


class Batch(NamedTuple):
    """What a worker gives back."""

    parts: list[Part]
    """Of each case, in the order of the job's."""
    outcomes: list[tuple[Case, int, Draws, Outcome]]
    """By replication and case; none unless they are wanted."""


def make_plans(job: Job) -> dict[Case, Plan]:
    """The plan of every case; those of one scenario share their layout."""
    layouts = {id(scenario): lay_out(scenario) for scenario in _distinct(job.cases.values())}
    return {case: make_plan(layouts[id(scenario)], case[1]) for case, scenario in job.cases.items()}


def shape_of(plan: Plan, measuring: Measuring) -> Shape:
    """How many numbers a replication of a case gives."""
    return len(measuring.names), len(measuring.series), plan.days + 1


def make_work(job: Job) -> Work:
    """What a worker keeps, as a function of a batch that gives its `Batch`."""
    plans = make_plans(job)
    samplers = [
        (Sampler(layout), job.posteriors.get(variant))
        for layout, variant in {
            id(plan.layout): (plan.layout, variant) for (variant, _), plan in plans.items()
        }.values()
    ]
    runs = [
        (case, id(plan.layout), engine_of(job.engine, plan), Measuring(plan)) for case, plan in plans.items()
    ]
    shapes = [shape_of(plans[case], measuring) for case, _, _, measuring in runs]

    def work(numbers: Sequence[int]) -> Batch:
        batch = Batch(_empty(shapes, len(numbers), np.int32), [])
        for row, number in enumerate(numbers):
            drawn = {
                id(sampler.layout): draw(sampler, job.seed, number, posterior)
                for sampler, posterior in samplers
            }
            for (case, layout, run, measuring), part in zip(runs, batch.parts, strict=True):
                go_on()
                draws = drawn[layout]
                outcome = run(draws)
                part.measures[row], part.daily[:, row] = measuring.both(draws, outcome)
                part.fingerprints[row] = fingerprint(outcome)
                if job.outcomes:
                    batch.outcomes.append((case, number, draws, outcome))
        return batch._replace(parts=[_compact(part) for part in batch.parts])

    return work


def draw(sampler: Sampler, seed: int, replication: int, posterior: Posterior | None) -> Draws:
    """Draws of one replication: its history in the posterior, or its own where there is none."""
    if posterior is None:
        return sampler.draw(seed, replication)
    return sampler.draw(seed, replication, *posterior.history(replication, sampler.layout))


def gather(
    batches: Iterable[tuple[int, Batch]],
    n: int,
    shapes: Sequence[Shape],
    progress: Callable[[int, int], None],
) -> list[Part]:
    """The tables of every case over `n` replications, filled batch by batch as they are done."""
    found = _empty(shapes, n, np.int16)
    done = 0
    progress(done, n)
    for at, batch in batches:
        rows = slice(at, at + len(batch.parts[0].measures))
        for k, part in enumerate(batch.parts):
            if part.daily.dtype != np.int16 and found[k].daily.dtype == np.int16:
                found[k] = found[k]._replace(daily=found[k].daily.astype(np.int32))
            found[k].measures[rows] = part.measures
            found[k].daily[:, rows] = part.daily
            found[k].fingerprints[rows] = part.fingerprints
        done += rows.stop - rows.start
        progress(done, n)
    return found


def _telling(
    batches: Iterable[tuple[int, Batch]], on_outcome: OnOutcome | None
) -> Iterator[tuple[int, Batch]]:
    """The same batches; their outcomes are told in order, those of a batch done early when its turn comes."""
    early: dict[int, Batch] = {}
    turn = 0
    for at, batch in batches:
        yield at, batch
        if on_outcome is not None:
            early[at] = batch
            while turn in early:
                told = early.pop(turn)
                for one in told.outcomes:
                    on_outcome(*one)
                turn += len(told.parts[0].measures)


def _empty(shapes: Sequence[Shape], n: int, counts: type[np.int16] | type[np.int32]) -> list[Part]:
    return [
        Part(np.empty((n, measures)), np.empty((series, n, days), dtype=counts), np.empty(n, dtype=np.uint64))
        for measures, series, days in shapes
    ]


def _compact(part: Part) -> Part:
    """The same in half the memory, where every count is small enough."""
    most = np.iinfo(np.int16).max
    return part._replace(daily=part.daily.astype(np.int16)) if part.daily.max(initial=0) <= most else part


def _joined(before: list[Part], more: list[Part]) -> list[Part]:
    """The tables with further replications below; the old ones go one by one, for the sake of memory."""
    if not before:
        return more
    joined = []
    for _ in range(len(before)):
        one, other = before.pop(0), more.pop(0)
        rows = np.concatenate([one.measures, other.measures])
        prints = np.concatenate([one.fingerprints, other.fingerprints])
        joined.append(Part(rows, np.concatenate([one.daily, other.daily], axis=1), prints))
    return joined


def _headline_pairs(
    file: ScenarioFile, measured: dict[Case, Measuring], found: list[Part]
) -> list[NDArray[np.float64]]:
    """The headline's paired differences, in each variant."""
    headline, name = file.scenario.headline, headline_measure(file.scenario)
    values = {
        case: part.measures[:, measuring.names.index(name)]
        for (case, measuring), part in zip(measured.items(), found, strict=True)
    }
    variants = dict.fromkeys(variant for variant, _ in measured)
    return [values[variant, headline.world] - values[variant, headline.minus] for variant in variants]


def _distinct(things: Iterable[Thing]) -> list[Thing]:
    """Each object once, whatever it is equal to."""
    return list({id(thing): thing for thing in things}.values())
