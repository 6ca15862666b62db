"""A row of the corpus of bad files: what is written, and what must be said of it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.scenario.samples import changed


@dataclass(frozen=True)
class Row:
    """A file that must be refused.

    id   : of the row, with a letter where a row has several files
    text : the whole file
    said : what each line of the error holds, in order (regular expressions)
    only : whether nothing else may be said
    """

    id: str
    text: bytes
    said: tuple[str, ...]
    only: bool = True


def whole(id: str, text: str | bytes, *said: str, only: bool = True) -> Row:
    """A row with a file of its own."""
    return Row(id, text if isinstance(text, bytes) else text.encode(), said, only)


def swap(id: str, old: str, new: str, *said: str, only: bool = True) -> Row:
    """A row that is the small scenario with one piece of it replaced."""
    return Row(id, changed((old, new)).encode(), said, only)


@dataclass(frozen=True)
class Legal:
    """A file that must be accepted, with these warnings (regular expressions) and no others."""

    id: str
    text: bytes
    warnings: tuple[str, ...] = ()


def legal(id: str, *swaps: tuple[str, str], warnings: tuple[str, ...] = ()) -> Legal:
    """The small scenario with pieces of it replaced."""
    return Legal(id, changed(*swaps).encode(), warnings)
