"""Validation for people: published figures against what the model gives, as text, CSV and a figure."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.analysis.record import FLOORS
from sim.analysis.validation import Validation, records
from sim.experiment.text_files import csv_bytes, json_bytes
from sim.report.figures import BLACK, BLUE, GREY, VERMILION
from sim.report.numbers import rule_of_three, span, with_interval
from sim.report.sentences import ILLUSTRATIVE, many, published_figure
from sim.report.tables import PLAIN_WIDTH, Page
from sim.scenario.reading import ScenarioFile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def render(file: ScenarioFile, found: Sequence[Validation], outputs: str) -> str:
    """Everything as text; the last line says where the files are."""
    page = Page(PLAIN_WIDTH, False)
    if file.scenario.illustrative:
        page.line(ILLUSTRATIVE)
    for one in found:
        page.heading(
            f"{file.scenario.name}, variant {one.variant}, calibration {one.calibration}: {_verdict(one)}"
        )
        if one.from_prior:
            page.line(f"Drawn from priors: {one.from_prior}.")
        header = ["figure", "published", "predicted", "with error", "PIT", "", "", "score"]
        if one.figures.empty:
            page.line("Nothing was published to hold it against: the scenario has no observed figures.")
        elif one.figures["naive"].isna().all():
            page.table(header, _rows(one))
        else:
            page.table([*header, "naive"], map(list.__add__, _rows(one), _naive(one)))
        skill = one.skill()
        for row in records(skill):
            better = "better than" if row["ratio"] < 1 else "NO better than"
            page.line(
                f"Skill: mean interval score {row['model']:.1f}, {better} the naive forecast "
                f"`{row['forecast']}` ({row['naive']:.1f}) on {many(row['figures'], 'figure')} "
                f"after {one.until}."
            )
        page.gap()
    page.heading("Need, inferred: patients referred by the end, the list at the start included")
    page.table(["variant, calibration", "reading", "median [90 % of histories]", "claim", "at or above it"],
               [row for one in found for row in _need(one)])  # fmt: skip
    page.line(
        "Predicted: median [90 % prediction interval over histories] of the count itself. With error: the "
        "same interval of what would be published, the figure's error of observation included. PIT (the "
        "share of that below the figure) and score go by it. Score: interval score, in the figure's unit, "
        "less is better. Naive: the same of `rate` (every week like the last four before the day) or `size` "
        "(convoys as large as before). Seen: by the calibration. The claim was not verified; it calibrates "
        "nothing. Validated: every figure that was seen lies in its band (the interval of the count widened "
        "by two standard errors; for a floor the upper end), and nine in ten of those held back."
    )
    page.gap()
    page.verbatim(outputs)
    return page.text()


def _verdict(one: Validation) -> str:
    if one.keeps and not one.mixed:
        return "keeps the record, but the chains have not mixed: NOT VALIDATED"
    return "validated" if one.validated else "NOT VALIDATED"


def _rows(one: Validation) -> list[list[str]]:
    rows = []
    for row in records(one.figures):
        inside = {None: "", True: "inside", False: "OUTSIDE"}[row["inside"]]
        if row["use"] == "compare":
            inside = ""
        elif row["bound"] in FLOORS and row["inside"]:
            inside = "reached"
        score = "" if pd.isna(row["score"]) else f"{row['score']:.1f}"
        rows.append([
            str(row["figure"]),
            published_figure(str(row["bound"]), float(row["observed"])),
            with_interval(row["median"], row["low"], row["high"], row["what"] != "convoy_size"),
            "" if pd.isna(row["published_low"]) else span(row["published_low"], row["published_high"]),
            f"{row['pit']:.2f}",
            inside,
            "seen" if row["seen"] else "claim" if row["use"] == "compare" else "held back",
            score,
        ])  # fmt: skip
    return rows


def _naive(one: Validation) -> list[list[str]]:
    return [
        ["" if pd.isna(row["naive_score"]) else f"{row['naive_score']:.1f} {row['naive']}"]
        for row in records(one.figures)
    ]


def _need(one: Validation) -> list[list[str]]:
    rows = []
    for row in records(one.need):
        claim = "" if pd.isna(row["claim"]) else f"≥ {row['claim']:,.0f}"
        above = ""
        if not pd.isna(row["at_or_above"]):
            found = round(row["at_or_above"] * one.replications)
            above = rule_of_three(found, one.replications, independent=bool(one.from_prior))
        amount = with_interval(row["median"], row["low"], row["high"], whole=True)
        rows.append([f"{one.variant}, {one.calibration}", str(row["reading"]), amount, claim, above])
    return rows


def as_data(file: ScenarioFile, found: Sequence[Validation]) -> dict[str, Any]:
    """Everything as plain data."""
    return {
        "scenario": file.scenario.name,
        "model_hash": file.model_hash,
        "validations": [
            {
                "variant": one.variant,
                "calibration": one.calibration,
                "until": None if one.until is None else str(one.until),
                "from_prior": one.from_prior,
                "replications": one.replications,
                "validated": one.validated,
                "keeps_the_record": one.keeps,
                "mixed": one.mixed,
                "interval": {"kind": "prediction", "level": 0.9},
                "figures": _plain(one.figures),
                "skill": _plain(one.skill()),
                "need": _plain(one.need),
            }
            for one in found
        ],
    }


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {k: None if pd.isna(v) else str(v) if hasattr(v, "isoformat") else v for k, v in row.items()}
        for row in records(table)
    ]


def files(file: ScenarioFile, found: Sequence[Validation]) -> dict[str, bytes]:
    """``validation.csv`` (a row a figure), ``need.csv``, ``validation.json``; a figure a calibration,
    if there is anything to draw."""
    figures = pd.concat([_named(one, one.figures) for one in found], ignore_index=True)
    need = pd.concat([_named(one, one.need.drop(columns="variant")) for one in found], ignore_index=True)
    made = {
        "validation.csv": _csv(figures),
        "need.csv": _csv(need),
        "validation.json": json_bytes(as_data(file, found)),
    }
    for one in found:
        if _panels(file, one):
            made[f"{one.variant}.{one.calibration}.png"] = picture(file, one)
    return made


def _named(one: Validation, table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(variant=one.variant, calibration=one.calibration)


def _csv(table: pd.DataFrame) -> bytes:
    columns = [[None if pd.isna(v) else v for v in table[name]] for name in table.columns]
    return csv_bytes([str(name) for name in table.columns], zip(*columns, strict=True))


def _panels(file: ScenarioFile, one: Validation) -> list[tuple[str, pd.DataFrame]]:
    """What is drawn side by side: running totals, and all others; nothing of what there is not."""
    carrier = file.scenario.headline.carrier
    rows = one.figures[one.figures["carrier"].isin(["", carrier or ""])]
    since = {name: figure.from_ for name, figure in file.variants[one.variant].observed.items()}
    total = (rows["what"] == "patients") & rows["figure"].isin(
        [n for n, first in since.items() if first is None]
    )
    others = ~total & (rows["use"] != "compare") & (rows["what"] != "people")
    panels = [
        ("patients, running totals", rows[total]),
        ("lists, convoys, sizes, weeks (in the figure's own unit)", rows[others]),
    ]
    return [(label, panel) for label, panel in panels if len(panel)]


def figure(file: ScenarioFile, one: Validation) -> Figure:
    """Running totals, and what was held back or seen besides, against what the model gives."""
    from matplotlib.figure import Figure

    panels, scenario = _panels(file, one), file.variants[one.variant]
    tallest = max(len(rows) for _, rows in panels)
    drawn = Figure(figsize=(9.6, 1.9 + 0.24 * tallest), dpi=140, layout="constrained")
    ratios = (1, 1.25)[: len(panels)]
    for axes, (label, rows) in zip(
        drawn.subplots(1, len(panels), width_ratios=ratios, squeeze=False)[0], panels, strict=True
    ):
        _strip(axes, rows, label)
    illustrative = "ILLUSTRATIVE, no real corridor; " if scenario.illustrative else ""
    drawn.suptitle(
        f"{scenario.title}\n{illustrative}variant {one.variant}, calibration {one.calibration}: "
        f"{_verdict(one)}; bars: 90 % prediction interval, {one.replications} histories",
        x=0.01, ha="left", fontsize=10,
    )  # fmt: skip
    drawn.legend(
        handles=_legend(pd.concat([rows for _, rows in panels])),
        loc="outside lower left", ncols=4, frameon=False, fontsize=8.5,
    )  # fmt: skip
    return drawn


def _strip(axes: Axes, rows: pd.DataFrame, label: str) -> None:
    for k, row in enumerate(records(rows)):
        colour = BLUE if row["seen"] else VERMILION
        axes.plot(
            [row["low"], row["high"]], [k, k], color=colour, linewidth=4, alpha=0.55, solid_capstyle="butt"
        )
        axes.plot(row["median"], k, marker="|", color=colour, markersize=9)
        if not pd.isna(row["naive_low"]):
            axes.plot([row["naive_low"], row["naive_high"]], [k + 0.28] * 2, color=GREY, linewidth=1.5)
        marker = ">" if row["bound"] in FLOORS else "o"
        axes.plot(row["observed"], k, marker=marker, color=BLACK, markersize=4.5, linestyle="none")
    axes.set_yticks(range(len(rows)), rows["figure"].tolist(), fontsize=7.5)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel(label, fontsize=9)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _legend(rows: pd.DataFrame) -> list[Any]:
    """Of what is drawn."""
    from matplotlib.lines import Line2D

    handles = []
    if rows["seen"].any():
        label = "predicted, figure seen by calibration"
        handles.append(Line2D([], [], color=BLUE, linewidth=4, alpha=0.55, label=label))
    if not rows["seen"].all():
        label = "predicted, figure held back"
        handles.append(Line2D([], [], color=VERMILION, linewidth=4, alpha=0.55, label=label))
    if not rows["naive_low"].isna().all():
        handles.append(Line2D([], [], color=GREY, linewidth=1.5, label="naive forecast"))
    label = "published (▸ a floor)" if rows["bound"].isin(FLOORS).any() else "published"
    point = Line2D([], [], color=BLACK, marker="o", linestyle="none", markersize=4.5, label=label)
    return [*handles, point]


def picture(file: ScenarioFile, one: Validation) -> bytes:
    """The figure as PNG."""
    stream = io.BytesIO()
    figure(file, one).savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()
