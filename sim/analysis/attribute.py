"""Which group of impediments accounts for how much of the headline: three numbers a group, never one.

*Shapley value* (Shapley 1953, doi:10.1515/9781400881970-018): what removing the group adds, averaged over all
orders in which the groups can be removed. The values of all groups add up to the headline, exactly and in
every replication: they are kept as whole numbers over a common denominator. *Removed alone*: the others stay.
*Removed last*: the others are gone already. Where two impediments stand behind each other these differ much,
so that none of them can stand for the other two.

Every world is a pure removal on shared draws; conditions stay in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from sim.analysis.game import MOST_GROUPS, ORDERS, Game, planned
from sim.analysis.intervals import Interval, mean_interval
from sim.analysis.shapley import coalitions, members, sampled_numerators, sampled_orders, shapley_numerators
from sim.experiment.coalitions import Name, Runs, Span, groups_of, removing, run_worlds, spans_of
from sim.experiment.executors import Executor
from sim.experiment.posterior import Posterior
from sim.model.engines import prepare
from sim.model.laying_out import lay_out
from sim.model.outcome import ModelError
from sim.model.plan import world_names, world_of
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import WHOLE_RECORD, Scenario, World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SAMPLING = "sampled_orders"
"""Kind of an interval: of the Shapley value's mean over all orders, as far as these were sampled."""


@dataclass(frozen=True)
class Shares:
    """The headline of one variant, shared out. Arrays are (groups, replications, spans) unless it is said."""

    groups: tuple[str, ...]
    impediments: dict[str, tuple[str, ...]]
    """Group -> ids; a group that is not in this variant has none and is worth exactly 0."""
    spans: tuple[Span, ...]
    total: Ints
    """(replications, spans) the headline: all groups removed, minus none."""
    numerators: Ints
    """Of the Shapley values; they add up to `denominator` times the total."""
    denominator: int
    alone: Ints
    """What removing the group adds while all others stay."""
    last: Ints
    """What it adds when all others are gone."""
    sampled: Floats | None
    """(orders, groups, spans) mean over replications of what the group added in each sampled order; None
    where every coalition was run."""
    worlds: dict[frozenset[str], Ints]
    """Groups removed -> (replications,) evacuated over the whole period, in every world that was run."""
    fates: dict[str, Ints]
    """World -> (replications, fates, fates): patients by fate in the headline's other world and in this."""

    @property
    def shapley(self) -> Floats:
        """The Shapley values."""
        return self.numerators / self.denominator

    def sampling_interval(self, group: int, span: int, level: float = 0.95) -> Interval | None:
        """How well the sampled orders give a group's mean; None where nothing was sampled."""
        if self.sampled is None:
            return None
        return mean_interval(self.sampled[:, group, span], level)._replace(kind=SAMPLING)


@dataclass(frozen=True)
class Attribution:
    """The headline of a scenario, shared out over its groups of impediments."""

    file: ScenarioFile
    seed: int
    replications: tuple[int, ...]
    variants: dict[str, Shares]
    orders: int | None
    """How many orders were sampled; None where every coalition was run."""
    posteriors: dict[str, Posterior]
    """By variant: whose histories were run."""
    from_prior: dict[str, str]
    """By variant: why it was drawn from its priors, in words."""


