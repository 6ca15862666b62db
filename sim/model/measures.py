"""Every number that is published of one replication, computed from its outcome.

``measures`` gives named numbers, ``daily`` series at each midnight. Names carry their unit; what is
restricted says so in brackets: ``patients_evacuated[carrier=icrc,window=since-checkpoint]``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.model.draws import Draws
from sim.model.layout import DAY, NONE
from sim.model.outcome import DIED, EVACUATED, IMPEDED, IN_TRANSIT, WAITING, WITHDREW, Outcome
from sim.model.plan import Plan

UNITS = {
    "patients_evacuated": "patients",
    "people_evacuated": "people",
    "referred": "patients",
    "still_waiting": "patients",
    "in_transit": "patients",
    "died_waiting": "patients",
    "withdrew": "patients",
    "patient_days_of_delay": "patient-days",
    "median_wait": "days",
    "convoys_run": "convoys",
    "convoys_turned_back": "convoys",
    "departures_blocked": "departures",
    "longest_gap": "days",
    "patients_per_convoy": "patients",
    "vehicles_per_convoy": "vehicles",
    "seats_filled": "share",
}
"""Unit of each measure, by the part of its name before the bracket."""


def measures(plan: Plan, draws: Draws, outcome: Outcome) -> dict[str, float]:
    """Named numbers of one replication; inf where a median was not reached, nothing is ever nan."""
    o, layout = outcome, plan.layout
    out: dict[str, float] = {}
    evacuated = o.state == EVACUATED
    party = draws.companions + 1
    carrier = np.full(len(o.state), NONE)
    carrier[evacuated] = o.convoys[o.convoy[evacuated], 0]

    def count(label: str, who: NDArray[np.bool_]) -> None:
        out[f"patients_evacuated{label}"] = float(who.sum())
        out[f"people_evacuated{label}"] = float(party[who].sum())

    count("", evacuated)
    for c, name in enumerate(layout.carriers):
        count(f"[carrier={name}]", carrier == c)
    for k, row in enumerate(layout.classes):
        count(f"[class={row.name}]", evacuated & (draws.kind == k))
    for name, (start, end) in windows(plan).items():
        inside = evacuated & (o.left >= start) & (o.left < end)
        count(f"[window={name}]", inside)
        for c, carrier_name in enumerate(layout.carriers):
            count(f"[carrier={carrier_name},window={name}]", inside & (carrier == c))
    out["referred"] = float(len(o.state))
    for label, state in (
        ("still_waiting", WAITING), ("in_transit", IN_TRANSIT), ("died_waiting", DIED), ("withdrew", WITHDREW)
    ):  # fmt: skip
        out[label] = float((o.state == state).sum())
    waited = waited_seconds(outcome)
    out["patient_days_of_delay"] = float(waited.sum()) / DAY
    out["median_wait"] = median_wait(waited, evacuated) / DAY
    _convoys(plan, outcome, out)
    return out


def windows(plan: Plan) -> dict[str, tuple[int, int]]:
    """The scenario's windows as [start, end) in seconds of the run."""
    scenario = plan.layout.scenario
    origin = scenario.period.from_.day
    spans = {}
    for name, window in scenario.windows.items():
        start = max(0, (window.from_ - origin).days * DAY)
        end = plan.horizon if window.to is None else min(plan.horizon, ((window.to - origin).days + 1) * DAY)
        spans[name] = (start, end)
    return spans


def waited_seconds(outcome: Outcome) -> NDArray[np.int64]:
    """(n,) seconds on the list; for those still waiting, up to the end of the run."""
    waited = np.zeros(len(outcome.state), dtype=np.int64)
    np.add.at(waited, outcome.spells[:, 0], outcome.spells[:, 2] - outcome.spells[:, 1])
    return waited


def median_wait(waited: NDArray[np.int64], evacuated: NDArray[np.bool_]) -> float:
    """Kaplan-Meier median of the wait until evacuation, in the unit of `waited`; inf when not reached.

    Those who still wait, are on the road, died or withdrew are censored at their time on the list.
    Kaplan & Meier 1958, doi:10.1080/01621459.1958.10501452.
    """
    if not evacuated.any():
        return float("inf")
    times, inverse = np.unique(waited, return_inverse=True)
    events = np.bincount(inverse, weights=evacuated, minlength=len(times))
    ended = np.bincount(inverse, minlength=len(times))
    at_risk = len(waited) - np.concatenate([[0], np.cumsum(ended)[:-1]])
    survival = np.cumprod(1 - events / at_risk)
    reached = np.flatnonzero(survival <= 0.5 + 1e-12)
    return float(times[reached[0]]) if len(reached) else float("inf")


