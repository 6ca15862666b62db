"""All readings of one file: as written, each variant, and each world that assumes something."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pydantic import ValidationError

from sim.scenario import checks, references
from sim.scenario.explain import MOST_EXPLAINED, explained
from sim.scenario.merging import merged, path_of
from sim.scenario.overrides import take_out_unknown
from sim.scenario.personal import personal
from sim.scenario.problems import Path, Problem, problem_at
from sim.scenario.salvage import salvaged
from sim.scenario.scalar import Place, Scalar, did_you_mean, one_of, shown
from sim.scenario.schema import Scenario
from sim.scenario.tables import Tables
from sim.scenario.tree import Keys, block_at, copied, items_at, key_place, remove, size, value_place
from sim.scenario.unsourced import unsourced

MOST_READINGS = 100
MOST_READ = 100_000  # keys and values, in all readings together: about a second
VARIANT_MAY_CHANGE = ("need", "carriers", "route", "impediments", "conditions", "observed", "sources")
ENTRY_MAY_CHANGE = ("need", "carriers", "route", "impediments", "conditions")


@dataclass
class Readings:
    """What came of reading a file; `base` is None where it does not hold."""

    base: Scenario | None = None
    variants: dict[str, Scenario] = field(default_factory=dict)
    assumed: dict[tuple[str, str], Scenario] = field(default_factory=dict)
    calibrated: dict[tuple[str, str], Scenario] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    unsourced: list[Problem] = field(default_factory=list)
    personal: list[Problem] = field(default_factory=list)
    said: set[tuple[Place, str]] = field(default_factory=set)

    def add(self, known: list[Problem], more: list[Problem], where: str) -> None:
        """Add what no earlier reading has said of the same place, with the reading it holds in."""
        for p in more:
            if (p.place, p.message) not in self.said:
                self.said.add((p.place, p.message))
                known.append(replace(p, message=p.message + where))


def readings(tree: Keys, tables: Tables, refused: set[Place]) -> Readings:
    """Read the tree in every way the file asks for. `refused`: places that the YAML reader spoke of."""
    result = Readings()
    result.problems = references.too_many(tree) or _too_many_readings(tree)
    if result.problems:
        return result
    base = tables.expanded(tree)
    result.problems = _too_many_readings(base)
    if result.problems:
        return result
    result.personal = list(personal(base))
    names = references.removable(base)
    result.base = _read(base, names, "", result, refused)
    if result.base is not None:
        result.variants["base"] = result.base
    changed = {"base": base}
    for name, variant in block_at(tree, "variants").items():
        if isinstance(variant, Keys) and name != "base":
            changed[name] = _changed(tree, base, name, variant, tables, result)
            scenario = _read(changed[name], names, f" (in variant {shown(name)})", result, refused)
            if scenario is not None:
                result.variants[name] = scenario
    _laid_over(changed, "worlds", "assume", result.assumed, names, result, refused)
    _laid_over(changed, "calibrations", "change", result.calibrated, names, result, refused)
    result.problems += tables.problems
    return result


def _laid_over(
    changed: dict[str, Keys], section: str, key: str, into: dict[tuple[str, str], Scenario],
    names: references.Names, result: Readings, refused: set[Place],
) -> None:  # fmt: skip
    """Every variant with what each entry of a section lays over it: worlds that assume, calibrations."""
    for variant, tree in changed.items():
        for name, entry in block_at(tree, section).items():
            over = block_at(entry, key)
            if not over:
                continue
            if variant == "base":
                result.problems += _not_changeable(over, (section, name, key), ENTRY_MAY_CHANGE)
            where = f" (in {section[:-1]} {shown(name)}"
            where += ("" if variant == "base" else f" of variant {shown(variant)}") + ")"
            laid = merged(tree, over)
            result.add(result.problems, take_out_unknown(laid, [tree], over), where)
            scenario = _read(laid, names, where, result, refused, record=section != "worlds")
            if scenario is not None:
                into[variant, name] = scenario


def _read(
    tree: Keys,
    names: references.Names,
    where: str,
    result: Readings,
    refused: set[Place],
    record: bool = True,
) -> Scenario | None:
    """One reading; its problems that no earlier reading has found are added, with `where` they hold."""
    problems = references.unknown(tree, names)
    warnings: list[Problem] = []
    scenario, pruned = None, frozenset[Path]()
    try:
        scenario = Scenario.model_validate(tree)
    except ValidationError as error:
        told = explained(error, Scenario, tree)
        problems += [problem for problem, _ in told]
        part = None
        if len(told) < MOST_EXPLAINED:
            part, pruned = salvaged(tree, [path for _, path in told])
    else:
        part = scenario
    if part is not None:
        for finding in checks.findings(part, pruned, record):
            place = key_place(tree, finding.path) if finding.at_key else value_place(tree, finding.path)
            said = problem_at(place, finding.path, finding.message)
            (warnings if finding.warning else problems).append(said)
    result.add(result.problems, [p for p in problems if p.place not in refused], where)
    if scenario is not None:
        result.add(result.warnings, warnings, where)
        if not problems:
            result.add(result.unsourced, list(unsourced(scenario, tree)), where)
    return None if problems else scenario


def _changed(tree: Keys, base: Keys, name: str, variant: Keys, tables: Tables, result: Readings) -> Keys:
    """The tree of a variant: paths dropped, then the change laid over, then its tables read."""
    raw = copied(tree)
    gone: list[Path] = []
    later: list[Path] = []
    for index, text in enumerate(items_at(variant, "drop")):
        if not isinstance(text, Scalar):
            continue
        path, part, there = path_of(raw, text)
        if path is None:  # a row of a table is there only once the table is read
            path, part, there = path_of(base, text)
            later += [path] if path else []
        else:
            remove(raw, path)
            gone.append(path)
        if path is None:
            near = did_you_mean(part, there) or (f"; there is {one_of(there)}" if there else "")
            said = f"{shown(part)} is not there to drop{near}"
            result.problems.append(problem_at(text.place, ("variants", name, "drop", index), said))
        elif path[0] not in VARIANT_MAY_CHANGE:
            said = f"a variant drops parts of {one_of(VARIANT_MAY_CHANGE)}; found {shown(text)}"
            result.problems.append(problem_at(text.place, ("variants", name, "drop", index), said))
    change = block_at(variant, "change")
    result.problems += _not_changeable(change, ("variants", name, "change"), VARIANT_MAY_CHANGE)
    laid_over = merged(raw, change) if change else raw
    rows = copied(base)
    for path in gone + later:
        remove(rows, path)
    strange = take_out_unknown(laid_over, [raw, rows], change)
    result.add(result.problems, strange, f" (in variant {shown(name)})")
    result_tree = tables.expanded(laid_over)
    for path in later:
        remove(result_tree, path)
    return result_tree


def _not_changeable(change: Keys, path: Path, allowed: tuple[str, ...]) -> list[Problem]:
    return [
        problem_at(
            change.key_places[key],
            (*path, key),
            f"{shown(key)} may not change here; allowed: {one_of(allowed)}{did_you_mean(key, allowed)}",
        )
        for key in change
        if key not in allowed
    ]


def _too_many_readings(tree: Keys) -> list[Problem]:
    worlds, calibrations = block_at(tree, "worlds"), block_at(tree, "calibrations")
    more = sum(bool(block_at(world, "assume")) for world in worlds.values())
    more += sum(bool(block_at(calibration, "change")) for calibration in calibrations.values())
    variants = len(block_at(tree, "variants")) + 1
    count, values = variants * (more + 1), size(tree)
    if count > MOST_READINGS:
        limit = f"at most {MOST_READINGS} readings of a file"
    elif count > 1 and count * values > MOST_READ:
        limit = f"{count} readings of {values} keys and values are more than {MOST_READ}"
    else:
        return []
    said = f"{variants} variants of {more} worlds with `assume` and calibrations with `change`: {limit}"
    return [problem_at(worlds.place, ("worlds",), said)]
