"""The project's two engines on the flagship: engines only, with drawing beside; and its ensemble."""

from __future__ import annotations

from statistics import median

import numpy as np
from comparing import WORLDS, run_all, said, timed
from contenders import COMPILED, SIMPY
from one_ensemble import cost_of
from writing import HERE, table

from sim.model.draws import Sampler
from sim.model.laying_out import lay_out
from sim.model.plan import make_plan
from sim.scenario.reading import read_scenario

SCENARIO = HERE.parent / "scenarios" / "lachin-2022-2023.yaml"
LEAST_RATIO, MOST_DRAWING = 50.0, 1.0
MOST_SECONDS, MOST_MEGABYTES, WORKERS = 15.0, 500.0, 2


def flagship(replications: int, seed: int) -> str:
    """Time both engines on the same draws, in turn; the results as Markdown.

    Raises
    ------
    SystemExit
        When the engines do not agree: nothing is timed then.
    """
    layout = lay_out(read_scenario(SCENARIO).scenario)
    plans = [make_plan(layout, world) for world in WORLDS]
    sampler = Sampler(layout)
    sampler.draw(seed, 0)
    drawn = [timed(sampler.draw, seed, i) for i in range(replications)]
    drawing = [seconds for _, seconds in drawn]
    fast: dict[str, list[float]] = {world: [] for world in WORLDS}
    slow: dict[str, list[float]] = {world: [] for world in WORLDS}
    for plan in plans:
        for draws, _ in drawn:
            handovers = [c.handovers(c.run(c.prepare(plan, draws))) for c in (COMPILED, SIMPY)]
            if not np.array_equal(*handovers):
                raise SystemExit(
                    f"The engines do not agree on the flagship, {plan.world}; nothing was timed."
                )
    print("the engines agree on the flagship", flush=True)
    for draws, _ in drawn:
        for plan in plans:
            prepared = [COMPILED.prepare(plan, draws) for _ in range(COMPILED.runs)]
            fast[plan.world].append(timed(run_all, COMPILED, prepared)[1] / COMPILED.runs)
            slow[plan.world].append(timed(SIMPY.run, SIMPY.prepare(plan, draws))[1])
    rows, bars = [], []
    for world in WORLDS:
        times = [theirs / ours for theirs, ours in zip(slow[world], fast[world], strict=True)]
        of_drawing = [luck / ours for luck, ours in zip(drawing, fast[world], strict=True)]
        ms = (1e3 * median(of) for of in (slow[world], fast[world], drawing))
        rows.append([world, *(f"{x:.3g}" for x in ms), said(times), said(of_drawing)])
        bars += [
            f"- Flagship, {world}, SimPy engine at least {LEAST_RATIO:g} times the compiled: "
            f"{_verdict(median(times) >= LEAST_RATIO)}; drawing at most {MOST_DRAWING:g} times the compiled "
            f"engine: {_verdict(median(of_drawing) <= MOST_DRAWING)}."
        ]
    head = ["world", "SimPy engine, ms", "compiled engine, ms", "drawing, ms", "SimPy ÷ compiled",
            "drawing ÷ compiled"]  # fmt: skip
    said_of = (
        f"CPU time of a replication, medians over {replications} (min–max in brackets); drawing is done "
        "once for all worlds."
    )
    return "\n\n".join([table(head, rows), "\n".join(bars), said_of])


def ensemble(replications: int) -> str:
    """What an ensemble of the flagship costs, both worlds."""
    cost = cost_of(SCENARIO, replications, list(WORLDS), WORKERS)
    return (
        f"An ensemble of the flagship, {replications:,} replications of {len(WORLDS)} worlds with {WORKERS} "
        f"workers, once compiled: {cost.seconds:.1f} s (bar: {MOST_SECONDS:g} s for 10,000, "
        f"{_verdict(cost.seconds <= MOST_SECONDS)}), peak memory {cost.megabytes:.0f} MB "
        f"(bar: {MOST_MEGABYTES:g} MB, {_verdict(cost.megabytes <= MOST_MEGABYTES)})."
    )


def _verdict(met: bool) -> str:
    return "met" if met else "**not met**"
