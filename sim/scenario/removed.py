"""What holds when an impediment is gone: the scenario's own sentence, or that of the kind."""

from __future__ import annotations

from sim.scenario.schema import AnyObstacle

WHEN_REMOVED = {
    "closure": "convoys leave in that time too, as the carrier plans and the other rules allow",
    "checkpoint": "vehicles drive through without inspection",
    "clearance": "parties may board as soon as they are referred",
    "convoy_cap": "convoys are as large as the seats of their vehicles",
    "passage_limit": "the carrier goes whenever its own plan says so",
    "no_lying_patients": "patients who must lie down may travel",
    "deterrence": "nobody stays away from this road",
    "fuel_limit": "the carrier has the fuel for its own plan",
}
"""What holds when an impediment of this kind is gone, unless the scenario says it itself."""


def when_removed(obstacle: AnyObstacle) -> str:
    """What holds when this impediment is gone."""
    return obstacle.when_removed or WHEN_REMOVED[obstacle.kind]
