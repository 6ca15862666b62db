"""Everything that a report is made of: what is asked for, what is run, and the files that come of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from shlex import quote
from typing import Any, NamedTuple

from sim.analysis import attribute as attributing
from sim.analysis import sensitivity as sensitivities
from sim.analysis.game import Game, headline_world, planned, worlds_to_run
from sim.analysis.switches import switches
from sim.experiment.ensemble import simulate
from sim.experiment.executors import executor_for
from sim.experiment.provenance import request, run_id
from sim.experiment.replications import replications_of
from sim.experiment.text_files import csv_bytes, json_bytes
from sim.model.engines import COMPILED
from sim.model.laying_out import lay_out
from sim.model.plan import world_names
from sim.report import attribution as attributions
from sim.report import evidence, outputs, tornado
from sim.report.answer import answer
from sim.report.claims import claims
from sim.report.difference import changes
from sim.report.facts import facts, untuned_rows
from sim.report.page import page
from sim.report.sensitivity import sensitivity_data, sensitivity_files
from sim.report.switching import groups_to_switch, switches_data
from sim.report.timeline import timeline, timeline_csv
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import WHOLE_RECORD

PAGE, CLAIMS = "report.html", "claims.json"
Progress = Callable[[int, int], None]


class Wanted(NamedTuple):
    """A report before it is made."""

    file: ScenarioFile
    variants: list[str]
    replications: int
    calibration: str | None
    """Whose posteriors are run; None where they are left aside."""
    game: Game | None
    """What is shared out; None where the headline is no pure removal."""
    study: sensitivities.Study | None
    """What the sensitivities run; None where they are left out."""
    asked: dict[str, Any]
    run: str


def wanted(
    file: ScenarioFile,
    variants: Sequence[str],
    replications: int | None,
    version: str,
    sensitivity: tuple[int, int] | None,
    calibration: str | None = WHOLE_RECORD,
) -> Wanted:
    """What a report will run.

    Parameters
    ----------
    replications, calibration
        Of each world, as of :func:`sim.experiment.replications.replications_of`.
    sensitivity
        Rows of the Sobol design, and replications that every point is the mean of; None leaves it out.

    Raises
    ------
    HistoriesError
        For more replications than there are histories.
    ValueError
        For a design of no power of 2.
    """
    scenario = file.scenario
    taken = replications_of(file, variants, calibration, replications)
    n = len(taken.numbers)
    try:
        headline_world(scenario)
    except ValueError:
        game = None
    else:
        planned_game = planned(file, n, calibration=calibration, variants=variants)
        game = planned_game if planned_game.groups else None
    study = None
    if sensitivity is not None:
        study = sensitivities.plan_study(
            file, variants[0], samples=sensitivity[0], luck=sensitivity[1], calibration=calibration
        )
    worlds = world_names(lay_out(scenario))
    asked = request(file, taken.seed, n, variants, worlds, version, posteriors=taken.posteriors)
    asked |= {
        "analysis": "report",
        "sensitivity": None if sensitivity is None else list(sensitivity),
    }
    return Wanted(file, list(variants), n, calibration, game, study, asked, run_id(asked))


def worlds_of(want: Wanted) -> int:
    """Worlds that are run in each variant, for the cost; those of the sensitivities as so many more."""
    worlds = len(world_names(lay_out(want.file.scenario)))
    if want.game is not None:
        worlds += 2 * worlds_to_run(len(want.game.groups))
    if want.study is not None:
        worlds += -(-2 * want.study.runs // (want.replications * len(want.variants)))
    return worlds


def report_command(path: str, want: Wanted, variants: Sequence[str], publish: bool) -> str:
    """The command that repeats a report.

    Parameters
    ----------
    variants
        As they were named, none when all were run.
    """
    parts = [f"corridor report {quote(path)} --replications {want.replications}"]
    parts += ["--prior"] if want.calibration is None else []
    parts += [f"--variant {name}" for name in variants]
    if want.study is None:
        parts.append("--no-sensitivity")
    elif (want.study.samples, len(want.study.luck)) != (sensitivities.SAMPLES, sensitivities.LUCK):
        parts.append(f"--samples {want.study.samples} --luck {len(want.study.luck)}")
    return " ".join([*parts, *(["--publish"] if publish else [])])


def make_report(
    want: Wanted, command: str, before: Mapping[str, Any] | None, workers: int,
    bar: Callable[[str], Any],
) -> tuple[dict[str, bytes], dict[str, Any]]:  # fmt: skip
    """Run everything and make the files, and what the manifest says beside them.

    Parameters
    ----------
    command
        That repeats it.
    before
        The documents of the version published before; None where there is none.
    bar
        Makes a context that gives a progress, for a stage of this name.
    """
    file, version = want.file, want.asked["version"]
    with bar("worlds") as seen:
        ensemble = simulate(
            file, replications=want.replications, calibration=want.calibration, variants=want.variants,
            workers=workers, progress=seen,
        )  # fmt: skip
    told = answer(ensemble, version, want.run)
    files = outputs.make_files(ensemble, told, want.asked)
    if want.game is not None:
        files |= _attribution(want, want.game, workers, bar)
    spread = 0.0
    if want.study is not None:
        with bar("sensitivities") as seen:
            found = sensitivities.run(want.study, executor_for(COMPILED, workers), seen)
        data = sensitivity_data(found, version)
        files |= sensitivity_files(data) | tornado.pictures(data)
        spread = data["standard_deviation"]
    ledger = evidence.ledger_data(file, want.variants[0], None)
    days = timeline(ensemble, want.variants[0])
    said = facts(ensemble, want.asked, want.run, command, untuned_rows(ensemble, workers), spread)
    files |= {
        "evidence.json": json_bytes(ledger),
        "evidence.csv": evidence.as_csv(ledger),
        "timeline.json": json_bytes(days),
        "timeline.csv": timeline_csv(days),
        "facts.json": json_bytes(said),
    }
    files["changes.json"] = json_bytes(changes(before, documents_of(files)))
    return finished(files), outputs.make_manifest(told, want.asked, ensemble.engine)


def finished(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with the claims and the page, which are made of the others and nothing else."""
    made = {name: data for name, data in files.items() if name not in (PAGE, CLAIMS)}
    made[CLAIMS] = json_bytes(claims(documents_of(made)))
    made[PAGE] = page(made)
    return made


