# ruff: noqa: E501  (tables of cases, one a line)
"""Values written as text: what they mean, and what is refused."""

from __future__ import annotations

import contextlib
from datetime import date
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import quantities as q
from sim.scenario.scalar import Scalar
from sim.scenario.written import Written


def read(kind: object, text: str, quoted: bool = False) -> object:
    (written,) = (m for m in kind.__metadata__ if isinstance(m, Written))  # type: ignore[attr-defined]
    return written.read(Scalar(text, quoted))


def spelt(kind: object, value: object) -> str:
    (written,) = (m for m in kind.__metadata__ if isinstance(m, Written))  # type: ignore[attr-defined]
    return written.spell(value)


GOOD = [
    (q.Count, "24", 24), (q.Count, "0", 0), (q.Seed, "9223372036854775807", 2**63 - 1),
    (q.Positive, "0.88", 0.88), (q.Amount, "0", 0.0), (q.Share, "40%", 0.4), (q.Share, "0.4", 0.4),
    (q.Share, "1", 1.0), (q.Rate, "6 / day", 6.0), (q.Rate, "0.25 / h", 6.0), (q.Rate, "14 / week", 2.0),
    (q.Rate, "0 / day", 0.0), (q.Duration, "20 min", 1200), (q.Duration, "1.5 h", 5400),
    (q.Duration, "3 days", 259_200), (q.Duration, "2 weeks", 1_209_600), (q.Duration, "45 s", 45),
    (q.Duration, "0 s", 0), (q.Length, "57 km", 57.0), (q.Length, "900 m", 0.9), (q.Litres, "400 l", 400),
    (q.Flag, "true", True), (q.Flag, "false", False), (q.Text, "  a\nb ", "a b"), (q.Name, "a.b-c_9", "a.b-c_9"),
    (q.Url, "https://example.org/a?b=c", "https://example.org/a?b=c"), (q.Offset, "+04:00", 14_400),
    (q.Offset, "-03:30", -12_600), (q.IsoDay, "2023-04-23", date(2023, 4, 23)), (q.Clock, "09:00", 32_400),
    (q.Clock, "09:00:30", 32_430), (q.Moment, "2023-04-23", q.MomentValue(date(2023, 4, 23))),
    (q.Moment, "2023-04-23 12:00", q.MomentValue(date(2023, 4, 23), 43_200)),
    (q.Moment, "2023-04-23 12:00:30", q.MomentValue(date(2023, 4, 23), 43_230)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "value"), GOOD)
def test_meaning(kind: object, text: str, value: object) -> None:
    found = read(kind, text)
    assert found == value
    assert type(found) is type(value)


