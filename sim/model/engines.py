"""The two engines by name: the same outcome from the same plan and draws."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from subprocess import DEVNULL, Popen

from sim.model.draws import Draws
from sim.model.outcome import Outcome
from sim.model.plan import Plan

COMPILED, SIMPY = "compiled", "simpy"
ENGINES = (COMPILED, SIMPY)
"""`compiled` for many replications; `simpy` to be read and to be traced."""


def engine(name: str, plan: Plan) -> Callable[[Draws], Outcome]:
    """One world's engine: runs replications of it, each checked against the model's invariants.

    The compiled one may be called by several threads at once.

    Raises
    ------
    KeyError
        When there is no engine of this name.
    """
    if name == SIMPY:
        from sim.model import simpy_engine

        return lambda draws: simpy_engine.run(plan, draws)
    if name == COMPILED:
        from sim.model import compiled_engine

        return compiled_engine.of_world(plan)
    raise KeyError(f"no engine `{name}`: there are {', '.join(ENGINES)}")


def prepare(name: str = COMPILED, announce: Callable[[], None] | None = None) -> None:
    """Have all that an engine needs compiled, or loaded from the compiler's cache, before workers start.

    Parameters
    ----------
    name
        The engine. Drawing, measuring and checking are compiled for both, the kernel for its own.
    announce
        Called once, and only if there is something to compile, which takes up to half a minute.

    The compiler uses one processor. Where there is something to compile, a second process has what is
    not the kernel compiled at the same time and kept for this one; should that fail, it is compiled here.
    """
    from sim.model import checking, compiled_engine, compiling, kernel, measures, philox, quantiles, streams

    first = (kernel, compiled_engine.ORDER[0]) if name == COMPILED else (philox, "uniform")
    kept = compiling.is_kept(*first)
    if announce is not None and not kept:
        announce()
    if name == COMPILED:
        with nullcontext() if kept else _meanwhile(f"from {__name__} import prepare; prepare('{SIMPY}')"):
            compiled_engine.loops()
    for part in (checking, measures, quantiles, streams):
        part.loops()


@contextmanager
def _meanwhile(code: str) -> Iterator[None]:
    """Another process that runs some code; waited for, whatever comes of it, but ended on Ctrl-C."""
    with Popen([sys.executable, "-c", code], stdout=DEVNULL, stderr=DEVNULL) as process:
        try:
            yield
        except BaseException:
            process.kill()
            raise
