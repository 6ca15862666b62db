"""A road section: vehicles are let onto it one after the other, a headway apart, in the order in which they
joined the queue.

Nobody is overtaken and the capacity is known beforehand; so when a vehicle joins, the second at which it is
let on follows from the vehicle in front of it. Headways are counted in millionths of a second: 220 vehicles
an hour are 220, not the 225 of whole seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.model.layout import DAY, NEVER, NONE
from sim.model.plan import Plan

MILLION = 1_000_000
"""Parts of a second."""
FAR = NEVER // MILLION
"""A second after every horizon, whose millionths can still be counted."""
SHUT = NONE
"""The headway of a capacity of 0."""


def headways(plan: Plan, values: Sequence[float]) -> list[int]:
    """Millionths of a second between two vehicles, by the number of the capacity; 0 without a limit."""
    far = FAR * MILLION // 2
    rates = [values[k] for k in plan.capacities]
    return [0, *(SHUT if rate == 0 else int(min(DAY * MILLION / rate, far)) for rate in rates)]


class RoadSection:
    """The queue of one leg."""

    def __init__(self, plan: Plan, leg: int, of_capacity: list[int]) -> None:
        """`of_capacity`: as :func:`headways` gives them."""
        self.capacity, self.headways = plan.sections[leg], of_capacity
        self.free = 0
        """Millionth of a second from which the next vehicle may be let on."""

    def join(self, now: int) -> int:
        """A vehicle joins the queue; the second at which it is let on (FAR: not within the run).

        The capacity at that moment says when the next one may follow. While it is 0, nobody is let on.
        """
        at = max(now * MILLION, self.free)
        second = at // MILLION
        while (headway := self.headways[self.capacity.at(second)]) == SHUT and second < FAR:
            second = min(FAR, self.capacity.next_change(second))
            at = second * MILLION
        self.free = min(at + max(0, headway), FAR * MILLION)
        return -(-at // MILLION)
