"""The other commands, the help, and what a refused or broken command looks like."""

import json
import os
import re
from pathlib import Path

import pytest

HEAVY = ("numpy", "pandas", "numba", "scipy", "pyarrow", "simpy", "matplotlib", "rich")


def test_help_check_schema_and_init_load_no_heavy_library(script, scenario):
    for arguments in (["--help"], ["check", scenario.name], ["schema"], ["init", "new"], ["--version"]):
        done = script(
            "import sys, sim.cli\n"
            f"sys.argv = ['corridor', *{arguments!r}]\n"
            "code = sim.cli.main()\n"
            f"sys.stderr.write(repr([m for m in {HEAVY!r} if m in sys.modules]))\n"
            "sys.exit(code)\n"
        )
        assert (done.returncode, done.stderr) == (0, "[]"), arguments


def test_importing_sim_loads_nothing_and_offers_its_names(script):
    done = script(
        "import sys, sim\n"
        "before = [m for m in sys.modules if m.startswith('sim.')]\n"
        "print(before, [n for n in sim.__all__ if not getattr(sim, n)])"
    )
    assert done.stdout == "[] []\n", done.stderr


def test_help_documents_the_exit_codes(corridor):
    done = corridor("--help")
    assert done.returncode == 0
    for code in ("0 ", "2 ", "3 ", "4 ", "5 ", "130 "):
        assert f"\n    {code}" in done.stdout or f"\n  {code}" in done.stdout


