"""Text that looks like personal data: it has no place in a scenario, and is never published."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sim.scenario.problems import Path, Problem, problem_at
from sim.scenario.scalar import Place, Scalar
from sim.scenario.tree import Items, Keys

TEXTS = frozenset({
    "title", "about", "note", "derived", "assumed", "says", "when_removed", "publisher", "data", "table",
})  # fmt: skip
"""Keys whose values are free text; addresses of pages (`url`) hold numbers of their own."""
_HARMLESS = re.compile(
    r"https?://\S+|\b10\.[0-9]{4,9}/\S+|\b[0-9]{4}-[0-9]{2}-[0-9]{2}( +[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?\b"
)
"""Addresses of pages and articles, days and hours."""
_LIKE = {
    "an e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.\w+"),
    "coordinates": re.compile(
        r"-?\d{1,2}\.\d{3,}\s*°?\s*[NS]?\s*[,;/ ]\s*-?\d{1,3}\.\d{3,}"
        r"|\d{1,3}\s*°\s*\d{1,2}(\.\d+)?\s*['\u2032\u2019]"
    ),
    "a telephone number": re.compile(
        r"(\+|\b00)\d{1,3}[ ().\d/-]{5,}\d|\b(tel|phone|mobile|call)\W{0,3}\d[\d ()/.-]{4,}\d"
        r"|\b0\d{1,4}[ /-]\d{3,4}[ -]?\d{3,4}\b|\b0\d{1,4}([ /-]\d{2,4}){3}\b",
        re.IGNORECASE,
    ),
    "the number of a document": re.compile(r"\d{9,}|\b[A-Z]{1,2} ?\d{7,8}\b"),
}


def personal(tree: Keys) -> Iterator[Problem]:
    """One problem a text that looks like personal data. What it says is not repeated."""
    asked: list[tuple[Any, Path]] = [(tree, ())]
    while asked:
        node, path = asked.pop()
        if isinstance(node, Keys):
            for key, value in node.items():
                at = (*path, key)
                yield from _said(key, node.key_places[key], path)
                if isinstance(value, Scalar):
                    if key in TEXTS:
                        yield from _said(value, value.place, at)
                else:
                    asked.append((value, at))
        elif isinstance(node, Items):
            asked += [(item, (*path, index)) for index, item in enumerate(node)]


def _said(text: str, place: Place, path: Path) -> Iterator[Problem]:
    kind = next((kind for kind, like in _LIKE.items() if like.search(_HARMLESS.sub(" ", text))), None)
    if kind is not None:
        said = f"looks like personal data ({kind}): take it out; it is refused where a report is published"
        yield problem_at(place, path, said)
