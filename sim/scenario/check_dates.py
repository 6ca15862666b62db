"""Dates: what starts before it ends, what lies inside the period, closures that overlap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from sim.scenario.amounts import DAY, LONGEST_SECONDS
from sim.scenario.calendar_text import Moment, misordered
from sim.scenario.finding import Finding
from sim.scenario.problems import Path
from sim.scenario.schema import Closure, Obstacle, Scenario, VehicleType


def findings(s: Scenario) -> Iterator[Finding]:
    """Every mistake and warning about dates."""
    if _end(s) > LONGEST_SECONDS:
        yield Finding(
            ("period", "to"), f"the period ({s.period.from_} to {s.period.to}) is longer than 200 years"
        )
        return
    for section, block in (("impediments", s.impediments), ("conditions", s.conditions)):
        for name, rule in block.items():
            yield from _obstacle(rule, s, (section, name))
    yield from _named_days(s)
    yield from _windows(s)
    yield from _overlaps(s)


def ordered(start: Moment, end: Moment, s: Scenario, at: Path) -> Iterator[Finding]:
    """`from` before `to`, both named if not."""
    origin = s.period.from_.day
    if start.start(origin) >= end.end(origin):
        yield Finding((*at, "to"), misordered(start, end))


def there(vehicles: VehicleType, s: Scenario, at: Path) -> Iterator[Finding]:
    """Vehicles that come before they go, and at some time of the period."""
    origin = s.period.from_.day
    if vehicles.from_ and vehicles.to:
        yield from ordered(vehicles.from_, vehicles.to, s, at)
    late = vehicles.from_ is not None and vehicles.from_.start(origin) >= _end(s)
    if late or (vehicles.to is not None and vehicles.to.end(origin) <= 0):
        yield Finding(at, f"{_never(s)} there", warning=True)


def _never(s: Scenario) -> str:
    return f"outside the period ({s.period.from_} to {s.period.to}): never"


def span(rule: Obstacle, s: Scenario) -> tuple[int, int]:
    """Seconds of the period in which the rule holds, not cut to the period where it says otherwise."""
    origin = s.period.from_.day
    start = rule.from_.start(origin) if rule.from_ else 0
    return start, rule.to.end(origin) if rule.to else _end(s)


def _end(s: Scenario) -> int:
    return s.period.to.end(s.period.from_.day)


def _obstacle(rule: Obstacle, s: Scenario, at: Path) -> Iterator[Finding]:
    if rule.from_ and rule.to:
        wrong = list(ordered(rule.from_, rule.to, s, at))
        yield from wrong
        if wrong:
            return
    start, end = span(rule, s)
    if end <= 0 or start >= _end(s):
        yield Finding(at, f"{_never(s)} in force", warning=True)
    elif (rule.from_ and start < 0) or (rule.to and end > _end(s)):
        said = f"partly outside the period ({s.period.from_} to {s.period.to}): only the part inside counts"
        yield Finding(at, said, warning=True)


def _inside(day: date, s: Scenario) -> bool:
    return 0 <= (day - s.period.from_.day).days * DAY < _end(s)


def _named_days(s: Scenario) -> Iterator[Finding]:
    days: list[tuple[date, Path, bool]] = [(d, ("need", "referrals", str(d)), True) for d in s.need.referrals]
    days += [
        (d, ("carriers", c, "plan_from", str(d)), True) for c, v in s.carriers.items() for d in v.plan_from
    ]
    for name, seen in s.observed.items():
        days.append((seen.by, ("observed", name, "by"), False))
        if seen.from_:
            days.append((seen.from_, ("observed", name, "from"), False))
    days += [(w.from_, ("worlds", name, "from"), False) for name, w in s.worlds.items() if w.from_]
    days += [(c.until, ("calibrations", name, "until"), False) for name, c in s.calibrations.items()]
    for day, at, is_key in days:
        lagging = at[0] == "observed" and at[-1] == "by" and s.observed[str(at[1])].at == "start"
        if not _inside(day, s) and not (lagging and _inside(day - timedelta(days=1), s)):
            yield Finding(at, _outside(day, s), at_key=is_key)


def _windows(s: Scenario) -> Iterator[Finding]:
    for name, window in s.windows.items():
        at: Path = ("windows", name)
        if not _inside(window.from_, s):
            yield Finding((*at, "from"), _outside(window.from_, s))
        if window.to is not None and not _inside(window.to, s):
            yield Finding((*at, "to"), _outside(window.to, s))
        if window.to is not None and window.to < window.from_:
            yield Finding((*at, "to"), f"`to` ({window.to}) is before `from` ({window.from_})")


def _outside(day: date, s: Scenario) -> str:
    return f"{day} is outside the period ({s.period.from_} to {s.period.to})"


def _overlaps(s: Scenario) -> Iterator[Finding]:
    """One warning for all closures of one place and carrier that overlap: the union counts once."""
    closures = [
        (*span(rule, s), section, name, rule)
        for section, block in (("impediments", s.impediments), ("conditions", s.conditions))
        for name, rule in block.items()
        if isinstance(rule, Closure)
    ]
    closures.sort(key=lambda c: c[:4])
    pairs: list[tuple[str, str, str]] = []
    latest: dict[tuple[str | None, str], tuple[int, str]] = {}  # per place and carrier: last end, whose
    for start, end, section, name, rule in closures:
        for carrier in sorted(rule.carriers if rule.carriers is not None else s.carriers):
            before = latest.get((rule.at, carrier))
            if before and start < before[0] and (before[1], section, name) not in pairs[-1:]:
                pairs.append((before[1], section, name))
            if before is None or end > before[0]:
                latest[rule.at, carrier] = (end, name)
    if pairs:
        first, section, name = pairs[0]
        more = len(set(pairs)) - 1
        rest = f", and {more} more pairs" if more > 1 else ", and one more pair" if more else ""
        said = f"closures overlap (`{first}` and `{name}`{rest}): the time counts once"
        yield Finding((section, name), said, warning=True, at_key=True)
