"""What the benchmark writes: parts of README.md between marks, figures, and on which machine."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt  # after the backend is chosen

HERE = Path(__file__).resolve().parent
BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
"""Colours that the colour-blind can tell apart (Okabe and Ito); markers differ as well."""
STYLE = {"svg.hashsalt": "benchmarks", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}


def machine() -> str:
    """Processor, cores and versions; no name of host or user."""
    model = platform.machine()
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        model = f"{found[1]} ({model})" if found else model
    except OSError:
        pass
    libraries = ", ".join(
        f"{name} {_version(name)}" for name in ("simpy", "numpy", "numba", "ciw", "salabim")
    )
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"Machine: {model}, {os.cpu_count()} cores, {platform.system()}; {python}, {libraries}. Other work "
        "may have run beside; that is why ratios are compared, and not times."
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column to the left, the others to the right."""
    lines = [" | ".join(cells) for cells in (head, ["---", *["---:"] * (len(head) - 1)], *rows)]
    return "\n".join(f"| {line} |" for line in lines)


def write_part(name: str, measured: str) -> None:
    """Replace one generated part of README.md."""
    path, begin, end = HERE / "README.md", f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = path.read_text(encoding="utf-8").split(begin)
    _, after = rest.split(end)
    path.write_text(f"{before}{begin}\n{measured}\n{end}{after}", encoding="utf-8")


def save(figure: Any, name: str) -> None:
    """As SVG and PNG beside this file, the same bytes for the same numbers."""
    figure.savefig(HERE / f"{name}.svg", metadata={"Date": None})
    figure.savefig(HERE / f"{name}.png", dpi=150, metadata={"Software": None})
    plt.close(figure)
