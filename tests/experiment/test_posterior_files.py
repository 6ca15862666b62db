"""Posteriors on disk: a new one takes the place of its own predecessor, and of nobody else's."""

from pathlib import Path

import numpy as np

from sim.experiment.posterior import Posterior, write_posterior
from sim.scenario.reading import read_scenario
from tests.report.conftest import SCENARIO


def posterior(variant: str, calibration: str, named: str) -> Posterior:
    """One history without a parameter."""
    one = np.ones(1, dtype=np.int64)
    return Posterior(
        "small", variant, calibration, named * 64, 1, (),
        np.empty((1, 0)), (), one[:, None, None], one, {}, {},
    )  # fmt: skip


def test_only_its_own_predecessor_goes(tmp_path: Path) -> None:
    """Catches: names with dots. `base.to.june` begins with `base.to`, and was deleted with it."""
    (tmp_path / "small.yaml").write_text(SCENARIO)
    file = read_scenario(tmp_path / "small.yaml")
    for variant, calibration in (("base", "to.june"), ("base", "to"), ("base.to", "june"), ("base", "to")):
        written = write_posterior(file, posterior(variant, calibration, "a"))
    write_posterior(file, posterior("base", "to", "b"))
    names = {path.name for path in written.parent.iterdir()}
    assert names == {
        f"{stem}.{named * 12}.{ending}"
        for stem, named in (("base.to.june", "a"), ("base.to", "b"))
        for ending in ("csv", "json")
    }
