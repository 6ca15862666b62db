"""How often the interval of a small study holds the exact value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.analysis.intervals import mean_interval
from tests.verification import cases

SIZE = 5
"""Replications in a study."""
LEVEL = 1e-4
"""Chance that right intervals fail."""


def covering(evacuated: NDArray[np.float64], level: float = 0.95) -> tuple[int, int]:
    """How many studies there are, and how many of their intervals hold the exact value."""
    exact = cases.transient()["evacuated"]
    studies = evacuated[: len(evacuated) // SIZE * SIZE].reshape(-1, SIZE)
    intervals = [mean_interval(study, level) for study in studies]
    return len(studies), sum(i.low <= exact <= i.high for i in intervals)
