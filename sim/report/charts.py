"""Charts of the page as SVG: classes, not colours, so that one style sheet serves light, dark and print.

Small and narrow on purpose: at 390 pixels the letters are still to be read. Texts are escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from sim.report.sentences import SHORT_MONTHS

WIDTH = 440
LEFT, RIGHT = 42, 12
MARKERS = {"exact": "exact", "about": "about", "more_than": "floor", "at_least": "floor"}


class Frame(NamedTuple):
    """A panel: days to the right, counts up."""

    top: float
    height: float
    days: int
    most: float

    def x(self, day: float) -> float:
        """Pixels from the left."""
        return round(LEFT + (WIDTH - LEFT - RIGHT) * day / max(1, self.days), 1)

    def y(self, value: float) -> float:
        """Pixels from the top."""
        return round(self.top + self.height * (1 - value / self.most), 1)


def element(name: str, inside: str | Markup = "", **attributes: Any) -> Markup:
    """An element; an attribute's trailing underscore falls away, others become hyphens."""
    text = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items()
    )
    return Markup(f"<{name}{text}>{escape(inside)}</{name}>")


def text(x: float, y: float, said: str, class_: str = "", anchor: str = "start") -> Markup:
    """Letters at a place."""
    return element("text", said, x=x, y=y, class_=class_, text_anchor=anchor)


def svg(height: float, title: str, parts: Iterable[Markup], **attributes: Any) -> Markup:
    """The whole figure; `title` is what it says to who cannot see it."""
    body = Markup("").join(parts)
    return element(
        "svg", body, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height:g}", role="img",
        aria_label=title, **attributes,
    )  # fmt: skip


def ceiling(value: float) -> float:
    """The next round number, for the top of an axis."""
    size = 10.0 ** (len(str(int(max(value, 1)))) - 1)
    return next(step * size for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * size >= value)


