"""Validation as text and figure: verdicts, naive forecasts and the need, from tables made by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sim.analysis.validation import Validation
from sim.report.validation import as_data, figure, files, render
from sim.scenario.reading import read_text

NAN = float("nan")
FILE = read_text(
    """\
name: weeks
title: Two weeks, one of them held back
period: {from: 2030-03-01, to: 2030-03-20, utc_offset: "+00:00"}
need: {initial_list: 40, classes: {patient: {}}}
carriers: {clinic: {fleet: {van: {count: 1, seats: 3}}, plan: {days: daily, at: "08:00"}}}
route: {from: home, legs: [{to: town, travel: 2 h}]}
observed:
  week: {what: patients, from: 2030-03-08, by: 2030-03-14, value: 14, error: 1}
  sizes: {what: convoy_size, by: 2030-03-14, value: 3}
  floor: {what: patients, by: 2030-03-19, more_than: 20}
  asked: {what: referred, by: 2030-03-19, at_least: 50, use: compare}
""",
    Path(),
    "weeks.yaml",
)


def row(name: str, **more: Any) -> dict[str, Any]:
    return {
        "figure": name, "what": "patients", "carrier": "", "by": date(2030, 3, 14), "bound": "exact",
        "observed": 14.0, "median": 13.0, "low": 10.0, "high": 16.0, "published_low": 9.5,
        "published_high": 16.5, "pit": 0.61, "inside": True, "strictly": True, "score": 7.0, "defined": 100,
        "use": "validate", "seen": False, "source": "", "naive": None, "naive_low": NAN, "naive_high": NAN,
        "naive_score": NAN, **more,
    }  # fmt: skip


FLOOR = {"published_low": NAN, "published_high": NAN, "strictly": None, "score": NAN}
FIGURES = pd.DataFrame(
    [
        row("week", naive="rate", naive_low=2.0, naive_high=22.0, naive_score=20.0),
        row("sizes", what="convoy_size", observed=3.0, naive="size", naive_low=2.5, naive_high=3.5,
            naive_score=1.0, inside=False, strictly=False, seen=True),
        row("floor", bound="more_than", observed=20.0, seen=True, **FLOOR),
        row("asked", what="referred", bound="at_least", observed=50.0, use="compare", **FLOOR),
    ]
)  # fmt: skip


def validation(**more: Any) -> Validation:
    need = {"variant": "base", "reading": "referred", "median": 60.0, "low": 44.0, "high": 71.0}
    return Validation(
        **{
            "variant": "base", "calibration": "early", "until": date(2030, 3, 7), "from_prior": "",
            "replications": 100, "figures": FIGURES,
            "need": pd.DataFrame([{**need, "claim": 50.0, "at_or_above": 0.9}]), "keeps": True,
            "mixed": True, **more,
        }
    )  # fmt: skip


def cells(text: str) -> dict[str, list[str]]:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if "|" in line]
    return {first: rest for first, *rest in rows}


def test_every_figure_has_its_verdict_and_its_naive_forecast() -> None:
    """Would catch a claim that counts as inside, a floor with a score, and another figure's forecast."""
    table = cells(render(FILE, [validation()], "Written to: there"))
    assert {name: table[name] for name in ("week", "sizes", "floor", "asked")} == {
        "week": ["14", "13 [10–16]", "9.5–16.5", "0.61", "inside", "held back", "7.0", "20.0 rate"],
        "sizes": ["3", "13.0 [10.0–16.0]", "9.5–16.5", "0.61", "OUTSIDE", "seen", "7.0", "1.0 size"],
        "floor": ["more than 20", "13 [10–16]", "", "0.61", "reached", "seen", "", ""],
        "asked": ["at least 50", "13 [10–16]", "", "0.61", "", "claim", "", ""],
    }


def test_skill_is_said_of_either_side() -> None:
    """Would catch a model that is worse than a naive forecast and is told as better."""
    said = " ".join(render(FILE, [validation()], "").split())
    assert (
        "Skill: mean interval score 7.0, better than the naive forecast `rate` (20.0) on 1 figure after "
        "2030-03-07." in said
    )
    assert "score 7.0, NO better than the naive forecast `size` (1.0)" in said
    without = FIGURES.assign(naive=None, naive_low=NAN, naive_high=NAN, naive_score=NAN)
    bare = render(FILE, [validation(figures=without)], "")
    assert "Skill:" not in bare
    assert "| naive" not in bare


