"""From what pydantic says to what a person needs: the place, the key path, what is allowed."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sim.scenario.problems import Path, Problem, problem_at
from sim.scenario.scalar import Place, Scalar, did_you_mean, one_of, shown
from sim.scenario.tree import Items, Keys, deepest, key_place, value_place

MOST_EXPLAINED = 200
BOOLEANS = ("true", "false", "yes", "no", "on", "off")


@dataclass(frozen=True)
class Step:
    """Where an error's location leads: the keys as written, and the type that stands there.

    model  : the type of the block that holds the last key
    union  : number of keys before a choice between types, or None
    member : which type of that choice the error speaks of
    """

    path: Path
    type: Any
    model: type[BaseModel] | None
    union: int | None
    member: Any
    is_key: bool


def explained(error: ValidationError, root: type[BaseModel], tree: Keys) -> list[tuple[Problem, Path]]:
    """One problem a mistake, and the path of what has to go for the rest to make sense."""
    details = [(e, follow(root, e["loc"])) for e in error.errors(include_url=False, include_input=False)]
    details = [pair for pair in details if not _emptied(*pair, tree)]
    if len(details) > MOST_EXPLAINED:  # more than is ever shown: only the first ones, or it takes minutes
        details.sort(key=lambda pair: key_place(tree, pair[1].path))
        del details[MOST_EXPLAINED:]
    made: list[tuple[Problem, Path]] = []
    choices: dict[Path, list[tuple[Mapping[str, Any], Step]]] = {}
    for detail, step in details:
        if step.union is None:
            made.append(_said(detail, step, tree))
        else:
            choices.setdefault(step.path[: step.union], []).append((detail, step))
    for path, group in choices.items():
        made += _choice(path, group, tree)
    return made


def follow(root: type[BaseModel], location: tuple[int | str, ...]) -> Step:
    """Walk the types along a location of pydantic's: its names of union members are no keys of the file."""
    kind: Any = root
    path: list[str | int] = []
    model: type[BaseModel] | None = None
    union, member, is_key = None, None, False
    for part in location:
        kind = _bare(kind)
        if part == "[key]":
            is_key = True
        elif _is_model(kind):
            model = kind
            path.append(part)
            kind = _field(kind, str(part))
        elif get_origin(kind) is dict:
            path.append(part)
            kind = get_args(kind)[1]
        elif get_origin(kind) is tuple:
            path.append(part)
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, types.UnionType):
            chosen = _member(kind, str(part))
            if not _is_obstacle(chosen):
                union, member = len(path), chosen
            kind = chosen
    kind = _bare(kind)
    return Step(tuple(path), kind, model, union, member, is_key)


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys that a block may have, in the order of the schema."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _bare(kind: Any) -> Any:
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, types.UnionType):
        rest = [k for k in get_args(kind) if k is not type(None)]
        if len(rest) == 1:
            return _bare(rest[0])
    return kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _is_obstacle(kind: Any) -> bool:
    return _is_model(kind) and "kind" in kind.model_fields and get_origin(_kind(kind)) is Literal


def _kind(model: type[BaseModel]) -> Any:
    return model.model_fields["kind"].annotation


def _field(model: type[BaseModel], key: str) -> Any:
    for name, field in model.model_fields.items():
        if (field.alias or name) == key:
            return field.annotation
    return None


def _member(kind: Any, tag: str) -> Any:
    for member in (_bare(k) for k in get_args(kind)):
        if _is_obstacle(member) and tag in get_args(_kind(member)):
            return member
        if _is_model(member) and member.__name__ == tag.rstrip("]").rpartition(" ")[2]:
            return member  # with validators it is `function-after[_one_way(), Removal]`
        if get_origin(member) is tuple and tag.startswith("tuple"):
            return member
        if get_origin(member) is Literal and tag.startswith("literal"):
            return member
    return None


def found(node: Any) -> str:
    """What stands there, safe to print: `found number `5``."""
    if isinstance(node, Keys):
        keys = one_of(node, 5, "and")
        return f"found a block with the keys {keys}" if node else "found an empty block"
    if isinstance(node, Items):
        return "found a list"
    if isinstance(node, Scalar) and node.quoted:
        return f"found quoted text {shown(node)}"
    word = str(node).strip()
    if word.lower() in BOOLEANS:
        return f"found boolean {shown(word)}"
    digits = word.lstrip("+-").replace(".", "", 1)
    return f"found {'number' if digits.isascii() and digits.isdigit() else 'text'} {shown(word)}"


