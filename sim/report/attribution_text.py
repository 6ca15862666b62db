"""An attribution as text: the three numbers of every group in one row, with what holds when it is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.analysis.attribution_tables import ALL
from sim.experiment.coalitions import WHOLE
from sim.report.numbers import mean_and_ends, rounded, span, whole_unit
from sim.report.sentences import NOT_INDEPENDENT, carrier_name, long_date
from sim.report.tables import Page, ended, started
from sim.report.waterfall import by_worth

NAN = float("nan")
NARROW = 13
"""Letters that fit a column of one of the wider tables."""
LEGEND = (
    "Cells: mean (95 % Monte Carlo interval of the mean), below it the 90 % prediction interval over the "
    "replications. Shapley value: what removing the group adds, averaged over all orders in which the groups "
    "can be removed; the values add up to the headline exactly, in every replication. Removed alone: while "
    "all others stay. Removed last: when all others are gone already. The sums of these two are not the "
    "headline: impediments stand behind each other. None of the three is the worth of an impediment; quote "
    "all three."
)


def render_attribution(
    data: Mapping[str, Any], command: str, where: str, terminal: bool | None = None
) -> str:
    """The whole attribution as text.

    Parameters
    ----------
    data
        As made by :func:`sim.report.attribution.told`.
    command
        What repeats it.
    where
        The last line: where the outputs are.
    terminal
        Whether to use colours and the terminal's width; found out unless given.
    """
    page = started(data, terminal)
    _groups(page, data)
    _spans(page, data)
    _variants(page, data)
    _fates(page, data)
    _basis(page, data)
    return ended(page, data, command, where)


def _groups(page: Page, data: Mapping[str, Any]) -> None:
    """The first variant, the whole period: a row a group."""
    headline, first = data["headline"], _first(data)
    who = ""
    if headline["carrier"] is not None:
        who = f" leaving with {carrier_name(headline['carrier'], headline['carrier_title'])}"
    page.heading(
        f"What each group accounts for: {headline['unit']}{who} by {long_date(headline['until'])}, "
        f"{headline['world']} − {headline['minus']}, variant {first}"
    )
    rows = [row for row in data["shares"] if row["variant"] == first and row["kind"] == WHOLE]
    body = []
    for row in [*by_worth(r for r in rows if r["group"] != ALL), *(r for r in rows if r["group"] == ALL)]:
        cells = [_three_lines(row, how) for how in ("shapley", "alone", "last")]
        if row["group"] == ALL:
            body.append(["all groups together (sums)", *cells])
        elif row["impediments"]:
            body.append([f"{row['group']} ({row['impediments']}): {row['when_removed']}.", *cells])
        else:
            body.append([f"{row['group']}: not in this variant", *cells])
    page.table(["removed, and what holds then", "Shapley value", "removed alone", "removed last"], body)
    page.line(LEGEND if data["run"]["independent"][first] else f"{LEGEND} {NOT_INDEPENDENT}")
    if data["method"]["orders"] is not None:
        page.line(
            f"Not all coalitions were run: {data['method']['orders']} orders were sampled. Third line of the "
            "Shapley cells: 95 % interval of the mean for that reason alone."
        )
    page.gap()


def _spans(page: Page, data: Mapping[str, Any]) -> None:
    """By window and closure: Shapley values of the events inside."""
    first, whole = _first(data), whole_unit(data["headline"]["unit"])
    names = data["method"]["groups"]
    spans: dict[tuple[str, str], dict[str, Any]] = {}
    for row in data["shares"]:
        if row["variant"] == first and row["kind"] != WHOLE:
            one = spans.setdefault((row["kind"], row["span"]), {})
            one |= {"title": f"{row['title']} [{row['from'][:10]}]", row["group"]: row}
    if not spans:
        return
    body = [
        [one["title"], *(_mean_and_range(one[name], "shapley", whole) for name in [ALL, *names])]
        for one in spans.values()
    ]
    page.heading(f"Inside windows and closures, variant {first}: Shapley values")
    page.table(["counted from", "all groups", *map(_broken, names)], body)
    page.line(
        "Cells: mean [90 % prediction interval]. Only what happens inside is counted; nothing is started "
        "again. A value below 0: with the group gone, more had left before, or other limits were met sooner."
    )
    page.gap()


def _variants(page: Page, data: Mapping[str, Any]) -> None:
    """Whole period, all variants, and the span over them."""
    variants, whole = list(data["run"]["variants"]), whole_unit(data["headline"]["unit"])
    if len(variants) < 2:
        return
    rows = {(row["variant"], row["group"]): row for row in data["shares"] if row["kind"] == WHOLE}
    over = {row["group"]: row for row in data["over_variants"] if row["kind"] == WHOLE}
    names = [*data["method"]["groups"], ALL]
    body = []
    for name in names:
        low, high = over[name]["low"], over[name]["high"]
        ends = "no interval" if low is None else span(low, high, whole)
        label = "all groups" if name == ALL else _broken(name)
        body.append([label, *(_mean_and_range(rows[v, name], "shapley", whole) for v in variants), ends])
    page.heading("Shapley values in each variant")
    page.table(["", *map(_broken, variants), "over the variants"], body)
    page.line(
        "Cells: mean [90 % prediction interval]; 0 where the group is not in the variant. Over the variants: "
        "from the lowest to the highest end of these intervals."
    )
    for name, sentence in data["run"]["variants"].items():
        if sentence:
            page.item(sentence, name)
    page.gap()


def _fates(page: Page, data: Mapping[str, Any]) -> None:
    """The headline's world against the actual one: counts of the same synthetic patients."""
    first, world, minus = _first(data), data["headline"]["world"], data["headline"]["minus"]
    rows = [row for row in data["fates"] if (row["variant"], row["world"]) == (first, world)]
    if not rows:
        return
    fates = list(dict.fromkeys([*(r["in_actual"] for r in rows), *(r["in_world"] for r in rows)]))
    found = {(row["in_actual"], row["in_world"]): row for row in rows}
    body = [
        [one, *(_mean_and_range(found.get((one, other)), "", True) for other in fates)]
        for one in fates
        if any((one, other) in found for other in fates)
    ]
    page.heading(f"What became of the same synthetic patients, variant {first}")
    page.table([f"{minus} (rows), {world}", *fates], body)
    page.line(
        "Cells: mean number of patients in a replication [90 % prediction interval]. Other worlds: fates.csv."
    )
    page.gap()


