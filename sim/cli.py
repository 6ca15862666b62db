"""The `corridor` command: parses, calls, prints. Heavy libraries are imported where they are used."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sim.scenario.problems import ScenarioError, ScenarioFileError

if TYPE_CHECKING:
    from sim.analysis.sensitivity import Study
    from sim.experiment.reading_back import StoredRun
    from sim.experiment.replications import Replications
    from sim.scenario.reading import ScenarioFile

Found = TypeVar("Found")

OK, NOT_REACHED, USAGE, FILES, BROKEN, TOO_LARGE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
MOVED = NOT_REACHED
"""Exit codes, documented in ``corridor --help``."""
EXPECTED = {"StoreError": FILES, "ClusterError": FILES, "ModelError": BROKEN, "WorkerLostError": BROKEN}
"""Errors whose own words are enough, by name: their rooms are not imported for it."""

A_ROUND, A_ROUND_OF_OWN = 6_000, 600
"""Histories that calibration runs between two looks at what it has; of thousands of own vehicles."""
WHOLE_RECORD = "whole-record"
"""As in `sim.scenario.schema`, which loads pydantic."""
ENGINES = ("compiled", "simpy")
"""As in `sim.model.engines`, which loads numpy."""

HELP = """How many people a humanitarian corridor evacuates, as observed and unimpeded.

A scenario file says who waits, who carries them, what stands in the way and what was published. The same
patients and the same luck go through every world of it.

\b
Examples:
  corridor init my-corridor             write a commented starting file
  corridor check my-corridor.yaml       is it valid, what is assumed
  corridor run my-corridor.yaml         run it, print the answer, write tables and a figure
  corridor run my-corridor.yaml --replications 20 --variant base --json
  corridor evidence my-corridor.yaml    who vouches for each number, and what rests on it
  corridor sensitivity my-corridor.yaml    what the headline rests on
  corridor attribute my-corridor.yaml   which impediments account for how much of the answer
  corridor trace my-corridor.yaml --world unimpeded --patient start-1
  corridor results                      what was run here, and whether it is whole
  corridor resume FOLDER                go on with a run that was stopped
  corridor replay FOLDER --replication 7    run one replication of a stored run again
  corridor calibrate my-corridor.yaml   narrow its priors to what was published
  corridor validate my-corridor.yaml    hold every published figure against the model

\b
Exit codes:
  0    done
  1    done, but not as well as wanted: not mixed (calibrate), not validated (validate), numbers moved (diff,
       replay)
  2    wrong usage, or a scenario that does not hold (every mistake is listed)
  3    a file, folder or cluster that cannot be read, written or reached
  4    an invariant of the model is broken, a worker process died, or an internal error
  5    too large a run (see --allow-large), or not enough memory for it
  130  stopped with Ctrl-C
