"""How a type is written in a file: read by pydantic, shown by editors, spelt by the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from sim.scenario.scalar import SMART_QUOTES, code_point, is_invisible

LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class Written:
    """How a type is written: pydantic reads text by it, editors show its schema, the ledger spells it.

    number : whether a value of this type is a quantity that wants a source
    also   : the JSON types an editor's own YAML reader makes of such text
    strict : whether invisible characters and spaces other than the plain one are refused
    """

    parse: Callable[[str], Any]
    allowed: str
    examples: tuple[str, ...]
    pattern: str | None = None
    also: tuple[str, ...] = ()
    number: bool = True
    spell: Callable[[Any], str] = str
    passes: type | None = None
    strict: bool = True

    def read(self, value: Any) -> Any:
        """The typed value. Raises ValueError that says what is allowed."""
        if self.passes is not None and isinstance(value, self.passes):
            return value
        if not isinstance(value, str):
            raise ValueError(f"expected {self.allowed}")
        if len(value) > LONGEST_TEXT:
            raise ValueError(f"expected {self.allowed}: {len(value)} characters, at most {LONGEST_TEXT}")
        try:
            return self._read_strictly(value)
        except ValueError as problem:
            quote = next((c for c in value if c in SMART_QUOTES), "")
            hint = f" (a typographic quote, {code_point(quote)}, is part of the text)" if quote else ""
            problem_text = str(problem) if not hint or "typographic" in str(problem) else str(problem) + hint
            raise ValueError(f"expected {self.allowed}: {problem_text}") from None

    def _read_strictly(self, value: str) -> Any:
        """Nothing invisible is stripped off a number or a name as if it were a space."""
        if self.strict and not value.isprintable():
            odd = next(character for character in value if is_invisible(character))
            raise ValueError(f"the invisible character {code_point(odd)} is part of it: remove it")
        return self.parse(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.read,
            serialization=core_schema.plain_serializer_function_ser_schema(self.spell, when_used="json"),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        kinds = ["string", *self.also]
        made: dict[str, Any] = {"type": kinds if self.also else "string", "examples": list(self.examples)}
        if self.pattern is not None:
            made["pattern"] = self.pattern
        return made
