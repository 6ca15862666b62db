"""The quotable sentence: range first, its kind, what was removed; and nothing that may not be said."""

import doctest

import pytest

from sim.report import sentences
from sim.report.sentences import headline_sentence, more_or_fewer, published_figure


def headline(*variants, replications=200, carrier="ICRC"):
    rows = [
        {"variant": name, "median": float(m), "low": float(a), "high": float(b)} for name, a, m, b in variants
    ]
    return {
        "unit": "patients", "carrier_title": carrier, "until": "2023-09-19", "world": "unimpeded",
        "minus": "actual", "replications": replications, "variants": rows,
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
        "replications; variant base) more patients leaving with ICRC by 19 September 2023 in the world "
        "`unimpeded` (No impediment. Conditions stay) than in the actual world."
    )


def test_variants_are_spanned_and_the_record_stands_beside():
    said = headline_sentence(headline(("base", 306, 530, 739), ("few", 283, 481, 598)), "It is open.", RECORD)
    assert "gives 280–740 (medians 480 to 530; 90 % prediction intervals, 200 replications each; " in said
    assert "spanning the variants base, few) more patients" in said
    assert said.endswith(
        "; in the actual world it gives 670–930 (median 810; 90 % prediction interval, variant base) by 18 "
        "September 2023, for which more than 800 were published [icrc-800]."
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


def test_no_wording_promises_lives():
    said = headline_sentence(headline(("base", 306, 530, 739)), "Open.", RECORD).lower()
    assert not any(word in said for word in ("saved", "rescued", "died because", "would have"))


def test_signs_and_bounds():
    assert more_or_fewer(0.0, 5.0, True) == ("0–5", "more")
    assert [published_figure(bound, 1500.0) for bound in ("exact", "about", "more_than", "at_least")] == [
        "1,500", "about 1,500", "more than 1,500", "at least 1,500",
    ]  # fmt: skip
    assert published_figure("exact", 3.4) == "3.4"
