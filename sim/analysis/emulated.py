"""Calibration of scenarios in which thousands bring their own vehicles: few histories, chosen by an emulator.

There luck averages out, and a history takes some twenty times as long as one of a few convoys. An emulator
(`emulator.py`) is fitted to histories drawn from the priors, says where to look next, and is fitted anew,
while the tolerance shrinks to one standard error. From then on it stays as it is. Walkers spread as it
guesses, each is run with luck of its own, and a chain changes places with a walker as often as the ratio of
their weights, exp((guessed misfit - misfit) / 2), allows.

Chain and walkers together keep the product of the chain's distribution, that of `chains.py`, and of the
walkers', that of the guess: both only exchange points, so that it does not matter that a walker stands near
where it stood a round ago (a swap as in parallel tempering, Geyer 1991). What the emulator is worth does not
enter: a poor one is seen by chains that stand still.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from sim.analysis.chains import BOTH, SHARES, Floats, Ints, Visited
from sim.analysis.emulator import fitted, walked
from sim.analysis.fluid import Fluid
from sim.analysis.histories import histories_of, unknowns
from sim.experiment.executors import Work, can_fork, processes, serial
from sim.model.laying_out import lay_out
from sim.model.streams import generator
from sim.scenario.schema import Observed, Scenario

TOLERANCES = (20.0, 6.0, 2.0, 1.0, 1.0)
"""Of the emulators that are fitted one after the other."""
STEPS = 150
"""Of every chain in a round: there are so many walkers for each."""
SETTLING = 1
"""Rounds that are thrown away after the emulator has got its last form."""
LEAST_ROUNDS = 4
LOOK_EVERY = 4
"""Rounds after which is looked whether they suffice."""
WALK = 300
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
    tell = histories_of(job.scenario, job.figures, job.seed).tell

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
    layout, histories = lay_out(scenario), histories_of(scenario, figures, seed)
    record, parts = histories.record, 1 + len(histories.streams)
    known = unknowns(layout)
    guess = Fluid(layout, known, figures)
    rng, run = generator(seed, 0, f"{name}/emulated"), 0

    def told_by(points: Floats) -> tuple[Ints, Floats]:
        nonlocal run
        shape = len(points), parts, layout.blocks
        luck = run * parts * layout.blocks + np.arange(np.prod(shape), dtype=np.int64).reshape(shape)
        run += len(points)
        executor = processes(workers, BATCH) if workers > 1 and can_fork() else serial(BATCH)
        with executor(make_work, Job(scenario, figures, seed, points, luck)) as of:
            told = dict(of(range(len(points))))
        return luck, np.concatenate([told[at] for at in sorted(told)])

    stages, passed = len(TOLERANCES), list[Visited]()
    seen = progress or (lambda done, total: None)
    walkers = rng.random((chains * STEPS, len(known)))
    unit, told = walkers, told_by(walkers)[1]
    for done, tolerance in enumerate(TOLERANCES):
        seen(done, stages + SETTLING + rounds)
        walkers = walked(fitted(unit, told, record, guess, tolerance), walkers, WALK, rng)
        unit, told = np.concatenate([unit, walkers]), np.concatenate([told, told_by(walkers)[1]])
    emulator, last, before = fitted(unit, told, record, guess, TOLERANCES[-1]), None, 0
    for done in range(SETTLING + rounds):
        seen(stages + done, stages + SETTLING + rounds)
        walkers = walked(emulator, walkers, WALK, rng)
        luck, said = told_by(walkers)
        tried = State(walkers, luck, said, (emulator.misfit(walkers) - record.misfit(said)) / 2)
        last, walkers, of_round = stepped(last, tried, chains, rng)
        if done < SETTLING:
            before = run
            continue
        passed.append(of_round)
        if len(passed) >= LEAST_ROUNDS and len(passed) % LOOK_EVERY == 0 and suffices(passed):
            break
    seen(stages + done + 1, stages + done + 1)
    return passed, before


def stepped(
    last: State | None, tried: State, chains: int, rng: np.random.Generator
) -> tuple[State, Floats, Visited]:
    """Every chain changes places with each of its walkers or stays: where they end, where the walkers then
    are (their luck is drawn anew before it is used again), and what the chains passed."""
    unit, luck, told, better = last or tried
    unit, luck, told, better = unit[:chains], luck[:chains], told[:chains], better[:chains]
    walkers, kept, counts = tried.unit.copy(), [], np.zeros((2, len(SHARES)), dtype=np.int64)
    for first in range(0, len(walkers), chains):
        there = slice(first, first + chains)
        goes = np.log(rng.random(chains)) < tried.better[there] - better
        walkers[there] = np.where(goes[:, None], unit, walkers[there])
        unit = np.where(goes[:, None], tried.unit[there], unit)
        luck = np.where(goes[:, None, None], tried.luck[there], luck)
        told = np.where(goes[:, None], tried.told[there], told)
        better = np.where(goes, tried.better[there], better)
        counts[:, BOTH] += chains, int(goes.sum())
        kept.append((unit, luck, told))
    units, lucks, tellings = (np.array(part) for part in zip(*kept, strict=True))
    return State(unit, luck, told, better), walkers, Visited(units, lucks, tellings, *counts)
