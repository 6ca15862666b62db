"""Stored runs as a list: what was run, what it gave, and whether it is whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sim.experiment.reading_back import StoredRun
from sim.experiment.store import StoreError
from sim.report.numbers import span, whole_unit
from sim.report.tables import PLAIN_WIDTH, Page

COMPLETE = "complete"
HEADER = ("run", "written (UTC)", "replications", "variants", "status", "headline")


def listing(runs: Iterable[StoredRun | StoreError]) -> list[dict[str, Any]]:
    """Stored runs as plain data.

    Returns
    -------
    list of dict
        Of each: `folder`, `scenario`, `run`, `written` (when the folder was last changed: files hold no
        hour), `complete`, `status` (`complete`, or what is wrong), and of a complete one `replications`,
        `variants`, `patients` (whether it holds every patient), `headline` and `headline_text`; None of
        others.
    """
    return [_row(run) for run in runs]


def _row(run: StoredRun | StoreError) -> dict[str, Any]:
    folder = run.folder
    changed = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    row: dict[str, Any] = {
        "folder": str(folder),
        "scenario": folder.absolute().parent.parent.name,
        "run": folder.name,
        "written": changed.isoformat(timespec="seconds"),
        "complete": isinstance(run, StoredRun),
        "status": COMPLETE,
        "replications": None,
        "variants": None,
        "patients": None,
        "headline": None,
        "headline_text": None,
    }
    if isinstance(run, StoreError):
        return row | {"status": run.reason}
    headline, asked = run.summary["headline"], run.manifest["asked"]
    return row | {
        "scenario": asked["scenario"],
        "run": run.manifest["run"],
        "replications": run.manifest["replications"],
        "variants": asked["variants"],
        "patients": "patients" in run.tables,
        "headline": headline,
        "headline_text": _headline(headline),
    }


def _headline(headline: Mapping[str, Any]) -> str:
    """The paired difference with its range and the range's kind."""
    pair = f"{headline['unit']}, {headline['world']} − {headline['minus']}"
    ends, variants = headline["span"], len(headline["variants"])
    if ends["low"] is None:
        return f"no interval from one replication ({pair})"
    over = f"s of {variants} variants" if variants > 1 else ""
    between = span(ends["low"], ends["high"], whole_unit(headline["unit"]))
    return f"{between} {pair} (90 % prediction interval{over})"


def as_text(rows: Sequence[Mapping[str, Any]], folder: str) -> str:
    """The list as a table for each scenario; what is wrong with a run stands below."""
    if not rows:
        return f"No stored runs under {folder}. `corridor run FILE` stores one.\n"
    page = Page(PLAIN_WIDTH, colour=False)
    for k, scenario in enumerate(dict.fromkeys(row["scenario"] for row in rows)):
        if k:
            page.gap()
        mine = [row for row in rows if row["scenario"] == scenario]
        page.heading(scenario)
        page.table(HEADER, [_cells(row) for row in mine])
        for row in mine:
            if not row["complete"]:
                page.item(row["status"], row["folder"])
    return page.text()


def _cells(row: Mapping[str, Any]) -> list[str]:
    if not row["complete"]:
        return [row["run"], _minute(row), "", "", "not whole", ""]
    variants = row["variants"]
    named = variants[0] if len(variants) == 1 else str(len(variants))
    status = row["status"] + (", patients" if row["patients"] else "")
    return [row["run"], _minute(row), str(row["replications"]), named, status, row["headline_text"]]


def _minute(row: Mapping[str, Any]) -> str:
    return str(row["written"])[:16].replace("T", " ")
