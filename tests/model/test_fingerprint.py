"""Fingerprints: the same for both engines, another for any other outcome."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sim.experiment.ensemble import simulate
from sim.model.draws import Sampler
from sim.model.engines import ENGINES, engine
from sim.model.fingerprint import as_text, fingerprint
from sim.model.laying_out import lay_out
from sim.model.plan import make_plan
from sim.scenario.reading import read_text
from tests.model.test_draws import BASE

FILE = read_text(BASE, Path("."), "luck.yaml")


def test_any_other_integer_anywhere_makes_another_fingerprint() -> None:
    """Would catch an array that is left out, and rows that pass unseen from one place to another."""
    layout = lay_out(FILE.scenario)
    outcome = engine("compiled", make_plan(layout, "actual"))(Sampler(layout).draw(7, 3))
    plain = fingerprint(outcome)
    seen = {plain}
    changes = 0
    for name, array in outcome._asdict().items():
        if name == "events":
            continue
        for place in np.ndindex(array.shape):
            other = array.copy()
            other[place] += 1
            seen.add(fingerprint(outcome._replace(**{name: other})))
            changes += 1
    rides = outcome.rides
    blocked = np.vstack([rides[-1:, :3], outcome.blocked])
    seen.add(fingerprint(outcome._replace(rides=rides[:-1], blocked=blocked)))
    assert changes > 500
    assert len(seen) == changes + 2
    assert fingerprint(outcome) == plain
    assert as_text(255) == "00000000000000ff"


def test_both_engines_give_the_same_fingerprints() -> None:
    """Would catch a replay that calls the readable engine another result."""
    one, other = (simulate(FILE, seed=1, replications=4, engine=name) for name in ENGINES)
    assert len(one.fingerprints) > 1
    for case, prints in one.fingerprints.items():
        assert prints.tolist() == other.fingerprints[case].tolist()
        assert len(set(prints.tolist())) == 4