"""


def _share(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    """A share that is written as a percentage: 1% as 0.01."""
    if text is None:
        return None
    number, sign, rest = text.partition("%")
    try:
        percent = float(number)
    except ValueError:
        percent = -1.0
    if not 0 < percent < 100 or not sign or rest.strip():
        raise click.BadParameter(f"{text!r} is no percentage between 0% and 100%, such as 1%")
    return percent / 100


SEED = click.option("--seed", type=click.IntRange(0, 2**63 - 1), metavar="NUMBER",
                    help="In place of the scenario's.")  # fmt: skip
PRIOR = click.option("--prior", is_flag=True, help="Draw from the priors, though there are posteriors.")
REPLICATIONS = click.option(
    "--replications", "-n", type=click.IntRange(1), metavar="NUMBER",
    help="Of each world; unless given the scenario's own number, or all histories of the posteriors where "
    "these are fewer.",
)  # fmt: skip
WORKERS = click.option("--workers", type=click.IntRange(1), help="Processes; one a core unless given.")
VARIANTS = click.option("--variant", "variants", multiple=True, metavar="NAME",
                        help="Only this; may be repeated.")  # fmt: skip
PRECISION = click.option(
    "--precision",
    callback=_share,
    metavar="PERCENT",
    help="Instead: until the headline's mean is known to within this share of it (1%), in every variant.",
)
MOST = click.option(
    "--most", type=click.IntRange(32), help="Replications to give up a precision at; 10,000 unless given."
)
ALLOW_LARGE = click.option("--allow-large", is_flag=True, help="Run however large it is.")


class TooLargeError(click.ClickException):
    """The run is refused for its size."""

    exit_code = TOO_LARGE


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from sim import __version__

        click.echo(f"corridor {__version__}")
        ctx.exit()


@click.group(help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
              help="Print the version and exit.")  # fmt: skip
def corridor() -> None:
    """Group of commands."""


@corridor.command(short_help="Run every world and variant, print the answer, store it.")
@click.argument("file")
@REPLICATIONS
@PRECISION
@MOST
@SEED
@PRIOR
@click.option("--engine", type=click.Choice(ENGINES), default=ENGINES[0], show_default=True,
              help="Both give the same numbers.")  # fmt: skip
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Processes (threads where they cannot fork); one a core unless given.",
)
@click.option("--executor", type=click.Choice(["dask"]), help="Run on a Dask cluster; see docs/cluster.md.")
@click.option("--cluster", metavar="ADDRESS|FILE|local",
              help="Scheduler's address or .json file; processes of this machine unless given.")  # fmt: skip
@VARIANTS
@click.option("--out", metavar="FOLDER", help="Where to write; results/SCENARIO/runs/RUN-ID unless given.")
@click.option("--per-patient", is_flag=True, help="Write every (synthetic) patient too: patients.parquet.")
@click.option("--force", is_flag=True, help="Run again what is stored already.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.option("--quiet", is_flag=True, help="No progress bar, and only where the outputs are.")
@ALLOW_LARGE
def run(file: str, replications: int | None, precision: float | None, most: int | None, seed: int | None,
        prior: bool, engine: str, workers: int | None, executor: str | None, cluster: str | None,
        variants: tuple[str, ...], out: str | None, per_patient: bool, force: bool, as_json: bool,
        quiet: bool, allow_large: bool, begun: dict[str, Any] | None = None) -> None:  # fmt: skip
    """Run every world and variant of a scenario, print the answer, write tables and a figure.

    Variants that have been calibrated are run from their posterior: histories that match what was published.
    What is stored already is found again instead of run again; a run that was stopped goes on.

    \b
    Written to the folder:
      measures.parquet   a row a variant, world and replication; a column a measure, with its unit
      daily.parquet      counts before each midnight: median and 90 % prediction interval
      patients.parquet   with --per-patient: a row a patient of each variant, world and replication
      differences.csv    paired differences between worlds, with intervals
      observed.csv       published figures against the model
      fingerprints.parquet   of each replication, for `corridor replay`
      summary.json       the answer
      cumulative.png, cumulative.svg
      manifest.json      what was asked for, versions, sizes and checksums
    """
    from sim import __version__
    from sim.experiment.provenance import request, run_id
    from sim.model.laying_out import lay_out
    from sim.model.plan import world_names

    scenario = _read(file)
    chosen = _chosen_variants(scenario, variants)
    taken = _replications(scenario, chosen, prior, replications, seed)
    posteriors = taken.posteriors
    n = _most_replications(replications, precision, most, taken)
    if cluster is not None and executor is None:
        raise click.UsageError("--cluster goes with --executor dask")
    worlds = world_names(lay_out(scenario.scenario))
    asked = request(scenario, taken.seed, n, chosen, worlds, __version__, precision, posteriors)
    run_name = run_id(asked)
    folder = Path(out) if out else Path("results") / scenario.scenario.name / "runs" / run_name
    from sim.experiment.unfinished import begin, request_of
    from sim.experiment.working import tidy

    command_line = {
        "file": file, "replications": replications, "precision": precision, "most": most, "seed": seed,
        "prior": prior, "engine": engine, "executor": executor, "cluster": cluster,
        "variants": list(variants), "per_patient": per_patient,
    }  # fmt: skip
    request_now = request_of(asked, engine, per_patient, command_line)
    _refuse_other(folder, begun, request_now)
    stored = None if force else _found(folder, asked, per_patient)
    if stored is None:
        _refuse_large(scenario, n, chosen, allow_large, engine=engine)
        import json
        from contextlib import nullcontext

        from sim.experiment.cluster import LOCAL, on_cluster
        from sim.experiment.ensemble import simulate
        from sim.experiment.executors import executor_for
        from sim.experiment.kept import keeping
        from sim.experiment.patients import patients_file
        from sim.experiment.store import finish, folder_beside
        from sim.model.engines import prepare
        from sim.report.answer import answer
        from sim.report.outputs import about, make_files, make_manifest
        from sim.report.progress import progress_bar
        from sim.report.status import UNKNOWN

        workers = workers or _cores()
        where = on_cluster(cluster or LOCAL, workers) if executor else executor_for(engine, workers)
        amount: dict[str, Any] = {"replications": n}
        if precision is not None:
            amount = {"precision": precision, "most": n}
        with folder_beside(folder) as made, _how_to_go_on(folder):
            said = begin(made.parent, request_now)
            if said:
                click.echo(f"note: {folder}: {said}", err=True)
            if not per_patient:
                where = keeping(where, made.parent, request_now)
            patients = (
                patients_file(made, scenario, chosen, about(asked, UNKNOWN)) if per_patient else nullcontext()
            )
            prepare(engine, None if quiet else _announce_compiling)
            with progress_bar(sys.stderr, quiet or as_json) as seen, patients as keep:
                ensemble = simulate(
                    scenario, **amount, seed=seed, calibration=_calibration(prior),
                    variants=chosen, engine=engine, workers=workers, executor=where, progress=seen,
                    on_outcome=keep,
                )  # fmt: skip
            files = make_files(ensemble, answer(ensemble, asked["version"], run_name), asked)
            told = json.loads(files["summary.json"])
            finish(made, folder, files, make_manifest(told, asked, ensemble.engine))
    else:
        told = stored.summary
        tidy(folder)

    from sim.report.sentences import repeat_command
    from sim.report.tables import render

    command = repeat_command(file, n, None if posteriors else taken.seed, variants, precision, prior)
    if as_json:
        _print_json({**told, "command": command, "folder": str(folder), "found": stored is not None})
    elif quiet:
        click.echo(folder)
    else:
        outputs = f"Found: ran before, {folder}" if stored else f"Written to: {folder}"
        click.echo(render(told, command, outputs), nl=False, color=True)


def _refuse_other(folder: Path, begun: dict[str, Any] | None, request: dict[str, Any]) -> None:
    """Go on only with the very same run as was begun."""
    from sim.experiment.store import StoreError
    from sim.experiment.unfinished import differing

    changed = differing(begun, request) if begun is not None else []
    if changed:
        said = f"changed since it was begun: {', '.join(changed)}; `corridor run` begins it again"
        raise StoreError(folder, said)


@contextmanager
def _how_to_go_on(folder: Path) -> Iterator[None]:
    """Where a run ends before its time and batches of it are kept, say how to go on."""
    from sim.experiment.working import batch_files, partial_of

    try:
        yield
    except BaseException:
        if batch_files(partial_of(folder)):
            click.echo(f"note: what was done is kept; to go on: corridor resume {folder}", err=True)
        raise


@corridor.command(short_help="Go on with a run that was stopped.")
@click.argument("folder")
@click.option("--workers", type=click.IntRange(1), help="As of `corridor run`.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.option("--quiet", is_flag=True, help="No progress bar, and only where the outputs are.")
@click.pass_context
def resume(ctx: click.Context, folder: str, workers: int | None, as_json: bool, quiet: bool) -> None:
    """Go on with a run that was stopped, from the batches that were done: `corridor results` lists it.

    FOLDER is the run's, or the one beside it (.partial). The results are the same bytes as of a run that was
    not stopped. Refused where the scenario, a posterior or the program has changed since. To be called in
    the folder in which the run was begun.
    """
    from sim.experiment.store import StoreError
    from sim.experiment.unfinished import read_unfinished
    from sim.experiment.working import place_of

    begun = read_unfinished(Path(folder))
    command = begun["command"]
    if not Path(command["file"]).is_file():
        said = f"its scenario {command['file']} is not here; resume it in the folder in which it was begun"
        raise StoreError(Path(folder), said)
    ctx.invoke(
        run, **{**command, "variants": tuple(command["variants"])}, out=str(place_of(Path(folder))),
        workers=workers, as_json=as_json, quiet=quiet, force=False, allow_large=True, begun=begun,
    )  # fmt: skip


@corridor.command(short_help="Run one replication of a stored run again.")
@click.argument("folder")
@click.option("--replication", required=True, type=click.IntRange(0), metavar="NUMBER")
@click.option("--world", "worlds", multiple=True, metavar="NAME", help="Only this; may be repeated.")
@VARIANTS
@click.option("--engine", type=click.Choice(ENGINES), default=ENGINES[0], show_default=True,
              help="Both give the same numbers.")  # fmt: skip
@click.option("--file", metavar="FILE", help="The scenario; looked for here and in scenarios/ unless given.")
@click.option("--json", "as_json", is_flag=True, help="Print the fingerprints as JSON.")
def replay(folder: str, replication: int, worlds: tuple[str, ...], variants: tuple[str, ...], engine: str,
           file: str | None, as_json: bool) -> int:  # fmt: skip
    """Run one replication of a stored run again, and hold its fingerprint against the stored one.

    A fingerprint is one number for all that happened: every time, patient, convoy and vehicle. Exit code 1 if
    one is not as stored. What has changed since the run (scenario, posterior, code, libraries) is said.
    """
    from sim.experiment.reading_back import read_run
    from sim.experiment.replay import find_scenario
    from sim.experiment.replay import replay as run_again
    from sim.model.engines import prepare
    from sim.report.replaying import as_text

    stored = read_run(folder)
    scenario = _read(str(find_scenario(stored, file)))
    asked = stored.manifest["asked"]
    for name in worlds:
        _known(name, tuple(asked["worlds"]), "world", "--world")
    for name in variants:
        _known(name, tuple(asked["variants"]), "variant", "--variant")
    if replication >= stored.manifest["replications"]:
        said = f"the run has {stored.manifest['replications']}, from 0 on"
        raise click.BadParameter(said, param_hint="--replication")
    prepare(engine, _announce_compiling)
    found = run_again(stored, scenario, replication, worlds, variants, engine)
    if as_json:
        _print_json(found._asdict())
    else:
        click.echo(as_text(found), nl=False)
    return OK if found.same else MOVED


def _calibration(prior: bool) -> str | None:
    """Whose posteriors are looked for, as the library has it."""
    return None if prior else WHOLE_RECORD


def _replications(
    scenario: ScenarioFile, variants: list[str], prior: bool, replications: int | None = None,
    seed: int | None = None,
) -> Replications:  # fmt: skip
    """What will be run; said on stderr of every variant that has no posterior though others have one, or
    though it had.
    """
    from sim.experiment.replications import replications_of

    with _said_as_usage():
        taken = replications_of(scenario, variants, _calibration(prior), replications, seed)
    if not prior and (taken.posteriors or any("changed" in why for why in taken.from_prior.values())):
        for variant, why in taken.from_prior.items():
            click.echo(f"note: variant {variant} is drawn from its priors: {why}", err=True)
    return taken


@contextmanager
def _said_as_usage() -> Iterator[None]:
    """A ValueError is about what was asked for: said so, with exit code 2, and how it could be had."""
    from sim.experiment.replications import HistoriesError

    try:
        yield
    except HistoriesError as error:
        raise click.UsageError(f"{error}; --prior leaves the posteriors aside") from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _most_replications(
    replications: int | None, precision: float | None, most: int | None, taken: Replications
) -> int:
    """Replications of each world; where a precision is asked for, the most of them."""
    if precision is None:
        if most is not None:
            raise click.UsageError("--most goes with --precision")
        return len(taken.numbers)
    if replications is not None:
        raise click.UsageError("either --replications or --precision")
    from sim.experiment import precision as stopping
    from sim.experiment.replications import NO_PRECISION, HistoriesError

    if taken.posteriors:
        with _said_as_usage():
            raise HistoriesError(NO_PRECISION)
    return stopping.MOST if most is None else most


def _announce_compiling() -> None:
    click.echo("compiling the engine, once on this machine: some 20 seconds", err=True)


def _found(folder: Path, asked: dict[str, Any], per_patient: bool) -> StoredRun | None:
    """The same run, if it is stored and whole; what is stored instead is said, and must be a run's."""
    from sim.experiment.reading_back import find_run
    from sim.experiment.store import StoreError, probe

    try:
        return find_run(folder, asked, *(["patients.parquet"] if per_patient else []))
    except StoreError as error:
        probe(folder)
        click.echo(f"note: {error.folder}: {error.reason}; run again", err=True)
        return None


