"""Luck: keyed by name, shared by worlds, and turned into times and counts by known quantile functions."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from sim.model.draws import BACK, OUT, Draws, Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import BLOCK_DAYS, DAY, NEVER, Layout
from sim.model.measures import measures
from sim.model.philox import fill, philox, uniform
from sim.model.plan import make_plan
from sim.model.quantiles import delay_seconds, heads_steps, prior_value
from sim.model.simpy_engine import run
from sim.model.streams import counter_words, every, keys, name_words, round_keys, uniforms
from sim.scenario import distributions
from sim.scenario.reading import ScenarioFile, read_text
from tests.verification.rule import PASS, judge

BASE = """
name: luck
title: Luck
period: {from: 2024-01-01, to: 2024-02-02, utc_offset: "+00:00"}
need:
  initial_list: {prior: uniform 3 .. 9}
  referrals: {2024-01-01: 1 / day, 2024-01-15: {prior: uniform 1 / day .. 3 / day}}
  classes:
    planned: {rank: 2, companions: poisson 0.9, withdraws: {after: exponential 20 days}}
    urgent: {rank: 1, share: 30%, lying: 20%, deteriorates: {after: {value: exponential 90 days, source: s}}}
sources: {s: {title: t, publisher: p}}
carriers:
  bus:
    fleet: {van: {count: 2, seats: 3, lying: 1, availability: 90%}}
    plan: {days: daily, at: "09:00", chance: 90%}
  car:
    rank: 2
    fleet: {amb: {count: 1, seats: 1, lying: 1}}
    plan: {days: when ready, hours: "06:00 .. 18:00"}
route:
  from: home
  legs: [{to: bridge, travel: lognormal 1.5 h ± 20 min}, {to: far, travel: uniform 30 min .. 1 h}]
  turnaround: exponential 30 min
impediments:
  papers: {kind: clearance, lead_time: exponential 2 days, refused: 10%}
  gate: {kind: checkpoint, at: bridge, per_vehicle: gamma 9 min ± 5 min, per_person: 2 min, turn_back: 20%}
  fear: {kind: deterrence, share: {prior: uniform 10% .. 30%}}
  permits: {kind: passage_limit, chance: 50%}
  shut: {kind: closure, from: 2024-01-05, to: 2024-01-08}
