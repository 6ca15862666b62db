"""Sentences that may be quoted, each with its number, what it rests on and what not to make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.analysis.attribution_tables import ALL
from sim.experiment.coalitions import WHOLE
from sim.report.marks import below, stored
from sim.report.numbers import rounded, span, whole_unit
from sim.report.questions import NOT_TO_SAY
from sim.report.sentences import ILLUSTRATIVE, headline_sentence, long_date
from sim.report.tables import PLAIN_WIDTH, Page
from sim.report.worlds import differs

FORMAT = 1
TITLE = "corridor-sim: evacuation capacity of a humanitarian corridor, observed and unimpeded"
"""Of CITATION.cff, as are the authors and the licence; a test keeps them in step."""
AUTHORS = "corridor-sim contributors"
RELEASED = "2026-11-22"
ONE_REPLICATION = "One replication says what can happen, not how often: nothing of it is to be quoted."


def claims(documents: Mapping[str, Any]) -> dict[str, Any]:
    """Every citable sentence as plain data.

    Returns
    -------
    dict
        `format`; `claims`: a list of `id`, `sentence`, `number` (unrounded; None where the range alone is
        quoted), `shown` (rounded to the width of its interval), `unit`, `interval` (`low`, `high`, `shown`,
        `level`, `kind`), `places` (in the stored documents), `world`, `minus`, `instead` (what holds when the
        removed is gone), `variants`, `replications`, `do_not_say`; `common`: scenario, hashes, version,
        status, `caution` (why there are too few replications to quote; None where there are not); `citation`.
    """
    summary = documents["summary.json"]
    run, scenario = summary["run"], summary["scenario"]
    compared = any(
        differs(world)
        for world in summary["worlds"]
        if world["name"] in (summary["headline"]["world"], summary["headline"]["minus"])
    )
    differences = [*_headline(documents), *_windows(documents)] if compared else []
    return {
        "format": FORMAT,
        "common": {
            "scenario": scenario["name"],
            "title": scenario["title"],
            "file_hash": scenario["file_hash"],
            "model_hash": scenario["model_hash"],
            "run": documents["facts.json"]["run"],
            "version": run["version"],
            "status": summary["status"]["label"],
            "illustrative": summary["status"]["illustrative"],
            "caution": ONE_REPLICATION if run["replications"] == 1 else summary["caution"],
        },
        "claims": [*differences, *_record(documents), *_groups(documents)],
        "citation": citation(run["version"], scenario),
    }


def _claim(
    documents: Mapping[str, Any], id_: str, sentence: str, places: Mapping[str, str | None], **more: Any
) -> dict[str, Any]:
    """A claim whose number and interval are read from their places."""
    summary = documents["summary.json"]
    found = {name: None if place is None else stored(documents, place) for name, place in places.items()}
    whole = whole_unit(more["unit"])
    low, high, value = found["low"], found["high"], found["number"]
    width = 0.0 if low is None or high is None else high - low
    return {
        "id": id_,
        "sentence": sentence,
        "number": value,
        "shown": None if value is None else rounded(value, width, whole),
        "unit": more.pop("unit"),
        "interval": {
            "low": low,
            "high": high,
            "shown": None if low is None or high is None else span(low, high, whole),
            "level": 0.9,
            "kind": more.pop("kind", "prediction"),
        },
        "places": dict(places),
        "world": summary["headline"]["world"],
        "minus": summary["headline"]["minus"],
        "replications": summary["run"]["replications"],
        **more,
        "do_not_say": list(NOT_TO_SAY),
    }


def _places(place: str, names: tuple[str, str, str] = ("median", "low", "high")) -> dict[str, str | None]:
    number, low, high = (below(place, name) for name in names)
    return {"number": number, "low": low, "high": high}


def _world(documents: Mapping[str, Any]) -> Mapping[str, Any]:
    """The headline's world, defined."""
    summary = documents["summary.json"]
    found: Mapping[str, Any] = next(w for w in summary["worlds"] if w["name"] == summary["headline"]["world"])
    return found


