"""How cost grows with patients, closures, replications, worlds and workers; fitted exponents.

Cost is c·n^e: e is fitted by least squares on the logarithms, with its 95 % interval. A fixed share of the
cost makes e smaller than it becomes in the long run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from comparing import WORLDS, run_all, timed
from contenders import COMPILED, SIMPY, Contender
from flagship import SCENARIO
from one_ensemble import cost_of
from scipy.stats import linregress, t
from writing import BLUE, GREEN, HERE, ORANGE, PURPLE, STYLE, save, table

from sim.model.draws import Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import Layout
from sim.model.plan import make_plan, world_names
from sim.scenario.reading import read_scenario

BAR = 1.1
"""The exponents of patients, closures and replications are at most this."""
EXPECTED = 1325
"""Patients that corridor.yaml expects."""
LOOKS = {
    "drawing": (PURPLE, "s"), "compiled engine": (BLUE, "o"), "SimPy engine": (ORANGE, "^"),
    "reading and planning": (GREEN, "D"), "ensemble": (BLUE, "o"), "peak memory": (GREEN, "D"),
}  # fmt: skip
"""Curve -> colour and marker."""


@dataclass
class Panel:
    """One quantity that grows, and what it costs."""

    what: str
    unit: str
    sizes: list[int] = field(default_factory=list)
    costs: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    """Curve -> (size, cost)."""
    bar: bool = True

    def add(self, curve: str, size: int, cost: float) -> None:
        """One point."""
        self.costs.setdefault(curve, []).append((size, cost))
        print(f"{self.what} {size:,}: {curve} {cost:.3g} {self.unit}", flush=True)


def exponent(points: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """Fitted exponent and the half-width of its 95 % interval (nan with fewer than three points)."""
    size, cost = np.log(np.array(points, dtype=float)).T
    fit = linregress(size, cost)
    half = t.ppf(0.975, len(size) - 2) * fit.stderr if len(size) > 2 else np.nan
    return float(fit.slope), float(half)


# ------------------------------------------------------------------------------------------- the scenarios


def with_patients(n: int) -> str:
    """corridor.yaml with so many patients expected: referrals, seats and caps grow together.

    Inspections then cost nothing by person, or the line at the checkpoint would grow as well.
    """
    k = n / EXPECTED
    changed = (HERE / "corridor.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("initial_list: 50", f"initial_list: {round(50 * k)}"),
        ("2022-12-12: 3 / day", f"2022-12-12: {3 * k:.6f} / day"),
        ("2023-04-30: 6 / day", f"2023-04-30: {6 * k:.6f} / day"),
        ("seats: 3", f"seats: {max(3, round(3 * k))}"),
        ("patients: 6", f"patients: {max(1, round(6 * k))}"),
        ("per_person: 2 min", "per_person: 0 min"),
    ):
        if changed.count(old) != 1:
            raise ValueError(f"corridor.yaml has `{old}` {changed.count(old)} times, not once")
        changed = changed.replace(old, new)
    return changed


def with_closures(n: int) -> str:
    """corridor.yaml with so many closures of an hour each, evenly spread, in place of its impediments."""
    kept, _, _ = (HERE / "corridor.yaml").read_text(encoding="utf-8").partition("impediments:\n")
    first, days = datetime(2022, 12, 12), 282
    rows = []
    for k in range(n):
        start = first + timedelta(minutes=int((k + 0.5) * days * 1440 / n) - 30)
        end, policy = start + timedelta(hours=1), ("complete", "hold", "turn_back")[k % 3]
        rows.append(
            f"  closure-{k}: {{kind: closure, from: {start:%Y-%m-%d %H:%M}, to: {end:%Y-%m-%d %H:%M}, "
            f"policy: {policy}, assumed: for the benchmark}}"
        )
    return "\n".join([f"{kept}impediments:", *rows, ""])


# --------------------------------------------------------------------------------------------- the panels


def laid_out(text: str) -> Layout:
    """A scenario's text as a layout, through the reader."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "corridor.yaml"
        path.write_text(text, encoding="utf-8")
        return lay_out(read_scenario(path).scenario)


def repeated(job: Callable[[int], Any], times: int) -> float:
    """Median CPU milliseconds of a job, called with 0, 1, ..."""
    return 1e3 * median(timed(job, k)[1] for k in range(times))


def engines(panel: Panel, size: int, layout: Layout, which: Sequence[Contender], times: int) -> None:
    """The engines' points of one size: the actual world."""
    plan, sampler = make_plan(layout, "actual"), Sampler(layout)
    draws = [sampler.draw(1, i) for i in range(times)]
    for c in which:
        c.run(c.prepare(plan, draws[0]))  # what is done once, as compiling, is not timed
        runs = c.runs if size <= 10_000 else 1
        costs = []
        for luck in draws:
            prepared = [c.prepare(plan, luck) for _ in range(runs)]
            costs.append(1e3 * timed(run_all, c, prepared)[1] / runs)
        panel.add(c.name, size, median(costs))


def patients(sizes: Sequence[int], most_simpy: int, times: int) -> Panel:
    """Drawing and the engines, by the number of patients expected."""
    panel = Panel("patients", "ms")
    for n in sizes:
        layout = laid_out(with_patients(n))
        sampler = Sampler(layout)
        sampler.draw(1, 0)
        panel.add("drawing", n, repeated(lambda k, s=sampler: s.draw(1, k), times))
        engines(panel, n, layout, [COMPILED, SIMPY] if n <= most_simpy else [COMPILED], times)
    return panel


