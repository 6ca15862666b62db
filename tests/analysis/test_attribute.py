"""Attribution: what is shared out adds up, exactly, and means what it says.

Why: shares that add up only on average, or that depend on the order of a file, look right in a table. The
arithmetic is in whole numbers, so equality is asserted of every replication, never of a mean.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from math import factorial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.attribute import SAMPLING, Attribution, attribute
from sim.analysis.attribution_tables import ALL, fates_table, over_variants, shares_table, worlds_table
from sim.analysis.game import MOST_GROUPS, ORDERS, worlds_to_run
from sim.analysis.shapley import coalitions, sampled_orders
from sim.experiment.coalitions import FATES, WINDOW
from sim.experiment.ensemble import simulate
from sim.experiment.posterior import Posterior, hash_of, priors_of, write_posterior
from sim.model.laying_out import lay_out
from sim.model.outcome import ModelError
from sim.scenario.reading import ScenarioFile, read_scenario, read_text
from tests.model.generate import Tree, copy, day_text, read, reordered, scenarios
from tests.verification.rule import PASS, judge

HAND = """
name: by-hand
title: A van of four seats, nine on the list, four days
period: {from: 2030-03-01, to: 2030-03-04, utc_offset: "+00:00"}
need: {initial_list: 9, classes: {all: {rank: 1}}}
carriers: {clinic: {fleet: {van: {count: 1, seats: 4}}, plan: {days: daily, at: "08:00"}}}
route: {from: home, legs: [{to: town, travel: 1 h}]}
impediments:
  shut: {kind: closure, group: road, from: 2030-03-01, to: 2030-03-02, when_removed: It is open.}
  small: {kind: convoy_cap, patients: 1}
windows:
  first-half: {from: 2030-03-01, to: 2030-03-02}
  second-half: {from: 2030-03-03}
"""

CORRIDOR = """
name: corridor
title: Two cars, five groups
period: {from: 2030-03-01, to: 2030-03-30, utc_offset: "+00:00"}
need:
  initial_list: 20
  referrals: {2030-03-01: {prior: uniform 2 / day .. 5 / day}}
  classes:
    urgent: {rank: 1, share: 30%, companions: binomial 2 mean 0.8, lying: 20%}
    planned: {rank: 2, withdraws: {after: exponential 20 days}}
carriers:
  clinic:
    rank: 1
    fleet: {car: {count: 2, seats: 4, lying: 1}}
    plan: {days: daily, at: "08:00", needs: 2}
  army: {rank: 2, fleet: {van: {count: 1, seats: 3}}, plan: {days: every 3 days, at: "10:00"}}
route: {from: home, legs: [{to: bridge, travel: uniform 1 h .. 2 h}, {to: town, travel: 1 h}]}
impediments:
  first: {kind: closure, group: closures, from: 2030-03-05, to: 2030-03-08}
  second:
    {kind: closure, group: closures, from: 2030-03-15 06:00, to: 2030-03-18, at: bridge, policy: turn_back}
  permits: {kind: passage_limit, chance: {prior: uniform 30% .. 60%}, carriers: [clinic]}
  small: {kind: convoy_cap, group: sizes, people: 4, carriers: [clinic]}
  papers: {kind: clearance, lead_time: 4 days, from: 2030-03-10}
  lying-down: {kind: no_lying_patients, from: 2030-03-03}
worlds:
  no-permits: {remove: [{id: permits}]}
  later: {remove: all, from: 2030-03-12}
  more-cars: {remove: all, assume: {carriers: {clinic: {fleet: {car: {count: 4}}}}}}
variants:
  no-limit: {says: Nobody limited the convoys., drop: [impediments.small]}
windows:
  start: {from: 2030-03-01, to: 2030-03-11}
  middle: {from: 2030-03-12, to: 2030-03-20}
  end: {from: 2030-03-21}
