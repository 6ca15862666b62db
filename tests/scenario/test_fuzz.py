"""Mutated scenario files: each is a scenario, or is refused in clear lines; never a traceback or a hang."""

from __future__ import annotations

import re
import time

import pytest

from sim.scenario.reading import ScenarioError, ScenarioFile, read_text
from tests.scenario.mutants import SHIPPED, mutant

SECONDS = 10
"""Of processor time for one file: far more than any takes, far less than a hang."""


def read_or_refused(number: int) -> ScenarioFile | None:
    """The mutant's scenario; None where it is refused as it should be."""
    text = mutant(number)
    start = time.process_time()
    try:
        read = read_text(text, SHIPPED, "s.yaml")
    except ScenarioError as error:
        lines = str(error).split("\n")
        assert len(lines) <= 51, number
        for line in lines:
            assert re.match(r"error: [^:\n]+\.(ya?ml|csv):\d+:\d+: ", line), (number, line)
            assert line.isprintable(), (number, line)
        return None
    except Exception as error:  # any other is a crash in front of a user
        raise AssertionError(f"mutant {number}: {error!r}") from error
    finally:
        assert time.process_time() - start < SECONDS, number
    return read


def test_five_hundred_mutants() -> None:
    """Would catch a reader that lets an exception of a library out; some must hold, or nothing is tested."""
    held = sum(_round_trips(number) for number in range(500))
    assert 25 < held < 400


@pytest.mark.slow
@pytest.mark.parametrize("thousand", range(20))
def test_twenty_thousand_mutants(thousand: int) -> None:
    """As above, and forty times as many."""
    assert sum(_round_trips(number) for number in range(1000 * thousand, 1000 * (thousand + 1))) > 25


def _round_trips(number: int) -> bool:
    read = read_or_refused(number)
    if read is None:
        return False
    if number % 5 == 0:
        assert read_text(mutant(number), SHIPPED, "s.yaml").model_hash == read.model_hash, number
    return True
