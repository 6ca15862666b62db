"""When does a simulated mean agree with a reference: the one rule of every statistical test here.

With R independent replications, mean m and standard deviation s, a case *passes* if

- the half-width h = t(1 - alpha/2, R - 1) s / sqrt(R) is at most the stated share of the reference, and
- |m - reference| <= h.

A half-width above the share is *weak*: such a test could not see an error of that size, and fails. A weak
test that is also far off is *wrong*: enough is known to say so.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

ALPHA = 1e-5
"""Chance that a right model fails one comparison; there are a few dozen of them."""

PASS, WRONG, WEAK = "pass", "wrong", "weak"


class Verdict(NamedTuple):
    """One comparison of a mean with its reference."""

    verdict: str
    mean: float
    half_width: float
    replications: int
    reference: float
    share: float

    def __str__(self) -> str:
        return (
            f"{self.verdict}: {self.mean:.6g} ± {self.half_width:.2g} in {self.replications} replications, "
            f"reference {self.reference:.6g} (half-width at most {self.share:.1%} of it)"
        )


def judge(values: ArrayLike, reference: float, share: float, alpha: float = ALPHA) -> Verdict:
    """Compare the mean of independent replications with a reference.

    Parameters
    ----------
    values
        One number a replication. None may be nan: a replication is never left out.
    reference
        The exact mean; not 0, since the share is of it.
    share
        Greatest half-width, as a share of the reference, that still counts as evidence.
    """
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or len(x) < 2 or not np.isfinite(x).all():
        raise ValueError("the rule needs two or more finite numbers, one a replication")
    if reference == 0 or not 0 < share < 1:
        raise ValueError("the rule needs a reference other than 0 and a share between 0 and 1")
    mean = float(x.mean())
    half = float(stats.t.ppf(1 - alpha / 2, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x)))
    verdict = PASS if half <= share * abs(reference) else WEAK
    if abs(mean - reference) > half:
        verdict = WRONG
    return Verdict(verdict, mean, half, len(x), reference, share)
