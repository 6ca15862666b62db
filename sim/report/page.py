"""One page that holds a whole report: no server, no request, nothing that is not in this one file.

A pure function of the stored files. The style sheet and the script stand in the page and are let by their
SHA-256 alone (Content Security Policy); all else is escaped.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files as resources
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from sim.report import charts
from sim.report import page_tables as tables
from sim.report.claims import claims
from sim.report.marks import Documents, interval, number, verbatim
from sim.report.numbers import whole_unit
from sim.report.questions import NOT_TO_SAY, limitations, questions
from sim.report.sentences import ILLUSTRATIVE, NEED, NOT_INDEPENDENT
from sim.report.tornado import widest
from sim.report.waterfall import label, steps

MOST_BARS = 12


def page(files: Mapping[str, bytes]) -> bytes:
    """The page as HTML.

    Parameters
    ----------
    files
        The stored files of a report by name: its JSON documents, and the CSV files that the page offers.
    """
    from jinja2 import Environment, StrictUndefined

    documents = {name: json.loads(data) for name, data in files.items() if name.endswith(".json")}
    style, script = _text("page.css"), _text("page.js")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["csv"] = lambda name: _csv(files, name)
    environment.filters["web"] = web
    template = environment.from_string(_text("page.html"))
    html = template.render(
        style=Markup(style), script=Markup(script), style_hash=_hash(style), script_hash=_hash(script),
        **_content(documents),
    )  # fmt: skip
    return html.lstrip().encode()


def _text(name: str) -> str:
    return (resources("sim.report") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def web(url: str | None) -> str | None:
    """An address that may be a link: http or https; None for any other."""
    return url if url is not None and urlsplit(url).scheme in ("http", "https") else None


def _csv(files: Mapping[str, bytes], name: str) -> Markup:
    """A link that saves a stored table, which is in the page itself."""
    data = base64.b64encode(files[name]).decode()
    return Markup('<a class="csv" download="{}" href="data:text/csv;charset=utf-8;base64,{}">{}</a>').format(
        name, data, name
    )


def _content(documents: Documents) -> dict[str, Any]:
    """What the template fills in."""
    summary, timeline = documents["summary.json"], documents["timeline.json"]
    headline = summary["headline"]
    sensitivity, attribution = documents.get("sensitivity.json"), documents.get("attribution.json")
    cited = claims(documents)
    to_quote = any(claim["id"] == "headline" for claim in cited["claims"])
    return {
        "summary": summary,
        "facts": documents["facts.json"],
        "illustrative": ILLUSTRATIVE if summary["status"]["illustrative"] else None,
        "sentence": verbatim(documents, "summary.json#/sentence"),
        "caution": summary["caution"],
        "figures": _figures(documents),
        "measures": tables.measures(documents),
        "variants": tables.variants(documents),
        "not_independent": None
        if all(row["independent"] for row in headline["variants"])
        else NOT_INDEPENDENT,
        "variants_say": [(v, said) for v, said in summary["run"]["variants"].items() if said],
        "windows": tables.windows(documents),
        "worlds": [
            verbatim(documents, f"summary.json#/worlds/{k}/sentence") for k in range(len(summary["worlds"]))
        ],
        "validation": tables.validation(documents),
        "attribution": None if attribution is None else tables.attribution(documents),
        "over_variants": None if attribution is None else tables.over_variants(documents),
        "fates": None if attribution is None else tables.fates(documents),
        "switches": _switches(documents) if "switches.json" in documents else None,
        "parameters": tables.parameters(documents) if sensitivity and sensitivity["parameters"] else None,
        "alternatives": tables.alternatives(documents) if sensitivity else None,
        "ledger": tables.ledger(documents),
        "sources": documents["evidence.json"]["sources"],
        "days": tables.days(documents),
        "history": tables.history(documents),
        "replication": timeline["history"]["replication"],
        "span": None if headline["span"]["low"] is None or not to_quote else interval(
            documents, "summary.json#/headline/span", whole_unit(headline["unit"])
        ),
        "questions": questions(documents),
        "limitations": limitations(documents),
        "not_to_say": NOT_TO_SAY,
        "need": NEED,
        "claims": cited,
        "replications": number(documents, "summary.json#/run/replications", whole=True),
    }  # fmt: skip


def _figures(documents: Documents) -> dict[str, Markup]:
    """The figures by name."""
    summary, timeline = documents["summary.json"], documents["timeline.json"]
    minus, world = summary["headline"]["minus"], summary["headline"]["world"]
    number_of = timeline["history"]["replication"]
    found = {
        "cumulative": charts.cumulative(timeline, summary["figure"]["alt"]),
        "history": charts.history(
            timeline,
            f"Three charts of one history, replication {number_of}: who left on each day in the world "
            f"{minus}, in the world {world}, and how many were on the list. The table below has the numbers.",
        ),
    }  # fmt: skip
    if "switches.json" in documents:
        found["switches"] = charts.switchable(
            documents["switches.json"], timeline,
            "Line chart of the world that the switches make beside the corridor as it was; the sentence "
            "below it says both totals.",
        )  # fmt: skip
    if "attribution.json" in documents:
        data = documents["attribution.json"]
        found["waterfall"] = charts.waterfall(
            [_bar(step, data["headline"]["unit"]) for step in steps(data)], data["figure"]["alt"]
        )
    data = documents.get("sensitivity.json")
    if data and data["parameters"]:
        found["tornado"] = charts.tornado(
            _bars(data), data["at_medians"],
            "Tornado chart: the mean difference with one parameter at a time at its 5th and 95th percentile. "
            "The table below has the numbers.",
        )  # fmt: skip
    return found


def _bar(step: Any, unit: str) -> dict[str, Any]:
    marks = {how: step.row[f"{how}_mean"] if step.group else 0.0 for how in ("alone", "last")}
    return {"name": step.name, "start": step.start, "end": step.end, "group": step.group,
            "said": label(step, unit), **marks}  # fmt: skip


def _bars(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": row["key_path"], "low": row["headline_at_low"], "high": row["headline_at_high"]}
        for row in widest(data["parameters"])[:MOST_BARS]
    ]


def _switches(documents: Documents) -> dict[str, Any]:
    """The switches: groups with what holds when they are gone, variants, and the worlds as JSON."""
    data, attribution = documents["switches.json"], documents["attribution.json"]
    says = {row["group"]: row["when_removed"] for row in attribution["shares"] if row["when_removed"]}
    compact = {
        "groups": data["groups"],
        "days": data["days"],
        "unit": data["unit"],
        "worlds": {
            variant: [[*one["lines"], *one["told"]] for one in worlds]
            for variant, worlds in data["worlds"].items()
        },
    }
    text = json.dumps(compact, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    first = next(iter(data["worlds"]))
    return {
        "json": Markup(text),
        "groups": [(group, says.get(group, "")) for group in data["groups"]],
        "variants": list(data["worlds"]),
        "first": data["worlds"][first][0]["told"][0],
        "left_out": [g for g in attribution["method"]["groups"] if g not in data["groups"]],
    }
