"""The corridor of corridor.yaml as a SimPy textbook would write it: everything that acts is a process.

A patient is a process that waits for a place in a car or until patience ends (``yield boarded | patience``,
as in SimPy's bank_renege example). Cars are items of a store, the checkpoint is a priority resource whose
lane the night takes first, closures and departures are processes. It knows what the benchmark's scenario
has in it and no more, and takes its luck from the same draws as the other contenders.

Two things happen in one second in the order in which they were scheduled, as always in SimPy; only
departures wait for the others, so that whoever is referred at the hour of departure may go along.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from operator import attrgetter

import simpy
from case import Case

from sim.model.draws import BACK, OUT
from sim.model.layout import DAY, NEVER, NONE

WAITING, ON_THE_ROAD, EVACUATED, WITHDREW = "waiting", "on the road", "evacuated", "withdrew"


class Patient:
    """Waits for a place in a convoy, rides, and is evacuated; or withdraws."""

    def __init__(self, corridor: Corridor, number: int, rank: int, people: int, patience_ends: int) -> None:
        self.corridor = corridor
        self.env = corridor.env
        self.place = (rank, self.env.now, number)
        self.people = people
        self.patience_ends = patience_ends
        self.state = WAITING
        self.left_at = NONE
        self.boarded = self.env.event()
        self.env.process(self.evacuation())

    def evacuation(self) -> Iterator[simpy.Event]:
        """Wait and ride until handed over; a convoy that is turned back brings its patients back."""
        patience = self.env.timeout(max(0, self.patience_ends - self.env.now))
        while self.state != EVACUATED:
            insort(self.corridor.waiting, self, key=attrgetter("place"))
            yield self.boarded | patience
            if not self.boarded.triggered:
                self.corridor.waiting.remove(self)
                self.state, self.left_at = WITHDREW, self.env.now
                return
            self.state = ON_THE_ROAD
            convoy = self.boarded.value
            arrived = yield convoy.ends
            self.boarded = self.env.event()
            self.state, self.left_at = (EVACUATED, self.env.now) if arrived else (WAITING, NONE)


class Convoy:
    """Cars and their parties on one round trip."""

    def __init__(self, corridor: Corridor, aboard: dict[int, list[Patient]]) -> None:
        self.corridor = corridor
        self.env = corridor.env
        self.day = self.env.now // DAY
        self.people = {car: sum(patient.people for patient in riders) for car, riders in aboard.items()}
        self.ends = self.env.event()
        """For the patients: True at the handover, False back home when the convoy was turned back."""
        for riders in aboard.values():
            for patient in riders:
                patient.boarded.succeed(self)
        self.env.process(self.round_trip())

    def round_trip(self) -> Iterator[simpy.Event]:
        """Out through the checkpoint, handover, rest, and back."""
        corridor, case = self.corridor, self.corridor.case
        yield self.drive(0, OUT)
        if not corridor.turns_back:
            yield self.pass_checkpoint(OUT)
            yield self.drive(1, OUT)
            self.ends.succeed(True)
            self.people = dict.fromkeys(self.people, 0)
            yield self.env.timeout(max(case.rest[car][self.day] for car in self.people))
            yield self.drive(1, BACK)
            while corridor.turns_back:
                yield corridor.reopened
            yield self.pass_checkpoint(BACK)
        yield self.drive(0, BACK)
        if not self.ends.triggered:
            self.ends.succeed(False)
        for car in self.people:
            yield corridor.cars.put(car)

    def drive(self, leg: int, way: int) -> simpy.Event:
        """The convoy drives together: as long as its slowest car takes."""
        travel = self.corridor.case.travel[leg][way]
        return self.env.timeout(max(travel[car][self.day] for car in self.people))

    def pass_checkpoint(self, way: int) -> simpy.Event:
        """The convoy goes on when its last car has been inspected."""
        if self.corridor.case.checkpoint is None or self.env.now < self.corridor.case.checkpoint[0]:
            return self.env.timeout(0)
        return self.env.all_of([self.env.process(self.inspection(car, way)) for car in self.people])

    def inspection(self, car: int, way: int) -> Iterator[simpy.Event]:
        """One car queues for a lane and is inspected."""
        case = self.corridor.case
        with self.corridor.lanes.request(priority=1) as lane:
            yield lane
            each = case.per_person[way][car][self.day]
            yield self.env.timeout(case.inspection[way][car][self.day] + self.people[car] * each)


class Corridor:
    """The waiting list, the cars, the road and the checkpoint."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.env = simpy.Environment()
        self.patients: list[Patient] = []
        self.waiting: list[Patient] = []
        """By rank, time of referral and number."""
        self.cars = simpy.PriorityStore(self.env)
        self.cars.items = list(range(case.cars))
        self.is_open = True
        self.turns_back = False
        self.reopened = self.env.event()
        self.env.process(self.referrals())
        self.env.process(self.departures())
        for closure in case.closures:
            self.env.process(self.closure(*closure))
        if case.checkpoint is not None:
            _, capacity, nights = case.checkpoint
            self.lanes = simpy.PriorityResource(self.env, capacity)
            for _ in range(capacity):
                self.env.process(self.nights(nights))

    def referrals(self) -> Iterator[simpy.Event]:
        """Patients are referred one after the other."""
        for number, (referred, rank, people, patience_ends) in enumerate(self.case.patients):
            if referred > self.env.now:
                yield self.env.timeout(referred - self.env.now)
            self.patients.append(Patient(self, number, rank, people, patience_ends))

    def closure(self, start: int, end: int, turns_back: bool) -> Iterator[simpy.Event]:
        """The road is closed for a time."""
        yield self.env.timeout(start)
        self.is_open, self.turns_back = False, turns_back
        yield self.env.timeout(end - start)
        self.is_open, self.turns_back = True, False
        self.reopened.succeed()
        self.reopened = self.env.event()

    def nights(self, nights: list[tuple[int, int]]) -> Iterator[simpy.Event]:
        """The night takes a lane before anybody who queues: an inspection that has started ends."""
        for closes, opens in nights:
            yield self.env.timeout(closes - self.env.now)
            with self.lanes.request(priority=0) as lane:
                yield lane
                yield self.env.timeout(opens - self.env.now)

    def departures(self) -> Iterator[simpy.Event]:
        """The carrier leaves when the road is open and enough parties wait."""
        for second in self.case.departures:
            yield self.env.timeout(second - self.env.now)
            yield self.env.timeout(0)  # after all else that happens in this second
            if self.is_open and self.cars.items and len(self.waiting) >= self.case.least:
                cars = []
                for _ in range(len(self.cars.items)):
                    cars.append((yield self.cars.get()))
                aboard = self.board(cars)
                for car in cars:
                    if car not in aboard:
                        yield self.cars.put(car)
                if aboard:
                    Convoy(self, aboard)

    def board(self, cars: list[int]) -> dict[int, list[Patient]]:
        """First fit: parties in the order of the list into cars in order; who does not fit stays."""
        now = self.env.now
        places = min((most for start, end, most in self.case.caps if start <= now < end), default=NEVER)
        free = dict.fromkeys(cars, self.case.seats)
        aboard: dict[int, list[Patient]] = {}
        for patient in list(self.waiting):
            if places == 0 or not any(free.values()):
                break
            car = next((car for car in cars if free[car] >= patient.people), None)
            if car is not None:
                free[car] -= patient.people
                places -= 1
                aboard.setdefault(car, []).append(patient)
                self.waiting.remove(patient)
        return dict(sorted(aboard.items()))


def run(case: Case) -> list[Patient]:
    """Run one replication; the patients, with what became of them."""
    corridor = Corridor(case)
    corridor.env.run(until=case.horizon)
    return corridor.patients