@corridor.command(short_help="Say which impediments account for how much of the answer.")
@click.argument("file")
@REPLICATIONS
@SEED
@PRIOR
@click.option("--workers", type=click.IntRange(1), help="As of `corridor run`.")
@click.option("--variant", "variants", multiple=True, metavar="NAME", help="Only this; may be repeated.")
@click.option(
    "--out", metavar="FOLDER", help="Where to write; results/SCENARIO/attributions/ID unless given."
)
@click.option("--json", "as_json", is_flag=True, help="Print the attribution as JSON.")
@click.option("--quiet", is_flag=True, help="No progress bar, and only where the outputs are.")
@ALLOW_LARGE
def attribute(file: str, replications: int | None, seed: int | None, prior: bool, workers: int | None,
              variants: tuple[str, ...], out: str | None, as_json: bool, quiet: bool,
              allow_large: bool) -> None:  # fmt: skip
    """Say which group of impediments accounts for how much of the headline.

    Three numbers a group: its Shapley value (all groups together give the headline), removed alone, removed
    last; see docs/attribution.md.

    \b
    Written to the folder:
      attribution.csv    a row a variant, span of time and group
      worlds.csv         a row a variant and set of groups removed
      fates.csv          what became of the same synthetic patients: counts only
      attribution.json   all of it
      waterfall.png, waterfall.svg
      manifest.json      what was asked for, sizes and checksums
    """
    from sim import __version__
    from sim.analysis.game import planned, worlds_to_run
    from sim.experiment.store import probe
    from sim.report.attribution import asked_for

    scenario = _read(file)
    chosen = _chosen_variants(scenario, variants)
    taken = _replications(scenario, chosen, prior, replications, seed)
    with _said_as_usage():
        game = planned(scenario, taken.numbers, seed, _calibration(prior), chosen)
    asked, run_name = asked_for(scenario, game, __version__)
    folder = Path(out) if out else Path("results") / scenario.scenario.name / "attributions" / run_name
    probe(folder)
    n, worlds = len(game.replications), worlds_to_run(len(game.groups))
    _refuse_large(scenario, n, chosen, allow_large, worlds, ENGINES[0])
    from sim.analysis import attribute as attributing
    from sim.experiment.store import write_run
    from sim.model.engines import prepare
    from sim.report import attribution as reporting
    from sim.report.attribution_text import render_attribution
    from sim.report.progress import progress_bar

    prepare(announce=None if quiet else _announce_compiling)
    with progress_bar(sys.stderr, quiet or as_json) as seen:
        found = attributing.attribute(
            scenario, replications=taken.numbers, seed=seed, calibration=_calibration(prior),
            variants=chosen, workers=workers or _cores(), progress=seen,
        )  # fmt: skip
    data = reporting.told(found, __version__, run_name)
    write_run(folder, reporting.make_files(data), reporting.make_manifest(data, asked))
    command = reporting.repeat_command(file, scenario, data, variants, prior)
    if as_json:
        _print_json({**data, "command": command, "folder": str(folder)})
    elif quiet:
        click.echo(folder)
    else:
        click.echo(render_attribution(data, command, f"Written to: {folder}"), nl=False, color=True)


