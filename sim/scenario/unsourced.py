"""What lacks its source: numbers without a mark, sources without a date or an address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sim.scenario.problems import Problem, problem_at
from sim.scenario.schema import Scenario
from sim.scenario.sources import ledger
from sim.scenario.tree import Keys, key_place, value_place

_SPEAKS_OF_THE_DATE = re.compile(r"\b(date|dates|dated|undated)\b", re.IGNORECASE)


def unsourced(scenario: Scenario, tree: Keys) -> Iterator[Problem]:
    """One problem for each, at its place in the file; a scenario with such problems can be run."""
    for entry in ledger(scenario):
        if entry.grade == "unmarked":
            said = "a number with neither `source` nor `assumed`: who published it, or why was it chosen?"
            yield problem_at(value_place(tree, entry.path), entry.path, said)
    for name, source in scenario.sources.items():
        path = ("sources", name)
        if source.date is None and not _SPEAKS_OF_THE_DATE.search(source.note or ""):
            said = "no `date`: give it, or say in `note` why there is no date"
            yield problem_at(key_place(tree, path), path, said)
        if source.url is None and source.data is None:
            said = "neither `url` nor `data`: where can it be read?"
            yield problem_at(key_place(tree, path), path, said)
