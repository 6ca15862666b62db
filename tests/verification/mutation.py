"""Mutation testing: ``uv run python -m tests.verification.mutation``, see docs/verification.md.

One process collects the tests and finds out which of them pass through which line. A copy of it (fork) plants
a mutant in the functions that are loaded, as `faults.py` plants faults, and runs the tests that pass through
its line, the shortest first, until one fails. A row that `mutants.csv` has already is not run again, unless
it is a survivor that nobody has explained.
"""

from __future__ import annotations

import csv
import os
import pickle
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, TypeVar

import coverage
import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, Phase, given, settings

from sim.model import compiling, simpy_engine
from sim.model.draws import Draws, Sampler
from sim.model.engines import engine
from sim.model.laying_out import lay_out
from sim.model.plan import Plan, make_plan, world_names
from tests.model import generate
from tests.verification import faults
from tests.verification.mutants import Mutant
from tests.verification.survivors import FOUND, ROOT, Tried, drawn, file_of, tried

CALLERS = {
    "sim.model.kernel": "sim.model.compiled_engine",
    "sim.model.counting": "sim.model.measures",
    "sim.model.checking": "sim.model.checking",
    "sim.model.philox": "sim.model.streams",
    "sim.model.quantiles": "sim.model.quantiles",
}
"""Compiled modules, and who calls them: compiled lines leave no trace, those of the caller do."""
ONE_ENGINE = {
    "sim.model.kernel": "compiled",
    "sim.model.simpy_engine": "simpy",
    "sim.model.waiting_list": "simpy",
    "sim.model.checkpoint_line": "simpy",
    "sim.model.road_section": "simpy",
}
"""Modules of one engine alone: whether it still agrees with the other is asked first."""
AGREE = "tests/model/test_engines.py::test_on_generated_scenarios"
"""The test that asks it; here its scenarios are made once, and not again for each mutant."""
EXAMPLES = 15
TESTS = ("tests/model", "tests/analysis", "tests/verification", "tests/experiment/test_ensemble.py")
ELSEWHERE = (
    AGREE,
    "test_the_kernel_as_plain_python",
    "test_faults.py",
    "test_removing_a_closure_can_leave_more_behind",
    "test_engines.py::test_on_the_flagship",
)
LONGEST, BUDGET = 4.0, 5.0
"""Seconds of processor time: of a test that is used, and of the tests run for a mutant, without it."""

FORKING = threading.Lock()
"""Or a copy would hold the other's pipe open."""

T = TypeVar("T")


class Late(BaseException):
    """Something takes too long."""


class Seen(NamedTuple):
    """What a test does without a mutant."""

    seconds: float
    end: str
    lines: dict[str, set[int]]
    """File of sim -> lines that it runs."""


def within(seconds: float, do: Callable[[], T]) -> T:
    """What `do` gives within so many seconds of processor time.

    Raises
    ------
    Late
        When it takes longer.
    """

    def late(_: int, frame: FrameType | None) -> None:
        while frame is not None:
            if Path(frame.f_code.co_filename).parent == Path(coverage.__file__).parent:
                signal.setitimer(signal.ITIMER_PROF, 0.01, 1)  # later: it would keep its lock for ever
                return
            frame = frame.f_back
        raise Late

    signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)
    try:
        return do()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def end_of(item: pytest.Item, seconds: float) -> str:
    """How a test ends: passed, killed (it fails), late."""
    try:
        reports = within(seconds, lambda: runtestprotocol(item, log=False, nextitem=None))
    except (Late, SystemError):  # the alarm may go off inside the interpreter, which complains
        return "late"
    failed = [str(report.longrepr) for report in reports if report.failed]
    return "late" if failed and "mutation.Late" in failed[0] else "killed" if failed else "passed"


