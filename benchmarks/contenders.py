"""Who takes part in the benchmark: one row each.

A new contender is a file beside this one with a ``prepare`` and a ``run``, and a row below.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import textbook_simpy
from numpy.typing import NDArray

from sim.model import simpy_engine
from sim.model.draws import Draws
from sim.model.layout import NONE
from sim.model.outcome import EVACUATED, Outcome
from sim.model.plan import Plan


class Contender(NamedTuple):
    """A model of the benchmark's corridor."""

    name: str
    what: str
    """In a few words, for the table."""
    prepare: Callable[[Plan, Draws], Any]
    """Whatever the contender wants made of a plan and draws beforehand; timed apart."""
    run: Callable[[Any], Any]
    """One replication from what was prepared; this is timed."""
    handovers: Callable[[Any], NDArray[np.int64]]
    """From what was run: second of each patient's handover, NONE for those not evacuated."""


def _run_reference(case: tuple[Plan, Draws]) -> Outcome:
    return simpy_engine.run(*case)


def _reference_handovers(outcome: Outcome) -> NDArray[np.int64]:
    return np.where(outcome.state == EVACUATED, outcome.left, NONE)


def _textbook_handovers(patients: list[textbook_simpy.Patient]) -> NDArray[np.int64]:
    return np.array([p.left_at if p.state == textbook_simpy.EVACUATED else NONE for p in patients])


REFERENCE = Contender(
    name="reference",
    what="this project's SimPy engine, invariants checked in every run",
    prepare=lambda plan, draws: (plan, draws),
    run=_run_reference,
    handovers=_reference_handovers,
)

PEERS = (
    Contender(
        name="textbook SimPy",
        what="a process per patient, car under inspection, convoy and closure",
        prepare=textbook_simpy.prepare,
        run=textbook_simpy.run,
        handovers=_textbook_handovers,
    ),
)

CONTENDERS = (REFERENCE, *PEERS)
