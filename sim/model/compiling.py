"""Where plain functions are compiled: the only place that knows numba.

Modules of the hot path are plain Python over arrays. A function's annotations are its signature, so that it
is compiled once and not once for every literal it is called with; it runs without the GIL, without fastmath,
and is kept in numba's cache. Under NUMBA_DISABLE_JIT=1 the same functions run as they are written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any

from numba import from_dtype, njit, types
from numpy import dtype

TYPES: dict[str, Any] = {
    "int": types.int64,
    "float": types.float64,
    "bool": types.boolean,
    "None": types.none,
    "Ints": types.Array(types.int64, 1, "C"),
    "Ints2": types.Array(types.int64, 2, "C"),
    "Ints3": types.Array(types.int64, 3, "C"),
    "Floats": types.Array(types.float64, 1, "C"),
    "Floats2": types.Array(types.float64, 2, "C"),
    "Words": types.Array(types.uint64, 1, "C"),
    "Words2": types.Array(types.uint64, 2, "C"),
    "Word": types.uint64,
}
"""What the words in an annotation mean to the compiler; arrays are contiguous."""


def compiled(
    module: ModuleType, order: Sequence[str], entries: Sequence[str], records: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Compile functions of a module; what is called comes before what calls it.

    Parameters
    ----------
    module
        Where they are written. It is not changed: the compiled functions call each other.
    order
        Their names, those that others call first.
    entries
        Those of them that Python calls; the others only call each other.
    records
        More words for annotations: a structured dtype means an array of such records, anything else is a
        type of numba's.

    Returns
    -------
    dict
        Entry -> compiled function.
    """
    known = TYPES | {
        word: types.Array(from_dtype(of), 1, "C") if isinstance(of, dtype) else of
        for word, of in (records or {}).items()
    }
    names = dict(vars(module))
    for name in order:
        plain = names[name]
        bound = FunctionType(plain.__code__, names, name)
        bound.__module__, bound.__qualname__ = plain.__module__, plain.__qualname__
        *arguments, result = (_type(word, known) for word in plain.__annotations__.values())
        inner = {} if name in entries else dict.fromkeys(("no_cpython_wrapper", "no_cfunc_wrapper"), True)
        options: dict[str, Any] = {"nogil": True, "cache": True, **inner}
        names[name] = njit(result(*arguments), **options)(bound)
    return {name: names[name] for name in entries}


def _type(word: str, known: Mapping[str, Any]) -> Any:
    """The compiler's type for an annotation."""
    if word.startswith("tuple["):
        tuple_of: Any = types.Tuple
        return tuple_of([_type(part.strip(), known) for part in word[6:-1].split(",")])
    return known[word]
