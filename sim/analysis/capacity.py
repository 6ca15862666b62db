"""What the corridor could carry a day under each limit alone: by formula, and by running the model with it.

Every limit is looked at as if nothing else limited: as many wait as can be carried, and all other rules are
gone. Formulas are evaluated at each replication's epistemic parameters; for some of these the model is run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.analysis import one_limit
from sim.experiment.ensemble import draw
from sim.experiment.posterior import Posterior
from sim.model.draws import Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import DAY, NONE, DrawnDelay, Layout, Vehicle
from sim.model.outcome import Outcome
from sim.model.own_luck import mean_at
from sim.model.quantiles import delay_seconds
from sim.scenario.calendar_text import Hours
from sim.scenario.schema import CarrierPlan, Checkpoint, Scenario

Floats = NDArray[np.float64]

REPLICATIONS = 100
"""Draws of the uncertain numbers, unless asked otherwise."""
ALL_DAY = Hours(((0, DAY),), "day and night")
GRID = (np.arange(20_000) + 0.5) / 20_000
"""Where a distribution is looked at for its mean."""


class Limit(NamedTuple):
    """One limit, on the way out."""

    name: str
    assumed: str
    """What is taken for granted."""
    vehicles: Floats
    """(replications,) a day, by formula; as the model ran where there is no formula."""
    people: float
    """In a vehicle."""
    simulated: Floats
    """(runs,) vehicles a day that the model carried on the first of these parameters; empty: not run."""


def capacity(
    scenario: Scenario,
    road: Scenario | None,
    daylight: Hours,
    replications: int = REPLICATIONS,
    runs: int = 5,
    posterior: Posterior | None = None,
    of_road: Posterior | None = None,
) -> list[Limit]:
    """Each limit of a scenario's headline carrier (or first one), the widest first; then how it ran.

    Parameters
    ----------
    scenario
        Whose checkpoints, fleet and plan are looked at.
    road
        Whose road section says what the road can carry: the same scenario, another of the same road, or none.
    daylight
        Hours in which vehicles drive where they drive by day alone.
    replications, runs
        Draws of the epistemic parameters from their priors; of these, how many are run with one limit.
    posterior
        Of the scenario: its histories are how the corridor ran; draws from the priors where there is none.
    of_road
        The same of `road`: what it can carry is that of its histories.

    Raises
    ------
    ValueError
        When `road` has no leg with a capacity.
    """
    carrier = scenario.headline.carrier or lay_out(scenario).carriers[0]
    found = [
        *(() if road is None else _of_road(road, daylight, replications, runs, of_road)),
        *_of_checkpoints(scenario, carrier, replications, runs),
        *_of_carrier(scenario, carrier, replications, runs),
    ]
    found.sort(key=lambda limit: -float(np.median(limit.vehicles)) * limit.people)
    return [*found, _as_it_ran(scenario, carrier, replications, posterior)]


def _of_road(
    road: Scenario, daylight: Hours, replications: int, runs: int, posterior: Posterior | None
) -> Iterator[Limit]:
    """The best day of the narrowest leg with a capacity; and its pace by daylight."""
    layout = lay_out(road)
    legs = [leg for leg, pieces in enumerate(layout.sections) if pieces]
    if not legs:
        raise ValueError(f"no leg of `{road.name}` has a capacity: name a scenario of the same road that has")
    sampler = Sampler(layout)
    draws = [draw(sampler, road.seed, number, posterior) for number in range(replications)]
    best = np.array([min(_best_day(layout, leg, d.values) for leg in legs) for d in draws])
    inside = [float(d.own.people.mean()) for d in draws if len(d.own.people)]
    people = float(np.mean(inside)) if inside else 1.0
    found = "not calibrated" if posterior is None else "calibrated"
    own = f"as in {road.name}, {found}: own vehicles, nearly all one way, {people:.1f} people in each"
    for name, assumed, hours in (
        ("road, day and night", f"its best day, {own}", ALL_DAY),
        ("road by daylight", f"the same pace, from {daylight} only", daylight),
    ):
        share = sum(end - start for start, end in hours.spans) / DAY
        ran = [one_limit.counted(one_limit.section(rate, hours), 1, _let_on) for rate in best[:runs]]
        yield Limit(name, assumed, best * share, people, np.concatenate(ran) / 3)


def _let_on(_: object, outcome: Outcome) -> float:
    return float((outcome.admissions[:, 3] != NONE).sum())


def _best_day(layout: Layout, leg: int, values: Floats) -> float:
    """The most vehicles that a leg's capacity lets through on one whole calendar day: its integral."""
    seconds = [*(second for second, _ in layout.sections[leg]), layout.horizon]
    rates = np.array([values[k] for _, k in layout.sections[leg]])
    through = np.concatenate([[0.0], np.cumsum(np.diff(seconds) / DAY * rates)])
    midnights = np.arange(layout.horizon // DAY + 1) * DAY
    return float(np.diff(np.interp(midnights, seconds, through)).max())


def _of_checkpoints(scenario: Scenario, carrier: str, replications: int, runs: int) -> Iterator[Limit]:
    """Each checkpoint's lanes and hours: full vehicles on their way out; and those that come back as well."""
    layout = lay_out(scenario)
    number = layout.carriers.index(carrier)
    seats = round(_seats(layout, number))
    values = _values(scenario, replications)
    for placed in layout.obstacles:
        rule = placed.obstacle
        if not isinstance(rule, Checkpoint) or not placed.carriers >> number & 1:
            continue
        _, of_vehicle, of_person = layout.checkpoints[placed.slot]
        empty = np.array([_mean(of_vehicle, v) for v in values])
        full = empty + seats * np.array([_mean(of_person, v) for v in values])
        hours = rule.hours or ALL_DAY
        lane_seconds = rule.lanes * sum(end - start for start, end in hours.spans)
        alone = rule.model_copy(update={"from_": None, "to": None, "carriers": None})
        road = one_limit.bare(scenario)
        enough = min(300_000, int(1.5 * one_limit.DAYS * (lane_seconds / full).max()) + 500)
        queue = {"all": one_limit.own_vehicles(enough, seats, scenario)}
        saturated = road.model_copy(update={"conditions": {placed.id: alone}, "own_vehicles": queue})
        ran = one_limit.counted(saturated, runs, lambda _, o: one_limit.a_day(o.arrived))
        lanes = f"{rule.lanes} lane{'s' if rule.lanes > 1 else ''}, {hours}, {seats} people in each vehicle"
        yield Limit(f"checkpoint {placed.id}", f"{lanes}, none comes back", lane_seconds / full, seats, ran)
        yield Limit(
            f"checkpoint {placed.id}, both ways",
            "the same lanes inspect the empty vehicles on their way back",
            lane_seconds / (full + empty),
            seats,
            np.empty(0),
        )


def _of_carrier(scenario: Scenario, carrier: str, replications: int, runs: int) -> Iterator[Limit]:
    """The fleet's round trips without a pause; and its seats on the departures that it plans."""
    layout = lay_out(scenario)
    number = layout.carriers.index(carrier)
    fleet = [v for v in _fleet(layout, number) if not v.lying_only]
    seats, values = _seats(layout, number), _values(scenario, replications)
    around = [*layout.out, layout.turnaround, *layout.back]
    cycles = [sum(_mean(delay, v) for delay in around) for v in values]
    fit = [sum(v[one.availability] for one in fleet) for v in values]
    trips = np.array(fit) * DAY / np.array(cycles)
    road = one_limit.bare(scenario, _waiting(trips[:runs], seats, one_limit.DAYS))
    when_ready = CarrierPlan.model_validate({"days": "when ready"})
    ready = {carrier: road.carriers[carrier].model_copy(update={"plan": when_ready})}
    over = one_limit.counted(
        road.model_copy(update={"carriers": ready}),
        runs,
        lambda _, o: one_limit.a_day(o.convoys[o.rides[:, 0], 2]),
    )
    crews = f"{len(fleet)} vehicles with a crew each" if len(fleet) > 1 else "1 vehicle with its crew"
    cycle = f"{crews}, out again as soon as home"
    yield Limit("fleet and crews without a pause", cycle, trips, seats, over)
    if not any(d.carrier == number for d in layout.departures):
        return
    going = np.array([_carrying(layout, number, *both) for both in zip(values, cycles, strict=True)])
    whole = {"carriers": {carrier: scenario.carriers[carrier]}, "period": scenario.period}
    planned = one_limit.bare(scenario, _waiting(going[:runs], seats, layout.days)).model_copy(update=whole)
    ran = one_limit.counted(planned, runs, lambda _, o: (o.rides[:, 2] > 0).sum() * DAY / layout.horizon)
    yield Limit(
        "seats of the planned departures",
        "every seat taken, the escort's aside, on every departure of its own plan",
        going,
        seats,
        ran,
    )


def _waiting(vehicles: Floats, seats: float, days: int) -> int:
    """More than so many vehicles a day can carry."""
    return min(190_000, int(2 * seats * days * vehicles.max(initial=0.0)) + 500)


def _carrying(layout: Layout, carrier: int, values: Floats, cycle: float) -> float:
    """Vehicles a day that carry somebody on the planned departures, every round trip taking its mean.

    One for the lying alone stays at home, and takes the place of one that may go.
    """
    fleet = _fleet(layout, carrier)
    total, home = 0.0, [0.0] * len(fleet)
    for departure in layout.departures:
        if departure.carrier == carrier:
            segment, now = layout.segments[departure.segment], departure.second
            there = [k for k, v in enumerate(fleet) if home[k] <= now and v.start <= now < v.end]
            going = there[: min(len(there), segment.vehicles)]
            carrying = going[: max(0, len(going) - segment.escort)]
            fit = sum(values[fleet[k].availability] for k in going)
            empty = sum(values[fleet[k].availability] for k in carrying if fleet[k].lying_only)
            total += values[segment.chance] * max(0.0, fit - segment.escort - empty)
            for k in going:
                home[k] = now + cycle * (not fleet[k].lying_only)
    return total * DAY / layout.horizon


def _as_it_ran(scenario: Scenario, carrier: str, replications: int, posterior: Posterior | None) -> Limit:
    """The actual world: vehicles that carried somebody over, and the people in them."""
    layout = lay_out(scenario)
    number, people = layout.carriers.index(carrier), []

    def vehicles(_: object, outcome: Outcome) -> float:
        convoys, rides = outcome.convoys, outcome.rides
        mine = (convoys[rides[:, 0], 0] == number) & (convoys[rides[:, 0], 2] != NONE) & (rides[:, 2] > 0)
        people.append(rides[mine, 3].sum())
        return float(mine.sum())

    ran = one_limit.counted(scenario, replications, vehicles, posterior)
    in_each = float(np.sum(people) / max(1.0, ran.sum()))
    said = "the actual world of the model, everything together"
    return Limit("as it ran", said, ran * DAY / layout.horizon, in_each, np.empty(0))


def _values(scenario: Scenario, replications: int) -> list[Floats]:
    """The scenario's numbers in each replication."""
    sampler = Sampler(lay_out(scenario))
    return [sampler.draw(scenario.seed, number).values for number in range(replications)]


def _fleet(layout: Layout, carrier: int) -> list[Vehicle]:
    return [v for v in layout.vehicles if v.carrier == carrier]


def _seats(layout: Layout, carrier: int) -> float:
    """Mean seats of the vehicles that go with anybody."""
    return float(np.mean([v.seats for v in _fleet(layout, carrier) if not v.lying_only] or [1]))


def _mean(drawn: DrawnDelay, values: Floats) -> float:
    """Mean of a delay in whole seconds, as it is drawn."""
    return float(delay_seconds(drawn.delay, mean_at(values, drawn.mean), drawn.least, GRID).mean())