def attribute(
    file: ScenarioFile,
    *,
    replications: int | Sequence[int] | None = None,
    seed: int | None = None,
    calibration: str | None = WHOLE_RECORD,
    variants: Sequence[str] | None = None,
    orders: int | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Attribution:
    """Share the headline out over the groups of impediments that its world removes.

    Parameters
    ----------
    file
        A scenario, as read by :func:`sim.load_scenario`.
    replications
        How many (numbers 0, 1, ...), or which; unless given the scenario's own number, or as many as every
        posterior has histories.
    seed, calibration, workers, executor
        As of :func:`sim.simulate`, whose histories are run.
    variants
        Names; all unless given.
    orders
        Sample so many orders of the groups instead of running every coalition; 100 where there are more than
        ten groups.
    progress
        Called with (done, total) replications of all variants together.

    Raises
    ------
    KeyError
        For a variant or calibration that the scenario does not have.
    ValueError
        For a headline that is no pure removal compared with a world that removes nothing, fewer than two
        orders, a seed beside posteriors, or more replications than they have histories.
    StoreError
        For a posterior's file that is damaged.
    ModelError
        When an invariant of the model is broken, or the shares do not add up.
    WorkerLostError
        When a worker process is killed.
    """
    game = planned(file, replications, seed, calibration, variants)
    groups, numbers, luck = game.groups, game.replications, game.seed
    if orders is None and len(groups) > MOST_GROUPS:
        orders = ORDERS
    if orders is not None and orders < 2:
        raise ValueError("one order alone has no sampling error: sample two or more")
    sampled = None if orders is None else sampled_orders(luck, orders, len(groups))
    prepare()
    shares: dict[str, Shares] = {}
    for name in game.variants:

        def told(done: int) -> None:
            if progress is not None:
                progress(len(shares) * len(numbers) + done, len(game.variants) * len(numbers))

        told(0)
        shares[name] = _share_out(
            file.variants[name], game, sampled, game.posteriors.get(name), workers, executor, told
        )
    return Attribution(file, luck, tuple(numbers), shares, orders, game.posteriors, game.from_prior)


def _share_out(
    scenario: Scenario,
    game: Game,
    orders: Ints | None,
    posterior: Posterior | None,
    workers: int,
    executor: Executor | None,
    progress: Callable[[int], None],
) -> Shares:
    """Run the worlds of one variant and add up."""
    world, groups = game.world, game.groups
    ids = {group: groups_of(scenario, world).get(group, ()) for group in groups}
    k, spans = len(groups), spans_of(scenario)
    masks = coalitions(k, orders)
    worlds: dict[Name, World] = {
        mask: removing(world, [id_ for g in members(mask, groups) for id_ in ids[g]]) for mask in masks
    }
    named = _named_worlds(scenario)
    alone = {f"only {g} removed": 1 << n for n, g in enumerate(groups) if ids[g]}
    runs = run_worlds(
        scenario, spans, worlds | named, [*named, *alone.values()], game.replications, seed=game.seed,
        posterior=posterior, workers=workers, executor=executor, progress=progress,
    )  # fmt: skip
    gains = {mask: runs.of(mask) for mask in masks}
    everybody = 2**k - 1
    if orders is None:
        numerators, denominator, by_order = shapley_numerators(k, gains), factorial(k), None
    else:
        numerators, by_order = sampled_numerators(orders, gains)
        denominator = len(orders)
    total = gains[everybody] - gains[0]
    if (numerators.sum(axis=0) != denominator * total).any():
        raise ModelError("the shares of a replication do not add up to its headline")
    empty = np.zeros((0, *total.shape), dtype=np.int64)
    return Shares(
        groups=groups,
        impediments=ids,
        spans=spans,
        total=total,
        numerators=numerators,
        denominator=denominator,
        alone=np.array([gains[1 << g] - gains[0] for g in range(k)]) if k else empty,
        last=np.array([gains[everybody] - gains[everybody & ~(1 << g)] for g in range(k)]) if k else empty,
        sampled=by_order,
        worlds={frozenset(members(mask, groups)): gain[:, 0] for mask, gain in gains.items()},
        fates=_fates(runs, named, alone),
    )


def _named_worlds(scenario: Scenario) -> dict[Name, World]:
    """The scenario's own worlds that are pure removals and remove something in this variant."""
    layout = lay_out(scenario)
    worlds = {name: world_of(layout, name) for name in world_names(layout)}
    return {name: world for name, world in worlds.items() if not world.assume and groups_of(scenario, world)}


def _fates(runs: Runs, named: dict[Name, World], alone: dict[str, int]) -> dict[str, Ints]:
    """By world; a group removed alone stands under the name of the scenario's world that does the same."""
    told = {runs.place[name] for name in named}
    fates = {str(name): runs.fates[name].astype(np.int64) for name in named}
    for name, mask in alone.items():
        if runs.place[mask] not in told:
            fates[name] = runs.fates[mask].astype(np.int64)
    return fates
