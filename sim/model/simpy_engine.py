"""The reference model: one replication of one world, to be read in the order in which a patient meets it.

A patient is referred, waits on the list, boards a convoy, is driven to each place, waits there while a
closure holds the road or vehicles are inspected, and is handed over; or is turned back and waits again;
or dies or withdraws while waiting. Convoys, vehicles under inspection, timetables and checkpoints' clocks
are SimPy processes; patients are rows (a process each would cost four times as much and say no more):
referral, death and withdrawal are folded in whenever the list is looked at, at their own second.

Instants are ordered by (second, rank, id); the rank is the event's SimPy priority.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import simpy

from sim.model.draws import BACK, OUT, Draws
from sim.model.layout import DAY, NEVER, NONE, WEEK
from sim.model.outcome import (
    CLOSED,
    NO_FUEL,
    NO_PERMISSION,
    NO_VEHICLE,
    NOBODY_FITS,
    REASONS,
    TOO_FEW,
    WEEKLY_LIMIT,
    Blocked,
    Convoy,
    Event,
    ModelError,
    Outcome,
    Ride,
    make_outcome,
)
from sim.model.plan import HOLD, OPEN, TURN_BACK, CheckpointRule, Plan, may_leave_now
from sim.model.waiting_list import WaitingList

RULES, ARRIVALS, DEPARTURES = 2, 3, 5
"""Ranks within a second: a rule starts or ends; arrivals, inspections ending, vehicles home; departures.

Changes of the list (4) need no event: it is brought up to the second whenever somebody looks at it.
"""

Process = Generator[simpy.Event, Any, None]


class At(simpy.Event):
    """A timeout that knows its second, and its rank and id within it."""

    def __init__(self, env: simpy.Environment, second: int, rank: int, id_: int) -> None:
        super().__init__(env)
        self._ok, self._value = True, None
        priority = simpy.events.EventPriority(rank << 32 | id_)
        env.schedule(self, priority, second - env.now)


@dataclass(eq=False)
class Trip:
    """A convoy on its way."""

    number: int
    carrier: int
    left: int
    slots: dict[int, int]
    """Vehicle -> slot of its draws, in the vehicles' order."""
    aboard: dict[int, list[int]]
    """Vehicle -> patients; empty once handed over or put down."""
    handed_over: int = NONE
    home: int = NONE
    turned_back: bool = False
    held: int = 0
    inspected: int = 0
    pending: int = 0
    """Vehicles not yet through the checkpoint at which the convoy is."""
    through: simpy.Event | None = None

    @property
    def lead(self) -> int:
        """The first vehicle: its luck is the convoy's where one is needed, and its index the convoy's id."""
        return min(self.slots)


@dataclass
class Place:
    """A place where vehicles of every convoy, out and back, queue in one line."""

    queue: deque[tuple[Trip, int, int]] = field(default_factory=deque)
    """(convoy, vehicle, direction) in order of arrival."""
    busy: int = 0
    clock: int = NEVER
    """Second at which somebody looks again, while the queue waits for opening."""


