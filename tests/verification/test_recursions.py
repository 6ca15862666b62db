"""Why: a mean can agree by luck or by two errors that cancel; a recursion on the same draws cannot.

Every patient's boarding, end and state is recomputed from the draws without events or a clock, and must be
the engine's to the second.
"""

import numpy as np
import pytest

from sim.model.layout import NONE
from tests.verification import observe as see
from tests.verification.cases import CASES
from tests.verification.exact import SINGLE
from tests.verification.oracle import fates, lindley, on_road


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("replication", [0, 1])
def test_one_vehicle_one_seat_is_lindleys_recursion(name, replication, engine):
    """The bug: a second lost or gained a trip, a draw used for the wrong day or trip, a patient overtaken."""
    r = see.run(name, engine, replication)
    waits = lindley(r.plan, r.draws)
    boards = r.draws.referred + waits
    expected = np.where(boards < r.plan.horizon, boards, NONE)
    assert np.array_equal(r.outcome.boarded, expected)
    assert (waits > 0).any()
    assert (waits == 0).any()


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_every_patient_by_the_recursion_over_departures(name, engine):
    """The bug: the wrong vehicle, order, number of seats or second, in one patient among thousands."""
    for replication in range(20 if name == "transient" else 1):
        r = see.run(name, engine, replication)
        expected = fates(r.plan, r.draws)
        assert np.array_equal(r.outcome.state, expected.state)
        assert np.array_equal(r.outcome.boarded, expected.boarded)
        assert np.array_equal(r.outcome.left, expected.left)


@pytest.mark.parametrize(("name", "variant"), [("road-md1", "base"), ("road-fluid", "odd-rate")])
def test_a_road_section_is_lindleys_recursion(name, variant, engine):
    """The bug: a vehicle overtaken, a headway lost or doubled, in one of thousands."""
    r = see.run(name, engine, variant=variant)
    on = on_road(r.plan, r.draws)
    inside = on < r.plan.horizon
    assert np.array_equal(r.outcome.admissions[:, 3], np.where(inside, on, NONE))
    arrives = on + 3600
    assert np.array_equal(r.outcome.arrived, np.where(arrives < r.plan.horizon, arrives, NONE))


def test_the_two_recursions_agree():
    """The bug: a mistake in the recursion over departures that the engine shares."""
    draws, plan = see.draw("mg1", 3), see.laid_out("mg1")[1]
    boards = draws.referred + lindley(plan, draws)
    assert np.array_equal(fates(plan, draws).boarded, np.where(boards < plan.horizon, boards, NONE))
