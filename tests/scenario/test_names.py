"""Names become folders and files: each is safe on every file system, and no two are the same file on one."""

import re
from pathlib import Path

import pytest

from sim.scenario.reading import ScenarioError, read_text
from sim.scenario.words import Name, name
from tests.report.conftest import SCENARIO

DEVICES = ["con", "prn", "aux", "nul", "com0", "com1", "com9", "lpt1", "nul.x", "con.yaml"]
OUTSIDE = [
    "..",
    ".",
    "../x",
    "a/b",
    "a\\b",
    "/etc",
    "~",
    "",
    ".hidden",
    "-x",
    "a b",
    "a:b",
    "a*",
    "a\0",
    "é",
    "a" * 65,
]
OTHERWISE = ["A", "Con", "a.", "a..", "x ", " x", "x\n"]
FINE = ["console", "com", "com10", "a..b", "nulls", "0", "lpt", "x.con", "a_b-c.d", "a" * 64]


@pytest.mark.parametrize("text", [*DEVICES, *OUTSIDE, *OTHERWISE])
def test_names_that_no_file_should_have_are_refused(text: str) -> None:
    """Catches: a result in another folder, a device that swallows it, two names that are one file."""
    with pytest.raises(ValueError, match=r"\w"):
        name(text)


@pytest.mark.parametrize("text", FINE)
def test_other_names_are_let(text: str) -> None:
    assert name(text) == text


def test_an_editor_refuses_the_same_names() -> None:
    """Catches: the schema for editors and the reader, in disagreement."""
    pattern = re.compile(Name.__metadata__[0].pattern)  # type: ignore[attr-defined]
    for text in (*DEVICES, *OUTSIDE, *OTHERWISE):
        assert text == "x\n" or not pattern.search(text), text
    assert all(pattern.search(text) for text in FINE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: small", "name: aux"),
        ("name: small", "name: ../small"),
        ("  short-list:", "  com1:"),
        ("  short-list:", "  a/../b:"),
        ("worlds:\n", "worlds:\n  nul: {remove: all}\n"),
        ("windows:", "calibrations: {con: {says: x, until: 2024-03-05}}\nwindows:"),
    ],
)
def test_whatever_names_a_file_is_held_to_it(old: str, new: str, tmp_path: Path) -> None:
    """Catches: a key of the scenario that names files, read as any other text."""
    with pytest.raises(ScenarioError, match="name of a-z, 0-9"):
        read_text(SCENARIO.replace(old, new, 1), tmp_path, "small.yaml")
