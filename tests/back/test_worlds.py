"""The flagship's worlds mean what they say.

Why: a world is quoted by its sentence. Each test reads the sentence and looks at single runs for what it
promises, in every variant where that can differ.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from sim.experiment.ensemble import Case, simulate
from sim.model.draws import Draws
from sim.model.laying_out import lay_out
from sim.model.layout import DAY
from sim.model.outcome import EVACUATED, Outcome
from sim.model.plan import is_removed, make_plan, world_of
from sim.scenario.reading import ScenarioFile, read_scenario
from sim.scenario.schema import Closure, ConvoyCap

FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "lachin-2022-2023.yaml"
ICRC = 0
SNOW = 28
"""Day of the run on which snow closed the road: 9 January 2023."""
ORDER = 72 * DAY
"""22 February 2023, 00:00."""

pytestmark = pytest.mark.xdist_group("flagship")


class Run(NamedTuple):
    draws: Draws
    outcome: Outcome

    @property
    def left(self) -> np.ndarray:
        """Seconds at which convoys of the ICRC left, in order."""
        convoys = self.outcome.convoys
        return convoys[convoys[:, 0] == ICRC, 1]

    @property
    def loads(self) -> np.ndarray:
        """Patients in each convoy of the ICRC."""
        o = self.outcome
        loads = np.zeros(len(o.convoys), dtype=np.int64)
        np.add.at(loads, o.rides[:, 0], o.rides[:, 2])
        return loads[o.convoys[:, 0] == ICRC]


@pytest.fixture(scope="module")
def file() -> ScenarioFile:
    return read_scenario(FLAGSHIP)


@pytest.fixture(scope="module")
def runs(file: ScenarioFile) -> dict[Case, list[Run]]:
    """Every world and variant, four replications."""
    found: dict[Case, list[Run]] = {}

    def keep(case: Case, replication: int, draws: Draws, outcome: Outcome) -> None:
        found.setdefault(case, []).append(Run(draws, outcome))

    simulate(file, replications=4, on_outcome=keep)
    return found


def of_world(runs: dict[Case, list[Run]], name: str) -> list[Run]:
    """Of all variants."""
    return [run for (_, world), some in runs.items() if world == name for run in some]


def test_every_world_says_in_one_sentence_what_it_is(file: ScenarioFile) -> None:
    for name, world in file.scenario.worlds.items():
        assert world.says is not None, name
        assert world.says.endswith("."), name
        assert ". " not in world.says, name


def test_worlds_that_assume_are_these_and_no_others(file: ScenarioFile) -> None:
    """They are labelled by the outputs and shared out by none; see tests of the report and of attribution."""
    assuming = {name for name, world in file.scenario.worlds.items() if world.assume}
    assert assuming == {"three-a-week", "as-on-26-to-29-april", "open-road"}


def test_conditions_stay_in_every_world(file: ScenarioFile, runs: dict[Case, list[Run]]) -> None:
    """Nobody sets out in snow: neither the ICRC nor an assumed vehicle, in no world and no variant."""
    layout = lay_out(file.scenario)
    assert [p.id for p in layout.obstacles if p.condition] == ["snow-9-january"]
    for case, some in runs.items():
        for run in some:
            assert (run.outcome.convoys[:, 1] // DAY != SNOW).all(), case


def test_no_closures(file: ScenarioFile, runs: dict[Case, list[Run]]) -> None:
    """Convoys leave in the closures' days too, and only then may they differ in being allowed to."""
    closures = [p for p in lay_out(file.scenario).obstacles if isinstance(p.obstacle, Closure)]
    impeding = [p for p in closures if not p.condition]
    assert len(impeding) == 7
    for world, inside in (("actual", False), ("no-closures", True)):
        left = np.concatenate([run.left for run in of_world(runs, world)])
        for p in impeding:
            assert ((p.start <= left) & (left < p.end)).any() == inside, (world, p.id)


def test_no_checkpoint_regime(file: ScenarioFile, runs: dict[Case, list[Run]]) -> None:
    """No inspection, no papers, full convoys after 14 July, and nobody stays away."""
    plan = make_plan(lay_out(file.scenario), "no-checkpoint-regime")
    assert (plan.checkpoints, plan.clearances, plan.deterrents) == ((), (), ())
    july = (214) * DAY
    assert all(cap.start < july for cap in plan.caps)
    inspected = {w: sum(int(r.outcome.convoys[:, 6].sum()) for r in of_world(runs, w)) for w in (
        "actual", "no-checkpoint-regime"
    )}  # fmt: skip
    assert inspected["actual"] > 0
    assert inspected["no-checkpoint-regime"] == 0
    late = {w: np.concatenate([r.loads[r.left >= july] for r in of_world(runs, w)]) for w in inspected}
    assert late["no-checkpoint-regime"].mean() > late["actual"].mean() + 2


