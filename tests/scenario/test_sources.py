"""The ledger: no number without a mark goes unseen."""

from __future__ import annotations

from sim.scenario.sources import Entry, ledger, shares_of_marks
from tests.scenario.samples import SMALL, changed, read


def entries(text: str = SMALL) -> dict[str, Entry]:
    return {entry.key_path: entry for entry in ledger(read(text).scenario)}


def test_marks_are_inherited_from_the_nearest_block() -> None:
    found = entries()
    initial = found["need.initial_list"]
    assert (initial.text, initial.grade, initial.sources) == ("24", "single_source", ("paper",))
    assert initial.reason is None
    assert found["need.referrals.2023-01-01"].reason == "nobody knows"
    assert found["need.referrals.2023-02-01"].text == "uniform 3 / day .. 9 / day"
    assert found["need.referrals.2023-02-01"].reason == "it grew"
    assert found["need.classes.urgent.share"].grade == "assumed"
    assert found["carriers.icrc.fleet.car.seats"].grade == "single_source"
    assert found["carriers.icrc.plan.at"].text == "09:00"
    assert found["route.legs[0].length"].text == "57 km"
    assert found["impediments.first-week.from"].sources == ("paper",)
    assert found["observed.total.about"].text == "150"


def test_a_source_that_supports_a_part_only() -> None:
    """Where a block has both, calling the number sourced would promise too much."""
    entry = entries(changed(("about: 150, source: paper", "about: 150, source: paper, assumed: rounded")))[
        "observed.total.about"
    ]
    assert (entry.grade, entry.sources, entry.reason) == ("assumed", ("paper",), "rounded")


def test_what_has_no_mark_is_counted() -> None:
    bare = changed(("  assumed: from the map\n", ""))
    assert shares_of_marks(ledger(read(SMALL).scenario))["unmarked"] == 0
    assert shares_of_marks(ledger(read(bare).scenario))["unmarked"] == 3  # a length and two travel times


def test_names_and_words_are_no_numbers() -> None:
    assert not [
        path
        for path in entries()
        if path.endswith((".kind", ".group", ".title", ".at")) and "plan" not in path
    ]


def test_uncertain_means_have_entries_of_their_own() -> None:
    text = changed(
        (
            "companions: binomial 2 mean 0.8",
            "companions: {value: binomial 2 mean 0.8, mean: {prior: uniform 0.5 .. 1.5}}",
        )
    )
    found = entries(text)
    assert found["need.classes.urgent.companions"].text == "binomial 2 mean 0.8"
    assert found["need.classes.urgent.companions.mean"].text == "uniform 0.5 .. 1.5"
