"""What an attribution tells, as plain data, and its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from shlex import quote
from typing import Any

import pandas as pd

from sim.analysis.attribute import Attribution
from sim.analysis.attribution_tables import (
    ALL,
    fates_table,
    over_variants,
    shares_table,
    worlds_table,
)
from sim.analysis.game import Game, headline_world
from sim.analysis.intervals import MONTE_CARLO, PREDICTION
from sim.experiment.coalitions import WHOLE
from sim.experiment.provenance import request, run_id
from sim.experiment.text_files import csv_bytes, json_bytes
from sim.model.laying_out import lay_out
from sim.model.plan import world_names, world_of
from sim.report.answer import last_day, scenario_data
from sim.report.sentences import NEED, few_sentence, headline_sentence, nothing_sentence
from sim.report.status import histories, of_posteriors
from sim.report.waterfall import alt_text, waterfall
from sim.report.worlds import define
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import Scenario

FORMAT = 1
"""Of this data; raised when a key changes its meaning."""
HOW = {
    "shapley": "what removing the group adds, averaged over all orders in which the groups can be removed; "
    "the groups' values add up to the headline, exactly and in every replication",
    "alone": "what removing the group adds while all others stay; the sum is not the headline",
    "last": "what removing the group adds when all others are gone already; the sum is not the headline",
}


def told(attribution: Attribution, version: str, run: str) -> dict[str, Any]:
    """Everything a reader is told of an attribution. Numbers are unrounded; undefined ones are None."""
    file, scenario = attribution.file, attribution.file.scenario
    variants = list(attribution.variants)
    shares = shares_table(attribution)
    headline = _headline(attribution, shares)
    world = headline_world(scenario)
    removed = [id_ for ids in attribution.variants[variants[0]].impediments.values() for id_ in ids]
    definition = define(file.variants[variants[0]], headline["world"], world, tuple(removed))
    return {
        "format": FORMAT,
        "sentence": headline_sentence(headline, definition["sentence"], None)
        if removed
        else nothing_sentence(headline["world"]),
        "caution": few_sentence(len(attribution.replications)),
        "status": {
            "label": of_posteriors(attribution.posteriors, variants),
            "illustrative": bool(scenario.illustrative),
        },
        "headline": headline,
        "method": {
            **HOW,
            "groups": list(attribution.variants[variants[0]].groups),
            "orders": attribution.orders,
            "worlds": {name: len(one.worlds) for name, one in attribution.variants.items()},
            "intervals": {
                "mean_low, mean_high": {
                    "kind": MONTE_CARLO,
                    "level": 0.95,
                    "none_of": sorted(attribution.posteriors),
                },
                "low, high": {"kind": PREDICTION, "level": 0.9},
            },
        },
        "conditions": sorted(scenario.conditions),
        "not_shared_out": _assuming(scenario),
        "shares": _records(_dated(shares, scenario)),
        "over_variants": _records(over_variants(shares)),
        "worlds": _records(worlds_table(attribution)),
        "fates": _records(fates_table(attribution)),
        "need": NEED,
        "scenario": scenario_data(file),
        "run": {
            "id": run,
            "seed": attribution.seed,
            "replications": len(attribution.replications),
            "histories": histories(attribution.posteriors, attribution.from_prior),
            "independent": {name: name not in attribution.posteriors for name in variants},
            "variants": {v: scenario.variants[v].says if v in scenario.variants else None for v in variants},
            "version": version,
        },
    }


def _headline(attribution: Attribution, shares: pd.DataFrame) -> dict[str, Any]:
    """As `headline` of a run's answer: the difference that is shared out, in each variant."""
    scenario = attribution.file.scenario
    headline = scenario.headline
    of_all = shares[(shares["group"] == ALL) & (shares["kind"] == WHOLE)]
    rows = [
        {"variant": row["variant"], **{name: row[f"shapley_{name}"] for name in
         ("median", "low", "high", "mean", "mean_low", "mean_high")}}
        for row in _records(of_all)
    ]  # fmt: skip
    carrier = headline.carrier
    return {
        "unit": headline.what,
        "carrier": carrier,
        "carrier_title": None if carrier is None else scenario.carriers[carrier].title or carrier,
        "world": headline.world,
        "minus": headline.minus,
        "until": last_day(scenario).isoformat(),
        "replications": len(attribution.replications),
        "variants": rows,
    }


