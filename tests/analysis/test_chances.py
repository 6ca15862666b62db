"""Chances drawn anew with their luck: the same history, and the exact conditional distribution."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sim.analysis import chances as module
from sim.analysis.chances import NEAR, Chances
from sim.analysis.histories import Histories, histories_of, unknowns
from sim.experiment.posterior import block_keys, value_at
from sim.model.draws import Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import Layout, Value
from sim.model.plan import ACTUAL, Plan, make_plan
from sim.model.streams import generator
from sim.scenario.reading import read_text
from sim.scenario.schema import Scenario

TEXT = """\
name: chancy
title: Everything a uniform of a day can be held against
period: {from: 2030-03-01, to: 2030-03-30, utc_offset: "+00:00"}
need:
  initial_list: 200
  referrals: {2030-03-01: {prior: uniform 1 / day .. 6 / day}}
  classes: {patient: {share: rest}}
carriers:
  clinic:
    fleet: {van: {count: 2, seats: 3}}
    plan: {days: daily, at: "08:00"}
  army:
    fleet: {truck: {count: 1, seats: 2}}
    plan: {days: daily, at: "10:00", chance: {prior: uniform 0% .. 100%}}
    plan_from:
      2030-03-15:
        {days: daily, at: "10:00", chance: 40%,
         by_list: [{parties: 50, chance: 70%}, {parties: 90, chance: 80%}]}
  others:
    fleet: {car: {count: 1, seats: 1}}
    plan: {days: daily, at: "13:00", chance: 50%}
route: {from: home, legs: [{to: town, travel: 2 h}]}
impediments:
  leave: {kind: passage_limit, carriers: [clinic], chance: {prior: uniform 0% .. 100%}}
  again:
    {kind: passage_limit, carriers: [clinic, others], from: 2030-03-13 12:00, chance: {prior: "beta 4, 2"}}
observed:
  all: {what: patients, by: 2030-03-20, value: 34, error: 3, use: calibrate}
  ours: {what: convoys, carrier: clinic, by: 2030-03-20, value: 9, error: 3, use: calibrate}
  theirs: {what: convoys, carrier: army, by: 2030-03-30, value: 9, error: 3, use: calibrate}
  last: {what: patients, carrier: others, by: 2030-03-30, value: 9, error: 3, use: calibrate}
