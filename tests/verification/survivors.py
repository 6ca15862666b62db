"""What mutation testing found, as `mutants.csv` keeps it: a row for each mutant that was tried."""

from __future__ import annotations

import csv
from math import sqrt
from pathlib import Path
from typing import NamedTuple

from scipy.stats import norm

from tests.verification.mutants import Mutant, sample

ROOT = Path(__file__).parents[2]
FOUND = Path(__file__).with_name("mutants.csv")
SEED = 20261123
SHARES = {"model": 1 / 15, "analysis": 1 / 8}
"""Rooms of `sim`, and which share of their mutants is tried."""
LEFT_OUT = (
    "sim.model.compiling",
    "sim.analysis.calibrate",
    "sim.analysis.chains",
    "sim.analysis.emulated",
)
"""What compiles has done its work before a mutant is planted (test_compiling.py has processes of its own for
it); what walks in Markov chains is held against exact posteriors, which takes too long for every mutant."""
FIRST = "176 of 210 in `sim/model` (84 %, 78–88 %), 105 of 154 in `sim/analysis` (68 %, 60–75 %)"
"""Killed when the sample was tried for the first time."""
KILLED = ("killed", "late", "died")
HEAD = ("module", "tried", "killed", "score", "95 % interval (Wilson)")
SURVIVORS = ("in", "was", "became", "why no test fails")
OPEN = "not looked into yet"

TEXT = """
## Mutation testing

Faults that nobody thought of: `mutants.py` changes one thing inside one function (a comparison that
includes its end or no longer does, a number one greater, `and` for `or`, `min` for `max`, a sum for a
difference, a statement left out; messages and types stay), and the tests that pass through its line are
run, the shortest first, until one fails. The changed module runs as it is written, as under
`NUMBA_DISABLE_JIT=1`; the others stay compiled. Of all mutants of `sim/model` one in fifteen, and of
`sim/analysis` one in eight, is tried, drawn by seed {seed}; of `compiling.py` none, which has done its work
before one is planted, nor of the Markov chains (`calibrate.py`, `chains.py`, `emulated.py`), whose tests
compare whole posteriors and take too long. Only tests of up to four seconds are run, and five seconds of them
for a mutant; survivors were then looked at with the tests that are about their function. One that
a test does not finish with counts as killed; one that cannot be told from the code as it is counts as a
survivor. Survivors were looked at one by one, and tests were written against some of them: those count as
killed now, so that the share of all mutants that would be killed is nearer to what was found at first:
{first}.

`uv run python -m tests.verification.mutation` tries what is missing in `mutants.csv`, and
`uv run python -m tests.verification.report --counts` puts it here.

"""
AFTER = """
The survivors, each with the reason:

"""


class Tried(NamedTuple):
    """One mutant and what became of it."""

    module: str
    function: str
    was: str
    now: str
    nth: str
    """Which of the function's pieces that read the same, from 1."""
    verdict: str
    """killed, late, survived."""
    by: str
    """The test that failed."""
    why: str
    """Of a survivor: why no test fails."""

    @property
    def key(self) -> tuple[str, ...]:
        """What tells the mutant from all others, as :attr:`Mutant.key`."""
        return self[:5]


def tried(path: Path = FOUND) -> list[Tried]:
    """The mutants that were tried, as they were drawn.

    `same`: the compiler makes the same of it, or no function has it that can be exchanged; not counted.
    """
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [Tried(**row) for row in csv.DictReader(file)]


def drawn() -> list[Mutant]:
    """The mutants to be tried: a sample of those of every module, in the order of the files."""
    found = []
    for room, share in SHARES.items():
        for path in sorted((ROOT / "sim" / room).glob("*.py")):
            name = f"sim.{room}.{path.stem}"
            found += sample(name, path, share, SEED) if name not in LEFT_OUT else []
    return found


def wilson(killed: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    z = norm.ppf((1 + level) / 2)
    share, spread = killed / of, z * z / of
    half = z * sqrt(share * (1 - share) / of + spread / of / 4)
    low, high = (float(share + spread / 2 + side * half) / (1 + spread) for side in (-1, 1))
    return max(0.0, low), min(1.0, high)


def score(name: str, rows: list[Tried]) -> tuple[str, ...]:
    """The cells of one line of the table: a module, or a whole room."""
    killed = sum(row.verdict in KILLED for row in rows)
    low, high = wilson(killed, len(rows))
    return (
        name,
        str(len(rows)),
        str(killed),
        f"{killed / len(rows):.0%}",
        f"{low:.0%}–{high:.0%}",
    )


def file_of(module: str) -> Path:
    """Where a module is written."""
    return ROOT / (module.replace(".", "/") + ".py")


def scores(rows: list[Tried]) -> list[tuple[str, ...]]:
    """A line for each module that was tried, then one for each room."""
    found = []
    for part in (2, 1):
        groups: dict[str, list[Tried]] = {}
        for row in (row for row in rows if row.verdict != "same"):
            groups.setdefault(".".join(row.module.split(".")[1 : 1 + part]), []).append(row)
        found += [score(name, group) for name, group in groups.items()]
    return found


def left(rows: list[Tried]) -> list[tuple[str, ...]]:
    """A line for each survivor."""
    return [
        (
            f"`{row.module.removeprefix('sim.')}.{row.function}`",
            *map(shown, (row.was, row.now)),
            row.why or OPEN,
        )
        for row in rows
        if row.verdict == "survived"
    ]


def shown(code: str) -> str:
    """A piece of code on one line."""
    words = " ".join(code.split())
    return f"`{words if len(words) <= 90 else words[:89] + '…'}`"
