"""Days, clock times and calendars, from text. All of it local time at the period's fixed offset."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from sim.scenario.amounts import DAY, SECONDS, duration, split_unit, whole
from sim.scenario.scalar import did_you_mean, shown

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHORTEST_TIMETABLE = 60  # seconds; anything denser is a slip of the unit

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")
_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-9]{2})")


def iso_day(text: str) -> date:
    """A day, written `2023-04-23`, from 1900 to 2299. Raises ValueError."""
    word = text.strip()
    if not _DAY.fullmatch(word):
        raise ValueError("a day is written year-month-day")
    try:
        day = date.fromisoformat(word)
    except ValueError:
        raise ValueError("there is no such day in the calendar") from None
    if not 1900 <= day.year <= 2299:
        raise ValueError("a year from 1900 to 2299")
    return day


def clock(text: str, midnight_is_24: bool = False) -> int:
    """Second of the day, from `09:00` or `09:00:30`; `24:00` only where a span may end."""
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        hint = "two digits for the hour, as in `09:00`" if re.fullmatch(r"[0-9]:.*", text.strip()) else ""
        raise ValueError(hint or "a time of day is written hours:minutes")
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if midnight_is_24 and (hour, minute, second) == (24, 0, 0):
        return DAY
    if hour == 24:
        raise ValueError("24:00 is 00:00 of the next day")
    if second == 60:
        raise ValueError("there are no leap seconds here")
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("there is no such time of day")
    return hour * 3600 + minute * 60 + second


def clock_text(second: int) -> str:
    """`09:00`, with seconds only if there are any."""
    minute, rest = divmod(second, 60)
    return f"{minute // 60:02d}:{minute % 60:02d}" + (f":{rest:02d}" if rest else "")


def offset(text: str) -> int:
    """Seconds ahead of UTC, from `+04:00` (-12:00 to +14:00)."""
    found = _OFFSET.fullmatch(text.strip())
    if not found:
        named = any(character.isalpha() for character in text)
        raise ValueError(
            "a fixed offset from UTC, not the name of a zone"
            if named
            else "a fixed offset from UTC has a sign and two digits for the hour"
        )
    seconds = (int(found[2]) * 3600 + int(found[3]) * 60) * (1 if found[1] == "+" else -1)
    if int(found[3]) > 59 or not -12 * 3600 <= seconds <= 14 * 3600:
        raise ValueError("out of range: -12:00 to +14:00")
    return seconds


def offset_text(seconds: int) -> str:
    """`+04:00`."""
    return ("-" if seconds < 0 else "+") + clock_text(abs(seconds))


@dataclass(frozen=True)
class Moment:
    """A day (`second` is None) or an instant of it, in local time."""

    day: date
    second: int | None = None

    def start(self, origin: date) -> int:
        """Seconds since `origin` 00:00; a day means its 00:00."""
        return (self.day - origin).days * DAY + (self.second or 0)

    def end(self, origin: date) -> int:
        """Seconds since `origin` 00:00; a day means 24:00 of it, an instant itself."""
        return (self.day - origin).days * DAY + (DAY if self.second is None else self.second)

    @property
    def text(self) -> str:
        """As a file would spell it."""
        return self.day.isoformat() + ("" if self.second is None else " " + clock_text(self.second))

    def __str__(self) -> str:
        return self.text


def misordered(start: Moment, end: Moment) -> str:
    """What is wrong with a `to` that leaves no time after `from`; a day may be both."""
    how = "before" if end.start(start.day) < start.start(start.day) else "not after"
    return f"`to` ({end}) is {how} `from` ({start})"


def moment(text: str) -> Moment:
    """`2023-04-23` or `2023-04-23 12:00`. A time with an offset of its own is refused."""
    words = text.strip().split()
    if len(words) == 1 and re.fullmatch(r"\S{10}T\S+", words[0]):
        raise ValueError("a space between day and time, as in `2023-04-23 12:00`, and no offset")
    if len(words) > 2 or (len(words) == 2 and re.search(r"[zZ]$|[+-][0-9:]+$", words[1])):
        raise ValueError("no offset beside a time: the period's `utc_offset` holds")
    if not words:
        raise ValueError("no day here")
    return Moment(iso_day(words[0]), clock(words[1]) if len(words) == 2 else None)


@dataclass(frozen=True)
class Hours:
    """Parts of every day: half-open spans of seconds of the day, sorted, none overlapping."""

    spans: tuple[tuple[int, int], ...]
    text: str

    def __str__(self) -> str:
        return self.text


def hours(text: str) -> Hours:
    """`06:00 .. 18:00`, several with commas; `22:00 .. 06:00` runs over midnight."""
    spans: list[tuple[int, int]] = []
    for part in text.split(","):
        ends = part.split("..")
        if len(ends) != 2:
            raise ValueError("a span has two ends with ` .. ` between them")
        start, end = clock(ends[0]), clock(ends[1], midnight_is_24=True)
        if start == end:
            raise ValueError(f"{shown(part.strip())} is empty (the whole day is `00:00 .. 24:00`)")
        spans += [(start, end)] if start < end else [s for s in ((start, DAY), (0, end)) if s[1]]
    spans.sort()
    if any(before[1] > after[0] for before, after in pairwise(spans)):
        raise ValueError("the spans overlap")
    return Hours(tuple(spans), " ".join(text.split()))


@dataclass(frozen=True)
class PlanDays:
    """When a carrier would go.

    kind  : daily, weekdays, every_days, every_seconds or when_ready
    days  : days of the week, Monday 0 (weekdays only)
    every : days (every_days) or seconds (every_seconds) from one departure to the next, else 0
    """

    kind: str
    days: tuple[int, ...]
    every: int
    text: str

    def __str__(self) -> str:
        return self.text


def plan_days(text: str) -> PlanDays:
    """`daily`, `weekdays mon tue`, `every 3 days`, `every 8 h` or `when ready`. Raises ValueError."""
    clean = " ".join(text.split())
    head, _, rest = clean.partition(" ")
    if clean == "daily":
        return PlanDays("daily", (), 0, clean)
    if clean == "when ready":
        return PlanDays("when_ready", (), 0, clean)
    if head == "weekdays":
        return PlanDays("weekdays", _weekdays(rest), 0, clean)
    if head == "every":
        kind, every = _every(rest)
        return PlanDays(kind, (), every, clean)
    options = ("daily", "weekdays", "every", "when ready")
    raise ValueError(f"no such plan{did_you_mean(clean, options) or did_you_mean(head, options)}")


def _weekdays(text: str) -> tuple[int, ...]:
    names = text.replace(",", " ").split()
    for name in names:
        if name not in WEEKDAYS:
            raise ValueError(f"{shown(name)} is not one of {', '.join(WEEKDAYS)}")
    if not names or len(set(names)) < len(names):
        raise ValueError("a day of the week is named twice" if names else "no day of the week is named")
    return tuple(sorted(WEEKDAYS.index(name) for name in names))


def _every(text: str) -> tuple[str, int]:
    _, unit = split_unit(text)
    seconds = duration(text)
    if SECONDS[unit] >= DAY:
        number = whole(text.split(unit)[0].strip()) * SECONDS[unit] // DAY
        if number == 0:
            raise ValueError("every 0 days: at least 1")
        return "every_days", number
    if seconds < SHORTEST_TIMETABLE:
        raise ValueError("a timetable is at least 1 min apart")
    return "every_seconds", seconds
