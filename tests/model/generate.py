"""Whole scenarios, generated: trees of plain text for Hypothesis, and the YAML that the public reader reads.

Small on purpose (3 to 30 days, fewer than 150 patients), and full of round numbers, so that departures,
arrivals, closures and clearances often fall on the same second. Any engine can be held against another on
`scenarios()`; `read` turns what is drawn into a `ScenarioFile`.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from sim.model.outcome import Outcome
from sim.scenario.reading import ScenarioFile, read_text

Tree = dict[str, Any]

FIRST_DAY = date(2030, 3, 1)
MOST_REFERRED = 60
"""Expected referrals over the period at most: with the initial list, fewer than 150 patients."""
FOLDER = Path(__file__).parent
KINDS = (
    "closure", "checkpoint", "clearance", "convoy_cap",
    "passage_limit", "no_lying_patients", "deterrence", "fuel_limit",
)  # fmt: skip

CLOCKS = ("00:00", "06:00", "08:00", "09:00", "12:00", "18:00", "23:30")
TRAVELS = (
    "6 h", "1 h", "2 h", "3 h", "12 h", "30 min", "20 h",
    "exponential 2 h", "uniform 1 h .. 3 h", "lognormal 1.5 h ± 20 min", "erlang 2 mean 3 h",
)  # fmt: skip
RESTS = ("0 s", "30 min", "1 h", "triangular 30 min .. 1 h .. 4 h")
ENDS = ("1 day", "2 days", "36 h", "exponential 5 days", "uniform 1 day .. 10 days", "never")
COMPANIONS = ("0", "0", "1", "binomial 2 mean 0.8", "poisson 0.5", "0 at 45%, 1 at 40%, 2 at 15%")
SHARES = ("50%", "10%", "90%", "100%", "0%")
DAYS = (
    "daily", "daily", "weekdays mon tue wed thu fri", "weekdays tue sat", "every 2 days", "every 3 days",
    "every 6 h", "every 8 h", "every 8 h", "when ready", "when ready", "when ready",
)  # fmt: skip
HOURS = ("06:00 .. 18:00", "08:00 .. 09:00, 12:00 .. 20:00", "22:00 .. 06:00", "00:00 .. 24:00")
CAPACITIES = ("1 / h", "12 / h", "7 / h", "1 / day", "0 / h", {"prior": "uniform 1 / day .. 9 / day"})
READY = ("2 / h", "0 / h", "300 / h", {"prior": "uniform 1 / day .. 9 / day"})
PRIORS = {
    "rate": "uniform 1 / day .. 2 / day", "share": "uniform 20% .. 80%", "count": "uniform 0 .. 12",
    "litres": "uniform 50 l .. 200 l",
}  # fmt: skip


def yaml_text(tree: Tree) -> str:
    """A tree of blocks, lists and text as YAML in block style, every scalar as it is."""
    return "\n".join(_lines(tree, 0)) + "\n"


def _lines(node: Any, indent: int) -> list[str]:
    pad = " " * indent
    lines: list[str] = []
    for key, value in node.items():
        if value in ({}, []):
            lines.append(f"{pad}{key}: {'{}' if value == {} else '[]'}")
        elif isinstance(value, dict):
            lines += [f"{pad}{key}:", *_lines(value, indent + 2)]
        elif isinstance(value, list):
            lines.append(f"{pad}{key}:")
            for item in value:
                rows = _lines(item, indent + 4) if isinstance(item, dict) else [f"{pad}    {item}"]
                lines += [f"{pad}  - {rows[0].strip()}", *rows[1:]]
        else:
            lines.append(f"{pad}{key}: {value}")
    return lines


def read(tree: Tree, name: str = "generated.yaml") -> ScenarioFile:
    """The tree as the public reader reads it."""
    return read_text(yaml_text(tree), FOLDER, name)


def copy(tree: Tree) -> Tree:
    """A copy whose blocks may be changed."""
    return {key: copied(value) for key, value in tree.items()}


def copied(node: Any) -> Any:
    """A copy of a block, a list or a text."""
    if isinstance(node, dict):
        return copy(node)
    return [copied(item) for item in node] if isinstance(node, list) else node


def reordered(node: Any, draw: Any) -> Any:
    """The same tree with the keys of every block in another order (lists keep theirs)."""
    if isinstance(node, list):
        return [reordered(item, draw) for item in node]
    if not isinstance(node, dict):
        return node
    keys = draw(st.permutations(list(node)))
    return {key: reordered(node[key], draw) for key in keys}


def day_text(number: int) -> str:
    """The day of this number, the first day 0."""
    return (FIRST_DAY + timedelta(days=number)).isoformat()


@st.composite
def scenarios(draw: st.DrawFn) -> Tree:
    """A scenario with worlds, perhaps a variant, and all kinds of impediments and conditions."""
    days = draw(st.sampled_from((7, 5, 3, 10, 14, 20, 30)))
    period = {"from": day_text(0), "to": day_text(days - 1), "utc_offset": '"+04:00"'}
    if draw(st.integers(0, 3)) == 0:
        period["to"] += " " + draw(st.sampled_from(CLOCKS[1:]))
    need = _need(draw, days)
    legs = draw(st.sampled_from((3, 2, 3, 2, 1)))
    names = ("alpha", "beta", "gamma")[: draw(st.integers(1, 3))]
    tree: Tree = {
        "name": "generated",
        "title": "Generated",
        "period": period,
        "seed": draw(st.integers(0, 2**40)),
        "replications": 3,
        "illustrative": "true",
        "need": need,
        "carriers": {name: _carrier(draw, days) for name in names},
        "route": _route(draw, legs, days),
    }
    own = ("families", "others")[: draw(st.sampled_from((0, 1, 0, 2)))]
    if own:
        tree["own_vehicles"] = {name: _own(draw, days) for name in own}
    for section in ("impediments", "conditions"):
        count = draw(st.sampled_from((3, 4, 2, 5, 1, 0) if section == "impediments" else (0, 1)))
        block = {}
        for k in range(count):
            kind = draw(st.sampled_from(("closure", "checkpoint", *KINDS)))
            if kind == "checkpoint" and legs == 1:
                kind = "closure"
            touched = (*names, *own) if kind in ("closure", "checkpoint") else names
            block[f"{section[0]}{k}"] = _obstacle(draw, kind, days, legs, touched, tuple(need["classes"]))
        tree[section] = block
    tree["worlds"] = _worlds(draw, tree["impediments"], days)
    if draw(st.booleans()):
        change = draw(st.sampled_from(("need", "route")))
        new = {"initial_list": "9"} if change == "need" else {"turnaround": "2 h"}
        tree["variants"] = {"rival": {"says": "Otherwise.", "change": {change: new}}}
    if draw(st.booleans()):
        tree["windows"] = {"later": {"from": day_text(draw(st.integers(0, days - 1)))}}
    total = {"what": "patients", "by": day_text(days - 2), "value": "0"}  # however few are referred
    tree["observed"] = {"total": total}
    if own:
        there = {"what": "people_arrived", "by": day_text(days - 2), "at": '"20:00"', "value": "10"}
        tree["observed"]["there"] = there
    return tree


def _need(draw: st.DrawFn, days: int) -> Tree:
    rates = [r for r in (1, 2, 3, 6, 12) if r * days <= MOST_REFERRED]
    rate = st.sampled_from(["0 / day", *(f"{r} / day" for r in rates), *(f"{r} / day" for r in rates)])
    starts = {0, *draw(st.lists(st.integers(0, days - 1), max_size=2))} if draw(st.integers(0, 5)) else set()
    referrals: Tree = {day_text(start): draw(rate) for start in sorted(starts)}
    if referrals and draw(st.integers(0, 4)) == 0:
        referrals[next(iter(referrals))] = {"prior": PRIORS["rate"]}
    initial = (
        {"prior": PRIORS["count"]}
        if draw(st.integers(0, 5)) == 0
        else str(draw(st.sampled_from((40, 20, 8, 3, 0))))
    )
    shares = draw(st.sampled_from((("rest",), ("30%", "rest"), ("25%", "75%"), ("20%", "30%", "rest"))))
    return {
        "initial_list": initial,
        "referrals": referrals,
        "classes": {f"class{k}": _class(draw, share) for k, share in enumerate(shares)},
    }


def _class(draw: st.DrawFn, share: str) -> Tree:
    kind: Tree = {"rank": str(draw(st.integers(1, 3))), "share": share}
    kind["companions"] = draw(st.sampled_from(COMPANIONS))
    if draw(st.booleans()):
        kind["lying"] = draw(st.sampled_from(SHARES))
    for key in ("withdraws", "deteriorates"):
        if draw(st.integers(0, 2)) == 0:
            kind[key] = {"after": draw(st.sampled_from(ENDS))}
    return kind


def _carrier(draw: st.DrawFn, days: int) -> Tree:
    types = ("van", "bus")[: draw(st.integers(1, 2))]
    carrier: Tree = {
        "rank": str(draw(st.integers(1, 2))),
        "fleet": {name: _vehicles(draw, days) for name in types},
        "plan": _plan(draw),
    }
    if draw(st.integers(0, 3)) == 0:
        carrier["plan_from"] = {day_text(draw(st.integers(1, days - 1))): _plan(draw)}
    return carrier


def _vehicles(draw: st.DrawFn, days: int) -> Tree:
    kind: Tree = {
        "count": str(draw(st.sampled_from((2, 1, 3, 2, 1, 3, 0)))),
        "seats": str(draw(st.sampled_from((2, 1, 3, 4)))),
        "lying": str(draw(st.integers(0, 1))),
    }
    if draw(st.integers(0, 4)) == 0:
        kind["availability"] = draw(st.sampled_from(("50%", "90%")))
    if draw(st.integers(0, 4)) == 0:
        kind[draw(st.sampled_from(("from", "to")))] = _moment(draw, days)
    return kind


def _plan(draw: st.DrawFn) -> Tree:
    days = draw(st.sampled_from(DAYS))
    plan: Tree = {"days": days}
    ready, by_day = days == "when ready", not days.endswith((" h", "ready"))
    if by_day:
        plan["at"] = f'"{draw(st.sampled_from(CLOCKS))}"'
    elif draw(st.booleans()):
        plan["hours"] = draw(st.sampled_from(HOURS))
    if ready:
        if draw(st.integers(0, 2)) == 0:
            plan["recheck"] = draw(st.sampled_from(("4 h", "9 h")))
    else:
        if draw(st.integers(0, 3)) == 0:
            plan["chance"] = draw(st.sampled_from(("30%", "70%")))
        if draw(st.integers(0, 4)) == 0:
            plan["by_list"] = [{"parties": "3", "chance": "80%"}, {"parties": "10", "chance": "100%"}]
        if draw(st.integers(0, 3)) == 0:
            plan["escort"] = "1"
    if draw(st.integers(0, 3)) == 0:
        plan["needs"] = str(draw(st.integers(1, 4)))
    if draw(st.integers(0, 3)) == 0:
        plan["vehicles"] = str(draw(st.integers(2, 3)))
    return plan


def _route(draw: st.DrawFn, legs: int, days: int) -> Tree:
    rows = []
    for k in range(legs):
        leg = {"to": f"place{k + 1}", "travel": draw(st.sampled_from(TRAVELS))}
        if draw(st.integers(0, 3)) == 0:
            leg["back"] = draw(st.sampled_from(TRAVELS))
        if draw(st.integers(0, 2)) == 0:
            leg["capacity"] = _dated(draw, days, CAPACITIES)
        rows.append(leg)
    return {"from": "home", "legs": rows, "turnaround": draw(st.sampled_from(RESTS))}


def _own(draw: st.DrawFn, days: int) -> Tree:
    group: Tree = {"people": draw(st.sampled_from(("30", "9", "1", "0", "120", {"prior": PRIORS["count"]})))}
    if draw(st.booleans()):
        group["companions"] = draw(st.sampled_from(COMPANIONS))
    group["ready"] = _dated(draw, days, READY)
    group["ready"][next(iter(group["ready"]))] = "2 / h"
    return group


def _dated(draw: st.DrawFn, days: int, rates: tuple[Any, ...]) -> Tree:
    """A rate from each of a few moments on, before the last day, which may end early."""
    starts = draw(st.lists(st.integers(0, days - 2), min_size=1, max_size=3, unique=True))
    clocks = [draw(st.sampled_from(("", " 06:00", " 09:00"))) for _ in starts]
    return {
        day_text(d) + clock: draw(st.sampled_from(rates)) for d, clock in zip(starts, clocks, strict=True)
    }


def _moment(draw: st.DrawFn, days: int) -> str:
    """A day or an instant, now and then just outside the period."""
    day = day_text(draw(st.integers(-1, days)))
    return day if draw(st.booleans()) else f"{day} {draw(st.sampled_from(CLOCKS))}"


def _dates(draw: st.DrawFn, days: int) -> Tree:
    """From and to, either or none; `to` at least a day after `from`."""
    start = draw(st.integers(-1, days - 1))
    length = draw(st.sampled_from((1, 0, 2, 1, 5, 40)))
    span: Tree = {}
    if draw(st.integers(0, 5)):
        clock = draw(st.sampled_from((*CLOCKS[1:], "")))
        span["from"] = f"{day_text(start)} {clock}".strip()
    if draw(st.integers(0, 5)):
        span["to"] = day_text(start + length)
        if length and draw(st.booleans()):
            span["to"] += " " + draw(st.sampled_from(CLOCKS[1:]))
            if length == 1 and "from" in span:
                span["from"] = day_text(start)
    return span


def _obstacle(
    draw: st.DrawFn, kind: str, days: int, legs: int, carriers: tuple[str, ...], classes: tuple[str, ...]
) -> Tree:
    row: Tree = {"kind": kind, **_dates(draw, days)}
    share = st.sampled_from((*SHARES, {"prior": PRIORS["share"]}))
    count = st.sampled_from(("3", "8", "1", "2", "5", "0", {"prior": PRIORS["count"]}))
    if draw(st.booleans()):
        row["group"] = draw(st.sampled_from(("one", "two")))
    if draw(st.integers(0, 3)) == 0:
        row["carriers"] = [draw(st.sampled_from(carriers))]
    if kind in ("clearance", "deterrence") and draw(st.integers(0, 3)) == 0:
        row["classes"] = [draw(st.sampled_from(classes))]
    match kind:
        case "closure":
            row["policy"] = draw(st.sampled_from(("turn_back", "hold", "turn_back", "complete")))
            if draw(st.integers(0, 2)) == 0:
                row["at"] = f"place{draw(st.integers(1, legs))}"
        case "checkpoint":
            row["at"] = f"place{draw(st.integers(1, legs - 1))}"
            row["lanes"] = str(draw(st.integers(1, 2)))
            row["per_vehicle"] = draw(st.sampled_from(("0 s", "30 min", "1 h", "exponential 30 min")))
            if draw(st.booleans()):
                row["per_person"] = draw(st.sampled_from(("5 min", "30 min", "uniform 1 min .. 20 min")))
            if draw(st.booleans()):
                row["hours"] = draw(st.sampled_from(HOURS))
            if draw(st.integers(0, 2)):
                row["turn_back"] = draw(share)
        case "clearance":
            row["lead_time"] = draw(
                st.sampled_from(("1 day", "8 h", "0 s", "uniform 1 h .. 3 days", "1 day", "never"))
            )
            if draw(st.booleans()):
                row["refused"] = draw(share)
        case "convoy_cap":
            caps = draw(
                st.lists(st.sampled_from(("patients", "people", "vehicles")), min_size=1, unique=True)
            )
            row |= {cap: draw(count) for cap in sorted(caps)}
        case "passage_limit":
            keys = draw(st.sampled_from((("chance",), ("per_week",), ("chance", "per_week"))))
            row |= {key: draw(share if key == "chance" else count) for key in keys}
        case "deterrence":
            row["share"] = draw(share)
        case "fuel_limit":
            row["per_week"] = draw(st.sampled_from(("0 l", "100 l", "400 l", {"prior": PRIORS["litres"]})))
            row["per_trip"] = draw(st.sampled_from(("40 l", "100 l")))
    return row


def _worlds(draw: st.DrawFn, impediments: Tree, days: int) -> Tree:
    worlds: Tree = {}
    start = draw(st.integers(0, days - 1))
    worlds["partly"] = {"remove": "all", "from": day_text(start)}
    if impediments:
        name = draw(st.sampled_from(sorted(impediments)))
        how = draw(st.sampled_from(("id", "group", "kind")))
        row = impediments[name]
        word = {"id": name, "group": row.get("group", name), "kind": row["kind"]}[how]
        worlds["chosen"] = {"remove": [{how: word}]}
        if draw(st.booleans()):
            worlds["chosen"]["from"] = day_text(start)
    if draw(st.integers(0, 3)) == 0:
        worlds["assuming"] = {"remove": "all", "assume": {"need": {"initial_list": "12"}}}
    return worlds


def with_other_words(tree: Tree) -> Tree:
    """The same scenario under other titles, with notes, a source and sentences that move nothing."""
    other = copy(tree)
    other |= {"title": "Renamed", "about": "Said otherwise.", "illustrative": "false"}
    other["sources"] = {"page": {"title": "A page", "publisher": "Somebody", "url": "https://example.org/x"}}
    other["need"] |= {"source": "page", "note": "Counted by hand."}
    for name, carrier in other["carriers"].items():
        carrier |= {"title": f"Carrier {name}", "assumed": "For no reason."}
    for group in other.get("own_vehicles", {}).values():
        group |= {"title": "Renamed", "assumed": "For no reason."}
    for leg in other["route"]["legs"]:
        leg["length"] = "57 km"
    for section in ("impediments", "conditions"):
        for row in other[section].values():
            row |= {"title": "Renamed", "when_removed": "It is gone.", "note": "Nothing."}
    for world in other["worlds"].values():
        world |= {"title": "Renamed", "says": "Said otherwise."}
    return other


def outcome_bytes(outcome: Outcome) -> tuple[Any, ...]:
    """Everything an outcome holds but its event log, to be compared byte by byte."""
    return tuple((a.dtype.str, a.shape, a.tobytes()) for a in map(np.asarray, outcome[:-1]))
