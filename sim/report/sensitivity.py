"""What the headline rests on, as plain data, tables and text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.analysis.evidence import Evidence, Weighed, assumed_share
from sim.analysis.intervals import Interval
from sim.analysis.sensitivity import SWING, Influence, Sensitivity, Study
from sim.experiment.precision import headline_measure
from sim.experiment.text_files import csv_bytes, json_bytes
from sim.model.measures import UNITS
from sim.report.numbers import mean_and_ends, rounded, whole_unit
from sim.report.parameter_units import unit_of
from sim.report.sentences import ILLUSTRATIVE, NOT_INDEPENDENT
from sim.report.status import BY_HAND, of_posteriors
from sim.report.tables import PLAIN_WIDTH, Page

NAN = float("nan")
INDEPENDENT = (
    "Parameters are varied independently of one another, each over its own {belief}: what the record says of "
    "them together (that more referrals go with more withdrawals, say) is left out."
)
READING = (
    "First order: the share of the variance that would go, on average, if this one became known. Total: the "
    "share that would stay if all others became known. In brackets the 95 % bootstrap interval over the rows "
    "of the design."
)


def headline_unit(whole: Sensitivity) -> str:
    """Of what the headline counts."""
    return UNITS[headline_measure(whole.file.scenario).partition("[")[0]]


def budget_sentence(study: Study, runs: int, steps: int, seconds: float, workers: int) -> str:
    """What is about to be run, before it is."""
    parts = []
    if study.parameters:
        parts.append(
            f"{study.samples} x ({len(study.groups)} + 2) = {study.points:,} points of the Sobol design and "
            f"{1 + 2 * len(study.parameters)} of the tornado, {len(study.luck)} replications each"
        )
    parts += [f"{len(study.names)} variants and structures"] if study.names else []
    parts += [f"{steps} fixed numbers, one at a time"] if steps else []
    time = "under a minute" if seconds < 60 else f"some {seconds / 60:.0f} minutes"
    on = f"{workers} worker" + ("s" if workers > 1 else "")
    return f"budget: {'; '.join(parts)}: {runs:,} replications of two worlds, {time} on {on}"


def sensitivity_data(whole: Sensitivity, version: str) -> dict[str, Any]:
    """The analysis as plain data."""
    scenario = whole.file.scenario
    headline = scenario.headline
    least, most = assumed_share(whole)
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "illustrative": bool(scenario.illustrative),
        "status": BY_HAND
        if whole.posterior is None
        else of_posteriors({whole.variant: whole.posterior}, [whole.variant]),
        "file_hash": whole.file.file_hash,
        "model_hash": whole.file.model_hash,
        "version": version,
        "variant": whole.variant,
        "headline": {"world": headline.world, "minus": headline.minus, "what": headline.what,
                     "carrier": headline.carrier,
                     "carrier_title": None if headline.carrier is None
                     else scenario.carriers[headline.carrier].title or headline.carrier,
                     "unit": headline_unit(whole)},
        "seed": scenario.seed,
        "samples": whole.samples,
        "luck": list(whole.luck),
        "from": "posterior" if whole.posterior is not None else "prior",
        "mean": whole.mean,
        "standard_deviation": whole.variance**0.5,
        "at_medians": whole.middle,
        "swing": list(SWING),
        "parameters": [_parameter(influence) for influence in whole.influences],
        "resting_on_assumptions": {
            "first_order": least if isinstance(least, float) else _interval(least),
            "total": most if isinstance(most, float) else _interval(most),
        },
        "alternatives": [
            {"kind": row.kind, "name": row.name, "mean": _interval(row.mean),
             "change": None if row.change is None else _interval(row.change), "independent": row.independent}
            for row in whole.alternatives
        ],
    }  # fmt: skip


def _interval(interval: Interval) -> dict[str, Any]:
    return {name: None if value != value else value for name, value in interval._asdict().items()}


def _parameter(influence: Influence) -> dict[str, Any]:
    parameter = influence.parameter
    low, high = influence.values
    unit = unit_of(parameter.entry)
    return {
        "key_path": parameter.entry.key_path,
        "prior": parameter.entry.text,
        "grade": parameter.entry.grade,
        "sources": list(parameter.entry.sources),
        "first_order": _interval(influence.indices.first),
        "total": _interval(influence.indices.total),
        "low_value": unit.amount(low),
        "high_value": unit.amount(high),
        "headline_at_low": influence.headline[0],
        "headline_at_high": influence.headline[1],
    }


def sensitivity_files(data: Mapping[str, Any]) -> dict[str, bytes]:
    """The data as `sensitivity.json`, and its tables as `parameters.csv` and `alternatives.csv`."""
    index = ("point", "low", "high")
    parameters = [
        [row["key_path"], row["prior"], row["grade"], *(row["first_order"][k] for k in index),
         *(row["total"][k] for k in index), row["low_value"], row["high_value"], row["headline_at_low"],
         row["headline_at_high"]]
        for row in data["parameters"]
    ]  # fmt: skip
    alternatives = [
        [row["kind"], row["name"], *(row["mean"][k] for k in index),
         *((row["change"] or {}).get(k) for k in index)]
        for row in data["alternatives"]
    ]  # fmt: skip
    return {
        "sensitivity.json": json_bytes(data),
        "parameters.csv": csv_bytes(
            ["key_path", "prior", "grade", "first_order", "first_order_low", "first_order_high", "total",
             "total_low", "total_high", "low_value", "high_value", "headline_at_low", "headline_at_high"],
            parameters,
        ),
        "alternatives.csv": csv_bytes(
            ["kind", "name", "mean", "mean_low", "mean_high", "change", "change_low", "change_high"],
            alternatives,
        ),
    }  # fmt: skip


def as_text(data: Mapping[str, Any], outputs: str) -> str:
    """The analysis, to read; the last line says where the files are."""
    page = Page(PLAIN_WIDTH, colour=False)
    headline, unit = data["headline"], data["headline"]["unit"]
    pair = f"{unit}, {headline['world']} − {headline['minus']}"
    page.heading(f"What the headline rests on ({data['scenario']}, variant {data['variant']}; {pair})")
    if data["illustrative"]:
        page.line(ILLUSTRATIVE)
    page.line(f"Status: {data['status']}.")
    page.gap()
    if data["parameters"]:
        _parameters(page, data)
    else:
        page.line("The variant has no uncertain parameter: there is nothing to share the variance out to.")
    _alternatives(page, data)
    page.gap()
    page.verbatim(outputs)
    return page.text()


def _parameters(page: Page, data: Mapping[str, Any]) -> None:
    unit = data["headline"]["unit"]
    whole, spread = whole_unit(unit), data["standard_deviation"] / 2
    page.table(
        ("parameter", "total", "first order", "at 5th, 95th", "evidence"),
        [
            [
                row["key_path"], _index(row["total"]), _index(row["first_order"]),
                f"{rounded(row['headline_at_low'], spread, whole)}, "
                f"{rounded(row['headline_at_high'], spread, whole)}",
                row["grade"].replace("_", " "),
            ]
            for row in data["parameters"]
        ],
    )  # fmt: skip
    page.line(READING)
    page.line(
        f"At the 5th and 95th percentile of the parameter, all others at their medians, stand mean {unit} "
        "over the shared luck; the tornado shows them with the parameter's values."
    )
    belief = "posterior" if data["from"] == "posterior" else "prior (the variant has no posterior)"
    page.line(INDEPENDENT.format(belief=belief))
    page.line(
        f"Over the design the {unit} have mean {rounded(data['mean'], spread, whole)} and standard deviation "
        f"{rounded(data['standard_deviation'], spread, whole)}; luck is left out of it: every point is the "
        f"mean over the same {len(data['luck'])} replications. With all parameters at their medians: "
        f"{rounded(data['at_medians'], spread, whole)}."
    )
    page.line(assumptions_sentence(data["resting_on_assumptions"], data["parameters"]))


def assumptions_sentence(share: Mapping[str, Any], parameters: Sequence[Mapping[str, Any]]) -> str:
    """How much of the headline's variance rests on assumptions, and what that means."""
    if not parameters:
        return "No number is uncertain: none is drawn from a prior, and no variance rests on assumptions."
    count = sum(row["grade"] == "assumed" for row in parameters)
    of = f"{count} of {len(parameters)} uncertain parameters"
    if isinstance(share["first_order"], float):
        part = "all" if share["first_order"] else "nothing"
        return (
            f"Of the variance that the uncertain parameters bring, {part} rests on assumptions: the priors "
            f"of {of} are assumed."
        )
    return (
        f"Of the variance that the uncertain parameters bring, {_index(share['first_order'])} (first order) "
        f"to {_index(share['total'])} (total; 95 % bootstrap intervals) rests on assumptions: the Sobol "
        f"indices of the {of} whose priors are assumed, taken together."
    )


