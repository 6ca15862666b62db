"""Inverse distribution functions: the only place where a uniform becomes a time, a count or a parameter."""

from __future__ import annotations

import sys
from functools import cache
from math import exp, floor, inf, log, log1p, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sim.model.layout import NEVER
from sim.scenario.quantities import Delay, Heads, Prior

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Floats2 = NDArray[np.float64]
Ints = NDArray[np.int64]
Ints2 = NDArray[np.int64]

LONGEST = NEVER / 2
"""A duration in seconds beyond every horizon, to which one may be added."""

NEVER_ENDS, CONSTANT, EXPONENTIAL, UNIFORM, TRIANGULAR, LOGUNIFORM, WHOLE_UNIFORM, SPECIAL = range(8)
"""Kinds of distributions: those of plain formulas, and those that need special functions."""
PLAIN = {
    "never": NEVER_ENDS,
    "constant": CONSTANT,
    "exponential": EXPONENTIAL,
    "uniform": UNIFORM,
    "triangular": TRIANGULAR,
    "loguniform": LOGUNIFORM,
}
KIND, STRETCH, LEAST, STREAM = 0, 4, 5, 6
"""Columns of tables of distributions: the kind, three parameters, what stretches a duration, the shortest
one, and the row of its uniforms."""


def table_row(of: Delay | Prior, least: int = 0, stream: int = 0) -> list[float]:
    """A row of a table of distributions."""
    params = [*of.params[:3], 0.0, 0.0, 0.0][:3]
    return [PLAIN.get(of.kind, SPECIAL), *params, 1.0, least, stream]


def prior_row(prior: Prior, whole: bool) -> list[float]:
    """A row of a table of distributions, for a prior."""
    row = table_row(prior)
    if whole and row[KIND] == UNIFORM:
        row[KIND] = WHOLE_UNIFORM
    return row


def delay_seconds(delay: Delay, mean: float | None, least: int, u: Floats) -> Ints:
    """Whole seconds of a delay at uniforms `u`; `mean` (seconds) stretches it, NEVER where it never ends."""
    row = table_row(delay, least)
    whole = np.empty(u.shape, dtype=np.int64)
    row[STRETCH] = 1.0 if mean is None else mean / delay.mean
    if row[KIND] == SPECIAL:
        loops()["round_seconds"](_special(delay, u), row[STRETCH], least, whole)
    else:
        loops()["durations"](np.array([row]), u[None], np.ones(u.shape, dtype=np.bool_), whole[None])
    return whole


def _special(delay: Delay, u: Floats) -> Floats:
    p = delay.params
    match delay.kind:
        case "lognormal":
            return _lognormal(p, u)
        case "gamma":
            shape = (p[0] / p[1]) ** 2
            return np.asarray(special.gammaincinv(shape, u) * (p[0] / shape))
        case "erlang":
            return np.asarray(special.gammaincinv(p[0], u) * (p[1] / p[0]))
    raise ValueError(f"no delay of kind {delay.kind}")


def plain_at(kind: int, a: float, b: float, c: float, u: float) -> float:
    """Value at a uniform of a distribution with a plain formula."""
    if kind == TRIANGULAR:
        return triangular_at(u, a, b, c)
    if kind == EXPONENTIAL:
        return -a * log1p(-u)
    if kind == UNIFORM:
        return a + u * (b - a)
    if kind == WHOLE_UNIFORM:
        return min(b, floor(a + u * (b - a + 1)))
    if kind == LOGUNIFORM:
        return exp(log(a) + u * (log(b) - log(a)))
    return a


def triangular_at(u: float, low: float, mode: float, high: float) -> float:
    """Value of a triangular distribution."""
    below = u < (mode - low) / (high - low)
    part = u if below else 1 - u
    side = mode - low if below else high - mode
    root = sqrt(part * (high - low) * side)  # one root, whichever side: several values at once, once compiled
    return low + root if below else high - root


def whole_seconds(seconds: float, stretch: float, least: int) -> int:
    """Whole seconds of a duration that is stretched, within bounds."""
    return max(least, int(np.rint(min(seconds * stretch, LONGEST))))


def durations(table: Floats2, u: Floats2, used: Bools, out: Ints2) -> None:
    """Whole seconds of each row of a table of distributions, where they are used; 0 where they are not.

    Rows that never vary are the same everywhere; those of special functions are left as they are.
    """
    n = out.shape[1]
    for r in range(len(table)):
        kind, a, b, c = int(table[r, KIND]), table[r, 1], table[r, 2], table[r, 3]
        stretch, least, s = table[r, STRETCH], int(table[r, LEAST]), int(table[r, STREAM])
        if kind in (NEVER_ENDS, CONSTANT):
            seconds = NEVER if kind == NEVER_ENDS else whole_seconds(a, stretch, least)
            for k in range(n):
                out[r, k] = seconds
        elif kind == TRIANGULAR:
            for k in range(n):
                seconds = whole_seconds(triangular_at(u[s, k], a, b, c), stretch, least)
                out[r, k] = seconds if used[k] else 0
        elif kind != SPECIAL:
            for k in range(n):
                out[r, k] = whole_seconds(plain_at(kind, a, b, c, u[s, k]), stretch, least) if used[k] else 0


def round_seconds(seconds: Floats, stretch: float, least: int, out: Ints) -> None:
    """Whole seconds of durations that are stretched, within bounds."""
    for k in range(len(seconds)):
        out[k] = whole_seconds(seconds[k], stretch, least)


