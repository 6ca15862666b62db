"""An independent reader of the event log: what a clerk with the log, the rules and a ruler would work out.

It knows rows of the log, and facts as plain values; of the model it imports nothing. It replays the log in
order, refuses whatever the rules forbid at that event, and adds up every published number anew.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.verification.replay_road import HOUR, Arrivals, LogError, Section, middle, need

__all__ = ["Facts", "LogError", "Reader", "Rule"]

DAY, WEEK = 86_400, 7 * 86_400
RULED_OUT = ("closed", "no permission", "weekly limit", "no fuel")
LIST, ROAD, OVER, DEAD, GONE = "waiting", "in transit", "evacuated", "died", "withdrew"


@dataclass(frozen=True)
class Rule:
    """One impediment or condition of one world; what it demands is in `of`, by its key in the scenario."""

    kind: str
    start: int
    end: int
    carriers: frozenset[int]
    place: int | None = None
    classes: frozenset[int] = frozenset()
    of: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What is known without running anything. Times in seconds; people, carriers, vehicles by number."""

    horizon: int
    carriers: list[str]
    classes: list[str]
    windows: dict[str, tuple[int, int]]
    legs: int
    vehicles: list[tuple[int, int, int, int]]
    """(carrier, seats, lying places, for lying patients only)"""
    patients: list[tuple[int, int, int, bool, int, int]]
    """(class, rank, people, lies, second of death, second at which patience ends)"""
    rules: list[Rule]
    plan: Callable[[int, int], tuple[int, int]]
    """(carrier, second) -> most vehicles, of them escort"""
    fit: Callable[[int, int], bool]
    """(vehicle, second): there, and fit that day"""
    permission: Callable[[int, int], float]
    """(carrier, day) -> the day's uniform"""
    reluctance: Callable[[int], float]
    travel: Callable[[int, str, int, int, int], int]
    """(leg, out or back, vehicle, day, nth departure of that day) -> seconds"""
    rest: Callable[[int, int, int], int]
    own: list[tuple[int, int, int]]
    """(number behind the carriers', second ready, people); their vehicles are behind the carriers'"""
    places: list[str]
    capacity: dict[int, list[tuple[int, float]]]
    """Leg -> (second from which it holds, vehicles a day)"""
    hours: dict[str, int]
    """Hours of the day at which arrivals are counted."""


@dataclass
class Convoy:
    """One departure, as far as the log tells."""

    carrier: int
    left: int
    aboard: dict[int, list[int]] = field(default_factory=dict)
    nth: dict[int, int] = field(default_factory=dict)
    place: int = 0
    here: int = 0
    """Since when at `place`; the last second that is accounted for."""
    over: int | None = None
    home: int | None = None
    back: bool = False
    free: int = 0
    """When the closure that held it let it go."""
    through: int = 0
    queued: int = 0
    uncertain: int = 0
    """Vehicles in line here that are not known to have been inspected."""
    moving: int = 0
    resting: int = 0
    standing: int = 0
    held: int = 0
    own: bool = False
    """One vehicle of its own, which does not come back."""
    let_on: dict[int, int] = field(default_factory=dict)
    """Vehicles that were let onto the section that it waits for, and when."""
    joined: set[int] = field(default_factory=set)
    """Vehicles in that section's queue, or past it."""


