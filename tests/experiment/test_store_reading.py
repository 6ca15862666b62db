"""Stored runs read back: one changed byte anywhere, and the run is refused."""

import json

import pytest

from sim.experiment import provenance
from sim.experiment.reading_back import StoredRun, find_run, read_run, stored_runs
from sim.experiment.store import FORMAT, MANIFEST, StoreError, sealed, write_run
from sim.experiment.text_files import json_bytes

FILES = {
    "summary.json": b'{"sentence": "none"}\n',
    "observed.csv": b"figure,inside\na,true\n",
    "picture.png": b"x",
}
ASKED = {"seed": 1, "variants": ["base"], "libraries": {"numpy": "2"}}


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "results" / "small" / "runs" / "abc"
    write_run(place, FILES, {"run": "abc", "asked": ASKED})
    return place


def reason(folder):
    with pytest.raises(StoreError) as refused:
        read_run(folder)
    assert refused.value.folder == folder
    assert "\n" not in str(refused.value)
    return refused.value.reason


def test_a_whole_run_reads_back(folder):
    run = read_run(str(folder))
    assert run.summary == {"sentence": "none"}
    assert run.tables == ("observed",)
    assert run.table("observed").to_dict("records") == [{"figure": "a", "inside": True}]
    with pytest.raises(KeyError, match="no table `patients`: the run has observed"):
        run.table("patients")


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_any_changed_byte_is_refused(folder, name):
    """Every byte of the smaller files in turn; a checksum that is not looked at passes most of them."""
    whole = (folder / name).read_bytes()
    for k in range(len(whole)):
        (folder / name).write_bytes(whole[:k] + bytes([whole[k] ^ 1]) + whole[k + 1 :])
        assert name in reason(folder) or "format" in reason(folder)
    (folder / name).write_bytes(whole)
    assert isinstance(read_run(folder), StoredRun)


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_a_shorter_a_longer_and_a_missing_file_are_refused(folder, name):
    whole = (folder / name).read_bytes()
    for data in (whole[:-1], b"", whole + b"\n"):
        (folder / name).write_bytes(data)
        assert name in reason(folder)
    (folder / name).unlink()
    assert name in reason(folder)
    (folder / name).symlink_to(folder.parent)
    assert name in reason(folder)


def test_a_wrong_checksum_under_a_right_seal_is_refused(folder):
    """The manifest's own seal must not stand for the files' checksums."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    del manifest["sha256"]
    manifest["files"]["observed.csv"]["sha256"] = "0" * 64
    (folder / MANIFEST).write_bytes(json_bytes(sealed(manifest)))
    assert reason(folder).startswith("observed.csv was changed")


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ({"format": 1, "files": {"measures.csv": "0"}}, f"older format (1, now {FORMAT})"),
        ({"format": FORMAT + 1}, f"unknown format {FORMAT + 1}"),
        ({"format": "2"}, "unknown format '2'"),
        ({"name": "an app", "files": {}}, f"{MANIFEST} is not that of a run, or was changed"),
        ([1], f"{MANIFEST} is not that of a run, or was changed"),
    ],
)
def test_what_is_not_of_this_format_is_refused(folder, manifest, said):
    (folder / MANIFEST).write_bytes(json_bytes(manifest))
    assert reason(folder) == said


def test_a_folder_without_a_manifest_is_incomplete(tmp_path, folder):
    (folder / MANIFEST).unlink()
    assert reason(folder) == f"incomplete: it has no {MANIFEST}"
    assert reason(tmp_path / "nowhere") == "no such folder"
    (tmp_path / "file").write_text("x")
    assert reason(tmp_path / "file") == "not a folder"


def test_files_outside_the_folder_are_not_read(folder):
    outside = folder.parent / "secret.txt"
    outside.write_bytes(b"x")
    manifest = json.loads((folder / MANIFEST).read_bytes())
    del manifest["sha256"]
    manifest["files"]["../secret.txt"] = manifest["files"].pop("picture.png")
    (folder / MANIFEST).write_bytes(json_bytes(sealed(manifest)))
    assert reason(folder) == "../secret.txt is missing"


def test_files_that_the_manifest_does_not_name_are_ignored(folder):
    (folder / "notes.txt").write_text("mine")
    assert "notes" not in read_run(folder).tables


def test_a_run_is_found_only_if_all_of_it_is_as_asked(tmp_path, folder):
    """A run of another seed, code or library must never pass for the one that was asked for."""
    assert find_run(folder, ASKED) == read_run(folder)
    assert find_run(tmp_path / "nowhere", ASKED) is None
    (tmp_path / "empty").mkdir()
    assert find_run(tmp_path / "empty", ASKED) is None
    for asked, names in (
        ({**ASKED, "seed": 2}, "seed"),
        ({**ASKED, "libraries": {"numpy": "3"}, "variants": []}, "libraries, variants"),
        ({**ASKED, "code": "1"}, "code"),
        ({"seed": 1, "variants": ["base"]}, "libraries"),
    ):
        with pytest.raises(StoreError, match=f"differs in {names}$"):
            find_run(folder, asked)
    with pytest.raises(StoreError, match=r"has no patients\.parquet"):
        find_run(folder, ASKED, "patients.parquet")
    (folder / "observed.csv").write_bytes(b"")
    with pytest.raises(StoreError, match=r"observed\.csv has 0 bytes, not the 21"):
        find_run(folder, ASKED)


def test_every_run_below_is_listed_whole_or_not(tmp_path, folder):
    other = folder.parent / "def"
    other.mkdir()
    (folder.parent / ".abc-half").mkdir()
    (folder.parent / "file").write_text("x")
    root = tmp_path / "results"
    whole, wrong = stored_runs(root)
    assert (whole, wrong.folder) == (read_run(folder), other)
    assert stored_runs(root / "small")[0] == whole
    assert stored_runs(folder) == [whole]
    assert stored_runs(tmp_path / "nowhere") == []


def test_a_changed_program_is_another(tmp_path, monkeypatch):
    """While somebody works on the program its version stays; an answer of the old code must not be found."""
    package = tmp_path / "sim"
    (package / "model").mkdir(parents=True)
    source = package / "model" / "kernel.py"
    source.write_bytes(b"a = 1\nb = 2\n")
    (package / "__init__.py").write_bytes(b"")
    monkeypatch.setattr(provenance, "__file__", str(package / "experiment" / "provenance.py"))
    first = provenance.code_hash()
    source.write_bytes(b"a = 1\r\nb = 2\r\n")  # as checked out elsewhere
    assert provenance.code_hash() == first
    source.write_bytes(b"a = 1\nb = 3\n")
    assert provenance.code_hash() != first
    source.write_bytes(b"a = 1\nb = 2\n")
    source.rename(package / "kernel.py")
    assert provenance.code_hash() != first
