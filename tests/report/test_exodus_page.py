"""Why: a worked comparison that nobody regenerates tells of a scenario that no longer exists.

On every commit: the page's figures are the scenario's, and it names the file's hash; (slow) the page is the
one that the code makes now, and what it says of the model's skill holds.
"""

from __future__ import annotations

import numpy as np
import pytest

from sim.scenario.reading import read_scenario
from tests.report import exodus_page


def test_the_page_is_of_this_scenario() -> None:
    """Would catch a scenario changed after its page was made, or a figure added, dropped, or marked anew."""
    file = read_scenario(exodus_page.EXODUS)
    page = exodus_page.PAGE.read_text(encoding="utf-8")
    assert f"File {file.file_hash[:16]};" in page
    kept_back, seen = page.split("## Seen by the calibration")
    for part, use in ((kept_back, "validate"), (seen, "calibrate")):
        for cells in exodus_page.known(file, use):
            assert "| " + " | ".join(cells) + " |" in part


def test_the_calibrated_model_has_skill() -> None:
    """Would catch a model that is no better than the last day's rate, that misses a published point, or whose
    vehicles drive through the queue; and a page made without the posterior."""
    assert_it_has_skill(exodus_page.run(read_scenario(exodus_page.EXODUS)))


@pytest.mark.slow
def test_the_page_is_what_the_code_makes_and_the_model_has_skill() -> None:
    """Would catch a number that has moved unnoticed, and skill that few histories had by chance."""
    made = exodus_page.run(read_scenario(exodus_page.EXODUS))
    assert exodus_page.page(made) == exodus_page.PAGE.read_text(encoding="utf-8")
    assert_it_has_skill(made)


def assert_it_has_skill(made: exodus_page.Run) -> None:
    """What is asked of the prediction: a better score than the naive one's, with and without the total; every
    count in the 90 % interval, without its error; and, of reports of single families, none outside what would
    be published. Rule: the page's own 200 histories of a posterior whose chains have mixed; no seed moves
    them, and of 40 only two would lie beyond either end of an interval."""
    assert made.ensemble.posteriors["base"].about["reached"]
    for *_, naive, stopped, model in exodus_page.scores(made):
        scored = [float(score.replace(",", "")) for score in (naive, stopped, model)]
        assert scored[2] < min(scored[:2])
    for name, *_, said, _ in exodus_page.of_figures(made, "validate"):
        assert said in (("inside", "inside with error") if "hours" in name else ("inside",))
    measures = made.ensemble.measures["base", "actual"]
    assert 20 < np.median(measures["travel_of_arrived[window=arrived-26-27]"]) < 48
