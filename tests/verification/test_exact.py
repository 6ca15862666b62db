"""Why: what can be worked out on paper needs no tolerance, and a second off is a bug.

Each case names the bug that it would catch (`exact.py`).
"""

import numpy as np
import pytest

from tests.verification import exact
from tests.verification import observe as see


@pytest.mark.parametrize("case", exact.EXACT, ids=lambda case: f"{case.scenario}/{case.variant}: {case.what}")
def test_on_paper(case, engine):
    """The bug: the case's own (`catches`)."""
    found = case.find(see.run(case.scenario, engine, variant=case.variant))
    assert found == case.expected, f"would be: {case.catches}"


def test_luck_moves_nothing_where_nothing_varies(engine):
    """The bug: a draw used where a constant is written."""
    for name in exact.CONSTANT:
        one, other = (see.run(name, engine, replication).outcome for replication in (0, 1))
        assert np.array_equal(one.convoys, other.convoys)
        assert np.array_equal(one.left, other.left)
        assert np.array_equal(one.arrived, other.arrived)


def test_less_obstruction_may_evacuate_fewer(engine):
    """The bug: none in the engine; in whoever would 'repair' it until every difference is positive.

    The vehicle that leaves at once with one patient is away when nine more arrive.
    """
    assert exact.counterexample(engine, "unimpeded") == 1
    assert exact.counterexample(engine, "actual") == 10


def test_signs_do_differ_in_a_realistic_setting(engine):
    """The bug: a page that says how often the sign flips, and a model in which it never does."""
    found = exact.differences(engine, 30)
    assert (found < 0).any()
    assert (found > 0).any()