def in_a_copy(do: Callable[[], T]) -> T | None:
    """What `do` gives in a copy of this process; None if the copy dies."""
    with FORKING:
        read, write = os.pipe()
        child = os.fork()
        if child:
            os.close(write)
    if child == 0:
        os.close(read)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        os.dup2(null, 2)
        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
        try:
            answer = pickle.dumps((do(), ""))
        except BaseException as error:
            answer = pickle.dumps((None, repr(error)))
        with os.fdopen(write, "wb") as pipe:
            pipe.write(answer)
        os._exit(0)
    with os.fdopen(read, "rb") as pipe:
        found = pipe.read()
    os.waitpid(child, 0)
    answer, error = pickle.loads(found) if found else (None, "")
    if error:
        raise RuntimeError(error)
    return answer


def seen_by(items: dict[str, pytest.Item]) -> dict[str, Seen]:
    """Each test's time, and the lines of sim that it runs."""
    cov = coverage.Coverage(data_file=None, source=[str(ROOT / "sim")], config_file=False)
    ends = {}
    cov.start()
    for name, item in items.items():
        cov.switch_context(name)
        start = time.process_time()
        end = end_of(item, LONGEST)
        ends[name] = Seen(time.process_time() - start, end, {})
    cov.stop()
    data = cov.get_data()
    for file in data.measured_files():
        for line, names in data.contexts_by_lineno(file).items():
            for name in set(names) & set(ends):
                ends[name].lines.setdefault(str(Path(file).relative_to(ROOT)), set()).add(line)
    return {name: seen for name, seen in ends.items() if seen.end == "passed"}


def slower(mutant: Mutant) -> int:
    """About how many times as long tests take while a module that is compiled runs as it is written."""
    return 8 if mutant.module in CALLERS else 1


def chosen(mutant: Mutant, seen: dict[str, Seen]) -> list[str]:
    """Tests that pass through a mutant's line, the shortest first, as many as fit the budget."""
    file = CALLERS.get(mutant.module, mutant.module).replace(".", "/") + ".py"
    blind = mutant.module in CALLERS
    near = [name for name, s in seen.items() if file in s.lines and (blind or mutant.line in s.lines[file])]
    total, found = 0.0, []
    for name in sorted(near, key=lambda name: seen[name].seconds):
        total += seen[name].seconds * slower(mutant)
        if total <= BUDGET:
            found.append(name)
    return found


Example = tuple[Plan, Draws, Any]


def examples() -> list[Example]:
    """Plans and draws of generated scenarios with what becomes of them, as `test_engines.py` has them."""
    trees: list[Any] = []

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(generate.scenarios())
    def collect(tree: Any) -> None:
        trees.append(tree)

    collect()
    found = []
    for file in map(generate.read, trees):
        for variant, scenario in file.variants.items():
            for world in world_names(lay_out(scenario)):
                layout = lay_out(file.assumed.get((variant, world), scenario))
                plan, sampler = make_plan(layout, world), Sampler(layout)
                for number in range(2):
                    draws = sampler.draw(scenario.seed, number)
                    found.append((plan, draws, generate.outcome_bytes(simpy_engine.run(plan, draws))))
    return found


def disagrees(name: str, known: list[Example]) -> str:
    """How an engine differs from the other on the examples (killed, late); empty if it does not."""
    try:
        for plan, draws, expected in known:
            if within(20, lambda: generate.outcome_bytes(engine(name, plan)(draws))) != expected:  # noqa: B023
                return "killed"
    except Late:
        return "late"
    except Exception:
        return "killed"
    return ""


def unchanged(module: str) -> Mutant:
    """A module as it is: what no test may fail with, or take too long with for being plain Python."""
    return Mutant(module, "", 0, "", "", 1, file_of(module).read_text(encoding="utf-8"))


