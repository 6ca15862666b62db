"""Philox4x64-10 (Salmon, Moraes, Dror & Shaw 2011, doi:10.1145/2063384.2063405), word for word as numpy's.

Plain functions, compiled by `streams.py`; as they are written they give the same uniforms.
"""

from __future__ import annotations

from math import log1p

import numpy as np
from numpy.typing import NDArray

from sim.model.compiling import product

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Ints2 = NDArray[np.int64]
Word = np.uint64
Words2 = NDArray[np.uint64]

ROUNDS = 10
FIRST, SECOND = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
"""What the first and third word of a counter are multiplied by."""
STEPS = np.array([0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B], dtype=np.uint64)
"""What is added to the two words of a key after each round."""
LEFT_OUT = np.uint64(12)
"""Lowest bits of a word that its uniform leaves out."""

NAME, KEY, PART, COUNT = 0, 1, 2, 3
"""Columns of requests: row of the stream's name, row of the key, part of the stream, how many uniforms."""
WHICH, TO = 3, 4
"""Columns of fours after the first three: which four of the part these are (the first are 1), and four
columns for where their uniforms go, NOWHERE where one is of no use."""
NOWHERE = -1
SPARE = 3
"""Room behind the last uniform of an output: words come in fours."""


def philox(
    n: Word, part: Word, low: Word, high: Word, keys: Words2, key: int
) -> tuple[Word, Word, Word, Word]:
    """Four words at a counter (n, part, low, high) under a row of `keys`: a key for each round."""
    a, b, c, d = n, part, low, high
    for k in range(ROUNDS):
        above_a, below_a = product(a, FIRST)
        above_c, below_c = product(c, SECOND)
        a, b, c, d = above_c ^ b ^ keys[key, 2 * k], below_c, above_a ^ d ^ keys[key, 2 * k + 1], below_a
    return a, b, c, d


def uniform(word: Word) -> float:
    """The middle of one of 2**52 equal parts of (0, 1): with one bit more the last would be rounded to 1."""
    return ((word >> LEFT_OUT) + 0.5) * 2.0**-52


def fill(requests: Ints2, names: Words2, keys: Words2, out: Floats) -> None:
    """Write the uniforms of one request (name, key, part, count) after the other."""
    at = 0
    for r in range(len(requests)):
        name, key, count = requests[r, NAME], requests[r, KEY], requests[r, COUNT]
        part, low, high = np.uint64(requests[r, PART]), names[name, 0], names[name, 1]
        for k in range(0, count, 4):
            a, b, c, d = philox(np.uint64(k // 4 + 1), part, low, high, keys, key)
            out[at + k] = uniform(a)
            out[at + k + 1] = uniform(b)
            out[at + k + 2] = uniform(c)
            out[at + k + 3] = uniform(d)
        at += count


def fill_fours(fours: Ints2, names: Words2, types: int, keys: Words2, out: Floats) -> None:
    """Write the uniforms of one stream after the other, those of `fours` that have a place.

    Parameters
    ----------
    names
        For each stream a row for each of so many `types`; a four's name is one of these.
    out
        What has no place is overwritten by what comes next.
    """
    at = 0
    for first in range(0, len(names), types):
        for r in range(len(fours)):
            name = first + fours[r, NAME]
            which, part = np.uint64(fours[r, WHICH]), np.uint64(fours[r, PART])
            a, b, c, d = philox(which, part, names[name, 0], names[name, 1], keys, fours[r, KEY])
            out[at] = uniform(a)
            at += fours[r, TO] != NOWHERE
            out[at] = uniform(b)
            at += fours[r, TO + 1] != NOWHERE
            out[at] = uniform(c)
            at += fours[r, TO + 2] != NOWHERE
            out[at] = uniform(d)
            at += fours[r, TO + 3] != NOWHERE


def arrive(first: Floats, last: Floats, names: Words2, keys: Words2, out: Floats, counts: Ints) -> bool:
    """Unit-rate arrivals between `first` and `last` of each block, with how many; whether there was room."""
    n = 0
    for block in range(len(keys)):
        before, which = n, 0
        waited = 0.0
        while first[block] + waited < last[block]:
            which += 1
            for word in philox(np.uint64(which), np.uint64(0), names[0, 0], names[0, 1], keys, block):
                waited -= log1p(-uniform(word))
                if first[block] + waited < last[block]:
                    if n == len(out):
                        return False
                    out[n] = first[block] + waited
                    n += 1
        counts[block] = n - before
    return True


def choose(fours: Ints2, day: Ints, trips: Ints, chosen: Ints2, places: Ints) -> tuple[int, int]:
    """Keep the fours of which a trip can use a uniform; how many fours, and how many uniforms.

    Parameters
    ----------
    day, trips
        For each place its carrier's day, and for each of these how many trips a vehicle can make at most.
    chosen, places
        Take the fours, NOWHERE in place of what no trip can use, and the places that are left.
    """
    n = at = 0
    for r in range(len(fours)):
        before = at
        for k in range(fours.shape[1]):
            to = fours[r, k]
            if k >= TO and to != NOWHERE:
                if trips[day[to]] > fours[r, PART]:
                    places[at] = to
                    at += 1
                else:
                    to = NOWHERE
            chosen[n, k] = to
        n += at > before
    return n, at


def place(seconds: Ints, places: Ints, out: Ints) -> None:
    """Put seconds where they belong."""
    for k in range(len(places)):
        out[places[k]] = seconds[k]
