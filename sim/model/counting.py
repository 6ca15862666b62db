"""The counting loops behind `measures.py`: plain functions over one outcome's rows, compiled.

It takes an outcome that has been checked: indices are used as they are. Counts are whole numbers, also where
they are kept as floats; divisions come last.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sim.model.layout import DAY, NONE
from sim.model.outcome import DIED, EVACUATED, IMPEDED, IN_TRANSIT, WAITING, WITHDREW

Ints: TypeAlias = NDArray[np.int64]
Ints2: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Floats2: TypeAlias = NDArray[np.float64]
States: TypeAlias = NDArray[np.int8]
Counts2: TypeAlias = NDArray[np.int32]

RUN, TURNED_BACK, BLOCKED, GAP, PATIENTS, VEHICLES, SEATS_FILLED = range(7)
"""Columns of what is measured of convoys, by carrier."""
ROOM, LAST = range(2)
"""Columns that help to make them: places in the vehicles, and the second of the departure before."""
NAN, INF = float("nan"), float("inf")


def count(
    state: States,
    left: Ints,
    convoy: Ints,
    spells: Ints2,
    convoys: Ints2,
    rides: Ints2,
    blocked: Ints2,
    referred: Ints,
    kind: Ints,
    companions: Ints,
    seats: Ints,
    horizon: int,
    by_class: Ints2,
    by_state: Ints,
    of_convoys: Floats2,
    helping: Ints2,
    waited: Ints,
    series: Counts2,
) -> None:
    """Measure one replication: fills the last six arrays, which come full of zeros.

    Parameters
    ----------
    state, left, convoy, spells, convoys, rides, blocked
        The outcome.
    referred, kind, companions
        Of the draws.
    seats
        (vehicles,) places in each, lying ones included.
    horizon
        The second at which the run ends.
    by_class
        (classes, 2) patients and people evacuated.
    by_state
        (6,) patients in each state.
    of_convoys, helping
        (1 + carriers, 7) and (1 + carriers, 2): see the constants. Row 0 is for all carriers.
    waited
        (n,) seconds on the list.
    series
        (3 carriers + classes + 1, days + 1) counts at each midnight: patients, people and convoys of each
        carrier, who is waiting by class, the referred.
    """
    listed, last = len(series) - 1 - len(by_class), len(series) - 1
    for p in range(len(state)):
        by_state[state[p]] += 1
        series[last, referred[p] // DAY + 1] += 1
        if state[p] == EVACUATED:
            row, day, party = 3 * convoys[convoy[p], 0], left[p] // DAY + 1, companions[p] + 1
            series[row, day] += 1
            series[row + 1, day] += party
            by_class[kind[p], 0] += 1
            by_class[kind[p], 1] += party
    for k in range(len(spells)):
        p, start, end = spells[k, 0], spells[k, 1], spells[k, 2]
        row = listed + kind[p]
        waited[p] += end - start
        series[row, start // DAY + 1] += 1
        if end != horizon:
            series[row, end // DAY + 1] -= 1
    for r in range(len(rides)):
        m = rides[r, 0]
        if convoys[m, 2] != NONE:
            for g in (0, 1 + convoys[m, 0]):
                of_convoys[g, PATIENTS] += rides[r, 2]
                of_convoys[g, VEHICLES] += 1
                of_convoys[g, SEATS_FILLED] += rides[r, 3]
                helping[g, ROOM] += seats[rides[r, 1]]
    for m in range(len(convoys)):
        carrier, gone, over = convoys[m, 0], convoys[m, 1], convoys[m, 2]
        if over != NONE:
            series[3 * carrier + 2, over // DAY + 1] += 1
        for g in (0, 1 + carrier):
            of_convoys[g, TURNED_BACK] += convoys[m, 4]
            if over != NONE:
                of_convoys[g, RUN] += 1
                of_convoys[g, GAP] = max(of_convoys[g, GAP], gone - helping[g, LAST])
                helping[g, LAST] = gone
    for k in range(len(blocked)):
        if blocked[k, 2] <= IMPEDED:
            for g in (0, 1 + blocked[k, 1]):
                of_convoys[g, BLOCKED] += 1
    for g in range(len(of_convoys)):
        run = of_convoys[g, RUN]
        of_convoys[g, GAP] = max(of_convoys[g, GAP], horizon - helping[g, LAST]) / DAY
        if run > 0:
            of_convoys[g, PATIENTS] /= run
            of_convoys[g, VEHICLES] /= run
            of_convoys[g, SEATS_FILLED] /= helping[g, ROOM]
        else:
            for column in (PATIENTS, VEHICLES, SEATS_FILLED):
                of_convoys[g, column] = NAN
    for s in range(len(series)):
        for day in range(1, series.shape[1]):
            series[s, day] += series[s, day - 1]


def write_row(
    series: Counts2,
    spans: Ints2,
    by_class: Ints2,
    by_state: Ints,
    of_convoys: Floats2,
    waited: Ints,
    row: Floats,
) -> None:
    """Write what `count` has counted as the row of measures, save the median wait.

    Parameters
    ----------
    spans
        (2, windows): first and last midnight of each; the first is the whole run.
    row
        Evacuations of the whole run (all carriers, then each: patients, people), of each class, and of each
        window; of all patients; of convoys.
    """
    carriers, at = len(of_convoys) - 1, 2
    for w in range(spans.shape[1]):
        first, end, all_carriers = spans[0, w], spans[1, w], at - 2
        row[all_carriers] = row[all_carriers + 1] = 0
        for c in range(carriers):
            for what in range(2):
                inside = series[3 * c + what, end] - series[3 * c + what, first]
                row[at + 2 * c + what] = inside
                row[all_carriers + what] += inside
        at += 2 * carriers + 2
        if w == 0:
            for k in range(len(by_class)):
                row[at - 2], row[at - 1] = by_class[k, 0], by_class[k, 1]
                at += 2
    at -= 2
    delay = 0
    for p in range(len(waited)):
        delay += waited[p]
    row[at], row[at + 1], row[at + 2] = len(waited), by_state[WAITING], by_state[IN_TRANSIT]
    row[at + 3], row[at + 4], row[at + 5] = by_state[DIED], by_state[WITHDREW], delay / DAY
    at += 7
    for g in range(len(of_convoys)):
        for column in range(of_convoys.shape[1]):
            row[at] = of_convoys[g, column]
            at += 1


def median(ends: Ints) -> float:
    """Kaplan-Meier median of sorted times, each doubled and one more for those censored; inf: not reached."""
    survival = 1.0
    for k in range(len(ends)):
        if ends[k] & 1 == 0:
            survival *= 1 - 1 / (len(ends) - k)
            if survival <= 0.5 + 1e-12:
                return float(ends[k] // 2)
    return INF