def _index(index: Mapping[str, Any]) -> str:
    point, low, high = (f"{index[end]:z.2f}" for end in ("point", "low", "high"))
    joined = f"{low} to {high}" if low.startswith("-") else f"{low}–{high}"
    return f"{point} [{joined}]".replace("-", "−")


def _alternatives(page: Page, data: Mapping[str, Any]) -> None:
    unit, spread = data["headline"]["unit"], data["standard_deviation"] / 2
    page.gap()
    page.table(
        ("variants and structures", f"mean {unit}", f"against {data['variant']}"),
        [
            [
                row["name"] if row["kind"] == "variant" else f"  {row['name']}",
                _mean(row["mean"], spread),
                "" if row["change"] is None else _mean(row["change"], spread),
            ]
            for row in data["alternatives"]
        ],
    )
    page.line(
        "Means with 95 % Monte Carlo intervals of the paired difference between the worlds; those against "
        "the variant are paired by replication. Structures run its histories again under another rule: they "
        "are not calibrated to the record again. Variants have their own posteriors, or priors."
    )
    if not all(row["independent"] for row in data["alternatives"]):
        page.line(NOT_INDEPENDENT)


def _mean(row: Mapping[str, Any], width: float) -> str:
    low, high = (NAN if row[k] is None else row[k] for k in ("low", "high"))
    return "{} [{}]".format(*mean_and_ends(row["point"], low, high, width))


def weights(evidence: Evidence) -> dict[str, dict[str, Any]]:
    """Influence of each number by its key path, largest first, as plain data for the ledger."""
    return {row.entry.key_path: _weight(row) for row in evidence.weighed}


def _weight(row: Weighed) -> dict[str, Any]:
    total = None if row.influence is None else _interval(row.influence.indices.total)
    step = None if row.step is None else {"said": row.step.said, "change": _interval(row.step.change)}
    return {"total": total, "step": step, "size": row.size}
