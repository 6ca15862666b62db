"""The tornado: the headline with one parameter at a time at the ends of what is believed of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.report.figures import BLUE, VERMILION, rendered
from sim.report.sentences import carrier_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_BARS = 15


def tornado(data: Mapping[str, Any]) -> Figure:
    """The figure; `data` as made by :func:`sim.report.sensitivity.sensitivity_data`."""
    from matplotlib.figure import Figure

    rows = widest(data["parameters"])
    figure = Figure(figsize=(7.6, 2.2 + 0.42 * len(rows)), dpi=170, layout="constrained")
    axes = figure.add_subplot()
    middle = data["at_medians"]
    for place, row in enumerate(reversed(rows)):
        ends = (("low", BLUE, ""), ("high", VERMILION, "////"))
        for end, colour, hatch in sorted(ends, key=lambda e: -abs(row[f"headline_at_{e[0]}"] - middle)):
            value = row[f"headline_at_{end}"]  # the shorter bar last: both may lie on one side
            axes.barh(place, value - middle, left=middle, height=0.62, facecolor=colour, hatch=hatch,
                      edgecolor="white", linewidth=0, zorder=3)  # fmt: skip
        _ends(axes, place, row, middle)
    axes.axvline(middle, color="black", linewidth=1, zorder=4)
    axes.set_yticks(range(len(rows)), [_name(row["key_path"]) for row in reversed(rows)])
    axes.margins(x=0.22)
    _words(figure, axes, data, len(rows))
    return figure


def widest(parameters: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The parameters that move the headline most between their ends, at most 15 of them."""
    ordered = sorted(parameters, key=lambda row: -abs(row["headline_at_high"] - row["headline_at_low"]))
    return ordered[:MOST_BARS]


def _ends(axes: Axes, place: int, row: Mapping[str, Any], middle: float) -> None:
    """The parameter's values beside the ends of its bar; both outside where they go the same way."""
    ends = sorted(("low", "high"), key=lambda end: row[f"headline_at_{end}"])
    for end, side in zip(ends, ("right", "left"), strict=True):
        at = row[f"headline_at_{end}"]
        at = min(at, middle) if side == "right" else max(at, middle)
        axes.annotate(
            row[f"{end}_value"], (at, place), xytext=(-4 if side == "right" else 4, 0),
            textcoords="offset points", ha=side, va="center", fontsize=8.5, color="#444444",
        )  # fmt: skip


def _name(key_path: str) -> str:
    """The key path, in two lines where it is long, without the name of its section."""
    section, _, rest = key_path.partition(".")
    text = rest if section in ("impediments", "conditions") else key_path
    if len(text) <= 34:
        return text
    head, _, tail = text.rpartition(".")
    return f"{head}\n.{tail}"


def _words(figure: Figure, axes: Axes, data: Mapping[str, Any], shown: int) -> None:
    import textwrap

    from matplotlib.patches import Patch
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    headline, count = data["headline"], len(data["parameters"])
    said = f"variant {data['variant']}; means over the same {len(data['luck'])} replications; "
    said += f"each by its own {data['from']}, all others at their medians"
    if shown < count:
        said += f"; the {shown} widest of {count} parameters"
    said = f"{data['status']}; {said}"
    if data["illustrative"]:
        said = f"ILLUSTRATIVE, no real corridor; {said}"
    by = ""
    if headline["carrier"] is not None:
        by = f" by {carrier_name(headline['carrier'], headline['carrier_title'])}"
    title = f"{headline['unit'].capitalize()} evacuated{by}, {headline['world']} − {headline['minus']}"
    figure.suptitle("\n".join(textwrap.wrap(title, 68)), x=0.01, ha="left", fontsize=12, fontweight="bold")
    axes.set_title("\n".join(textwrap.wrap(said, 74)), loc="left", x=-0.35, fontsize=9.5, color="#444444")
    axes.set_xlabel(f"Mean difference ({headline['unit']})", fontsize=11)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}".replace("-", "−")))
    axes.tick_params(axis="y", labelsize=9.5, length=0)
    axes.tick_params(axis="x", labelsize=10.5)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6, zorder=0)
    low, high = (f"{share:.0%}".replace("%", "th percentile") for share in data["swing"])
    figure.legend(
        [Patch(facecolor=BLUE), Patch(facecolor=VERMILION, hatch="////", edgecolor="white", linewidth=0)],
        [f"parameter at its {low}", f"at its {high}"], loc="outside lower left", ncols=2, frameon=False,
        fontsize=10.5,
    )  # fmt: skip


def pictures(data: Mapping[str, Any]) -> dict[str, bytes]:
    """The figure as `tornado.png` and `tornado.svg`; none where no parameter is uncertain."""
    if not data["parameters"]:
        return {}
    return {f"tornado.{kind}": rendered(lambda: tornado(data), kind) for kind in ("png", "svg")}
