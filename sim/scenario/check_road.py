"""Own vehicles and road sections: dated rates inside the period, and something in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.scenario.calendar_text import Moment
from sim.scenario.finding import Finding
from sim.scenario.problems import Path
from sim.scenario.schema import RateFact, Scenario

MOST_PEOPLE = 1_000_000


def findings(s: Scenario) -> Iterator[Finding]:
    """Every mistake and warning about own vehicles and the capacity of legs."""
    for name, group in s.own_vehicles.items():
        at: Path = ("own_vehicles", name)
        most = group.people.prior.upper if group.people.prior is not None else group.people.value or 0
        if most > MOST_PEOPLE:
            yield Finding((*at, "people"), f"at most {MOST_PEOPLE:,} people; this may be {most:,.0f}")
        yield from _dated(group.ready, s, (*at, "ready"))
        if not any(map(_ever, group.ready.values())):
            yield Finding((*at, "ready"), "nobody is ever ready: every rate is 0")
    for index, leg in enumerate(s.route.legs):
        at = ("route", "legs", index, "capacity")
        yield from _dated(leg.capacity, s, at)
        if leg.capacity and not any(map(_ever, leg.capacity.values())):
            yield Finding(at, "nothing ever passes this leg once its capacity is 0", warning=True)


def _ever(rate: RateFact) -> bool:
    return rate.prior is not None or rate.value != 0


def _dated(rates: Mapping[Moment, RateFact], s: Scenario, at: Path) -> Iterator[Finding]:
    """Each moment inside the period, and no second of it named twice."""
    origin = s.period.from_.day
    end = s.period.to.end(origin)
    seen: dict[int, Moment] = {}
    for moment in rates:
        second = moment.start(origin)
        if not 0 <= second < end:
            said = f"{moment} is outside the period ({s.period.from_} to {s.period.to})"
            yield Finding((*at, str(moment)), said, at_key=True)
        elif second in seen:
            yield Finding((*at, str(moment)), f"the same moment as `{seen[second]}`", at_key=True)
        seen[second] = moment
