"""Published figures that cannot be true of the need as written, or of each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from math import inf, sqrt

from sim.scenario.amounts import DAY
from sim.scenario.calendar_text import Moment
from sim.scenario.finding import Finding
from sim.scenario.schema import CountFact, Observed, RateFact, Scenario

FAR = 10
"""Standard deviations of a number of referrals: beyond them no luck explains a figure."""


def findings(s: Scenario) -> Iterator[Finding]:
    """Every mistake and warning about figures."""
    yield from _more_than_there_are(s)
    yield from _falling(s)


def most_referred(s: Scenario, until: date) -> float:
    """As many patients as may be referred up to the end of a day: inf where any may."""
    origin = s.period.from_.day
    end = min(s.period.to.end(origin), Moment(until).end(origin))
    mean = 0.0
    days = sorted(s.need.referrals)
    edges = [*(Moment(day).start(origin) for day in days), end]
    for day, (first, last) in zip(days, pairwise(edges), strict=True):
        start, stop = max(0, first), min(end, last)
        mean += _most(s.need.referrals[day]) * max(0, stop - start) / DAY if stop > start else 0.0
    return _most(s.need.initial_list) + mean + FAR * sqrt(mean)


def _most(fact: CountFact | RateFact) -> float:
    return fact.prior.upper if fact.prior is not None else float(fact.value or 0)


def _figure(seen: Observed) -> float:
    return next(float(x) for x in (seen.value, seen.about, seen.more_than, seen.at_least) if x is not None)


def _more_than_there_are(s: Scenario) -> Iterator[Finding]:
    """More patients than were ever referred; a claim that is only set beside the model may be anything."""
    for name, seen in s.observed.items():
        if seen.what not in ("patients", "waiting", "referred") or seen.use == "compare":
            continue
        most = most_referred(s, seen.by)
        if _figure(seen) > most and most < inf:
            said = (
                f"{_figure(seen):,.12g} by {seen.by}, but `need` refers at most some {most:,.0f} patients "
                "until then; are these `people`, companions included? A claim that nobody verified is "
                "`use: compare`"
            )
            yield Finding(("observed", name), said)


def _falling(s: Scenario) -> Iterator[Finding]:
    """A number counted from the start that is smaller on a later day."""
    counted: dict[tuple[str, str | None], list[tuple[date, str]]] = {}
    for name, seen in s.observed.items():
        if seen.value is not None and seen.from_ is None and seen.what in ("patients", "people", "convoys"):
            counted.setdefault((seen.what, seen.carrier), []).append((seen.by, name))
    for rows in counted.values():
        rows.sort()
        for (_, before), (_, after) in pairwise(rows):
            if _figure(s.observed[after]) < _figure(s.observed[before]):
                said = f"less than `{before}`, which was counted earlier: a number counted from the start"
                yield Finding(("observed", after), f"{said} cannot fall", warning=True)
