"""What a run will cost, before anything is drawn: so that a slip of a digit does not fill the machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from math import inf, log

from sim.model.laying_out import lay_out
from sim.model.layout import DAY, Layout
from sim.model.plan import make_plan, world_names
from sim.scenario.distributions import Prior
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import CountFact, PositiveFact, RateFact

MOST_PATIENTS = 200_000
"""Expected patients in one replication."""
MOST_SLOTS = 20_000_000
"""Trip slots: numbers drawn for each leg of one replication, 8 bytes each."""
MOST_SECONDS = 2 * 3600
"""Of one core."""

DRAWING = 0.3e-3, 0.5e-6, 0.05e-6
"""Seconds to draw a replication, for each of its patients, for each trip slot: measured, and rounded up."""
RUNNING = {"compiled": (0.25e-3, 0.4e-6), "simpy": (0.4e-3, 30e-6)}
"""Seconds to run, check and measure a replication in one world, and for each of its patients."""
OF_OWN_VEHICLES = {"compiled": (0.5e-6, 1.2e-6), "simpy": (0.5e-6, 130e-6)}
"""Seconds to draw an own vehicle, and to run, check and measure it in one world: measured, and rounded up."""


@dataclass(frozen=True)
class Cost:
    """What a run is expected to need."""

    patients: float
    """Expected patients in one replication, in the variant that has most."""
    slots: int
    """Trip slots, in the variant that has most."""
    seconds: float
    """On one core."""
    memory: int
    """Bytes of the tables that are kept until the end."""

    def refusals(self, machine: float = inf) -> list[str]:
        """Why the run is too large, one line a limit; none when it is not.

        Parameters
        ----------
        machine
            Bytes of memory of the machine.
        """
        rows = (
            (self.patients, MOST_PATIENTS, 1, "", "expected patients in one replication"),
            (self.slots, MOST_SLOTS, 1, "", "trip slots (vehicles x days x trips a day)"),
            (self.seconds, MOST_SECONDS, 3600, " hours", "predicted time on one core"),
            (self.memory, machine, 2**30, " GiB", "memory for the results"),
        )
        return [
            f"{what}: {_amount(value / unit)}{of}, more than {_amount(most / unit)}{of}"
            for value, most, unit, of, what in rows
            if value > most
        ]


def refusal(
    file: ScenarioFile,
    replications: int,
    variants: list[str],
    worlds: int | None = None,
    engine: str = "compiled",
) -> str:
    """Why a run is too large, with the figures; nothing when it is not. All worlds unless given."""
    count = len(world_names(lay_out(file.scenario))) if worlds is None else worlds
    return "; ".join(expected_cost(file, replications, count, variants, engine).refusals(_memory()))


def expected_cost(
    file: ScenarioFile, replications: int, worlds: int, variants: list[str], engine: str = "compiled"
) -> Cost:
    """Predict the cost of a run from the means of the scenario's numbers."""
    layouts = [lay_out(file.variants[name]) for name in variants]
    patients = [expected_patients(layout) for layout in layouts]
    draw, draw_patient, draw_slot = DRAWING
    run, run_patient = RUNNING[engine]
    draw_own, run_own = OF_OWN_VEHICLES[engine]
    seconds = sum(
        draw + draw_patient * n + draw_slot * layout.slots + worlds * (run + run_patient * n)
        + expected_own_vehicles(layout) * (draw_own + worlds * run_own)
        for layout, n in zip(layouts, patients, strict=True)
    )  # fmt: skip
    return Cost(
        patients=max(patients),
        slots=max(layout.slots for layout in layouts),
        seconds=seconds * replications,
        memory=sum(_row_bytes(layout) for layout in layouts) * worlds * replications,
    )


def _row_bytes(layout: Layout) -> int:
    """Bytes that a replication of one world leaves: measures, and counts that are seldom large."""
    from sim.model.measures import Measuring  # which loads the compiler

    plan = make_plan(layout, world_names(layout)[0])
    measuring = Measuring(plan)
    return 8 * len(measuring.names) + 2 * len(measuring.series) * (plan.days + 1)


def _memory() -> float:
    """Bytes of memory of this machine; inf where it does not say."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return inf


def _amount(value: float) -> str:
    """As a whole number; small ones with a decimal."""
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def expected_patients(layout: Layout) -> float:
    """Mean number of patients of one replication: the list at the start, and all referrals."""
    need = layout.scenario.need
    edges = [*(second for second, _ in layout.referrals), layout.horizon]
    total = _mean(need.initial_list)
    for k, day in enumerate(sorted(need.referrals)):
        inside = max(0, min(edges[k + 1], layout.horizon) - max(edges[k], 0))
        total += _mean(need.referrals[day]) * inside / DAY
    return total


def expected_own_vehicles(layout: Layout) -> float:
    """Mean number of own vehicles of one replication."""
    total = 0.0
    for group in layout.scenario.own_vehicles.values():
        mean = group.companions.mean
        companions = group.companions.value.mean if mean is None else _mean(mean)
        total += _mean(group.people) / (1 + companions)
    return total


def _mean(fact: CountFact | RateFact | PositiveFact) -> float:
    if fact.value is not None:
        return float(fact.value)
    return 0.0 if fact.prior is None else prior_mean(fact.prior)


def prior_mean(prior: Prior) -> float:
    """Mean of a prior in its base unit (of a normal one, before it is cut at 0)."""
    p = prior.params
    match prior.kind:
        case "uniform" | "triangular":
            return sum(p) / len(p)
        case "loguniform":
            return (p[1] - p[0]) / (log(p[1]) - log(p[0]))
        case "beta":
            return p[0] / (p[0] + p[1])
        case _:
            return p[0]
