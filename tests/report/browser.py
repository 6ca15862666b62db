"""Chromium, where it can be had: the system's own, or that of Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")


def missing() -> str | None:
    """Why there is no browser to test with; None where there is one."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "playwright is not installed"
    return (
        None if path() else f"no browser: none of {', '.join(NAMES)} is installed (.ci/run installs chromium)"
    )


def path() -> str | None:
    """The browser's program."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def browser() -> Iterator[Any]:
    """A browser without a window, and without its sandbox, which root may not have."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=path(), args=["--no-sandbox"])
        try:
            yield running
        finally:
            running.close()
