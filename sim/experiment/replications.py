"""Which replications are run, and where each takes its history from: one rule for every analysis.

Replication i of a variant with a posterior is the posterior's i-th history, luck included; so no seed moves
it, and there are no more of them than histories. Other variants draw from their priors, with the seed's luck.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sim.experiment.posterior import Posterior, find_posterior
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import WHOLE_RECORD

NO_PRECISION = "histories of a posterior are not independent of each other: a precision goes with the priors"
"""Why no number of them can be left to a precision."""


class HistoriesError(ValueError):
    """What was asked for is more than the histories of a posterior can give; draws from priors could."""


class Replications(NamedTuple):
    """What will be run of some variants."""

    numbers: Sequence[int]
    """Never written out before they are run: who asks for a hundred million is told so first."""
    seed: int
    """Of the luck of variants without a posterior."""
    posteriors: dict[str, Posterior]
    """By variant."""
    from_prior: dict[str, str]
    """By variant without one: why, in words."""


def replications_of(
    file: ScenarioFile,
    variants: Sequence[str],
    calibration: str | None = WHOLE_RECORD,
    replications: int | Sequence[int] | None = None,
    seed: int | None = None,
) -> Replications:
    """What will be run, by the rule of this page.

    Parameters
    ----------
    variants
        Names that the scenario has.
    calibration
        Whose posteriors are looked for; None: none, all is drawn from the priors.
    replications
        How many (numbers 0, 1, ...), or which; unless given the scenario's own number, or as many as every
        posterior has histories where that is fewer.
    seed
        In place of the scenario's.

    Raises
    ------
    KeyError
        For a calibration that the scenario does not have.
    HistoriesError
        For a seed beside posteriors, or more replications than they have histories.
    ValueError
        For no replication at all.
    StoreError
        For a posterior's file that is damaged.
    """
    posteriors, from_prior = find_posteriors(file, variants, calibration)
    if posteriors and seed is not None:
        raise HistoriesError("histories of a posterior bring their own luck: a seed goes with the priors")
    if replications is None:
        replications = own_number(file.scenario.replications, posteriors.values())
    numbers = range(replications) if isinstance(replications, int) else tuple(replications)
    if not numbers:
        raise ValueError("at least one replication is needed")
    check_histories(posteriors.values(), 1 + (numbers[-1] if isinstance(numbers, range) else max(numbers)))
    return Replications(numbers, file.scenario.seed if seed is None else seed, posteriors, from_prior)


def own_number(wanted: int, posteriors: Iterable[Posterior]) -> int:
    """So many replications, or as many as every posterior has histories where that is fewer."""
    return min([wanted, *(posterior.histories for posterior in posteriors)])


def check_histories(posteriors: Iterable[Posterior], wanted: int) -> None:
    """Refuse more replications than every posterior has histories.

    Raises
    ------
    HistoriesError
        When there are fewer.
    """
    there = own_number(wanted, posteriors)
    if wanted > there:
        said = f"the posteriors have {there:,} histories, for replications 0 to {there - 1:,}"
        raise HistoriesError(f"{wanted:,} replications: {said}")


def find_posteriors(
    file: ScenarioFile, variants: Sequence[str], calibration: str | None
) -> tuple[dict[str, Posterior], dict[str, str]]:
    """Posteriors by variant, and for variants without one why.

    Raises
    ------
    KeyError
        For a calibration that the scenario does not have.
    StoreError
        For a file that is damaged.
    """
    if calibration is None:
        return {}, dict.fromkeys(variants, "as asked")
    known = (WHOLE_RECORD, *file.scenario.calibrations)
    if calibration not in known:
        raise KeyError(f"no calibration `{calibration}`: the scenario has {', '.join(known)}")
    found = {variant: find_posterior(file, variant, calibration) for variant in variants}
    return (
        {variant: one for variant, one in found.items() if isinstance(one, Posterior)},
        {variant: why for variant, why in found.items() if isinstance(why, str)},
    )