"""
STREAMS = ("permission/clinic", "plan/army", "permission/others")


def read(text: str = TEXT) -> Scenario:
    return read_text(text, Path("."), "chancy.yaml").scenario


def laid(scenario: Scenario) -> tuple[Layout, Plan]:
    layout = lay_out(scenario)
    return layout, make_plan(layout, ACTUAL)


def test_only_streams_whose_chance_is_uncertain_have_luck_of_their_own() -> None:
    layout, plan = laid(read())
    known = unknowns(layout)
    chances = Chances(plan, known, 1)
    assert set(chances.streams) == set(STREAMS)
    assert {known[k].name for k in chances.parameters} == {
        "carriers.army.plan.chance", "obstacles.leave.chance", "obstacles.again.chance"
    }  # fmt: skip


def test_luck_decides_where_answers_are_open() -> None:
    """Would catch blocks that are drawn anew though nothing in them can change, and others left out: a plan
    that is certain for ten days, and a permission that nobody needs before the thirteenth."""
    certain = TEXT.replace('at: "10:00", chance: {prior: uniform 0% .. 100%}', 'at: "10:00"').replace(
        "chance: 40%", "chance: {prior: uniform 0% .. 100%}"
    )
    stretches = {}
    for text in (TEXT, certain.replace("2030-03-15", "2030-03-11")):
        layout, plan = laid(read(text))
        chances = Chances(plan, unknowns(layout), 1)
        stretches[text] = dict(zip(chances.streams, chances.stretches, strict=True))
    before, after = stretches.values()
    assert before == {"permission/clinic": (0, 3), "plan/army": (0, 3), "permission/others": (1, 3)}
    assert after == before | {"plan/army": (1, 3)}


def start(scenario: Scenario) -> tuple[Histories, np.ndarray, np.ndarray]:
    histories = histories_of(scenario, scenario.observed, 5)
    unit = np.full((1, len(unknowns(lay_out(scenario)))), 0.45)
    return histories, unit, np.arange(12, dtype=np.int64).reshape(1, 4, 3)


def test_the_history_stays_as_it_is() -> None:
    """Would catch a chance held against another day, another carrier, the wrong product of two rules or only
    a part of a day: convoys would go that did not, or stay that went. New luck every time, other chances."""
    histories, unit, luck = start(read())
    told = histories.tell(unit, luck)
    rng, number, seen = generator(1, 0, "test/again"), 100, []
    for _ in range(40):
        point, streams, after = histories.ways.again(unit[0], luck[0, 1:], number, 1, rng)
        assert after > number
        assert streams.max() < after, "the next luck is luck that nobody has had"
        same = np.argwhere(streams == luck[0, 1:]).tolist()
        assert same == [[histories.streams.index("permission/others"), 0]]  # no rule there in these ten days
        unit, luck = point[None], np.concatenate([luck[:, :1], streams[None]], axis=1)
        np.testing.assert_array_equal(histories.tell(unit, luck), told)
        number = after
        seen.append(point)
    moved = np.ptp(np.array(seen), axis=0) > 0.1
    assert np.flatnonzero(moved).tolist() == sorted(histories.ways.chances.tolist())


def test_chances_and_luck_are_drawn_from_what_the_answers_leave_open() -> None:
    """Exact reference: given so many yes and no in 30 days and a uniform prior, the chance is
    Beta(yes + 1, no + 1), and the uniform of a day with a yes is uniform below the chance.

    Rule: Kolmogorov-Smirnov tests of 400 states, 8 steps apart, each at 0.1 %; fixed seeds.
    """
    before, rest = TEXT.split("  again:")
    # Two chances held against one day would be dear to search for, 3,200 times.
    first, later = before.split("    plan_from:")
    before = first + later[later.index("  others:") :]
    layout, plan = laid(read(before + rest[rest.index("observed:") :]))
    known = unknowns(layout)
    chances, sampler, rng = Chances(plan, known, 5), Sampler(layout), generator(2, 0, "test/exact")
    at = [value.name for value in known].index("obstacles.leave.chance")
    stream = chances.streams.index("permission/clinic")
    unit, luck, number = np.full(len(known), 0.5), np.arange(6, dtype=np.int64).reshape(2, 3), 10

    def uniforms() -> np.ndarray:
        apart = dict(zip(chances.streams, block_keys(5, luck), strict=True))
        parameters = {v.name: value_at(v, float(q)) for v, q in zip(known, unit, strict=True)}
        draws = sampler.draw(5, 0, parameters, block_keys(5, np.arange(3)), apart)
        return np.asarray(draws.permission[layout.carriers.index("clinic")])

    answers = uniforms() < 0.5
    yes = int(answers.sum())
    assert 5 < yes < 25
    found, shares = [], []
    for step in range(3200):
        unit, luck, number = chances.again(unit, luck, number, 1, rng)
        if step % 8 == 7:
            u = uniforms()
            assert ((u < unit[at]) == answers).all()
            found.append(unit[at])
            shares.append(u[np.flatnonzero(answers)[0]] / unit[at])
    assert luck[stream].min() > 10
    assert stats.kstest(found, stats.beta(yes + 1, 30 - yes + 1).cdf).pvalue > 0.001
    assert stats.kstest(shares, "uniform").pvalue > 0.001


def test_chances_of_one_day_do_not_pass_each_other() -> None:
    """The uniform of the thirteenth is held against one rule before noon and another after it. Where the
    answers differ it lies between the chances: would catch one that is moved beyond the other (the history
    would be another), or a logarithm of less than nothing on the way.
    """
    text = TEXT.replace(
        "leave: {kind: passage_limit, carriers: [clinic], chance",
        "leave: {kind: passage_limit, carriers: [clinic], to: 2030-03-13 12:00, chance",
    ).replace('"beta 4, 2"', "uniform 0% .. 100%")
    layout, plan = laid(read(text))
    known = unknowns(layout)
    chances, rng = Chances(plan, known, 5), generator(4, 0, "test/between")
    unit, luck, number = np.full(len(known), 0.5), np.arange(9, dtype=np.int64).reshape(3, 3), 20
    names = [value.name for value in known]
    morning, noon = (names.index(f"obstacles.{name}.chance") for name in ("leave", "again"))
    unit[morning], unit[noon] = 0.1, 0.9
    with np.errstate(all="raise"):
        for _ in range(6):
            unit, luck, number = chances.again(unit, luck, number, 1, rng)
            assert unit[morning] < unit[noon]


def test_answers_too_rare_to_be_searched_for_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a search without an end."""
    monkeypatch.setattr(module, "RAREST", -1.0)
    histories, unit, luck = start(read())
    point, streams, after = histories.ways.again(unit[0], luck[0, 1:], 100, 1, generator(1, 0, "test"))
    assert (point.tolist(), streams.tolist(), after) == (unit[0].tolist(), luck[0, 1:].tolist(), 100)


