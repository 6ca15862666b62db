"""The answer as text: one table first, then what it rests on. Coloured in a terminal, plain elsewhere."""

from __future__ import annotations

import io
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from sim.report.numbers import mean_and_ends, rounded, rule_of_three, span, whole_unit, with_interval
from sim.report.sentences import (
    ILLUSTRATIVE,
    NOT_INDEPENDENT,
    carrier_name,
    long_date,
    many,
    precision_sentence,
    short_date,
)

PLAIN_WIDTH = 110
"""Columns of text that goes to a file or a pipe, whatever the machine."""
MOST_WORLDS = 3
"""Worlds in one table; more go into a further table with the same rows."""

NAN = float("nan")


def render(answer: Mapping[str, Any], command: str, where: str | None, terminal: bool | None = None) -> str:
    """The whole answer as text.

    Parameters
    ----------
    answer
        As made by :func:`sim.report.answer.answer`.
    command
        What repeats the run.
    where
        The last line: where the outputs are, as the user would name it; None when nothing was written.
    terminal
        Whether to use colours and the terminal's width; found out unless given.
    """
    page = started(answer, terminal)
    _main_tables(page, answer)
    _definitions(page, answer)
    _variants(page, answer)
    _observed(page, answer)
    page.heading("What this rests on")
    for line in answer["status"]["lines"]:
        page.item(line)
    for line in answer["status"]["warnings"]:
        page.item(f"warning: {line}")
    page.gap()
    if answer["run"]["precision"] is not None:
        page.line(precision_sentence(answer["run"]["precision"]))
    return ended(page, answer, command, where)


def started(data: Mapping[str, Any], terminal: bool | None) -> Page:
    """A page with what an answer and an attribution begin with: title, status, and the sentence to quote."""
    terminal = is_terminal(sys.stdout) if terminal is None else terminal
    width = max(60, min(140, shutil.get_terminal_size().columns)) if terminal else PLAIN_WIDTH
    page, scenario = Page(width, terminal), data["scenario"]
    page.heading(f"{scenario['title']} ({scenario['name']}, {scenario['from']} to {scenario['to']})")
    if data["status"]["illustrative"]:
        page.line(ILLUSTRATIVE)
    page.line(f"Status: {data['status']['label']}.")
    page.gap()
    page.line(data["sentence"])
    if data["caution"] is not None:
        page.line(data["caution"])
    page.gap()
    return page


def ended(page: Page, data: Mapping[str, Any], command: str, where: str | None) -> str:
    """The page as text, with what made it, what repeats it and where its files are."""
    scenario, run = data["scenario"], data["run"]
    page.line(f"Scenario {scenario['file']}, SHA-256 {scenario['file_hash'][:16]}…; seed {run['seed']}; "
              f"{many(run['replications'], 'replication')}; corridor-sim {run['version']}.")  # fmt: skip
    page.verbatim(f"Repeat it:  {command}")
    if where is not None:
        page.verbatim(where)
    return page.text()


