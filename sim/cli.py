"""The `corridor` command: parses, calls, prints. Heavy libraries are imported where they are used."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.scenario.problems import ScenarioError, ScenarioFileError

if TYPE_CHECKING:
    from sim.scenario.reading import ScenarioFile

OK, USAGE, FILES, BROKEN, TOO_LARGE, INTERRUPTED = 0, 2, 3, 4, 5, 130
"""Exit codes, documented in ``corridor --help``."""
EXPECTED = {"StoreError": FILES, "ModelError": BROKEN, "WorkerLostError": BROKEN}
"""Errors whose own words are enough, by name: their rooms are not imported for it."""

HELP = """How many people a humanitarian corridor evacuates, as observed and unimpeded.

A scenario file says who waits, who carries them, what stands in the way and what was published. The same
patients and the same luck go through every world of it.

\b
Examples:
  corridor init my-corridor             write a commented starting file
  corridor check my-corridor.yaml       is it valid, what is assumed
  corridor run my-corridor.yaml         run it, print the answer, write tables and a figure
  corridor run my-corridor.yaml --replications 20 --variant base --json
  corridor trace my-corridor.yaml --world unimpeded --patient start-1

\b
Exit codes:
  0    done
  2    wrong usage, or a scenario that does not hold (every mistake is listed)
  3    a file or folder that cannot be read or written
  4    an invariant of the model is broken, a worker process died, or an internal error
  5    too large a run (see --allow-large)
  130  stopped with Ctrl-C
"""


SEED = click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="In place of the scenario's.")
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


@corridor.command()
@click.argument("file")
@click.option(
    "--replications", "-n", type=click.IntRange(1), help="Of each world, in place of the scenario's."
)
@SEED
@click.option("--workers", type=click.IntRange(1), help="Processes; one a core unless given.")
@click.option("--variant", "variants", multiple=True, metavar="NAME", help="Only this; may be repeated.")
@click.option("--out", metavar="FOLDER", help="Where to write; results/SCENARIO/runs/RUN-ID unless given.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.option("--quiet", is_flag=True, help="No progress bar, and only where the outputs are.")
@ALLOW_LARGE
def run(file: str, replications: int | None, seed: int | None, workers: int | None, variants: tuple[str, ...],
        out: str | None, as_json: bool, quiet: bool, allow_large: bool) -> None:  # fmt: skip
    """Run every world and variant of a scenario, print the answer, write tables and a figure.

    \b
    Written to the folder:
      measures.csv      one row a number: variant, world, replication, measure, value, unit
      differences.csv   paired differences between worlds, with intervals
      observed.csv      published figures against the model
      summary.json      the answer
      cumulative.png, cumulative.svg
      manifest.json     versions and checksums
    """
    from sim import __version__
    from sim.experiment.store import probe, run_id, write_run

    scenario = _read(file)
    chosen = _chosen_variants(scenario, variants)
    n = scenario.scenario.replications if replications is None else replications
    if n < 1:
        raise click.UsageError("the scenario asks for 0 replications: give --replications")
    number = scenario.scenario.seed if seed is None else seed
    _refuse_large(scenario, n, chosen, allow_large)
    run_name = run_id(scenario.model_hash, number, n, chosen, __version__)
    folder = Path(out) if out else Path("results") / scenario.scenario.name / "runs" / run_name
    probe(folder)

    from sim.experiment.ensemble import simulate
    from sim.report.answer import answer
    from sim.report.outputs import make_files, make_manifest
    from sim.report.progress import progress_bar
    from sim.report.sentences import repeat_command
    from sim.report.tables import render

    workers = workers or _cores()
    with progress_bar(sys.stderr, quiet or as_json) as seen:
        ensemble = simulate(
            scenario, replications=n, seed=number, variants=chosen, workers=workers, progress=seen
        )
    told = answer(ensemble, __version__, run_name)
    write_run(folder, make_files(ensemble, told), make_manifest(told))
    command = repeat_command(file, n, number, variants)
    if as_json:
        _print_json({**told, "command": command, "folder": str(folder)})
    elif quiet:
        click.echo(folder)
    else:
        click.echo(render(told, command, str(folder)), nl=False, color=True)


@corridor.command()
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print the contents as JSON.")
def check(file: str, as_json: bool) -> None:
    """Say whether a scenario is valid, what it contains and what is assumed. Nothing is run."""
    from sim.report.contents import as_text, contents

    data = contents(_read(file))
    if as_json:
        _print_json(data)
    else:
        click.echo(as_text(data), nl=False)


@corridor.command()
@click.argument("file")
@click.option("--world", default="actual", show_default=True, metavar="NAME")
@click.option("--variant", default="base", show_default=True, metavar="NAME")
@click.option("--replication", default=0, show_default=True, type=click.IntRange(0), metavar="NUMBER")
@SEED
@click.option("--patient", metavar="ID", help="Only this one and its convoys (start-1, block2-17).")
@click.option("--csv", "as_csv", is_flag=True, help="Print the table as CSV.")
@ALLOW_LARGE
def trace(file: str, world: str, variant: str, replication: int, seed: int | None, patient: str | None,
          as_csv: bool, allow_large: bool) -> None:  # fmt: skip
    """Print what happened in one replication of one world, event by event, in local time."""
    from sim.report import trace as tracing

    scenario = _read(file)
    _chosen_variants(scenario, (variant,))
    _known(world, tracing.world_names(scenario), "world", "--world")
    _refuse_large(scenario, 1, [variant], allow_large, worlds=1)
    try:
        table = tracing.trace(
            scenario, world=world, variant=variant, replication=replication, seed=seed, patient=patient
        )
    except KeyError as error:
        raise click.BadParameter(str(error.args[0]), param_hint="--patient") from None
    if as_csv:
        from sim.experiment.store import csv_bytes

        click.echo(csv_bytes(list(table.columns), tracing.plain_rows(table)).decode(), nl=False)
    else:
        for line in tracing.as_lines(table):
            click.echo(line)


@corridor.command()
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
    scenario: ScenarioFile, replications: int, variants: list[str], allow: bool, worlds: int | None = None
) -> None:
    from sim.report.cost import refusal

    said = "" if allow else refusal(scenario, replications, variants, worlds)
    if said:
        raise TooLargeError(f"too large: {said}. Run it all the same with --allow-large.")


def _cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _print_json(data: dict[str, Any]) -> None:
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
        _stop_workers()
        click.echo("stopped", err=True)
        return INTERRUPTED
    except SystemExit as stop:  # how click ends when the reader of a pipe has gone
        return OK if stop.code == 1 else BROKEN
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        return _failed(error)


def _stop_workers() -> None:
    """End the worker processes at once: their results are not wanted."""
    from multiprocessing import active_children

    for child in active_children():
        child.terminate()


def _failed(error: Exception) -> int:
    """Exit code of an error that is not the user's, and one line about it."""
    if os.environ.get("CORRIDOR_DEBUG") == "1":
        raise error
    kind = type(error).__name__
    said = str(error).removeprefix("error: ")
    if kind not in EXPECTED:
        said = f"internal: {kind}: {' '.join(said.split())[:300]} (CORRIDOR_DEBUG=1 shows where)"
    click.echo(f"error: {said}", err=True)
    return EXPECTED.get(kind, BROKEN)


if __name__ == "__main__":
    sys.exit(main())
