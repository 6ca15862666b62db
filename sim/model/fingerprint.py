"""One number for all that happened in a run: two outcomes that differ anywhere have different ones.

64 bits from every integer of an outcome, in its place: times, patients, convoys, vehicles, what was blocked.
No float goes into it, so that it is the same on every machine and with either engine. It finds accidents,
not forgery: whoever wants two outcomes of one fingerprint can make them.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sim.model.outcome import Outcome

STEP = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
"""Of SplitMix64: Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195."""


def fingerprint(outcome: Outcome) -> int:
    """The sum of all integers of an outcome, each times the odd number of its place, modulo 2**64.

    How many rows each array has goes in front, so that rows cannot pass from one array to the next. The
    event log is left out: only one engine writes it, and it holds nothing that the arrays do not.
    """
    arrays = outcome[:-1]
    rows = [len(array) for array in arrays]
    words = np.concatenate([rows, *(array.reshape(-1) for array in arrays)], dtype=np.int64)
    of_places = _of_places(1 << len(words).bit_length())
    return int(np.dot(words, of_places[: len(words)])) % 2**64


def as_text(number: int) -> str:
    """Sixteen hex digits."""
    return f"{int(number):016x}"


@cache
def _of_places(n: int) -> NDArray[np.int64]:
    """An odd number a place, all bits of which look like luck."""
    mixed = np.arange(1, n + 1, dtype=np.uint64) * STEP
    mixed = (mixed ^ (mixed >> np.uint64(30))) * FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * SECOND
    return ((mixed ^ (mixed >> np.uint64(31))) | np.uint64(1)).view(np.int64)
