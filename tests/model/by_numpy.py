"""What is measured and checked in a run, written a second time: whole arrays at once, by numpy's formulas.

Why: the loops of `counting.py` and `checking.py` are compiled and read no comment of their own. Here the same
numbers and the same invariants come from other code, and must agree to the last bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.model.draws import Draws
from sim.model.layout import DAY, NEVER, NONE
from sim.model.measures import windows
from sim.model.outcome import DIED, EVACUATED, IMPEDED, IN_TRANSIT, WAITING, WITHDREW, ModelError, Outcome
from sim.model.plan import OPEN, ClearanceRule, DeterrenceRule, NoLying, Plan

Ints = NDArray[np.int64]


def measures(plan: Plan, draws: Draws, outcome: Outcome) -> dict[str, float]:
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
    _road(plan, draws, outcome, out)
    return out


def waited_seconds(outcome: Outcome) -> NDArray[np.int64]:
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


def _has_road(plan: Plan) -> bool:
    return bool(plan.layout.own) or any(leg.capacity for leg in plan.layout.scenario.route.legs)


def _there(plan: Plan, draws: Draws, outcome: Outcome, start: int, end: int) -> list[tuple[int, int, int]]:
    """Whoever came to the end of the road in [start, end): second, people, seconds taken (-1: a convoy's)."""
    rows = [
        (at, people, at - ready)
        for at, people, ready in zip(
            outcome.arrived.tolist(), draws.own.people.tolist(), draws.own.ready.tolist(), strict=True
        )
    ]
    rows += [(int(outcome.convoys[m, 2]), int(people), -1) for m, _, _, people in outcome.rides]
    return [row for row in rows if row[0] != NONE and start <= row[0] < end]


def _road(plan: Plan, draws: Draws, outcome: Outcome, out: dict[str, float]) -> None:
    """Arrivals, travel times and queues, one vehicle after the other."""
    if not _has_road(plan):
        return
    spans = {"": (0, plan.horizon)} | {f"[window={k}]": span for k, span in windows(plan).items()}
    for label, (start, end) in spans.items():
        rows = _there(plan, draws, outcome, start, end)
        out[f"people_arrived{label}"] = float(sum(people for _, people, _ in rows))
        out[f"vehicles_arrived{label}"] = float(len(rows))
        took = sorted(seconds for _, _, seconds in rows if seconds >= 0)
        if took:
            out[f"travel_of_arrived{label}"] = (took[(len(took) - 1) // 2] + took[len(took) // 2]) / 2 / 3600
    there = outcome.arrived != NONE
    lasted = np.where(there, outcome.arrived, plan.horizon) - draws.own.ready
    out["travel_median"] = median_wait(lasted, there) / 3600
    out["own_on_the_road"] = float((~there).sum())
    for leg, of_leg in enumerate(plan.layout.scenario.route.legs):
        if of_leg.capacity:
            waiting, most = 0, 0
            for _, step in sorted(_steps(plan, outcome, leg), key=lambda s: (s[0], s[1])):
                waiting += step
                most = max(most, waiting)
            out[f"longest_queue[to={of_leg.to}]"] = float(most)


def _steps(plan: Plan, outcome: Outcome, leg: int) -> list[tuple[int, int]]:
    """(second, 1 or -1) of those who wait at a leg at all; who goes on does so before others come."""
    steps = []
    for at, _, joined, admitted in outcome.admissions.tolist():
        if at == leg and joined != admitted:
            steps.append((joined, 1))
            if admitted != NONE:
                steps.append((admitted, -1))
    return steps


def _road_daily(plan: Plan, draws: Draws, outcome: Outcome) -> dict[str, NDArray[np.int64]]:
    series: dict[str, list[int]] = {}
    figures = plan.layout.scenario.observed.values()
    for hour in (0, *sorted({f.at for f in figures if isinstance(f.at, int)})):
        label = f"[at={hour // 3600:02d}:{hour // 60 % 60:02d}]" if hour else ""
        rows = [_there(plan, draws, outcome, 0, day * DAY + hour) for day in range(plan.days + 1)]
        series[f"people_arrived{label}"] = [sum(people for _, people, _ in row) for row in rows]
        series[f"vehicles_arrived{label}"] = [len(row) for row in rows]
    rows = [_there(plan, draws, outcome, 0, day * DAY) for day in range(plan.days + 1)]
    took = [[seconds for _, _, seconds in row if seconds >= 0] for row in rows]
    series["travel_hours"] = [round(sum(seconds) / 3600) for seconds in took]
    series["own_arrived"] = [len(seconds) for seconds in took]
    for leg, of_leg in enumerate(plan.layout.scenario.route.legs):
        if of_leg.capacity:
            steps = _steps(plan, outcome, leg)
            series[f"queue[to={of_leg.to}]"] = [
                sum(step for at, step in steps if at < min(day * DAY, plan.horizon))
                for day in range(plan.days + 1)
            ]
    return {name: np.array(counts) for name, counts in series.items()}


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
    return series | (_road_daily(plan, draws, outcome) if _has_road(plan) else {})


def _before_midnight(
    plan: Plan, seconds: NDArray[np.int64], weights: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """How many of these seconds (weighted) lie before each midnight, 00:00 of the first day first."""
    per_day = np.bincount(seconds // DAY, weights=weights, minlength=plan.days)
    return np.concatenate([[0], np.cumsum(per_day)]).astype(np.int64)


def check(plan: Plan, draws: Draws, outcome: Outcome) -> None:
    o, n = outcome, draws.patients
    evacuated, riding = o.state == EVACUATED, o.state == IN_TRANSIT
    ended = evacuated | (o.state == DIED) | (o.state == WITHDREW)
    _require(((o.state >= WAITING) & (o.state <= WITHDREW)).all(), "each patient ends in one state")
    _require(((o.left != NONE) == ended).all(), "who has left is evacuated, died or withdrew")
    _require(
        (o.left < plan.horizon).all() and (o.boarded < plan.horizon).all(), "nothing happens after the end"
    )
    aboard = evacuated | riding
    _require((o.convoy[aboard] != NONE).all(), "who is on the road or evacuated is on a convoy")
    on = o.convoys[o.convoy[aboard]]
    _require((on[:, 1] == o.boarded[aboard]).all(), "patients board when their convoy leaves")
    _require((o.boarded[aboard] >= draws.referred[aboard]).all(), "referral before boarding")
    _require(
        (o.convoys[o.convoy[evacuated], 2] == o.left[evacuated]).all(),
        "patients are handed over with their convoy",
    )
    ends = np.minimum(draws.dies, draws.withdraws)
    _require((o.boarded[aboard] < ends[aboard]).all(), "nobody boards after dying or withdrawing")
    _check_eligible(plan, draws, o, aboard)
    _check_spells(plan, draws, o, n)
    _check_convoys(plan, draws, o, evacuated)


def _check_eligible(plan: Plan, draws: Draws, o: Outcome, aboard: NDArray[np.bool_]) -> None:
    """Nobody boards whom a rule in force holds back."""
    who = np.flatnonzero(aboard)
    at, carrier, kind = o.boarded[who], o.convoys[o.convoy[who], 0], draws.kind[who]

    def held(rule: NoLying | DeterrenceRule | ClearanceRule, classes: int = -1) -> NDArray[np.bool_]:
        in_force = (at >= rule.start) & (at < rule.end)
        return np.asarray(in_force & (rule.carriers >> carrier & 1 == 1) & (classes >> kind & 1 == 1))

    for lying in plan.no_lying:
        _require(
            not (held(lying) & draws.lying[who]).any(), "nobody who must lie down boards while that is barred"
        )
    for rule in plan.deterrents:
        stays = draws.reluctance[who] < draws.values[rule.share]
        _require(not (held(rule, rule.classes) & stays).any(), "nobody boards who stays away")
    for papers in plan.clearances:
        refused = draws.refusal[papers.slot, who] < draws.values[papers.refused]
        cleared = np.maximum(draws.referred[who], papers.start) + draws.lead[papers.slot, who]
        barred = held(papers, papers.classes) & (refused | (at < cleared))
        _require(not barred.any(), "nobody boards before clearance, or when refused")


def _check_spells(plan: Plan, draws: Draws, o: Outcome, n: int) -> None:
    patient, start, end = o.spells.T
    _require((start <= end).all(), "a stay on the list ends after it starts")
    first = np.append(True, patient[1:] != patient[:-1]) if len(patient) else np.empty(0, dtype=bool)
    _require(int(first.sum()) == n, "every patient has been on the list")
    _require((start[first] == draws.referred[patient[first]]).all(), "waiting starts with referral")
    _require((~first[1:] <= (start[1:] >= end[:-1])).all(), "stays on the list do not overlap")
    last, riding = np.append(first[1:], True)[: len(first)], (o.state == EVACUATED) | (o.state == IN_TRANSIT)
    ends = np.where(o.state == WAITING, plan.horizon, np.where(riding, o.boarded, o.left))
    _require((end[last] == ends[patient[last]]).all(), "a stay on the list ends when its patient leaves it")


def _check_convoys(plan: Plan, draws: Draws, o: Outcome, evacuated: NDArray[np.bool_]) -> None:
    carrier, left, over, home, turned = o.convoys[:, :5].T
    for c in range(len(plan.layout.carriers)):
        closed = [s for s in left[carrier == c].tolist() if plan.road[c][0].at(s) != OPEN]
        _require(not closed, f"no departure while the road is closed: second {closed[:1]}")
    _require(((over == NONE) | (over > left)).all(), "handover after departure")
    _require(((home == NONE) | (home >= np.maximum(over, left))).all(), "home after handover")
    _require(((turned == 0) | (over == NONE)).all(), "a convoy turned back hands nobody over")
    convoy, vehicle, patients, people = o.rides.T
    _require(len(np.unique(convoy)) == len(o.convoys), "every convoy has vehicles")
    seats = np.array([v.seats + v.lying for v in plan.vehicles], dtype=np.int64)
    _require((people <= seats[vehicle]).all(), "no vehicle carries more than it holds")
    _require(int(patients[over[convoy] != NONE].sum()) == int(evacuated.sum()), "evacuated = handed over")
    load = np.bincount(convoy, weights=patients, minlength=len(o.convoys))
    _require((load >= 1).all(), "no convoy leaves without patients")
    _check_caps(plan, draws, o, load.astype(np.int64))
    order = np.lexsort((left[convoy], vehicle))
    v, gone = vehicle[order], left[convoy][order]
    back = np.where(home[convoy] == NONE, NEVER, home[convoy])[order]
    _require(((v[1:] != v[:-1]) | (gone[1:] >= back[:-1])).all(), "a vehicle's trips do not overlap")


def _check_caps(plan: Plan, draws: Draws, o: Outcome, patients: Ints) -> None:
    people = np.bincount(o.rides[:, 0], weights=o.rides[:, 3], minlength=len(o.convoys))
    vehicles = np.bincount(o.rides[:, 0], minlength=len(o.convoys))
    left = o.convoys[:, 1]
    for rule in plan.caps:
        held = (left >= rule.start) & (left < rule.end) & (rule.carriers >> o.convoys[:, 0] & 1 == 1)
        for load, cap in ((patients, rule.patients), (people, rule.people), (vehicles, rule.vehicles)):
            if cap != NONE:
                _require((load[held] <= draws.values[cap]).all(), "convoys keep to the caps")


def _require(holds: bool | np.bool_, what: str) -> None:
    if not holds:
        raise ModelError(f"broken: {what}")
