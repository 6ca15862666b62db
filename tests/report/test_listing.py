"""The list of stored runs: which scenario each is of, and no range where there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sim.experiment.reading_back import StoredRun
from sim.experiment.store import StoreError
from sim.report.listing import as_text, listing


def run_of(
    folder: Path, scenario: str, low: float | None, variants: tuple[str, ...] = ("base",)
) -> StoredRun:
    headline = {
        "unit": "patients", "world": "unimpeded", "minus": "actual", "variants": list(variants),
        "span": {"low": low, "high": None if low is None else low + 300},
    }  # fmt: skip
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps({"headline": headline}))
    asked = {"scenario": scenario, "variants": list(variants)}
    manifest: dict[str, Any] = {"asked": asked, "run": folder.name, "replications": 1, "files": {}}
    return StoredRun(folder, manifest)


@pytest.mark.parametrize(
    ("low", "variants", "said"),
    [
        (None, ("base",), "no interval from one replication (patients, unimpeded − actual)"),
        (100.0, ("base",), "100–400 patients, unimpeded − actual (90 % prediction interval)"),
        (
            -40.0,
            ("a", "b"),
            "−40 to 260 patients, unimpeded − actual (90 % prediction intervals of 2 variants)",
        ),
    ],
)
def test_a_headline_is_a_range_and_its_kind(
    tmp_path: Path, low: float | None, variants: tuple[str, ...], said: str
) -> None:
    """Would catch `None–None`, and one variant's range under the name of all."""
    (row,) = listing([run_of(tmp_path / "runs" / "1", "bare", low, variants)])
    assert row["headline_text"] == said


def test_every_scenario_has_a_table_of_its_own(tmp_path: Path) -> None:
    """Would catch runs of one scenario in the table of another, and a broken run without its reason."""
    runs = [run_of(tmp_path / name / "runs" / (name[0] * 12), name, 100.0) for name in ("first", "second")]
    broken = tmp_path / "second" / "runs" / "torn"
    broken.mkdir()
    text = as_text(listing([*runs, StoreError(broken, "observed.csv is missing")]), "results")
    first, second = text.split("\n\n")
    assert first.startswith("first\n")
    assert second.startswith("second\n")
    assert ("f" * 12 in first, "s" * 12 in first, "torn" in first) == (True, False, False)
    assert ("f" * 12 in second, "s" * 12 in second) == (False, True)
    assert "observed.csv is missing" in " ".join(second.split()), "wherever its line is broken"
