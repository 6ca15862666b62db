"""The types of priors, one for each type of value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from sim.scenario import distributions
from sim.scenario.distributions import Prior
from sim.scenario.written import Written


def _prior(parse: Callable[[str], Prior], allowed: str, *examples: str) -> Written:
    kinds = "uniform|loguniform|triangular|normal|lognormal|beta"
    return Written(parse, allowed, examples, rf"^\s*({kinds}) .+$", passes=Prior)


_COUNTS = "a prior of whole numbers (uniform, loguniform, triangular), as in `uniform 0 .. 350`"
CountPrior = Annotated[Prior, _prior(distributions.count_prior, _COUNTS, "uniform 0 .. 350")]
SharePrior = Annotated[
    Prior,
    _prior(
        distributions.share_prior,
        "a prior, as in `uniform 20% .. 60%` or `beta 2, 5`",
        "uniform 20% .. 60%",
        "beta 2, 5",
    ),
]
RatePrior = Annotated[
    Prior,
    _prior(
        distributions.rate_prior, "a prior, as in `uniform 2 / day .. 5 / day`", "uniform 2 / day .. 5 / day"
    ),
]
DurationPrior = Annotated[
    Prior,
    _prior(
        distributions.duration_prior,
        "a prior, as in `loguniform 50 days .. 500 days`",
        "loguniform 50 days .. 500 days",
    ),
]
PositivePrior = Annotated[
    Prior,
    _prior(
        distributions.positive_prior,
        "a prior, as in `triangular 0.6 .. 0.75 .. 0.95`",
        "triangular 0.6 .. 0.75 .. 0.95",
    ),
]
LitresPrior = Annotated[
    Prior,
    _prior(distributions.litres_prior, "a prior, as in `uniform 200 l .. 600 l`", "uniform 200 l .. 600 l"),
]
