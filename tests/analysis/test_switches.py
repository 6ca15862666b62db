"""Every world that switches make, worked out on paper: a van of four seats, nine listed, shut for two days.

Why: the page shows these worlds by their number alone. One under another's number looks as plausible.
"""

from __future__ import annotations

import pytest

from sim.analysis.game import planned
from sim.analysis.switches import MOST_SWITCHES, Switches, midnights, switches
from tests.analysis.test_attribute import HAND, of_text

SHUT_AND_SMALL = [0, 0, 0, 1, 2]
OPEN_AND_SMALL = [0, 1, 2, 3, 4]
SHUT = [0, 0, 0, 4, 8]
NOTHING = [0, 4, 8, 9, 9]


def found(*groups: str, **kwargs) -> Switches:
    file = of_text(HAND)
    return switches(file, planned(file, replications=3), groups, **kwargs)


def test_every_set_of_groups_is_the_world_without_them() -> None:
    """Would catch worlds whose numbers are mixed up, and a count before the wrong midnight."""
    made = found("road", "small")
    assert (made.groups, made.midnights, list(made.worlds)) == (("road", "small"), (0, 1, 2, 3, 4), ["base"])
    worlds = made.worlds["base"]
    assert [world.removed for world in worlds] == [0b00, 0b01, 0b10, 0b11]
    for world, counts in zip(worlds, (SHUT_AND_SMALL, OPEN_AND_SMALL, SHUT, NOTHING), strict=True):
        assert world.lines.tolist() == [counts] * 3
        assert world.end[:3] == (counts[-1],) * 3
        assert world.difference[:3] == (counts[-1] - 2,) * 3


def test_what_is_in_no_group_stays() -> None:
    """Would catch a switch that takes others' impediments along."""
    assert [world.lines[1].tolist() for world in found("small").worlds["base"]] == [SHUT_AND_SMALL, SHUT]


def test_progress_ends_with_all_replications() -> None:
    """Would catch a bar that stops short of its end, or passes it."""
    told: list[tuple[int, int]] = []
    found("small", progress=lambda done, of: told.append((done, of)))
    assert told == sorted(told)
    assert told[-1] == (3, 3)
    told.clear()
    file = of_text(HAND + "variants: {other: {says: fewer, change: {need: {initial_list: 8}}}}\n")
    game = planned(file, replications=3, variants=["base", "other"])
    switches(file, game, ["small"], progress=lambda done, of: told.append((done, of)))
    assert told == sorted(told)
    assert told[-1] == (6, 6)


def test_more_switches_than_worlds_can_be_run_for_are_refused() -> None:
    """Would catch a page of a thousand worlds."""
    with pytest.raises(ValueError, match=f"{MOST_SWITCHES + 1} switches: at most {MOST_SWITCHES}"):
        found(*(str(k) for k in range(MOST_SWITCHES + 1)))


@pytest.mark.parametrize(
    ("last", "kept"),
    [("2030-03-04", range(5)), ("2030-06-02", range(95)), ("2030-06-03", [*range(0, 95, 2), 95])],
)
def test_about_a_hundred_midnights_are_kept_and_the_last(last: str, kept) -> None:
    """Would catch a long run whose last days are not drawn."""
    file = of_text(HAND.replace("to: 2030-03-04, utc_offset", f"to: {last}, utc_offset"))
    assert midnights(file.scenario) == tuple(kept)
