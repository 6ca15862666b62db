"""Why: an interval that says 95 % and covers 80 % misleads more than none.

The exact mean of the evacuated in `transient.yaml` is known; small studies of five replications each
are made, and the share whose interval holds the exact value is compared with 95 % by an exact binomial test.
"""

import pytest
from scipy import stats

from tests.verification import cases
from tests.verification.coverage import LEVEL, covering

pytestmark = pytest.mark.xdist_group("transient")


def test_a_hundred_studies(engine):
    """The bug: the normal's quantile for five replications (covers 88 %), a variance over R, not R - 1."""
    case = next(c for c in cases.CASES if c.name == "transient")
    studies, held = covering(cases.values("transient", engine, case.short)[:, 0])
    assert studies == 100
    assert stats.binomtest(held, studies, 0.95).pvalue > LEVEL


@pytest.mark.slow
def test_a_thousand_studies(engine):
    """The bug: coverage off by a few per cent."""
    case = next(c for c in cases.CASES if c.name == "transient")
    studies, held = covering(cases.values("transient", engine, case.long)[:, 0])
    assert studies == 1000
    assert stats.binomtest(held, studies, 0.95).pvalue > LEVEL


def test_the_test_has_teeth(engine):
    """The bug: a binomial test that nothing fails: intervals of 60 % called 95 % must."""
    case = next(c for c in cases.CASES if c.name == "transient")
    studies, held = covering(cases.values("transient", engine, case.short)[:, 0], level=0.6)
    assert stats.binomtest(held, studies, 0.95).pvalue < LEVEL
