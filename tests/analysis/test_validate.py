"""Observed figures against the actual world: the right day, the right people, the right side of a floor."""

from __future__ import annotations

import numpy as np
import pytest

from sim.analysis.record import Record
from sim.analysis.validate import check_observed, predicted
from tests.analysis.ensembles import ensemble

# At 00:00 of 1, 2, 3, 4 March and at 24:00 of 4 March; two replications.
DAILY = {
    "patients[carrier=clinic]": [[0, 1, 3, 6, 10], [0, 2, 4, 6, 8]],
    "patients[carrier=army]": [[0, 0, 0, 0, 1], [0, 0, 0, 0, 0]],
    "people[carrier=clinic]": [[0, 2, 6, 12, 20], [0, 4, 8, 12, 16]],
    "people[carrier=army]": [[0, 0, 0, 0, 3], [0, 0, 0, 0, 0]],
    "convoys[carrier=clinic]": [[0, 1, 2, 2, 4], [0, 1, 2, 3, 4]],
    "convoys[carrier=army]": [[0, 0, 0, 0, 1], [0, 0, 0, 0, 0]],
    "waiting[class=urgent]": [[9, 8, 7, 6, 5], [9, 9, 9, 9, 9]],
    "waiting[class=planned]": [[1, 2, 3, 4, 5], [0, 0, 0, 0, 0]],
}


OWN = "own_vehicles: {families: {people: 90, companions: 2, ready: {2030-03-01: 1 / h}}}\n"


def row(figure: str) -> dict[str, object]:
    table = check_observed(ensemble(daily=DAILY, more=f"observed:\n  seen: {{{figure}}}\n"))
    assert len(table) == 1
    return dict(table.iloc[0])


@pytest.mark.parametrize(
    ("figure", "values"),
    [
        ("what: patients, by: 2030-03-02", [3, 4]),
        ("what: patients, by: 2030-03-02, at: start", [1, 2]),
        ("what: patients, by: 2030-03-04", [11, 8]),
        ("what: patients, by: 2030-03-05, at: start", [11, 8]),
        ("what: patients, by: 2030-03-04, from: 2030-03-03", [8, 4]),
        ("what: patients, by: 2030-03-03, from: 2030-03-03", [3, 2]),
        ("what: patients, by: 2030-03-03, from: 2030-03-03, at: start", [0, 0]),
        ("what: patients, by: 2030-03-04, carrier: clinic", [10, 8]),
        ("what: people, by: 2030-03-04", [23, 16]),
        ("what: convoys, by: 2030-03-04", [5, 4]),
        ("what: convoys, by: 2030-03-03, carrier: army", [0, 0]),
        ("what: waiting, by: 2030-03-03", [10, 9]),
        ("what: waiting, by: 2030-03-03, at: start", [10, 9]),
        ("what: waiting, by: 2030-03-03, classes: [urgent]", [6, 9]),
        ("what: waiting, by: 2030-03-01, at: start, classes: [planned]", [1, 0]),
        ("what: convoy_size, by: 2030-03-04, carrier: clinic", [2.5, 2]),
        ("what: convoy_size, by: 2030-03-03, from: 2030-03-03, carrier: clinic", [np.nan, 2]),
    ],
)
def test_what_the_model_says_of_a_figure(figure: str, values: list[float]) -> None:
    """Would catch a figure held against the day before or after (a bulletin counts to 24:00 of its day, a
    lagging one to its 00:00), or against another carrier or class."""
    made = ensemble(daily=DAILY, more=f"observed:\n  seen: {{{figure}, value: 3}}\n")
    scenario = made.file.scenario
    got = predicted(scenario, made.daily["base", "actual"], scenario.observed["seen"])
    np.testing.assert_array_equal(got, np.array(values, dtype=float))


ROAD = {
    "referred": [[0, 3, 5, 9, 9]],
    "people_arrived": [[0, 10, 20, 30, 40]],
    "people_arrived[at=20:00]": [[7, 17, 27, 37, 37]],  # of 1 March first
    "travel_hours": [[0, 20, 50, 130, 130]],
    "own_arrived": [[0, 10, 15, 25, 25]],
}


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        ("what: referred, by: 2030-03-02", 5),
        ("what: referred, by: 2030-03-03, from: 2030-03-02", 6),
        ("what: people_arrived, by: 2030-03-02", 20),
        ('what: people_arrived, by: 2030-03-02, at: "20:00"', 17),
        ("what: travel_hours, by: 2030-03-03", 8),
        ("what: travel_hours, by: 2030-03-03, from: 2030-03-02", 7.333333333333333),
        ("what: travel_hours, by: 2030-03-04", np.nan),
    ],
)
def test_what_the_model_says_of_referrals_and_own_vehicles(figure: str, value: float) -> None:
    """Would catch referrals of all days for those since a day, the midnight for the hour of a count, and
    hours on the road that are a total, or those of all days where the figure is a day's."""
    made = ensemble(daily=ROAD, more=f"{OWN}observed:\n  seen: {{{figure}, value: 3}}\n")
    scenario = made.file.scenario
    series = made.daily["base", "actual"]
    seen = scenario.observed["seen"]
    np.testing.assert_array_equal(predicted(scenario, series, seen), [value])
    record = Record(scenario, {"seen": seen}, tuple(series))
    told = record.read(np.array([rows[0] for rows in series.values()]))
    np.testing.assert_array_equal(told, [value])


