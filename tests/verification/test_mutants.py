"""Why: a score says nothing if the changes it counts are none, are others each time, or are not counted."""

from __future__ import annotations

import pytest

from tests.verification.mutants import mutants, sample
from tests.verification.survivors import Tried, left, score, wilson

CODE = '''"""What it is for."""

LIMIT = 3


def late(second: int, end: int = 4) -> bool:
    """Whether it is too late: 5."""
    if second < 0:
        raise ValueError(f"{second + 1} is none")
    return not second <= end and -second != LIMIT
'''
CHANGES = [
    ("second < 0", "second <= 0"),
    ("0", "1"),
    ("raise ValueError(f'{second + 1} is none')", "pass"),
    ("not second <= end and -second != LIMIT", "not second <= end or -second != LIMIT"),
    ("not second <= end", "second <= end"),
    ("second <= end", "second < end"),
    ("-second != LIMIT", "-second == LIMIT"),
    ("-second", "second"),
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "late.py"
    path.write_text(CODE, encoding="utf-8")
    return path


def test_what_is_changed_and_what_is_not(file) -> None:
    """The bug: a kind of change that is never made, or words of a message that count as code."""
    found = mutants("late", file)
    assert [(m.was, m.now) for m in found] == CHANGES
    assert {m.function for m in found} == {"late"}


def test_a_mutant_is_the_code_with_one_change(file) -> None:
    """The bug: a change that is put beside its place, or that changes how the rest is read."""
    found = {(m.was, m.now): m.source for m in mutants("late", file)}
    assert found["second <= end", "second < end"] == CODE.replace("second <= end", "(second < end)")
    for source in found.values():
        assert source != CODE
        compile(source, "late.py", "exec")


def test_a_sample_is_the_same_every_time_and_that_of_what_has_not_changed(file) -> None:
    """The bug: mutants that depend on the run, or a change in one place that draws all others anew."""

    def keys(share=0.5, seed=1):
        return [m.key for m in sample("late", file, share, seed)]

    before = keys()
    assert 0 < len(before) < len(CHANGES) == len(keys(1.0))
    assert before == keys() != keys(seed=3)
    file.write_text(CODE.replace("    if second", "    end = abs(end)\n    if second"), encoding="utf-8")
    assert keys() == before


def test_pieces_that_read_the_same_are_told_apart(file) -> None:
    """The bug: one of two equal pieces tried, and the other taken for it."""
    file.write_text(CODE.replace("< 0", "< 0 or end == 0"), encoding="utf-8")
    assert [m.nth for m in mutants("late", file) if m.was == "0"] == [1, 2]


def test_the_score_and_its_interval() -> None:
    """The bug: survivors that count as killed, and an interval of another kind than the page says."""
    rows = [Tried("sim.model.plan", "f", "a", "c", "1", how, "", "") for how in ["killed"] * 7 + ["late"]]
    rows += [Tried("sim.model.plan", "f", "a", "b", "1", "survived", "", "the same")] * 2
    assert score("plan", rows)[1:] == ("10", "8", "80%", "49%–94%")
    assert left(rows) == [("`model.plan.f`", "`a`", "`b`", "the same")] * 2
    assert wilson(10, 10) == pytest.approx((0.7225, 1), abs=1e-4)
