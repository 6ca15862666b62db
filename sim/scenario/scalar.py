"""A piece of text from a file, with the place where it stands, and how to show it safely."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

LONGEST_SHOWN = 80
LONGEST_COMPARED, MOST_COMPARED = 100, 30
SMART_QUOTES = "\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2032\u2033"


class Place(NamedTuple):
    """Where something was written: the file as the user named it, line and column from 1."""

    file: str
    line: int
    column: int


NOWHERE = Place("", 1, 1)


class Scalar(str):
    """Text as it stands in a file; `quoted` tells `"9"` from `9`."""

    quoted: bool
    place: Place

    def __new__(cls, text: str, quoted: bool = False, place: Place = NOWHERE) -> Scalar:
        """Text, whether it stood in quotes, and where."""
        self = super().__new__(cls, text)
        self.quoted = quoted
        self.place = place
        return self


def is_quoted(text: str) -> bool:
    """Whether the text stood in quotes (plain `str` counts as not quoted)."""
    return isinstance(text, Scalar) and text.quoted


def is_invisible(character: str) -> bool:
    """Control, format (bidi, zero width), surrogate and separator characters other than the space."""
    return not character.isprintable()


def code_point(character: str) -> str:
    """`U+202E`."""
    return f"U+{ord(character):04X}"


def shown(text: str) -> str:
    """The text in backticks: at most 80 characters, nothing invisible left unescaped."""
    cut = text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
    return f"`{printable(cut)}`"


def printable(text: str) -> str:
    """The text with everything invisible escaped."""
    return text if text.isprintable() else "".join(_escaped(c) if is_invisible(c) else c for c in text)


def _escaped(character: str) -> str:
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    if character in known:
        return known[character]
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """`; did you mean `x`?`, or nothing when no option is close."""
    close = _closest(word[:LONGEST_COMPARED].lower(), tuple(options))
    return f"; did you mean {shown(close)}?" if close else ""


@lru_cache(4096)
def _closest(word: str, options: tuple[str, ...]) -> str:
    """The option most like a word. Of many, those that share most pairs of letters: comparing is slow."""
    names = sorted(set(options))
    if len(names) > MOST_COMPARED:
        pairs = _pairs(word)
        names = sorted(names, key=lambda name: -len(pairs & _pairs(name)))[:MOST_COMPARED]
    names = [name for name in names if len(name) <= LONGEST_COMPARED]
    return next(iter(difflib.get_close_matches(word, names, n=1, cutoff=0.6)), "")


@lru_cache(8192)
def _pairs(word: str) -> frozenset[str]:
    return frozenset(map("".join, pairwise(word)))


def one_of(options: Iterable[str], most: int = 12, last: str = "or") -> str:
    """`` `a`, `b` or `c` ``, cut after `most`."""
    names = [shown(name) for name in options]
    if len(names) > most:
        return ", ".join(names[:most]) + " …"
    if len(names) < 2:
        return names[0] if names else "nothing"
    return ", ".join(names[:-1]) + f" {last} " + names[-1]
