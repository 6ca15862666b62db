"""The types of every value in a scenario file: each is written as text and means something typed.

``Count`` is an int for Python and "plain digits" for the file. What a type accepts, and in which unit the
value is kept, stands beside it; the parsers themselves are in `amounts`, `calendar_text` and
`distributions`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from sim.scenario import amounts, calendar_text, distributions
from sim.scenario.calendar_text import Hours as HoursValue
from sim.scenario.calendar_text import Moment as MomentValue
from sim.scenario.calendar_text import PlanDays as PlanDaysValue
from sim.scenario.distributions import Delay as DelayValue
from sim.scenario.distributions import Heads as HeadsValue
from sim.scenario.distributions import Prior
from sim.scenario.priors import (
    CountPrior,
    DurationPrior,
    LitresPrior,
    PositivePrior,
    RatePrior,
    SharePrior,
)
from sim.scenario.words import Flag, Name, Text, Url
from sim.scenario.written import Written

_NUMBER = r"\s*[0-9]+(\.[0-9]+)?\s*"
_TIME = _NUMBER + r"(s|seconds?|min|minutes?|h|hours?|d|days?|weeks?)\s*"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_HM = r"[0-2][0-9]:[0-5][0-9]"

Count = Annotated[
    int,
    Written(
        amounts.count,
        "a whole number, 0 or more, as in `24`",
        ("24",),
        r"^(0|[1-9][0-9]{0,9})$",
        ("integer",),
    ),
]
"""Things: an int, 0 or more."""

Seed = Annotated[
    int,
    Written(
        amounts.seed,
        "a whole number from 0 to 2^63 - 1, as in `20221212`",
        ("20221212",),
        "^[0-9]{1,19}$",
        ("integer",),
        number=False,
    ),
]
"""An int, 0 to 2^63 - 1."""

Positive = Annotated[
    float,
    Written(
        amounts.positive,
        "a number above 0, as in `0.88`",
        ("0.88",),
        f"^{_NUMBER}$",
        ("number",),
        spell=amounts.plain,
    ),
]
"""A float from 1e-12 to 1e12."""

Amount = Annotated[
    float,
    Written(
        amounts.amount,
        "a number, 0 or more, as in `492`",
        ("492",),
        f"^{_NUMBER}$",
        ("number",),
        spell=amounts.plain,
    ),
]
"""A float: 0, or from 1e-12 to 1e12."""

Share = Annotated[
    float,
    Written(
        amounts.share,
        "a share from 0 to 1, as in `0.4` or `40%`",
        ("40%", "0.4"),
        f"^{_NUMBER}%?$",
        ("number",),
        spell=lambda v: amounts.plain(round(v * 100, 10)) + "%",
    ),
]
"""A float from 0 to 1."""

Rate = Annotated[
    float,
    Written(
        amounts.rate,
        "a rate, as in `6 / day`, `0.25 / h` or `2 / week`",
        ("6 / day",),
        rf"^{_NUMBER}/\s*[a-z]+\s*$",
        spell=lambda v: amounts.plain(v) + " / day",
    ),
]
"""Events a day: a float, 0 or more."""

Duration = Annotated[
    int,
    Written(
        amounts.duration,
        "a duration, as in `20 min`, `1.5 h` or `3 days`",
        ("20 min", "1.5 h", "3 days"),
        f"^{_TIME}$",
        spell=amounts.duration_text,
    ),
]
"""Whole seconds: an int, 0 to 200 years."""

Length = Annotated[
    float,
    Written(
        amounts.length,
        "a length, as in `57 km` or `900 m`",
        ("57 km",),
        rf"^{_NUMBER}k?m\s*$",
        spell=lambda v: amounts.plain(v) + " km",
    ),
]
"""Kilometres: a float."""

Litres = Annotated[
    int,
    Written(
        amounts.litres,
        "a volume, as in `400 l`",
        ("400 l",),
        r"^\s*[0-9]+\s*l(itres?)?\s*$",
        spell=lambda v: f"{v} l",
    ),
]
"""Whole litres: an int."""

Offset = Annotated[
    int,
    Written(
        calendar_text.offset,
        "an offset, as in `+04:00`",
        ("+04:00",),
        r"^[+-][0-9]{2}:[0-9]{2}$",
        spell=calendar_text.offset_text,
    ),
]
"""Seconds ahead of UTC: an int."""

IsoDay = Annotated[
    date,
    Written(calendar_text.iso_day, "a day, as in `2023-04-23`", ("2023-04-23",), f"^{_DAY}$", passes=date),
]
"""A datetime.date."""

Clock = Annotated[
    int,
    Written(
        calendar_text.clock,
        "a time of day, as in `09:00` or `09:00:30`",
        ("09:00",),
        f"^{_HM}(:[0-5][0-9])?$",
        spell=calendar_text.clock_text,
    ),
]
"""Second of the day: an int, 0 to 86,399."""

Moment = Annotated[
    MomentValue,
    Written(
        calendar_text.moment,
        "a day or an instant, as in `2023-04-23` or `2023-04-23 12:00`",
        ("2023-04-23", "2023-04-23 12:00"),
        rf"^{_DAY}( +{_HM}(:[0-5][0-9])?)?$",
        passes=MomentValue,
    ),
]
"""See `calendar_text.Moment`."""

Hours = Annotated[
    HoursValue,
    Written(
        calendar_text.hours,
        "hours, as in `06:00 .. 18:00` or `06:00 .. 12:00, 14:00 .. 18:00`",
        ("06:00 .. 18:00",),
        rf"^{_HM}(:[0-9]+)?\s*\.\.",
        passes=HoursValue,
    ),
]
"""See `calendar_text.Hours`."""

PlanDays = Annotated[
    PlanDaysValue,
    Written(
        calendar_text.plan_days,
        "`daily`, `weekdays mon thu`, `every 3 days`, `every 8 h` or `when ready`",
        ("daily", "weekdays tue fri", "every 2 days", "every 8 h", "when ready"),
        "^(daily|weekdays .+|every .+|when ready)$",
        passes=PlanDaysValue,
    ),
]
"""See `calendar_text.PlanDays`."""

Delay = Annotated[
    DelayValue,
    Written(
        distributions.delay,
        "a duration or a distribution, as in `20 min`, `exponential 200 days`, "
        "`uniform 10 min .. 30 min`, `lognormal 1.5 h ± 20 min`, `never`",
        (
            "20 min",
            "exponential 200 days",
            "uniform 10 min .. 30 min",
            "triangular 10 min .. 20 min .. 40 min",
            "lognormal 1.5 h ± 20 min",
            "gamma 8 h ± 4 h",
            "erlang 4 mean 8 h",
            "never",
        ),
        rf"^({_TIME}|never|(exponential|uniform|triangular|lognormal|gamma|erlang) .+)$",
        passes=DelayValue,
    ),
]
"""See `distributions.Delay`."""

Passage = Annotated[
    DelayValue,
    Written(
        distributions.delay,  # `never` too: the checks say why it is not for vehicles
        "a duration or a distribution, as in `20 min`, `uniform 10 min .. 30 min`, "
        "`lognormal 1.5 h ± 20 min`",
        (
            "20 min",
            "exponential 20 min",
            "uniform 10 min .. 30 min",
            "triangular 10 min .. 20 min .. 40 min",
            "lognormal 1.5 h ± 20 min",
            "gamma 8 h ± 4 h",
            "erlang 4 mean 8 h",
        ),
        rf"^({_TIME}|(exponential|uniform|triangular|lognormal|gamma|erlang) .+)$",
        passes=DelayValue,
    ),
]
"""A delay of vehicles. See `distributions.Delay`."""

Heads = Annotated[
    HeadsValue,
    Written(
        distributions.heads,
        "a whole number or a distribution, as in `1`, `binomial 2 mean 0.8`, `poisson 0.9` or "
        "`0 at 45%, 1 at 40%, 2 at 15%`",
        ("1", "binomial 2 mean 0.8", "poisson 0.9", "0 at 45%, 1 at 40%, 2 at 15%"),
        r"^([0-9]+|binomial .+|poisson .+|[0-9]+ +at .+)$",
        ("integer",),
        passes=HeadsValue,
    ),
]
"""See `distributions.Heads`."""

__all__ = [
    "Amount",
    "Clock",
    "Count",
    "CountPrior",
    "Delay",
    "DelayValue",
    "Duration",
    "DurationPrior",
    "Flag",
    "Heads",
    "HeadsValue",
    "Hours",
    "HoursValue",
    "IsoDay",
    "Length",
    "Litres",
    "LitresPrior",
    "Moment",
    "MomentValue",
    "Name",
    "Offset",
    "Passage",
    "PlanDays",
    "PlanDaysValue",
    "Positive",
    "PositivePrior",
    "Prior",
    "Rate",
    "RatePrior",
    "Seed",
    "Share",
    "SharePrior",
    "Text",
    "Url",
    "Written",
]
