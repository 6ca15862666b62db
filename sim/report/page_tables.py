"""Tables of the page: every number in them says where it is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from sim.analysis.attribution_tables import ALL
from sim.experiment.coalitions import WHOLE
from sim.report.marks import SPREAD, Documents, estimate, interval, number, stored
from sim.report.numbers import whole_unit
from sim.report.sentences import BOUNDS, long_date, short_date

ENDS = ("point", "low", "high")
EVERY = 14
"""Days between the rows of the table under a figure; the CSV file has every day."""


class Table(NamedTuple):
    """Head and rows; the first cell of a row is its head."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Any]]


def measures(documents: Documents) -> list[Table]:
    """The main table, and one of the other worlds where there are any."""
    summary = documents["summary.json"]
    headline, rows = summary["headline"], summary["measures"]
    minus, world = headline["minus"], headline["world"]
    others = [w for w in summary["worlds"] if w["name"] not in (minus, world)]
    main, more = [], []
    for k, row in enumerate(rows):
        place, whole = f"summary.json#/measures/{k}", whole_unit(row["unit"])
        label = (
            row["label"]
            if row["unit"] in ("patients", "people", "convoys")
            else f"{row['label']} ({row['unit']})"
        )
        cells = [estimate(documents, f"{place}/worlds/{name}", whole, ENDS) for name in (minus, world)]
        difference = estimate(documents, f"{place}/difference", whole)
        main.append([label, _observed(documents, f"{place}/observed"), *cells, difference])
        more.append(
            [label, *(estimate(documents, f"{place}/worlds/{w['name']}", whole, ENDS) for w in others)]
        )
    variant = rows[0]["variant"] if rows else ""
    tables = [
        Table(f"By {long_date(headline['until'])}, variant {variant}: medians with 90 % prediction "
              "intervals; the difference is paired, replication by replication.",
              ["", "published", minus, world, f"{world} − {minus}"], main)
    ]  # fmt: skip
    if others:
        names = [w["name"] + ("" if w["pure_removal"] else " *") for w in others]
        note = " * assumes a changed value as well: no pure removal." if any("*" in n for n in names) else ""
        tables.append(Table(f"Other worlds, variant {variant}.{note}", ["", *names], more))
    return tables


def _observed(documents: Documents, place: str) -> Markup:
    row = stored(documents, place)
    if row is None:
        return Markup("–")
    return Markup("{}{} by {} [{}]").format(
        BOUNDS[row["bound"]], number(documents, f"{place}/observed"), short_date(row["by"]),
        row["source"] or row["figure"],
    )  # fmt: skip


def variants(documents: Documents) -> Table:
    """The headline in each variant."""
    headline = documents["summary.json"]["headline"]
    rows = []
    for k, row in enumerate(headline["variants"]):
        place, whole = f"summary.json#/headline/variants/{k}", whole_unit(row["unit"])
        ends = ("mean_low", "mean_high") if row["mean_low"] is not None else ("low", "high")
        mean = number(documents, f"{place}/mean", (f"{place}/{ends[0]}", f"{place}/{ends[1]}"))
        flips = number(documents, f"{place}/opposite_replications", whole=True)
        of = number(documents, f"{place}/replications", whole=True)
        spread = interval(documents, place, keys=("mean_low", "mean_high"))
        both = Markup("{} ({})").format(mean, spread)
        rows.append([row["variant"], estimate(documents, place, whole), both,
                     Markup("{} of {}").format(flips, of)])  # fmt: skip
    return Table(f"{headline['world']} − {headline['minus']}, {headline['unit']}, in each variant.",
                 ["variant", "median [90 % prediction interval]", "mean (95 % Monte Carlo interval)",
                  "replications of the other sign"], rows)  # fmt: skip


def windows(documents: Documents) -> Table | None:
    """The headline within each window."""
    summary = documents["summary.json"]
    headline, rows = summary["headline"], []
    minus, world = headline["minus"], headline["world"]
    for k, row in enumerate(summary["windows"]):
        place, whole = f"summary.json#/windows/{k}", whole_unit(row["unit"])
        cells = [estimate(documents, f"{place}/worlds/{name}", whole, ENDS) for name in (minus, world)]
        rows.append([f"{row['title']} ({long_date(row['from'])} on)", *cells,
                     estimate(documents, f"{place}/difference", whole)])  # fmt: skip
    head = ["counted from", minus, world, f"{world} − {minus}"]
    return Table(f"{headline['unit'].capitalize()} evacuated within windows.", head, rows) if rows else None


