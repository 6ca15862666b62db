"""The files of a run: bytes that do not change, cells that no spreadsheet runs, folders that appear whole."""

import csv
import io
import json
import os
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from sim.analysis.intervals import central
from sim.experiment import store
from sim.experiment.ensemble import simulate
from sim.experiment.parquet import ABOUT
from sim.experiment.provenance import NAMED_BY, request, run_id
from sim.experiment.store import StoreError, probe, write_new, write_run
from sim.experiment.text_files import cell, csv_bytes, json_bytes
from sim.report.answer import answer
from sim.report.figures import alt_text, closed_spans, cumulative, observed_totals, picture
from sim.report.outputs import make_files, make_manifest
from sim.report.trace import trace, world_names
from sim.scenario.reading import read_text
from tests.report.conftest import SCENARIO

DAY = 86_400


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x"]
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert cell(text) == "'" + text


def test_numbers_stay_numbers():
    row = [-1, -1.5, np.float64(-2.0), np.int64(-3), True, np.bool_(False), None, float("nan"), float("inf")]
    assert csv_bytes(["a"] * 9, [row]) == b"a,a,a,a,a,a,a,a,a\n-1,-1.5,-2.0,-3,true,false,,,inf\n"
    assert cell(date(2024, 2, 29)) == "2024-02-29"
    assert csv_bytes(["a", "b"], [["x,y", 'say "no"']]) == b'a,b\n"x,y","say ""no"""\n'


def test_json_refuses_what_json_does_not_know():
    with pytest.raises(ValueError, match="JSON"):
        json_bytes({"a": float("nan")})


@pytest.fixture(scope="module")
def asked(ensemble):
    return request(ensemble.file, 5, 8, list(ensemble.file.variants), world_names(ensemble.file), "1.2.3")


@pytest.fixture(scope="module")
def files(ensemble, asked):
    return make_files(ensemble, answer(ensemble, "1.2.3", run_id(asked)), asked)


