# ruff: noqa: E501  (a table of wrong files, one a line)
"""Keys that are right by themselves and not beside each other: each such rule of the schema has its refusal.

Why: a rule that is written and never refuses lets a file say something that no run does, without a word.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from sim.scenario import salvage, tables
from sim.scenario.reading import ScenarioFileError, read_scenario
from sim.scenario.starter import starting_file
from tests.scenario.samples import changed, errors

PLAN = "days: daily, at: 09:00, needs: 2,"
FIGURE = "total: {what: patients, carrier: icrc, by: 2023-03-31, about: 150,"
ARRIVED = "total: {what: people_arrived, by: 2023-03-31, about: 150,"
SHARES = "need.classes: "
FEW = "drop: [impediments.caps]"
CAPS = "caps: {kind: convoy_cap, patients: 6,"

REFUSED = [  # one piece of the small scenario replaced: old, new, what is said
    # facts whose mean is uncertain
    ("travel: 2 h", "travel: {value: 0 s, mean: 2 h}", r"legs\[1\].travel: `mean` needs a distribution with a mean to stretch, not `0 s`"),
    ("share: 30%,", "share: 30%, withdraws: {after: {value: never, mean: 9 days}},", r"withdraws.after: `mean` needs a distribution.* not `never`"),
    ("companions: binomial 2 mean 0.8", "companions: {value: 1, mean: 0.5}", r"companions: `mean` goes with binomial or poisson, not with `1`"),
    # the period
    ("from: 2023-01-01, to", "from: 2023-01-01 06:00, to", r":3:9: period: `from` is a day: the run starts at its 00:00"),
    # plans
    (PLAN, "days: every 8 h, at: 09:00, needs: 2,", r"icrc.plan: `at` goes with a plan by days, not with `every 8 h`"),
    (PLAN, PLAN + " recheck: 1 h,", r"icrc.plan: `recheck` goes with `when ready` only"),
    (PLAN, "days: when ready, recheck: 0 s, needs: 2,", r"icrc.plan: `recheck` must be longer than 0"),
    (PLAN, "days: when ready, escort: 1,", r"icrc.plan: `when ready` vehicles leave alone: no `escort`, `chance` or `by_list`"),
    (PLAN, "days: when ready, chance: 50%,", r"icrc.plan: `when ready` vehicles leave alone"),
    (PLAN, "days: when ready, by_list: [{parties: 3, chance: 50%}],", r"icrc.plan: `when ready` vehicles leave alone"),
    (PLAN, PLAN + " by_list: [{parties: 3, chance: 5%}, {parties: 3, chance: 9%}],", r"plan.by_list: two chances for the same number of parties"),
    # impediments
    (CAPS, "caps: {kind: passage_limit,", r"impediments.caps: give at least one of `chance`, `per_week`"),
    (CAPS, "caps: {kind: closure, table: shut.csv, from: 2023-01-05,", r"impediments.caps: `table` holds the dates: no `from` or `to` beside it"),
    (CAPS, "caps: {kind: closure, table: shut.csv, to: 2023-01-05,", r"impediments.caps: `table` holds the dates"),
    (CAPS, CAPS + " carriers: [icrc, icrc],", r"impediments.caps.carriers: a name stands twice"),
    (CAPS, CAPS + " carriers: [],", r"impediments.caps.carriers: an empty list touches nobody: leave the key out for all"),
    # figures
    (FIGURE, FIGURE + " classes: [urgent],", r"observed.total: `classes` goes with `what: waiting` only"),
    (FIGURE, FIGURE.replace("patients", "referred"), r"observed.total: patients are referred to no carrier"),
    (FIGURE, FIGURE.replace("patients", "waiting"), r"observed.total: the list is one for all carriers, on one day: no `carrier` or `from`"),
    (FIGURE, "total: {what: waiting, by: 2023-03-31, about: 15, from: 2023-02-01,", r"observed.total: the list is one for all carriers, on one day"),
    (FIGURE, ARRIVED + " from: 2023-02-01,", r"observed.total: what arrives is counted from the start: no `from`"),
    (FIGURE, FIGURE.replace("by: 2023-03-31", "from: 2023-03-02, by: 2023-03-01"), r"observed.total: `from` \(2023-03-02\) is after `by` \(2023-03-01\)"),
    # shares
    ("share: rest", "share: {prior: uniform 60% .. 80%}", SHARES + "a `share` with a prior needs one class with `share: rest`"),
    ("    planned: {rank: 2, share: rest}", "    planned: {rank: 2, share: 80%}\n    third: {share: rest}", SHARES + r"the shares sum to 1.1: nothing is left for `third`"),
    ("    planned: {rank: 2, share: rest}", "    planned: {rank: 2, share: {prior: uniform 60% .. 80%}}\n    third: {share: rest}",
     SHARES + r"the shares may sum to 1.1: nothing is left for `third`"),
    # a value that may be a block or a word: it is the block that is spoken of
    ("share: 30%,", "share: {valu: 30%},", r":13:31: need.classes.urgent.share.valu: unknown key `valu`; did you mean `value`\?"),
    ("share: 30%,", "share: {prior: beta 2},", r":13:38: need.classes.urgent.share.prior: .*`beta` is written `beta a, b`"),
    ("share: 30%,", "share: {assumed: x},", r":13:30: need.classes.urgent.share: give exactly one of `value` and `prior`"),
    # worlds, variants, windows, calibrations
    ("remove: [{group: closures}]", "from: 2023-02-01, assume: {need: {initial_list: 3}}", r"worlds.no-closures.from: `from` goes with `remove`"),
    (FEW, "drop: [windows.late]", r"variants.few.drop\[0\]: a variant drops parts of `need`, .*; found `windows.late`"),
    (FEW, "drop: [[impediments.caps]]", r"variants.few.drop\[0\]: .*found a list"),
    ("late: {from: 2023-02-22}", "late: {from: 2023-02-22, to: 2023-04-01}", r"windows.late.to: 2023-04-01 is outside the period"),
    ("headline:", "calibrations: {whole-record: {says: All of it., until: 2023-02-01}}\nheadline:",
     r":40:16: calibrations.whole-record: always there: .*choose another name"),
    # how values are written
    ("length: 57 km", "length: 20001 km", r"legs\[0\].length: .*longer than 20,000 km"),
    ("share: 30%,", "share: 30%, lying: {prior: beta 2},", r"urgent.lying.prior: .*`beta` is written `beta a, b`"),
    # how the file is written
    ("name: small", "name: small\nname: ", r":2:1: name: duplicate key `name`"),
    ("name: small", "*six : 3\nname: small", r":1:1: aliases are not allowed.*`\*six`"),
    ("share: 30%,", "share: 30%, lying: {prior: 'beta 2, 5, 9'},", r"urgent.lying.prior: .*`beta` is written `beta a, b`"),
    ("travel: 2 h", "travel: erlang 4", r"legs\[1\].travel: .*`erlang` is written `erlang phases mean duration`"),
    ("companions: binomial 2 mean 0.8", "companions: binomial 2", r"companions: .*`binomial` is written `binomial most mean number`"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), REFUSED)
def test_what_does_not_go_together_is_refused(old: str, new: str, said: str) -> None:
    """Would catch a rule that never refuses, one that says it twice, and one that says it somewhere else."""
    found = errors(changed((old, new)))
    assert len(found) == 1, found
    assert re.search(said, found[0]), found[0]


def test_what_is_just_allowed_is_accepted() -> None:
    """Would catch rules that refuse what they should not: the neighbours of files refused above."""
    for old, new in (
        (PLAN, "days: when ready, recheck: 1 s, needs: 2,"),
        (PLAN, PLAN + " by_list: [{parties: 3, chance: 5%}, {parties: 4, chance: 9%}],"),
        (CAPS, "caps: {kind: passage_limit, per_week: 2,"),
        (FIGURE, "total: {what: waiting, classes: [urgent], by: 2023-03-31, about: 15,"),
        (FIGURE, FIGURE.replace("by: 2023-03-31", "from: 2023-03-01, by: 2023-03-01")),
        (FIGURE, ARRIVED),
        (
            "    planned: {rank: 2, share: rest}",
            "    planned: {rank: 2, share: 70%}\n    third: {share: rest}",
        ),
        ("remove: [{group: closures}]", "from: 2023-02-01, remove: all"),
        ("late: {from: 2023-02-22}", "late: {from: 2023-02-22, to: 2023-03-31}"),
        ("length: 57 km", "length: 20000 km"),
    ):
        assert errors(changed((old, new))) == [], new


def test_mistakes_are_said_even_where_nothing_can_be_made_of_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Would catch a mistake that is silent because taking out the faulty parts was given up: only what
    stands between blocks cannot be said then."""
    swaps = (("seats: 3,", "seats: x,"), ("headline: {world: unimpeded", "headline: {world: actual"))
    seats, same = errors(changed(*swaps))
    assert "`world` and `minus` are both `actual`" in same
    monkeypatch.setattr(salvage, "ROUNDS", 0)
    assert errors(changed(*swaps)) == [seats]


