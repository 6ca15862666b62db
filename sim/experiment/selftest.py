"""Both engines on the same draws: does the compiled one give what the readable one gives?"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.experiment.ensemble import make_cases
from sim.model.draws import Draws, Sampler
from sim.model.engines import COMPILED, SIMPY, engine
from sim.model.laying_out import lay_out
from sim.model.outcome import Outcome
from sim.model.plan import make_plan
from sim.scenario.reading import ScenarioFile


class Agreement(NamedTuple):
    """What was compared; `difference` says where the engines first differ, "" when they do not."""

    runs: int
    patients: int
    worlds: int
    variants: int
    replications: int
    difference: str


def compare_engines(
    file: ScenarioFile,
    *,
    replications: int,
    seed: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Agreement:
    """Run every world and variant of a scenario in both engines, and compare every number of the outcomes.

    Parameters
    ----------
    replications
        Numbers 0, 1, ... of each world.
    seed
        In place of the scenario's.
    progress
        Called with (done, total) pairs of runs.

    Raises
    ------
    ModelError
        When an invariant of the model is broken.
    """
    cases = make_cases(file, None, None)
    seed = file.scenario.seed if seed is None else seed
    total, done, patients, difference = len(cases) * replications, 0, 0, ""
    for (variant, world), scenario in cases.items():
        layout = lay_out(scenario)
        plan, sampler = make_plan(layout, world), Sampler(layout)
        reference, compiled = engine(SIMPY, plan), engine(COMPILED, plan)
        for number in range(replications):
            draws = sampler.draw(seed, number)
            found = first_difference(reference(draws), compiled(draws), draws)
            if found and not difference:
                difference = f"world {world}, variant {variant}, replication {number}: {found}"
            done, patients = done + 1, patients + draws.patients
            if progress is not None:
                progress(done, total)
    names = list(cases)
    return Agreement(
        runs=total,
        patients=patients,
        worlds=len({world for _, world in names}),
        variants=len({variant for variant, _ in names}),
        replications=replications,
        difference=difference,
    )


def first_difference(one: Outcome, other: Outcome, draws: Draws) -> str:
    """Where two outcomes of the same draws first differ, in words; "" when every number is the same."""
    for name in ("state", "boarded", "left", "convoy"):
        a, b = getattr(one, name), getattr(other, name)
        if a.shape != b.shape:
            return f"{len(a)} patients against {len(b)}"
        rows = np.flatnonzero(a != b)
        if len(rows):
            p = rows[0]
            return f"patient {draws.name_of(p)}: {name} {a[p]} (simpy), {b[p]} (compiled)"
    for name in ("spells", "convoys", "rides", "blocked", "arrived", "admissions"):
        a, b = getattr(one, name), getattr(other, name)
        if not np.array_equal(a, b):
            return f"{name}: {len(a)} rows (simpy), {len(b)} (compiled), not the same"
    return ""
