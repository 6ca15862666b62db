"""The tutorial, carried out: ``uv run python -m tests.cli.tutorial`` writes what it shows anew.

docs/tutorial.md is typed by hand, save what its commands print. Read from top to bottom it is a script:

- a block ``diff`` is an edit of the file that it names: lines that start with `-` or a space stand there, one
  after the other and exactly once, and are replaced by those that start with `+` or a space;
- a block ``console`` is one command and what it prints, to the terminal and to the error stream. A comment
  before the block, ``<!-- shows: words | words -->``, keeps the paragraphs that start so; others are a
  `…`. An exit code other than 0 is the last line.

Ids and hashes (twelve hexadecimal digits or more) are those of one version of the program: another one may
give others, but the same ones in the same places.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from sim.cli import main as corridor
from sim.model.engines import prepare

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
_BLOCK = re.compile(
    r"(?:<!-- shows: (?P<shows>[^\n]*) -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)```\n", re.DOTALL
)
_ID = re.compile(r"\b[0-9a-f]{12,64}\b")
LEFT_OUT = "…"


class Step(NamedTuple):
    """One block of the page that does something."""

    kind: str
    text: str
    shows: tuple[str, ...]
    span: tuple[int, int]
    """Where its text stands in the page."""


def steps(page: str) -> list[Step]:
    """The blocks of the page that are carried out, from top to bottom."""
    return [
        Step(
            block["kind"],
            block["text"],
            tuple(filter(None, (block["shows"] or "").split(" | "))),
            block.span("text"),
        )
        for block in _BLOCK.finditer(page)
        if block["kind"] in ("console", "diff")
    ]


def printed(page: str, home: Path) -> Iterator[tuple[Step, str]]:
    """Carry the page out in an empty folder: each command's block, and what it should hold.

    Raises
    ------
    ValueError
        When an edit does not fit its file.
    """
    for step in steps(page):
        if step.kind == "diff":
            edit(step.text, home)
        else:
            command = step.text.splitlines()[0]
            yield step, f"{command}\n{shown(run(command, home), step.shows)}"


def edit(text: str, home: Path) -> None:
    """Change a file as a block shows."""
    name, *lines = text.splitlines()
    path = home / name.removeprefix("--- ")
    content = path.read_text(encoding="utf-8").splitlines()
    for hunk in "\n".join(lines).split("\n@@\n"):
        old = [line[1:] for line in hunk.splitlines() if line[:1] != "+"]
        new = [line[1:] for line in hunk.splitlines() if line[:1] != "-"]
        found = [at for at in range(len(content)) if content[at : at + len(old)] == old]
        if len(found) != 1:
            raise ValueError(f"{name}: {len(found)} times there, not exactly once: {old}")
        content[found[0] : found[0] + len(old)] = new
    path.write_text("\n".join(content) + "\n", encoding="utf-8")


def run(command: str, home: Path) -> str:
    """What a command prints, its exit code in the last line where it is not 0."""
    mark, program, *arguments = shlex.split(command)
    if (mark, program) != ("$", "corridor"):
        raise ValueError(f"not a command of the tutorial: {command}")
    terminal = io.StringIO()
    with (
        contextlib.chdir(home),
        patch.object(sys, "argv", [program, *arguments]),
        patch("sim.cli._cores", lambda: 1),  # any number gives the same text; one needs no other process
        contextlib.redirect_stdout(terminal),
        contextlib.redirect_stderr(terminal),
    ):
        code = corridor()
    lines = [line.rstrip() for line in terminal.getvalue().splitlines()]
    return "\n".join([*lines, *([f"(exit code {code})"] if code else [])]).strip("\n") + "\n"


def shown(text: str, wanted: tuple[str, ...]) -> str:
    """The paragraphs that start with the wanted words; all of them where none are named.

    Raises
    ------
    ValueError
        When no paragraph starts with one of them.
    """
    if not wanted:
        return text
    paragraphs = text.rstrip("\n").split("\n\n")
    missing = [words for words in wanted if not any(p.startswith(words) for p in paragraphs)]
    if missing:
        raise ValueError(f"no paragraph starts with {missing}:\n{text}")
    kept: list[str] = []
    for paragraph in paragraphs:
        part = paragraph if paragraph.startswith(wanted) else LEFT_OUT
        if part != LEFT_OUT or kept[-1:] != [LEFT_OUT]:
            kept.append(part)
    return "\n\n".join(kept) + "\n"


def with_ids_numbered(text: str) -> str:
    """The text with each id or hash replaced by a number in the order of appearance.

    A hash that is printed in full and its first digits are the same one.
    """
    known: list[str] = []

    def number(found: re.Match[str]) -> str:
        for place, one in enumerate(known):
            if one.startswith(found[0]) or found[0].startswith(one):
                return f"<id {place}>"
        known.append(found[0])
        return f"<id {len(known) - 1}>"

    return _ID.sub(number, text)


def carried_out(page: str, home: Path) -> str:
    """The page with what its commands print now."""
    parts, end = [], 0
    for step, text in printed(page, home):
        parts += [page[end : step.span[0]], text]
        end = step.span[1]
    return "".join([*parts, page[end:]])


def main() -> None:
    """Write what the commands print into the page."""
    prepare()
    with tempfile.TemporaryDirectory() as folder:
        page = carried_out(PAGE.read_text(encoding="utf-8"), Path(folder))
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
