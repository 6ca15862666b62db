"""The engine is a parameter of every test that runs the model."""

import pytest

from tests.verification.engines import ENGINES, Engine


@pytest.fixture(params=sorted(ENGINES))
def engine(request) -> Engine:
    """One of the engines."""
    return ENGINES[request.param]