def _basis(page: Page, data: Mapping[str, Any]) -> None:
    page.heading("What this rests on")
    page.item("Every world here is a pure removal, run for the same patients with the same luck.")
    if data["conditions"]:
        page.item(
            f"Conditions stay in every world ({', '.join(data['conditions'])}), and so do the carriers' own "
            "limits: fleet, seats and plan."
        )
    for world in data["not_shared_out"]:
        page.item(f"not shared out, since it assumes a value: {world['says']}", world["name"])
    for variant, histories in data["run"]["histories"].items():
        page.item(histories, variant)
    page.item(data["need"])
    page.gap()


def _broken(name: str) -> str:
    """A name for a narrow column: a long one is broken after its first hyphen."""
    return name.replace("-", "-\n", 1) if len(name) > NARROW else name


def _first(data: Mapping[str, Any]) -> str:
    """The variant that is shown first."""
    return str(next(iter(data["run"]["variants"])))


def _three_lines(row: Mapping[str, Any], how: str) -> str:
    """Mean with its Monte Carlo interval; the prediction interval; where orders were sampled, their error."""
    names = ("mean", "mean_low", "mean_high", "low", "high")
    mean, low, high, *spread = (_number(row[f"{how}_{name}"]) for name in names)
    lines = [
        "{} ({})".format(*mean_and_ends(mean, low, high, spread[1] - spread[0])),
        f"[{_range(row, how)}]",
    ]
    if how == "shapley" and row["sampling_low"] is not None:
        lines.append(f"orders: {span(row['sampling_low'], row['sampling_high'])}")
    return "\n".join(lines)


def _mean_and_range(row: Mapping[str, Any] | None, how: str, whole: bool) -> str:
    """Mean, to the digit that the prediction interval supports, and that interval; nothing for no row."""
    if row is None:
        return ""
    start = f"{how}_" if how else ""
    low, high = _number(row[f"{start}low"]), _number(row[f"{start}high"])
    mean: str = rounded(row[f"{start}mean"], high - low, whole)
    return f"{mean} [{_range(row, how)}]"


def _range(row: Mapping[str, Any], how: str) -> str:
    start = f"{how}_" if how else ""
    low, high = _number(row[f"{start}low"]), _number(row[f"{start}high"])
    return span(low, high, whole=True) if low == low else "no interval"


def _number(value: float | None) -> float:
    return NAN if value is None else value