def plain_values(table: Floats2, u: Floats, out: Floats) -> None:
    """Values of a table of distributions of plain formulas."""
    for r in range(len(table)):
        if int(table[r, KIND]) != SPECIAL:
            out[r] = plain_at(int(table[r, KIND]), table[r, 1], table[r, 2], table[r, 3], u[r])


def _lognormal(p: tuple[float, ...], u: Floats) -> Floats:
    """By mean and standard deviation of the value itself."""
    mean, sd = p
    variance = np.log1p((sd / mean) ** 2)
    return np.asarray(np.exp(np.log(mean) - variance / 2 + np.sqrt(variance) * special.ndtri(u)))


def prior_value(prior: Prior, whole: bool, u: float, most: float = inf) -> float:
    """Value of an epistemic parameter, in its base unit, at one uniform; whole numbers where asked.

    A uniform prior over whole numbers gives each of them, both ends included, the same weight.
    A normal prior is cut at 0, and at `most` (1 for a share).
    """
    p = prior.params
    kind, a, b, c, *_ = prior_row(prior, whole)
    match prior.kind:
        case "lognormal":
            value = float(_lognormal(p, np.array([u]))[0])
        case "normal":
            below, up_to = special.ndtr(-p[0] / p[1]), special.ndtr((most - p[0]) / p[1])
            value = min(most, max(0.0, float(p[0] + p[1] * special.ndtri(below + u * (up_to - below)))))
        case "beta":
            value = float(special.betaincinv(p[0], p[1], u))
        case _ if kind != SPECIAL:
            value = plain_at(int(kind), a, b, c, u)
        case _:
            raise ValueError(f"no prior of kind {prior.kind}")
    return float(round(value)) if whole else float(value)


def heads_steps(heads: Heads, mean: float | None) -> tuple[Floats, Ints]:
    """Cumulated shares of numbers of companions, and these numbers; the last takes what is left."""
    p = heads.params
    match heads.kind:
        case "constant":
            return np.empty(0), np.array([int(p[0])])
        case "binomial":
            n = int(p[0])
            k = np.arange(n + 1)
            chance = min(1.0, (p[1] if mean is None else mean) / n)
            cumulative = special.bdtr(k, n, chance)
        case "poisson":
            m = p[0] if mean is None else mean
            k = np.arange(int(m + 12 * np.sqrt(m) + 20))
            cumulative = special.pdtr(k, m)
        case "table":
            values, shares = np.array(p[0::2]), np.array(p[1::2])
            order = np.argsort(values)
            k, cumulative = values[order].astype(np.int64), np.cumsum(shares[order])
        case _:
            raise ValueError(f"no count of kind {heads.kind}")
    return cumulative[:-1], k


CLASS, COMPANIONS, LYING, RELUCTANCE = range(4)
"""Rows of the uniforms of patients; those after them as in the draws of a layout."""
REFERRED_AT, IN_BLOCK, NTH, OF_CLASS, HEADS, WITHDRAWS, DIES = range(7)
"""Rows of what patients are."""


def describe(
    u: Floats2,
    listed: Ints,
    seconds: Ints,
    shares: Floats,
    lie: Floats,
    steps: Floats2,
    heads: Ints2,
    ends: Floats2,
    out: Ints2,
    lying: Bools,
) -> None:
    """Make patients of uniforms.

    Parameters
    ----------
    u
        (purposes, n): see the constants.
    listed, seconds
        How many are on the list at the start, and referred in each block; and when these are.
    shares, lie
        By class: cumulated shares, the last of which takes what is left; and the share that must lie down.
    steps, heads
        By class as :func:`heads_steps`: cumulated shares, inf where there are no more; numbers.
    ends
        A table of distributions, two rows a class: until patience ends, and until death.
    out, lying
        (7, n): see the constants; NEVER stands for ends of special functions. And who must lie down.
    """
    p = 0
    for group in range(len(listed)):
        for nth in range(listed[group]):
            at = 0 if group == 0 else seconds[p - listed[0]]
            k = step = 0
            for j in range(len(shares) - 1):
                k += u[CLASS, p] >= shares[j]
            for j in range(steps.shape[1]):
                step += u[COMPANIONS, p] >= steps[k, j]
            out[REFERRED_AT, p], out[IN_BLOCK, p], out[NTH, p], out[OF_CLASS, p] = at, group - 1, nth, k
            out[HEADS, p] = heads[k, step]
            lying[p] = u[LYING, p] < lie[k]
            for what in range(2):
                r = 2 * k + what
                kind, end = int(ends[r, KIND]), NEVER
                if kind not in (NEVER_ENDS, SPECIAL):
                    after = plain_at(kind, ends[r, 1], ends[r, 2], ends[r, 3], u[int(ends[r, STREAM]), p])
                    end = min(at + whole_seconds(after, ends[r, STRETCH], int(ends[r, LEAST])), NEVER)
                out[WITHDRAWS + what, p] = end
            p += 1


@cache
def loops() -> Any:
    """The functions that are plain loops, compiled when they are first needed."""
    from sim.model.compiling import compiled

    inlined = ("triangular_at", "plain_at", "whole_seconds")
    entries = ("durations", "round_seconds", "plain_values", "describe")
    return compiled(sys.modules[__name__], (*inlined, *entries), entries, inlined=inlined[:1])
