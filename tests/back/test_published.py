"""Published results are those of this code and these data: or this fails, and they are published again."""

import json
import operator
import os
import shutil
from pathlib import Path

import pytest

from sim.cli import main
from sim.experiment import provenance
from sim.experiment.store import write_run
from sim.report import reporting
from sim.report.reporting import PAGE
from sim.scenario.reading import read_scenario
from tests.back.published import moved_by_rerun, outdated, scenario_of
from tests.report.conftest import SCENARIO

COMMAND = [
    "corridor", "report", "small.yaml", "-n", "8", "--samples", "2", "--luck", "1", "--publish", "--quiet",
    "--workers", "1",
]  # fmt: skip
PUBLISHED = sorted((Path(__file__).parents[2] / "results").glob("*/published/manifest.json"))


@pytest.mark.parametrize("manifest", PUBLISHED, ids=lambda path: path.parents[1].name)
def test_what_is_published_stands(manifest: Path) -> None:
    """Catches: a change of code or data that moves a number, with the old one still published.

    If it is meant: publish again with the command at the end of the page, and say why in the changelog.
    """
    folder = manifest.parent
    assert outdated(folder, read_scenario(scenario_of(folder))) == []


@pytest.mark.slow
@pytest.mark.parametrize("manifest", PUBLISHED, ids=lambda path: path.parents[1].name)
def test_what_is_published_comes_out_again(manifest: Path) -> None:
    """Every table, figure and page, attribution, switches and sensitivities included, byte for byte."""
    folder = manifest.parent
    assert moved_by_rerun(folder, read_scenario(scenario_of(folder)), os.cpu_count() or 1) == []


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a small scenario was published by the command."""
    home = tmp_path_factory.mktemp("home")
    (home / "small.yaml").write_text(SCENARIO)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setattr("sys.argv", COMMAND)
        assert main() == 0
    return home


def folder_of(home: Path) -> Path:
    return home / "results" / "small" / "published"


def test_what_was_just_published_stands(home: Path) -> None:
    file = read_scenario(home / "small.yaml")
    assert outdated(folder_of(home), file) == []
    assert moved_by_rerun(folder_of(home), file) == []


def test_another_code_is_noticed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever line of the package it is: not all analyses are run again in CI."""
    from tests.back import published

    monkeypatch.setattr(published, "code_hash", lambda: "0" * 64)
    assert outdated(folder_of(home), read_scenario(home / "small.yaml")) == ["code is another"]


def test_the_hash_of_the_code_covers_every_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a room whose modules could change unseen."""
    package = tmp_path / "sim"
    real = Path(provenance.__file__).parents[1]
    shutil.copytree(real, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(provenance, "__file__", str(package / "experiment" / "provenance.py"))
    seen = [provenance.code_hash()]
    for room in ("scenario", "model", "experiment", "analysis", "report"):
        changed = max((package / room).glob("*.py"))
        changed.write_bytes(changed.read_bytes() + b"0")
        seen.append(provenance.code_hash())
    assert len(set(seen)) == 6


def test_a_rerun_notices_every_analysis(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the attribution, the switches and the sensitivities had changed, and nothing else."""

    def altered(place: str, another: object) -> None:
        made = operator.attrgetter(place)(reporting)
        monkeypatch.setattr(
            f"sim.report.reporting.{place}", lambda *args: {**made(*args), "note.csv": another}
        )

    altered("switches_data", 1)
    altered("attributions.make_files", b"")
    altered("sensitivity_data", 1)
    said = moved_by_rerun(folder_of(home), read_scenario(home / "small.yaml"))
    assert {"switches.json is another", "sensitivity.json is another", "note.csv is another"} <= set(said)
    assert "measures.parquet is another" not in said


def test_another_scenario_is_noticed(home: Path, tmp_path: Path) -> None:
    """One number of the data changed: the published results are no longer theirs."""
    (tmp_path / "small.yaml").write_text(SCENARIO.replace("seats: 3", "seats: 4"))
    assert outdated(folder_of(home), read_scenario(tmp_path / "small.yaml")) == [
        "file_hash is another",
        "model_hash is another",
    ]


def test_a_moved_number_is_noticed(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the model's code had changed: its rerun gives another number than the stored table."""
    from tests.back import published

    real = published.simulate

    def changed(*args: object, **options: object) -> object:
        ensemble = real(*args, **options)
        ensemble.measures["base", "actual"].iloc[0, 0] += 1
        return ensemble

    monkeypatch.setattr(published, "simulate", changed)
    said = outdated(folder_of(home), read_scenario(home / "small.yaml"))
    assert said == ["numbers of variant base, world actual moved"]


def test_a_page_made_otherwise_is_noticed(home: Path, tmp_path: Path) -> None:
    """A page that was edited, or whose code changed, while its tables did not; the folder itself is whole."""
    old = folder_of(home)
    manifest = json.loads((old / "manifest.json").read_bytes())
    files = {name: (old / name).read_bytes() for name in manifest["files"]}
    files[PAGE] = files[PAGE].replace(b"Limitations", b"No limits")
    rest = {k: v for k, v in manifest.items() if k not in ("files", "sha256", "format")}
    write_run(tmp_path / "published", files, rest)
    assert outdated(tmp_path / "published", read_scenario(home / "small.yaml")) == [f"{PAGE} is another"]


def test_publishing_again_gives_the_same_bytes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One command, the same folder: every file, the manifest too."""
    folder = folder_of(home)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.chdir(home)
    shutil.rmtree(home / "results" / "small" / "reports", ignore_errors=True)
    monkeypatch.setattr("sys.argv", [*COMMAND, "--force"])
    assert main() == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
