"""corridor-sim: how many patients a humanitarian corridor evacuates, as observed and unimpeded.

The public names, each loaded when it is first used (``import sim`` imports none of them):

==================== ==================================================================================
`load_scenario`      read a scenario file; every mistake in it at once (`ScenarioError`)
`simulate`           worlds x variants x replications on shared draws: an `Ensemble`
`compare`            paired differences between two worlds, with intervals: a DataFrame
`attribute`          which group of impediments accounts for how much of the headline: an `Attribution`
`check_observed`     published figures against what the actual world predicts: a DataFrame
`trace`              one replication of one world, event by event: a DataFrame
`world_names`        every world of a scenario
`Ensemble`           what `simulate` gives; `Ensemble.tidy()` is one row a number, with its unit
`read_run`           a stored run, if every byte of it is as its manifest says: a `StoredRun`
`ScenarioFile`       what `load_scenario` gives
`ScenarioError`      a scenario that does not hold: `.problems`, each with line, column and key
`ScenarioFileError`  a file that cannot be read (an `OSError`)
`ModelError`         an invariant of the model is broken: the run must not be used
`StoreError`         a stored run that is not whole, or a folder that cannot be written (an `OSError`)
`WorkerLostError`    a worker process died: no run with fewer replications than asked for
`on_cluster`         where to run beyond one machine, as `simulate(..., executor=on_cluster(...))`
==================== ==================================================================================

>>> import sim
>>> file = sim.load_scenario("scenarios/lachin-2022-2023.yaml")      # doctest: +SKIP
>>> ensemble = sim.simulate(file, replications=200, workers=4)       # doctest: +SKIP
>>> sim.compare(ensemble)                                            # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.analysis.attribute import attribute
    from sim.analysis.compare import compare
    from sim.analysis.validate import check_observed
    from sim.experiment.cluster import on_cluster
    from sim.experiment.ensemble import Ensemble, simulate
    from sim.experiment.executors import WorkerLostError
    from sim.experiment.reading_back import read_run
    from sim.experiment.store import StoreError
    from sim.model.outcome import ModelError
    from sim.report.trace import trace, world_names
    from sim.scenario.problems import ScenarioError, ScenarioFileError
    from sim.scenario.reading import ScenarioFile
    from sim.scenario.reading import read_scenario as load_scenario

    __version__: str

_HOMES = {
    "Ensemble": ("sim.experiment.ensemble", "Ensemble"),
    "ModelError": ("sim.model.outcome", "ModelError"),
    "ScenarioError": ("sim.scenario.problems", "ScenarioError"),
    "ScenarioFile": ("sim.scenario.reading", "ScenarioFile"),
    "ScenarioFileError": ("sim.scenario.problems", "ScenarioFileError"),
    "StoreError": ("sim.experiment.store", "StoreError"),
    "WorkerLostError": ("sim.experiment.executors", "WorkerLostError"),
    "attribute": ("sim.analysis.attribute", "attribute"),
    "check_observed": ("sim.analysis.validate", "check_observed"),
    "compare": ("sim.analysis.compare", "compare"),
    "load_scenario": ("sim.scenario.reading", "read_scenario"),
    "on_cluster": ("sim.experiment.cluster", "on_cluster"),
    "read_run": ("sim.experiment.reading_back", "read_run"),
    "simulate": ("sim.experiment.ensemble", "simulate"),
    "trace": ("sim.report.trace", "trace"),
    "world_names": ("sim.report.trace", "world_names"),
}

__all__ = [
    "Ensemble",
    "ModelError",
    "ScenarioError",
    "ScenarioFile",
    "ScenarioFileError",
    "StoreError",
    "WorkerLostError",
    "__version__",
    "attribute",
    "check_observed",
    "compare",
    "load_scenario",
    "on_cluster",
    "read_run",
    "simulate",
    "trace",
    "world_names",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    if name == "__version__":
        value: Any = _version()
    elif name in _HOMES:
        module, attribute = _HOMES[name]
        value = getattr(import_module(module), attribute)
    else:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _version() -> str:
    """The version of the installed package."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("corridor-sim")
    except PackageNotFoundError:
        return "0+unknown"