def _assuming(scenario: Scenario) -> list[dict[str, Any]]:
    """The scenario's worlds that assume a value: they enter no attribution."""
    layout = lay_out(scenario)
    worlds = {name: world_of(layout, name) for name in world_names(layout)}
    return [
        {"name": name, "says": world.says or world.title or name}
        for name, world in worlds.items()
        if world.assume
    ]


def _dated(shares: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """The table with the ends of each span in local time, half-open, beside the seconds."""
    origin = datetime.combine(scenario.period.from_.day, time())
    dated = shares.copy()
    for name in ("from", "until"):
        moments = [origin + timedelta(seconds=second) for second in shares[f"{name}_second"].tolist()]
        texts = [moment.isoformat(" ", "minutes") for moment in moments]
        dated[f"{name}_second"] = texts
    return dated.rename(columns={"from_second": "from", "until_second": "until"})


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain data; nan as None."""
    plain = table.astype(object).where(table.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]


def make_files(data: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of an attribution, from what it tells.

    Returns
    -------
    dict
        ``attribution.csv`` (a row a variant, span and group), ``worlds.csv`` (a row a variant and set of
        groups removed), ``fates.csv`` (counts of synthetic patients, never a patient), ``attribution.json``
        (everything), ``waterfall.png`` and ``waterfall.svg``.
    """
    figure = {"file": "waterfall.svg", "alt": alt_text(data)}
    return {
        "attribution.csv": _csv(data["shares"]),
        "worlds.csv": _csv(data["worlds"]),
        "fates.csv": _csv(data["fates"]),
        "attribution.json": json_bytes({**data, "figure": figure}),
        "waterfall.png": waterfall(data, "png"),
        "waterfall.svg": waterfall(data, "svg"),
    }


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return csv_bytes(list(rows[0]), (list(row.values()) for row in rows)) if rows else b""


def asked_for(file: ScenarioFile, game: Game, version: str) -> tuple[dict[str, Any], str]:
    """What an attribution is asked for, as its manifest says it, and the name that follows from it."""
    headline = file.scenario.headline
    worlds = (headline.minus, headline.world)
    asked = request(file, game.seed, len(game.replications), game.variants, worlds, version)
    histories = {name: posterior.history_hash for name, posterior in game.posteriors.items()}
    asked |= {"analysis": "attribute", "groups": list(game.groups), "posteriors": histories}
    return asked, run_id(asked)


def make_manifest(data: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked for, and what the files must not be taken for."""
    return {
        "run": data["run"]["id"],
        "asked": dict(asked),
        "replications": data["run"]["replications"],
        "status": data["status"]["label"],
        "illustrative": data["status"]["illustrative"],
    }


def repeat_command(
    path: str, file: ScenarioFile, data: Mapping[str, Any], variants: Sequence[str], prior: bool = False
) -> str:
    """The command that repeats an attribution.

    Parameters
    ----------
    variants
        As they were named, none when all were run.
    prior
        Whether posteriors were left aside.
    """
    run = data["run"]
    luck = any(said.startswith("histories") for said in run["histories"].values())
    seed = "" if luck or run["seed"] == file.scenario.seed else f" --seed {run['seed']}"
    chosen = "".join(f" --variant {name}" for name in variants)
    aside = " --prior" if prior else ""
    return f"corridor attribute {quote(path)} --replications {run['replications']}{seed}{aside}{chosen}"
