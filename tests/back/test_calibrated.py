"""Back tests of the flagship's posteriors: do they keep the record, and predict what they did not see?

Why: published numbers come from these files. They must be of this scenario, reproduce what they were
calibrated on, and be shown as they are.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.analysis.record import published
from sim.analysis.validation import Validation, validations
from sim.experiment.posterior import Posterior, find_posterior
from sim.scenario.reading import ScenarioFile, read_scenario
from sim.scenario.schema import WHOLE_RECORD
from tests.back import flagship_page

pytestmark = pytest.mark.xdist_group("flagship")

VARIANTS = tuple(read_scenario(flagship_page.FLAGSHIP).variants)


@pytest.fixture(scope="module")
def file() -> ScenarioFile:
    return read_scenario(flagship_page.FLAGSHIP)


@pytest.fixture(scope="module")
def found(file: ScenarioFile) -> dict[tuple[str, str], Validation]:
    """Every variant in every calibration, in the scenario's own number of replications."""
    every = validations(file, VARIANTS, workers=min(2, os.cpu_count() or 1))
    return {(one.variant, one.calibration): one for one in every}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_has_a_posterior_of_this_very_scenario(file: ScenarioFile, variant: str) -> None:
    """Catches: a number of the scenario that was changed after it was calibrated."""
    assert isinstance(find_posterior(file, variant, WHOLE_RECORD), Posterior)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_record_lies_in_narrow_intervals(found: dict[tuple[str, str], Validation], variant: str) -> None:
    """The bands of the analysis plan, in every variant that is kept."""
    one = found[variant, WHOLE_RECORD]
    figures = one.figures.set_index("figure")
    for name in ("icrc-29-april", "icrc-12-june"):
        row = figures.loc[name]
        assert row["low"] <= row["observed"] <= row["high"]
        assert (row["high"] - row["low"]) / 2 <= 0.1 * row["median"]
    end = figures.loc["icrc-18-september"]
    assert end["high"] > 800
    assert (end["high"] - end["low"]) / 2 <= 0.1 * end["median"]
    for name in ("urgent-10-may", "list-19-june", "list-24-june"):
        assert figures.loc[name, "inside"], name
    assert one.validated


def test_the_months_that_were_held_back(found: dict[tuple[str, str], Validation]) -> None:
    """From the figures to 30 June: every later floor is reached, and the naive rate is beaten."""
    one = found["base", "to-30-june"]
    figures = one.figures.set_index("figure")
    for name in ("icrc-11-july", "icrc-29-july", "icrc-16-august", "icrc-18-september"):
        assert not figures.loc[name, "seen"]
        assert figures.loc[name, "inside"], name
    skill = one.skill().set_index("forecast")
    assert skill.loc["rate", "figures"] >= 10
    assert skill.loc["rate", "ratio"] < 1


def test_the_page_shows_these_numbers() -> None:
    """Catches: a table in docs/flagship.md that the model no longer gives."""
    page = flagship_page.PAGE.read_text(encoding="utf-8")
    assert flagship_page.block(page) == flagship_page.tables()


def test_weeks_are_those_of_the_convoy_table(file: ScenarioFile) -> None:
    """Catches: a weekly figure that is not the sum of the convoys in the compiled record."""
    table = Path(flagship_page.FLAGSHIP).parent / "data" / "lachin" / "convoys.csv"
    rows = pd.read_csv(table, parse_dates=["start"])
    rows = rows[(rows["role"] == "primary") & (rows["carrier"] != "russian_peacekeepers")]
    weeks = {name: figure for name, figure in file.scenario.observed.items() if name.startswith("week-of-")}
    assert len(weeks) == 16
    for name, figure in weeks.items():
        assert figure.from_ is not None
        inside = rows["start"].dt.date.between(figure.from_, figure.by)
        assert published(figure)[1] == rows[inside]["patients"].sum(), name
        assert (figure.by - figure.from_).days == 6


def test_the_claim_about_need_calibrates_nothing(file: ScenarioFile) -> None:
    """Catches: an unverified number that slips into what it should be compared with."""
    figure = file.scenario.observed["referred-by-19-september"]
    assert figure.use == "compare"
    for variant in VARIANTS:
        posterior = find_posterior(file, variant, WHOLE_RECORD)
        assert isinstance(posterior, Posterior)
        assert "referred-by-19-september" not in {row["figure"] for row in posterior.about["figures"]}


def test_every_posterior_says_how_well_it_mixed(file: ScenarioFile) -> None:
    """The bar is stated beside what was reached, whichever it is."""
    for variant in VARIANTS:
        posterior = find_posterior(file, variant, WHOLE_RECORD)
        assert isinstance(posterior, Posterior)
        least = posterior.about["least_effective_sample_size"]
        greatest = posterior.about["greatest_r_hat"]
        assert posterior.about["reached"] == (least >= 400 and greatest <= 1.05)
        assert np.isfinite([least, greatest]).all()
