"""Inverse distribution functions: the only place where a uniform becomes a time, a count or a parameter."""

from __future__ import annotations

import sys
from functools import cache
from math import inf, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sim.model.layout import NEVER
from sim.scenario.quantities import Delay, Heads, Prior

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LONGEST = NEVER / 2
"""A duration in seconds beyond every horizon, to which one may be added."""


def delay_seconds(delay: Delay, mean: float | None, least: int, u: Floats) -> Ints:
    """Whole seconds of a delay at uniforms `u`; `mean` (seconds) stretches it, NEVER where it never ends."""
    if delay.kind == "never":
        return np.full(u.shape, NEVER, dtype=np.int64)
    seconds = _delay(delay, u)
    whole = np.empty(u.shape, dtype=np.int64)
    loops()["round_seconds"](seconds, 1.0 if mean is None else mean / delay.mean, least, whole)
    return whole


def _delay(delay: Delay, u: Floats) -> Floats:
    p = delay.params
    match delay.kind:
        case "constant":
            return np.full(u.shape, p[0])
        case "exponential":
            return -p[0] * np.log1p(-u)
        case "uniform":
            return p[0] + u * (p[1] - p[0])
        case "triangular":
            return _triangular(p, u)
        case "lognormal":
            return _lognormal(p, u)
        case "gamma":
            shape = (p[0] / p[1]) ** 2
            return np.asarray(special.gammaincinv(shape, u) * (p[0] / shape))
        case "erlang":
            return np.asarray(special.gammaincinv(p[0], u) * (p[1] / p[0]))
    raise ValueError(f"no delay of kind {delay.kind}")


def triangular_at(u: float, low: float, mode: float, high: float) -> float:
    """Value of a triangular distribution."""
    if u < (mode - low) / (high - low):
        return low + sqrt(u * (high - low) * (mode - low))
    return high - sqrt((1 - u) * (high - low) * (high - mode))


def triangular(u: Floats, low: float, mode: float, high: float, out: Floats) -> None:
    """Values of a triangular distribution; compiled, since most times of a corridor are such."""
    for k in range(len(u)):
        out[k] = triangular_at(u[k], low, mode, high)


def round_seconds(seconds: Floats, stretch: float, least: int, out: Ints) -> None:
    """Whole seconds of durations that are stretched, within bounds."""
    for k in range(len(seconds)):
        out[k] = max(least, int(np.rint(min(seconds[k] * stretch, LONGEST))))


@cache
def loops() -> Any:
    """The functions that are plain loops, compiled when they are first needed."""
    from sim.model.compiling import compiled

    order = ["triangular_at", "triangular", "round_seconds"]
    return compiled(sys.modules[__name__], order, order[1:])


def _triangular(p: tuple[float, ...], u: Floats) -> Floats:
    out = np.empty_like(u)
    loops()["triangular"](u, *p, out)
    return out


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
    match prior.kind:
        case "uniform":
            value = p[0] + u * (p[1] - p[0])
            if whole:
                return float(min(p[1], np.floor(p[0] + u * (p[1] - p[0] + 1))))
        case "loguniform":
            value = float(np.exp(np.log(p[0]) + u * (np.log(p[1]) - np.log(p[0]))))
        case "triangular":
            value = triangular_at(u, p[0], p[1], p[2])
        case "lognormal":
            value = float(_lognormal(p, np.array([u]))[0])
        case "normal":
            below, up_to = special.ndtr(-p[0] / p[1]), special.ndtr((most - p[0]) / p[1])
            value = min(most, max(0.0, float(p[0] + p[1] * special.ndtri(below + u * (up_to - below)))))
        case "beta":
            value = float(special.betaincinv(p[0], p[1], u))
        case _:
            raise ValueError(f"no prior of kind {prior.kind}")
    return float(round(value)) if whole else float(value)


def heads_count(heads: Heads, mean: float | None, u: Floats) -> Ints:
    """Companions at uniforms `u`; `mean` replaces the distribution's own where given."""
    p = heads.params
    match heads.kind:
        case "constant":
            return np.full(u.shape, int(p[0]), dtype=np.int64)
        case "binomial":
            n = int(p[0])
            k = np.arange(n + 1)
            chance = min(1.0, (p[1] if mean is None else mean) / n)
            cumulative = special.bdtr(k, n, chance)
        case "poisson":
            m = p[0] if mean is None else mean
            cumulative = special.pdtr(np.arange(int(m + 12 * np.sqrt(m) + 20)), m)
        case "table":
            values, shares = np.array(p[0::2]), np.array(p[1::2])
            order = np.argsort(values)
            cumulative = np.cumsum(shares[order])
            return values[order][pick(cumulative, u)].astype(np.int64)
        case _:
            raise ValueError(f"no count of kind {heads.kind}")
    return pick(cumulative, u)


def pick(cumulative: Floats, u: Floats) -> Ints:
    """Which of several each uniform takes, by their cumulated shares; the last takes what is left."""
    picked = np.zeros(u.shape, dtype=np.int64)
    for share in cumulative[:-1]:
        picked += u >= share
    return picked
