"""``patients.parquet``: every patient of every replication and world, written while the run goes on.

The patients are synthetic: a row is a draw of the model, never a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.experiment.ensemble import Case, OnOutcome, make_cases
from sim.experiment.parquet import LABELS, labels, repeated, schema_of, table_writer
from sim.experiment.store import as_store_error
from sim.model.draws import Draws
from sim.model.laying_out import lay_out
from sim.model.layout import NONE, Layout
from sim.model.outcome import STATE_NAMES, Outcome
from sim.scenario.reading import ScenarioFile

PATIENTS = "patients.parquet"
SYNTHETIC = "Synthetic patients, drawn by a model: no row describes a person."


@contextmanager
def patients_file(
    folder: Path, file: ScenarioFile, variants: Sequence[str] | None, about: Mapping[str, Any]
) -> Iterator[OnOutcome]:
    """Open the file; what it gives takes one outcome after the other and keeps none of them.

    Parameters
    ----------
    folder
        Where ``patients.parquet`` is made.
    file, variants
        The scenario, and which of its variants; all if None.
    about
        What the file's metadata say beside `SYNTHETIC`.

    Raises
    ------
    StoreError
        When it cannot be written.
    """
    cases = make_cases(file, None, variants)
    names = list(file.variants)
    worlds = list(dict.fromkeys(world for _, world in cases))
    layouts = {case: lay_out(scenario) for case, scenario in cases.items()}
    classes = list(dict.fromkeys(row.name for layout in layouts.values() for row in layout.classes))
    carriers = list(dict.fromkeys(name for layout in layouts.values() for name in layout.carriers))
    longest = max(layout.horizon for layout in layouts.values())
    second = pa.int32() if longest <= np.iinfo(np.int32).max else pa.int64()
    columns = {
        "variant": LABELS, "world": LABELS, "replication": pa.int32(), "block": pa.int16(), "nth": pa.int32(),
        "class": LABELS, "party": pa.int32(), "referred": second, "boarded": second, "left": second,
        "state": LABELS, "convoy": pa.int32(), "carrier": LABELS,
    }  # fmt: skip
    units = dict.fromkeys(("referred", "boarded", "left"), "s") | {"party": "people"}
    schema = schema_of(columns, {**about, "patients": SYNTHETIC}, units)

    def rows(case: Case, replication: int, draws: Draws, outcome: Outcome) -> pa.Table:
        layout, n = layouts[case], draws.patients
        kinds = np.array([classes.index(row.name) for row in layout.classes])
        return pa.table(
            [
                repeated(case[0], names, n),
                repeated(case[1], worlds, n),
                pa.array(np.full(n, replication, dtype=np.int32)),
                pa.array(draws.block.astype(np.int16)),
                pa.array(draws.nth.astype(np.int32)),
                labels(kinds[draws.kind], classes),
                pa.array((draws.companions + 1).astype(np.int32)),
                pa.array(draws.referred, second),
                _defined(outcome.boarded, second),
                _defined(outcome.left, second),
                labels(outcome.state, STATE_NAMES),
                _defined(outcome.convoy, pa.int32()),
                _carrier(outcome, layout, carriers),
            ],
            schema=schema,
        )

    with as_store_error(folder), open(folder / PATIENTS, "wb") as stream, table_writer(stream, schema) as add:
        yield lambda *outcome: add(rows(*outcome))


def _defined(values: NDArray[np.int64], kind: Any) -> pa.Array:
    """Integers, null where they are NONE."""
    return pa.array(values, kind, mask=values == NONE)


def _carrier(outcome: Outcome, layout: Layout, carriers: list[str]) -> pa.DictionaryArray:
    """The carrier of each patient's last boarding, null where there was none."""
    never = outcome.convoy == NONE
    codes = np.zeros(len(never), dtype=np.int16)
    known = np.array([carriers.index(name) for name in layout.carriers], dtype=np.int16)
    codes[~never] = known[outcome.convoys[outcome.convoy[~never], 0]]
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=never), pa.array(carriers, pa.string()))
