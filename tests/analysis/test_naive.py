"""Naive forecasts, skill, need and the rule of validation, computed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.analysis.naive import naive_forecasts
from sim.analysis.need import inferred_need
from sim.analysis.validate import interval_score, is_validated, keeps_record
from sim.experiment.posterior import Posterior
from sim.scenario.reading import read_text
from tests.analysis import ensembles
from tests.analysis.ensembles import ensemble, read

WEEKS = """observed:
  w1: {what: patients, from: 2030-03-01, by: 2030-03-07, value: 10, error: 1}
  w2: {what: patients, from: 2030-03-08, by: 2030-03-14, value: 14, error: 1}
  w3: {what: patients, from: 2030-03-15, by: 2030-03-21, value: 20, error: 1}
  floor: {what: patients, from: 2030-03-15, by: 2030-03-21, more_than: 3, error: 1}
  total: {what: patients, by: 2030-03-21, value: 40, error: 1}
  size: {what: convoy_size, by: 2030-03-07, value: 5, error: 2}
  size-later: {what: convoy_size, from: 2030-03-15, by: 2030-03-21, value: 9, error: 1}
"""
LONG = {"to: 2030-03-04": "to: 2030-03-31"}


def scenario(weeks: str = WEEKS):
    text = ensembles.TEXT
    for old, new in LONG.items():
        text = text.replace(old, new)
    return read_text(text + weeks, Path("."), "by-hand.yaml").scenario


def test_the_naive_rate_and_the_naive_size() -> None:
    """Two weeks of 10 and 14: mean 12, sd sqrt 8, Student's t with one degree of freedom; never below 0.
    A floor has no interval score, and a running total is no week."""
    table = naive_forecasts(scenario(), date(2030, 3, 14)).set_index("figure")
    assert sorted(table.index) == ["size-later", "w3"]
    half = np.sqrt(8) * np.sqrt(1.5) * stats.t.ppf(0.95, 1)
    assert table.loc["w3", ["low", "high"]].tolist() == pytest.approx([max(0, 12 - half), 12 + half])
    assert table.loc["w3", "score"] == pytest.approx(12 + half - max(0, 12 - half))
    normal = 2 * stats.norm.ppf(0.95)
    assert table.loc["size-later", ["low", "high"]].tolist() == pytest.approx([5 - normal, 5 + normal])
    assert table.loc["size-later", "score"] == pytest.approx(2 * normal + 20 * (9 - 5 - normal))
    assert naive_forecasts(scenario(), date(2030, 3, 1)).empty


def week(name: str, first: int, value: int) -> str:
    last = first + 6
    return f"  {name}: {{what: patients, from: 2030-03-{first:02}, by: 2030-03-{last:02}, value: {value}}}\n"


def test_the_naive_rate_is_that_of_the_last_four_weeks() -> None:
    """Would catch the first week of five among them, and a forecast for a week that has begun already."""
    known = ((1, 1000), (2, 8), (3, 9), (4, 11), (5, 12))
    rows = "".join(week(f"known-{day}", day, value) for day, value in known)
    later = week("begun", 11, 5) + week("next", 12, 5)
    days = "  eight-days: {what: patients, from: 2030-03-12, by: 2030-03-19, value: 5}\n"
    table = naive_forecasts(scenario("observed:\n" + rows + later + days), date(2030, 3, 11))
    (row,) = table.to_dict("records")
    half = np.sqrt(10 / 3) * np.sqrt(1.25) * stats.t.ppf(0.95, 3)
    assert (row["figure"], row["forecast"], row["observed"]) == ("next", "rate", 5)
    assert (row["low"], row["high"]) == pytest.approx((10 - half, 10 + half))


def test_the_naive_size_is_the_last_one_known() -> None:
    """Would catch the first size in place of the last, a floor taken for a size, and a size that forecasts
    itself."""
    sizes = ((7, "value: 5, error: 2"), (14, "value: 6, error: 1"), (15, "more_than: 2"), (21, "value: 9"))
    rows = "".join(f"  s{day}: {{what: convoy_size, by: 2030-03-{day:02}, {said}}}\n" for day, said in sizes)
    table = naive_forecasts(scenario("observed:\n" + rows), date(2030, 3, 15))
    (row,) = table.to_dict("records")
    assert (row["figure"], row["forecast"], row["observed"]) == ("s21", "size", 9)
    half = stats.norm.ppf(0.95)
    assert (row["low"], row["high"]) == pytest.approx((6 - half, 6 + half))
    assert naive_forecasts(scenario("observed:\n" + rows), date(2030, 3, 21)).empty


def test_an_interval_score_is_a_width_and_what_is_missed() -> None:
    assert interval_score(2, 5, 4) == 3
    assert interval_score(2, 5, 7) == pytest.approx(3 + 20 * 2)
    assert interval_score(2, 5, 1) == pytest.approx(3 + 20)


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([("calibrate", True, True), ("validate", False, True)], True),
        ([("calibrate", True, False), ("validate", False, True)], False),
        ([("calibrate", True, True), *[("validate", False, True)] * 9, ("validate", False, False)], True),
        ([("calibrate", True, True), *[("validate", False, True)] * 8, ("validate", False, False)], False),
        ([("calibrate", True, True), ("compare", False, False)], True),
        ([("compare", False, True)], False),
        ([("calibrate", True, None)], False),
    ],
)
def test_the_rule_of_validation(rows: list[tuple[str, bool, bool | None]], kept: bool) -> None:
    """Every figure that was seen, nine in ten of the others; neither claims nor one replication count."""
    assert is_validated(pd.DataFrame(rows, columns=["use", "seen", "inside"], dtype=object)) is kept


def test_a_figure_that_no_history_defines_is_missed() -> None:
    """Would catch a mean over no convoys that drops out of the verdict, and leaves it to the others."""
    daily = {
        "patients[carrier=clinic]": [[0, 2, 4, 6, 8]] * 5,
        "convoys[carrier=clinic]": [[0, 1, 2, 3, 4]] * 5,
        "patients[carrier=army]": [[0, 0, 0, 0, 0]] * 3 + [[0, 0, 0, 0, 2]] * 2,
        "convoys[carrier=army]": [[0, 0, 0, 0, 0]] * 3 + [[0, 0, 0, 0, 1]] * 2,
    }
    measures = {"actual": {"referred": [1.0] * 5}}
    for carrier, kept in (("clinic", True), ("army", False)):
        figure = f"{{what: convoy_size, carrier: {carrier}, by: 2030-03-04, value: 2, error: 1}}"
        assert keeps_record(ensemble(measures, daily, f"observed: {{size: {figure}}}\n")) is kept


def test_need_is_who_was_referred_by_the_end_beside_the_claim() -> None:
    daily = {"referred": [[0, 4, 9, 12, 20], [0, 3, 5, 8, 10]]}
    more = "observed: {claim: {what: referred, by: 2030-03-04, at_least: 15, use: compare}}\n"
    measures = {"actual": {"referred": [20.0, 10.0]}}
    (row,) = inferred_need(ensemble(measures, daily, more)).to_dict("records")
    assert (row["variant"], row["reading"], row["claim"], row["at_or_above"]) == ("base", "referred", 15, 0.5)
    assert row["median"] == 15
    (row,) = inferred_need(ensemble(measures, daily, more.replace("15", "20"))).to_dict("records")
    assert row["at_or_above"] == 0.5, "as many as claimed is not fewer"
    assert read(more).scenario.observed["claim"].use == "compare"


NEED = """need:
  initial_list: {prior: uniform 0 .. 99}
  referrals:
    2030-03-01: 1 / day
    2030-03-02: 5 / day
    2030-03-03: {prior: uniform 1 / day .. 9 / day}
