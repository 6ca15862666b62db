"""The references, case by case: the scenario file, what is expected, what is looked at, how long it runs.

`short` is what every commit runs, `long` what the page shows. A share is the greatest half-width that
counts as evidence: a short run sees gross errors only, and leaves the fine ones to the long runs and to the
exact comparisons, patient by patient, of `test_recursions.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests.verification import chains, references
from tests.verification import observe as see
from tests.verification.engines import Engine
from tests.verification.observe import Run
from tests.verification.rule import Verdict, judge


@dataclass(frozen=True)
class Quantity:
    """One number of a case."""

    name: str
    expected: float
    """The exact mean."""
    source: str
    observe: Callable[[Run], float]
    short: float | None
    """Greatest half-width in the short run, as a share of what is expected; None: long runs only."""
    long: float
    """The same in the long run."""


@dataclass(frozen=True)
class Case:
    """One scenario file with its quantities."""

    name: str
    title: str
    catches: str
    """The bug that it would catch."""
    short: int
    """Replications on every commit."""
    long: int
    """Replications for the page."""
    quantities: tuple[Quantity, ...]
    warm_up: int = 0
    """Hours at the start that are left out of every average: nobody waits at the start, as some would in
    the steady state. `test_warm_up.py` shows that what is left of this is below 0.6 %, and falls."""


MM1, MD1, MG1, MM3, COBHAM, ERLANG_A, BULK, VACATIONS, ROAD = 72, 144, 240, 120, 300, 72, 120, 72, 12
"""Warm-up of each case, hours."""

IN_CLASSES = (0.2, 0.3, 0.3)
CLASS_WAITS = references.cobham(IN_CLASSES, 1)
LISTED, SHARE_DYING = references.erlang_a(0.9, 1, 0.1)
BULK_LISTED, BULK_LOAD = references.bulk(3, 1, 4)
HANDOVERS, HANDOVERS_SD = references.saturated(4, 8, 720)
OF_300, OF_300_SD = references.finite_list(300, 10, 4, 8, 240)
STILL_THERE, STILL_THERE_VARIANCE, DIED = references.no_vehicles(1000, 1.5, 0.002, 500)


@cache
def transient() -> dict[str, float]:
    """The exact answers of the short horizon with everything at once."""
    chain = chains.transient(9, 0.25, 1 / 30, vehicles=2, seats=2, out=1 / 5, back=1 / 3, horizon=48)
    evacuated = chain.mean(lambda s: s[1])
    return {
        "evacuated": evacuated,
        "variance of the evacuated": chain.mean(lambda s: (s[1] - evacuated) ** 2),
        "died": chain.integral(lambda s: s[0]) / 30,
        "waiting at the end": chain.mean(lambda s: s[0]),
        "in transit at the end": chain.mean(lambda s: s[3] + 2 * s[4]),
        "mean list": chain.integral(lambda s: s[0]) / 48,
    }


def wait(arrivals: float, start: int, kind: int | None = None) -> Callable[[Run], float]:
    """Mean wait in hours by Little's law: the mean list over the rate of referral."""
    return lambda r: see.mean_list(r, start, kind) / arrivals


def square(look: Callable[[Run], float], around: float) -> Callable[[Run], float]:
    """Squared distance from the exact mean: its mean is the variance."""
    return lambda r: (look(r) - around) ** 2


PK = "Pollaczek-Khinchine"
CHAIN = "Kolmogorov equations, by uniformization"

