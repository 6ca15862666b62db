"""Hypothesis profiles: the same examples every time in CI, fresh ones at the desk. And Ctrl-C is heard."""

import os
import signal

from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=60, print_blob=True)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # Whoever starts the tests in the background may have it ignored, which every process inherits.
    signal.signal(signal.SIGINT, signal.default_int_handler)
