"""The reference model: one replication of one world, to be read in the order in which a patient meets it.

A patient is referred, waits on the list, boards a convoy, is driven to each place, waits there while a
closure holds the road or vehicles are inspected, and is handed over; or is turned back and waits again;
or dies or withdraws while waiting. Convoys and timetables are SimPy processes; patients are rows of the
waiting list (a process each would cost several times as much and say no more): referral, death and
withdrawal are folded in whenever the list is looked at, at their own second.

Instants are ordered by (second, rank, id); the rank is the event's SimPy priority.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.model.checkpoint_line import CheckpointLine
from sim.model.draws import BACK, OUT, Draws
from sim.model.layout import DAY, NEVER, NONE, WEEK
from sim.model.outcome import (
    ARRIVALS,
    CLOSED,
    DEPARTURES,
    NO_FUEL,
    NO_PERMISSION,
    NO_VEHICLE,
    NOBODY_FITS,
    REASONS,
    TOO_FEW,
    WEEKLY_LIMIT,
    Convoy,
    Event,
    ModelError,
    Outcome,
    make_outcome,
)
from sim.model.plan import COMPLETE, HOLD, OPEN, TURN_BACK, CheckpointRule, Plan, may_leave_now
from sim.model.road_section import RoadSection, headways
from sim.model.waiting_list import WaitingList

Process = Generator[simpy.Event, Any, None]
CLOSED_AT_HOME = (COMPLETE, HOLD, TURN_BACK)
"""Nobody sets out on a road that is closed, whatever those on it do."""


class Clock(simpy.Environment):
    """A SimPy environment whose time is whole seconds."""

    @property
    def now(self) -> int:
        """The second."""
        return self._now  # type: ignore[return-value]  # whole seconds in, whole seconds out


class At(simpy.Event):
    """A timeout that knows its rank and id within its second."""

    def __init__(self, env: simpy.Environment, seconds: int, rank: int, id_: int) -> None:
        # As simpy.Timeout does: triggered from the start, without the detour over Event.__init__.
        self.env, self.callbacks, self._ok, self._value = env, [], True, None
        priority: Any = rank << 32 | id_
        env.schedule(self, priority, seconds)


@dataclass(eq=False, slots=True)
class Trip:
    """A convoy on its way."""

    number: int
    carrier: int
    left: int
    lead: int
    """The first vehicle: its luck is the convoy's where one is needed, and its index the convoy's id."""
    slots: dict[int, int] = field(default_factory=dict)
    """Vehicle -> slot of its draws, in the vehicles' order."""
    aboard: dict[int, list[int]] = field(default_factory=dict)
    """Vehicle -> patients; empty once handed over."""
    people: dict[int, int] = field(default_factory=dict)
    """Vehicle -> patients and companions aboard."""
    handed_over: int = NONE
    home: int = NONE
    turned_back: bool = False
    held: int = 0
    inspected: int = 0


