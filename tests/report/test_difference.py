"""Which numbers moved: exactly those, and none because a row was added beside them."""

import copy

from sim.report.difference import as_text, changes, moved

OLD = {
    "summary.json": {
        "sentence": "words",
        "headline": {
            "variants": [{"variant": "base", "median": 10.0, "low": 1.0}, {"variant": "b", "median": 20.0}]
        },
    },
    "facts.json": {"asked": {"version": "1"}, "run": "a"},
    "changes.json": {"since": None, "moved": 0, "largest": []},
}
KEY = "summary.headline.variants"


def changed() -> dict:
    new = copy.deepcopy(OLD)
    new["facts.json"] = {"asked": {"version": "2"}, "run": "b"}
    return new


def test_the_same_has_not_moved() -> None:
    assert moved(OLD, copy.deepcopy(OLD)) == []


def test_moves_are_sorted_and_say_how_far() -> None:
    new = changed()
    new["summary.json"]["headline"]["variants"][0]["median"] = 11.0
    new["summary.json"]["headline"]["variants"][0]["low"] = -1.0
    assert [(m.key, m.old, m.new) for m in moved(OLD, new)] == [
        (f"{KEY}[base].low", 1.0, -1.0),
        (f"{KEY}[base].median", 10.0, 11.0),
    ]
    assert f"{KEY}[base].median: 10 before, 11 now (+1, 9.1 %)" in as_text(moved(OLD, new))
    assert f"{KEY}[base].low: 1 before, -1 now (−2, 200 %)" in as_text(moved(OLD, new))


def test_the_headline_s_moves_stand_first() -> None:
    """Catches: the number that was quoted, lost among hundreds that moved further."""
    new = changed()
    new["summary.json"]["headline"]["variants"][0]["median"] = 11.0
    new["summary.json"]["measures"] = 3.0
    said = as_text(moved(OLD, new)).split("\n\n")
    assert [part.splitlines()[0] for part in said] == ["The headline", "Others", "In all, 2 numbers moved."]
    assert said[0].splitlines()[1:] == [f"{KEY}[base].median: 10 before, 11 now (+1, 9.1 %)"]
    new["summary.json"]["headline"] = OLD["summary.json"]["headline"]
    assert as_text(moved(OLD, new)).startswith(
        "The headline\nhas not moved.\n\nOthers\nsummary.measures: new"
    )


def test_a_row_more_moves_no_other() -> None:
    """Rows are told apart by their names, not by their places."""
    new = changed()
    new["summary.json"]["headline"]["variants"].insert(0, {"variant": "a", "median": 5.0})
    assert [(m.key, m.old, m.new) for m in moved(OLD, new)] == [(f"{KEY}[a].median", None, 5.0)]


def test_a_page_says_what_moved_since_the_last_one() -> None:
    """Made again from the same, it says the same as before."""
    new = changed()
    new["summary.json"]["headline"]["variants"][0]["median"] = 12.0
    said = changes(OLD, new)
    assert said["since"] == {"version": "1", "run": "a"}
    assert said["moved"] == 1
    assert changes({**new, "changes.json": said}, new) == said
    assert changes(None, new)["since"] is None
