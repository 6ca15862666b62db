"""Chances drawn anew together with the luck that they are held against: the history stays as it is.

Whether a convoy is let go on a day, or a plan wants to go at all, is a uniform below a chance. Given all
these answers, the chance and the uniforms can be drawn from what the answers leave open to both: the same
convoys go, and no run is needed. Without this a chance is bound to the uniforms it happens to be met with,
and moves hardly at all. It is a Gibbs step: both from their conditional distribution, given the history.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.experiment.posterior import block_keys, value_at
from sim.model.layout import BLOCK_DAYS, DAY, NONE, Value
from sim.model.philox import ROUNDS
from sim.model.plan import Plan
from sim.model.streams import counter_words, every, loops, round_keys, uniforms

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RAREST = -20 * np.log(2.0)
"""Log of the probability of a block's answers below which its luck is not searched for: a million tries."""
TRIES = 6
"""Metropolis steps of each chance."""
STEP = 0.2
"""Their spread, in quantiles of the prior."""
NEAR = (-3, -2, -1, 1, 2, 3)
"""Days by which a convoy's day is moved, half of the time; else it changes places with any other."""

Rule = tuple[int, int, int]
"""(start, end, index of the chance)"""


class Slot(NamedTuple):
    """A day of a stream, and the chances that its uniform is held against."""

    stream: str
    day: int
    products: tuple[tuple[int, ...], ...]
    """Each the indices of the values that are multiplied."""