headline: {carrier: clinic}
"""


def of_text(text: str) -> ScenarioFile:
    return read_text(text, Path("."), "attributed.yaml")


@pytest.fixture(scope="module")
def corridor() -> Attribution:
    return attribute(of_text(CORRIDOR), replications=40)


def assert_adds_up(found: Attribution) -> None:
    """In every replication and span the values of the groups are the headline, as fractions."""
    for shares in found.variants.values():
        whole = Fraction(1, shares.denominator)
        for r in range(len(found.replications)):
            for s in range(len(shares.spans)):
                values = [int(n) * whole for n in shares.numerators[:, r, s]]
                assert sum(values) == int(shares.total[r, s])


# ---------------------------------------------------------------------------------------- by hand


def test_two_groups_by_hand() -> None:
    """Catches: weights, signs or coalitions mixed up. Nothing here is random: every number is on paper, and
    in docs/attribution.md.

    Days 1 and 2 are shut, and a convoy takes one patient. As it was: one on each of days 3 and 4, 2. Road
    open: 4. No cap: 4 on each of two days, 8. Neither: 4, 4 and the ninth patient, 9.
    """
    shares = attribute(of_text(HAND), replications=2).variants["base"]
    assert shares.groups == ("road", "small")
    assert [span.name for span in shares.spans] == ["whole", "first-half", "second-half", "shut"]
    assert shares.worlds == {
        frozenset(): pytest.approx([2, 2]),
        frozenset({"road"}): pytest.approx([4, 4]),
        frozenset({"small"}): pytest.approx([8, 8]),
        frozenset({"road", "small"}): pytest.approx([9, 9]),
    }
    assert shares.denominator == 2
    for r in (0, 1):
        assert shares.total[r].tolist() == [7, 8, -1, 8]
        assert shares.alone[:, r].tolist() == [[2, 2, 0, 2], [6, 0, 6, 0]]
        assert shares.last[:, r].tolist() == [[1, 8, -7, 8], [5, 6, -1, 6]]
        assert shares.shapley[:, r].tolist() == [[1.5, 5.0, -3.5, 5.0], [5.5, 3.0, 2.5, 3.0]]


def test_a_handover_at_midnight_is_the_next_days() -> None:
    """Catches: an event on a window's edge counted on its other side.

    Out at 23:00, handed over at 00:00. Limited: one each at the start of days 2, 3 and 4. Not: 4, 4 and 1.
    """
    later = HAND.replace("group: road, from: 2030-03-01, to: 2030-03-02", "from: 2031-01-01")
    file = of_text(later.replace("08:00", "23:00"))
    shares = attribute(file, replications=1).variants["base"]
    assert [span.name for span in shares.spans] == ["whole", "first-half", "second-half"]
    assert shares.total.tolist() == [[6, 3, 3]]


def test_the_table_says_what_holds_in_the_same_row() -> None:
    table = shares_table(attribute(of_text(HAND), replications=2))
    whole = table[table["span"] == "whole"].set_index("group")
    assert whole.loc["road", "when_removed"] == "It is open"
    assert whole.loc["small", "when_removed"] == "convoys are as large as the seats of their vehicles"
    assert whole["shapley_mean"].to_dict() == {"road": 1.5, "small": 5.5, ALL: 7.0}
    assert whole["alone_mean"].to_dict() == {"road": 2.0, "small": 6.0, ALL: 8.0}
    assert whole["last_mean"].to_dict() == {"road": 1.0, "small": 5.0, ALL: 6.0}
    assert whole["sampling_low"].isna().all()


def test_people_are_counted_where_the_headline_counts_people() -> None:
    file = of_text(CORRIDOR.replace("{carrier: clinic}", "{carrier: clinic, what: people}"))
    shares = attribute(file, replications=5, variants=["base"]).variants["base"]
    ensemble = simulate(file, replications=5, variants=["base"], worlds=["actual", "unimpeded"])
    name = "people_evacuated[carrier=clinic]"
    there, then = (ensemble.measures["base", world][name] for world in ("actual", "unimpeded"))
    assert shares.total[:, 0].tolist() == (then - there).tolist()


# ------------------------------------------------------------------------------- on generated scenarios


@given(scenarios())
@settings(max_examples=20)
def test_shares_add_up_to_what_the_runs_give(tree: Tree) -> None:
    """Efficiency, against another path: the measures of `simulate`, in every variant, replication, window."""
    file = read(tree)
    found = attribute(file, replications=3)
    assert_adds_up(found)
    ensemble = simulate(file, replications=3, worlds=["actual", "unimpeded"])
    for variant, shares in found.variants.items():
        before, after = (ensemble.measures[variant, world] for world in ("actual", "unimpeded"))
        for s, span in enumerate(shares.spans):
            if span.kind == WINDOW or span.name == "whole":
                name = "patients_evacuated" + (f"[window={span.name}]" if span.kind == WINDOW else "")
                assert shares.total[:, s].tolist() == (after[name] - before[name]).tolist()
        for fates in shares.fates.values():
            assert fates.sum(axis=(1, 2)).tolist() == before["referred"].tolist()


@given(scenarios(), st.data())
@settings(max_examples=10)
def test_the_order_of_the_file_does_not_matter(tree: Tree, data: st.DataObject) -> None:
    one, other = (
        attribute(read(tree), replications=2),
        attribute(read(reordered(tree, data.draw)), replications=2),
    )
    assert one.variants.keys() == other.variants.keys()
    for variant, shares in one.variants.items():
        twin = other.variants[variant]
        assert shares.groups == twin.groups
        assert (shares.numerators == twin.numerators).all()
        assert (shares.alone == twin.alone).all()
        assert (shares.last == twin.last).all()


@given(scenarios())
@settings(max_examples=12)
def test_null_player_and_twins(tree: Tree) -> None:
    """A group outside the period is worth exactly 0, and leaves the others' values as they are; two groups
    with the same rules are worth the same, in every replication.
    """
    more = copy(tree)
    closure = {"kind": "closure", "from": day_text(0), "to": day_text(1), "policy": "turn_back"}
    more["impediments"] |= {
        "outside": {"kind": "convoy_cap", "patients": "0", "from": day_text(90), "to": day_text(99)},
        "twin-a": dict(closure), "twin-b": dict(closure),
    }  # fmt: skip
    shares = attribute(read(more), replications=3, variants=["base"]).variants["base"]
    null, one, other = (shares.groups.index(name) for name in ("outside", "twin-a", "twin-b"))
    for values in (shares.numerators, shares.alone, shares.last):
        assert not values[null].any()
        assert (values[one] == values[other]).all()
    del more["impediments"]["outside"]
    less = attribute(read(more), replications=3, variants=["base"]).variants["base"]
    rest = [g for g in range(len(shares.groups)) if g != null]
    spans = len(less.spans)
    assert (shares.numerators[rest][..., :spans] == len(shares.groups) * less.numerators).all()


# ----------------------------------------------------------------------- windows, variants, fates, worlds


def test_every_order_says_the_same(corridor: Attribution) -> None:
    """The definition, without weights: the mean over all orders of what a group adds."""
    shares = corridor.variants["base"]
    k = len(shares.groups)
    assert (k, shares.denominator, corridor.orders) == (5, 120, None)
    assert len(shares.worlds) == 32
    added = np.zeros((k, len(corridor.replications)), dtype=np.int64)
    for order in permutations(range(k)):
        gone: frozenset[str] = frozenset()
        for g in order:
            more = gone | {shares.groups[g]}
            added[g] += shares.worlds[more] - shares.worlds[gone]
            gone = more
    assert (added == shares.numerators[:, :, 0]).all()
    assert factorial(k) == shares.denominator


def test_windows_that_partition_the_period_add_up_to_it(corridor: Attribution) -> None:
    """Catches: an event on a window's edge counted twice, or not at all."""
    for shares in corridor.variants.values():
        parts = [s for s, span in enumerate(shares.spans) if span.kind == WINDOW]
        assert len(parts) == 3
        for values in (shares.numerators, shares.alone, shares.last):
            assert (values[:, :, parts].sum(axis=2) == values[:, :, 0]).all()


