"""Every key that a scenario file may hold does what its documentation says, seen through a YAML file.

Why: a documented key that nothing reads. One well-known code of this field documents `camps_are_sinks` and
reads `camps_are_sicks`; whoever sets it believes in a model that was never run. Here the keys are taken
from the schema itself, so a key that is added without a case fails the suite.

An effect is a probe (a number of the run) that goes up or down when the key is changed. What is no number
of the model (titles, notes, sources) is changed all at once, and must change no number at all.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pandas as pd
import pytest
from pydantic import BaseModel

from sim.analysis.validate import check_observed
from sim.experiment.ensemble import simulate
from sim.model.draws import Sampler
from sim.model.laying_out import lay_out
from sim.report.answer import answer
from sim.scenario.hashing import figures_seen
from sim.scenario.reading import ScenarioFile, read_scenario
from sim.scenario.schema import Scenario
from tests.model.generate import Tree, copied, copy, yaml_text

MARKS = ("source", "also", "derived", "assumed", "note")


# ------------------------------------------------------------------------------------ the schema's keys


def keys_of(kind: Any, path: str = "") -> Iterator[str]:
    """Paths of all leaves: `*` stands for a name, `[]` for the items of a list, `<kind>` for an obstacle."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from keys_of(get_args(kind)[0], path)
    elif origin in (Union, types.UnionType):
        for member in get_args(kind):
            if member is not types.NoneType:
                yield from keys_of(member, path)
    elif origin is dict:
        value = get_args(kind)[1]
        yield from [path] if value is Any else keys_of(value, f"{path}.*")
    elif origin is tuple:
        inner = list(keys_of(get_args(kind)[0], f"{path}[]"))
        yield from [path] if inner == [f"{path}[]"] else inner
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        tag = kind.model_fields.get("kind")
        if tag is not None and get_origin(tag.annotation) is Literal:
            path = f"{path}<{get_args(tag.annotation)[0]}>"
        for name, info in kind.model_fields.items():
            key = info.alias or name
            yield from keys_of(info.annotation, f"{path}.{key}" if path else key)
    else:
        yield path


KEYS = tuple(dict.fromkeys(keys_of(Scenario)))

WORDS = (
    "name", "title", "about", "period.utc_offset", "illustrative",
    "sources.*.title", "sources.*.publisher", "sources.*.date", "sources.*.url", "sources.*.data",
    "sources.*.side", "observed.*.error_source",
    "carriers.*.title", "own_vehicles.*.title", "route.from", "worlds.*.title", "worlds.*.says",
    "variants.*.says", "windows.*.title", "calibrations.*.says",
)  # fmt: skip
"""Keys that move no number of the model; `title` and `when_removed` of obstacles and all marks beside."""


def is_word(key: str) -> bool:
    """Whether a key is for the reader alone."""
    last = key.rpartition(".")[2]
    return (
        key in WORDS
        or last in MARKS
        or ("<" in key and last in ("title", "when_removed"))
        or (key.startswith("conditions") and last == "group")  # conditions stay in every world
        or key.startswith("route.legs[].length")  # travel time is what is used
    )


# ------------------------------------------------------------------------------------------ the scenario

BASE: Tree = {
    "name": "keys",
    "title": "Keys",
    "period": {"from": "2030-03-01", "to": "2030-03-10", "utc_offset": '"+00:00"'},
    "seed": "1",
    "replications": "3",
    "need": {
        "initial_list": "20",
        "referrals": {"2030-03-01": "4 / day"},
        "classes": {"patient": {"rank": "1", "share": "rest"}},
    },
    "carriers": {
        "clinic": {"fleet": {"van": {"count": "1", "seats": "2"}}, "plan": {"days": "daily", "at": '"08:00"'}}
    },
    "route": {
        "from": "home",
        "legs": [{"to": "bridge", "travel": "2 h"}, {"to": "town", "travel": "1 h"}],
        "turnaround": "1 h",
    },
}  # fmt: skip

Changes = dict[str, Any]
"""Dotted path in the tree -> value; None takes the key out."""


def changed(tree: Tree, changes: Changes) -> Tree:
    """A copy of the tree with these values; blocks on the way are made."""
    new = copy(tree)
    for path, value in changes.items():
        node: Any = new
        *way, last = path.split(".")
        for word in way:
            key: Any = int(word) if isinstance(node, list) else word
            if isinstance(node, dict) and key not in node:
                node[key] = {}
            elif not isinstance(node[key], (dict, list)):
                node[key] = {"value": node[key]}
            node = node[key]
        if value is None:
            node.pop(last, None)
        else:
            node[int(last) if isinstance(node, list) else last] = copied(value)
    return new


def read(tree: Tree, folder: Path, name: str = "scenario.yaml") -> ScenarioFile:
    """Write the tree as YAML and read the file as a user would."""
    path = folder / name
    path.write_text(yaml_text(tree), encoding="utf-8")
    return read_scenario(path)


Probe = Callable[[ScenarioFile], Any]


_tables: dict[tuple[str, str, str], pd.DataFrame] = {}
"""Measures of files that were run already: many cases start from the same one."""


