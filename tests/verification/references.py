"""Exact and analytic references, each with its source; none of them looks at the simulation.

Units: one hour where a case says nothing else; rates are per unit.
"""

from __future__ import annotations

from itertools import pairwise
from math import exp, factorial, log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

Floats = NDArray[np.float64]


def mg1_wait(arrivals: float, mean: float, cv: float) -> float:
    """Mean wait of M/G/1, the Pollaczek-Khinchine formula: rho E[S] (1 + cv^2) / (2 (1 - rho)).

    Kleinrock 1975, Queueing Systems, volume 1, section 5.6.
    """
    load = arrivals * mean
    return load * mean * (1 + cv**2) / (2 * (1 - load))


def mm1_wait_longer(arrivals: float, service: float, t: float) -> float:
    """P(wait > t) in M/M/1: rho exp(-(mu - lambda) t). Kleinrock 1975, section 5.12."""
    return arrivals / service * exp(-(service - arrivals) * t)


def erlang_c(arrivals: float, service: float, servers: int) -> float:
    """P(wait > 0) in M/M/c. Erlang 1917; Kleinrock 1975, section 3.5."""
    offered = arrivals / service
    below = sum(offered**k / factorial(k) for k in range(servers))
    top = offered**servers / factorial(servers) * servers / (servers - offered)
    return top / (below + top)


def mmc_wait(arrivals: float, service: float, servers: int) -> float:
    """Mean wait of M/M/c: P(wait > 0) / (c mu - lambda). Kleinrock 1975, section 3.5."""
    return erlang_c(arrivals, service, servers) / (servers * service - arrivals)


def cobham(arrivals: tuple[float, ...], service: float) -> list[float]:
    """Mean waits by priority class, one exponential server, no preemption.

    W_k = R / ((1 - s_(k-1)) (1 - s_k)) with R = lambda E[S^2] / 2 and s_k the load of the classes up to k.
    Cobham 1954, doi:10.1287/opre.2.1.70.
    """
    residual = sum(arrivals) / service**2
    loads = np.cumsum([0.0, *arrivals]) / service
    return [residual / ((1 - a) * (1 - b)) for a, b in pairwise(loads.tolist())]


def conserved(arrivals: float, service: float) -> float:
    """Sum of rho_k W_k over classes: the same for every order of service that does not look at lengths.

    rho W0 / (1 - rho) with W0 = lambda E[S^2] / 2. Kleinrock 1976, Queueing Systems, volume 2, section 3.4.
    """
    load = arrivals / service
    return load * (arrivals / service**2) / (1 - load)


def erlang_a(arrivals: float, service: float, death: float) -> tuple[float, float]:
    """Mean list and share that dies, one server, exponential patience; those in service do not die.

    The birth-death chain's products: p_n = p_0 prod lambda / (mu + (k - 1) theta), k = 1 .. n.
    Palm 1957; Garnett, Mandelbaum & Reiman 2002, doi:10.1287/msom.4.3.208.7753.
    """
    n = np.arange(1, 2000)
    p = np.concatenate([[1.0], np.cumprod(arrivals / (service + (n - 1) * death))])
    p /= p.sum()
    listed = float((p[1:] * (n - 1)).sum())
    return listed, death * listed / arrivals


def bulk(arrivals: float, service: float, seats: int) -> tuple[float, float]:
    """Mean list and mean load of M/M^[1,b]/1: one server takes whoever waits, at most b, at least one.

    While it is away, n wait with probability C r^n, r in (0, 1) being the root of
    mu r^(b + 1) - (lambda + mu) r + lambda = 0; idle with probability C mu / lambda.
    Medhi 2003, Stochastic Models in Queueing Theory, section 4.3.
    """

    def balance(r: float) -> float:
        return service * r ** (seats + 1) - (arrivals + service) * r + arrivals

    r = float(optimize.brentq(balance, 0.0, 1 - 1e-9, xtol=1e-15))
    c = 1 / (service / arrivals + 1 / (1 - r))
    return c * r / (1 - r) ** 2, arrivals / (service * c / (1 - r))


def vacation_wait(arrivals: float, service: float, vacation: float) -> float:
    """Mean wait with constant service and constant vacations: that of M/D/1, and half a vacation.

    Doshi 1986, doi:10.1007/BF01149327: the wait is that of M/G/1 plus the vacation's residual time.
    """
    return mg1_wait(arrivals, service, 0.0) + vacation / 2


