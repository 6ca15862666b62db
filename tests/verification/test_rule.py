"""Why: a rule that cannot fail makes every test that uses it worthless.

It must fail a mean that is off, a sample too small to tell, and a replication that is missing; and it must
pass the right mean as often as it says.
"""

import numpy as np
import pytest
from scipy import stats

from tests.verification.rule import PASS, WEAK, WRONG, judge


def test_by_hand():
    """The bug: a half-width with the normal's quantile, the wrong degrees of freedom or no root of R."""
    verdict = judge([9.0, 10.0, 11.0], 10.0, 0.99, alpha=0.05)
    assert verdict.mean == 10.0
    assert verdict.half_width == pytest.approx(4.302653 * 1.0 / np.sqrt(3), rel=1e-6)
    assert verdict.verdict == PASS


def test_a_wide_interval_fails_as_weak():
    """The bug: three replications 'agree' with anything."""
    values = [1.0, 10.0, 19.0]
    assert judge(values, 10.0, 0.05).verdict == WEAK
    assert judge(values, 13.0, 0.05).verdict == WEAK


def test_a_shifted_mean_is_wrong():
    """The bug: a share of tolerance added on top of the interval would let a 3 % error through."""
    values = 10 + np.random.default_rng(1).normal(0, 0.1, 500)
    assert judge(values, 10.0, 0.01).verdict == PASS
    assert judge(values, 10.3, 0.05).verdict == WRONG


def test_no_variation_off_the_reference_is_wrong():
    """The bug: 0 <= 0 passes; a constant that misses must not."""
    assert judge([2.0, 2.0], 2.0, 0.01).verdict == PASS
    assert judge([2.0, 2.0], 2.1, 0.01).verdict == WRONG


@pytest.mark.parametrize("values", [[1.0], [], [1.0, float("nan")], [1.0, float("inf")], [[1.0], [2.0]]])
def test_an_incomplete_sample_is_refused(values):
    """The bug: a failed replication that vanishes from an average."""
    with pytest.raises(ValueError, match="replication"):
        judge(values, 1.0, 0.1)


@pytest.mark.parametrize(("reference", "share"), [(0.0, 0.1), (1.0, 0.0), (1.0, 1.0)])
def test_a_share_of_nothing_is_refused(reference, share):
    """The bug: a share of 0, or of a reference of 0, is never reached, or always."""
    with pytest.raises(ValueError, match="share"):
        judge([1.0, 2.0], reference, share)


def test_the_right_mean_fails_as_often_as_alpha_says():
    """The bug: a one-sided quantile doubles the chance to fail."""
    rng = np.random.default_rng(20221212)
    wrong = sum(judge(rng.normal(1, 1, 12), 1.0, 0.99, alpha=0.1).verdict == WRONG for _ in range(2000))
    assert stats.binomtest(wrong, 2000, 0.1).pvalue > 1e-4
