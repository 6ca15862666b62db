"""Differences of worlds are paired, replication by replication."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.analysis.compare import compare, differences, headline_measure
from tests.analysis.ensembles import ensemble

ACTUAL = [10.0, 20.0, 30.0, 40.0, 50.0]
OPEN = [15.0, 24.0, 33.0, 39.0, 52.0]
"""Differences 5, 4, 3, -1, 2: mean 2.6, median 3, one of five of the other sign."""
WORLDS = {
    "actual": {"patients_evacuated": ACTUAL, "still_waiting": [5, 4, 3, 2, 1]},
    "unimpeded": {"patients_evacuated": OPEN, "still_waiting": [5, 4, 3, 2, 1]},
}


def test_differences_are_per_replication() -> None:
    """Would catch the difference of two separately summarised totals, and rows put side by side by place
    in place of by replication."""
    made = ensemble(WORLDS)
    pairs = differences(made, "patients_evacuated", "unimpeded", "actual")
    assert pairs.tolist() == [5, 4, 3, -1, 2]
    made.measures["base", "unimpeded"] = made.measures["base", "unimpeded"].sort_index(ascending=False)
    again = differences(made, "patients_evacuated", "unimpeded", "actual").sort_index()
    assert again.tolist() == [5, 4, 3, -1, 2]


def test_the_table_says_mean_spread_and_the_other_sign() -> None:
    """Would catch an interval of one world in place of the pairs', and a sign flip that is not told. The
    spread of each world (sd 16) would make an interval six times as wide as that of the pairs (sd 2.3)."""
    row = compare(ensemble(WORLDS), measures=["patients_evacuated"]).iloc[0]
    assert (row["world"], row["minus"], row["unit"]) == ("unimpeded", "actual", "patients")
    assert (row["median"], row["low"], row["high"], row["replications"]) == (3.0, -1.0, 5.0, 5)
    assert row["mean"] == pytest.approx(2.6)
    half = 2.7764451051977987 * np.std([5, 4, 3, -1, 2], ddof=1) / np.sqrt(5)
    assert (row["mean_low"], row["mean_high"]) == pytest.approx((2.6 - half, 2.6 + half))
    assert row["opposite"] == pytest.approx(0.2)


def test_swapping_the_worlds_flips_the_sign() -> None:
    """Would catch a comparison that forgets which world is taken from which."""
    made = ensemble(WORLDS)
    one = compare(made, "unimpeded", "actual").set_index("measure").loc["patients_evacuated"]
    other = compare(made, "actual", "unimpeded").set_index("measure").loc["patients_evacuated"]
    for mine, its in (("mean", "mean"), ("mean_low", "mean_high"), ("low", "high"), ("median", "median")):
        assert one[mine] == pytest.approx(-other[its])
    assert one["opposite"] == other["opposite"]


def test_a_world_against_itself_is_exactly_zero() -> None:
    """Would catch noise where there is none."""
    table = compare(ensemble(WORLDS), "actual", "actual")
    numbers = table[["median", "low", "high", "mean", "mean_low", "mean_high", "opposite"]]
    assert len(table) == 2
    assert not numbers.to_numpy().any()


def test_measures_that_are_not_defined_everywhere_are_left_out() -> None:
    """Would catch a mean over the replications that happen to have a value (nan: no convoy; inf: a median
    that was not reached)."""
    worlds = {
        "actual": {"patients_evacuated": [1, 2], "patients_per_convoy": [1, np.nan], "median_wait": [1, 1]},
        "unimpeded": {
            "patients_evacuated": [2, 2],
            "patients_per_convoy": [1, 2],
            "median_wait": [1, np.inf],
        },
    }
    assert compare(ensemble(worlds))["measure"].tolist() == ["patients_evacuated"]


def test_every_variant_has_its_rows() -> None:
    """Would catch a comparison across variants: each is held against its own actual world."""
    made = ensemble(WORLDS)
    for world, shift in (("actual", 0.0), ("unimpeded", 7.0)):
        made.measures["rival", world] = made.measures["base", "actual"] + shift
    table = compare(made, measures=["patients_evacuated"]).set_index("variant")
    assert table["mean"].to_dict() == pytest.approx({"base": 2.6, "rival": 7.0})
    assert isinstance(table, pd.DataFrame)


@pytest.mark.parametrize(
    ("headline", "measure"),
    [
        ("", "patients_evacuated"),
        ("headline: {what: people}\n", "people_evacuated"),
        ("headline: {carrier: army}\n", "patients_evacuated[carrier=army]"),
    ],
)
def test_the_headline_names_its_measure(headline: str, measure: str) -> None:
    """Would catch a headline restricted to one carrier that counts them all."""
    assert headline_measure(ensemble(WORLDS, more=headline)) == measure