def test_what_is_kept_of_a_draw_is_what_would_be_drawn() -> None:
    """Would catch patients or vehicles that are kept though a number or luck that they depend on has changed:
    a walk of many small moves says what each history says by itself."""
    scenario = read()
    kept, unit, luck = start(scenario)
    rng = generator(3, 0, "test/kept")
    for step in range(60):
        if step % 3:
            unit[0, rng.integers(unit.shape[1])] = rng.random()
        else:
            luck[0, rng.integers(4), rng.integers(3)] = 1000 + step
        fresh = histories_of(scenario, scenario.observed, 5)
        np.testing.assert_array_equal(kept.tell(unit, luck), fresh.tell(unit, luck))


def test_changed_answers_are_those_of_luck_that_nobody_has_seen_yet() -> None:
    """Exact reference: luck drawn from the prior, its answers changed again and again and taken as often as
    the ratio says, is luck of the prior. Would catch a ratio that is upside down or left out, and days that
    are exchanged although they are held against different chances.

    Rule: in 300 histories, 10 changes each, the days on which a convoy may go are binomial; of each of four
    spells the mean is within 4 standard errors of its own. Fixed seed.
    """
    layout, plan = laid(read())
    known = unknowns(layout)
    chances, rng = Chances(plan, known, 5), generator(4, 0, "test/changed")
    unit = np.full(len(known), 0.3)
    p = {v.name: value_at(v, 0.3) for v in known}
    army, leave, again = (
        p[f"{name}.chance"] for name in ("carriers.army.plan", "obstacles.leave", "obstacles.again")
    )
    spells = {
        ("plan/army", 0, 14): army,
        ("plan/army", 14, 30): 0.4,  # held against two more chances
        ("permission/clinic", 0, 12): leave,
        ("permission/clinic", 13, 30): leave * again,
    }
    seen, moved = [], 0
    for history in range(300):
        number = 1_000_000 * history
        luck, number = number + np.arange(9, dtype=np.int64).reshape(3, 3), number + 9
        for _ in range(10):
            new, number, ratio = chances.changed(unit, luck, number, 1, rng)
            assert ratio in (0.0, -np.inf) or (new != luck).any(), "what stays is as probable as before"
            if np.log(rng.random()) < ratio:
                moved += not (new == luck).all()
                luck = new
        found = []
        for (stream, start, end), chance in spells.items():
            u = day_uniforms(layout, known, unit, chances, luck, stream)
            found.append(int((u[start:end] < chance).sum()))
        seen.append(found)
    assert moved > 700
    for counts, ((_, start, end), chance) in zip(np.array(seen).T, spells.items(), strict=True):
        error = np.sqrt((end - start) * chance * (1 - chance) / 300)
        assert abs(counts.mean() - (end - start) * chance) < 4 * error


