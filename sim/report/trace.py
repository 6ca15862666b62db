"""One replication of one world, event by event: as a table, and as lines to read."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sim.model.laying_out import lay_out
from sim.model.layout import NONE, Layout
from sim.model.plan import ACTUAL, make_plan
from sim.model.plan import world_names as names_of_worlds
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import WHOLE_RECORD, Scenario

if TYPE_CHECKING:
    import pandas as pd

    from sim.model.draws import Draws
    from sim.model.outcome import Event

COLUMNS = (
    "time", "second", "event", "patient", "class", "party", "convoy", "carrier", "vehicle", "place", "reason",
)  # fmt: skip


def world_names(file: ScenarioFile) -> tuple[str, ...]:
    """Every world of a scenario: actual, unimpeded, then the others in the file's order."""
    return names_of_worlds(lay_out(file.scenario))


def trace(
    file: ScenarioFile,
    *,
    world: str = ACTUAL,
    variant: str = "base",
    replication: int = 0,
    seed: int | None = None,
    calibration: str | None = WHOLE_RECORD,
    patient: str | None = None,
) -> pd.DataFrame:
    """Run one replication of one world and keep its event log.

    Parameters
    ----------
    file
        A scenario, as read by :func:`sim.load_scenario`.
    world, variant
        Names in the scenario.
    replication
        Its number, from 0; replication 7 is the same alone as among a thousand.
    seed
        In place of the scenario's; only where nothing is taken from a posterior.
    calibration
        As of :func:`sim.simulate`: the replication is its history, where the variant has a posterior.
    patient
        Only this one (``start-3``, ``block2-17``), with the convoys that carried it; all unless given.

    Returns
    -------
    DataFrame
        One row an event, by time: `time` (local), `second` (since 00:00 of the first day), `event`,
        `patient` (id, or empty), `class`, `party` (people: the patient and companions, or those in an own
        vehicle; missing where neither is concerned), `convoy` (number from 1, missing where none), `carrier`
        (or group of own vehicles), `vehicle` (type-number; an own one: block-nth), `place`, `reason`.

    Raises
    ------
    KeyError
        For a world, variant or patient that is not there.
    HistoriesError
        For a replication beyond the posterior's histories, or a seed beside a posterior.
    ModelError
        When an invariant of the model is broken.
    """
    import pandas as pd

    from sim.experiment.ensemble import draw
    from sim.experiment.replications import replications_of
    from sim.model.draws import Sampler
    from sim.model.simpy_engine import run

    scenario = _scenario(file, world, variant)
    layout = lay_out(scenario)
    taken = replications_of(file, [variant], calibration, [replication], seed)
    draws = draw(Sampler(layout), taken.seed, replication, taken.posteriors.get(variant))
    events = run(make_plan(layout, world), draws, log=True).events or ()
    if patient is not None:
        events = _of_patient(events, draws, patient)
    start = datetime.combine(scenario.period.from_.day, datetime.min.time())
    rows = [_row(event, layout, draws, start) for event in events]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"party": "Int64", "convoy": "Int64", "time": "datetime64[s]"})


def _scenario(file: ScenarioFile, world: str, variant: str) -> Scenario:
    if variant not in file.variants:
        raise KeyError(f"no variant `{variant}`: the scenario has {', '.join(file.variants)}")
    if world not in world_names(file):
        raise KeyError(f"no world `{world}`: the scenario has {', '.join(world_names(file))}")
    return file.assumed.get((variant, world), file.variants[variant])


def _of_patient(events: tuple[Event, ...], draws: Draws, patient: str) -> tuple[Event, ...]:
    """The patient's own events, and what befell the convoys while it was aboard."""
    number = _find(draws, patient)
    aboard: set[int] = set()
    kept = []
    for event in events:
        if event.patient == number:
            kept.append(event)
            if event.what == "boarded":
                aboard.add(event.convoy)
            elif event.what in ("handed over", "listed again"):
                aboard.discard(event.convoy)
        elif event.patient == NONE and event.convoy in aboard:
            kept.append(event)
    return tuple(kept)


def _find(draws: Draws, patient: str) -> int:
    for number in range(draws.patients):
        if draws.name_of(number) == patient:
            return number
    last = draws.name_of(-1) if draws.patients else "none"
    raise KeyError(f"no patient `{patient}` in this replication (ids run from start-1 to {last})")


def _row(event: Event, layout: Layout, draws: Draws, start: datetime) -> tuple[object, ...]:
    p, own = event.patient, event.vehicle - len(layout.vehicles)
    vehicle = layout.vehicles[event.vehicle] if event.vehicle != NONE and own < 0 else None
    named = (*layout.carriers, *(group.name for group in layout.own))
    party = int(draws.own.people[own]) if own >= 0 else None if p == NONE else int(draws.companions[p]) + 1
    return (
        start + timedelta(seconds=event.second),
        event.second,
        event.what,
        "" if p == NONE else draws.name_of(p),
        "" if p == NONE else layout.classes[draws.kind[p]].name,
        party,
        None if event.convoy == NONE else event.convoy + 1,
        "" if event.carrier == NONE else named[event.carrier],
        draws.name_of_own(own) if own >= 0 else f"{vehicle.type}-{vehicle.number + 1}" if vehicle else "",
        "" if event.place == NONE else layout.places[event.place],
        event.reason,
    )


def as_lines(table: pd.DataFrame) -> list[str]:
    """The event log to read: one line an event, local time first."""
    return [f"{row['time']:%Y-%m-%d %H:%M:%S}  {_sentence(row)}" for row in table.to_dict("records")]


def _sentence(row: Mapping[Hashable, Any]) -> str:
    """What happened, and to whom."""
    from pandas import isna

    convoy = f"{row['carrier']} convoy {row['convoy']}"
    who = f"{row['patient']} ({row['class']}, party of {row['party']})" if row["patient"] else ""
    match row["event"]:
        case "blocked":
            return f"{row['carrier']} planned to go and did not: {row['reason']}"
        case "boarded":
            return f"{who} boarded {convoy}, {row['vehicle']}"
        case "handed over":
            return f"{who} handed over by {convoy}"
        case "listed again":
            return f"{who} back on the list from {convoy}"
        case "turned back":
            return f"{convoy} turned back at {row['place']}: {row['reason']}"
        case "referred" | "died" | "withdrew":
            return f"{who} {'died waiting' if row['event'] == 'died' else row['event']}"
    vehicle = f", {row['vehicle']}" if row["vehicle"] else ""
    if vehicle and isna(row["convoy"]):
        convoy, vehicle = f"{row['carrier']} {row['vehicle']} ({row['party']} people)", ""
    place = f" at {row['place']}" if row["place"] and row["event"] != "reached" else ""
    if row["event"] == "reached":
        return f"{convoy} reached {row['place']}"
    if row["event"] in ("joined the queue", "admitted"):
        place = f" for the road from {row['place']}"
    return f"{convoy}{vehicle}: {row['event']}{place}"


def plain_rows(table: pd.DataFrame) -> Iterator[list[object]]:
    """The table's rows as plain values, times as `2023-04-23 09:00:00`, what is missing as None."""
    from pandas import NA

    for row in table.itertuples(index=False):
        time, *rest = row
        yield [f"{time:%Y-%m-%d %H:%M:%S}", *(None if value is NA else value for value in rest)]
