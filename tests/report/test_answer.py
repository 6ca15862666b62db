"""The answer's data and tables: every number with its interval and kind, every world with its definition."""

import json
import os
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sim.experiment.ensemble import simulate
from sim.experiment.precision import Precision
from sim.model.quantiles import prior_value
from sim.report.answer import answer
from sim.report.contents import as_text, contents
from sim.report.cost import Cost, expected_cost, prior_mean, refusal
from sim.report.tables import PLAIN_WIDTH, render
from sim.report.worlds import define
from sim.scenario.distributions import rate_prior, share_prior
from sim.scenario.reading import read_text
from sim.scenario.schema import World
from tests.report.conftest import SCENARIO


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
        assert row["difference"]["high"] == pytest.approx((a - b).max())  # of eight


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
        "other rules allow; Nobody asks for permits."
    )
    assert not any("Conditions stay" in world["sentence"] for world in worlds.values())  # there are none
    assert worlds["late"]["sentence"].startswith("Removed from 2024-03-06 on: ")
    assert not worlds["two-vans"]["pure_removal"]
    assert "NOT A PURE REMOVAL: it assumes carriers.vans.fleet.van.count: 2" in worlds["two-vans"]["sentence"]


def test_what_a_world_assumes_is_what_moves_the_model() -> None:
    """Would catch a source's words listed among the assumed values."""
    plan = {"days": ["mon", "thu"], "by_list": [], "assumed": "As in spring."}
    world = World(assume={"carriers": {"vans": {"plan": plan}}})
    scenario = read_text(SCENARIO, Path(), "small.yaml").scenario
    assert define(scenario, "again", world, ())["assumes"] == [
        "carriers.vans.plan.days: [mon, thu]", "carriers.vans.plan.by_list: []"
    ]  # fmt: skip


def test_conditions_that_stay_are_named():
    text = SCENARIO + "conditions: {snow: {kind: closure, from: 2024-03-09, to: 2024-03-09}}\n"
    made = simulate(read_text(text, Path(), "small.yaml"), replications=2, variants=["base"])
    (world,) = [w for w in answer(made, "1", "a")["worlds"] if w["name"] == "unimpeded"]
    assert world["sentence"].endswith(" Conditions stay (snow).")


def test_windows_are_the_headline_s_measure_within_them(told, ensemble):
    (window,) = told["windows"]
    assert (window["window"], window["from"], window["to"]) == ("second-week", "2024-03-08", "2024-03-10")
    name = "patients_evacuated[window=second-week]"
    pair = [ensemble.measures["base", world][name] for world in ("unimpeded", "actual")]
    assert window["difference"]["mean"] == pytest.approx((pair[0] - pair[1]).mean())
    assert window["worlds"]["actual"]["point"] == pair[1].median()
    page = render(told, "corridor run small.yaml", None, terminal=False)
    (line,) = [line for line in page.splitlines() if line.startswith("second-week, 8 March 2024")]
    assert re.search(r"\| +\d+ \[.+\] \| +\d+ \[.+\] \| +−?\d+ \[.+\]$", line)


def test_without_windows_there_is_no_such_table(told):
    page = render({**told, "windows": []}, "corridor run small.yaml", None, terminal=False)
    assert "By window" not in page


def test_a_published_total_shows_its_date_unless_it_is_the_last_day_s(told):
    shown = {}
    for day in ("2024-03-10", "2024-03-09"):
        rows = [
            {**row, "observed": row["observed"] and {**row["observed"], "by": day}}
            for row in told["measures"]
        ]
        page = render({**told, "measures": rows}, "corridor run", None, terminal=False)
        column = [line.split("|")[1].strip() for line in page.splitlines() if line.count("|") > 3]
        shown[day] = "at least 12 by 9 March [bulletin]" in " ".join(column)
    assert "at least 12" in page
    assert shown == {"2024-03-10": False, "2024-03-09": True}


def test_the_verdicts_on_published_figures(told):
    def words(inside, strictly):
        rows = [{**told["observed"][0], "inside": inside, "strictly": strictly}]
        page = render({**told, "observed": rows}, "corridor run", None, terminal=False)
        (line,) = [line for line in page.splitlines() if line.startswith("end ")]
        return line.split("|")[3].strip()

    cases = [(True, True), (True, False), (False, False), (True, None), (False, None), (None, None)]
    assert [words(*case) for case in cases] == [
        "inside", "inside with error", "OUTSIDE", "not contradicted", "OUTSIDE", "",
    ]  # fmt: skip


def test_a_figure_that_some_replications_lack_says_in_how_many_it_is(told):
    """Would catch a mean over half of the replications that stands for all of them."""
    row = told["observed"][0]
    pages = [
        render({**told, "observed": [{**row, "defined": n}]}, "corridor run", None, terminal=False)
        for n in (8, 5)
    ]
    verdicts = [
        line.split("|")[3].strip() for page in pages for line in page.splitlines() if "end " in line[:4]
    ]
    assert verdicts == ["not contradicted", "not contradicted (of 5)"]


def test_without_published_figures_there_is_no_such_table(told):
    assert "Published figures against" in render(told, "corridor run", None, terminal=False)
    page = render({**told, "observed": []}, "corridor run", None, terminal=False)
    assert "Published figures against" not in page
    assert "PIT" not in page


