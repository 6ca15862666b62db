"""Calibration from a scenario file to a posterior, and runs of what it found."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim.analysis.histories
from sim.analysis import calibrate as module
from sim.analysis.calibrate import Calibration, calibrate
from sim.analysis.chances import Chances
from sim.analysis.histories import histories_of, unknowns, ways
from sim.analysis.record import Record, predicted
from sim.experiment.ensemble import simulate
from sim.experiment.posterior import Posterior, find_posterior, value_at, write_posterior
from sim.experiment.store import StoreError
from sim.model.laying_out import lay_out
from sim.model.plan import ACTUAL, make_plan
from sim.model.streams import generator
from sim.report.trace import trace
from sim.scenario.hashing import figures_seen
from sim.scenario.reading import ScenarioFile, read_scenario, read_text

TEXT = """\
name: little
title: A small corridor
period: {from: 2030-03-01, to: 2030-03-20, utc_offset: "+00:00"}
need:
  initial_list: 6
  referrals: {2030-03-01: {prior: uniform 1 / day .. 6 / day}}
  classes: {patient: {share: rest}}
carriers:
  clinic:
    fleet: {van: {count: 2, seats: 3}}
    plan: {days: daily, at: "08:00"}
route: {from: home, legs: [{to: town, travel: 2 h}]}
impediments:
  leave: {kind: passage_limit, chance: {prior: uniform 20% .. 90%}}
  small: {kind: convoy_cap, patients: {prior: uniform 1 .. 6}, from: 2030-03-11}
observed:
  half: {what: patients, by: 2030-03-10, value: HALF, error: 2, use: calibrate}
  all: {what: patients, by: 2030-03-20, value: ALL, error: 3, use: calibrate}
  list: {what: waiting, by: 2030-03-20, value: LIST, error: 3, use: calibrate}
  later: {what: patients, by: 2030-03-15, more_than: 5, use: validate}
worlds: {two-vans-more: {remove: none, assume: {carriers: {clinic: {fleet: {van: {count: 4}}}}}}}
calibrations: {early: {says: Half of it., until: 2030-03-12}}
"""


def read(folder: Path, half: float = 20, whole: float = 34, listed: float = 25) -> ScenarioFile:
    path = folder / "little.yaml"
    text = TEXT.replace("HALF", f"{half:g}").replace("ALL", f"{whole:g}").replace("LIST", f"{listed:g}")
    path.write_text(text, encoding="utf-8")
    return read_scenario(path)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few and short rounds: enough for a scenario of three parameters and two blocks."""
    for name, value in {"STEPS": 60, "CHAINS": 4, "GROUPS": 2, "LEAST_ROUNDS": 8, "HISTORIES": 200}.items():
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def found(tmp_path: Path, quick: None) -> tuple[ScenarioFile, Calibration]:
    file = read(tmp_path)
    return file, calibrate(file, rounds=24)


def test_histories_match_the_record_and_can_be_run_again(found: tuple[ScenarioFile, Calibration]) -> None:
    """Would catch parameters, luck or rounding that are not those of the history that was accepted: the
    run of a posterior must say of every figure just what the chain saw."""
    file, calibration = found
    write_posterior(file, calibration.posterior)
    made = simulate(file, worlds=[ACTUAL, "unimpeded"], replications=calibration.posterior.histories)
    assert made.posteriors["base"].histories == calibration.posterior.histories
    for row in calibration.figures.to_dict("records"):
        values = predicted(file.scenario, made.daily["base", ACTUAL], file.scenario.observed[row["figure"]])
        assert abs(np.median(values) - row["median"]) <= 1.5
        assert abs(np.median(values) - row["observed"]) <= 2 * row["error"]


