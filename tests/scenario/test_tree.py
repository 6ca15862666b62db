"""Taking something out of a file's tree: exactly that, or nothing and word of it."""

from __future__ import annotations

import pytest

from sim.scenario.problems import Path
from sim.scenario.tree import Keys, copied, remove
from sim.scenario.yaml_tree import parse_yaml


def tree() -> Keys:
    top, problems = parse_yaml("a: {b: 1, c: [x, y]}\n", "s.yaml")
    assert top is not None
    assert problems == []
    return top


@pytest.mark.parametrize(
    ("path", "left"),
    [
        (("a", "b"), {"a": {"c": ["x", "y"]}}),
        (("a", "c", 0), {"a": {"b": "1", "c": ["y"]}}),
        (("a",), {}),
    ],
)
def test_what_is_there_is_taken_out(path: Path, left: dict[str, object]) -> None:
    """Would catch a neighbour taken out as well, or a key whose place stays behind."""
    top = tree()
    assert remove(top, path)
    assert top == left
    assert set(top.key_places) == set(left)


@pytest.mark.parametrize(
    "path", [(), ("z",), ("a", "z"), ("a", "c", 2), ("a", "c", "b"), ("a", "b", "c"), ("z", "a")]
)
def test_what_is_not_there_is_said(path: Path) -> None:
    """Would catch another item taken out in its place: a list has one at every number but these."""
    top = tree()
    before = copied(top)
    assert not remove(top, path)
    assert top == before