class Reader:
    """Reads one log."""

    def __init__(self, facts: Facts, events: Iterable[Any]) -> None:
        self.facts, self.now, self.midnight = facts, 0, 0
        self.where: dict[str, set[int]] = {state: set() for state in (LIST, ROAD, OVER, DEAD, GONE)}
        self.joined: dict[int, int] = {}
        self.waited: Counter[int] = Counter()
        self.home = dict.fromkeys(range(len(facts.vehicles)), 0)
        """Vehicles at home, and since when."""
        self.idle: Counter[int] = Counter()
        self.convoys: dict[int, Convoy] = {}
        self.boarding: Convoy | None = None
        self.nth: Counter[tuple[int, int]] = Counter()
        self.departures: Counter[tuple[int, int]] = Counter()
        self.litres: Counter[tuple[int, int]] = Counter()
        self.lines: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self.let_in: Counter[int] = Counter()
        self.lanes: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
        self.counts: Counter[str] = Counter()
        """Cumulative, under the names of the measures."""
        self.series: defaultdict[str, list[int]] = defaultdict(list)
        self.area = 0
        self.own: dict[int, Convoy] = {}
        self.sections = {leg: Section(capacity) for leg, capacity in facts.capacity.items()}
        self.arrivals = Arrivals()
        midnights = range(0, -(-facts.horizon // DAY) * DAY + 1, DAY)
        self.cuts = sorted((at + hour, label) for at in midnights for label, hour in facts.hours.items())
        for event in events:
            need(self.now <= event.second < facts.horizon, "the clock goes on", event)
            if event.what != "boarded" and self.boarding:
                self.set_out(self.boarding)
            self.tick(event.second)
            getattr(self, "see_" + event.what.replace(" ", "_"))(event)
            need(self.counts["referred"] == sum(map(len, self.where.values())), "everybody is somewhere")
            out = {v for c in self.convoys.values() if c.home is None for v in c.aboard}
            need(len(out) + len(self.home) == len(facts.vehicles) or self.boarding, "the fleet", event)
            need(not out & self.home.keys() or self.boarding, "home or out", event)
        if self.boarding:
            self.set_out(self.boarding)
        self.tick(facts.horizon)
        self.close()

    def tick(self, second: int) -> None:
        """Time passes: the list's integral, and a count at each midnight on the way."""
        self.area += len(self.where[LIST]) * (second - self.now)
        for section in self.sections.values() if second > self.now else ():
            section.longest = max(section.longest, len(section.line))
        self.now = second
        last = -(-self.facts.horizon // DAY) * DAY
        while self.midnight <= (last if second == self.facts.horizon else second):
            self.midnight += DAY
            for name in self.facts.carriers:
                for what in ("patients", "people", "convoys"):
                    self.series[f"{what}[carrier={name}]"].append(self.counts[f"{what}[carrier={name}]"])
            for k, name in enumerate(self.facts.classes):
                mine = sum(self.facts.patients[p][0] == k for p in self.where[LIST])
                self.series[f"waiting[class={name}]"].append(mine)
            self.series["referred"].append(self.counts["referred"])
            self.cut_road()
        while self.cuts and (second == self.facts.horizon or self.cuts[0][0] <= second):
            self.count_arrived(f"[at={self.cuts.pop(0)[1]}]")

    def cut_road(self) -> None:
        """A count at midnight of all that is published of the road."""
        self.count_arrived("")
        if self.sections or self.facts.own:
            self.series["travel_hours"].append(round(sum(took for _, took in self.arrivals.took) / HOUR))
            self.series["own_arrived"].append(len(self.arrivals.took))
        for leg, section in self.sections.items():
            self.series[f"queue[to={self.facts.places[leg + 1]}]"].append(len(section.line))

    def count_arrived(self, at: str) -> None:
        if self.sections or self.facts.own:
            for name in ("people_arrived", "vehicles_arrived"):
                self.series[name + at].append(self.counts[name])

    def trip(self, e: Any) -> Convoy:
        """The convoy, or the own vehicle, that something happens to."""
        need(e.vehicle in self.own or e.convoy in self.convoys, "happens to who is on the road", e)
        return self.own[e.vehicle] if e.vehicle in self.own else self.convoys[e.convoy]

    def rules(self, kind: str, carrier: int | None, second: int, place: int | None = None) -> list[Rule]:
        """Rules in force; those of other places left out when a place is given."""
        return [
            r for r in self.facts.rules
            if r.kind == kind and r.start <= second < r.end and (carrier is None or carrier in r.carriers)
            and (place is None or r.place in (None, place))
        ]  # fmt: skip

    def move(self, p: int, before: str, after: str) -> None:
        """A patient's state changes."""
        need(p in self.where[before], f"{before} before {after}", self.now, p)
        self.where[before].remove(p)
        self.where[after].add(p)
        if before == LIST:
            self.waited[p] += self.now - self.joined[p]

    # ---------------------------------------------------------------------------------- the list

    def see_referred(self, e: Any) -> None:
        need(e.patient not in self.joined, "referred once", e)
        self.joined[e.patient] = self.now
        self.where[LIST].add(e.patient)
        self.counts["referred"] += 1

    def see_died(self, e: Any) -> None:
        need(e.patient in self.where[LIST], "only who waits dies or withdraws", e)
        dies, withdraws = self.facts.patients[e.patient][4:]
        need((dies <= withdraws) == (e.what == "died"), "whichever comes first", e)
        need(self.now == max(min(dies, withdraws), self.joined[e.patient]), "at its own second", e)
        self.move(e.patient, LIST, DEAD if e.what == "died" else GONE)

    see_withdrew = see_died

    def see_listed_again(self, e: Any) -> None:
        need(self.convoys[e.convoy].home == self.now, "listed again at home", e)
        self.move(e.patient, ROAD, LIST)
        self.joined[e.patient] = self.now

    def held_back(self, p: int, carrier: int) -> bool:
        """Whether a rule keeps the party from boarding this carrier now."""
        kind, _, _, lies, _, _ = self.facts.patients[p]
        if lies and self.rules("no_lying_patients", carrier, self.now):
            return True
        if any(
            kind in r.classes and self.facts.reluctance(p) < r.of["share"]
            for r in self.rules("deterrence", carrier, self.now)
        ):
            return True
        return any(
            kind in r.classes
            and (r.of["refusal"][p] < r.of["refused"]
                 or self.now < max(r.of["referred"][p], r.start) + r.of["lead"][p])
            for r in self.rules("clearance", carrier, self.now)
        )  # fmt: skip

    # ---------------------------------------------------------------------------------- departures

    def see_blocked(self, e: Any) -> None:
        shut = bool(self.rules("closure", e.carrier, self.now))
        need(shut == (e.reason == "closed"), "blocked by what is there", e)
        if e.reason in RULED_OUT:
            self.counts["blocked"] += 1
            self.counts[f"blocked[carrier={self.facts.carriers[e.carrier]}]"] += 1

    def see_departed(self, e: Any) -> None:
        need(not self.rules("closure", e.carrier, self.now), "no departure while the road is shut", e)
        need(e.convoy == len(self.convoys), "convoys are numbered as they leave", e)
        chance, week = 1.0, (e.carrier, self.now // WEEK)
        self.departures[week] += 1
        for r in self.rules("passage_limit", e.carrier, self.now):
            chance *= r.of.get("chance", 1.0)
            need(self.departures[week] <= r.of.get("per_week", 10**9), "so many departures a week", e)
        need(self.facts.permission(e.carrier, self.now // DAY) < chance, "the day's permission", e)
        self.boarding = self.convoys[e.convoy] = Convoy(e.carrier, self.now, here=self.now)

    def see_boarded(self, e: Any) -> None:
        convoy = self.boarding
        need(convoy is self.convoys.get(e.convoy) and convoy is not None, "boards what leaves", e)
        assert convoy is not None
        need(min(self.facts.patients[e.patient][4:]) > self.now, "alive and willing", e)
        need(not self.held_back(e.patient, convoy.carrier), "held back by a rule", e)
        self.move(e.patient, LIST, ROAD)
        convoy.aboard.setdefault(e.vehicle, []).append(e.patient)

    def set_out(self, c: Convoy) -> None:
        """All have boarded: places, caps, order, escort, fuel; then the vehicles are gone."""
        self.boarding, facts = None, self.facts
        there = [v for v in self.home if facts.vehicles[v][0] == c.carrier and facts.fit(v, self.now)]
        most, escort = facts.plan(c.carrier, self.now)
        need(set(c.aboard) <= set(there), "vehicles are home and fit", self.now, c)
        for v, riders in c.aboard.items():
            lying = sum(facts.patients[p][3] for p in riders)
            sitting = sum(facts.patients[p][2] for p in riders) - lying
            need(sitting <= facts.vehicles[v][1] and lying <= facts.vehicles[v][2], "places", self.now, v)
            need(lying == len(riders) or not facts.vehicles[v][3], "for lying patients only", self.now, v)
        riders = [p for each in c.aboard.values() for p in each]
        spare = [v for v in sorted(there) if v not in c.aboard and not facts.vehicles[v][3]]
        c.aboard |= {v: [] for v in spare[:escort]}
        need(riders and len(c.aboard) - escort >= 1, "somebody rides, escorted", self.now, c)
        load = {"patients": len(riders), "people": sum(facts.patients[p][2] for p in riders)}
        load["vehicles"] = len(c.aboard)
        need(load["vehicles"] <= most, "as many vehicles as planned", self.now, c)
        for r in self.rules("convoy_cap", c.carrier, self.now):
            need(all(load[what] <= cap for what, cap in r.of.items()), "caps", self.now, r, load)
        fuel, week = self.rules("fuel_limit", c.carrier, self.now), (c.carrier, self.now // WEEK)
        if fuel:
            self.litres[week] += max(1, *(r.of["per_trip"] for r in fuel)) * load["vehicles"]
            need(self.litres[week] <= min(r.of["per_week"] for r in fuel), "fuel", self.now, c)
        self.check_order(c, riders)
        for v in c.aboard:
            self.idle[v] += self.now - self.home.pop(v)
            c.nth[v] = self.nth[v, self.now // DAY]
            self.nth[v, self.now // DAY] += 1

    def check_order(self, c: Convoy, riders: list[int]) -> None:
        """Of two parties of one size, both sitting or both with one who lies, the one in front boards."""
        place = {p: (self.facts.patients[p][1], p) for p in self.where[LIST] | set(riders)}
        last: dict[tuple[int, bool], int] = {}
        for p in sorted(riders, key=place.__getitem__):
            last[self.facts.patients[p][2:4]] = p
        for p in self.where[LIST]:
            behind = last.get(self.facts.patients[p][2:4])
            if behind is not None and place[p] < place[behind]:
                need(self.held_back(p, c.carrier), "the one in front boards first", self.now, p, behind)

    # ---------------------------------------------------------------------------------- on the road

    def drive(self, c: Convoy, leg: int, way: str) -> int:
        """Seconds of a leg: the slowest vehicle's."""
        day = c.left // DAY
        return max(self.facts.travel(leg, way, v, day, nth) for v, nth in c.nth.items())

    def stopped(self, c: Convoy, place: int, second: int) -> bool:
        """Whether closures hold it here; on the way home those that turn back do, unless it was sent home."""
        policies = {r.of["policy"] for r in self.rules("closure", c.carrier, second, place or None)}
        if c.own:
            return bool(policies & {"hold", "turn_back"} if place else policies)
        if c.back and c.over is not None:
            return bool(policies & {"hold", "turn_back"})
        return "hold" in policies and "turn_back" not in policies

    def leaves(self, c: Convoy, second: int) -> None:
        """It leaves its place on the way out: not before it may, and at once when it may."""
        earliest = max(c.here, c.free, c.through)
        need(second >= earliest if c.uncertain else second == earliest, "goes on when it may", self.now, c)
        need(c.free > c.here or not self.stopped(c, c.place, c.here), "nothing passes while shut", c)
        c.standing += second - c.here

    def see_ready(self, e: Any) -> None:
        group, ready, _ = self.facts.own[e.vehicle - len(self.facts.vehicles)]
        need((e.carrier, self.now) == (group, ready) and e.vehicle not in self.own, "ready once", e)
        self.own[e.vehicle] = Convoy(group, ready, {e.vehicle: []}, {e.vehicle: 0}, here=ready, own=True)

    def sets_off(self, c: Convoy, second: int, e: Any) -> None:
        """Onto the next leg, or into the queue before it."""
        self.leaves(c, second) if c.place or c.own else need(second == c.left, "sets out", e)

    def see_joined_the_queue(self, e: Any) -> None:
        c = self.trip(e)
        need(e.vehicle in c.aboard and e.place == c.place and not c.back, "joins where it is", e)
        need(e.vehicle not in c.joined, "joins once", e)
        if c.joined:
            need(c.here == self.now, "vehicles of a convoy join together", e)
        else:
            self.sets_off(c, self.now, e)
        c.here = self.now
        c.joined.add(e.vehicle)
        self.sections[e.place].line.append((e.vehicle, self.now))

    def see_admitted(self, e: Any) -> None:
        self.sections[e.place].let_on(e.vehicle, self.now)
        self.trip(e).let_on[e.vehicle] = self.now

    def see_reached(self, e: Any) -> None:
        c = self.trip(e)
        need(e.place == c.place + 1 and not c.back, "one place after another", e)
        seconds = self.drive(c, e.place - 1, "out")
        if e.place - 1 in self.sections:
            need(c.let_on.keys() == c.aboard.keys(), "goes on when all are let on", e)
            need(self.now - seconds == max(c.let_on.values()), "goes on when the last is let on", e)
            c.moving += self.now - seconds - c.here
        else:
            self.sets_off(c, self.now - seconds, e)
        c.moving += seconds
        c.place, c.here, c.free, c.through, c.queued, c.uncertain = e.place, self.now, 0, 0, 0, 0
        c.let_on, c.joined = {}, set()
        if e.place == self.facts.legs:
            c.over, c.back = self.now, True
            self.arrive(c)
            if c.own:
                return
            c.resting = max(self.facts.rest(v, c.left // DAY, nth) for v, nth in c.nth.items())
            self.counts[f"convoys[carrier={self.facts.carriers[c.carrier]}]"] += 1

    def arrive(self, c: Convoy) -> None:
        """Vehicles are at the end of the road, with whoever is in them."""
        people = sum(self.facts.patients[p][2] for riders in c.aboard.values() for p in riders)
        if c.own:
            (vehicle,) = c.aboard
            people = self.facts.own[vehicle - len(self.facts.vehicles)][2]
            self.arrivals.took.append((self.now, self.now - c.left))
        self.arrivals.rows.append((self.now, people, len(c.aboard)))
        self.counts["people_arrived"] += people
        self.counts["vehicles_arrived"] += len(c.aboard)

    def see_held(self, e: Any) -> None:
        c = self.trip(e)
        need(self.stopped(c, e.place, self.now), "held by a closure", e)
        need(c.back or (e.place == c.place and self.now >= c.here), "held where it is", e)
        if self.now >= c.free:
            edges = sorted({edge for r in self.facts.rules for edge in (r.start, r.end)})
            later = (s for s in edges if s > self.now and not self.stopped(c, e.place, s))
            c.free = next(later, self.facts.horizon)
            c.held += min(c.free, self.facts.horizon) - self.now

    def see_queued(self, e: Any) -> None:
        c = self.trip(e)
        need(self.rules("checkpoint", c.carrier, self.now, e.place), "a checkpoint is there", e)
        need(e.vehicle in c.aboard and not self.stopped(c, e.place, self.now), "queues once let go", e)
        c.queued, c.uncertain = c.queued + 1, c.uncertain + 1
        self.lines[e.place].append((e.convoy, e.vehicle))

    def see_inspection_starts(self, e: Any) -> None:
        line, rules = self.lines[e.place], self.rules("checkpoint", None, self.now, e.place)
        turn = line.index((e.convoy, e.vehicle), self.let_in[e.place])
        self.let_in[e.place] = turn + 1  # nobody in front of it is let in any more: `index` would not find it
        need(any(self.trip(e).carrier in r.carriers for r in rules), "inspected by a rule", e)
        spans = [r.of["hours"] for r in rules]
        need(all(any(a <= self.now % DAY < b for a, b in hours) for hours in spans), "within hours", e)
        need(len(self.lanes[e.place]) < min(r.of["lanes"] for r in rules), "a lane is free", e)
        self.lanes[e.place].add((e.convoy, e.vehicle))

    def see_inspection_ends(self, e: Any) -> None:
        c = self.trip(e)
        need((e.convoy, e.vehicle) in self.lanes[e.place], "an inspection ends that has started", e)
        self.lanes[e.place].remove((e.convoy, e.vehicle))
        c.through, c.uncertain = self.now, c.uncertain - 1

    def see_turned_back(self, e: Any) -> None:
        c = self.convoys[e.convoy]
        need(e.place == c.place and not c.back, "turned back on the way out, where it is", e)
        shut = "turn_back" in {r.of["policy"] for r in self.rules("closure", c.carrier, self.now, e.place)}
        need(shut and not c.queued if e.reason == "closed" else c.queued, "turned back by what is there", e)
        self.leaves(c, self.now)
        c.here, c.back, c.free = self.now, True, 0

    def see_handed_over(self, e: Any) -> None:
        c = self.convoys[e.convoy]
        need(c.over == self.now and e.patient in c.aboard[e.vehicle], "handed over on arrival", e)
        self.move(e.patient, ROAD, OVER)
        kind, _, people, *_ = self.facts.patients[e.patient]
        carrier = f"carrier={self.facts.carriers[c.carrier]}"
        within = [f"window={w}" for w, (a, b) in self.facts.windows.items() if a <= self.now < b]
        labels = ["", f"[{carrier}]", f"[class={self.facts.classes[kind]}]"]
        for label in [*labels, *(f"[{w}]" for w in within), *(f"[{carrier},{w}]" for w in within)]:
            self.counts[f"patients_evacuated{label}"] += 1
            self.counts[f"people_evacuated{label}"] += people
        self.counts[f"patients[{carrier}]"] += 1
        self.counts[f"people[{carrier}]"] += people

    def see_home(self, e: Any) -> None:
        c = self.convoys[e.convoy]
        need(c.back and c.home is None, "home once, from somewhere", e)
        back = sum(self.drive(c, leg, "back") for leg in range(c.place))
        stood = self.now - c.here - c.resting - back
        need(stood >= 0, "home no sooner than the road allows", e)
        c.standing, c.moving, c.home = c.standing + stood, c.moving + back, self.now
        riders = {p for each in c.aboard.values() for p in each}
        need(not riders & self.where[ROAD] or c.over is None, "who was handed over is not aboard", e)
        self.home |= dict.fromkeys(c.aboard, self.now)

    # ---------------------------------------------------------------------------------- the end

    def close(self) -> None:
        """Those still waiting have waited until now; vehicles at home have stood there until now."""
        for p in self.where[LIST]:
            self.waited[p] += self.now - self.joined[p]
        for v, since in self.home.items():
            self.idle[v] += self.now - since
        need(self.area == sum(self.waited.values()), "the list's integral is the sum of waits")
        need(len(self.own) == len(self.facts.own), "all own vehicles have set out")
        for section in self.sections.values():
            section.close(self.facts.horizon)
        for c in self.own.values():
            if c.over is None and not c.uncertain:
                need(self.arrives(c) >= self.facts.horizon, "no vehicle is lost on the road", c)
        for c in self.convoys.values():
            riders = {p for each in c.aboard.values() for p in each}
            need(c.over is None or not riders & self.where[ROAD], "all are handed over", c)

    def arrives(self, c: Convoy) -> int:
        """The first second at which an own vehicle can be at its next place, or in the queue before it."""
        start = max(c.here, c.free, c.through, *c.let_on.values())
        if c.place in self.sections and not c.let_on:
            return self.facts.horizon if c.joined else start
        return start + self.drive(c, c.place, "out")

    def median_wait(self) -> float:
        """In days: a step at each second in which somebody was evacuated."""
        return middle((self.waited[p], p in self.where[OVER]) for p in self.joined) / DAY

    def measures(self) -> dict[str, float]:
        """Every number that is published of one run."""
        facts, out = self.facts, {}
        carriers, spans = (
            [f"carrier={name}" for name in facts.carriers],
            [f"window={w}" for w in facts.windows],
        )
        labels = [*carriers, *(f"class={name}" for name in facts.classes), *spans]
        labels += [f"{c},{w}" for c in carriers for w in spans]
        for label in ["", *(f"[{label}]" for label in labels)]:
            for what in ("patients_evacuated", "people_evacuated"):
                out[what + label] = self.counts[what + label]
        out["referred"] = self.counts["referred"]
        states = {"still_waiting": LIST, "in_transit": ROAD, "died_waiting": DEAD, "withdrew": GONE}
        out |= {name: len(self.where[state]) for name, state in states.items()}
        out["patient_days_of_delay"] = self.area / DAY
        out["median_wait"] = self.median_wait()
        for label, mine in [("", None), *((f"[{name}]", c) for c, name in enumerate(carriers))]:
            all_ = [c for c in self.convoys.values() if mine in (None, c.carrier)]
            run = [c for c in all_ if c.over is not None]
            left = [0, *(c.left for c in run), facts.horizon]
            out[f"convoys_run{label}"] = len(run)
            out[f"convoys_turned_back{label}"] = sum(c.back and c.over is None for c in all_)
            out[f"departures_blocked{label}"] = self.counts[f"blocked{label}"]
            out[f"longest_gap{label}"] = max(b - a for a, b in pairwise(left)) / DAY
            if run:
                used = [(v, riders) for c in run for v, riders in c.aboard.items()]
                riders = [p for _, each in used for p in each]
                people = sum(facts.patients[p][2] for p in riders)
                out[f"patients_per_convoy{label}"] = len(riders) / len(run)
                out[f"vehicles_per_convoy{label}"] = len(used) / len(run)
                out[f"seats_filled{label}"] = people / sum(sum(facts.vehicles[v][1:3]) for v, _ in used)
        return out | (self.of_road() if self.sections or facts.own else {})

    def of_road(self) -> dict[str, float]:
        """Every number that is published of the road."""
        facts = self.facts
        out = self.arrivals.counted(0, facts.horizon)
        for name, span in facts.windows.items():
            out |= {f"{what}[window={name}]": n for what, n in self.arrivals.counted(*span).items()}
        still = [c for c in self.own.values() if c.over is None]
        took = [(seconds, True) for _, seconds in self.arrivals.took]
        out["travel_median"] = middle([*took, *((facts.horizon - c.left, False) for c in still)]) / HOUR
        out["own_on_the_road"] = len(still)
        for leg, section in self.sections.items():
            out[f"longest_queue[to={facts.places[leg + 1]}]"] = section.longest
        return out
