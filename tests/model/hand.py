"""Worlds by hand: a scenario as text, patients as rows, and the event log as lines to compare with.

Referrals come from a Poisson process; here each patient is written down instead, on top of the draws of a
scenario that refers nobody.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model import compiled_engine
from sim.model.draws import Draws, Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import DAY, NEVER, NONE, Layout
from sim.model.outcome import STATE_NAMES, Event, Outcome
from sim.model.own_luck import OwnVehicles
from sim.model.plan import Plan, make_plan
from sim.model.simpy_engine import run
from sim.scenario.reading import read_text
from tests.model.generate import outcome_bytes


class Patient(NamedTuple):
    """One referral; times as `clock` reads them. Their order is that of the waiting list."""

    referred: str = "0 00:00"
    kind: str = ""
    """Class; the first one of the scenario unless given."""
    companions: int = 0
    lying: bool = False
    withdraws: str = ""
    dies: str = ""
    reluctance: float = 0.5
    lead: tuple[str, ...] = ()
    """Seconds from asking to clearance, written as a time from 0 00:00; one a clearance, by id."""
    refusal: float = 0.5


def clock(text: str) -> int:
    """Second of `day hh:mm[:ss]`; day 0 is the first."""
    day, _, time = text.partition(" ")
    hour, minute, second = (*(int(part) for part in time.split(":")), 0)[:3]
    return int(day) * DAY + hour * 3600 + minute * 60 + second


def clock_text(second: int) -> str:
    """The other way."""
    minute, rest = divmod(second % DAY, 60)
    return f"{second // DAY} {minute // 60:02d}:{minute % 60:02d}" + (f":{rest:02d}" if rest else "")


def layout_of(yaml: str) -> Layout:
    """Read and lay out the scenario; name, title and period of three days are given unless written."""
    frame = {
        "name": "hand",
        "title": "By hand",
        "period": '{from: 2024-01-01, to: 2024-01-03, utc_offset: "+00:00"}',
    }
    written = [line.partition(":")[0] for line in yaml.splitlines()]
    head = [f"{key}: {value}" for key, value in frame.items() if key not in written]
    return lay_out(read_text("\n".join([*head, yaml]), Path("."), "hand.yaml").scenario)


def draws_of(layout: Layout, patients: list[Patient]) -> Draws:
    """One replication's draws with these patients, in order of referral, and nobody else."""
    draws = Sampler(layout).draw(1, 0)
    assert draws.patients == 0, "a scenario by hand refers nobody itself"
    n = len(patients)
    referred = np.array([clock(p.referred) for p in patients], dtype=np.int64)
    assert (np.diff(referred) >= 0).all(), "patients are written in order of referral"
    classes = [row.name for row in layout.classes]
    slots = len(layout.clearances)
    lead = [[clock(p.lead[k]) if p.lead else 0 for p in patients] for k in range(slots)]
    return replace(
        draws,
        referred=referred,
        block=np.zeros(n, dtype=np.int64),
        nth=np.arange(n),
        kind=np.array([classes.index(p.kind) if p.kind else 0 for p in patients], dtype=np.int64),
        companions=np.array([p.companions for p in patients], dtype=np.int64),
        lying=np.array([p.lying for p in patients], dtype=bool),
        withdraws=np.array([clock(p.withdraws) if p.withdraws else NEVER for p in patients], dtype=np.int64),
        dies=np.array([clock(p.dies) if p.dies else NEVER for p in patients], dtype=np.int64),
        reluctance=np.array([p.reluctance for p in patients]),
        lead=np.array(lead, dtype=np.int64).reshape(slots, n),
        refusal=np.array([[p.refusal for p in patients]] * slots).reshape(slots, n),
    )


class OwnVehicle(NamedTuple):
    """One own vehicle, of the first group; its seconds are those of a vehicle that the scenario draws."""

    ready: str
    people: int = 1


def with_own(layout: Layout, draws: Draws, vehicles: list[OwnVehicle]) -> Draws:
    """The same draws with these own vehicles, in order of readiness, and no others."""
    n, slots = len(vehicles), layout.slots

    def theirs(seconds: NDArray[np.int64]) -> NDArray[np.int64]:
        one = seconds[..., slots : slots + 1]
        return np.concatenate([seconds[..., :slots], np.repeat(one, n, axis=2)], axis=2)

    return replace(
        draws,
        own=OwnVehicles(
            ready=np.array([clock(v.ready) for v in vehicles]),
            group=np.zeros(n, dtype=np.int64),
            block=np.zeros(n, dtype=np.int64),
            nth=np.arange(n),
            people=np.array([v.people for v in vehicles]),
        ),
        travel=theirs(draws.travel),
        inspect_vehicle=theirs(draws.inspect_vehicle),
        inspect_person=theirs(draws.inspect_person),
    )


class Case(NamedTuple):
    """One run, with all that went into it."""

    plan: Plan
    draws: Draws
    outcome: Outcome

    @property
    def table(self) -> list[str]:
        """The event log, a line an event."""
        return [_line(event, self.plan.layout) for event in self.outcome.events or ()]

    @property
    def states(self) -> list[str]:
        """State of each patient at the end."""
        return [STATE_NAMES[state] for state in self.outcome.state]

    def counts(self) -> dict[str, int]:
        """How many patients are in each state."""
        return {state: self.states.count(state) for state in sorted(set(self.states))}


def run_by_hand(
    yaml: str,
    patients: list[Patient],
    world: str = "actual",
    log: bool = True,
    own: list[OwnVehicle] | None = None,
) -> Case:
    """Run a scenario with these patients, in both engines: they must agree in every case by hand."""
    layout = layout_of(yaml)
    plan, draws = make_plan(layout, world), draws_of(layout, patients)
    if own is not None:
        draws = with_own(layout, draws, own)
    case = Case(plan, draws, run(plan, draws, log=log))
    compiled = compiled_engine.run(plan, draws)
    assert outcome_bytes(compiled) == outcome_bytes(case.outcome), "the engines differ"
    return case


def lines(text: str) -> list[str]:
    """A table written by hand: blank lines and extra spaces mean nothing."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _line(event: Event, layout: Layout) -> str:
    """`day hh:mm what` and then whatever applies of patient, convoy, carrier, vehicle, place, reason."""
    own = event.vehicle - len(layout.vehicles)
    vehicle = None if event.vehicle == NONE or own >= 0 else layout.vehicles[event.vehicle]
    words = [
        f"{clock_text(event.second)} {event.what}",
        "" if event.patient == NONE else f"p{event.patient}",
        "" if event.convoy == NONE else f"#{event.convoy}",
        layout.carriers[event.carrier] if event.what in ("departed", "blocked") else "",
        f"own-{own}" if own >= 0 else "" if vehicle is None else f"{vehicle.type}-{vehicle.number}",
        "" if event.place == NONE else layout.places[event.place],
        f"({event.reason})" if event.reason else "",
    ]
    return " ".join(word for word in words if word)
