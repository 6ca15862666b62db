"""Distributions, from text: priors of what nobody knows, delays, and numbers of companions.

A *prior* is epistemic: one draw a replication. A *delay* varies from case to case. Every parameter carries
its unit and is kept in the base unit of its type (seconds, events a day, litres, or none).

- ``uniform a .. b``; ``loguniform a .. b`` with a > 0; ``triangular a .. most likely .. b``
- ``normal m ± s``: truncated below at 0 (a share: to 0 .. 1), and not rescaled to keep its mean
- ``lognormal m ± s``: mean and standard deviation of the value itself, not of its logarithm
- ``beta a, b``: shares only
- priors of whole numbers: uniform, loguniform and triangular; the drawn value is rounded
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from math import inf

from sim.scenario.amounts import decimal, exact_seconds, litres, positive, rate, share, unquoted, whole
from sim.scenario.scalar import did_you_mean, one_of, shown

Reader = Callable[[str], float]
BOUNDED = ("uniform", "loguniform", "triangular")
SPREAD = ("normal", "lognormal")
MOST_COMPANIONS = 100


@dataclass(frozen=True)
class Prior:
    """What is believed of an unknown value; `params` in the base unit of its type."""

    kind: str
    params: tuple[float, ...]
    text: str

    @property
    def upper(self) -> float:
        """Least upper bound, in the base unit."""
        return self.params[-1] if self.kind in BOUNDED else 1.0 if self.kind == "beta" else inf

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Delay:
    """A duration that varies: constant, never, exponential, uniform, triangular, lognormal, gamma, erlang.

    params : seconds; for erlang (phases, total mean in seconds)
    """

    kind: str
    params: tuple[float, ...]
    text: str

    @property
    def mean(self) -> float:
        """Mean in seconds; infinite for `never`."""
        if self.kind == "never":
            return inf
        if self.kind in ("uniform", "triangular"):
            return sum(self.params) / len(self.params)
        return self.params[1] if self.kind == "erlang" else self.params[0]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Heads:
    """How many companions: constant, binomial (n, mean), poisson (mean), table (value, chance, ...)."""

    kind: str
    params: tuple[float, ...]
    text: str

    @property
    def mean(self) -> float:
        """Mean number of companions."""
        if self.kind == "table":
            return sum(v * p for v, p in zip(self.params[::2], self.params[1::2], strict=True))
        return self.params[-1]

    def __str__(self) -> str:
        return self.text


def _clean(text: str) -> str:
    return " ".join(text.split()).replace("+-", "±").replace("+/-", "±")


def _ends(kind: str, text: str, read: Reader) -> tuple[float, ...]:
    """The bounds of a uniform, loguniform or triangular distribution, checked."""
    parts = text.split("..")
    wanted = 3 if kind == "triangular" else 2
    if len(parts) != wanted:
        form = "least .. most likely .. greatest" if wanted == 3 else "least .. greatest"
        raise ValueError(f"`{kind}` is written `{kind} {form}`")
    ends = tuple(float(read(part)) for part in parts)
    if ends[0] >= ends[-1]:
        raise ValueError(f"empty range: {parts[0].strip()} is not below {parts[-1].strip()}")
    if not ends[0] <= ends[1] <= ends[-1]:
        raise ValueError(f"the most likely value {parts[1].strip()} is outside the range")
    if kind == "loguniform" and ends[0] <= 0:
        raise ValueError("`loguniform` starts above 0")
    return ends


def _spread(kind: str, text: str, read: Reader, zero_mean: bool = False) -> tuple[float, float]:
    """Mean and standard deviation, checked."""
    parts = text.split("±")
    if len(parts) != 2:
        raise ValueError(f"`{kind}` is written `{kind} mean ± standard deviation`")
    mean, deviation = (float(read(part)) for part in parts)
    if deviation <= 0 or mean < 0 or (mean == 0 and not zero_mean):
        raise ValueError("the mean and the standard deviation must be more than 0")
    return mean, deviation


def _unknown(head: str, kinds: tuple[str, ...]) -> ValueError:
    return ValueError(f"{shown(head)} is not one of {one_of(kinds)}{did_you_mean(head, kinds)}")


def _prior(text: str, read: Reader, kinds: tuple[str, ...]) -> Prior:
    clean = _clean(text)
    head, _, rest = clean.partition(" ")
    if head not in kinds:
        raise _unknown(head, kinds)
    if head in BOUNDED:
        return Prior(head, _ends(head, rest, read), clean)
    if head in SPREAD:
        return Prior(head, _spread(head, rest, read, zero_mean=head == "normal"), clean)
    parts = rest.split(",")
    if len(parts) != 2:
        raise ValueError("`beta` is written `beta a, b`")
    shapes = tuple(float(decimal(part)) for part in parts)
    if not all(0.001 <= shape <= 1_000_000 for shape in shapes):
        raise ValueError("the two shapes of `beta` are from 0.001 to 1,000,000")
    return Prior("beta", shapes, clean)


def count_prior(text: str) -> Prior:
    """Prior over whole numbers; what is drawn is rounded."""
    return _prior(text, whole, BOUNDED)


def share_prior(text: str) -> Prior:
    """Prior over 0 .. 1; `normal` is truncated to it."""
    return _prior(text, share, (*BOUNDED, "normal", "beta"))


def rate_prior(text: str) -> Prior:
    """Prior in events a day."""
    return _prior(text, rate, BOUNDED + SPREAD)


def duration_prior(text: str) -> Prior:
    """Prior in seconds."""
    return _prior(text, lambda part: float(exact_seconds(part)), BOUNDED + SPREAD)


def positive_prior(text: str) -> Prior:
    """Prior over positive numbers."""
    return _prior(text, positive, BOUNDED + SPREAD)


def litres_prior(text: str) -> Prior:
    """Prior in litres."""
    return _prior(text, litres, BOUNDED + SPREAD)


DELAYS = ("never", "exponential", "uniform", "triangular", "lognormal", "gamma", "erlang")


def _seconds(text: str) -> float:
    value = exact_seconds(text)
    if 0 < value < 1:
        raise ValueError("shorter than 1 s")
    return float(value)


def _some_seconds(text: str) -> float:
    value = _seconds(text)
    if value == 0:
        raise ValueError("the mean must be more than 0")
    return value


def delay(text: str) -> Delay:
    """A duration or a distribution of durations. Raises ValueError."""
    clean = _clean(text)
    head, _, rest = clean.partition(" ")
    if clean == "never":
        return Delay("never", (), clean)
    if head == "exponential":
        return Delay(head, (_some_seconds(rest),), clean)
    if head in ("uniform", "triangular"):
        return Delay(head, _ends(head, rest, _seconds), clean)
    if head in ("lognormal", "gamma"):
        return Delay(head, _spread(head, rest, _seconds), clean)
    if head == "erlang":
        phases, _, mean = rest.partition(" mean ")
        if not mean:
            raise ValueError("`erlang` is written `erlang phases mean duration`")
        number = whole(phases, 1000)
        if number == 0:
            raise ValueError("`erlang` has at least 1 phase")
        return Delay(head, (float(number), _some_seconds(mean)), clean)
    if head[:1].isalpha() and head.lower().lstrip(".") not in ("nan", "inf"):
        raise _unknown(head, DELAYS)
    seconds = exact_seconds(clean)
    if seconds != int(seconds):
        raise ValueError(f"{seconds.normalize():f} s is not a whole number of seconds")
    return Delay("constant", (float(seconds),), clean)


def heads(text: str) -> Heads:
    """A whole number or a distribution of whole numbers. Raises ValueError."""
    clean = _clean(text)
    head, _, rest = clean.partition(" ")
    if head == "binomial":
        number, _, mean = rest.partition(" mean ")
        if not mean:
            raise ValueError("`binomial` is written `binomial most mean number`")
        most, middle = whole(number, MOST_COMPANIONS), float(decimal(mean))
        if most == 0 or middle > most:
            raise ValueError(f"the mean of `binomial` is between 0 and its greatest value, {most}")
        return Heads(head, (float(most), middle), clean)
    if head == "poisson":
        middle = float(decimal(rest))
        if middle > MOST_COMPANIONS:
            raise ValueError(f"a mean of at most {MOST_COMPANIONS}")
        return Heads(head, (middle,), clean)
    if " at " in clean:
        return Heads("table", _table(clean), clean)
    if head[:1].isalpha() and rest:
        raise _unknown(head, ("binomial", "poisson"))
    return Heads("constant", (float(whole(unquoted(text), MOST_COMPANIONS)),), clean)


def _table(text: str) -> tuple[float, ...]:
    pairs: dict[int, Decimal] = {}
    for part in text.split(","):
        number, _, chance = part.partition(" at ")
        value = whole(number.strip(), MOST_COMPANIONS)
        if not chance or value in pairs:
            raise ValueError(f"{value} stands twice" if chance else f"{shown(part.strip())} has no chance")
        share(chance)
        percent = chance.strip().endswith("%")
        pairs[value] = decimal(chance.strip().rstrip("%")) / (100 if percent else 1)
    total = sum(pairs.values(), Decimal(0))
    if abs(total - 1) >= Decimal("1e-9"):
        raise ValueError(f"the chances sum to {total.normalize():f}, not to 1")
    return tuple(x for value, chance in sorted(pairs.items()) for x in (float(value), float(chance)))
