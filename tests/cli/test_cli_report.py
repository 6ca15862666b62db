"""`corridor report`, `cite` and `diff`: what they write, print and end with."""

import json
from pathlib import Path

import pytest

from sim.cli import main
from tests.report.conftest import SCENARIO

ARGUMENTS = ["report", "small.yaml", "-n", "4", "--no-sensitivity", "--quiet", "--workers", "1"]


def corridor(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["corridor", *arguments])
    return main()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    (home / "small.yaml").write_text(SCENARIO)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        assert corridor(patch, *ARGUMENTS, "--out", "one") == 0
        assert corridor(patch, *ARGUMENTS) == 0
    return home


@pytest.fixture(autouse=True)
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)


def test_a_stored_report_is_found(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Catches: a report that is made again on every call; it prints where the page is."""
    folder = next((home / "results" / "small" / "reports").iterdir())
    before = (folder / "manifest.json").stat().st_mtime_ns
    assert corridor(monkeypatch, *ARGUMENTS) == 0
    assert capsys.readouterr().out.strip().endswith("report.html")
    assert (folder / "manifest.json").stat().st_mtime_ns == before


def test_cite_prints_claims(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert corridor(monkeypatch, "cite", "small.yaml") == 0
    text = capsys.readouterr().out
    assert "too narrow to quote" in " ".join(text.partition("\n\n")[0].split()), "four replications"
    assert "Under the assumptions listed, the model gives" in text
    assert "@software{" in text
    assert "Do not say" in text
    assert corridor(monkeypatch, "cite", "small.yaml", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert {"id", "sentence", "number", "interval", "instead", "replications", "do_not_say"} <= set(
        data["claims"][0]
    )
    assert data["common"]["file_hash"]


def test_cite_of_a_changed_scenario_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Catches: numbers of an earlier text of the scenario quoted for the one of today."""
    (home / "changed.yaml").write_text(SCENARIO.replace("seats: 3", "seats: 4"))
    assert corridor(monkeypatch, "cite", "changed.yaml") == 3
    assert "corridor report changed.yaml" in capsys.readouterr().err


def test_diff_ends_as_diff_does(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 where nothing moved, 1 where numbers did, 3 where a folder is no stored result."""
    assert corridor(monkeypatch, "diff", "one", "one") == 0
    assert capsys.readouterr().out == "No number moved.\n"
    (home / "changed.yaml").write_text(SCENARIO.replace("seats: 3", "seats: 4"))
    arguments = [a.replace("small.yaml", "changed.yaml") for a in ARGUMENTS]
    assert corridor(monkeypatch, *arguments, "--out", "other") == 0
    capsys.readouterr()
    assert corridor(monkeypatch, "diff", "one", "other", "--json") == 1
    moves = json.loads(capsys.readouterr().out)
    assert any(move["key"].startswith("summary.headline") for move in moves)
    assert corridor(monkeypatch, "diff", "one", "nothing") == 3
