"""What would be published: the count of a history, and the error of whoever observes it.

A published figure is a count with a normal error of the standard deviation that the scenario states; where
that would be below 0, it is 0. Over the histories that is a mixture of such distributions, one round each
history's count: no further draw is needed, so nothing here is random.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from sim.analysis.intervals import central

Floats = NDArray[np.float64]
FAR = 9.0
"""Standard errors beyond which a normal distribution has nothing left (less than 1e-18)."""


def share_below(values: Floats, error: float, figure: float) -> float:
    """Share of what would be published that lies below a figure: its PIT.

    Parameters
    ----------
    values
        (histories,) counts.
    error
        Standard error of observation, in their unit. What equals the figure is counted half.
    """
    if error == 0:
        return float((values < figure).mean() + (values == figure).mean() / 2)
    return _up_to(values, error, figure) / (1 if figure > 0 else 2)


def _up_to(values: Floats, error: float, figure: float) -> float:
    return float(special.ndtr((figure - values) / error).mean())


def published_interval(values: Floats, error: float, level: float) -> tuple[float, float]:
    """Central interval of what would be published: quantiles of the mixture, found where it has their share.

    Parameters
    ----------
    values, error
        As of :func:`share_below`; without an error these are the ends of :func:`central`.
    """
    if error == 0:
        low, _, high = central(values, level)
        return float(low), float(high)
    ends = float(values.min() - FAR * error), float(values.max() + FAR * error)
    low, high = (
        optimize.brentq(lambda at, share=share: _up_to(values, error, at) - share, *ends)
        for share in ((1 - level) / 2, (1 + level) / 2)
    )
    return max(0.0, float(low)), max(0.0, float(high))
