"""What is run to hold published figures against the model: each calibration, by the variants that have it."""

from __future__ import annotations

from sim.analysis.validation import PRIOR, planned, validations
from sim.scenario.schema import WHOLE_RECORD
from tests.analysis.closed import closed

HELD_BACK = ("observed:", "calibrations: {early: {says: half of it, until: 2030-03-05}}\nobserved:")


def test_a_calibration_that_nobody_ran_is_left_out() -> None:
    """Would catch a validation on held-out figures that draws from the priors and does not say so."""
    file = closed(HELD_BACK)
    assert [calibration for calibration, _, _ in planned(file, ["base"])] == [WHOLE_RECORD]
    assert [calibration for calibration, _, _ in planned(file, ["base"], prior=True)] == [None]


def test_figures_and_need_of_a_variant_stand_in_its_tables() -> None:
    """Would catch a variant without a row, another's need, and rows with numbers of their own."""
    (found,) = validations(closed(), ["base"], replications=3, prior=True)
    assert (found.variant, found.calibration, found.until, found.keeps) == ("base", PRIOR, None, False)
    assert found.figures["figure"].tolist() == ["none-left"]
    assert found.need.columns[0] == "variant"
    assert found.need["variant"].unique().tolist() == ["base"]
