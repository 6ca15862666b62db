"""The quotable sentence: range first, its kind, what was removed; and nothing that may not be said."""

import doctest

import pytest

from sim.report import sentences
from sim.report.sentences import (
    few_sentence,
    headline_sentence,
    more_or_fewer,
    posterior_sentence,
    precision_sentence,
    published_figure,
    repeat_command,
)
from sim.report.sentences import record_sentence as record_of


def headline(*variants, replications=200, carrier="ICRC"):
    rows = [
        {"variant": name, "median": float(m), "low": float(a), "high": float(b)} for name, a, m, b in variants
    ]
    return {
        "unit": "patients", "carrier": carrier and "icrc", "carrier_title": carrier, "until": "2023-09-19",
        "world": "unimpeded", "minus": "actual", "replications": replications, "variants": rows,
    }  # fmt: skip


RECORD = {
    "figure": "end", "what": "patients", "variant": "base", "published": "more than 800", "by": "2023-09-18",
    "source": "icrc-800", "median": 814.0, "low": 673.0, "high": 926.0,
}  # fmt: skip


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(sentences).failed == 0


def test_one_variant():
    said = headline_sentence(headline(("base", 306, 530, 739)), "No impediment. Conditions stay.", None)
    assert said == (
        "Under the assumptions listed, the model gives 310–740 (median 530; 90 % prediction interval, 200 "
        "replications; variant base) more patients leaving with the ICRC by 19 September 2023 in the world "
        "`unimpeded` than in the actual world. The world `unimpeded`: No impediment. Conditions stay."
    )


@pytest.mark.parametrize(
    ("title", "name"),
    [("Red Cross", "the Red Cross"), ("The clinic", "the clinic"), ("the clinic", "the clinic"),
     ("icrc", "icrc")],
)  # fmt: skip
def test_a_carrier_has_one_article_and_an_id_none(title, name):
    said = headline_sentence(headline(("base", 306, 530, 739), carrier=title), "Open.", None)
    assert f"leaving with {name} by" in said


def row(observed, strictly, inside):
    return {"observed": observed, "median": 10.0, "strictly": strictly, "inside": inside}


def test_the_record_is_counted_without_widening_first():
    rows = [row(9.0, True, True), row(10.0, True, True), row(2.0, False, True), row(30.0, False, False)]
    floors = [row(5.0, None, True), row(50.0, None, False)]
    assert record_of("base", rows + floors, True) == (
        "Variant base: of 4 two-sided figures 2 lie inside the 90 % prediction intervals (3 once widened by "
        "two standard errors of observation); of 2 floors 1 is not contradicted. 2 of the 4 two-sided "
        "figures lie below the predicted median."
    )
    assert record_of("few", rows[:1], False) == (
        "Variant few: of 1 two-sided figure 1 lies inside the 90 % prediction intervals. 1 of the 1 "
        "two-sided figure lies below the predicted median."
    )
    assert record_of("few", floors[:1], False) == "Variant few: of 1 floor 1 is not contradicted."


def test_few_replications_are_not_to_be_quoted():
    assert [few_sentence(n) for n in (1, 20, 200)] == [None] * 3
    assert all("too narrow to quote" in few_sentence(n) for n in (2, 19))


def test_variants_are_spanned_and_the_record_stands_beside():
    said = headline_sentence(headline(("base", 306, 530, 739), ("few", 283, 481, 598)), "It is open.", RECORD)
    assert "gives 280–740 (medians 480 to 530; 90 % prediction intervals, 200 replications each; " in said
    assert "spanning the variants base, few) more patients" in said
    assert said.endswith(
        " In the actual world the model gives 670–930 (median 810; 90 % prediction interval, variant base) "
        "by 18 September 2023, for which more than 800 were published [icrc-800]."
    )


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(-739, -306, "gives 310–740 (median 530;"), (-40, 120, "gives from 40 fewer to 120 (median 30;")],
)
def test_fewer_and_perhaps_fewer(low, high, text):
    said = headline_sentence(headline(("base", low, -530 if high < 0 else 30, high)), "Open.", None)
    assert text in said
    assert ("fewer patients" if high < 0 else "more patients") in said