"""

WORD, INDEX = st.integers(0, 2**64 - 1), st.integers(0, 5)


def read(text: str) -> ScenarioFile:
    return read_text(text, Path("."), "luck.yaml")


def layout_of(*swaps: tuple[str, str]) -> Layout:
    """The scenario above with pieces of its text replaced."""
    text = BASE
    for old, new in swaps:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return lay_out(read(text).scenario)


def draw(layout: Layout, seed: int = 7, replication: int = 3) -> Draws:
    return Sampler(layout).draw(seed, replication)


def by_name(layout: Layout, draws: Draws) -> dict[str, NDArray[np.generic]]:
    """Every row of the draws under a name that is not its place in an array."""
    named: dict[str, NDArray[np.generic]] = {
        f"value/{v.name}": draws.values[k] for k, v in enumerate(layout.values)
    }
    per_patient = ("referred", "block", "nth", "companions", "lying", "withdraws", "dies", "reluctance")
    named |= {f"patient/{key}": getattr(draws, key) for key in per_patient}
    named["patient/class"] = np.array([layout.classes[k].name for k in draws.kind])
    for k, (id_, _) in enumerate(layout.clearances):
        named |= {f"{id_}/lead": draws.lead[k], f"{id_}/refusal": draws.refusal[k]}
    for c, carrier in enumerate(layout.carriers):
        named |= {f"{carrier}/go": draws.go[c], f"{carrier}/permission": draws.permission[c]}
    for n, v in enumerate(layout.vehicles):
        for trip in range(layout.trips[v.carrier]):
            slots = slice(v.first_slot + trip * layout.days, v.first_slot + (trip + 1) * layout.days)
            me = f"{layout.carriers[v.carrier]}/{v.type}/{v.number}/{trip}"
            named[f"{me}/rest"] = draws.rest[slots]
            for way in (OUT, BACK):
                for leg, place in enumerate(layout.places[1:]):
                    named[f"{me}/{place}/{way}"] = draws.travel[leg, way, slots]
                for k, (id_, _, _) in enumerate(layout.checkpoints):
                    named[f"{me}/{id_}/{way}/vehicle"] = draws.inspect_vehicle[k, way, slots]
                    named[f"{me}/{id_}/{way}/person"] = draws.inspect_person[k, way, slots]
            for k, place in enumerate(layout.places):
                if any(getattr(p.obstacle, "at", None) == place for p in layout.obstacles):
                    named[f"{me}/{place}/turned"] = draws.turned[k, slots]
        named[f"{layout.carriers[v.carrier]}/{v.type}/{v.number}/fit"] = draws.fit[n]
    return named


def assert_same(one: Layout, other: Layout, but: tuple[str, ...] = ()) -> set[str]:
    """What both draw is byte for byte the same (save names that hold a word of `but`); what they share."""
    a, b = by_name(one, draw(one)), by_name(other, draw(other))
    both = {name for name in a.keys() & b.keys() if not any(word in name for word in but)}
    for name in sorted(both):
        assert a[name].tobytes() == b[name].tobytes(), name
    return both


@pytest.mark.parametrize("gone", ["papers", "gate", "fear", "permits", "shut"])
def test_dropping_an_impediment_changes_no_draw(gone: str) -> None:
    """Would catch streams keyed by position: all luck would move with the first clearance."""
    line = next(line for line in BASE.splitlines() if line.startswith(f"  {gone}:"))
    without = layout_of((line + "\n", ""))
    full = layout_of()
    shared = assert_same(full, without)
    assert shared == by_name(without, draw(without)).keys()
    left = by_name(full, draw(full)).keys() - shared
    assert all(gone in name for name in left) or gone == "gate", "only its own draws go with it"


def test_another_impediment_before_all_others_changes_no_draw() -> None:
    """Would catch slots shared by place in the alphabet: an `aaa` clearance and checkpoint come first."""
    more = layout_of(
        (
            "impediments:\n",
            "impediments:\n"
            "  aaa: {kind: clearance, lead_time: exponential 1 day}\n"
            "  aab: {kind: checkpoint, at: bridge, per_vehicle: exponential 9 min}\n",
        )
    )
    full = layout_of()
    assert assert_same(full, more) == by_name(full, draw(full)).keys()


def test_worlds_share_one_draws_object_and_no_engine_changes_it() -> None:
    """Would catch an engine that writes into its draws: the next world would run on other luck."""
    layout = layout_of()
    draws = draw(layout)
    before = {f.name: np.asarray(getattr(draws, f.name)).tobytes() for f in fields(draws)}
    first = run(make_plan(layout, "actual"), draws)
    run(make_plan(layout, "unimpeded"), draws)
    again = run(make_plan(layout, "actual"), draws)
    assert before == {f.name: np.asarray(getattr(draws, f.name)).tobytes() for f in fields(draws)}
    assert first.spells.tobytes() == again.spells.tobytes()


@pytest.mark.parametrize(
    ("swap", "but"),
    [
        pytest.param(("{count: 2,", "{count: 3,"), (), id="one more vehicle"),
        pytest.param(
            ("fleet: {van:", "fleet: {ambulance: {count: 1, seats: 1, availability: 50%}, van:"),
            (),
            id="another type",
        ),
        pytest.param(
            (
                "carriers:\n",
                'carriers:\n  a: {fleet: {van: {count: 1, seats: 1}}, plan: {days: daily, at: "09:00"}}\n',
            ),
            (),
            id="another carrier",
        ),
        pytest.param(("title: Luck", "title: Other words"), (), id="a title"),
        pytest.param(('days: daily, at: "09:00"', "days: every 8 h"), (), id="more trips a day"),
        pytest.param(("to: 2024-02-02", "to: 2024-02-20"), None, id="a longer period"),
    ],
)  # fmt: skip
def test_what_is_added_changes_nobody_elses_luck(swap: tuple[str, str], but: tuple[str, ...] | None) -> None:
    """Would catch a shared generator: one vehicle more would shift the draws of all that come after it."""
    full, more = layout_of(), layout_of(swap)
    if but is not None:
        assert assert_same(full, more, but) == by_name(full, draw(full)).keys()
        return
    a, b = by_name(full, draw(full)), by_name(more, draw(more))
    for name, row in a.items():
        assert b[name][: len(row)].tobytes() == row.tobytes() if row.ndim else b[name] == row, name


def test_renaming_a_class_moves_patients_between_classes_only() -> None:
    """Would catch luck keyed by class: a label changes neither when nor how many are referred."""
    full, renamed = layout_of(), layout_of(("    urgent:", "    acute:"))
    assert_same(full, renamed, but=("class", "companions", "lying", "withdraws", "dies"))


def test_a_replication_is_the_same_alone_and_in_any_order() -> None:
    """Would catch state that stays in the sampler between replications."""
    layout = layout_of()
    sampler = Sampler(layout)
    batch = {r: by_name(layout, sampler.draw(7, r)) for r in (0, 1, 2, 3, 100, 2)}
    alone = by_name(layout, Sampler(layout).draw(7, 2))
    assert all(alone[name].tobytes() == row.tobytes() for name, row in batch[2].items())
    assert alone["patient/referred"].tobytes() != batch[3]["patient/referred"].tobytes()
    other_seed = by_name(layout, Sampler(layout).draw(8, 2))
    assert alone["patient/referred"].tobytes() != other_seed["patient/referred"].tobytes()


def test_another_key_for_one_block_changes_that_block_alone() -> None:
    """Would catch luck that leaks from one stretch of the history into the next: calibration redraws one
    block and keeps the rest."""
    layout = layout_of(("initial_list: {prior: uniform 3 .. 9}", "initial_list: 4"))
    sampler = Sampler(layout)
    luck = keys(7, 3, "luck", layout.blocks)
    changed = luck.copy()
    changed[2] = keys(8, 3, "luck", layout.blocks)[2]
    a, b = sampler.draw(7, 3, block_keys=luck), sampler.draw(7, 3, block_keys=changed)
    for key in ("referred", "companions", "lying", "withdraws", "dies", "reluctance", "nth"):
        one, other = getattr(a, key), getattr(b, key)
        for block in (-1, 0, 1, 3):
            mine, yours = one[a.block == block], other[b.block == block]
            assert mine.tobytes() == yours.tobytes(), (key, block)
    assert a.referred[a.block == 2].tobytes() != b.referred[b.block == 2].tobytes()
    days = np.arange(layout.days) // BLOCK_DAYS
    for one, other in ((a.go, b.go), (a.permission, b.permission), (a.fit, b.fit)):
        assert np.array_equal(one[:, days != 2], other[:, days != 2])
        assert (one[:, days == 2] != other[:, days == 2]).all()
    by_day = np.tile(days, layout.slots // layout.days)
    for key in ("travel", "rest", "inspect_vehicle", "inspect_person", "turned"):
        one, other = getattr(a, key)[..., by_day != 2], getattr(b, key)[..., by_day != 2]
        assert np.array_equal(one, other), key
    assert np.array_equal(a.values, b.values)
    redrawn = sampler.draw(7, 3)
    assert redrawn.referred.tobytes() == a.referred.tobytes()


def test_streams_with_luck_of_their_own_take_it_and_nothing_else_does() -> None:
    """Would catch luck apart that moves patients or another carrier's days, or is not that of its stream."""
    layout = layout_of()
    sampler, other = Sampler(layout), keys(8, 0, "luck", layout.blocks)
    plain, whole = by_name(layout, sampler.draw(7, 3)), by_name(layout, sampler.draw(7, 3, block_keys=other))
    apart = by_name(layout, sampler.draw(7, 3, apart={"permission/car": other, "plan/nobody": other}))
    assert apart["car/permission"].tobytes() == whole["car/permission"].tobytes()
    moved = {name for name in plain if plain[name].tobytes() != apart[name].tobytes()}
    assert moved == {"car/permission"}


