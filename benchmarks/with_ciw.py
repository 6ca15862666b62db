"""The corridor of corridor.yaml in Ciw: a network of nodes through which patients and cars go.

Patients arrive at a node without servers, ordered by priority class, and renege when patience ends. Cars are
individuals too: they go round depot, road, checkpoint (a node with a server schedule), gathering, town and
back. Service times are distributions that look at the individual. Where Ciw has no words for it, its
extension points are used: node classes of our own for boarding (a batch of patients whose size depends on
their parties and on the cars at home), for the place where a convoy waits for its last car, and for handing
over.

It takes its luck from the same draws as the other contenders. Ciw decides between nodes with events at the
same date at random; so departures are half a second after their hour, after all else in that second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ciw
import numpy as np
from case import Case
from numpy.typing import NDArray

from sim.model.draws import BACK, OUT
from sim.model.layout import DAY, NEVER, NONE

NODES = (
    "waiting", "depot", "to the bridge", "checkpoint", "gathering", "to the town", "town",
    "back to the bridge", "closed", "home",
)  # fmt: skip
NODE = {name: number for number, name in enumerate(NODES, start=1)}
EXIT = -1
FOREVER = float("inf")


@dataclass(eq=False)
class Convoy:
    """Cars on one round trip."""

    day: int
    cars: list[ciw.Individual]
    way: int = OUT


class Seconds(ciw.dists.Distribution):
    """A service time, patience or the like that depends on the individual and the date."""

    def __init__(self, of: Callable[[ciw.Individual, int], float]) -> None:
        self.of = of

    def sample(self, t: float | None = None, ind: Any = None) -> float:
        """As many seconds as from the whole second: departures are half a second late."""
        second = int(t or 0)
        seconds: float = self.of(ind, second) - ((t or 0) - second)
        return max(0.0, seconds)


# -------------------------------------------------------------------------------------- how long, and whither


def drive(leg: int, way: int) -> Callable[[ciw.Individual, int], float]:
    """The convoy drives together: as long as its slowest car takes."""

    def seconds(car: ciw.Individual, second: int) -> float:
        travel = car.simulation.case.travel[leg][way]
        return max(travel[other.number][car.convoy.day] for other in car.convoy.cars)

    return seconds


def rest(car: ciw.Individual, second: int) -> float:
    """At the far end, together as well."""
    return max(car.simulation.case.rest[other.number][car.convoy.day] for other in car.convoy.cars)


def inspection(car: ciw.Individual, second: int) -> float:
    """Of the car and of each person in it."""
    case, convoy = car.simulation.case, car.convoy
    people = sum(patient.people for patient in car.riders)
    each = case.per_person[convoy.way][car.number][convoy.day]
    return case.inspection[convoy.way][car.number][convoy.day] + people * each


def until_let_back(car: ciw.Individual, second: int) -> float:
    """While a closure turns back, nobody comes back through it either."""
    return max((end - second for end in car.simulation.case.turned_until(second)), default=0)


def no_end(car: ciw.Individual, second: int) -> float:
    """Until somebody says so."""
    return FOREVER


def patience(patient: ciw.Individual, second: int) -> float:
    """What is left of it."""
    return patient.patience_ends - second


class Onwards(ciw.routing.NodeRouting):
    """A router that asks a function for the next node."""

    def __init__(self, to: Callable[[ciw.Individual, int], int]) -> None:
        self.to = to

    def next_node(self, ind: ciw.Individual) -> Any:
        """The node on from here."""
        number = self.to(ind, int(self.simulation.current_time))
        return self.simulation.nodes[number]


def through_checkpoint(car: ciw.Individual, second: int) -> int:
    """To the checkpoint, if there is one by now, else past it."""
    checkpoint = car.simulation.case.checkpoint
    if checkpoint is not None and second >= checkpoint[0]:
        return NODE["checkpoint"]
    return past_checkpoint(car, second)


def past_checkpoint(car: ciw.Individual, second: int) -> int:
    """On to the town, or home."""
    return NODE["to the town" if car.convoy.way == OUT else "home"]


def from_bridge(car: ciw.Individual, second: int) -> int:
    """Turned back by a closure, or on."""
    if car.simulation.case.turned_until(second):
        return NODE["home"]
    return through_checkpoint(car, second)


def always(name: str) -> Callable[[ciw.Individual, int], int]:
    """The same node for everybody."""
    return lambda ind, second: NODE[name]


# -------------------------------------------------------------------------------------------------- the nodes


class InOrder(ciw.Node):
    """Cars that finish at the same date go on in the order of their numbers."""

    def decide_between_simultaneous_individuals(self) -> ciw.Individual:
        """The first, not one at random."""
        return min(self.next_individual, key=lambda car: car.number)


class Waiting(ciw.Node):
    """The list: patients renege; a departure boards those who fit and sends cars off."""

    def accept(self, next_individual: ciw.Individual, completed: bool = False) -> None:
        """A new patient is told who he is; one who was turned back takes the old place."""
        patient, queue = next_individual, self.individuals[next_individual.priority_class]
        is_new = not hasattr(patient, "number")
        if is_new:
            self.simulation.introduce(patient)
        super().accept(patient, completed)
        if not is_new:
            queue.sort(key=lambda other: other.number)

    def update_next_event_date(self) -> None:
        """The next reneging or departure."""
        super().update_next_event_date()
        departure = self.simulation.next_departure()
        if departure < self.next_event_date:
            self.next_event_date, self.next_event_type = departure, "departure"

    def have_event(self) -> None:
        """A departure is an event of our own."""
        if self.next_event_type == "departure":
            self.departure()
        else:
            super().have_event()

    def departure(self) -> None:
        """The carrier leaves when the road is open and enough parties wait."""
        simulation, case, second = self.simulation, self.simulation.case, int(self.now)
        simulation.departures_made += 1
        home = sorted(simulation.nodes[NODE["depot"]].all_individuals, key=lambda car: car.number)
        if case.is_closed(second) or not home or self.number_of_individuals < case.least:
            return
        for car in home:
            car.free = case.seats
        self.board(home)
        cars = [car for car in home if car.riders]
        convoy = Convoy(second // DAY, cars)
        for car in cars:
            car.convoy = convoy
            car.service_end_date = self.now

    def board(self, cars: list[ciw.Individual]) -> None:
        """First fit: parties in the order of the list into cars in order; who does not fit stays."""
        places = self.simulation.case.places(int(self.now))
        for patient in self.all_individuals:
            if places == 0 or not any(car.free for car in cars):
                break
            car = next((car for car in cars if car.free >= patient.people), None)
            if car is not None:
                car.free -= patient.people
                places -= 1
                car.riders.append(patient)
                self.take_off(patient)

    def take_off(self, patient: ciw.Individual) -> None:
        """As Ciw's own node does when an individual reneges; a record is written by nobody."""
        self.individuals[patient.priority_class].remove(patient)
        self.number_of_individuals -= 1
        self.reset_individual_attributes(patient)


