"""Many worlds of one variant on shared draws, one count of each: what attribution adds up.

A coalition is a set of groups of impediments that are removed together. Coalitions with the same rules in
force are the same plan and are run once. Of every run only the evacuations that the headline counts are kept,
by span of time, and of some worlds what became of the patients; the invariants of the model are checked in
each of them, as in every run.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.experiment.ensemble import draw
from sim.experiment.executors import BATCH, Executor, Work, executor_for
from sim.experiment.posterior import Posterior
from sim.model.draws import Draws, Sampler
from sim.model.engines import COMPILED, engine
from sim.model.laying_out import lay_out
from sim.model.layout import Layout
from sim.model.measures import windows
from sim.model.outcome import EVACUATED, STATE_NAMES, Outcome
from sim.model.plan import Plan, is_removed, make_plan
from sim.scenario.schema import Closure, Removal, Scenario, World

Ints = NDArray[np.int64]
Counts = NDArray[np.int32]
Name = int | str
"""Of a world: whatever the caller knows it by."""

RUNS = 2_000
"""Runs in a batch, about: a second, so that progress is seen and Ctrl-C is heard."""
WHOLE, WINDOW, CLOSURE = "whole period", "window", "closure"
"""Kinds of spans."""
BY_OTHERS = len(STATE_NAMES)
"""A state more: evacuated by a carrier that the headline does not count."""
FATES = (*STATE_NAMES, "evacuated by others")


class Span(NamedTuple):
    """A part of the run in which events are counted, [start, end) in seconds."""

    name: str
    kind: str
    title: str
    start: int
    end: int


def groups_of(scenario: Scenario, world: World) -> dict[str, tuple[str, ...]]:
    """Group -> ids of its impediments that this world removes; both sorted, whatever the file's order.

    An impediment without a group is a group of its own.
    """
    groups: dict[str, list[str]] = {}
    for placed in lay_out(scenario).obstacles:
        if is_removed(world, placed):
            groups.setdefault(placed.obstacle.group or placed.id, []).append(placed.id)
    return {group: tuple(sorted(groups[group])) for group in sorted(groups)}


def removing(world: World, ids: Iterable[str]) -> World:
    """A world like this one that removes these impediments instead, from the same day on."""
    return world.model_copy(update={"remove": tuple(Removal(id=id_) for id_ in ids), "assume": None})


def spans_of(scenario: Scenario) -> tuple[Span, ...]:
    """The whole period, the scenario's windows, and each closure's own period (impediments only)."""
    layout = lay_out(scenario)
    spans = [Span("whole", WHOLE, "The whole period", 0, layout.horizon)]
    for name, (start, end) in windows(make_plan(layout, "actual")).items():
        spans.append(Span(name, WINDOW, scenario.windows[name].title or name, start, end))
    closures = [p for p in layout.obstacles if isinstance(p.obstacle, Closure) and not p.condition]
    for p in sorted(closures, key=lambda p: (p.start, p.end, p.id)):
        if p.start < p.end:
            spans.append(Span(p.id, CLOSURE, p.obstacle.title or p.id, p.start, p.end))
    return tuple(spans)


def distinct_plans(layout: Layout, worlds: Sequence[World]) -> tuple[list[World], list[int]]:
    """Worlds whose plans differ, and for each world given the place among them of one with its plan."""
    places: dict[Hashable, int] = {}
    chosen: list[World] = []
    index = []
    for world in worlds:
        rules = _rules(make_plan(layout, "", world))
        if rules not in places:
            places[rules] = len(chosen)
            chosen.append(world)
        index.append(places[rules])
    return chosen, index


def _rules(plan: Plan) -> Hashable:
    """All that an engine reads of a plan beside its layout."""
    names = (f.name for f in fields(plan) if f.name not in ("world", "layout", "removed"))
    return tuple(getattr(plan, name) for name in names)


class Counter:
    """Counts of one scenario's outcomes: made once, used for every world and replication."""

    def __init__(self, layout: Layout, spans: Sequence[Span]) -> None:
        headline = layout.scenario.headline
        self._mine = np.array([headline.carrier in (None, name) for name in layout.carriers])
        self._people = headline.what == "people"
        edges = np.unique([second for span in spans for second in (span.start, span.end)])
        self._edges = edges
        self._first = np.searchsorted(edges, [span.start for span in spans])
        self._last = np.searchsorted(edges, [span.end for span in spans])

    def headline(self, draws: Draws, outcome: Outcome) -> Ints:
        """(spans,) patients, or people, handed over by the headline's carrier inside each span."""
        evacuated = self._evacuated(outcome, self._mine)
        heads = draws.companions[evacuated] + 1.0 if self._people else None
        at = np.searchsorted(self._edges, outcome.left[evacuated], side="right")
        until = np.cumsum(np.bincount(at, heads, minlength=len(self._edges) + 1))
        counts: Ints = (until[self._last] - until[self._first]).astype(np.int64)
        return counts

    def fates(self, outcome: Outcome) -> Ints:
        """(n,) what became of each patient, an index into `FATES`."""
        state = outcome.state.astype(np.int64)
        state[self._evacuated(outcome, ~self._mine)] = BY_OTHERS
        return state

    @staticmethod
    def _evacuated(outcome: Outcome, carriers: NDArray[np.bool_]) -> Ints:
        """Rows of the patients whom one of these carriers evacuated."""
        evacuated = np.flatnonzero(outcome.state == EVACUATED)
        if carriers.all():
            return evacuated
        mine: Ints = evacuated[carriers[outcome.convoys[outcome.convoy[evacuated], 0]]]
        return mine


