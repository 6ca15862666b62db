"""What the independent reader (`replay.py`) knows of the road: queues of sections, own vehicles, arrivals.

Like the reader it imports nothing of the model. A section lets vehicles on in the order in which they joined,
each as soon as the one before has gone a headway ago, and headways are whole millionths of a second.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from statistics import median
from typing import Any

DAY, HOUR, MILLION = 86_400, 3_600, 1_000_000
NEVER = 10**30


class LogError(AssertionError):
    """The log says something that cannot be."""


def need(holds: object, what: str, *facts: object) -> None:
    """Refuse the log."""
    if not holds:
        raise LogError(f"{what}: {facts}")


@dataclass
class Section:
    """The queue of one leg, as far as the log tells."""

    capacity: list[tuple[int, float]]
    """(second from which it holds, vehicles a day); before the first there is no limit."""
    line: deque[tuple[int, int]] = field(default_factory=deque)
    """(vehicle, second at which it joined)"""
    free: int = 0
    """Millionth of a second from which the next may be let on."""
    longest: int = 0

    def turn(self, joined: int) -> tuple[int, int]:
        """When whoever is in front may be let on: the millionth, and that of the one behind."""
        at, headway = max(joined * MILLION, self.free), 0
        for start, rate in self.capacity:
            if start <= at // MILLION:
                headway = int(DAY * MILLION / rate) if rate else NEVER
            elif headway == NEVER:  # shut until now
                at, headway = start * MILLION, int(DAY * MILLION / rate) if rate else NEVER
        return (NEVER, NEVER) if headway == NEVER else (at, at + headway)

    def let_on(self, vehicle: int, now: int) -> None:
        """A vehicle is let on: the one in front, at its turn."""
        need(self.line and self.line[0][0] == vehicle, "let on in the order of joining", now, vehicle)
        at, self.free = self.turn(self.line.popleft()[1])
        need(-(-at // MILLION) == now, "let on a headway after the one before, and at once", now, vehicle)

    def close(self, horizon: int) -> None:
        """Whoever is still in front could not be let on before the end."""
        if self.line:
            need(-(-self.turn(self.line[0][1])[0] // MILLION) >= horizon, "let on in time", self.line[0])


@dataclass
class Arrivals:
    """Who has arrived at the end of the road, in vehicles of carriers and of their own."""

    took: list[tuple[int, int]] = field(default_factory=list)
    """(second of arrival, seconds since it was ready) of own vehicles"""
    rows: list[tuple[int, int, int]] = field(default_factory=list)
    """(second, people, vehicles)"""

    def counted(self, since: int, until: int) -> dict[str, float]:
        """What is published of those who arrived in a stretch of time."""
        within = [row for row in self.rows if since <= row[0] < until]
        out: dict[str, float] = {
            "people_arrived": sum(people for _, people, _ in within),
            "vehicles_arrived": sum(vehicles for _, _, vehicles in within),
        }
        took = [seconds for second, seconds in self.took if since <= second < until]
        return out | ({"travel_of_arrived": median(took) / HOUR} if took else {})


def middle(waits: Iterable[tuple[int, Any]]) -> float:
    """Kaplan and Meier's median of (seconds, whether they ended), in exact fractions; inf if not reached."""
    listed = list(waits)
    all_, ended = Counter(s for s, _ in listed), Counter(s for s, over in listed if over)
    survival, risk = Fraction(1), len(listed)
    for seconds in sorted(all_):
        survival *= Fraction(risk - ended[seconds], risk)
        if survival <= Fraction(1, 2):
            return seconds
        risk -= all_[seconds]
    return float("inf")