def test_unimpeded_red_cross(file: ScenarioFile, runs: dict[Case, list[Run]]) -> None:
    """Its own plan with all its seats: no rule but snow is left, and fleet and plan are those of the file."""
    plan = make_plan(lay_out(file.scenario), "unimpeded")
    rules = (plan.caps, plan.permissions, plan.clearances, plan.deterrents, plan.no_lying, plan.checkpoints)
    assert not any(rules)
    shut = [(t, v) for steps in plan.road[ICRC] for t, v in zip(*steps, strict=True)]
    assert {t // DAY for t, _ in shut} == {SNOW, SNOW + 1}
    assert set(file.scenario.impediments) == set(plan.removed)
    for run in of_world(runs, "unimpeded"):
        assert (np.diff(run.left) >= DAY).all(), "daily at most"
        assert run.outcome.rides[:, 2].max() <= 4


def test_since_the_court_order(runs: dict[Case, list[Run]]) -> None:
    """As it was until 22 February, to the second and to the patient; unimpeded from that day on."""
    more = 0
    for variant in {variant for variant, _ in runs}:
        pairs = zip(runs[variant, "actual"], runs[variant, "since-the-court-order"], strict=True)
        for actual, obeyed in pairs:
            before = actual.outcome.convoys[actual.outcome.convoys[:, 1] < ORDER]
            same = obeyed.outcome.convoys[obeyed.outcome.convoys[:, 1] < ORDER]
            assert (before[:, :2] == same[:, :2]).all()
            there, then = actual.outcome.left, obeyed.outcome.left
            early = ((there >= 0) & (there < ORDER)) | ((then >= 0) & (then < ORDER))
            assert early.any()
            assert (there[early] == then[early]).all()
            more += len(obeyed.left) - len(actual.left)
    assert more > 0


def test_the_court_order_obeyed_removes_everything(file: ScenarioFile) -> None:
    layout = lay_out(file.scenario)
    world = world_of(layout, "since-the-court-order")
    assert str(world.from_) == "2023-02-22"
    assert all(is_removed(world, p) != p.condition for p in layout.obstacles)


def test_as_on_26_to_29_april(file: ScenarioFile, runs: dict[Case, list[Run]]) -> None:
    """12 to 16 patients a convoy in the mean, never more than 16, and none lies; on every day on which so
    many wait that a convoy of them can be filled, one leaves.
    """
    assumed = file.assumed["base", "as-on-26-to-29-april"]
    caps = [o for o in assumed.conditions.values() if isinstance(o, ConvoyCap)]
    assert [cap.patients.value for cap in caps if cap.patients is not None] == [16]
    for run in of_world(runs, "as-on-26-to-29-april"):
        loads = run.loads
        assert loads.max() <= 16
        assert 12 <= loads.mean() <= 16
        o = run.outcome
        carried = np.flatnonzero(o.state == EVACUATED)
        by_icrc = carried[o.convoys[o.convoy[carried], 0] == ICRC]
        late = by_icrc[o.boarded[by_icrc] >= 9 * DAY]
        assert not run.draws.lying[late].any()
        days = set((run.left // DAY).tolist())
        for day in range(1, 282):
            eight = day * DAY + 8 * 3600
            listed = (o.spells[:, 1] < eight) & (o.spells[:, 2] > eight)
            willing = ~run.draws.lying[o.spells[:, 0]]
            if (listed & willing).sum() >= 12 and day != SNOW:
                assert day in days


def test_open_road(runs: dict[Case, list[Run]]) -> None:
    """Nobody waits longer than two hours, but for those whom the snow meets; who does not withdraw leaves."""
    for run in of_world(runs, "open-road"):
        stays = run.outcome.spells
        waited = stays[:, 2] - stays[:, 1]
        snow = (stays[:, 2] > SNOW * DAY) & (stays[:, 1] < (SNOW + 1) * DAY)
        assert waited[~snow].max() <= 2 * 3600
        assert waited.max() <= DAY + 2 * 3600
        gone = np.isin(run.outcome.state, [EVACUATED, 5])
        waiting_or_on_the_road = np.flatnonzero(~gone)
        assert (run.draws.referred[waiting_or_on_the_road] >= 281 * DAY).all()
        assert (run.outcome.convoys[:, 0] == ICRC).all(), "all count as the ICRC's"


def test_three_a_week(runs: dict[Case, list[Run]]) -> None:
    """Tuesdays, Thursdays and Saturdays; 12 December 2022 was a Monday."""
    for run in of_world(runs, "three-a-week"):
        assert set((run.left // DAY % 7).tolist()) <= {1, 3, 5}


@pytest.mark.parametrize(
    ("world", "gone"),
    [
        ("no-closures", "closures"),
        ("no-convoy-limits", "convoy-limits"),
        ("no-permissions", "permissions"),
        ("no-checkpoint-regime", "checkpoint-regime"),
        ("ambulances-let-through", "ambulances"),
    ],
)
def test_a_group_is_removed_whole_and_alone(file: ScenarioFile, world: str, gone: str) -> None:
    """Catches: a rule of the group that stays, or one of another group that goes with it."""
    for variant, scenario in file.variants.items():
        plan = make_plan(lay_out(scenario), world)
        of_group = {id_ for id_, o in scenario.impediments.items() if (o.group or id_) == gone}
        assert set(plan.removed) == of_group, variant
