"""The waterfall: from the actual world to the one without impediments, one step a group."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.analysis.attribution_tables import ALL
from sim.experiment.coalitions import WHOLE
from sim.report.figures import BLACK, BLUE, GREY, VERMILION, rendered
from sim.report.numbers import rounded, span, whole_unit
from sim.report.sentences import carrier_name, long_date, many

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Row = Mapping[str, Any]


def by_worth(rows: Iterable[Row]) -> list[Row]:
    """Rows of groups, the largest Shapley mean first; of equals, by name."""
    return sorted(rows, key=lambda row: (-row["shapley_mean"], row["group"]))


class Step(NamedTuple):
    """A bar of the figure, in the unit of the headline."""

    name: str
    start: float
    end: float
    row: Row
    """With the means and intervals; of a world, those of its count."""
    group: bool


def steps(data: Mapping[str, Any]) -> list[Step]:
    """The bars of the first variant: one world, the groups by their Shapley means, the other world."""
    variant = next(iter(data["run"]["variants"]))
    rows = [r for r in data["shares"] if r["variant"] == variant and r["kind"] == WHOLE]
    worlds = {row["removed"]: row for row in data["worlds"] if row["variant"] == variant}
    groups = by_worth(row for row in rows if row["group"] != ALL and row["impediments"])
    headline = data["headline"]
    at = worlds[""]["mean"]
    bars = [Step(headline["minus"], 0.0, at, worlds[""], False)]
    for row in groups:
        bars.append(Step(row["group"], at, at + row["shapley_mean"], row, True))
        at += row["shapley_mean"]
    everything = worlds[" + ".join(sorted(data["method"]["groups"]))]
    return [*bars, Step(headline["world"], 0.0, everything["mean"], everything, False)]


def waterfall(data: Mapping[str, Any], kind: str) -> bytes:
    """The figure as `png` or `svg`: the same bytes for the same data.

    Parameters
    ----------
    data
        As made by :func:`sim.report.attribution.told`.
    """
    return rendered(lambda: figure_of(data), kind)


def figure_of(data: Mapping[str, Any]) -> Figure:
    """The figure, before it is drawn."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.ticker import FuncFormatter

    bars, headline = steps(data), data["headline"]
    figure = Figure(figsize=(7.4, 2.4 + 0.62 * len(bars)), dpi=170, layout="constrained")
    axes = figure.add_subplot()
    most = max(max(bar.start, bar.end) for bar in bars)
    for k, bar in enumerate(bars):
        low, high = sorted((bar.start, bar.end))
        colour = GREY if not bar.group else BLUE if bar.end >= bar.start else VERMILION
        hatch = "///" if bar.group and bar.end < bar.start else None
        axes.barh(
            k, high - low, left=low, height=0.62, color=colour, hatch=hatch, edgecolor="white", zorder=3
        )
        if bar.group:
            for how, up, marker, face in (("alone", -0.14, "D", "white"), ("last", 0.14, "o", BLACK)):
                at = bar.start + bar.row[f"{how}_mean"]
                axes.plot(
                    [at], [k + up], marker=marker, markersize=6, color=BLACK, markerfacecolor=face, zorder=5
                )
                most = max(most, at)
        if k + 1 < len(bars):
            axes.plot([bar.end, bar.end], [k - 0.31, k + 1.31], color="#555555", linewidth=1, zorder=4)
    for k, bar in enumerate(bars):
        axes.annotate(
            label(bar, headline["unit"]), (1.01, k), xycoords=("axes fraction", "data"), va="center",
            ha="left", fontsize=10, annotation_clip=False,
        )  # fmt: skip
    axes.set_yticks(range(len(bars)), [textwrap.fill(bar.name, 20) for bar in bars])
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.set_xlim(0, 1.04 * most if most > 0 else 1)
    axes.set_xlabel(_what(data), fontsize=11)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.tick_params(labelsize=10.5)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.8, zorder=0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    _words(axes, data)
    shown = [
        (Patch(color=BLUE), "Shapley value (mean)"),
        (Line2D([], [], color=BLACK, marker="D", markerfacecolor="white", linestyle="none"), "removed alone"),
        (Line2D([], [], color=BLACK, marker="o", linestyle="none"), "removed last"),
    ]
    if any(bar.group and bar.end < bar.start for bar in bars):
        shown.insert(1, (Patch(facecolor=VERMILION, hatch="///", edgecolor="white"), "below 0"))
    figure.legend(
        [handle for handle, _ in shown], [text for _, text in shown], loc="outside lower left",
        ncols=len(shown), frameon=False, fontsize=10.5,
    )  # fmt: skip
    return figure


def label(bar: Step, unit: str) -> str:
    """Mean and 90 % prediction interval, with the sign of a step."""
    start = "shapley_" if bar.group else ""
    low, high = bar.row[f"{start}low"], bar.row[f"{start}high"]
    mean, whole = bar.row[f"{start}mean"], whole_unit(unit)
    if low is None:
        return f"{rounded(mean, 0.0, whole)} (one replication)"
    sign = "+" if bar.group and mean > 0 else ""
    return f"{sign}{rounded(mean, high - low, whole)} [{span(low, high, whole)}]"


def _what(data: Mapping[str, Any]) -> str:
    headline, scenario = data["headline"], data["scenario"]
    who = ""
    if headline["carrier"] is not None:
        who = f" by {carrier_name(headline['carrier'], headline['carrier_title'])}"
    since = f"{long_date(scenario['from'][:10])} to {long_date(headline['until'])}"
    return "\n".join([*textwrap.wrap(f"{headline['unit'].capitalize()} evacuated{who}", 44), since])


def _words(axes: Any, data: Mapping[str, Any]) -> None:
    variant = next(iter(data["run"]["variants"]))
    status = (
        f"{data['status']['label']}; variant {variant}, {many(data['run']['replications'], 'replication')}. "
        "Beside the bars: mean [90 % prediction interval]. Marks count from the left end of their bar."
    )
    if data["status"]["illustrative"]:
        status = f"ILLUSTRATIVE, no real corridor; {status}"
    title = "\n".join(textwrap.wrap(data["scenario"]["title"], 66))
    axes.figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    axes.set_title("\n".join(textwrap.wrap(status, 66)), loc="left", fontsize=10, color="#444444")


def alt_text(data: Mapping[str, Any]) -> str:
    """The figure in words, for readers who cannot see it."""
    bars, unit = steps(data), data["headline"]["unit"]
    groups = "; ".join(
        f"{bar.name} {label(bar, unit)} (removed alone {_mean(bar.row, 'alone', unit)}, removed last "
        f"{_mean(bar.row, 'last', unit)})"
        for bar in bars
        if bar.group
    )
    first, last = bars[0], bars[-1]
    return (
        f"Waterfall chart, {unit} evacuated in {data['scenario']['title']}: {label(first, unit)} in the "
        f"world {first.name}; Shapley values {groups}; {label(last, unit)} in the world {last.name}. "
        f"Means with 90 % prediction intervals; {data['status']['label']}."
    )


def _mean(row: Row, how: str, unit: str) -> str:
    low, high = row[f"{how}_low"], row[f"{how}_high"]
    return rounded(row[f"{how}_mean"], 0.0 if low is None else high - low, whole_unit(unit))