@pytest.mark.parametrize(("value", "pit"), [("7", 0.0), ("8", 0.25), ("9", 0.5), ("11", 0.75), ("12", 1.0)])
def test_where_a_figure_falls(value: str, pit: float) -> None:
    """Would catch a share below in place of a mid-distribution one: with whole numbers ties are common."""
    got = row(f"what: patients, by: 2030-03-04, value: {value}")
    assert got["pit"] == pit
    assert got["inside"] == (0 < pit < 1)
    assert (got["observed"], got["bound"], got["use"]) == (float(value), "exact", "validate")


@pytest.mark.parametrize(
    ("figure", "bound", "inside"),
    [
        ("value: 12", "exact", False),
        ("value: 12, error: 0.5", "exact", True),
        ("about: 6, error: 0.9", "about", False),
        ("about: 6, error: 1", "about", True),
        ("more_than: 7", "more_than", True),
        ("more_than: 11", "more_than", False),
        ("more_than: 11, error: 1", "more_than", True),
        ("at_least: 11", "at_least", True),
        ("at_least: 12", "at_least", False),
        ("at_least: 12, error: 0.5", "at_least", True),
        ("more_than: 1", "more_than", True),
    ],
)
def test_inside_or_not(figure: str, bound: str, inside: bool) -> None:
    """Would catch `more than 7` held as if it were 7: a floor is only missed from below. The model says 8
    to 11; an error of observation widens that by two standard errors."""
    got = row(f"what: patients, by: 2030-03-04, {figure}")
    assert (got["bound"], got["inside"]) == (bound, inside)


@pytest.mark.parametrize(
    ("figure", "inside", "strictly"),
    [
        ("value: 8", True, True),
        ("value: 12, error: 0.5", True, False),
        ("about: 13, error: 0.5", False, False),
        ("more_than: 7", True, None),
        ("at_least: 12", False, None),
    ],
)
def test_inside_without_the_error_of_observation_is_told_apart(
    figure: str, inside: bool, strictly: bool | None
) -> None:
    """Would catch figures counted as inside the 90 % interval that only lie in a wider one."""
    got = row(f"what: patients, by: 2030-03-04, {figure}")
    assert (got["inside"], got["strictly"]) == (inside, strictly)


def test_one_replication_has_no_verdict() -> None:
    """Would catch a figure inside, or outside, of an interval that is not there."""
    one = {name: rows[:1] for name, rows in DAILY.items()}
    for figure in ("value: 9", "more_than: 9"):
        more = f"observed:\n  seen: {{what: patients, by: 2030-03-04, {figure}}}\n"
        got = check_observed(ensemble(daily=one, more=more)).iloc[0]
        assert (got["inside"], got["strictly"]) == (None, None)


def test_a_mean_over_no_convoys_is_no_value() -> None:
    """Would catch convoys of size 0, or nan, among the predictions; without any value there is no row."""
    got = row("what: convoy_size, by: 2030-03-03, from: 2030-03-03, carrier: clinic, value: 2")
    assert (got["median"], got["pit"]) == (2.0, 0.5)
    none = "observed:\n  seen: {what: convoy_size, by: 2030-03-02, carrier: army, value: 2}\n"
    assert check_observed(ensemble(daily=DAILY, more=none)).empty


def test_the_table_says_where_a_figure_is_from() -> None:
    """Would catch figures that calibration has seen being shown among those that test the model."""
    made = ensemble(
        daily=DAILY,
        more="sources:\n  page: {title: A page, publisher: Somebody}\n"
        "observed:\n  a: {what: patients, by: 2030-03-04, value: 9, error: 1, use: calibrate, source: page}\n"
        "  b: {what: people, by: 2030-03-04, value: 20, carrier: clinic}\n",
    )
    table = check_observed(made).set_index("figure")
    assert table["use"].to_dict() == {"a": "calibrate", "b": "validate"}
    assert table["source"].to_dict() == {"a": "page", "b": ""}
    assert table["carrier"].to_dict() == {"a": "", "b": "clinic"}