def closures(sizes: Sequence[int], times: int) -> Panel:
    """Reading and planning, and the engines, by the number of closures."""
    panel = Panel("closures", "ms")
    for n in sizes:
        text = with_closures(n)
        read = repeated(lambda _, text=text: make_plan(laid_out(text), "actual"), times)
        panel.add("reading and planning", n, read)
        engines(panel, n, laid_out(text), [COMPILED, SIMPY], times)
    return panel


def replications(sizes: Sequence[int]) -> tuple[Panel, Panel]:
    """Seconds and peak memory of ensembles of corridor.yaml, two worlds, one worker."""
    time, memory = Panel("replications", "s"), Panel("replications", "MB", bar=False)
    for n in sizes:
        cost = cost_of(HERE / "corridor.yaml", n, list(WORLDS))
        time.add("ensemble", n, cost.seconds)
        memory.add("peak memory", n, cost.megabytes)
    return time, memory


def worlds(replications: int) -> Panel:
    """Seconds of ensembles of the flagship by the number of its worlds, one worker."""
    panel = Panel("worlds", "s", bar=False)
    names = world_names(lay_out(read_scenario(SCENARIO).scenario))
    for n in (1, 2, 4, 8):
        panel.add("ensemble", n, cost_of(SCENARIO, replications, names[:n]).seconds)
    return panel


def workers(replications: int) -> Panel:
    """Seconds of an ensemble of the flagship, two worlds, by the number of workers."""
    panel = Panel("workers", "s", bar=False)
    for n in range(1, (os.cpu_count() or 1) + 1):
        panel.add("ensemble", n, cost_of(SCENARIO, replications, list(WORLDS), n).seconds)
    return panel


FIGURE = "![Cost by patients, closures, replications, worlds and workers, on logarithmic scales](scaling.svg)"


def scaling(quick: bool) -> str:
    """Measure everything, draw the figure; the results as Markdown."""
    panels = [
        patients([1_000, 10_000] if quick else [1_000, 3_162, 10_000, 31_623, 100_000, 316_228, 1_000_000],
                 1_000 if quick else 100_000, 2 if quick else 5),
        closures([10, 100] if quick else [10, 32, 100, 316, 1_000], 2 if quick else 5),
        *replications([10, 100] if quick else [100, 1_000, 10_000, 100_000]),
        worlds(20 if quick else 1_000),
        workers(20 if quick else 4_000),
    ]  # fmt: skip
    if not quick:
        draw_figure(panels)
    rows = [row for panel in panels for row in rows_of(panel)]
    head = [
        "by",
        "cost of",
        "from",
        "to",
        "at the smallest",
        "at the largest",
        "exponent (95 % interval)",
        "bar",
    ]
    return f"{FIGURE}\n\n{table(head, rows)}"


def rows_of(panel: Panel) -> list[list[str]]:
    """A row a curve."""
    rows = []
    for curve, points in panel.costs.items():
        slope, half = exponent(points) if len(points) > 1 else (np.nan, np.nan)
        said = f"{slope:.2f}" if np.isnan(half) else f"{slope:.2f} ({slope - half:.2f} to {slope + half:.2f})"
        bar = ("met" if slope <= BAR else "**not met**") if panel.bar and len(points) > 1 else ""
        (first, least), (last, most) = points[0], points[-1]
        costs = (f"{cost:.3g} {panel.unit}" for cost in (least, most))
        rows.append([panel.what, curve, f"{first:,}", f"{last:,}", *costs, said, bar])
    return rows


def draw_figure(panels: Sequence[Panel]) -> None:
    """A panel a quantity; where an exponent is asked for, on logarithmic scales, lines being the fits."""
    says = {"ms": "CPU time of a replication (ms)", "s": "time on the clock (s)", "MB": "peak memory (MB)"}
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(2, 3, figsize=(9.6, 5.8), layout="constrained")
        for axes, panel in zip(grid.flat, panels, strict=True):
            for curve, points in panel.costs.items():
                (colour, marker), (size, cost) = LOOKS[curve], np.array(points, dtype=float).T
                label = curve
                if panel.bar and len(points) > 1:
                    slope, _ = exponent(points)
                    label = f"{curve}: exponent {slope:.2f}"
                    level = np.exp(np.mean(np.log(cost) - slope * np.log(size)))
                    axes.plot(size, level * size**slope, color=colour, linewidth=0.8)
                axes.plot(size, cost, marker, color=colour, markersize=5, label=label)
            axes.set_xlabel(f"number of {panel.what}")
            axes.set_ylabel(says[panel.unit])
            if panel.bar:
                axes.set_xscale("log")
                axes.set_yscale("log")
                low, high = axes.get_ylim()
                axes.set_ylim(low / 1.5, high * 6)
            else:
                axes.set_ylim(0, 1.3 * max(cost for points in panel.costs.values() for _, cost in points))
                if panel.unit == "MB":
                    axes.set_xscale("log")
                else:
                    axes.set_xticks([size for size, _ in panel.costs["ensemble"]])
            axes.legend(fontsize=7, frameon=False, loc="upper left")
        save(figure, "scaling")
