"""What the headline rests on: Sobol indices, a tornado, and alternatives of structure.

Every point is the mean of the headline over the luck of the same few replications: single runs would put
their noise into the total indices. Parameters are taken as independent, each by its own posterior (its
prior where the variant has none): what the record says of them together is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.analysis import sobol
from sim.analysis.alternatives import alternatives
from sim.analysis.intervals import Interval, mean_interval
from sim.analysis.parameters import Parameter, parameters_of
from sim.analysis.settings import Case, Setting, case_of, headlines, runs_of, shared_luck
from sim.experiment.executors import Executor
from sim.experiment.posterior import Posterior
from sim.experiment.replications import check_histories, find_posteriors, own_number
from sim.model.laying_out import lay_out
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import WHOLE_RECORD

Floats = NDArray[np.float64]
SAMPLES, LUCK = 256, 4
"""Rows of the design, and replications whose luck all points share, unless asked otherwise."""
SWING = 0.05, 0.95
"""Ends of the tornado, as shares of what is believed of the parameter."""


class Influence(NamedTuple):
    """What one parameter does to the headline."""

    parameter: Parameter
    indices: sobol.Indices
    values: tuple[float, float]
    """At the ends of its swing, in base units."""
    headline: tuple[float, float]
    """There, all others at their medians: means over the shared luck."""


class Alternative(NamedTuple):
    """The headline under another structure."""

    kind: str
    """`variant` (with its own posterior or priors) or `structure` (the variant's histories run again)."""
    name: str
    mean: Interval
    change: Interval | None
    """Against the variant as it is, paired by replication; None of other variants."""
    independent: bool
    """Whether replications are; histories of a posterior are not, and their means have no interval."""


@dataclass(frozen=True)
class Sensitivity:
    """What :func:`run` gives."""

    file: ScenarioFile
    variant: str
    samples: int
    luck: tuple[int, ...]
    posterior: Posterior | None
    mean: float
    """Of the headline over the design."""
    variance: float
    """Over the design: what the indices are shares of."""
    influences: tuple[Influence, ...]
    """By total index, largest first."""
    assumed: sobol.Indices | None
    """Of all parameters together whose prior is assumed; None where that is none or all of them."""
    middle: float
    """The headline with every parameter at its median."""
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True)
class Study:
    """What is to be run: made by :func:`plan_study`, before anything is."""

    file: ScenarioFile
    variant: str
    samples: int
    luck: tuple[int, ...]
    parameters: tuple[Parameter, ...]
    assumed: tuple[int, ...]
    """Parameters whose prior is assumed."""
    cases: tuple[Case, ...]
    """The variant's own first, then alternatives."""
    names: tuple[tuple[str, str], ...]
    """(kind, name) of each alternative."""
    settings: tuple[Setting, ...]
    """Tables A and B, each parameter's (and the assumed ones') mix, the tornado, the alternatives."""

    @property
    def groups(self) -> list[tuple[int, ...]]:
        """Inputs that are mixed together: each alone, and the assumed ones."""
        return [*((k,) for k in range(len(self.parameters))), *([self.assumed] if self.splits else [])]

    @property
    def splits(self) -> bool:
        """Whether some parameters are assumed and others are not."""
        return 0 < len(self.assumed) < len(self.parameters)

    @property
    def points(self) -> int:
        """Points of the Sobol design."""
        return self.samples * (len(self.groups) + 2) if self.parameters else 0

    @property
    def runs(self) -> int:
        """Replications of both worlds, in all."""
        return runs_of(self.settings)


