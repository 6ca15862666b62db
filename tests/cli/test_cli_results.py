"""Stored runs as a user meets them: found again, run again, listed."""

import json
import re
import shutil

import pandas as pd
import pytest

from tests.cli.test_cli_run import only_run

pytestmark = pytest.mark.xdist_group("first-run")


@pytest.fixture
def stored(first_run, scenario, tmp_path):
    """The test's folder with the first run in it, and what that printed."""
    shutil.copytree(first_run[0] / "results", tmp_path / "results")
    return only_run(tmp_path), first_run[1].stdout


def last_line(text):
    return text.splitlines()[-1]


def contents(folder):
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_the_same_run_is_found_again_and_prints_the_same(corridor, scenario, stored, tmp_path):
    """A found answer that differs from the fresh one in anything but its last line is another answer."""
    run, fresh = stored
    before = contents(run)
    found = corridor("run", scenario.name)
    assert (found.returncode, found.stderr) == (0, "")
    place = str(run.relative_to(tmp_path))
    assert found.stdout.splitlines()[:-1] == fresh.splitlines()[:-1]
    assert (last_line(fresh), last_line(found.stdout)) == (
        f"Written to: {place}",
        f"Found: ran before, {place}",
    )
    told = json.loads(corridor("run", scenario.name, "--json").stdout)
    assert (told["found"], told["folder"]) == (True, place)
    assert corridor("run", scenario.name, "--quiet").stdout == f"{place}\n"
    assert contents(run) == before
    shutil.copytree(run, tmp_path / "elsewhere")
    assert last_line(corridor("run", scenario.name, "--out", "elsewhere").stdout).startswith("Found: ")
    shutil.rmtree(tmp_path / "results")
    assert last_line(corridor("run", scenario.name, "--out", "new").stdout).startswith("Written to: ")


def test_force_runs_again_to_the_same_bytes(corridor, scenario, stored):
    run, _ = stored
    before = contents(run)
    forced = corridor("run", scenario.name, "--force", "--workers", "1")
    assert (forced.returncode, forced.stderr) == (0, "")
    assert last_line(forced.stdout).startswith("Written to: ")
    after = contents(run)
    assert {name: data for name, (data, _) in after.items()} == {name: d for name, (d, _) in before.items()}
    assert all(after[name][1] > before[name][1] for name in before)


def test_another_question_is_another_run(corridor, scenario, stored, tmp_path):
    """What is asked decides: a note in the file changes its hash, though not the run's name."""
    run, _ = stored
    for arguments in (["-n", "3"], ["-n", "3", "--seed", "1"], ["-n", "3", "--variant", "base"]):
        assert last_line(corridor("run", scenario.name, *arguments).stdout).startswith("Written to: ")
    assert len(list(run.parent.iterdir())) == 4
    scenario.write_text(scenario.read_text(encoding="utf-8") + "# a note\n", encoding="utf-8")
    done = corridor("run", scenario.name)
    place = run.relative_to(tmp_path)
    assert done.stderr == f"note: {place}: stored is a run that differs in file_hash; run again\n"
    assert last_line(done.stdout) == f"Written to: {place}"
    assert last_line(corridor("run", scenario.name).stdout) == f"Found: ran before, {place}"


@pytest.mark.parametrize(
    ("name", "change"), [("summary.json", "a byte"), ("manifest.json", "a byte"), ("manifest.json", "gone")]
)
def test_a_damaged_run_is_said_and_run_again(corridor, scenario, stored, name, change):
    """A stored answer is printed only if every byte of its run is as it was written."""
    run, fresh = stored
    whole = (run / name).read_bytes()
    if change == "gone":
        (run / name).unlink()
    else:
        (run / name).write_bytes(whole.replace(b"two-cars", b"two-care", 1))
    again = corridor("run", scenario.name, "--workers", "1")
    assert (again.returncode, again.stdout) == (0, fresh)
    assert re.fullmatch(rf"note: \S+: .*{name}.*; run again\n", again.stderr)
    assert (run / name).read_bytes() == whole


def test_a_run_with_notes_in_it_is_found_but_never_replaced(corridor, scenario, stored):
    run, _ = stored
    (run / "notes.txt").write_text("mine")
    assert last_line(corridor("run", scenario.name).stdout).startswith("Found: ")
    forced = corridor("run", scenario.name, "--force")
    assert (forced.returncode, forced.stdout) == (3, "")
    assert "(notes.txt)" in forced.stderr
    assert (run / "notes.txt").read_text() == "mine"


def test_patients_on_request_add_up_and_are_asked_for_once(corridor, scenario, stored):
    """Each patient of each replication and world, in a run that is otherwise the same bytes."""
    run, fresh = stored
    before = contents(run)
    done = corridor("run", scenario.name, "--per-patient", "--workers", "2")
    assert (
        done.stderr
        == f"note: {run.relative_to(scenario.parent)}: the stored run has no patients.parquet; run again\n"
    )
    assert done.stdout == fresh
    after = contents(run)
    same = before.keys() - {"manifest.json"}
    assert {name: after[name][0] for name in same} == {name: before[name][0] for name in same}
    patients = pd.read_parquet(run / "patients.parquet")
    keys = ["variant", "world", "replication"]
    evacuated = patients[patients["state"] == "evacuated"].groupby(keys, observed=True).size()
    measures = pd.read_parquet(run / "measures.parquet").set_index(keys)
    assert evacuated.sort_index().to_list() == measures["patients_evacuated"].sort_index().to_list()
    for arguments in ([], ["--per-patient"]):
        assert last_line(corridor("run", scenario.name, *arguments).stdout).startswith("Found: ")
    corridor("run", scenario.name, "--per-patient", "--force", "--workers", "1")
    again = contents(run)
    assert {name: data for name, (data, _) in again.items()} == {
        name: data for name, (data, _) in after.items()
    }


def test_results_lists_what_is_whole_and_what_is_not(corridor, stored, tmp_path):
    run, _ = stored
    for name in ("torn", "old"):
        shutil.copytree(run, run.parent / name)
    (run.parent / "torn" / "observed.csv").unlink()
    (run.parent / "old" / "manifest.json").write_text('{"format": 1, "files": {}}')
    listed = corridor("results", "--json")
    assert listed.returncode == 0
    rows = {row["run"]: row for row in json.loads(listed.stdout)}
    assert {name: row["status"] for name, row in rows.items()} == {
        run.name: "complete", "torn": "observed.csv is missing", "old": "older format (1, now 2)",
    }  # fmt: skip
    whole = rows[run.name]
    headline = json.loads((run / "summary.json").read_bytes())["headline"]
    assert whole["headline"] == headline
    assert (whole["scenario"], whole["replications"], whole["variants"]) == ("two-cars", 12, ["base", "many"])
    assert whole["folder"] == str(run.relative_to(tmp_path))
    assert rows["torn"]["headline"] is None
    text = corridor("results").stdout
    ends = f"{headline['span']['low']:.0f}–{headline['span']['high']:.0f} patients"
    for said in ("two-cars", run.name, ends, "complete", "torn: observed.csv is missing"):
        assert said in text
    cells = [line.split("|")[-1].strip() for line in text.splitlines() if line.count("|") == 5]
    assert f"{ends}, unimpeded − actual (90 % prediction intervals of 2 variants)" in " ".join(cells)


def test_results_where_there_are_none(corridor, tmp_path):
    none = corridor("results")
    assert (none.returncode, none.stderr) == (0, "")
    assert none.stdout == "No stored runs under results. `corridor run FILE` stores one.\n"
    assert corridor("results", "--json").stdout == "[]\n"
    assert list(tmp_path.iterdir()) == []
