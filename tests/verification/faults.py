"""Seeded faults: bugs that somebody could write, planted one at a time to see which test notices.

A fault is an exact piece of a module's source and what stands in its place. The changed source is compiled
and the code of the module's functions exchanged in place, so that whoever has imported one by name has the
fault too. A piece that no longer occurs exactly once is an error: the table must follow the code.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import product
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from sim.model import compiling
from sim.model.compiled_engine import by_attribute


@dataclass(frozen=True)
class Fault:
    """One bug: where, what in place of what, and the test that sees it: `folder/file::test[id]`.

    The id is pytest's without its fixtures; without one, any case of the test may see it.
    """

    name: str
    module: str
    old: str
    new: str
    caught_by: str

    def __str__(self) -> str:
        return self.name


ENGINE, LIST, LINE = "sim.model.simpy_engine", "sim.model.waiting_list", "sim.model.checkpoint_line"
PLAN, DRAWS, QUANTILES = "sim.model.plan", "sim.model.draws", "sim.model.quantiles"
MEASURES, STREAMS, LAYOUT = "sim.model.measures", "sim.model.streams", "sim.model.layout"
PHILOX, TRIP_LUCK = "sim.model.philox", "sim.model.trip_luck"
COUNTING, CHECKING, KERNEL = "sim.model.counting", "sim.model.checking", "sim.model.kernel"
ENSEMBLE, AMOUNTS = "sim.experiment.ensemble", "sim.scenario.amounts"
COMPARE, INTERVALS, VALIDATE = "sim.analysis.compare", "sim.analysis.intervals", "sim.analysis.validate"
PRECISION, RECORD = "sim.experiment.precision", "sim.analysis.record"
CHAINS, CHANCES, PREDICTIVE = "sim.analysis.chains", "sim.analysis.chances", "sim.analysis.predictive"

TABLES, RELATIONS = "model/test_event_tables::test_", "model/test_relations::test_"
ROWS, LUCK = "model/test_outcome::test_", "model/test_draws::test_"
SLOTS = "slots_that_a_trip_can_use_hold_numpys_luck_and_no_world_uses_others"
REPLAY, STATEFUL = "verification/test_replay::test_", "verification/test_stateful::Test"

FAULTS = (
    # Edges in time.
    Fault(
        "a closure starts a second late (`<` for `<=`)", PLAN,
        "(p.start, p.end, POLICIES[p.obstacle.policy])", "(p.start + 1, p.end, POLICIES[p.obstacle.policy])",
        TABLES + "closures_at_the_second_of_departure[starts in the second of departure]",
    ),
    Fault(
        "a closure includes its end (`<=` for `<`)", PLAN,
        "(p.start, p.end, POLICIES[p.obstacle.policy])", "(p.start, p.end + 1, POLICIES[p.obstacle.policy])",
        TABLES + "closures_at_the_second_of_departure[ends in the second of departure]",
    ),
    Fault(
        "a rule includes its end (`<=` for `<`)", LIST,
        "any(r.start <= now < r.end and", "any(r.start <= now <= r.end and",
        TABLES + "a_ready_vehicle_leaves_in_the_second_in_which_a_rule_ends[kind: no_lying_patients]",
    ),
    Fault(
        "events at the horizon still happen", ENGINE,
        "self.env.run(until=self.plan.horizon)", "self.env.run(until=self.plan.horizon + 1)",
        TABLES + "the_horizon",
    ),
    Fault(
        "what happens in the last second of the run is lost", LIST,
        "self.update(horizon - 1)", "self.update(horizon - 2)", TABLES + "the_horizon",
    ),
    Fault(
        "the log goes on at the horizon (`<=` for `<`)", ENGINE,
        "second < self.plan.horizon:", "second <= self.plan.horizon:",
        REPLAY + "an_inspection_that_ends_with_the_run_is_no_event",
    ),
    Fault(
        "departures come before the arrivals of their second", ENGINE,
        "rank << 32 | id_", "(9 - rank) << 32 | id_",
        TABLES + "a_vehicle_home_in_the_second_of_a_departure_goes_with_it",
    ),
    Fault(
        "midnight belongs to the day that ends", COUNTING,
        "left[p] // DAY + 1", "(left[p] - 1) // DAY + 1",
        ROWS + "midnight_belongs_to_the_day_that_begins",
    ),
    Fault(
        "a world removes from a day too late", PLAN,
        "(world.from_ - layout.scenario.period.from_.day).days * DAY",
        "(world.from_ - layout.scenario.period.from_.day).days * DAY + DAY",
        REPLAY + "a_world_removes_from_the_first_second_of_its_day",
    ),
    Fault(
        "weeks are counted from Monday", ENGINE,
        "self.left_this_week[carrier]\n        if (left if week == now // WEEK else 0)",
        "self.left_this_week[carrier]\n        if (left if (week * WEEK + 2 * DAY) // WEEK == "
        "(now + 2 * DAY) // WEEK else 0)",
        TABLES + "so_many_departures_a_week",
    ),
    # Closures and the road.
    Fault(
        "closures that overlap are summed", PLAN,
        "    live: dict[int, int] = {}\n",
        "    spans = [(s, e + sum(max(0, min(e, f) - max(s, t)) for t, f, other in spans"
        " if other == level and t < s), level) for s, e, level in spans]\n"
        "    changes = sorted((t, level, d) for s, e, level in spans for t, d in ((s, 1), (e, -1)))\n"
        "    live: dict[int, int] = {}\n",
        TABLES + "closures_on_the_road[overlapping]",
    ),
    Fault(
        "the end of a short closure ends a longer one around it", PLAN,
        "live[level] = live.get(level, 0) + d", "live[level] = max(0, d)",
        TABLES + "closures_on_the_road[overlapping]",
    ),
    Fault(
        "the weaker of two policies holds", PLAN,
        "now = max((v for v, n in live.items() if n > 0), default=0)",
        "now = min((v for v, n in live.items() if n > 0), default=0)",
        TABLES + "closures_on_the_road[hold before complete]",
    ),
    Fault(
        "a convoy that a closure sent home is held by it on its way", ENGINE,
        "if way == OUT or trip.turned_back else", "if way == OUT else",
        RELATIONS + "turned_back_convoys_are_let_home",
    ),
    Fault(
        "closures that turn back stop nobody on the way back", ENGINE,
        "else (HOLD, TURN_BACK)", "else (HOLD,)", RELATIONS + "a_closure_acts_at_its_place_only",
    ),
    Fault(
        "a closure of one place acts at all of them", PLAN,
        "p.obstacle.at is None or p.obstacle.at == layout.places[place]", "True",
        RELATIONS + "a_closure_acts_at_its_place_only",
    ),
    Fault(
        "a convoy drives as fast as its fastest vehicle", ENGINE,
        "return max([of_vehicle[slot] for slot", "return min([of_vehicle[slot] for slot",
        REPLAY + "luck_of_the_slowest_vehicle_is_the_convoys",
    ),
    Fault(
        "the second trip of a day has the luck of the first", ENGINE,
        "first_slot + n * self.plan.days + day", "first_slot + day",
        "verification/test_recursions::test_one_vehicle_one_seat_is_lindleys_recursion[0-mm1]",
    ),
    Fault(
        "what a convoy is held at the end of the run is lost", ENGINE,
        "trip.held += self.plan.horizon - since", "trip.held += 0",
        TABLES + "what_ends_with_the_run_is_counted_up_to_its_end",
    ),
    # The list.
    Fault(
        "patience starts anew after a closure", ENGINE,
        "refusal = self.passage(carrier)\n",
        "refusal = self.passage(carrier)\n"
        "        if refusal == CLOSED:\n"
        "            self.list.ends = [end + 3600 for end in self.list.ends]\n",
        ROWS + "the_case_is_rich",
    ),
    Fault(
        "patience starts anew after a turn-back", LIST,
        "self.listed_at[p] = second\n",
        "self.listed_at[p], self.ends[p] = second, self.ends[p] + second - self.referred[p]\n",
        TABLES + "turned_back_by_a_closure",
    ),
    Fault(
        "last come, first served", LIST,
        "chain.from_iterable(self.queues)", "chain.from_iterable(reversed(q) for q in self.queues)",
        TABLES + "three_patients_one_vehicle_one_closure",
    ),
    Fault(
        "priority ranks the other way round", LIST,
        "sorted({row.rank for row in plan.layout.classes})",
        "sorted({row.rank for row in plan.layout.classes}, reverse=True)",
        TABLES + "priority_class_before_referral",
    ),
    Fault(
        "who was turned back loses the old place", LIST,
        "insort(self.queues[self.queue[p]], p)", "self.queues[self.queue[p]].append(p)",
        TABLES + "turned_back_by_a_closure",
    ),
    Fault(
        "patience that ends on the road takes somebody else off the list", LIST,
        "            if self.state[p] == WAITING:\n                self.take_off(p)",
        "            if self.state[p] == IN_TRANSIT and self.queues[0]:\n"
        "                p = self.queues[0][0]\n"
        "            if self.state[p] == WAITING:\n                self.take_off(p)",
        STATEFUL + "WaitingList.runTest",
    ),
    Fault(
        "of death and withdrawal in one second, withdrawal", LIST,
        "self.dies[p] <= self.withdraws[p]", "self.dies[p] < self.withdraws[p]",
        TABLES + "patience_on_the_road_and_at_the_second_of_departure",
    ),
    Fault(
        "those still waiting have no stay on the list", LIST,
        "            if state == WAITING:\n                self.spells",
        "            if state == DIED:\n                self.spells",
        REPLAY + "the_readers_median_is_kaplan_and_meiers",
    ),
    Fault(
        "clearance runs from referral although the rule came later", LIST,
        "now < max(self.referred[p], rule.start) + self.lead", "now < self.referred[p] + self.lead",
        TABLES + "clearance",
    ),
    Fault(
        "the reluctant go and the others stay away", LIST,
        "self.reluctance[p] < self.value", "self.reluctance[p] >= self.value",
        REPLAY + "the_reluctant_stay_away",
    ),
    # Departures and boarding.
    Fault(
        "one seat too many", ENGINE,
        "seats = [self.seats[v] for", "seats = [self.seats[v] + 1 for",
        TABLES + "first_fit",
    ),
    Fault(
        "one seat too few", ENGINE,
        "seats = [self.seats[v] for", "seats = [self.seats[v] - 1 for",
        TABLES + "three_patients_one_vehicle_one_closure",
    ),
    Fault(
        "companions are not counted", LIST,
        "(draws.companions + 1).tolist()", "(draws.companions * 0 + 1).tolist()", TABLES + "first_fit",
    ),
    Fault(
        "a lying patient on a seat", ENGINE,
        "seats[k] >= sits and lying[k] >= lies", "seats[k] >= sits", TABLES + "first_fit",
    ),
    Fault(
        "boarding ends with the first party that breaks a cap", ENGINE,
        "if party[p] > people or (sits >= too_many and not lies):\n                continue",
        "if party[p] > people or (sits >= too_many and not lies):\n                break",
        TABLES + "convoy_caps[people: 3-boarded1]",
    ),
    Fault(
        "the cap on vehicles is taken for that on patients", PLAN,
        'value(p, "patients"), value(p, "people"), value(p, "vehicles")',
        'value(p, "vehicles"), value(p, "people"), value(p, "vehicles")',
        TABLES + "convoy_caps[vehicles: 2-boarded2]",
    ),
    Fault(
        "the escort drives without fuel", ENGINE,
        "fuelled) - row.escort < 1", "fuelled + row.escort) - row.escort < 1",
        TABLES + "fuel_for_the_escort_too",
    ),
    Fault(
        "fuel that was not used is carried over", ENGINE,
        "allowance = min(int(self.value[r.per_week]) for r in rules)",
        "allowance = min(int(self.value[r.per_week]) for r in rules) * (now // WEEK + 1)",
        TABLES + "fuel_by_the_week_of_the_period",
    ),
    Fault(
        "one vehicle's fuel for the whole convoy", ENGINE,
        "used + per_trip * len(trip.slots)", "used + per_trip",
        REPLAY + "every_vehicle_burns_fuel",
    ),
    Fault(
        "permission is drawn for each departure", ENGINE,
        "self.draws.permission[carrier, now // DAY]",
        "self.draws.permission[carrier, (now // DAY + len(self.trips)) % self.plan.days]",
        REPLAY + "permission_is_the_days",
    ),
    Fault(
        "the smaller of two chances, not their product", ENGINE,
        "chance *= self.value[rule.chance]", "chance = min(chance, self.value[rule.chance])",
        RELATIONS + "chances_of_overlapping_rules_multiply",
    ),
    Fault(
        "a convoy for whoever is listed, eligible or not", ENGINE,
        "self.list.count_eligible(carrier, now, needs) < needs", "sum(map(len, self.list.queues)) < needs",
        TABLES + "the_least_number_worth_a_trip_counts_who_may_board",
    ),
    Fault(
        "nobody looks again when a vehicle is home", ENGINE,
        "for carrier in self.ready_carriers:\n            self.env.process(self.look_again",
        "for carrier in ():\n            self.env.process(self.look_again",
        TABLES + "when_ready",
    ),
    Fault(
        "vehicles leave that are not there yet", ENGINE,
        "self.at_home[v] and row.start <= now < row.end", "self.at_home[v] and now < row.end",
        STATEFUL + "Fleet.runTest",
    ),
    Fault(
        "vehicles leave that are there no longer", ENGINE,
        "self.at_home[v] and row.start <= now < row.end", "self.at_home[v] and row.start <= now",
        TABLES + "another_plan_and_other_vehicles_from_a_day_on",
    ),
    # Checkpoints.
    Fault(
        "an inspection ends at closing time", LINE,
        "self.ends.append(second + sum([seconds(rule) for rule in mine]))",
        "self.ends.append(min(second + sum([seconds(rule) for rule in mine]),"
        " self.opening.next_change(second)))",
        TABLES + "overnight_queue_at_a_checkpoint",
    ),
    Fault(
        "one lane too many", LINE, "len(self.ends) < self.lanes", "len(self.ends) <= self.lanes",
        TABLES + "overnight_queue_at_a_checkpoint",
    ),
    Fault(
        "vehicles are let in outside opening hours", LINE,
        "if self.is_open and len", "if len", TABLES + "overnight_queue_at_a_checkpoint",
    ),
    Fault(
        "whoever finds a lane overtakes the queue", LINE,
        "second = max(now, self.last_start)", "second = now", STATEFUL + "Line.runTest",
    ),
    Fault(
        "the lanes of two checkpoints at one place add up", LINE,
        "min((r.lanes for r in self.here), default=0)", "sum(r.lanes for r in self.here)",
        RELATIONS + "two_checkpoints_at_one_place",
    ),
    Fault(
        "people aboard take no time to inspect", ENGINE,
        " + of_people", "", TABLES + "turned_back_at_the_checkpoint",
    ),
    # Luck.
    Fault(
        "streams keyed by their place, not by their name", STREAMS,
        "map(name_words, names)", "map(name_words, map(str, range(len(names))))",
        LUCK + "another_impediment_before_all_others_changes_no_draw",
    ),
    Fault(
        "a counter that is not raised", PHILOX,
        "np.uint64(k // 4 + 1)", "np.uint64(1)", LUCK + "uniforms_are_numpys_word_for_word",
    ),
    Fault(
        "no luck for the days on which only a long list makes a carrier go", TRIP_LUCK,
        "[row.chance, *(chance for _, chance in steps)]", "[row.chance]", LUCK + SLOTS + "[list]",
    ),
    Fault(
        "luck for one departure a day", PHILOX,
        "trips[day] += 1", "trips[day] = max(trips[day], 1)",
        LUCK + SLOTS + "[rarely]",
    ),
    Fault(
        "every replication has the same luck", STREAMS,
        "*_words32(replication), ", "0, ",
        LUCK + "a_replication_is_the_same_alone_and_in_any_order",
    ),
    Fault(
        "luck keyed by the place in the batch", ENSEMBLE,
        "draw(sampler, job.seed, number, posterior)",
        "draw(sampler, job.seed, numbers.index(number), posterior)",
        "experiment/test_ensemble::test_a_replication_is_the_same_alone",
    ),
    Fault(
        "minutes read as hours", AMOUNTS,
        "return SECONDS[unit]", "return 3600 if unit == 'min' else SECONDS[unit]",
        TABLES + "three_patients_one_vehicle_one_closure",
    ),
    Fault(
        "days read as hours", AMOUNTS,
        "return SECONDS[unit]", "return 3600 if unit in ('day', 'days') else SECONDS[unit]",
        "scenario/test_quantities::test_meaning",
    ),
    Fault(
        "the mean of an exponential taken for its rate", QUANTILES,
        "return -a * log1p(-u)", "return -log1p(-u) / a",
        LUCK + "delays_follow_their_distribution",
    ),
    Fault(
        "the deviation of a lognormal taken for that of its logarithm", QUANTILES,
        "variance = np.log1p((sd / mean) ** 2)", "variance = (sd / mean) ** 2",
        LUCK + "delays_follow_their_distribution",
    ),
    Fault(
        "the ends of a whole-number prior drawn half as often", QUANTILES,
        "floor(a + u * (b - a + 1))", "np.rint(a + u * (b - a))",
        LUCK + "a_prior_of_whole_numbers_gives_each_the_same_weight",
    ),
    # What is published.
    Fault(
        "the dead are counted as waiting", COUNTING,
        "by_state[WAITING], by", "by_state[WAITING] + by_state[DIED], by", ROWS + "measures_by_hand",
    ),
    Fault(
        "people are patients", COUNTING,
        "companions[p] + 1", "companions[p] * 0 + 1", ROWS + "measures_by_hand",
    ),
    Fault(
        "convoys turned back count as run", COUNTING,
        "            if over != NONE:\n                of_convoys[g, RUN] += 1",
        "            if convoys[m, 3] != NONE:\n                of_convoys[g, RUN] += 1",
        ROWS + "measures_by_hand",
    ),
    Fault(
        "the longest gap ends with the last convoy", COUNTING,
        "max(of_convoys[g, GAP], horizon - helping[g, LAST]) / DAY", "of_convoys[g, GAP] / DAY",
        ROWS + "measures_by_hand",
    ),
    Fault(
        "the median wait is that of the evacuated", MEASURES,
        "    ends = 2 * waited\n",
        "    waited, evacuated = waited[evacuated], evacuated[evacuated]\n    ends = 2 * waited\n",
        ROWS + "median_wait_by_hand",
    ),
    Fault(
        "hours on the road count as waiting", COUNTING,
        "waited[p] += end - start", "waited[p] += max(end, left[p]) - start", ROWS + "measures_by_hand",
    ),
    Fault(
        "the departures a carrier did not want count as blocked", COUNTING,
        "blocked[k, 2] <= IMPEDED", "blocked[k, 2] > 0", REPLAY + "every_world_by_hand[tables-60]",
    ),
    Fault(
        "the sign of the difference", COMPARE,
        "ensemble.measures[variant, world][measure] - ensemble.measures[variant, minus][measure]",
        "ensemble.measures[variant, minus][measure] - ensemble.measures[variant, world][measure]",
        "analysis/test_compare::test_differences_are_per_replication",
    ),
    Fault(
        "the sign of the table's difference", COMPARE,
        "(table[measure] - other[measure])", "(other[measure] - table[measure])",
        "analysis/test_compare::test_the_table_says_mean_spread_and_the_other_sign",
    ),
    Fault(
        "the other sign is always minus", COMPARE,
        "(np.sign(pair) == -np.sign(mean.point)).mean()", "(pair < 0).mean()",
        "analysis/test_compare::test_swapping_the_worlds_flips_the_sign",
    ),
    Fault(
        "the deviation of a population in the t interval (ddof 0)", PRECISION,
        "values.std(ddof=1)", "values.std(ddof=0)",
        "analysis/test_intervals::test_the_mean_interval_is_students[0.95]",
    ),
    Fault(
        "one tail for two", PRECISION,
        "(1 + level) / 2", "level",
        "analysis/test_intervals::test_the_mean_interval_is_students[0.95]",
    ),
    Fault(
        "a failed replication is left out (nanmean)", INTERVALS,
        "    _complete(values)\n    mean = float(values.mean())",
        "    mean = float(np.nanmean(values)) if len(values) else 0.0",
        "analysis/test_intervals::test_a_missing_value_is_refused[mean_interval]",
    ),
    Fault(
        "histories of a chain are counted as independent", INTERVALS,
        "if len(values) < 2 or not independent:", "if len(values) < 2:",
        "analysis/test_intervals::test_a_mean_over_dependent_replications_has_no_interval",
    ),
    Fault(
        "a published figure is predicted below nothing", PREDICTIVE,
        "return max(0.0, float(low)), max(0.0, float(high))", "return float(low), float(high)",
        "analysis/test_predictive::test_nobody_publishes_less_than_nothing",
    ),
    Fault(
        "a quantile of another definition", INTERVALS,
        'method="median_unbiased"', 'method="linear"',
        "analysis/test_intervals::test_a_prediction_is_by_the_eighth_definition",
    ),
    Fault(
        "`at: start` read as end", RECORD,
        '(figure.at == "end")', "1",
        "analysis/test_validate::test_what_the_model_says_of_a_figure"
        "[what: patients, by: 2030-03-02, at: start-values1]",
    ),
    Fault(
        "a floor that is missed from above too", RECORD,
        "np.where(self._floor & (off > 0), 0.0, off)", "off",
        "analysis/test_calibrate::test_how_far_a_history_is_from_the_record",
    ),
    Fault(
        "an error of observation left out of the misfit", RECORD,
        "off = (told - self.observed) / self.errors", "off = told - self.observed",
        "analysis/test_calibrate::test_how_far_a_history_is_from_the_record",
    ),
    Fault(
        "a likelihood without its half: a posterior that is too narrow", CHAINS,
        "(far - new_far) / (2 * tolerance**2)", "(far - new_far) / tolerance**2",
        "analysis/test_chains::test_the_posterior_is_the_exact_one",
    ),
    Fault(
        "a state that keeps what another history said", CHAINS,
        "told[better], far[better] = new_told[better], new_far[better]", "far[better] = new_far[better]",
        "analysis/test_chains::test_a_state_tells_what_it_says",
    ),
    Fault(
        "groups of chains that share their luck", CHAINS,
        "return Chains(unit, luck, tell(unit, luck), group + groups * numbers)",
        "return Chains(unit, luck, tell(unit, luck), groups * numbers)",
        "analysis/test_chains::test_no_luck_is_used_twice",
    ),
    Fault(
        "a chance drawn anew whatever the answers were", CHANCES,
        "if np.log(rng.random()) < new - density:", "if new > -inf:",
        "analysis/test_chances::test_chances_and_luck_are_drawn_from_what_the_answers_leave_open",
    ),
    Fault(
        "a rule that is only looked at when the day begins", CHANCES,
        "for t, _ in pairwise(cuts)}", "for t in cuts[:1]}",
        "analysis/test_chances::test_the_history_stays_as_it_is",
    ),
    Fault(
        "the share above in place of the share below (PIT)", PREDICTIVE,
        "(values < figure).mean()", "(values > figure).mean()",
        "analysis/test_validate::test_where_a_figure_falls[7-0.0]",
    ),
    Fault(
        "a floor is treated as a target", VALIDATE,
        "return spread.high + margin > observed",
        "return spread.low - margin <= observed < spread.high + margin",
        "analysis/test_validate::test_inside_or_not[more_than: 1-more_than-True]",
    ),
    Fault(
        "a check that finds nothing", CHECKING,
        "        if broken:\n", "        if False:\n",
        ROWS + "a_broken_outcome_is_refused[change-each patient ends in one state]",
    ),
    Fault(
        "an index of nothing is used as one", CHECKING,
        "if m < 0 or m >= len(convoys):", "if m == NONE or m >= len(convoys):",
        ROWS + "what_there_is_not_is_refused[convoy-0-on a convoy--2]",
    ),
    Fault(
        "the caps on people and on patients are one", CHECKING,
        "loads[m, what] > values[cap]", "loads[m, 0] > values[cap]", ROWS + "each_cap_is_checked[3-3]",
    ),
    # The compiled twin: every case by hand is run in both engines, which must agree.
    Fault(
        "twin: events at the horizon still happen", KERNEL,
        "        if second >= w.horizon:\n", "        if second > w.horizon:\n",
        TABLES + "the_horizon",
    ),
    Fault(
        "twin: departures come before the arrivals of their second", KERNEL,
        "ARRIVALS, trip.lead, CONVOY", "DEPARTURES + 1, trip.lead, CONVOY",
        TABLES + "a_vehicle_home_in_the_second_of_a_departure_goes_with_it",
    ),
    Fault(
        "twin: who comes back joins the end of the list", KERNEL,
        "while behind != NONE and behind < p:", "while behind != NONE:",
        TABLES + "who_was_turned_back_goes_before_who_was_referred_later",
    ),
    Fault(
        "twin: a lying patient on a seat", KERNEL,
        "        sits = party - lies\n", "        sits = party\n",
        TABLES + "first_fit",
    ),
    Fault(
        "twin: last week's litres count this week too", KERNEL,
        "        row.litres = 0\n", "        row.litres += 0\n",
        TABLES + "fuel_by_the_week_of_the_period",
    ),
    Fault(
        "twin: a cleared party waits a second more", KERNEL,
        "now < max(patient.referred, rule.start)", "now <= max(patient.referred, rule.start)",
        TABLES + "clearance",
    ),
    Fault(
        "twin: a checkpoint has one lane, whatever the plan says", KERNEL,
        "if under_way < lanes and step_at(", "if under_way < 1 and step_at(",
        TABLES + "nobody_overtakes_through_a_lane_that_is_free",
    ),
)  # fmt: skip


# --------------------------------------------------------------------------------------- planting


COMPILED = (COUNTING, CHECKING, KERNEL, PHILOX, QUANTILES)
"""Modules whose functions are compiled: while one has a fault, its functions run as they are written.
Compiling each fault would take minutes, and the compiler's cache may not notice it."""


