"""Philox4x64-10 (Salmon, Moraes, Dror & Shaw 2011, doi:10.1145/2063384.2063405), word for word as numpy's.

Plain functions, compiled by `streams.py`; as they are written they give the same uniforms.
"""

from __future__ import annotations

from math import log1p

import numpy as np
from numpy.typing import NDArray

from sim.model.compiling import product
from sim.model.layout import DAY, NONE

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Floats2 = NDArray[np.float64]
Ints = NDArray[np.int64]
Ints2 = NDArray[np.int64]
Word = np.uint64
Words = NDArray[np.uint64]
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
columns for where their uniforms go: the spare place at the end of a row, where one is of no use."""
SPARE = 3
"""Room behind the last uniform of an output: words come in fours."""


def philox(
    n: Word, part: Word, low: Word, high: Word, keys: Words2, key: Word
) -> tuple[Word, Word, Word, Word]:
    """Four words at a counter (n, part, low, high) under a row of `keys`: a key for each round.

    The row's number is a word as well: for an `int` the compiler would ask each time whether it is negative.
    """
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
        name, key, count = np.uint64(requests[r, NAME]), np.uint64(requests[r, KEY]), requests[r, COUNT]
        part, low, high = np.uint64(requests[r, PART]), names[name, 0], names[name, 1]
        for k in range(0, count, 4):
            a, b, c, d = philox(np.uint64(k // 4 + 1), part, low, high, keys, key)
            out[at + k] = uniform(a)
            out[at + k + 1] = uniform(b)
            out[at + k + 2] = uniform(c)
            out[at + k + 3] = uniform(d)
        at += count


def fill_fours(fours: Ints2, names: Words2, types: int, keys: Words2, out: Floats2) -> None:
    """Write the uniforms of a stream a row, each where its place is.

    Parameters
    ----------
    names
        For each stream a row for each of so many `types`; a four's name is one of these.
    out
        (streams, places + 1): what has no place is written at the end of the row. Places that no four has
        are left as they are.
    """
    for s in range(len(out)):
        for r in range(len(fours)):
            name, key = np.uint64(s * types + fours[r, NAME]), np.uint64(fours[r, KEY])
            which, part = np.uint64(fours[r, WHICH]), np.uint64(fours[r, PART])
            a, b, c, d = philox(which, part, names[name, 0], names[name, 1], keys, key)
            out[s, fours[r, TO]] = uniform(a)
            out[s, fours[r, TO + 1]] = uniform(b)
            out[s, fours[r, TO + 2]] = uniform(c)
            out[s, fours[r, TO + 3]] = uniform(d)


def arrive(
    values: Floats,
    rate_of: Ints,
    edges: Ints,
    piece_of: Ints,
    names: Words2,
    keys: Words2,
    expected: Floats,
    out: Ints,
    counts: Ints,
) -> int:
    """A unit-rate Poisson process inside each block, stretched by its rates: how many arrive; NONE: no room.

    Parameters
    ----------
    values, rate_of
        Numbers, and of each piece of time the number that is its rate a day, NONE where nobody arrives.
    edges, piece_of
        Where the pieces start, and the end of the last; and each block's first piece, then their number.
    expected
        As many as edges: takes how many are expected until each.
    out, counts
        Take the seconds of arrival, and how many there are in each block.
    """
    expected[0] = 0.0
    for k in range(len(rate_of)):
        rate = 0.0 if rate_of[k] == NONE else values[rate_of[k]]
        expected[k + 1] = expected[k] + rate * (edges[k + 1] - edges[k]) / DAY
    n, last = 0, len(edges) - 1
    for block in range(len(keys)):
        before, which, k = n, 0, piece_of[block]
        first, until = expected[k], expected[piece_of[block + 1]]
        slope = waited = 0.0
        while first + waited < until:
            which += 1
            for word in philox(
                np.uint64(which), np.uint64(0), names[0, 0], names[0, 1], keys, np.uint64(block)
            ):
                waited -= log1p(-uniform(word))
                at = first + waited
                if at < until:
                    if n == len(out):
                        return NONE
                    if slope == 0 or expected[k + 1] <= at:
                        while expected[k + 1] <= at:
                            k += 1
                        slope = (edges[k + 1] - edges[k]) / (expected[k + 1] - expected[k])
                    out[n] = min(int(slope * (at - expected[k]) + edges[k]), edges[last] - 1)
                    n += 1
        counts[block] = n - before
    return n


def choose(
    fours: Ints2,
    day_of: Ints,
    departs: Ints,
    chances: Ints2,
    values: Floats,
    go: Floats2,
    trips: Ints,
    chosen: Ints2,
    used: Bools,
) -> int:
    """Keep the fours of which a trip can use a uniform; how many.

    Parameters
    ----------
    day_of
        For each place the carrier's day, a number in rows of `go`.
    departs, chances, values, go
        Of each planned departure the carrier's day, and the values that are its chances, one of which its
        uniform must be below.
    trips
        For each carrier's day how many trips a vehicle can make beside the planned departures; takes all.
    chosen, used
        Take the fours, the spare place in place of what no trip can use, and the places that a trip can use.
    """
    days, spare = go.shape[1], len(used)
    for k in range(len(departs)):
        day = departs[k]
        for j in range(chances.shape[1]):
            if go[day // days, day % days] < values[chances[k, j]]:
                trips[day] += 1
                break
    for k in range(len(used)):
        used[k] = False
    n = 0
    for r in range(len(fours)):
        any_used = False
        for k in range(fours.shape[1]):
            to = fours[r, k]
            if k >= TO and to != spare:
                if trips[day_of[to]] > fours[r, PART]:
                    used[to] = True
                    any_used = True
                else:
                    to = spare
            chosen[n, k] = to
        n += any_used
    return n


def search(
    fours: Ints,
    name: Words2,
    lower: Floats2,
    upper: Floats2,
    key: Words,
    number: int,
    stride: int,
    keys: Words2,
) -> int:
    """The first number whose uniforms all lie between bounds; numbers are added to the key's second word.

    Parameters
    ----------
    fours
        Which four of the stream each row of the bounds is about (the first are 1).
    name
        Of the stream, (1, 2).
    lower, upper
        (fours, 4): a uniform may be the lower bound, not the upper.
    number, stride
        The first number that is tried, and how far the next ones are.
    keys
        Takes the keys of the rounds, (1, 2 * rounds).
    """
    while True:
        first, second = key[0], key[1] + np.uint64(number)
        for k in range(ROUNDS):
            keys[0, 2 * k] = first
            keys[0, 2 * k + 1] = second
            first += STEPS[0]
            second += STEPS[1]
        fits = True
        for r in range(len(fours)):
            a, b, c, d = philox(np.uint64(fours[r]), np.uint64(0), name[0, 0], name[0, 1], keys, np.uint64(0))
            u, v, w, x = uniform(a), uniform(b), uniform(c), uniform(d)
            if (
                u < lower[r, 0] or u >= upper[r, 0]
                or v < lower[r, 1] or v >= upper[r, 1]
                or w < lower[r, 2] or w >= upper[r, 2]
                or x < lower[r, 3] or x >= upper[r, 3]
            ):  # fmt: skip
                fits = False
                break
        if fits:
            return number
        number += stride
