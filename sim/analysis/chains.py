"""Markov chains over parameters and luck: histories drawn in proportion to how well they match the record.

A history is a point of the unit cube (each epistemic parameter at its prior's quantile) and a number for the
luck of every block, or several: one for each stream that has luck of its own. All are uniform before the
record is seen, and a proposal is as likely as its reverse, so that it is accepted by the ratio of likelihoods
alone: exp(-misfit / 2 / tolerance^2), the misfit being a sum of squared deviations in standard errors of the
figures. (One convoy more or fewer is accepted by that and by how much more probable it is.)

This is approximate Bayesian computation with Markov chains (Marjoram et al. 2003,
doi:10.1073/pnas.0306899100) in which luck is part of the state and kept: what is accepted is a whole history.
Parameters move along the ridges of earlier states, one together with those that hang together with it, or one
is drawn anew; luck is drawn anew, a block or a few at a time, or with a parameter: how often convoys went and
how large they were can only change together; or a convoy goes on another day, one more goes, or one fewer
(`chances.py`, which also knows what leaves a history as it is and needs no run).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Tell = Callable[[Floats, Ints], Floats]
"""Points (n, parameters) and luck (n, blocks) -> what each history says of every figure (n, figures)."""
Misfit = Callable[[Floats], Floats]
"""What histories say (n, figures) -> squared distance from the record (n,)."""
Again = Callable[[Floats, Ints, int, int, np.random.Generator], tuple[Floats, Ints, int]]
"""A point (parameters,), its luck (streams, blocks), the first free number and how far the next ones are, and
randomness -> point and luck of the same history, and the first free number."""
Changed = Callable[[Floats, Ints, int, int, np.random.Generator], tuple[Ints, int, float]]
"""The same -> luck of a history in which other convoys go, the first free number, and the log of how much
more probable that is before the record is seen."""

LUCK, PARAMETERS, BOTH, DAYS = range(4)
SHARES = (0.32, 0.46, 0.13, 0.09)
"""How often each kind of move is tried; days only where convoys go by chance."""
WITH_DAYS = 0.5
"""How often other parameters move together with days."""
AT_ONCE = (1, 1, 2, 4)
"""Neighbouring blocks that are drawn anew together, one number as likely as the other."""
FIRST_PART = 0.6
"""How often that is a block's first luck, and not that of a stream with luck of its own."""
FIRST_BLOCK = 0.15
"""How often only the first block: it holds the luck of everybody who is on the list at the start."""
ANEW = 0.1
"""How often a single parameter is drawn anew instead of moved."""
STRIDES = (2.0, 1.0, 0.5)
"""Lengths of steps along a ridge, in its standard deviations."""
LEAST = 0.01
"""Length of a ridge at least."""
AGAIN = 50
"""Steps after which a history's chances are drawn anew."""


class Chains(NamedTuple):
    """Where a group of chains stands."""

    unit: Floats
    """(chains, parameters) in [0, 1]"""
    luck: Ints
    """(chains, parts, blocks)"""
    told: Floats
    """(chains, figures) what these histories say."""
    next_luck: int
    """A number that no block has had yet in any group; the group's next one is `groups` further."""


class Visited(NamedTuple):
    """States that were passed, every so many steps."""

    unit: Floats
    """(states, chains, parameters)"""
    luck: Ints
    """(states, chains, parts, blocks)"""
    told: Floats
    """(states, chains, figures)"""
    tried: Ints
    """(kinds,) proposals of each kind of move"""
    accepted: Ints
    """(kinds,)"""


class Ways(NamedTuple):
    """Which moves a history can take beside those that every history can."""

    with_luck: Ints
    """(ways, 4): a parameter, and the part and the blocks of luck (first, one after the last) that it may
    move with."""
    chances: Ints
    """Parameters that `again` draws anew."""
    again: Again | None
    changed: Changed | None = None
    stretches: Sequence[tuple[int, int]] = ()
    """Blocks in which the luck of each part but the first decides anything (first, one after the last)."""


def started(
    chains: int,
    parameters: int,
    parts: int,
    blocks: int,
    group: int,
    groups: int,
    tell: Tell,
    rng: np.random.Generator,
) -> Chains:
    """Chains at histories drawn from the priors."""
    unit, shape = rng.random((chains, parameters)), (chains, parts, blocks)
    numbers = chains * parts * blocks
    luck = group + groups * np.arange(numbers, dtype=np.int64).reshape(shape)
    return Chains(unit, luck, tell(unit, luck), group + groups * numbers)