def test_closures_are_spans_of_their_own(corridor: Attribution) -> None:
    """Inside a closure of the whole road nobody leaves in the actual world, so that it is no gain below 0."""
    spans = {span.name: span for span in corridor.variants["base"].spans}
    assert spans["first"].start == 4 * 86_400
    assert spans["first"].end == 8 * 86_400
    assert spans["second"].start == 14 * 86_400 + 6 * 3_600
    inside = list(spans).index("first")
    closures = corridor.variants["base"].groups.index("closures")
    assert (corridor.variants["base"].alone[closures, :, inside] > 0).any()
    assert (corridor.variants["base"].total[:, inside] >= 0).all()


def test_a_group_that_a_variant_has_not_is_worth_nothing_there(corridor: Attribution) -> None:
    shares = corridor.variants["no-limit"]
    sizes = shares.groups.index("sizes")
    assert shares.impediments["sizes"] == ()
    assert not shares.numerators[sizes].any()
    assert corridor.variants["base"].numerators[sizes].any()
    over = over_variants(shares_table(corridor)).set_index(["kind", "group"])
    table = shares_table(corridor).set_index(["variant", "span", "group"])
    row = over.loc[("whole period", "permits")]
    both = [table.loc[(v, "whole", "permits"), "shapley_low"] for v in corridor.variants]
    assert (row["variants"], row["low"]) == (2, min(both))


