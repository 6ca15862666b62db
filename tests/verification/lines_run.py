"""Which lines and branches of `sim/` the tests run: ``uv run python -m tests.verification.lines_run``.

It reads what the commands on docs/verification.md have measured and writes `lines_run.csv`, a row a room.
"""

from __future__ import annotations

import csv
import json
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import coverage

ROOT = Path(__file__).parents[2]
FOUND = Path(__file__).with_name("lines_run.csv")
HEAD = ("room", "lines", "run", "branches", "taken")

TEXT = """
## Coverage

Lines and branches of `sim/` that tests run, commands in processes of their own included. What is compiled
leaves no trace, so that a second run adds the tests that pass through it as plain Python:

```
uv run pytest --cov --cov-report=
NUMBA_DISABLE_JIT=1 uv run pytest --cov --cov-append --cov-report= \\
    tests/model/test_{event_tables,outcome,road,as_written}.py
uv run python -m tests.verification.lines_run
```
"""
FIGURE = """
Measured on {date} with Python {python}, without the tests that are marked slow. A test fails when a room has
since become a tenth longer or shorter.

"""


class Room(NamedTuple):
    """What was measured of one room."""

    room: str
    lines: int
    """Statements, as coverage counts them."""
    run: int
    branches: int
    taken: int
    written: int
    """Lines of its files, comments and all: by this it is seen when the room has changed."""
    date: str
    python: str


def room_of(file: str) -> str:
    """`sim/model/plan.py` is of the room `model`, `sim/cli.py` of `cli`."""
    return Path(file).parts[1].removesuffix(".py").replace("__init__", "sim")


def written() -> dict[str, int]:
    """Lines of each room's files today."""
    found: dict[str, int] = {}
    for path in sorted((ROOT / "sim").rglob("*.py")):
        room = room_of(str(path.relative_to(ROOT)))
        found[room] = found.get(room, 0) + len(path.read_text(encoding="utf-8").splitlines())
    return found


def measured(files: dict[str, dict[str, int]], date: str) -> list[Room]:
    """A row for each room, from coverage's summary of each file."""
    sums = {room: [0, 0, 0, 0] for room in written()}
    for file, of in files.items():
        for k, key in enumerate(("num_statements", "covered_lines", "num_branches", "covered_branches")):
            sums[room_of(file)][k] += of[key]
    now = written()
    return [Room(room, *four, now[room], date, platform.python_version()) for room, four in sums.items()]


def read(path: Path = FOUND) -> list[Room]:
    """The rows as they were measured; none before they are."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Room(row["room"], *(int(row[key]) for key in Room._fields[1:6]), row["date"], row["python"])
            for row in csv.DictReader(file)
        ]


def whole(rows: list[Room]) -> Room:
    """The sum of all rooms."""
    return Room("all", *(sum(row[k] for row in rows) for k in range(1, 6)), rows[0].date, rows[0].python)


def cells(row: Room) -> tuple[str, ...]:
    """Its line in the table."""
    taken = f"{row.taken / row.branches:.1%}" if row.branches else ""
    return (row.room, f"{row.lines:,}", f"{row.run / row.lines:.1%}", f"{row.branches:,}", taken)


def main() -> None:
    """Write the table from `.coverage`."""
    cov = coverage.Coverage(config_file=str(ROOT / "pyproject.toml"), data_file=str(ROOT / ".coverage"))
    cov.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        cov.json_report(outfile=str(report))
        files = json.loads(report.read_text(encoding="utf-8"))["files"]
    rows = measured({name: of["summary"] for name, of in files.items()}, f"{datetime.now(UTC):%Y-%m-%d}")
    with FOUND.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(Room._fields)
        table.writerows(rows)


if __name__ == "__main__":
    main()
