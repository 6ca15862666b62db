"""How far a run may be believed, in a few words that stand on every output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.analysis.validate import keeps_record
from sim.experiment.ensemble import Ensemble
from sim.experiment.posterior import Posterior
from sim.model.plan import ACTUAL

BY_HAND = "set by hand, not validated"
VALIDATED = "calibrated, and validated against the published figures"
NOT_MIXED = "calibrated, keeps the published figures, but its chains have not mixed: not validated"
CALIBRATED = "calibrated; whether it keeps the record: corridor validate"
"""For analyses that do not look at the record."""
UNKNOWN = "see the manifest"
"""For tables that are written before it is known."""


def failed(ensemble: Ensemble) -> list[str]:
    """Variants whose actual world, run from a posterior, does not keep what the record says."""
    return [
        variant
        for variant, world in ensemble.measures
        if world == ACTUAL and variant in ensemble.posteriors and not keeps_record(ensemble, variant)
    ]


def label(ensemble: Ensemble) -> str:
    """The status of a run.

    Validated only where every variant was calibrated, its chains have mixed, and it keeps the record.
    """
    variants = list(dict.fromkeys(variant for variant, _ in ensemble.measures))
    before = of_posteriors(ensemble.posteriors, variants)
    if before.startswith(BY_HAND):
        return before
    wrong = failed(ensemble)
    if wrong:
        return "calibrated, not validated" + ("" if wrong == variants else f" ({', '.join(wrong)})")
    return VALIDATED if before == CALIBRATED else NOT_MIXED


def histories(posteriors: Mapping[str, Posterior], from_prior: Mapping[str, str]) -> dict[str, str]:
    """By variant: which histories were run, in words."""
    return {
        name: f"histories of the posterior `{one.calibration}` ({one.history_hash[:12]})"
        for name, one in posteriors.items()
    } | {name: f"drawn from the priors: {why}" for name, why in from_prior.items()}


def of_posteriors(posteriors: Mapping[str, Posterior], variants: Sequence[str]) -> str:
    """The status of an analysis that does not look at the record."""
    by_hand = [variant for variant in variants if variant not in posteriors]
    if by_hand:
        return BY_HAND if by_hand == list(variants) else f"{BY_HAND} ({', '.join(by_hand)})"
    if not all(posteriors[variant].about["reached"] for variant in variants):
        return "calibrated, but its chains have not mixed: not validated"
    return CALIBRATED
