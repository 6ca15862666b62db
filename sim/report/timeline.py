"""The headline's two worlds day by day, and one typical history with its closures and its list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.intervals import central
from sim.experiment.ensemble import Counts, Ensemble
from sim.experiment.text_files import csv_bytes
from sim.model.layout import DAY
from sim.report.figures import closed_spans, cumulative_series, observed_totals


def timeline(ensemble: Ensemble, variant: str) -> dict[str, Any]:
    """What the page draws by day.

    Returns
    -------
    dict
        `variant`; `midnights` (dates); `closed` (spans of days since the start, half-open); `windows` (name,
        title, day); `published` (totals: day, value, bound); `worlds`: of the headline's two, by name, at
        each midnight, over the replications: `evacuated` (what the headline counts, so far) and `waiting`,
        each with `low`, `median`, `high` (90 % prediction interval); `history`: one replication, that whose
        total in the headline's other world is nearest the median, with `replication`, and by world
        `evacuated` and `convoys` (on the day that ends at the midnight) and `waiting`.
    """
    scenario = ensemble.file.variants[variant]
    headline, first = scenario.headline, scenario.period.from_.day
    pair = (headline.minus, headline.world)
    series = {world: cumulative_series(ensemble, variant, world) for world in pair}
    days = series[headline.minus].shape[1]
    row = typical(series[headline.minus][:, -1])
    waiting = {world: _total(ensemble.daily[variant, world], "waiting") for world in pair}
    convoys = {world: _convoys(ensemble, variant, world) for world in pair}
    return {
        "variant": variant,
        "midnights": [(first + timedelta(days=day)).isoformat() for day in range(days)],
        "closed": [[since / DAY, until / DAY] for since, until in closed_spans(scenario)],
        "windows": [
            {"name": name, "title": window.title or name, "day": (window.from_ - first).days}
            for name, window in sorted(scenario.windows.items())
        ],
        "published": [
            {"day": (day - first).days, "value": value, "bound": bound}
            for day, value, bound in observed_totals(scenario)
        ],
        "worlds": {
            world: {"evacuated": _lines(series[world]), "waiting": _lines(waiting[world])} for world in pair
        },
        "history": {
            "replication": ensemble.replications[row],
            "worlds": {
                world: {
                    "evacuated": _by_day(series[world][row]),
                    "convoys": _by_day(convoys[world][row]),
                    "waiting": [int(n) for n in waiting[world][row]],
                }
                for world in pair
            },
        },
    }


def typical(totals: NDArray[np.float64]) -> int:
    """The replication whose total is nearest the median; of equals the first."""
    return int(np.argmin(np.abs(totals - np.median(totals))))


def _convoys(ensemble: Ensemble, variant: str, world: str) -> NDArray[np.float64]:
    carrier = ensemble.file.scenario.headline.carrier
    kind = "convoys" if carrier is None else f"convoys[carrier={carrier}]"
    return _total(ensemble.daily[variant, world], kind)


def _total(daily: dict[str, Counts], kind: str) -> NDArray[np.float64]:
    """The series of this name, or the sum of all of this kind; (replications, days + 1)."""
    parts = [counts for name, counts in daily.items() if name == kind or name.startswith(f"{kind}[")]
    return np.asarray(np.sum(parts, axis=0, dtype=np.float64))


def _lines(counts: NDArray[np.float64]) -> dict[str, list[float]]:
    if len(counts) < 2:
        return {name: counts[0].tolist() for name in ("low", "median", "high")}
    return dict(zip(("low", "median", "high"), central(counts).tolist(), strict=True))


def _by_day(cumulative: NDArray[np.float64]) -> list[int]:
    return [int(n) for n in np.diff(cumulative, prepend=0)]


def timeline_csv(data: dict[str, Any]) -> bytes:
    """The same as a table: a row a midnight, with the worlds and the history in columns."""
    header, columns = ["midnight"], [data["midnights"]]
    for world, kinds in data["worlds"].items():
        for kind, lines in kinds.items():
            for name, values in lines.items():
                header.append(f"{world}: {kind}, {name}")
                columns.append(values)
    number = data["history"]["replication"]
    for world, kinds in data["history"]["worlds"].items():
        for kind, values in kinds.items():
            header.append(f"{world}: {kind} in replication {number}")
            columns.append(values)
    return csv_bytes(header, list(zip(*columns, strict=True)))
