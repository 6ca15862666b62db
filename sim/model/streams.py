"""Keyed luck: uniforms that depend on a block's key and a stream's name, never on who drew before.

A replication's luck is a vector of 128-bit keys, one a calendar block, derived from (seed, replication)
unless given. Within a block each purpose has its own stream: the counter-based generator Philox4x64-10
(Salmon, Moraes, Dror & Shaw 2011, doi:10.1145/2063384.2063405) with the block's key and, in the upper
half of its counter, four 32-bit words of the SHA-256 of the stream's name. Each variate takes one 64-bit
word, so a longer request only adds to a shorter one.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]


@cache
def name_words(name: str) -> tuple[int, int, int, int]:
    """Four 32-bit words of the SHA-256 of a stream's name."""
    digest = sha256(name.encode("utf-8")).digest()
    return tuple(int.from_bytes(digest[4 * k : 4 * k + 4], "little") for k in range(4))  # type: ignore[return-value]


def keys(seed: int, replication: int, purpose: str, n: int) -> Words:
    """`n` keys of two 64-bit words each for one purpose of one replication, shape (n, 2).

    The first keys are the same whatever `n` is.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(replication, *name_words(purpose)))
    words: Words = sequence.generate_state(2 * n, np.uint64).astype(np.uint64).reshape(n, 2)
    return words


def open_uniforms(words: Words) -> Floats:
    """The middles of 2**52 equal parts of (0, 1): with one bit more the last would be rounded to 1."""
    return np.asarray(((words >> np.uint64(12)) + 0.5) * 2.0**-52, dtype=np.float64)


class Streams:
    """One Philox generator, put to (key, stream, part) before each request; one per thread."""

    def __init__(self) -> None:
        self._philox = np.random.Philox(key=0)
        self._state = self._philox.state

    def uniforms(self, key: Words, name: str, n: int, part: int = 0) -> Floats:
        """`n` uniforms strictly between 0 and 1 of stream `name` (its `part`-th part) under a key."""
        w = name_words(name)
        state = self._state
        state["state"]["key"] = key
        state["state"]["counter"] = np.array([0, part, w[0] | w[1] << 32, w[2] | w[3] << 32], dtype=np.uint64)
        state["buffer_pos"] = 4
        self._philox.state = state
        words = self._philox.random_raw(n)
        return open_uniforms(words)

    def by_block(self, block_keys: Words, name: str, n: int, part: int = 0) -> Floats:
        """`n` uniforms from each block, shape (blocks, n)."""
        out = np.empty((len(block_keys), n))
        for b, key in enumerate(block_keys):
            out[b] = self.uniforms(key, name, n, part)
        return out