def mean(measure: str, world: str = "actual", variant: str = "base") -> Probe:
    """Mean of a measure over the replications."""

    def probe(file: ScenarioFile) -> float:
        case = (file.file_hash, world, variant)
        if case not in _tables:
            _tables[case] = simulate(file, worlds=[world], variants=[variant]).measures[variant, world]
        return float(_tables[case][measure].mean())

    return probe


def observed(column: str) -> Probe:
    """A column of the observed figure `seen`."""
    return lambda file: check_observed(simulate(file, worlds=["actual"])).iloc[0][column]


def seen_by_part(file: ScenarioFile) -> int:
    """How many figures the calibration `part` sees."""
    return len(figures_seen(*file.calibration("base", "part")))


def evacuated_in_part(file: ScenarioFile) -> float:
    """Mean of the actual world as the calibration `part` runs it (from its priors: there is no posterior)."""
    made = simulate(file, worlds=["actual"], calibration="part")
    return float(made.measures["base", "actual"]["patients_evacuated"].mean())


def headline(key: str) -> Probe:
    """A key of the headline that is quoted."""
    return lambda file: answer(simulate(file), "0", "x")["headline"][key]


EVACUATED = mean("patients_evacuated")


@dataclass(frozen=True)
class Case:
    """One key: what stands around it, its value before and after, and which probe it moves, and how."""

    key: str
    at: str
    before: Any
    after: Any
    expect: str
    """up, down, or changes."""
    probe: Probe = EVACUATED
    around: Changes = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    also: Changes = field(default_factory=dict)
    """Changed together with the key, where it cannot stand alone."""
    seen_without: bool | None = None
    """For obstacles: False where the effect must be gone in the world `unimpeded`, True where it stays."""


def fact(
    key: str, at: str, before: Any, after: str, prior: str, expect: str, probe: Probe = EVACUATED,
    around: Changes | None = None, also: Changes | None = None,
) -> list[Case]:  # fmt: skip
    """The cases of a number: `value`, and a `prior` close to it."""
    rest = (expect, probe, around or {}, {}, also or {})
    return [
        Case(f"{key}.value", at, before, {"value": after}, *rest),
        Case(f"{key}.prior", at, before, {"prior": prior}, *rest),
    ]


def delay(
    key: str,
    at: str,
    before: Any,
    after: str,
    expect: str,
    probe: Probe = EVACUATED,
    around: Changes | None = None,
    shape: str = "erlang 50 mean 1 h",
) -> list[Case]:
    """The cases of a distribution: `value`, and its `mean`, which stretches `shape` and may be uncertain."""
    hours = int(float(after.split()[0]) * (24 if "day" in after else 1))
    return [
        Case(f"{key}.value", at, before, {"value": after}, expect, probe, around or {}),
        *fact(
            f"{key}.mean",
            f"{at}.mean",
            None,
            f"{hours} h",
            f"uniform {hours} h .. {hours + 1} h",
            expect,
            probe,
            {**(around or {}), at: {"value": shape}},
        ),
    ]


# ------------------------------------------------------------------------------------------- the frame

FIRST = "need.referrals.2030-03-01"
CLASS = "need.classes.patient"
TWO = {
    "need.classes": {"a": {"share": "50%"}, "b": {"share": "50%"}},
    "need.initial_list": "50",
}
VAN = "carriers.clinic.fleet.van"

