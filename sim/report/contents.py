"""What a scenario file contains and how much of it is assumed: for ``corridor check``. Nothing is run."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sim.model.laying_out import lay_out
from sim.model.plan import world_names
from sim.report.cost import expected_own_vehicles, expected_patients
from sim.report.sentences import ILLUSTRATIVE, assumed_sentence
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import Scenario
from sim.scenario.sources import ledger, shares_of_marks


def contents(file: ScenarioFile) -> dict[str, Any]:
    """A scenario's contents as plain data."""
    scenario = file.scenario
    layout = lay_out(scenario)
    entries = ledger(scenario)
    return {
        "valid": True,
        "file": str(file.path),
        "name": scenario.name,
        "title": scenario.title,
        "illustrative": bool(scenario.illustrative),
        "from": scenario.period.from_.text,
        "to": scenario.period.to.text,
        "days": layout.days,
        "seed": scenario.seed,
        "replications": scenario.replications,
        "expected_patients": {name: expected_patients(lay_out(s)) for name, s in file.variants.items()},
        "carriers": {name: _fleet(scenario, name) for name in layout.carriers},
        "own_vehicles": {name: expected_own_vehicles(lay_out(s)) for name, s in file.variants.items()},
        "impediments": _by_group(scenario),
        "conditions": sorted(scenario.conditions),
        "worlds": list(world_names(layout)),
        "variants": list(file.variants),
        "observed": dict(sorted(Counter(figure.use for figure in scenario.observed.values()).items())),
        "uncertain": [value.name for value in layout.values if value.prior is not None],
        "numbers": shares_of_marks(entries),
        "unmarked": [entry.key_path for entry in entries if entry.grade == "unmarked"],
        "sources": len(scenario.sources),
        "file_hash": file.file_hash,
        "model_hash": file.model_hash,
        "warnings": list(file.warnings),
    }


def _fleet(scenario: Scenario, carrier: str) -> list[str]:
    fleet = scenario.carriers[carrier].fleet
    return [
        f"{kind.count} x {name}: {kind.seats} seats" + (f", {kind.lying} lying" if kind.lying else "")
        for name, kind in sorted(fleet.items())
    ]


def _by_group(scenario: Scenario) -> dict[str, list[str]]:
    """Group -> `id (kind)` of its impediments."""
    groups: dict[str, list[str]] = {}
    for id_, obstacle in scenario.impediments.items():
        groups.setdefault(obstacle.group or id_, []).append(f"{id_} ({obstacle.kind})")
    return dict(sorted(groups.items()))


def as_text(data: dict[str, Any]) -> str:
    """The contents, to read."""
    lines = [f"{data['file']}: valid", f"  {data['title']} ({data['name']})"]
    if data["illustrative"]:
        lines.append(f"  {ILLUSTRATIVE}")
    patients = ", ".join(f"{n:,.0f} ({name})" for name, n in data["expected_patients"].items())
    lines += [
        f"  period       {data['from']} to {data['to']}, {data['days']} days",
        f"  patients     about {patients} expected, the list at the start included",
    ]
    lines += [f"  carrier      {name}: {'; '.join(fleet)}" for name, fleet in data["carriers"].items()]
    if any(data["own_vehicles"].values()):
        vehicles = ", ".join(f"{n:,.0f} ({name})" for name, n in data["own_vehicles"].items())
        lines.append(f"  own vehicles about {vehicles} expected")
    lines += [f"  impediments  {group}: {', '.join(ids)}" for group, ids in data["impediments"].items()]
    uses = ", ".join(f"{n} to {use}" for use, n in data["observed"].items())
    lines += [
        f"  conditions   {', '.join(data['conditions']) or 'none'}",
        f"  worlds       {', '.join(data['worlds'])}",
        f"  variants     {', '.join(data['variants'])}",
        f"  observed     {sum(data['observed'].values())} published{f' ({uses})' if uses else ''}",
        f"  uncertain    {len(data['uncertain'])} of the numbers have a prior, drawn once a replication",
        f"  evidence     {assumed_sentence(data['numbers'])} {data['sources']} sources.",
    ]
    lines += [f"  unmarked     {path}: has neither `source` nor `assumed`" for path in data["unmarked"]]
    lines += [f"  warning      {warning}" for warning in data["warnings"]]
    lines.append(f"  hash         file {data['file_hash'][:16]}…, model {data['model_hash'][:16]}…")
    return "\n".join(lines) + "\n"