def test_a_run_s_name_depends_on_its_inputs_alone(asked):
    """Two runs of one name would be taken for each other; one run of two names is run twice."""
    others = {"model_hash": "other", "seed": 6, "replications": 9, "precision": 0.01, "variants": ["base"],
              "worlds": ["actual"], "posteriors": {"base": "0"}, "version": "0.2"}  # fmt: skip
    assert others.keys() == set(NAMED_BY)
    names = {run_id(asked), *(run_id({**asked, key: value}) for key, value in others.items())}
    assert len(names) == 1 + len(others)
    assert {len(name) for name in names} == {12}
    assert run_id({**asked, "file_hash": "a comment more", "libraries": {}}) == run_id(asked)


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
    """A folder that holds anything else would be lost with the run that replaces it."""
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").write_text("x")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x").write_text("x")
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "manifest.json").write_text('{"files": {"x": ""}}')
    write_run(tmp_path / "run", {"a.csv": b"1"}, {})
    probe(tmp_path / "run")
    (tmp_path / "run" / "notes.txt").write_text("mine")
    for name in ("link", "file", "other", "page", "run"):
        with pytest.raises(StoreError):
            write_run(tmp_path / name, {"a.csv": b"2"}, {})
    assert (tmp_path / "run" / "a.csv").read_bytes() == b"1"
    probe(tmp_path / "deep" / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link", "other", "page", "run"]
    with pytest.raises(StoreError, match="there already"):
        write_new(tmp_path / "file", b"")


def test_a_folder_made_beside_goes_again_unless_it_is_finished(tmp_path):
    """A run that is stopped leaves nothing, not even the folders above it; nor does it take away others'."""
    (tmp_path / "results").mkdir()

    def stopped(place):
        with store.folder_beside(place) as made:
            (made / "patients.parquet").write_bytes(b"half")
            raise KeyboardInterrupt

    for place in (tmp_path / "results" / "a" / "runs" / "1", tmp_path / "new" / "1"):
        with pytest.raises(KeyboardInterrupt):
            stopped(place)
    assert [path.name for path in tmp_path.rglob("*")] == ["results"]


def table_of(data):
    return pyarrow.parquet.read_table(io.BytesIO(data))


def test_the_files_hold_every_world_and_variant_and_nothing_of_the_machine(ensemble, asked, files):
    measures = table_of(files["measures.parquet"]).to_pandas()
    rows = measures[["variant", "world", "replication"]].itertuples(index=False, name=None)
    assert list(rows) == [(*case, k) for case in ensemble.measures for k in range(8)]
    rows = list(csv.DictReader(files["differences.csv"].decode().splitlines()))
    assert {row["world"] for row in rows} == {"unimpeded", "no-permits", "late", "two-vans"}
    assert len(files["observed.csv"].decode().splitlines()) == 1 + 2 * 2
    manifest = json_bytes(make_manifest(json.loads(files["summary.json"]), asked, "simpy"))
    for secret in (os.environ.get("USER", "root "), os.uname().nodename, str(Path.cwd())):
        assert not [
            name for name, data in files.items() if secret.encode() in data and not name.endswith(".png")
        ]
        assert secret.encode() not in manifest


def test_measures_come_back_as_they_were_with_their_units(ensemble, files):
    """A unit lost, a value rounded, a mean of nothing turned into a number."""
    stored = table_of(files["measures.parquet"])
    assert stored.schema.pandas_metadata is None
    assert json.loads(stored.schema.metadata[ABOUT])["model_hash"] == ensemble.file.model_hash
    units = {field.name: field.metadata[b"unit"] for field in stored.schema if field.metadata}
    assert units["median_wait"] == b"days"
    assert units["patients_evacuated[carrier=vans]"] == b"patients"
    frame = stored.to_pandas().set_index(["variant", "world"])
    assert set(units) == set(frame.columns) - {"replication"}
    for case, table in ensemble.measures.items():
        for name in frame.columns.drop("replication"):
            expected = table[name].to_numpy() if name in table else np.full(8, np.nan)
            np.testing.assert_array_equal(frame.loc[[case], name].to_numpy(), expected)


def test_an_undefined_measure_is_null(tmp_path):
    """nan would pass for a number wherever null is told from it."""
    text = SCENARIO.replace(
        "closure, group: closures, from: 2024-03-02, to: 2024-03-03", "closure, group: closures"
    )
    made = simulate(read_text(text, Path(), "small.yaml"), replications=2, variants=["base"])
    asked = request(made.file, 5, 2, ["base"], world_names(made.file), "1")
    stored = table_of(make_files(made, answer(made, "1", "a"), asked)["measures.parquet"]).to_pylist()
    for row in stored:
        closed = row["world"] in ("actual", "no-permits")
        assert (row["patients_per_convoy"] is None) == closed
        assert (row["median_wait"] == float("inf")) or not closed


def test_days_hold_the_median_and_the_interval_of_each_series_and_of_their_sum(ensemble, files):
    """A band by the wrong day, of the wrong world, or a sum of quantiles for the quantile of a sum."""
    frame = table_of(files["daily.parquet"]).to_pandas().set_index(["variant", "world", "series"])
    for case, daily in ensemble.daily.items():
        sums = {"patients": daily["patients[carrier=vans]"], "waiting": daily["waiting[class=all]"]}
        for name, counts in {**daily, **sums}.items():
            rows = frame.loc[[(*case, name)]]
            assert list(rows["midnight"]) == [date(2024, 3, 1) + timedelta(days=k) for k in range(11)]
            low, median, high = central(counts.astype(float))
            np.testing.assert_array_equal(rows[["low", "median", "high"]].to_numpy().T, [low, median, high])


def test_tables_are_the_same_bytes_again(ensemble, asked, files):
    again = make_files(ensemble, answer(ensemble, "1.2.3", run_id(asked)), asked)
    assert {name: data == files[name] for name, data in again.items()} == dict.fromkeys(files, True)


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