class Job(NamedTuple):
    """What a worker needs to know, once."""

    scenario: Scenario
    spans: tuple[Span, ...]
    worlds: tuple[World, ...]
    compared: tuple[int, ...]
    """Places of worlds in which the patients' fates are held against those in the first one."""
    seed: int
    posterior: Posterior | None


class Part(NamedTuple):
    """What some replications gave."""

    counts: Counts
    """(replications, worlds, spans) as `Counter.headline`."""
    fates: Counts
    """(replications, compared, fates, fates) patients by fate in the first world and in the other one."""


def make_work(job: Job) -> Work:
    """What a worker keeps, as a function of a batch that gives its `Part`."""
    layout = lay_out(job.scenario)
    sampler, counter = Sampler(layout), Counter(layout, job.spans)
    runs = [engine(COMPILED, make_plan(layout, "", world)) for world in job.worlds]
    kinds = len(FATES)

    def work(numbers: Sequence[int]) -> Part:
        part = _empty(job, len(numbers))
        for row, number in enumerate(numbers):
            draws = draw(sampler, job.seed, number, job.posterior)
            became = {}
            for place, run in enumerate(runs):
                outcome = run(draws)
                part.counts[row, place] = counter.headline(draws, outcome)
                if place == 0 or place in job.compared:
                    became[place] = counter.fates(outcome)
            for k, place in enumerate(job.compared):
                pairs = np.bincount(kinds * became[0] + became[place], minlength=kinds * kinds)
                part.fates[row, k] = pairs.reshape(kinds, kinds)
        return part

    return work


def _empty(job: Job, n: int) -> Part:
    kinds = len(FATES)
    return Part(
        np.empty((n, len(job.worlds), len(job.spans)), dtype=np.int32),
        np.empty((n, len(job.compared), kinds, kinds), dtype=np.int32),
    )


@dataclass(frozen=True)
class Runs:
    """What every world asked for gave, in every replication."""

    counts: Counts
    """(replications, distinct worlds, spans)"""
    place: Mapping[Name, int]
    """World asked for -> its place in `counts`."""
    fates: Mapping[Name, Counts]
    """World to be compared -> (replications, fates, fates), by fate in the first world and in this one."""

    def of(self, world: Name) -> Ints:
        """(replications, spans) what a world gave."""
        return self.counts[:, self.place[world]].astype(np.int64)


def run_worlds(
    scenario: Scenario,
    spans: tuple[Span, ...],
    worlds: Mapping[Name, World],
    compared: Sequence[Name],
    numbers: Sequence[int],
    *,
    seed: int,
    posterior: Posterior | None,
    progress: Callable[[int], None],
    workers: int = 1,
    executor: Executor | None = None,
) -> Runs:
    """Run worlds of one scenario (pure removals) on shared draws.

    Parameters
    ----------
    worlds
        By name; the first is the one that others are compared with.
    compared
        Names of worlds for which the patients' fates are kept.
    numbers
        Replications.
    seed, posterior
        Luck, and histories in its place where there are any.
    progress
        Called with the number of replications done after each batch.

    Raises
    ------
    ModelError
        When an invariant of the model is broken.
    WorkerLostError
        When a worker process is killed.
    """
    chosen, index = distinct_plans(lay_out(scenario), list(worlds.values()))
    place = dict(zip(worlds, index, strict=True))
    wanted = tuple(dict.fromkeys(place[name] for name in compared))
    job = Job(scenario, spans, tuple(chosen), wanted, seed, posterior)
    found, done = _empty(job, len(numbers)), 0
    most = max(1, min(BATCH, RUNS // len(chosen)))
    with (executor or executor_for(COMPILED, workers, most))(make_work, job) as run:
        for at, part in run(numbers):
            rows = slice(at, at + len(part.counts))
            found.counts[rows], found.fates[rows] = part
            done += len(part.counts)
            progress(done)
    fates = {name: found.fates[:, wanted.index(place[name])] for name in compared}
    return Runs(found.counts, place, fates)