def test_what_patients_and_vehicles_depend_on_is_named() -> None:
    """Would catch a number that moves patients or vehicles and is not among those said to: a calibration,
    which draws them anew only where such a number has changed, would go on with others'."""
    layout = layout_of()
    sampler = Sampler(layout)
    rounds = round_keys(keys(7, 3, "luck", layout.blocks))
    go, _ = sampler.days(rounds, {})
    before = sampler.values({}, 7, 3)
    for k, value in enumerate(layout.values):
        after = before.copy()
        after[k] *= 0.5
        for named, make in (
            (sampler.of_people, lambda values: sampler.people(values, rounds)),
            (sampler.of_vehicles, lambda values: sampler.vehicles(values, go, rounds)),
        ):
            if k not in named:
                one, two = make(before), make(after)
                for part in one.keys() - {"own"}:
                    assert one[part].tobytes() == two[part].tobytes(), (value.name, part)


def test_given_parameters_replace_their_priors_and_nothing_else() -> None:
    """Would catch a posterior row that moves the luck of the parameters beside it."""
    layout = layout_of()
    free = by_name(layout, draw(layout))
    given = by_name(layout, Sampler(layout).draw(7, 3, parameters={"obstacles.fear.share": 0.25}))
    assert given["value/obstacles.fear.share"] == 0.25 != free["value/obstacles.fear.share"]
    for name, row in free.items():
        assert name == "value/obstacles.fear.share" or given[name].tobytes() == row.tobytes(), name