class Depot(InOrder):
    """Cars stand here; whoever they bring back is on the list again."""

    def accept(self, next_individual: ciw.Individual, completed: bool = False) -> None:
        """A car is home."""
        if not hasattr(next_individual, "number"):
            next_individual.number, next_individual.riders = self.number_of_individuals, []
        super().accept(next_individual, completed)
        for patient in next_individual.riders:
            self.simulation.nodes[NODE["waiting"]].accept(patient)
        next_individual.riders = []


class Gathering(InOrder):
    """A convoy waits for its last car."""

    def accept(self, next_individual: ciw.Individual, completed: bool = False) -> None:
        """With the last one, all may go on."""
        super().accept(next_individual, completed)
        cars = next_individual.convoy.cars
        if all(car.node == self.id_number for car in cars):
            for car in cars:
                car.service_end_date = self.now


class Town(InOrder):
    """The far end: all are handed over at once, and leave the system."""

    def accept(self, next_individual: ciw.Individual, completed: bool = False) -> None:
        """A car has arrived."""
        super().accept(next_individual, completed)
        next_individual.convoy.way = BACK
        for patient in next_individual.riders:
            patient.handed_over = int(self.now)
            self.simulation.nodes[EXIT].accept(patient)
        next_individual.riders = []


# --------------------------------------------------------------------------------------------- the simulation


class Calendar:
    """A case as the nodes ask for it."""

    def __init__(self, case: Case) -> None:
        self.__dict__.update(vars(case))
        self.ranks = sorted({rank for _, rank, _, _ in case.patients})
        self.of_rank = {rank: [k for k, p in enumerate(case.patients) if p[1] == rank] for rank in self.ranks}

    def is_closed(self, second: int) -> bool:
        """Whether nobody may set out."""
        return any(start <= second < end for start, end, _ in self.closures)

    def turned_until(self, second: int) -> list[int]:
        """When the closures that turn back at this second end."""
        return [end for start, end, turns in self.closures if turns and start <= second < end]

    def places(self, second: int) -> int:
        """Most patients in a convoy."""
        return min((most for start, end, most in self.caps if start <= second < end), default=NEVER)


