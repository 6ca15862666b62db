"""Words in a scenario file: flags, text, names and addresses."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from sim.scenario.scalar import code_point, is_invisible, is_quoted
from sim.scenario.written import LONGEST_TEXT, Written

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?#][^\s<>\"{}|\\^`]*)?")


def flag(text: str) -> bool:
    """`true` or `false`, without quotes. Raises ValueError."""
    if is_quoted(text) or text not in ("true", "false"):
        raise ValueError("remove the quotes" if is_quoted(text) else "no other word")
    return text == "true"


def text(text: str) -> str:
    """Printable text; line breaks become spaces. Raises ValueError."""
    if not text.isprintable():
        for character in text:
            if is_invisible(character) and character != "\n" and unicodedata.category(character) != "Zs":
                raise ValueError(f"the invisible character {code_point(character)} is not allowed in text")
    clean = text.strip()
    if not clean:
        raise ValueError("it is empty")
    return " ".join(clean.split("\n")) if "\n" in clean else clean


def name(text: str) -> str:
    """An id, safe as the name of a file: folders and files are named after ids. Raises ValueError."""
    if not _NAME.fullmatch(text):
        raise ValueError("it starts with a letter or digit and has at most 64 characters")
    if text.endswith("."):
        raise ValueError("it does not end with a dot, which Windows drops")
    if _DEVICE.fullmatch(text):
        raise ValueError("on Windows this is the name of a device, not of a file: choose another")
    return str(text)


def url(text: str) -> str:
    """A well-formed http or https address. Raises ValueError."""
    if not _URL.fullmatch(text) or ".." in text.split("/")[2]:
        raise ValueError("not a well-formed address")
    return str(text)


Flag = Annotated[
    bool,
    Written(
        flag,
        "`true` or `false`",
        ("true",),
        "^(true|false)$",
        ("boolean",),
        number=False,
        spell=lambda v: str(v).lower(),
    ),
]
"""A bool, from `true` or `false` without quotes."""

Text = Annotated[
    str,
    Written(
        text,
        f"text of at most {LONGEST_TEXT} characters",
        (),
        None,
        ("number", "boolean"),
        number=False,
        strict=False,
    ),
]
"""Printable text of one line (line breaks of the file become spaces)."""

Name = Annotated[
    str,
    Written(
        name,
        "a name of a-z, 0-9, dot, hyphen, underscore, as in `small-convoys`",
        ("small-convoys",),
        r"^(?!(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$))[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9_-])?$",
        ("number", "boolean"),
        number=False,
    ),
]
"""An id: also a safe name of a file."""

Url = Annotated[
    str,
    Written(
        url,
        "an address, as in `https://example.org/page`",
        ("https://example.org/page",),
        "^https?://",
        number=False,
    ),
]
"""An http or https address."""
