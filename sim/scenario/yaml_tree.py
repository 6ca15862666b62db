"""Strict YAML: blocks, lists and text, nothing else. Every scalar stays the text that was written.

Anchors, aliases, tags, merge keys, directives, several documents, tabs, duplicate keys, empty values and
deep nesting are refused. The parser's events are used, not its documents: depth is known before anything
is built, and an alias is never followed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import Any

import yaml
from yaml import events

from sim.scenario.problems import MOST_SHOWN, Problem, problem_at
from sim.scenario.scalar import Place, Scalar, code_point, shown
from sim.scenario.tree import Items, Keys

DEEPEST = 20
MOST_EVENTS = 60_000  # keys, values, blocks; a file of 2,000 closures has about half as many
MOST_PROBLEMS = 1_000
EMPTY = ("", "~", "null", "Null", "NULL")
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_ODD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_yaml(text: str, file: str) -> tuple[Keys | None, list[Problem]]:
    """The file's top block and what is wrong with its form; no block where reading cannot go on."""
    problems = list(_odd_characters(text, file))
    if problems:
        return None, problems
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=Loader):
            if not builder.take(event):
                return None, builder.problems
    except yaml.MarkedYAMLError as error:
        return None, [*builder.problems, _syntax(error, text, file)]
    except yaml.YAMLError as error:  # a reader's error has no mark
        return None, [*builder.problems, problem_at(Place(file, 1, 1), (), f"not YAML: {shown(str(error))}")]
    return builder.top(), builder.problems


def _odd_characters(text: str, file: str) -> Iterator[Problem]:
    if text.startswith("\ufeff"):
        yield problem_at(
            Place(file, 1, 1), (), "a byte order mark (U+FEFF): save the file as UTF-8 without BOM"
        )
        return
    odd = (f for f in _ODD.finditer(text) if not text.startswith("\r\n", f.start()))
    for found in islice(odd, MOST_SHOWN + 1):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
        leading = not text[found.start() - column + 1 : found.start()].strip()
        where = f"used for indentation, line {line}" if leading else "in the text"
        what = (
            f"a tab is {where}: use spaces"
            if found[0] == "\t"
            else f"{_sort(found[0])} character {code_point(found[0])}: remove it"
        )
        yield problem_at(Place(file, line, column), (), what)


def _sort(character: str) -> str:
    return "control" if unicodedata.category(character) == "Cc" else "invisible"


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    said = error.problem or "it cannot be read"
    hint = ""
    if "mapping values are not allowed" in said:
        hint = '; a text that holds a colon and a space needs quotes, as in `title: "Gate: north"`'
    elif "cannot start any token" in said or "alias" in said or "anchor" in said:
        hint = "; a text that starts with a special character needs quotes"
    elif "block end" in said or "could not find expected ':'" in said:
        hint = "; look at the indentation, the quotes and the colons of this line and the one above"
    lines = text.splitlines()
    if line > len(lines):  # the end of the file, where an open bracket or quote is noticed
        line, column = max(len(lines), 1), 1
    return problem_at(Place(file, line, column), (), f"not YAML: {said}{hint}")


class _Frame:
    """A block or list being filled; `key` is the block's key that waits for its value."""

    def __init__(self, container: Keys | Items, is_key: bool, braces: bool) -> None:
        self.container = container
        self.is_key = is_key
        self.braces = braces
        self.key: Scalar | None = None
        self.entered = ""  # the last key that got its value
        self.skip = False  # the next value belongs to a refused key


