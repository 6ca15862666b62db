"""Naive forecasts, skill, need and the rule of validation, computed by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.analysis.naive import naive_forecasts
from sim.analysis.need import inferred_need
from sim.analysis.validate import interval_score, is_validated, keeps_record
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


def scenario():
    from pathlib import Path

    from sim.scenario.reading import read_text
    from tests.analysis.ensembles import TEXT

    text = TEXT
    for old, new in LONG.items():
        text = text.replace(old, new)
    return read_text(text + WEEKS, Path("."), "by-hand.yaml").scenario


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
        "patients[carrier=clinic]": [[0, 2, 4, 6, 8]] * 4,
        "convoys[carrier=clinic]": [[0, 1, 2, 3, 4]] * 4,
        "patients[carrier=army]": [[0, 0, 0, 0, 0]] * 3 + [[0, 0, 0, 0, 2]],
        "convoys[carrier=army]": [[0, 0, 0, 0, 0]] * 3 + [[0, 0, 0, 0, 1]],
    }
    measures = {"actual": {"referred": [1.0] * 4}}
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
    assert read(more).scenario.observed["claim"].use == "compare"
