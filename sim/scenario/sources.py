"""The ledger: every number that a scenario file gives, and who vouches for it.

A number's mark is its own, or that of the nearest block around it that has one. Where a block names a
source and says `assumed` as well, the number is assumed, with a source that supports part of it. The error
of an observed figure is ours, not its source's: assumed, unless `error_source` names who states it.
Defaults that the file leaves out are not in the ledger: they are the schema's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel

from sim.scenario.problems import Path, spelt
from sim.scenario.quantities import Prior, Written
from sim.scenario.schema import Marked, Observed, Scenario, Source

Grade = Literal["both_sides", "reported", "single_source", "derived", "assumed", "unmarked"]
GRADES: dict[Grade, str] = {
    "both_sides": "both sides report it",
    "reported": "reported by several publishers",
    "single_source": "single source",
    "derived": "derived from a source",
    "assumed": "assumed",
    "unmarked": "unmarked",
}
"""From the best supported to the least, in words."""
BLOCKS = ("need", "carriers", "own_vehicles", "route", "impediments", "conditions", "observed")
_SAME_LINE = ("value", "prior")  # a fact's number is named by the fact
_ERROR = "The error of observation is a judgement of this scenario, not of the figure's source."


@dataclass(frozen=True)
class Entry:
    """One number: its text (canonical where the type keeps none), and its mark."""

    text: str
    grade: Grade
    sources: tuple[str, ...]
    reason: str | None
    """Why it was chosen, or how it was worked out."""
    path: Path
    value: Any
    """As the schema keeps it, in base units."""
    written: Written

    @property
    def key_path(self) -> str:
        """As errors spell it."""
        return spelt(self.path)

    @property
    def is_prior(self) -> bool:
        """Whether nobody knows the number: a prior stands in its place."""
        return isinstance(self.value, Prior)


@dataclass(frozen=True)
class _Mark:
    sources: tuple[str, ...] = ()
    derived: str | None = None
    assumed: str | None = None

    def grade(self, known: Mapping[str, Source]) -> Grade:
        """How well the number is supported: by what is said of it, and by who its sources are."""
        if self.assumed:
            return "assumed"
        if not self.sources:
            return "unmarked"
        if self.derived:
            return "derived"
        named = [known[name] for name in self.sources]
        if len({source.side for source in named} - {None}) > 1:
            return "both_sides"
        return "reported" if len({source.publisher for source in named}) > 1 else "single_source"


def ledger(scenario: Scenario) -> tuple[Entry, ...]:
    """Every number of the blocks that describe the corridor, in the order of the schema and the file."""
    walk = _Walk(scenario.sources)
    entries: list[Entry] = []
    for name in BLOCKS:
        if name in scenario.model_fields_set:
            field = type(scenario).model_fields[name]
            entries += walk.into(getattr(scenario, name), field.annotation, field.metadata, (name,), _Mark())
    return tuple(entries)


def shares_of_marks(entries: tuple[Entry, ...]) -> dict[str, int]:
    """How many numbers have a source, are assumed, or have no mark."""
    counts = Counter(entry.grade if entry.grade in ("assumed", "unmarked") else "source" for entry in entries)
    return {mark: counts[mark] for mark in ("source", "assumed", "unmarked")}


class _Walk:
    """Goes through the blocks of a scenario whose sources are known."""

    def __init__(self, known: Mapping[str, Source]) -> None:
        self.known = known

    def into(self, value: Any, kind: Any, metadata: list[Any], path: Path, mark: _Mark) -> Iterator[Entry]:
        """The numbers of a value and of what is inside it."""
        if isinstance(value, BaseModel):
            yield from self._block(value, path, mark)
        elif isinstance(value, dict):
            for key, item in value.items():
                yield from self.into(item, None, [], (*path, str(key)), mark)
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                yield from self.into(item, None, [], (*path, index), mark)
        elif value is not None and not isinstance(value, str):  # a word, such as `at: start`, is no number
            written = _written(kind, metadata)
            if written is not None and written.number:
                grade, reason = mark.grade(self.known), mark.assumed or mark.derived
                text = written.spell(value)
                yield Entry(text, grade, mark.sources, reason, path, value, written)

    def _block(self, block: BaseModel, path: Path, mark: _Mark) -> Iterator[Entry]:
        if isinstance(block, Marked) and (block.source or block.assumed):
            named = () if block.source is None else (block.source, *block.also)
            mark = _Mark(named, block.derived, block.assumed)
        for name, field in type(block).model_fields.items():
            if name in block.model_fields_set:
                key = field.alias or name
                same = key in _SAME_LINE and set(type(block).model_fields) & {"prior", "mean"}
                at = path if same else (*path, key)
                own = _error(block) if isinstance(block, Observed) and name == "error" else mark
                yield from self.into(getattr(block, name), field.annotation, field.metadata, at, own)


def _error(figure: Observed) -> _Mark:
    """Who vouches for the error of a figure."""
    if figure.error_source is not None:
        return _Mark((figure.error_source,))
    return _Mark(assumed=figure.assumed or _ERROR)


def _written(kind: Any, metadata: list[Any]) -> Written | None:
    """How a field's type is written, wherever pydantic keeps it: beside the field or inside `X | None`."""
    members = [member for member in (kind, *get_args(kind)) if get_origin(member) is Annotated]
    inside = [item for member in members for item in get_args(member)[1:]]
    return next((item for item in (*metadata, *inside) if isinstance(item, Written)), None)
