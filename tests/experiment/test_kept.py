"""Batches on disk: a run that goes on from them is the run that was not stopped, or they do not count."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.experiment.ensemble import Batch, Ensemble, Part, simulate
from sim.experiment.executors import processes, serial, threads
from sim.experiment.kept import keeping, packed, stretches, unpacked
from sim.experiment.store import StoreError
from sim.experiment.unfinished import begin, read_unfinished, request_of, state
from sim.experiment.working import batch_files
from sim.scenario.reading import ScenarioFile, read_text
from tests.experiment.test_ensemble import TEXT, assert_same

ASKED = {"replications": 25, "precision": None, "code": "1", "seed": 3}


@pytest.fixture(scope="module")
def file() -> ScenarioFile:
    return read_text(TEXT, Path("."), "many.yaml")


@pytest.fixture(scope="module")
def undisturbed(file: ScenarioFile) -> Ensemble:
    return simulate(file)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    place = tmp_path / "run.partial"
    place.mkdir()
    return place


class Stopped(BaseException):
    """As Ctrl-C."""


def request(**other: Any) -> dict[str, Any]:
    return request_of({**ASKED, **other}, "compiled", False, {"file": "many.yaml"})


def stop_after(n: int) -> Any:
    def progress(done: int, total: int) -> None:
        if done >= n:
            raise Stopped

    return progress


def begun(file: ScenarioFile, work: Path, after: int = 9, **options: Any) -> list[tuple[int, int, Path]]:
    """Run until so many replications are done; what is kept."""
    begin(work, request())
    with pytest.raises(Stopped):
        simulate(file, executor=keeping(serial(4), work, request()), progress=stop_after(after), **options)
    kept = batch_files(work)
    assert kept
    return kept


@pytest.mark.parametrize("executor", [serial(1), serial(7), threads(2, 3), processes(2, 5)])
def test_a_run_that_goes_on_gives_the_same_bytes_however_it_does(
    file: ScenarioFile, undisturbed: Ensemble, work: Path, executor: Any
) -> None:
    """Would catch a batch that is lost, counted twice or put in another's place; fingerprints included."""
    kept = begun(file, work)
    (kept[1][2]).unlink()  # a hole
    told: list[int] = []
    made = simulate(file, executor=keeping(executor, work, request()), progress=lambda n, _: told.append(n))
    assert_same(undisturbed, made)
    for case, prints in made.fingerprints.items():
        assert prints.tolist() == undisturbed.fingerprints[case].tolist()
    assert told[:3] == [0, 4, 8], "kept batches are not run again"


def test_a_precision_goes_on_to_the_same_look(file: ScenarioFile, work: Path) -> None:
    """Would catch a run that stops at another number of replications because it was interrupted."""
    begun(file, work, 40, precision=0.05, most=300)
    made = simulate(file, precision=0.05, most=300, executor=keeping(serial(9), work, request()))
    alone = simulate(file, precision=0.05, most=300)
    assert made.precision == alone.precision
    assert_same(alone, made)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "of another request", "too few"])
def test_a_batch_that_is_not_as_it_was_written_is_run_again(
    file: ScenarioFile, undisturbed: Ensemble, work: Path, damage: str
) -> None:
    """Would catch a torn batch (power) or another run's, whose numbers pass for this one's."""
    first, last, path = begun(file, work)[0]
    data = path.read_bytes()
    if damage == "of another request":
        parts = [part._replace(measures=part.measures + 1) for part in _batch(path).parts]
        path.write_bytes(packed(Batch(parts, []), "another"))
    elif damage == "too few":
        path.rename(work / f"{first}-{last + 1}.batch")
    else:
        middle = len(data) // 2
        flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        path.write_bytes({"cut": data[:-1], "flipped": flipped, "empty": b""}[damage])
    assert_same(undisturbed, simulate(file, executor=keeping(serial(4), work, request())))


def _batch(path: Path) -> Batch:
    from sim.experiment.unfinished import token_of

    found = unpacked(path.read_bytes(), token_of(request()), 4)
    assert found is not None
    return found


def test_a_batch_reads_back_as_it_was() -> None:
    """Would catch a type or a shape that is lost on the way: nan, inf, wide counts, no measures at all."""
    prints = np.array([2**64 - 1, 0], np.uint64)
    parts = [
        Part(np.array([[1.5, np.nan], [np.inf, -0.0]]), np.full((3, 2, 4), 40_000, np.int32), prints),
        Part(np.empty((2, 0)), np.zeros((1, 2, 4), np.int16), prints),
    ]  # fmt: skip
    again = unpacked(packed(Batch(parts, []), "t"), "t", 2)
    assert again is not None
    for part, other in zip(parts, again.parts, strict=True):
        for one, two in zip(part, other, strict=True):
            assert (one.dtype, one.shape, one.tobytes()) == (two.dtype, two.shape, two.tobytes())


@given(st.sets(st.integers(0, 60)))
def test_stretches_hold_every_number_once(numbers: set[int]) -> None:
    """Would catch a replication that is left out of what remains, or is run again."""
    found = stretches(sorted(numbers))
    assert [n for stretch in found for n in stretch] == sorted(numbers)
    assert all(one.stop < other.start for one, other in pairwise(found))


def test_work_of_another_request_goes_and_is_said(file: ScenarioFile, work: Path) -> None:
    """Would catch batches of an earlier program or scenario under the new one's name."""
    begun(file, work)
    assert state(work).startswith("incomplete: stopped or still running, 12 of 25 replications done; ")
    assert begin(work, request()) == "goes on with an unfinished run, 12 of 25 replications done"
    assert len(batch_files(work)) == 3
    assert begin(work, request(code="2", seed=4)) == "unfinished work differs in code, seed; begun again"
    assert batch_files(work) == []
    assert read_unfinished(work)["asked"]["seed"] == 4
    (work / "request.json").write_bytes(b"{}")
    with pytest.raises(StoreError, match=r"request\.json was changed"):
        read_unfinished(work)


def test_a_full_disk_while_a_batch_is_kept_is_an_error(
    file: ScenarioFile, work: Path, monkeypatch: Any
) -> None:
    """Would catch a run that goes on as if its work were kept."""

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    begin(work, request())
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match=r"run: cannot be written \(No space left"):
        simulate(file, executor=keeping(serial(4), work, request()))