class Corridor:
    """One world under one replication's draws."""

    def __init__(self, plan: Plan, draws: Draws, log: bool = False) -> None:
        self.plan, self.draws = plan, draws
        self.env = simpy.Environment()
        self.value = draws.values.tolist()
        self.events: list[Event] | None = [] if log else None
        self.list = WaitingList(plan, draws, self.note)
        # The fleet.
        vehicles = len(plan.vehicles)
        self.at_home = [True] * vehicles
        self.look_at = [0] * vehicles
        self.trips_today = [(NONE, 0)] * vehicles
        self.rules = [[r for r in plan.checkpoints if r.place == k] for k in range(len(plan.layout.places))]
        self.places = [Place() for _ in plan.layout.places]
        self.used_litres = [(NONE, 0)] * len(plan.layout.carriers)
        self.left_this_week = [(NONE, 0)] * len(plan.layout.carriers)
        self.ready_carriers = sorted({s.carrier for s in plan.segments if s.ready})
        # What is published.
        self.trips: list[Trip] = []
        self.rides: list[Ride] = []
        self.blocked: list[Blocked] = []

    def run(self) -> Outcome:
        """Run to the horizon; events at the horizon itself no longer happen."""
        self.env.process(self.timetable())
        if self.ready_carriers:
            moments = sorted({*self.plan.boundaries, *self.list.moments()})
            self.moments = [second for second in moments if second < self.plan.horizon]
        for carrier in self.ready_carriers:
            self.env.process(self.look_when_anything_changes(carrier))
        self.env.run(until=self.plan.horizon)
        self.list.close(self.plan.horizon)
        return self.report()

    # ------------------------------------------------------------------------------------- the clock

    def at(self, second: int, rank: int, id_: int = 0) -> simpy.Event:
        """An event at a second, in the order (rank, id) within it."""
        return At(self.env, second, rank, id_)

    @property
    def now(self) -> int:
        """The second."""
        return self.env.now  # type: ignore[return-value]  # whole seconds in, whole seconds out

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
        if self.events is not None:
            convoy = NONE if trip is None else trip.number
            carrier = carrier if trip is None else trip.carrier
            second = self.now if second == NONE else second
            self.events.append(Event(second, what, patient, convoy, carrier, vehicle, place, reason))

    # ------------------------------------------------------------------------------------- departures

    def timetable(self) -> Process:
        """The planned departures of all carriers, in the order (second, carrier)."""
        for departure in self.plan.departures:
            yield self.at(departure.second, DEPARTURES, departure.carrier)
            self.planned_departure(departure.carrier, departure.segment)

    def planned_departure(self, carrier: int, segment: int) -> None:
        """Does the carrier plan to go; does the corridor let it; who and what goes along?"""
        row = self.plan.segments[segment]
        steps = self.plan.layout.by_list[segment]
        needs = max(1, int(self.value[row.needs]))
        chance = row.chance
        self.list.update(self.now)
        if steps:
            waiting = self.list.count_eligible(carrier, self.now, steps[-1][0])
            chance = next((of_list for parties, of_list in reversed(steps) if waiting >= parties), chance)
        if self.draws.go[carrier, self.now // DAY] >= self.value[chance]:
            return
        refusal = self.passage(carrier)
        if not refusal and self.list.count_eligible(carrier, self.now, needs) < needs:
            refusal = TOO_FEW
        if not refusal:
            refusal = self.depart(carrier, segment, self.vehicles_home(carrier))
        if refusal:
            self.blocked.append(Blocked(self.now, carrier, refusal))
            self.note("blocked", carrier=carrier, reason=REASONS[refusal])

    def look_when_anything_changes(self, carrier: int) -> Process:
        """Vehicles that leave when ready: look at each moment that can change what they find."""
        for second in self.moments:
            yield self.at(second, DEPARTURES, carrier)
            self.leave_when_ready(carrier)

    def look_again(self, second: int, carrier: int) -> Process:
        """A vehicle has come home, or its time to look again has come."""
        yield self.at(second, DEPARTURES, carrier)
        self.leave_when_ready(carrier)

    def leave_when_ready(self, carrier: int) -> None:
        """The first vehicle at home leaves alone as soon as enough eligible parties wait."""
        segment = self.ready_segment(carrier)
        if segment == NONE:
            return
        row = self.plan.segments[segment]
        needs = max(1, int(self.value[row.needs]))
        for vehicle in self.vehicles_home(carrier):
            if self.look_at[vehicle] > self.now:
                continue
            self.list.update(self.now)
            free_to_go = (
                may_leave_now(self.plan.layout, segment, self.now)
                and not self.passage(carrier)
                and self.list.count_eligible(carrier, self.now, needs) == needs
            )
            if free_to_go and not self.depart(carrier, segment, [vehicle]):
                continue
            if row.recheck:
                self.look_at[vehicle] = self.now + row.recheck
                self.env.process(self.look_again(self.look_at[vehicle], carrier))
            elif not free_to_go:
                return

    def ready_segment(self, carrier: int) -> int:
        """The carrier's plan now, if it is one of leaving when ready, else NONE."""
        for k, row in enumerate(self.plan.segments):
            if row.carrier == carrier and row.start <= self.now < row.end and row.ready:
                return k
        return NONE

    def passage(self, carrier: int) -> int:
        """Why the corridor does not let the carrier go now (a code of REASONS), or 0."""
        now, mask = self.now, 1 << carrier
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
        now, day = self.now, self.now // DAY
        return [
            v
            for v, row in enumerate(self.plan.vehicles)
            if row.carrier == carrier
            and self.at_home[v]
            and row.start <= now < row.end
            and (self.value[row.availability] == 1 or self.draws.fit[v, day] < self.value[row.availability])
        ]

    def depart(self, carrier: int, segment: int, home: list[int]) -> int:
        """Board what the convoy may carry and send it off; why it cannot (a code of REASONS), or 0."""
        row, now, mask = self.plan.segments[segment], self.now, 1 << carrier
        caps = [c for c in self.plan.caps if c.start <= now < c.end and c.carriers & mask]
        most_vehicles = min(len(home), row.vehicles, self.smallest(c.vehicles for c in caps))
        fuelled, per_trip = self.vehicles_fuelled(carrier)
        if most_vehicles - row.escort < 1:
            return NO_VEHICLE
        if min(most_vehicles, fuelled) - row.escort < 1:
            return NO_FUEL
        carrying = home[: min(most_vehicles, fuelled) - row.escort]
        aboard = self.board(
            carrier,
            carrying,
            self.smallest(c.patients for c in caps),
            self.smallest(c.people for c in caps),
        )
        if not aboard:
            return NOBODY_FITS
        escort = [v for v in home if v not in aboard][: row.escort]
        going = sorted([*aboard, *escort])
        trip = Trip(
            number=len(self.trips),
            carrier=carrier,
            left=now,
            slots={v: self.slot(v) for v in going},
            aboard={v: aboard.get(v, []) for v in going},
        )
        self.trips.append(trip)
        self.note("departed", trip=trip)
        for v in going:
            self.at_home[v] = False
            for p in trip.aboard[v]:
                self.list.board(p, now, trip.number)
                self.note("boarded", p, trip, v)
        week, left = self.left_this_week[carrier]
        self.left_this_week[carrier] = (now // WEEK, 1 + (left if week == now // WEEK else 0))
        week, used = self.used_litres[carrier]
        used = used if week == now // WEEK else 0
        self.used_litres[carrier] = (now // WEEK, used + per_trip * len(going))
        self.env.process(self.convoy(trip))
        return 0

    def smallest(self, indices: Any) -> int:
        """The smallest of the caps in force, NEVER when none is."""
        return min((int(self.value[k]) for k in indices if k != NONE), default=NEVER)

    def vehicles_fuelled(self, carrier: int) -> tuple[int, int]:
        """How many vehicles this week's allowance still fuels, and litres a trip."""
        now, mask = self.now, 1 << carrier
        rules = [r for r in self.plan.fuel if r.start <= now < r.end and r.carriers & mask]
        if not rules:
            return NEVER, 0
        week, used = self.used_litres[carrier]
        used = used if week == now // WEEK else 0
        allowance = min(int(self.value[r.per_week]) for r in rules)
        per_trip = max(1, *(int(self.value[r.per_trip]) for r in rules))
        return max(0, allowance - used) // per_trip, per_trip

    def board(self, carrier: int, vehicles: list[int], patients: int, people: int) -> dict[int, list[int]]:
        """First fit: parties in list order into vehicles in order; who does not fit keeps the place."""
        seats = {v: self.plan.vehicles[v].seats for v in vehicles}
        lying = {v: self.plan.vehicles[v].lying for v in vehicles}
        aboard: dict[int, list[int]] = {}
        free = sum(seats.values()) + sum(lying.values())
        for p in self.list.eligible(carrier, self.now):
            if free == 0 or patients == 0 or people == 0:
                break
            if self.list.party[p] > people:
                continue
            lies = int(self.list.lying[p])
            sits = self.list.party[p] - lies
            for v in vehicles:
                if seats[v] >= sits and lying[v] >= lies:
                    seats[v] -= sits
                    lying[v] -= lies
                    aboard.setdefault(v, []).append(p)
                    free, patients, people = (
                        free - self.list.party[p],
                        patients - 1,
                        people - self.list.party[p],
                    )
                    break
        return aboard

    def slot(self, vehicle: int) -> int:
        """Where this trip's draws are: the vehicle's nth departure of the day."""
        day = self.now // DAY
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
            yield from self.drive(trip, leg=place - 1, way=OUT)
            self.note("reached", trip=trip, place=place)
            if place == last:
                break
            yield from self.wait_while_held(trip, place, OUT)
            if self.plan.road[trip.carrier][place].at(self.now) == TURN_BACK:
                yield from self.go_home(trip, place, "closed")
                return
            if self.rules_at(place, trip.carrier):
                yield from self.inspection(trip, place, OUT)
                if self.is_turned_back(trip, place):
                    yield from self.go_home(trip, place, "turned back at the checkpoint")
                    return
        self.hand_over(trip)
        rest = max(int(self.draws.rest[slot]) for slot in trip.slots.values())
        if rest:
            yield self.at(self.now + rest, ARRIVALS, trip.lead)
        yield from self.drive_back(trip, last)

    def drive(self, trip: Trip, leg: int, way: int) -> Process:
        """A leg, driven together: as long as the slowest vehicle takes."""
        seconds = max(int(self.draws.travel[leg, way, slot]) for slot in trip.slots.values())
        if seconds:
            yield self.at(self.now + seconds, ARRIVALS, trip.lead)

    def wait_while_held(self, trip: Trip, place: int, way: int) -> Process:
        """Wait at a place while a closure holds the road; on the way back, while any stops it."""
        road = self.plan.road[trip.carrier][place]
        stopped = (HOLD,) if way == OUT else (HOLD, TURN_BACK)
        since = self.now
        while road.at(self.now) in stopped:
            self.note("held", trip=trip, place=place)
            change = road.next_change(self.now)
            if change >= self.plan.horizon:
                trip.held += self.plan.horizon - since
                yield self.env.event()
            yield self.at(change, ARRIVALS, trip.lead)
        trip.held += self.now - since

    def rules_at(self, place: int, carrier: int | None = None) -> list[CheckpointRule]:
        """Checkpoints in force at a place now, for one carrier or for any."""
        mask = -1 if carrier is None else 1 << carrier
        now = self.now
        return [r for r in self.rules[place] if r.start <= now < r.end and r.carriers & mask]

    def inspection(self, trip: Trip, place: int, way: int) -> Process:
        """Every vehicle queues and is inspected; the convoy goes on when the last one is through."""
        since = self.now
        trip.pending, trip.through = len(trip.slots), self.env.event()
        for vehicle in trip.slots:
            self.places[place].queue.append((trip, vehicle, way))
            self.note("queued", trip=trip, vehicle=vehicle, place=place)
        self.serve(place)
        yield trip.through
        trip.inspected += self.now - since

    def serve(self, place: int) -> None:
        """Let in as many vehicles as rules, hours and lanes allow; without a rule they just drive on."""
        here = self.places[place]
        while here.queue:
            rules = self.rules_at(place)
            trip, vehicle, way = here.queue[0]
            if not self.rules_at(place, trip.carrier):
                here.queue.popleft()
                self.let_through(trip, vehicle, place)
            elif self.plan.checkpoint_open[place].at(self.now) and here.busy < min(r.lanes for r in rules):
                here.queue.popleft()
                here.busy += 1
                self.env.process(self.inspect(trip, vehicle, place, way))
            else:
                self.look_at_next_change(place)
                return

    def look_at_next_change(self, place: int) -> None:
        """Wake the place when its rules or its opening change next."""
        here, changes = self.places[place], self.plan.checkpoint_changes[place]
        k = bisect_right(changes, self.now)
        if k < len(changes) and here.clock != changes[k]:
            here.clock = changes[k]
            self.env.process(self.clock(place, changes[k]))

    def clock(self, place: int, second: int) -> Process:
        """The place's rules or opening change: serve again."""
        yield self.at(second, RULES, place)
        self.serve(place)

    def inspect(self, trip: Trip, vehicle: int, place: int, way: int) -> Process:
        """One vehicle in a lane; an inspection that has started ends, whatever the hour."""
        slot, people = trip.slots[vehicle], sum(self.list.party[p] for p in trip.aboard[vehicle])
        seconds = sum(
            int(self.draws.inspect_vehicle[r.slot, way, slot])
            + people * int(self.draws.inspect_person[r.slot, way, slot])
            for r in self.rules_at(place, trip.carrier)
        )
        self.note("inspection starts", trip=trip, vehicle=vehicle, place=place)
        yield self.at(self.now + seconds, ARRIVALS, vehicle)
        self.places[place].busy -= 1
        self.note("inspection ends", trip=trip, vehicle=vehicle, place=place)
        self.let_through(trip, vehicle, place)
        self.serve(place)

    def let_through(self, trip: Trip, vehicle: int, place: int) -> None:
        """One vehicle more is through; with the last one the convoy goes on."""
        trip.pending -= 1
        if trip.pending == 0 and trip.through is not None:
            trip.through.succeed()

    def is_turned_back(self, trip: Trip, place: int) -> bool:
        """Whether the checkpoints in force send the convoy home: their chances to pass multiply."""
        passes = 1.0
        for rule in self.rules_at(place, trip.carrier):
            passes *= 1.0 - self.value[rule.turn_back]
        return bool(self.draws.turned[place, trip.slots[trip.lead]] < 1.0 - passes)

    def hand_over(self, trip: Trip) -> None:
        """All hand over when the convoy arrives: evacuated, at this second."""
        trip.handed_over = self.now
        for vehicle, riders in trip.aboard.items():
            for p in riders:
                self.list.hand_over(p, self.now)
                self.note("handed over", p, trip, vehicle)
        self.record_rides(trip)

    def go_home(self, trip: Trip, place: int, reason: str) -> Process:
        """Turned back: home the way it came; the parties take their old places on the list again."""
        trip.turned_back = True
        self.note("turned back", trip=trip, place=place, reason=reason)
        self.record_rides(trip, empty=False)
        yield from self.drive_back(trip, place)

    def drive_back(self, trip: Trip, place: int) -> Process:
        """The way back, through the same lanes; then the vehicles are home."""
        for k in range(place - 1, -1, -1):
            yield from self.drive(trip, leg=k, way=BACK)
            if k == 0:
                break
            yield from self.wait_while_held(trip, k, BACK)
            if self.rules_at(k, trip.carrier):
                yield from self.inspection(trip, k, BACK)
        trip.home = self.now
        self.note("home", trip=trip)
        for vehicle, riders in trip.aboard.items():
            self.at_home[vehicle] = True
            self.look_at[vehicle] = self.now
            for p in riders:
                self.note("listed again", p, trip)
                self.list.join(p, self.now)
        for carrier in self.ready_carriers:
            self.env.process(self.look_again(self.now, carrier))

    # ------------------------------------------------------------------------------------ what it gives

    def record_rides(self, trip: Trip, empty: bool = True) -> None:
        """One row a vehicle: what it carried; handed-over parties are no longer aboard."""
        for vehicle, riders in trip.aboard.items():
            people = sum(self.list.party[p] for p in riders)
            self.rides.append(Ride(trip.number, vehicle, len(riders), people))
        if empty:
            trip.aboard = {vehicle: [] for vehicle in trip.aboard}

    def report(self) -> Outcome:
        """The rows of the run, checked."""
        recorded = {r.convoy for r in self.rides}
        for trip in self.trips:
            if trip.number not in recorded:
                self.record_rides(trip, empty=False)
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
            events=self.events,
        )


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
