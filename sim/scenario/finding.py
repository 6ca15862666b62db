"""What a check has to say."""

from __future__ import annotations

from dataclasses import dataclass

from sim.scenario.problems import Path


@dataclass(frozen=True)
class Finding:
    """A mistake or a warning at a key; `at_key` points at the key's own text, not at its value."""

    path: Path
    message: str
    warning: bool = False
    at_key: bool = False
