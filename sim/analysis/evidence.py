"""Every number of a scenario, who vouches for it, and what the headline owes to it.

Priors have Sobol indices (:mod:`sim.analysis.sensitivity`). A fixed number is changed by one step, all else
the same, on shared luck. Both are told in the headline's unit as well, so that the ledger has one order: of a
prior, the standard deviation that it brings to the headline; of a fixed number, the mean change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from sim.analysis import sensitivity
from sim.analysis.intervals import Interval, mean_interval
from sim.analysis.sensitivity import Influence, Sensitivity, Study
from sim.analysis.settings import Case, Setting, headlines, runs_of, shared_luck
from sim.experiment.executors import Executor
from sim.experiment.replications import own_number
from sim.scenario.problems import Path
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import WHOLE_RECORD
from sim.scenario.sources import Entry, ledger
from sim.scenario.steps import stepped

REPLICATIONS = 32
"""Over which a step is measured, unless a posterior has fewer histories."""


class Step(NamedTuple):
    """A fixed number, changed alone."""

    said: str
    change: Interval
    """Of the headline's mean, paired by replication."""


class Weighed(NamedTuple):
    """One number of the ledger with what it does; both None where that is not measured."""

    entry: Entry
    influence: Influence | None
    """Of a prior."""
    step: Step | None
    """Of a fixed number."""
    size: float | None
    """In the headline's unit, never below 0: what the order goes by."""


@dataclass(frozen=True)
class Evidence:
    """What :func:`run` gives."""

    sensitivity: Sensitivity
    weighed: tuple[Weighed, ...]
    """Largest influence first; those not measured last, in the order of the file."""
    replications: int
    """Of every step."""


@dataclass(frozen=True)
class Weighing:
    """What is to be run."""

    study: Study
    entries: tuple[Entry, ...]
    steps: tuple[tuple[Path, str], ...]
    """Which numbers are changed, and how: a case each, after the study's own."""
    cases: tuple[Case, ...]
    settings: tuple[Setting, ...]
    """The study's, the scenario as it is, and every step."""

    @property
    def runs(self) -> int:
        """Replications of both worlds, in all."""
        return runs_of(self.settings)


def plan_weighing(
    file: ScenarioFile,
    variant: str = "base",
    *,
    samples: int = sensitivity.SAMPLES,
    luck: int = sensitivity.LUCK,
    calibration: str | None = WHOLE_RECORD,
) -> Weighing:
    """What :func:`run` will run; see :func:`sim.analysis.sensitivity.plan_study`."""
    study = sensitivity.plan_study(
        file, variant, samples=samples, luck=luck, structures=False, calibration=calibration
    )
    (case,) = study.cases
    entries = ledger(file.variants[variant])
    steps: list[tuple[Path, str]] = []
    cases = [case]
    for entry in entries:
        done = None if entry.is_prior else _stepped(case, entry.path)
        if done is not None:
            cases.append(done[0])
            steps.append((entry.path, done[1]))
    n = own_number(REPLICATIONS, [] if case.posterior is None else [case.posterior])
    settings = [Setting(k, {}, shared_luck(case.posterior, n)) for k in range(len(cases))]
    return Weighing(study, entries, tuple(steps), tuple(cases), (*study.settings, *settings))


def _stepped(case: Case, path: Path) -> tuple[Case, str] | None:
    """The case with one number changed in both worlds; as it is where a world does not have it."""
    world, minus = stepped(case.world, path), stepped(case.minus, path)
    if world is None or minus is None:
        return None
    same = case.world is case.minus
    return case._replace(world=world[0], minus=world[0] if same else minus[0]), minus[1]


def run(
    weighing: Weighing, executor: Executor, progress: Callable[[int, int], None] | None = None
) -> Evidence:
    """Weigh every number: the same result on any executor.

    Raises
    ------
    ModelError
        When an invariant of the model is broken.
    WorkerLostError
        When a worker process is killed.
    """
    study = weighing.study
    found = headlines(weighing.cases, study.file.scenario.seed, weighing.settings, executor, progress)
    own = len(study.settings)
    whole = sensitivity.result(study, found[:own])
    independent = study.cases[0].posterior is None
    changes = {
        path: Step(said, mean_interval(values - found[own], independent=independent))
        for (path, said), values in zip(weighing.steps, found[own + 1 :], strict=True)
    }
    priors = {influence.parameter.entry.path: influence for influence in whole.influences}
    rows = [_weighed(e, priors.get(e.path), changes.get(e.path), whole) for e in weighing.entries]
    rows.sort(key=lambda row: -1.0 if row.size is None else row.size, reverse=True)
    return Evidence(whole, tuple(rows), len(found[own]))


def _weighed(entry: Entry, influence: Influence | None, step: Step | None, whole: Sensitivity) -> Weighed:
    if entry.is_prior and influence is not None:
        total = max(0.0, influence.indices.total.point)
        return Weighed(entry, influence, None, sqrt(total * whole.variance))
    return Weighed(entry, None, step, None if step is None else abs(step.change.point))


def assumed_share(whole: Sensitivity) -> tuple[Interval | float, Interval | float]:
    """Share of the headline's variance over its parameters that rests on assumed priors: least and most.

    Least is the first-order index of the assumed ones together: what would go, on average, if all of them
    became known. Most is their total index, which counts what they do together with others as well.
    Exactly 0 or 1 where none or all are assumed.
    """
    if whole.assumed is not None:
        return whole.assumed
    every = bool(whole.influences) and whole.influences[0].parameter.entry.grade == "assumed"
    return (1.0, 1.0) if every else (0.0, 0.0)