def test_a_history_says_the_same_in_the_chain_and_in_a_run(
    found: tuple[ScenarioFile, Calibration], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the calibration says of rows of the posterior, and what their run says, figure by figure."""
    file, calibration = found
    posterior = calibration.posterior
    write_posterior(file, posterior)
    figures = figures_seen(file.scenario)
    known = {v.name: k for k, v in enumerate(unknowns(lay_out(file.scenario)))}
    rows = [posterior.row_of(replication) for replication in range(20)]
    # the rows hold values, not quantiles
    monkeypatch.setattr(sim.analysis.histories, "value_at", lambda value, at: at)
    tell, record, *_ = histories_of(file.scenario, figures, posterior.seed)
    told = tell(posterior.values[rows][:, list(known.values())], posterior.luck[rows])
    made = simulate(file, worlds=[ACTUAL], replications=20)
    for k, name in enumerate(record.names):
        run = predicted(file.scenario, made.daily["base", ACTUAL], figures[name])
        np.testing.assert_array_equal(told[:, k], run)
    assert len(np.unique(told, axis=0)) > 10


def test_chains_that_stand_still_have_not_mixed() -> None:
    """Would catch a rule that takes chains stuck at their prior starts for parameters nobody can identify."""
    rng = generator(3, 0, "test/frozen")
    unit = np.broadcast_to(rng.random((1, 12, 4)), (300, 12, 4)) + 1e-6 * rng.normal(size=(300, 12, 4))
    told = rng.normal(size=(300, 12, 2))
    assert not module._is_mixed(module.diagnosed(unit), told)
    moving = rng.random((4000, 12, 4))
    assert module._is_mixed(module.diagnosed(moving), rng.normal(size=(4000, 12, 2)))
    assert not module._is_mixed(
        module.diagnosed(moving), np.broadcast_to(np.arange(12.0)[:, None], (4000, 12, 1))
    )


def test_what_a_world_assumes_of_a_calibrated_parameter_holds(tmp_path: Path, quick: None) -> None:
    """Would catch a posterior that overrules a world that assumes another prior, or a number."""
    path = tmp_path / "little.yaml"
    read(tmp_path)
    text = path.read_text(encoding="utf-8")
    rate = "need: {referrals: {2030-03-01: RATE}}"
    more = "".join(
        f"\n  {name}: {{remove: none, assume: {{{rate.replace('RATE', value)}}}}}"
        for name, value in (("many", "{prior: uniform 40 / day .. 50 / day}"), ("none", "0 / day"))
    )
    start = text.index("worlds: {")
    end = text.index("\n", start)
    path.write_text(text[:start] + "worlds:" + more + text[end:], encoding="utf-8")
    file = read_scenario(path)
    write_posterior(file, calibrate(file, rounds=8).posterior)
    made = simulate(file, replications=5)
    referred = {world: made.measures["base", world]["referred"] for world in (ACTUAL, "many", "none")}
    assert (referred["none"] == 6).all()
    assert (referred["many"] > 500).all()
    assert (referred[ACTUAL] < 200).all()


def test_any_number_of_workers_finds_the_same(tmp_path: Path, quick: None) -> None:
    file = read(tmp_path)
    one, two = (calibrate(file, rounds=8, workers=n).posterior for n in (1, 2))
    assert one.luck.tobytes() == two.luck.tobytes()
    assert one.values.tobytes() == two.values.tobytes()


@pytest.mark.parametrize(
    ("swap", "asked", "error", "said"),
    [
        (None, {"variant": "bsae"}, KeyError, "no variant `bsae`: the scenario has base"),
        (
            None,
            {"calibration": "late"},
            KeyError,
            "no calibration `late`: the scenario has whole-record, early",
        ),
        ((", use: calibrate", ""), {}, ValueError, "no observed figure is marked `use: calibrate`"),
        ((r"\{prior: \w+ ([^ }]+)[^}]*\}", r"\1"), {}, ValueError, "no number of the scenario has a prior"),
    ],
)
def test_what_cannot_be_calibrated_is_said(
    tmp_path: Path, swap: tuple[str, str] | None, asked: dict[str, str], error: type[Exception], said: str
) -> None:
    """Would catch minutes of histories for a name with a slip, or with nothing to find."""
    file = read(tmp_path)
    if swap is not None:
        text = re.sub(*swap, file.path.read_text(encoding="utf-8"))
        if "/ day" not in text:
            text = text.replace("2030-03-01: 1", "2030-03-01: 1 / day")
        file = read_text(text, tmp_path, "little.yaml")
    with pytest.raises(error, match=said):
        calibrate(file, **asked)  # type: ignore[arg-type]


def test_a_part_of_the_record_sees_no_later_figure(tmp_path: Path, quick: None) -> None:
    """What comes later must move nothing: another total at the end, the same posterior to half of it."""
    one, other = (calibrate(read(tmp_path, whole=whole), calibration="early", rounds=8) for whole in (34, 12))
    assert one.figures["figure"].tolist() == ["half"]
    assert one.posterior.luck.tobytes() == other.posterior.luck.tobytes()
    assert one.posterior.history_hash == other.posterior.history_hash


def test_a_changed_scenario_falls_back_to_its_priors_and_says_so(
    found: tuple[ScenarioFile, Calibration], tmp_path: Path
) -> None:
    file, calibration = found
    write_posterior(file, calibration.posterior)
    assert isinstance(find_posterior(file, "base", "whole-record"), Posterior)
    changed = read(tmp_path, whole=35)
    assert (
        find_posterior(changed, "base", "whole-record") == "the scenario has changed since it was calibrated"
    )
    made = simulate(changed, worlds=[ACTUAL], replications=3)
    assert made.posteriors == {}
    assert made.from_prior == {"base": "the scenario has changed since it was calibrated"}
    prior = simulate(file, worlds=[ACTUAL], replications=3, calibration=None)
    np.testing.assert_array_equal(
        prior.daily["base", ACTUAL]["referred"], made.daily["base", ACTUAL]["referred"]
    )


def test_a_damaged_posterior_is_refused(found: tuple[ScenarioFile, Calibration]) -> None:
    file, calibration = found
    path = write_posterior(file, calibration.posterior)
    table = path.with_suffix(".csv")
    table.write_bytes(table.read_bytes().replace(b"\n1,", b"\n2,", 1))
    with pytest.raises(StoreError, match="not as it was written"):
        find_posterior(file, "base", "whole-record")
    path.write_text("{", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be read"):
        find_posterior(file, "base", "whole-record")


def test_more_replications_than_histories_are_refused(found: tuple[ScenarioFile, Calibration]) -> None:
    """A history that is run twice is not two: a number asked for must be a number had."""
    file, calibration = found
    write_posterior(file, calibration.posterior)
    n = calibration.posterior.histories
    with pytest.raises(ValueError, match=f"have {n} histories"):
        simulate(file, worlds=[ACTUAL], replications=n + 1)
    with pytest.raises(ValueError, match="bring their own luck"):
        simulate(file, worlds=[ACTUAL], replications=3, seed=1)


def test_worlds_share_a_history_and_keep_what_they_assume(found: tuple[ScenarioFile, Calibration]) -> None:
    """The same patients in every world of a history; an assumed value is not overruled by the posterior."""
    file, calibration = found
    write_posterior(file, calibration.posterior)
    made = simulate(file, replications=10)
    for series in made.daily.values():
        np.testing.assert_array_equal(series["referred"], made.daily["base", ACTUAL]["referred"])
    more = made.measures["base", "two-vans-more"]["patients_evacuated"]
    assert (more > made.measures["base", ACTUAL]["patients_evacuated"]).any()


def test_what_piles_up_at_an_end_of_its_prior_is_named(found: tuple[ScenarioFile, Calibration]) -> None:
    """Would catch a record that asks for more than its prior allows, and nobody told: 31 of 100 histories in
    the lowest tenth are too many, 30 are not."""
    names = {"": 30, "low": 31}
    for name, many in names.items():
        unit = np.where(np.arange(100) < many, 0.09, 0.5)
        value = unknowns(lay_out(found[0].scenario))[0]
        assert module._parameter_table([value], unit[:, None])["boundary"].tolist() == [name]
        name = name and "high"
        assert module._parameter_table([value], 1 - unit[:, None])["boundary"].tolist() == [name]


def test_the_file_of_a_posterior_is_plain(found: tuple[ScenarioFile, Calibration]) -> None:
    file, calibration = found
    path = write_posterior(file, calibration.posterior)
    said = json.loads(path.read_text(encoding="utf-8"))
    assert said["histories"] == calibration.posterior.histories
    assert {row["parameter"] for row in said["of_parameters"]} == set(said["parameters"])
    assert said["tolerance"] == "1 standard error of each figure"
    header = path.with_suffix(".csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.startswith("weight,need.referrals.2030-03-01,") or "need.referrals.2030-03-01" in header
    again = find_posterior(file, "base", "whole-record")
    assert isinstance(again, Posterior)
    assert again.values.tobytes() == calibration.posterior.values.tobytes()


def test_weights_say_how_many_replications_a_row_stands_for(
    found: tuple[ScenarioFile, Calibration],
) -> None:
    _, calibration = found
    posterior = replace(
        calibration.posterior, weights=np.ones(len(calibration.posterior.luck), dtype=np.int64)
    )
    posterior.weights[0] = 3
    assert [posterior.row_of(n) for n in range(5)] == [0, 0, 0, 1, 2]
    with pytest.raises(IndexError):
        posterior.row_of(posterior.histories)


def test_limits_move_with_the_luck_of_those_whom_they_limit(tmp_path: Path) -> None:
    """Days 1 to 20 are two blocks; the small convoys begin with the second, and what lets convoys go has luck
    of its own."""
    layout = lay_out(read(tmp_path).scenario)
    plan, known = make_plan(layout, ACTUAL), unknowns(layout)
    names = [value.name for value in known]
    chances = Chances(plan, known, 1)
    assert chances.streams == ("permission/clinic",)
    assert [names[k] for k in chances.parameters] == ["obstacles.leave.chance"]
    assert ways(plan, known, chances).with_luck.tolist() == [
        [names.index("obstacles.small.patients"), 1, 1, 2]
    ]


def test_how_far_a_history_is_from_the_record(tmp_path: Path) -> None:
    """By hand: deviations in standard errors, squared; a floor counts from below only."""
    scenario = read(tmp_path).scenario
    figures = {**scenario.observed}
    series = ["patients[carrier=clinic]", "people[carrier=clinic]", "waiting[class=patient]"]
    record = Record(scenario, figures, series)
    daily = np.zeros((3, 21), dtype=np.int32)
    daily[0, 10], daily[0, 20], daily[0, 15], daily[2, 20] = 24, 31, 3, 25
    told = record.read(daily)
    assert told.tolist() == [24, 31, 25, 3]
    assert record.misfit(told) == (4 / 2) ** 2 + (3 / 3) ** 2 + 0 + (2 / 1) ** 2
    assert record.misfit(np.array([24, 31, 25, 99.0])) == 5


@pytest.mark.slow
def test_simulation_based_calibration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a posterior that is too narrow, too wide or shifted: parameters drawn from the prior, a
    record simulated from them with its errors, and calibrated: the truth's ranks among the posterior must be
    uniform (Talts et al. 2018, arXiv:1804.06788).

    Rule: chi-squared over five bins for each of the three parameters in 60 calibrations, Holm over the
    parameters at 1 %; fixed seeds.
    """
    for name, value in {"STEPS": 100, "CHAINS": 4, "GROUPS": 2, "LEAST_ROUNDS": 16}.items():
        monkeypatch.setattr(module, name, value)
    ranks = []
    for case in range(60):
        rng = generator(11, case, "test/sbc")
        file = read(tmp_path)
        known = unknowns(lay_out(file.scenario))
        unit = rng.random((1, len(known)))
        tell, record, _, streams = histories_of(file.scenario, figures_seen(file.scenario), 99)
        truth = tell(unit, rng.integers(0, 2**40, (1, 1 + len(streams), 2)))[0]
        seen = np.maximum(truth + record.errors * rng.normal(size=3), 0.01)
        made = calibrate(read(tmp_path, *seen), rounds=24, seed=case)
        values = [value_at(v, at) for v, at in zip(known, unit[0].tolist(), strict=True)]
        drawn = np.repeat(made.posterior.values, made.posterior.weights, axis=0)
        below = (drawn < values).mean(axis=0) + rng.random(3) * (drawn == values).mean(axis=0)
        ranks.append(below)
    counts = [np.histogram(column, bins=5, range=(0, 1))[0] for column in np.array(ranks).T]
    chances = sorted(stats.chisquare(count).pvalue for count in counts)
    assert all(p > 0.01 / (len(chances) - k) for k, p in enumerate(chances)), (chances, counts)


def test_a_trace_is_of_the_history_that_is_run(found: tuple[ScenarioFile, Calibration]) -> None:
    """Would catch a trace of replication 3 that shows another world's luck than the run's replication 3."""
    file, calibration = found
    write_posterior(file, calibration.posterior)
    made = simulate(file, worlds=[ACTUAL], replications=4)
    events = trace(file, replication=3)
    handed = events[events["event"] == "handed over"]["patient"].replace("", np.nan).dropna()
    assert len(handed) == made.measures["base", ACTUAL]["patients_evacuated"].loc[3]
    assert not trace(file, replication=3, calibration=None).equals(events)