# ------------------------------------------------------------------------------------------- raw words


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ([0] * 4, [0] * 2, (0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B)),
        (
            [2**64 - 1] * 4,
            [2**64 - 1] * 2,
            (0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0),
        ),
        (
            [0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89],
            [0x452821E638D01377, 0xBE5466CF34E90C6C],
            (0xA528F45403E61D95, 0x38C72DBD566E9788, 0xA5A1610E72FD18B5, 0x57BD43B5E52B7FE6),
        ),
    ],
)
def test_philox_gives_the_published_words(counter: list[int], key: list[int], words: tuple[int, ...]) -> None:
    """Would catch a numpy whose bit generator is not Philox4x64-10: the known answers of Random123."""
    start = (sum(c << 64 * k for k, c in enumerate(counter)) - 1) % 2**256
    philox = np.random.Philox(counter=start, key=sum(k << 64 * n for n, k in enumerate(key)))
    assert tuple(int(w) for w in philox.random_raw(4)) == words


def test_seed_sequence_gives_the_published_words() -> None:
    """Would catch a numpy that mixes seeds in another way (known answer of the reference implementation)."""
    sequence = np.random.SeedSequence([3735928559, 195939070, 229505742, 305419896])
    assert sequence.generate_state(4).tolist() == [3914649087, 576849849, 3593928901, 2229911004]


def test_our_keys_and_streams_are_the_same_on_every_machine() -> None:
    """Would catch Python's salted `hash`, a byte order, a changed stream name or counter: no published
    number could be had again."""
    assert name_words("need/class") == (4249596272, 2981992692, 1123322181, 1327431892)
    assert keys(1, 0, "luck", 3).tolist() == [
        [2830269092383657176, 9131400959804760695],
        [14613499320347647752, 17952118811263456050],
        [7878031520545468898, 16057092601719297133],
    ]
    assert keys(1, 0, "luck", 3)[:2].tolist() == keys(1, 0, "luck", 2).tolist()
    key = np.array([11, 12], dtype=np.uint64)
    w = name_words("need/class")
    counter = [0, 5, w[0] + 2**32 * w[1], w[2] + 2**32 * w[3]]
    names, rounds = counter_words(["something else", "need/class"]), round_keys(key[None])
    u = uniforms(np.array([[0, 0, 0, 3], [1, 0, 5, 6], [1, 0, 5, 4]]), names, rounds)
    assert u[3:9].tolist() == by_numpy(key, counter, 6).tolist()
    assert u[9:].tolist() == u[3:7].tolist()


def by_numpy(key: NDArray[np.uint64], counter: list[int], n: int) -> NDArray[np.float64]:
    """Uniforms of numpy's own Philox from the word after this counter: of the upper 52 bits of each word."""
    words = np.random.Philox(counter=np.array(counter, dtype=np.uint64), key=key).random_raw(n)
    return ((words >> np.uint64(12)).astype(float) + 0.5) / 2**52


@given(
    st.lists(st.tuples(WORD, WORD), min_size=1, max_size=3),
    st.lists(st.tuples(WORD, WORD), min_size=1, max_size=3),
    st.lists(st.tuples(INDEX, INDEX, st.integers(0, 2**40), st.integers(0, 23)), min_size=1, max_size=6),
)
def test_uniforms_are_numpys_word_for_word(
    names: list[tuple[int, int]], block_keys: list[tuple[int, int]], asked: list[tuple[int, int, int, int]]
) -> None:
    """Would catch a carry that is lost in the product of two words, a round too few, a counter that is not
    raised, words of one request in the place of another's: compiled, and as it is written."""
    words, luck = np.array(names, dtype=np.uint64), np.array(block_keys, dtype=np.uint64)
    rows = np.array([(a % len(names), k % len(luck), part, n) for a, k, part, n in asked])
    want = [by_numpy(luck[k], [0, part, *names[a]], n) for a, k, part, n in rows.tolist()]
    rounds = round_keys(luck)
    u = uniforms(rows, words, rounds)
    assert u.tolist() == np.concatenate(want).tolist()
    plain = np.empty(len(u) + 3)
    fill(rows, words, rounds, plain)
    assert plain[:-3].tolist() == u.tolist()
    four = philox(np.uint64(1), np.uint64(rows[0, 2]), *words[rows[0, 0]], rounds, np.uint64(rows[0, 1]))
    start = np.array([0, rows[0, 2], *words[rows[0, 0]]], dtype=np.uint64)
    assert four == tuple(np.random.Philox(counter=start, key=luck[rows[0, 1]]).random_raw(4))


def test_uniforms_lie_strictly_between_0_and_1() -> None:
    """Would catch the two words that become 0 or 1 (a probability of 1 that fails, an infinite time): 53
    bits and a half are rounded to 1."""
    assert uniform(np.uint64(0)) == 2.0**-53
    assert uniform(np.uint64(2**64 - 1)) == 1 - 2.0**-53
    one_key = round_keys(np.array([[1, 2]], dtype=np.uint64))
    some = uniforms(every(1, 1, 10_000), counter_words(["some"]), one_key)
    assert ((some > 0) & (some < 1)).all()
    assert stats.kstest(some, "uniform").pvalue > 1e-5


