"""Keyed luck: uniforms that depend on a block's key and a stream's name, never on who drew before.

A replication's luck is a vector of 128-bit keys, one a calendar block, derived from (seed, replication)
unless given. Within a block each purpose has its own stream: the counter-based generator Philox4x64-10
with the block's key and, in the upper half of its counter, four 32-bit words of the SHA-256 of the
stream's name. Each variate takes one 64-bit word, so a longer request only adds to a shorter one.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.model import philox

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

ALL_STEPS = np.arange(philox.ROUNDS, dtype=np.uint64)[:, None] * philox.STEPS
"""What is added to the two words of a key before each round."""
POOL = 4
"""Words at least that a `SeedSequence` makes of a seed which others follow."""


@cache
def loops() -> dict[str, Any]:
    """The functions of `philox.py`, compiled."""
    from sim.model.compiling import compiled

    order = ("philox", "uniform", "fill", "fill_fours", "arrive", "choose", "search")
    return compiled(philox, order, order[2:], inlined=order[:2])


@cache
def name_words(name: str) -> tuple[int, int, int, int]:
    """Four 32-bit words of the SHA-256 of a stream's name."""
    digest = sha256(name.encode("utf-8")).digest()
    return tuple(int.from_bytes(digest[4 * k : 4 * k + 4], "little") for k in range(4))  # type: ignore[return-value]


def counter_words(names: Sequence[str]) -> Words:
    """The upper half of the counter for each stream's name, shape (names, 2)."""
    rows = [(w[0] | w[1] << 32, w[2] | w[3] << 32) for w in map(name_words, names)]
    return np.array(rows, dtype=np.uint64).reshape(-1, 2)


def keys(seed: int, replication: int, purpose: str, n: int) -> Words:
    """`n` keys of two 64-bit words each for one purpose of one replication, shape (n, 2).

    The first keys are the same whatever `n` is.
    """
    # As `SeedSequence(seed, spawn_key=(replication, *name_words(purpose)))` would put the words together.
    start = _words32(seed)
    start += (0,) * (POOL - len(start))
    words = np.array((*start, *_words32(replication), *name_words(purpose)), dtype=np.uint32)
    return (
        np.random.SeedSequence(words)
        .generate_state(2 * n, np.uint64)
        .astype(np.uint64, copy=False)
        .reshape(n, 2)
    )


def _words32(number: int) -> tuple[int, ...]:
    """A number as 32-bit words, the lowest first; one at least."""
    n = max(1, -(-number.bit_length() // 32))
    return struct.unpack(f"<{n}I", number.to_bytes(4 * n, "little"))


def round_keys(block_keys: Words) -> Words:
    """The keys of Philox's rounds, shape (blocks, 2 * rounds)."""
    return (block_keys[:, None, :] + ALL_STEPS).reshape(len(block_keys), 2 * philox.ROUNDS)


def every(names: int, keys: int, count: int) -> Ints:
    """Requests for so many uniforms of every stream under every key, stream by stream."""
    rows = np.zeros((names, keys, 4), dtype=np.int64)
    rows[:, :, philox.NAME] = np.arange(names)[:, None]
    rows[:, :, philox.KEY] = np.arange(keys)
    rows[:, :, philox.COUNT] = count
    return rows.reshape(-1, 4)


def uniforms(requests: Ints, names: Words, rounds: Words) -> Floats:
    """Uniforms strictly between 0 and 1, of one request after the other.

    Parameters
    ----------
    requests
        Shape (requests, 4): row of the name, row of the key, part of the stream, and how many uniforms.
    names, rounds
        As :func:`counter_words` and :func:`round_keys` make them.
    """
    out = np.empty(int(requests[:, philox.COUNT].sum()) + philox.SPARE)
    loops()["fill"](requests, names, rounds, out)
    return out[: -philox.SPARE]


def generator(seed: int, number: int, name: str) -> np.random.Generator:
    """A named stream for an analysis that is random itself: the same for the same seed, number and name."""
    return np.random.Generator(np.random.Philox(key=keys(seed, number, name, 1)[0]))