def test_fates_are_counts_of_the_same_patients(corridor: Attribution) -> None:
    """Evacuated then minus evacuated in the actual world is what the tables say; nobody is lost."""
    shares = corridor.variants["base"]
    evacuated = FATES.index("evacuated")
    assert set(shares.fates) == {
        "unimpeded", "no-permits", "later", "only closures removed", "only lying-down removed",
        "only papers removed", "only sizes removed",
    }  # fmt: skip
    for world, removed in (("unimpeded", frozenset(shares.groups)), ("no-permits", frozenset({"permits"}))):
        counts = shares.fates[world]
        gain = counts[:, :, evacuated].sum(axis=1) - counts[:, evacuated].sum(axis=1)
        assert (gain == shares.worlds[removed] - shares.worlds[frozenset()]).all()
    assert (shares.fates["unimpeded"][:, FATES.index("evacuated by others")].sum(axis=1) > 0).any()
    table = fates_table(corridor)
    total = table[(table["variant"] == "base") & (table["world"] == "later")]["mean"].sum()
    assert total == pytest.approx(shares.fates["later"].sum(axis=(1, 2)).mean())
    assert "later" in set(table["world"])
    assert "more-cars" not in set(table["world"]), "it assumes a value"


def test_every_row_has_its_intervals(corridor: Attribution) -> None:
    table = shares_table(corridor)
    for how in ("shapley", "alone", "last"):
        assert (table[f"{how}_mean_low"] <= table[f"{how}_mean"]).all()
        assert (table[f"{how}_mean"] <= table[f"{how}_mean_high"]).all()
        assert (table[f"{how}_low"] <= table[f"{how}_median"]).all()
        assert (table[f"{how}_median"] <= table[f"{how}_high"]).all()
    worlds = worlds_table(corridor)
    assert len(worlds) == 64
    assert set(worlds["variant"]) == {"base", "no-limit"}


def test_worlds_that_are_the_same_plan_are_run_once(corridor: Attribution, monkeypatch) -> None:
    """Catches: 2^k runs where a variant has fewer groups."""
    from sim.experiment import coalitions as module

    made = []

    def counted(name: str, plan: object) -> object:
        made.append(plan)
        return engine(name, plan)

    engine = module.engine
    monkeypatch.setattr(module, "engine", counted)
    attribute(of_text(CORRIDOR), replications=1, variants=["no-limit"])
    assert len(made) == 16 + 1  # and the world `later`
    made.clear()
    attribute(of_text(CORRIDOR), replications=1, variants=["no-limit", "base"])
    assert len(made) == 17 + 33


# -------------------------------------------------------------------------------------- sampled orders


