"""What each world is, in words: what is removed, what holds then, and what stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.model.plan import ACTUAL
from sim.scenario.hashing import WORDS
from sim.scenario.removed import when_removed
from sim.scenario.schema import Scenario, World


def define(scenario: Scenario, name: str, world: World, removed: tuple[str, ...]) -> dict[str, Any]:
    """A world as plain data.

    Parameters
    ----------
    removed
        Ids of the impediments that it removes, wholly or from a day on.

    Returns
    -------
    dict
        `name`, `title`, `sentence`, `from` (day or None), `removed` (ids), `groups` (group -> number
        removed), `when_removed` (sentence -> ids), `assumes` (key paths with values; empty for a pure
        removal), `pure_removal`.
    """
    groups: dict[str, int] = {}
    holds: dict[str, list[str]] = {}
    for id_ in removed:
        obstacle = scenario.impediments[id_]
        group = obstacle.group or id_
        groups[group] = groups.get(group, 0) + 1
        holds.setdefault(when_removed(obstacle).rstrip("."), []).append(id_)
    assumes = list(_leaves(world.assume or {}))
    data = {
        "name": name,
        "title": world.title,
        "from": None if world.from_ is None else world.from_.isoformat(),
        "removed": list(removed),
        "groups": dict(sorted(groups.items())),
        "when_removed": {sentence: sorted(ids) for sentence, ids in holds.items()},
        "assumes": assumes,
        "pure_removal": not assumes,
    }
    return {**data, "sentence": _sentence(data, world, scenario)}


def differs(definition: Mapping[str, Any]) -> bool:
    """Whether a world, as `define` has it, removes or assumes anything."""
    return bool(definition["removed"] or definition["assumes"])


def _sentence(data: Mapping[str, Any], world: World, scenario: Scenario) -> str:
    stays = ""
    if data["removed"]:
        groups = ", ".join(g if n == 1 else f"{g} ({n})" for g, n in data["groups"].items())
        since = "" if world.from_ is None else f" from {data['from']} on"
        stays = f" Removed{since}: {groups}. "
        if not world.says:
            stays += "Then: " + "; ".join(data["when_removed"]) + ". "
        if scenario.conditions:
            stays += f"Conditions stay ({', '.join(sorted(scenario.conditions))})."
        stays = stays.rstrip()
    elif data["name"] != ACTUAL:
        stays = " No impediment of this variant is removed."
    as_it_was = "The corridor as it was: every impediment is there." if data["name"] == ACTUAL else ""
    said = world.says or as_it_was
    label = ""
    if data["assumes"]:
        label = f" NOT A PURE REMOVAL: it assumes {', '.join(data['assumes'])} as well."
    return (said + stays + label).strip()


def _leaves(tree: Any, path: str = "") -> Iterator[str]:
    """Every value of nested blocks that moves the model, as `path: value`."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            if key in WORDS:
                continue
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    else:
        said = f"[{', '.join(map(str, tree))}]" if isinstance(tree, list) else tree
        yield f"{path}: {said}"
