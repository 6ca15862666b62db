"""Tables as Parquet: the same rows are the same bytes, with the same version of pyarrow.

No times, no paths and no index of pandas; text that repeats is stored once (`labels`).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from sim.experiment.ensemble import Ensemble
from sim.experiment.text_files import json_bytes
from sim.model.measures import UNITS

ABOUT = b"corridor-sim"
"""Key of the schema's metadata that says, as JSON, what a table holds."""
GROUP = 100_000
"""Rows of a row group, at least (the last may be smaller): what is held in memory before it is written."""
LABELS = pa.dictionary(pa.int16(), pa.string())
"""Type of text that repeats."""

Add = Callable[[pa.Table], None]


@contextmanager
def table_writer(stream: BinaryIO, schema: pa.Schema) -> Iterator[Add]:
    """Write a table piece by piece, in row groups of about `GROUP` rows; no more than one is kept."""
    waiting: list[pa.Table] = []
    rows = 0

    def flush() -> None:
        nonlocal rows
        if rows:
            writer.write_table(pa.concat_tables(waiting).combine_chunks(), row_group_size=rows)
        waiting.clear()
        rows = 0

    def add(piece: pa.Table) -> None:
        nonlocal rows
        waiting.append(piece)
        rows += len(piece)
        if rows >= GROUP:
            flush()

    with parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        yield add
        flush()


def parquet_bytes(schema: pa.Schema, pieces: Iterable[pa.Table]) -> bytes:
    """A small table as the bytes of a Parquet file."""
    stream = io.BytesIO()
    with table_writer(stream, schema) as add:
        for piece in pieces:
            add(piece)
    return stream.getvalue()


def schema_of(columns: Mapping[str, Any], about: Mapping[str, Any], units: Mapping[str, str]) -> pa.Schema:
    """A schema: column -> type, what the table holds, and the unit of each column that has one."""
    fields = [
        pa.field(name, kind, metadata={"unit": units[name]} if name in units else None)
        for name, kind in columns.items()
    ]
    return pa.schema(fields, metadata={ABOUT: json_bytes(about)})


def labels(codes: NDArray[Any], names: Sequence[str]) -> pa.DictionaryArray:
    """Text that repeats: the name at each code."""
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int16)), pa.array(names, pa.string()))


def repeated(name: str, names: Sequence[str], rows: int) -> pa.DictionaryArray:
    """A column of one name, out of those that the table may hold."""
    return labels(np.full(rows, list(names).index(name)), names)


def case_names(ensemble: Ensemble) -> tuple[list[str], list[str]]:
    """Variants and worlds of an ensemble, in order."""
    variants = list(dict.fromkeys(variant for variant, _ in ensemble.measures))
    return variants, list(dict.fromkeys(world for _, world in ensemble.measures))


def fingerprints_parquet(ensemble: Ensemble, about: Mapping[str, Any]) -> bytes:
    """``fingerprints.parquet``: a row a variant, world and replication, in the order of the measures."""
    columns = {"variant": LABELS, "world": LABELS, "replication": pa.int32(), "fingerprint": pa.uint64()}
    schema = schema_of(columns, about, {})
    variants, worlds = case_names(ensemble)
    numbers = pa.array(ensemble.replications, pa.int32())
    return parquet_bytes(
        schema,
        (
            pa.table(
                [
                    repeated(variant, variants, len(numbers)),
                    repeated(world, worlds, len(numbers)),
                    numbers,
                    pa.array(prints, pa.uint64()),
                ],
                schema=schema,
            )
            for (variant, world), prints in ensemble.fingerprints.items()
        ),
    )


def measures_parquet(ensemble: Ensemble, about: Mapping[str, Any]) -> bytes:
    """``measures.parquet``: a row a variant, world and replication; a column a measure, null if undefined."""
    names = list(dict.fromkeys(str(name) for table in ensemble.measures.values() for name in table.columns))
    keys = {"variant": LABELS, "world": LABELS, "replication": pa.int32()}
    units = {name: UNITS[name.partition("[")[0]] for name in names}
    schema = schema_of({**keys, **dict.fromkeys(names, pa.float64())}, about, units)
    variants, worlds = case_names(ensemble)

    def pieces() -> Iterator[pa.Table]:
        for (variant, world), table in ensemble.measures.items():
            rows = len(table)
            columns = [
                repeated(variant, variants, rows),
                repeated(world, worlds, rows),
                pa.array(table.index.to_numpy(), pa.int32()),
            ]
            for name in names:
                values = table[name].to_numpy(dtype=float) if name in table else np.full(rows, np.nan)
                columns.append(pa.array(values, pa.float64(), from_pandas=True))
            yield pa.table(columns, schema=schema)

    return parquet_bytes(schema, pieces())