def test_slips_of_the_keyboard_get_a_suggestion(corridor, scenario):
    for arguments, meant in (
        (["chekc", "x"], "check"),
        (["run", scenario.name, "--replicatons", "3"], "--replications"),
        (["run", scenario.name, "--variant", "mnay"], "many"),
        (["trace", scenario.name, "--world", "unimpede"], "unimpeded"),
    ):
        done = corridor(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert meant in done.stderr


def test_check_counts_what_is_sourced_and_assumed(corridor, scenario):
    data = json.loads(corridor("check", scenario.name, "--json").stdout)
    assert data["valid"] is True
    assert data["worlds"] == ["actual", "unimpeded", "no-closures", "every-second-day"]
    assert data["numbers"]["unmarked"] == len(data["unmarked"]) == 0
    assert data["uncertain"] == ["need.referrals.2024-01-01"]
    assert data["expected_patients"] == {"base": 12 + 3 * 20, "many": 12 + 6 * 20}
    text = corridor("check", scenario.name).stdout
    numbers = data["numbers"]
    assert f"{numbers['assumed']} of {sum(numbers.values())} numbers in the scenario are assumed" in text


def test_init_then_check_then_run(corridor, tmp_path):
    assert corridor("init", "my-corridor").returncode == 0
    written = (tmp_path / "my-corridor.yaml").read_bytes()
    again = corridor("init", "my-corridor")
    assert (again.returncode, again.stdout) == (3, "")
    assert (tmp_path / "my-corridor.yaml").read_bytes() == written
    assert corridor("check", "my-corridor.yaml").returncode == 0
    done = corridor("run", "my-corridor.yaml", "-n", "2", "--workers", "1")
    assert done.returncode == 0
    assert "ILLUSTRATIVE" in done.stdout
    for wrong in ("../evil", "", "UPPER CASE"):
        assert corridor("init", wrong).returncode == 2


def test_init_writes_the_schema_that_the_file_names_and_never_over_another(corridor, tmp_path):
    done = corridor("init", "first")
    assert "scenario.schema.json too, for editors" in done.stdout
    (line,) = [
        x for x in (tmp_path / "first.yaml").read_text(encoding="utf-8").splitlines() if "$schema=" in x
    ]
    schema = tmp_path / line.partition("$schema=")[2]
    assert schema.read_text(encoding="utf-8") == corridor("schema").stdout
    schema.write_text("mine")
    done = corridor("init", "second")
    assert done.returncode == 0
    assert "scenario.schema.json was there already, and is left as it is" in done.stdout
    assert schema.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.yaml", schema.name, "second.yaml"]


def test_trace_tells_a_patient_s_story(corridor, scenario):
    whole = corridor("trace", scenario.name, "--world", "unimpeded")
    assert whole.returncode == 0
    lines = whole.stdout.splitlines()
    assert lines[0].startswith("2024-01-01 00:00:00  start-1 (")
    assert lines == sorted(lines, key=lambda line: line[:19])
    table = corridor("trace", scenario.name, "--csv", "--patient", "start-1").stdout.splitlines()
    assert table[0] == "time,second,event,patient,class,party,convoy,carrier,vehicle,place,reason"
    events = [row.split(",")[2] for row in table[1:]]
    assert events[:2] == ["referred", "boarded"]
    assert events[-1] == "handed over"
    nobody = corridor("trace", scenario.name, "--patient", "start-99")
    assert (nobody.returncode, nobody.stdout) == (2, "")


def test_the_self_test_says_in_one_line_that_the_engines_agree(corridor, scenario):
    """Would catch a self-test that compares nothing: the counts are those of the scenario's cases."""
    done = corridor("selftest", scenario.name, "-n", "2")
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert line.startswith("The engines agree: ")
    assert "in 16 runs (worlds: 4, variants: 2, replications of each: 2)" in line


def test_a_closed_pipe_is_quiet(script, scenario):
    """A log longer than a pipe's buffer, whose reader goes away after a line."""
    text = scenario.read_text(encoding="utf-8").replace("{value: 12, source", "{value: 5000, source")
    scenario.write_text(text, encoding="utf-8")
    done = script(
        "import subprocess, sys\n"
        "command = [sys.executable, '-m', 'sim.cli', 'trace', 'two-cars.yaml']\n"
        "writer = subprocess.Popen(command, stdout=subprocess.PIPE)\n"
        "writer.stdout.readline(); writer.stdout.close()\n"
        "sys.exit(writer.wait())\n"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_an_unexpected_error_is_one_line(script, scenario):
    """Somebody's bug is no reason to show a user a traceback; CORRIDOR_DEBUG=1 shows it."""
    code = (
        "import sys, sim.cli, sim.report.contents as c\n"
        "def broken(file): raise RuntimeError('a\\nbug')\n"
        "c.contents = broken\n"
        f"sys.argv = ['corridor', 'check', {scenario.name!r}]\n"
        "sys.exit(sim.cli.main())\n"
    )
    done = script(code)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "error: internal: RuntimeError: a bug (CORRIDOR_DEBUG=1 shows where)\n"
    assert "Traceback" in script(code, CORRIDOR_DEBUG="1").stderr


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux to see the workers")
@pytest.mark.parametrize(
    ("target", "signal", "code"), [("run.pid", "SIGINT", 130), ("int(workers[0])", "SIGKILL", 4)]
)
def test_a_run_that_is_stopped_ends_at_once_and_publishes_nothing(
    script, scenario, tmp_path, target, signal, code
):
    """Ctrl-C, or a worker killed for want of memory: no half of a run, and nobody left behind."""
    done = script(
        "import os, pathlib, signal, subprocess, sys, time\n"
        "command = [sys.executable, '-m', 'sim.cli', 'run', 'two-cars.yaml', '-n', '20000', '--quiet']\n"
        "command += ['--engine', 'simpy', '--workers', '2']\n"
        "run = subprocess.Popen(command, start_new_session=True)\n"
        "children = pathlib.Path(f'/proc/{run.pid}/task/{run.pid}/children')\n"
        "while run.poll() is None and len(children.read_text().split()) < 2: time.sleep(0.1)\n"
        "workers = children.read_text().split()\n"
        f"os.kill({target}, signal.{signal})\n"
        "code = run.wait(60)\n"
        "time.sleep(0.5)\n"
        "print([worker for worker in workers if pathlib.Path(f'/proc/{worker}').exists()])\n"
        "sys.exit(code)\n"
    )
    assert (done.returncode, done.stdout) == (code, "[]\n")
    assert "Traceback" not in done.stderr
    assert unpublished(tmp_path) <= {".partial"}


def unpublished(folder):
    """What is under the results, of which nothing may be a run: the endings of the names."""
    return {path.suffix for path in folder.glob("results/*/runs/*")}


@pytest.mark.skipif(not hasattr(os, "setsid"), reason="needs a session of its own")
@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_ctrl_c_reaches_every_thread_and_process_and_none_is_left(script, scenario, tmp_path, engine):
    """As a terminal does it: the signal goes to the whole group, here when the first batch is done."""
    done = script(
        "import multiprocessing, os, signal, sys, threading\n"
        "import sim.cli, sim.experiment.ensemble as ensemble\n"
        "os.setsid()\n"
        "simulate = ensemble.simulate\n"
        "seen = []\n"
        "def stop(done, total):\n"
        "    seen.append(done)\n"
        "    if done: os.killpg(0, signal.SIGINT)\n"
        "ensemble.simulate = lambda *a, **k: simulate(*a, **{**k, 'progress': stop})\n"
        "command = ['run', 'two-cars.yaml', '-n', '20000', '--quiet', '--workers', '2']\n"
        f"sys.argv = ['corridor', *command, '--engine', {engine!r}]\n"
        "code = sim.cli.main()\n"
        "print(len(seen), threading.enumerate()[1:], multiprocessing.active_children())\n"
        "sys.exit(code)\n"
    )
    assert (done.returncode, done.stdout) == (130, "2 [] []\n"), done.stderr
    assert re.fullmatch(
        r"\s*note: what was done is kept; to go on: corridor resume results/\S+\s+stopped\n", done.stderr
    )
    assert unpublished(tmp_path) == {".partial"}
