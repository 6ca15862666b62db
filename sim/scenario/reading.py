"""Reading a scenario: strict text to typed values, or every mistake in the file at once.

One path through the code for a file on disk and for text in memory. Nothing is repaired, defaulted or
dropped in silence: it is right, it is an error, or it is a warning that travels with the scenario.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path as FilePath

from sim.scenario.assembly import Readings, readings
from sim.scenario.hashing import model_hash
from sim.scenario.problems import Problem, ScenarioError, ScenarioFileError, in_order, problem_at
from sim.scenario.scalar import Place, printable
from sim.scenario.schema import WHOLE_RECORD, Scenario
from sim.scenario.tables import Tables
from sim.scenario.yaml_tree import parse_yaml

LARGEST = 1_000_000  # bytes

__all__ = ["Problem", "ScenarioError", "ScenarioFile", "ScenarioFileError", "read_scenario", "read_text"]


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario file that holds.

    path         : the file as the user named it
    scenario     : as written: the variant `base`
    variants     : `base` first, then every variant in the order of the file
    assumed      : (variant, world) -> the scenario with the world's `assume` laid over it
    calibrated   : (variant, calibration) -> the scenario with the calibration's `change` laid over it
    model_hash   : SHA-256 of what moves the model, in every variant and world
    file_hash    : SHA-256 of the bytes of the file and its tables
    warnings     : one line each, `FILE:LINE:COL: KEY.PATH: message`
    personal     : texts that look like personal data; they are among the warnings too
    unsourced    : numbers without a mark in any reading, and sources without a date or an address
    """

    path: FilePath
    scenario: Scenario
    variants: dict[str, Scenario]
    assumed: dict[tuple[str, str], Scenario]
    calibrated: dict[tuple[str, str], Scenario]
    model_hash: str
    file_hash: str
    warnings: tuple[str, ...]
    personal: tuple[Problem, ...]
    unsourced: tuple[Problem, ...]

    def calibration(self, variant: str, name: str) -> tuple[Scenario, date | None]:
        """The scenario that a calibration runs, and the last day whose figures it sees (None: all)."""
        scenario = self.variants[variant]
        if name == WHOLE_RECORD:
            return scenario, None
        return self.calibrated.get((variant, name), scenario), scenario.calibrations[name].until


def read_scenario(path: str | os.PathLike[str]) -> ScenarioFile:
    """Read a file. Raises ScenarioError (all its problems), ScenarioFileError (it cannot be read)."""
    file = FilePath(path)
    name = printable(os.fspath(path)) or "``"
    try:
        with open(file, "rb", opener=_opener) as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ScenarioFileError(name, "not a file")
            if status.st_size > LARGEST:
                raise ScenarioError([_whole_file(name, f"{status.st_size} bytes: at most {LARGEST} (1 MB)")])
            data = stream.read(LARGEST + 1)
    except ScenarioFileError:
        raise
    except OSError as error:
        raise ScenarioFileError(name, error.strerror or "cannot be read") from None
    except ValueError:  # a NUL in the name
        raise ScenarioFileError(name, "not the name of a file") from None
    return _read(data, file, file.parent, name)


def read_text(text: str, folder: FilePath, name: str) -> ScenarioFile:
    """Read a scenario from memory; tables are looked up in `folder`. Raises ScenarioError."""
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        raise ScenarioError([_whole_file(name, "a lone surrogate: not text")]) from None
    return _read(data, FilePath(name), folder, name)


def _opener(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))  # a named pipe must not hang the reader


def _whole_file(name: str, message: str) -> Problem:
    return problem_at(Place(name, 1, 1), (), message)


def _read(data: bytes, path: FilePath, folder: FilePath, name: str) -> ScenarioFile:
    tree, problems = parse_yaml(_decoded(data, name), name)
    if tree is None:
        raise ScenarioError(in_order(problems, name))
    tables = Tables(folder, FilePath(name).parent)
    result = readings(tree, tables, {p.place for p in problems})
    problems += result.problems
    if problems or result.base is None:
        raise ScenarioError(in_order(problems, name))
    return ScenarioFile(
        path=path,
        scenario=result.base,
        variants=result.variants,
        assumed=result.assumed,
        calibrated=result.calibrated,
        model_hash=model_hash(dict(_all(result))),
        file_hash=_file_hash(data, tables.contents),
        warnings=tuple(str(w) for w in in_order([*result.warnings, *result.personal], name)),
        personal=in_order(result.personal, name),
        unsourced=tuple(sorted(result.unsourced, key=lambda p: (p.file != name, p.place, p.key_path))),
    )


def _decoded(data: bytes, name: str) -> str:
    if len(data) > LARGEST:
        raise ScenarioError([_whole_file(name, f"{len(data)} bytes: at most {LARGEST} (1 MB)")])
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ScenarioError([_whole_file(name, "UTF-16: save the file as UTF-8 without BOM")])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        said = f"not UTF-8 (byte 0x{data[error.start]:02x}): save the file as UTF-8 without BOM"
        raise ScenarioError([problem_at(Place(name, line, column), (), said)]) from None


def _all(result: Readings) -> Iterator[tuple[tuple[str, ...], Scenario]]:
    for variant, scenario in result.variants.items():
        yield (variant,), scenario
    for pair, scenario in result.assumed.items():
        yield pair, scenario


def _file_hash(data: bytes, tables: dict[str, bytes]) -> str:
    digest = hashlib.sha256(data)
    for table in sorted(tables):  # without tables: the plain hash of the file
        digest.update(hashlib.sha256(table.encode()).digest() + hashlib.sha256(tables[table]).digest())
    return digest.hexdigest()
