"""How far a run is: a bar on the stream of a terminal, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from sim.report.tables import is_terminal


@contextmanager
def progress_bar(
    stream: TextIO, off: bool, of: str = "replications"
) -> Iterator[Callable[[int, int], None] | None]:
    """A function to tell (done, total) of something; None where no bar is wanted or can be shown."""
    if off or not is_terminal(stream):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(of), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
