"""Running a scenario file of this folder, and what is looked at afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.draws import Draws, Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import NONE
from sim.model.outcome import DIED, EVACUATED, IN_TRANSIT, WAITING, Outcome
from sim.model.plan import Plan, make_plan
from sim.scenario.reading import read_scenario
from tests.verification.engines import Engine

FOLDER = Path(__file__).parent / "scenarios"
HOUR = 3600


class Run(NamedTuple):
    """One replication."""

    plan: Plan
    draws: Draws
    outcome: Outcome


@cache
def laid_out(name: str, variant: str = "base", world: str = "actual") -> tuple[Sampler, Plan, int]:
    """Sampler, plan and seed of a scenario file of this folder, read as any user's would be."""
    file = read_scenario(FOLDER / f"{name}.yaml")
    layout = lay_out(file.variants[variant])
    return Sampler(layout), make_plan(layout, world), file.scenario.seed


def draw(name: str, replication: int = 0, variant: str = "base") -> Draws:
    """One replication's luck."""
    sampler, _, seed = laid_out(name, variant)
    return sampler.draw(seed, replication)


def run(name: str, engine: Engine, replication: int = 0, variant: str = "base", world: str = "actual") -> Run:
    """One replication of a scenario file."""
    plan = laid_out(name, variant, world)[1]
    draws = draw(name, replication, variant)
    return Run(plan, draws, engine(plan, draws))


def runs(name: str, engine: Engine, replications: int) -> Iterator[Run]:
    """Replications 0, 1, ... of a scenario file."""
    for replication in range(replications):
        yield run(name, engine, replication)


# ------------------------------------------------------------------------------- what is looked at, in hours


def mean_list(r: Run, start: float, kind: int | None = None) -> float:
    """Time average of the list's length, of one class or all, from `start` to the end of the run.

    An integral over stays on the list: those still waiting count up to the end, nobody is left out.
    """
    patient, joined, ended = r.outcome.spells.T
    if kind is not None:
        mine = r.draws.kind[patient] == kind
        joined, ended = joined[mine], ended[mine]
    overlap = np.maximum(0, ended - np.maximum(joined, start * HOUR))
    return float(overlap.sum() / (r.plan.horizon - start * HOUR))


def waited_longer(r: Run, hours: float, start: float) -> float:
    """Share that waited longer, of patients referred from `start` to so many hours before the end.

    Those still waiting at the end have waited longer; so everyone's answer is known.
    """
    asked = (r.draws.referred >= start * HOUR) & (r.draws.referred < r.plan.horizon - hours * HOUR)
    boarded = np.where(r.outcome.boarded == NONE, r.plan.horizon, r.outcome.boarded)
    return float((boarded - r.draws.referred > hours * HOUR)[asked].mean())


def deaths_an_hour(r: Run, start: float) -> float:
    """Deaths an hour from `start` to the end of the run."""
    o = r.outcome
    died = (o.state == DIED) & (o.left >= start * HOUR)
    return float(died.sum() / (r.plan.horizon / HOUR - start))


def mean_load(r: Run, start: float) -> float:
    """Patients a trip, of the trips that leave from `start` on."""
    load = np.bincount(r.outcome.rides[:, 0], weights=r.outcome.rides[:, 2])
    return float(load[r.outcome.convoys[:, 1] >= start * HOUR].mean())


def count(r: Run, state: int) -> float:
    """Patients in a state at the end."""
    return float((r.outcome.state == state).sum())


def evacuated(r: Run) -> float:
    """Patients handed over by the end."""
    return count(r, EVACUATED)


def waiting(r: Run) -> float:
    """Patients on the list at the end."""
    return count(r, WAITING)


def in_transit(r: Run) -> float:
    """Patients on the road at the end."""
    return count(r, IN_TRANSIT)


def died(r: Run) -> float:
    """Patients who have died by the end."""
    return count(r, DIED)


def mean_queue(r: Run, start: float) -> float:
    """Time average of the vehicles that queue for a road section, from `start` to the end of the run."""
    joined, admitted = r.outcome.admissions[:, 2:].T
    ended = np.where(admitted == NONE, r.plan.horizon, admitted)
    overlap = np.maximum(0, ended - np.maximum(joined, start * HOUR))
    return float(overlap.sum() / (r.plan.horizon - start * HOUR))


def queued(r: Run, start: float) -> float:
    """Share that is not let onto a road section at once, of the vehicles that join from `start` on."""
    joined, admitted = r.outcome.admissions[r.outcome.admissions[:, 2] >= start * HOUR, 2:].T
    return float((joined != admitted).mean())


def let_on(r: Run, hours: tuple[float, ...]) -> tuple[int, ...]:
    """Vehicles let onto a road section before each of these hours."""
    admitted = r.outcome.admissions[:, 3]
    return tuple(int(((admitted != NONE) & (admitted < hour * HOUR)).sum()) for hour in hours)


def handovers(r: Run) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Hours at which patients were handed over, and how many had been by then."""
    hours, n = np.unique(r.outcome.left[r.outcome.state == EVACUATED] / HOUR, return_counts=True)
    return hours, np.cumsum(n)