FRAME = [
    Case("period.from", "period.from", "2030-03-01", "2030-02-20", "up"),
    Case("period.to", "period.to", "2030-03-10", "2030-03-05", "down"),
    Case("seed", "seed", "1", "2", "changes", mean("patient_days_of_delay")),
    Case("replications", "replications", "3", "7", "up", lambda f: len(simulate(f).replications)),
    *fact("need.initial_list", "need.initial_list", "20", "40", "uniform 39 .. 41", "up", mean("referred")),
    *fact(
        "need.referrals.*", FIRST, "4 / day", "9 / day", "uniform 9 / day .. 10 / day", "up", mean("referred")
    ),
    Case(
        "need.classes.*.rank",
        "need.classes.a.rank",
        "1",
        "2",
        "down",
        mean("patients_evacuated[class=a]"),
        TWO,
    ),
    *fact(
        "need.classes.*.share",
        "need.classes.a.share",
        "20%",
        "80%",
        "uniform 80% .. 90%",
        "up",
        mean("patients_evacuated[class=a]"),
        {**TWO, "need.classes.b.share": "rest"},
    ),
    Case(
        "need.classes.*.share",
        "need.classes.a.share",
        "50%",
        "rest",
        "up",
        mean("patients_evacuated[class=a]"),
        TWO,
        also={"need.classes.b.share": "0%"},
    ),
    Case("need.classes.*.companions.value", f"{CLASS}.companions", "0", {"value": "1"}, "down"),
    *fact(
        "need.classes.*.companions.mean",
        f"{CLASS}.companions.mean",
        None,
        "0.9",
        "uniform 0.9 .. 1",
        "down",
        EVACUATED,
        {f"{CLASS}.companions": {"value": "binomial 1 mean 0.1"}},
    ),
    *fact("need.classes.*.lying", f"{CLASS}.lying", "0%", "80%", "uniform 80% .. 90%", "down"),
    *delay(
        "need.classes.*.withdraws.after",
        f"{CLASS}.withdraws.after",
        "never",
        "3 h",
        "up",
        mean("withdrew"),
        shape="erlang 50 mean 30 days",
    ),
    *delay(
        "need.classes.*.deteriorates.after",
        f"{CLASS}.deteriorates.after",
        "never",
        "3 h",
        "up",
        mean("died_waiting"),
        shape="erlang 50 mean 30 days",
    ),
    Case(
        "carriers.*.rank",
        "carriers.clinic.rank",
        "1",
        "3",
        "down",
        mean("patients_evacuated[carrier=clinic]"),
        {
            "carriers.army": {"rank": "2", **BASE["carriers"]["clinic"]},
            "need.initial_list": "2",
            FIRST: "0 / day",
        },
    ),
    Case("carriers.*.fleet.*.count", f"{VAN}.count", "1", "2", "up"),
    Case("carriers.*.fleet.*.seats", f"{VAN}.seats", "2", "3", "up"),
    Case("carriers.*.fleet.*.lying", f"{VAN}.lying", "0", "1", "up", around={f"{CLASS}.lying": "50%"}),
    Case("carriers.*.fleet.*.lying_only", f"{VAN}.lying_only", "false", "true", "down"),
    *fact(
        "carriers.*.fleet.*.availability", f"{VAN}.availability", "100%", "30%", "uniform 20% .. 30%", "down"
    ),
    Case("carriers.*.fleet.*.from", f"{VAN}.from", None, "2030-03-06", "down"),
    Case("carriers.*.fleet.*.to", f"{VAN}.to", None, "2030-03-06 12:00", "down"),
    Case(
        "route.legs[].to",
        "route.legs",
        [{"to": "bridge", "travel": "2 h"}, {"to": "fork", "travel": "2 h"}, {"to": "town", "travel": "1 h"}],
        [{"to": "fork", "travel": "2 h"}, {"to": "bridge", "travel": "2 h"}, {"to": "town", "travel": "1 h"}],
        "down",
        EVACUATED,
        {
            "conditions.gate": {
                "kind": "checkpoint",
                "at": "bridge",
                "per_vehicle": "0 s",
                "hours": "09:00 .. 11:00",
            }
        },
    ),
    *delay("route.legs[].travel", "route.legs.0.travel", "2 h", "40 h", "down"),
    *delay("route.legs[].back", "route.legs.0.back", None, "40 h", "down"),
    *delay("route.turnaround", "route.turnaround", "1 h", "40 h", "down"),
]

PLAN = "carriers.clinic.plan"
TIMETABLE = {PLAN: {"days": "every 6 h"}}
READY = {PLAN: {"days": "when ready"}, "need.initial_list": "1"}

PLANS = [
    Case("carriers.*.plan.days", f"{PLAN}.days", "daily", "every 3 days", "down"),
    Case("carriers.*.plan.at", f"{PLAN}.at", '"08:00"', '"22:00"', "up", mean("patient_days_of_delay")),
    *fact("carriers.*.plan.chance", f"{PLAN}.chance", "100%", "20%", "uniform 10% .. 20%", "down"),
    Case(
        "carriers.*.plan.by_list[].parties",
        f"{PLAN}.by_list",
        [{"parties": "1", "chance": "0%"}],
        [{"parties": "900", "chance": "0%"}],
        "up",
    ),
    *(
        Case(
            f"carriers.*.plan.by_list[].chance.{key}",
            f"{PLAN}.by_list",
            [{"parties": "1", "chance": "0%"}],
            [{"parties": "1", "chance": {key: text}}],
            "up",
        )
        for key, text in (("value", "90%"), ("prior", "uniform 80% .. 90%"))
    ),
    Case("carriers.*.plan.hours", f"{PLAN}.hours", None, "06:00 .. 12:30", "down", around=TIMETABLE),
    Case(
        "carriers.*.plan.recheck",
        f"{PLAN}.recheck",
        None,
        "20 h",
        "up",
        mean("patient_days_of_delay"),
        around=READY,
    ),
    *fact("carriers.*.plan.needs", f"{PLAN}.needs", "1", "99", "uniform 90 .. 99", "down"),
    Case("carriers.*.plan.vehicles", f"{PLAN}.vehicles", None, "1", "down", around={f"{VAN}.count": "3"}),
    Case("carriers.*.plan.escort", f"{PLAN}.escort", "0", "2", "down", around={f"{VAN}.count": "3"}),
]


def later(case: Case) -> Case:
    """The same key of a plan that holds from the second day on."""
    day = "carriers.clinic.plan_from.2030-03-02"

    def moved(path: str) -> str:
        return day + path.removeprefix(PLAN) if path == PLAN or path.startswith(f"{PLAN}.") else path

    around = {day: BASE["carriers"]["clinic"]["plan"]}
    around |= {moved(path): value for path, value in case.around.items()}
    key = case.key.replace(".plan.", ".plan_from.*.")
    return replace(case, key=key, at=moved(case.at), around=around)


