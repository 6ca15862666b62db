"""Worlds that switches make, as plain data: for the page, which shows any of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.attribution_tables import ALL
from sim.analysis.intervals import Interval
from sim.analysis.switches import MOST_SWITCHES, Switched, Switches
from sim.experiment.coalitions import WHOLE
from sim.report.numbers import rounded, whole_unit, with_interval
from sim.report.sentences import more_or_fewer
from sim.report.waterfall import by_worth
from sim.scenario.schema import Scenario


def groups_to_switch(attribution: Mapping[str, Any]) -> tuple[str, ...]:
    """The groups that get a switch, by name: all, or the seven of the largest Shapley mean.

    Parameters
    ----------
    attribution
        As made by :func:`sim.report.attribution.told`.
    """
    first = next(iter(attribution["run"]["variants"]))
    rows = [
        row
        for row in attribution["shares"]
        if row["variant"] == first and row["kind"] == WHOLE and row["group"] != ALL
    ]
    return tuple(sorted(row["group"] for row in by_worth(rows)[:MOST_SWITCHES]))


def switches_data(found: Switches, scenario: Scenario) -> dict[str, Any]:
    """The worlds as plain data.

    Returns
    -------
    dict
        `unit`; `groups`; `midnights` (dates); `days` (since the start); `worlds`: by variant, a list in which
        number m is the world without the groups whose bits are set in m: `removed` (names), `lines` (low end,
        median and high end of the counts before each midnight, 90 % prediction interval, to whole numbers:
        three strings of increments with spaces between), `end` and `difference` (point, low, high; unrounded;
        against the world of no removal), and `told`, both in words.
    """
    first, unit = scenario.period.from_.day, scenario.headline.what
    return {
        "unit": unit,
        "groups": list(found.groups),
        "days": list(found.midnights),
        "midnights": [(first + timedelta(days=day)).isoformat() for day in found.midnights],
        "worlds": {
            variant: [_world(one, found.groups, unit) for one in worlds]
            for variant, worlds in found.worlds.items()
        },
    }


def _world(one: Switched, groups: tuple[str, ...], unit: str) -> dict[str, Any]:
    end, difference = _plain(one.end), _plain(one.difference)
    return {
        "removed": [group for g, group in enumerate(groups) if one.removed >> g & 1],
        "lines": [increments(line) for line in one.lines],
        "end": end,
        "difference": difference,
        "told": [total_told(end, unit), difference_told(difference, unit)],
    }


def increments(line: NDArray[np.float64]) -> str:
    """A line in whole numbers, as its steps: short, and exact."""
    whole = np.floor(line + 0.5).astype(np.int64)
    return " ".join(map(str, np.diff(whole, prepend=0)))


def total_told(end: Mapping[str, float | None], unit: str) -> str:
    """`830 [710–960]`."""
    point, low, high = (float("nan") if end[k] is None else end[k] for k in ("point", "low", "high"))
    return with_interval(point, low, high, whole_unit(unit))  # type: ignore[arg-type]


def difference_told(difference: Mapping[str, float | None], unit: str) -> str:
    """The range first, then the median: `380–780 more (median 570)`."""
    point, low, high = difference["point"], difference["low"], difference["high"]
    whole = whole_unit(unit)
    if low is None or high is None or point is None:
        return total_told(difference, unit)
    if low == high == 0:
        return "no difference"
    amount, sign = more_or_fewer(low, high, whole)
    flip = -1 if sign == "fewer" else 1
    return f"{amount} {sign} (median {rounded(flip * point, high - low, whole)})"


def _plain(interval: Interval) -> dict[str, float | None]:
    known = interval.low == interval.low
    return {
        "point": interval.point,
        "low": interval.low if known else None,
        "high": interval.high if known else None,
    }