@corridor.command(short_help="List what was run here, and whether it is whole.")
@click.argument("folder", default="results")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def results(folder: str, as_json: bool) -> None:
    """List the stored runs under FOLDER (results unless given), each with its headline or what is wrong."""
    from sim.experiment.reading_back import stored_runs
    from sim.report.listing import as_text, listing

    rows = listing(stored_runs(Path(folder)))
    if as_json:
        _print_json(rows)
    else:
        click.echo(as_text(rows, folder), nl=False)


@corridor.command(short_help="Find the histories that match what was published.")
@click.argument("file")
@VARIANTS
@click.option("--calibration", "calibrations", multiple=True, metavar="NAME",
              help="Only this (whole-record, or one of the scenario's); may be repeated.")  # fmt: skip
@SEED
@click.option("--rounds", type=click.IntRange(16), default=240, show_default=True,
              help="At most so many rounds of 6,000 histories (own vehicles: 600) at the end.")  # fmt: skip
@WORKERS
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option("--quiet", is_flag=True, help="No progress bar, and only where the outputs are.")
@ALLOW_LARGE
def calibrate(file: str, variants: tuple[str, ...], calibrations: tuple[str, ...], seed: int | None,
              rounds: int, workers: int | None, as_json: bool, quiet: bool,
              allow_large: bool) -> int:  # fmt: skip
    """Find the histories that match what was published: a posterior of every variant.

    Sees the figures marked `use: calibrate`, and writes posteriors/SCENARIO/VARIANT.CALIBRATION.*.csv and
    .json beside the scenario file, where `corridor run` finds them from then on, and a figure to
    results/SCENARIO/calibration. Exit code 1 where the chains have not mixed as wanted: what was found is
    written all the same, and says so.
    """
    from sim.analysis.calibrate import calibrate as find
    from sim.experiment.posterior import folder_of, write_posterior
    from sim.experiment.store import probe_files, replace_files
    from sim.model.engines import prepare
    from sim.report.calibration import picture, render
    from sim.report.progress import progress_bar

    scenario = _read(file)
    chosen = _chosen_variants(scenario, variants)
    known = (WHOLE_RECORD, *scenario.scenario.calibrations)
    for name in calibrations:
        _known(name, known, "calibration", "--calibration")
    # How many rounds is for --rounds to say.
    a_round = A_ROUND_OF_OWN if scenario.scenario.own_vehicles else A_ROUND
    _refuse_large(scenario, a_round, chosen, allow_large, 1, ENGINES[0])
    folder = Path("results") / scenario.scenario.name / "calibration"
    for place in (folder_of(scenario), folder):
        probe_files(place)
    prepare(announce=None if quiet else _announce_compiling)
    found, reached = [], True
    for variant in chosen:
        for name in calibrations or known:
            try:
                with progress_bar(sys.stderr, quiet or as_json, "rounds") as seen:
                    result = find(
                        scenario, variant, name, seed=seed, workers=workers or _cores(), rounds=rounds,
                        progress=seen,
                    )  # fmt: skip
            except ValueError as error:
                raise click.UsageError(f"{file}: {error}") from None
            path = write_posterior(scenario, result.posterior)
            calibrated, _ = scenario.calibration(variant, name)
            about = {**result.posterior.about, "scenario": scenario.scenario.name, "variant": variant,
                     "calibration": name, "histories": result.posterior.histories}  # fmt: skip
            replace_files(folder, {f"{variant}.{name}.png": picture(about)})
            found.append({**about, "written": str(path)})
            reached = reached and result.reached
            if not as_json:
                click.echo(
                    str(path)
                    if quiet
                    else render(about, calibrated, f"Written: {path}, .csv; figure: {folder}"),
                    nl=quiet,
                )
    if as_json:
        _print_json(found)
    return OK if reached else NOT_REACHED


