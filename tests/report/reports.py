"""Reports of small scenarios, and a reader of their pages that knows nothing of how they were made."""

import json
import re
from contextlib import nullcontext
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from sim.report.marks import stored
from sim.report.numbers import rounded
from sim.report.reporting import make_report, wanted
from sim.scenario.reading import read_text

VOID = {"meta", "input", "br", "hr", "link", "img"}


def report_of(
    text: str, sensitivity: tuple[int, int] | None = (4, 2), replications: int = 8
) -> dict[str, bytes]:
    """The files of a report."""
    file = read_text(text, Path(), "small.yaml")
    want = wanted(file, list(file.variants), replications, "0.0", sensitivity)
    files, _ = make_report(want, "corridor report small.yaml", None, 1, lambda stage: nullcontext(None))
    return files


def documents(files: dict[str, bytes]) -> dict[str, object]:
    return {name: json.loads(data) for name, data in files.items() if name.endswith(".json")}


class Mark(NamedTuple):
    """An element that says where its text is stored."""

    attributes: dict[str, str | None]
    text: str


class Reader(HTMLParser):
    """Marked numbers and sentences of a page, its elements, and the text outside marks and scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.numbers: list[Mark] = []
        self.sentences: list[Mark] = []
        self.rest: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline: dict[str, list[str]] = {"script": [], "style": []}
        self._open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        name, attributes, text = self._open.pop()
        assert name == tag, f"<{name}> is closed by </{tag}>"
        said = "".join(text)
        if "data-at" in attributes:
            self.numbers.append(Mark(attributes, said))
        elif "data-text" in attributes:
            self.sentences.append(Mark(attributes, said))
        elif tag in self.inline and attributes.get("type") != "application/json":
            self.inline[tag].append(said)

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1][2].append(data)
        inside = {name for name, _, _ in self._open}
        marked = any("data-at" in a or "data-text" in a for _, a, _ in self._open)
        if not marked and not inside & {"script", "style", "svg"}:
            self.rest.append(data)


def wrong_numbers(html: str, docs: dict[str, object]) -> list[str]:
    """Marked numbers and sentences that are not what is stored, after the rounding that they declare."""
    page, wrong = Reader(html), []
    for mark in page.numbers:
        said = mark.attributes
        value = stored(docs, said["data-at"])
        width = 0.0
        if "data-between" in said:
            low, high = (stored(docs, place) for place in said["data-between"].split())
            width = 0.0 if low is None or high is None else high - low
        expected = rounded(float(value), width, said.get("data-whole") == "yes")
        if (said["value"], mark.text) != (repr(value), expected):
            wrong.append(f"{said['data-at']}: {value!r} is shown as {mark.text}, expected {expected}")
    for mark in page.sentences:
        if mark.text != stored(docs, mark.attributes["data-text"]):
            wrong.append(f"{mark.attributes['data-text']}: another sentence")
    return wrong


def strings(data: object) -> list[str]:
    """Every text in a document, keys included."""
    if isinstance(data, dict):
        return [s for key, value in data.items() for s in [str(key), *strings(value)]]
    if isinstance(data, list):
        return [s for value in data for s in strings(value)]
    return [data] if isinstance(data, str) else []


def tokens(text: str) -> set[str]:
    """Numbers as they are written: 1,480, 0.25, 2023."""
    return set(re.findall(r"\d[\d,.]*\d|\d", text))
