"""A progress bar in a terminal, and nowhere else."""

from __future__ import annotations

import io

import pytest

from sim.report.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "off", "surroundings"),
    [
        (io.StringIO(), False, {}),
        (Terminal(), True, {}),
        (Terminal(), False, {"TERM": "dumb"}),
        (Terminal(), False, {"NO_COLOR": "1"}),
    ],
    ids=["a pipe", "not wanted", "a dumb terminal", "no colour"],
)
def test_no_bar_where_none_is_wanted(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, off: bool, surroundings: dict[str, str]
) -> None:
    """Would catch control characters in a log file."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    with progress_bar(stream, off) as seen:
        assert seen is None
    assert stream.getvalue() == ""


def test_a_bar_in_a_terminal_counts_and_goes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a bar of something else than what was done, and one that stays on the answer."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    with progress_bar(stream, False, "rounds") as seen:
        assert seen is not None
        seen(3, 12)
    shown = stream.getvalue()
    assert "rounds" in shown
    assert "3/12" in shown
    assert shown.endswith("\x1b[2K"), "the line is cleared at the end"
