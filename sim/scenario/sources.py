"""The ledger: every number that a scenario file gives, and who vouches for it.

A number's mark is its own, or that of the nearest block around it that has one. Where a block names a
source and says `assumed` as well, the number is assumed, with a source that supports part of it.
Defaults that the file leaves out are not in the ledger: they are the schema's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.scenario.problems import Path, spelt
from sim.scenario.quantities import Written
from sim.scenario.schema import Marked, Scenario

Grade = Literal["source", "assumed", "unmarked"]
GRADES: tuple[Grade, ...] = ("source", "assumed", "unmarked")
BLOCKS = ("need", "carriers", "own_vehicles", "route", "impediments", "conditions", "observed")
_SAME_LINE = ("value", "prior")  # a fact's number is named by the fact


@dataclass(frozen=True)
class Entry:
    """One number: its key path, its text (canonical where the type keeps none), and its mark."""

    key_path: str
    text: str
    grade: Grade
    source: str | None
    reason: str | None


@dataclass(frozen=True)
class _Mark:
    source: str | None = None
    reason: str | None = None

    @property
    def grade(self) -> Grade:
        return "assumed" if self.reason else "source" if self.source else "unmarked"


def ledger(scenario: Scenario) -> tuple[Entry, ...]:
    """Every number of the blocks that describe the corridor, in the order of the schema and the file."""
    entries: list[Entry] = []
    for name in BLOCKS:
        if name in scenario.model_fields_set:
            field = type(scenario).model_fields[name]
            entries += _walk(getattr(scenario, name), field.annotation, field.metadata, (name,), _Mark())
    return tuple(entries)


def shares_of_marks(entries: tuple[Entry, ...]) -> dict[str, int]:
    """How many numbers have a source, are assumed, or have no mark."""
    counts = Counter(entry.grade for entry in entries)
    return {grade: counts[grade] for grade in GRADES}


def _walk(value: Any, kind: Any, metadata: list[Any], path: Path, mark: _Mark) -> Iterator[Entry]:
    if isinstance(value, BaseModel):
        yield from _block(value, path, mark)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, None, [], (*path, str(key)), mark)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _walk(item, None, [], (*path, index), mark)
    elif value is not None:
        written = _written(kind, metadata)
        if written is not None and written.number:
            yield Entry(spelt(path), written.spell(value), mark.grade, mark.source, mark.reason)


def _block(block: BaseModel, path: Path, mark: _Mark) -> Iterator[Entry]:
    if isinstance(block, Marked) and (block.source or block.assumed):
        mark = _Mark(block.source, block.assumed)
    for name, field in type(block).model_fields.items():
        if name in block.model_fields_set:
            key = _key(name, field)
            at = (
                path
                if key in _SAME_LINE and set(type(block).model_fields) & {"prior", "mean"}
                else (*path, key)
            )
            yield from _walk(getattr(block, name), field.annotation, field.metadata, at, mark)


def _key(name: str, field: FieldInfo) -> str:
    return field.alias or name


def _written(kind: Any, metadata: list[Any]) -> Written | None:
    """How a field's type is written, wherever pydantic keeps it: beside the field or inside `X | None`."""
    for item in metadata:
        if isinstance(item, Written):
            return item
    for member in (kind, *get_args(kind)):
        if get_origin(member) is Annotated:
            found = [item for item in get_args(member)[1:] if isinstance(item, Written)]
            if found:
                return found[0]
    return None