def renewals(phases: int, mean: float, horizon: float, least: int = 0) -> Floats:
    """P(N = n), n = 0, 1, ...: Erlang renewals in a horizon; whole groups of phases of a Poisson process.

    Cox 1962, Renewal Theory, section 3.2.
    """
    rate = phases * horizon / mean
    k = np.arange(int(rate + 12 * sqrt(rate) + 12 * phases) + least)
    p = np.zeros(k[-1] // phases + 1)
    np.add.at(p, k // phases, stats.poisson.pmf(k, rate))
    return p


def saturated(phases: int, mean: float, horizon: float) -> tuple[float, float]:
    """Mean and standard deviation of the handovers of one seat that is never empty."""
    p = renewals(phases, mean, horizon)
    n = np.arange(len(p))
    first = float(p @ n)
    return first, sqrt(float(p @ (n - first) ** 2))


def finite_list(listed: int, seats: int, phases: int, mean: float, horizon: float) -> tuple[float, float]:
    """Mean and standard deviation of min(listed, seats N) with N renewals."""
    p = renewals(phases, mean, horizon)
    carried = np.minimum(listed, seats * np.arange(len(p)))
    first = float(p @ carried)
    return first, sqrt(float(p @ (carried - first) ** 2))


def no_vehicles(listed: int, arrivals: float, death: float, horizon: float) -> tuple[float, float, float]:
    """Mean and variance of those who wait at the end, mean of those who died: everyone on their own.

    The listed survive as a binomial; the referred who survive are a Poisson number (thinning).
    Ross 2014, Introduction to Probability Models, section 5.3.
    """
    survival = exp(-death * horizon)
    referred = arrivals / death * (1 - survival)
    waiting = listed * survival + referred
    variance = listed * survival * (1 - survival) + referred
    return waiting, variance, listed + arrivals * horizon - waiting


# ------------------------------------------------------------ the way from an empty list to the steady state


def waits_from_empty(arrivals: float, mean: float, cv: float, patients: int) -> Floats:
    """Mean wait of the first, second, ... patient of M/G/1 from empty: Lindley's recursion of distributions.

    W' = max(0, W + S - A), on a grid of a 20th of the mean service. Service is constant (cv 0), or lognormal.
    Lindley 1952, doi:10.1017/S0305004100027638.
    """
    step, cells = mean / 20, 2**13
    edges = (np.arange(cells) + 0.5) * step
    if cv == 0:
        service = np.zeros(cells)
        service[20] = 1.0
    else:
        log_variance = log(1 + cv**2)
        cdf = special.ndtr((np.log(edges / mean) + log_variance / 2) / sqrt(log_variance))
        service = np.diff(cdf, prepend=0.0)
        service[-1] += 1 - cdf[-1]
    gap = np.diff(-np.expm1(-arrivals * edges), prepend=0.0)
    size = 4 * cells
    reversed_gap = np.zeros(size)
    reversed_gap[-np.arange(cells) % size] = gap
    change = np.fft.rfft(service, size) * np.fft.rfft(reversed_gap)
    wait = np.zeros(cells)
    wait[0] = 1.0
    means = np.empty(patients)
    at = np.arange(cells) * step
    for n in range(patients):
        means[n] = wait @ at
        after = np.fft.irfft(np.fft.rfft(wait, size) * change, size)
        wait = after[:cells].copy()
        wait[0] += after[2 * cells :].sum()
        wait[-1] += after[cells : 2 * cells].sum()
    return means


def vacation_list(arrivals: float, vacation: int, hours: int) -> Floats:
    """Mean list in each hour from empty: a chain by the hour; service takes one, vacations several."""
    most = 80
    come = stats.poisson.pmf(np.arange(most), arrivals)
    # p[r, q]: q wait, and the vehicle looks again in r + 1 hours.
    p = np.zeros((vacation, most))
    p[vacation - 1, 0] = 1.0
    means = np.empty(hours)
    for hour in range(hours):
        means[hour] = (p @ np.arange(most)).sum() + arrivals / 2
        later = np.array([np.convolve(row, come)[:most] for row in p])
        p = np.zeros_like(p)
        p[:-1] = later[1:]
        p[vacation - 1, 0] += later[0, 0]
        p[0, :-1] += later[0, 1:]
    return means
