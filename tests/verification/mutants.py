"""Small changes of the code, one at a time: would any test notice?

A mutant is one change inside one function: a comparison that includes its end or no longer does, a number
one greater, `and` for `or`, `min` for `max`, a sum for a difference, a statement left out. Messages, types
and docstrings stay as they are: no test should depend on them.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

Functions = ast.FunctionDef | ast.AsyncFunctionDef

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATIONS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitAnd, ast.Pow: ast.Mult,
}  # fmt: skip
NAMES = {
    "min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum", "maximum": "minimum",
    "floor": "ceil", "ceil": "floor",
}  # fmt: skip


class Mutant(NamedTuple):
    """One change of one file."""

    module: str
    """Where, as Python imports it."""
    function: str
    line: int
    was: str
    """What stood there, without its layout."""
    now: str
    """What stands there instead."""
    nth: int
    """Which of the function's pieces that read the same, from 1."""
    source: str
    """The whole file, changed."""

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from all others, without the number of its line."""
        return (self.module, self.function, self.was, self.now, str(self.nth))


def mutants(module: str, path: Path) -> list[Mutant]:
    """All mutants of a file, in its order."""
    source = path.read_text(encoding="utf-8")
    lines = source.encode().splitlines(keepends=True)
    starts = [0]
    for text in lines:
        starts.append(starts[-1] + len(text))
    found = []
    times: Counter[tuple[str, ...]] = Counter()
    for name, function in _functions(ast.parse(source), ""):
        for node, instead in _changes(function):
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            now = "pass" if instead is None else ast.unparse(instead)
            put = f"({now})" if isinstance(instead, ast.expr) else now
            changed = source.encode()[:start] + put.encode() + source.encode()[end:]
            was = ast.unparse(node)
            times[name, was, now] += 1
            nth = times[name, was, now]
            found.append(Mutant(module, name, node.lineno, was, now, nth, changed.decode()))
    return found


def sample(module: str, path: Path, share: float, seed: int) -> list[Mutant]:
    """About this share of a file's mutants, each drawn or not by its key and the seed alone.

    So the mutants of code that stays as it is stay in the sample, whatever is changed around it.
    """
    return [m for m in mutants(module, path) if _luck(f"{seed} {m.key}") < share]


def _luck(of: str) -> float:
    """A number between 0 and 1 that only this text has."""
    return int.from_bytes(sha256(of.encode()).digest()[:8], "big") / 2**64


def _functions(tree: ast.AST, within: str) -> Iterator[tuple[str, Functions]]:
    """Functions of the file and methods of its classes; a function's own are parts of it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Functions):
            yield within + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{within}{node.name}.")


def _changes(function: Functions) -> Iterator[tuple[Any, ast.AST | None]]:
    """Each piece of a function and what is to stand there instead (None: nothing)."""
    for statement in function.body:
        yield from _of(statement)


def _of(node: Any) -> Iterator[tuple[Any, ast.AST | None]]:
    if isinstance(node, ast.Raise):
        yield node, None
        return
    if isinstance(node, (ast.JoinedStr, ast.Import, ast.ImportFrom, ast.Assert)) or _is_text(node):
        return
    yield from _instead(node)
    for field, value in ast.iter_fields(node):
        if field not in ("annotation", "returns", "decorator_list", "type_params"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _of(child)


def _is_text(node: Any) -> bool:
    """A docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _instead(node: Any) -> Iterator[tuple[Any, ast.AST | None]]:
    match node:
        case ast.Compare():
            for k, op in enumerate(node.ops):
                yield node, _with(node, ops=[*node.ops[:k], COMPARISONS[type(op)](), *node.ops[k + 1 :]])
        case ast.BoolOp():
            yield node, _with(node, op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
        case ast.BinOp() if type(node.op) in OPERATIONS:
            yield node, _with(node, op=OPERATIONS[type(node.op)]())
        case ast.UnaryOp():
            yield node, node.operand
        case ast.Constant(value=bool()):
            yield node, ast.Constant(not node.value)
        case ast.Constant(value=int() | float()):
            yield node, ast.Constant(node.value + 1)
        case ast.Name() if node.id in NAMES and isinstance(node.ctx, ast.Load):
            yield node, _with(node, id=NAMES[node.id])
        case ast.Attribute() if node.attr in NAMES and isinstance(node.ctx, ast.Load):
            yield node, _with(node, attr=NAMES[node.attr])
        case ast.IfExp():
            yield node, _with(node, body=node.orelse, orelse=node.body)
        case ast.If() | ast.While() if isinstance(node.test, (ast.Name, ast.Attribute, ast.Call)):
            yield node.test, ast.UnaryOp(ast.Not(), node.test)
        case ast.AugAssign():
            if type(node.op) in OPERATIONS:
                yield node, _with(node, op=OPERATIONS[type(node.op)]())
            yield node, None
        case ast.Assign() if any(isinstance(t, (ast.Attribute, ast.Subscript)) for t in node.targets):
            yield node, None
        case ast.Expr(value=ast.Call()):
            yield node, None
        case ast.Continue():
            yield node, ast.Break()
        case ast.Break():
            yield node, ast.Continue()


def _with(node: Any, **fields: Any) -> Any:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed
