# ruff: noqa: E501  (paragraphs of a page)
"""Section 3 of docs/stress-des.md: sources, inputs and assumptions, from the scenario's ledger."""

from __future__ import annotations

import csv
import inspect
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from sim.experiment.posterior import Posterior, find_posterior
from sim.model.layout import DAY
from sim.model.value_names import uncertain_entries
from sim.scenario.reading import ScenarioFile, read_scenario
from sim.scenario.schema import WHOLE_RECORD
from sim.scenario.sources import GRADES, Entry, ledger, shares_of_marks

ROOT = Path(__file__).parents[2]
FLAGSHIP = ROOT / "scenarios" / "lachin-2022-2023.yaml"
PUBLISHED = ROOT / "results" / "lachin-2022-2023" / "published"
DATA = ROOT / "scenarios" / "data" / "lachin"
NOT_OF_THE_RECORD = ("need", "carriers", "route", "impediments", "conditions")


class Facts(NamedTuple):
    """What the page is made of."""

    file: ScenarioFile
    summary: dict[str, Any]
    manifest: dict[str, Any]
    posteriors: dict[str, Posterior]


def facts() -> Facts:
    """The flagship, its published run and its posteriors."""
    file = read_scenario(FLAGSHIP)
    found = {name: find_posterior(file, name, WHOLE_RECORD) for name in file.variants}
    return Facts(
        file,
        *(json.loads((PUBLISHED / name).read_bytes()) for name in ("summary.json", "manifest.json")),
        {name: one for name, one in found.items() if isinstance(one, Posterior)},
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; a cell is one line."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(" ".join(c.replace("|", "\\|").split()) for c in line) + " |" for line in lines
    )


def _spelt(file: ScenarioFile) -> dict[str, str]:
    return {entry.key_path: entry.text for entry in ledger(file.scenario)}


def said(file: ScenarioFile, path: str, unless: str = "0") -> str:
    """A number of the scenario as it is written, with the prior of its mean; the default where it is not."""
    text, mean = _spelt(file).get(path, unless), _spelt(file).get(f"{path}.mean")
    return f"{text}, its mean {mean}" if mean else text


def said_by(thing: ModuleType | type, paragraph: int = 0) -> str:
    """A paragraph of a docstring, as a quotation that names its file."""
    text = inspect.cleandoc(thing.__doc__ or "").split("\n\n")[paragraph]
    path = Path(inspect.getfile(thing)).relative_to(ROOT)
    return f"> {' '.join(text.split())} (`{path}`)"


def sources(f: Facts) -> list[str]:
    """Every source of the scenario, and the tables compiled from them."""
    scenario, used = f.file.scenario, Counter(name for e in ledger(f.file.scenario) for name in e.sources)
    rows = [
        (
            name,
            s.title,
            s.publisher,
            s.date.isoformat() if s.date else s.note or "",
            str(s.url or s.data or ""),
            str(used[name]),
        )
        for name, s in scenario.sources.items()
    ]
    counted = "; ".join(f"`{path.name}` ({_rows(path)} rows)" for path in sorted(DATA.glob("*.csv")))
    return [
        "All data are public reports; nobody was interviewed and no register was seen. They were compiled into tables with a publisher and an address in each row "
        f"([scenarios/data/lachin](../scenarios/data/lachin/README.md)): {counted}. No person is named in them.",
        table(("id", "title", "publisher", "date", "where", "numbers that rest on it"), rows),
    ]


