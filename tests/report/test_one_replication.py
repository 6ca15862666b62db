"""A report of one replication, of a scenario of which nothing was published and nothing is uncertain.

Why: whoever begins with `-n 1` and a scenario of ten lines gets every sentence of the page that has nothing
to say. None of them may offer a range, a figure or an influence that there is not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.analysis import sensitivity
from sim.experiment.executors import serial
from sim.report.claims import as_text as claims_text
from sim.report.sensitivity import as_text, budget_sentence, sensitivity_data
from sim.report.tornado import pictures
from sim.scenario.reading import read_text
from tests.report.reports import Reader, documents, report_of, wrong_numbers

BARE = """\
name: bare
title: A corridor of which nothing was published
replications: 4
period: {from: 2030-03-01, to: 2030-03-10, utc_offset: "+00:00"}
need: {initial_list: 40, classes: {patient: {}}}
carriers: {clinic: {fleet: {van: {count: 1, seats: 3}}, plan: {days: daily, at: "08:00"}}}
route: {from: home, legs: [{to: town, travel: 2 h}]}
impediments: {gate: {kind: closure, from: 2030-03-04, to: 2030-03-05}}
windows: {later: {from: 2030-03-04}}
variants: {fewer: {says: Few asked., change: {need: {initial_list: 20}}}}
"""


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return report_of(BARE, (4, 1), replications=1)


@pytest.fixture(scope="module")
def docs(files: dict[str, bytes]) -> dict[str, Any]:
    return documents(files)


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_page_offers_no_range_and_no_figure(files: dict[str, bytes], docs: dict[str, Any]) -> None:
    html = files["report.html"].decode()
    assert wrong_numbers(html, docs) == []
    said = words(" ".join(Reader(html).rest))
    for answer in (
        "The scenario names no published figure.",
        "There is no published figure to compare with.",
        "No uncertain parameter of the variant base is assumed.",
        "One replication has no range: run more.",
    ):
        assert answer in said
    assert "ILLUSTRATIVE" not in html
    assert "nan" not in html.partition("<main>")[2].replace("finance", "")
    assert not {"tornado.png", "tornado.svg"} & set(files)
    assert docs["sensitivity.json"]["parameters"] == []


def test_no_claim_has_an_interval_of_any_kind(docs: dict[str, Any]) -> None:
    """Would catch "90 % prediction intervals" of a single draw among the sentences to quote."""
    told = words(claims_text(docs["claims.json"]))
    assert "One replication says what can happen, not how often: nothing of it is to be quoted." in told
    assert "one replication gives 0–6 (no interval; base, fewer) more patients" in told
    three = ", ".join(f"{words} 6 (no interval)" for words in ("value", "removed alone", "removed last"))
    assert f" {three} patients (one replication, variant base)." in told
    assert told.count("- interval: none: one replication") == len(docs["claims.json"]["claims"]) == 5
    assert "prediction" not in told.partition("Do not say")[0]
    assert "ILLUSTRATIVE" not in told


def test_the_days_of_one_replication_are_its_own(docs: dict[str, Any]) -> None:
    """Would catch a band of quantiles over a single row, which are not numbers."""
    for lines in docs["timeline.json"]["worlds"]["unimpeded"].values():
        assert lines["low"] == lines["median"] == lines["high"]
    assert docs["timeline.json"]["worlds"]["unimpeded"]["evacuated"]["median"] == [3 * k for k in range(11)]
    for world in docs["switches.json"]["worlds"]["base"]:
        assert all(said.endswith(" [no interval]") for said in world["told"])


def test_without_an_uncertain_number_nothing_is_shared_out() -> None:
    """Would catch a design without columns, and a tornado without bars."""
    file = read_text(BARE, Path(), "bare.yaml")
    study = sensitivity.plan_study(file, samples=4, luck=1, structures=False)
    assert (study.points, study.runs) == (0, 1)
    assert "Sobol" not in budget_sentence(study, study.runs, 8, 1.0, 1)
    whole = sensitivity.plan_study(file, samples=4, luck=1)
    data = sensitivity_data(sensitivity.run(whole, serial()), "0")
    said = words(as_text(data, "Written to: there"))
    assert "there is nothing to share the variance out to. variants and structures" in said
    assert "Sobol" not in said
    assert pictures(data) == {}
