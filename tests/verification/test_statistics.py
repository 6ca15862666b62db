"""Why: an engine can be consistent with itself and wrong; theory does not share its mistakes.

Each case names the bug that it would catch (`cases.py`). A comparison passes by the rule of `rule.py`: the
mean of independent replications within its own half-width at alpha = 1e-5, and that half-width no more than
a stated share of the reference.
"""

import pytest

from tests.verification.cases import CASES, long_run, short_run
from tests.verification.rule import PASS


def failures(case, verdicts):
    """What does not pass, said so that it can be acted upon; a case's quantities share its runs."""
    failed = [f"{q.name}: {v}" for q, v in verdicts if v.verdict != PASS]
    return [*failed, f"would be: {case.catches}"] if failed else []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_short(case, engine):
    """The bug: the case's own (`catches`), where it is gross."""
    verdicts = [(q, short_run(case, k, engine)) for k, q in enumerate(case.quantities) if q.short is not None]
    assert verdicts
    assert not failures(case, verdicts)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_long(case, engine):
    """The bug: the case's own (`catches`), down to a few per cent."""
    verdicts = [(q, long_run(case, k, engine)) for k, q in enumerate(case.quantities)]
    assert not failures(case, verdicts)
