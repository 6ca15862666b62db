# ruff: noqa: E501  (paragraphs of a page)
"""Section 2 of docs/stress-des.md: the logic, from the scenario and the docstrings of the model."""

from __future__ import annotations

from typing import get_args

import sim.analysis.calibrate
import sim.analysis.shapley
import sim.analysis.sobol
import sim.model.checkpoint_line
import sim.model.simpy_engine
import sim.model.waiting_list
from sim.model.layout import BLOCK_DAYS
from sim.model.outcome import NOT_REFERRED, STATE_NAMES
from sim.scenario.removed import WHEN_REMOVED
from sim.scenario.schema import AnyObstacle
from tests.back.stress_data import Facts, said, said_by, table

OF_CLASS = {"share": "the rest", "companions": "0", "lying": "0", "withdraws.after": "never"}


def diagram(_: Facts) -> list[str]:
    return [
        "![A patient's way from referral to handover, and where each kind of impediment acts; in words in model.md](model.svg)",
        "In words: [model.md](model.md).",
    ]


def base_logic(f: Facts) -> list[str]:
    return [
        said_by(sim.model.simpy_engine, 1),
        f"The far end is {f.file.scenario.route.legs[-1].to}; who arrives there is evacuated. Each rule that decides a tie is in [model.md](model.md).",
    ]


def scenario_logic(f: Facts) -> list[str]:
    kinds = {
        get_args(model.model_fields["kind"].annotation)[0]: model
        for model in get_args(get_args(AnyObstacle)[0])
    }
    used = {o.kind for o in f.file.scenario.impediments.values()}
    own = [
        (n, o.group or n, o.kind, o.when_removed or WHEN_REMOVED[o.kind])
        for n, o in f.file.scenario.impediments.items()
    ]
    conditions = ", ".join(f"{n} ({o.kind})" for n, o in f.file.scenario.conditions.items())
    return [
        "The logic is one. A world takes rules away, wholly or from a day on; nothing else changes, neither draws nor the history before. Worlds that also assume a value are marked in 1.3 and wherever their numbers stand.",
        table(
            ("kind of rule", "while it holds", "here"),
            [
                (k, " ".join((m.__doc__ or "").split()), "yes" if k in used else "no")
                for k, m in kinds.items()
            ],
        ),
        table(("impediment", "group", "kind", "what holds when it is gone"), own),
        f"In every world: {conditions}.",
    ]


def algorithms(_: Facts) -> list[str]:
    return [
        "- *Departure and boarding*: five steps in a fixed order, [model.md](model.md#departures).",
        f"- *Inspection*:\n  {said_by(sim.model.checkpoint_line)}",
        f"- *Calibration* ([calibration.md](calibration.md)):\n  {said_by(sim.analysis.calibrate, 1)}",
        f"- *Attribution* ([attribution.md](attribution.md)):\n  {said_by(sim.analysis.shapley)}",
        f"- *Sensitivity*:\n  {said_by(sim.analysis.sobol)}",
    ]


def entities(f: Facts) -> list[str]:
    classes = [
        (
            name,
            str(c.rank),
            *(said(f.file, f"need.classes.{name}.{key}", unless) for key, unless in OF_CLASS.items()),
        )
        for name, c in f.file.scenario.need.classes.items()
    ]
    return [
        "*Patients*, each with companions who travel in the same vehicle (a party). Attributes: class, moment of referral, companions, lying or not, patience, reluctance (compared with the share of a deterrence), and the lead time of papers. A patient in the model is a trip: who is referred again counts again.",
        table(("class", "rank", "share", "companions", "lying", "withdraws after"), classes),
        f"*Convoys* of vehicles; a convoy drives together. No other entity moves: travellers in vehicles of their own are {'in this scenario' if f.file.scenario.own_vehicles else 'not in this scenario'}.",
    ]


def activities(f: Facts) -> list[str]:
    route = f.file.scenario.route
    ends = (route.from_, *(leg.to for leg in route.legs))
    legs = [
        (
            f"{ends[i]} → {ends[i + 1]}",
            *(said(f.file, f"route.legs[{i}].{key}", "") for key in ("length", "travel")),
        )
        for i in range(len(route.legs))
    ]
    return [
        "Referred → waits on the list → boards → is driven leg by leg, inspected where a checkpoint stands → is handed over; or is turned back, and waits again; or withdraws while waiting.",
        table(("leg", "length", "travel time of one vehicle"), legs),
        f"Turnaround at the far end: {said(f.file, 'route.turnaround')}. The way back takes times of its own, through the same places.",
    ]


def resources(f: Facts) -> list[str]:
    fleets = [
        (c.title or n, kind, str(v.count), str(v.seats), str(v.lying), "yes" if v.lying_only else "")
        for n, c in f.file.scenario.carriers.items()
        for kind, v in c.fleet.items()
    ]
    lanes = [
        f"- `{n}` at {o.at}: inspection lanes {o.lanes}, {said(f.file, f'impediments.{n}.per_vehicle')} a vehicle, {said(f.file, f'impediments.{n}.per_person')} a person"
        for n, o in f.file.scenario.impediments.items()
        if o.kind == "checkpoint"
    ]
    return [
        table(("carrier", "vehicles", "number", "seats", "lying places", "for lying patients only"), fleets),
        "Vehicles are used by trips; seats and lying places by parties.",
        "\n".join(lanes),
    ]


def queues(f: Facts) -> list[str]:
    waits = "; ".join(
        f"{n}: {said(f.file, f'need.classes.{n}.withdraws.after')}"
        for n, c in f.file.scenario.need.classes.items()
        if c.withdraws
    )
    return [
        f"- *The list*, without a limit: {said_by(sim.model.waiting_list)[2:]} Lower ranks board first. A party that does not fit is passed over and keeps its place.",
        f"- *Reneging*: a patient's patience runs from referral ({waits}); whoever is on the list when it ends leaves it at that second. Deaths while waiting are {'modelled' if any(c.deteriorates for c in f.file.scenario.need.classes.values()) else 'off'}. No balking, no jockeying; `deterrence` keeps a share from boarding, and they count as waiting.",
        "- *The checkpoint*: one line for both directions, first come, first inspected; ties by vehicle type and number; opening hours where the scenario gives them.",
    ]


def entry(f: Facts) -> list[str]:
    rates = "; ".join(
        f"from {day}: {said(f.file, f'need.referrals.{day}')}" for day in f.file.scenario.need.referrals
    )
    return [
        f"*In*: the list at the start ({said(f.file, 'need.initial_list')}), and referrals, a Poisson process whose rate is constant between dates ({rates}). Unit-rate gaps are stretched by the rate within blocks of {BLOCK_DAYS} days (inversion, no thinning), so that another rate moves patients in time and renames nobody.",
        f"*Out*: at the end each patient is in exactly one state: {', '.join(name for state, name in enumerate(STATE_NAMES) if state != NOT_REFERRED)}.",
    ]
