"""JSON and CSV as bytes: the same data are the same bytes on every machine.

UTF-8, LF, a point for decimals, the shortest digits that read back as the same number.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A text cell that starts so would be run as a formula by a spreadsheet (full-width forms last)."""


def json_bytes(data: Any) -> bytes:
    """JSON as UTF-8, indented, keys in the order given, LF at the end; nan and infinity are refused."""
    return (json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read_json(data: bytes) -> Any:
    """JSON as this program writes it. Raises ValueError where it is none.

    Refused are what Python's own reader takes without a word: nan and infinity, a key that stands twice,
    text that is no Unicode, and brackets without end.
    """
    try:
        value = json.loads(data, parse_constant=_no_number, object_pairs_hook=_each_once)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # 1e999 is read as infinity
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is not a number of JSON")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    block = dict(pairs)
    if len(block) < len(pairs):
        raise ValueError("a key stands twice")
    return block


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A table as CSV, UTF-8 with LF.

    Floats as Python's ``repr`` (``12.0``, ``inf``), an undefined value as an empty cell, dates as
    year-month-day. Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers
    stay numbers.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return stream.getvalue().encode()


def cell(value: Any) -> str:
    """One cell of a CSV file."""
    if isinstance(value, str):
        return "'" + value if value.startswith(FORMULA) else value
    if value is None:
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return str(bool(value)).lower()
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, Real):
        number = float(value)
        return "" if number != number else repr(number)
    return cell(str(value))
