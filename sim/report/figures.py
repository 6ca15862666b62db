"""Figures: how many patients had left by each day, in the actual world and without impediments.

Made with matplotlib's Agg and SVG writers; the same ensemble gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.intervals import central
from sim.analysis.record import published
from sim.experiment.ensemble import Ensemble
from sim.model.laying_out import lay_out
from sim.model.layout import DAY
from sim.model.plan import OPEN, make_plan
from sim.report.numbers import rounded, span
from sim.report.sentences import carrier_name, long_date, many
from sim.report.status import label
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILION, GREEN, BLACK, GREY = "#0072B2", "#D55E00", "#009E73", "#000000", "#999999"
"""From the palette of Okabe & Ito, which colour-blind readers can tell apart."""

EPOCH = date(1970, 1, 1)
Series = NDArray[np.float64]


def cumulative_series(ensemble: Ensemble, variant: str, world: str) -> Series:
    """(replications, days + 1) patients of the headline's carrier (of all, if none) before each midnight."""
    scenario = ensemble.file.scenario
    what, carrier = scenario.headline.what, scenario.headline.carrier
    daily = ensemble.daily[variant, world]
    names = scenario.carriers if carrier is None else [carrier]
    return np.asarray(np.sum([daily[f"{what}[carrier={name}]"] for name in names], axis=0), dtype=float)


def band(series: Series) -> tuple[Series, Series, Series]:
    """Low end, median and high end of the 90 % prediction interval on each day."""
    low, middle, high = central(series)
    return low, middle, high


def cumulative(ensemble: Ensemble, variant: str) -> Figure:
    """The cumulative figure: the headline's two worlds with their bands, and what was published."""
    from matplotlib.figure import Figure

    scenario = ensemble.file.variants[variant]
    headline = scenario.headline
    figure = Figure(figsize=(6.6, 6.0), dpi=170, layout="constrained")
    axes = figure.add_subplot()
    n = ensemble.daily[variant, headline.minus]["referred"].shape[1]
    days = _at(scenario.period.from_.day) + np.arange(n, dtype=float)
    _background(axes, ensemble, variant)
    ends = []
    for world, colour in ((headline.minus, BLUE), (headline.world, VERMILION)):
        series = cumulative_series(ensemble, variant, world)
        low, middle, high = band(series)
        axes.plot(days, middle, color=colour, linewidth=2, zorder=4)
        if len(series) > 1:
            axes.fill_between(days, low, high, color=colour, alpha=0.2, linewidth=0, zorder=3)
        ends.append((float(middle[-1]), _end_label(world, low, middle, high, len(series)), colour))
    _observed_points(axes, scenario)
    axes.set_ylim(bottom=0)
    axes.set_xlim(float(days[0]), float(days[-1]))
    axes.margins(y=0.08)
    _end_labels(axes, float(days[-1]), ends)
    _words(axes, scenario, variant, len(ensemble.replications), label(ensemble))
    _legend(figure, scenario, len(ensemble.replications))
    return figure


def _at(day: date) -> float:
    """00:00 of a day, in matplotlib's unit of dates: days since 1970."""
    return float((day - EPOCH).days)