def validation(documents: Documents) -> list[tuple[str, Table]]:
    """Published figures against the actual world, in each variant."""
    by: dict[str, list[list[Any]]] = {}
    for k, row in enumerate(documents["summary.json"]["observed"]):
        place, whole = f"summary.json#/observed/{k}", row["what"] != "convoy_size"
        inside = {True: "inside", False: "outside", None: "–"}[row["inside"]]
        if row["inside"] and row["strictly"] is False:
            inside = "inside with its error"
        value = Markup("{}{}").format(BOUNDS[row["bound"]], number(documents, f"{place}/observed"))
        by.setdefault(row["variant"], []).append(
            [row["figure"], row["what"].replace("_", " "), long_date(row["by"]), value,
             estimate(documents, place, whole), inside, number(documents, f"{place}/pit", PIT), row["use"],
             row["source"] or "–"]
        )  # fmt: skip
    head = ["figure", "what", "by", "published", "median [90 % prediction interval]", "verdict", "PIT",
            "used to", "source"]  # fmt: skip
    return [
        (name, Table(f"Published figures against the actual world, variant {name}. PIT: share of "
                     "what would be published that lies below the figure: replications, with its error.",
                     head, rows))
        for name, rows in by.items()
    ]  # fmt: skip


PIT = ("facts.json#/rounding_of_shares/0", "facts.json#/rounding_of_shares/1")
"""Ends to whose width shares are rounded: to hundredths."""


def attribution(documents: Documents) -> Table:
    """The three numbers of every group, in one row with what holds when it is gone."""
    data = documents["attribution.json"]
    first, whole = next(iter(data["run"]["variants"])), whole_unit(data["headline"]["unit"])
    rows = []
    for k, row in enumerate(data["shares"]):
        if row["variant"] != first or row["kind"] != WHOLE:
            continue
        place = f"attribution.json#/shares/{k}"
        three = [estimate(documents, place, whole, (f"{h}_mean", f"{h}_low", f"{h}_high"))
                 for h in ("shapley", "alone", "last")]  # fmt: skip
        name = "all groups (sums)" if row["group"] == ALL else row["group"]
        holds = row["when_removed"] if row["impediments"] else "not in this variant"
        rows.append([name, *three, "" if row["group"] == ALL else holds])
    rows = [*sorted(rows[:-1], key=lambda r: r[0]), rows[-1]] if rows else rows
    return Table(f"What each group accounts for, in {data['headline']['unit']}, variant {first}: means with "
                 "90 % prediction intervals. Only the Shapley values add up to the headline.",
                 ["group", "Shapley value", "removed alone", "removed last", "what holds when it is gone"],
                 rows)  # fmt: skip


def over_variants(documents: Documents) -> Table | None:
    """Shapley values: span over the variants."""
    data = documents["attribution.json"]
    whole = whole_unit(data["headline"]["unit"])
    rows = []
    for k, row in enumerate(data["over_variants"]):
        if row["kind"] == WHOLE and row["group"] != ALL:
            place = f"attribution.json#/over_variants/{k}"
            ends = (f"{place}/low", f"{place}/high")
            means = [number(documents, f"{place}/{n}", ends, whole) for n in ("lowest_mean", "highest_mean")]
            rows.append([row["group"], Markup("{} to {}").format(*means), interval(documents, place, whole)])
    if len(data["run"]["variants"]) < 2:
        return None
    return Table("Shapley values over all variants.", ["group", "means", "from lowest to highest end"], rows)


def fates(documents: Documents) -> Table | None:
    """What became of the same synthetic patients in the headline's world."""
    data = documents["attribution.json"]
    first, world = next(iter(data["run"]["variants"])), data["headline"]["world"]
    rows = [
        [row["in_actual"], row["in_world"],
         estimate(documents, f"attribution.json#/fates/{k}", True, ("mean", "low", "high"))]
        for k, row in enumerate(data["fates"])
        if (row["variant"], row["world"]) == (first, world)
    ]  # fmt: skip
    head = [f"in {data['headline']['minus']}", f"in {world}", "patients: mean [90 % prediction interval]"]
    return Table("What became of the same synthetic patients.", head, rows) if rows else None


