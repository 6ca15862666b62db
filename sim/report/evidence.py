"""The ledger of a scenario: every number, who vouches for it, and, where measured, its influence."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sim.experiment.text_files import csv_bytes
from sim.report.numbers import rounded
from sim.report.sentences import ILLUSTRATIVE, assumed_sentence
from sim.report.tables import PLAIN_WIDTH, Page
from sim.scenario.reading import ScenarioFile
from sim.scenario.sources import GRADES, Entry, ledger, shares_of_marks

HEADER = ("key_path", "value", "uncertain", "grade", "sources", "reason", "influence", "total_index",
          "total_index_low", "total_index_high", "step", "change", "change_low", "change_high")  # fmt: skip


def ledger_data(
    file: ScenarioFile, variant: str, weights: Mapping[str, Mapping[str, Any]] | None
) -> dict[str, Any]:
    """The ledger as plain data.

    Parameters
    ----------
    weights
        Influence by key path, largest first (:func:`sim.report.sensitivity.weights`); None where it was not
        measured.
    """
    scenario = file.variants[variant]
    entries = ledger(scenario)
    numbers = [_number(entry, (weights or {}).get(entry.key_path)) for entry in entries]
    if weights is not None:
        place = {key: k for k, key in enumerate(weights)}
        numbers.sort(key=lambda row: place[row["key_path"]])
    grades = Counter(entry.grade for entry in entries)
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "illustrative": bool(scenario.illustrative),
        "file_hash": file.file_hash,
        "variant": variant,
        "unit": None if weights is None else scenario.headline.what,
        "marks": shares_of_marks(entries),
        "grades": {grade: grades[grade] for grade in GRADES},
        "numbers": numbers,
        "sources": {
            name: {"title": source.title, "publisher": source.publisher, "side": source.side,
                   "date": None if source.date is None else source.date.isoformat(), "url": source.url,
                   "data": source.data, "note": source.note}
            for name, source in scenario.sources.items()
        },
    }  # fmt: skip


def _number(entry: Entry, weight: Mapping[str, Any] | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "key_path": entry.key_path,
        "value": entry.text,
        "uncertain": entry.is_prior,
        "grade": entry.grade,
        "sources": list(entry.sources),
        "reason": entry.reason,
    }
    if weight is not None:
        row |= {"influence": weight["size"], "total_index": weight["total"], "step": weight["step"]}
    return row


def as_csv(data: Mapping[str, Any]) -> bytes:
    """The ledger as a table."""
    rows = []
    for row in data["numbers"]:
        index, step = row.get("total_index") or {}, row.get("step") or {}
        change = step.get("change") or {}
        rows.append(
            [*(row[key] for key in HEADER[:4]), " ".join(row["sources"]), row["reason"], row.get("influence"),
             *(index.get(key) for key in ("point", "low", "high")), step.get("said"),
             *(change.get(key) for key in ("point", "low", "high"))]
        )  # fmt: skip
    return csv_bytes(HEADER, rows)


def as_text(data: Mapping[str, Any], assumptions: str | None = None) -> str:
    """The ledger, to read.

    Parameters
    ----------
    assumptions
        How much of the headline's variance rests on assumptions, in words.
    """
    page = Page(PLAIN_WIDTH, colour=False)
    page.heading(f"Evidence for every number ({data['scenario']}, variant {data['variant']})")
    if data["illustrative"]:
        page.line(ILLUSTRATIVE)
    grades = ", ".join(f"{n} {GRADES[grade]}" for grade, n in data["grades"].items() if n)
    page.line(f"{assumed_sentence(data['marks'])} By grade: {grades}.")
    if assumptions is not None:
        page.line(assumptions)
    page.gap()
    for row in data["numbers"]:
        page.verbatim(_line(row, data["unit"] is not None, page.width))
    page.gap()
    if data["unit"] is not None:
        page.line(
            f"In front, the influence on the headline in {data['unit']}, largest first. Of a prior (±): the "
            "standard deviation that it brings, the root of its total Sobol index times the variance. Of a "
            "fixed number: the mean change of the headline by the step named, all else and all luck the "
            "same. A figure of the record is read by calibration, not by a run: not measured (?)."
        )
    page.line("Reasons, intervals and sources in full: --csv or --json.")
    return page.text()


def _line(row: Mapping[str, Any], weighed: bool, width: int) -> str:
    """One number; its influence in front, where it was looked for."""
    named = f" [{', '.join(row['sources'])}]" if row["sources"] else ""
    said = f"{row['key_path']}: {row['value']}; {row['grade'].replace('_', ' ')}{named}"
    if not weighed:
        return _filled(said, width, "- ")
    size, how = "?", ""
    if row["total_index"] is not None:
        size, how = f"±{rounded(row['influence'], 10)}", f"; total index {row['total_index']['point']:.3f}"
    elif row["step"] is not None:
        change = row["step"]["change"]["point"]
        size = ("+" if change > 0 else "") + rounded(change, 10)
        how = f"; by {row['step']['said']}"
    return _filled(said + how, width, f"{size:>8}  ")


def _filled(text: str, width: int, lead: str) -> str:
    """Text led by a mark; ids with hyphens stay whole."""
    return textwrap.fill(
        text, width, initial_indent=lead, subsequent_indent=" " * len(lead), break_on_hyphens=False
    )
