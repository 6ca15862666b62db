"""The corridor of corridor.yaml in salabim: everything that acts is a component.

A patient enters the list and holds until patience ends; a convoy that takes the patient along activates it
first, as the clerk does in salabim's bank with reneging. The road is a state, the lanes of the checkpoint a
resource that the night requests before anybody who queues, cars wait in a queue. It takes its luck from the
same draws as the other contenders. Departures have a later priority within their second, so that whoever is
referred at the hour of departure may go along.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import salabim as sim
from case import Case

from sim.model.draws import BACK, OUT
from sim.model.layout import DAY, NEVER, NONE

LAST = 1
"""Priority of what comes after all else that happens in its second."""
A_RANK = 10**9
"""Places on the list that one priority rank takes up."""

WAITING, ON_THE_ROAD, EVACUATED, WITHDREW = "waiting", "on the road", "evacuated", "withdrew"


class Patient(sim.Component):
    """Waits for a place in a convoy, rides, and is evacuated; or withdraws."""

    def setup(self, corridor: Corridor, number: int, rank: int, people: int, patience_ends: int) -> None:
        self.corridor = corridor
        self.rank_and_number = rank * A_RANK + number
        self.people = people
        self.patience_ends = patience_ends
        self.state, self.left_at = WAITING, NONE
        self.arrived = False

    def process(self) -> Iterator[Any]:
        """Wait and ride until handed over; a convoy that is turned back brings its patients back."""
        while not self.arrived:
            self.state = WAITING
            self.enter_sorted(self.corridor.waiting, self.rank_and_number)
            yield self.hold(till=max(self.patience_ends, self.env.now()))
            if self in self.corridor.waiting:
                self.leave(self.corridor.waiting)
                self.state, self.left_at = WITHDREW, int(self.env.now())
                return
            self.state = ON_THE_ROAD
            yield self.passivate()
        self.state, self.left_at = EVACUATED, int(self.env.now())


class Car(sim.Component):
    """Stands at home, drives with its convoy, and is inspected."""

    def setup(self, number: int) -> None:
        self.number = number
        self.free = 0
        self.riders: list[Patient] = []


class Inspection(sim.Component):
    """One car queues for a lane and is inspected."""

    def setup(self, convoy: Convoy, seconds: int) -> None:
        self.convoy, self.seconds = convoy, seconds

    def process(self) -> Iterator[Any]:
        """The convoy goes on after its last car."""
        lanes = self.convoy.corridor.lanes
        yield self.request((lanes, 1, 1))
        yield self.hold(self.seconds)
        self.release(lanes)
        self.convoy.inspections -= 1
        if self.convoy.inspections == 0:
            self.convoy.activate()


class Convoy(sim.Component):
    """Cars and their parties on one round trip."""

    def setup(self, corridor: Corridor, cars: list[Car]) -> None:
        self.corridor, self.cars = corridor, cars
        self.day = int(self.env.now()) // DAY
        self.inspections = 0

    def process(self) -> Iterator[Any]:
        """Out through the checkpoint, handover, rest, and back."""
        corridor, case = self.corridor, self.corridor.case
        yield self.hold(self.drive(0, OUT))
        if not corridor.turns_back():
            if self.queues_at_checkpoint(OUT):
                yield self.passivate()
            yield self.hold(self.drive(1, OUT))
            self.let_off(arrived=True)
            yield self.hold(max(case.rest[car.number][self.day] for car in self.cars))
            yield self.hold(self.drive(1, BACK))
            yield self.wait((corridor.turns_back, False))
            if self.queues_at_checkpoint(BACK):
                yield self.passivate()
        yield self.hold(self.drive(0, BACK))
        self.let_off(arrived=False)
        for car in self.cars:
            car.enter_sorted(corridor.home, car.number)

    def drive(self, leg: int, way: int) -> int:
        """The convoy drives together: as long as its slowest car takes."""
        travel = self.corridor.case.travel[leg][way]
        return max(travel[car.number][self.day] for car in self.cars)

    def queues_at_checkpoint(self, way: int) -> bool:
        """Whether there is a checkpoint; every car then queues for a lane."""
        case = self.corridor.case
        if case.checkpoint is None or self.env.now() < case.checkpoint[0]:
            return False
        self.inspections = len(self.cars)
        for car in self.cars:
            people = sum(patient.people for patient in car.riders)
            each = case.per_person[way][car.number][self.day]
            seconds = case.inspection[way][car.number][self.day] + people * each
            Inspection(convoy=self, seconds=seconds)
        return True

    def let_off(self, arrived: bool) -> None:
        """Hand over at the far end, or bring back home whoever is still aboard."""
        for car in self.cars:
            for patient in car.riders:
                patient.arrived = arrived
                patient.activate()
            car.riders = []


class Referrals(sim.Component):
    """Patients are referred one after the other."""

    def setup(self, corridor: Corridor) -> None:
        self.corridor = corridor

    def process(self) -> Iterator[Any]:
        """Each at the second of referral."""
        for number, (referred, rank, people, patience_ends) in enumerate(self.corridor.case.patients):
            yield self.hold(till=referred)
            patient = Patient(
                corridor=self.corridor, number=number, rank=rank, people=people, patience_ends=patience_ends
            )
            self.corridor.patients.append(patient)


class Closure(sim.Component):
    """The road is closed for a time."""

    def setup(self, corridor: Corridor, start: int, end: int, turns_back: bool) -> None:
        self.corridor, self.start, self.end, self.turning = corridor, start, end, turns_back

    def process(self) -> Iterator[Any]:
        """Shut, and open again."""
        yield self.hold(till=self.start)
        self.corridor.is_open.set(False)
        self.corridor.turns_back.set(self.turning)
        yield self.hold(till=self.end)
        self.corridor.is_open.set(True)
        self.corridor.turns_back.set(False)


class Nights(sim.Component):
    """The night takes a lane before anybody who queues: an inspection that has started ends."""

    def setup(self, corridor: Corridor, nights: list[tuple[int, int]]) -> None:
        self.corridor, self.nights = corridor, nights

    def process(self) -> Iterator[Any]:
        """One night after the other."""
        lanes = self.corridor.lanes
        for closes, opens in self.nights:
            yield self.hold(till=closes)
            yield self.request((lanes, 1, 0))
            yield self.hold(till=opens)
            self.release(lanes)


class Departures(sim.Component):
    """The carrier leaves when the road is open and enough parties wait."""

    def setup(self, corridor: Corridor) -> None:
        self.corridor = corridor

    def process(self) -> Iterator[Any]:
        """Every day on which the carrier means to go."""
        corridor = self.corridor
        for second in corridor.case.departures:
            yield self.hold(till=second, priority=LAST)
            if corridor.is_open() and len(corridor.waiting) >= corridor.case.least:
                cars = self.board()
                for car in cars:
                    car.leave(corridor.home)
                if cars:
                    Convoy(corridor=corridor, cars=cars)

    def board(self) -> list[Car]:
        """First fit: parties in the order of the list into cars in order; who does not fit stays."""
        corridor, now = self.corridor, self.env.now()
        places = min((most for start, end, most in corridor.case.caps if start <= now < end), default=NEVER)
        cars = list(corridor.home)
        for car in cars:
            car.free = corridor.case.seats
        for patient in list(corridor.waiting):
            if places == 0 or not any(car.free for car in cars):
                break
            car = next((car for car in cars if car.free >= patient.people), None)
            if car is not None:
                car.free -= patient.people
                places -= 1
                car.riders.append(patient)
                patient.leave(corridor.waiting)
                patient.activate()
        return [car for car in cars if car.riders]


class Corridor:
    """The waiting list, the cars, the road and the checkpoint."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.env = sim.Environment(yieldless=False)
        self.patients: list[Patient] = []
        self.waiting = sim.Queue("waiting")
        self.home = sim.Queue("home")
        for number in range(case.cars):
            Car(number=number, process=None).enter_sorted(self.home, number)
        self.is_open = sim.State("is open", value=True)
        self.turns_back = sim.State("turns back", value=False)
        Referrals(corridor=self)
        Departures(corridor=self)
        for start, end, turns_back in case.closures:
            Closure(corridor=self, start=start, end=end, turns_back=turns_back)
        if case.checkpoint is not None:
            _, capacity, nights = case.checkpoint
            self.lanes = sim.Resource("lanes", capacity=capacity)
            for _ in range(capacity):
                Nights(corridor=self, nights=nights)


def run(case: Case) -> list[Patient]:
    """Run one replication; the patients, with what became of them."""
    corridor = Corridor(case)
    corridor.env.run(till=case.horizon, priority=-1)
    return corridor.patients