class Chances:
    """What draws them anew, for one plan and its epistemic parameters."""

    def __init__(self, plan: Plan, known: list[Value], seed: int) -> None:
        layout = plan.layout
        index = {value.name: k for k, value in enumerate(layout.values)}
        at = [index[value.name] for value in known]
        slots = [
            slot
            for of_stream in _streams(plan)
            if not {k for slot in of_stream for product in slot.products for k in product}.isdisjoint(at)
            for slot in of_stream
        ]
        self.streams = tuple(dict.fromkeys(slot.stream for slot in slots))
        """Streams of days that have luck of their own."""
        self._names = [counter_words([stream]) for stream in self.streams]
        self._blocks, self._seed, self._known, self._at = layout.blocks, seed, known, at
        self._fixed = np.array([value.fixed for value in layout.values])
        self._products = sorted({product for slot in slots for product in slot.products})
        self.parameters = tuple(
            k for k, i in enumerate(at) if any(i in product for product in self._products)
        )
        """Which of the epistemic parameters are chances."""
        most = max((len(slot.products) for slot in slots), default=1)
        number = {product: k for k, product in enumerate(self._products)}
        held = [[number[p] for p in slot.products] for slot in slots]
        self._held = np.array([row + row[:1] * (most - len(row)) for row in held], dtype=np.int64)
        self._held = self._held.reshape(-1, most)
        """(slots, most): which products a slot's uniform is held against."""
        streams = np.array([self.streams.index(slot.stream) for slot in slots], dtype=np.int64)
        self._days = np.array([slot.day for slot in slots], dtype=np.int64)
        self._places = streams * self._blocks + self._days // BLOCK_DAYS
        """(slots,) the stream's block, a number in a flattened luck."""
        open_ = ~np.isin(self._thresholds(self._fixed), (0, 1)).all(axis=1)
        open_ |= np.isin(
            self._held, [k for k, product in enumerate(self._products) if set(product) & set(at)]
        ).any(axis=1)
        groups = [np.flatnonzero((streams == k) & open_) for k in range(len(self.streams))]
        self.stretches = [
            (int(blocks.min()), int(blocks.max()) + 1)
            for blocks in (self._places[slots] % self._blocks for slots in groups)
        ]
        """Of every stream the blocks in which luck decides (first, one after the last)."""
        self._alike = [
            [slots[(self._held[slots] == row).all(axis=1)] for row in np.unique(self._held[slots], axis=0)]
            for slots in groups
        ]
        """Of every stream the slots, by their day, that are held against the same."""

    def changed(
        self, unit: Floats, luck: Ints, number: int, stride: int, rng: np.random.Generator
    ) -> tuple[Ints, int, float]:
        """Another answer on one day, or the answers of two days exchanged; luck that gives these answers.

        A convoy that goes a day later, or one convoy more, is hardly ever met by luck that is drawn anew for
        a whole block: what else the record wants of the block would have to come about a second time.

        Parameters
        ----------
        unit, luck, number, stride
            As for `again`.

        Returns
        -------
        luck, number
            As they were where nothing is changed.
        ratio
            Log of how much more probable the new answers are before the record is seen.
        """
        values = self._valued(unit)
        thresholds = self._thresholds(values)
        below = self._uniforms(luck)[:, None] < thresholds
        of_stream = self._alike[int(rng.integers(len(self.streams)))]
        many = np.array([len(slots) for slots in of_stream])
        slots = of_stream[int(rng.choice(len(of_stream), p=many / many.sum()))]
        new, ratio = below.copy(), 0.0
        if rng.random() < 0.5:
            at = slots[rng.integers(len(slots))]
            chance = thresholds[at, 0]
            if (thresholds[at] != chance).any() or not 0 < chance < 1:
                return luck, number, 0.0
            new[at] = ~below[at]
            ratio = float(np.log(chance / (1 - chance)))
            ratio = -ratio if below[at, 0] else ratio
        else:
            going = np.flatnonzero(below[slots, 0])
            if not len(going):
                return luck, number, 0.0
            one = int(rng.choice(going))
            other = one + int(rng.choice(NEAR)) if rng.random() < 0.5 else int(rng.integers(len(slots)))
            if not 0 <= other < len(slots) or below[slots[other], 0]:
                return luck, number, 0.0
            new[slots[[one, other]]] = below[slots[[other, one]]]
        places = np.unique(self._places[(new != below).any(axis=1)])
        bounds = self._between(values, new)
        if not (self._findable(*bounds) and self._findable(*self._between(values, below))):
            return luck, number, -inf
        return *self._searched(luck, *bounds, number, stride, places), ratio

    def again(
        self, unit: Floats, luck: Ints, number: int, stride: int, rng: np.random.Generator
    ) -> tuple[Floats, Ints, int]:
        """Chances and luck anew, the same answers.

        Parameters
        ----------
        unit, luck
            (parameters,) quantiles of the priors, and (streams, blocks) numbers of the streams' luck.
        number, stride
            The first luck number that is free, and how far the next ones are.

        Returns
        -------
        unit, luck, number
            As they were where a block's answers are too rare to be searched for.
        """
        values = self._valued(unit)
        below = self._uniforms(luck)[:, None] < self._thresholds(values)
        density = self._density(values, below)
        if density == -inf:
            return unit, luck, number
        unit = unit.copy()
        for k in self.parameters:
            for _ in range(TRIES):
                proposed = abs(unit[k] + rng.normal(0.0, STEP)) % 2.0
                proposed = min(proposed, 2.0 - proposed)
                before = values[self._at[k]]
                values[self._at[k]] = value_at(self._known[k], proposed)
                new = self._density(values, below)
                if np.log(rng.random()) < new - density:
                    unit[k], density = proposed, new
                else:
                    values[self._at[k]] = before
        places = np.unique(self._places)
        return unit, *self._searched(luck, *self._between(values, below), number, stride, places)

    def _valued(self, unit: Floats) -> Floats:
        """Values of the layout, the chances at these quantiles; other parameters are of no account."""
        values = self._fixed.copy()
        for k in self.parameters:
            values[self._at[k]] = value_at(self._known[k], float(unit[k]))
        return values

    def _thresholds(self, values: Floats) -> Floats:
        """(slots, most)"""
        made = []
        for product in self._products:  # in the rules' order, as the model multiplies them
            chance = 1.0
            for k in product:
                chance *= values[k]
            made.append(chance)
        return np.asarray(np.array(made)[self._held])

    def _between(self, values: Floats, below: Bools) -> tuple[Floats, Floats]:
        """The bounds that the answers leave to each slot's uniform."""
        thresholds = self._thresholds(values)
        return np.where(below, 0.0, thresholds).max(axis=1), np.where(below, thresholds, 1.0).min(axis=1)

    def _density(self, values: Floats, below: Bools) -> float:
        """Log of the probability of the answers; -inf where a block's are too rare to be searched for."""
        lower, upper = self._between(values, below)
        return float(np.log(upper - lower).sum()) if self._findable(lower, upper) else -inf

    def _findable(self, lower: Floats, upper: Floats) -> bool:
        """Whether uniforms between the bounds are not too rare to be searched for, in any block."""
        if (upper <= lower).any():
            return False
        return bool((np.bincount(self._places, np.log(upper - lower)) >= RAREST).all())

    def _uniforms(self, luck: Ints) -> Floats:
        """(slots,)"""
        requests = every(1, self._blocks, BLOCK_DAYS)
        rounds = [round_keys(keys) for keys in block_keys(self._seed, luck)]
        u = [uniforms(requests, name, keys) for name, keys in zip(self._names, rounds, strict=True)]
        return np.asarray(np.concatenate(u)[self._places * BLOCK_DAYS + self._days % BLOCK_DAYS])

    def _searched(
        self, luck: Ints, lower: Floats, upper: Floats, number: int, stride: int, places: Ints
    ) -> tuple[Ints, int]:
        """The first free numbers whose uniforms lie between the bounds, for some of the blocks."""
        most = -(-BLOCK_DAYS // 4) * 4
        low, high = np.zeros((luck.size, most)), np.ones((luck.size, most))
        at = self._places, self._days % BLOCK_DAYS
        low[at], high[at] = lower, upper
        fours = np.arange(1, most // 4 + 1)
        key = block_keys(self._seed, np.zeros(1, dtype=np.int64))[0]
        rounds = np.empty((1, 2 * ROUNDS), dtype=np.uint64)
        found = luck.copy().reshape(-1)
        for place in places.tolist():
            bounds = low[place].reshape(-1, 4), high[place].reshape(-1, 4)
            name = self._names[place // self._blocks]
            found[place] = loops()["search"](fours, name, *bounds, key, number, stride, rounds)
            number = int(found[place]) + stride
        return found.reshape(luck.shape), number


def _streams(plan: Plan) -> Iterator[list[Slot]]:
    """Of every carrier the days of its plan, and of the permissions it needs."""
    layout = plan.layout
    for c, carrier in enumerate(layout.carriers):
        wanted = [
            (segment.start, segment.end, chance)
            for segment, by_list in zip(layout.segments, layout.by_list, strict=True)
            if segment.carrier == c
            for chance in (segment.chance, *(chance for _, chance in by_list))
        ]
        needed = [
            (rule.start, rule.end, rule.chance)
            for rule in plan.permissions
            if rule.chance != NONE and rule.carriers >> c & 1
        ]
        yield [
            Slot(f"plan/{carrier}", day, tuple({(k,) for product in products for k in product}))
            for day, products in _in_force(wanted, layout.days)
        ]
        yield [
            Slot(f"permission/{carrier}", day, products) for day, products in _in_force(needed, layout.days)
        ]


def _in_force(rules: list[Rule], days: int) -> Iterator[tuple[int, tuple[tuple[int, ...], ...]]]:
    """Days on which rules are in force, and the values of those that are so together at some time of it."""
    for day in range(days):
        start, end = day * DAY, (day + 1) * DAY
        cuts = sorted({start, end, *(t for a, b, _ in rules for t in (a, b) if start < t < end)})
        products = {tuple(k for a, b, k in rules if a <= t < b): None for t, _ in pairwise(cuts)}
        products.pop((), None)
        if products:
            yield day, tuple(products)