BAD = [
    (q.Count, "9.0", "no decimal point"), (q.Count, "1e3", "no exponents"), (q.Count, "-1", "negative"),
    (q.Count, "yes", "boolean"), (q.Count, "1_000", "no separators"), (q.Count, "010", "leading zeros"),
    (q.Count, "1" * 1000, "too large"), (q.Count, "", "no number"), (q.Count, "٣", "not a number"),
    (q.Seed, "9223372036854775808", "too large"), (q.Seed, "-1", "negative"), (q.Seed, "1.5", "decimal point"),
    (q.Positive, "0", "more than 0"), (q.Positive, ".nan", "not a finite"), (q.Positive, "inf", "not a finite"),
    (q.Positive, "1.0e3", "no exponents"), (q.Positive, "-0.0", "negative"), (q.Positive, ".5", "both sides"),
    (q.Positive, "1,5", "no separators"), (q.Positive, "0.0000000000001", "more than 0"),
    (q.Share, "1.1", "more than 1"), (q.Share, "95", "for per cent"), (q.Share, "140%", "more than 100%"),
    (q.Share, "-0.1", "negative"), (q.Rate, "6", "write `6 / day`"), (q.Rate, "6 / month", "no fixed length"),
    (q.Rate, "-6 / day", "negative"), (q.Rate, "6 /", "unit missing"), (q.Duration, "20", "unit missing"),
    (q.Duration, "20 mn", "did you mean `min`"), (q.Duration, "-20 min", "negative"),
    (q.Duration, "nan h", "not a finite"), (q.Duration, "1.0001 s", "whole number of seconds"),
    (q.Duration, "2 years", "no fixed length"), (q.Duration, "80000 days", "200 years"),
    (q.Duration, "1e3 s", "no exponents"), (q.Length, "57", "unit missing"), (q.Length, "5 miles", "unknown unit"),
    (q.Litres, "400", "unit missing"), (q.Litres, "0.5 l", "whole numbers"), (q.Flag, "yes", "no other word"),
    (q.Text, "a\u202eb", r"U\+202E"), (q.Text, "a\u200bb", r"U\+200B"), (q.Text, " ", "empty"),
    (q.Text, "x" * 2001, "at most 2000"), (q.Name, "../x", "starts with"), (q.Name, "..", "starts with"),
    (q.Name, "", "starts with"), (q.Name, "A", "starts with"), (q.Name, "a" * 65, "64"), (q.Name, "a\n", r"U\+000A"),
    (q.Url, "ftp://example.org", "well-formed"), (q.Url, "http://", "well-formed"),
    (q.Offset, "+4", "fixed offset"), (q.Offset, "Asia/Yerevan", "not the name of a zone"),
    (q.Offset, "+15:00", "out of range"), (q.IsoDay, "2023-02-30", "no such day"), (q.IsoDay, "20230401", "year-month"),
    (q.IsoDay, "0001-01-01", "1900"), (q.Clock, "24:00", "00:00 of the next day"), (q.Clock, "9:00", "two digits"),
    (q.Clock, "23:59:60", "leap"), (q.Clock, "25:00", "no such time"), (q.Clock, "540", "hours:minutes"),
    (q.Moment, "2023-04-23 12:00Z", "utc_offset"), (q.Moment, "2023-04-23 12:00+04:00", "utc_offset"),
    (q.Moment, "2023-04-23T12:00", "a space"), (q.Moment, "2023-04-23 24:00", "next day"),
    (q.Moment, "2023-06-30 23:59:60", "leap"), (q.Count, "“5”", r"U\+201C"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "said"), BAD)
def test_refusal_says_what_is_allowed(kind: object, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as raised:
        read(kind, text)
    assert str(raised.value).startswith("expected ")


@pytest.mark.parametrize(
    ("kind", "text"), [(q.Count, "9"), (q.Positive, "1.5"), (q.Share, "0.4"), (q.Heads, "1")]
)
def test_numbers_in_quotes_are_text(kind: object, text: str) -> None:
    with pytest.raises(ValueError, match="remove the quotes"):
        read(kind, text, quoted=True)
    with pytest.raises(ValueError, match="remove the quotes"):
        read(q.Flag, "true", quoted=True)


def test_a_day_ends_at_24_and_an_instant_at_itself() -> None:
    origin = date(2023, 4, 22)
    day, noon = q.MomentValue(date(2023, 4, 23)), q.MomentValue(date(2023, 4, 23), 43_200)
    assert (day.start(origin), day.end(origin)) == (86_400, 172_800)
    assert (noon.start(origin), noon.end(origin)) == (129_600, 129_600)
    assert str(noon) == "2023-04-23 12:00"


HOURS = [
    ("06:00 .. 18:00", ((21_600, 64_800),)), ("22:00 .. 06:00", ((0, 21_600), (79_200, 86_400))),
    ("00:00 .. 24:00", ((0, 86_400),)), ("18:00 .. 00:00", ((64_800, 86_400),)),
    ("14:00 .. 18:00, 06:00 .. 12:00", ((21_600, 43_200), (50_400, 64_800))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "spans"), HOURS)
def test_hours(text: str, spans: tuple[tuple[int, int], ...]) -> None:
    """A span over midnight would else be read as one that ends before it starts."""
    assert read(q.Hours, text).spans == spans  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text", ["06:00 .. 06:00", "06:00", "06:00 .. 12:00, 11:00 .. 13:00", "6 .. 18", "24:00 .. 06:00"]
)
def test_bad_hours(text: str) -> None:
    with pytest.raises(ValueError, match="expected hours"):
        read(q.Hours, text)


