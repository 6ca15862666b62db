"""What the headline rests on, in a scenario where that is known: with the road closed, only on the need."""

from __future__ import annotations

import numpy as np
import pytest

from sim.analysis import sensitivity
from sim.experiment.executors import processes, serial, threads
from sim.experiment.posterior import Posterior, hash_of, priors_of, write_posterior
from sim.report.sensitivity import sensitivity_data
from tests.analysis.closed import closed


def study(file, samples=64, luck=2, **more):
    return sensitivity.run(sensitivity.plan_study(file, samples=samples, luck=luck, **more), serial())


def by_name(found):
    return {influence.parameter.name: influence for influence in found.influences}


def test_only_what_the_model_feels_has_an_index():
    """An army without vehicles cannot matter, whatever its chance: exactly 0, not nearly."""
    found = by_name(study(closed()))
    need, army = found["need.initial_list"], found["carriers.army.plan.chance"]
    assert need.indices.total.point == pytest.approx(1, abs=0.1)
    assert need.indices.first.point == pytest.approx(1, abs=0.1)
    assert army.indices.total[:3] == army.indices.first[:3] == (0.0, 0.0, 0.0)
    assert army.headline[0] == army.headline[1]


def test_the_tornado_stands_at_the_ends_of_the_prior():
    found = study(closed())
    need = by_name(found)["need.initial_list"]
    assert need.values == need.headline == (105, 195)
    assert found.middle == 150


def test_mean_and_variance_are_those_of_the_prior():
    """Of a uniform over 100 whole numbers: 149.5 and 833.25. Rule: within 2 % at 64 Sobol rows."""
    found = study(closed())
    assert found.mean == pytest.approx(149.5, rel=0.02)
    assert found.variance == pytest.approx(833.25, rel=0.1)


def test_what_rests_on_assumptions_is_measured_together():
    """The need is assumed, the army's chance has a source: all of the variance rests on assumptions; with
    the marks changed in the file, none of it.
    """
    data = sensitivity_data(study(closed()), "0")
    assert data["resting_on_assumptions"]["first_order"]["point"] == pytest.approx(1, abs=0.1)
    other = closed(
        ("assumed: nobody counted", "source: paper"),
        ("20% .. 80%, source: paper", "20% .. 80%, assumed: a guess"),
    )
    data = sensitivity_data(study(other), "0")
    assert data["resting_on_assumptions"]["total"]["point"] == 0
    nothing = closed(("prior: uniform 100 .. 199, assumed: nobody counted", "value: 150, source: paper"))
    data = sensitivity_data(study(nothing, samples=4), "0")
    assert data["resting_on_assumptions"] == {"first_order": 0.0, "total": 0.0}


def test_no_choice_of_workers_moves_a_number():
    plan, told = sensitivity.plan_study(closed(), samples=8, luck=2), []
    first = sensitivity_data(sensitivity.run(plan, serial(), lambda *done: told.append(done)), "0")
    assert told == sorted(told)
    assert told[-1] == (plan.runs, plan.runs), "a bar that ends at its end"
    assert sensitivity_data(sensitivity.run(plan, processes(2, 3)), "0") == first
    assert sensitivity_data(sensitivity.run(plan, threads(2, 5)), "0") == first


def test_luck_is_no_part_of_the_variance():
    """Single runs would put their luck into the indices: with nothing uncertain but luck there is none."""
    text = ("plan: {days: daily, at: \"09:00\", chance: {prior: uniform 20% .. 80%, source: paper}}",
            "plan: {days: daily, at: \"09:00\"}")  # fmt: skip
    lucky = closed(
        text,
        ("{prior: uniform 100 .. 199, assumed: nobody counted}", "0\n  referrals: {2030-03-01: 50 / day}"),
        ("classes: {everybody: {}}", "classes: {everybody: {lying: {prior: uniform 1% .. 2%}}}"),
    )
    found = study(lucky, samples=8, luck=3)
    assert found.luck == (0, 1, 2)
    # those who must lie down are never carried: few, and far from the variance that luck would bring
    assert found.variance < 10
    assert found.alternatives[0].mean.high - found.alternatives[0].mean.low > 10


def test_a_posterior_takes_the_place_of_the_prior(tmp_path):
    file = closed(folder=tmp_path)
    names = ("need.initial_list", "carriers.army.plan.chance")
    rows = np.array([[120.0, 0.5], [110.0, 0.5], [130.0, 0.5]])
    posterior = Posterior(
        "closed", "base", "whole-record", hash_of(file, "base", "whole-record"), 1, names, rows,
        streams=(), luck=np.array([[[4]], [[5]], [[6]]]), weights=np.array([2, 1, 1]),
        priors=priors_of(file.scenario), about={"reached": True},
    )  # fmt: skip
    write_posterior(file, posterior)
    found = study(file, luck=4)
    need = by_name(found)["need.initial_list"]
    assert (need.values, found.middle) == ((110, 130), 120)
    assert sensitivity_data(found, "0")["from"] == "posterior"
    assert found.mean == pytest.approx(120, abs=1)
    assert found.alternatives[0].mean.point == pytest.approx(120)  # its four histories, whole
    with pytest.raises(ValueError, match="4 histories"):
        study(file, luck=5)


MIXED = (
    ("{to: town, travel: 1 h}", "{to: bridge, travel: 1 h}, {to: town, travel: 1 h}"),
    ("classes: {everybody: {}}", "classes: {urgent: {rank: 1, share: 50%}, other: {rank: 2}}"),
    ("fleet: {bus: {count: 10, seats: 50}}", "fleet: {bus: {count: 1, seats: 5}}"),
    ("shut: {kind: closure, from: 2030-03-01, to: 2030-03-10,",
     "shut: {kind: closure, from: 2030-03-02 08:30, to: 2030-03-05, policy: turn_back,"),
    ("observed:", "variants:\n  small: {says: fewer, change: {need: {initial_list: 3}}}\nobserved:"),
)  # fmt: skip


def test_variants_and_structures_are_rows_of_their_own():
    """A bus is on the road when the closure begins: what becomes of it is the policy's to say."""
    found = study(closed(*MIXED), samples=4)
    rows = {row.name: row for row in found.alternatives}
    assert [row.kind for row in found.alternatives] == [
        "variant",
        "structure",
        "structure",
        "structure",
        "variant",
    ]
    on, wait = (rows[f"closures: convoys on the road {what}"] for what in ("drive on", "wait"))
    assert (on.change.point, wait.change.point) == (-5, -5)  # a load of five more in the actual world
    assert on.mean.point == rows["base"].mean.point - 5
    assert rows["small"].change is None
    assert rows["small"].mean.point == 0  # three are carried on the first day in both worlds
    assert "priority: all classes in one line, by referral" in rows


def test_a_structure_that_changes_nothing_is_no_row():
    found = study(closed(), samples=4)
    assert "priority: all classes in one line, by referral" not in {row.name for row in found.alternatives}
    assert "closures: convoys on the road drive on" not in {row.name for row in found.alternatives}


@pytest.mark.parametrize("samples", [1, 3, 100])
def test_a_design_has_a_power_of_two_rows(samples):
    with pytest.raises(ValueError, match="power of 2"):
        sensitivity.plan_study(closed(), samples=samples)
    assert sensitivity.plan_study(closed(), samples=2).samples == 2