# ---------------------------------------------------------------------------------------- the obstacles

IMPEDIMENT = "impediments.x"
IDLE = {"fleet": {"van": {"count": "0", "seats": "1"}}, "plan": {"days": "daily", "at": '"08:00"'}}
OTHER_CLASS = {"need.classes": {"patient": {"share": "rest"}, "none": {"share": "0%"}}}
WHOLE: dict[str, tuple[Tree, Changes]] = {
    "closure": ({"kind": "closure"}, {}),
    "checkpoint": ({"kind": "checkpoint", "at": "bridge", "per_vehicle": "20 h"}, {}),
    "clearance": ({"kind": "clearance", "lead_time": "6 days"}, {}),
    "convoy_cap": ({"kind": "convoy_cap", "patients": "1"}, {}),
    "passage_limit": ({"kind": "passage_limit", "per_week": "1"}, {}),
    "no_lying_patients": ({"kind": "no_lying_patients"}, {f"{CLASS}.lying": "80%", f"{VAN}.lying": "2"}),
    "deterrence": ({"kind": "deterrence", "share": "100%"}, {}),
    "fuel_limit": ({"kind": "fuel_limit", "per_week": "60 l", "per_trip": "50 l"}, {}),
}
"""By kind: an impediment that always holds and keeps patients from leaving, and what it needs around it."""


def shared_keys(kind: str) -> list[Case]:
    """The keys that every obstacle has; each of the last four lets patients go again."""
    row, needed = WHOLE[kind]
    around = {**needed, IMPEDIMENT: row, "carriers.idle": IDLE}
    key = f"impediments.*<{kind}>"
    world = {
        **around,
        "impediments.far": {"kind": "closure", "from": "2031-01-01", "group": "g"},
        "worlds.w": {"remove": [{"group": "g"}]},
    }
    return [
        Case(f"{key}.kind", IMPEDIMENT, None, row, "down", around=needed, seen_without=False),
        Case(
            f"{key}.from", f"{IMPEDIMENT}.from", None, "2030-03-07", "up", around=around, seen_without=False
        ),
        Case(f"{key}.to", f"{IMPEDIMENT}.to", None, "2030-03-04", "up", around=around, seen_without=False),
        Case(
            f"{key}.carriers",
            f"{IMPEDIMENT}.carriers",
            None,
            ["idle"],
            "up",
            around=around,
            seen_without=False,
        ),
        Case(f"{key}.group", f"{IMPEDIMENT}.group", None, "g", "up", mean("patients_evacuated", "w"), world),
    ]


ROAD = [{"to": "bridge", "travel": "2 h"}, {"to": "fork", "travel": "2 h"}, {"to": "town", "travel": "1 h"}]
SUDDEN = {"kind": "closure", "from": "2030-03-02 09:00", "to": "2030-03-02 20:00"}
GATE = {"kind": "checkpoint", "at": "bridge", "per_vehicle": "10 min"}
FLEET = {f"{VAN}.count": "3", f"{VAN}.seats": "1"}
OFF = {"kind": "closure", "from": "2031-01-01"}


def own(kind: str, name: str, *cases: Case) -> list[Case]:
    """Cases of one key of a kind, their paths completed."""
    return [replace(c, key=f"impediments.*<{kind}>.{name}{c.key}", seen_without=False) for c in cases]


