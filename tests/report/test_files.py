"""The files of a run: bytes that do not change, cells that no spreadsheet runs, folders that appear whole."""

import csv
import os
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from sim.experiment import store
from sim.experiment.ensemble import simulate
from sim.experiment.store import StoreError, csv_bytes, json_bytes, probe, run_id, write_new, write_run
from sim.report.answer import answer
from sim.report.figures import alt_text, closed_spans, cumulative, observed_totals, picture
from sim.report.outputs import make_files, make_manifest
from sim.report.trace import trace
from sim.scenario.reading import read_text
from tests.report.conftest import SCENARIO

DAY = 86_400


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x"]
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert store.cell(text) == "'" + text


def test_numbers_stay_numbers():
    row = [-1, -1.5, np.float64(-2.0), np.int64(-3), True, np.bool_(False), None, float("nan"), float("inf")]
    assert csv_bytes(["a"] * 9, [row]) == b"a,a,a,a,a,a,a,a,a\n-1,-1.5,-2.0,-3,true,false,,,inf\n"
    assert store.cell(date(2024, 2, 29)) == "2024-02-29"
    assert csv_bytes(["a", "b"], [["x,y", 'say "no"']]) == b'a,b\n"x,y","say ""no"""\n'


def test_json_refuses_what_json_does_not_know():
    with pytest.raises(ValueError, match="JSON"):
        json_bytes({"a": float("nan")})


def test_a_run_s_name_depends_on_its_inputs_alone():
    name = run_id("hash", 1, 2, ["base"], "0.1")
    others = [
        ("other", 1, 2, ["base"], "0.1"),
        ("hash", 3, 2, ["base"], "0.1"),
        ("hash", 1, 4, ["base"], "0.1"),
        ("hash", 1, 2, ["base", "few"], "0.1"),
        ("hash", 1, 2, ["base"], "0.2"),
    ]
    assert len(name) == 12
    assert len({name, *(run_id(*other) for other in others)}) == 6


def test_a_run_appears_whole_with_its_manifest_last(tmp_path, monkeypatch):
    written = []
    through = store._write_through
    monkeypatch.setattr(
        store, "_write_through", lambda path, data: (written.append(path.name), through(path, data))
    )
    write_run(tmp_path / "a" / "run", {"b.csv": b"2", "a.csv": b"1"}, {"seed": 1})
    assert written == ["a.csv", "b.csv", "manifest.json"]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["run"]


def test_a_full_disk_leaves_the_earlier_run_as_it_was(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    write_run(folder, {"a.csv": b"old"}, {})

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        write_run(folder, {"a.csv": b"new"}, {})
    assert (folder / "a.csv").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_only_a_run_is_replaced(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").write_text("x")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x").write_text("x")
    for name in ("link", "file", "other"):
        with pytest.raises(StoreError):
            probe(tmp_path / name)
    probe(tmp_path / "deep" / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link", "other"]
    with pytest.raises(StoreError, match="there already"):
        write_new(tmp_path / "file", b"")


def test_the_files_hold_every_world_and_variant_and_nothing_of_the_machine(ensemble):
    told = answer(ensemble, "1.2.3", "abcdef123456")
    files = make_files(ensemble, told)
    header, *rows = files["measures.csv"].decode().splitlines()
    assert header == "scenario,variant,world,replication,measure,value,unit"
    assert {tuple(row.split(",")[1:3]) for row in rows} == set(ensemble.measures)
    rows = csv.DictReader(files["differences.csv"].decode().splitlines())
    assert {row["world"] for row in rows} == {"unimpeded", "no-permits", "late", "two-vans"}
    assert len(files["observed.csv"].decode().splitlines()) == 1 + 2 * 2
    manifest = json_bytes(make_manifest(told)).decode()
    for secret in (os.environ.get("USER", "root "), os.uname().nodename, str(Path.cwd())):
        assert secret not in manifest


def test_the_figure_is_the_same_bytes_again_and_has_words(ensemble):
    first = {kind: picture(ensemble, "base", kind) for kind in ("svg", "png")}
    assert first == {kind: picture(ensemble, "base", kind) for kind in ("svg", "png")}
    assert b"<dc:date>" not in first["svg"]
    assert first["png"].startswith(b"\x89PNG")
    words = alt_text(ensemble, "base")
    for said in (
        "patients evacuated",
        "from 1 March 2024 to 10 March 2024",
        "90 % prediction interval",
        "in the world actual",
        "in the world unimpeded",
        "2 published totals",
        "set by hand, not validated",
    ):
        assert said in words
    assert words.count(". ") == 0  # one sentence


def test_the_figure_names_the_carrier_by_its_title_and_wraps_it():
    title = "International Committee of Everything that Has a Long Name"
    text = SCENARIO.replace("vans: {fleet", f"vans: {{title: {title}, fleet") + "headline: {carrier: vans}\n"
    made = simulate(read_text(text, Path(), "small.yaml"), replications=2, variants=["base"])
    figure = cumulative(made, "base")
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    shown = [figure.axes[0].get_ylabel(), *(text for text in legend if text.startswith("road closed"))]
    for words in shown:
        assert f"the {title}" in words.replace("\n", " ")
        assert max(len(line) for line in words.split("\n")) <= 46
    assert len(shown) == 2
    assert f"patients evacuated by the {title} from" in alt_text(made, "base")


def test_what_the_figure_shades_and_marks(ensemble):
    assert closed_spans(ensemble.file.scenario) == [(DAY, 4 * DAY)]  # two closures that touch
    assert list(observed_totals(ensemble.file.scenario)) == [
        (date(2024, 3, 11), 12.0, "at_least"), (date(2024, 3, 6), 5.0, "exact"),
    ]  # fmt: skip


def test_a_trace_is_a_typed_table_by_time(ensemble):
    table = trace(ensemble.file, world="unimpeded", variant="short-list", replication=3)
    assert table["second"].is_monotonic_increasing
    assert str(table["time"].dtype).startswith("datetime64")
    assert set(table["event"]) >= {"referred", "boarded", "departed", "reached", "handed over", "home"}
    evacuated = ensemble.measures["short-list", "unimpeded"].loc[3, "patients_evacuated"]
    assert (table["event"] == "handed over").sum() == evacuated
    for wrong in ({"world": "x"}, {"variant": "x"}, {"patient": "start-99"}):
        with pytest.raises(KeyError):
            trace(ensemble.file, **wrong)
