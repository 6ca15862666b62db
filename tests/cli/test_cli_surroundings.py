"""The command where little is to be had: no home, no name, no terminal, no memory, no room, Ctrl-C."""

import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.cli.test_cli_run import FILES, only_run

pytestmark = pytest.mark.xdist_group("first-run")

NO_HOME = """\
import os, pwd, sys
def nobody(number): raise KeyError(f"getpwuid(): uid not found: {number}")
pwd.getpwuid = nobody
from numba.core import caching
def read_only(*_): raise OSError(30, "Read-only file system")
os.access = lambda *_: False
for name in dir(caching):
    if "InTree" in name:
        getattr(caching, name).ensure_cache_path = read_only
for name in ("HOME", "USER", "LOGNAME", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
    os.environ.pop(name, None)
if sys.argv[1:]:
    os.environ["HOME"] = sys.argv[1]
from sim.model import philox
from sim.model.compiling import compiled, is_kept
print(is_kept(philox, "uniform"), compiled(philox, ["uniform"], ["uniform"])["uniform"](5) >= 0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs pwd")
@pytest.mark.parametrize("home", [[], ["/proc/nowhere"]], ids=["no home", "read-only home"])
def test_what_cannot_be_kept_is_compiled_all_the_same(script, home, tmp_path):
    """Would catch a container without a home, or with a read-only one, in which nothing runs at all; and a
    folder named ~ where the command was called."""
    done = script(NO_HOME, *home)
    assert (done.returncode, done.stdout) == (0, "False True\n"), done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "around",
    [
        {"HOME": "/proc/nowhere", "MPLCONFIGDIR": ""},
        {"TERM": "dumb", "NO_COLOR": "1", "LC_ALL": "C", "TZ": "Pacific/Chatham", "PYTHONUTF8": "0"},
    ],
    ids=["read-only home", "plain terminal"],
)
def test_a_run_is_the_same_whatever_surrounds_it(corridor, scenario, first_run, tmp_path, around):
    """Would catch a file that depends on the home or the terminal, and colours where nobody sees them."""
    done = corridor("run", scenario.name, "--out", "out", **around)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    for name in FILES:
        assert (tmp_path / "out" / name).read_bytes() == (only_run(first_run[0]) / name).read_bytes(), name


LITTLE = """\
import resource, sys
from sim.cli import main
import sim.experiment.kept, sim.report.answer, sim.experiment.patients, sim.experiment.cluster
from sim.model.engines import prepare
prepare()
resource.setrlimit(*{limit})
sys.argv = ["corridor", "run", "two-cars.yaml", "--quiet", "--allow-large", *sys.argv[1:]]
sys.exit(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs limits that hold")
def test_too_little_memory_is_said(script, scenario, tmp_path):
    """Would catch a traceback of somebody else's library where a smaller number would help."""
    limit = "(resource.RLIMIT_AS, (4 << 30, 4 << 30))"
    done = script(LITTLE.format(limit=limit), "-n", "20000000", "--workers", "1")
    assert (done.returncode, done.stdout) == (5, ""), done.stderr
    assert done.stderr == "error: not enough memory; fewer --workers or --replications need less\n"
    assert list(tmp_path.glob("results/*/runs/*")) == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs limits that hold")
def test_too_little_room_is_said_and_the_work_kept(script, corridor, scenario, first_run, tmp_path):
    """Files may have 20,000 bytes, enough for a batch and not for a table: as on a disk that is full."""
    limit = "(resource.RLIMIT_FSIZE, (20_000, 20_000))"
    code = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + LITTLE.format(limit=limit)
    done = script(code, "--workers", "1", "--out", "out")
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    assert done.stderr == (
        "note: what was done is kept; to go on: corridor resume out\n"
        "error: out: cannot be written (File too large)\n"
    )
    assert not (tmp_path / "out").exists()
    resumed = corridor("resume", "out")
    assert (resumed.returncode, resumed.stderr) == (
        0,
        "note: out: goes on with an unfinished run, 12 of 12 replications done\n",
    )
    for name in FILES:
        assert (tmp_path / "out" / name).read_bytes() == (only_run(first_run[0]) / name).read_bytes(), name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", scenario.name]


STOPPED = """\
import sys
import sim.cli, sim.experiment.ensemble as ensemble
simulate = ensemble.simulate
def stop(done, total):
    if done: raise KeyboardInterrupt
ensemble.simulate = lambda *a, **k: simulate(*a, **{**k, "progress": stop})
sys.argv = ["corridor", "run", "two-cars.yaml", "--quiet", "--workers", "1"]
sys.exit(sim.cli.main())
"""


def test_a_stopped_run_is_listed_refused_when_changed_and_gone_on_with(script, corridor, scenario, first_run):
    """Would catch a resumed run of a scenario that is another by now."""
    assert script(STOPPED).returncode == 130
    (row,) = json.loads(corridor("results", "--json").stdout)
    assert row["complete"] is False
    assert row["status"].startswith("incomplete: stopped or still running, 3 of 12 replications done; ")
    place = row["folder"].removesuffix(".partial")
    assert f"to go on: corridor resume {place}" in row["status"]
    text = scenario.read_text(encoding="utf-8")
    scenario.write_text(text + "# a note\n", encoding="utf-8")
    refused = corridor("resume", place)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "changed since it was begun: file_hash; `corridor run` begins it again" in refused.stderr
    scenario.rename(scenario.with_name("gone.yaml"))
    assert "is not here; resume it in the folder in which it was begun" in corridor("resume", place).stderr
    scenario.write_text(text, encoding="utf-8")
    done = corridor("run", scenario.name)
    assert done.stderr == f"note: {place}: goes on with an unfinished run, 3 of 12 replications done\n"
    assert done.stdout == first_run[1].stdout
    nothing = corridor("resume", place)
    assert (nothing.returncode, nothing.stderr) == (3, f"error: {place}: no unfinished run\n")


def test_replay_gives_the_stored_fingerprint_and_says_what_has_changed(
    corridor, scenario, first_run, tmp_path
):
    """Would catch a replay of another replication, and a changed scenario that passes for the stored one."""
    shutil.copytree(first_run[0] / "results", tmp_path / "results")
    run = str(only_run(tmp_path).relative_to(tmp_path))
    done = corridor("replay", run, "--replication", "7")
    assert (done.returncode, done.stderr) == (0, "")
    *rows, last = done.stdout.splitlines()
    assert last == "Replication 7 is the same as stored, in 8 variants and worlds."
    assert all(re.fullmatch(r"(base|many) +[a-z-]+ +[0-9a-f]{16}  the same", row) for row in rows)
    simpy = corridor("replay", run, "--replication", "7", "--engine", "simpy", "--world", "actual", "--json")
    told = json.loads(simpy.stdout)
    assert (told["same"], told["changed"], len(told["rows"])) == (True, [], 2)
    other = json.loads(corridor("replay", run, "--replication", "8", "--json").stdout)
    assert not {row["stored"] for row in other["rows"]} & {row["stored"] for row in told["rows"]}
    assert corridor("replay", run, "--replication", "12").returncode == 2
    scenario.write_text(
        scenario.read_text(encoding="utf-8").replace("seats: 3", "seats: 4"), encoding="utf-8"
    )
    moved = corridor("replay", run, "--replication", "7")
    assert moved.returncode == 1
    said = "Not as it was when the run was made: the text of the scenario file, what the scenario says."
    assert said in moved.stdout
    assert "is NOT as stored" in moved.stdout
    scenario.unlink()
    assert corridor("replay", run, "--replication", "7").returncode == 3


@pytest.mark.skipif(
    not hasattr(os, "setsid") or not Path("/proc").exists(), reason="needs a session and /proc"
)
@pytest.mark.parametrize("engine", ["simpy", "compiled"])
@pytest.mark.parametrize("between", [0.0, 0.01, 0.03])
def test_ctrl_c_twice_leaves_nobody(script, scenario, tmp_path, engine, between):
    """The second comes while the first is being dealt with: as of somebody in a hurry.

    Would catch a lock of the pool that the first left held, for which its end then waited for ever, and a
    second one that cut short how the workers are ended.
    """
    done = script(
        "import os, pathlib, signal, subprocess, sys, time\n"
        "command = [sys.executable, '-m', 'sim.cli', 'run', 'two-cars.yaml', '-n', '20000', '--quiet']\n"
        f"command += ['--engine', '{engine}', '--workers', '2']\n"
        "run = subprocess.Popen(command, start_new_session=True)\n"
        "children = pathlib.Path(f'/proc/{run.pid}/task/{run.pid}/children')\n"
        "while run.poll() is None and len(children.read_text().split()) < 2: time.sleep(0.01)\n"
        "workers = children.read_text().split()\n"
        f"os.killpg(run.pid, signal.SIGINT); time.sleep({between}); os.killpg(run.pid, signal.SIGINT)\n"
        "code = run.wait(60)\n"
        "time.sleep(1)\n"
        "print([worker for worker in workers if pathlib.Path(f'/proc/{worker}').exists()])\n"
        "sys.exit(code)\n"
    )
    assert (done.returncode, done.stdout) == (130, "[]\n"), done.stderr
    assert "Traceback" not in done.stderr
    assert {path.suffix for path in tmp_path.glob("results/*/runs/*")} <= {".partial"}
