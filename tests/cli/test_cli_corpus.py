"""The corpus of bad files through the command itself: the code, the streams, and that nothing is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.scenario.test_corpus import ROWS

ALL = """
import contextlib, io, json, os, pathlib, sys
import sim.cli
from tests.scenario.test_corpus import ROWS

def listing():
    return sorted((str(p), p.stat().st_mtime_ns) for p in pathlib.Path().rglob("*"))

said = {}
for number, row in enumerate(ROWS):
    pathlib.Path("s.yaml").write_bytes(row.text)
    every = [["check"], ["run", "--quiet", "--out", "results"], ["report", "--publish"]]
    for command in every if number % 10 == 0 else every[:1]:
        before = listing()
        out, err = io.StringIO(), io.StringIO()
        sys.argv = ["corridor", command[0], "s.yaml", *command[1:]]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = sim.cli.main()
        key = f"{row.id} {command[0]}"
        said[key] = [code, out.getvalue(), err.getvalue(), listing() == before]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> list[dict[str, list[object]]]:
    """Every row through the command, some through three, in one process for each of two hash seeds."""
    from tests.cli.conftest import python

    told = []
    for seed in ("1", "2"):
        done = python(tmp_path_factory.mktemp("corpus"), cache, "-c", ALL, PYTHONHASHSEED=seed)
        assert done.returncode == 0, done.stderr[-2000:]
        told.append(json.loads(done.stdout))
    return told


def test_every_row_ends_with_2_on_stderr_alone_and_touches_nothing(outcomes) -> None:
    """R2, R3, R8: refused before anything is drawn or written; what reads stdout gets nothing."""
    assert len(outcomes[0]) == len(ROWS) + 2 * len(ROWS[::10])
    for key, (code, out, err, untouched) in outcomes[0].items():
        assert (code, out, untouched) == (2, "", True), (key, err[:300])
        assert err.startswith("error: s.yaml:"), (key, err[:300])
        assert "Traceback" not in err, key


def test_the_same_words_under_two_hash_seeds(outcomes) -> None:
    """R4: sets would be walked in an order that changes from run to run."""
    assert outcomes[0] == outcomes[1]


def test_what_looks_like_personal_data_is_warned_of_and_not_published(corridor, scenario, tmp_path) -> None:
    """G13: and the text itself is not repeated, nor is it in the page."""
    text = scenario.read_text(encoding="utf-8")
    scenario.write_text(
        text.replace("title: Two cars", "title: Call +374 10 123456, two cars"), encoding="utf-8"
    )
    done = corridor("check", scenario.name)
    assert done.returncode == 0
    assert "looks like personal data (a telephone number)" in done.stderr
    assert json.loads(corridor("check", scenario.name, "--json").stdout)["warnings"]
    done = corridor("report", scenario.name, "--publish")
    assert (done.returncode, done.stdout) == (2, "")
    assert "two-cars.yaml:2:8: title: looks like personal data" in done.stderr
    assert "123456" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [scenario.name]


@pytest.mark.parametrize("command", ["validate", "sensitivity", "capacity", "run", "attribute", "report"])
def test_a_place_that_cannot_be_written_is_said_before_anything_is_run(
    corridor, scenario, tmp_path, command
) -> None:
    """E07, E11: a link or a file in the place of the folder; with 3 and in a moment."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    (tmp_path / "file").write_text("mine")
    for place, said in (("link", "a link"), ("file", "not a folder")):
        done = corridor(command, scenario.name, "--out", place)
        assert (done.returncode, done.stdout) == (3, ""), done.stderr
        assert f"error: {place}: {said}" in done.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("command", "more"),
    [("run", ()), ("validate", ()), ("calibrate", ()), ("capacity", ()), ("attribute", ()), ("selftest", ()),
     ("trace", ()), ("sensitivity", ()), ("evidence", ()), ("report", ())],
)  # fmt: skip
def test_every_command_that_simulates_refuses_what_would_not_fit(
    corridor, scenario, tmp_path, command, more
) -> None:
    """A slip of a digit would otherwise fill the machine: code 5, with the figure, and nothing written."""
    text = scenario.read_text(encoding="utf-8").replace("{value: 12,", "{value: 900000000,")
    scenario.write_text(text, encoding="utf-8")
    done = corridor(command, scenario.name, *more)
    assert (done.returncode, done.stdout) == (5, ""), done.stderr[-300:]
    assert "expected patients in one replication: 900,000," in done.stderr
    assert "--allow-large" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [scenario.name]
