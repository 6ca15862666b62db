"""Everything random in one replication, drawn before it runs and shared by all its worlds.

Draws depend on the scenario's layout, the seed and the replication's number alone: removing an impediment
changes none of them, and replication 7 is the same alone or among a thousand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.model.distribution_tables import Durations, Priors
from sim.model.layout import BLOCK_DAYS, DAY, NEVER, NONE, Layout
from sim.model.own_luck import NOBODY, OwnLuck, OwnVehicles, beside
from sim.model.philox import COUNT
from sim.model.quantiles import (
    DIES,
    HEADS,
    IN_BLOCK,
    NTH,
    OF_CLASS,
    REFERRED_AT,
    RELUCTANCE,
    WITHDRAWS,
    heads_steps,
)
from sim.model.quantiles import loops as making
from sim.model.streams import Floats, Words, counter_words, every, keys, loops, round_keys, uniforms
from sim.model.trip_luck import TripLuck, fill_fours, fours, of_types
from sim.scenario.quantities import Delay
from sim.scenario.schema import ConvoyCap, Deterrence, PassageLimit

Ints = NDArray[np.int64]

OUT, BACK = 0, 1
"""Directions of a trip."""
NEVER_COMES = Delay("never", (), "never")


@dataclass(frozen=True)
class Draws:
    """One replication's luck. Patients are rows, by (referral, block, nth); n of them.

    Luck that no world can use is not drawn: rows of trips hold 0 at slots of days on which the carrier would
    not go, whatever its list (delays that never vary are at every slot).
    """

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
    """(vehicles, days) uniforms for availability; 0 where a vehicle is not there, or every one always fit.
    One array for all replications that draw nothing."""
    travel: Ints
    """(legs, 2, slots) seconds, out and back. Own vehicles have a slot each behind those of trips, here and
    at checkpoints."""
    rest: Ints
    """(slots,) seconds at the far end."""
    inspect_vehicle: Ints
    """(checkpoints, 2, slots) seconds."""
    inspect_person: Ints
    """(checkpoints, 2, slots) seconds for each person aboard."""
    turned: Floats
    """(places, slots) uniforms: below the chance, the convoy led by this vehicle is turned back; 1, never
    below a chance, where nothing is drawn. One array for all replications that draw nothing."""
    own: OwnVehicles = NOBODY
    """Travellers who bring their own vehicle."""

    @property
    def patients(self) -> int:
        """How many patients there are, those on the list at the start included."""
        return len(self.referred)

    def name_of(self, patient: int) -> str:
        """Name of a patient, the same in every world and variant.

        ``start-3`` is the third on the list at the start, ``block2-17`` the seventeenth who was referred in
        the second block of ten days.
        """
        block, nth = int(self.block[patient]), int(self.nth[patient]) + 1
        return f"start-{nth}" if block < 0 else f"block{block + 1}-{nth}"

    def name_of_own(self, vehicle: int) -> str:
        """Name of an own vehicle within its group, the same in every world and variant: ``block1-17``."""
        return f"block{self.own.block[vehicle] + 1}-{self.own.nth[vehicle] + 1}"


class Sampler:
    """Makes draws for one layout; keeps what every replication needs, so one per thread."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        block = BLOCK_DAYS * DAY
        starts = {b * block for b in range(layout.blocks)}
        edges = sorted(starts | {s for s, _ in layout.referrals if s <= layout.horizon} | {0, layout.horizon})
        rates = [(-1, NONE), *layout.referrals]
        self._edges = np.array(edges)
        self._pieces = np.array([*map(edges.index, sorted(starts)), len(edges) - 1])
        self._rate_of = np.array([max(r for r in rates if r[0] <= e)[1] for e in edges[:-1]])
        self._arrivals = np.empty(1024, dtype=np.int64)
        self._fixed = np.array([v.fixed for v in layout.values])
        self._value = {v.name: k for k, v in enumerate(layout.values)}
        self._priors = Priors(layout)
        self._referral_names = counter_words(["need/referral"])
        self._purposes = _purposes(layout)
        days = [f"{p}/{c}" for p in ("plan", "permission") for c in layout.carriers]
        self._days = {stream: row for row, stream in enumerate(days)}
        self._day_names = counter_words(days)
        self._day_requests = every(len(days), layout.blocks, BLOCK_DAYS)
        self._names = counter_words([f"{s}/{p}" for p in self._purposes for s in ("initial", "need")])
        self._requests = _requests(layout.blocks, len(self._purposes))
        self.of_people = _of_people(layout)
        """Indices of the values that `people` depends on."""
        self.of_vehicles = _of_vehicles(layout, self.of_people)
        """And those that `vehicles` may depend on."""
        self._shares = [row.share for row in layout.classes]
        self._lying = [row.lying for row in layout.classes]
        self._heads = [(row.companions.value, row.companions_mean) for row in layout.classes]
        self._ends = Durations(
            (NEVER_COMES if fact is None else fact.value, mean, 0, self._row(purpose))
            for row in layout.classes
            for fact, mean, purpose in (
                (row.withdraws, row.withdraws_mean, "withdraws"),
                (row.deteriorates, row.deteriorates_mean, "deteriorates"),
            )
        )
        self._leads = Durations(
            (d.delay, d.mean, d.least, self._row(f"clearance/{id_}/lead")) for id_, d in layout.clearances
        )
        self._availabilities = sorted({v.availability for v in layout.vehicles})
        self._fit_fours = fours(layout)
        self._fit_names = of_types(layout, ["availability"])
        self._always_fit = np.zeros((len(layout.vehicles), layout.days))
        self._trips = TripLuck(layout)
        self._own = OwnLuck(layout) if layout.own else None

    def draw(
        self,
        seed: int,
        replication: int,
        parameters: dict[str, float] | None = None,
        block_keys: Words | None = None,
        apart: Mapping[str, Words] | None = None,
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
        apart
            Likewise of single streams of the days, `plan/CARRIER` or `permission/CARRIER`, whose luck is not
            that of the rest of the block. Streams that the layout does not have are left out.

        Raises
        ------
        ValueError
            When the parameters put fewer than nobody on the list at the start.
        """
        layout = self.layout
        luck = keys(seed, replication, "luck", layout.blocks) if block_keys is None else block_keys
        values = self.values(parameters or {}, seed, replication)
        rounds = round_keys(luck)
        go, permission = self.days(rounds, apart or {})
        return Draws(
            values=values,
            go=go,
            permission=permission,
            **self.people(values, rounds),
            **self.vehicles(values, go, rounds),
        )

    def days(self, rounds: Words, apart: Mapping[str, Words]) -> tuple[Floats, Floats]:
        """`go` and `permission` of :class:`Draws`."""
        carriers, blocks = len(self.layout.carriers), self.layout.blocks
        u = uniforms(self._day_requests, self._day_names, rounds).reshape(2 * carriers, -1)
        for stream, row in self._days.items():
            if stream in apart:
                name = self._day_names[row : row + 1]
                u[row] = uniforms(every(1, blocks, BLOCK_DAYS), name, round_keys(apart[stream]))
        go, permission = np.ascontiguousarray(u.reshape(2, carriers, -1)[:, :, : self.layout.days])
        return go, permission

    def people(self, values: Floats, rounds: Words) -> dict[str, Any]:
        """What :class:`Draws` holds of patients."""
        listed = self._referrals(rounds, values)
        n = int(listed.sum())
        u = self._uniforms(rounds, listed, n)
        patients, lying = self._patients(values, u, listed, n)
        return {
            "referred": patients[REFERRED_AT],
            "block": patients[IN_BLOCK],
            "nth": patients[NTH],
            "kind": patients[OF_CLASS],
            "companions": patients[HEADS],
            "lying": lying,
            "withdraws": patients[WITHDRAWS],
            "dies": patients[DIES],
            "reluctance": u[RELUCTANCE],
            "lead": self._leads.seconds(values, u, np.ones(n, dtype=np.bool_)),
            "refusal": u[len(u) - len(self.layout.clearances) :],
        }

    def vehicles(self, values: Floats, go: Floats, rounds: Words) -> dict[str, Any]:
        """What :class:`Draws` holds of vehicles, those of travellers too."""
        layout = self.layout
        seconds, turned = self._trips.draw(values, go, rounds)
        legs, checkpoints = 2 * len(layout.out), 2 * len(layout.checkpoints)
        travel, rest, inspections = seconds[:legs], seconds[legs], seconds[legs + 1 :]
        driven = travel.reshape(len(layout.out), 2, layout.slots)
        of_vehicle = inspections[:checkpoints].reshape(len(layout.checkpoints), 2, layout.slots)
        of_person = inspections[checkpoints:].reshape(len(layout.checkpoints), 2, layout.slots)
        own = NOBODY
        if self._own is not None:
            own, theirs = self._own.draw(values, rounds)
            places, posts = len(layout.out), len(layout.checkpoints)
            driven = beside(driven, theirs[:places])
            of_vehicle = beside(of_vehicle, theirs[places : places + posts])
            of_person = beside(of_person, theirs[places + posts :])
        return {
            "fit": self._fit(rounds, values),
            "travel": driven,
            "rest": rest,
            "inspect_vehicle": of_vehicle,
            "inspect_person": of_person,
            "turned": turned,
            "own": own,
        }

    def _row(self, purpose: str) -> int:
        """Row of the uniforms of patients; those of no purpose have none, and take the first."""
        return self._purposes.index(purpose) if purpose in self._purposes else 0

    def values(self, parameters: Mapping[str, float], seed: int = 0, replication: int = 0) -> Floats:
        """Fixed values, and epistemic parameters as given, or at the replication's own luck."""
        values = self._fixed.copy()
        if not self._priors.names <= parameters.keys():
            self._priors.draw(round_keys(keys(seed, replication, "parameters", 1)), values)
        for name, value in parameters.items():
            if name in self._value:
                values[self._value[name]] = value
        return values

    def _referrals(self, rounds: Words, values: Floats) -> Ints:
        """How many are on the list at the start, and referred in each block; when goes to `_arrivals`."""
        listed = np.empty(1 + self.layout.blocks, dtype=np.int64)
        listed[0] = int(values[self.layout.initial])
        if listed[0] < 0:
            raise ValueError("fewer than nobody on the list at the start")
        expected = np.empty(len(self._edges))
        while True:
            n = loops()["arrive"](
                values, self._rate_of, self._edges, self._pieces, self._referral_names, rounds,
                expected, self._arrivals, listed[1:],
            )  # fmt: skip
            if n != NONE:
                return listed
            self._arrivals = np.empty(2 * len(self._arrivals), dtype=np.int64)

    def _uniforms(self, rounds: Words, listed: Ints, n: int) -> Floats:
        """Of patients (purposes, n), those listed at the start by the first key."""
        purposes = len(self._purposes)
        self._requests[:, COUNT] = np.tile(listed, purposes)
        return uniforms(self._requests, self._names, rounds).reshape(purposes, n)

    def _patients(self, values: Floats, u: Floats, listed: Ints, n: int) -> tuple[Ints, NDArray[np.bool_]]:
        """What patients are, in the rows of :func:`sim.model.quantiles.describe`, and who must lie down."""
        shares = [NONE if share == NONE else values[share] for share in self._shares]
        rest = max(0.0, 1.0 - sum(s for s in shares if s != NONE))  # the class `rest` takes what others leave
        shares = list(accumulate(rest if s == NONE else s for s in shares))
        steps, heads = _side_by_side(
            [heads_steps(h, None if mean == NONE else float(values[mean])) for h, mean in self._heads]
        )
        patients, lying = np.empty((7, n), dtype=np.int64), np.empty(n, dtype=np.bool_)
        making()["describe"](
            u, listed, self._arrivals, np.array(shares), values[self._lying], steps, heads,
            self._ends.table(values), patients, lying,
        )  # fmt: skip
        for k in self._ends.special:
            mine = np.flatnonzero(patients[OF_CLASS] == k // 2)
            after = self._ends.special_seconds(k, values, u[:, mine])
            patients[WITHDRAWS + k % 2, mine] = np.minimum(patients[REFERRED_AT, mine] + after, NEVER)
        return patients, lying

    def _fit(self, rounds: Words, values: Floats) -> Floats:
        """(vehicles, days) uniforms for availability; not drawn where every vehicle is always fit."""
        if all(values[k] == 1 for k in self._availabilities):
            return self._always_fit
        fit = np.zeros((1, self._always_fit.size + 1))
        fill_fours(self._fit_fours, self._fit_names, rounds, fit)
        return fit[0, :-1].reshape(self._always_fit.shape)


def _of_people(layout: Layout) -> list[int]:
    used = {layout.initial, *(rate for _, rate in layout.referrals), *(d.mean for _, d in layout.clearances)}
    for row in layout.classes:
        used |= {row.share, row.lying, row.companions_mean, row.withdraws_mean, row.deteriorates_mean}
    return sorted(used - {NONE})


def _of_vehicles(layout: Layout, of_people: Sequence[int]) -> list[int]:
    """All but those of people, and those of impediments that a history is only held against."""
    rules = {p.id for p in layout.obstacles if isinstance(p.obstacle, PassageLimit | ConvoyCap | Deterrence)}
    return [
        k
        for k, value in enumerate(layout.values)
        if k not in of_people
        and not (value.name.startswith("obstacles.") and value.name.split(".")[1] in rules)
    ]


def _purposes(layout: Layout) -> list[str]:
    """What patients' luck is for, first as `quantiles` has it; ends that come in no class are not drawn."""
    out = ["class", "companions", "lying", "reluctance"]
    out += [key for key in ("withdraws", "deteriorates") if any(getattr(c, key) for c in layout.classes)]
    return out + [f"clearance/{id_}/{what}" for what in ("lead", "refused") for id_, _ in layout.clearances]


def _requests(blocks: int, purposes: int) -> Ints:
    """Requests for the uniforms of patients, whose numbers are to come."""
    groups = [(0, 0), *((1, block) for block in range(blocks))]
    return np.array([(2 * k + need, block, 0, 0) for k in range(purposes) for need, block in groups])


def _side_by_side(steps: list[tuple[Floats, Ints]]) -> tuple[Floats, Ints]:
    """Steps and numbers of every class as two tables, the rows filled up to one length."""
    most = max(len(heads) for _, heads in steps)
    shares, numbers = np.full((len(steps), most - 1), inf), np.zeros((len(steps), most), dtype=np.int64)
    for k, (of_class, heads) in enumerate(steps):
        shares[k, : len(of_class)], numbers[k, : len(heads)] = of_class, heads
    return shares, numbers