def axes(frame: Frame, first: date, ticks: int = 4, dates: bool = True) -> Markup:
    """Lines and numbers of a panel."""
    parts = []
    for k in range(ticks + 1):
        value = frame.most * k / ticks
        if value == int(value):
            y = frame.y(value)
            parts.append(element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
            parts.append(text(LEFT - 5, y + 4, f"{value:,.0f}", "tick", "end"))
    if dates:
        for day, said in _days(first, frame.days):
            x = frame.x(day)
            bottom = frame.top + frame.height
            parts.append(element("line", x1=x, x2=x, y1=bottom, y2=bottom + 4, class_="axis"))
            parts.append(text(x, bottom + 16, said, "tick", "middle"))
    return Markup("").join(parts)


def _days(first: date, days: int) -> list[tuple[int, str]]:
    """Days with their labels: months where there are many, else a few days."""
    if days <= 62:
        step = max(1, -(-days // 6))
        shown = [(d, first + timedelta(days=d)) for d in range(0, days, step)]
        return [(d, f"{day.day} {SHORT_MONTHS[day.month - 1]}") for d, day in shown]
    starts = [d for d in range(days) if (first + timedelta(days=d)).day == 1]
    every = -(-len(starts) // 6)
    found = []
    for d in starts[::every]:
        day = first + timedelta(days=d)
        found.append((d, SHORT_MONTHS[day.month - 1]))
    return found


def line(frame: Frame, days: Sequence[float], values: Sequence[float], class_: str) -> Markup:
    """A line through counts at midnights."""
    points = " ".join(f"{frame.x(d)},{frame.y(v)}" for d, v in zip(days, values, strict=True))
    return element("polyline", points=points, class_=class_)


def band(
    frame: Frame, days: Sequence[float], low: Sequence[float], high: Sequence[float], class_: str
) -> Markup:
    """The area between two lines."""
    there = [f"{frame.x(d)},{frame.y(v)}" for d, v in zip(days, high, strict=True)]
    back = [f"{frame.x(d)},{frame.y(v)}" for d, v in zip(days, low, strict=True)]
    return element("polygon", points=" ".join([*there, *reversed(back)]), class_=class_)


def closures(frame: Frame, data: Mapping[str, Any]) -> Markup:
    """Times at which the road is closed, behind everything."""
    return Markup("").join(
        element(
            "rect", x=frame.x(since), y=frame.top, width=round(frame.x(until) - frame.x(since), 1),
            height=frame.height, class_="closed",
        )
        for since, until in data["closed"]
    )  # fmt: skip


def windows(frame: Frame, data: Mapping[str, Any]) -> Markup:
    """Starts of windows."""
    parts = []
    for window in data["windows"]:
        x = frame.x(window["day"])
        parts.append(element("line", x1=x, x2=x, y1=frame.top, y2=frame.top + frame.height, class_="window"))
        y = frame.top + 4
        name = window["name"].replace("-", " ")
        parts.append(
            element("text", name, x=x - 4, y=y, class_="tick", text_anchor="end",
                    transform=f"rotate(-90 {x - 4} {y})")
        )  # fmt: skip
    return Markup("").join(parts)


def published(frame: Frame, data: Mapping[str, Any]) -> Markup:
    """Published totals: filled where exact, hollow where approximate, a triangle for a floor."""
    parts = []
    for point in data["published"]:
        x, y = frame.x(point["day"]), frame.y(point["value"])
        kind = MARKERS[point["bound"]]
        if kind == "floor":
            parts.append(element("path", d=f"M{x - 4.5},{y + 4}h9l-4.5,-8z", class_="published about"))
        else:
            parts.append(element("circle", cx=x, cy=y, r=3.2, class_=f"published {kind}"))
    return Markup("").join(parts)


def cumulative(data: Mapping[str, Any], alt: str) -> Markup:
    """How many had left by each midnight, in the headline's two worlds."""
    first, days = date.fromisoformat(data["midnights"][0]), len(data["midnights"]) - 1
    lines = {name: kinds["evacuated"] for name, kinds in data["worlds"].items()}
    top = max([*(max(v["high"]) for v in lines.values()), *(p["value"] for p in data["published"]), 1])
    frame = Frame(10, 250, days, ceiling(top))
    parts = [closures(frame, data), axes(frame, first), windows(frame, data)]
    for (_, values), class_ in zip(lines.items(), ("minus", "world"), strict=False):
        parts.append(band(frame, range(days + 1), values["low"], values["high"], f"band {class_}"))
        parts.append(line(frame, range(days + 1), values["median"], f"line {class_}"))
    return svg(284, alt, [*parts, published(frame, data)])


def switchable(data: Mapping[str, Any], timeline: Mapping[str, Any], alt: str) -> Markup:
    """The figure that switches draw in, where groups have an `id`; as it stands, the corridor as it was."""
    first, days = date.fromisoformat(data["midnights"][0]), data["days"]
    most = ceiling(max(max(heights(one["lines"][2])) for v in data["worlds"].values() for one in v))
    frame = Frame(10, 250, days[-1], most)
    low, median, high = (heights(line) for line in next(iter(data["worlds"].values()))[0]["lines"])
    parts = [closures(frame, timeline), axes(frame, first), windows(frame, timeline)]
    for ends, middle in (("switch-minus", "minus"), ("switch-world", "world")):
        parts.append(element("g", band(frame, days, low, high, f"band {middle}"), id=f"{ends}-band"))
        parts.append(element("g", line(frame, days, median, f"line {middle}"), id=f"{ends}-line"))
    return svg(
        284, alt, parts, id="switch-figure", data_left=LEFT, data_width=WIDTH - LEFT - RIGHT, data_top=10,
        data_height=250, data_most=most,
    )  # fmt: skip


def heights(steps: str) -> list[int]:
    """A line from its increments."""
    found, total = [], 0
    for step in steps.split():
        total += int(step)
        found.append(total)
    return found


def history(data: Mapping[str, Any], alt: str) -> Markup:
    """One typical history: who left on each day in each world, and the list."""
    first, days = date.fromisoformat(data["midnights"][0]), len(data["midnights"]) - 1
    worlds = data["history"]["worlds"]
    most = ceiling(max(max(kinds["evacuated"]) for kinds in worlds.values()))
    parts, top = [], 22.0
    for (name, kinds), class_ in zip(worlds.items(), ("minus", "world"), strict=False):
        frame = Frame(top, 62, days, most)
        parts += [text(LEFT, top - 7, f"left on the day, {name}", "panel")]
        parts += [closures(frame, data) if class_ == "minus" else Markup(""), axes(frame, first, 2, False)]
        for day, count in enumerate(kinds["evacuated"]):
            if count:
                x = frame.x(day - 0.5)
                y1, y2 = frame.y(0), frame.y(count)
                parts.append(element("line", x1=x, x2=x, y1=y1, y2=y2, class_=f"stick {class_}"))
        top += 96
    longest = ceiling(max(max(kinds["waiting"]) for kinds in worlds.values()))
    frame = Frame(top, 90, days, longest)
    parts += [text(LEFT, top - 7, "on the list at midnight", "panel")]
    parts += [closures(frame, data), axes(frame, first, 2)]
    for kinds, class_ in zip(worlds.values(), ("minus", "world"), strict=False):
        parts.append(line(frame, range(days + 1), kinds["waiting"], f"line {class_}"))
    return svg(top + 114, alt, parts)


def waterfall(bars: Sequence[Mapping[str, Any]], alt: str) -> Markup:
    """One step a group; marks count from the left end of their bar.

    Parameters
    ----------
    bars
        With `name`, `start`, `end`, `said`, `group`; of groups `alone` and `last` too.
    """
    most = max([1.0, *(max(b["start"], b["end"], b["start"] + max(b["alone"], b["last"])) for b in bars)])
    scale = (WIDTH - 2 * RIGHT) / most
    parts, top = [], 0.0
    for place, bar in enumerate(bars):
        low, high = sorted((bar["start"], bar["end"]))
        kind = "sum" if not bar["group"] else "fall" if bar["end"] < bar["start"] else "rise"
        x, width = RIGHT + scale * low, scale * (high - low)
        parts.append(text(RIGHT, top + 13, bar["name"], "panel"))
        parts.append(text(WIDTH - RIGHT, top + 13, bar["said"], "tick", "end"))
        parts.append(
            element("rect", x=round(x, 1), y=top + 19, width=round(max(width, 1), 1), height=14,
                    class_=f"bar {kind}")
        )  # fmt: skip
        if bar["group"]:
            for how, y in (("alone", top + 22.5), ("last", top + 29.5)):
                at = round(RIGHT + scale * (bar["start"] + bar[how]), 1)
                parts.append(element("path", d=f"M{at},{y - 4}l4,4l-4,4l-4,-4z", class_=f"mark {how}"))
        if place + 1 < len(bars):
            at = round(RIGHT + scale * bar["end"], 1)
            parts.append(element("line", x1=at, x2=at, y1=top + 33, y2=top + 57, class_="join"))
        top += 38
    return svg(top + 2, alt, parts)


def tornado(rows: Sequence[Mapping[str, Any]], middle: float, alt: str) -> Markup:
    """The headline with one parameter at a time at the ends of what is believed of it.

    Parameters
    ----------
    rows
        With `name`, `low`, `high` (the headline at the parameter's ends) and `said`.
    """
    ends = [middle, *(row[end] for row in rows for end in ("low", "high"))]
    least, reach = min(ends), max(max(ends) - min(ends), 1e-9)
    scale = (WIDTH - 2 * RIGHT) / reach
    parts, top = [], 0.0
    for row in rows:
        parts.append(text(RIGHT, top + 13, row["name"], "panel"))
        order = sorted(("low", "high"), key=lambda end: -abs(row[end] - middle))
        for end in order:
            x, other = sorted((row[end], middle))
            parts.append(
                element("rect", x=round(RIGHT + scale * (x - least), 1), y=top + 19,
                        width=round(max(scale * (other - x), 0.5), 1), height=12, class_=f"bar at-{end}")
            )  # fmt: skip
        top += 36
    at = round(RIGHT + scale * (middle - least), 1)
    parts.append(element("line", x1=at, x2=at, y1=16, y2=top, class_="axis"))
    return svg(top + 4, alt, parts)
