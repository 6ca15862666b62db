"""A file as nested blocks, lists and text, each knowing where it was written."""

from __future__ import annotations

from typing import Any

from sim.scenario.problems import Path
from sim.scenario.scalar import NOWHERE, Place, Scalar


class Keys(dict[str, Any]):
    """A block of keys."""

    def __init__(self, place: Place = NOWHERE) -> None:
        super().__init__()
        self.place = place
        self.key_places: dict[str, Place] = {}

    def put(self, key: str, value: Any, place: Place) -> None:
        """Set a key that was written at `place`."""
        self[key] = value
        self.key_places[key] = place


class Items(list[Any]):
    """A list."""

    def __init__(self, place: Place = NOWHERE) -> None:
        super().__init__()
        self.place = place


Node = Scalar | Keys | Items
_NOTHING: dict[str | int, Any] = {}


def copied(node: Any) -> Any:
    """A copy whose blocks and lists may be changed."""
    if isinstance(node, Keys):
        block = Keys(node.place)
        for key, value in node.items():
            block.put(key, copied(value), node.key_places[key])
        return block
    if isinstance(node, Items):
        items = Items(node.place)
        items.extend(copied(value) for value in node)
        return items
    return node


def size(node: Any) -> int:
    """Blocks, lists and texts in a node, itself included."""
    inside = node.values() if isinstance(node, Keys) else node if isinstance(node, Items) else ()
    return 1 + sum(map(size, inside))


def block_at(node: Any, *path: str) -> Keys:
    """The block under these keys; an empty one where there is none."""
    for key in path:
        node = node.get(key) if isinstance(node, Keys) else None
    return node if isinstance(node, Keys) else Keys()


def items_at(node: Any, *path: str) -> Items:
    """The list under these keys; an empty one where there is none."""
    found = block_at(node, *path[:-1]).get(path[-1])
    return found if isinstance(found, Items) else Items()


def deepest(tree: Node, path: Path) -> tuple[Any, Path]:
    """The node at the path, or the last one on the way to it, and the part of the path that exists."""
    node: Any = tree
    inside: Any
    for depth, part in enumerate(path):
        try:
            inside = node if isinstance(node, (Keys, Items)) else _NOTHING
            node = inside[part]
        except (KeyError, IndexError, TypeError):
            return node, path[:depth]
    return node, path


def key_place(tree: Node, path: Path) -> Place:
    """Where the last key of the path was written; of an item of a list, where it starts."""
    holder, reached = deepest(tree, path[:-1])
    if path and len(reached) == len(path) - 1 and isinstance(holder, Keys) and path[-1] in holder:
        return holder.key_places[str(path[-1])]
    return value_place(tree, path)


def value_place(tree: Node, path: Path) -> Place:
    """Where the value at the path starts, or the innermost block that should hold it."""
    place: Place = deepest(tree, path)[0].place
    return place


def remove(tree: Keys, path: Path) -> bool:
    """Take out what is at the path; False if nothing is there."""
    holder, reached = deepest(tree, path[:-1])
    if not path or len(reached) < len(path) - 1:
        return False
    last = path[-1]
    if isinstance(holder, Keys) and isinstance(last, str) and last in holder:
        del holder[last], holder.key_places[last]
        return True
    if isinstance(holder, Items) and isinstance(last, int) and last < len(holder):
        del holder[last]
        return True
    return False
