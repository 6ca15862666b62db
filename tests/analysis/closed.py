"""A road closed for the whole period, and room for everybody without the closure: the headline is need."""

from __future__ import annotations

from pathlib import Path

from sim.scenario.reading import ScenarioFile, read_text

CLOSED = """\
name: closed
title: A closed road
period: {from: 2030-03-01, to: 2030-03-10, utc_offset: "+00:00"}
replications: 10
sources:
  paper: {title: A paper, publisher: Somebody, date: 2030-04-01, url: https://example.org/a}
need:
  initial_list: {prior: uniform 100 .. 199, assumed: nobody counted}
  classes: {everybody: {}}
  assumed: invented
carriers:
  clinic:
    fleet: {bus: {count: 10, seats: 50}}
    plan: {days: daily, at: "08:00"}
    assumed: invented
  army:
    fleet: {van: {count: 0, seats: 2}}
    plan: {days: daily, at: "09:00", chance: {prior: uniform 20% .. 80%, source: paper}}
    assumed: invented
route: {from: home, legs: [{to: town, travel: 1 h}], assumed: invented}
impediments:
  shut: {kind: closure, from: 2030-03-01, to: 2030-03-10, carriers: [clinic], source: paper}
observed:
  none-left: {what: patients, by: 2030-03-10, value: 0, error: 1, source: paper, use: calibrate}
"""


def closed(*swaps: tuple[str, str], folder: Path = Path()) -> ScenarioFile:
    """The scenario with pieces of its text replaced; each piece must be there once."""
    text = CLOSED
    for old, new in swaps:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "closed.yaml"
    return read_text(text, folder, str(path))