class Corridor:
    """One world under one replication's draws."""

    def __init__(self, plan: Plan, draws: Draws, log: bool = False) -> None:
        self.plan, self.draws = plan, draws
        self.env = Clock()
        self.value = draws.values.tolist()
        self.events: list[Event] | None = [] if log else None
        self.list = WaitingList(plan, draws, self.note if log else None)
        self.travel, self.rest = views(draws.travel), memoryview(np.ascontiguousarray(draws.rest))  # type: ignore[arg-type]
        self.inspect_vehicle, self.inspect_person = views(draws.inspect_vehicle), views(draws.inspect_person)
        # The fleet.
        vehicles = len(plan.vehicles)
        self.fleet = [
            [(v, row) for v, row in enumerate(plan.vehicles) if row.carrier == c]
            for c in range(len(plan.layout.carriers))
        ]
        self.seats = [row.seats for row in plan.vehicles]
        self.places_lying = [row.lying for row in plan.vehicles]
        self.lying_only = [row.lying_only for row in plan.vehicles]
        self.at_home = [True] * vehicles
        self.look_at = [0] * vehicles
        self.trips_today = [(NONE, 0)] * vehicles
        self.lines = [CheckpointLine(plan, place) for place in range(len(plan.layout.places))]
        of_capacity = headways(plan, self.value)
        self.sections = [
            RoadSection(plan, leg, of_capacity) if steps.times else None
            for leg, steps in enumerate(plan.sections)
        ]
        self.used_litres = [(NONE, 0)] * len(plan.layout.carriers)
        self.left_this_week = [(NONE, 0)] * len(plan.layout.carriers)
        self.ready_carriers = sorted({s.carrier for s in plan.segments if s.ready})
        # What is published.
        self.trips: list[Trip] = []
        self.rides: list[tuple[int, int, int, int]] = []
        """As `outcome.Ride`."""
        self.blocked: list[tuple[int, int, int]] = []
        """As `outcome.Blocked`."""
        self.arrived = [NONE] * len(draws.own.ready)
        self.admissions: list[tuple[int, int, int, int]] = []
        """As `outcome.Admission`."""

    def run(self) -> Outcome:
        """Run to the horizon; events at the horizon itself no longer happen."""
        self.env.process(self.timetable())
        self.env.process(self.own_vehicles())
        if self.ready_carriers:
            moments = sorted({*self.plan.boundaries, *self.list.moments()})
            self.moments = [second for second in moments if second < self.plan.horizon]
        for carrier in self.ready_carriers:
            self.env.process(self.look_when_anything_changes(carrier))
        self.env.run(until=self.plan.horizon)
        self.list.close(self.plan.horizon)
        return self.report()

    # ------------------------------------------------------------------------------------- the clock

    def after(self, seconds: int, rank: int, id_: int) -> simpy.Event:
        """An event so many seconds from now, in the order (rank, id) within its second."""
        return At(self.env, seconds, rank, id_)

    def note(
        self,
        what: str,
        patient: int = NONE,
        trip: Trip | None = None,
        vehicle: int = NONE,
        place: int = NONE,
        second: int = NONE,
        carrier: int = NONE,
        reason: str = "",
    ) -> None:
        """Write one row of the event log, if somebody asked for it."""
        if self.events is not None and second < self.plan.horizon:
            convoy = NONE if trip is None else trip.number
            carrier = carrier if trip is None else trip.carrier
            second = self.env.now if second == NONE else second
            self.events.append(Event(second, what, patient, convoy, carrier, vehicle, place, reason))

    # ------------------------------------------------------------------------------------- departures

    def timetable(self) -> Process:
        """The planned departures of all carriers, in the order (second, carrier)."""
        for departure in self.plan.departures:
            yield self.after(departure.second - self.env.now, DEPARTURES, departure.carrier)
            self.planned_departure(departure.carrier, departure.segment)

    def planned_departure(self, carrier: int, segment: int) -> None:
        """Does the carrier plan to go; does the corridor let it; who and what goes along?"""
        row, now = self.plan.segments[segment], self.env.now
        steps = self.plan.layout.by_list[segment]
        needs = max(1, int(self.value[row.needs]))
        chance = row.chance
        self.list.update(now)
        if steps:
            waiting = self.list.count_eligible(carrier, now, steps[-1][0])
            chance = next((of_list for parties, of_list in reversed(steps) if waiting >= parties), chance)
        if self.draws.go[carrier, now // DAY] >= self.value[chance]:
            return
        refusal = self.passage(carrier)
        if not refusal and self.list.count_eligible(carrier, now, needs) < needs:
            refusal = TOO_FEW
        if not refusal:
            refusal = self.depart(carrier, segment, self.vehicles_home(carrier))
        if refusal:
            self.blocked.append((now, carrier, refusal))
            self.note("blocked", carrier=carrier, reason=REASONS[refusal])

    def look_when_anything_changes(self, carrier: int) -> Process:
        """Vehicles that leave when ready: look at each moment that can change what they find."""
        for second in self.moments:
            yield self.after(second - self.env.now, DEPARTURES, carrier)
            self.leave_when_ready(carrier)

    def look_again(self, second: int, carrier: int) -> Process:
        """A vehicle has come home, or its time to look again has come."""
        yield self.after(second - self.env.now, DEPARTURES, carrier)
        self.leave_when_ready(carrier)

    def leave_when_ready(self, carrier: int) -> None:
        """The first vehicle at home leaves alone as soon as enough eligible parties wait."""
        segment = self.ready_segment(carrier)
        if segment == NONE:
            return
        row = self.plan.segments[segment]
        needs = max(1, int(self.value[row.needs]))
        now = self.env.now
        for vehicle in self.vehicles_home(carrier):
            if self.look_at[vehicle] > now:
                continue
            self.list.update(now)
            free_to_go = (
                may_leave_now(self.plan.layout, segment, now)
                and not self.passage(carrier)
                and self.list.count_eligible(carrier, now, needs) == needs
            )
            if free_to_go and not self.depart(carrier, segment, [vehicle]):
                continue
            if row.recheck:
                self.look_at[vehicle] = now + row.recheck
                self.env.process(self.look_again(self.look_at[vehicle], carrier))
            elif not free_to_go:
                return

    def ready_segment(self, carrier: int) -> int:
        """The carrier's plan now, if it is one of leaving when ready, else NONE."""
        now = self.env.now
        for k, row in enumerate(self.plan.segments):
            if row.carrier == carrier and row.start <= now < row.end and row.ready:
                return k
        return NONE

    def passage(self, carrier: int) -> int:
        """Why the corridor does not let the carrier go now (a code of REASONS), or 0."""
        now, mask = self.env.now, 1 << carrier
        if self.plan.road[carrier][0].at(now) != OPEN:
            return CLOSED
        chance, per_week = 1.0, NEVER
        for rule in self.plan.permissions:
            if rule.start <= now < rule.end and rule.carriers & mask:
                if rule.chance != NONE:
                    chance *= self.value[rule.chance]
                if rule.per_week != NONE:
                    per_week = min(per_week, int(self.value[rule.per_week]))
        if self.draws.permission[carrier, now // DAY] >= chance:
            return NO_PERMISSION
        week, left = self.left_this_week[carrier]
        if (left if week == now // WEEK else 0) >= per_week:
            return WEEKLY_LIMIT
        return 0

    def vehicles_home(self, carrier: int) -> list[int]:
        """The carrier's vehicles that are at home and fit, in order."""
        now = self.env.now
        day = now // DAY
        home = []
        for v, row in self.fleet[carrier]:
            if self.at_home[v] and row.start <= now < row.end:
                share = self.value[row.availability]
                if share == 1 or self.draws.fit[v, day] < share:
                    home.append(v)
        return home

    def depart(self, carrier: int, segment: int, home: list[int]) -> int:
        """Board what the convoy may carry and send it off; why it cannot (a code of REASONS), or 0."""
        row, now, mask = self.plan.segments[segment], self.env.now, 1 << carrier
        patients, people, most = NEVER, NEVER, min(len(home), row.vehicles)
        for cap in self.plan.caps:
            if cap.start <= now < cap.end and cap.carriers & mask:
                patients = self.smaller(patients, cap.patients)
                people = self.smaller(people, cap.people)
                most = self.smaller(most, cap.vehicles)
        fuelled, per_trip = self.vehicles_fuelled(carrier)
        if most - row.escort < 1:
            return NO_VEHICLE
        if min(most, fuelled) - row.escort < 1:
            return NO_FUEL
        aboard = self.board(carrier, now, home[: min(most, fuelled) - row.escort], patients, people)
        if not aboard:
            return NOBODY_FITS
        escort = [v for v in home if v not in aboard and not self.lying_only[v]][: row.escort]
        going = sorted([*aboard, *escort])
        trip = Trip(number=len(self.trips), carrier=carrier, left=now, lead=going[0])
        self.trips.append(trip)
        self.note("departed", trip=trip)
        for v in going:
            riders = aboard.get(v, [])
            people = sum([self.list.party[p] for p in riders])
            trip.slots[v], trip.aboard[v], trip.people[v] = self.slot(v, now // DAY), riders, people
            self.at_home[v] = False
            self.list.board(riders, now, trip.number)
            self.rides.append((trip.number, v, len(riders), people))
            for p in riders if self.events is not None else ():
                self.note("boarded", p, trip, v)
        week, left = self.left_this_week[carrier]
        self.left_this_week[carrier] = (now // WEEK, 1 + (left if week == now // WEEK else 0))
        week, used = self.used_litres[carrier]
        used = used if week == now // WEEK else 0
        self.used_litres[carrier] = (now // WEEK, used + per_trip * len(trip.slots))
        self.env.process(self.convoy(trip))
        return 0

    def smaller(self, cap: int, index: int) -> int:
        """The smaller of a cap and the value at an index, if there is one."""
        return cap if index == NONE else min(cap, int(self.value[index]))

    def vehicles_fuelled(self, carrier: int) -> tuple[int, int]:
        """How many vehicles this week's allowance still fuels, and litres a trip."""
        now, mask = self.env.now, 1 << carrier
        rules = [r for r in self.plan.fuel if r.start <= now < r.end and r.carriers & mask]
        if not rules:
            return NEVER, 0
        week, used = self.used_litres[carrier]
        used = used if week == now // WEEK else 0
        allowance = min(int(self.value[r.per_week]) for r in rules)
        per_trip = max(1, *(int(self.value[r.per_trip]) for r in rules))
        return max(0, allowance - used) // per_trip, per_trip

    def board(
        self, carrier: int, now: int, vehicles: list[int], patients: int, people: int
    ) -> dict[int, list[int]]:
        """First fit: parties in list order into vehicles in order; who does not fit keeps the place."""
        seats = [self.seats[v] for v in vehicles]
        lying = [self.places_lying[v] for v in vehicles]
        only = [self.lying_only[v] for v in vehicles]
        aboard: dict[int, list[int]] = {}
        party, lies_down = self.list.party, self.list.lying
        first = 0  # vehicles before it are full
        too_many = NEVER  # so many who sit found no room, so nor will more
        for p in self.list.eligible(carrier, now):
            if patients == 0 or people == 0 or (too_many <= 1 and not any(lying)):
                break
            lies = int(lies_down[p])
            sits = party[p] - lies
            if party[p] > people or (sits >= too_many and not lies):
                continue
            while first < len(vehicles) and seats[first] + lying[first] == 0:
                first += 1
            for k in range(first, len(vehicles)):
                if seats[k] >= sits and lying[k] >= lies and (lies or not only[k]):
                    seats[k] -= sits
                    lying[k] -= lies
                    aboard.setdefault(vehicles[k], []).append(p)
                    patients, people = patients - 1, people - party[p]
                    break
            else:
                if not lies:
                    too_many = sits
        return aboard

    def slot(self, vehicle: int, day: int) -> int:
        """Where this trip's draws are: the vehicle's nth departure of the day."""
        last_day, n = self.trips_today[vehicle]
        n = n if last_day == day else 0
        if n >= self.plan.layout.trips[self.plan.vehicles[vehicle].carrier]:
            raise ModelError(
                f"vehicle {vehicle} would leave more than {n} times on day {day}, for which luck is drawn"
            )
        self.trips_today[vehicle] = (day, n + 1)
        return self.plan.vehicles[vehicle].first_slot + n * self.plan.days + day

    # ------------------------------------------------------------------------------------ on the road

    def convoy(self, trip: Trip) -> Process:
        """Out, handover, rest, and back; or home at once when turned back."""
        last = len(self.plan.layout.out)
        for place in range(1, last + 1):
            admitted = max([self.let_on(place - 1, vehicle, trip) for vehicle in trip.slots])
            driven = self.drive(trip, leg=place - 1, way=OUT)
            yield self.after(admitted - self.env.now + driven, ARRIVALS, trip.lead)
            self.note("reached", trip=trip, place=place)
            if place == last:
                break
            yield from self.wait_while_held(trip, place, OUT)
            if self.plan.road[trip.carrier][place].at(self.env.now) == TURN_BACK:
                yield from self.go_home(trip, place, "closed")
                return
            if self.lines[place].in_force(self.env.now, trip.carrier):
                yield from self.inspection(trip, place, OUT)
                if self.is_turned_back(trip, place):
                    yield from self.go_home(trip, place, "turned back at the checkpoint")
                    return
        self.hand_over(trip)
        rest = max([self.rest[slot] for slot in trip.slots.values()])
        if rest:
            yield self.after(rest, ARRIVALS, trip.lead)
        yield from self.drive_back(trip, last)

    def drive(self, trip: Trip, leg: int, way: int) -> int:
        """Seconds of a leg, driven together: as long as the slowest vehicle takes."""
        of_vehicle = self.travel[leg][way]
        return max([of_vehicle[slot] for slot in trip.slots.values()])

    def wait_while_held(self, trip: Trip, place: int, way: int) -> Process:
        """Wait at a place while a closure holds the road; on the way back, while any stops it.

        A convoy that was turned back is let home by closures that turn back.
        """
        road = self.plan.road[trip.carrier][place]
        stopped = (HOLD,) if way == OUT or trip.turned_back else (HOLD, TURN_BACK)
        since = self.env.now
        while road.at(self.env.now) in stopped:
            self.note("held", trip=trip, place=place)
            change = road.next_change(self.env.now)
            if change >= self.plan.horizon:
                trip.held += self.plan.horizon - since
                yield self.env.event()
            yield self.after(change - self.env.now, ARRIVALS, trip.lead)
        trip.held += self.env.now - since

    def inspection(self, trip: Trip, place: int, way: int) -> Process:
        """Every vehicle joins the line and is inspected; the convoy goes on when the last one is through."""
        since = through = self.env.now
        for vehicle in trip.slots if self.events is not None else ():
            self.note("queued", trip=trip, vehicle=vehicle, place=place)
        for vehicle in trip.slots:
            seconds = partial(self.inspection_seconds, trip.slots[vehicle], trip.people[vehicle], way)
            starts, ends = self.lines[place].join(since, trip.carrier, seconds)
            through = max(through, ends)
            if self.events is not None and starts < ends:
                self.note("inspection starts", trip=trip, vehicle=vehicle, place=place, second=starts)
                self.note("inspection ends", trip=trip, vehicle=vehicle, place=place, second=ends)
        trip.inspected += min(through, self.plan.horizon) - since
        if through > since:
            yield self.after(through - since, ARRIVALS, trip.lead)

    def inspection_seconds(self, slot: int, people: int, way: int, rule: CheckpointRule) -> int:
        """How long a rule's inspection of a vehicle takes, and of those in it."""
        of_people = people * self.inspect_person[rule.slot][way][slot]
        return self.inspect_vehicle[rule.slot][way][slot] + of_people

    def is_turned_back(self, trip: Trip, place: int) -> bool:
        """Whether the checkpoints in force send the convoy home: their chances to pass multiply."""
        passes = 1.0
        for rule in self.lines[place].in_force(self.env.now, trip.carrier):
            passes *= 1.0 - self.value[rule.turn_back]
        return bool(self.draws.turned[place, trip.slots[trip.lead]] < 1.0 - passes)

    def hand_over(self, trip: Trip) -> None:
        """All hand over when the convoy arrives: evacuated, at this second."""
        now = trip.handed_over = self.env.now
        for vehicle, riders in trip.aboard.items():
            self.list.hand_over(riders, now)
            for p in riders if self.events is not None else ():
                self.note("handed over", p, trip, vehicle)
        trip.aboard = {v: [] for v in trip.slots}
        trip.people = dict.fromkeys(trip.slots, 0)

    def go_home(self, trip: Trip, place: int, reason: str) -> Process:
        """Turned back: home the way it came; the parties take their old places on the list again."""
        trip.turned_back = True
        self.note("turned back", trip=trip, place=place, reason=reason)
        yield from self.drive_back(trip, place)

    def drive_back(self, trip: Trip, place: int) -> Process:
        """The way back, through the same lanes; then the vehicles are home."""
        for k in range(place - 1, -1, -1):
            if seconds := self.drive(trip, leg=k, way=BACK):
                yield self.after(seconds, ARRIVALS, trip.lead)
            if k == 0:
                break
            yield from self.wait_while_held(trip, k, BACK)
            if self.lines[k].in_force(self.env.now, trip.carrier):
                yield from self.inspection(trip, k, BACK)
        now = trip.home = self.env.now
        self.note("home", trip=trip)
        for vehicle, riders in trip.aboard.items():
            self.at_home[vehicle] = True
            self.look_at[vehicle] = now
            for p in riders:
                self.note("listed again", p, trip)
                self.list.join(p, now)
        for carrier in self.ready_carriers:
            self.env.process(self.look_again(now, carrier))

    # -------------------------------------------------------------------------- own vehicles, and sections

    def own_vehicles(self) -> Process:
        """Travellers who bring their own vehicle set out, each when it is ready."""
        own, carriers, fleet = self.draws.own, len(self.plan.layout.carriers), len(self.plan.vehicles)
        rows = zip(own.ready.tolist(), own.group.tolist(), own.people.tolist(), strict=True)
        for number, (ready, group, people) in enumerate(rows):
            yield self.after(ready - self.env.now, ARRIVALS, fleet + number)
            self.env.process(self.own_vehicle(number, fleet + number, carriers + group, people))

    def own_vehicle(self, number: int, vehicle: int, group: int, people: int) -> Process:
        """Out and away: it needs no seat and does not come back. Where a closure stops it, it waits."""
        note = partial(self.note, carrier=group, vehicle=vehicle) if self.events is not None else None
        slot, last = self.plan.layout.slots + number, len(self.plan.layout.out)
        if note:
            note("ready")
        for place in range(last):
            road, stopped = self.plan.road[group][place], (HOLD, TURN_BACK) if place else CLOSED_AT_HOME
            while road.at(self.env.now) in stopped:
                if note:
                    note("held", place=place)
                yield self.after(road.next_change(self.env.now) - self.env.now, ARRIVALS, vehicle)
            if place and self.lines[place].in_force(self.env.now, group):
                seconds = partial(self.inspection_seconds, slot, people, OUT)
                starts, ends = self.lines[place].join(self.env.now, group, seconds)
                if note:
                    note("queued", place=place)
                if note and starts < ends:
                    note("inspection starts", place=place, second=starts)
                    note("inspection ends", place=place, second=ends)
                if ends > self.env.now:
                    yield self.after(ends - self.env.now, ARRIVALS, vehicle)
            reaches = self.let_on(place, vehicle, carrier=group) + self.travel[place][OUT][slot]
            if place + 1 < last:
                yield self.after(reaches - self.env.now, ARRIVALS, vehicle)
            if note:
                note("reached", place=place + 1, second=reaches)
        if reaches < self.plan.horizon:
            self.arrived[number] = reaches

    def let_on(self, leg: int, vehicle: int, trip: Trip | None = None, carrier: int = NONE) -> int:
        """The second at which a vehicle is let onto a leg: now, or in its turn where there is a queue."""
        section, now = self.sections[leg], self.env.now
        if section is None:
            return now
        second = section.join(now)
        self.admissions.append((leg, vehicle, now, second if second < self.plan.horizon else NONE))
        if self.events is not None:
            self.note("joined the queue", NONE, trip, vehicle, leg, carrier=carrier)
            self.note("admitted", NONE, trip, vehicle, leg, second, carrier)
        return second

    # ------------------------------------------------------------------------------------ what it gives

    def report(self) -> Outcome:
        """The rows of the run, checked."""
        convoys = [
            Convoy(t.carrier, t.left, t.handed_over, t.home, int(t.turned_back), t.held, t.inspected)
            for t in self.trips
        ]
        patients = self.list
        return make_outcome(
            self.plan,
            self.draws,
            state=patients.state,
            boarded=patients.boarded_at,
            left=patients.left_at,
            convoy=patients.convoy_of,
            spells=patients.spells,
            convoys=convoys,
            rides=self.rides,
            blocked=self.blocked,
            arrived=self.arrived,
            admissions=self.admissions,
            events=self.events,
        )


def views(seconds: NDArray[np.int64]) -> list[list[memoryview]]:
    """Seconds by (leg or rule, direction, slot), to be read one by one: views give plain numbers."""
    return [[memoryview(np.ascontiguousarray(row)) for row in both] for both in seconds]  # type: ignore[arg-type]


def run(plan: Plan, draws: Draws, log: bool = False) -> Outcome:
    """Run one replication of one world.

    Parameters
    ----------
    plan, draws
        The world and the luck, of the same layout. Neither is changed.
    log
        Keep the event log.

    Raises
    ------
    ModelError
        When an invariant of the model is broken.
    """
    return Corridor(plan, draws, log).run()
