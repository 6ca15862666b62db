"""Mutated scenarios that still hold go through both engines: whatever the reader lets in must run."""

from __future__ import annotations

from itertools import islice

from sim.experiment.selftest import compare_engines
from sim.report.cost import refusal
from sim.scenario.reading import ScenarioError, ScenarioFile, read_text
from tests.scenario.mutants import SHIPPED, mutant

SOME = 12


def _that_hold() -> list[ScenarioFile]:
    held = []
    for number in range(1, 100):
        try:
            read = read_text(mutant(number), SHIPPED, "s.yaml")
        except ScenarioError:
            continue
        if len(read.scenario.own_vehicles) == 0 and not refusal(read, 1, ["base"]):
            held.append(read)
    return held


def test_what_the_reader_lets_in_the_engines_can_run() -> None:
    """Would catch a legal value that crashes a run: the one place where the user would see code 4."""
    ran = [compare_engines(read, replications=1) for read in islice(_that_hold(), SOME)]
    assert len(ran) == SOME
    assert [said.difference for said in ran if said.difference] == []