@contextmanager
def planted(fault: Fault) -> Iterator[None]:
    """Run the body with the fault in place, in every function of its module."""
    module = import_module(fault.module)
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    if source.count(fault.old) != 1:
        raise LookupError(f"{fault}: {source.count(fault.old)} times in {fault.module}: {fault.old!r}")
    codes = dict(_codes(compile(source.replace(fault.old, fault.new), str(module.__file__), "exec")))
    before = {f: f.__code__ for f in _functions(module) if f.__code__.co_qualname in codes}
    changed = {f: codes[code.co_qualname] for f, code in before.items()}
    if all(_words(code) == _words(changed[f]) for f, code in before.items()):
        raise LookupError(f"{fault}: no function of {fault.module} is another for it")
    rooms = ("tests.", "sim.") if fault.module in COMPILED else ("tests.",)
    _forget(rooms)
    njit = compiling.njit
    try:
        if fault.module in COMPILED:
            compiling.njit = _compiled_but(fault.module)
        for function, code in changed.items():
            function.__code__ = code
        yield
    finally:
        for function, code in before.items():
            function.__code__ = code
        compiling.njit = njit
        _forget(rooms)


def _compiled_but(module: str) -> Callable[..., Any]:
    """What compiles functions, but leaves those of a module as they are."""
    njit = compiling.njit

    def decorator(*signature: Any, **options: Any) -> Callable[..., Any]:
        compiler = njit(*signature, **options)

        def compiled(function: FunctionType) -> Any:
            if function.__module__ != module:
                return compiler(function)
            whole = module == KERNEL and function.__name__ == "run"
            return by_attribute(function) if whole else function

        return compiled

    return decorator