def _background(axes: Axes, ensemble: Ensemble, variant: str) -> None:
    """Times at which the road is closed to the headline's carrier, and the starts of windows."""
    scenario = ensemble.file.variants[variant]
    start = _at(scenario.period.from_.day)
    for since, until in closed_spans(scenario):
        axes.axvspan(start + since / DAY, start + until / DAY, color="#DDDDDD", linewidth=0, zorder=0)
    for name in sorted(scenario.windows):
        day = _at(scenario.windows[name].from_)
        axes.axvline(day, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
        axes.annotate(
            name.replace("-", " "), (day, 0.98), xycoords=("data", "axes fraction"),
            xytext=(-3, 0), textcoords="offset points", rotation=90, ha="right", va="top", fontsize=9.5,
            color="#555555",
        )  # fmt: skip


def closed_spans(scenario: Scenario) -> list[tuple[int, int]]:
    """Seconds [start, end) in which the road is closed to the headline's carrier (to all, if none)."""
    layout = lay_out(scenario)
    plan = make_plan(layout, scenario.headline.minus)
    named = scenario.headline.carrier
    carriers = [k for k, name in enumerate(layout.carriers) if named in (None, name)]
    changes = {t for c in carriers for t in plan.road[c][0].times if t < plan.horizon}
    spans: list[tuple[int, int]] = []
    for since, until in pairwise(sorted({0, plan.horizon} | changes)):
        if all(plan.road[c][0].at(since) != OPEN for c in carriers):
            if spans and spans[-1][1] == since:
                spans[-1] = (spans[-1][0], until)
            else:
                spans.append((since, until))
    return spans


def observed_totals(scenario: Scenario) -> Iterator[tuple[date, float, str]]:
    """Published totals since the first day for what the figure shows: midnight, figure, bound."""
    wanted = (scenario.headline.what, scenario.headline.carrier, None)
    for figure in scenario.observed.values():
        if (figure.what, figure.carrier, figure.from_) == wanted:
            bound, value = published(figure)
            yield figure.by + timedelta(days=int(figure.at == "end")), value, bound


def _observed_points(axes: Axes, scenario: Scenario) -> None:
    for day, value, bound in observed_totals(scenario):
        floor = bound in ("more_than", "at_least")
        axes.plot(
            [_at(day)], [value], marker="^" if floor else "o", markersize=7 if floor else 5, color=BLACK,
            markerfacecolor="white" if bound != "exact" else BLACK, linestyle="none", zorder=6, clip_on=False,
        )  # fmt: skip


def _end_label(world: str, low: Series, middle: Series, high: Series, replications: int) -> str:
    if replications < 2:
        return f"{world}\n{rounded(float(middle[-1]), 0.0, whole=True)}"
    width = float(high[-1] - low[-1])
    ends = span(float(low[-1]), float(high[-1]), whole=True)
    return f"{world}\n{rounded(float(middle[-1]), width, whole=True)}\n[{ends}]"


def _end_labels(axes: Axes, day: float, ends: list[tuple[float, str, str]]) -> None:
    """Names of the worlds at the right end of their lines, moved apart where they would touch."""
    top = axes.get_ylim()[1]
    least = 0.16 * top
    ordered = sorted(ends)
    heights = [max(height, least / 2) for height, _, _ in ordered]
    for k in range(1, len(heights)):
        heights[k] = max(heights[k], heights[k - 1] + least)
    for height, (_, text, colour) in zip(heights, ordered, strict=True):
        axes.annotate(
            text, (day, height), xytext=(8, 0), textcoords="offset points", va="center", ha="left",
            fontsize=11, color=colour, fontweight="bold", annotation_clip=False,
        )  # fmt: skip


def _words(axes: Axes, scenario: Scenario, variant: str, replications: int, status: str) -> None:
    """Title, labels and dates."""
    import textwrap

    from matplotlib.dates import AutoDateLocator
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    since = long_date(scenario.period.from_.day.isoformat())
    what = f"{scenario.headline.what.capitalize()} evacuated{_whom(' by ', scenario)}"
    counted = "\n".join([*textwrap.wrap(what, 46), f"since {since}"])
    status = f"{status}; variant {variant}, {many(replications, 'replication')}"
    if scenario.illustrative:
        status = f"ILLUSTRATIVE, no real corridor; {status}"
    title = "\n".join(textwrap.wrap(scenario.title, 64))
    axes.figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    axes.set_title("\n".join(textwrap.wrap(status, 62)), loc="left", fontsize=10.5, color="#444444")
    axes.set_ylabel(counted, fontsize=11)
    axes.set_xlabel("Date (local time)", fontsize=11)
    first, last = axes.get_xlim()
    months = last - first > 60
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=6))  # type: ignore[no-untyped-call]

    def tick(value: float, _: Any) -> str:
        day = EPOCH + timedelta(days=value)
        month = MONTH_NAMES[day.month - 1]
        return f"{month}\n{day.year}" if months else f"{day.day} {month}\n{day.year}"

    axes.xaxis.set_major_formatter(FuncFormatter(tick))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.tick_params(labelsize=11)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _legend(figure: Figure, scenario: Scenario, replications: int) -> None:
    """What stands in the figure, and no more."""
    import textwrap

    from matplotlib.legend_handler import HandlerTuple
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    both = tuple(Patch(color=colour, alpha=0.25, linewidth=0) for colour in (BLUE, VERMILION))
    shown: list[tuple[Any, str]] = [(Line2D([], [], color="#555555", linewidth=2), "median")]
    if replications > 1:
        shown.append((both, "90 % prediction interval"))
    bounds = {bound for _, _, bound in observed_totals(scenario)}
    for names, marker, face, text in (
        ({"exact"}, "o", BLACK, "published total"),
        ({"about"}, "o", "white", "published as “about”"),
        ({"more_than", "at_least"}, "^", "white", "published as “more than”: a floor"),
    ):
        if bounds & names:
            point = Line2D([], [], color=BLACK, marker=marker, markerfacecolor=face, linestyle="none")
            shown.append((point, text))
    if closed_spans(scenario):
        closed = "\n".join(textwrap.wrap(f"road closed{_whom(' to ', scenario)}", 36))
        shown.append((Patch(color="#DDDDDD", linewidth=0), closed))
    figure.legend(
        [handle for handle, _ in shown], [text for _, text in shown], loc="outside lower left", ncols=2,
        frameon=False, fontsize=11, handletextpad=0.6, columnspacing=1.5,
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0)},
    )  # fmt: skip


