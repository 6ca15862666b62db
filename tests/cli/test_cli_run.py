"""`corridor run`: the answer, the files, and that they are the same bytes everywhere."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import python

FILES = {
    "cumulative.png", "cumulative.svg", "daily.parquet", "differences.csv", "fingerprints.parquet",
    "manifest.json", "measures.parquet", "observed.csv", "summary.json",
}  # fmt: skip


def refuse_constants(name):
    raise AssertionError(f"{name} in JSON")


def only_run(folder):
    """The one run under results/."""
    (run,) = (folder / "results" / "two-cars" / "runs").iterdir()
    return run


@pytest.mark.xdist_group("first-run")
def test_prints_the_answer_and_writes_where_it_says(first_run):
    folder, done = first_run
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    text = " ".join(done.stdout.split())
    for said in (
        "Status: set by hand, not validated.",
        "Under the assumptions listed, the model gives",
        "90 % prediction intervals, 12 replications each; spanning the variants base, many",
        "more patients leaving with red-cross by 20 January 2024 in the world `unimpeded`",
        "Removed: closures (2), small-convoys.",
        "than in the actual world. The world `unimpeded`: Removed:",
        "With 12 replications the intervals are about the range of what occurred",
        "By window: patients evacuated",
        "since-the-second, 9 January 2024 to 20 January 2024",
        "of 1 floor 1 is not contradicted",
        "by 19 January 2024, for which more than 20 were published [bulletin]",
        "NOT A PURE REMOVAL: it assumes",
        "95 % Monte Carlo interval of the mean",
        "Need is exogenous",
        "numbers in the scenario are assumed",
        "corridor run two-cars.yaml --replications 12 --seed 20221212",
    ):
        assert said in text, said
    assert "would have been saved" not in text
    run = only_run(folder)
    assert f"Written to: {run.relative_to(folder)}" in done.stdout
    assert {path.name for path in run.iterdir()} == FILES


@pytest.mark.xdist_group("first-run")
def test_files_are_the_same_bytes_whatever_the_machine(first_run, corridor, scenario, tmp_path):
    """A run that depended on the hour's zone, the locale, the hash seed or the workers would differ.

    It also replaces an earlier run that is not whole, and says so.
    """
    first = only_run(first_run[0])
    shutil.copytree(first, tmp_path / "again")
    (tmp_path / "again" / "measures.parquet").write_text("old")
    done = corridor(
        "run", scenario.name, "--workers", "2", "--out", "again", "--json",
        TZ="Asia/Tokyo", LC_ALL="C", PYTHONHASHSEED="2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    size = (first / "measures.parquet").stat().st_size
    said = f"measures.parquet has 3 bytes, not the {size} of its manifest"
    assert done.stderr == f"note: again: {said}; run again\n"
    told = json.loads(done.stdout, parse_constant=refuse_constants)
    assert told["folder"] == "again"
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (first / name).read_bytes(), name
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "again",
        scenario.name,
    ]  # nothing half-written
    summary = json.loads((first / "summary.json").read_bytes(), parse_constant=refuse_constants)
    assert told == {
        **summary, "folder": "again", "found": False,
        "command": "corridor run two-cars.yaml --replications 12 --seed 20221212",
    }  # fmt: skip


@pytest.mark.xdist_group("first-run")
def test_files_are_the_same_bytes_without_assertions_and_from_elsewhere(first_run, scenario, tmp_path, cache):
    """A run that worked in an `assert`, or read or named the folder that it was started in, would differ."""
    first = only_run(first_run[0])
    elsewhere = tmp_path / "else" / "where"
    elsewhere.mkdir(parents=True)
    done = python(
        elsewhere, cache, "-O", "-m", "sim.cli", "run", f"../../{scenario.name}", "--workers", "1", "--quiet",
        "--out", str(tmp_path / "out"),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    for name in FILES:
        assert (tmp_path / "out" / name).read_bytes() == (first / name).read_bytes(), name
    assert list(elsewhere.iterdir()) == []


@pytest.mark.xdist_group("first-run")
def test_files_are_tidy_complete_and_match_the_manifest(first_run):
    folder, _ = first_run
    run = only_run(folder)
    told = json.loads((run / "summary.json").read_bytes())
    manifest = json.loads((run / "manifest.json").read_bytes())
    assert set(manifest["files"]) == FILES - {"manifest.json"}
    for name, said in manifest["files"].items():
        data = (run / name).read_bytes()
        assert said == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        assert str(folder).encode() not in data
        assert b"\r" not in data or name.endswith((".png", ".parquet"))
    table = pd.read_parquet(run / "measures.parquet")
    base = table[table["variant"] == "base"].set_index(["world", "replication"])
    evacuated = base["patients_evacuated[carrier=red-cross]"].to_dict()
    worlds = {"actual", "unimpeded", "no-closures", "every-second-day"}
    assert set(evacuated) == {(world, k) for world in worlds for k in range(12)}
    # The headline is the paired difference of these very numbers.
    pairs = sorted(evacuated["unimpeded", k] - evacuated["actual", k] for k in range(12))
    headline = told["headline"]["variants"][0]
    assert headline["mean"] * 12 == sum(pairs)
    middle = (pairs[5] + pairs[6]) / 2
    assert (headline["low"], headline["median"], headline["high"]) == (pairs[0], middle, pairs[-1])
    assert headline["interval"] == {"kind": "prediction", "level": 0.9}
    assert {w["name"]: w["pure_removal"] for w in told["worlds"]} == {
        w: w != "every-second-day" for w in worlds
    }


def test_a_folder_of_other_files_is_left_alone(corridor, scenario, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    refused = corridor("run", scenario.name, "--out", "mine")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_one_replication_has_no_interval_and_says_so(corridor, scenario):
    done = corridor("run", scenario.name, "-n", "1", "--workers", "1", "--variant", "base", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout, parse_constant=refuse_constants)
    assert told["sentence"].startswith("Under the assumptions listed, one replication gives ")
    assert "no interval" in told["sentence"]
    assert told["headline"]["span"]["low"] is None


def test_a_wrong_scenario_writes_nothing_and_says_everything(corridor, scenario, tmp_path):
    text = scenario.read_text(encoding="utf-8")
    scenario.write_text(
        text.replace("seats: 3", "seat: 3").replace("share: 30%", "share: 130%"), encoding="utf-8"
    )
    refused = corridor("run", scenario.name)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "Traceback" not in refused.stderr
    lines = refused.stderr.splitlines()
    assert len(lines) >= 2
    assert all(line.startswith("error: two-cars.yaml:") for line in lines)
    assert [path.name for path in Path(tmp_path).iterdir()] == [scenario.name]


def test_files_that_cannot_be_read_or_written_end_with_3(corridor, scenario, tmp_path):
    missing = corridor("run", "nowhere.yaml")
    assert (missing.returncode, missing.stdout) == (3, "")
    assert missing.stderr.startswith("error: nowhere.yaml: ")
    # Asked for so many replications that simulating first would run out of the test's time.
    for out in ("/proc/nowhere/r", scenario.name):
        refused = corridor("run", scenario.name, "--out", out, "-n", "15000")
        assert (refused.returncode, refused.stdout) == (3, ""), refused.stderr
        assert refused.stderr.startswith("error: ")


def test_too_large_a_run_is_refused_with_the_figures(corridor, scenario, tmp_path):
    refused = corridor("run", scenario.name, "-n", "1000000000")
    assert (refused.returncode, refused.stdout) == (5, "")
    assert re.search(r"predicted time on one core: [\d,]+ hours, more than 2 hours", refused.stderr)
    assert "--allow-large" in refused.stderr
    assert not (tmp_path / "results").exists()