PRIORS = [
    (q.CountPrior, "uniform 0 .. 350", "uniform", (0, 350)),
    (q.SharePrior, "uniform 20% .. 60%", "uniform", (0.2, 0.6)),
    (q.SharePrior, "beta 2, 5", "beta", (2, 5)),
    (q.SharePrior, "normal 0.4 +- 0.1", "normal", (0.4, 0.1)),
    (q.RatePrior, "uniform 2 / day .. 5 / day", "uniform", (2, 5)),
    (q.DurationPrior, "loguniform 50 days .. 500 days", "loguniform", (4_320_000, 43_200_000)),
    (q.PositivePrior, "triangular 0.6 .. 0.75 .. 0.95", "triangular", (0.6, 0.75, 0.95)),
    (q.LitresPrior, "lognormal 400 l ± 100 l", "lognormal", (400, 100)),
]


@pytest.mark.parametrize(("kind", "text", "name", "params"), PRIORS)
def test_priors(kind: object, text: str, name: str, params: tuple[float, ...]) -> None:
    prior = read(kind, text)
    assert isinstance(prior, q.Prior)
    assert (prior.kind, prior.params) == (name, pytest.approx(params))
    assert all(isinstance(p, float) for p in prior.params)


BAD_PRIORS = [
    (q.CountPrior, "normal 5 ± 2", "not one of"), (q.CountPrior, "uniform 5 .. 5", "empty range"),
    (q.CountPrior, "uniform 5.5 .. 7", "decimal point"), (q.CountPrior, "unifrom 1 .. 2", "did you mean `uniform`"),
    (q.SharePrior, "uniform 0.5 .. 1.5", "more than 1"), (q.SharePrior, "lognormal 0.4 ± 0.1", "not one of"),
    (q.RatePrior, "uniform 2 .. 5 / day", "write `2 / day`"), (q.RatePrior, "loguniform 0 / day .. 5 / day", "above 0"),
    (q.RatePrior, "uniform 5 / day .. 2 / day", "empty range"), (q.RatePrior, "beta 2, 5", "not one of"),
    (q.DurationPrior, "normal 5 h ± 0 h", "more than 0"), (q.PositivePrior, "triangular 1 .. 9 .. 5", "outside"),
    (q.PositivePrior, "normal nan ± 1", "not a finite"), (q.SharePrior, "beta 0, 1", "shapes"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "said"), BAD_PRIORS)
def test_bad_priors(kind: object, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(kind, text)


DELAYS = [
    ("20 min", "constant", (1200,), 1200), ("never", "never", (), inf),
    ("exponential 200 days", "exponential", (17_280_000,), 17_280_000),
    ("uniform 10 min .. 30 min", "uniform", (600, 1800), 1200),
    ("triangular 10 min .. 20 min .. 60 min", "triangular", (600, 1200, 3600), 1800),
    ("lognormal 1.5 h ± 20 min", "lognormal", (5400, 1200), 5400), ("gamma 8 h +- 4 h", "gamma", (28_800, 14_400), 28_800),
    ("erlang 4 mean 8 h", "erlang", (4, 28_800), 28_800), ("0 s", "constant", (0,), 0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "params", "mean"), DELAYS)
def test_delays(text: str, kind: str, params: tuple[float, ...], mean: float) -> None:
    delay = read(q.Delay, text)
    assert isinstance(delay, q.DelayValue)
    assert (delay.kind, delay.params, delay.mean) == (kind, params, mean)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("exponential nan days", "not a finite"), ("exponential inf h", "not a finite"), ("exponential 8", "unit missing"),
        ("exponential 0 h", "more than 0"), ("lognormal 0 s ± 1 s", "more than 0"), ("lognormal 800, 1", "written"),
        ("exponential 90000 days", "200 years"), ("gamma 0.5 s ± 1 s", "shorter than 1 s"), ("-5 min", "negative"),
        ("erlang 0 mean 8 h", "at least 1 phase"), ("expontial 8 h", "did you mean `exponential`"),
        ("uniform 3 h .. 1 h", "empty range"), ("0.5 s", "whole number of seconds"), ("20", "unit missing"),
    ],
)  # fmt: skip
def test_bad_delays(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(q.Delay, text)


HEADS = [
    ("1", "constant", (1,), 1), ("binomial 2 mean 0.8", "binomial", (2, 0.8), 0.8), ("poisson 0.9", "poisson", (0.9,), 0.9),
    ("0 at 45%, 1 at 40%, 2 at 15%", "table", (0, 0.45, 1, 0.4, 2, 0.15), 0.7),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "params", "mean"), HEADS)
