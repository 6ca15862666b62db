"""Many replications of every world and variant of a scenario, on shared draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.experiment.executors import run_batches
from sim.model.draws import Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import Layout
from sim.model.measures import UNITS, daily, measures
from sim.model.plan import Plan, make_plan, world_names
from sim.model.simpy_engine import run
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import Scenario

BATCH = 10
"""Replications in a batch: enough that handing them out costs nothing, few enough to show progress."""

Case = tuple[str, str]
"""(variant, world)"""


@dataclass(frozen=True)
class Ensemble:
    """What many replications gave. Rows of every table are replications, in the order of `replications`."""

    file: ScenarioFile
    seed: int
    replications: tuple[int, ...]
    measures: dict[Case, pd.DataFrame]
    """By (variant, world): a row a replication, a column a measure (see `sim.model.measures.UNITS`).
    A mean over no convoys is not defined and stands as nan; medians not reached as inf."""
    daily: dict[Case, dict[str, NDArray[np.int32]]]
    """By (variant, world): series at each midnight, shape (replications, days + 1)."""
    removed: dict[Case, tuple[str, ...]] = field(default_factory=dict)
    """By (variant, world): ids of the impediments that are gone."""

    def tidy(self) -> pd.DataFrame:
        """One row a number: scenario, variant, world, replication, measure, value, unit."""
        parts = []
        for (variant, world), table in self.measures.items():
            long = table.reset_index(names="replication").melt(
                id_vars="replication", var_name="measure", value_name="value"
            )
            long.insert(0, "world", world)
            long.insert(0, "variant", variant)
            long.insert(0, "scenario", self.file.scenario.name)
            parts.append(long.dropna(subset="value"))
        tidy = pd.concat(parts, ignore_index=True)
        tidy["unit"] = tidy["measure"].str.partition("[")[0].map(UNITS)
        return tidy


def simulate(
    file: ScenarioFile,
    *,
    replications: int | Sequence[int] | None = None,
    seed: int | None = None,
    worlds: Sequence[str] | None = None,
    variants: Sequence[str] | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Ensemble:
    """Run worlds x variants x replications of a scenario.

    Parameters
    ----------
    file
        A scenario, as read by :func:`sim.load_scenario`.
    replications
        How many (numbers 0, 1, ...), or which; the scenario's own number unless given.
    seed
        In place of the scenario's.
    worlds, variants
        Names; all unless given.
    workers
        Processes. Results are the same bytes for any number.
    progress
        Called with (done, total) replications after each batch.

    Raises
    ------
    KeyError
        For a world or variant that the scenario does not have.
    ModelError
        When an invariant of the model is broken.
    """
    if replications is None:
        replications = file.scenario.replications
    numbers = tuple(range(replications)) if isinstance(replications, int) else tuple(replications)
    seed = file.scenario.seed if seed is None else seed
    cases = make_cases(file, worlds, variants)
    batches = [numbers[k : k + BATCH] for k in range(0, len(numbers), BATCH)]
    job = (cases, seed)
    results = run_batches(run_batch, job, batches, workers, progress)
    rows: dict[Case, list[dict[str, float]]] = {case: [] for case in cases}
    series: dict[Case, list[dict[str, NDArray[np.int32]]]] = {case: [] for case in cases}
    for batch in results:
        for case, named, days in batch:
            rows[case].append(named)
            series[case].append(days)
    index = pd.Index(numbers, name="replication")
    return Ensemble(
        file=file,
        seed=seed,
        replications=numbers,
        measures={case: pd.DataFrame(rows[case], index=index) for case in cases},
        daily={
            case: {name: np.stack([one[name] for one in series[case]]) for name in series[case][0]}
            for case in cases
            if series[case]
        },
        removed={case: make_plan(lay_out(scenario), case[1]).removed for case, scenario in cases.items()},
    )


def make_cases(
    file: ScenarioFile, worlds: Sequence[str] | None, variants: Sequence[str] | None
) -> dict[Case, Scenario]:
    """The scenario behind each (variant, world): the variant's, or that with the world's `assume`."""
    known_worlds = world_names(lay_out(file.scenario))
    cases: dict[Case, Scenario] = {}
    for variant in variants or file.variants:
        if variant not in file.variants:
            raise KeyError(f"no variant `{variant}`: the scenario has {', '.join(file.variants)}")
        for world in worlds or known_worlds:
            if world not in known_worlds:
                raise KeyError(f"no world `{world}`: the scenario has {', '.join(known_worlds)}")
            cases[variant, world] = file.assumed.get((variant, world), file.variants[variant])
    return cases


@dataclass(frozen=True)
class _Bench:
    """What a process keeps between batches: a sampler for each distinct scenario, a plan for each case."""

    cases: dict[Case, Scenario]
    samplers: dict[int, Sampler]
    plans: dict[Case, tuple[int, Plan]]


_kept: list[_Bench] = []


def _bench(cases: dict[Case, Scenario]) -> _Bench:
    """Layouts and plans are made once in each process, not once a batch."""
    if not _kept or _kept[0].cases is not cases:
        layouts: dict[int, Layout] = {}
        samplers: dict[int, Sampler] = {}
        plans: dict[Case, tuple[int, Plan]] = {}
        for case, scenario in cases.items():
            key = id(scenario)
            if key not in layouts:
                layouts[key] = lay_out(scenario)
                samplers[key] = Sampler(layouts[key])
            plans[case] = (key, make_plan(layouts[key], case[1]))
        _kept[:] = [_Bench(cases, samplers, plans)]
    return _kept[0]


def run_batch(
    job: tuple[dict[Case, Scenario], int], numbers: Sequence[int]
) -> list[tuple[Case, dict[str, float], dict[str, NDArray[np.int32]]]]:
    """Run some replications of every case; draws are made once a scenario and shared by its worlds."""
    cases, seed = job
    bench = _bench(cases)
    out = []
    for number in numbers:
        draws = {key: sampler.draw(seed, number) for key, sampler in bench.samplers.items()}
        for case, (key, plan) in bench.plans.items():
            outcome = run(plan, draws[key])
            series = daily(plan, draws[key], outcome)
            compact = {name: values.astype(np.int32) for name, values in series.items()}
            out.append((case, measures(plan, draws[key], outcome), compact))
    return out