def parameters(documents: Documents) -> Table:
    """Sobol indices and the ends of the tornado."""
    data, rows = documents["sensitivity.json"], []
    whole = whole_unit(data["headline"]["unit"])
    for k, row in enumerate(data["parameters"]):
        place = f"sensitivity.json#/parameters/{k}"
        ends = [
            Markup("{} at {}").format(
                number(documents, f"{place}/headline_at_{e}", SPREAD, whole), row[f"{e}_value"]
            )
            for e in ("low", "high")
        ]
        total = number(documents, f"{place}/total/point", PIT)
        first = number(documents, f"{place}/first_order/point", PIT)
        rows.append([row["key_path"], total, first, *ends, row["grade"].replace("_", " ")])
    return Table("Uncertain parameters: Sobol indices of the headline (total, first order), and its mean "
                 "at the 5th and 95th percentile of the parameter, all others at their medians.",
                 ["parameter", "total", "first order", "at its 5th", "at its 95th", "evidence"],
                 rows)  # fmt: skip


def alternatives(documents: Documents) -> Table | None:
    """The headline under other structures."""
    data, rows = documents["sensitivity.json"], []
    for k, row in enumerate(data["alternatives"]):
        place = f"sensitivity.json#/alternatives/{k}"
        both = [
            "" if row[what] is None else
            estimate(documents, f"{place}/{what}", False, ENDS) if row["independent"] else
            number(documents, f"{place}/{what}/point", SPREAD)
            for what in ("mean", "change")
        ]  # fmt: skip
        rows.append([f"{row['kind']}: {row['name']}", *both])
    head = ["variant or structure", "mean", f"against {data['variant']}"]
    said = "Means under other structures, with 95 % Monte Carlo intervals."
    if not all(row["independent"] for row in data["alternatives"]):
        said = "Means under other structures; with 95 % Monte Carlo intervals where priors were drawn from."
    return Table(said, head, rows) if rows else None


def days(documents: Documents) -> Table:
    """The cumulative figure in numbers, every fortnight."""
    data = documents["timeline.json"]
    rows = []
    for k in _rows(data):
        cells = []
        for world in data["worlds"]:
            place = f"timeline.json#/worlds/{world}/evacuated"
            ends = (f"{place}/low/{k}", f"{place}/high/{k}")
            point = number(documents, f"{place}/median/{k}", ends, True)
            low, high = (number(documents, end, ends, True) for end in ends)
            cells.append(Markup("{} [{}–{}]").format(point, low, high))
        rows.append([long_date(data["midnights"][k]), *cells])
    return Table("Evacuated before 00:00 of the day: medians with 90 % prediction intervals.",
                 ["before", *data["worlds"]], rows)  # fmt: skip


def history(documents: Documents) -> Table:
    """The typical history in numbers: totals so far, every fortnight."""
    data = documents["timeline.json"]
    worlds, rows = data["history"]["worlds"], []
    for k in _rows(data):
        cells = [
            number(documents, f"timeline.json#/history/worlds/{world}/waiting/{k}", whole=True)
            for world in worlds
        ]
        rows.append([long_date(data["midnights"][k]), *cells])
    return Table(f"On the list at 00:00 of the day, replication {data['history']['replication']}.",
                 ["day", *worlds], rows)  # fmt: skip


def _rows(data: Mapping[str, Any]) -> list[int]:
    last = len(data["midnights"]) - 1
    return sorted({*range(0, last, EVERY), last})


def ledger(documents: Documents) -> Table:
    """Every number of the scenario and who vouches for it; texts as they are written in the file."""
    rows = [
        [row["key_path"], row["value"], row["grade"].replace("_", " "), ", ".join(row["sources"]) or "–",
         row["reason"] or ""]
        for row in documents["evidence.json"]["numbers"]
    ]  # fmt: skip
    return Table("Every number of the scenario.", ["key", "value", "evidence", "sources", "reason"], rows)