def advance(
    chains: Chains,
    tell: Tell,
    misfit: Misfit,
    tolerances: Floats,
    archive: Floats,
    ways: Ways,
    groups: int,
    every: int,
    rng: np.random.Generator,
) -> tuple[Chains, Visited]:
    """Let every chain of a group take one step at each tolerance.

    Parameters
    ----------
    tolerances
        (steps,) in standard errors of the figures.
    archive
        (states, parameters), at least two: its ridges are the directions of the steps.
    groups
        How many groups number their luck side by side.
    every
        A state is kept every so many steps.
    """
    ridges, leading = Ridges(archive), _how_often(archive, ways).cumsum()
    unit, luck, told, following = chains.unit.copy(), chains.luck.copy(), chains.told.copy(), chains.next_luck
    n, _, blocks = luck.shape
    far = misfit(told)
    kept: list[tuple[Floats, Ints, Floats]] = []
    tried, accepted = np.zeros((2, len(SHARES)), dtype=np.int64)
    shares = np.array(SHARES if ways.changed else (*SHARES[:DAYS], 0.0))
    kinds = rng.choice(len(shares), size=(len(tolerances), n), p=shares / shares.sum())
    for step, tolerance in enumerate(tolerances.tolist()):
        if ways.again is not None and step % AGAIN == 0:
            for c in range(n):
                unit[c], luck[c, 1:], following = ways.again(unit[c], luck[c, 1:], following, groups, rng)
        kind = kinds[step]
        new_unit, new_luck, ratio = unit.copy(), luck.copy(), np.zeros(n)
        for c in range(n):
            if kind[c] == DAYS:
                assert ways.changed is not None
                new_luck[c, 1:], following, ratio[c] = ways.changed(
                    unit[c], luck[c, 1:], following, groups, rng
                )
                if rng.random() < WITH_DAYS:
                    new_unit[c] = _moved(unit[c], _one_of(leading, rng), ridges, rng)
                    new_unit[c, ways.chances] = unit[c, ways.chances]
                continue
            part, start, end = _anywhere(ways.stretches, blocks, rng)
            if kind[c] == PARAMETERS:
                new_unit[c] = _moved(unit[c], _one_of(leading, rng), ridges, rng)
            elif kind[c] == BOTH:
                parameter, part, start, end = ways.with_luck[rng.integers(len(ways.with_luck))].tolist()
                new_unit[c] = _moved(unit[c], parameter, ridges, rng)
            if kind[c] in (LUCK, BOTH):
                anew = _neighbours(start, end, rng)
                new_luck[c, part, anew] = following + groups * np.arange(len(anew))
                following += groups * len(anew)
        new_told = tell(new_unit, new_luck)
        new_far = misfit(new_told)
        better = np.asarray(np.log(rng.random(n)) < ratio + (far - new_far) / (2 * tolerance**2))
        np.add.at(tried, kind, 1)
        np.add.at(accepted, kind[better], 1)
        unit[better], luck[better] = new_unit[better], new_luck[better]
        told[better], far[better] = new_told[better], new_far[better]
        if step % every == every - 1:
            kept.append((unit.copy(), luck.copy(), told.copy()))
    units, lucks, tellings = (np.array(part) for part in zip(*kept, strict=True))
    return Chains(unit, luck, told, following), Visited(units, lucks, tellings, tried, accepted)


