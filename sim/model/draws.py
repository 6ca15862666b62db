"""Everything random in one replication, drawn before it runs and shared by all its worlds.

Draws depend on the scenario's layout, the seed and the replication's number alone: removing an impediment
changes none of them, and replication 7 is the same alone or among a thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from sim.model.layout import BLOCK_DAYS, DAY, NEVER, NONE, DrawnDelay, Layout
from sim.model.quantiles import delay_seconds, heads_count, prior_value
from sim.model.streams import Floats, Streams, Words, keys
from sim.scenario.schema import Checkpoint

Ints = NDArray[np.int64]

OUT, BACK = 0, 1
"""Directions of a trip."""


@dataclass(frozen=True)
class Draws:
    """One replication's luck. Patients are rows, by (referral, block, nth); n of them."""

    values: Floats
    """Every number of the layout, in base units: fixed ones, and priors at this replication's luck."""
    referred: Ints
    """(n,) second of referral; 0 for those on the list at the start."""
    block: Ints
    """(n,) block of referral, -1 for those on the list at the start."""
    nth: Ints
    """(n,) number within the block: (block, nth) names a patient in every world and variant."""
    kind: Ints
    """(n,) class, an index into the layout's classes."""
    companions: Ints
    """(n,)"""
    lying: NDArray[np.bool_]
    """(n,) must lie down."""
    withdraws: Ints
    """(n,) second at which patience ends, NEVER if it does not."""
    dies: Ints
    """(n,) second of death if still waiting, NEVER if not."""
    reluctance: Floats
    """(n,) uniforms: below a deterrence's share, the party stays away."""
    lead: Ints
    """(clearances, n) seconds from asking to clearance."""
    refusal: Floats
    """(clearances, n) uniforms: below the share refused, the party is refused."""
    go: Floats
    """(carriers, days) uniforms for the plan's chance."""
    permission: Floats
    """(carriers, days) uniforms for passage limits."""
    fit: Floats
    """(vehicles, days) uniforms for availability."""
    travel: Ints
    """(legs, 2, slots) seconds, out and back."""
    rest: Ints
    """(slots,) seconds at the far end."""
    inspect_vehicle: Ints
    """(checkpoints, 2, slots) seconds."""
    inspect_person: Ints
    """(checkpoints, 2, slots) seconds for each person aboard."""
    turned: Floats
    """(places, slots) uniforms: below the chance, the convoy led by this vehicle is turned back."""

    @property
    def patients(self) -> int:
        """How many patients there are, those on the list at the start included."""
        return len(self.referred)


