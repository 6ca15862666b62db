"""What an attribution tells, and its files."""

import csv
import io
import json
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sim.analysis.attribute import attribute
from sim.analysis.attribution_tables import ALL
from sim.analysis.game import planned
from sim.report.attribution import asked_for, make_files, make_manifest, repeat_command, told
from sim.report.attribution_text import render_attribution
from sim.report.waterfall import alt_text, figure_of, steps
from sim.scenario.reading import read_text
from tests.report.conftest import SCENARIO


@pytest.fixture(scope="module")
def file():
    return read_text(SCENARIO, Path(), "small.yaml")


@pytest.fixture(scope="module")
def data(file):
    return told(attribute(file, replications=8), "1.2.3", "abc")


@pytest.fixture(scope="module")
def text(data):
    return render_attribution(data, "corridor attribute small.yaml", "Written to: there", terminal=False)


def flat(text):
    return " ".join(text.split())


def test_the_sentence_keeps_the_wording_contract(data, text):
    assert data["sentence"].startswith("Under the assumptions listed, the model gives ")
    assert "90 % prediction intervals, 8 replications each; spanning the variants base, short-list" in flat(
        text
    )
    assert "more patients leaving by 10 March 2024 in the world `unimpeded` than in the actual world" in flat(
        text
    )
    assert "saved" not in text
    assert "With 8 replications the intervals are about the range of what occurred" in flat(text)
    assert flat(text).startswith("A small corridor (small, 2024-03-01 to 2024-03-10) ILLUSTRATIVE")


def test_the_three_numbers_stand_in_one_row_with_what_holds(data, text):
    """Catches: a number that travels without what replaces the removed."""
    lines = text.splitlines()
    head = next(line for line in lines if line.startswith("removed, and what holds then"))
    assert [cell.strip() for cell in head.split("|")[1:]] == [
        "Shapley value",
        "removed alone",
        "removed last",
    ]
    rows = {row["group"]: row for row in data["shares"] if (row["variant"], row["span"]) == ("base", "whole")}
    assert rows["permits"]["when_removed"] == "Nobody asks for permits"
    start = next(k for k, line in enumerate(lines) if line.startswith("permits (1): Nobody asks for"))
    assert lines[start].count("(") == 1 + 3, "three means with their intervals beside the sentence"
    assert lines[start + 1].count("[") == 3
    assert rows[ALL]["shapley_mean"] == pytest.approx(
        rows["closures"]["shapley_mean"] + rows["permits"]["shapley_mean"]
    )


def test_it_says_what_stays_and_what_is_left_out(text):
    for said in (
        "every world here is a pure removal",
        "two-vans: not shared out, since it assumes a value",
        "base: drawn from the priors: not calibrated",
        "Need is exogenous",
        "second-week",
        "95 % Monte Carlo interval of the mean",
        "90 % prediction interval over the replications",
    ):
        assert said.lower() in flat(text).lower(), said


def test_conditions_stay_and_are_named(file):
    more = SCENARIO.replace(
        "observed:\n", "conditions:\n  snow: {kind: closure, from: 2024-03-06, to: 2024-03-06}\nobserved:\n"
    )
    data = told(attribute(read_text(more, Path(), "small.yaml"), replications=2), "1.2.3", "abc")
    said = flat(render_attribution(data, "x", "y", terminal=False))
    assert "Conditions stay in every world (snow), and so do the carriers' own limits" in said


def test_spans_are_dated(data):
    spans = {row["span"]: (row["kind"], row["from"], row["until"]) for row in data["shares"]}
    assert spans == {
        "whole": ("whole period", "2024-03-01 00:00", "2024-03-11 00:00"),
        "second-week": ("window", "2024-03-08 00:00", "2024-03-11 00:00"),
        "first": ("closure", "2024-03-02 00:00", "2024-03-04 00:00"),
        "second": ("closure", "2024-03-04 00:00", "2024-03-05 00:00"),
    }


def test_files_hold_the_same_numbers_and_no_patient(data):
    files = make_files(data)
    assert set(files) == {
        "attribution.csv", "attribution.json", "fates.csv", "worlds.csv", "waterfall.png", "waterfall.svg",
    }  # fmt: skip
    stored = json.loads(files["attribution.json"])
    assert stored == {**data, "figure": {"file": "waterfall.svg", "alt": alt_text(data)}}
    rows = list(csv.DictReader(io.StringIO(files["attribution.csv"].decode())))
    assert [float(row["shapley_mean"]) for row in rows] == [row["shapley_mean"] for row in data["shares"]]
    assert {row["group"] for row in rows} == {"closures", "permits", ALL}
    fates = list(csv.DictReader(io.StringIO(files["fates.csv"].decode())))
    assert set(fates[0]) == {
        "variant", "world", "in_actual", "in_world", "mean", "mean_low", "mean_high", "median", "low", "high",
    }  # fmt: skip
    assert files["waterfall.png"].startswith(b"\x89PNG")
    assert make_files(data) == files, "the same data, the same bytes"