def test_what_cannot_be_said_with_an_interval_says_so():
    nan = float("nan")
    one = headline_sentence(headline(("base", nan, 18, nan), replications=1), "Open.", None)
    assert one.startswith("Under the assumptions listed, one replication gives 18 (no interval; base) more")
    same = headline_sentence(headline(("base", 1, 1, 1), carrier=None), "Open.", None)
    assert (
        "gives 1 (no spread: the central 90 % of 200 replications agree; base) more patients leaving by"
        in same
    )


def test_one_replication_of_two_variants_gives_both_ends():
    """Would catch the number of one variant quoted for both."""
    nan = float("nan")
    rows = ("base", nan, 18, nan), ("few", nan, 25, nan)
    said = headline_sentence(headline(*rows, replications=1), "Open.", None)
    assert said.startswith(
        "Under the assumptions listed, one replication gives 18–25 (no interval; base, few) more"
    )


@pytest.mark.parametrize(
    ("reached", "capped", "said"),
    [
        (
            0.0094,
            False,
            "was asked for, 0.94 % reached after 1,024 replications. As it decided when to stop,",
        ),
        (0.0204, True, "was NOT reached: 2 % after 1,024 replications, the most allowed."),
        (
            None,
            True,
            "cannot be reached: that mean is 0 in a variant after 1,024 replications, the most allo",
        ),
    ],
    ids=["reached", "not reached", "a mean of 0"],
)
def test_a_precision_says_whether_it_was_reached(reached, capped, said):
    """Would catch a precision that passes for reached where the replications ran out."""
    told = precision_sentence({"asked": 0.01, "reached": reached, "replications": 1024, "capped": capped})
    assert said in told
    assert told.startswith("Precision: 1 % of the headline's mean (half width of its 95 % Monte Carlo ")
    assert ("optimistic" in told) == (not capped)


def test_the_command_repeats_what_was_asked():
    """Would catch a precision repeated as a number of replications: where it stops would be lost."""
    assert repeat_command("a b.yaml", 5000, 3, ["few"], precision=0.005) == (
        "corridor run 'a b.yaml' --precision 0.5% --most 5000 --seed 3 --variant few"
    )
    assert repeat_command("a.yaml", 200, None, [], prior=True) == (
        "corridor run a.yaml --replications 200 --prior"
    )


def test_a_calibration_says_how_well_it_went_where_that_was_measured():
    """Would catch a figure made up for histories of which none was taken."""
    about = {"histories": 4000, "figures": ["a", "b"], "reached": False}
    said = "Variant base: 4,000 histories, calibrated on 2 figures"
    measured = about | {"least_effective_sample_size": 120.4, "greatest_r_hat": 1.087}
    assert posterior_sentence("base", measured) == (
        f"{said} (effective sample size at least 120, R-hat at most 1.09; 400 and 1.05 were wanted: "
        "NOT reached)."
    )
    unmeasured = about | {"least_effective_sample_size": None, "greatest_r_hat": None}
    assert posterior_sentence("base", unmeasured) == f"{said}."


def test_no_wording_promises_lives():
    said = headline_sentence(headline(("base", 306, 530, 739)), "Open.", RECORD).lower()
    assert not any(word in said for word in ("saved", "rescued", "died because", "would have"))


def test_signs_and_bounds():
    assert more_or_fewer(0.0, 5.0, True) == ("0–5", "more")
    assert [published_figure(bound, 1500.0) for bound in ("exact", "about", "more_than", "at_least")] == [
        "1,500", "about 1,500", "more than 1,500", "at least 1,500",
    ]  # fmt: skip
    assert published_figure("exact", 3.4) == "3.4"
