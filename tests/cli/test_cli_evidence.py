"""`corridor check --require-sources`, `corridor evidence` and `corridor sensitivity`, as a user runs them."""

import csv
import io
import json

HEAVY = ("numpy", "pandas", "numba", "scipy", "pyarrow", "simpy", "matplotlib")


def test_a_required_source_that_is_missing_is_named_and_the_exit_code_says_so(corridor, scenario):
    found = corridor("check", scenario.name, "--require-sources")
    assert (found.returncode, found.stdout) == (2, "")
    undated, nowhere, unmarked = found.stderr.splitlines()
    assert undated.startswith("error: two-cars.yaml:6:3: sources.bulletin: no `date`: ")
    assert nowhere.startswith("error: two-cars.yaml:6:3: sources.bulletin: neither `url` nor `data`: ")
    assert unmarked.startswith("error: two-cars.yaml:38:77: need.referrals.2024-01-01: a number with")
    assert unmarked.endswith("(in variant `many`)")
    text = scenario.read_text(encoding="utf-8")
    text = text.replace("2024-01-01: 6 / day", "2024-01-01: {value: 6 / day, assumed: invented}")
    text = text.replace(
        "publisher: Its publisher}", "publisher: P, date: 2024-02-01, url: https://example.org}"
    )
    scenario.write_text(text, encoding="utf-8")
    assert corridor("check", scenario.name, "--require-sources").returncode == 0
    scenario.write_text(text.replace('at: "09:00"}\n    assumed: invented', 'at: "09:00"}'), encoding="utf-8")
    found = corridor("check", scenario.name, "--require-sources")
    assert found.returncode == 2
    assert len(found.stderr.splitlines()) == 5  # count, seats, days, hour; days of a world
    assert "two-cars.yaml:16:26: carriers.red-cross.fleet.car.count: a number with neither" in found.stderr
    assert corridor("check", scenario.name).returncode == 0


def test_the_ledger_alone_is_light_and_quick(script, scenario):
    done = script(
        "import sys, sim.cli\n"
        f"sys.argv = ['corridor', 'evidence', {scenario.name!r}, '--no-influence', '--csv']\n"
        "code = sim.cli.main()\n"
        f"sys.stderr.write(repr([m for m in {HEAVY!r} if m in sys.modules]))\n"
        "sys.exit(code)\n"
    )
    assert (done.returncode, done.stderr) == (0, "[]")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    by_key = {row["key_path"]: row for row in rows}
    assert by_key["need.initial_list"]["sources"] == "bulletin"
    assert by_key["need.initial_list"]["grade"] == "single_source"
    assert by_key["need.referrals.2024-01-01"]["uncertain"] == "true"
    assert by_key["observed.half-way.error"]["grade"] == "assumed"
    assert not any(row["influence"] for row in rows)


def test_the_ledger_is_in_the_order_of_influence(corridor, scenario):
    done = corridor("evidence", scenario.name, "--samples", "8", "--luck", "2", "--workers", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("budget: 8 x (1 + 2) = 24 points of the Sobol design and 3 of the tornado")
    data = json.loads(done.stdout)
    sizes = [row["influence"] for row in data["numbers"] if row["influence"] is not None]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 0
    assert data["unit"] == "patients"
    assert data["sensitivity"]["resting_on_assumptions"] == {"first_order": 1.0, "total": 1.0}
    plain = json.loads(corridor("evidence", scenario.name, "--no-influence", "--json").stdout)
    assert sorted(row["key_path"] for row in plain["numbers"]) == sorted(
        row["key_path"] for row in data["numbers"]
    )
    text = corridor("evidence", scenario.name, "--samples", "8", "--luck", "2", "--quiet")
    assert (text.returncode, text.stderr) == (0, "")
    assert "rests on assumptions" in text.stdout
    assert "need.referrals.2024-01-01: uniform 2 / day .. 4 / day; assumed; total index" in text.stdout


def test_sensitivity_says_its_budget_and_writes_its_files(corridor, scenario, tmp_path):
    arguments = ("sensitivity", scenario.name, "--samples", "8", "--luck", "2", "--workers")
    done = corridor(*arguments, "1")
    assert done.returncode == 0, done.stderr
    assert "5 variants and structures: 114 replications of two worlds" in done.stderr
    assert "varied independently of one another, each over its own prior" in done.stdout
    assert "closures: convoys on the road wait" in done.stdout
    folder = tmp_path / "results" / "two-cars" / "sensitivity" / "base"
    written = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(written) == [
        "alternatives.csv", "parameters.csv", "sensitivity.json", "tornado.png", "tornado.svg",
    ]  # fmt: skip
    assert written["tornado.png"].startswith(b"\x89PNG")
    again = corridor(*arguments, "2", "--out", "again", "--quiet")
    assert (again.stdout, again.stderr) == ("again\n", "")
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == written
    told = json.loads(corridor(*arguments, "1", "--json", "--quiet").stdout)
    assert told == json.loads(written["sensitivity.json"])
    (row,) = told["parameters"]
    assert row["total"]["kind"] == "bootstrap"
    assert (row["low_value"], row["high_value"]) == ("2.1 / day", "3.9 / day")


def test_a_design_that_cannot_be_is_refused_before_anything_runs(corridor, scenario):
    for command in ("sensitivity", "evidence"):
        done = corridor(command, scenario.name, "--samples", "12")
        assert (done.returncode, done.stdout) == (2, "")
        assert "power of 2" in done.stderr
    assert corridor("evidence", scenario.name, "--json", "--csv").returncode == 2
    assert "did you mean" in corridor("sensitivity", scenario.name, "--variant", "mnay").stderr