# ------------------------------------------------------------------------------------- slots that are used

RARELY = (
    ('plan: {days: daily, at: "09:00", chance: 90%}', "plan: {days: every 8 h, chance: 40%}"),
    ("seats: 3, lying: 1,", "seats: 3, lying: 1, to: 2024-01-20,"),
)
BY_LIST = (
    ("chance: 90%}", "chance: 10%, by_list: [{parties: 3, chance: 30%}, {parties: 6, chance: 20%}]}"),
    ('plan: {days: when ready, hours: "06:00 .. 18:00"}', 'plan: {days: weekdays tue sat, at: "10:00"}'),
)  # fmt: skip
LATER_READY = (
    (
        "chance: 90%}\n",
        'chance: 20%}\n    plan_from:\n      2024-01-12: {days: when ready}\n'
        '      2024-01-25: {days: every 3 days, at: "09:00", chance: {prior: uniform 50% .. 60%}}\n',
    ),
)  # fmt: skip


def usable(layout: Layout, draws: Draws) -> NDArray[np.bool_]:
    """The slots that a trip of some world can use, departure by departure."""
    can = np.zeros(layout.slots, dtype=bool)
    for v in layout.vehicles:
        for day in range(layout.days):
            there = range(max(v.start, day * DAY), min(v.end, (day + 1) * DAY))
            trips = 0
            for second, carrier, segment in layout.departures:
                chances = [layout.segments[segment].chance, *(c for _, c in layout.by_list[segment])]
                goes = draws.go[carrier, day] < max(draws.values[c] for c in chances)
                trips += carrier == v.carrier and second in there and bool(goes)
            for segment_row in layout.segments:
                hours = range(segment_row.start, segment_row.end, 3600)
                if segment_row.ready and segment_row.carrier == v.carrier and set(there) & set(hours):
                    trips = layout.trips[v.carrier]
            for trip in range(trips):
                can[v.first_slot + trip * layout.days + day] = True
    return can


@pytest.mark.parametrize("swaps", [(), RARELY, BY_LIST, LATER_READY], ids=["base", "rarely", "list", "ready"])
def test_slots_that_a_trip_can_use_hold_numpys_luck_and_no_world_uses_others(
    swaps: tuple[tuple[str, str], ...],
) -> None:
    """Would catch a slot given another's word, and a slot left out that a trip uses: its legs would take no
    time, its checkpoint never turn it back. Those left out are spoilt, and no outcome is another for it."""
    layout = layout_of(*swaps)
    sampler = Sampler(layout)
    for replication in range(2):
        draws, luck = sampler.draw(7, replication), keys(7, replication, "luck", layout.blocks)
        can = usable(layout, draws)
        assert can.any()
        for v in layout.vehicles:
            of_type = f"{layout.carriers[v.carrier]}/{v.type}"
            w = [name_words(f"{stream}/{of_type}") for stream in ("travel/bridge/back", "turn_back/bridge")]
            for trip in range(layout.trips[v.carrier]):
                for block in range(layout.blocks):
                    days = range(block * BLOCK_DAYS, min(layout.days, (block + 1) * BLOCK_DAYS))
                    slots = v.first_slot + trip * layout.days + np.array(days)
                    at = v.number * BLOCK_DAYS
                    travel, turned = (
                        by_numpy(
                            luck[block], [0, trip, a | b << 32, c | d << 32], at + BLOCK_DAYS
                        )[at : at + len(days)]
                        for a, b, c, d in w
                    )  # fmt: skip
                    mine = can[slots]
                    back = delay_seconds(layout.back[0].delay, None, 1, travel)
                    assert draws.travel[0, BACK, slots][mine].tolist() == back[mine].tolist()
                    assert draws.turned[1, slots][mine].tolist() == turned[mine].tolist()
        unused = draws.travel[0, BACK] == 0
        assert not (unused & can).any()
        assert unused.any()
        spoilt = {
            key: np.where(unused, 7 * DAY, getattr(draws, key))
            for key in ("travel", "rest", "inspect_vehicle", "inspect_person")
        }
        other = replace(draws, **spoilt, turned=np.where(unused, 0.0, draws.turned))
        for world in ("actual", "unimpeded"):
            plan = make_plan(layout, world)
            one, two = run(plan, draws), run(plan, other)
            for name in ("spells", "convoys", "rides", "blocked"):
                assert getattr(one, name).tobytes() == getattr(two, name).tobytes(), (world, name)


# ------------------------------------------------------------------------------------------- referrals


