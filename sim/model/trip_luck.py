"""The luck of trips: seconds on the road and at checkpoints, for each slot that a trip can use.

A vehicle's nth trip of a day has one slot, whatever the world. Most days a carrier may not want to go at all,
and its timetable says when it can: slots that no world can use are left as they are.
"""

from __future__ import annotations

from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from sim.model.layout import BLOCK_DAYS, DAY, NONE, DrawnDelay, Layout, value_index
from sim.model.philox import NOWHERE, TO, WHICH
from sim.model.quantiles import delay_seconds
from sim.model.streams import Floats, Words, counter_words, loops, uniforms_of_fours
from sim.scenario.schema import Checkpoint

Ints = NDArray[np.int64]

FIXED = ("constant", "never")
"""Kinds of delays that take no luck."""


class TripLuck:
    """Draws what trips need, for one layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._fours = fours(layout, trips=layout.trips)
        rows = _rows(layout)
        self._rows = len(rows)
        self._fixed = [(row, d) for row, (_, d) in enumerate(rows) if d.delay.kind in FIXED]
        drawn: dict[tuple[object, ...], list[int]] = {}
        for row, (_, d) in enumerate(rows):
            if d.delay.kind not in FIXED:
                drawn.setdefault((d.delay, d.mean, d.least), []).append(row)
        self._drawn = [(rows[same[0]][1], same) for same in drawn.values()]
        """Rows of the same distribution, which are drawn together."""
        self._names = of_types(layout, [rows[row][0] for same in drawn.values() for row in same])
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
        self._segment = np.array([d.segment for d in layout.departures], int)
        chances = [
            [row.chance, *(chance for _, chance in steps)]
            for row, steps in zip(layout.segments, layout.by_list, strict=True)
        ]
        self._chances = np.array([chance for of_segment in chances for chance in of_segment], int)
        self._first_chance = np.cumsum([0, *(len(of_segment) for of_segment in chances[:-1])])
        ready = np.zeros((len(layout.carriers), layout.days), dtype=np.int64)
        for s in layout.segments:
            if s.ready:
                ready[s.carrier, s.start // DAY : -(-s.end // DAY)] = layout.trips[s.carrier]
        self._ready = ready.ravel()

    def draw(self, values: Floats, go: Floats, rounds: Words) -> tuple[Ints, Floats]:
        """Seconds (rows, slots) and what turns convoys back (places, slots).

        Parameters
        ----------
        values, go
            Of this replication, as in its draws.
        rounds
            Keys of the blocks, as :func:`sim.model.streams.round_keys` makes them.
        """
        chosen, places = self._usable(values, go)
        n = len(places)
        seconds = np.zeros((self._rows, self.layout.slots), dtype=np.int64)
        for row, d in self._fixed:
            seconds[row] = delay_seconds(d.delay, value_at(values, d.mean), d.least, np.zeros(1))[0]
        u = uniforms_of_fours(chosen, self._names, rounds, n)
        put, at = loops()["place"], 0
        for d, rows in self._drawn:
            drawn = delay_seconds(d.delay, value_at(values, d.mean), d.least, u[at : at + len(rows)].ravel())
            for k, row in enumerate(rows):
                put(drawn[k * n : (k + 1) * n], places, seconds[row])
            at += len(rows)
        if not any(values[chance] for chances in self._turning.values() for chance in chances):
            return seconds, self._never_turned
        turned = self._never_turned.copy()
        u = uniforms_of_fours(chosen, self._turning_names, rounds, n)
        turned[np.array(list(self._turning))[:, None], places] = u
        return seconds, turned

    def _usable(self, values: Floats, go: Floats) -> tuple[Ints, Ints]:
        """Fours that a trip of some world can use, and the slots of their uniforms.

        A vehicle leaves at most once at each planned departure to which the carrier goes if its list is as
        long as can be; one that leaves when ready, as often as luck is drawn for.
        """
        most = np.maximum.reduceat(values[self._chances], self._first_chance)
        going = self._departs[go.ravel()[self._departs] < most[self._segment]]
        trips = self._ready + np.bincount(going, minlength=len(self._ready))
        chosen = np.empty_like(self._fours)
        places = np.empty(self.layout.slots, dtype=np.int64)
        n, used = loops()["choose"](self._fours, self._day_of_slot, trips, chosen, places)
        return chosen[:n], places[:used]


def value_at(values: Floats, index: int) -> float | None:
    """The value at an index, None where there is none."""
    return None if index == NONE else float(values[index])


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
    there have none.
    """
    out = [np.empty((0, TO + 4), dtype=np.int64)]
    vehicles = list(enumerate(layout.vehicles))
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
        rows[..., TO:] = np.where(there, first[known] + trip * layout.days + day, NOWHERE)
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
