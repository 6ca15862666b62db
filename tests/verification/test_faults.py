"""Why: a suite that passes proves little until it has been seen to fail. Each fault of `faults.py` is
planted, and a test that is named there must notice it; the same test passes when the fault is gone.
"""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.experiment.ensemble import simulate
from sim.model.outcome import ModelError
from tests.analysis import test_chains
from tests.experiment import test_ensemble
from tests.verification.engines import ENGINES
from tests.verification.faults import FAULTS, Fault, calls, named, planted

CAUGHT = (AssertionError, ModelError, pytest.fail.Exception)
"""How a test says no: a failed assertion, an invariant of the model, an error that should have come."""


def given(name: str) -> Any:
    """What a named test asks for beside its parameters."""
    match name:
        case "engine":
            return ENGINES["simpy"]
        case "file":
            return test_ensemble.read_text(test_ensemble.TEXT, test_ensemble.Path("."), "many.yaml")
        case "serial_run":
            return simulate(given("file"))
        case "tmp_path":
            return Path(tempfile.mkdtemp(prefix="fault-"))
        case "visited":
            return test_chains.run(test_chains.LONG)
        case "briefly":
            return test_chains.run(test_chains.SHORT)
        case "monkeypatch":
            return pytest.MonkeyPatch()
    raise LookupError(f"no {name} to give to a named test")


def check(test: str) -> None:
    """Run a named test, all its cases or the one of its id."""
    function, only = named(test)
    for keywords in calls(function, only):
        wanted = inspect.signature(function).parameters.values()
        wanted = [p.name for p in wanted if p.kind is p.POSITIONAL_OR_KEYWORD and p.name not in keywords]
        extra = {name: given(name) for name in wanted}
        try:
            function(**keywords, **extra)
        finally:
            if "monkeypatch" in extra:
                extra["monkeypatch"].undo()


@pytest.mark.parametrize("test", sorted({fault.caught_by for fault in FAULTS}))
def test_the_named_test_passes_without_a_fault(test: str) -> None:
    """Would catch a named test that fails anyway, and so would seem to notice every fault."""
    check(test)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_the_named_test_notices(fault: Fault) -> None:
    """Would catch a hole in the suite: the fault is planted, and the test passes all the same."""
    with planted(fault), pytest.raises(CAUGHT):
        check(fault.caught_by)


def test_a_piece_that_is_gone_is_an_error() -> None:
    """Would catch a table of faults that no longer touches the code it speaks of, or touches it twice."""
    for old in ("nobody would write this", "self."):
        with pytest.raises(LookupError, match="times in"), planted(replace(FAULTS[0], old=old)):
            pass
    same = replace(FAULTS[0], new=FAULTS[0].old)
    with pytest.raises(LookupError, match="is another"), planted(same):
        pass


def test_a_fault_does_not_outlive_its_test() -> None:
    """Would catch code that stays exchanged when the fault should be gone."""
    fault = FAULTS[0]
    function: Callable[..., Any] = __import__(fault.module, fromlist=["x"]).make_plan
    before = function.__code__
    with planted(fault):
        assert function.__code__ is not before
    assert function.__code__ is before
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