OBSTACLES = [
    *(case for kind in WHOLE for case in shared_keys(kind)),
    *own(
        "closure",
        "policy",
        Case(
            "",
            f"{IMPEDIMENT}.policy",
            "complete",
            "turn_back",
            "up",
            mean("convoys_turned_back"),
            {IMPEDIMENT: SUDDEN},
        ),
        Case(
            "",
            f"{IMPEDIMENT}.policy",
            "complete",
            "hold",
            "down",
            mean("patients_evacuated[window=second]"),
            {
                IMPEDIMENT: SUDDEN,
                "windows.second": {"from": "2030-03-02", "to": "2030-03-02"},
                "route.legs.1.travel": "5 h",
            },
        ),
    ),
    *own(
        "closure",
        "at",
        Case(
            "",
            f"{IMPEDIMENT}.at",
            "town",
            "bridge",
            "up",
            mean("convoys_turned_back"),
            {
                IMPEDIMENT: {**SUDDEN, "policy": "turn_back"},
            },
        ),
    ),
    Case(
        "impediments.*<closure>.table",
        IMPEDIMENT,
        OFF,
        {"kind": "closure", "table": "closures.csv"},
        "down",
        files={"closures.csv": "id,from,to\nfirst,2030-03-02,2030-03-03\nlast,2030-03-06,2030-03-09\n"},
        seen_without=False,
    ),
    *own(
        "checkpoint",
        "at",
        Case(
            "",
            f"{IMPEDIMENT}.at",
            "bridge",
            "fork",
            "down",
            EVACUATED,
            {
                "route.legs": ROAD,
                IMPEDIMENT: {**GATE, "hours": "09:00 .. 11:00"},
            },
        ),
    ),
    *own(
        "checkpoint",
        "lanes",
        Case(
            "",
            f"{IMPEDIMENT}.lanes",
            "1",
            "3",
            "up",
            EVACUATED,
            {
                **FLEET,
                IMPEDIMENT: {**GATE, "per_vehicle": "9 h"},
            },
        ),
    ),
    *own(
        "checkpoint",
        "per_vehicle",
        *delay("", f"{IMPEDIMENT}.per_vehicle", "10 min", "20 h", "down", around={IMPEDIMENT: GATE}),
    ),
    *own(
        "checkpoint",
        "per_person",
        *delay("", f"{IMPEDIMENT}.per_person", "0 s", "20 h", "down", around={IMPEDIMENT: GATE}),
    ),
    *own(
        "checkpoint",
        "hours",
        Case("", f"{IMPEDIMENT}.hours", None, "05:00 .. 09:00", "down", around={IMPEDIMENT: GATE}),
    ),
    *own(
        "checkpoint",
        "turn_back",
        *fact(
            "",
            f"{IMPEDIMENT}.turn_back",
            "0%",
            "90%",
            "uniform 80% .. 90%",
            "down",
            around={IMPEDIMENT: GATE},
        ),
    ),
    *own(
        "clearance",
        "lead_time",
        *delay(
            "", f"{IMPEDIMENT}.lead_time", "1 h", "6 days", "down", around={IMPEDIMENT: WHOLE["clearance"][0]}
        ),
    ),
    *own(
        "clearance",
        "refused",
        *fact(
            "",
            f"{IMPEDIMENT}.refused",
            "0%",
            "90%",
            "uniform 90% .. 95%",
            "down",
            around={
                IMPEDIMENT: {"kind": "clearance", "lead_time": "1 h"},
            },
        ),
    ),
    *own(
        "clearance",
        "classes",
        Case(
            "",
            f"{IMPEDIMENT}.classes",
            None,
            ["none"],
            "up",
            around={
                **OTHER_CLASS,
                IMPEDIMENT: WHOLE["clearance"][0],
            },
        ),
    ),
    *own(
        "convoy_cap",
        "patients",
        *fact(
            "",
            f"{IMPEDIMENT}.patients",
            "9",
            "1",
            "uniform 0 .. 1",
            "down",
            around={
                IMPEDIMENT: {"kind": "convoy_cap"},
            },
        ),
    ),
    *own(
        "convoy_cap",
        "people",
        *fact(
            "",
            f"{IMPEDIMENT}.people",
            "9",
            "2",
            "uniform 1 .. 2",
            "down",
            around={
                IMPEDIMENT: {"kind": "convoy_cap"},
                f"{VAN}.seats": "4",
                f"{CLASS}.companions": "1",
            },
        ),
    ),
    *own(
        "convoy_cap",
        "vehicles",
        *fact(
            "",
            f"{IMPEDIMENT}.vehicles",
            "9",
            "1",
            "uniform 0 .. 1",
            "down",
            around={
                IMPEDIMENT: {"kind": "convoy_cap"},
                **FLEET,
            },
        ),
    ),
    *own(
        "passage_limit",
        "chance",
        *fact(
            "",
            f"{IMPEDIMENT}.chance",
            "100%",
            "20%",
            "uniform 10% .. 20%",
            "down",
            around={
                IMPEDIMENT: {"kind": "passage_limit"},
            },
        ),
    ),
    *own(
        "passage_limit",
        "per_week",
        *fact(
            "",
            f"{IMPEDIMENT}.per_week",
            "9",
            "1",
            "uniform 0 .. 1",
            "down",
            around={
                IMPEDIMENT: {"kind": "passage_limit"},
            },
        ),
    ),
    *own(
        "deterrence",
        "share",
        *fact(
            "",
            f"{IMPEDIMENT}.share",
            "0%",
            "95%",
            "uniform 95% .. 99%",
            "down",
            around={
                IMPEDIMENT: {"kind": "deterrence"},
            },
        ),
    ),
    *own(
        "deterrence",
        "classes",
        Case(
            "",
            f"{IMPEDIMENT}.classes",
            None,
            ["none"],
            "up",
            around={
                **OTHER_CLASS,
                IMPEDIMENT: WHOLE["deterrence"][0],
            },
        ),
    ),
    *own(
        "fuel_limit",
        "per_week",
        *fact(
            "",
            f"{IMPEDIMENT}.per_week",
            "900 l",
            "60 l",
            "uniform 50 l .. 90 l",
            "down",
            around={
                IMPEDIMENT: {"kind": "fuel_limit", "per_trip": "50 l"},
            },
        ),
    ),
    *own(
        "fuel_limit",
        "per_trip",
        *fact(
            "",
            f"{IMPEDIMENT}.per_trip",
            "1 l",
            "50 l",
            "uniform 40 l .. 50 l",
            "down",
            around={
                IMPEDIMENT: {"kind": "fuel_limit", "per_week": "60 l"},
            },
        ),
    ),
]