def plan_study(
    file: ScenarioFile,
    variant: str = "base",
    *,
    samples: int = SAMPLES,
    luck: int = LUCK,
    structures: bool = True,
    calibration: str | None = WHOLE_RECORD,
) -> Study:
    """What :func:`run` will run.

    Parameters
    ----------
    samples
        Rows of the Sobol design: a power of 2.
    luck
        Replications over which every point is a mean.
    structures
        Whether alternatives and the other variants are wanted too.
    calibration
        Whose posteriors are looked for; None: all is drawn from the priors.

    Raises
    ------
    HistoriesError
        For more luck than the posterior has histories.
    ValueError
        For samples that are no power of 2.
    StoreError
        For a posterior's file that is damaged.
    """
    if samples < 2 or samples & (samples - 1):
        raise ValueError(f"the design needs a power of 2; found {samples}")
    posteriors, _ = find_posteriors(file, list(file.variants), calibration)
    case = case_of(file, variant, posteriors.get(variant))
    check_histories([] if case.posterior is None else [case.posterior], luck)
    shared = shared_luck(case.posterior, luck)
    parameters = parameters_of(lay_out(file.variants[variant]), case.posterior)
    assumed = tuple(k for k, parameter in enumerate(parameters) if parameter.entry.grade == "assumed")
    settings = _design(parameters, assumed, file.scenario.seed, samples, shared)
    cases, names = [case], [("variant", variant)]
    if structures:
        more = [("structure", said, other) for said, other in alternatives(case)]
        more += [
            ("variant", name, case_of(file, name, posteriors.get(name)))
            for name in file.variants
            if name != variant
        ]
        cases += [other for _, _, other in more]
        names += [(kind, name) for kind, name, _ in more]
        n = own_number(file.scenario.replications, (c.posterior for c in cases if c.posterior is not None))
        settings += [Setting(k, {}, shared_luck(c.posterior, n)) for k, c in enumerate(cases)]
    return Study(
        file, variant, samples, shared, parameters, assumed, tuple(cases),
        tuple(names) if structures else (), tuple(settings),
    )  # fmt: skip


def _design(
    parameters: tuple[Parameter, ...],
    assumed: tuple[int, ...],
    seed: int,
    samples: int,
    luck: tuple[int, ...],
) -> list[Setting]:
    """The settings of the Sobol design and of the tornado."""
    if not parameters:
        return [Setting(0, {}, luck)]
    a, b = sobol.design(seed, len(parameters), samples)
    groups: list[tuple[int, ...]] = [(k,) for k in range(len(parameters))]
    groups += [assumed] if 0 < len(assumed) < len(parameters) else []
    tables = [a, b, *(sobol.mixed(a, b, group) for group in groups)]
    rows = [row for table in tables for row in table.tolist()]
    middle = [0.5] * len(parameters)
    rows.append(middle)
    rows += [[*middle[:k], end, *middle[k + 1 :]] for k in range(len(parameters)) for end in SWING]
    return [
        Setting(0, {p.name: p.at(share) for p, share in zip(parameters, row, strict=True)}, luck)
        for row in rows
    ]


def run(study: Study, executor: Executor, progress: Callable[[int, int], None] | None = None) -> Sensitivity:
    """Run a study: the same result on any executor.

    Raises
    ------
    ModelError
        When an invariant of the model is broken.
    WorkerLostError
        When a worker process is killed.
    """
    found = headlines(study.cases, study.file.scenario.seed, study.settings, executor, progress)
    return result(study, found)


def result(study: Study, found: Sequence[Floats]) -> Sensitivity:
    """What the headlines of a study's settings say.

    Parameters
    ----------
    found
        As :func:`headlines` gives them, for `study.settings`.
    """
    points, parameters = study.points, study.parameters
    means = np.array([values.mean() for values in found[: points + 1 + 2 * len(parameters)]])
    tables = means[:points].reshape(-1, study.samples)
    ends = means[points + 1 :].reshape(-1, 2)
    seed = study.file.scenario.seed
    groups = sobol.indices(seed, tables[0], tables[1], tables[2:]) if parameters else []
    influences = [
        Influence(
            parameter, groups[k], (parameter.at(SWING[0]), parameter.at(SWING[1])), tuple(ends[k].tolist())
        )
        for k, parameter in enumerate(parameters)
    ]
    both = tables[:2].ravel() if parameters else means
    return Sensitivity(
        file=study.file,
        variant=study.variant,
        samples=study.samples,
        luck=study.luck,
        posterior=study.cases[0].posterior,
        mean=float(both.mean()),
        variance=float(both.var()),
        influences=tuple(sorted(influences, key=lambda i: -i.indices.total.point)),
        assumed=groups[-1] if study.splits else None,
        middle=float(means[points]),
        alternatives=_alternatives(study, found[len(means) :]),
    )


def _alternatives(study: Study, found: Sequence[Floats]) -> tuple[Alternative, ...]:
    """Rows of the variant as it is, of other structures, and of other variants."""
    rows = []
    for (kind, name), case, values in zip(study.names, study.cases[: len(found)], found, strict=True):
        apart = case.posterior is None
        change = mean_interval(values - found[0], independent=apart) if kind == "structure" else None
        rows.append(Alternative(kind, name, mean_interval(values, independent=apart), change, apart))
    return tuple(rows)
