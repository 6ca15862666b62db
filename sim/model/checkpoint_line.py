"""The line of vehicles at one place: first come, first served, out and back, overnight where it must.

Nobody is overtaken, and rules, lanes and hours are known beforehand; so when a vehicle joins the line, the
seconds at which its inspection starts and ends follow from the vehicles in front of it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from sim.model.layout import NEVER
from sim.model.plan import CheckpointRule, Plan


class CheckpointLine:
    """One place's checkpoints, and who is being inspected."""

    def __init__(self, plan: Plan, place: int) -> None:
        self.rules = [rule for rule in plan.checkpoints if rule.place == place]
        self.opening = plan.checkpoint_open[place]
        self.changes = plan.checkpoint_changes[place]
        self.last_start = 0
        """When the vehicle that joined last is let in: nobody behind it goes sooner."""
        self.ends: list[int] = []
        """Ends of the inspections under way at `last_start`."""
        self.here: list[CheckpointRule] = []
        self.lanes = 0
        self.is_open = False
        self.change = 0
        """Rules in force, lanes and opening as of the last look; until this second they stay so."""

    def look(self, second: int) -> None:
        """Bring rules, lanes and opening up to a second."""
        k = bisect_right(self.changes, second)
        self.change = self.changes[k] if k < len(self.changes) else NEVER
        self.here = [r for r in self.rules if r.start <= second < r.end]
        self.lanes = min((r.lanes for r in self.here), default=0)
        self.is_open = bool(self.opening.at(second))

    def in_force(self, second: int, carrier: int) -> list[CheckpointRule]:
        """The checkpoints that a carrier's vehicles must stop at."""
        return [r for r in self.rules if r.start <= second < r.end and r.carriers >> carrier & 1]

    def join(self, now: int, carrier: int, seconds: Callable[[CheckpointRule], int]) -> tuple[int, int]:
        """A vehicle joins the line; the seconds at which its inspection starts and ends.

        It is let in when nobody is in front, the place is open and a lane is free (of the fewest that the
        rules in force leave). When no rule holds for it any more it drives on. NEVER: not within the run.

        Parameters
        ----------
        seconds
            How long each rule takes to inspect it; rules that hold when it is let in add up.
        """
        second = max(now, self.last_start)
        while second < NEVER:
            if second >= self.change:
                self.look(second)
            mine = [r for r in self.here if r.carriers >> carrier & 1]
            if not mine:
                break
            if self.ends:
                self.ends = [end for end in self.ends if end > second]
            if self.is_open and len(self.ends) < self.lanes:
                self.ends.append(second + sum([seconds(rule) for rule in mine]))
                self.last_start = second
                return second, self.ends[-1]
            second = min([self.change, *self.ends])
        self.last_start = second
        return second, second
