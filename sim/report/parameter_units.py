"""Uncertain numbers as a reader meets them: in the unit in which the scenario's file writes their prior."""

from __future__ import annotations

import re
from typing import NamedTuple

from sim.scenario import priors
from sim.scenario.amounts import DAY, SECONDS
from sim.scenario.sources import Entry

THINGS = {
    "initial_list": "patients",
    "patients": "patients",
    "people": "people",
    "vehicles": "vehicles",
    "needs": "parties",
    "per_week": "departures",
    "mean": "companions",
}
"""What is counted, by the last word of its key: the only means without a unit are of companions."""
TIMES = {1: "s", 60: "min", 3600: "h", DAY: "days"}
"""How units of time are written; weeks as days."""


class Unit(NamedTuple):
    """How values of a parameter are shown."""

    name: str
    size: float
    """In base units (seconds, events a day, shares, litres, things): what one of it is."""

    def shown(self, value: float) -> str:
        """A value in base units, in this unit, without its name: three significant digits."""
        amount = value / self.size
        return f"{amount:,.0f}" if abs(amount) >= 100 or amount == int(amount) else f"{amount:.3g}"

    def amount(self, value: float) -> str:
        """The same with the unit: `6.4 / day`, `12%`, `24 people`."""
        return f"{self.shown(value)}{'' if self.name == '%' else ' '}{self.name}"


def unit_of(entry: Entry) -> Unit:
    """The unit of an uncertain number.

    Raises
    ------
    ValueError
        When the entry is no prior.
    """
    kinds = (
        priors.SharePrior, priors.DurationPrior, priors.RatePrior, priors.LitresPrior, priors.CountPrior,
        priors.PositivePrior,
    )  # fmt: skip
    kind = next((kind for kind in kinds if kind.__metadata__[0] == entry.written), None)  # type: ignore[attr-defined]
    if kind is priors.SharePrior:
        return Unit("%", 0.01)
    if kind is priors.LitresPrior:
        return Unit("l", 1.0)
    if kind in (priors.DurationPrior, priors.RatePrior):
        written = [SECONDS[word] for word in re.findall("[a-z]+", entry.text) if word in SECONDS]
        seconds = min(written[-1], DAY)
        if kind is priors.DurationPrior:
            return Unit(TIMES[seconds], float(seconds))
        return Unit(f"/ {'day' if seconds == DAY else TIMES[seconds]}", DAY / seconds)
    if kind is not None:
        return Unit(THINGS[str(entry.path[-1])], 1.0)
    raise ValueError(f"{entry.key_path} is no uncertain number")
