"""What a calibration found, for people: a table, and a figure of priors against posteriors."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.model.value_names import uncertain_entries
from sim.report.figures import BLUE, GREY, VERMILION
from sim.report.parameter_units import Unit, unit_of
from sim.report.tables import PLAIN_WIDTH, Page
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def render(about: Mapping[str, Any], scenario: Scenario, outputs: str) -> str:
    """A calibration as text.

    Parameters
    ----------
    about
        What the posterior's JSON file says.
    scenario
        That was calibrated: it says in which units its parameters are.
    outputs
        The last line: what was written.
    """
    page = Page(PLAIN_WIDTH, False)
    page.heading(f"{about['scenario']}, variant {about['variant']}, calibration {about['calibration']}")
    page.line(quality(about))
    page.gap()
    units = {name: unit_of(entry) for name, entry in uncertain_entries(scenario).items()}
    page.table(
        ["parameter", "unit", "prior 5–50–95 %", "posterior 5–50–95 %", "spread", "ess", "R-hat"],
        [
            [
                row["parameter"],
                units[row["parameter"]].name,
                _three(row, units, "prior_low", "prior_median", "prior_high"),
                _three(row, units, "low", "median", "high"),
                f"{row['spread']:.2f}{'' if row['identified'] else ' *'}",
                f"{row['ess']:.0f}",
                f"{row['r_hat']:.3f}",
            ]
            for row in about["of_parameters"]
        ],
    )
    page.line(
        "Spread: of the posterior, as a share of the prior's, in quantiles of the prior. * not identified: "
        "the record leaves it nearly as wide as the prior."
    )
    edges = [f"{row['parameter']} ({row['boundary']})" for row in about["of_parameters"] if row["boundary"]]
    if edges:
        page.line(
            "At the boundary of its prior, more than 30 % of the posterior in its lowest or highest tenth: "
            f"{', '.join(edges)}. A wider prior might change what follows from it."
        )
    page.gap()
    page.table(
        ["figure", "published", "error", "histories 5–50–95 %"],
        [
            [
                row["figure"],
                f"{row['bound'].replace('_', ' ')} {row['observed']:g}",
                "1" if row["error"] is None else f"{row['error']:g}",
                f"{row['low']:.4g} – {row['median']:.4g} – {row['high']:.4g}",
            ]
            for row in about["figures"]
        ],
    )
    page.gap()
    page.verbatim(outputs)
    return page.text()


def quality(about: Mapping[str, Any]) -> str:
    """How well the chains have mixed, and whether that is enough."""
    least, greatest = about["least_effective_sample_size"], about["greatest_r_hat"]
    said = (
        f"{about['histories_tried']:,} histories tried in {about['chains']} chains at a tolerance of "
        f"{about['tolerance']}; {about['histories']} kept. "
    )
    if least is None:
        return said + "No parameter is identified: the record says little about any of them."
    said += (
        f"Of the identified parameters the least effective sample size is {least:.0f}, the greatest R-hat "
    )
    said += f"{greatest:.3f}: "
    return said + ("as wanted (400, 1.05)." if about["reached"] else "NOT as wanted (400, 1.05).")


def _three(row: Mapping[str, Any], units: Mapping[str, Unit], *names: str) -> str:
    return " – ".join(units[row["parameter"]].shown(row[name]) for name in names)


def figure(about: Mapping[str, Any]) -> Figure:
    """Prior and posterior of every parameter, in quantiles of the prior's central 90 %."""
    from matplotlib.figure import Figure

    rows: Sequence[Mapping[str, Any]] = about["of_parameters"]
    drawn = Figure(figsize=(7.6, 1.4 + 0.27 * len(rows)), dpi=150, layout="constrained")
    axes = drawn.add_subplot()
    for k, row in enumerate(rows):
        low, wide = row["prior_low"], (row["prior_high"] - row["prior_low"]) or 1.0
        at = [(row[name] - low) / wide for name in ("low", "median", "high")]
        colour = BLUE if row["identified"] else VERMILION
        axes.plot([0, 1], [k, k], color=GREY, linewidth=5, alpha=0.45, solid_capstyle="butt")
        axes.plot(
            [at[0], at[2]], [k, k], color=colour, linewidth=2.2, linestyle="-" if row["identified"] else ":"
        )
        axes.plot(at[1], k, marker="o" if row["identified"] else "D", color=colour, markersize=5)
    axes.set_yticks(range(len(rows)), [short_name(row["parameter"]) for row in rows], fontsize=8)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("value, from the 5 % to the 95 % point of the prior (grey)")
    axes.set_xticks([0, 0.5, 1], ["5 % of prior", "middle", "95 % of prior"])
    axes.set_title(
        f"{about['scenario']}, {about['variant']}, {about['calibration']}: 5, 50 and 95 % of the posterior\n"
        "blue, solid: identified; orange, dotted: not identified by the record",
        fontsize=9,
    )
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return drawn


def short_name(parameter: str) -> str:
    """A key path without what every reader knows."""
    for long in ("obstacles.", "carriers.", "need.classes.", "need."):
        parameter = parameter.removeprefix(long)
    return parameter


def picture(about: Mapping[str, Any]) -> bytes:
    """The figure as PNG."""
    stream = io.BytesIO()
    figure(about).savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()
