"""corridor.c compiled on the fly and fed the arrays of a plan and of draws.

The shared library goes to a temporary folder of its own and is gone when Python ends.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from case import refuse_what_is_not_modelled
from numpy.typing import NDArray

from sim.model.draws import Draws
from sim.model.layout import NEVER
from sim.model.outcome import Blocked, Convoy, Ride, Spell
from sim.model.plan import Plan

SOURCE = Path(__file__).resolve().parent / "corridor.c"
FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")
MOST_RANKS = 8
"""RANKS of corridor.c."""

PATIENT_NUMBERS, CAR_NUMBERS, TRIP_NUMBERS, EVENT_NUMBERS = 7, 4, 5, 4
"""Sizes of what C keeps to itself, in numbers of eight bytes."""


def _struct(name: str, numbers: str, pointers: str, real: str = "") -> type[ctypes.Structure]:
    """A structure of whole numbers, perhaps a real one, then pointers, as corridor.c declares it."""
    fields: list[tuple[str, Any]] = [(field, ctypes.c_int64) for field in numbers.split()]
    fields += [(field, ctypes.c_double) for field in real.split()]
    fields += [(field, ctypes.c_void_p) for field in pointers.split()]
    return type(name, (ctypes.Structure,), {"_fields_": fields})


World = _struct(
    "World",
    "horizon days needs cars seats n_queues n_departures n_caps n_road checkpoint_start checkpoint_end lanes "
    "n_opening",
    "departures caps road_times road_levels opening_times opening_values queue_of",
    real="chance",
)
Luck = _struct(
    "Luck",
    "patients slots",
    "referred kind companions withdraws go travel rest inspect_vehicle inspect_person",
)
Tables = _struct(
    "Tables",
    "n_convoys n_rides n_spells n_blocked",
    "state boarded left convoy spells convoys rides blocked patients as_they_ended trips cars heap ends",
)


def _room(shape: Any, dtype: Any = np.int64) -> NDArray[Any]:
    """A table written to once, so that no run pays for the first touch of its memory."""
    room = np.empty(shape, dtype=dtype)
    room.view(np.uint8).fill(0)
    return room


class Case:
    """One replication of one world as corridor.c wants it, and room for what comes of it."""

    def __init__(self, plan: Plan, draws: Draws) -> None:
        """Read it off the plan and the draws.

        Raises
        ------
        ValueError
            When the scenario has something in it that this model does not know.
        """
        refuse_what_is_not_modelled(plan)
        layout, value, (segment,) = plan.layout, draws.values, plan.segments
        ranks = sorted({row.rank for row in layout.classes})
        if len(ranks) > MOST_RANKS:
            raise ValueError(f"not modelled: more than {MOST_RANKS} ranks")
        self.alive: list[NDArray[Any]] = []
        road = plan.road[0][0]
        rule = plan.checkpoints[0] if plan.checkpoints else None
        opening = plan.checkpoint_open[rule.place if rule else 0]
        cars, departures = len(plan.vehicles), len(plan.departures)
        self.world = World(
            horizon=plan.horizon,
            days=plan.days,
            needs=max(1, int(value[segment.needs])),
            cars=cars,
            seats=plan.vehicles[0].seats,
            n_queues=len(ranks),
            n_departures=departures,
            n_caps=len(plan.caps),
            n_road=len(road.times),
            checkpoint_start=rule.start if rule else NEVER,
            checkpoint_end=rule.end if rule else NEVER,
            lanes=rule.lanes if rule else 0,
            n_opening=len(opening.times),
            chance=value[segment.chance],
            departures=self._at([d.second for d in plan.departures]),
            caps=self._at([(cap.start, cap.end, int(value[cap.patients])) for cap in plan.caps]),
            road_times=self._at(road.times),
            road_levels=self._at(road.values),
            opening_times=self._at(opening.times),
            opening_values=self._at(opening.values),
            queue_of=self._at([ranks.index(row.rank) for row in layout.classes]),
        )
        self.luck = Luck(
            patients=draws.patients,
            slots=layout.slots,
            referred=self._at(draws.referred),
            kind=self._at(draws.kind),
            companions=self._at(draws.companions),
            withdraws=self._at(draws.withdraws),
            go=self._at(draws.go, np.float64),
            travel=self._at(draws.travel),
            rest=self._at(draws.rest),
            inspect_vehicle=self._at(draws.inspect_vehicle),
            inspect_person=self._at(draws.inspect_person),
        )
        stays = draws.patients + departures * cars * plan.vehicles[0].seats
        self.state = _room(draws.patients, np.int8)
        self.boarded, self.left, self.convoy = (_room(draws.patients) for _ in range(3))
        self.spells = _room((stays, len(Spell._fields)))
        self.convoys = _room((departures, len(Convoy._fields)))
        self.rides = _room((departures * cars, len(Ride._fields)))
        self.blocked = _room((departures, len(Blocked._fields)))
        self.tables = Tables(
            state=self._at(self.state, np.int8),
            boarded=self._at(self.boarded),
            left=self._at(self.left),
            convoy=self._at(self.convoy),
            spells=self._at(self.spells),
            convoys=self._at(self.convoys),
            rides=self._at(self.rides),
            blocked=self._at(self.blocked),
            patients=self._at(_room((draws.patients, PATIENT_NUMBERS))),
            as_they_ended=self._at(_room((stays, len(Spell._fields)))),
            trips=self._at(_room((departures, TRIP_NUMBERS))),
            cars=self._at(_room((cars, CAR_NUMBERS))),
            heap=self._at(_room((cars + 1, EVENT_NUMBERS))),
            ends=self._at(_room(rule.lanes if rule else 0)),
        )

    def _at(self, numbers: Any, dtype: Any = np.int64) -> int:
        """Where C finds these numbers; an array of this type is not copied, and lives as long as the case."""
        array = np.ascontiguousarray(numbers, dtype=dtype)
        self.alive.append(array)
        return array.ctypes.data


def find_compiler() -> str | None:
    """The C compiler's path, None where there is none."""
    return shutil.which("cc")


@cache
def _library() -> tuple[ctypes.CDLL, TemporaryDirectory[str]]:
    compiler = find_compiler()
    if compiler is None:
        raise OSError("no C compiler `cc`")
    folder = TemporaryDirectory()
    built = Path(folder.name) / "corridor.so"
    subprocess.run([compiler, *FLAGS, "-o", str(built), str(SOURCE)], check=True)
    library = ctypes.CDLL(str(built))
    library.run.argtypes, library.run.restype = [ctypes.c_void_p] * 3, None
    return library, folder


def prepare(plan: Plan, draws: Draws) -> Case:
    """The case; the first one compiles the model.

    Raises
    ------
    ValueError
        When the scenario has something in it that this model does not know.
    """
    _library()
    return Case(plan, draws)


def run(case: Case) -> Case:
    """Run one replication; the case, with its tables filled."""
    library, _ = _library()
    library.run(ctypes.byref(case.world), ctypes.byref(case.luck), ctypes.byref(case.tables))
    return case