def referrals(text: str, period: str = "{from: 2024-01-01, to: 2024-01-12") -> Layout:
    return lay_out(
        read(
            f"""
name: need
title: Need
period: {period}, utc_offset: "+00:00"}}
need: {{referrals: {text}, classes: {{all: {{}}}}}}
carriers: {{bus: {{fleet: {{van: {{count: 1, seats: 1}}}}, plan: {{days: daily, at: "09:00"}}}}}}
route: {{from: home, legs: [{{to: far, travel: 1 h}}]}}
"""
        ).scenario
    )


def test_referrals_are_a_poisson_process() -> None:
    """Would catch counts with the wrong mean or spread, and a block's edge at which patients are lost or
    doubled: 12 days in two blocks, the rate changing inside the first. Means 12, 18, 20; variances equal."""
    layout = referrals("{2024-01-01: 2 / day, 2024-01-07: 4.5 / day, 2024-01-11: 10 / day}")
    sampler = Sampler(layout)
    seconds = [sampler.draw(20240101, r).referred for r in range(800)]
    for start, end, mean in ((0, 6, 12.0), (6, 10, 18.0), (10, 12, 20.0)):
        n = np.array([((s >= start * DAY) & (s < end * DAY)).sum() for s in seconds])
        assert judge(n, mean, share=0.05).verdict == PASS, judge(n, mean, share=0.05)
        spread = judge((n - mean) ** 2, mean, share=0.3)
        assert spread.verdict == PASS, spread
    first = np.array([((s >= 5 * DAY) & (s < 6 * DAY)).sum() for s in seconds])
    second = np.array([((s >= 9 * DAY) & (s < 11 * DAY)).sum() for s in seconds])
    assert abs(np.corrcoef(first, second)[0, 1]) < 4.4 / np.sqrt(800)
    assert all((np.diff(s) >= 0).all() for s in seconds)
    pooled = np.concatenate([s[(s >= 6 * DAY) & (s < 10 * DAY)] for s in seconds])
    assert stats.kstest((pooled / DAY - 6) / 4, "uniform").pvalue > 1e-5


def test_a_raised_rate_renames_nobody_before_it() -> None:
    """Would catch a rate that reshuffles the patients: those before the change are the same to the second;
    those after keep their names (block, nth) and come sooner."""
    low = draw(referrals("{2024-01-01: 3 / day, 2024-01-05: 3 / day}"))
    high = draw(referrals("{2024-01-01: 3 / day, 2024-01-05: 9 / day}"))
    before = low.referred < 4 * DAY
    n = int(before.sum())
    assert n > 3
    assert np.array_equal(low.referred[:n], high.referred[:n])
    assert np.array_equal(low.reluctance[:n], high.reluctance[:n])
    assert high.referred[n] >= 4 * DAY
    luck = {(b, k): u for b, k, u in zip(high.block, high.nth, high.reluctance, strict=True)}
    when = {(b, k): s for b, k, s in zip(high.block, high.nth, high.referred, strict=True)}
    for b, k, s, u in zip(low.block, low.nth, low.referred, low.reluctance, strict=True):
        assert luck[b, k] == u
        assert when[b, k] <= s


def test_no_rate_no_referrals() -> None:
    """Would catch patients referred before the first rate, or in a gap of rate 0."""
    layout = referrals("{2024-01-03: 50 / day, 2024-01-05: 0 / day, 2024-01-11: 50 / day}")
    for r in range(20):
        days = draw(layout, replication=r).referred // DAY
        assert set(days.tolist()) <= {2, 3, 10, 11}
    nobody = draw(referrals("{2024-01-01: 0 / day}"))
    assert nobody.patients == 0


# ------------------------------------------------------------------------------------------- quantiles

