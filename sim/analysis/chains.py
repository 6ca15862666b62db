"""Markov chains over parameters and luck: histories drawn in proportion to how well they match the record.

A history is a point of the unit cube (each epistemic parameter at its prior's quantile) and a number for the
luck of every block. Both are uniform before the record is seen, and every proposal is as likely as its
reverse, so that it is accepted by the ratio of likelihoods alone: exp(-misfit / 2 / tolerance^2), the misfit
being a sum of squared deviations in standard errors of the figures.

This is approximate Bayesian computation with Markov chains (Marjoram et al. 2003,
doi:10.1073/pnas.0306899100) in which luck is part of the state and kept: what is accepted is a whole history.
Parameters move along differences between two earlier states (ter Braak & Vrugt 2008,
doi:10.1007/s11222-008-9104-9), one together with those that hang together with it, or one is drawn anew;
luck is drawn anew, a block or a few at a time, or with a parameter where that one is in use: how often
convoys were let go and when they were can only change together.
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

LUCK, PARAMETERS, BOTH = range(3)
CHANCES = (0.4, 0.3, 0.3)
"""How often each kind of move is tried."""
AT_ONCE = (1, 1, 2, 4)
"""Neighbouring blocks that are drawn anew together, one number as likely as the other."""
ANEW = 0.2
"""How often a single parameter is drawn anew instead of moved."""
STRIDES = (1.0, 0.5, 0.2)
"""Lengths of steps, in what is best in many dimensions where the target is normal (Roberts et al. 1997)."""
JITTER = 0.01


class Chains(NamedTuple):
    """Where a group of chains stands."""

    unit: Floats
    """(chains, parameters) in [0, 1]"""
    luck: Ints
    """(chains, blocks)"""
    told: Floats
    """(chains, figures) what these histories say."""
    next_luck: int
    """A number that no block has had yet in any group; the group's next one is `groups` further."""


class Visited(NamedTuple):
    """States that were passed, every so many steps."""

    unit: Floats
    """(states, chains, parameters)"""
    luck: Ints
    """(states, chains, blocks)"""
    told: Floats
    """(states, chains, figures)"""
    tried: Ints
    """(3,) proposals of each kind of move"""
    accepted: Ints
    """(3,)"""


def started(
    chains: int, parameters: int, blocks: int, group: int, groups: int, tell: Tell, rng: np.random.Generator
) -> Chains:
    """Chains at histories drawn from the priors."""
    unit = rng.random((chains, parameters))
    luck = group + groups * np.arange(chains * blocks, dtype=np.int64).reshape(chains, blocks)
    return Chains(unit, luck, tell(unit, luck), group + groups * chains * blocks)


def advance(
    chains: Chains,
    tell: Tell,
    misfit: Misfit,
    tolerances: Floats,
    archive: Floats,
    used: Ints,
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
        (states, parameters), at least two: differences between them are the directions of the steps.
    used
        (parameters, 2) first block in which a run depends on a parameter, and the one after the last.
    groups
        How many groups number their luck side by side.
    every
        A state is kept every so many steps.
    """
    together = hanging_together(archive)
    unit, luck, told, following = chains.unit.copy(), chains.luck.copy(), chains.told.copy(), chains.next_luck
    n = len(unit)
    far = misfit(told)
    kept: list[tuple[Floats, Ints, Floats]] = []
    tried, accepted = np.zeros((2, 3), dtype=np.int64)
    for step, tolerance in enumerate(tolerances.tolist()):
        kind = rng.choice(3, size=n, p=CHANCES)
        new_unit, new_luck = unit.copy(), luck.copy()
        for c in range(n):
            first = int(rng.integers(unit.shape[1]))
            if kind[c] != LUCK:
                new_unit[c] = _moved(unit[c], first, archive, together, rng)
            if kind[c] != PARAMETERS:
                blocks = _neighbours((0, luck.shape[1]) if kind[c] == LUCK else used[first], rng)
                new_luck[c, blocks] = following + groups * np.arange(len(blocks))
                following += groups * len(blocks)
        new_told = tell(new_unit, new_luck)
        new_far = misfit(new_told)
        better = np.asarray(np.log(rng.random(n)) < (far - new_far) / (2 * tolerance**2))
        np.add.at(tried, kind, 1)
        np.add.at(accepted, kind[better], 1)
        unit[better], luck[better] = new_unit[better], new_luck[better]
        told[better], far[better] = new_told[better], new_far[better]
        if step % every == every - 1:
            kept.append((unit.copy(), luck.copy(), told.copy()))
    units, lucks, tellings = (np.array(part) for part in zip(*kept, strict=True))
    return Chains(unit, luck, told, following), Visited(units, lucks, tellings, tried, accepted)


def hanging_together(archive: Floats) -> Floats:
    """(parameters, parameters) chance that one moves with the other: 1.5 times the correlation, at most 1."""
    spread = archive - archive.mean(axis=0)
    lengths = np.sqrt((spread**2).sum(axis=0))
    correlation = np.abs(spread.T @ spread) / np.maximum(np.outer(lengths, lengths), 1e-300)
    return np.asarray(np.minimum(1.0, 1.5 * correlation))


def _neighbours(within: Sequence[int] | Ints, rng: np.random.Generator) -> Ints:
    """A few neighbouring blocks within a stretch of them, all where it is shorter."""
    start, end = int(within[0]), int(within[1])
    many = min(int(rng.choice(AT_ONCE)), end - start)
    at = rng.integers(start, end - many + 1)
    return np.arange(at, at + many)


def _moved(point: Floats, first: int, archive: Floats, together: Floats, rng: np.random.Generator) -> Floats:
    """A point with one parameter drawn anew, or moved with others along a difference of two states."""
    parameters = len(point)
    if rng.random() < ANEW:
        anew = point.copy()
        anew[first] = rng.random()
        return anew
    chosen = rng.random(parameters) < together[first]
    chosen[first] = True
    one, other = rng.integers(len(archive), size=2)
    stride = rng.choice(STRIDES) * 2.38 / np.sqrt(2 * chosen.sum())
    step = stride * (archive[one] - archive[other]) + rng.normal(0.0, JITTER, parameters)
    folded = np.abs(point + chosen * step) % 2.0
    return np.asarray(np.where(folded > 1.0, 2.0 - folded, folded))


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
    pairs = correlation[1 : 1 + 2 * ((states - 1) // 2)].reshape(-1, 2).sum(axis=1)
    stop = np.flatnonzero(pairs <= 0)
    return float(states * chains / (1 + 2 * pairs[: stop[0] if len(stop) else None].sum()))