def as_condition(case: Case) -> Case:
    """The same key of a condition: its effect stays in every world."""

    def moved(path: str) -> str:
        return "conditions.x" + path.removeprefix(IMPEDIMENT) if path.startswith(IMPEDIMENT) else path

    around = {moved(path): value for path, value in case.around.items()}
    key = case.key.replace("impediments", "conditions")
    return replace(case, key=key, at=moved(case.at), around=around, seen_without=True)


# --------------------------------------------------------------------------- what was seen, what is asked

SEEN = "observed.seen"
FIGURE: Changes = {SEEN: {"what": "patients", "by": "2030-03-05", "value": "9"}}
SHUT: Changes = {
    "impediments.shut": {"kind": "closure", "from": "2030-03-03", "to": "2030-03-06", "group": "g"}
}
W = mean("patients_evacuated", "w")

OWN = "own_vehicles.families"
FAMILIES: Changes = {OWN: {"people": "900", "companions": "2", "ready": {"2030-03-02": "9 / h"}}}
NARROW: Changes = {**FAMILIES, "route.legs.0.capacity": {"2030-03-01": "1 / h"}}
ARRIVED, VEHICLES, TRAVEL = (mean(name) for name in ("people_arrived", "vehicles_arrived", "travel_median"))
GROUP = "own_vehicles.*"
ON_THE_ROAD = [
    *fact(f"{GROUP}.people", f"{OWN}.people", "900", "990", "uniform 950 .. 999", "up", ARRIVED, FAMILIES),
    Case(f"{GROUP}.companions.value", f"{OWN}.companions", "2", {"value": "5"}, "down", VEHICLES, FAMILIES),
    *fact(
        f"{GROUP}.companions.mean",
        f"{OWN}.companions.mean",
        None,
        "4",
        "uniform 4 .. 5",
        "down",
        VEHICLES,
        {**FAMILIES, f"{OWN}.companions": {"value": "poisson 1"}},
    ),
    *fact(
        f"{GROUP}.ready.*",
        f"{OWN}.ready.2030-03-03 06:00",
        "9 / h",
        "200 / h",
        "uniform 90 / h .. 99 / h",
        "up",
        TRAVEL,
        NARROW,
    ),
    *fact(
        "route.legs[].capacity.*",
        "route.legs.0.capacity.2030-03-04",
        "1 / h",
        "9 / h",
        "uniform 7 / h .. 8 / h",
        "down",
        TRAVEL,
        NARROW,
    ),
]

QUESTIONS = [
    Case("observed.*.what", f"{SEEN}.what", "patients", "convoys", "down", observed("median"), FIGURE),
    Case(
        "observed.*.carrier",
        f"{SEEN}.carrier",
        None,
        "idle",
        "down",
        observed("median"),
        {**FIGURE, "carriers.idle": IDLE},
    ),
    Case(
        "observed.*.classes",
        f"{SEEN}.classes",
        None,
        ["none"],
        "down",
        observed("median"),
        {**OTHER_CLASS, SEEN: {"what": "waiting", "by": "2030-03-05", "value": "9"}},
    ),
    Case("observed.*.from", f"{SEEN}.from", None, "2030-03-04", "down", observed("median"), FIGURE),
    Case("observed.*.by", f"{SEEN}.by", "2030-03-05", "2030-03-08", "up", observed("median"), FIGURE),
    Case("observed.*.at", f"{SEEN}.at", "end", "start", "down", observed("median"), FIGURE),
    Case("observed.*.value", f"{SEEN}.value", "9", "11", "up", observed("observed"), FIGURE),
    *(
        Case(
            f"observed.*.{key}",
            f"{SEEN}.{key}",
            None,
            "9",
            "changes",
            observed("bound"),
            FIGURE,
            also={f"{SEEN}.value": None},
        )
        for key in ("about", "more_than", "at_least")
    ),
    Case(
        "observed.*.error",
        f"{SEEN}.error",
        None,
        "4",
        "up",
        observed("inside"),
        {**FIGURE, f"{SEEN}.value": "4"},
    ),
    Case(
        "observed.*.use",
        f"{SEEN}.use",
        "validate",
        "calibrate",
        "up",
        lambda file: len(figures_seen(file.scenario)),
        {**FIGURE, f"{SEEN}.error": "1"},
    ),
    Case(
        "calibrations.*.until",
        "calibrations.part.until",
        "2030-03-04",
        "2030-03-06",
        "up",
        seen_by_part,
        {**FIGURE, f"{SEEN}.error": "1", f"{SEEN}.use": "calibrate", "calibrations.part": {"says": "Part."}},
    ),
    Case(
        "calibrations.*.change",
        "calibrations.part.change",
        None,
        {"carriers": {"clinic": {"fleet": {"van": {"count": "3"}}}}},
        "up",
        evacuated_in_part,
        {"calibrations.part": {"says": "Part.", "until": "2030-03-04"}},
    ),
    Case("worlds.*.remove", "worlds.w.remove", "none", "all", "up", W, SHUT),
    *(
        Case(f"worlds.*.remove[].{how}", "worlds.w.remove", [], [{how: name}], "up", W, SHUT)
        for how, name in (("id", "shut"), ("group", "g"), ("kind", "closure"))
    ),
    Case(
        "worlds.*.from",
        "worlds.w.from",
        None,
        "2030-03-06",
        "down",
        W,
        {**SHUT, "worlds.w": {"remove": "all"}},
    ),
    Case(
        "worlds.*.assume",
        "worlds.w.assume",
        None,
        {"carriers": {"clinic": {"fleet": {"van": {"count": "3"}}}}},
        "up",
        W,
        {"worlds.w": {"remove": "none"}},
    ),
    Case(
        "variants.*.drop",
        "variants.v.drop",
        None,
        ["impediments.shut"],
        "up",
        mean("patients_evacuated", variant="v"),
        {**SHUT, "variants.v": {"says": "Open."}},
    ),
    Case(
        "variants.*.change",
        "variants.v.change",
        None,
        {"carriers": {"clinic": {"fleet": {"van": {"count": "3"}}}}},
        "up",
        mean("patients_evacuated", variant="v"),
        {"variants.v": {"says": "More vans."}},
    ),
    Case(
        "windows.*.from",
        "windows.w.from",
        "2030-03-02",
        "2030-03-05",
        "down",
        mean("patients_evacuated[window=w]"),
    ),
    Case(
        "windows.*.to",
        "windows.w.to",
        None,
        "2030-03-05",
        "down",
        mean("patients_evacuated[window=w]"),
        {"windows.w": {"from": "2030-03-02"}},
    ),
    Case(
        "headline.world",
        "headline.world",
        "unimpeded",
        "w",
        "changes",
        headline("variants"),
        {
            **SHUT,
            "impediments.cap": {"kind": "convoy_cap", "patients": "1"},
            "worlds.w": {"remove": [{"id": "cap"}]},
        },
    ),
    Case(
        "headline.minus",
        "headline.minus",
        "actual",
        "w",
        "changes",
        headline("variants"),
        {
            **SHUT,
            "impediments.cap": {"kind": "convoy_cap", "patients": "1"},
            "worlds.w": {"remove": [{"id": "cap"}]},
        },
    ),
    Case(
        "headline.what",
        "headline.what",
        "patients",
        "people",
        "changes",
        headline("variants"),
        {
            **SHUT,
            f"{CLASS}.companions": "1",
            f"{VAN}.seats": "4",
        },
    ),
    Case(
        "headline.carrier",
        "headline.carrier",
        None,
        "idle",
        "changes",
        headline("variants"),
        {
            **SHUT,
            "carriers.idle": IDLE,
        },
    ),
]

