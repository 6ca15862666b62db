"""What is wrong with a file, said in one line a mistake, all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.scenario.scalar import Place, printable

MOST_SHOWN = 50
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One mistake: where it stands (line and column from 1), in which key, and what is allowed there."""

    line: int
    column: int
    key_path: str
    message: str
    file: str = ""

    @property
    def place(self) -> Place:
        """File, line and column."""
        return Place(self.file, self.line, self.column)

    def __str__(self) -> str:
        path = f"{self.key_path}: " if self.key_path else ""
        return f"{self.file}:{self.line}:{self.column}: {path}{self.message}"


def problem_at(place: Place, path: Path, message: str) -> Problem:
    """A problem at a place, with its key path spelt out."""
    return Problem(place.line, place.column, spelt(path), message, place.file)


def spelt(path: Path) -> str:
    """`impediments.first-week.from`, `route.legs[0].travel`; odd characters escaped, long keys cut."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            cut = part if len(part) <= 80 else part[:80] + "…"
            text += ("." if text else "") + printable(cut)
    return text


def in_order(problems: Iterable[Problem], main_file: str) -> tuple[Problem, ...]:
    """Sorted by line, the main file before its tables; one of each; at most 50 and word of the rest."""
    first: dict[tuple[Place, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.place, problem.message), problem)
    ordered = sorted(
        first.values(), key=lambda p: (p.file != main_file, p.file, p.line, p.column, p.key_path, p.message)
    )
    if len(ordered) <= MOST_SHOWN:
        return tuple(ordered)
    last = ordered[MOST_SHOWN]
    more = "there are more problems from here on"
    return (*ordered[:MOST_SHOWN], Problem(last.line, last.column, "", more, last.file))


class ScenarioError(Exception):
    """A scenario that cannot be run: every problem found in it, in the order of the lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(f"error: {problem}" for problem in self.problems)


class ScenarioFileError(OSError):
    """The file is missing or cannot be read."""

    def __init__(self, file: str, reason: str) -> None:
        self.file = file
        self.reason = reason
        super().__init__(file, reason)

    def __str__(self) -> str:
        return f"error: {self.file}: {self.reason}"
