"""One number changed, all else the same: or an influence would be that of something else."""

from __future__ import annotations

import pytest

from sim.scenario.hashing import canonical
from sim.scenario.problems import Path
from sim.scenario.sources import ledger
from sim.scenario.steps import stepped
from tests.scenario.samples import SMALL, changed, read

HOURS: Path = ("impediments", "gate", "hours")
DAYS: Path = ("carriers", "icrc", "plan", "days")


def step(key: str, *swaps: tuple[str, str]) -> tuple[str, str] | None:
    """What the number is after its step, and the words for the step."""
    scenario = read(changed(*swaps)).scenario
    (path,) = [e.path for e in ledger(scenario) if e.key_path == key]
    done = stepped(scenario, path)
    if done is None:
        return None
    (after,) = [e for e in ledger(done[0]) if e.path == path]
    return str(after.value), done[1]


@pytest.mark.parametrize(
    ("key", "swaps", "after"),
    [
        ("need.initial_list", [], ("26", "+2")),
        ("carriers.icrc.fleet.car.count", [], ("5", "+1")),
        ("need.referrals.2023-01-01", [], ("3.3000000000000003", "+10 %")),
        ("need.classes.urgent.share", [], ("0.33", "+10 %")),
        ("need.classes.urgent.share", [("share: 30%", "share: 95%")], ("0.855", "−10 %")),
        ("carriers.icrc.plan.at", [], ("36000", "an hour later")),
        ("carriers.icrc.plan.at", [("at: 09:00", "at: 23:30")], ("81000", "an hour earlier")),
        ("carriers.icrc.plan.days", [], ("weekdays mon tue wed thu fri sat", "not on Sundays")),
        ("impediments.first-week.from", [], ("2023-01-01", "a day earlier")),
        ("carriers.icrc.plan.needs", [("needs: 2", "needs: 20")], ("22", "+2")),
        ("impediments.first-week.to", [], ("2023-01-08", "a day later")),
        ("impediments.gate.turn_back", [("per_v", "turn_back: 0, per_v")], ("0.01", "1 % instead of 0")),
    ],
)  # fmt: skip
def test_a_number_takes_its_step(key: str, swaps: list[tuple[str, str]], after: tuple[str, str]) -> None:
    assert step(key, *swaps) == after


HOUR = 3600


@pytest.mark.parametrize(
    ("path", "old", "new", "field", "after", "said"),
    [
        (HOURS, "gate", "gate", "spans", ((9 * HOUR, 19 * HOUR),), "closing an hour later"),
        (HOURS, "09:00 .. 18:00", "'09:00 .. 12:00, 13:00 .. 23:30'", "spans",
         ((9 * HOUR, 12 * HOUR), (13 * HOUR, 22 * HOUR + 1800)), "closing an hour earlier"),
        (DAYS, "daily", "weekdays mon sat", "days", (0, 1, 5), "on one more day of the week"),
        (DAYS, "daily", "weekdays mon tue sun", "days", (0, 1, 2, 6), "on one more day of the week"),
        (DAYS, "daily", "every 3 days", "every", 4, "a day more between departures"),
        (DAYS, "daily, at: 09:00", "every 10 h", "every", 11 * HOUR, "+10 %"),
    ],
)  # fmt: skip
def test_hours_and_plans_take_theirs(
    path: Path, old: str, new: str, field: str, after: object, said: str
) -> None:
    """Would catch a timetable whose words change and whose days do not, and another span than the last."""
    done = stepped(read(changed((old, new))).scenario, path)
    assert done is not None
    (entry,) = [e for e in ledger(done[0]) if e.path == path]
    assert (getattr(entry.value, field), done[1]) == (after, said)


def test_a_step_that_does_not_hold_goes_the_other_way_or_is_none() -> None:
    """Of 4 vehicles at most in a convoy with an escort of 3, one escort more leaves nobody to carry."""
    plan = ("needs: 2,", "needs: 2, vehicles: 4, escort: 3,")
    assert step("carriers.icrc.plan.escort", plan) == ("2", "−1")
    assert step("carriers.icrc.plan.vehicles", plan) == ("5", "+1")


@pytest.mark.parametrize(
    ("key", "old", "new"),
    [
        ("carriers.icrc.plan.escort", "needs: 2,", "needs: 2, vehicles: 1, escort: 0,"),
        ("carriers.icrc.plan.at", "at: 09:00", "hours: 00:00 .. 01:00, at: 00:30"),
        ("carriers.icrc.plan.days", "daily", "weekdays mon tue wed thu fri sat sun"),
        ("carriers.icrc.plan.days", "daily, at: 09:00", "when ready"),
        ("need.classes.urgent.share", "share: rest", "share: 70%"),
        ("need.classes.planned.withdraws.after", "share: rest", "share: rest, withdraws: {after: never}"),
        ("impediments.gate.hours", "09:00 .. 18:00", "23:30 .. 24:00"),
    ],
)
def test_where_no_step_leaves_a_scenario_that_holds_there_is_none(key: str, old: str, new: str) -> None:
    """Would catch a scenario that breaks a rule run all the same, and its difference called an influence."""
    assert step(key, (old, new)) is None


@pytest.mark.parametrize(
    ("text", "mean"),
    [
        ("2 h", 7920),
        ("uniform 1 h .. 3 h", 7920),
        ("lognormal 2 h ± 20 min", 7920),
        ("erlang 4 mean 2 h", 7920),
    ],
)
def test_times_grow_by_a_tenth(text: str, mean: float) -> None:
    scenario = read(changed(("travel: 2 h", f"travel: {text}"))).scenario
    done = stepped(scenario, ("route", "legs", 1, "travel"))
    assert done is not None
    after = done[0].route.legs[1].travel.value
    assert after.mean == pytest.approx(mean)
    assert after.kind == scenario.route.legs[1].travel.value.kind


@pytest.mark.parametrize(
    ("text", "mean"),
    [
        ("1", 1.1),
        ("0", 0.1),
        ("binomial 2 mean 0.8", 0.88),
        ("binomial 2 mean 1.9", 1.71),
        ("poisson 0.5", 0.55),
        ('"0 at 45%, 1 at 40%, 2 at 15%"', 0.8),
    ],
)
def test_companions_grow_by_about_a_tenth(text: str, mean: float) -> None:
    scenario = read(changed(("companions: binomial 2 mean 0.8", f"companions: {text}"))).scenario
    done = stepped(scenario, ("need", "classes", "urgent", "companions"))
    assert done is not None
    assert done[0].need.classes["urgent"].companions.value.mean == pytest.approx(mean)


def test_nothing_else_changes() -> None:
    """Every number that a run reads has a step, and each step moves what moves the model in one place."""
    scenario = read(SMALL).scenario
    before = canonical(scenario)
    moved = 0
    for entry in ledger(scenario):
        done = stepped(scenario, entry.path)
        if entry.is_prior or entry.path[0] == "observed":
            assert done is None
            continue
        assert done is not None, entry.key_path
        differ = [
            e.path for e, f in zip(ledger(scenario), ledger(done[0]), strict=False) if e.value != f.value
        ]
        assert differ == [entry.path]
        after = canonical(done[0])
        different = {key for key in before if key != "observed" and before[key] != after[key]}
        assert different == ({entry.path[0]} if entry.path[-1] != "length" else set())
        moved += 1
    assert moved > 20