def is_terminal(stream: TextIO) -> bool:
    """Whether colours and progress bars are welcome: a terminal that knows them, and no NO_COLOR."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")


def _main_tables(page: Page, answer: Mapping[str, Any]) -> None:
    """Measures by world; the headline's pair with their difference first, further worlds below."""
    headline, rows = answer["headline"], answer["measures"]
    minus, world = headline["minus"], headline["world"]
    names = [w["name"] for w in answer["worlds"]]
    label = {w["name"]: w["name"] + ("" if w["pure_removal"] else " *") for w in answer["worlds"]}
    others = [n for n in names if n not in (minus, world)]
    together = len(others) <= MOST_WORLDS - 2
    shown = [minus, world, *(others if together else [])]
    who = "by all carriers"
    if headline["carrier"] is not None:
        who = f"by {carrier_name(headline['carrier'], headline['carrier_title'])}"
    until = long_date(headline["until"])
    page.heading(f"By {until}, variant {rows[0]['variant']}; evacuations and convoys {who}")
    header = ["", "observed", *(label[n] for n in shown), f"{world} − {minus}"]
    body = []
    for row in rows:
        cells = [_estimate(row["worlds"][n], row["unit"]) for n in shown]
        cells.append(_estimate(row["difference"], row["unit"]))
        body.append([_label(row), _published(row["observed"], headline["until"]), *cells])
    page.table(header, body)
    page.line(
        "Cells: median [90 % prediction interval]. The difference is paired, replication by replication. "
        "Longest gap: between departures, the start and the end of the run included. Days on the list (the "
        "delay): up to boarding, not to the handover, those still waiting included. They and those still "
        "waiting: the whole list, whoever carries them."
    )
    main = rows[0]["difference"]
    mean, ends = _mean(main)
    flips = rule_of_three(main["opposite_replications"], main["replications"], main["independent"])
    if main["mean_low"] is not None:
        ends += ", 95 % Monte Carlo interval of the mean"
    page.line(
        f"{main['unit'].capitalize()}, {world} − {minus}: mean {mean} ({ends}); "
        f"replications with the opposite sign: {flips}."
        + ("" if main["independent"] else f" {NOT_INDEPENDENT}")
    )
    _windows(page, answer)
    if others and not together:
        for k in range(0, len(others), MOST_WORLDS):
            part = others[k : k + MOST_WORLDS]
            page.gap()
            page.table(
                ["other worlds", *(label[n] for n in part)],
                [[_label(row), *(_estimate(row["worlds"][n], row["unit"]) for n in part)] for row in rows],
            )
    if any(label[n].endswith("*") for n in names):
        page.line("* no pure removal: it assumes a changed value as well (below).")
    page.gap()


def _windows(page: Page, answer: Mapping[str, Any]) -> None:
    """The headline's measure within the scenario's windows."""
    rows, headline = answer["windows"], answer["headline"]
    if not rows:
        return
    minus, world = headline["minus"], headline["world"]
    body = []
    for row in rows:
        title = row["title"]
        if title == row["window"]:
            title += f", {long_date(row['from'])} to {long_date(row['to'])}"
        estimates = (row["worlds"][minus], row["worlds"][world], row["difference"])
        body.append([title, *(_estimate(estimate, row["unit"]) for estimate in estimates)])
    page.gap()
    page.table(
        [
            f"By window: {headline['unit']} evacuated",
            minus,
            world,
            f"{world} − {minus}",
        ],
        body,
    )


def _definitions(page: Page, answer: Mapping[str, Any]) -> None:
    page.heading("The worlds")
    for world in answer["worlds"]:
        page.item(world["sentence"], world["name"] + ("" if world["pure_removal"] else " *"))
    page.gap()


def _variants(page: Page, answer: Mapping[str, Any]) -> None:
    headline, says = answer["headline"], answer["run"]["variants"]
    whole = whole_unit(headline["unit"])
    pair = f"{headline['world']} − {headline['minus']}"
    page.heading(f"The headline ({pair}, {headline['unit']}) in each variant")
    rows = []
    for row in headline["variants"]:
        flips = rule_of_three(row["opposite_replications"], row["replications"], row["independent"])
        rows.append([row["variant"], _estimate(row, headline["unit"]), "{} [{}]".format(*_mean(row)), flips])
    page.table(["variant", "median [90 % prediction]", "mean [95 % Monte Carlo]", "opposite sign"], rows)
    over = headline["span"]
    if len(rows) > 1 and over["low"] is not None:
        width = over["high"] - over["low"]
        medians = (rounded(over[k], width, whole) for k in ("lowest_median", "highest_median"))
        page.line(
            f"Over the variants: {span(over['low'], over['high'], whole)} (from the lowest to the highest "
            f"end of their 90 % prediction intervals); medians {' to '.join(medians)}."
        )
    for name, sentence in says.items():
        if sentence:
            page.item(sentence, name)
    page.gap()


