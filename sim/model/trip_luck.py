"""The luck of trips: seconds on the road and at checkpoints, for each slot that a trip can use.

A vehicle's nth trip of a day has one slot, whatever the world. Most days a carrier may not want to go at all,
and its timetable says when it can: slots that no world can use are left as they are.
"""

from __future__ import annotations

from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from sim.model.distribution_tables import Durations
from sim.model.layout import BLOCK_DAYS, DAY, DrawnDelay, Layout, value_index
from sim.model.philox import TO, WHICH
from sim.model.streams import Floats, Words, counter_words, loops
from sim.scenario.schema import Checkpoint

Ints = NDArray[np.int64]

FIXED = ("constant", "never")
"""Kinds of delays that take no luck."""


class TripLuck:
    """Draws what trips need, for one layout; keeps its tables, so one per thread."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._fours = fours(layout, trips=layout.trips)
        rows = _rows(layout)
        drawn = [row for row, (_, d) in enumerate(rows) if d.delay.kind not in FIXED]
        self._durations = Durations(
            (d.delay, d.mean, d.least, drawn.index(row) if row in drawn else 0)
            for row, (_, d) in enumerate(rows)
        )
        self._names = of_types(layout, [rows[row][0] for row in drawn])
        self._turning: dict[int, list[int]] = {}
        """Place -> values of the chances of its checkpoints to turn convoys back."""
        for p in layout.obstacles:
            if isinstance(p.obstacle, Checkpoint):
                chance = value_index(layout, f"obstacles.{p.id}.turn_back")
                self._turning.setdefault(layout.places.index(p.obstacle.at), []).append(chance)
        self._turning_names = of_types(
            layout, [f"turn_back/{layout.places[place]}" for place in self._turning]
        )
        self._never_turned = np.ones((len(layout.places), layout.slots))
        self._day_of_slot = np.empty(layout.slots, dtype=np.int64)
        for v in layout.vehicles:
            days = v.carrier * layout.days + np.arange(layout.days)
            own = slice(v.first_slot, v.first_slot + layout.trips[v.carrier] * layout.days)
            self._day_of_slot[own] = np.tile(days, layout.trips[v.carrier])
        self._departs = np.array([d.carrier * layout.days + d.second // DAY for d in layout.departures], int)
        chances = [
            [row.chance, *(chance for _, chance in steps)]
            for row, steps in zip(layout.segments, layout.by_list, strict=True)
        ]
        most = max(map(len, chances))
        padded = [[*of_segment, *of_segment[:1] * (most - len(of_segment))] for of_segment in chances]
        self._chances = np.array([padded[d.segment] for d in layout.departures], int).reshape(-1, most)
        ready = np.zeros((len(layout.carriers), layout.days), dtype=np.int64)
        for s in layout.segments:
            if s.ready:
                ready[s.carrier, s.start // DAY : -(-s.end // DAY)] = layout.trips[s.carrier]
        self._ready = ready.ravel()
        self._chosen = np.empty_like(self._fours)
        self._used = np.empty(layout.slots, dtype=np.bool_)
        self._u = np.full((len(drawn), layout.slots + 1), 0.5)
        """Uniforms of the last replication; only those that are used are of any meaning."""

    def draw(self, values: Floats, go: Floats, rounds: Words) -> tuple[Ints, Floats]:
        """Seconds (rows, slots) and what turns convoys back (places, slots).

        Parameters
        ----------
        values, go
            Of this replication, as in its draws.
        rounds
            Keys of the blocks, as :func:`sim.model.streams.round_keys` makes them.
        """
        chosen = self._usable(values, go)
        fill_fours(chosen, self._names, rounds, self._u)
        seconds = self._durations.seconds(values, self._u, self._used)
        if not any(values[chance] for chances in self._turning.values() for chance in chances):
            return seconds, self._never_turned
        u = np.empty((len(self._turning), self.layout.slots + 1))
        fill_fours(chosen, self._turning_names, rounds, u)
        turned = self._never_turned.copy()
        turned[list(self._turning)] = np.where(self._used, u[:, :-1], 1.0)
        return seconds, turned

    def _usable(self, values: Floats, go: Floats) -> Ints:
        """Fours that a trip of some world can use; marks the slots of their uniforms.

        A vehicle leaves at most once at each planned departure to which the carrier goes if its list is as
        long as can be; one that leaves when ready, as often as luck is drawn for.
        """
        n = loops()["choose"](
            self._fours, self._day_of_slot, self._departs, self._chances, values, go, self._ready.copy(),
            self._chosen, self._used,
        )  # fmt: skip
        return self._chosen[:n]


def fill_fours(fours: Ints, names: Words, rounds: Words, out: Floats) -> None:
    """Write the uniforms of those words that have a place.

    Parameters
    ----------
    fours
        Rows as `philox.py` describes them.
    names
        Shape (streams, types, 2), rows of :func:`counter_words`; a four's name is one of the types.
    rounds
        As :func:`round_keys` makes them.
    out
        (streams, places + 1)
    """
    loops()["fill_fours"](fours, names.reshape(-1, 2), names.shape[1], rounds, out)


def of_types(layout: Layout, streams: list[str]) -> Words:
    """Words of each stream's name for each type of vehicle, shape (streams, types, 2)."""
    types = dict.fromkeys(f"{layout.carriers[v.carrier]}/{v.type}" for v in layout.vehicles)
    names = [f"{stream}/{of_type}" for stream in streams for of_type in types]
    return counter_words(names).reshape(len(streams), len(types), 2)


