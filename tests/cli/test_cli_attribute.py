"""`corridor attribute` as a user runs it: three numbers a group, the files, and the same bytes everywhere."""

import json

import pytest

FILES = {
    "attribution.csv", "attribution.json", "fates.csv", "manifest.json", "waterfall.png", "waterfall.svg",
    "worlds.csv",
}  # fmt: skip


def test_prints_the_attribution_and_writes_where_it_says(corridor, scenario, tmp_path):
    done = corridor("attribute", scenario.name)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    text = " ".join(done.stdout.split())
    for said in (
        "Under the assumptions listed, the model gives",
        "Shapley value | removed alone | removed last",
        "closures (2): convoys leave in that time too",
        "small-convoys (1): convoys are as large as the",
        "all groups together (sums)",
        "quote all three",
        "Conditions stay in every world (snow)",
        "every-second-day: not shared out, since it assumes a value",
        "corridor attribute two-cars.yaml --replications 12",
    ):
        assert said in text, said
    assert "would have been saved" not in text
    (folder,) = (tmp_path / "results" / "two-cars" / "attributions").iterdir()
    assert done.stdout.splitlines()[-1] == f"Written to: {folder.relative_to(tmp_path)}"
    assert {path.name for path in folder.iterdir()} == FILES
    data = json.loads((folder / "attribution.json").read_bytes())
    assert data["run"]["id"] == folder.name
    assert corridor("results").stdout.startswith("No stored runs"), "an attribution is no run"


def test_the_same_bytes_whatever_the_workers_and_the_machine(corridor, scenario, tmp_path):
    one = corridor("attribute", scenario.name, "--workers", "1", "--out", "one", "--json", TZ="Asia/Tokyo")
    two = corridor("attribute", scenario.name, "--workers", "2", "--out", "two", "--quiet", LC_ALL="C")
    assert (one.returncode, two.returncode, two.stdout) == (0, 0, "two\n"), two.stderr
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    printed = json.loads(one.stdout)
    stored = json.loads((tmp_path / "one" / "attribution.json").read_bytes())
    assert (printed["folder"], printed["shares"]) == ("one", stored["shares"])
    again = corridor("attribute", scenario.name, "--out", "one", "--quiet", "-n", "3")
    assert again.returncode == 0, again.stderr
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_bytes())
    assert manifest["replications"] == 3, "an earlier attribution is replaced"


def test_the_headline_is_that_of_the_run(corridor, scenario, tmp_path):
    """Two commands, one question: an attribution of another difference would be worth nothing."""
    corridor("run", scenario.name, "--out", "run", "--quiet")
    corridor("attribute", scenario.name, "--out", "shares", "--quiet")
    run = json.loads((tmp_path / "run" / "summary.json").read_bytes())["headline"]["variants"]
    shares = json.loads((tmp_path / "shares" / "attribution.json").read_bytes())["headline"]["variants"]
    for one, other in zip(run, shares, strict=True):
        assert {name: one[name] for name in other} == pytest.approx(other)


def test_mistakes_cost_nothing_and_are_named(corridor, scenario, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("my own")
    text = scenario.read_text(encoding="utf-8")
    other = tmp_path / "other.yaml"
    other.write_text(text.replace("{carrier: red-cross}", "{world: every-second-day}"), encoding="utf-8")
    for arguments, code, said in (
        (["two-cars.yaml", "--variant", "mnay"], 2, "many"),
        (["two-cars.yaml", "-n", "0"], 2, "0"),
        (["two-cars.yaml", "--out", "mine"], 3, "notes.txt"),
        (["two-cars.yaml", "-n", "99999999"], 5, "--allow-large"),
        (["other.yaml"], 2, "`every-second-day` assumes values"),
        (["nothing.yaml"], 3, "nothing.yaml"),
    ):
        done = corridor("attribute", *arguments)
        assert (done.returncode, done.stdout) == (code, ""), (arguments, done.stderr)
        assert said in done.stderr, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"mine", "two-cars.yaml", "other.yaml"}
