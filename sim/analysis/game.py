"""What an attribution will run: whose removals are shared out, among which groups, over which histories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sim.experiment.coalitions import groups_of
from sim.experiment.posterior import Posterior
from sim.experiment.replications import replications_of
from sim.model.laying_out import lay_out
from sim.model.plan import world_of
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import WHOLE_RECORD, Scenario, World

MOST_GROUPS = 10
"""Up to so many groups every coalition is run; beyond, those that sampled orders meet."""
ORDERS = 100
"""Orders that are sampled then."""


class Game(NamedTuple):
    """What an attribution will run, before it runs."""

    world: World
    """Whose removals are shared out."""
    groups: tuple[str, ...]
    variants: tuple[str, ...]
    replications: Sequence[int]
    seed: int
    posteriors: dict[str, Posterior]
    from_prior: dict[str, str]


def planned(
    file: ScenarioFile,
    replications: int | Sequence[int] | None = None,
    seed: int | None = None,
    calibration: str | None = WHOLE_RECORD,
    variants: Sequence[str] | None = None,
) -> Game:
    """What :func:`attribute` will run; parameters and errors are its own."""
    names = tuple(variants or file.variants)
    for name in names:
        if name not in file.variants:
            raise KeyError(f"no variant `{name}`: the scenario has {', '.join(file.variants)}")
    world = headline_world(file.scenario)
    numbers, luck, posteriors, from_prior = replications_of(file, names, calibration, replications, seed)
    return Game(
        world=world,
        groups=tuple(sorted({group for name in names for group in groups_of(file.variants[name], world)})),
        variants=names,
        replications=numbers,
        seed=luck,
        posteriors=posteriors,
        from_prior=from_prior,
    )


def headline_world(scenario: Scenario) -> World:
    """The world whose removals are shared out.

    Raises
    ------
    ValueError
        When it also assumes a value, or is compared with a world that is not the corridor as it was.
    """
    layout, headline = lay_out(scenario), scenario.headline
    world, minus = world_of(layout, headline.world), world_of(layout, headline.minus)
    if world.assume or minus.assume:
        name = headline.world if world.assume else headline.minus
        raise ValueError(f"the headline's world `{name}` assumes values: it is no pure removal")
    if groups_of(scenario, minus):
        raise ValueError(
            f"the headline's world `{headline.minus}` removes impediments: what is shared out is the "
            "difference to the corridor as it was"
        )
    return world


def worlds_to_run(groups: int) -> int:
    """How many worlds an attribution runs in each variant, at most."""
    return 2**groups if groups <= MOST_GROUPS else ORDERS * (groups - 1) + 2 * groups + 2
