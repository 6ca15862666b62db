"""What a fact-checker asks, each answered from the stored tables, so that no answer outlives its number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from sim.report.marks import SPREAD, Documents, estimate, number, verbatim
from sim.report.numbers import FEW, whole_unit
from sim.report.sentences import BOUNDS, NOT_INDEPENDENT, carrier_name, long_date
from sim.report.tornado import widest

NOT_TO_SAY = (
    "that so many people “would have been saved”: the model counts who leaves, not what became of them",
    "a single number without its range, the kind of the range and the variants it spans",
    "the number of one world under the name of another, or without what holds when the removed is gone",
    "a Shapley value alone as the cost of one impediment: the three numbers of its row belong together",
    "that the model says who was right, or what anybody intended: it follows rules as they are described",
    "anything about a real person: every patient in it is made up",
)
"""Sentences that the results do not allow."""
COUNTED = {
    "patients": "Trips of patients who were handed over at the far end. Companions are not in it; whoever "
    "travels twice counts twice, as in the record.",
    "people": "Patients and their companions who were handed over at the far end. Whoever travels twice "
    "counts twice, as in the record.",
}
LEFT_OUT = (
    "Errors of the model's structure that no variant of the scenario stands for.",
    "Need that answers to the corridor: the same patients are referred in every world.",
    "Sources that are wrong in a way that their stated error does not cover.",
    "What other people would have done had the rules been others.",
    "Steps beyond the far end: beds, staff and money there have no limit here.",
)
"""What no interval on the page covers."""


class Question(NamedTuple):
    """A question, and paragraphs that answer it."""

    id: str
    asked: str
    answer: list[Markup]


def questions(documents: Documents) -> list[Question]:
    """Every question with its answer.

    Parameters
    ----------
    documents
        The stored documents of a report, by file name.
    """
    return [
        Question(f"q{place}", asked, list(answer(documents)))
        for place, (asked, answer) in enumerate(ANSWERS.items(), start=1)
    ]


def _say(text: str, **values: Any) -> Markup:
    return Markup(text).format(**values)


def _items(items: Sequence[Any]) -> Markup:
    return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(i) for i in items))


def _counted(documents: Documents) -> Iterator[Markup]:
    headline = documents["summary.json"]["headline"]
    carrier = headline["carrier"]
    by = "all carriers" if carrier is None else carrier_name(carrier, headline["carrier_title"])
    yield _say("{counted} Counted are those carried by {by}.", counted=COUNTED[headline["unit"]], by=by)
    yield _say(
        "Patients, people and convoys are kept apart in every table; a column's head says which it holds."
    )


def _where(documents: Documents) -> Iterator[Markup]:
    scenario, facts = documents["summary.json"]["scenario"], documents["facts.json"]
    yield _say(
        "From {start} to {end}, local time, both included; from {places}.",
        start=long_date(scenario["from"][:10]), end=long_date(documents["summary.json"]["headline"]["until"]),
        places=" to ".join([facts["route"][0], facts["route"][-1]]),
    )  # fmt: skip
    between = facts["route"][1:-1]
    if between:
        yield _say("On the way the model has these places: {places}.", places=", ".join(between))


def _record(documents: Documents) -> Iterator[Markup]:
    summary, sources = documents["summary.json"], documents["evidence.json"]["sources"]
    first = next(iter(summary["run"]["variants"]))
    rows = [(k, row) for k, row in enumerate(summary["observed"]) if row["variant"] == first]
    if not rows:
        yield _say("The scenario names no published figure.")
        return
    kinds: dict[str, list[Markup]] = {}
    for k, row in rows:
        source = sources.get(row["source"])
        kinds.setdefault(row["what"], []).append(
            _say("{bound}{value} by {day} [{id}]: {who}",
                 bound=BOUNDS[row["bound"]], value=number(documents, f"summary.json#/observed/{k}/observed"),
                 day=long_date(row["by"]), id=row["source"] or row["figure"],
                 who="no source named" if source is None else source["publisher"])
        )  # fmt: skip
    yield _say("The model is held against these figures. Each kind counts something else; none is compared "
               "with another kind.")  # fmt: skip
    for kind, items in kinds.items():
        yield _say("<b>{kind}</b>{items}", kind=kind.replace("_", " "), items=_items(items))


def _removes(documents: Documents) -> Iterator[Markup]:
    summary = documents["summary.json"]
    name = summary["headline"]["world"]
    place = next(k for k, world in enumerate(summary["worlds"]) if world["name"] == name)
    world = summary["worlds"][place]
    yield verbatim(documents, f"summary.json#/worlds/{place}/sentence")
    yield _say(
        "What holds instead: {items}", items=_items(list(world["when_removed"]) or ["nothing is removed"])
    )
    yield _say(
        "Fleet, seats, the carriers’ own plans and the time on the road stay as they are in every world."
    )


def _pace(documents: Documents) -> Iterator[Markup]:
    summary = documents["summary.json"]
    world, minus = summary["headline"]["world"], summary["headline"]["minus"]
    for place, row in enumerate(summary["measures"]):
        for start, said in (
            ("convoys_run", "convoys run"),
            ("still_waiting", "patients still waiting at the end"),
        ):
            if row["measure"].startswith(start):
                one, other = (
                    estimate(documents, f"summary.json#/measures/{place}/worlds/{name}", True, KEYS)
                    for name in (world, minus)
                )
                yield _say(
                    "Median {said}: {one} in the world {world}, {other} in the world {minus} (90 % "
                    "prediction intervals).", said=said, one=one, other=other, world=world, minus=minus,
                )  # fmt: skip
    yield _say(
        "Vehicles, seats and plans limit every world. Referral, papers that are no impediment of the "
        "scenario, and beds at the far end are taken to keep pace; the model cannot say if they would have."
    )


KEYS = ("point", "low", "high")


def _assumed(documents: Documents) -> Iterator[Markup]:
    ledger = documents["evidence.json"]
    yield _say(
        "Of the numbers in the scenario {assumed} are assumed, {source} have a source and {unmarked} are "
        "unmarked. The table of evidence lists each.",
        **{name: number(documents, f"evidence.json#/marks/{name}", whole=True) for name in ledger["marks"]},
    )
    yield _say(
        "What comes out of the model is computed; only the figures in the table of validation were observed."
    )


def _three(documents: Documents) -> Iterator[Markup]:
    data = documents.get("sensitivity.json")
    if data is None:
        yield _say("Not measured for this page; <code>corridor sensitivity</code> does it.")
        return
    rows = widest([row for row in data["parameters"] if row["grade"] == "assumed"])[:3]
    if not rows:
        yield _say("No uncertain parameter of the variant {v} is assumed.", v=data["variant"])
        return
    yield _say(
        "Between the 5th and the 95th percentile of what is believed of each, all others at their medians, "
        "the mean difference moves so far (variant {v}, {n} {unit} with all at their medians):",
        v=data["variant"], unit=data["headline"]["unit"],
        n=number(documents, "sensitivity.json#/at_medians", SPREAD, whole_unit(data["headline"]["unit"])),
    )  # fmt: skip
    items = []
    for row in rows:
        k = data["parameters"].index(row)
        low, high = (
            number(documents, f"sensitivity.json#/parameters/{k}/headline_at_{end}", SPREAD, True)
            for end in ("low", "high")
        )
        items.append(
            _say("<code>{key}</code>: {low} at {a}, {high} at {b}", key=row["key_path"], low=low, high=high,
                 a=row["low_value"], b=row["high_value"])
        )  # fmt: skip
    yield _items(items)


def _untuned(documents: Documents) -> Iterator[Markup]:
    rows = documents["facts.json"]["untuned"]
    if not rows:
        yield _say("There is no published figure to compare with.")
        return
    yield _say("Drawn from the priors of the scenario alone, before any calibration, the actual world gives:")
    items = []
    for k, row in enumerate(rows):
        if row["strictly"] is not None and row["use"] != "compare":
            place = f"facts.json#/untuned/{k}"
            items.append(
                _say("{figure} ({variant}): {predicted}; published {bound}{value}: {verdict}",
                     figure=row["figure"], variant=row["variant"], predicted=estimate(documents, place, True),
                     bound=BOUNDS[row["bound"]], value=number(documents, f"{place}/observed"),
                     verdict="inside" if row["strictly"] else "outside")
            )  # fmt: skip
    yield _items(items) if items else _say("Only floors were published; see the table of validation.")
    yield _say("Medians with 90 % prediction intervals; inside or outside without any widening.")


def _tuned(documents: Documents) -> Iterator[Markup]:
    summary = documents["summary.json"]
    for variant, said in documents["facts.json"]["histories"].items():
        yield _say("Variant {v}: {said}.", v=variant, said=said)
    uses: dict[str, list[str]] = {}
    for row in summary["observed"]:
        if row["figure"] not in uses.setdefault(row["use"], []):
            uses[row["use"]].append(row["figure"])
    words = {"calibrate": "For calibration, seen by it where there is one",
             "validate": "Held back for validation", "compare": "Only set beside the model"}  # fmt: skip
    yield _items([f"{words[use]}: {', '.join(names)}" for use, names in uses.items()])


def _left_out(_: Documents) -> Iterator[Markup]:
    yield _say("The range spans luck, uncertain parameters and the variants. It leaves out: {items}",
               items=_items(LEFT_OUT))  # fmt: skip


def _flips(documents: Documents) -> Iterator[Markup]:
    headline = documents["summary.json"]["headline"]
    for k, row in enumerate(headline["variants"]):
        place = f"summary.json#/headline/variants/{k}"
        yield _say("Variant {v}: in {found} of {n} replications.", v=row["variant"],
                   found=number(documents, f"{place}/opposite_replications", whole=True),
                   n=number(documents, f"{place}/replications", whole=True))  # fmt: skip
    if not all(row["independent"] for row in headline["variants"]):
        yield _say(NOT_INDEPENDENT)
    elif headline["replications"] >= FEW:
        yield _say("None in n is no proof of never: with 95 % confidence it is rarer than about 1 in n/3.")


def _lowest(documents: Documents) -> Iterator[Markup]:
    headline = documents["summary.json"]["headline"]
    whole = whole_unit(headline["unit"])
    if headline["span"]["low"] is None:
        yield _say("One replication has no range: run more.")
        return
    ends = ("summary.json#/headline/span/low", "summary.json#/headline/span/high")
    yield _say(
        "{low} {unit}: the lowest end of the 90 % prediction intervals of all variants. It holds under the "
        "assumptions listed, and not outside them.",
        low=number(documents, ends[0], ends, whole), unit=headline["unit"],
    )  # fmt: skip


def _withdraw(documents: Documents) -> Iterator[Markup]:
    grounds = [
        "A published figure that was held back falls outside what the actual world gives, in every variant.",
        "A source shows that a rule of the scenario did not exist, or not at its time.",
        "A mistake in the model that moves the range by more than its own width.",
    ]
    data = documents.get("sensitivity.json")
    for row in widest([row for row in data["parameters"] if row["grade"] == "assumed"])[:3] if data else []:
        grounds.append(
            f"Evidence that {row['key_path']} lies outside what is written of it ({row['prior']})."
        )
    yield _items(grounds)


def _in_advance(documents: Documents) -> Iterator[Markup]:
    scenario = documents["summary.json"]["scenario"]
    yield _say(
        "What is counted, between which worlds, over which variants, and which figures are held back is "
        "written in the scenario file {file} (SHA-256 {hash}…). When it was written, the history of the "
        "repository shows; a page cannot prove it.", file=scenario["file"], hash=scenario["file_hash"][:16],
    )  # fmt: skip


def _again(documents: Documents) -> Iterator[Markup]:
    asked = documents["facts.json"]["asked"]
    yield _say("<code>{command}</code>", command=documents["facts.json"]["command"])
    yield _say(
        "With the same file and the same libraries, the same digits on any number of processors. Made with "
        "corridor-sim {version} (source code {code}…), Python {python}, {libraries}.",
        version=asked["version"], code=asked["code"][:12], python=asked["python"],
        libraries=", ".join(f"{name} {n}" for name, n in asked["libraries"].items()),
    )  # fmt: skip


def _changed(documents: Documents) -> Iterator[Markup]:
    changes = documents["changes.json"]
    if changes["since"] is None:
        yield _say("There is no earlier published version to compare with.")
        return
    since = changes["since"]
    yield _say("Against the version before ({version}, {run}), {n} numbers moved; why, says the changelog.",
               version=since["version"], run=since["run"],
               n=number(documents, "changes.json#/moved", whole=True))  # fmt: skip
    if changes["largest"]:
        yield _items(
            [
                _say("{key}: {old} before, {new} now", key=row["key"],
                     old=number(documents, f"changes.json#/largest/{k}/old"),
                     new=number(documents, f"changes.json#/largest/{k}/new"))
                for k, row in enumerate(changes["largest"])
            ]
        )  # fmt: skip


def _not_to_say(_: Documents) -> Iterator[Markup]:
    yield _say("Do not say: {items}", items=_items(NOT_TO_SAY))


def _identifiable(_: Documents) -> Iterator[Markup]:
    yield _say(
        "No. No personal data go in: only published totals. Patients are drawn by the model; a row of its "
        "tables is a draw, never a person. This page holds no row of a patient, only counts."
    )


def limitations(documents: Mapping[str, Any]) -> list[str]:
    """What the model leaves out, for this scenario."""
    summary = documents["summary.json"]
    return [
        *summary["status"]["lines"],
        *LEFT_OUT,
        "Outcomes of care are not modelled: evacuated is not the same as cured.",
        "Removing a rule takes away that rule alone. Who made it might have made another.",
    ]


ANSWERS = {
    "What exactly is counted: patients, people or trips?": _counted,
    "Which dates, and where?": _where,
    "Who published the figures, and do they count the same thing?": _record,
    "What does the compared world remove, and what stays?": _removes,
    "Would the other steps have kept pace?": _pace,
    "What is measured, and what is assumed?": _assumed,
    "Which three assumptions move the number most, and how far?": _three,
    "Does the model give the observed figures without being tuned to them?": _untuned,
    "What was tuned, to what, and what was held back?": _tuned,
    "What does the range leave out?": _left_out,
    "How often is the difference of the other sign?": _flips,
    "What is the lowest number that can be defended?": _lowest,
    "What would make this result void?": _withdraw,
    "Was it fixed in advance?": _in_advance,
    "Can it be run again, with the same digits?": _again,
    "What has changed since the version before, and why?": _changed,
    "What may not be said?": _not_to_say,
    "Can anybody be identified?": _identifiable,
}
"""Question -> who answers it."""