@corridor.command(short_help="Hold every published figure against the model.")
@click.argument("file")
@REPLICATIONS
@PRIOR
@VARIANTS
@WORKERS
@click.option("--out", metavar="FOLDER", help="Where to write; results/SCENARIO/validation unless given.")
@click.option("--json", "as_json", is_flag=True, help="Print the tables as JSON.")
@click.option("--quiet", is_flag=True, help="No progress bar, and only where the outputs are.")
@ALLOW_LARGE
def validate(file: str, replications: int | None, prior: bool, variants: tuple[str, ...],
             workers: int | None, out: str | None, as_json: bool, quiet: bool,
             allow_large: bool) -> int:  # fmt: skip
    """Hold every published figure against the actual world, in every variant and calibration.

    Figures that calibration saw are told from those held back; weeks that were held back are scored against
    naive forecasts; the need that is inferred stands beside what was claimed. Exit code 1 where a variant
    does not keep the record.
    """
    from sim.analysis.validation import planned, validations
    from sim.experiment.store import probe_files, replace_files
    from sim.model.engines import prepare
    from sim.report.progress import progress_bar
    from sim.report.validation import as_data, files, render

    scenario = _read(file)
    chosen = _chosen_variants(scenario, variants)
    records = 1 + len(scenario.scenario.calibrations)  # of each, the actual world alone
    n = scenario.scenario.replications if replications is None else replications
    _refuse_large(scenario, n, chosen, allow_large, records, ENGINES[0])
    _replications(scenario, chosen, prior, replications)
    with _said_as_usage():
        planned(scenario, chosen, replications, prior)
    folder = Path(out) if out else Path("results") / scenario.scenario.name / "validation"
    probe_files(folder)
    prepare(announce=None if quiet else _announce_compiling)
    with progress_bar(sys.stderr, quiet or as_json) as seen:
        found = validations(
            scenario, chosen, replications=replications, prior=prior, workers=workers or _cores(),
            progress=seen,
        )  # fmt: skip
    replace_files(folder, files(scenario, found))
    if as_json:
        _print_json({**as_data(scenario, found), "folder": str(folder)})
    elif quiet:
        click.echo(folder)
    else:
        click.echo(render(scenario, found, f"Written to: {folder}"), nl=False)
    return OK if all(one.validated for one in found if one.until is None) else NOT_REACHED


@corridor.command(short_help="Say whether a scenario is valid and what is assumed.")
@click.argument("file")
@click.option("--require-sources", is_flag=True,
              help="Refuse (code 2) numbers without a mark, sources without a date or address.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the contents as JSON.")
def check(file: str, require_sources: bool, as_json: bool) -> None:
    """Say whether a scenario is valid, what it contains and what is assumed. Nothing is run."""
    from sim.report.contents import as_text, contents

    scenario = _read(file)
    if require_sources and scenario.unsourced:
        raise ScenarioError(scenario.unsourced)
    data = contents(scenario)
    if as_json:
        _print_json(data)
    else:
        click.echo(as_text(data), nl=False)


VARIANT = click.option("--variant", default="base", show_default=True, metavar="NAME")
SAMPLES = click.option("--samples", type=click.IntRange(2), metavar="NUMBER",
                       help="Rows of the Sobol design, a power of 2; 256 unless given.")  # fmt: skip
LUCK = click.option("--luck", type=click.IntRange(1), metavar="NUMBER",
                    help="Replications that every point is the mean of; 4 unless given.")  # fmt: skip


@corridor.command(short_help="Say what the headline rests on.")
@click.argument("file")
@VARIANT
@PRIOR
@SAMPLES
@LUCK
@WORKERS
@click.option(
    "--out", metavar="FOLDER", help="Where to write; results/SCENARIO/sensitivity/VARIANT if not given."
)
@click.option("--json", "as_json", is_flag=True, help="Print the analysis as JSON.")
@click.option("--quiet", is_flag=True, help="No budget, no progress bar, and only where the outputs are.")
@ALLOW_LARGE
def sensitivity(file: str, variant: str, prior: bool, samples: int | None, luck: int | None,
                workers: int | None, out: str | None, as_json: bool, quiet: bool,
                allow_large: bool) -> None:  # fmt: skip
    """Say which uncertain parameters and which structures the headline rests on.

    Sobol indices of first and total order with bootstrap intervals, a tornado, and the headline in other
    variants and structures. Written to the folder: sensitivity.json, parameters.csv, alternatives.csv,
    tornado.png, tornado.svg. See docs/sensitivity.md.
    """
    scenario = _read(file)
    _chosen_variants(scenario, (variant,))
    _replications(scenario, [variant], prior, luck or 1)
    from sim import __version__
    from sim.analysis import sensitivity as analysis
    from sim.experiment.store import probe_files, replace_files
    from sim.report.sensitivity import as_text, sensitivity_data, sensitivity_files
    from sim.report.tornado import pictures

    with _said_as_usage():
        study = analysis.plan_study(
            scenario, variant, samples=samples or analysis.SAMPLES, luck=luck or analysis.LUCK,
            calibration=_calibration(prior),
        )  # fmt: skip
    folder = Path(out) if out else Path("results") / scenario.scenario.name / "sensitivity" / variant
    probe_files(folder)
    found = _study_run(study, study, analysis.run, 0, workers, quiet, as_json, allow_large)
    data = sensitivity_data(found, __version__)
    replace_files(folder, {**sensitivity_files(data), **pictures(data)})
    if as_json:
        _print_json(data)
    elif quiet:
        click.echo(folder)
    else:
        click.echo(as_text(data, f"Written to: {folder}"), nl=False)