def test_sampled_orders_agree_with_all_of_them(corridor: Attribution) -> None:
    """Each mean over 1,500 sampled orders is judged by the rule of the verification tests: within its own
    half-width at alpha 1e-5 of the exact mean over the same runs, and that half-width at most 15 % of it.
    """
    sampled = attribute(of_text(CORRIDOR), replications=40, variants=["base"], orders=1500)
    assert_adds_up(sampled)
    mine, exact = sampled.variants["base"], corridor.variants["base"]
    assert (mine.total == exact.total).all()
    assert (mine.alone == exact.alone).all()
    assert (mine.last == exact.last).all()
    assert mine.sampled is not None
    judged = 0
    for g in range(len(mine.groups)):
        reference = float(exact.shapley[g, :, 0].mean())
        if abs(reference) >= 2:
            assert judge(mine.sampled[:, g, 0], reference, 0.15).verdict == PASS, mine.groups[g]
            judged += 1
        interval = mine.sampling_interval(g, 0)
        assert interval is not None
        assert interval.kind == SAMPLING
        assert interval.point == pytest.approx(float(mine.shapley[g, :, 0].mean()))
    assert judged >= 3
    assert exact.sampling_interval(0, 0) is None


def test_more_than_ten_groups_are_sampled() -> None:
    rows = "\n".join(
        f"  cap-{k}: {{kind: convoy_cap, patients: {k % 4}, from: {day_text(k % 4)}}}" for k in range(11)
    )
    head, _, tail = HAND.partition("impediments:\n")
    file = of_text(f"{head}impediments:\n{rows}\nwindows:{tail.partition('windows:')[2]}")
    found = attribute(file, replications=2)
    shares = found.variants["base"]
    assert (len(shares.groups), found.orders, shares.denominator) == (11, ORDERS, ORDERS)
    assert_adds_up(found)
    assert len(shares.worlds) <= worlds_to_run(11)
    assert worlds_to_run(MOST_GROUPS) == 1024
    table = shares_table(found)
    sums = table["group"] == ALL
    assert table.loc[sums, "sampling_low"].isna().all()
    assert table.loc[~sums, "sampling_low"].notna().all()


def test_sampled_orders_meet_each_group_alone_and_last() -> None:
    """Would catch a table with holes: what a group does alone and last is shown, sampled or not."""
    masks = coalitions(4, np.array([[0, 1, 2, 3]]))
    assert masks[0] == 0
    alone, last, met = [1, 2, 4, 8], [14, 13, 11, 7], [0, 1, 3, 7, 15]
    assert sorted(masks) == sorted({*alone, *last, *met})


def test_orders_are_orders_and_every_one_as_likely() -> None:
    """Chi-square of 6,000 orders of three things over the six there are; alpha 1e-5."""
    from scipy import stats

    orders = sampled_orders(3, 6000, 3)
    assert (np.sort(orders, axis=1) == [0, 1, 2]).all()
    _, counts = np.unique(orders @ [9, 3, 1], return_counts=True)
    assert stats.chisquare(counts).pvalue > 1e-5
    assert len(counts) == 6
    assert (sampled_orders(3, 10, 3) == orders[:10]).all()
    assert (sampled_orders(4, 6000, 3) != orders).any()


# ------------------------------------------------------------------------- runs, histories, refusals


def assert_same(one: Attribution, other: Attribution) -> None:
    for variant, shares in one.variants.items():
        twin = other.variants[variant]
        assert (shares.numerators == twin.numerators).all()
        assert all((shares.worlds[key] == twin.worlds[key]).all() for key in shares.worlds)
        assert all((shares.fates[key] == twin.fates[key]).all() for key in shares.fates)


@pytest.mark.parametrize("workers", [2, 3])
def test_any_number_of_workers_gives_the_same(corridor: Attribution, workers: int) -> None:
    told: list[tuple[int, int]] = []
    other = attribute(
        of_text(CORRIDOR), replications=40, workers=workers, progress=lambda *at: told.append(at)
    )
    assert_same(corridor, other)
    assert told[0] == (0, 80)
    assert told[-1] == (80, 80)
    assert told == sorted(told)


def test_a_replication_is_the_same_alone(corridor: Attribution) -> None:
    alone = attribute(of_text(CORRIDOR), replications=[17], variants=["base"]).variants["base"]
    assert (alone.numerators[:, 0] == corridor.variants["base"].numerators[:, 17]).all()