CASES = [
    *FRAME,
    *PLANS,
    *map(later, PLANS),
    *OBSTACLES,
    *(as_condition(c) for c in OBSTACLES if not c.key.endswith(".group")),
    *QUESTIONS,
    *ON_THE_ROAD,
]


# ------------------------------------------------------------------------------------- words of all blocks

HOURS = {"value": "2 h", "mean": {"value": "2 h"}}
RICH_PLAN = {
    "days": "daily",
    "at": '"08:00"',
    "chance": "90%",
    "needs": "1",
    "by_list": [{"parties": "1", "chance": "80%"}],
}
RICH = changed(
    BASE,
    {
        "sources": {"page": {"title": "A page", "publisher": "Somebody"}},
        f"{CLASS}.companions": {"value": "binomial 2 mean 0.5", "mean": {"value": "0.5"}},
        f"{CLASS}.lying": "10%",
        f"{CLASS}.withdraws": {"after": HOURS},
        f"{CLASS}.deteriorates": {"after": HOURS},
        f"{CLASS}.share": "80%",
        "need.classes.other": {"share": "rest"},
        VAN: {"count": "2", "seats": "2", "lying": "1", "availability": "90%"},
        PLAN: RICH_PLAN,
        "carriers.clinic.plan_from.2030-03-06": RICH_PLAN,
        "route.legs": [
            {"to": "bridge", "travel": HOURS, "back": HOURS, "capacity": {"2030-03-05": "2 / h"}},
            {"to": "town", "travel": "1 h"},
        ],
        OWN: {
            "people": "20",
            "companions": {"value": "poisson 1", "mean": {"value": "2"}},
            "ready": {"2030-03-05": "1 / h"},
        },
        "route.turnaround": HOURS,
        "observed.seen": {"what": "patients", "by": "2030-03-05", "value": "9"},
        "worlds.w": {"remove": "all", "from": "2030-03-05"},
        "variants.v": {"says": "Otherwise.", "change": {"need": {"initial_list": "9"}}},
        "windows.w": {"from": "2030-03-05"},
        "calibrations.c": {"says": "Early.", "until": "2030-03-05"},
    },
)
FULL: dict[str, Tree] = {
    "closure": {"kind": "closure", "from": "2030-03-04", "to": "2030-03-04"},
    "checkpoint": {
        "kind": "checkpoint",
        "at": "bridge",
        "per_vehicle": HOURS,
        "per_person": HOURS,
        "turn_back": "10%",
    },
    "clearance": {"kind": "clearance", "lead_time": HOURS, "refused": "10%"},
    "convoy_cap": {"kind": "convoy_cap", "patients": "3", "people": "6", "vehicles": "2"},
    "passage_limit": {"kind": "passage_limit", "chance": "90%", "per_week": "5"},
    "no_lying_patients": {"kind": "no_lying_patients", "to": "2030-03-03"},
    "deterrence": {"kind": "deterrence", "share": "10%"},
    "fuel_limit": {"kind": "fuel_limit", "per_week": "400 l", "per_trip": "40 l"},
}
for _section in ("impediments", "conditions"):
    RICH[_section] = {f"{_section[0]}-{kind}": row for kind, row in FULL.items()}