def _codes(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    """Code of every function and class body in a module's code, by its qualified name."""
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield const.co_qualname, const
            if "<locals>" not in const.co_qualname:
                yield from _codes(const)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """The module's own functions, its classes' and their properties'."""
    own = [v for v in vars(module).values() if getattr(v, "__module__", None) == module.__name__]
    members = [m for v in own if isinstance(v, type) for m in vars(v).values()]
    for member in (*own, *members):
        function = getattr(member, "fget", None) or getattr(member, "__func__", None) or member
        function = getattr(function, "__wrapped__", function)
        if isinstance(function, FunctionType) and function.__code__.co_filename == module.__file__:
            yield function


def _words(code: CodeType) -> tuple[Any, ...]:
    """What a function does, wherever it stands in its file."""
    consts = tuple(_words(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts)
    return code.co_code, code.co_names, consts


def _forget(rooms: tuple[str, ...]) -> None:
    """Results that tests keep from one test to the next are none under a fault, nor is what was compiled."""
    for name, module in list(sys.modules.items()):
        if name.startswith(rooms):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear") and getattr(value, "__module__", None) == name:
                    value.cache_clear()


# --------------------------------------------------------------------------------------- named tests


def named(test: str) -> tuple[Callable[..., Any], str | None]:
    """The test function of `folder/file::test[id]` (or `Class.method`), and the id."""
    path, _, name = test.partition("::")
    name, bracket, id_ = name.partition("[")
    found: Any = import_module("tests." + path.replace("/", "."))
    for word in name.split("."):
        found = getattr(found(word) if isinstance(found, type) else found, word)
    return found, id_.removesuffix("]") if bracket else None


def calls(test: Callable[..., Any], only: str | None = None) -> list[dict[str, Any]]:
    """Keyword arguments of each case of a parametrised test, or of the one of this id; one empty if plain."""
    axes = []
    for mark in [m for m in getattr(test, "pytestmark", []) if m.name == "parametrize"]:
        names, rows = mark.args[0], list(mark.args[1])
        names = [n.strip() for n in names.split(",")] if isinstance(names, str) else list(names)
        ids, axis = mark.kwargs.get("ids"), []
        for k, row in enumerate(rows):
            is_param = hasattr(row, "marks")
            values = row.values if is_param else (row,) if len(names) == 1 else tuple(row)
            words = [
                (ids(v) if callable(ids) else None) or _word(v, f"{n}{k}")
                for n, v in zip(names, values, strict=True)
            ]
            own = row.id if is_param else None
            name = own or (ids[k] if isinstance(ids, (list, tuple)) else "-".join(words))
            axis.append((name, dict(zip(names, values, strict=True))))
        axes.append(axis)
    cases = []
    for chosen in product(*axes):
        if only is None or "-".join(name for name, _ in chosen) == only:
            cases.append({key: value for _, keywords in chosen for key, value in keywords.items()})
    if not cases:
        raise LookupError(f"{test.__name__} has no case {only}")
    return cases


def _word(value: Any, otherwise: str) -> str:
    """How pytest names a value."""
    if isinstance(value, (str, int, float)):
        return str(value)
    return value.__name__ if isinstance(value, (FunctionType, type)) else otherwise