def test_histories_of_a_posterior_are_run(tmp_path: Path) -> None:
    """Catches: an attribution of the priors beside a run of the posterior."""
    path = tmp_path / "corridor.yaml"
    path.write_text(CORRIDOR, encoding="utf-8")
    file = read_scenario(path)
    names = tuple(value.name for value in lay_out(file.scenario).values if value.prior is not None)
    beliefs = {"need.referrals.2030-03-01": (2.5, 4.0, 3.0), "obstacles.permits.chance": (0.4, 0.5, 0.3)}
    assert set(names) == set(beliefs)
    write_posterior(
        file,
        Posterior(
            scenario="corridor", variant="base", calibration="whole-record",
            history_hash=hash_of(file, "base", "whole-record"), seed=1, names=names,
            values=np.array([[beliefs[name][k] for name in names] for k in range(3)]),
            streams=(), luck=np.arange(9).reshape(3, 1, 3), weights=np.array([1, 2, 1]),
            priors=priors_of(file.scenario), about={"reached": True},
        ),
    )  # fmt: skip
    found = attribute(file, variants=["base"])
    assert (len(found.replications), set(found.posteriors), found.from_prior) == (4, {"base"}, {})
    ensemble = simulate(file, replications=4, variants=["base"], worlds=["actual", "unimpeded"])
    name = "patients_evacuated[carrier=clinic]"
    pair = ensemble.measures["base", "unimpeded"][name] - ensemble.measures["base", "actual"][name]
    assert found.variants["base"].total[:, 0].tolist() == pair.tolist()
    assert (found.variants["base"].numerators[:, 1] == found.variants["base"].numerators[:, 2]).all()
    with pytest.raises(ValueError, match="4 histories"):
        attribute(file, variants=["base"], replications=5)
    with pytest.raises(ValueError, match="their own luck"):
        attribute(file, variants=["base"], seed=3)
    priors = attribute(file, variants=["base"], replications=4, calibration=None)
    assert (priors.variants["base"].total != found.variants["base"].total).any()


@pytest.mark.parametrize(
    ("headline", "said"),
    [
        ("{world: more-cars}", "`more-cars` assumes values"),
        ("{world: unimpeded, minus: no-permits}", "`no-permits` removes impediments"),
    ],
)
def test_other_headlines_are_refused(headline: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        attribute(of_text(CORRIDOR.replace("{carrier: clinic}", headline)), replications=1)


def test_a_headline_from_a_day_on_is_shared_out_from_that_day_on() -> None:
    """Nothing may be attributed to days on which the headline's world is the actual one."""
    file = of_text(CORRIDOR.replace("{carrier: clinic}", "{carrier: clinic, world: later}"))
    found = attribute(file, replications=10, variants=["base"])
    assert_adds_up(found)
    shares = found.variants["base"]
    start = [span.name for span in shares.spans].index("start")
    assert not shares.numerators[:, :, start].any()
    assert shares.numerators[:, :, 0].any()


def test_mistakes_are_refused() -> None:
    with pytest.raises(KeyError, match="no variant `nobody`: the scenario has base, no-limit"):
        attribute(of_text(CORRIDOR), variants=["nobody"])
    with pytest.raises(ValueError, match="two or more"):
        attribute(of_text(CORRIDOR), replications=1, orders=1)
    with pytest.raises(ValueError, match="at least one replication"):
        attribute(of_text(CORRIDOR), replications=0)


def test_a_corridor_without_impediments_has_nothing_to_share_out() -> None:
    head, _, tail = HAND.partition("impediments:\n")
    found = attribute(of_text(f"{head}windows:{tail.partition('windows:')[2]}"), replications=2)
    shares = found.variants["base"]
    assert (shares.groups, shares.total.tolist()) == ((), [[0, 0, 0]] * 2)
    assert shares_table(found)["group"].tolist() == [ALL] * 3


def test_shares_that_do_not_add_up_stop_the_run(monkeypatch) -> None:
    """Catches: a check that only looks at a mean, or that nobody runs."""
    from sim.analysis import attribute as module

    def off_by_one(groups: int, gains: dict[int, np.ndarray]) -> np.ndarray:
        values = right(groups, gains)
        values[0, 1, 0] += 1
        values[0, 0, 0] -= 1
        return values

    right = module.shapley_numerators
    monkeypatch.setattr(module, "shapley_numerators", off_by_one)
    with pytest.raises(ModelError, match="do not add up"):
        attribute(of_text(HAND), replications=2)