class Ridges:
    """Directions in which earlier states lie: principal axes of a few parameters at a time.

    What the record ties together, as an early list and early referrals, can only move together. The archive
    does not change while chains use it, so that a step is as likely as its reverse.
    """

    def __init__(self, archive: Floats) -> None:
        self._covariance = np.cov(archive, rowvar=False).reshape(archive.shape[1], -1)
        self.together = hanging_together(archive)
        self._known: dict[bytes, tuple[Floats, Floats]] = {}

    def of(self, chosen: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Axes (chosen, axes) of some of the parameters, and their standard deviations."""
        key = chosen.tobytes()
        if key not in self._known:
            squares, axes = np.linalg.eigh(self._covariance[np.ix_(chosen, chosen)])
            self._known[key] = axes, np.sqrt(np.maximum(squares, LEAST**2))
        return self._known[key]


def hanging_together(archive: Floats) -> Floats:
    """(parameters, parameters) chance that one moves with the other; correlations below 0.2 may be luck."""
    spread = archive - archive.mean(axis=0)
    lengths = np.sqrt((spread**2).sum(axis=0))
    correlation = np.abs(spread.T @ spread) / np.maximum(np.outer(lengths, lengths), 1e-300)
    return np.asarray(np.clip(2.5 * (correlation - 0.2), 0.01, 0.8))


def _how_often(archive: Floats, ways: Ways) -> Floats:
    """(parameters,) how often each leads a move: more often what the record narrows, hardly ever a chance."""
    weights = np.maximum(0.3, 1.2 - archive.std(axis=0) * np.sqrt(12))
    weights[ways.chances] = 0.03
    return np.asarray(weights / weights.sum())


def _anywhere(
    stretches: Sequence[tuple[int, int]], blocks: int, rng: np.random.Generator
) -> tuple[int, int, int]:
    """Which part of the luck is drawn anew, and in which stretch of blocks."""
    if rng.random() < FIRST_BLOCK:
        return 0, 0, 1
    if not stretches or rng.random() < FIRST_PART:
        return 0, 0, blocks
    part = int(rng.integers(len(stretches)))
    return 1 + part, *stretches[part]


def _one_of(cumulative: Floats, rng: np.random.Generator) -> int:
    """A place, as likely as its part of a cumulative sum."""
    return int(np.searchsorted(cumulative[:-1], rng.random() * cumulative[-1], side="right"))


def _neighbours(start: int, end: int, rng: np.random.Generator) -> Ints:
    """A few neighbouring blocks within a stretch of them, all where it is shorter."""
    many = min(AT_ONCE[rng.integers(len(AT_ONCE))], end - start)
    at = rng.integers(start, end - many + 1)
    return np.arange(at, at + many)


def _moved(point: Floats, first: int, ridges: Ridges, rng: np.random.Generator) -> Floats:
    """A point with one parameter drawn anew, or moved with others along a ridge."""
    moved = point.copy()
    if rng.random() < ANEW:
        moved[first] = rng.random()
        return moved
    chosen = rng.random(len(point)) < ridges.together[first]
    chosen[first] = True
    axes, lengths = ridges.of(chosen)
    k = _one_of(lengths.cumsum(), rng)
    step = STRIDES[rng.integers(len(STRIDES))] * rng.normal() * lengths[k] * axes[:, k]
    folded = np.abs(point[chosen] + step) % 2.0
    moved[chosen] = np.where(folded > 1.0, 2.0 - folded, folded)
    return moved


def split_r_hat(trace: Floats) -> float:
    """R-hat of chains cut in halves, trace (states, chains); 1 where nothing moves.

    Gelman et al. 2013, Bayesian Data Analysis, 11.4.
    """
    half = len(trace) // 2
    halves = np.concatenate([trace[:half], trace[len(trace) - half :]], axis=1)
    within = float(halves.var(axis=0, ddof=1).mean())
    between = float(halves.mean(axis=0).var(ddof=1))
    if within == 0:
        return 1.0 if between == 0 else float("inf")
    return float(np.sqrt((within * (half - 1) / half + between) / within))


def effective_size(trace: Floats) -> float:
    """Effective number of independent draws in chains, trace (states, chains).

    Geyer's initial positive sequence over autocovariances pooled between and within chains (Gelman et al.
    2013, 11.5).
    """
    states, chains = trace.shape
    within = float(trace.var(axis=0, ddof=1).mean())
    between = float(trace.mean(axis=0).var(ddof=1)) if chains > 1 else 0.0
    total = within * (states - 1) / states + between
    if total == 0:
        return float(states * chains)
    centred = trace - trace.mean(axis=0)
    spectrum = np.fft.rfft(centred, 2 * states, axis=0)
    lagged = np.fft.irfft(spectrum * np.conj(spectrum), axis=0)[:states].mean(axis=1) / states
    correlation = 1 - (within - lagged) / total
    pairs = correlation[: 2 * (states // 2)].reshape(-1, 2).sum(axis=1)  # lags 0 and 1, 2 and 3, ...
    stop = np.flatnonzero(pairs <= 0)
    time = 2 * pairs[: stop[0] if len(stop) else None].sum() - 1
    return float(states * chains / max(time, 1 / (states * chains)))