def fours(layout: Layout, trips: tuple[int, ...] | None = None) -> Ints:
    """Four uniforms a row (see `philox.py`) for every vehicle, day and, where asked, trip of the day.

    A type's vehicles share a stream, its word the vehicle's number and the day of the block, its part the
    trip: one vehicle more changes nobody else's luck, nor does another trip a day. The places are slots;
    with a single trip of every vehicle they are those of (vehicle, day). Days on which the vehicle is not
    there have none: their uniforms go to the spare place at the end.
    """
    out = [np.empty((0, TO + 4), dtype=np.int64)]
    vehicles = list(enumerate(layout.vehicles))
    spare = len(vehicles) * layout.days if trips is None else layout.slots
    for name, (_, group) in enumerate(groupby(vehicles, key=lambda v: (v[1].carrier, v[1].type))):
        same = list(group)
        one = same[0][1]
        shape = (
            1 if trips is None else trips[one.carrier],
            layout.blocks,
            -(-len(same) * BLOCK_DAYS // 4),
            4,
        )
        trip, block, which, k = np.indices(shape, sparse=True)
        number, day = np.divmod(4 * which + k, BLOCK_DAYS)
        day = day + block * BLOCK_DAYS
        first = np.array([index * layout.days if trips is None else v.first_slot for index, v in same])
        known = np.minimum(number, len(same) - 1)
        there = (number < len(same)) & (day < layout.days)
        there &= (day * DAY < one.end) & ((day + 1) * DAY > one.start)
        rows = np.empty((*shape[:3], TO + 4), dtype=np.int64)
        rows[..., 0], rows[..., 1], rows[..., 2] = name, block[..., 0], trip[..., 0]
        rows[..., WHICH] = which[..., 0] + 1
        rows[..., TO:] = np.where(there, first[known] + trip * layout.days + day, spare)
        out.append(rows.reshape(-1, TO + 4))
    return np.concatenate(out)


def _rows(layout: Layout) -> list[tuple[str, DrawnDelay]]:
    """Stream and delay of each row of seconds: travel (out and back of each leg), rest, inspections."""
    rows = []
    for place, out, back in zip(layout.places[1:], layout.out, layout.back, strict=True):
        rows += [(f"travel/{place}/out", out), (f"travel/{place}/back", back)]
    rows.append(("rest", layout.turnaround))
    for id_, of_vehicle, _ in layout.checkpoints:
        rows += [(f"inspection/{id_}/{way}/vehicle", of_vehicle) for way in ("out", "back")]
    for id_, _, of_person in layout.checkpoints:
        rows += [(f"inspection/{id_}/{way}/person", of_person) for way in ("out", "back")]
    return rows
