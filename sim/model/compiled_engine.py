"""The compiled engine: a plan's tables, filled once; the kernel, compiled; its tables as an outcome."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from sim.model import kernel
from sim.model.checking import Checking
from sim.model.draws import Draws
from sim.model.outcome import ModelError, Outcome
from sim.model.packing import Packed, larger, make_tables, pack, room_for, unpack
from sim.model.plan import Plan
from sim.model.tables import DONE, FULL, GROUPS, PATIENT, ROWS, Tables

ORDER = (
    "is_before", "comes_before", "push", "pop", "first_after", "step_at", "next_change",
    "fill_list", "link", "take_off", "record_spell", "leave", "update_list", "join",
    "in_force", "rules_for", "is_eligible", "count_eligible", "write_patients", "close_list",
    "ready_segment", "smaller", "passage", "is_home", "vehicles_home",
    "is_full", "has_room", "board", "slot", "depart", "planned_departure", "leave_when_ready",
    "slowest", "has_rule", "join_line", "let_on", "inspection", "is_turned_back", "hand_over", "come_home",
    "convoy", "own_vehicle", "run",
)  # fmt: skip
"""The kernel's functions, each after those it calls."""
INLINED = ("first_after", "step_at", "next_change", "is_home", "slowest")
"""Those called so often that the call itself is dear."""


@cache
def loops() -> Any:
    """The kernel's `run`, compiled with everything it calls."""
    from sim.model.compiling import compiled, is_disabled

    if is_disabled():
        return by_attribute(kernel.run)
    return compiled(kernel, ORDER, ["run"], {**ROWS, **GROUPS}, INLINED)["run"]


def by_attribute(run: Callable[..., int]) -> Callable[..., int]:
    """For a kernel that is not compiled: tables whose rows are read and written as it does, `row.field`."""

    def of(table: Any) -> Any:
        if isinstance(table, tuple):
            return type(table)(*map(of, table))
        if not isinstance(table, np.ndarray) or table.dtype.names is None:
            return table
        if table.dtype == PATIENT:  # half-size numbers of numpy's do not widen as the compiler's do
            table = table.astype([(name, np.int64) for name in PATIENT.names or ()])
        return table.view(np.recarray)

    return lambda *tables: run(*map(of, tables))


def run_tables(packed: Packed, draws: Draws) -> Tables:
    """Run the kernel, with larger tables should the first be too small; the tables at the end.

    Raises
    ------
    ModelError
        When a vehicle would leave more often in a day than luck was drawn for.
    """
    room = room_for(packed, draws.patients)
    while True:
        tables = make_tables(packed, draws, room)
        ended = loops()(*tables)
        if ended == DONE:
            return tables
        if ended != FULL:
            raise ModelError("a vehicle would leave more often in a day than luck was drawn for")
        room = larger(room, len(packed.vehicles))


def of_world(plan: Plan) -> Callable[[Draws], Outcome]:
    """One world's engine: what depends on the plan alone is done once. Threads may share it."""
    packed, checking = pack(plan), Checking(plan)

    def run_world(draws: Draws) -> Outcome:
        outcome = unpack(run_tables(packed, draws))
        checking.check(draws, outcome)
        return outcome

    return run_world


def run(plan: Plan, draws: Draws) -> Outcome:
    """Run one replication of one world: the same outcome as the reference engine's, without an event log.

    Raises
    ------
    ModelError
        When an invariant of the model is broken.
    """
    return of_world(plan)(draws)
