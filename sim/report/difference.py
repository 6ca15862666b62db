"""Which numbers moved between two stored results, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

DOCUMENTS = ("summary.json", "attribution.json", "sensitivity.json")
"""Files whose numbers are compared: all that is published of results."""
NAMES = (
    "variant", "world", "measure", "figure", "window", "span", "group", "removed", "in_actual", "in_world",
    "kind", "name", "key_path",
)  # fmt: skip
"""What tells rows of a list apart, so that a row that is added moves no other."""
HEADLINE = "summary.headline"
"""What the keys of the quoted difference start with."""
MOST_SHOWN = 10
"""Of the largest moves, on a page."""


class Move(NamedTuple):
    """A number that is not what it was; None where it was not there, or is not any more."""

    key: str
    old: float | None
    new: float | None

    @property
    def share(self) -> float:
        """Change as a share of the larger of both; 1 where one is missing."""
        if self.old is None or self.new is None:
            return 1.0
        most = max(abs(self.old), abs(self.new))
        return abs(self.new - self.old) / most if most else 0.0


def numbers(documents: Mapping[str, Any]) -> dict[str, float]:
    """Every number of the documents that are compared, by a key that says what it is."""
    return {
        key: value
        for name in DOCUMENTS
        if name in documents
        for key, value in _leaves(documents[name], name.removesuffix(".json"))
    }


def _leaves(data: Any, key: str) -> Iterator[tuple[str, float]]:
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield from _leaves(value, f"{key}.{name}")
    elif isinstance(data, list):
        seen: dict[str, int] = {}
        for value in data:
            label = _label(value)
            seen[label] = seen.get(label, 0) + 1
            again = f"#{seen[label]}" if seen[label] > 1 or not label else ""
            yield from _leaves(value, f"{key}[{label}{again}]")
    elif isinstance(data, (int, float)) and not isinstance(data, bool):
        yield key, float(data)


def _label(row: Any) -> str:
    """What a row of a list is called: the names that it holds."""
    if not isinstance(row, Mapping):
        return ""
    return ", ".join(str(row[name]) for name in NAMES if isinstance(row.get(name), str))


def moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Move]:
    """Numbers that differ, the largest change first (as a share of the number); missing ones before all.

    Parameters
    ----------
    old, new
        Documents by file name, as stored.
    """
    before, after = numbers(old), numbers(new)
    moves = [
        Move(key, before.get(key), after.get(key))
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    ]
    return sorted(moves, key=lambda move: (-move.share, move.key))


def changes(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any]:
    """What a page says of its own changes: `since` (version and run), `moved`, `largest`.

    Parameters
    ----------
    old
        Documents of the version published before; None where there is none.
    """
    if old is None:
        return {"since": None, "moved": 0, "largest": []}
    if old["facts.json"]["asked"] == new["facts.json"]["asked"]:
        same: dict[str, Any] = old["changes.json"]
        return same
    moves = moved(old, new)
    quoted = [move for move in moves if move.key.startswith(HEADLINE)]
    return {
        "since": {"version": old["facts.json"]["asked"]["version"], "run": old["facts.json"]["run"]},
        "moved": len(moves),
        "largest": [move._asdict() for move in quoted[:MOST_SHOWN]],
    }


def as_text(moves: Sequence[Move]) -> str:
    """The moves, to read: one line each, those of the headline first."""
    if not moves:
        return "No number moved.\n"
    quoted = [_line(move) for move in moves if move.key.startswith(HEADLINE)]
    others = [_line(move) for move in moves if not move.key.startswith(HEADLINE)]
    parts = [["The headline", *(quoted or ["has not moved."])], *([["Others", *others]] if others else [])]
    return "\n\n".join("\n".join(part) for part in [*parts, [f"In all, {len(moves)} numbers moved."]]) + "\n"


def _line(move: Move) -> str:
    if move.old is None or move.new is None:
        value, verb = (move.new, "new") if move.old is None else (move.old, "gone")
        return f"{move.key}: {verb} ({value:g})"
    change = f"{move.new - move.old:+g}".replace("-", "−")
    percent = f"{100 * move.share:.0f}" if move.share >= 0.1 else f"{100 * move.share:.2g}"
    return f"{move.key}: {move.old:g} before, {move.new:g} now ({change}, {percent} %)"
