"""Fingerprints and measures of a few replications of the shipped scenarios, as JSON: to compare machines.

``python -m tests.verification.fingerprints [SCENARIO ...]``
"""

import json
import sys
from pathlib import Path

from sim.experiment.ensemble import simulate
from sim.scenario.reading import read_scenario

SCENARIOS = Path(__file__).parents[2] / "scenarios"
REPLICATIONS = 3


def fingerprints(name):
    """By ``variant/world/replication``: the fingerprint, and the measures with all their digits."""
    ensemble = simulate(read_scenario(SCENARIOS / f"{name}.yaml"), replications=REPLICATIONS)
    return {
        f"{variant}/{world}/{n}": [int(prints[n]), *map(repr, ensemble.measures[variant, world].loc[n])]
        for (variant, world), prints in ensemble.fingerprints.items()
        for n in range(REPLICATIONS)
    }


if __name__ == "__main__":
    names = sys.argv[1:] or sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
    print(json.dumps({name: fingerprints(name) for name in names}))