def _observed(page: Page, answer: Mapping[str, Any]) -> None:
    first = answer["measures"][0]["variant"]
    figures = [row for row in answer["observed"] if row["variant"] == first]
    if not figures:
        return
    page.heading(f"Published figures against the actual world, variant {first}")
    rows = []
    for row in figures:
        whole = row["what"] != "convoy_size"
        estimate = with_interval(row["median"], _or_nan(row["low"]), _or_nan(row["high"]), whole)
        inside = _verdict(row)
        if row["defined"] < answer["run"]["replications"]:
            inside += f" (of {row['defined']})"
        rows.append([row["figure"], row["published"], estimate, inside, f"{row['pit']:.2f}", row["use"]])
    page.table(["figure", "published", "predicted", "", "PIT", "for"], rows)
    page.line(
        "Predicted: median [90 % prediction interval]. Inside: within it; inside with error: within it once "
        "widened by two standard errors of observation. Not contradicted: the upper end, so widened, reaches "
        "a floor (more than, at least). "
        "(of n): replications that have such a value. PIT: share of what would be published that lies below "
        "the figure, each replication taken with the figure's error; without one, those equal counted half."
    )
    page.gap()


def _verdict(row: Mapping[str, Any]) -> str:
    """Where a published figure lies; nothing where one replication allows no interval."""
    if row["inside"] is None:
        return ""
    if not row["inside"]:
        return "OUTSIDE"
    return {None: "not contradicted", True: "inside", False: "inside with error"}[row["strictly"]]


def _label(row: Mapping[str, Any]) -> str:
    """What is measured, and its unit where the label does not say it."""
    unit = row["unit"]
    return row["label"] if unit in ("patients", "people", "convoys") else f"{row['label']} ({unit})"


def _published(figure: Mapping[str, Any] | None, until: str) -> str:
    """A published total with its source, and with its date where that is not the last day."""
    if figure is None:
        return ""
    day = f" by {short_date(figure['by'])}" if figure["by"] < until else ""
    return f"{figure['published']}{day} [{figure['source'] or figure['figure']}]"


def _estimate(row: Mapping[str, Any], unit: str) -> str:
    point = _or_nan(row["point"] if "point" in row else row["median"])
    return with_interval(point, _or_nan(row["low"]), _or_nan(row["high"]), whole_unit(unit))


def _mean(row: Mapping[str, Any]) -> tuple[str, str]:
    """The mean of a difference and its interval, or that it has none."""
    low, high = _or_nan(row["low"]), _or_nan(row["high"])
    return mean_and_ends(row["mean"], _or_nan(row["mean_low"]), _or_nan(row["mean_high"]), high - low)


def _or_nan(value: float | None) -> float:
    return NAN if value is None else value


class Page:
    """Lines of text, wrapped; tables drawn by rich."""

    def __init__(self, width: int, colour: bool) -> None:
        from rich.console import Console

        self.width, self.colour = width, colour
        self.stream = io.StringIO()
        self.console = Console(
            file=self.stream, width=width, force_terminal=colour, no_color=None if colour else True,
            color_system="auto" if colour else None, highlight=False, markup=False, emoji=False,
            legacy_windows=False,
        )  # fmt: skip

    def text(self) -> str:
        """The page, without spaces at the ends of lines."""
        return "\n".join(line.rstrip() for line in self.stream.getvalue().splitlines()) + "\n"

    def gap(self) -> None:
        """An empty line."""
        self.console.print()

    def heading(self, text: str) -> None:
        """A line that stands out in a terminal."""
        self.console.print(textwrap.fill(text, self.width), style="bold")

    def line(self, text: str) -> None:
        """A paragraph."""
        self.verbatim(textwrap.fill(text, self.width))

    def verbatim(self, text: str) -> None:
        """Text that may be copied: never broken."""
        self.console.print(text, soft_wrap=True)

    def item(self, text: str, name: str = "") -> None:
        """An item of a list, led by its name."""
        lead = f"- {name}: " if name else "- "
        self.verbatim(textwrap.fill(text, self.width, initial_indent=lead, subsequent_indent="  "))

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table; its first column to the left, the others to the right."""
        from rich import box
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD if self.colour else box.ASCII2, pad_edge=False, show_edge=False)
        for k, name in enumerate(header):
            table.add_column(name, justify="left" if k == 0 else "right", overflow="fold")
        for row in rows:
            table.add_row(*row)
        self.console.print(table)
