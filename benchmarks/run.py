"""Time the reference engine and its peers side by side: ``uv run python benchmarks/run.py``.

Every replication is run by every contender on the same draws, in turn (A B, then B A), so that whatever
else the machine does slows all of them; what is compared is the ratio of process CPU times within a
replication. Nothing is timed before all contenders agree. Writes README.md (the part between the marks)
and ratios.svg and ratios.png beside this file.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import re
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import matplotlib as mpl
import numpy as np
from contenders import CONTENDERS, PEERS, REFERENCE, Contender

from sim.model.draws import Draws, Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import NONE, Layout
from sim.model.plan import Plan, make_plan
from sim.scenario.reading import read_scenario

mpl.use("Agg")
import matplotlib.pyplot as plt  # after the backend is chosen

HERE = Path(__file__).resolve().parent
WORLDS = ("actual", "unimpeded")
BAR = 3.0
"""The textbook model, the first of the peers, takes at least this many times as long as the reference."""
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

Times = dict[tuple[str, str], list[float]]
"""(world, contender) -> CPU seconds, by replication."""


# ---------------------------------------------------------------------------------------------- measuring


def load() -> tuple[Layout, dict[str, Plan]]:
    """The benchmark's corridor and its worlds."""
    layout = lay_out(read_scenario(HERE / "corridor.yaml").scenario)
    return layout, {world: make_plan(layout, world) for world in WORLDS}


def timed(job: Any, *arguments: Any) -> tuple[Any, float]:
    """What a job returns and its CPU seconds; it does not pay for the garbage of the one before."""
    gc.collect()
    start = process_time()
    result = job(*arguments)
    return result, process_time() - start


def disagreements(plan: Plan, draws: Draws) -> list[str]:
    """Where a peer's patients are not handed over in the same seconds as the reference's."""
    expected = REFERENCE.handovers(REFERENCE.run(REFERENCE.prepare(plan, draws)))
    found = []
    for peer in PEERS:
        handovers = peer.handovers(peer.run(peer.prepare(plan, draws)))
        if not np.array_equal(handovers, expected):
            evacuated = int((handovers != NONE).sum()), int((expected != NONE).sum())
            found.append(f"{peer.name}, {plan.world}: {evacuated[0]} evacuated, the reference {evacuated[1]}")
    return found


def measure(plans: dict[str, Plan], draws: list[Draws]) -> tuple[Times, Times]:
    """CPU seconds of each run, and of each preparation."""
    runs: Times = {(world, c.name): [] for world in plans for c in CONTENDERS}
    preparations: Times = {key: [] for key in runs}
    for k, luck in enumerate(draws):
        in_turn = CONTENDERS if k % 2 == 0 else CONTENDERS[::-1]
        for world, plan in plans.items():
            for contender in in_turn:
                case, seconds = timed(contender.prepare, plan, luck)
                preparations[world, contender.name].append(seconds)
                _, seconds = timed(contender.run, case)
                runs[world, contender.name].append(seconds)
    return runs, preparations


def ratios(runs: Times, world: str, peer: Contender) -> list[float]:
    """How many times as long as the reference a peer takes, by replication."""
    pairs = zip(runs[world, peer.name], runs[world, REFERENCE.name], strict=True)
    return [theirs / ours for theirs, ours in pairs]


# -------------------------------------------------------------------------------------------- what is written


def machine() -> str:
    """Processor, cores and versions; no name of host or user."""
    model = platform.machine()
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        model = f"{found[1]} ({model})" if found else model
    except OSError:
        pass
    libraries = ", ".join(f"{name} {version(name)}" for name in ("simpy", "numpy"))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{model}, {os.cpu_count()} cores, {platform.system()}; {python}, {libraries}"


