"""The public record: what a run says of each published figure, and how well a history matches them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.model.road_measures import HOURS, OWN
from sim.scenario.calendar_text import clock_text
from sim.scenario.schema import Observed, Scenario

Floats = NDArray[np.float64]
Term = tuple[str, int, int]
"""(series, midnight, sign): a count that is added or taken off."""

FLOORS = ("more_than", "at_least")
"""Bounds of figures that can only be contradicted from below."""
NO_VALUE = 20.0
"""Standard errors by which a history misses a figure that it does not define: a mean over no convoys."""


def published(figure: Observed) -> tuple[str, float]:
    """How a figure was published (exact, about, more_than, at_least), and the figure."""
    bounds = {"exact": figure.value, "about": figure.about,
              "more_than": figure.more_than, "at_least": figure.at_least}  # fmt: skip
    return next((bound, float(value)) for bound, value in bounds.items() if value is not None)


def terms(scenario: Scenario, figure: Observed) -> tuple[list[Term], list[Term]]:
    """Daily counts that make up a figure; and those that it is divided by, none unless it is a mean."""
    origin = scenario.period.from_.day
    until = (figure.by - origin).days + (figure.at == "end")
    since = 0 if figure.from_ is None else (figure.from_ - origin).days
    carriers = scenario.carriers if figure.carrier is None else [figure.carrier]

    def counted(what: str) -> list[Term]:
        names = [f"{what}[carrier={name}]" for name in carriers]
        return [(name, day, sign) for name in names for day, sign in ((until, 1), (since, -1))]

    match figure.what:
        case "waiting":
            classes = figure.classes or tuple(scenario.need.classes)
            return [(f"waiting[class={name}]", until, 1) for name in classes], []
        case "referred":
            return [("referred", until, 1)] + ([("referred", since, -1)] if since else []), []
        case "people_arrived" | "vehicles_arrived":
            hour = f"[at={clock_text(figure.at)}]" if isinstance(figure.at, int) else ""
            return [(f"{figure.what}{hour}", until, 1)], []
        case "travel_hours":
            days = ((until, 1), (until - 1 if figure.from_ is None else since, -1))
            over, under = ([(name, day, sign) for day, sign in days] for name in (HOURS, OWN))
            return over, under
        case "convoy_size":
            return counted("patients"), counted("convoys")
    return counted(figure.what), []


def predicted(
    scenario: Scenario, series: Mapping[str, NDArray[np.signedinteger]], figure: Observed
) -> Floats:
    """What the model says of a figure, one value a replication (nan: a mean over none).

    Parameters
    ----------
    series
        Series at each midnight of the actual world, shape (replications, days + 1).
    """
    parts = terms(scenario, figure)
    over, under = (
        np.sum([sign * series[name][:, day].astype(np.float64) for name, day, sign in part], axis=0)
        for part in parts
    )
    if not parts[1]:
        return np.asarray(over)
    none = np.full(len(over), np.nan)
    return np.asarray(np.divide(over, under, out=none, where=under > 0))


class Record:
    """The figures that a calibration sees, against which one history after the other is held."""

    def __init__(self, scenario: Scenario, figures: Mapping[str, Observed], series: Sequence[str]) -> None:
        self.names = tuple(figures)
        both = [terms(scenario, figure) for figure in figures.values()]
        all_terms = [term for over, under in both for term in (*over, *under)]
        self._rows = np.array([series.index(name) for name, _, _ in all_terms], dtype=np.int64)
        self._days = np.array([day for _, day, _ in all_terms], dtype=np.int64)
        self._over, self._under = np.zeros((2, len(both), len(all_terms)))
        self._is_mean = np.array([bool(under) for _, under in both])
        at = 0
        for k, parts in enumerate(both):
            for weights, part in zip((self._over, self._under), parts, strict=True):
                weights[k, at : at + len(part)] = [sign for _, _, sign in part]
                at += len(part)
        bounds = [published(figure) for figure in figures.values()]
        self.observed = np.array([value for _, value in bounds])
        self.errors = np.array([1.0 if f.error is None else float(f.error) for f in figures.values()])
        self._floor = np.array([bound in FLOORS for bound, _ in bounds])

    def read(self, daily: NDArray[np.signedinteger]) -> Floats:
        """What one history says of each figure, from its daily series (series, days + 1)."""
        counts = daily[self._rows, self._days]
        over, under = self._over @ counts, np.where(self._is_mean, self._under @ counts, 1.0)
        none = np.full(len(over), np.nan)
        return np.asarray(np.divide(over, under, out=none, where=under > 0))

    def off(self, told: Floats) -> Floats:
        """Standard errors by which histories lie above each figure; far below where they do not define it."""
        off = (told - self.observed) / self.errors
        return np.where(np.isnan(off), -NO_VALUE, off)

    def missed(self, off: Floats) -> Floats:
        """By how many standard errors figures are missed: a floor from below only."""
        return np.where(self._floor & (off > 0), 0.0, off)

    def misfit(self, told: Floats) -> Floats:
        """Sum of squared deviations in standard errors, for each row of what histories say."""
        return np.asarray((self.missed(self.off(told)) ** 2).sum(axis=-1))
