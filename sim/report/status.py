"""How far a run may be believed, in a few words that stand on every output."""

from __future__ import annotations

from sim.analysis.validate import check_observed, is_validated
from sim.experiment.ensemble import Ensemble
from sim.model.plan import ACTUAL

BY_HAND = "set by hand, not validated"
VALIDATED = "calibrated, and validated against the published figures"
CALIBRATED = "calibrated; whether it keeps the record: corridor validate"
"""For analyses that do not look at the record."""
UNKNOWN = "see the manifest"
"""For tables that are written before it is known."""


def failed(ensemble: Ensemble) -> list[str]:
    """Variants whose actual world, run from a posterior, does not keep what the record says."""
    return [
        variant
        for variant, world in ensemble.measures
        if world == ACTUAL
        and variant in ensemble.posteriors
        and not is_validated(check_observed(ensemble, variant))
    ]


def label(ensemble: Ensemble) -> str:
    """The status of a run: validated only where every variant was calibrated and keeps the record."""
    variants = list(dict.fromkeys(variant for variant, _ in ensemble.measures))
    by_hand = [variant for variant in variants if variant not in ensemble.posteriors]
    if by_hand:
        return BY_HAND if by_hand == variants else f"{BY_HAND} ({', '.join(by_hand)})"
    wrong = failed(ensemble)
    if wrong:
        return "calibrated, not validated" + ("" if wrong == variants else f" ({', '.join(wrong)})")
    return VALIDATED
