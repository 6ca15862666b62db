"""What moves the model, as one hash: titles, notes, sources and the order of keys do not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel

from sim.scenario.calendar_text import Hours, Moment, PlanDays
from sim.scenario.distributions import Delay, Heads, Prior
from sim.scenario.schema import Observed, Scenario

WORDS = frozenset({
    "name", "title", "note", "about", "says", "source", "assumed", "when_removed", "sources", "illustrative",
    "length", "table", "variants", "assume", "calibrations", "also", "derived", "side", "error_source",
})  # fmt: skip
HISTORY = ("period", "need", "carriers", "own_vehicles", "route", "impediments", "conditions")
LATER = frozenset({"own_vehicles", "capacity"})
"""Blocks that the schema has had only since later: a file without them keeps its hash."""


def canonical(value: Any) -> Any:
    """Plain JSON values of what moves the model, in base units; defaults are written out."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        kept = [name for name in fields if name not in WORDS or _is_figure(value, name)]
        kept = [name for name in kept if name not in LATER or getattr(value, name)]
        return {fields[name].alias or name: canonical(getattr(value, name)) for name in kept}
    if isinstance(value, Mapping):
        return {str(key): canonical(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [canonical(item) for item in value]
    if isinstance(value, (Prior, Delay, Heads)):
        return [value.kind, list(value.params)]
    if isinstance(value, PlanDays):
        return [value.kind, list(value.days), value.every]
    if isinstance(value, Hours):
        return [list(span) for span in value.spans]
    if isinstance(value, (Moment, date)):
        return str(value)
    return value


def _is_figure(value: BaseModel, name: str) -> bool:
    return name == "about" and not isinstance(value, Scenario)  # an observed figure, published as approximate


def model_hash(scenarios: Mapping[tuple[str, ...], Scenario]) -> str:
    """SHA-256 of all readings of a file: every variant, and every world that assumes something."""
    return _hash({" ".join(key): canonical(scenario) for key, scenario in scenarios.items()})


def history_hash(scenario: Scenario, until: date | None = None) -> str:
    """SHA-256 of what moves the actual world and of the figures that calibration sees: a posterior's name.

    Worlds, windows, the headline, the seed and the number of replications are left out: a new question does
    not change what is believed about the past. So are figures that are only validated, and those after
    the day `until`.
    """
    parts = canonical(scenario)
    seen = {name: canonical(figure) for name, figure in figures_seen(scenario, until).items()}
    return _hash({**{key: parts[key] for key in HISTORY if key in parts}, "observed": seen})


def figures_seen(scenario: Scenario, until: date | None = None) -> dict[str, Observed]:
    """The figures that a calibration sees, by name: marked so, and of a day up to `until`."""
    return {
        name: figure
        for name, figure in scenario.observed.items()
        if figure.use == "calibrate" and (until is None or figure.by <= until)
    }


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
