"""Histories that match a record, found in the order of time: sequential Monte Carlo with moves.

A history is a point of the unit cube (each epistemic parameter at its prior's quantile) and a number for the
luck of every block. Both are uniform before the record is seen. Figures are let in by their day: histories
are run as far as the next figures and chosen by how well they match them; what lies after that day is still
as uncertain as before and is drawn anew. A figure counts little at first and more by and by, so that half
of the histories survive each choice; after each they are moved by steps of a Markov chain that leaves the
posterior so far as it is. (Chopin 2002, doi:10.1093/biomet/89.3.539; Del Moral, Doucet & Jasra 2006,
doi:10.1111/j.1467-9868.2006.00553.x; for simulators ibid. 2012, doi:10.1007/s11222-011-9271-y.)

Parameters move along differences between two histories (ter Braak & Vrugt 2008,
doi:10.1007/s11222-008-9104-9), luck by drawing the block anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Tell = Callable[[Floats, Ints], Floats]
"""Points (n, parameters) and luck (n, blocks) -> what each history says of every figure."""

LUCK, PARAMETERS, BOTH = range(3)
CHANCES = (0.4, 0.3, 0.3)
"""How often each kind of move is tried."""
STRIDES = (1.0, 0.5, 0.2)
"""Lengths of steps, in what is best in many dimensions where the target is normal (Roberts et al. 1997)."""
JITTER = 0.01
KEPT = 0.5
"""Effective share of the histories that one choice leaves."""


class Stage(NamedTuple):
    """One day of the record: what it is about."""

    before: Bools
    """(figures,) those that were let in earlier."""
    new: Bools
    """(figures,) those of this day."""
    fresh_parameters: Bools
    """(parameters,) those that nothing has used before."""
    parameters: Bools
    """(parameters,) those that a run up to this day uses."""
    fresh_blocks: Bools
    """(blocks,) blocks of luck of which nothing has been used before."""
    blocks: Bools
    """(blocks,) blocks that a run up to this day uses."""


class Histories(NamedTuple):
    """A group of histories, all of the same weight."""

    unit: Floats
    """(histories, parameters) in [0, 1]"""
    luck: Ints
    """(histories, blocks)"""
    told: Floats
    """(histories, figures) what they say."""
    evidence: float
    """Logarithm of how likely the figures so far were before they were seen."""
    next_luck: int
    """A number that no block has had yet in any group; the one after it is `groups` further."""


class Moved(NamedTuple):
    """How moves went."""

    tried: Ints
    """(3,) by kind of move"""
    accepted: Ints
    """(3,)"""


def passed(
    group: Histories,
    stage: Stage,
    tell: Tell,
    misfit: Callable[[Floats], Floats],
    groups: int,
    moves: int,
    rng: np.random.Generator,
) -> tuple[Histories, Moved]:
    """Let the figures of one stage in.

    Parameters
    ----------
    tell
        Runs as far as the stage's day; what it says of later figures is not looked at.
    misfit
        What histories say (n, figures) -> squared deviation of each figure in standard errors, same shape.
    groups
        How many groups number their luck side by side.
    moves
        Steps of the Markov chain after every choice.
    """
    unit, luck, _, evidence, following = group
    n = len(unit)
    unit, luck = unit.copy(), luck.copy()
    unit[:, stage.fresh_parameters] = rng.random((n, int(stage.fresh_parameters.sum())))
    luck[:, stage.fresh_blocks], following = _numbers(n, int(stage.fresh_blocks.sum()), following, groups)
    told = tell(unit, luck)
    share = 0.0
    tried, accepted = np.zeros((2, 3), dtype=np.int64)
    while share < 1.0:
        far = misfit(told)[:, stage.new].sum(axis=1)
        step = _next_share(far, share) - share
        weights = np.exp(-step / 2 * (far - far.min()))
        evidence += float(np.log(weights.mean()) - step / 2 * far.min())
        share += step
        chosen = systematic(weights, rng)
        unit, luck, told = unit[chosen], luck[chosen], told[chosen]
        for _ in range(moves):
            new_unit, new_luck, kind, following = _proposed(unit, luck, stage, following, groups, rng)
            new_told = tell(new_unit, new_luck)
            gain = _score(misfit(told), stage, share) - _score(misfit(new_told), stage, share)
            better = np.asarray(np.log(rng.random(n)) < gain / 2)
            np.add.at(tried, kind, 1)
            np.add.at(accepted, kind[better], 1)
            unit[better], luck[better], told[better] = new_unit[better], new_luck[better], new_told[better]
    return Histories(unit, luck, told, evidence, following), Moved(tried, accepted)


def _score(far: Floats, stage: Stage, share: float) -> Floats:
    """Squared deviations from the record so far, this stage's counting in part."""
    return np.asarray(far[:, stage.before].sum(axis=1) + share * far[:, stage.new].sum(axis=1))


def _next_share(far: Floats, share: float) -> float:
    """How much the new figures may count next: as much as leaves the effective share of the histories."""

    def left(until: float) -> float:
        weights = np.exp(-(until - share) / 2 * (far - far.min()))
        return float(weights.sum() ** 2 / (weights**2).sum() / len(far))

    if left(1.0) >= KEPT:
        return 1.0
    low, high = share, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if left(middle) >= KEPT else (low, middle)
    return high


def systematic(weights: Floats, rng: np.random.Generator) -> Ints:
    """As many indices as there are weights, each as often as its weight says, up to rounding."""
    shares = np.cumsum(weights / weights.sum())
    shares[-1] = 1.0
    return np.searchsorted(shares, (rng.random() + np.arange(len(weights))) / len(weights), side="right")


def _proposed(
    unit: Floats, luck: Ints, stage: Stage, following: int, groups: int, rng: np.random.Generator
) -> tuple[Floats, Ints, Ints, int]:
    """A move of every history, and the kind of each."""
    n = len(unit)
    used, blocks = np.flatnonzero(stage.parameters), np.flatnonzero(stage.blocks)
    kind = rng.choice(3, size=n, p=CHANCES) if len(used) else np.full(n, LUCK)
    new_unit, new_luck = unit.copy(), luck.copy()
    for k in np.flatnonzero(kind != LUCK).tolist():
        moved = used[rng.random(len(used)) < rng.choice((1 / len(used), 3 / len(used), 0.5))]
        moved = moved if len(moved) else rng.choice(used, size=1)
        one, other = rng.choice(n, size=2, replace=False)
        stride = rng.choice(STRIDES) * 2.38 / np.sqrt(2 * len(moved))
        step = stride * (unit[one, moved] - unit[other, moved]) + rng.normal(0.0, JITTER, len(moved))
        folded = np.abs(unit[k, moved] + step) % 2.0
        new_unit[k, moved] = np.where(folded > 1.0, 2.0 - folded, folded)
    redrawn = np.flatnonzero(kind != PARAMETERS)
    recent = blocks[stage.fresh_blocks[blocks]]
    at = rng.choice(blocks, size=len(redrawn))
    if len(recent):
        at = np.where(rng.random(len(redrawn)) < 0.5, rng.choice(recent, size=len(redrawn)), at)
    numbers, following = _numbers(len(redrawn), 1, following, groups)
    new_luck[redrawn, at] = numbers[:, 0]
    return new_unit, new_luck, kind, following


def _numbers(rows: int, columns: int, following: int, groups: int) -> tuple[Ints, int]:
    """Numbers that no block has had, and the next one."""
    count = rows * columns
    made = following + groups * np.arange(count, dtype=np.int64).reshape(rows, columns)
    return made, following + groups * count
