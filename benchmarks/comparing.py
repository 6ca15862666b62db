"""The same corridor in every contender: agreement first, then CPU time in turn, then ratios.

Every replication is run by every contender on the same draws, in turn (A B C, then C B A), so that whatever
else the machine does slows all of them; what is compared is the ratio of process CPU times within a
replication. Nothing is timed before all contenders agree.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from statistics import median
from time import process_time
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from contenders import COMPILED, SIMPY, TEXTBOOK, C, Contender
from writing import BLUE, HERE, ORANGE, STYLE, save, table

from sim.model.draws import Draws, Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import NONE
from sim.model.plan import Plan, make_plan
from sim.scenario.reading import read_scenario

WORLDS = {"actual": (BLUE, "o"), "unimpeded": (ORANGE, "^")}
"""World -> colour and marker."""
BARS = ((COMPILED, C, 1.5, "at most"), (TEXTBOOK, SIMPY, 3.0, "at least"))
"""The first takes at most, or at least, so many times as long as the second."""

Times = dict[tuple[str, str], list[float]]
"""(world, contender) -> CPU seconds of a run, by replication."""


def timed(job: Any, *arguments: Any) -> tuple[Any, float]:
    """What a job returns and its CPU seconds; it does not pay for the garbage of the one before."""
    gc.collect()
    start = process_time()
    result = job(*arguments)
    return result, process_time() - start


def disagreements(plan: Plan, draws: Draws, peers: Sequence[Contender]) -> list[str]:
    """Where a peer's patients are not handed over in the same seconds as the SimPy engine's."""
    expected = SIMPY.handovers(SIMPY.run(SIMPY.prepare(plan, draws)))
    found = []
    for peer in peers:
        handovers = peer.handovers(peer.run(peer.prepare(plan, draws)))
        if not np.array_equal(handovers, expected):
            evacuated = int((handovers != NONE).sum()), int((expected != NONE).sum())
            found.append(
                f"{peer.name}, {plan.world}: {evacuated[0]} evacuated, the SimPy engine {evacuated[1]}"
            )
    return found


def run_all(contender: Contender, prepared: Sequence[Any]) -> None:
    """As many runs as make one timing."""
    for case in prepared:
        contender.run(case)


def compare(here: Sequence[Contender], replications: int, seed: int, write: bool) -> str:
    """Check that all agree, measure, draw the figure; the results as Markdown.

    Raises
    ------
    SystemExit
        When two contenders do not agree: nothing is timed then.
    """
    layout = lay_out(read_scenario(HERE / "corridor.yaml").scenario)
    plans = [make_plan(layout, world) for world in WORLDS]
    sampler = Sampler(layout)
    draws = [sampler.draw(seed, i) for i in range(replications)]
    pairs, found = 0, []
    for i, luck in enumerate(draws):
        peers = [c for c in here if c is not SIMPY and i < c.replications]
        found += [line for plan in plans for line in disagreements(plan, luck, peers)]
        pairs += len(plans) * len(peers)
    if found:
        raise SystemExit("\n".join(["The contenders do not agree; nothing was timed.", *found]))
    print(f"all agree, patient by patient, in {pairs} pairs of runs", flush=True)
    runs, preparations = measure(here, plans, draws)
    if write:
        draw_figure(here, runs)
    return "\n\n".join([
        results(here, runs, preparations),
        bars(here, runs),
        f"Medians over {replications} replications ({min(c.replications for c in here)} for the slow), "
        f"min–max in brackets; ratios are taken within a replication. Agreement: every patient handed over "
        f"in the same second, in all {pairs} pairs of runs.",
    ])  # fmt: skip


def measure(here: Sequence[Contender], plans: Sequence[Plan], draws: Sequence[Draws]) -> tuple[Times, Times]:
    """CPU seconds of each run, and of each preparation."""
    runs: Times = {(plan.world, c.name): [] for plan in plans for c in here}
    preparations: Times = {key: [] for key in runs}
    for k, luck in enumerate(draws):
        in_turn = [c for c in here if k < c.replications]
        for plan in plans:
            for contender in in_turn if k % 2 == 0 else in_turn[::-1]:
                several = [(plan, luck)] * contender.runs
                prepared, seconds = timed(
                    lambda c, pairs: [c.prepare(*pair) for pair in pairs], contender, several
                )
                preparations[plan.world, contender.name].append(seconds / contender.runs)
                _, seconds = timed(run_all, contender, prepared)
                runs[plan.world, contender.name].append(seconds / contender.runs)
        print(f"replication {k + 1} of {len(draws)} timed", flush=True)
    return runs, preparations


def ratios(runs: Times, world: str, one: Contender, other: Contender) -> list[float]:
    """How many times as long as the other one takes, by replication."""
    pairs = zip(runs[world, one.name], runs[world, other.name], strict=False)
    return [mine / theirs for mine, theirs in pairs]


def said(of: Sequence[float]) -> str:
    """The median of ratios and, in brackets, the least and the largest."""
    return f"**{short(median(of))}** ({short(min(of))}–{short(max(of))})"


def short(number: float) -> str:
    """To three figures."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def results(here: Sequence[Contender], runs: Times, preparations: Times) -> str:
    """A row a world and contender."""
    rows = []
    for world in WORLDS:
        for c in here:
            ms, prepared = (1e3 * median(of[world, c.name]) for of in (runs, preparations))
            times = [
                "1" if c is other else said(ratios(runs, world, c, other)) for other in (COMPILED, SIMPY)
            ]
            rows.append([world, c.name, f"{ms:.3g}", *times, f"{prepared:.2g}"])
    return table(
        ["world", "contender", "CPU ms a replication", "times the compiled engine", "times the SimPy engine",
         "preparation, ms"],
        rows,
    )  # fmt: skip


def bars(here: Sequence[Contender], runs: Times) -> str:
    """What was asked, and whether it is so."""
    lines = []
    for one, other, bar, way in BARS:
        if one not in here or other not in here:
            lines.append(f"- {one.name}, {way} {bar:g} times {other.name}: not measured here.")
            continue
        for world in WORLDS:
            r = ratios(runs, world, one, other)
            met = median(r) <= bar if way == "at most" else median(r) >= bar
            verdict = "met" if met else "**not met**"
            lines.append(f"- {one.name}, {way} {bar:g} times {other.name}, {world}: {said(r)}, {verdict}.")
    return "\n".join(lines)


def draw_figure(here: Sequence[Contender], runs: Times) -> None:
    """One row a contender and world: each replication's ratio to the compiled engine, and their median."""
    rows = [(c, world) for c in here if c is not COMPILED for world in WORLDS]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(6.8, 0.9 + 0.36 * len(rows)), layout="constrained")
        for y, (c, world) in enumerate(rows):
            r, (colour, marker) = ratios(runs, world, c, COMPILED), WORLDS[world]
            axes.plot(r, [y] * len(r), marker, color=colour, alpha=0.3, markersize=5, markeredgewidth=0)
            axes.plot([median(r)] * 2, [y - 0.3, y + 0.3], color="black")
            axes.annotate(
                short(median(r)), (max(r), y), xytext=(6, 0), textcoords="offset points", va="center"
            )
        axes.axvline(1, color="grey", linewidth=0.8)
        axes.set_yticks(range(len(rows)), [f"{c.name}, {world}" for c, world in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xscale("log")
        axes.margins(x=0.12)
        axes.set_xlabel("CPU time, times the compiled engine's (mark: a replication; line: median)")
        save(figure, "ratios")