@corridor.command(short_help="List every number with who vouches for it.")
@click.argument("file")
@VARIANT
@click.option("--no-influence", is_flag=True, help="Only the ledger: nothing is run.")
@PRIOR
@SAMPLES
@LUCK
@WORKERS
@click.option("--csv", "as_csv", is_flag=True, help="Print the ledger as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print the ledger as JSON.")
@click.option("--quiet", is_flag=True, help="No budget and no progress bar.")
@ALLOW_LARGE
def evidence(file: str, variant: str, no_influence: bool, prior: bool, samples: int | None,
             luck: int | None, workers: int | None, as_csv: bool, as_json: bool, quiet: bool,
             allow_large: bool) -> None:  # fmt: skip
    """List every number of a scenario with its sources, its grade and its influence on the headline."""
    from sim.report import evidence as ledger

    if as_csv and as_json:
        raise click.UsageError("either --csv or --json")
    scenario = _read(file)
    _chosen_variants(scenario, (variant,))
    weights = rests = None
    said: str | None = None
    if not no_influence:
        from sim import __version__
        from sim.analysis import sensitivity as analysis
        from sim.analysis.evidence import plan_weighing, run
        from sim.report import sensitivity as report

        _replications(scenario, [variant], prior, luck or 1)
        with _said_as_usage():
            weighing = plan_weighing(
                scenario, variant, samples=samples or analysis.SAMPLES, luck=luck or analysis.LUCK,
                calibration=_calibration(prior),
            )  # fmt: skip
        found = _study_run(weighing.study, weighing, run, len(weighing.steps), workers, quiet,
                           as_csv or as_json, allow_large)  # fmt: skip
        weights = report.weights(found)
        rests = report.sensitivity_data(found.sensitivity, __version__)
        said = report.assumptions_sentence(rests["resting_on_assumptions"], rests["parameters"])
    data = ledger.ledger_data(scenario, variant, weights)
    if as_json:
        _print_json({**data, "sensitivity": rests})
    elif as_csv:
        click.echo(ledger.as_csv(data).decode(), nl=False)
    else:
        click.echo(ledger.as_text(data, said), nl=False)


def _study_run(
    study: Study, planned: Any, run: Callable[..., Found], steps: int, workers: int | None, quiet: bool,
    plain: bool, allow_large: bool,
) -> Found:  # fmt: skip
    """Say the budget, then run what was planned."""
    from sim.experiment.executors import executor_for
    from sim.model.engines import prepare
    from sim.report.cost import expected_cost
    from sim.report.progress import progress_bar
    from sim.report.sensitivity import budget_sentence

    workers = workers or _cores()
    _refuse_large(study.file, planned.runs, [study.variant], allow_large, worlds=2, engine=ENGINES[0])
    if not quiet:
        seconds = expected_cost(study.file, planned.runs, 2, [study.variant]).seconds / workers
        click.echo(budget_sentence(study, planned.runs, steps, seconds, workers), err=True)
    prepare(ENGINES[0], None if quiet else _announce_compiling)
    with progress_bar(sys.stderr, quiet or plain) as seen:
        return run(planned, executor_for(ENGINES[0], workers), seen)


@corridor.command(short_help="Put everything on one page: report.html.")
@click.argument("file")
@REPLICATIONS
@PRIOR
@click.option("--variant", "variants", multiple=True, metavar="NAME", help="Only this; may be repeated.")
@click.option("--no-sensitivity", is_flag=True, help="Leave out what the answer rests on: the longest part.")
@SAMPLES
@LUCK
@WORKERS
@click.option("--out", metavar="FOLDER", help="Where to write; results/SCENARIO/reports/ID unless given.")
@click.option(
    "--publish", is_flag=True, help="Write to results/SCENARIO/published, in place of what is there."
)
@click.option("--force", is_flag=True, help="Make again what is stored already.")
@click.option("--quiet", is_flag=True, help="No progress bar, and only where the page is.")
@ALLOW_LARGE
def report(file: str, replications: int | None, prior: bool, variants: tuple[str, ...], no_sensitivity: bool,
           samples: int | None, luck: int | None, workers: int | None, out: str | None, publish: bool,
           force: bool, quiet: bool, allow_large: bool) -> None:  # fmt: skip
    """Put everything on one page that opens without a network: report.html.

    The answer, figures, attribution, switches for any world, validation, evidence, sensitivities, a
    fact-checker's questions, limitations, sentences to quote. Beside it the tables that the page is made of,
    claims.json and a manifest. What is stored already is found again. See docs/report.md.
    """
    from sim import __version__

    if out and publish:
        raise click.UsageError("either --out or --publish")
    if no_sensitivity and (samples or luck):
        raise click.UsageError("--no-sensitivity leaves nothing to --samples and --luck")
    scenario = _read(file)
    if publish and scenario.personal:
        raise ScenarioError(scenario.personal)
    chosen = _chosen_variants(scenario, variants)
    from sim.analysis.sensitivity import LUCK as POINTS
    from sim.analysis.sensitivity import SAMPLES as ROWS
    from sim.experiment.store import probe
    from sim.report import reporting

    extent = None if no_sensitivity else (samples or ROWS, luck or POINTS)
    _replications(scenario, chosen, prior, replications)
    with _said_as_usage():
        want = reporting.wanted(scenario, chosen, replications, __version__, extent, _calibration(prior))
    place = "published" if publish else f"reports/{want.run}"
    folder = Path(out) if out else Path("results") / scenario.scenario.name / place
    if force or _found(folder, want.asked, False) is None:
        probe(folder)
        _refuse_large(scenario, want.replications, chosen, allow_large, reporting.worlds_of(want), ENGINES[0])
        from sim.experiment.store import write_run
        from sim.model.engines import prepare
        from sim.report.progress import progress_bar

        prepare(announce=None if quiet else _announce_compiling)
        command = reporting.report_command(_told(file), want, variants, publish)

        def bar(stage: str) -> Any:
            if not quiet:
                click.echo(stage, err=True)
            return progress_bar(sys.stderr, quiet)

        before = _documents(folder) if publish else None
        write_run(folder, *reporting.make_report(want, command, before, workers or _cores(), bar))
    page = folder / reporting.PAGE
    click.echo(page if quiet else f"The page: {page}")


def _told(file: str) -> str:
    """A path as a page may tell it: nothing above the folder in which the command runs."""
    path, here = Path(os.path.abspath(file)), Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name


def _documents(folder: Path) -> dict[str, Any] | None:
    """The documents of the report in a folder; None where there is none that is whole."""
    from sim.experiment.reading_back import read_run
    from sim.experiment.store import StoreError

    try:
        return read_run(folder).documents
    except StoreError:
        return None