def test_the_waterfall_goes_from_one_world_to_the_other(data):
    """Each bar begins where the one before ends, and the last group ends at the other world's mean."""
    bars = steps(data)
    assert (bars[0].name, bars[-1].name) == ("actual", "unimpeded")
    assert {bar.name for bar in bars[1:-1]} == {"closures", "permits"}
    assert bars[1].row["shapley_mean"] >= bars[2].row["shapley_mean"]
    for one, following in pairwise(bars[:-1]):
        assert following.start == pytest.approx(one.end)
    assert bars[-2].end == pytest.approx(bars[-1].end)


def test_the_figure_can_be_read_by_those_who_do_not_see_it(data):
    alt = alt_text(data)
    for said in ("Waterfall chart, patients evacuated in A small corridor", "in the world actual",
                 "closures +", "removed alone", "removed last", "in the world unimpeded",
                 "90 % prediction intervals", "not validated"):  # fmt: skip
        assert said in alt, said
    tree = ElementTree.fromstring(make_files(data)["waterfall.svg"])
    tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert "script" not in tags
    assert "image" not in tags


def test_a_group_of_another_variant_is_named_and_has_no_patients(file):
    """Would catch a rule of one variant told as in force in all, and fates of a world that was not run."""
    text = SCENARIO[: SCENARIO.index("impediments:")] + (
        "variants: {guarded: {says: A gate., change: {impediments: {gate: {kind: closure}}}}}\n"
    )
    data = told(attribute(read_text(text, Path(), "small.yaml"), replications=2), "1.2.3", "abc")
    said = render_attribution(data, "x", "y", terminal=False)
    (row,) = [line for line in said.splitlines() if line.startswith("gate: not in this variant")]
    assert [cell.strip() for cell in row.split("|")[1:]] == ["0 (0–0)"] * 3
    assert {row["variant"] for row in data["fates"]} == {"guarded"}
    assert "What became of the same synthetic patients" not in said
    assert [bar.name for bar in steps(data)] == ["actual", "unimpeded"]


def test_what_removes_patients_is_drawn_and_explained_as_below_0(data):
    """Would catch a step down that looks like one up: its colour and hatch, and the words for them."""

    def drawn(sign):
        shares = [
            {**row, "shapley_mean": sign * row["shapley_mean"]} if row["group"] == "closures" else row
            for row in data["shares"]
        ]
        figure = figure_of({**data, "shares": shares})
        words = [text.get_text() for text in figure.legends[0].get_texts()]
        return words, [bar.get_hatch() for bar in figure.axes[0].patches]

    words, hatches = drawn(1)
    assert ("below 0" in words, set(hatches)) == (False, {None})
    words, hatches = drawn(-1)
    assert words[:2] == ["Shapley value (mean)", "below 0"]
    assert hatches.count("///") == 1


def test_one_replication_has_no_intervals(file):
    data = told(attribute(file, replications=1, variants=["base"]), "1.2.3", "abc")
    said = render_attribution(data, "x", "y", terminal=False)
    assert "[no interval]" in said
    assert "nan" not in said
    assert "(one replication)" in alt_text(data)
    make_files(data)


def test_sampled_orders_are_said(file):
    data = told(attribute(file, replications=4, variants=["base"], orders=8), "1.2.3", "abc")
    said = flat(render_attribution(data, "x", "y", terminal=False))
    assert "Not all coalitions were run: 8 orders were sampled" in said
    assert "orders: " in said


def test_what_was_asked_for(file, data):
    game = planned(file, 8)
    asked, name = asked_for(file, game, "1.2.3")
    assert (asked["analysis"], asked["groups"], asked["seed"]) == (
        "attribute",
        ["closures", "permits"],
        file.scenario.seed,
    )
    assert len(name) == 12
    manifest = make_manifest(data, asked)
    assert (manifest["run"], manifest["illustrative"]) == ("abc", True)
    assert repeat_command("small.yaml", file, data, []) == "corridor attribute small.yaml --replications 8"
    other = {**data, "run": {**data["run"], "seed": 5}}
    assert repeat_command("a b.yaml", file, other, ["base"]) == (
        "corridor attribute 'a b.yaml' --replications 8 --seed 5 --variant base"
    )
