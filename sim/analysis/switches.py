"""Every world that switches can make: any set of groups of impediments removed, day by day."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.analysis.game import Game
from sim.analysis.intervals import Interval, central, prediction_interval
from sim.analysis.shapley import coalitions, members
from sim.experiment.coalitions import WHOLE, Name, Span, groups_of, removing, run_worlds
from sim.experiment.executors import Executor
from sim.model.laying_out import lay_out
from sim.model.layout import DAY
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import Scenario, World

MOST_SWITCHES = 7
"""Groups that can be switched: 128 worlds a variant."""
POINTS = 94
"""Midnights of which the counts are kept, about."""


class Switched(NamedTuple):
    """One world of one variant."""

    removed: int
    """Bit g is set where group g is gone."""
    lines: NDArray[np.float64]
    """(3, midnights) low end, median and high end of the counts before each midnight (90 % prediction)."""
    end: Interval
    """Of the count at the end."""
    difference: Interval
    """At the end, against the corridor as it was, paired replication by replication."""


class Switches(NamedTuple):
    """What the headline counts, in every world of every variant."""

    groups: tuple[str, ...]
    midnights: tuple[int, ...]
    """Days since the start."""
    worlds: dict[str, tuple[Switched, ...]]
    """By variant, in the order of the numbers `removed`."""


def switches(
    file: ScenarioFile,
    game: Game,
    groups: tuple[str, ...],
    *,
    workers: int = 1,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Switches:
    """Run all worlds that these groups make; what is in no group of them stays.

    Parameters
    ----------
    game
        As made by :func:`sim.analysis.game.planned`: variants, replications, histories.
    groups
        At most `MOST_SWITCHES` of the game's.

    Raises
    ------
    ValueError
        For more groups.
    ModelError
        When an invariant of the model is broken.
    WorkerLostError
        When a worker process is killed.
    """
    if len(groups) > MOST_SWITCHES:
        raise ValueError(f"{len(groups)} switches: at most {MOST_SWITCHES}")
    days = midnights(file.scenario)
    total = len(game.variants) * len(game.replications)
    found: dict[str, tuple[Switched, ...]] = {}
    for name in game.variants:

        def told(done: int, before: int = len(found) * len(game.replications)) -> None:
            if progress is not None:
                progress(before + done, total)

        found[name] = _of_variant(file.variants[name], name, game, groups, days, workers, executor, told)
    return Switches(groups, days, found)


def midnights(scenario: Scenario) -> tuple[int, ...]:
    """The midnights that are kept, from the first to the last."""
    days = lay_out(scenario).days
    step = -(-days // POINTS)
    return tuple(sorted({*range(0, days + 1, step), days}))


def _of_variant(
    scenario: Scenario,
    variant: str,
    game: Game,
    groups: tuple[str, ...],
    days: tuple[int, ...],
    workers: int,
    executor: Executor | None,
    progress: Callable[[int], None],
) -> tuple[Switched, ...]:
    ids = groups_of(scenario, game.world)
    masks = coalitions(len(groups), None)
    worlds: dict[Name, World] = {
        mask: removing(game.world, [id_ for g in members(mask, groups) for id_ in ids.get(g, ())])
        for mask in masks
    }
    horizon = lay_out(scenario).horizon
    spans = tuple(Span(str(day), WHOLE, "", 0, min(day * DAY, horizon)) for day in days)
    runs = run_worlds(
        scenario, spans, worlds, [], game.replications, seed=game.seed,
        posterior=game.posteriors.get(variant), workers=workers, executor=executor, progress=progress,
    )  # fmt: skip
    before = runs.of(0)
    made = []
    for mask in sorted(masks):
        counts = runs.of(mask)
        pair = (counts - before)[:, -1].astype(np.float64)
        made.append(
            Switched(
                removed=mask,
                lines=central(counts.astype(np.float64)),
                end=prediction_interval(counts[:, -1].astype(np.float64)),
                difference=prediction_interval(pair),
            )
        )
    return tuple(made)
