"""A small scenario that holds, for tests that break it in one place."""

from __future__ import annotations

import re
from pathlib import Path

from sim.scenario.reading import ScenarioError, ScenarioFile, read_text

SMALL = """\
name: small
title: A small scenario
period: {from: 2023-01-01, to: 2023-03-31, utc_offset: +04:00}
sources:
  paper: {title: A paper, publisher: Somebody, date: 2023-04-01, url: https://example.org/a}
need:
  assumed: nobody knows
  initial_list: {value: 24, source: paper}
  referrals:
    2023-01-01: 3 / day
    2023-02-01: {prior: uniform 3 / day .. 9 / day, assumed: it grew}
  classes:
    urgent: {rank: 1, share: 30%, companions: binomial 2 mean 0.8}
    planned: {rank: 2, share: rest}
carriers:
  icrc:
    fleet:
      car: {count: 4, seats: 3, source: paper}
    plan: {days: daily, at: 09:00, needs: 2, assumed: what it ran when let through}
route:
  from: town
  assumed: from the map
  legs:
    - {to: bridge, length: 57 km, travel: lognormal 1.5 h ± 20 min}
    - {to: clinic, travel: 2 h}
impediments:
  first-week: {kind: closure, group: closures, from: 2023-01-02, to: 2023-01-07, source: paper}
  gate: {kind: checkpoint, at: bridge, per_vehicle: 20 min, hours: 09:00 .. 18:00, assumed: seen}
  caps: {kind: convoy_cap, patients: 6, assumed: observed sizes}
conditions:
  snow: {kind: closure, from: 2023-01-09, to: 2023-01-09, assumed: weather}
observed:
  total: {what: patients, carrier: icrc, by: 2023-03-31, about: 150, source: paper}
worlds:
  no-closures: {remove: [{group: closures}]}
variants:
  few: {says: Few were referred., drop: [impediments.caps], change: {need: {initial_list: 0}}}
windows:
  late: {from: 2023-02-22}
headline: {world: unimpeded, minus: actual}
"""


def read(text: str, folder: Path = Path()) -> ScenarioFile:
    """Read text under the name of a file."""
    return read_text(text, folder, "s.yaml")


def changed(*swaps: tuple[str, str]) -> str:
    """The small scenario with pieces of its text replaced; each piece must be there once."""
    text = SMALL
    for old, new in swaps:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def errors(text: str, folder: Path = Path()) -> list[str]:
    """The lines of the error; an empty list where the text holds."""
    try:
        read(text, folder)
    except ScenarioError as error:
        lines = str(error).split("\n")
        for line in lines:
            assert re.match(r"^error: [^:\n]+\.(ya?ml|csv):\d+:\d+: ", line), line
            assert line.isprintable()
        return lines
    return []