@corridor.command(short_help="Print the sentences that may be quoted.")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print the claims as JSON.")
def cite(file: str, as_json: bool) -> None:
    """Print the sentences that may be quoted of a scenario's stored report, and how to cite it.

    Of the published report if it is of this very file, else of the one with most replications.
    """
    from sim.experiment.reading_back import stored_reports
    from sim.experiment.store import StoreError
    from sim.report.claims import as_text
    from sim.report.reporting import CLAIMS

    scenario = _read(file)
    folder = Path("results") / scenario.scenario.name
    found = stored_reports(folder, scenario.file_hash)
    if not found:
        raise StoreError(folder, f"no report of this scenario as it is now; first: corridor report {file}")
    data = found[0].documents[CLAIMS]
    if as_json:
        _print_json(data)
    else:
        click.echo(as_text(data), nl=False)


@corridor.command(short_help="Say which numbers moved between two stored results.")
@click.argument("old")
@click.argument("new")
@click.option("--json", "as_json", is_flag=True, help="Print the moves as JSON.")
def diff(old: str, new: str, as_json: bool) -> int:
    """Say which numbers moved between two folders of stored results: the headline, then the largest moves.

    Exit code 1 if any did.
    """
    from sim.experiment.reading_back import read_run
    from sim.report.difference import as_text, moved

    moves = moved(read_run(old).documents, read_run(new).documents)
    if as_json:
        _print_json([move._asdict() for move in moves])
    else:
        click.echo(as_text(moves), nl=False)
    return MOVED if moves else OK


@corridor.command(short_help="Print one replication, event by event.")
@click.argument("file")
@click.option("--world", default="actual", show_default=True, metavar="NAME")
@click.option("--variant", default="base", show_default=True, metavar="NAME")
@click.option("--replication", default=0, show_default=True, type=click.IntRange(0), metavar="NUMBER")
@SEED
@PRIOR
@click.option("--patient", metavar="ID", help="Only this one and its convoys (start-1, block2-17).")
@click.option("--csv", "as_csv", is_flag=True, help="Print the table as CSV.")
@ALLOW_LARGE
def trace(file: str, world: str, variant: str, replication: int, seed: int | None, prior: bool,
          patient: str | None, as_csv: bool, allow_large: bool) -> None:  # fmt: skip
    """Print what happened in one replication of one world, event by event, in local time."""
    from sim.model.engines import prepare
    from sim.report import trace as tracing

    scenario = _read(file)
    _chosen_variants(scenario, (variant,))
    _known(world, tracing.world_names(scenario), "world", "--world")
    _replications(scenario, [variant], prior, replication + 1, seed)
    _refuse_large(scenario, 1, [variant], allow_large, worlds=1)
    prepare("simpy", _announce_compiling)
    try:
        table = tracing.trace(
            scenario, world=world, variant=variant, replication=replication, seed=seed,
            calibration=_calibration(prior), patient=patient,
        )  # fmt: skip
    except KeyError as error:
        raise click.BadParameter(str(error.args[0]), param_hint="--patient") from None
    if as_csv:
        from sim.experiment.text_files import csv_bytes

        click.echo(csv_bytes(list(table.columns), tracing.plain_rows(table)).decode(), nl=False)
    else:
        for line in tracing.as_lines(table):
            click.echo(line)


@corridor.command(short_help="Compare both engines on a scenario.")
@click.argument("file")
@click.option("--replications", "-n", type=click.IntRange(1), default=10, show_default=True,
              help="Of each world and variant.")  # fmt: skip
@SEED
@click.option("--quiet", is_flag=True, help="No progress bar.")
@ALLOW_LARGE
def selftest(file: str, replications: int, seed: int | None, quiet: bool, allow_large: bool) -> int:
    """Run both engines on a scenario and compare them, patient by patient.

    The numbers come from the compiled engine; the SimPy engine is the one to read. One line says whether
    they agree, to the second and in every world and variant; exit code 4 if they do not.
    """
    scenario = _read(file)
    _refuse_large(scenario, replications, list(scenario.variants), allow_large)
    from sim.experiment.selftest import compare_engines
    from sim.model.engines import prepare
    from sim.report.progress import progress_bar

    prepare(announce=None if quiet else _announce_compiling)
    with progress_bar(sys.stderr, quiet) as seen:
        said = compare_engines(scenario, replications=replications, seed=seed, progress=seen)
    over = (
        f"{said.patients:,} patients in {said.runs:,} runs (worlds: {said.worlds}, "
        f"variants: {said.variants}, replications of each: {said.replications})"
    )
    if said.difference:
        click.echo(f"The engines differ: {said.difference}; of {over}.")
        return BROKEN
    click.echo(f"The engines agree: {over}, every patient and convoy the same to the second.")
    return OK


@corridor.command(short_help="Say what it could carry a day under each limit alone.")
@click.argument("file")
@click.option(
    "--road", metavar="FILE", help="Scenario of the same road whose section was measured; FILE unless given."
)
@click.option("--daylight", default="06:00 .. 18:00", show_default=True, metavar="HOURS",
              help="When vehicles drive where they drive by day alone.")  # fmt: skip
@click.option("--replications", "-n", type=click.IntRange(1), metavar="NUMBER",
              help="Draws of the uncertain numbers; unless given 100, or all histories of the posterior "
              "where these are fewer.")  # fmt: skip