def plant(mutant: Mutant) -> bool:
    """Exchange the code of the mutant's function, for good; whether there is such a function."""
    module = import_module(mutant.module)
    codes = dict(faults._codes(compile(mutant.source, str(module.__file__), "exec")))
    faults._forget(("tests.", mutant.module))
    if mutant.module in CALLERS:
        compiling.njit = faults._compiled_but(mutant.module)
        faults._forget((CALLERS[mutant.module],))
    planted = False
    for function in faults._functions(module):
        code = codes[function.__code__.co_qualname]
        planted |= faults._words(code) != faults._words(function.__code__)
        function.__code__ = code
    return planted


def judge(
    mutant: Mutant, items: dict[str, pytest.Item], seen: dict[str, Seen], known: list[Example]
) -> tuple[str, str]:
    """What becomes of a mutant (killed, late, survived; same: no function is another for it), and by what."""
    if not plant(mutant) and mutant.was != mutant.now:
        return "same", ""
    if mutant.module in ONE_ENGINE and (how := disagrees(ONE_ENGINE[mutant.module], known)):
        return how, AGREE
    for name in chosen(mutant, seen):
        end = end_of(items[name], slower(mutant) * (2 + 10 * seen[name].seconds))
        if end != "passed":
            return end, name
    return "survived", ""


def judged(
    them: list[Mutant], items: dict[str, pytest.Item], seen: dict[str, Seen], known: list[Example]
) -> Iterable[tuple[str, str]]:
    """What becomes of each mutant and by what, as many at a time as there are processors."""

    def one(mutant: Mutant) -> tuple[str, str]:
        return in_a_copy(lambda: judge(mutant, items, seen, known)) or ("died", "")

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(one, them)


def traced(items: dict[str, pytest.Item]) -> dict[str, Seen]:
    """What every test does, a copy for the tests of each file."""
    files: dict[Path, dict[str, pytest.Item]] = {}
    for name, item in items.items():
        files.setdefault(item.path, {})[name] = item
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = pool.map(lambda of_file: in_a_copy(lambda: seen_by(of_file)), files.values())
        return {name: seen for part in parts for name, seen in (part or {}).items()}


def write(rows: list[Tried], mode: str = "w") -> None:
    """The table, or more rows of it."""
    with FOUND.open(mode, newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        if mode == "w":
            table.writerow(Tried._fields)
        table.writerows(rows)


class Testing:
    """What pytest calls: tests are collected, but not run by it."""

    def pytest_configure(self, config: pytest.Config) -> None:
        """The same examples in every copy, and none made smaller when it fails."""
        phases = (Phase.explicit, Phase.generate)
        profile = settings(settings.get_profile("ci"), database=None, phases=phases)
        settings.register_profile("mutation", profile)
        settings.load_profile("mutation")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every mutant that is not yet in the table."""
        items = {i.nodeid: i for i in session.items if not any(e in i.nodeid for e in ELSEWHERE)}
        for caller in CALLERS.values():
            import_module(caller).loops()
        seen = traced(items)
        known = examples()
        wanted = drawn()
        keys = {mutant.key for mutant in wanted}
        rows = [r for r in tried() if r.key in keys and (r.verdict != "survived" or r.why)]
        write(rows)
        keys = {row.key for row in rows}
        left = [mutant for mutant in wanted if mutant.key not in keys]
        as_they_are = [unchanged(module) for module in dict.fromkeys(mutant.module for mutant in left)]
        both = [*as_they_are, *left]
        for mutant, (verdict, by) in zip(both, judged(both, items, seen, known), strict=True):
            if mutant.was != mutant.now:
                rows.append(Tried(*mutant.key, verdict, by, ""))
                write(rows[-1:], "a")
            elif verdict != "survived":
                raise RuntimeError(f"{mutant.module} as it is: {verdict} by {by}")
        places = {mutant.key: place for place, mutant in enumerate(wanted)}
        write(sorted(rows, key=lambda row: places[row.key]))
        return True


if __name__ == "__main__":
    os.environ["CI"] = "1"
    sys.exit(pytest.main([*TESTS, "-n0", "-p", "no:cacheprovider", "-p", "no:cov"], plugins=[Testing()]))
