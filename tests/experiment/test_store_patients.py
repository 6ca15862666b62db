"""Every patient of a run, streamed to a file: the same people as in the measures, in little memory."""

import json
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from sim.experiment import parquet as module
from sim.experiment.ensemble import simulate
from sim.experiment.parquet import ABOUT, schema_of, table_writer
from sim.experiment.patients import PATIENTS, SYNTHETIC, patients_file
from sim.experiment.store import StoreError
from sim.scenario.reading import read_text
from tests.experiment.test_ensemble import TEXT

OTHERS = """
  bicycles: {fleet: {bicycle: {count: 1, seats: 1}}, plan: {days: every 2 days, at: "07:00"}}
"""


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """An ensemble of two carriers, and the file of its patients."""
    text = TEXT.replace("\nroute:", OTHERS + "route:", 1)
    file = read_text(text, Path(), "many.yaml")
    folder = tmp_path_factory.mktemp("patients")
    with patients_file(folder, file, None, {"scenario": "many"}) as keep:
        ensemble = simulate(file, replications=[3, 4, 9], on_outcome=keep)
    return ensemble, folder / PATIENTS


def test_patients_add_up_to_the_measures(stored):
    """A row lost, doubled, or put down to another world, replication, class or carrier."""
    ensemble, path = stored
    frame = parquet.read_table(path).to_pandas()
    groups = dict(list(frame.groupby(["variant", "world", "replication"], observed=True)))
    assert groups.keys() == {(*case, k) for case in ensemble.measures for k in (3, 4, 9)}
    for (variant, world, k), rows in groups.items():
        measures = ensemble.measures[variant, world].loc[k]
        gone = rows[rows["state"] == "evacuated"]
        assert len(rows) == measures["referred"]
        assert len(gone) == measures["patients_evacuated"]
        assert gone["party"].sum() == measures["people_evacuated"]
        assert (rows["state"] == "waiting").sum() == measures["still_waiting"]
        assert (rows["class"] == "patient").all()
        for carrier in ("clinic", "bicycles"):
            mine = gone[gone["carrier"] == carrier]
            assert len(mine) == measures[f"patients_evacuated[carrier={carrier}]"]
            assert mine["convoy"].nunique() == measures[f"convoys_run[carrier={carrier}]"]
        assert (gone["referred"] <= gone["boarded"]).all()
        assert (gone["boarded"] < gone["left"]).all()
        never = rows[rows["boarded"].isna()]
        assert never[["convoy", "carrier"]].isna().all(axis=None)
        assert not rows.duplicated(["block", "nth"]).any()
    # The same patients in every world: that is what makes the worlds comparable.
    keys = ["block", "nth", "class", "party", "referred"]
    actual = groups["base", "actual", 9][keys].to_numpy()
    np.testing.assert_array_equal(actual, groups["base", "unimpeded", 9][keys].to_numpy())


def test_the_file_says_that_nobody_in_it_is_real(stored):
    schema = parquet.read_schema(stored[1])
    assert json.loads(schema.metadata[ABOUT]) == {"scenario": "many", "patients": SYNTHETIC}
    assert schema.pandas_metadata is None
    assert schema.field("left").metadata == {b"unit": b"s"}
    assert schema.field("left").type == pyarrow.int32()


def test_no_more_than_a_row_group_is_kept(tmp_path, monkeypatch):
    """Memory that grew with the replications would stop the runs for which the file is made."""
    monkeypatch.setattr(module, "GROUP", 10)
    schema = schema_of({"n": pyarrow.int32()}, {}, {})
    piece = pyarrow.table([np.arange(4, dtype=np.int32)], schema=schema)
    with open(tmp_path / "t", "wb") as stream, table_writer(stream, schema) as add:
        sizes = []
        for _ in range(9):
            add(piece)
            sizes.append(stream.tell())
    # Rows go to the file as they come: after every third piece, not at the end.
    assert [k for k in range(1, 9) if sizes[k] > sizes[k - 1]] == [2, 5, 8]
    written = parquet.ParquetFile(tmp_path / "t")
    assert [written.metadata.row_group(k).num_rows for k in range(written.num_row_groups)] == [12, 12, 12]
    assert written.read().column("n").to_pylist() == list(range(4)) * 9


def test_a_full_disk_is_said_in_one_line(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    (tmp_path / PATIENTS).symlink_to("/dev/full")
    file = read_text(TEXT, Path(), "many.yaml")
    with pytest.raises(StoreError, match="No space left"), patients_file(tmp_path, file, None, {}):
        pass