class Sampler:
    """Makes draws for one layout; keeps what every replication needs; one per thread."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._streams = Streams()
        block = BLOCK_DAYS * DAY
        starts = {b * block for b in range(layout.blocks)}
        edges = starts | {s for s, _ in layout.referrals} | {0, layout.horizon}
        self._edges = np.array(sorted(e for e in edges if e <= layout.horizon), dtype=np.float64)
        self._block_first = np.searchsorted(self._edges, [b * block for b in range(layout.blocks)])
        self._block_last = np.append(self._block_first[1:], len(self._edges) - 1)
        self._rate_of_piece = [
            max((k for k, (s, _) in enumerate(layout.referrals) if s <= edge), default=NONE)
            for edge in self._edges[:-1]
        ]

    def draw(
        self,
        seed: int,
        replication: int,
        parameters: dict[str, float] | None = None,
        block_keys: Words | None = None,
    ) -> Draws:
        """Draw one replication.

        Parameters
        ----------
        seed, replication
            Luck is a function of these two.
        parameters
            Values of epistemic parameters by name, in base units, in place of draws from their priors.
        block_keys
            Shape (blocks, 2): luck of each block, in place of that of (seed, replication).
        """
        layout = self.layout
        luck = keys(seed, replication, "luck", layout.blocks) if block_keys is None else block_keys
        values = self._values(seed, replication, parameters or {})
        initial = int(values[layout.initial])
        counts, referred = self._referrals(luck, values)
        block = np.concatenate([np.full(initial, -1), np.repeat(np.arange(layout.blocks), counts)])
        nth = np.concatenate([np.arange(initial), *(np.arange(n) for n in counts)])

        def per_patient(purpose: str) -> Floats:
            at_start = self._streams.uniforms(luck[0], f"initial/{purpose}", initial)
            later = self._streams.by_block(luck, f"need/{purpose}", int(counts.max(initial=0)))
            return np.concatenate([at_start, *(row[:n] for row, n in zip(later, counts, strict=True))])

        referred = np.concatenate([np.zeros(initial, dtype=np.int64), referred])
        kind = self._classes(values, per_patient("class"))
        companions = np.zeros(len(kind), dtype=np.int64)
        lying = np.zeros(len(kind), dtype=bool)
        withdraws = np.full(len(kind), NEVER)
        dies = np.full(len(kind), NEVER)
        u_companions, u_lying = per_patient("companions"), per_patient("lying")
        u_withdraws, u_dies = per_patient("withdraws"), per_patient("deteriorates")
        for k, row in enumerate(layout.classes):
            mine = kind == k
            mean = _value(values, row.companions_mean)
            companions[mine] = heads_count(row.companions.value, mean, u_companions[mine])
            lying[mine] = u_lying[mine] < values[row.lying]
            for fact, at, u, ends in (
                (row.withdraws, row.withdraws_mean, u_withdraws, withdraws),
                (row.deteriorates, row.deteriorates_mean, u_dies, dies),
            ):
                if fact is not None:
                    after = delay_seconds(fact.value, _value(values, at), 0, u[mine])
                    ends[mine] = np.minimum(referred[mine] + after, NEVER)
        lead = [
            _seconds(delay, values, per_patient(f"clearance/{id_}/lead")) for id_, delay in layout.clearances
        ]
        refusal = [per_patient(f"clearance/{id_}/refused") for id_, _ in layout.clearances]
        return Draws(
            values=values,
            referred=referred,
            block=block,
            nth=nth,
            kind=kind,
            companions=companions,
            lying=lying,
            withdraws=withdraws,
            dies=dies,
            reluctance=per_patient("reluctance"),
            lead=np.array(lead, dtype=np.int64).reshape(len(lead), len(kind)),
            refusal=np.array(refusal).reshape(len(refusal), len(kind)),
            go=self._per_day(luck, "plan"),
            permission=self._per_day(luck, "permission"),
            fit=self._fit(luck, values),
            travel=self._travel(luck, values),
            rest=self._by_slot(luck, "rest", layout.turnaround, values),
            inspect_vehicle=self._inspection(luck, values, person=False),
            inspect_person=self._inspection(luck, values, person=True),
            turned=self._turned(luck),
        )

    def _values(self, seed: int, replication: int, parameters: dict[str, float]) -> Floats:
        """Fixed values, and epistemic parameters at the replication's own luck, or as given."""
        values = np.array([v.fixed for v in self.layout.values])
        key = None
        for k, value in enumerate(self.layout.values):
            if value.name in parameters:
                values[k] = parameters[value.name]
            elif value.prior is not None:
                if key is None:
                    key = keys(seed, replication, "parameters", 1)[0]
                u = self._streams.uniforms(key, value.name, 1)[0]
                values[k] = prior_value(value.prior, value.whole, float(u), value.most)
        return values

    def _referrals(self, luck: Words, values: Floats) -> tuple[Ints, Ints]:
        """A unit-rate Poisson process stretched by the rate inside each block: counts, and seconds."""
        layout = self.layout
        rates = np.array([0.0 if k == NONE else values[layout.referrals[k][1]] for k in self._rate_of_piece])
        expected = np.concatenate([[0.0], np.cumsum(rates * np.diff(self._edges) / DAY)])
        first, last = expected[self._block_first], expected[self._block_last]
        most = float((last - first).max(initial=0.0))
        n = int(most + 8 * sqrt(most) + 16)
        while True:
            gaps = -np.log1p(-self._streams.by_block(luck, "need/referral", n))
            at = first[:, None] + np.cumsum(gaps, axis=1)
            if (at[:, -1] >= last).all():
                break
            n *= 2
        inside = at < last[:, None]
        seconds = np.interp(at[inside], expected, self._edges).astype(np.int64)
        return inside.sum(axis=1), np.minimum(seconds, layout.horizon - 1)

    def _classes(self, values: Floats, u: Floats) -> Ints:
        """Class of each patient, by shares; the class `rest` takes what the others leave."""
        shares = [NONE if row.share == NONE else values[row.share] for row in self.layout.classes]
        rest = max(0.0, 1.0 - sum(s for s in shares if s != NONE))
        cumulative = np.cumsum([rest if s == NONE else s for s in shares])
        return np.minimum(np.searchsorted(cumulative, u, side="right"), len(shares) - 1).astype(np.int64)

    def _per_day(self, luck: Words, purpose: str) -> Floats:
        """(carriers, days) uniforms."""
        rows = [
            self._streams.by_block(luck, f"{purpose}/{name}", BLOCK_DAYS).ravel()[: self.layout.days]
            for name in self.layout.carriers
        ]
        return np.array(rows)

    def _by_vehicle(self, luck: Words, purpose: str, trips: bool) -> Floats:
        """Uniforms of every vehicle, day and (where asked) trip of the day, in the order of slots.

        A type's vehicles share a stream, its word the vehicle's number and the day of the block: one
        vehicle more changes nobody else's luck, nor does another trip a day.
        """
        layout = self.layout
        parts = []
        k = 0
        while k < len(layout.vehicles):
            first = layout.vehicles[k]
            same = [v for v in layout.vehicles[k:] if (v.carrier, v.type) == (first.carrier, first.type)]
            stream = f"{purpose}/{layout.carriers[first.carrier]}/{first.type}"
            n = layout.trips[first.carrier] if trips else 1
            u = np.empty((len(same), n, layout.blocks * BLOCK_DAYS))
            for trip in range(n):
                words = self._streams.by_block(luck, stream, len(same) * BLOCK_DAYS, trip)
                by_number = words.reshape(layout.blocks, len(same), BLOCK_DAYS).transpose(1, 0, 2)
                u[:, trip] = by_number.reshape(len(same), -1)
            parts.append(u[:, :, : layout.days].ravel())
            k += len(same)
        return np.concatenate(parts) if parts else np.empty(0)

    def _fit(self, luck: Words, values: Floats) -> Floats:
        """(vehicles, days) uniforms for availability; not drawn where every vehicle is always fit."""
        layout = self.layout
        if all(values[v.availability] == 1 for v in layout.vehicles):
            return np.zeros((len(layout.vehicles), layout.days))
        return self._by_vehicle(luck, "availability", trips=False).reshape(-1, layout.days)

    def _by_slot(self, luck: Words, stream: str, delay: DrawnDelay, values: Floats) -> Ints:
        """(slots,) seconds; what never varies is not drawn."""
        varies = delay.delay.kind not in ("constant", "never")
        u = self._by_vehicle(luck, stream, trips=True) if varies else np.zeros(self.layout.slots)
        return _seconds(delay, values, u)

    def _travel(self, luck: Words, values: Floats) -> Ints:
        """(legs, 2, slots) seconds."""
        layout = self.layout
        travel = np.empty((len(layout.out), 2, layout.slots), dtype=np.int64)
        for k, (out, back) in enumerate(zip(layout.out, layout.back, strict=True)):
            travel[k, OUT] = self._by_slot(luck, f"travel/{layout.places[k + 1]}/out", out, values)
            travel[k, BACK] = self._by_slot(luck, f"travel/{layout.places[k + 1]}/back", back, values)
        return travel

    def _inspection(self, luck: Words, values: Floats, person: bool) -> Ints:
        """(checkpoints, 2, slots) seconds for a vehicle, or for each person in it."""
        layout = self.layout
        seconds = np.empty((len(layout.checkpoints), 2, layout.slots), dtype=np.int64)
        for k, (id_, of_vehicle, of_person) in enumerate(layout.checkpoints):
            delay, what = (of_person, "person") if person else (of_vehicle, "vehicle")
            for way, name in ((OUT, "out"), (BACK, "back")):
                seconds[k, way] = self._by_slot(luck, f"inspection/{id_}/{name}/{what}", delay, values)
        return seconds

    def _turned(self, luck: Words) -> Floats:
        """(places, slots) uniforms; 1, never below a chance, where no checkpoint ever stands."""
        layout = self.layout
        turned = np.ones((len(layout.places), layout.slots))
        for place in {p.obstacle.at for p in layout.obstacles if isinstance(p.obstacle, Checkpoint)}:
            turned[layout.places.index(place)] = self._by_vehicle(luck, f"turn_back/{place}", trips=True)
        return turned


def _value(values: Floats, index: int) -> float | None:
    return None if index == NONE else float(values[index])


def _seconds(delay: DrawnDelay, values: Floats, u: Floats) -> Ints:
    return delay_seconds(delay.delay, _value(values, delay.mean), delay.least, u)