GRID = np.concatenate([[1e-12, 1e-6], (np.arange(996) + 0.5) / 996, [1 - 1e-6, 1 - 1e-12]])
HOUR = 3600.0


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("exponential 5 h", stats.expon(scale=5 * HOUR)),
        ("uniform 1 h .. 3 h", stats.uniform(HOUR, 2 * HOUR)),
        ("triangular 1 h .. 2 h .. 5 h", stats.triang(0.25, HOUR, 4 * HOUR)),
        ("triangular 1 h .. 1 h .. 5 h", stats.triang(0.0, HOUR, 4 * HOUR)),
        ("triangular 1 h .. 5 h .. 5 h", stats.triang(1.0, HOUR, 4 * HOUR)),
        ("gamma 8 h ± 4 h", stats.gamma(4, scale=2 * HOUR)),
        ("gamma 1 h ± 3 h", stats.gamma(1 / 9, scale=9 * HOUR)),
        ("erlang 4 mean 8 h", stats.gamma(4, scale=2 * HOUR)),
        (
            "lognormal 10 h ± 15 h",
            stats.lognorm(np.sqrt(np.log(3.25)), scale=10 * HOUR / np.sqrt(3.25)),
        ),
    ],
)
def test_delays_follow_their_distribution(text: str, reference: stats.distributions.rv_frozen) -> None:
    """Would catch a parameter read as another (scale for mean, standard deviation of the logarithm, a
    mean a phase): times within half a second of scipy's quantiles, and a mean that is stretched."""
    delay = distributions.delay(text)
    assert reference.mean() == pytest.approx(delay.mean)
    seconds = delay_seconds(delay, None, 0, GRID)
    assert np.abs(seconds - reference.ppf(GRID)).max() <= 0.5 + 1e-6 * seconds.max()
    stretched = delay_seconds(delay, 3 * delay.mean, 0, GRID)
    assert np.abs(stretched - 3 * reference.ppf(GRID)).max() <= 0.5 + 1e-6 * stretched.max()


def test_delays_that_do_not_vary() -> None:
    """Would catch `never` that comes some day, and legs of no length."""
    u = np.array([0.01, 0.99])
    assert delay_seconds(distributions.delay("never"), None, 0, u).tolist() == [NEVER, NEVER]
    assert delay_seconds(distributions.delay("20 min"), None, 0, u).tolist() == [1200, 1200]
    assert delay_seconds(distributions.delay("exponential 2 s"), None, 1, u).tolist() == [1, 9]


@pytest.mark.parametrize(
    ("text", "mean", "reference"),
    [
        ("binomial 2 mean 0.8", None, stats.binom(2, 0.4)),
        ("binomial 5 mean 0.8", 4.0, stats.binom(5, 0.8)),
        ("poisson 0.9", None, stats.poisson(0.9)),
        ("poisson 0.9", 30.0, stats.poisson(30)),
        ("2 at 15%, 0 at 45%, 1 at 40%", None, stats.rv_discrete(values=([0, 1, 2], [0.45, 0.4, 0.15]))),
        ("0 at 50%, 3 at 0%, 7 at 50%", None, stats.rv_discrete(values=([0, 7], [0.5, 0.5]))),
        ("4", None, stats.rv_discrete(values=([4], [1.0]))),
    ],
)
def test_companions_follow_their_distribution(
    text: str, mean: float | None, reference: stats.distributions.rv_frozen
) -> None:
    """Would catch counts off by one, a mean taken for a chance, a table read in the order of its text."""
    shares, counts = heads_steps(distributions.heads(text), mean)
    picked = counts[(GRID[:, None] >= shares).sum(axis=1)]
    assert picked.tolist() == reference.ppf(GRID).tolist()


@pytest.mark.parametrize(
    ("text", "read_as", "reference"),
    [
        ("uniform 2 / day .. 5 / day", distributions.rate_prior, stats.uniform(2, 3)),
        ("loguniform 50 h .. 500 h", distributions.duration_prior, stats.loguniform(50 * HOUR, 500 * HOUR)),
        ("triangular 0.6 .. 0.75 .. 0.95", distributions.positive_prior, stats.triang(3 / 7, 0.6, 0.35)),
        ("beta 2, 5", distributions.share_prior, stats.beta(2, 5)),
        ("normal 5 / day ± 4 / day", distributions.rate_prior, stats.truncnorm(-1.25, np.inf, 5, 4)),
        ("lognormal 4 ± 3", distributions.positive_prior, stats.lognorm(np.sqrt(np.log(25 / 16)), scale=3.2)),
    ],
)
def test_priors_follow_their_distribution(
    text: str, read_as: object, reference: stats.distributions.rv_frozen
) -> None:
    """Would catch a prior whose parameters are read as others."""
    prior = read_as(text)  # type: ignore[operator]
    values = [prior_value(prior, False, float(u)) for u in GRID[1:-1]]
    np.testing.assert_allclose(values, reference.ppf(GRID[1:-1]), rtol=1e-6)


def test_a_normal_prior_of_a_share_stays_a_share() -> None:
    """Would catch a probability above 1: the prior is cut at both ends, where others are cut at 0 only."""
    prior = distributions.share_prior("normal 90% ± 20%")
    values = [prior_value(prior, False, float(u), most=1.0) for u in GRID]
    np.testing.assert_allclose(values, stats.truncnorm(-4.5, 0.5, 0.9, 0.2).ppf(GRID), rtol=1e-6)
    layout = layout_of(("{prior: uniform 10% .. 30%}", "{prior: normal 90% ± 20%}"))
    where = [v.name for v in layout.values].index("obstacles.fear.share")
    sampler = Sampler(layout)
    drawn = np.array([sampler.draw(1, r).values[where] for r in range(12)])
    assert ((drawn >= 0) & (drawn <= 1)).all()


