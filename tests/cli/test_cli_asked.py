"""What may be asked for together, and what is said of it: in this process, since most of it is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import sim
from sim.cli import main
from sim.experiment import selftest
from sim.model import engines
from tests.cli.conftest import SCENARIO

Call = Callable[..., int]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run the command in a folder with the scenario; its exit code."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two-cars.yaml").write_text(SCENARIO, encoding="utf-8")

    def command(*words: str) -> int:
        monkeypatch.setattr("sys.argv", ["corridor", *words])
        return main()

    return command


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("run --precision 5", "'5' is no percentage between 0% and 100%, such as 1%"),
        ("run --precision little%", "'little%' is no percentage"),
        ("run --precision 0%", "'0%' is no percentage"),
        ("run --precision 100%", "'100%' is no percentage"),
        ("run --precision 1%or-so", "'1%or-so' is no percentage"),
        ("run --precision nan%", "'nan%' is no percentage"),
        ("run --precision 1% --replications 5", "either --replications or --precision"),
        ("run --most 64", "--most goes with --precision"),
        ("run --precision 1% --most 31", "31 is not in the range x>=32"),
        ("run --cluster local", "--cluster goes with --executor dask"),
        ("report --out there --publish", "either --out or --publish"),
        ("report --no-sensitivity --samples 8", "--no-sensitivity leaves nothing to --samples and --luck"),
        ("report --no-sensitivity --luck 2", "--no-sensitivity leaves nothing to --samples and --luck"),
        ("capacity --daylight noon", "Invalid value for --daylight: "),
    ],
)
def test_what_does_not_go_together_is_refused(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    """Would catch an option that is left aside in silence: the answer would be to another question."""
    name, *options = words.split()
    assert call(name, "two-cars.yaml", *options) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in " ".join(err.split())
    assert [path.name for path in tmp_path.iterdir()] == ["two-cars.yaml"]


def test_a_run_to_a_precision_says_what_it_reached(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Would catch a run that stops elsewhere when it is repeated, or is not found again."""
    asked = ("run", "two-cars.yaml", "--variant", "base", "--workers", "1", "--precision")
    assert call(*asked, "60%", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    reached = told["run"]["precision"]
    assert (reached["asked"], reached["capped"], reached["replications"]) == (0.6, False, 32)
    assert reached["reached"] < 0.6
    assert told["run"]["replications"] == 32
    assert "--precision 60% --most 10000 " in told["command"]
    assert call(*asked, "60%") == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "Precision: 60 % of the headline's mean" in page
    assert f"Found: ran before, {told['folder']}" in page

    folder = told["folder"]
    assert call("replay", folder, "--replication", "31", "--variant", "bsae") == 2
    assert "did you mean `base`" in capsys.readouterr().err
    assert call("replay", folder, "--replication", "31", "--variant", "base", "--world", "actual") == 0
    assert re.search(r"Replication 31 is the same as stored", capsys.readouterr().out)


@pytest.mark.parametrize(("quiet", "said"), [((), True), (("--quiet",), False)])
def test_compiling_is_announced_unless_all_is_to_be_quiet(
    call: Call,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    quiet: tuple[str, ...],
    said: bool,
) -> None:
    """Would catch half a minute of silence on a machine's first run, and words among the answer."""
    prepare = engines.prepare

    def first(name: str, announce: Callable[[], None] | None = None) -> None:
        if announce is not None:
            announce()
        prepare(name)

    monkeypatch.setattr(engines, "prepare", first)
    assert call("run", "two-cars.yaml", "-n", "2", "--variant", "base", "--workers", "1", *quiet) == 0
    out, err = capsys.readouterr()
    assert ("compiling the engine, once on this machine" in err) == said
    assert "compiling" not in out


def test_engines_that_differ_end_with_4(
    call: Call, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a self-test that prints a difference and ends as if there were none."""
    compare, where = selftest.compare_engines, "world actual, variant base, replication 0: patient start-1"
    monkeypatch.setattr(
        selftest, "compare_engines", lambda *a, **k: compare(*a, **k)._replace(difference=where)
    )
    assert call("selftest", "two-cars.yaml", "-n", "1", "--quiet") == 4
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"The engines differ: {where}; of ")
    assert line.endswith(" patients in 8 runs (worlds: 4, variants: 2, replications of each: 1).")


def test_the_library_offers_its_names_and_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch names that a shell does not complete, and a copy without a version that does not load."""
    import importlib.metadata

    assert dir(sim) == sorted(sim.__all__)
    assert importlib.metadata.version("corridor-sim") == sim.__version__

    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    monkeypatch.delitem(vars(sim), "__version__", raising=False)
    assert sim.__version__ == "0+unknown"