def _headline(documents: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    summary, world = documents["summary.json"], _world(documents)
    headline = summary["headline"]
    instead = list(world["when_removed"])
    variants = [row["variant"] for row in headline["variants"]]
    whole_span = "summary.json#/headline/span"
    yield _claim(
        documents, "headline", summary["sentence"],
        {"number": None, "low": f"{whole_span}/low", "high": f"{whole_span}/high"},
        unit=headline["unit"], kind="span of the variants' prediction intervals", variants=variants,
        instead=instead,
    )  # fmt: skip
    if len(variants) > 1:
        for k, row in enumerate(headline["variants"]):
            sentence = headline_sentence({**headline, "variants": [row]}, world["sentence"], None)
            places = _places(f"summary.json#/headline/variants/{k}")
            yield _claim(documents, f"headline, variant {row['variant']}", sentence, places,
                         unit=headline["unit"], variants=[row["variant"]], instead=instead)  # fmt: skip


def _windows(documents: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    summary, world = documents["summary.json"], _world(documents)
    for k, window in enumerate(summary["windows"]):
        row = window["difference"]
        headline = {**summary["headline"], "variants": [row], "until": window["to"]}
        sentence = headline_sentence(headline, world["sentence"], None)
        sentence += f" Counted from {long_date(window['from'])} on ({window['title']})."
        yield _claim(documents, f"window {window['window']}", sentence,
                     _places(f"summary.json#/windows/{k}/difference"), unit=window["unit"],
                     variants=[row["variant"]], instead=list(world["when_removed"]))  # fmt: skip


def _record(documents: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    summary = documents["summary.json"]
    first = next(iter(summary["run"]["variants"]))
    for k, row in enumerate(summary["observed"]):
        if row["variant"] != first or row["use"] == "compare" or row["low"] is None:
            continue
        what = row["what"].replace("_", " ")
        whole = row["what"] != "convoy_size"
        sentence = (
            f"Under the assumptions listed, the model gives {span(row['low'], row['high'], whole)} (median "
            f"{rounded(row['median'], row['high'] - row['low'], whole)}; 90 % prediction interval, variant "
            f"{first}) for the figure {row['figure']} ({what}, {long_date(row['by'])}) in the actual world; "
            f"{row['published']} was published [{row['source'] or row['figure']}]."
        )
        unit = "patients" if row["what"] in ("waiting", "referred") else what
        yield _claim(documents, f"record {row['figure']}", sentence, _places(f"summary.json#/observed/{k}"),
                     unit=unit, variants=[first], instead=[], world="actual", minus=None)  # fmt: skip


def _groups(documents: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    data = documents.get("attribution.json")
    if data is None:
        return
    first, unit = next(iter(data["run"]["variants"])), data["headline"]["unit"]
    whole, n = whole_unit(unit), data["run"]["replications"]
    over = "one replication" if n == 1 else f"means over {n} replications, 90 % prediction intervals"
    for k, row in enumerate(data["shares"]):
        if row["variant"] != first or row["kind"] != WHOLE or row["group"] == ALL or not row["impediments"]:
            continue
        three = []
        for how, words in (
            ("shapley", "Shapley value"),
            ("alone", "removed alone"),
            ("last", "removed last"),
        ):
            low, high = row[f"{how}_low"], row[f"{how}_high"]
            width = 0.0 if low is None else high - low
            ends = "no interval" if low is None else span(low, high, whole)
            three.append(f"{words} {rounded(row[f'{how}_mean'], width, whole)} ({ends})")
        sentence = (
            f"Under the assumptions listed, the model gives for the group {row['group']} of impediments "
            f"{', '.join(three)} {unit} ({over}, variant {first}). "
            f"When it is gone: {row['when_removed'].rstrip('.')}. "
            f"The three numbers answer different questions and belong together."
        )
        yield _claim(
            documents, f"group {row['group']}", sentence,
            _places(f"attribution.json#/shares/{k}", ("shapley_mean", "shapley_low", "shapley_high")),
            unit=unit, variants=[first], instead=[row["when_removed"]],
        )  # fmt: skip


def citation(version: str, scenario: Mapping[str, Any]) -> dict[str, str]:
    """How to cite a number: as text and BibTeX."""
    year = RELEASED[:4]
    note = f"scenario {scenario['name']}, SHA-256 {scenario['file_hash'][:16]}"
    return {
        "text": f"{AUTHORS} ({year}). {TITLE}. Version {version}; {note}.",
        "bibtex": (
            f"@software{{corridor_sim_{year},\n"
            f"  author = {{{{{AUTHORS}}}}},\n"
            f"  title = {{{{{TITLE}}}}},\n"
            f"  version = {{{version}}},\n"
            f"  year = {{{year}}},\n"
            f"  note = {{{note}}}\n"
            "}"
        ),
        "cff": "CITATION.cff",
    }


def as_text(data: Mapping[str, Any]) -> str:
    """The claims, to read."""
    page = Page(PLAIN_WIDTH, colour=False)
    common = data["common"]
    page.heading(f"{common['title']} ({common['scenario']})")
    if common["illustrative"]:
        page.line(ILLUSTRATIVE)
    page.line(f"Status: {common['status']}.")
    if common["caution"] is not None:
        page.line(common["caution"])
    page.gap()
    for claim in data["claims"]:
        page.heading(claim["id"])
        page.line(claim["sentence"])
        shown = "the range alone" if claim["shown"] is None else claim["shown"]
        page.item(f"{shown} [{claim['interval']['shown'] or 'no interval'}] {claim['unit']}", "number")
        of = f"{claim['interval']['kind']}, {claim['replications']} replications"
        page.item("none: one replication" if claim["interval"]["shown"] is None else of, "interval")
        if claim["instead"]:
            page.item(
                "; ".join(text.rstrip(".") for text in claim["instead"]) + ".", "instead of the removed"
            )
        page.gap()
    page.heading("Do not say")
    for said in NOT_TO_SAY:
        page.item(f"{said}.")
    page.gap()
    page.heading("Cite")
    page.line(data["citation"]["text"])
    page.verbatim(data["citation"]["bibtex"])
    page.line(
        f"Scenario SHA-256 {common['file_hash']}; report {common['run']}; corridor-sim {common['version']}."
    )
    return page.text()
