"""Mistakes in own vehicles and road sections: each is said with its place, and what would be right."""

from __future__ import annotations

import re

import pytest

from sim.scenario.reading import ScenarioError
from tests.scenario.samples import changed, read

OWN = """\
own_vehicles:
  families:
    people: 900
    companions: {value: poisson 3, mean: {prior: uniform 2 .. 4}}
    ready: {2023-01-02 06:00: 90 / h, 2023-01-03: {prior: uniform 0 / h .. 9 / h}}
    assumed: nobody counted
route:
"""
CAPACITY = "travel: 2 h, capacity: {2023-01-01: 220 / h}}"
GOOD = (("route:\n", OWN), ("travel: 2 h}", CAPACITY))


def test_the_block_as_it_should_be() -> None:
    """Would catch a test below that fails for another reason than its own."""
    scenario = read(changed(*GOOD)).scenario
    assert [str(moment) for moment in scenario.own_vehicles["families"].ready] == [
        "2023-01-02 06:00",
        "2023-01-03",
    ]
    assert scenario.route.legs[1].capacity


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("people: 900", "peple: 900", r"families.peple: unknown key `peple`; did you mean `people`\?"),
        ("people: 900", "people: 1000001", r"people: at most 1,000,000 people; this may be 1,000,001"),
        ("people: 900", "people: {prior: uniform 9 .. 2000000}", r"this may be 2,000,000"),
        ("2023-01-02 06:00: 90 / h", "2023-01-02 06:00: 90", r"ready.2023-01-02 06:00: .*90"),
        ("2023-01-02 06:00: 90 / h", "2023-01-02T06:00: 90 / h", r"a space between day and time"),
        ("2023-01-02 06:00: 90 / h", "2024-01-02: 90 / h", r"2024-01-02 is outside the period"),
        ("2023-01-02 06:00: 90 / h", "2023-01-03 00:00: 90 / h", r"the same moment as"),
        ("2023-01-02 06:00: 90 / h, 2023-01-03: {prior: uniform 0 / h .. 9 / h}", "2023-01-02: 0 / h",
         r"nobody is ever ready"),
        ("poisson 3, mean: {prior: uniform 2 .. 4}", "binomial 3 mean 1, mean: 4",
         r"families.companions.mean: the mean of `binomial 3 mean 1` stays below 3"),
        ("families:", "icrc:", r"own_vehicles.icrc: `icrc` is a carrier already \(line \d+\)"),
        ("{2023-01-01: 220 / h}", "{2022-01-01: 220 / h}", r"capacity.2022-01-01: .*outside the period"),
        ("{2023-01-01: 220 / h}", "220 / h", r"capacity: expected a block of keys"),
        ("kind: closure, group: closures,", "kind: closure, carriers: [familie],",
         r"carriers\[0\]: no carrier `familie`; did you mean `families`\?"),
        ("kind: convoy_cap,", "kind: convoy_cap, carriers: [families],", r"no carrier `families`"),
        ("what: patients, carrier: icrc,", "what: people_arrived, carrier: icrc,",
         r"counted with all carriers: no `carrier`"),
        ("carrier: icrc, by: 2023-03-31", "carrier: icrc, by: 2023-03-31, at: 20:00",
         r"an hour goes with `what: people_arrived` and `vehicles_arrived` only"),
        ("patients, carrier: icrc, by: 2023-03-31", "travel_hours, by: 2023-03-31, at: start",
         r"is of whole days: no `at`"),
        ("carrier: icrc, by: 2023-03-31", "carrier: icrc, by: 2023-03-31, at: noon",
         r"observed.total.at: .*`end`"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_where_it_is(old: str, new: str, said: str) -> None:
    """Would catch a mistake that is let through, or explained by another's words."""
    text = changed(*GOOD)
    assert text.count(old) == 1
    with pytest.raises(ScenarioError) as caught:
        read(text.replace(old, new))
    assert re.search(said, str(caught.value)), str(caught.value)


def test_a_road_that_lets_nobody_through_is_worth_a_warning() -> None:
    """Would catch a slip of the unit that nobody hears of."""
    warnings = read(changed(*GOOD).replace("220 / h", "0 / h")).warnings
    assert any("nothing ever passes" in warning for warning in warnings)
