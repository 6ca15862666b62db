"""What a run will cost, before anything is drawn: so that a slip of a digit does not fill the machine."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from sim.model.laying_out import lay_out
from sim.model.layout import DAY, Layout
from sim.model.plan import world_names
from sim.scenario.distributions import Prior
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import CountFact, RateFact

MOST_PATIENTS = 200_000
"""Expected patients in one replication."""
MOST_SLOTS = 20_000_000
"""Trip slots: numbers drawn for each leg of one replication, 8 bytes each."""
MOST_PATIENT_RUNS = 50_000_000
"""Expected patients x worlds x variants x replications."""


@dataclass(frozen=True)
class Cost:
    """What a run is expected to need."""

    patients: float
    """Expected patients in one replication, in the variant that has most."""
    slots: int
    """Trip slots, in the variant that has most."""
    patient_runs: float
    """Expected patients x worlds x replications, over all variants."""

    def refusals(self) -> list[str]:
        """Why the run is too large, one line a limit; none when it is not."""
        rows = (
            (self.patients, MOST_PATIENTS, "expected patients in one replication"),
            (self.slots, MOST_SLOTS, "trip slots (vehicles x days x trips a day)"),
            (self.patient_runs, MOST_PATIENT_RUNS, "expected patients x worlds x replications"),
        )
        return [f"{what}: {value:,.0f}, more than {most:,}" for value, most, what in rows if value > most]


def refusal(file: ScenarioFile, replications: int, variants: list[str], worlds: int | None = None) -> str:
    """Why a run is too large, with the figures; nothing when it is not. All worlds unless given."""
    count = len(world_names(lay_out(file.scenario))) if worlds is None else worlds
    return "; ".join(expected_cost(file, replications, count, variants).refusals())


def expected_cost(file: ScenarioFile, replications: int, worlds: int, variants: list[str]) -> Cost:
    """Predict the cost of a run from the means of the scenario's numbers."""
    layouts = {name: lay_out(file.variants[name]) for name in variants}
    patients = {name: expected_patients(layout) for name, layout in layouts.items()}
    return Cost(
        patients=max(patients.values()),
        slots=max(layout.slots for layout in layouts.values()),
        patient_runs=sum(patients.values()) * worlds * replications,
    )


def expected_patients(layout: Layout) -> float:
    """Mean number of patients of one replication: the list at the start, and all referrals."""
    need = layout.scenario.need
    edges = [*(second for second, _ in layout.referrals), layout.horizon]
    total = _mean(need.initial_list)
    for k, day in enumerate(sorted(need.referrals)):
        inside = max(0, min(edges[k + 1], layout.horizon) - max(edges[k], 0))
        total += _mean(need.referrals[day]) * inside / DAY
    return total


def _mean(fact: CountFact | RateFact) -> float:
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
