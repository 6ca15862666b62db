"""Overrides that name nothing: a misspelt id in `change` or `assume` reads as the start of a new object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel

from sim.scenario.problems import MOST_SHOWN, Path, Problem, problem_at
from sim.scenario.scalar import did_you_mean, one_of, shown
from sim.scenario.schema import AnyObstacle, Carrier, Observed, OwnVehicles, PatientClass
from sim.scenario.tree import Keys, block_at, remove

SECTIONS: tuple[tuple[tuple[str, ...], str, type[BaseModel] | None], ...] = (
    (("carriers",), "carrier", Carrier),
    (("own_vehicles",), "group of own vehicles", OwnVehicles),
    (("need", "classes"), "class of patients", PatientClass),
    (("impediments",), "impediment", None),
    (("conditions",), "condition", None),
    (("observed",), "observed figure", Observed),
)
OBSTACLES: dict[str, type[BaseModel]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(get_args(AnyObstacle)[0])
}


def take_out_unknown(tree: Keys, before: Iterable[Keys], change: Keys) -> list[Problem]:
    """Take ids out of the changed `tree` that were in no tree `before` and are no complete new object.

    Gives one problem for each. Complete new objects stay.
    """
    trees = list(before)
    problems: list[Problem] = []
    for section, what, model in SECTIONS:
        there = list(dict.fromkeys(key for old in trees for key in block_at(old, *section)))
        changed = block_at(change, *section)
        for key, entry in changed.items():
            if key in there or not isinstance(entry, Keys):
                continue
            missing = _missing(entry, model)
            if section == ("need", "classes") and "share" not in entry and _rest_is_taken(tree, key):
                missing = ["share"]
            if missing:
                path: Path = (*section, key)
                near = did_you_mean(key, there) if len(problems) < MOST_SHOWN else ""
                exists = f"; there is {one_of(there)}" if there else "; there is none"
                said = f"no {what} {shown(key)} to change{near or exists}"
                said += f" (a new one lacks {one_of(missing)})"
                problems.append(problem_at(changed.key_places[key], path, said))
                remove(tree, path)
    return problems


def _missing(entry: Keys, model: type[BaseModel] | None) -> list[str]:
    """Required keys that a new object lacks; of an obstacle those of its kind."""
    if model is None:
        kind: Any = entry.get("kind")
        if kind is None:
            return ["kind"]
        model = OBSTACLES.get(str(kind))
    fields = model.model_fields.items() if model is not None else ()
    required = [field.alias or name for name, field in fields if field.is_required()]
    return [key for key in required if key not in entry]


def _rest_is_taken(tree: Keys, besides: str) -> bool:
    classes = block_at(tree, "need", "classes")
    others = [c for name, c in classes.items() if name != besides and isinstance(c, Keys)]
    return any(str(c.get("share", "rest")) == "rest" for c in others)