def _convoys(plan: Plan, outcome: Outcome, out: dict[str, float]) -> None:
    """Convoys of each carrier and of all: run (they handed patients over), turned back, blocked, gaps."""
    convoys, rides = outcome.convoys, outcome.rides
    seats = np.array([v.seats + v.lying for v in plan.vehicles], dtype=np.int64)
    patients = np.bincount(rides[:, 0], weights=rides[:, 2], minlength=len(convoys))
    people = np.bincount(rides[:, 0], weights=rides[:, 3], minlength=len(convoys))
    vehicles = np.bincount(rides[:, 0], minlength=len(convoys))
    room = np.bincount(rides[:, 0], weights=seats[rides[:, 1]], minlength=len(convoys))
    run = convoys[:, 2] != NONE
    blocked = outcome.blocked[outcome.blocked[:, 2] <= IMPEDED, 1]
    groups = [("", np.ones(len(convoys), dtype=bool), len(blocked))]
    groups += [
        (f"[carrier={name}]", convoys[:, 0] == c, int((blocked == c).sum()))
        for c, name in enumerate(plan.layout.carriers)
    ]
    for label, mine, stopped in groups:
        done = run & mine
        n = int(done.sum())
        out[f"convoys_run{label}"] = float(n)
        out[f"convoys_turned_back{label}"] = float(convoys[mine, 4].sum())
        out[f"departures_blocked{label}"] = float(stopped)
        edges = np.concatenate([[0], np.sort(convoys[done, 1]), [plan.horizon]])
        out[f"longest_gap{label}"] = float(np.diff(edges).max()) / DAY
        if n:
            out[f"patients_per_convoy{label}"] = float(patients[done].sum()) / n
            out[f"vehicles_per_convoy{label}"] = float(vehicles[done].sum()) / n
            out[f"seats_filled{label}"] = float(people[done].sum() / room[done].sum())


def daily(plan: Plan, draws: Draws, outcome: Outcome) -> dict[str, NDArray[np.int64]]:
    """Counts at each midnight, length days + 1: element k counts what happened before 24:00 of day k.

    ``patients[carrier=...]``, ``people[...]``, ``convoys[...]`` (by handover) are cumulative;
    ``waiting[class=...]`` is the list at that moment; ``referred`` is cumulative.
    """
    o, layout = outcome, plan.layout
    evacuated = np.flatnonzero(o.state == EVACUATED)
    carrier = o.convoys[o.convoy[evacuated], 0]
    over = o.convoys[:, 2]
    series: dict[str, NDArray[np.int64]] = {}
    for c, name in enumerate(layout.carriers):
        mine = evacuated[carrier == c]
        series[f"patients[carrier={name}]"] = _before_midnight(plan, o.left[mine])
        series[f"people[carrier={name}]"] = _before_midnight(plan, o.left[mine], draws.companions[mine] + 1)
        series[f"convoys[carrier={name}]"] = _before_midnight(
            plan, over[(over != NONE) & (o.convoys[:, 0] == c)]
        )
    kind = draws.kind[o.spells[:, 0]]
    for k, row in enumerate(layout.classes):
        joined, ended = o.spells[kind == k, 1], o.spells[kind == k, 2]
        still = ended == plan.horizon
        series[f"waiting[class={row.name}]"] = _before_midnight(plan, joined) - _before_midnight(
            plan, ended[~still]
        )
    series["referred"] = _before_midnight(plan, draws.referred)
    return series


def _before_midnight(
    plan: Plan, seconds: NDArray[np.int64], weights: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """How many of these seconds (weighted) lie before each midnight, 00:00 of the first day first."""
    per_day = np.bincount(seconds // DAY, weights=weights, minlength=plan.days)
    return np.concatenate([[0], np.cumsum(per_day)]).astype(np.int64)