def table(runs: Times, preparations: Times, n_agreed: int, drawing: list[float]) -> str:
    """The results as a Markdown table and two sentences."""
    lines = [
        "| world | contender | CPU ms a replication | times the reference | preparation, ms |",
        "|---|---|---:|---:|---:|",
    ]
    for world in WORLDS:
        for contender in CONTENDERS:
            times = "1"
            if contender is not REFERENCE:
                r = ratios(runs, world, contender)
                times = f"**{median(r):.2f}** ({min(r):.2f}–{max(r):.2f})"
            ms, prepared = (1e3 * median(t[world, contender.name]) for t in (runs, preparations))
            lines.append(f"| {world} | {contender.name} | {ms:.1f} | {times} | {prepared:.1f} |")
    n = len(drawing)
    reached = {world: median(ratios(runs, world, PEERS[0])) >= BAR for world in WORLDS}
    verdict = ", ".join(f"{'' if met else 'not '}met in the {world} world" for world, met in reached.items())
    return "\n".join([
        *lines,
        "",
        f"The bar ({BAR:g} times, {PEERS[0].name}) is {verdict}.",
        f"Medians over {n} replications (min–max in brackets); the ratios are taken within a replication.",
        f"Drawing one replication's luck takes {1e3 * median(drawing):.1f} ms more, once for all worlds.",
        f"Agreement: every patient handed over in the same second, in all {n_agreed} pairs of runs.",
        "",
        f"Machine: {machine()}. Other work may have run beside; that is why only the ratios are compared.",
    ])  # fmt: skip


def write_readme(measured: str) -> None:
    """Replace the generated part of README.md."""
    path = HERE / "README.md"
    before, rest = path.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    path.write_text(f"{before}{BEGIN}\n{measured}\n{END}{after}", encoding="utf-8")


def draw_figure(runs: Times) -> None:
    """One row a world and peer: each replication's ratio, and their median."""
    rows = [(world, peer) for peer in PEERS for world in WORLDS]
    with plt.rc_context({"svg.hashsalt": "ratios", "font.size": 9}):
        figure, axes = plt.subplots(figsize=(6.4, 1.1 + 0.45 * len(rows)), layout="constrained")
        for y, (world, peer) in enumerate(rows):
            r = ratios(runs, world, peer)
            axes.plot(r, [y] * len(r), "o", color="#0072b2", alpha=0.3, markersize=5, markeredgewidth=0)
            axes.plot([median(r)] * 2, [y - 0.3, y + 0.3], color="black")
            axes.annotate(f"{median(r):.2f}", (median(r), y - 0.34), ha="center", va="bottom")
        axes.axvline(1, color="grey", linewidth=0.8)
        axes.axvline(BAR, color="#d55e00", linewidth=0.8, linestyle="--")
        axes.annotate("the bar", (BAR, -0.75), xytext=(3, 0), textcoords="offset points", color="#d55e00",
                      va="center")  # fmt: skip
        axes.set_yticks(range(len(rows)), [f"{peer.name}\n{world}" for world, peer in rows])
        axes.set_ylim(len(rows) - 0.5, -1)
        axes.set_xlim(left=0)
        axes.set_xlabel("CPU time, times the reference engine's (dot: a replication; line: median)")
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(HERE / "ratios.svg", metadata={"Date": None})
        figure.savefig(HERE / "ratios.png", dpi=150, metadata={"Software": None})
        plt.close(figure)


def main() -> None:
    """Check that all agree, measure, print, write."""
    parser = argparse.ArgumentParser(description="Time the reference engine against its peers.")
    parser.add_argument("--replications", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-write", action="store_true", help="print only")
    arguments = parser.parse_args()
    layout, plans = load()
    sampler = Sampler(layout)
    draws, drawing = zip(*(timed(sampler.draw, arguments.seed, i) for i in range(arguments.replications)),
                         strict=True)  # fmt: skip
    found = [line for plan in plans.values() for luck in draws for line in disagreements(plan, luck)]
    if found:
        raise SystemExit("\n".join(["The contenders do not agree; nothing was timed.", *found]))
    runs, preparations = measure(plans, list(draws))
    measured = table(runs, preparations, len(plans) * len(draws) * len(PEERS), list(drawing))
    print(measured)
    if not arguments.no_write:
        write_readme(measured)
        draw_figure(runs)


if __name__ == "__main__":
    main()