CASES = (
    Case(
        "mm1", "M/M/1",
        "a vehicle that leaves late, is away too long, or waits that are counted twice or not at all",
        24, 800,
        (
            Quantity("mean wait", references.mg1_wait(0.5, 1, 1), PK, wait(0.5, MM1), 0.4, 0.05),
            Quantity("P(wait > 0)", 0.5, "load", lambda r: see.waited_longer(r, 0, MM1), 0.12, 0.02),
            Quantity("P(wait > 2)", references.mm1_wait_longer(0.5, 1, 2), "Kleinrock 1975, 5.12",
                     lambda r: see.waited_longer(r, 2, MM1), 0.35, 0.05),
        ),
        MM1,
    ),
    Case(
        "md1", "M/D/1", "a constant that varies, or an exponential where a constant is written",
        16, 480,
        (
            Quantity("P(wait > 0)", 0.8, "load", lambda r: see.waited_longer(r, 0, MD1), 0.1, 0.02),
            Quantity("mean wait", references.mg1_wait(0.8, 1, 0), PK, wait(0.8, MD1), 0.5, 0.06),
        ),
        MD1,
    ),
    Case(
        "mg1", "M/G/1, lognormal trips of CV 1.5",
        "a lognormal by the mean and sd of its logarithm, or trips that share one draw",
        20, 400,
        (
            Quantity("P(wait > 0)", 0.6, "load", lambda r: see.waited_longer(r, 0, MG1), 0.12, 0.02),
            Quantity("mean wait", references.mg1_wait(0.6, 1, 1.5), PK, wait(0.6, MG1), 0.7, 0.12),
        ),
        MG1,
    ),
    Case(
        "mm3", "M/M/3", "vehicles that wait for each other, or share their luck",
        16, 500,
        (
            Quantity("P(wait > 0)", references.erlang_c(2.4, 1, 3), "Erlang C",
                     lambda r: see.waited_longer(r, 0, MM3), 0.25, 0.025),
            Quantity("mean wait", references.mmc_wait(2.4, 1, 3), "Erlang C", wait(2.4, MM3), None, 0.13),
        ),
        MM3,
    ),
    Case(
        "priorities", "Three priority classes",
        "an order by referral alone, ranks the wrong way round, or a patient put down for a later one",
        16, 450,
        (
            *(
                Quantity(f"mean wait, class {k + 1}", CLASS_WAITS[k], "Cobham",
                         wait(IN_CLASSES[k], COBHAM, k), short, long)
                for k, (short, long) in enumerate(((0.4, 0.05), (0.4, 0.05), (None, 0.1)))
            ),
            Quantity("sum of load x wait", references.conserved(0.8, 1), "Kleinrock's conservation law",
                     wait(1, COBHAM), None, 0.1),
        ),
        COBHAM,
    ),
    Case(
        "erlang-a", "Erlang-A, one server",
        "deaths that run while on the road, that are seen only when somebody looks, or that free no place",
        16, 300,
        (
            Quantity("mean list", LISTED, "birth-death series",
                     lambda r: see.mean_list(r, ERLANG_A), 0.4, 0.05),
            Quantity("share that dies", SHARE_DYING, "birth-death series",
                     lambda r: see.deaths_an_hour(r, ERLANG_A) / 0.9, 0.4, 0.05),
        ),
        ERLANG_A,
    ),
    Case(
        "bulk", "Bulk service M/M^[1,4]/1",
        "a vehicle that waits until it is full, takes one more than it holds, or takes those who come later",
        16, 420,
        (
            Quantity("mean list", BULK_LISTED, "root of the balance",
                     lambda r: see.mean_list(r, BULK), 0.6, 0.08),
            Quantity("mean load", BULK_LOAD, "root of the balance",
                     lambda r: see.mean_load(r, BULK), 0.12, 0.02),
        ),
        BULK,
    ),
    Case(
        "vacations", "M/D/1 with vacations of 4 h",
        "a vehicle that looks at a referral although it said `recheck`, or rests while somebody waits",
        14, 400,
        (
            Quantity("mean wait", references.vacation_wait(0.5, 1, 4), "Doshi",
                     wait(0.5, VACATIONS), 0.2, 0.02),
        ),
        VACATIONS,
    ),
    Case(
        "road-md1", "M/D/1, the queue of a road section (minutes)",
        "a headway rounded to whole seconds, a vehicle let on too soon, or a queue that loses one",
        12, 200,
        (
            Quantity("P(wait > 0)", 0.7, "load", lambda r: see.queued(r, ROAD), 0.05, 0.01),
            Quantity("mean wait", 60 * references.mg1_wait(21, 1 / 30, 0), PK,
                     lambda r: 60 * see.mean_queue(r, ROAD) / 21, 0.2, 0.03),
        ),
        ROAD,
    ),
    Case(
        "saturated", "Saturated vehicle, Erlang-4 trips, 720 h",
        "trips that overlap or leave a gap, and a last trip counted although it ends after the run",
        100, 2500,
        (
            Quantity("handed over", HANDOVERS, "renewal theory", see.evacuated, 0.03, 0.005),
            Quantity("variance of it", HANDOVERS_SD**2, "renewal theory",
                     square(see.evacuated, HANDOVERS), 0.7, 0.15),
        ),
    ),
    Case(
        "finite-list", "List of 300, ten seats, 240 h",
        "a list that never ends, or a last vehicle that must be full",
        100, 2700,
        (
            Quantity("handed over", OF_300, "renewal theory", see.evacuated, 0.03, 0.006),
            Quantity("variance of it", OF_300_SD**2, "renewal theory",
                     square(see.evacuated, OF_300), None, 0.2),
        ),
    ),
    Case(
        "no-vehicles", "No vehicles, deaths",
        "deaths that nobody sees as no vehicle ever looks, or that run from the start, not from referral",
        60, 2000,
        (
            Quantity("waiting at the end", STILL_THERE, "independent lives", see.waiting, 0.02, 0.004),
            Quantity("variance of it", STILL_THERE_VARIANCE, "independent lives",
                     square(see.waiting, STILL_THERE), None, 0.17),
            Quantity("died", DIED, "independent lives", see.died, 0.02, 0.004),
        ),
    ),
    Case(
        "transient", "Deaths, two vehicles of two seats, a list and referrals, 48 h",
        "what thirteen steady states do not see: the first trip, the last one, and all rules at once",
        500, 5000,
        tuple(
            Quantity(name, transient()[name], CHAIN, look, short, long)
            for name, look, short, long in (
                ("evacuated", see.evacuated, 0.04, 0.012),
                ("variance of the evacuated", square(see.evacuated, transient()["evacuated"]), 0.3, 0.1),
                ("died", see.died, 0.15, 0.045),
                ("waiting at the end", see.waiting, 0.4, 0.12),
                ("in transit at the end", see.in_transit, 0.2, 0.06),
                ("mean list", lambda r: see.mean_list(r, 0), 0.15, 0.04),
            )
        ),
    ),
)  # fmt: skip

ROWS = tuple((case, k) for case in CASES for k in range(len(case.quantities)))
"""Every statistical comparison."""


@cache
def values(name: str, engine: Engine, replications: int) -> NDArray[np.float64]:
    """What every replication gave, shape (replications, quantities)."""
    quantities = next(case for case in CASES if case.name == name).quantities
    return np.array([[q.observe(r) for q in quantities] for r in see.runs(name, engine, replications)])


def short_run(case: Case, quantity: int, engine: Engine) -> Verdict:
    """Hold the short run of a case against one of its references."""
    q = case.quantities[quantity]
    if q.short is None:
        raise ValueError(f"{case.name}: {q.name} is for long runs only")
    return judge(values(case.name, engine, case.short)[:, quantity], q.expected, q.short)


def long_run(case: Case, quantity: int, engine: Engine) -> Verdict:
    """Hold the long run of a case against one of its references."""
    q = case.quantities[quantity]
    return judge(values(case.name, engine, case.long)[:, quantity], q.expected, q.long)
