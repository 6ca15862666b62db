"""Where the libraries come from: the package index alone, each with its hash; the lock is the project's."""

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
INDEX = "https://pypi.org/simple"
PACKAGES = [package for package in LOCK["package"] if package["source"] != {"editable": "."}]


def test_every_library_comes_from_the_index_with_its_hash() -> None:
    """Catches: a dependency from a branch, a folder or another index; a file that could be swapped."""
    assert len(PACKAGES) > 20
    for package in PACKAGES:
        assert package["source"] == {"registry": INDEX}, package["name"]
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
        assert files, package["name"]
        for file in files:
            assert file["hash"].startswith("sha256:"), file["url"]
            assert len(file["hash"]) == len("sha256:") + 64
            assert file["url"].startswith("https://files.pythonhosted.org/"), file["url"]


def test_every_dependency_of_the_project_is_locked() -> None:
    """Catches: a library that is needed and that the lock does not know."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [text.split(">")[0].split("[")[0].lower() for text in project["dependencies"]]
    assert set(named) <= {package["name"] for package in PACKAGES}


@pytest.mark.skipif(shutil.which("uv") is None, reason="no uv")
def test_the_lock_is_that_of_the_project() -> None:
    """Catches: a dependency that was changed in pyproject.toml without locking it again."""
    done = subprocess.run(
        ["uv", "lock", "--check", "--offline"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if "network" in done.stderr.lower() or "cache" in done.stderr.lower():
        pytest.skip("the index is not in uv's cache")
    assert done.returncode == 0, done.stderr
