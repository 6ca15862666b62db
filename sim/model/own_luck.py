"""The luck of travellers who bring a vehicle of their own: who is in it, when it is ready, how it drives.

A vehicle is named by (group, block, nth of the block): another curve of readiness moves vehicles in time, and
renames nobody. The people who get ready in a block are the curve's share of the total, and fill vehicles
until all are in one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.layout import BLOCK_DAYS, DAY, NONE, DrawnDelay, Layout, OwnGroup
from sim.model.quantiles import delay_seconds, heads_steps
from sim.model.streams import Floats, Words, counter_words, uniforms

Ints = NDArray[np.int64]


class OwnVehicles(NamedTuple):
    """Own vehicles are rows, by (second ready, group, block, nth); n of them."""

    ready: Ints
    """(n,) second at which it sets out, if the road is open."""
    group: Ints
    """(n,) index into the layout's groups."""
    block: Ints
    nth: Ints
    """(n,) number within the group and block: with them it names the vehicle in every world and variant."""
    people: Ints
    """(n,)"""


NOBODY = OwnVehicles(*(np.empty(0, dtype=np.int64) for _ in range(5)))


class OwnLuck:
    """Draws own vehicles, for one layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._delays: list[tuple[str, DrawnDelay]] = [
            *((f"travel/{to}", d) for to, d in zip(layout.places[1:], layout.out, strict=True)),
            *((f"inspection/{id_}/vehicle", d) for id_, d, _ in layout.checkpoints),
            *((f"inspection/{id_}/person", d) for id_, _, d in layout.checkpoints),
        ]
        purposes = ["companions", "ready", *(name for name, _ in self._delays)]
        self._streams = len(purposes)
        self._names = counter_words([f"own/{group.name}/{what}" for group in layout.own for what in purposes])

    def draw(self, values: Floats, rounds: Words) -> tuple[OwnVehicles, Ints]:
        """Own vehicles, and their seconds: of each leg, of each inspection, of a person at each.

        A run that ends earlier has the same vehicles as far as it goes.

        Returns
        -------
        OwnVehicles, array
            The second of shape (legs + 2 checkpoints, n).
        """
        rows, seconds = [], []
        for g, group in enumerate(self.layout.own):
            for block, (people, edges, expected) in enumerate(self._blocks(group, values)):
                aboard = self._aboard(g, block, group, people, values, rounds)
                n = len(aboard)
                u = self._uniforms(g, block, n, rounds)
                first, last = expected[0], expected[-1]
                ready = np.interp(first + u[0] * (last - first), expected, edges).astype(np.int64)
                rows.append((ready, np.full(n, g), np.full(n, block), np.arange(n), aboard))
                seconds.append(
                    [
                        delay_seconds(d.delay, mean_at(values, d.mean), d.least, at)
                        for (_, d), at in zip(self._delays, u[1:], strict=True)
                    ]
                )
        own = OwnVehicles(*(np.concatenate(column) for column in zip(*rows, strict=True)))
        order = np.argsort(own.ready, kind="stable")  # within a second by (group, block, nth), as they are
        order = order[: np.searchsorted(own.ready[order], self.layout.horizon)]
        return OwnVehicles(*(column[order] for column in own)), np.concatenate(seconds, axis=1)[:, order]

    def _blocks(self, group: OwnGroup, values: Floats) -> list[tuple[int, Floats, Floats]]:
        """Of each block: people who get ready in it, the seconds between which the curve is straight, and
        how much of it lies before each."""
        layout, length = self.layout, BLOCK_DAYS * DAY
        starts = np.array([0, *(second for second, _ in group.ready)], dtype=np.float64)
        rates = np.array([0.0, *(values[k] for _, k in group.ready)])
        end = max(layout.horizon, int(starts[-1]))
        cuts = np.unique([*starts, *range(0, end, length), end]).astype(np.float64)
        at = rates[np.searchsorted(starts, cuts[:-1], side="right") - 1]
        curve = np.concatenate([[0.0], np.cumsum(at * np.diff(cuts))])
        share = values[group.people] / curve[-1] if curve[-1] > 0 else 0.0
        out = []
        for block in range(layout.blocks):
            edges = (cuts >= block * length) & (cuts <= (block + 1) * length)
            here = curve[edges]
            first, last = np.rint(share * here[[0, -1]])
            out.append((int(last - first), cuts[edges], here))
        return out

    def _aboard(
        self, g: int, block: int, group: OwnGroup, people: int, values: Floats, rounds: Words
    ) -> Ints:
        """People in each vehicle of a group and block; the last one takes who is left."""
        shares, companions = heads_steps(group.companions.value, mean_at(values, group.companions_mean))
        n = people // 2 + 16
        while people > 0:
            u = uniforms(np.array([[g * self._streams, block, 0, n]]), self._names, rounds)
            aboard = 1 + companions[np.searchsorted(shares, u, side="right")]
            filled = np.cumsum(aboard)
            if filled[-1] >= people:
                last = int(np.searchsorted(filled, people))
                aboard[last] -= filled[last] - people
                return aboard[: last + 1]
            n *= 2
        return np.empty(0, dtype=np.int64)

    def _uniforms(self, g: int, block: int, n: int, rounds: Words) -> Floats:
        """Of every vehicle, for all purposes but who is aboard, shape (streams - 1, n)."""
        requests = [[g * self._streams + k, block, 0, n] for k in range(1, self._streams)]
        return uniforms(np.array(requests), self._names, rounds).reshape(len(requests), n)


def beside(of_trips: Ints, of_own: Ints) -> Ints:
    """Seconds (k, 2, slots) of trips with those (k, n) of own vehicles, which do not come back, behind."""
    behind = np.stack([of_own, np.zeros_like(of_own)], axis=1)
    return np.concatenate([of_trips, behind], axis=2)


def mean_at(values: Floats, index: int) -> float | None:
    """The mean that stretches a distribution, None where it has its own."""
    return None if index == NONE else float(values[index])
