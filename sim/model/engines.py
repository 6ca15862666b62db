"""The two engines by name: the same outcome from the same plan and draws."""

from __future__ import annotations

from collections.abc import Callable

from sim.model.draws import Draws
from sim.model.outcome import Outcome
from sim.model.plan import Plan

COMPILED, SIMPY = "compiled", "simpy"
ENGINES = (COMPILED, SIMPY)
"""`compiled` for many replications, in threads; `simpy` to be read and to be traced."""


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


def prepare(announce: Callable[[], None] | None = None) -> None:
    """Have everything compiled, or loaded from the compiler's cache; call it before threads start.

    Parameters
    ----------
    announce
        Called once, and only if there is something to compile, which takes some seconds.
    """
    from sim.model import checking, compiled_engine, compiling, kernel, measures, quantiles, streams

    if announce is not None and not compiling.is_kept(kernel, compiled_engine.ORDER[0]):
        announce()
    for loops in (compiled_engine.loops, checking.loops, measures.loops, quantiles.loops, streams.loops):
        loops()
