"""Seeded faults: bugs that somebody could write, planted one at a time to see which test notices.

A fault is an exact piece of a module's source and what stands in its place. The changed source is compiled,
and the code of the module's functions exchanged in place: whoever has imported one by name has the fault too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import product
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any


def calls(test: Callable[..., Any], only: str | None = None) -> list[dict[str, Any]]:
    """Keyword arguments of every case of a parametrised test (one empty case when it is not), or of one id."""
    axes = []
    for mark in [m for m in getattr(test, "pytestmark", []) if m.name == "parametrize"]:
        names, rows = mark.args[0], list(mark.args[1])
        names = [n.strip() for n in names.split(",")] if isinstance(names, str) else list(names)
        ids, axis = mark.kwargs.get("ids"), []
        for k, row in enumerate(rows):
            values = getattr(row, "values", None)
            values = tuple(values) if isinstance(values, tuple) else (row,) if len(names) == 1 else tuple(row)
            words = [
                (ids(v) if callable(ids) else None) or _word(v, f"{n}{k}")
                for n, v in zip(names, values, strict=True)
            ]
            name = getattr(row, "id", None) or (ids[k] if isinstance(ids, list) else "-".join(words))
            axis.append((name, dict(zip(names, values, strict=True))))
        axes.append(axis)
    cases = []
    for chosen in product(*axes):
        if only is None or "-".join(name for name, _ in chosen) == only:
            cases.append({key: value for _, keywords in chosen for key, value in keywords.items()})
    if not cases:
        raise LookupError(f"{test.__name__} has no case {only}")
    return cases


def _word(value: Any, otherwise: str) -> str:
    if isinstance(value, (str, int, float)):
        return str(value)
    return value.__name__ if isinstance(value, (FunctionType, type)) else otherwise
