"""One number of a scenario a step away from where it stands, all else the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from math import floor
from typing import Any

from pydantic import ValidationError

from sim.scenario import checks, quantities
from sim.scenario.amounts import DAY
from sim.scenario.calendar_text import Hours, Moment, PlanDays, plan_days
from sim.scenario.distributions import Delay, Heads
from sim.scenario.problems import Path
from sim.scenario.schema import Scenario
from sim.scenario.sources import Entry, ledger

STEP = 0.1
"""Of the number itself."""
NOT_RUN = {"variants", "calibrations", "observed", "sources"}
"""Blocks that no run reads: left out of the changed scenario."""
Steps = Iterator[tuple[Any, str]]
"""New values, each with what was done in words; the first that leaves a scenario that holds is taken."""


def stepped(scenario: Scenario, path: Path) -> tuple[Scenario, str] | None:
    """The scenario with one fixed number changed, and how; None where no step leaves one that holds.

    Parameters
    ----------
    scenario
        One that holds.
    path
        Of a number in its ledger: 10 % more, whole numbers at least one more, hours an hour and days a day
        so that the time between grows; less where more does not hold. None of an observed figure: no run
        reads it.
    """
    entry = next((entry for entry in ledger(scenario) if entry.path == path), None)
    if entry is None or path[0] in NOT_RUN:
        return None
    for value, said in _steps(entry):
        changed = _with(scenario, entry, value)
        if changed is not None:
            return changed, said
    return None


def _steps(entry: Entry) -> Steps:
    for kind, steps in _OF_KIND:
        if entry.written is kind.__metadata__[0]:
            yield from steps(entry.value, str(entry.path[-1]))


def _with(scenario: Scenario, entry: Entry, value: Any) -> Scenario | None:
    """The scenario with another value at a place of the ledger; None where it does not hold."""
    tree = scenario.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude=NOT_RUN)
    holder: Any = None
    key: Any = None
    node: Any = tree
    for key in entry.path:
        holder, node = node, node[key]
    if isinstance(node, dict):
        holder, key = node, "value"
    holder[key] = value if entry.written.passes is not None else entry.written.spell(value)
    try:
        changed = Scenario.model_validate(tree)
    except ValidationError:
        return None
    if any(not finding.warning for finding in checks.findings(changed, record=False)):
        return None
    return changed.model_copy(update={"sources": scenario.sources})


def _number(value: float, _: str) -> Steps:
    yield value * (1 + STEP), "+10 %"
    yield value * (1 - STEP), "−10 %"


def _share(value: float, _: str) -> Steps:
    if value == 0:
        yield 0.01, "1 % instead of 0"
    else:
        yield from ((new, said) for new, said in _number(value, "") if new <= 1)


def _whole(value: int, _: str) -> Steps:
    more = max(1, floor(value * STEP + 0.5))
    yield value + more, f"+{more}"
    if value >= more:
        yield value - more, f"−{more}"


def _duration(value: int, _: str) -> Steps:
    yield round(value * (1 + STEP)), "+10 %"


def _clock(value: int, _: str) -> Steps:
    if value + 3600 < DAY:
        yield value + 3600, "an hour later"
    if value >= 3600:
        yield value - 3600, "an hour earlier"


def _days_away(key: str) -> tuple[tuple[int, str], ...]:
    earlier, later = (-1, "a day earlier"), (1, "a day later")
    return (earlier, later) if key == "from" else (later, earlier)


def _moment(value: Moment, key: str) -> Steps:
    for days, said in _days_away(key):
        yield replace(value, day=value.day + timedelta(days=days)), said


def _hours(value: Hours, _: str) -> Steps:
    start, end = value.spans[-1]
    if end + 3600 <= DAY:
        yield replace(value, spans=(*value.spans[:-1], (start, end + 3600))), "closing an hour later"
    if end - 3600 > start:
        yield replace(value, spans=(*value.spans[:-1], (start, end - 3600))), "closing an hour earlier"


def _plan_days(value: PlanDays, _: str) -> Steps:
    if value.kind == "daily":
        yield plan_days("weekdays mon tue wed thu fri sat"), "not on Sundays"
    elif value.kind == "weekdays":
        for day in range(7):
            if day not in value.days:
                yield replace(value, days=tuple(sorted((*value.days, day)))), "on one more day of the week"
    elif value.kind == "every_days":
        yield replace(value, every=value.every + 1), "a day more between departures"
    elif value.kind == "every_seconds":
        yield replace(value, every=round(value.every * (1 + STEP))), "+10 %"


def _delay(value: Delay, _: str) -> Steps:
    if value.kind == "erlang":  # the phases stay
        yield replace(value, params=(value.params[0], value.params[1] * (1 + STEP))), "mean +10 %"
    elif value.kind != "never":
        yield replace(value, params=tuple(p * (1 + STEP) for p in value.params)), "mean +10 %"


def _heads(value: Heads, _: str) -> Steps:
    if value.kind in ("binomial", "poisson"):
        *trials, mean = value.params
        for new, said in _number(mean, ""):
            if not trials or new <= trials[0]:
                yield replace(value, params=(*trials, new)), f"mean {said}"
        return
    pairs = value.params if value.kind == "table" else (value.params[0], 1.0)
    shares: dict[float, float] = {}
    for heads, share in zip(pairs[::2], pairs[1::2], strict=True):
        shares[heads] = shares.get(heads, 0.0) + share * (1 - STEP)
        shares[heads + 1] = shares.get(heads + 1, 0.0) + share * STEP
    flat = tuple(number for pair in shares.items() for number in pair)
    yield Heads("table", flat, value.text), "one more with every tenth patient"


_OF_KIND: tuple[tuple[Any, Callable[[Any, str], Steps]], ...] = (
    (quantities.Count, _whole),
    (quantities.Litres, _whole),
    (quantities.Positive, _number),
    (quantities.Amount, _number),
    (quantities.Rate, _number),
    (quantities.Length, _number),
    (quantities.Share, _share),
    (quantities.Duration, _duration),
    (quantities.Clock, _clock),
    (quantities.Moment, _moment),
    (quantities.Hours, _hours),
    (quantities.PlanDays, _plan_days),
    (quantities.Delay, _delay),
    (quantities.Passage, _delay),
    (quantities.Heads, _heads),
)
"""Kinds of number, and how each steps; priors are not among them."""