def test_a_precision_that_was_asked_for_is_told_in_the_data_and_on_the_page(ensemble):
    """Would catch one that was missed and is not mentioned: whoever quotes the mean takes it for reached."""
    precision = Precision(asked=0.01, reached=float("inf"), replications=8, capped=True)
    data = answer(replace(ensemble, precision=precision), "1", "a")
    assert data["run"]["precision"] == {"asked": 0.01, "reached": None, "replications": 8, "capped": True}
    page = " ".join(render(data, "corridor run", None, terminal=False).split())
    assert "Precision: 1 % of the headline's mean" in page
    assert "cannot be reached: that mean is 0 in a variant after 8 replications" in page


def test_each_variant_says_what_its_numbers_are_drawn_from(ensemble):
    """Would catch a variant without a posterior that passes for calibrated beside another's."""
    about = {"histories": 40, "figures": ["end"], "reached": True, "least_effective_sample_size": 500.0,
             "greatest_r_hat": 1.01}  # fmt: skip
    one = SimpleNamespace(about=about, calibration="whole-record", history_hash="abc", weights=None)
    mixed = replace(
        ensemble, posteriors={"base": one},
        from_prior={"short-list": "not calibrated"},
    )  # fmt: skip
    lines = answer(mixed, "1", "a")["status"]["lines"]
    assert (
        "Variant short-list: every number is set by hand, not validated: the priors have not been calibrated "
        "to the record (not calibrated)." in lines
    )
    assert any(line.startswith("Variant base: 40 histories, calibrated on 1 figure (") for line in lines)
    of_priors = [line for line in lines if "set by hand" in line]
    assert len(of_priors) == 1


def test_few_replications_carry_a_warning(told):
    page = render(told, "corridor run small.yaml", None, terminal=False)
    assert "With 8 replications the intervals are about the range of what occurred" in page
    assert "0 of 8 (" not in page
    assert "quote" not in render({**told, "caution": None}, "corridor run", None, terminal=False)


def test_priors_are_mentioned_where_there_are_any(told):
    assert any("the priors have not been calibrated" in line for line in told["status"]["lines"])
    text = SCENARIO.replace("{prior: uniform 0 / day .. 2 / day}", "1 / day")
    made = simulate(read_text(text, Path(), "small.yaml"), replications=2, variants=["base"])
    assert "Every number is set by hand, not validated." in answer(made, "1", "a")["status"]["lines"]


def test_the_page_is_plain_narrow_and_complete(told):
    page = render(told, "corridor run small.yaml", "Written to: results/small", terminal=False)
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
    both = ["base", "short-list"]
    cost = expected_cost(ensemble.file, replications=100, worlds=5, variants=both)
    assert (cost.patients, cost.slots) == (30 + 10 * 1, 10)
    assert cost.refusals() == []
    # Tables as they are kept, and time: both in proportion to replications.
    kept = ensemble.measures["base", "actual"], *ensemble.daily["base", "actual"].values()
    sizes = [kept[0].to_numpy().nbytes, *(series.nbytes for series in kept[1:])]
    assert cost.memory == sum(sizes) / 8 * 2 * 5 * 100
    again = expected_cost(ensemble.file, replications=1000, worlds=5, variants=both)
    assert (again.memory, again.seconds) == (10 * cost.memory, pytest.approx(10 * cost.seconds))


def test_a_run_too_long_is_refused_with_the_time(ensemble):
    """Would catch a limit that fits the other engine: a run of minutes refused, or one of days begun."""
    long = partial(refusal, ensemble.file, 1_500_000, ["base"], worlds=5)
    assert long(engine="compiled") == ""
    said = r"^predicted time on one core: \d+\.?\d? hours, more than 2 hours$"
    assert re.search(said, long(engine="simpy"))
    assert "memory for the results: " in refusal(ensemble.file, 10**9, ["base"])


@pytest.mark.parametrize(
    "prior",
    [
        rate_prior("uniform 10 / day .. 30 / day"),
        rate_prior("triangular 10 / day .. 15 / day .. 40 / day"),
        rate_prior("loguniform 1 / day .. 100 / day"),
        rate_prior("lognormal 20 / day ± 10 / day"),
        rate_prior("normal 20 / day ± 4 / day"),
        share_prior("beta 1, 5"),
    ],
    ids=str,
)
def test_the_mean_of_a_prior_is_that_of_its_draws(prior):
    """Would catch a cost by the mean of another distribution, or by a median in place of the mean.

    The draws are the quantiles in the middles of 4,000 equal steps. Rule: within 0.2 %.
    """
    draws = [prior_value(prior, False, (k + 0.5) / 4000) for k in range(4000)]
    assert prior_mean(prior) == pytest.approx(np.mean(draws), rel=0.002)


def test_where_a_machine_does_not_say_its_memory_nothing_is_refused_for_it(ensemble, monkeypatch):
    """Would catch a command that fails where there is no `sysconf`, or takes unknown for none."""

    def unknown(name):
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr(os, "sysconf", unknown)
    said = refusal(ensemble.file, 10**9, ["base"])
    assert "memory" not in said
    assert "predicted time" in said


@pytest.mark.parametrize(
    "cost",
    [Cost(200_001, 0, 0, 0), Cost(0, 20_000_001, 0, 0), Cost(0, 0, 7201, 0), Cost(0, 0, 0, 2**33 + 1)],
    ids=["patients", "slots", "time", "memory"],
)
def test_each_limit_refuses_alone(cost):
    assert len(cost.refusals(2**33)) == 1