def _said(detail: Mapping[str, Any], step: Step, tree: Keys) -> tuple[Problem, Path]:
    node, reached = deepest(tree, step.path)
    kind = detail["type"]
    if step.is_key:
        return _at(
            key_place(tree, reached), reached, f"{_cause(detail)}; found the key {_key(reached)}"
        ), reached
    if kind == "missing":
        holder = reached
        said = f"missing key `{step.path[-1]}`{_about(step)}"
        return _at(value_place(tree, holder), step.path, said), holder
    if kind == "extra_forbidden":
        keys = keys_of(step.model) if step.model else []
        odd = str(step.path[-1])
        said = f"unknown key {shown(odd)}{did_you_mean(odd, keys) or f'; allowed: {one_of(keys, 30)}'}"
        return _at(key_place(tree, reached), reached, said), reached
    if kind.startswith("union_tag"):
        return _kind_problem(step, node, reached, tree)
    if kind == "literal_error":
        options = [str(o) for o in get_args(step.type)]
        hint = did_you_mean(str(node), options) if isinstance(node, Scalar) else ""
        return _at(node.place, reached, f"expected {one_of(options)}; {found(node)}{hint}"), reached
    said = _allowed(detail, step)
    whole_block = kind == "value_error" and isinstance(node, Keys) and _is_model(step.type)
    return _at(node.place, reached, said if whole_block else f"{said}; {found(node)}"), reached


def _emptied(detail: Mapping[str, Any], step: Step, tree: Keys) -> bool:
    """Too short only because pydantic left out what is wrong in it: the rest of the errors say that."""
    node, reached = deepest(tree, step.path)
    return detail["type"] == "too_short" and reached == step.path and isinstance(node, Items) and bool(node)


def _at(place: Place, path: Path, message: str) -> Problem:
    return problem_at(place, path, message)


def _key(path: Path) -> str:
    return shown(str(path[-1]))


def _cause(detail: Mapping[str, Any]) -> str:
    cause = detail.get("ctx", {}).get("error")
    return str(cause) if cause is not None else str(detail["msg"])


def _about(step: Step) -> str:
    fields = step.model.model_fields.items() if step.model else ()
    about = {field.alias or name: field.description for name, field in fields}.get(str(step.path[-1]))
    return f" ({about.rstrip('.')})" if about else ""


def _allowed(detail: Mapping[str, Any], step: Step) -> str:
    kind = detail["type"]
    if kind in ("model_type", "dict_type", "model_attributes_type", "mapping_type"):
        keys = f" ({one_of(keys_of(step.type), 30)})" if _is_model(step.type) else ""
        return f"expected a block of keys{keys}"
    if kind in ("tuple_type", "list_type", "iterable_type"):
        return "expected a list, as in `[a, b]`"
    if kind == "too_short":
        return "at least one is needed"
    return _cause(detail)


def _kind_problem(step: Step, node: Any, reached: Path, tree: Keys) -> tuple[Problem, Path]:
    kinds = kinds_of(step.type)
    if not isinstance(node, Keys):
        return _at(node.place, reached, f"expected a block of keys with a `kind`; {found(node)}"), reached
    if "kind" not in node:
        said = f"missing key `kind`: one of {one_of(kinds)}"
        return _at(node.place, (*reached, "kind"), said), reached
    given = node["kind"]
    hint = did_you_mean(str(given), kinds) if isinstance(given, Scalar) else ""
    path = (*reached, "kind")
    return _at(value_place(tree, path), path, f"expected {one_of(kinds)}; {found(given)}{hint}"), reached


def kinds_of(union: Any) -> list[str]:
    """The kinds of a discriminated union, in the order of the schema."""
    members = [_bare(k) for k in get_args(_bare(union))]
    return [str(get_args(_kind(k))[0]) for k in members if _is_obstacle(k)]


def _choice(
    path: Path, group: list[tuple[Mapping[str, Any], Step]], tree: Keys
) -> Iterator[tuple[Problem, Path]]:
    """A value that may be of several types: speak of the type that was meant."""
    node, reached = deepest(tree, path)
    words = [str(w) for _, s in group if get_origin(s.member) is Literal for w in get_args(s.member)]
    others = [(d, s) for d, s in group if get_origin(s.member) is not Literal]
    meant = isinstance(node, Keys) and any(_is_model(s.member) for _, s in others)
    meant = meant or (isinstance(node, Items) and any(get_origin(s.member) is tuple for _, s in others))
    if meant:
        for detail, step in others:
            yield _said(detail, step, tree)
        return
    detail, step = others[0]
    said = "a list" if get_origin(step.member) is tuple else _allowed(detail, step)
    allowed, colon, cause = said.partition(": ")
    head = f"expected {one_of(words)}, or a list" if said == "a list" else f"{allowed}, or {one_of(words)}"
    head += colon + cause
    hint = did_you_mean(str(node), words) if isinstance(node, Scalar) else ""
    yield _at(node.place, reached, f"{head}; {found(node)}{hint}"), reached
