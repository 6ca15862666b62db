"""What still makes sense of a file with mistakes, so that the checks across blocks can speak as well."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from sim.scenario.explain import explained
from sim.scenario.problems import Path
from sim.scenario.scalar import Scalar
from sim.scenario.schema import Scenario
from sim.scenario.tree import Items, Keys, copied, remove

ROUNDS = 12
STAND_INS = {  # for required blocks that cannot be read: nothing in them gives rise to a finding
    "name": "x",
    "title": "x",
    "period": {"from": "1900-01-01", "to": "2099-12-31", "utc_offset": "+00:00"},
    "need": {"classes": {"x": {}}},
    "carriers": {
        "x": {"fleet": {"x": {"count": "1", "seats": "1", "lying": "1"}}, "plan": {"days": "when ready"}}
    },
    "route": {"from": "x", "legs": [{"to": "y", "travel": "1 h"}]},
}


def salvaged(tree: Keys, faulty: Iterable[Path]) -> tuple[Scenario | None, frozenset[Path]]:
    """The scenario without its faulty parts, and the paths of those; None if nothing can be made of it."""
    part = copied(tree)
    gone: set[Path] = set()
    for _ in range(ROUNDS):
        # deepest and last first, so that positions in lists stay true
        for path in sorted(set(faulty), key=_order, reverse=True):
            gone.add(path)
            remove(part, path)
        for key, value in STAND_INS.items():
            if key not in part:
                gone.add((key,))
                part.put(key, _node(value), part.place)
        try:
            return Scenario.model_validate(part), frozenset(gone)
        except ValidationError as error:
            faulty = [path for _, path in explained(error, Scenario, part)]
    return None, frozenset(gone)


def _order(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((part, "") if isinstance(part, int) else (0, part) for part in path)


def _node(value: object) -> object:
    if isinstance(value, dict):
        block = Keys()
        for key, item in value.items():
            block.put(key, _node(item), block.place)
        return block
    if isinstance(value, list):
        items = Items()
        items.extend(_node(item) for item in value)
        return items
    return Scalar(str(value))
