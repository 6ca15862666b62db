"""What is written tells nothing of who wrote it: no user, host or home, no folder above the one at hand."""

from __future__ import annotations

import getpass
import os
import platform
import socket
import zlib
from pathlib import Path

import pyarrow.parquet
import pytest
from click.testing import CliRunner

from sim.analysis import calibrate
from sim.cli import corridor
from sim.model.engines import prepare
from tests.report.conftest import SCENARIO

USER, HOST, HOME = "ottoline-user", "ottoline-host", "/srv/ottoline-home"
FOLDER = "ottoline-folder"
SECRET = "ottoline"
COMMANDS = [
    ["run", "FILE", "-n", "4", "--per-patient", "--workers", "1"],
    ["attribute", "FILE", "-n", "4", "--workers", "1"],
    ["report", "FILE", "-n", "4", "--samples", "4", "--luck", "2", "--workers", "1"],
    ["sensitivity", "FILE", "--samples", "4", "--luck", "2", "--workers", "1"],
    ["capacity", "FILE", "-n", "3", "--out", "capacity"],
    ["calibrate", "FILE", "--rounds", "16", "--workers", "1"],
    ["validate", "FILE", "-n", "4", "--workers", "1"],
    ["init", "another"],
]
"""Every command that writes."""
SHORT = {"STEPS": 20, "CHAINS": 4, "GROUPS": 2, "LEAST_ROUNDS": 4, "HISTORIES": 20}


def everything_in(path: Path) -> bytes:
    """The bytes of a file, and what they hold once unpacked: cells and metadata of Parquet, chunks of PNG."""
    data = path.read_bytes()
    if path.suffix == ".parquet":
        table = pyarrow.parquet.read_table(path)
        meta = pyarrow.parquet.read_metadata(path)
        return (
            data + repr((table.to_pydict(), table.schema.metadata, meta.metadata, meta.created_by)).encode()
        )
    if path.suffix == ".png":
        at = 8
        while at < len(data):
            length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
            chunk = data[at + 8 : at + 8 + length]
            if kind in (b"zTXt", b"iTXt"):
                data += zlib.decompressobj().decompress(chunk.split(b"\0", 1)[1][1:])
            at += 12 + length
    return data


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything was run, by a user, on a host and from a home with telling names."""
    folder = tmp_path_factory.mktemp(FOLDER)
    home = folder / "at-work"
    home.mkdir()
    scenario = folder / "small.yaml"  # above the folder at hand, and named by its whole path
    scenario.write_text(
        SCENARIO.replace("source: bulletin}", "error: 2, source: bulletin, use: calibrate}").replace(
            "worlds:\n", "worlds:\n  idle: {says: A world with a warning.}\n"
        ),
        encoding="utf-8",
    )
    prepare()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        for name in ("USER", "LOGNAME", "USERNAME", "LNAME"):
            patch.setenv(name, USER)
        for name in ("HOME", "USERPROFILE"):
            patch.setenv(name, HOME)
        for name in ("HOSTNAME", "COMPUTERNAME"):
            patch.setenv(name, HOST)
        patch.setattr(socket, "gethostname", lambda: HOST)
        patch.setattr(platform, "node", lambda: HOST)
        patch.setattr(getpass, "getuser", lambda: USER)
        for name, value in SHORT.items():
            patch.setattr(calibrate, name, value)
        for words in COMMANDS:
            named = [str(scenario) if word == "FILE" else word for word in words]
            done = CliRunner().invoke(corridor, named, catch_exceptions=False, standalone_mode=False)
            assert done.return_value in (None, 0, 1), (words, done.output)
    return folder


def test_every_command_that_writes_has_written(written: Path) -> None:
    """Catches: a search that finds nothing because nothing was there."""
    kinds = {path.suffix for path in written.rglob("*") if path.is_file()}
    assert {".parquet", ".png", ".svg", ".html", ".json", ".csv", ".yaml"} <= kinds
    folders = {path.name for path in (written / "at-work" / "results" / "small").iterdir()}
    assert {"runs", "attributions", "reports", "sensitivity", "calibration", "validation"} <= folders
    assert (written / "posteriors" / "small").is_dir()
    assert (written / "at-work" / "capacity").is_dir()


def test_no_file_tells_who_wrote_it_or_where(written: Path) -> None:
    """Catches: a path in a manifest, a command with a home in it, a library that signs its files."""
    real = [os.path.expanduser("~"), platform.uname().node, str(Path(__file__).parents[2])]
    secrets = [SECRET, *(name for name in real if len(name) > 5)]
    telling = [
        (path.relative_to(written).as_posix(), secret)
        for path in sorted(written.rglob("*"))
        if path.is_file()
        for secret in secrets
        if secret.encode() in everything_in(path)
    ]
    assert telling == []


def test_no_name_of_a_file_leads_out_of_its_folder(written: Path) -> None:
    """Catches: something written beside the folder at hand; only posteriors belong beside the scenario."""
    assert {path.name for path in written.iterdir()} == {"small.yaml", "posteriors", "at-work"}
    assert {path.name for path in (written / "at-work").iterdir()} == {
        "results", "capacity", "another.yaml", "scenario.schema.json",
    }  # fmt: skip


def test_the_search_looks_inside(tmp_path: Path) -> None:
    """Catches: a secret in compressed cells or chunks that a search of bytes passes over."""
    import pandas as pd
    from matplotlib.figure import Figure

    pd.DataFrame({"a": [SECRET + "x"] * 3}).to_parquet(tmp_path / "a.parquet", compression="zstd")
    Figure().savefig(tmp_path / "a.png", metadata={"Author": SECRET})
    for name in ("a.parquet", "a.png"):
        assert SECRET.encode() in everything_in(tmp_path / name)
