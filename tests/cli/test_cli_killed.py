"""kill -9 at random moments of a run and of a write, and two runs at once."""

import json
import os

import pytest

from tests.cli.conftest import python

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.mark.parametrize("times", [10, pytest.param(200, marks=pytest.mark.slow)])
def test_after_any_death_readers_see_old_or_new_and_resuming_gives_the_same_bytes(
    scenario, tmp_path, cache, times
):
    """Would catch a half-written run that is taken for a result, an earlier run that is lost, a batch that
    counts twice or not at all, workers that outlive their parent, and what a death leaves behind.

    Six of ten deaths strike at a step on the file system, the others at any moment; half of them find an
    earlier run in the place. Each is gone on with, and its files compared with an undisturbed run's.
    """
    done = python(
        tmp_path, cache, "-m", "tests.cli.killed", str(times), "1", seconds=7200 if times > 10 else 900
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["deaths"] == times
    assert 0 < told["resumed"] < times, "the deaths strike at one stage only"
