"""What is kept of compiled code is used only as long as it is what would be compiled now.

Why: numba's cache looks at a function's own file. A constant that has changed in another file would go on
giving the old numbers, without a word, on the machines that had compiled before.
"""

from __future__ import annotations

import gc
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from sim.model import compiling
from sim.model.compiling import compiled, is_disabled

SOURCE = "from __future__ import annotations\n\ndef answer() -> int:\n    return NUMBER\n"


def load(path: Path, number: int) -> ModuleType:
    """The module as it is when NUMBER comes from elsewhere."""
    spec = importlib.util.spec_from_file_location("kept", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.__dict__["NUMBER"] = number
    return module


@pytest.mark.skipif(is_disabled(), reason="nothing is compiled, nothing is kept")
def test_a_constant_of_another_file_is_part_of_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch old numbers out of the cache; and a cache that is never used."""
    path = tmp_path / "kept.py"
    path.write_text(SOURCE)
    for number, kept in ((1, 0), (2, 0), (1, 1)):
        module = load(path, number)
        monkeypatch.setitem(sys.modules, "kept", module)
        answer = compiled(module, ["answer"], ["answer"])["answer"]
        assert answer() == number
        assert len(answer.stats.cache_hits) == kept


def test_what_the_compiler_says_is_not_taken_for_a_folder_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch an error of the compiler's that is hidden by compiling once more, without a cache."""
    path = tmp_path / "kept.py"
    path.write_text(SOURCE)
    module, tried = load(path, 1), []

    def refuses(said: str) -> object:
        def njit(*_: object, cache: bool, **options: object) -> object:
            tried.append(cache)
            if cache:
                raise RuntimeError(said)
            return lambda function: function

        return njit

    monkeypatch.setattr(compiling, "njit", refuses("cannot cache function 'answer': no locator available"))
    assert compiled(module, ["answer"], ["answer"])["answer"]() == 1
    assert tried == [True, False]
    monkeypatch.setattr(compiling, "njit", refuses("out of registers"))
    with pytest.raises(RuntimeError, match="out of registers"):
        compiled(module, ["answer"], ["answer"])
    assert tried == [True, False, True]


@pytest.mark.parametrize("collecting", [True, False])
def test_objects_are_collected_afterwards_as_before(
    collecting: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a process that never collects again, or begins to although its owner had stopped it."""
    path = tmp_path / "kept.py"
    path.write_text(SOURCE)
    monkeypatch.setattr(compiling, "njit", lambda *_, **options: lambda function: function)
    before = gc.isenabled()
    try:
        (gc.enable if collecting else gc.disable)()
        compiled(load(path, 1), ["answer"], ["answer"])
        assert gc.isenabled() == collecting
    finally:
        (gc.enable if before else gc.disable)()
