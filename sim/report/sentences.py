"""The sentences that may be quoted, in fixed wording: the range first, its kind, and what was removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from shlex import quote
from typing import Any

from sim.report.numbers import FEW, rounded, span, whole_unit

BOUNDS = {"exact": "", "about": "about ", "more_than": "more than ", "at_least": "at least "}
NEED = (
    "Need is exogenous: the same patients are referred in every world. In an open corridor fewer might have "
    "fallen ill, or more might have asked. Who travels twice counts twice, as in the record."
)
NOT_INDEPENDENT = (
    "Histories of a posterior are not independent of each other: they say less of a mean, and of what never "
    "occurred, than as many independent replications. So their mean has no Monte Carlo interval, and 0 of n "
    "comes without a bound."
)
ILLUSTRATIVE = "ILLUSTRATIVE: a teaching example; it describes no real corridor."


def long_date(iso: str) -> str:
    """`19 September 2023`, in English whatever the locale."""
    day = date.fromisoformat(iso)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def short_date(iso: str) -> str:
    """`19 Sept`, in English whatever the locale."""
    day = date.fromisoformat(iso)
    return f"{day.day} {SHORT_MONTHS[day.month - 1]}"


SHORT_MONTHS = ("Jan", "Feb", "March", "April", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")


def carrier_name(carrier: str, title: str | None) -> str:
    """A carrier within a sentence: its title with an article, or its id as it is.

    >>> carrier_name("icrc", "International Committee of the Red Cross"), carrier_name("icrc", None)
    ('the International Committee of the Red Cross', 'icrc')
    >>> carrier_name("msf", "The doctors"), carrier_name("icrc", "icrc")
    ('the doctors', 'icrc')
    """
    if title is None or title == carrier:
        return carrier
    return f"the {title[4:] if title.lower().startswith('the ') else title}"


def published_figure(bound: str, value: float) -> str:
    """A figure as it was published: "more than 800", "about 1,500", "3.4"."""
    number = f"{value:,.0f}" if value == int(value) else f"{value:,}"
    return BOUNDS[bound] + number


def nothing_sentence(world: str) -> str:
    """In place of a headline, where the compared world is the corridor as it was."""
    return (
        f"The scenario has no impediment that the world `{world}` would remove: there is no difference to "
        "quote. What the model gives of the corridor as it was is set beside what was published."
    )


def more_or_fewer(low: float, high: float, whole: bool) -> tuple[str, str]:
    """The range of a difference in words, and whether it is of more or fewer.

    >>> more_or_fewer(320, 780, True), more_or_fewer(-780, -320, True), more_or_fewer(-40, 120, True)
    (('320–780', 'more'), ('320–780', 'fewer'), ('from 40 fewer to 120', 'more'))
    """
    if low >= 0:
        return span(low, high, whole), "more"
    if high <= 0:
        return span(-high, -low, whole), "fewer"
    width = high - low
    return f"from {rounded(-low, width, whole)} fewer to {rounded(high, width, whole)}", "more"


def headline_sentence(headline: Mapping[str, Any], definition: str, record: Mapping[str, Any] | None) -> str:
    """What to quote: the difference, then what the compared world is, then the record.

    Parameters
    ----------
    headline
        As in the answer: `unit`, `carrier`, `carrier_title`, `until`, `world`, `minus`, `replications` and
        `variants` with their `median`, `low` and `high`.
    definition
        The compared world in one sentence.
    record
        The published figure nearest the end, with what the actual world gives for it; or None.
    """
    rows: Sequence[Mapping[str, Any]] = headline["variants"]
    whole, n = whole_unit(headline["unit"]), headline["replications"]
    carrier = ""
    if headline["carrier"] is not None:
        carrier = f" with {carrier_name(headline['carrier'], headline['carrier_title'])}"
    what = f"{headline['unit']} leaving{carrier} by {long_date(headline['until'])}"
    other = "the actual world" if headline["minus"] == "actual" else f"the world `{headline['minus']}`"
    where = f"in the world `{headline['world']}` than in {other}"
    after = f"The world `{headline['world']}`: {definition.rstrip('.')}.{_record(record)}"
    names = ", ".join(row["variant"] for row in rows)
    medians = sorted(row["median"] for row in rows)
    if n < 2:
        amount, sign = more_or_fewer(medians[0], medians[-1], whole)
        if medians[0] == medians[-1]:
            amount = rounded(abs(medians[0]), 0.0, whole)
        kind = f"no interval; {names}"
        said = f"{amount} ({kind}) {sign} {what} {where}"
        return f"Under the assumptions listed, one replication gives {said}. {after}"
    low, high = min(row["low"] for row in rows), max(row["high"] for row in rows)
    amount, sign = more_or_fewer(low, high, whole)
    flip = -1 if sign == "fewer" else 1
    if low == high:
        amount = rounded(abs(low), 0.0, whole)
        kind = f"no spread: the central 90 % of {n} replications agree; {names}"
    elif len(rows) == 1:
        centre = f"median {rounded(flip * medians[0], high - low, whole)}"
        kind = f"{centre}; 90 % prediction interval, {n} replications; variant {names}"
    else:
        first, last = sorted((flip * medians[0], flip * medians[-1]))
        width = high - low
        centre = f"medians {rounded(first, width, whole)} to {rounded(last, width, whole)}"
        kind = f"{centre}; 90 % prediction intervals, {n} replications each; spanning the variants {names}"
    said = f"{amount} ({kind}) {sign} {what} {where}"
    return f"Under the assumptions listed, the model gives {said}. {after}"


def _record(record: Mapping[str, Any] | None) -> str:
    """How the actual world compares with what was published."""
    if record is None or record["low"] is None:
        return ""
    ends = span(record["low"], record["high"], record["what"] != "convoy_size")
    median = rounded(record["median"], record["high"] - record["low"], record["what"] != "convoy_size")
    return (
        f" In the actual world the model gives {ends} (median {median}; 90 % prediction interval, variant "
        f"{record['variant']}) by {long_date(record['by'])}, for which {record['published']} were published "
        f"[{record['source'] or record['figure']}]."
    )


def repeat_command(
    file: str,
    replications: int,
    seed: int | None,
    variants: Sequence[str],
    precision: float | None = None,
    prior: bool = False,
) -> str:
    """The command that repeats a run.

    Parameters
    ----------
    replications
        How many; the most of them where a precision was asked for.
    variants
        As they were named, none when all were run.
    seed
        None where histories of posteriors were run.
    precision
        The share that was asked for, if one was.
    prior
        Whether posteriors were left aside.
    """
    amount = f"--replications {replications}"
    if precision is not None:
        amount = f"--precision {100 * precision:g}% --most {replications}"
    chosen = "".join(f" --variant {name}" for name in variants)
    luck = "" if seed is None else f" --seed {seed}"
    return f"corridor run {quote(file)} {amount}{luck}{' --prior' if prior else ''}{chosen}"


def precision_sentence(precision: Mapping[str, Any]) -> str:
    """Whether the precision that was asked for was reached, after how many replications.

    Parameters
    ----------
    precision
        As in the answer: `asked`, `reached` (None where a mean is 0), `replications`, `capped`.
    """
    asked, n = f"{100 * precision['asked']:g} %", f"{precision['replications']:,} replications"
    of = "of the headline's mean (half width of its 95 % Monte Carlo interval, in every variant)"
    if precision["reached"] is None:
        why = f"that mean is 0 in a variant after {n}, the most allowed"
        return f"Precision: {asked} {of} cannot be reached: {why}."
    reached = f"{100 * precision['reached']:.2g} %"
    if precision["capped"]:
        return f"Precision: {asked} {of} was NOT reached: {reached} after {n}, the most allowed."
    return (
        f"Precision: {asked} {of} was asked for, {reached} reached after {n}. As it decided when to stop, "
        "that interval is slightly optimistic."
    )


def few_sentence(replications: int) -> str | None:
    """What to say of intervals over few replications; None where they are enough, or there is only one."""
    if not 1 < replications < FEW:
        return None
    return (
        f"With {replications} replications the intervals are about the range of what occurred: too narrow to "
        f"quote. Run at least {FEW}, better the scenario's own number."
    )


def record_sentence(variant: str, rows: Sequence[Mapping[str, Any]], errors: bool) -> str:
    """How many published figures the actual world agrees with, and on which side it errs.

    Parameters
    ----------
    rows
        Of the variant, as in the answer: `observed`, `median`, `inside`, and `strictly` (None of a floor).
    errors
        Whether any two-sided figure has an error of observation.
    """
    two = [row for row in rows if row["strictly"] is not None]
    floors = [row for row in rows if row["strictly"] is None]
    parts = []
    if two:
        inside, widened = sum(row["strictly"] for row in two), sum(row["inside"] for row in two)
        once = f" ({widened} once widened by two standard errors of observation)" if errors else ""
        parts.append(
            f"of {many(len(two), 'two-sided figure')} {inside} {'lies' if inside == 1 else 'lie'} inside "
            f"the 90 % prediction intervals{once}"
        )
    if floors:
        held = sum(row["inside"] for row in floors)
        verb = "is" if held == 1 else "are"
        parts.append(f"of {many(len(floors), 'floor')} {held} {verb} not contradicted")
    said = f"Variant {variant}: {'; '.join(parts)}."
    if two:
        below = sum(row["observed"] < row["median"] for row in two)
        of = many(len(two), "two-sided figure")
        said += f" {below} of the {of} {'lies' if below == 1 else 'lie'} below the predicted median."
    return said


def posterior_sentence(variant: str, about: Mapping[str, Any]) -> str:
    """What a variant was calibrated with, and how well that went.

    Parameters
    ----------
    about
        What the posterior's JSON file says.
    """
    least, greatest = about["least_effective_sample_size"], about["greatest_r_hat"]
    said = (
        f"Variant {variant}: {about['histories']:,} histories, calibrated on "
        f"{many(len(about['figures']), 'figure')}"
    )
    if least is not None:
        said += f" (effective sample size at least {least:.0f}, R-hat at most {greatest:.3g}"
        said += ")" if about["reached"] else "; 400 and 1.05 were wanted: NOT reached)"
    return f"{said}."


def many(n: int, thing: str) -> str:
    """A number of things: `1 replication`, `5,000 replications`."""
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def assumed_sentence(marks: Mapping[str, int]) -> str:
    """How much of the scenario is assumed."""
    total = sum(marks.values())
    return (
        f"{marks['assumed']} of {total} numbers in the scenario are assumed, {marks['source']} have a "
        f"source, {marks['unmarked']} are unmarked."
    )