def test_where_nothing_was_published_no_table_is_drawn() -> None:
    """Would catch an empty table under a heading that says "not validated" and not why."""
    none = validation(figures=FIGURES[:0], keeps=False)
    assert not [name for name in files(FILE, [none]) if name.endswith(".png")]
    said = render(FILE, [none], "")
    assert "Nothing was published to hold it against: the scenario has no observed figures." in said
    assert "published | predicted" not in said


@pytest.mark.parametrize(
    ("keeps", "mixed", "said"),
    [
        (True, True, "calibration early: validated"),
        (True, False, "keeps the record, but the chains have not mixed: NOT VALIDATED"),
        (False, True, "calibration early: NOT VALIDATED"),
        (False, False, "calibration early: NOT VALIDATED"),
    ],
)
def test_validated_takes_both(keeps: bool, mixed: bool, said: str) -> None:
    (heading, *_) = render(FILE, [validation(keeps=keeps, mixed=mixed)], "").splitlines()
    assert heading.endswith(said)


@pytest.mark.parametrize(
    ("share", "prior", "said"),
    [(0.9, "", "90 of 100"), (0.0, "", "0 of 100"), (0.0, "none", "0 of 100 (fewer than about 1 in 33)")],
)
def test_how_often_the_need_reaches_the_claim(share: float, prior: str, said: str) -> None:
    """Would catch a bound on what never occurred over histories that are not independent."""
    need = validation().need.assign(at_or_above=share)
    table = cells(render(FILE, [validation(need=need, from_prior=prior)], ""))
    assert table["base, early"] == ["referred", "60 [44–71]", "≥ 50", said]


def test_one_history_has_no_interval_of_need() -> None:
    """Would catch `[nan–nan]`."""
    need = validation().need.assign(low=NAN, high=NAN, claim=NAN, at_or_above=NAN)
    told = render(FILE, [validation(need=need, replications=1)], "")
    assert cells(told)["base, early"] == ["referred", "60 [no interval]", "", ""]
    assert "nan" not in told


def test_the_figure_draws_naive_forecasts_beside_their_figures() -> None:
    """Would catch a forecast drawn at another figure, or of one that has none."""
    left, right = figure(FILE, validation()).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["floor"]
    assert [label.get_text() for label in right.get_yticklabels()] == ["week", "sizes"]
    grey = [line for line in right.get_lines() if line.get_linewidth() == 1.5 and len(line.get_xdata()) == 2]
    assert [line.get_xdata().tolist() for line in grey] == [[2.0, 22.0], [2.5, 3.5]]
    assert [round(line.get_ydata()[0]) for line in grey] == [0, 1]
    assert not [
        line for line in left.get_lines() if line.get_linewidth() == 1.5 and len(line.get_xdata()) == 2
    ]


def test_the_figure_has_no_panel_and_no_legend_of_nothing() -> None:
    """Would catch empty axes, and a naive forecast in the legend of a figure that draws none."""
    floor = FIGURES[FIGURES["figure"] == "floor"]
    drawn = figure(FILE, validation(figures=floor))
    (only,) = drawn.axes
    assert [label.get_text() for label in only.get_yticklabels()] == ["floor"]
    (legend,) = drawn.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "predicted, figure seen by calibration", "published (▸ a floor)"
    ]  # fmt: skip


def test_the_data_hold_the_same_and_nothing_undefined() -> None:
    (data,) = as_data(FILE, [validation()])["validations"]
    assert (data["until"], data["validated"], len(data["skill"])) == ("2030-03-07", True, 2)
    assert data["figures"][2]["score"] is None
    assert data["figures"][0]["by"] == "2030-03-14"
    made = files(FILE, [validation()])
    assert set(made) == {"validation.csv", "need.csv", "validation.json", "base.early.png"}
    assert made["validation.csv"].decode().splitlines()[0].endswith("naive_score,variant,calibration")
