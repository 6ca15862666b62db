"""Scenario files with something wrong in them, made from files that hold: the same for the same number."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.scenario.samples import SMALL
from tests.scenario.test_bad_roads import GOOD

SHIPPED = Path(__file__).parents[2] / "scenarios"
SCALARS = (
    "", "~", "null", "true", "no", "0", "-1", "1", "2", "0.5", "1.5", "1e3", "010", "0x1F", "1_000", ".inf",
    ".nan", "-.inf", "99999999999999999999", "1000000000", "0 s", "1 s", "2 h", "-2 h", "5h30", "200 years",
    "73050 days", "20 min", "3 / day", "1000000 / day", "0 / day", "1 / week", "40%", "100%", "0%", "101%",
    "rest", "all", "none", "never", "exponential 1 s", "exponential 73050 days", "gamma 1 s ± 73050 days",
    "lognormal 1 s ± 73050 days", "uniform 0 s .. 1 s", "erlang 1000 mean 1 s", "uniform 0 .. 1",
    "normal 0 ± 1", "normal 0 / day ± 1000000 / day", "loguniform 1 .. 1000000000", "beta 0.001, 1000000",
    "poisson 100", "binomial 100 mean 100", "'0 at 50%, 100 at 50%'", "2023-02-30", "2023-02-29",
    "2022-12-12", "1900-01-01", "2299-12-31", "2023-01-01 24:00", "23:59:60", "09:00", "00:00 .. 24:00",
    "22:00 .. 06:00", "daily", "when ready", "every 60 s", "every 1 days", "every 3 h", "weekdays mon",
    "closure", "checkpoint", "convoy_cap", "passage_limit", "fuel_limit", "deterrence", "clearance",
    "no_lying_patients", "complete", "hold", "turn_back", "[]", "{}", "[a, b]", "{a: b}", "{value: 3}",
    "{prior: uniform 0 .. 9}", "&a x", "*a", "!!str x", "<<: x", "'x", '"x', "{", "[", "|", "- x", "? x",
    "@x", "`x`", "%x", "“5”", "\u202ex", "\ufeff", "\x00", "=1+1", "../../x", "con", "x" * 3000, "0 l",
    "400 l", "57 km", "+04:00", "-12:00", "+25:00", "patients", "people", "waiting", "people_arrived",
    "travel_hours", "calibrate",
)  # fmt: skip
"""Values that have tripped somebody up: some of them hold in the place where they land."""
Piece = Callable[[random.Random, list[str]], list[str]]


@cache
def parents() -> tuple[str, ...]:
    """Files that hold: small ones, and those that are shipped, the largest last."""
    own = SMALL
    for old, new in GOOD:
        own = own.replace(old, new)
    shipped = [
        (SHIPPED / name).read_text(encoding="utf-8") for name in ("one-vehicle.yaml", "checkpoint-queue.yaml")
    ]
    large = [
        (SHIPPED / name).read_text(encoding="utf-8") for name in ("exodus-2023.yaml", "lachin-2022-2023.yaml")
    ]
    return (*[SMALL, own] * 4, *shipped * 2, *large)


def mutant(number: int) -> str:
    """A file with one to four pieces changed."""
    chance = random.Random(number)
    among = parents() if number % 100 == 0 else parents()[:-1]  # the largest takes a second to read
    lines = chance.choice(among).split("\n")
    for _ in range(chance.randint(1, 4)):
        lines = chance.choice(PIECES)(chance, lines) or [""]
    return "\n".join(lines)


def _value(chance: random.Random, lines: list[str]) -> list[str]:
    """A value of a key becomes another: of a block, or inside braces."""
    at = chance.randrange(len(lines))
    found = list(re.finditer(r"(?<=: )[^\s{\[,}\]][^,}\]#]*", lines[at]))
    if found:
        one = chance.choice(found)
        lines[at] = lines[at][: one.start()] + chance.choice(SCALARS) + lines[at][one.end() :]
    return lines


def _number(chance: random.Random, lines: list[str]) -> list[str]:
    """The digits of a number change, its unit stays."""
    at = chance.randrange(len(lines))
    found = list(re.finditer(r"\d+", lines[at]))
    if found:
        one = chance.choice(found)
        new = chance.choice(["0", "1", "7", "12", "31", "100", "999", "12345", "-3", "0.25", "1e2"])
        lines[at] = lines[at][: one.start()] + new + lines[at][one.end() :]
    return lines


def _key(chance: random.Random, lines: list[str]) -> list[str]:
    """A key is renamed: to another of the file, or by a letter."""
    keys = re.findall(r"[\w.-]+(?=:(?: |$))", "\n".join(lines))
    at = chance.randrange(len(lines))
    found = list(re.finditer(r"[\w.-]+(?=:(?: |$))", lines[at]))
    if found and keys:
        one = chance.choice(found)
        word = one[0][:-1] + chance.choice("xéA ") if chance.random() < 0.5 else chance.choice(keys)
        lines[at] = lines[at][: one.start()] + word + lines[at][one.end() :]
    return lines


def _bytes(chance: random.Random, lines: list[str]) -> list[str]:
    """A character flips, goes or comes."""
    at = chance.randrange(len(lines))
    line = lines[at]
    cut = chance.randrange(len(line) + 1)
    piece = chance.choice(
        [
            "",
            ":",
            "{",
            "}",
            "[",
            "]",
            ",",
            "'",
            '"',
            "&",
            "*",
            "#",
            "|",
            "\t",
            "\x7f",
            "\xa0",
            "é",
            chr(chance.randrange(32, 0x2FFF)),
        ]
    )
    lines[at] = line[:cut] + piece + line[cut + chance.randint(0, 2) :]
    return lines


def _delete(chance: random.Random, lines: list[str]) -> list[str]:
    at = chance.randrange(len(lines))
    return lines[:at] + lines[at + chance.choice([1, 1, 1, 5]) :]


def _double(chance: random.Random, lines: list[str]) -> list[str]:
    at = chance.randrange(len(lines))
    return [*lines[: at + 1], *lines[at : at + chance.choice([1, 3])], *lines[at + 1 :]]


def _exchange(chance: random.Random, lines: list[str]) -> list[str]:
    a, b = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return lines


def _transplant(chance: random.Random, lines: list[str]) -> list[str]:
    """A line with all that is indented below it goes to another place, or comes from another file."""
    giving = chance.choice([lines, chance.choice(parents()).split("\n")])
    start = chance.randrange(len(giving))
    depth = len(giving[start]) - len(giving[start].lstrip())
    end = start + 1
    while end < len(giving) and len(giving[end]) - len(giving[end].lstrip()) > depth:
        end += 1
    at = chance.randrange(len(lines) + 1)
    around = lines[at - 1] if at else ""
    shift = " " * max(0, len(around) - len(around.lstrip()))
    return [*lines[:at], *[shift + line.removeprefix(" " * depth) for line in giving[start:end]], *lines[at:]]


PIECES: tuple[Piece, ...] = (
    *[_value] * 8, *[_number] * 6, *[_key] * 2, *[_bytes] * 3, *[_transplant] * 2,
    _delete, _double, _exchange,
)  # fmt: skip
