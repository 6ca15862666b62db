"""`corridor calibrate`, `corridor validate` and runs of what was found, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sim.analysis import calibrate as module
from sim.cli import corridor
from tests.analysis.test_calibrate import read


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The command in this process, with short rounds, in a folder of its own."""
    for name, value in {"STEPS": 60, "CHAINS": 4, "GROUPS": 2, "LEAST_ROUNDS": 8, "HISTORIES": 100}.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.chdir(tmp_path)
    read(tmp_path)

    def command(*words: str) -> Result:
        return CliRunner().invoke(corridor, list(words), catch_exceptions=False, standalone_mode=False)

    return command


def test_from_priors_to_a_run_of_the_posterior(call, tmp_path):
    """The whole way: a scenario by hand, calibrated, run, validated, changed."""
    before = call("run", "little.yaml", "-n", "20", "--workers", "1")
    assert "Status: set by hand, not validated." in before.output

    found = call("calibrate", "little.yaml", "--rounds", "16", "--workers", "1")
    assert found.return_value in (0, 1)
    assert "calibration whole-record" in found.output
    assert "calibration early" in found.output
    assert "R-hat" in found.output
    written = sorted(path.name for path in (tmp_path / "posteriors" / "little").iterdir())
    assert [name.rpartition(".")[2] for name in written] == ["csv", "json"] * 2
    assert all(name.startswith("base.") for name in written)

    after = call("run", "little.yaml", "-n", "60", "--workers", "1", "--json")
    told = json.loads(after.stdout[after.stdout.index("{") :])
    assert told["status"]["calibrated"]
    assert list(told["run"]["posteriors"]) == ["base"]
    assert "--seed" not in told["command"]
    again = call("run", "little.yaml", "-n", "20", "--workers", "1", "--prior")
    assert "set by hand, not validated" in again.output
    assert "Found: ran before" in again.output, "the run from before there was a posterior, and no other"

    checked = call("validate", "little.yaml", "-n", "60", "--workers", "1")
    assert "calibration early" in checked.output
    assert "Need, inferred" in checked.output
    names = {path.name for path in (tmp_path / "results" / "little" / "validation").iterdir()}
    assert {
        "validation.csv",
        "validation.json",
        "need.csv",
        "base.whole-record.png",
        "base.early.png",
    } <= names
    data = json.loads((tmp_path / "results" / "little" / "validation" / "validation.json").read_bytes())
    seen = {
        one["calibration"]: {row["figure"] for row in one["figures"] if row["seen"]}
        for one in data["validations"]
    }
    assert seen == {"whole-record": {"half", "all", "list"}, "early": {"half"}}

    text = (tmp_path / "little.yaml").read_text(encoding="utf-8")
    (tmp_path / "little.yaml").write_text(
        text.replace("initial_list: 6", "initial_list: 7"), encoding="utf-8"
    )
    changed = call("run", "little.yaml", "-n", "20", "--workers", "1")
    assert "drawn from its priors: the scenario has changed since it was calibrated" in changed.output


def test_what_a_posterior_cannot_give_is_refused(call, tmp_path):
    only = ("--calibration", "whole-record", "--rounds", "16", "--workers", "1")
    found = call("calibrate", "little.yaml", *only, "--json")
    (told,) = json.loads(found.stdout)
    assert (told["variant"], told["calibration"], told["histories"]) == ("base", "whole-record", 100)
    assert Path(told["written"]).is_file()
    assert found.return_value == (0 if told["reached"] else 1)
    import click

    with pytest.raises(click.UsageError, match="have 100 histories"):
        call("run", "little.yaml", "-n", "101")
    with pytest.raises(click.UsageError, match="a seed goes with the priors; --prior"):
        call("run", "little.yaml", "--seed", "3")
    with pytest.raises(click.UsageError, match="a precision goes with the priors; --prior"):
        call("run", "little.yaml", "--precision", "5%")


def test_nothing_to_calibrate_with_is_said(call, tmp_path):
    import click

    text = (tmp_path / "little.yaml").read_text(encoding="utf-8").replace("use: calibrate", "use: validate")
    (tmp_path / "little.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(click.UsageError, match="no observed figure is marked `use: calibrate`"):
        call("calibrate", "little.yaml")
    with pytest.raises(click.UsageError, match="calibration"):
        call("calibrate", "little.yaml", "--calibration", "erly")
    assert not (tmp_path / "posteriors").exists()


def test_an_exact_figure_without_an_error_cannot_be_calibrated_with(call, tmp_path):
    """One clear line: the file, the line, the key and what is missing."""
    from sim.scenario.problems import ScenarioError

    text = (tmp_path / "little.yaml").read_text(encoding="utf-8").replace("error: 2, ", "")
    (tmp_path / "little.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(
        ScenarioError, match=r"little.yaml:\d+:\d+: observed.half: .*say its standard `error`"
    ):
        call("calibrate", "little.yaml")