def _whom(word: str, scenario: Scenario) -> str:
    """The word and the headline's carrier; nothing when it is all."""
    carrier = scenario.headline.carrier
    if carrier is None:
        return ""
    return word + carrier_name(carrier, scenario.carriers[carrier].title)


def picture(ensemble: Ensemble, variant: str, kind: str) -> bytes:
    """The cumulative figure as `png` or `svg`: the same bytes for the same ensemble."""
    return rendered(lambda: cumulative(ensemble, variant), kind)


def rendered(make: Callable[[], Figure], kind: str) -> bytes:
    """A figure as `png` or `svg`: the same bytes whatever the user's own settings."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"svg.hashsalt": "corridor-sim", "svg.fonttype": "path"})
        stream = io.BytesIO()
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        make().savefig(stream, format=kind, metadata=metadata)
    return stream.getvalue()


def alt_text(ensemble: Ensemble, variant: str) -> str:
    """The figure in one sentence, for readers who cannot see it."""
    scenario = ensemble.file.variants[variant]
    headline = scenario.headline
    first = scenario.period.from_.day
    last = first + timedelta(days=(scenario.period.to.end(first) - 1) // DAY)
    ends = []
    for world in (headline.minus, headline.world):
        low, middle, high = (float(line[-1]) for line in band(cumulative_series(ensemble, variant, world)))
        if len(ensemble.replications) < 2:
            ends.append(f"{rounded(middle, 0.0, whole=True)} in the world {world} (one replication)")
        else:
            ends.append(
                f"{span(low, high, whole=True)} (90 % prediction interval; median "
                f"{rounded(middle, high - low, whole=True)}) in the world {world}"
            )
    totals = len(list(observed_totals(scenario)))
    said = {0: "no published total", 1: "one published total"}.get(totals, f"{totals} published totals")
    return (
        f"Line chart of cumulative {headline.what} evacuated{_whom(' by ', scenario)} from "
        f"{long_date(first.isoformat())} to {long_date(last.isoformat())} in {scenario.title}: at the "
        f"end {' and '.join(ends)}, beside {said}; {label(ensemble)}."
    )
