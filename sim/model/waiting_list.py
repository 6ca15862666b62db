"""The waiting list of one replication: who waits, in which order, and who may board whom.

Order is (class rank, referral, id). Referral, death and withdrawal are no events of their own: the list is
brought up to a second whenever somebody looks at it, and each change counts at its own second.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from itertools import chain, islice

import numpy as np

from sim.model.draws import Draws
from sim.model.layout import NONE
from sim.model.outcome import (
    BEFORE,
    DIED,
    EVACUATED,
    IN_TRANSIT,
    NOT_REFERRED,
    STATE_NAMES,
    WAITING,
    WITHDREW,
    ModelError,
)
from sim.model.plan import Plan


class WaitingList:
    """Patients and their states; lists of plain numbers, an element of an array costs ten times as much."""

    def __init__(self, plan: Plan, draws: Draws, note: Callable[..., None] | None) -> None:
        """`note` writes a row of the event log, where one is kept."""
        self.plan, self.note = plan, note
        self.value: list[float] = draws.values.tolist()
        self.referred: list[int] = draws.referred.tolist()
        self.kind: list[int] = draws.kind.tolist()
        self.party: list[int] = (draws.companions + 1).tolist()
        self.lying: list[bool] = draws.lying.tolist()
        self.dies: list[int] = draws.dies.tolist()
        self.withdraws: list[int] = draws.withdraws.tolist()
        self.reluctance: list[float] = draws.reluctance.tolist()
        self.lead: list[list[int]] = draws.lead.tolist()
        self.refusal: list[list[float]] = draws.refusal.tolist()
        ranks = sorted({row.rank for row in plan.layout.classes})
        queue_of = [ranks.index(row.rank) for row in plan.layout.classes]
        self.queue = [queue_of[kind] for kind in self.kind]
        self.queues: list[list[int]] = [[] for _ in ranks]
        """By priority rank: patients (rows) in order of referral."""
        self.next_referral = 0
        ends = np.minimum(draws.dies, draws.withdraws)
        self.ends = ends.tolist()
        """Second at which patience or life ends."""
        within = np.flatnonzero(ends < plan.horizon).tolist()
        self.leaving = sorted(within, key=self.ends.__getitem__)[::-1]
        """Patients whose patience or life ends within the run, the first to leave last."""
        self.state = [NOT_REFERRED] * draws.patients
        self.listed_at = [0] * draws.patients
        self.boarded_at = [NONE] * draws.patients
        self.left_at = [NONE] * draws.patients
        self.convoy_of = [NONE] * draws.patients
        self.spells: list[tuple[int, int, int]] = []
        """Stays on the list, as `outcome.Spell`."""

    def update(self, second: int) -> None:
        """Bring the list up to a second: referrals up to it join, in order; the dead and withdrawn leave."""
        newly = bisect_right(self.referred, second, lo=self.next_referral)
        for p in range(self.next_referral, newly):
            self.enter(p, WAITING)
            self.listed_at[p] = self.referred[p]
            self.queues[self.queue[p]].append(p)
            if self.note:
                self.note("referred", p, second=self.referred[p])
        self.next_referral = newly
        while self.leaving and self.ends[self.leaving[-1]] <= second:
            p = self.leaving.pop()
            if self.state[p] == WAITING:
                self.take_off(p)
                self.leave(p)

    def join(self, p: int, second: int) -> None:
        """Join the list again, at the old place; leave at once if patience ended on the road."""
        self.enter(p, WAITING)
        self.listed_at[p] = second
        insort(self.queues[self.queue[p]], p)
        if self.ends[p] <= second:
            self.take_off(p)
            self.leave(p)

    def take_off(self, p: int) -> None:
        """Give up the place on the list."""
        queue = self.queues[self.queue[p]]
        del queue[bisect_left(queue, p)]

    def leave(self, p: int) -> None:
        """Die, or withdraw: at that moment, or on coming home if it passed on the road."""
        died = self.dies[p] <= self.withdraws[p]
        self.enter(p, DIED if died else WITHDREW)
        self.left_at[p] = max(self.listed_at[p], self.ends[p])
        self.spells.append((p, self.listed_at[p], self.left_at[p]))
        if self.note:
            self.note("died" if died else "withdrew", p, second=self.left_at[p])

    def board(self, riders: list[int], second: int, convoy: int) -> None:
        """Leave the list on a convoy."""
        listed_at, boarded_at, convoy_of = self.listed_at, self.boarded_at, self.convoy_of
        for p in riders:
            self.take_off(p)
            self.enter(p, IN_TRANSIT)
            boarded_at[p], convoy_of[p] = second, convoy
            self.spells.append((p, listed_at[p], second))

    def hand_over(self, riders: list[int], second: int) -> None:
        """Evacuated."""
        for p in riders:
            self.enter(p, EVACUATED)
            self.left_at[p] = second

    def enter(self, p: int, state: int) -> None:
        """Change a patient's state, if the model knows such a change."""
        if self.state[p] not in BEFORE[state]:
            raise ModelError(
                f"broken: patient {p} goes from {STATE_NAMES[self.state[p]]} to {STATE_NAMES[state]}"
            )
        self.state[p] = state

    def eligible(self, carrier: int, now: int) -> Iterator[int]:
        """Patients who may board this carrier at a second up to which the list is, in list order.

        A cleared party is eligible from the second of its clearance; rules hold in [start, end).
        """
        mask = 1 << carrier
        seated_only = any(r.start <= now < r.end and r.carriers & mask for r in self.plan.no_lying)
        deterrents = [r for r in self.plan.deterrents if r.start <= now < r.end and r.carriers & mask]
        clearances = [r for r in self.plan.clearances if r.start <= now < r.end and r.carriers & mask]
        if not (seated_only or deterrents or clearances):
            yield from chain.from_iterable(self.queues)
            return
        for queue in self.queues:
            for p in queue:
                if seated_only and self.lying[p]:
                    continue
                kind = 1 << self.kind[p]
                for deterrence in deterrents:
                    if deterrence.classes & kind and self.reluctance[p] < self.value[deterrence.share]:
                        break
                else:
                    for rule in clearances:
                        if rule.classes & kind and (
                            self.refusal[rule.slot][p] < self.value[rule.refused]
                            or now < max(self.referred[p], rule.start) + self.lead[rule.slot][p]
                        ):
                            break
                    else:
                        yield p

    def count_eligible(self, carrier: int, now: int, most: int) -> int:
        """How many eligible parties wait, counted up to `most`."""
        return sum(1 for _ in islice(self.eligible(carrier, now), most))

    def moments(self) -> list[int]:
        """Seconds at which somebody becomes eligible who was not, rules apart: referrals and clearances."""
        seconds = set(self.referred)
        for rule in self.plan.clearances:
            lead = self.lead[rule.slot]
            seconds |= {max(r, rule.start) + after for r, after in zip(self.referred, lead, strict=True)}
        return sorted(seconds)

    def close(self, horizon: int) -> None:
        """End the run: whoever is still on the list has waited until now."""
        self.update(horizon - 1)
        for p, state in enumerate(self.state):
            if state == WAITING:
                self.spells.append((p, self.listed_at[p], horizon))
