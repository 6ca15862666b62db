"""The ceiling of a corridor: each limit's people a day, as data, as a table and as a figure."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.capacity import Limit
from sim.analysis.intervals import PREDICTION, Interval, prediction_interval
from sim.experiment.text_files import csv_bytes, json_bytes
from sim.report.figures import BLUE, VERMILION, rendered
from sim.report.numbers import rounded, span
from sim.report.sentences import ILLUSTRATIVE, carrier_name
from sim.report.status import BY_HAND
from sim.report.tables import PLAIN_WIDTH, Page
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def capacity_data(
    limits: Sequence[Limit], scenario: Scenario, road: Scenario | None, calibrated: bool = False
) -> dict[str, Any]:
    """Everything that is told, as plain data: people and vehicles a day on the way out, under each limit.

    Parameters
    ----------
    limits
        As :func:`sim.analysis.capacity.capacity` gives them: the widest first, how it ran last.
    calibrated
        Whether it ran as histories of a posterior.
    """
    carrier = scenario.headline.carrier or sorted(scenario.carriers)[0]
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "illustrative": bool(scenario.illustrative),
        "status": f"limits {BY_HAND}; how it ran: {'calibrated' if calibrated else BY_HAND}",
        "carrier": carrier,
        "carrier_title": scenario.carriers[carrier].title or carrier,
        "road": None if road is None else road.name,
        "interval": {"kind": PREDICTION, "level": 0.9},
        "limits": [_row(limit) for limit in limits],
    }


def _row(limit: Limit) -> dict[str, Any]:
    vehicles = prediction_interval(limit.vehicles)
    people = prediction_interval(limit.vehicles * limit.people)
    ran = limit.simulated * limit.people
    return {
        "limit": limit.name,
        "assumed": limit.assumed,
        "vehicles_a_day": _ends(vehicles),
        "people_a_vehicle": limit.people,
        "people_a_day": _ends(people),
        "simulated_people_a_day": [float(ran.min()), float(ran.max())] if len(ran) else None,
        "runs": len(ran),
    }


def _ends(interval: Interval) -> dict[str, float]:
    return {"median": interval.point, "low": interval.low, "high": interval.high}


def as_text(data: Mapping[str, Any]) -> str:
    """The table, what is taken for granted at each step, and how far below the road the convoys ran."""
    page = Page(PLAIN_WIDTH, colour=False)
    page.heading(f"What the corridor could carry a day, under each limit alone ({data['scenario']})")
    if data["illustrative"]:
        page.line(ILLUSTRATIVE)
    page.line(f"Status: {data['status']}.")
    page.gap()
    header = ["on the way out", "vehicles a day", "people a day", "people a day, as run"]
    page.table(header, [cells_of(row) for row in data["limits"]])
    page.line(
        "Cells: median [90 % prediction interval] over the uncertain numbers, by formula; the last row, "
        "which has no formula, over runs. As run: the least and the most of a few runs of the model in "
        "which this limit is the only one, and more wait than can be carried."
    )
    page.gap()
    page.heading("Taken for granted")
    for row in data["limits"]:
        page.item(row["assumed"], row["limit"])
    page.gap()
    page.line(gap_sentence(data))
    return page.text()


def gap_sentence(data: Mapping[str, Any]) -> str:
    """How far below the widest limit, the road where it is known, the convoys ran."""
    first, last = data["limits"][0], data["limits"][-1]
    low, high = (last["people_a_day"][k] for k in ("low", "high"))
    most, ran = (limit["people_a_day"]["median"] for limit in (first, last))
    through = f"{rounded(most / ran, most / ran / 10)} times as many" if ran else rounded(most, most / 10)
    unknown = "" if data["road"] else " What the road itself carries is not known here (see --road)."
    whose = carrier_name(data["carrier"], data["carrier_title"])
    carried = f"{span(low, high)} people a day (90 % prediction interval)"
    if low == high:
        carried = f"{rounded(low, 0.0)} people a day (no spread: the central 90 % of replications agree)"
    return (
        f"Under the assumptions listed, the model's convoys of {whose} carried {carried}; the widest "
        f"limit, {first['limit']}, would let through {through}. It is a ceiling, not what anybody would "
        f"have run: who needed to travel, and who had a vehicle, differ between the two.{unknown}"
    )


def cells_of(row: Mapping[str, Any]) -> list[str]:
    """A limit as cells of a table: its name, vehicles and people a day, and people a day as run."""
    ran = row["simulated_people_a_day"]
    as_run = "" if ran is None else f"{rounded(ran[0], ran[0] / 10)}–{rounded(ran[1], ran[1] / 10)}"
    return [row["limit"], _interval(row["vehicles_a_day"]), _interval(row["people_a_day"]), as_run]


def _interval(ends: Mapping[str, float]) -> str:
    median, low, high = ends["median"], ends["low"], ends["high"]
    width = high - low
    if width < median / 1000:
        return rounded(median, median / 10)
    return f"{rounded(median, width)} [{span(low, high)}]"


def capacity_files(data: Mapping[str, Any]) -> dict[str, bytes]:
    """Name -> content: the data, the table and the figure."""
    rows = []
    for row in data["limits"]:
        ends = [
            row[name][k] for name in ("vehicles_a_day", "people_a_day") for k in ("median", "low", "high")
        ]
        rows.append([row["limit"], *ends, *(row["simulated_people_a_day"] or (None, None)), row["assumed"]])
    a_day = [f"{what}_a_day_{k}" for what in ("vehicles", "people") for k in ("median", "low", "high")]
    header = ["limit", *a_day, "simulated_people_least", "simulated_people_most", "assumed"]
    return {
        "capacity.json": json_bytes(data),
        "capacity.csv": csv_bytes(header, rows),
        "capacity.svg": rendered(lambda: staircase(data), "svg"),
        "capacity.png": rendered(lambda: staircase(data), "png"),
    }


def staircase(data: Mapping[str, Any]) -> Figure:
    """People a day under each limit, on a logarithmic axis: the widest on top, how it ran at the bottom."""
    from matplotlib.figure import Figure

    rows = list(reversed(data["limits"]))
    figure = Figure(figsize=(7.2, 0.75 * len(rows) + 1.6), dpi=170, layout="constrained")
    axes = figure.add_subplot()
    medians = np.array([row["people_a_day"]["median"] for row in rows])
    ends = np.array([[row["people_a_day"][k] for row in rows] for k in ("low", "high")])
    colours = [VERMILION, *[BLUE] * (len(rows) - 1)]
    axes.barh(range(len(rows)), medians, color=colours, height=0.55, alpha=0.8)
    axes.errorbar(
        medians, range(len(rows)), xerr=np.abs(ends - medians), fmt="none", ecolor="black", capsize=3
    )
    for k, row in enumerate(rows):
        axes.annotate(f" {_interval(row['people_a_day'])}", (ends[1][k], k), va="center", fontsize=10)
    axes.set_xscale("log")
    axes.set_xlim(max(0.1, medians.min() / 3), ends.max() * 30)
    axes.set_yticks(
        range(len(rows)), ["\n".join(textwrap.wrap(row["limit"], 22)) for row in rows], fontsize=10
    )
    axes.set_xlabel(
        "People a day on the way out (median and 90 % prediction interval; logarithmic)", fontsize=10
    )
    title = f"{data['title']}: each limit alone"
    axes.set_title("\n".join(textwrap.wrap(title, 62)), loc="left", fontsize=11, fontweight="bold")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure
