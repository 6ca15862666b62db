"""Where plain functions are compiled: the only place that knows numba.

Modules of the hot path are plain Python over arrays. A function's annotations are its signature, so that it
is compiled once and not once for every literal it is called with; it runs without the GIL, without fastmath,
and is kept in numba's cache. Under NUMBA_DISABLE_JIT=1 the same functions run as they are written.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import config, from_dtype, njit, types
from numba.core.errors import NumbaError
from numba.extending import lower_builtin, type_callable
from numba.np import arrayobj
from numpy import dtype, generic, uint64

TYPES: dict[str, Any] = {
    "int": types.int64,
    "float": types.float64,
    "bool": types.boolean,
    "None": types.none,
    "Bools": types.Array(types.boolean, 1, "C"),
    "Ints": types.Array(types.int64, 1, "C"),
    "Ints2": types.Array(types.int64, 2, "C"),
    "Ints3": types.Array(types.int64, 3, "C"),
    "Floats": types.Array(types.float64, 1, "C"),
    "Floats2": types.Array(types.float64, 2, "C"),
    "Words": types.Array(types.uint64, 1, "C"),
    "Words2": types.Array(types.uint64, 2, "C"),
    "Word": types.uint64,
    "States": types.Array(types.int8, 1, "C"),
    "Counts2": types.Array(types.int32, 2, "C"),
}
"""What the words in an annotation mean to the compiler; arrays are contiguous."""

OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "no_cfunc_wrapper": True, "_nrt": False}
"""Nothing here allocates or keeps an array, so that references need not be counted (`_nrt`): counting them
took two thirds of the time."""
FROM_EITHER_END: Any = getattr(arrayobj, "fix_integer_index", None)
"""How numba reads an index that may be negative."""


def compiled(
    module: ModuleType,
    order: Sequence[str],
    entries: Sequence[str],
    records: Mapping[str, Any] | None = None,
    inlined: Sequence[str] = (),
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
        More words for annotations. A structured dtype by its plural: `Trips` is a table of such rows,
        `Trip` one row of it. A NamedTuple class by its name, its fields annotated with such words.
    inlined
        Names of small functions that are written out wherever they are called.

    Returns
    -------
    dict
        Entry -> compiled function.
    """
    known = dict(TYPES)
    for word, of in (records or {}).items():
        if isinstance(of, dtype):
            known |= {word: types.Array(from_dtype(of), 1, "C"), word[:-1]: from_dtype(of)}
        else:
            named: Any = types.NamedTuple
            known[word] = named([_type(field, known) for field in of.__annotations__.values()], of)
            known[word].name = word  # or every symbol spells out all its fields, ten thousand letters each
    names = dict(vars(module))
    built_on = _digest(module)

    def make(name: str) -> Any:
        plain = vars(module)[name]
        bound = FunctionType(plain.__code__, names, name)
        bound.__module__, bound.__qualname__ = plain.__module__, f"{plain.__qualname__}_{built_on}"
        *arguments, result = (_type(word, known) for word in plain.__annotations__.values())
        options = {**OPTIONS, "cache": _may_keep(module)}
        if name not in entries:
            # A tuple of tables is handed over word by word, some 300 of them: dearer than most calls.
            bulky = any(isinstance(argument, types.NamedTuple) for argument in arguments)
            options |= {"no_cpython_wrapper": True, "forceinline": bulky or name in inlined}
        try:
            return njit(result(*arguments), **options)(bound)
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            # Neither this folder nor the home can be written, or there is no home: compiled every time.
            return njit(result(*arguments), **{**options, "cache": False})(bound)

    collecting = gc.isenabled()
    gc.disable()  # the compiler makes millions of objects, hardly any of them garbage: a fifth of its time
    arrayobj.fix_integer_index = _as_it_is
    try:
        return {name: make(name) for name in entries}  # what is kept of an entry holds all that it calls
    except NumbaError:  # one that is not kept calls what is not compiled yet
        for name in order:
            names[name] = make(name)
    finally:
        arrayobj.fix_integer_index = FROM_EITHER_END
        if collecting:
            gc.enable()
    return {name: names[name] for name in entries}


def _as_it_is(context: Any, builder: Any, of_index: Any, index: Any, size: Any) -> Any:
    """An index for the compiler: none here counts from the end, and to ask every time took a fifth."""
    return context.cast(builder, index, of_index, types.intp)


def _may_keep(module: ModuleType) -> bool:
    """Without a home, and with no place beside the module, numba would make a folder named ~ anywhere."""
    return os.path.expanduser("~") != "~" or os.access(Path(str(module.__file__)).parent, os.W_OK)


def _digest(module: ModuleType) -> str:
    """Of what goes into compiled code and is written elsewhere: constants that are imported, and this file.

    Part of the name under which the code is kept: numba itself looks at the module's own file only, and
    would go on with numbers that have changed in another.
    """
    plain = (int, float, str, tuple, generic)
    constants = {name: repr(value) for name, value in vars(module).items() if isinstance(value, plain)}
    seen = [f"{name}={value}" for name, value in sorted(constants.items()) if not name.startswith("__")]
    return sha256("\n".join(seen).encode() + Path(__file__).read_bytes()).hexdigest()[:12]


def is_disabled() -> bool:
    """Whether functions run as they are written (NUMBA_DISABLE_JIT=1)."""
    settings: Any = config
    return bool(settings.DISABLE_JIT)


def is_kept(module: ModuleType, name: str) -> bool:
    """Whether a small function of a module is in the cache; it is compiled if not."""
    function = compiled(module, [name], [name])[name]
    return is_disabled() or not function.stats.cache_misses


def _type(word: Any, known: Mapping[str, Any]) -> Any:
    """The compiler's type for an annotation (a NamedTuple's come as forward references)."""
    word = getattr(word, "__forward_arg__", word)
    if word.startswith("tuple["):
        tuple_of: Any = types.Tuple
        return tuple_of([_type(part.strip(), known) for part in word[6:-1].split(",")])
    return known[word]


def product(a: uint64, b: uint64) -> tuple[uint64, uint64]:
    """Upper and lower word of the product of two words: one multiplication of the machine, once compiled."""
    whole = int(a) * int(b)
    return uint64(whole >> 64), uint64(whole & 2**64 - 1)


@type_callable(product)
def _type_of_product(context: Any) -> Any:
    return lambda a, b: _type("tuple[Word, Word]", TYPES)


@lower_builtin(product, types.uint64, types.uint64)  # type: ignore[no-untyped-call, untyped-decorator]
def _lower_product(context: Any, builder: Any, signature: Any, words: Any) -> Any:
    word, wide = ir.IntType(64), ir.IntType(128)
    whole = builder.mul(*(builder.zext(w, wide) for w in words))
    upper = builder.trunc(builder.lshr(whole, ir.Constant(wide, 64)), word)
    return context.make_tuple(builder, signature.return_type, (upper, builder.trunc(whole, word)))
