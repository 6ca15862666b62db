"""Continuous-time Markov chains, solved numerically: the Kolmogorov equations by uniformization.

Jensen 1953; Stewart 2009, Probability, Markov Chains, Queues, and Simulation, section 10.7. The chains below
say the model's rules once more, in the language of another trade; nothing here looks at the simulation.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

Floats = NDArray[np.float64]
Moves = Callable[[tuple[int, ...]], Iterable[tuple[float, tuple[int, ...]]]]


class Solution(NamedTuple):
    """Where a chain is at a time, and how long it has been in each state until then."""

    states: list[tuple[int, ...]]
    at_end: Floats
    """Probability of each state at the horizon."""
    time_in: Floats
    """Expected time in each state until then."""

    def mean(self, value: Callable[[tuple[int, ...]], float]) -> float:
        """Mean of a function of the state at the horizon."""
        return float(sum(p * value(s) for p, s in zip(self.at_end, self.states, strict=True)))

    def integral(self, value: Callable[[tuple[int, ...]], float]) -> float:
        """Mean of the time integral of a function of the state."""
        return float(sum(t * value(s) for t, s in zip(self.time_in, self.states, strict=True)))


def solve(start: tuple[int, ...], moves: Moves, horizon: float) -> Solution:
    """Run a chain from a state; `moves(state)` gives (rate, next state), and keeps the chain finite."""
    index: dict[Hashable, int] = {start: 0}
    states = [start]
    rows, columns, rates = [], [], []
    for k, state in enumerate(states):  # grows while it is read
        for rate, after in moves(state):
            if rate <= 0:
                continue
            if after not in index:
                index[after] = len(states)
                states.append(after)
            rows.append(k)
            columns.append(index[after])
            rates.append(rate)
    n = len(states)
    flow = sparse.csr_array((rates, (rows, columns)), shape=(n, n))
    leaving = np.asarray(flow.sum(axis=1)).ravel()
    fastest = float(leaving.max())
    step = (sparse.diags_array(1 - leaving / fastest) + flow / fastest).T.tocsr()
    jumps = fastest * horizon
    steps = int(jumps + 10 * np.sqrt(jumps) + 30)
    exactly = stats.poisson.pmf(np.arange(steps), jumps)
    more = stats.poisson.sf(np.arange(steps), jumps)
    p = np.zeros(n)
    p[0] = 1.0
    at_end, time_in = np.zeros(n), np.zeros(n)
    for k in range(steps):
        at_end += exactly[k] * p
        time_in += more[k] / fastest * p
        p = step @ p
    return Solution(states, at_end, time_in)


def mmc(arrivals: float, service: float, servers: int, death: float, horizon: float) -> Solution:
    """M/M/c with deaths on the list, from empty; the state is (patients waiting or on the road,)."""

    def moves(state: tuple[int, ...]) -> Iterable[tuple[float, tuple[int, ...]]]:
        (n,) = state
        if n < 200:
            yield arrivals, (n + 1,)
        if n:
            yield service * min(n, servers) + death * max(0, n - servers), (n - 1,)

    return solve((0,), moves, horizon)


def priorities(arrivals: tuple[float, float, float], service: float, horizon: float) -> Solution:
    """Three classes, no preemption, from empty; the state is (waiting of each class, vehicle away)."""
    most = (14, 20, 90)

    def moves(state: tuple[int, ...]) -> Iterable[tuple[float, tuple[int, ...]]]:
        *waiting, away = state
        for k in range(3):
            if not away:
                yield arrivals[k], (0, 0, 0, 1)
            elif waiting[k] < most[k]:
                yield arrivals[k], (*(w + (j == k) for j, w in enumerate(waiting)), 1)
        if away:
            first = next((k for k in range(3) if waiting[k]), None)
            if first is None:
                yield service, (0, 0, 0, 0)
            else:
                yield service, (*(w - (j == first) for j, w in enumerate(waiting)), 1)

    return solve((0, 0, 0, 0), moves, horizon)


def bulk(arrivals: float, service: float, seats: int, horizon: float) -> Solution:
    """One vehicle that takes whoever waits, at most `seats`, from empty; the state is (waiting, away)."""

    def moves(state: tuple[int, ...]) -> Iterable[tuple[float, tuple[int, ...]]]:
        n, away = state
        if n < 250:
            yield arrivals, (n + 1, 1) if away else (0, 1)
        if away:
            yield service, (n - min(n, seats), 1) if n else (0, 0)

    return solve((0, 0), moves, horizon)


def transient(
    listed: int,
    arrivals: float,
    death: float,
    vehicles: int,
    seats: int,
    out: float,
    back: float,
    horizon: float,
    most: int = 45,
) -> Solution:
    """Deaths, several vehicles of several seats, a list at the start: exponential legs out and back.

    The state is (waiting, evacuated, vehicles on the way back, vehicles out with 1, 2, ... patients).
    `out`, `back` and `death` are rates. Vehicles at home leave at once, each with as many as fit.
    """

    def leave(waiting: int, evacuated: int, away: int, loads: tuple[int, ...]) -> tuple[int, ...]:
        while waiting and away + sum(loads) < vehicles:
            load = min(waiting, seats)
            waiting -= load
            loads = (*loads[: load - 1], loads[load - 1] + 1, *loads[load:])
        return (waiting, evacuated, away, *loads)

    def moves(state: tuple[int, ...]) -> Iterable[tuple[float, tuple[int, ...]]]:
        waiting, evacuated, away, *carrying = state
        loads = tuple(carrying)
        if waiting + evacuated + sum(loads) < most:
            yield arrivals, leave(waiting + 1, evacuated, away, loads)
        if waiting:
            yield death * waiting, (waiting - 1, evacuated, away, *loads)
        for k, count in enumerate(loads):
            fewer = (*loads[:k], count - 1, *loads[k + 1 :])
            yield out * count, (waiting, evacuated + k + 1, away + 1, *fewer)
        if away:
            yield back * away, leave(waiting, evacuated, away - 1, loads)

    return solve(leave(listed, 0, 0, (0,) * seats), moves, horizon)
