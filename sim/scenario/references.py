"""Names that point at something: every one must exist. Read from the tree, so that a mistake elsewhere
in the file hides none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sim.scenario.calendar_text import Moment, moment
from sim.scenario.explain import kinds_of
from sim.scenario.problems import MOST_SHOWN, Path, Problem, problem_at
from sim.scenario.scalar import Scalar, did_you_mean, one_of, shown
from sim.scenario.schema import AnyObstacle
from sim.scenario.tree import Items, Keys, block_at, deepest, items_at

ALWAYS = ("actual", "unimpeded")
KINDS = tuple(kinds_of(AnyObstacle))
SECTIONS = ("impediments", "conditions")
CAPS = {
    "carriers": 20,
    "observed": 200,
    "worlds": 40,
    "variants": 20,
    "windows": 200,
    "calibrations": 20,
    "own_vehicles": 20,
    "sources": 2_000,
}
MOST_CLASSES, MOST_LEGS, MOST_TYPES, MOST_OBSTACLES = 30, 20, 100, 2_000
MOST_ENTRIES = 4_000
"""Of any other block or list."""


@dataclass(frozen=True)
class Names:
    """Impediments that a world may remove."""

    ids: frozenset[str]
    groups: frozenset[str]
    kinds: frozenset[str]


def removable(tree: Keys) -> Names:
    """The ids, groups and kinds of the impediments of a tree."""
    ids, groups, kinds = set(), set(), set()
    for name, entry in block_at(tree, "impediments").items():
        ids.add(name)
        if isinstance(entry, Keys):
            groups.add(str(entry.get("group", name)))
            kinds.add(str(entry.get("kind", "")))
    return Names(frozenset(ids), frozenset(groups), frozenset(kinds))


def too_many(tree: Keys) -> list[Problem]:
    """Blocks beyond the documented sizes: said alone, before anything is built."""
    sizes = [(key, len(block_at(tree, key)), most, block_at(tree, key).place) for key, most in CAPS.items()]
    classes, legs = block_at(tree, "need", "classes"), items_at(tree, "route", "legs")
    sizes += [
        ("need.classes", len(classes), MOST_CLASSES, classes.place),
        ("route.legs", len(legs), MOST_LEGS, legs.place),
    ]
    for name, carrier in block_at(tree, "carriers").items():
        fleet = block_at(carrier, "fleet")
        sizes.append((f"carriers.{name}.fleet", len(fleet), MOST_TYPES, fleet.place))
    found = [
        problem_at(place, tuple(key.split(".")), f"{size} entries: at most {most}")
        for key, size, most, place in sizes
        if size > most
    ]
    obstacles = sum(len(block_at(tree, key)) for key in SECTIONS)
    if obstacles > MOST_OBSTACLES:
        said = f"{obstacles} impediments and conditions: at most {MOST_OBSTACLES}"
        found.append(problem_at(block_at(tree, "impediments").place, ("impediments",), said))
    return found or list(_too_long(tree))


def _too_long(tree: Keys) -> Iterator[Problem]:
    asked: list[tuple[Any, Path]] = [(tree, ())]
    while asked:
        node, path = asked.pop()
        if len(node) > MOST_ENTRIES:
            yield problem_at(node.place, path, f"{len(node)} entries: at most {MOST_ENTRIES}")
        pairs = node.items() if isinstance(node, Keys) else enumerate(node)
        asked += [(item, (*path, key)) for key, item in pairs if isinstance(item, (Keys, Items))]


def unknown(tree: Keys, names: Names) -> list[Problem]:
    """Every reference that leads nowhere. `names`: what worlds may remove, in the file as written."""
    return [
        *_sources(tree),
        *_carriers_and_classes(tree),
        *_places(tree),
        *_twice(tree),
        *_same_moments(tree),
        *_worlds(tree, names),
        *_headline(tree),
    ]


class _Known:
    """Names that others may point at. Suggestions are for the first words alone: no more are ever shown."""

    def __init__(self, names: Iterable[str], what: str) -> None:
        self.names = dict.fromkeys(names)
        self.what = what
        self.near: dict[str, str] = {}

    def check(self, word: object, path: Path, hint: str = "") -> Iterator[Problem]:
        """The problem of a word that is not among the names."""
        if not isinstance(word, Scalar) or word in self.names:
            return
        if word not in self.near and len(self.near) < MOST_SHOWN:
            self.near[word] = did_you_mean(word, self.names)
        near = self.near.get(word, "")
        there = near or (f"; there is {one_of(self.names)}" if self.names else "; there is none")
        yield problem_at(word.place, path, f"no {self.what} {shown(word)}{there}{hint}")


def _check(word: object, path: Path, known: Iterable[str], what: str, hint: str = "") -> Iterator[Problem]:
    return _Known(known, what).check(word, path, hint)


def _sources(tree: Keys) -> Iterator[Problem]:
    known = _Known(block_at(tree, "sources"), "source")
    asked: list[tuple[object, Path]] = [
        (tree.get(key), (key,))
        for key in ("need", "carriers", "own_vehicles", "route", *SECTIONS, "observed")
    ]
    while asked:
        node, path = asked.pop()
        if isinstance(node, Items):
            asked += [(item, (*path, index)) for index, item in enumerate(node)]
        elif isinstance(node, Keys):
            for key, value in node.items():
                if key in ("source", "error_source") and isinstance(value, Scalar):
                    yield from known.check(value, (*path, key), " (sources stand under `sources`)")
                elif key == "also" and isinstance(value, Items):
                    for index, word in enumerate(value):
                        yield from known.check(word, (*path, key, index))
                else:
                    asked.append((value, (*path, key)))


def _entries(tree: Keys, *sections: str) -> Iterator[tuple[Keys, Path]]:
    for section in sections:
        for name, entry in block_at(tree, section).items():
            if isinstance(entry, Keys):
                yield entry, (section, name)


def _carriers_and_classes(tree: Keys) -> Iterator[Problem]:
    carriers, classes = block_at(tree, "carriers"), block_at(tree, "need", "classes")
    own = block_at(tree, "own_vehicles")
    carrier, patients = _Known(carriers, "carrier"), _Known(classes, "class of patients")
    anybody = _Known([*carriers, *own], "carrier")
    for entry, path in _entries(tree, *SECTIONS, "observed"):
        meets_own = entry.get("kind") in ("closure", "checkpoint")
        for key, known in (("carriers", anybody if meets_own else carrier), ("classes", patients)):
            for index, word in enumerate(items_at(entry, key)):
                yield from known.check(word, (*path, key, index))
        if path[0] == "observed":
            yield from carrier.check(entry.get("carrier"), (*path, "carrier"))


def _places(tree: Keys) -> Iterator[Problem]:
    legs = [leg.get("to") for leg in items_at(tree, "route", "legs") if isinstance(leg, Keys)]
    places = [str(place) for place in legs if isinstance(place, Scalar)]
    whole_road = len(set(places)) == len(items_at(tree, "route", "legs"))  # else the last place is not known
    for entry, path in _entries(tree, *SECTIONS):
        at = entry.get("at")
        if not isinstance(at, Scalar):
            continue
        yield from _check(at, (*path, "at"), places, "place", " (a place is the end, `to`, of a leg)")
        if entry.get("kind") == "checkpoint" and whole_road and at in places[-1:]:
            said = f"a checkpoint stands between two legs: {shown(at)} is the end of the road"
            yield problem_at(at.place, (*path, "at"), said)
    start = block_at(tree, "route").get("from")
    for index, place in enumerate(legs):
        if isinstance(place, Scalar) and (place == start or place in legs[:index]):
            said = f"{shown(place)} is a place of the road already: every leg ends at another"
            yield problem_at(place.place, ("route", "legs", index, "to"), said)


def _twice(tree: Keys) -> Iterator[Problem]:
    pairs = (("impediments", "conditions", "an impediment"), ("carriers", "own_vehicles", "a carrier"))
    for first, second, what in pairs:
        before, after = block_at(tree, first), block_at(tree, second)
        for name in after:
            if name in before:
                line = before.key_places[name].line
                said = f"{shown(name)} is {what} already (line {line}): ids are distinct over both"
                yield problem_at(after.key_places[name], (second, name), said)


def _same_moments(tree: Keys) -> Iterator[Problem]:
    """Two spellings of one moment (09:00, 09:00:00): as keys, the second would silently replace the first."""
    dated: list[Path] = [("own_vehicles", name, "ready") for name in block_at(tree, "own_vehicles")]
    dated += [("route", "legs", index, "capacity") for index in range(len(items_at(tree, "route", "legs")))]
    for path in dated:
        block, reached = deepest(tree, path)
        seen: dict[Moment, str] = {}
        for key in block if isinstance(block, Keys) and reached == path else ():
            try:
                at = moment(key)
            except ValueError:
                continue
            if at in seen:
                said = f"the same moment as {shown(seen[at])}"
                yield problem_at(block.key_places[key], (*path, key), said)
            seen[at] = key


def _worlds(tree: Keys, names: Names) -> Iterator[Problem]:
    conditions = block_at(tree, "conditions")
    here = removable(tree)  # a variant may add impediments; what it drops may still be named
    known = {
        "id": _Known(sorted(here.ids | names.ids), "impediment"),
        "group": _Known(sorted(here.groups | names.groups), "group"),
        "kind": _Known([k for k in KINDS if k in here.kinds | names.kinds], "impediment of the kind"),
    }
    for entry, path in _entries(tree, "worlds"):
        if path[1] in ALWAYS:
            for key in entry:
                if key not in ("title", "says"):
                    said = f"`{path[1]}` is fixed: only `title` and `says` may be given; found {shown(key)}"
                    yield problem_at(entry.key_places[key], (*path, key), said)
            continue
        for index, removal in enumerate(items_at(entry, "remove")):
            if not isinstance(removal, Keys):
                continue
            at: Path = (*path, "remove", index)
            for key, words in known.items():
                word = removal.get(key)
                stays = key == "id" and isinstance(word, Scalar) and word in conditions
                hint = " (conditions stay in every world)" if stays else ""
                yield from words.check(word, (*at, key), hint)


def _headline(tree: Keys) -> Iterator[Problem]:
    headline = block_at(tree, "headline")
    worlds = [*ALWAYS, *(w for w in block_at(tree, "worlds") if w not in ALWAYS)]
    for key in ("world", "minus"):
        yield from _check(headline.get(key), ("headline", key), worlds, "world")
    yield from _check(headline.get("carrier"), ("headline", "carrier"), block_at(tree, "carriers"), "carrier")