def _rows(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as stream:
        return sum(1 for _ in csv.reader(stream)) - 1


def preprocessing(f: Facts) -> list[str]:
    """What was done between the reports and the scenario."""
    summed = [name for name, figure in f.file.scenario.observed.items() if figure.source == "convoy-record"]
    return [
        "- Running totals and lists are used as published; where publishers disagree, both are in the tables, and the scenario says which is used and why.",
        f"- Convoys reported one by one are summed by week or averaged by period: {', '.join(f'`{n}`' for n in summed)}. Only rows marked `primary` are summed.",
        "- Nothing is interpolated, no outlier removed. The error of each published figure is a judgement of this project, and counts as assumed.",
    ]


def inputs(f: Facts) -> list[str]:
    """Every number that the model uses; of priors, the posterior in the base variant."""
    entries = [e for e in ledger(f.file.scenario) if e.path[0] in NOT_OF_THE_RECORD]
    base = f.posteriors.get("base")
    learnt = {row["parameter"]: row for row in base.about["of_parameters"]} if base else {}
    uncertain = uncertain_entries(f.file.scenario)
    return [
        f"{len(entries)} numbers, {len(uncertain)} of them uncertain: a *prior* says what was thinkable before the record was looked at, and is drawn once a replication; calibration narrows it. Priors are uniform, triangular or loguniform over bounds that the file gives reasons for, since no data choose a form. Delays vary from case to case around a known or uncertain mean; triangular where three points are known, exponential for patience, binomial for companions.",
        table(
            ("uncertain number", "prior", "posterior in `base`: 5, 50, 95 %", "identified by the record"),
            [(e.key_path, e.text, *_learnt(e, learnt.get(name))) for name, e in uncertain.items()],
        ),
        "Fixed numbers and distributions; times that change with dates are impediments with their days, or plans `from` a day:",
        table(
            ("number", "value", "mark", "sources"),
            [(e.key_path, e.text, GRADES[e.grade], ", ".join(e.sources)) for e in entries if not e.is_prior],
        ),
        f"Independent unless a posterior ties them together. In experimentation: variants change what they list, worlds what their definition says (1.3). {_of_variants(f.file)}",
    ]


def _learnt(entry: Entry, row: dict[str, Any] | None) -> tuple[str, str]:
    """Quantiles of the posterior in the unit that the prior is written in, and whether the record narrowed it."""
    if row is None:
        return "", ""
    factor, unit = (
        (100.0, " %") if "%" in entry.text else (1.0, " / day") if "/ day" in entry.text else (1.0, "")
    )
    if unit == "" and "days" in entry.text:
        factor, unit = 1 / DAY, " days"
    ends = ", ".join(f"{factor * row[name]:.3g}" for name in ("low", "median", "high"))
    return ends + unit, "yes" if row["identified"] else "no"


def _of_variants(file: ScenarioFile) -> str:
    base = {e.key_path: e.text for e in ledger(file.scenario)}
    counts = []
    for name, scenario in file.variants.items():
        other = {e.key_path: e.text for e in ledger(scenario)}
        moved = sum(base.get(key) != other.get(key) for key in base.keys() | other.keys())
        if moved:
            counts.append(f"`{name}` {moved}")
    return f"Numbers that differ from `base`: {', '.join(counts)}; `corridor evidence FILE --variant NAME` lists them."


def assumptions(f: Facts) -> list[str]:
    """Every assumed number, by its reason; and what the model takes for granted."""
    entries = [e for e in ledger(f.file.scenario) if e.grade == "assumed" and e.path[0] in NOT_OF_THE_RECORD]
    reasons: dict[str, list[Entry]] = {}
    for entry in entries:
        reasons.setdefault(entry.reason or "", []).append(entry)
    marks = shares_of_marks(ledger(f.file.scenario))
    return [
        f"Of all numbers, figures of the record included, {marks['assumed']} are assumed, {marks['source']} have a source, {marks['unmarked']} have neither. Assumed are, with the reason that the file gives:",
        table(
            ("numbers", "reason"),
            [
                (", ".join(_shortened([e.key_path for e in group])), reason)
                for reason, group in reasons.items()
            ],
        ),
        "Of the model itself: [limitations.md](limitations.md#what-is-held-fixed); of the flagship: [flagship.md](flagship.md#choices-and-why).",
    ]


def _shortened(paths: list[str]) -> list[str]:
    """Key paths, those of one block together: `carriers.icrc.plan: days, at`."""
    blocks: dict[str, list[str]] = {}
    for path in paths:
        block, _, key = path.rpartition(".")
        blocks.setdefault(block, []).append(key)
    return [
        f"{block}: {', '.join(keys)}" if len(keys) > 1 else f"{block}.{keys[0]}"
        for block, keys in blocks.items()
    ]
