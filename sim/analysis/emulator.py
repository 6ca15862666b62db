"""An emulator: what histories say of the figures, guessed from the parameters alone.

A first guess (`fluid.py`) and, for what it leaves over, a quadratic surface for each figure, in standard
errors, fitted to histories that were run; and walkers that spread over the parameters as the guesses match
the record. Where luck averages out a guess is nearly right, so that few histories must be run. It is never
believed: it only says what to try.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.analysis.chains import Floats
from sim.analysis.record import Record

Guess = Callable[[Floats], Floats]
"""Points (n, parameters) -> what is first guessed of every figure (n, figures)."""

NEAR = 80.0
"""Misfit, at tolerance 1, of a history that counts a quarter in the fit of one that matches the record."""
RIDGE = 1e-3
STRETCH = 2.0
"""How far a walker goes at most, in distances to another one."""


class Emulator(NamedTuple):
    """A first guess, a surface for what it leaves over of each figure, and what both leave over."""

    record: Record
    guess: Guess
    surface: Floats
    """(terms, figures)"""
    inverse: Floats
    """(figures, figures) of the covariance of what is left over, the figures' errors included."""

    def misfit(self, unit: Floats) -> Floats:
        """Squared distance from the record of points (n, parameters), as far as a guess can tell."""
        # Not by `@`: its threads wait for each other where other processes are at work.
        surface = np.einsum("nt,tf->nf", terms(unit), self.surface)
        off = self.record.missed(self.record.off(self.guess(unit)) + surface)
        return np.asarray(np.einsum("nf,fg,ng->n", off, self.inverse, off))


def terms(unit: Floats) -> Floats:
    """What surfaces are made of at points (n, parameters): 1, every parameter, every product of two."""
    centred = 2 * unit - 1
    first, second = np.triu_indices(centred.shape[1])
    return np.concatenate([np.ones((len(unit), 1)), centred, centred[:, first] * centred[:, second]], axis=1)


def fitted(unit: Floats, told: Floats, record: Record, guess: Guess, tolerance: float) -> Emulator:
    """Fit to histories that were run: points (n, parameters), and what they said (n, figures).

    Those that are near the record count more, the less tolerance is left the more so.
    """
    off = record.off(told) - record.off(guess(unit))
    counts = (1 + record.misfit(told) / (NEAR * tolerance**2)) ** -2
    known = terms(unit)
    normal = known.T @ (counts[:, None] * known)
    surface = np.linalg.solve(
        normal + RIDGE * counts.mean() * np.eye(len(normal)), known.T @ (counts[:, None] * off)
    )
    left_over = off - known @ surface
    enough = counts.sum() ** 2 / (counts**2).sum()
    spread = (left_over * counts[:, None]).T @ left_over / counts.sum()
    spread /= max(0.2, 1 - known.shape[1] / enough)  # a fit of few points comes too near them
    errors = np.eye(len(spread)) * tolerance**2
    return Emulator(record, guess, surface, np.linalg.inv(spread + errors))


def walked(emulator: Emulator, unit: Floats, steps: int, rng: np.random.Generator) -> Floats:
    """Walkers (n, parameters), n even, after so many steps towards where guesses match the record.

    Each half takes a step along lines through the other (Goodman & Weare 2010, doi:10.2140/camcos.2010.5.65).
    """
    at, parameters = unit.copy(), unit.shape[1]
    far, half = emulator.misfit(at), len(at) // 2
    for step in range(2 * steps):
        mine, others = np.roll([slice(0, half), slice(half, None)], step)
        towards = at[others][rng.integers(half, size=half)]
        stretch = ((STRETCH - 1) * rng.random((half, 1)) + 1) ** 2 / STRETCH
        there = towards + stretch * (at[mine] - towards)
        inside = ((there >= 0) & (there <= 1)).all(axis=1)
        new_far = emulator.misfit(np.clip(there, 0, 1))
        ratio = (parameters - 1) * np.log(stretch[:, 0]) + (far[mine] - new_far) / 2
        better = inside & (np.log(rng.random(half)) < ratio)
        at[mine][better], far[mine][better] = there[better], new_far[better]
    return at