def network(case: Calendar) -> ciw.network.Network:
    """Nodes, arrivals by class, how long each stay lasts and where it leads."""
    classes = {f"rank {rank}": case.of_rank[rank] for rank in case.ranks}
    arrivals: dict[str, list[Any]] = {}
    for name, patients in classes.items():
        referred = [0, *(case.patients[k][0] for k in patients)]
        gaps = [float(gap) for gap in np.diff(referred)]
        arrivals[name] = [ciw.dists.Sequential([*gaps, FOREVER]), *[None] * (len(NODES) - 1)]
    to_depot = ciw.dists.Sequential([0.0] * case.cars + [FOREVER])
    arrivals["car"] = [None, to_depot, *[None] * (len(NODES) - 2)]
    stays = [
        Seconds(no_end), Seconds(no_end), Seconds(drive(0, OUT)), Seconds(inspection), Seconds(no_end),
        Seconds(drive(1, OUT)), Seconds(rest), Seconds(drive(1, BACK)), Seconds(until_let_back),
        Seconds(drive(0, BACK)),
    ]  # fmt: skip
    routing = ciw.routing.NetworkRouting([
        ciw.routing.Leave(), Onwards(always("to the bridge")), Onwards(from_bridge),
        Onwards(always("gathering")), Onwards(past_checkpoint), Onwards(always("town")),
        Onwards(always("back to the bridge")), Onwards(always("closed")),
        Onwards(through_checkpoint), Onwards(always("depot")),
    ])  # fmt: skip
    impatient: list[Any] = [Seconds(patience), *[None] * (len(NODES) - 1)]
    servers: list[Any] = [FOREVER] * len(NODES)
    servers[NODE["waiting"] - 1] = 0
    servers[NODE["checkpoint"] - 1] = lanes(case)
    names = [*classes, "car"]
    return ciw.create_network(
        arrival_distributions=arrivals,
        service_distributions=dict.fromkeys(names, stays),
        reneging_time_distributions=dict.fromkeys(classes, impatient) | {"car": [None] * len(NODES)},
        routing=dict.fromkeys(names, routing),
        number_of_servers=servers,
        priority_classes={name: k for k, name in enumerate(names)},
    )


def lanes(case: Calendar) -> Any:
    """A server schedule: nobody serves at night; an inspection that has started ends."""
    if case.checkpoint is None:
        return 1
    _, capacity, nights = case.checkpoint
    ends = [end for night in nights for end in night]
    numbers = [capacity, *[0, capacity] * len(nights)]
    return ciw.Schedule(numbers_of_servers=numbers, shift_end_dates=[*ends, 2 * case.horizon])


class Corridor(ciw.Simulation):
    """Ciw's simulation, which knows the case."""

    def __init__(self, case: Case) -> None:
        self.case = Calendar(case)
        self.departures_made = 0
        self.introduced = dict.fromkeys(self.case.ranks, 0)
        kinds: list[Any] = [InOrder] * len(NODES)
        for name, kind in (("waiting", Waiting), ("depot", Depot), ("gathering", Gathering), ("town", Town)):
            kinds[NODE[name] - 1] = kind
        super().__init__(network(self.case), node_class=kinds)

    def next_departure(self) -> float:
        """Half a second after the hour."""
        if self.departures_made < len(self.case.departures):
            return self.case.departures[self.departures_made] + 0.5
        return FOREVER

    def introduce(self, patient: ciw.Individual) -> None:
        """Give the nth patient of a rank his number, party and patience."""
        rank = self.case.ranks[patient.priority_class]
        patient.number = self.case.of_rank[rank][self.introduced[rank]]
        self.introduced[rank] += 1
        _, _, patient.people, patient.patience_ends = self.case.patients[patient.number]


def run(case: Case) -> NDArray[np.int64]:
    """Run one replication; second of each patient's handover, NONE for those not evacuated."""
    corridor = Corridor(case)
    corridor.simulate_until_max_time(case.horizon)
    seconds = np.full(len(case.patients), NONE)
    for patient in corridor.nodes[EXIT].all_individuals:
        seconds[patient.number] = getattr(patient, "handed_over", NONE)
    return seconds
