"""The engines under test: each a pure function run(plan, draws) -> Outcome."""

from __future__ import annotations

from collections.abc import Callable

from sim.model import compiled_engine, simpy_engine
from sim.model.draws import Draws
from sim.model.outcome import Outcome
from sim.model.plan import Plan

Engine = Callable[[Plan, Draws], Outcome]

ENGINES: dict[str, Engine] = {"compiled": compiled_engine.run, "simpy": simpy_engine.run}
"""Every test of this folder runs once for each."""
