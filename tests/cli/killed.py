"""Runs that are killed, many of them: each is a fork of one process that has everything loaded.

Called as a script in a folder with `two-cars.yaml`: ``python -m tests.cli.killed TIMES SEED``. After each
death it prints a JSON object: how many there were, what readers saw, how many were gone on with.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from sim.cli import main
from sim.experiment.reading_back import read_run, stored_runs
from sim.experiment.store import StoreError
from sim.experiment.working import partial_of
from sim.model.engines import prepare
from sim.report import outputs

PLACE = Path("results/two-cars/runs/run")
RUN = ["run", "two-cars.yaml", "-n", "80", "--workers", "2", "--quiet", "--out", str(PLACE)]
STEPS = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir")
"""Steps on the file system, by the names of their audit events."""


def forked(arguments, deadly=None):
    """Begin a command in a process of its own; `deadly` is called there with each step near the place."""
    child = os.fork()
    if child:
        return child
    os.setsid()
    os.dup2(os.open(f"said.{os.getpid()}", os.O_WRONLY | os.O_CREAT), 2)
    os.dup2(2, 1)
    if deadly:
        sys.addaudithook(lambda event, about: event in STEPS and PLACE.name in str(about) and deadly())
    sys.argv = ["corridor", *arguments]
    code = 99
    try:
        code = main()
        sys.stdout.flush()
    finally:
        os._exit(code)


def ended(child):
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said = Path(f"said.{child}")
    text = said.read_text() if said.exists() else ""
    said.unlink(missing_ok=True)
    assert "Traceback" not in text, text
    return code, text


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def seen(allowed):
    """What a reader sees: the seed of a whole run, or that there is none. Anything else is a failure."""
    try:
        result = read_run(PLACE).manifest["asked"]["seed"]
    except StoreError as error:
        result = error.reason.partition(":")[0]
    assert result in ("no such folder", "incomplete") or contents(PLACE) == allowed[result], result
    listed = {entry.folder.name: entry for entry in stored_runs(Path("results"))}
    partial = listed.pop(partial_of(PLACE).name, None)
    assert partial is None or partial.reason.startswith("incomplete"), partial
    assert [name for name, entry in listed.items() if isinstance(entry, StoreError)] == [], listed
    return result


def nobody_left(group):
    """Wait for the workers of one that was killed: they end by themselves."""
    for _ in range(200):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise AssertionError("workers outlive their parent")


def empty():
    for folder in (PLACE, partial_of(PLACE)):
        shutil.rmtree(folder, ignore_errors=True)


def full_run(seed):
    started = time.monotonic()
    code, text = ended(forked([*RUN, "--seed", str(seed), "--force"]))
    assert code == 0, text
    assert [path.name for path in PLACE.parent.iterdir()] == [PLACE.name]
    return contents(PLACE), time.monotonic() - started


def one_death(luck, allowed, duration, steps):
    """Kill a run, look, and go on with it; half the time with an earlier run in its place."""
    empty()
    old = luck.random() < 0.5
    if old:
        PLACE.mkdir()
        for name, data in allowed[1].items():
            (PLACE / name).write_bytes(data)
    by_step = luck.random() < 0.6
    if by_step:
        at = luck.randrange(1, steps + 1)
        left = [at]

        def deadly():
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        child = forked([*RUN, "--seed", "2", "--force"], deadly)
    else:
        at = luck.uniform(0, 1.05 * duration)
        child = forked([*RUN, "--seed", "2", "--force"])
        time.sleep(at)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    code, _ = ended(child)
    assert code in (0, -signal.SIGKILL), code
    nobody_left(child)
    saw = seen(allowed)
    assert saw in ((1, 2, "incomplete") if old else (2, "incomplete", "no such folder")), saw
    kept = len(list(partial_of(PLACE).glob("*.batch")))
    code, text = ended(forked(["resume", str(PLACE), "--quiet"]))
    if code:  # it was killed before anything was begun, or when all was done
        assert "no unfinished run" in text or "no request.json" in text, text
        code, text = ended(forked([*RUN, "--seed", "2"]))
    assert code == 0, text
    assert contents(PLACE) == allowed[2]
    for trial in PLACE.parent.glob(".probe-*"):  # of a death in the moment of the trial write
        shutil.rmtree(trial)
    left_over = sorted(path.name for path in PLACE.parent.iterdir())
    assert left_over == [PLACE.name], left_over
    return {"by step": by_step, "at": at, "saw": saw, "kept": kept, "resumed": "goes on" in text}


def repeated(times, seed):
    load()
    PLACE.parent.mkdir(parents=True)
    first, _ = full_run(1)
    second, duration = full_run(2)
    steps = Path("steps")

    def count():
        with open(steps, "a") as stream:
            stream.write(".")

    child = forked([*RUN, "--seed", "2", "--force"], count)
    assert ended(child)[0] == 0
    luck = random.Random(seed)
    counted = Counter()
    for _ in range(times):
        death = one_death(luck, {1: first, 2: second}, duration, steps.stat().st_size)
        counted[f"saw {death['saw']}, kept {'some' if death['kept'] else 'none'}"] += 1
        counted["deaths"] += 1
        counted["resumed"] += death["resumed"]
        print(json.dumps({"steps": steps.stat().st_size, **counted}), flush=True)


def load():
    """All that a run loads, here instead of in every fork; figures would take most of the time."""
    for name in ("cluster", "kept", "patients", "unfinished"):
        import_module(f"sim.experiment.{name}")
    for name in ("answer", "cost", "progress", "sentences", "status", "tables"):
        import_module(f"sim.report.{name}")
    prepare()
    outputs.picture = lambda *about: b"drawn"


if __name__ == "__main__":
    repeated(int(sys.argv[1]), int(sys.argv[2]))