def test_more_readings_than_are_useful_are_refused() -> None:
    """Would catch a small file that keeps a reader busy for hours: each variant with each world that assumes."""
    variants = ", ".join(f"v{i}: {{says: x}}" for i in range(11))
    worlds = ", ".join(f"w{i}: {{assume: {{need: {{initial_list: {i}}}}}}}" for i in range(8))
    few = "few: {says: Few were referred., drop: [impediments.caps], change: {need: {initial_list: 0}}}"
    (line,) = errors(
        changed(
            (f"variants:\n  {few}", f"variants: {{{variants}}}"),
            ("worlds:\n  no-closures: {remove: [{group: closures}]}", f"worlds: {{{worlds}}}"),
        )
    )
    assert (
        "12 variants of 8 worlds with `assume` and calibrations with `change`: at most 100 readings" in line
    )


# -------------------------------------------------------------------------------------------- tables


TWO = "id,from,to\na,2023-02-01,2023-02-01\nb,2023-02-03,2023-02-03\n"
NAMED = ("caps: {kind: convoy_cap, patients: 6,", "caps: {kind: closure, table: shut.csv,")


def test_a_table_is_named_once(tmp_path: Path) -> None:
    """Would catch the rows of one table read as twice as many closures."""
    (tmp_path / "shut.csv").write_text(TWO)
    again = ("conditions:\n", "  again: {kind: closure, table: shut.csv, assumed: x}\nconditions:\n")
    few = ("drop: [impediments.caps]", "drop: [impediments.a]")
    assert errors(changed(NAMED, few), tmp_path) == []
    (line,) = errors(changed(NAMED, few, again), tmp_path)
    assert "impediments.again.table: the table of `caps` already: a row is one closure" in line


