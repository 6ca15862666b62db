"""Who takes part in the benchmark: one row each.

A new contender is a file beside this one with a ``prepare`` and a ``run``, and a row below.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

import case
import in_c
import numpy as np
import textbook_simpy
from numpy.typing import NDArray

from sim.model import simpy_engine
from sim.model.compiled_engine import loops
from sim.model.draws import Draws
from sim.model.layout import NONE
from sim.model.outcome import EVACUATED, ModelError, Outcome
from sim.model.packing import make_tables, pack, room_for
from sim.model.plan import Plan
from sim.model.tables import DONE, Result, Tables


class Contender(NamedTuple):
    """A model of the benchmark's corridor."""

    name: str
    prepare: Callable[[Plan, Draws], Any]
    """Whatever the contender wants made of a plan and draws beforehand; timed apart, and used for one run."""
    run: Callable[[Any], Any]
    """One replication from what was prepared; this is timed."""
    handovers: Callable[[Any], NDArray[np.int64]]
    """From what was run: second of each patient's handover, NONE for those not evacuated."""
    runs: int = 1
    """Runs in one timing: more where one is shorter than a clock can tell."""
    replications: int = 1_000_000
    """At most so many: the slow take part in the first few."""


def _prepare_compiled(plan: Plan, draws: Draws) -> Tables:
    """Tables copied, so that no run pays for the first touch of their memory."""
    packed = pack(plan)
    return _copied(make_tables(packed, draws, room_for(packed, draws.patients)))


def _copied(tables: Any) -> Any:
    if isinstance(tables, tuple):
        return tables._make(map(_copied, tables))
    return tables.copy() if isinstance(tables, np.ndarray) else tables


def _run_compiled(tables: Tables) -> Result:
    if loops()(*tables) != DONE:
        raise ModelError("the kernel did not come to the end of its run")
    return tables.result


def _of_result(result: Result) -> NDArray[np.int64]:
    return np.where(result.state == EVACUATED, result.left, NONE)


def _run_simpy(pair: tuple[Plan, Draws]) -> Outcome:
    return simpy_engine.run(*pair)


def _of_outcome(outcome: Outcome) -> NDArray[np.int64]:
    return np.where(outcome.state == EVACUATED, outcome.left, NONE)


def _of_objects(patients: Any) -> NDArray[np.int64]:
    """For models whose patients are objects that say `evacuated` and when."""
    return np.array([p.left_at if p.state == textbook_simpy.EVACUATED else NONE for p in patients])


def _of_c(done: in_c.Case) -> NDArray[np.int64]:
    return np.where(done.state == EVACUATED, done.left, NONE)


COMPILED = Contender("compiled engine", _prepare_compiled, _run_compiled, _of_result, runs=20)
SIMPY = Contender("SimPy engine", lambda plan, draws: (plan, draws), _run_simpy, _of_outcome)
TEXTBOOK = Contender("textbook SimPy", case.prepare, textbook_simpy.run, _of_objects)
C = Contender("C", in_c.prepare, in_c.run, _of_c, runs=20)


def contenders(slow: int) -> tuple[list[Contender], list[str]]:
    """Those that can take part here, and a line on each that cannot.

    Parameters
    ----------
    slow
        Replications of those that take a large part of a second for each.
    """
    here, missing = [COMPILED, SIMPY, TEXTBOOK], []
    if in_c.find_compiler() is None:
        missing.append("C is left out: no compiler `cc` was found.")
    else:
        here.insert(0, C)
    for name, module, handovers in (
        ("Ciw", "with_ciw", lambda seconds: seconds),
        ("salabim", "with_salabim", _of_objects),
    ):
        try:
            run = import_module(module).run
        except ModuleNotFoundError as error:
            missing.append(
                f"{name} is left out: no module `{error.name}` (run with `uv run --isolated --group bench`)."
            )
        else:
            here.append(Contender(name, case.prepare, run, handovers, replications=slow))
    return here, missing
