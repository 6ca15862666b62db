"""Everything random in one replication, drawn before it runs and shared by all its worlds.

Draws depend on the scenario's layout, the seed and the replication's number alone: removing an impediment
changes none of them, and replication 7 is the same alone or among a thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from sim.model.layout import BLOCK_DAYS, DAY, NEVER, NONE, Layout
from sim.model.own_luck import NOBODY, OwnLuck, OwnVehicles, beside
from sim.model.philox import COUNT, NOWHERE, TO
from sim.model.quantiles import delay_seconds, heads_count, pick, prior_value
from sim.model.streams import (
    Floats,
    Words,
    counter_words,
    every,
    keys,
    loops,
    round_keys,
    uniforms,
    uniforms_of_fours,
)
from sim.model.trip_luck import TripLuck, fours, of_types, value_at

Ints = NDArray[np.int64]

OUT, BACK = 0, 1
"""Directions of a trip."""


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
    """(vehicles, days) uniforms for availability; 0 where every vehicle is always fit, or is not there."""
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
    """Makes draws for one layout; keeps what every replication needs; one per thread."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        block = BLOCK_DAYS * DAY
        starts = {b * block for b in range(layout.blocks)}
        edges = starts | {s for s, _ in layout.referrals} | {0, layout.horizon}
        self._edges = np.array(sorted(e for e in edges if e <= layout.horizon), dtype=np.float64)
        self._block_first = np.searchsorted(self._edges, [b * block for b in range(layout.blocks)])
        self._block_last = np.append(self._block_first[1:], len(self._edges) - 1)
        rates = [(-1, NONE), *layout.referrals]
        self._rate_of_piece = np.array([max(r for r in rates if r[0] <= e)[1] for e in self._edges[:-1]])
        self._fixed = np.array([v.fixed for v in layout.values])
        self._priors = [(k, v, v.prior) for k, v in enumerate(layout.values) if v.prior is not None]
        self._prior_names = counter_words([v.name for _, v, _ in self._priors])
        self._referral_names = counter_words(["need/referral"])
        self._day_names = counter_words([f"{p}/{c}" for p in ("plan", "permission") for c in layout.carriers])
        self._of_priors = every(len(self._priors), 1, 1)
        self._of_days = every(len(self._day_names), layout.blocks, BLOCK_DAYS)
        self._purposes = _purposes(layout)
        self._patient_names = counter_words([f"{s}/{p}" for p in self._purposes for s in ("initial", "need")])
        self._of_everybody = np.concatenate(
            [
                [(2 * k, 0, 0, 0), *((2 * k + 1, block, 0, 0) for block in range(layout.blocks))]
                for k in range(len(self._purposes))
            ]
        )
        self._lying = [row.lying for row in layout.classes]
        self._availabilities = sorted({v.availability for v in layout.vehicles})
        self._fit_fours = fours(layout)
        self._fit_names = of_types(layout, ["availability"])
        self._trips = TripLuck(layout)
        self._own = OwnLuck(layout) if layout.own else None

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
        rounds = round_keys(luck)
        counts, referred = self._referrals(rounds, values)
        listed = np.concatenate([[int(values[layout.initial])], counts])
        luck_of = self._of_patients(rounds, listed)
        referred = np.concatenate([np.zeros(listed[0], dtype=np.int64), referred])
        kind = self._classes(values, luck_of["class"])
        companions = np.zeros(len(kind), dtype=np.int64)
        lying = luck_of["lying"] < values[self._lying][kind]
        withdraws = np.full(len(kind), NEVER)
        dies = np.full(len(kind), NEVER)
        for k, row in enumerate(layout.classes):
            mine = np.flatnonzero(kind == k)
            mean = value_at(values, row.companions_mean)
            companions[mine] = heads_count(row.companions.value, mean, luck_of["companions"][mine])
            for fact, at, purpose, ends in (
                (row.withdraws, row.withdraws_mean, "withdraws", withdraws),
                (row.deteriorates, row.deteriorates_mean, "deteriorates", dies),
            ):
                if fact is not None:
                    after = delay_seconds(fact.value, value_at(values, at), 0, luck_of[purpose][mine])
                    ends[mine] = np.minimum(referred[mine] + after, NEVER)
        lead = [
            delay_seconds(d.delay, value_at(values, d.mean), d.least, luck_of[f"clearance/{id_}/lead"])
            for id_, d in layout.clearances
        ]
        refusal = [luck_of[f"clearance/{id_}/refused"] for id_, _ in layout.clearances]
        go, permission = self._by_day(rounds)
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
        return Draws(
            values=values,
            referred=referred,
            block=np.repeat(np.arange(-1, layout.blocks), listed),
            nth=np.arange(len(kind)) - np.repeat(np.cumsum(listed) - listed, listed),
            kind=kind,
            companions=companions,
            lying=lying,
            withdraws=withdraws,
            dies=dies,
            reluctance=luck_of["reluctance"],
            lead=np.array(lead, dtype=np.int64).reshape(len(lead), len(kind)),
            refusal=np.array(refusal).reshape(len(refusal), len(kind)),
            go=go,
            permission=permission,
            fit=self._fit(rounds, values),
            travel=driven,
            rest=rest,
            inspect_vehicle=of_vehicle,
            inspect_person=of_person,
            turned=turned,
            own=own,
        )

    def _values(self, seed: int, replication: int, parameters: dict[str, float]) -> Floats:
        """Fixed values, and epistemic parameters at the replication's own luck, or as given."""
        values = self._fixed.copy()
        if self._priors:
            rounds = round_keys(keys(seed, replication, "parameters", 1))
            u = uniforms(self._of_priors, self._prior_names, rounds)
            for (k, value, prior), at in zip(self._priors, u.tolist(), strict=True):
                values[k] = prior_value(prior, value.whole, at, value.most)
        for k, value in enumerate(self.layout.values if parameters else ()):
            values[k] = parameters.get(value.name, values[k])
        return values

    def _referrals(self, rounds: Words, values: Floats) -> tuple[Ints, Ints]:
        """A unit-rate Poisson process stretched by the rate inside each block: counts, and seconds."""
        layout = self.layout
        rates = np.where(self._rate_of_piece == NONE, 0.0, values[self._rate_of_piece])
        expected = np.concatenate([[0.0], np.cumsum(rates * np.diff(self._edges) / DAY)])
        first, last = expected[self._block_first], expected[self._block_last]
        total = float((last - first).sum())
        at, counts = np.empty(int(total + 8 * sqrt(total) + 16)), np.zeros(layout.blocks, dtype=np.int64)
        while not loops()["arrive"](first, last, self._referral_names, rounds, at, counts):
            at = np.empty(2 * len(at))
        seconds = np.interp(at[: counts.sum()], expected, self._edges).astype(np.int64)
        return counts, np.minimum(seconds, layout.horizon - 1)

    def _of_patients(self, rounds: Words, listed: Ints) -> dict[str, Floats]:
        """Purpose -> a uniform for each patient; those listed at the start take theirs of the first key."""
        streams = len(self._purposes)
        rows = self._of_everybody.copy()
        rows[:, COUNT] = np.tile(listed, streams)
        u = uniforms(rows, self._patient_names, rounds)
        return dict(zip(self._purposes, u.reshape(streams, -1), strict=True))

    def _classes(self, values: Floats, u: Floats) -> Ints:
        """Class of each patient, by shares; the class `rest` takes what the others leave."""
        shares = [NONE if row.share == NONE else values[row.share] for row in self.layout.classes]
        rest = max(0.0, 1.0 - sum(s for s in shares if s != NONE))
        return pick(np.cumsum([rest if s == NONE else s for s in shares]), u)

    def _by_day(self, rounds: Words) -> Floats:
        """Uniforms for the plan and for permission, shape (2, carriers, days)."""
        layout = self.layout
        u = uniforms(self._of_days, self._day_names, rounds)
        by_day = u.reshape(2, len(layout.carriers), layout.blocks * BLOCK_DAYS)
        return np.ascontiguousarray(by_day[:, :, : layout.days])

    def _fit(self, rounds: Words, values: Floats) -> Floats:
        """(vehicles, days) uniforms for availability; not drawn where every vehicle is always fit."""
        layout = self.layout
        fit = np.zeros((len(layout.vehicles), layout.days))
        if (values[self._availabilities] != 1).any():
            places = self._fit_fours[:, TO:]
            places = places[places != NOWHERE]
            fit.ravel()[places] = uniforms_of_fours(self._fit_fours, self._fit_names, rounds, len(places))[0]
        return fit


def _purposes(layout: Layout) -> list[str]:
    """What patients' luck is for; ends that come in no class are not drawn."""
    out = ["class", "companions", "lying", "reluctance"]
    out += [key for key in ("withdraws", "deteriorates") if any(getattr(c, key) for c in layout.classes)]
    return out + [f"clearance/{id_}/{what}" for id_, _ in layout.clearances for what in ("lead", "refused")]