FIVE_DAYS = """\
name: five
title: A permission on each of five days
period: {from: 2030-03-01, to: 2030-03-05, utc_offset: "+00:00"}
need: {initial_list: 20, classes: {patient: {share: rest}}}
carriers: {clinic: {fleet: {van: {count: 1, seats: 3}}, plan: {days: daily, at: "08:00"}}}
route: {from: home, legs: [{to: town, travel: 2 h}]}
impediments: {leave: {kind: passage_limit, chance: {prior: uniform 0% .. 100%}}}
"""


def test_changed_answers_of_few_days_forget_where_they_began() -> None:
    """Exact reference: changed until nothing is left of what they were, the days on which a convoy may go are
    still those of a chance of 30 %. Would catch a ratio that is wrong by any factor.

    Rule: in 200 histories, 30 changes each, the mean is within 4 standard errors of the binomial's. Fixed
    seed.
    """
    layout, plan = laid(read(FIVE_DAYS))
    known = unknowns(layout)
    chances, rng = Chances(plan, known, 5), generator(4, 0, "test/few")
    (stream,), found = chances.streams, []
    for history in range(200):
        luck, number = np.array([[1000 * history]]), 1000 * history + 1
        for _ in range(30):
            new, number, ratio = chances.changed(np.array([0.3]), luck, number, 1, rng)
            if np.log(rng.random()) < ratio:
                luck = new
        u = day_uniforms(layout, known, np.array([0.3]), chances, luck, stream)
        found.append(int((u < 0.3).sum()))
    assert abs(np.mean(found) - 5 * 0.3) < 4 * np.sqrt(5 * 0.3 * 0.7 / 200)


def day_uniforms(
    layout: Layout, known: list[Value], unit: np.ndarray, chances: Chances, luck: np.ndarray, stream: str
) -> np.ndarray:
    """What a stream's days are held against, as the model draws it."""
    apart = dict(zip(chances.streams, block_keys(5, luck), strict=True))
    parameters = {v.name: value_at(v, float(q)) for v, q in zip(known, unit, strict=True)}
    draws = Sampler(layout).draw(5, 0, parameters, block_keys(5, np.arange(layout.blocks)), apart)
    what, carrier = stream.split("/")
    return np.asarray((draws.go if what == "plan" else draws.permission)[layout.carriers.index(carrier)])


def test_a_change_is_of_one_day_or_of_two_that_change_places() -> None:
    """Would catch a convoy's day that takes others of its block along, for which the record has no room."""
    layout, plan = laid(read())
    known = unknowns(layout)
    chances, rng = Chances(plan, known, 5), generator(6, 0, "test/days")
    unit, luck, number = np.full(len(known), 0.4), np.arange(9, dtype=np.int64).reshape(3, 3), 9
    chance = value_at(known[[v.name for v in known].index("obstacles.leave.chance")], 0.4)
    kinds, apart = set(), set()
    for _ in range(300):
        before = day_uniforms(layout, known, unit, chances, luck, "permission/clinic")[:12] < chance
        luck, number, _ = chances.changed(unit, luck, number, 1, rng)
        after = day_uniforms(layout, known, unit, chances, luck, "permission/clinic")[:12] < chance
        kinds.add((int((after != before).sum()), int(after.sum()) - int(before.sum())))
        days = np.flatnonzero(after != before)
        apart |= set(np.diff(days).tolist())
    assert kinds == {(0, 0), (1, 1), (1, -1), (2, 0)}
    assert {1, 2} <= apart, "near ones"
    assert apart - set(NEAR), "and others"
    assert {block for _, block in np.argwhere(luck == np.arange(9).reshape(3, 3)).tolist()} <= {0}