def documents_of(files: Mapping[str, bytes]) -> dict[str, Any]:
    """The JSON documents among files."""
    return {name: json.loads(data) for name, data in files.items() if name.endswith(".json")}


def _attribution(want: Wanted, game: Game, workers: int, bar: Callable[[str], Any]) -> dict[str, bytes]:
    with bar("attribution") as seen:
        found = attributing.attribute(
            want.file, replications=want.replications, calibration=want.calibration, variants=want.variants,
            workers=workers, progress=seen,
        )  # fmt: skip
    told = attributions.told(found, want.asked["version"], want.run)
    files = attributions.make_files(told)
    with bar("switches") as seen:
        worlds = switches(want.file, game, groups_to_switch(told), workers=workers, progress=seen)
    data = switches_data(worlds, want.file.scenario)
    return files | {"switches.json": json_bytes(data), "switches.csv": _switches_csv(data)}


def _switches_csv(data: Mapping[str, Any]) -> bytes:
    header = ["variant", "removed", *(f"{kind}_{end}" for kind in ("end", "difference") for end in ENDS)]
    rows = [
        [
            variant,
            " + ".join(one["removed"]),
            *(one[kind][end] for kind in ("end", "difference") for end in ENDS),
        ]
        for variant, worlds in data["worlds"].items()
        for one in worlds
    ]
    return csv_bytes(header, rows)


ENDS = ("point", "low", "high")