def test_a_table_has_a_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a table without end read into memory; and rows that are within the limits refused."""
    (tmp_path / "shut.csv").write_text(TWO)
    text = changed(NAMED, ("drop: [impediments.caps]", "drop: [impediments.a]"))

    def said(name: str, limit: int) -> str:
        with monkeypatch.context() as smaller:
            smaller.setattr(tables, name, limit)
            return "\n".join(errors(text, tmp_path))

    assert said("LARGEST", len(TWO)) == ""
    assert "caps.table: larger than 1 MB; found `shut.csv`" in said("LARGEST", len(TWO) - 1)
    assert "shut.csv:1:1: 2 rows: at most 1" in said("MOST_ROWS", 1)
    # `first-week` and `gate` stand before them: four entries of the block in all
    assert "caps.table: with its 2 rows there are more than 3 closures" in said("MOST_ROWS", 3)
    assert said("MOST_ROWS", 4) == ""


def test_the_rows_of_a_table_count_in_every_reading(tmp_path: Path) -> None:
    """Would catch a short file that is long once its table is read, in each of its variants."""
    rows = "".join(f"r{i},2023-02-01 00:00,2023-02-01 01:00,hold,paper,x\n" for i in range(1800))
    (tmp_path / "shut.csv").write_text("id,from,to,policy,source,note\n" + rows)
    few = "drop: [impediments.caps], change: {need: {initial_list: 0}}}"
    more = "".join(f"\n  v{i}: {{says: x}}" for i in range(6))
    (line,) = errors(changed(NAMED, (few, "change: {}}" + more)), tmp_path)
    assert re.search(
        r"8 variants of 0 worlds.*: 8 readings of \d+ keys and values are more than 100000", line
    )


# ------------------------------------------------------------------------------------- files and names


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are Unix's")
def test_a_pipe_is_no_scenario(tmp_path: Path) -> None:
    """Would catch a reader that waits for ever for whoever writes into it."""
    os.mkfifo(tmp_path / "s.yaml")
    with pytest.raises(ScenarioFileError, match="not a file"):
        read_scenario(tmp_path / "s.yaml")


def test_a_starting_file_stays_one_line_a_line() -> None:
    """Would catch a folder's name that ends the comment with the schema's path and begins a key."""
    with pytest.raises(ValueError, match="printable"):
        starting_file("first", schema="./a\nseed: 3/scenario.schema.json")
