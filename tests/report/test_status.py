"""How far a run may be believed.

Why: with one word too many a result that contradicts the record looks validated.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sim.report import status


@pytest.mark.parametrize(
    ("keeps", "mixed", "said"),
    [
        ({"base": True, "few": True}, {"base": True, "few": True}, status.VALIDATED),
        ({"base": True, "few": True}, {"base": True, "few": False}, status.NOT_MIXED),
        ({"base": True, "few": False}, {"base": True, "few": True}, "calibrated, not validated (few)"),
        ({"base": False, "few": False}, {"base": True, "few": False}, "calibrated, not validated"),
        ({"base": False, "few": True}, {"base": True}, "set by hand, not validated (few)"),
        ({"base": False, "few": False}, {}, "set by hand, not validated"),
    ],
)
def test_the_weakest_variant_decides(
    monkeypatch: pytest.MonkeyPatch, keeps: dict[str, bool], mixed: dict[str, bool], said: str
) -> None:
    """Would catch a variant outside the record that is hidden by the others."""
    posteriors = {name: SimpleNamespace(about={"reached": reached}) for name, reached in mixed.items()}
    worlds = [(variant, world) for variant in keeps for world in ("actual", "unimpeded")]
    made = SimpleNamespace(measures=dict.fromkeys(worlds), posteriors=posteriors)
    monkeypatch.setattr(status, "keeps_record", lambda _, variant: keeps[variant])
    assert status.label(made) == said  # type: ignore[arg-type]