def test_heads(text: str, kind: str, params: tuple[float, ...], mean: float) -> None:
    heads = read(q.Heads, text)
    assert isinstance(heads, q.HeadsValue)
    assert (heads.kind, heads.params) == (kind, params)
    assert heads.mean == pytest.approx(mean)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 at 0.5, 1 at 0.4", "sum to 0.9"), ("0 at 50%, 1 at 60%", "sum to 1.1"), ("0 at 50%, 0 at 50%", "twice"),
        ("0 at 0.999999990, 1 at 0.000000005", "not to 1"), ("binomial 2 mean 3", "between 0"), ("-1", "negative"),
        ("1.5", "decimal point"), ("many", "not a number"), ("poison 1", "did you mean `poisson`"),
    ],
)  # fmt: skip
def test_bad_heads(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(q.Heads, text)


PLANS = [
    ("daily", "daily", (), 0), ("weekdays tue mon", "weekdays", (0, 1), 0), ("every 3 days", "every_days", (), 3),
    ("every 1 day", "every_days", (), 1), ("every 2 weeks", "every_days", (), 14), ("every 8 h", "every_seconds", (), 28_800),
    ("when ready", "when_ready", (), 0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "days", "every"), PLANS)
def test_plans(text: str, kind: str, days: tuple[int, ...], every: int) -> None:
    assert read(q.PlanDays, text) == q.PlanDaysValue(kind, days, every, text)


@pytest.mark.parametrize(
    "text", ["dayly", "weekdays", "weekdays mon mon", "weekdays monday", "every", "every 0 days", "every 5 s"]
)
def test_bad_plans(text: str) -> None:
    with pytest.raises(ValueError, match="expected `daily`"):
        read(q.PlanDays, text)


@given(st.integers(0, 200 * 365 * 86_400))
def test_durations_survive_being_spelt(seconds: int) -> None:
    assert read(q.Duration, spelt(q.Duration, seconds)) == seconds


@given(st.integers(0, 86_399), st.dates(date(1900, 1, 1), date(2299, 12, 31)))
def test_moments_survive_being_spelt(second: int, day: date) -> None:
    assert read(q.Clock, spelt(q.Clock, second)) == second
    for moment in (q.MomentValue(day), q.MomentValue(day, second)):
        assert read(q.Moment, str(moment)) == moment


@given(st.integers(0, 1_000_000).map(lambda n: n / 1_000_000))
def test_shares_survive_being_spelt(share: float) -> None:
    assert read(q.Share, spelt(q.Share, share)) == pytest.approx(share, abs=1e-15)


@given(st.integers(0, 100_000))
def test_tenths_of_an_hour_are_exact(tenths: int) -> None:
    """In floating point ten steps of 0.1 end before 1.0, and a closing hour would be missed by a second."""
    assert read(q.Duration, f"{tenths // 10}.{tenths % 10} h") == tenths * 360


@given(
    st.text(max_size=40),
    st.sampled_from([q.Delay, q.Heads, q.PlanDays, q.Hours, q.Rate, q.Share, q.CountPrior, q.Moment]),
)
def test_any_text_is_read_or_refused(text: str, kind: object) -> None:
    """Only ValueError may leave a parser: pydantic lets anything else through as a traceback."""
    with contextlib.suppress(ValueError):
        read(kind, text)