"""


def test_need_had_the_last_rate_held_from_the_first_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a list at the start that is left out, the first rate for the last, another history's
    numbers, or a day too few: 10 listed and four days at 2 a day are 18."""
    monkeypatch.setattr(ensembles, "TEXT", ensembles.TEXT.replace("need:\n  initial_list: 1000\n", NEED))
    made = ensemble({"actual": {"referred": [7.0] * 3}}, {"referred": [[0, 1, 3, 5, 7]] * 3})
    assert inferred_need(made)["reading"].tolist() == ["referred"]
    posterior = Posterior(
        "by-hand", "base", "whole-record", "", seed=1,
        names=("need.referrals.2030-03-03", "need.initial_list"),
        values=np.array([[3.0, 20.0], [2.0, 10.0]]), streams=(), luck=np.array([[[1]], [[2]]]),
        weights=np.array([1, 2]), priors={}, about={},
    )  # fmt: skip
    table = inferred_need(replace(made, posteriors={"base": posterior})).set_index("reading")
    assert table["median"].to_dict() == {"referred": 7, "last rate throughout": 18}
    assert table.loc["last rate throughout", ["low", "high"]].tolist() == [18, 32]
    known = replace(posterior, names=posterior.names[:1], values=posterior.values[:, :1])
    fixed = ensembles.TEXT.replace("{prior: uniform 0 .. 99}", "5")
    monkeypatch.setattr(ensembles, "TEXT", fixed)
    made = ensemble({"actual": {"referred": [7.0] * 3}}, {"referred": [[0, 1, 3, 5, 7]] * 3})
    table = inferred_need(replace(made, posteriors={"base": known})).set_index("reading")
    assert table.loc["last rate throughout", "median"] == 5 + 4 * 2