NAMES = {
    "sources": "page", "referrals": "2030-03-01", "classes": "patient", "carriers": "clinic", "fleet": "van",
    "plan_from": "2030-03-06", "own_vehicles": "families", "ready": "2030-03-05", "capacity": "2030-03-05",
    "observed": "seen", "worlds": "w", "variants": "v", "windows": "w", "calibrations": "c",
}  # fmt: skip
TEXTS = {
    "source": "page", "also": [], "error_source": "page", "side": "here",
    "name": "renamed", "utc_offset": '"-03:30"', "illustrative": "true",
    "date": "2029-01-01",
    "url": "https://example.org/page", "data": "rows.csv", "length": "57 km",
    "from": "elsewhere", "group": "g", "value": "57 km",
}  # fmt: skip


def place_of(key: str) -> str:
    """The place in RICH of a key of the schema."""
    words: list[str] = []
    for word in key.replace("[]", ".0").split("."):
        if word == "*":
            words.append(NAMES[words[-1]])
        elif word.startswith("*<"):
            words.append(f"{words[-1][0]}-{word[2:-1]}")
        else:
            words.append(word)
    return ".".join(words)


# ------------------------------------------------------------------------------------------------- tests


def test_every_key_of_the_schema_has_a_case() -> None:
    """Would catch a new key that no test has seen move anything, and a case of a key that is gone."""
    named = {case.key for case in CASES}
    words = {key for key in KEYS if is_word(key)}
    assert not named & words, "both with and without an effect"
    assert named <= set(KEYS), f"no such keys: {sorted(named - set(KEYS))}"
    assert set(KEYS) <= named | words, f"without a case: {sorted(set(KEYS) - named - words)}"
    assert set(WORDS) <= set(KEYS)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.key} {c.expect}")
def test_a_key_has_the_effect_that_it_documents(case: Case, tmp_path: Path) -> None:
    """Would catch a key that is read and then forgotten, or that acts the wrong way round."""
    for name, text in case.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    around = changed(BASE, case.around)
    before = read(changed(around, {case.at: case.before}), tmp_path)
    after = read(changed(around, {case.at: case.after, **case.also}), tmp_path)
    one, other = case.probe(before), case.probe(after)
    if case.expect == "up":
        assert other > one
    elif case.expect == "down":
        assert other < one
    else:
        assert other != one
    if case.seen_without is not None:
        free = [mean("patient_days_of_delay", "unimpeded")(file) for file in (before, after)]
        if case.seen_without:
            actual = [mean("patient_days_of_delay")(file) for file in (before, after)]
            assert free == actual, "a condition stays in every world"
        else:
            assert free[0] == free[1], "an impediment that is removed has no effect"


@pytest.mark.parametrize(
    "marks",
    [("source", "also", "assumed", "note"), ("source", "derived"), ()],
    ids=["marks", "derived", "titles"],  # what is derived is not assumed
)
def test_words_move_no_number(marks: tuple[str, ...], tmp_path: Path) -> None:
    """Would catch a title, note or source that takes part in luck, in order or in a number: every such key
    of the schema is set at once, in every block there is."""
    lasts = {key: key.rpartition(".")[2] for key in KEYS if is_word(key)}
    words = [key for key, last in lasts.items() if (last in marks if marks else last not in MARKS)]
    texts = {place_of(key): TEXTS.get(key.rpartition(".")[2], "Said otherwise") for key in words}
    plain = simulate(read(RICH, tmp_path))
    worded = simulate(read(changed(RICH, texts), tmp_path))
    assert len(texts) == len(words) >= 30
    for case, table in plain.measures.items():
        pd.testing.assert_frame_equal(table, worded.measures[case], check_exact=True)
        for name, series in plain.daily[case].items():
            assert series.tobytes() == worded.daily[case][name].tobytes()


def test_the_way_back_is_as_the_way_out_unless_given(tmp_path: Path) -> None:
    """Would catch one unknown of the file that the model draws as two: an uncertain mean travel time holds
    for both ways where no `back` is given."""
    travel = {"value": "2 h", "mean": {"prior": "uniform 2 h .. 9 h"}}
    layout = lay_out(read(changed(BASE, {"route.legs.0.travel": travel}), tmp_path).scenario)
    assert [value.name for value in layout.values if value.prior] == ["route.bridge.travel.mean"]
    (out, back), _ = Sampler(layout).draw(1, 0).travel
    assert (out == back).all()
    assert out[0] > 7200
