"""One rule for what a posterior can give, whichever command asks for it.

Why: commands that looked for posteriors each on their own differed in what they refused, in how they said
it, and in whether the priors could be had at all.
"""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result

from sim.cli import corridor
from sim.experiment.posterior import Posterior, hash_of, priors_of, write_posterior
from sim.report.sentences import NOT_INDEPENDENT
from sim.scenario.schema import WHOLE_RECORD
from tests.analysis.test_calibrate import read

HISTORIES = 24
BELIEFS = {"need.referrals.2030-03-01": 3.0, "obstacles.leave.chance": 0.5, "obstacles.small.patients": 4.0}
"""Of each parameter, in every history: they differ in luck."""
SMALL = ("--samples", "2", "--luck")
ASKING = {
    "run": ("-n",),
    "attribute": ("-n",),
    "validate": ("-n",),
    "report": ("--no-sensitivity", "-n"),
    "capacity": ("-n",),
    "sensitivity": SMALL,
    "evidence": SMALL,
}
"""Every command that runs histories, up to where it takes how many."""
SEEDED = ("run", "attribute", "trace")


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The command in this process, in a folder with a scenario and 24 histories of it."""
    monkeypatch.chdir(tmp_path)
    file = read(tmp_path)
    priors = priors_of(file.scenario)
    assert set(priors) == set(BELIEFS)
    values = np.array([[BELIEFS[name] for name in priors]] * HISTORIES)
    about = {"reached": True, "least_effective_sample_size": 450.0, "greatest_r_hat": 1.01, "figures": []}
    write_posterior(
        file,
        Posterior(
            scenario="little", variant="base", calibration=WHOLE_RECORD,
            history_hash=hash_of(file, "base", WHOLE_RECORD), seed=1, names=tuple(priors), values=values,
            streams=(), luck=np.arange(2 * HISTORIES).reshape(HISTORIES, 1, 2),
            weights=np.ones(HISTORIES, dtype=np.int64),
            priors=priors, about=about,
        ),
    )  # fmt: skip

    def command(name: str, *words: str) -> Result:
        words = (name, "little.yaml", *words, *(() if name in ("capacity", "trace") else ("--workers", "1")))
        return CliRunner().invoke(corridor, list(words), catch_exceptions=False, standalone_mode=False)

    return command


@pytest.mark.parametrize("name", ASKING)
def test_more_than_the_histories_is_refused_in_the_same_words(call, tmp_path: Path, name: str) -> None:
    """Would catch a number that is cut in silence, or refused in the words of the library."""
    with pytest.raises(click.UsageError) as error:
        call(name, *ASKING[name], "25")
    assert error.value.message == (
        "25 replications: the posteriors have 24 histories, for replications 0 to 23; "
        "--prior leaves the posteriors aside"
    )
    assert not (tmp_path / "results").exists()
    assert call(name, *ASKING[name], "25", "--prior").return_value in (None, 0, 1)


@pytest.mark.parametrize("name", SEEDED)
def test_a_seed_is_refused_in_the_same_words(call, name: str) -> None:
    with pytest.raises(click.UsageError) as error:
        call(name, "--seed", "3")
    assert error.value.message == (
        "histories of a posterior bring their own luck: a seed goes with the priors; "
        "--prior leaves the posteriors aside"
    )
    assert call(name, "--seed", "3", "--prior", *(() if name == "trace" else ("-n", "2"))).exit_code == 0


def test_a_trace_goes_no_further_than_the_histories(call) -> None:
    with pytest.raises(click.UsageError, match="25 replications: the posteriors have 24 histories"):
        call("trace", "--replication", "24")
    assert call("trace", "--replication", "24", "--prior").exit_code == 0


@pytest.mark.parametrize("name", ["run", "attribute"])
def test_unless_asked_otherwise_all_of_few_histories_are_run(call, name: str) -> None:
    """The scenario asks for more than there are: it is given what there is, as in every command."""
    told = call(name, "--json")
    data = json.loads(told.stdout[told.stdout.index("{") :])
    assert data["run"]["replications"] == HISTORIES
    assert f"--replications {HISTORIES}" in data["command"]


def test_what_was_drawn_from_the_priors_can_be_repeated(call) -> None:
    """Would catch a command that, pasted, runs the posterior instead."""
    for name in ("run", "attribute"):
        told = call(name, "-n", "2", "--prior", "--json")
        assert "--prior" in json.loads(told.stdout[told.stdout.index("{") :])["command"]


def test_validation_without_the_posteriors_is_none(call, tmp_path: Path) -> None:
    """Draws from the priors are shown, under their own name, and never count as validated."""
    checked = call("validate", "-n", "2", "--prior")
    assert checked.return_value == 1
    assert "calibration prior: NOT VALIDATED" in checked.output
    assert (tmp_path / "results" / "little" / "validation" / "base.prior.png").exists()


def test_a_validation_is_told_as_data_and_in_one_line(call, tmp_path: Path) -> None:
    """Would catch JSON with words around it, and data that are not what is written."""
    told = json.loads(call("validate", "-n", "2", "--prior", "--json").stdout)
    folder = Path("results") / "little" / "validation"
    assert told.pop("folder") == str(folder)
    assert told == json.loads((tmp_path / folder / "validation.json").read_bytes())
    assert [one["calibration"] for one in told["validations"]] == ["prior"]
    assert call("validate", "-n", "2", "--prior", "--quiet", "--out", "there").output == "there\n"


def test_one_replication_can_be_validated(call) -> None:
    checked = call("validate", "-n", "1")
    assert checked.return_value == 1
    assert "nan" not in checked.output


@pytest.mark.parametrize("name", ["run", "attribute", "sensitivity"])
def test_means_over_histories_have_no_monte_carlo_interval(call, name: str) -> None:
    """Would catch intervals, and bounds on what never occurred, as if states of a chain were independent."""
    said = " ".join(call(name, *(("--samples", "2") if name == "sensitivity" else ())).output.split())
    assert NOT_INDEPENDENT in said
    assert "no interval" in said
    assert "fewer than about 1 in" not in said
    drawn = " ".join(call(name, *ASKING[name], "24", "--prior").output.split())
    assert NOT_INDEPENDENT not in drawn
    assert "no interval" not in drawn


def test_no_table_of_a_report_has_one(call, tmp_path: Path) -> None:
    """The page, and the tables beside it, say the same."""
    assert call("report", "--samples", "2", "--luck", "2").exit_code == 0
    (folder,) = (tmp_path / "results" / "little" / "reports").iterdir()
    documents = {path.name: json.loads(path.read_bytes()) for path in folder.glob("*.json")}
    for row in documents["summary.json"]["headline"]["variants"]:
        assert (row["mean_interval"], row["mean_low"], row["mean_high"]) == (None, None, None)
        assert row["median"] is not None
        assert row["low"] < row["high"]
    shares = documents["attribution.json"]["shares"]
    assert shares
    assert {row["shapley_mean_low"] for row in shares} == {None}
    assert {row["mean"]["low"] for row in documents["sensitivity.json"]["alternatives"]} == {None}
    page = " ".join((folder / "report.html").read_text(encoding="utf-8").split())
    assert page.count(NOT_INDEPENDENT) == 2, "below the variants, and where the sign is asked for"
