"""Inverse distribution functions: the only place where a uniform becomes a time, a count or a parameter."""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sim.model.layout import NEVER
from sim.scenario.quantities import Delay, Heads, Prior

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def delay_seconds(delay: Delay, mean: float | None, least: int, u: Floats) -> Ints:
    """Whole seconds of a delay at uniforms `u`; `mean` (seconds) stretches it, NEVER where it never ends."""
    if delay.kind == "never":
        return np.full(u.shape, NEVER, dtype=np.int64)
    seconds = _delay(delay, u)
    if mean is not None:
        seconds = seconds * (mean / delay.mean)
    return np.maximum(np.rint(np.minimum(seconds, NEVER / 2)).astype(np.int64), least)


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


def _triangular(p: tuple[float, ...], u: Floats) -> Floats:
    low, mode, high = p
    at_mode = (mode - low) / (high - low)
    rising = low + np.sqrt(u * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - u) * (high - low) * (high - mode))
    return np.where(u < at_mode, rising, falling)


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
    at = np.array([u])
    match prior.kind:
        case "uniform":
            value = p[0] + u * (p[1] - p[0])
            if whole:
                return float(min(p[1], np.floor(p[0] + u * (p[1] - p[0] + 1))))
        case "loguniform":
            value = float(np.exp(np.log(p[0]) + u * (np.log(p[1]) - np.log(p[0]))))
        case "triangular":
            value = float(_triangular(p, at)[0])
        case "lognormal":
            value = float(_lognormal(p, at)[0])
        case "normal":
            below, up_to = special.ndtr(-p[0] / p[1]), special.ndtr((most - p[0]) / p[1])
            value = min(most, max(0.0, float(p[0] + p[1] * special.ndtri(below + u * (up_to - below)))))
        case "beta":
            value = float(special.betaincinv(p[0], p[1], u))
        case _:
            raise ValueError(f"no prior of kind {prior.kind}")
    return float(np.rint(value)) if whole else float(value)


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
            k = np.minimum(np.searchsorted(cumulative, u, side="right"), len(values) - 1)
            return values[order][k].astype(np.int64)
        case _:
            raise ValueError(f"no count of kind {heads.kind}")
    return np.minimum(np.searchsorted(cumulative, u, side="right"), len(cumulative) - 1).astype(np.int64)