def test_a_prior_of_whole_numbers_gives_each_the_same_weight() -> None:
    """Would catch ends drawn half as often, or never."""
    prior = distributions.count_prior("uniform 3 .. 6")
    values = [prior_value(prior, True, float(u)) for u in (np.arange(400) + 0.5) / 400]
    assert {v: values.count(v) for v in sorted(set(values))} == {3.0: 100, 4.0: 100, 5.0: 100, 6.0: 100}


PRIORS = """
name: priors
title: A chance from a prior
period: {from: 2030-03-01, to: 2030-03-01, utc_offset: "+00:00"}
need: {classes: {patient: {}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 1}}, plan: {days: daily, at: "08:00", CHANCE}}}
route: {from: home, legs: [{to: far, travel: 1 h}]}
"""


@pytest.mark.parametrize(
    ("prior", "exact"),
    [
        ("uniform 20% .. 80%", stats.uniform(0.2, 0.6)),
        ("beta 4, 2", stats.beta(4, 2)),
        ("normal 60% ± 30%", stats.truncnorm(-2, 4 / 3, loc=0.6, scale=0.3)),
    ],
)
def test_parameters_of_a_replication_follow_their_prior(prior: str, exact) -> None:
    """Would catch a prior that is read, shown and not drawn. Kolmogorov-Smirnov of 400 at 1e-4."""
    text = PRIORS.replace("CHANCE", f'chance: {{prior: "{prior}"}}')
    layout = lay_out(read_text(text, Path("."), "priors.yaml").scenario)
    at = [value.name for value in layout.values].index("carriers.bus.plan.chance")
    sampler = Sampler(layout)
    drawn = [sampler.draw(1, number).values[at] for number in range(400)]
    assert stats.kstest(drawn, exact.cdf).pvalue > 1e-4


# ------------------------------------------------------------------------------------ chances of 0 and 1


@pytest.mark.parametrize(
    ("present", "absent"),
    [
        pytest.param(("turn_back: 20%", "turn_back: 0"), (", turn_back: 20%", ""), id="turn back"),
        pytest.param(("refused: 10%", "refused: 0"), (", refused: 10%", ""), id="refusal"),
        pytest.param(
            ("availability: 90%", "availability: 100%"), (", availability: 90%", ""), id="available"
        ),
        pytest.param(("chance: 90%", "chance: 100%"), (", chance: 90%", ""), id="plan"),
        pytest.param(("lying: 20%", "lying: 0"), (" lying: 20%,", ""), id="lying"),
        pytest.param(
            ("{prior: uniform 10% .. 30%}", "0"),
            ("  fear: {kind: deterrence, share: {prior: uniform 10% .. 30%}}\n", ""),
            id="deterrence",
        ),
        pytest.param(
            ("{kind: passage_limit, chance: 50%}", "{kind: passage_limit, chance: 100%}"),
            ("  permits: {kind: passage_limit, chance: 50%}\n", ""),
            id="permission",
        ),
    ],
)
def test_a_chance_that_is_certain_is_the_feature_absent(
    present: tuple[str, str], absent: tuple[str, str]
) -> None:
    """Would catch comparisons that are off at their ends (< or <=)."""
    one, other = layout_of(present), layout_of(absent)
    for replication in range(2):
        a, b = draw(one, replication=replication), draw(other, replication=replication)
        with_it, without = run(make_plan(one, "actual"), a), run(make_plan(other, "actual"), b)
        for name in ("state", "boarded", "left", "convoy", "spells", "convoys", "rides", "blocked"):
            assert getattr(with_it, name).tobytes() == getattr(without, name).tobytes(), name


@pytest.mark.parametrize(
    "swap",
    [
        ("turn_back: 20%", "turn_back: 100%"),
        ("refused: 10%", "refused: 100%"),
        ("{prior: uniform 10% .. 30%}", "100%"),
        ("permits: {kind: passage_limit, chance: 50%}", "permits: {kind: passage_limit, chance: 0}"),
    ],
)
def test_a_chance_of_one_stops_everybody(swap: tuple[str, str]) -> None:
    """Would catch a rule that is certain and yet lets somebody through."""
    layout = layout_of(swap)
    for replication in range(2):
        plan, draws = make_plan(layout, "actual"), draw(layout, replication=replication)
        assert measures(plan, draws, run(plan, draws))["patients_evacuated"] == 0
        plan = make_plan(layout, "unimpeded")
        assert measures(plan, draws, run(plan, draws))["patients_evacuated"] > 0
