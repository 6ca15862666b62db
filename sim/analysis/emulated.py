"""Calibration of scenarios in which thousands bring their own vehicles: few histories, chosen by an emulator.

There luck averages out, and a history takes a thousand times as long as one of a few convoys. An emulator
(`emulator.py`) is fitted to some hundred histories drawn from the priors, says where to look next, and is
fitted anew, while the tolerance shrinks to one standard error. From then on it stays as it is, and chains
take what it proposes, each with luck of its own, as often as the histories themselves match the record:
independent Metropolis steps, whose target is that of `chains.py` whatever the emulator is worth. A poor one
is seen by chains that stand still.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from sim.analysis.chains import BOTH, Floats, Ints, Visited
from sim.analysis.emulator import fitted, terms, walked
from sim.analysis.histories import teller, unknowns
from sim.experiment.executors import Work, can_fork, processes, serial
from sim.model.laying_out import lay_out
from sim.model.streams import generator
from sim.scenario.schema import Observed, Scenario

TOLERANCES = (20.0, 8.0, 4.0, 2.0, 1.0, 1.0, 1.0)
"""Of the emulators that are fitted one after the other."""
PER_TERM = 2
"""Histories that are run for each, for every term of its surfaces."""
LEAST_TRIED = 100
"""Histories at least that are run for each."""
STEPS = 150
"""Of every chain in a round."""
LEAST_ROUNDS = 4
WALK = 400
"""Steps of walkers between two uses."""
BATCH = 20


class Job(NamedTuple):
    """What a worker needs to run histories."""

    scenario: Scenario
    figures: dict[str, Observed]
    seed: int
    unit: Floats
    luck: Ints


class State(NamedTuple):
    """Histories, one of each chain or a row each."""

    unit: Floats
    luck: Ints
    told: Floats
    better: Floats
    """(n,) logarithm of how much better they match the record than was guessed."""


def make_work(job: Job) -> Work:
    """Histories by their numbers -> what they say of every figure."""
    tell, _ = teller(job.scenario, job.figures, job.seed)

    def work(numbers: Sequence[int]) -> Floats:
        mine = np.array(numbers)
        return tell(job.unit[mine], job.luck[mine])

    return work


def visited(
    scenario: Scenario,
    figures: dict[str, Observed],
    seed: int,
    name: str,
    chains: int,
    rounds: int,
    workers: int,
    suffices: Callable[[list[Visited]], bool],
    progress: Callable[[int, int], None] | None,
) -> tuple[list[Visited], int]:
    """Rounds of all chains, until these suffice; and how many histories were run before.

    Parameters
    ----------
    name
        Of the stream of random numbers.
    chains, rounds
        So many, an even number; and at most so many, each of 150 histories in every chain.
    progress
        Called with (done, total).
    """
    layout, record = lay_out(scenario), teller(scenario, figures, seed)[1]
    parameters, rng = len(unknowns(layout)), generator(seed, 0, f"{name}/emulated")
    seen = progress or (lambda done, total: None)
    stages, run = len(TOLERANCES), 0

    def told_by(points: Floats) -> tuple[Ints, Floats]:
        nonlocal run
        luck = run + np.arange(len(points) * layout.blocks, dtype=np.int64).reshape(len(points), -1)
        run += luck.size
        executor = processes(workers, BATCH) if workers > 1 and can_fork() else serial(BATCH)
        with executor(make_work, Job(scenario, figures, seed, points, luck)) as of:
            parts = dict(of(range(len(points))))
        return luck, np.concatenate([parts[at] for at in sorted(parts)])

    many = max(LEAST_TRIED, PER_TERM * terms(np.zeros((1, parameters))).shape[1])
    walkers = rng.random((many + many % 2, parameters))
    unit, told = walkers, told_by(walkers)[1]
    for done, tolerance in enumerate(TOLERANCES):
        seen(done, stages + rounds)
        walkers = walked(fitted(unit, told, record, tolerance), walkers, WALK, rng)
        unit, told = np.concatenate([unit, walkers]), np.concatenate([told, told_by(walkers)[1]])
    emulator, before = fitted(unit, told, record, TOLERANCES[-1]), len(unit)
    walkers = walkers[rng.integers(len(walkers), size=chains * STEPS)]
    passed: list[Visited] = []
    last: State | None = None
    for done in range(stages, stages + rounds):
        seen(done, stages + rounds)
        walkers = walked(emulator, walkers, WALK, rng)
        luck, said = told_by(walkers)
        tried = State(walkers, luck, said, (emulator.misfit(walkers) - record.misfit(said)) / 2)
        last, of_round = stepped(last, tried, chains, rng)
        passed.append(of_round)
        if len(passed) >= LEAST_ROUNDS and suffices(passed):
            break
    seen(done + 1, done + 1)
    return passed, before


def stepped(last: State | None, tried: State, chains: int, rng: np.random.Generator) -> tuple[State, Visited]:
    """Every chain goes to what it tries or stays; where they end, and what they passed."""
    unit, luck, told, better = last or tried
    unit, luck, told, better = unit[:chains], luck[:chains], told[:chains], better[:chains]
    kept, counts = [], np.zeros((2, 3), dtype=np.int64)
    for first in range(0, len(tried.unit), chains):
        there = slice(first, first + chains)
        goes = np.log(rng.random(chains)) < tried.better[there] - better
        unit = np.where(goes[:, None], tried.unit[there], unit)
        luck = np.where(goes[:, None], tried.luck[there], luck)
        told = np.where(goes[:, None], tried.told[there], told)
        better = np.where(goes, tried.better[there], better)
        counts[:, BOTH] += chains, int(goes.sum())
        kept.append((unit, luck, told))
    units, lucks, tellings = (np.array(part) for part in zip(*kept, strict=True))
    return State(unit, luck, told, better), Visited(units, lucks, tellings, *counts)