@PRIOR
@click.option("--out", metavar="FOLDER", help="Write capacity.json, .csv, .svg and .png there.")
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
@ALLOW_LARGE
def capacity(file: str, road: str | None, daylight: str, replications: int | None, prior: bool,
             out: str | None, as_json: bool, allow_large: bool) -> None:  # fmt: skip
    """Say what the corridor could carry a day under each limit alone: road, checkpoints, fleet, seats.

    By formula, and by running the model with that limit alone. What is taken for granted is said at each
    step. The road's own limit is that of a leg with a `capacity`, here or in another scenario of the road:

    \b
      corridor capacity scenarios/lachin-2022-2023.yaml --road scenarios/exodus-2023.yaml
    """
    from sim.scenario.calendar_text import hours

    try:
        by_day = hours(daylight)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--daylight") from None
    scenario = _read(file)
    measured = scenario if road is None else _read(road)
    from sim.analysis.capacity import REPLICATIONS as DRAWS
    from sim.analysis.capacity import capacity as limits_of
    from sim.experiment.replications import own_number
    from sim.experiment.store import probe_files, replace_files
    from sim.model.engines import prepare
    from sim.report.capacity import as_text, capacity_data, capacity_files

    section = measured.scenario if any(leg.capacity for leg in measured.scenario.route.legs) else None
    if road is not None and section is None:
        said = f"no leg of {measured.path.name} has a `capacity`"
        raise click.BadParameter(said, param_hint="--road")
    posterior = _replications(scenario, ["base"], prior, replications or 1).posteriors.get("base")
    of_road = posterior
    if road is not None:
        of_road = _replications(measured, ["base"], prior, replications or 1).posteriors.get("base")
    n = replications or own_number(DRAWS, [of for of in (posterior, of_road) if of is not None])
    _refuse_large(scenario, n, ["base"], allow_large, 1, ENGINES[0])
    if out is not None:
        probe_files(Path(out))
    prepare(announce=_announce_compiling)
    limits = limits_of(scenario.scenario, section, by_day, n, posterior=posterior, of_road=of_road)
    data = capacity_data(limits, scenario.scenario, section, posterior is not None)
    if out is not None:
        replace_files(Path(out), capacity_files(data))
    if as_json:
        _print_json(data)
    else:
        click.echo(as_text(data), nl=False)
        if out is not None:
            click.echo(f"Written to: {out}")


@corridor.command(short_help="Write a commented scenario to start from.")
@click.argument("name")
def init(name: str) -> None:
    """Write NAME.yaml, a commented scenario to start from, and beside it scenario.schema.json for editors.

    Neither is ever overwritten; a schema that is there already is left as it is.
    """
    from sim.experiment.store import write_new
    from sim.scenario.json_schema import scenario_json_schema, text_of
    from sim.scenario.starter import SCHEMA_PATH, starting_file

    try:
        text = starting_file(name.removesuffix(".yaml"))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from None
    path = Path(f"{name.removesuffix('.yaml')}.yaml")
    write_new(path, text.encode())
    beside = path.parent / SCHEMA_PATH
    if os.path.lexists(beside):
        said = f"{beside} was there already, and is left as it is"
    else:
        write_new(beside, text_of(scenario_json_schema()).encode())
        said = f"{beside} too, for editors"
    click.echo(f"{path} written; {said}. Next: corridor check {path}")


@corridor.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from sim.scenario.json_schema import scenario_json_schema, text_of

    click.echo(text_of(scenario_json_schema()), nl=False)


def _read(file: str) -> ScenarioFile:
    """Read a scenario; its warnings go to stderr."""
    from sim.scenario.reading import read_scenario

    scenario = read_scenario(file)
    for warning in scenario.warnings:
        click.echo(f"warning: {warning}", err=True)
    return scenario


def _chosen_variants(scenario: ScenarioFile, names: tuple[str, ...]) -> list[str]:
    """The variants asked for, in the file's order; all unless any is named."""
    for name in names:
        _known(name, tuple(scenario.variants), "variant", "--variant")
    return [name for name in scenario.variants if not names or name in names]


def _known(name: str, options: tuple[str, ...], kind: str, hint: str) -> None:
    from sim.scenario.scalar import did_you_mean, shown

    if name not in options:
        close = did_you_mean(name, options) or f"; it has {', '.join(options)}"
        raise click.BadParameter(f"the scenario has no {kind} {shown(name)}{close}", param_hint=hint)


def _refuse_large(
    scenario: ScenarioFile, replications: int, variants: list[str], allow: bool, worlds: int | None = None,
    engine: str = "simpy",
) -> None:  # fmt: skip
    from sim.report.cost import refusal

    said = "" if allow else refusal(scenario, replications, variants, worlds, engine)
    if said:
        raise TooLargeError(f"too large: {said}. Run it all the same with --allow-large.")


def _cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _print_json(data: Any) -> None:
    import json

    click.echo(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False))


def main() -> int:
    """Run the command and say how it ended: an exit code. No user error shows a traceback."""
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", dict)(errors="replace")
    try:
        result = corridor.main(prog_name="corridor", standalone_mode=False)
        return result if isinstance(result, int) else OK
    except click.UsageError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        click.echo(f"error: {error.format_message()}", err=True)
        return error.exit_code
    except (ScenarioError, ScenarioFileError) as error:
        click.echo(str(error), err=True)
        return USAGE if isinstance(error, ScenarioError) else FILES
    except (click.Abort, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # once is enough
        click.echo("stopped", err=True)
        return INTERRUPTED
    except SystemExit as stop:  # how click ends when the reader of a pipe has gone
        return OK if stop.code == 1 else BROKEN
    except Exception as error:
        return _failed(error)


def _failed(error: Exception) -> int:
    """Exit code of an error that is not the user's, and one line about it."""
    if os.environ.get("CORRIDOR_DEBUG") == "1":
        raise error
    kind = type(error).__name__
    said = str(error).removeprefix("error: ")
    if _wants_memory(error):
        click.echo("error: not enough memory; fewer --workers or --replications need less", err=True)
        return TOO_LARGE
    if kind not in EXPECTED:
        said = f"internal: {kind}: {' '.join(said.split())[:300]} (CORRIDOR_DEBUG=1 shows where)"
    click.echo(f"error: {said}", err=True)
    return EXPECTED.get(kind, BROKEN)


def _wants_memory(error: Exception) -> bool:
    """Whether there was no memory for it: for numbers, for a process or thread, or to load a library."""
    said = str(error)
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or (isinstance(error, ImportError) and ("allocate memory" in said or "failed to map" in said))
        or (isinstance(error, RuntimeError) and said == "can't start new thread")
    )


if __name__ == "__main__":
    sys.exit(main())
