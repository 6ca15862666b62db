"""The headline in many settings: other parameters or another scenario, each with the same luck.

A setting's luck is that of a few replications, shared by all settings (common random numbers), so that
what differs between two of them is what was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.experiment.executors import Executor, Work
from sim.experiment.posterior import Posterior
from sim.experiment.precision import headline_measure
from sim.model.draws import Sampler
from sim.model.engines import COMPILED, engine
from sim.model.laying_out import lay_out
from sim.model.measures import Measuring
from sim.model.plan import make_plan
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import Scenario

Floats = NDArray[np.float64]


class Case(NamedTuple):
    """The headline's two worlds in one scenario, and where histories come from."""

    world: Scenario
    minus: Scenario
    """The same object, unless a world assumes something."""
    posterior: Posterior | None
    """None: parameters are drawn from their priors, luck is the seed's."""


class Setting(NamedTuple):
    """One point at which the headline is wanted."""

    case: int
    values: Mapping[str, float]
    """Parameters by their name in the layout, in base units; others as in each replication's history."""
    replications: tuple[int, ...]
    """Whose luck it has."""


class Job(NamedTuple):
    """What a worker needs to know, once."""

    cases: Sequence[Case]
    seed: int
    runs: Sequence[tuple[Setting, int]]
    """(setting, replication), run by run."""


def runs_of(settings: Sequence[Setting]) -> int:
    """Replications of both worlds that settings take, in all."""
    return sum(len(setting.replications) for setting in settings)


def case_of(file: ScenarioFile, variant: str, posterior: Posterior | None) -> Case:
    """The headline's worlds as a variant has them."""
    headline, base = file.scenario.headline, file.variants[variant]
    world, minus = (file.assumed.get((variant, name), base) for name in (headline.world, headline.minus))
    return Case(world, minus, posterior)


def shared_luck(posterior: Posterior | None, n: int) -> tuple[int, ...]:
    """Replications whose luck is shared: the first `n`, or of a posterior's histories `n` evenly spread."""
    if posterior is None:
        return tuple(range(n))
    return tuple((2 * k + 1) * posterior.histories // (2 * n) for k in range(n))


def headlines(
    cases: Sequence[Case],
    seed: int,
    settings: Sequence[Setting],
    executor: Executor,
    progress: Callable[[int, int], None] | None = None,
) -> list[Floats]:
    """The headline of every setting, for each of its replications.

    Parameters
    ----------
    cases
        What settings name by number; settings of one case stand together.
    progress
        Called with (done, total) runs of both worlds.

    Raises
    ------
    ModelError
        When an invariant of the model is broken.
    WorkerLostError
        When a worker process is killed.
    """
    runs = [(setting, replication) for setting in settings for replication in setting.replications]
    found = np.empty(len(runs))
    done = 0
    with executor(make_work, Job(cases, seed, runs)) as run:
        for at, part in run(range(len(runs))):
            found[at : at + len(part)] = part
            done += len(part)
            if progress is not None:
                progress(done, len(runs))
    ends = np.cumsum([len(setting.replications) for setting in settings])
    return np.split(found, ends[:-1])


def make_work(job: Job) -> Work:
    """What a worker keeps, as a function of the numbers of runs that gives their headlines."""
    kept: dict[int, _Pair] = {}

    def work(numbers: Sequence[int]) -> Floats:
        out = np.empty(len(numbers))
        for row, number in enumerate(numbers):
            setting, replication = job.runs[number]
            if setting.case not in kept:
                kept.clear()
                kept[setting.case] = _Pair(job.cases[setting.case], job.seed)
            out[row] = kept[setting.case].headline(replication, setting.values)
        return out

    return work


class _Pair:
    """Both worlds of a case, ready to run."""

    def __init__(self, case: Case, seed: int) -> None:
        headline = case.world.headline
        self.seed, self.posterior = seed, case.posterior
        self.samplers = {id(s): Sampler(lay_out(s)) for s in (case.minus, case.world)}
        self.worlds = []
        for scenario, name in ((case.world, headline.world), (case.minus, headline.minus)):
            plan = make_plan(self.samplers[id(scenario)].layout, name)
            measuring = Measuring(plan)
            column = measuring.names.index(headline_measure(case.world))
            self.worlds.append((id(scenario), engine(COMPILED, plan), measuring, column))

    def headline(self, replication: int, values: Mapping[str, float]) -> float:
        drawn = {}
        for key, sampler in self.samplers.items():
            if self.posterior is None:
                there = {value.name for value in sampler.layout.values if value.prior is not None}
                given = {name: value for name, value in values.items() if name in there}
                drawn[key] = sampler.draw(self.seed, replication, given)
            else:
                own = self.posterior.history(replication, sampler.layout)
                parameters = {**own.parameters, **self.posterior.holding(values, sampler.layout)}
                drawn[key] = sampler.draw(self.seed, replication, parameters, *own.luck)
        world, minus = (
            measuring.row(drawn[key], run(drawn[key]))[column] for key, run, measuring, column in self.worlds
        )
        return float(world - minus)
