"""What must hold between the blocks of a scenario, and what deserves a warning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sim.scenario import check_dates, check_record, check_road, check_worlds
from sim.scenario.distributions import Delay
from sim.scenario.finding import Finding
from sim.scenario.problems import Path
from sim.scenario.scalar import shown
from sim.scenario.schema import WHOLE_RECORD, Checkpoint, DelayFact, HeadsFact, Scenario, ShareFact
from sim.scenario.tables import outside

MOST_VEHICLES = 500
MOST_REPLICATIONS = 1_000_000
CLOSE = 1e-9


def findings(
    scenario: Scenario, pruned: frozenset[Path] = frozenset(), record: bool = True
) -> Iterator[Finding]:
    """Every mistake and every warning.

    `pruned`: parts that were faulty and are not in the scenario. `record`: whether published figures must be
    possible; they need not in a world that assumes what was not.
    """
    if not any(path[:2] == ("need", "classes") or path == ("need",) for path in pruned):
        yield from _shares(scenario)
    yield from _need(scenario)
    yield from _carriers(scenario)
    yield from _road(scenario)
    yield from _sources(scenario)
    yield from _record(scenario)
    yield from check_dates.findings(scenario)
    if record and not any(path[:1] in ((), ("need",), ("period",)) for path in pruned):
        yield from check_record.findings(scenario)
    yield from check_road.findings(scenario)
    yield from check_worlds.findings(scenario)


def _shares(s: Scenario) -> Iterator[Finding]:
    at: Path = ("need", "classes")
    rests = [name for name, c in s.need.classes.items() if not isinstance(c.share, ShareFact)]
    if len(rests) > 1:
        names = ", ".join(f"`{name}`" for name in rests)
        yield Finding(at, f"one class at most takes the rest: give {names} a `share`, all but one")
        return
    facts = [c.share for c in s.need.classes.values() if isinstance(c.share, ShareFact)]
    fixed = sum(f.value for f in facts if f.value is not None)
    greatest = fixed + sum(min(f.prior.upper, 1.0) for f in facts if f.prior is not None)
    if not rests and greatest != fixed:
        yield Finding(
            at, "a `share` with a prior needs one class with `share: rest`, which takes what is left"
        )
    elif not rests and abs(fixed - 1) > CLOSE:
        yield Finding(at, f"the shares sum to {fixed:.12g}, not to 1 (one class may say `share: rest`)")
    elif greatest > 1 + CLOSE:
        may = "may sum" if greatest != fixed else "sum"
        yield Finding(at, f"the shares {may} to {greatest:.12g}: nothing is left for `{rests[0]}`")


def _need(s: Scenario) -> Iterator[Finding]:
    if not 1 <= s.replications <= MOST_REPLICATIONS:
        yield Finding(("replications",), f"from 1 to {MOST_REPLICATIONS:,}; found {s.replications}")
    lying_places = any(v.lying for c in s.carriers.values() for v in c.fleet.values())
    for name, patients in s.need.classes.items():
        at: Path = ("need", "classes", name)
        lying = patients.lying
        if (lying.prior is not None or lying.value) and not lying_places:
            yield Finding(
                (*at, "lying"), "no vehicle has a lying place: these patients are never carried", warning=True
            )
        yield from _companions(patients.companions, (*at, "companions"))
        places = max((v.seats + v.lying for c in s.carriers.values() for v in c.fleet.values()), default=0)
        heads = patients.companions.value
        if heads.kind == "constant" and 0 < places < 1 + heads.mean:
            said = f"a party of {1 + heads.mean:.0f} fits no vehicle (at most {places} places): never carried"
            yield Finding((*at, "companions"), said, warning=True)
        dying = patients.deteriorates
        marks = (dying.after.source, dying.source, patients.source, s.need.source) if dying else ()
        if dying and not any(marks) and not s.illustrative:
            yield Finding(
                (*at, "deteriorates"),
                "death while waiting has no `source`: it is an assumption",
                warning=True,
            )
    for name, group in s.own_vehicles.items():
        yield from _companions(group.companions, ("own_vehicles", name, "companions"))


def _companions(companions: HeadsFact, at: Path) -> Iterator[Finding]:
    value, mean = companions.value, companions.mean
    if mean is None or value.kind != "binomial":
        return
    greatest = mean.value if mean.value is not None else mean.prior.upper if mean.prior else 0.0
    if greatest > value.params[0]:
        said = f"the mean of `{value.text}` stays below {value.params[0]:g}; this one may be {greatest:g}"
        yield Finding((*at, "mean"), said)


def _carriers(s: Scenario) -> Iterator[Finding]:
    total = sum(v.count for c in s.carriers.values() for v in c.fleet.values())
    if total > MOST_VEHICLES:
        yield Finding(("carriers",), f"{total} vehicles in all: at most {MOST_VEHICLES}")
    if total == 0:
        yield Finding(("carriers",), "no carrier has a vehicle: nobody is ever carried", warning=True)
    for name, carrier in s.carriers.items():
        own = sum(v.count for v in carrier.fleet.values())
        for kind, vehicles in carrier.fleet.items():
            at: Path = ("carriers", name, "fleet", kind)
            if vehicles.seats + vehicles.lying == 0:
                yield Finding((*at, "seats"), "a vehicle with no seats and no lying places carries nobody")
            yield from check_dates.there(vehicles, s, at)
        plans: list[tuple[Path, date | None]] = [(("carriers", name, "plan"), None)]
        plans += [(("carriers", name, "plan_from", str(day)), day) for day in carrier.plan_from]
        for path, day in plans:
            plan = carrier.plan if day is None else carrier.plan_from[day]
            if plan.needs.value == 0:
                yield Finding((*path, "needs"), "at least 1: a trip is for somebody; found number `0`")
            if total and plan.escort and plan.escort >= own:
                said = (
                    f"`escort` ({plan.escort}) leaves none of the fleet ({own}) for patients: it never goes"
                )
                yield Finding((*path, "escort"), said, warning=True)
            lengths = [step.parties for step in plan.by_list]
            if len(set(lengths)) < len(lengths):
                yield Finding((*path, "by_list"), "two chances for the same number of parties")
            if plan.hours and plan.at is not None and not any(a <= plan.at < b for a, b in plan.hours.spans):
                yield Finding((*path, "at"), f"outside `hours` ({plan.hours}): the carrier would never leave")


def _road(s: Scenario) -> Iterator[Finding]:
    for index, leg in enumerate(s.route.legs):
        at: Path = ("route", "legs", index)
        for key, fact in (("travel", leg.travel), ("back", leg.back)):
            if fact is not None:
                yield from _ends(fact, (*at, key))
                if key == "travel" and fact.value.mean == 0:
                    yield Finding((*at, key), "a leg takes more than 0 s")
    yield from _ends(s.route.turnaround, ("route", "turnaround"))
    for section, block in (("impediments", s.impediments), ("conditions", s.conditions)):
        for name, rule in block.items():
            if isinstance(rule, Checkpoint):
                yield from _ends(rule.per_vehicle, (section, name, "per_vehicle"))
                yield from _ends(rule.per_person, (section, name, "per_person"))
            for key in ("carriers", "classes"):
                named = getattr(rule, key, None)
                if named is not None and len(set(named)) < max(len(named), 1):
                    said = (
                        "a name stands twice"
                        if named
                        else "an empty list touches nobody: leave the key out for all"
                    )
                    yield Finding((section, name, key), said)


def _ends(fact: DelayFact, at: Path) -> Iterator[Finding]:
    delay: Delay = fact.value
    if delay.kind == "never":
        yield Finding(at, f"vehicles must get through: {shown(delay.text)} is for patients only")


def _record(s: Scenario) -> Iterator[Finding]:
    for name, figure in s.observed.items():
        exact = figure.value is not None or figure.about is not None
        if figure.use == "calibrate" and exact and figure.error is None:
            said = "calibration sees it (`use: calibrate`): say its standard `error`"
            yield Finding(("observed", name), said)
    if WHOLE_RECORD in s.calibrations:
        said = "always there: it sees every figure marked `use: calibrate`; choose another name"
        yield Finding(("calibrations", WHOLE_RECORD), said, at_key=True)


def _sources(s: Scenario) -> Iterator[Finding]:
    for name, source in s.sources.items():
        problem = outside(source.data) if source.data is not None else None
        if problem:
            yield Finding(("sources", name, "data"), problem)
