"""A piece of text from a file, with the place where it stands, and how to show it safely."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

LONGEST_SHOWN = 80
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
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def code_point(character: str) -> str:
    """`U+202E`."""
    return f"U+{ord(character):04X}"


def shown(text: str) -> str:
    """The text in backticks: at most 80 characters, nothing invisible left unescaped."""
    cut = text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
    return f"`{printable(cut)}`"


def printable(text: str) -> str:
    """The text with everything invisible escaped."""
    return "".join(_escaped(c) if is_invisible(c) else c for c in text)


def _escaped(character: str) -> str:
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    if character in known:
        return known[character]
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """`; did you mean `x`?`, or nothing when no option is close."""
    names = sorted(set(options))
    close = difflib.get_close_matches(word[:100].lower(), names, n=1, cutoff=0.6)
    return f"; did you mean `{close[0]}`?" if close else ""


def one_of(options: Iterable[str], most: int = 12) -> str:
    """`` `a`, `b` or `c` ``, cut after `most`."""
    names = [f"`{name}`" for name in options]
    if len(names) > most:
        return ", ".join(names[:most]) + " …"
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1] if names else "nothing"
