"""Variants and assumptions: a tree with some paths taken out and some blocks laid over it."""

from __future__ import annotations

from typing import Any

from sim.scenario.problems import Path
from sim.scenario.tree import Keys, copied

FACT_KEYS = frozenset({"value", "prior", "mean", "source", "also", "derived", "assumed", "note"})


MOST_DOTS = 32
"""In a name: it has at most 64 characters, and odd ones are refused elsewhere."""


def merged(base: Any, change: Any) -> Any:
    """`change` laid over `base` key by key; lists, texts and facts are replaced whole.

    A fact that names its `value` or its `prior` brings its own mark: nothing of the old one stays.
    """
    if not (isinstance(base, Keys) and isinstance(change, Keys)) or _is_whole_fact(change, base):
        return copied(change)
    result = copied(base)
    for key, value in change.items():
        over = merged(base[key], value) if key in base else copied(value)
        result.put(key, over, change.key_places[key])
    return result


def _is_whole_fact(change: Keys, base: Keys) -> bool:
    names_it = "value" in change or "prior" in change
    return names_it and FACT_KEYS.issuperset(change) and FACT_KEYS.issuperset(base)


def path_of(tree: Keys, text: str) -> tuple[Path | None, str, list[str]]:
    """The keys that a dotted path names; names may hold dots themselves: the longest that fits is taken.

    Gives (path, "", []) or, where it leads nowhere, (None, the part not found, the keys there).
    """
    words = text.split(".")
    node: Any = tree
    path: list[str | int] = []
    while words:
        if not isinstance(node, Keys):
            return None, ".".join(words), []
        longest = min(len(words), MOST_DOTS + 1)
        fits = (n for n in range(longest, 0, -1) if ".".join(words[:n]) in node)
        taken = next(fits, 0)
        if not taken:
            return None, words[0], list(node)
        key = ".".join(words[:taken])
        path.append(key)
        node = node[key]
        words = words[taken:]
    return tuple(path), "", []
