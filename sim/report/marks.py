"""Numbers on a page, each with the place in the stored tables that it comes from.

A number is written by `number` or `interval` alone: as an element that names a file, the place in it (JSON
Pointer, RFC 6901) and the two ends of the interval to whose width it is rounded. So a test, or a reader with
a few lines of code, can hold every number on the page against the stored one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from sim.report.numbers import rounded

Documents = Mapping[str, Any]
"""File -> what is in it, as plain data."""
SPREAD = ("facts.json#/rounding/0", "facts.json#/rounding/1")
"""Ends to whose width means of the sensitivity are rounded."""


def stored(documents: Documents, place: str) -> Any:
    """What stands at a place: ``summary.json#/headline/span/low``.

    Raises
    ------
    KeyError, IndexError
        When there is no such place.
    """
    name, _, pointer = place.partition("#")
    found = documents[name]
    for key in pointer.split("/")[1:]:
        step = key.replace("~1", "/").replace("~0", "~")
        found = found[int(step)] if isinstance(found, list) else found[step]
    return found


def below(place: str, *keys: str | int) -> str:
    """The place of something inside another place."""
    steps = (str(key).replace("~", "~0").replace("/", "~1") for key in keys)
    return "/".join([place if "#" in place else f"{place}#", *steps])


def number(
    documents: Documents, place: str, ends: tuple[str, str] | None = None, whole: bool = False
) -> Markup:
    """A stored number as it is shown; where it is not defined, a dash.

    Parameters
    ----------
    place
        Of the number.
    ends
        Places of the low and the high end of the interval that its rounding follows; unless given it is
        written as a number without an interval is.
    whole
        A count: never more digits than the units.
    """
    value = stored(documents, place)
    if value is None:
        return Markup("–")
    width = 0.0
    if ends is not None:
        low, high = (stored(documents, end) for end in ends)
        width = 0.0 if low is None or high is None else high - low
    between = Markup("") if ends is None else Markup(' data-between="{} {}"').format(*ends)
    kind = Markup(' data-whole="yes"') if whole else Markup("")
    return Markup('<data value="{}" data-at="{}"{}{}>{}</data>').format(
        repr(value), place, between, kind, rounded(float(value), width, whole)
    )


def interval(
    documents: Documents, place: str, whole: bool = False, keys: tuple[str, str] = ("low", "high")
) -> Markup:
    """Both ends of an interval, as `sim.report.numbers.span` writes them."""
    ends = (below(place, keys[0]), below(place, keys[1]))
    low, high = (stored(documents, end) for end in ends)
    if low is None or high is None:
        return Markup("no interval")
    between = " to " if low < 0 or high < 0 else "–"
    return number(documents, ends[0], ends, whole) + between + number(documents, ends[1], ends, whole)


def estimate(
    documents: Documents,
    place: str,
    whole: bool = False,
    keys: tuple[str, str, str] = ("median", "low", "high"),
) -> Markup:
    """A point with its interval: `540 [320–780]`."""
    ends = (below(place, keys[1]), below(place, keys[2]))
    point = number(documents, below(place, keys[0]), ends, whole)
    both = interval(documents, place, whole, (keys[1], keys[2]))
    return Markup('{} <span class="ends">[{}]</span>').format(point, both)


def verbatim(documents: Documents, place: str) -> Markup:
    """A stored sentence, word for word."""
    return Markup('<span data-text="{}">{}</span>').format(place, stored(documents, place))
