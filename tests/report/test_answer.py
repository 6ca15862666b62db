"""The answer's data and tables: every number with its interval and kind, every world with its definition."""

import json
import re

import pytest

from sim.report.answer import answer
from sim.report.contents import as_text, contents
from sim.report.cost import Cost, expected_cost
from sim.report.tables import PLAIN_WIDTH, render


@pytest.fixture(scope="module")
def told(ensemble):
    return answer(ensemble, "1.2.3", "abcdef123456")


def test_it_is_plain_data(told):
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_every_estimate_names_its_kind(told):
    for row in told["measures"]:
        for estimate in row["worlds"].values():
            assert (estimate["kind"], estimate["level"]) == ("prediction", 0.9)
            assert estimate["low"] <= estimate["point"] <= estimate["high"]
        assert row["difference"]["interval"]["kind"] == "prediction"
        assert row["difference"]["mean_interval"]["kind"] == "monte_carlo"


def test_the_difference_is_paired_not_a_difference_of_summaries(told, ensemble):
    for row in told["measures"]:
        a = ensemble.measures["base", "unimpeded"][row["measure"]]
        b = ensemble.measures["base", "actual"][row["measure"]]
        assert row["difference"]["mean"] == pytest.approx((a - b).mean(), abs=1e-9)
        assert row["difference"]["high"] == (a - b).max()  # of eight


def test_the_span_covers_every_variant(told):
    span, rows = told["headline"]["span"], told["headline"]["variants"]
    assert [row["variant"] for row in rows] == ["base", "short-list"]
    assert span["low"] == min(row["low"] for row in rows)
    assert span["high"] == max(row["high"] for row in rows)


def test_the_published_total_stands_beside_the_model_s(told):
    by_label = {row["label"]: row["observed"] for row in told["measures"]}
    assert by_label["Patients evacuated"]["published"] == "at least 12"
    assert by_label["Convoys run"] is None
    assert {row["figure"] for row in told["observed"]} == {"end", "middle"}


def test_worlds_say_what_is_removed_and_what_holds_then(told):
    worlds = {world["name"]: world for world in told["worlds"]}
    assert list(worlds) == ["actual", "unimpeded", "no-permits", "late", "two-vans"]
    assert worlds["unimpeded"]["sentence"] == (
        "Removed: closures (2), permits. Then: convoys leave in that time too, as the carrier plans and the "
        "other rules allow; Nobody asks for permits. Conditions stay."
    )
    assert worlds["late"]["sentence"].startswith("Removed from 2024-03-06 on: ")
    assert not worlds["two-vans"]["pure_removal"]
    assert "NOT A PURE REMOVAL: it assumes carriers.vans.fleet.van.count: 2" in worlds["two-vans"]["sentence"]


def test_the_page_is_plain_narrow_and_complete(told):
    page = render(told, "corridor run small.yaml", "results/small", terminal=False)
    assert "\x1b" not in page
    assert max(len(line) for line in page.splitlines()) <= PLAIN_WIDTH
    for said in ("ILLUSTRATIVE", "two-vans *", "no-permits", "Status: set by hand, not validated.",
                 "Written to: results/small", "at least 12"):  # fmt: skip
        assert said in page
    # Every cell of the main table that holds a number holds its interval too.
    rows = [line for line in page.splitlines() if line.startswith(("Patients evacuated", "Convoys run"))]
    for cell in (cell.strip() for row in rows for cell in row.split("|")[2:]):
        assert re.fullmatch(r"−?[\d,.]+ \[.+\]", cell), cell


def test_colours_only_in_a_terminal(told):
    assert "\x1b[1m" in render(told, "corridor run small.yaml", None, terminal=True)


def test_contents_count_and_list(ensemble):
    data = contents(ensemble.file)
    assert sum(data["numbers"].values()) > 10
    assert data["impediments"] == {
        "closures": ["first (closure)", "second (closure)"], "permits": ["permits (passage_limit)"],
    }  # fmt: skip
    assert as_text(data).startswith("small.yaml: valid\n")


def test_cost_is_predicted_from_the_means(ensemble):
    cost = expected_cost(ensemble.file, replications=100, worlds=5, variants=["base", "short-list"])
    assert cost.patients == 30 + 10 * 1
    assert cost.patient_runs == (40 + 13) * 5 * 100
    assert cost.slots == 10
    assert cost.refusals() == []


@pytest.mark.parametrize(
    "cost",
    [Cost(200_001, 0, 0), Cost(0, 20_000_001, 0), Cost(0, 0, 50_000_001)],
    ids=["patients", "slots", "runs"],
)
def test_each_limit_refuses_alone(cost):
    assert len(cost.refusals()) == 1