class _Builder:
    """Builds the tree from the parser's events. State: the open blocks and the problems so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.stack: list[_Frame] = []
        self.root: Any = None
        self.documents = 0
        self.events = 0

    def take(self, event: Any) -> bool:
        """Use one event; False when reading must stop."""
        self.events += 1
        if self.events > MOST_EVENTS or len(self.problems) > MOST_PROBLEMS:
            many = "keys and values" if self.events > MOST_EVENTS else "problems"
            self._say(event, f"too many {many}: reading stops here")
            return False
        if isinstance(event, events.DocumentStartEvent):
            self.documents += 1
            if event.version or event.tags:
                self._say(event, "directives (`%YAML`, `%TAG`) are not allowed: remove the line")
            if self.documents > 1:
                self._say(event, "one document a file: remove the second `---`")
            return self.documents == 1
        if isinstance(event, events.AliasEvent):
            self._say(
                event, f"aliases are not allowed: write the value out in place of {shown(f'*{event.anchor}')}"
            )
            self._add(Scalar("", False, self._place(event)), refused=True)
        elif isinstance(event, events.ScalarEvent):
            self._marks_refused(event)
            self._scalar(event)
        elif isinstance(event, (events.MappingStartEvent, events.SequenceStartEvent)):
            self._marks_refused(event)
            if len(self.stack) >= DEEPEST:
                self._say(event, f"nested deeper than {DEEPEST}")
                return False
            self._open(event)
        elif isinstance(event, (events.MappingEndEvent, events.SequenceEndEvent)):
            closed = self.stack.pop()
            if closed.is_key:
                self.stack[-1].skip = True
        return True

    def top(self) -> Keys | None:
        """The top block, or None and a problem that says what is there instead."""
        start = Place(self.file, 1, 1)
        if self.root is None or (isinstance(self.root, Scalar) and self.root in EMPTY):
            self.problems = [problem_at(start, (), "the scenario is empty")]
        elif isinstance(self.root, Keys):
            return self.root
        else:
            what = "a list" if isinstance(self.root, Items) else f"text {shown(self.root)}"
            self.problems.append(
                problem_at(
                    self.root.place, (), f"expected a mapping at top level (`name: ...`), found {what}"
                )
            )
        return None

    def _place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _path(self) -> tuple[str | int, ...]:
        parts: list[str | int] = []
        for frame in self.stack[:-1]:
            inside = isinstance(frame.container, Items)
            parts.append(len(frame.container) - 1 if inside else frame.entered)
        if self.stack and isinstance(self.stack[-1].container, Items):
            parts.append(len(self.stack[-1].container))
        elif self.stack and self.stack[-1].key is not None:
            parts.append(str(self.stack[-1].key))
        return tuple(parts)

    def _say(self, event: Any, message: str, *keys: str) -> None:
        self.problems.append(problem_at(self._place(event), (*self._path(), *keys), message))

    def _marks_refused(self, event: Any) -> None:
        if event.anchor is not None:
            self._say(event, f"anchors are not allowed: remove {shown(f'&{event.anchor}')}")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._say(event, f"tags are not allowed: remove {shown(tag)}")

    def _expects_key(self) -> bool:
        if not self.stack or isinstance(self.stack[-1].container, Items):
            return False
        return self.stack[-1].key is None and not self.stack[-1].skip

    def _scalar(self, event: Any) -> None:
        quoted = event.style in ("'", '"')
        empty = not event.style and event.value in EMPTY
        place = self._place(event)
        if self._expects_key():
            self._key(Scalar(event.value, quoted, place), empty, event)
            return
        if empty and self.stack:
            if event.value == "" and self._cut_by_a_comma():
                self.stack[-1].key = None
                return
            key = self.stack[-1].key
            place = key.place if key is not None and event.value == "" else place
            if not self.stack[-1].skip:
                said = "empty value: write a value, or leave the key out"
                self.problems.append(problem_at(place, self._path(), said))
        self._add(Scalar(event.value, quoted, place))

    def _cut_by_a_comma(self) -> bool:
        """Whether the key without a value is the rest of the value before it, as in `{count: 1,5}`."""
        frame = self.stack[-1]
        if not isinstance(frame.container, Keys) or not frame.braces or frame.key is None or frame.key.quoted:
            return False
        before = frame.container.get(frame.entered)
        if not isinstance(before, Scalar) or before.quoted:
            return False
        numbers = any(c.isdigit() for c in before) and frame.key[:1].isdigit()
        if not (numbers or before.startswith("weekdays ")) or _DAY.fullmatch(frame.key):
            return False
        said = (
            "the comma ends this value: write a decimal with a point, as in `1.5`, or put the whole value "
            f"in quotes; found {shown(before)}"
        )
        self.problems.append(problem_at(before.place, (*self._path()[:-1], frame.entered), said))
        return True

    def _key(self, key: Scalar, empty: bool, event: Any) -> None:
        frame = self.stack[-1]
        if empty:
            self._say(event, "keys must be text")
        elif key == "<<" and not key.quoted:
            self._say(event, "merge keys (`<<`) are not allowed: write the values out")
        elif key != key.strip():
            self._say(event, f"spaces around a key: write {shown(key.strip())}, not {shown(key)}")
        elif key in frame.container:
            first = frame.container.key_places[key]  # type: ignore[union-attr]
            said = f"duplicate key {shown(key)}: it stands in line {first.line} already"
            self._say(event, said, key)
        else:
            frame.key = key
            return
        frame.skip = True

    def _open(self, event: Any) -> None:
        place = self._place(event)
        container: Keys | Items = Keys(place) if isinstance(event, events.MappingStartEvent) else Items(place)
        as_key = self._expects_key()
        if as_key:
            self._say(event, "keys must be text, not a list or a block")
        else:
            self._add(container)
        self.stack.append(_Frame(container, as_key, bool(event.flow_style)))

    def _add(self, node: Any, refused: bool = False) -> None:
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        if refused and self._expects_key():
            frame.skip = True
        elif isinstance(frame.container, Items):
            frame.container.append(node)
        elif frame.skip:
            frame.skip = False
        elif frame.key is not None:
            frame.container.put(str(frame.key), node, frame.key.place)
            frame.entered, frame.key = str(frame.key), None
