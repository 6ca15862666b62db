"""The compiled twin of `simpy_engine`: the same model as an event calendar over tables.

Read the two side by side: functions have the same names and stand in the same order. Where SimPy resumes a
process, the kernel takes an event from a heap and goes on at the convoy's phase: what the reference does in
`wait_while_held`, `go_home` and `drive_back` are phases of `convoy`. Where the reference keeps lists and
dictionaries, here are tables of whole numbers (`tables.py`), their rows linked by number. These are plain
functions; `compiled_engine.py` has them compiled, and tests follow them as they are written.
"""

from __future__ import annotations

from sim.model.draws import BACK, OUT
from sim.model.layout import DAY, NEVER, NONE, WEEK
from sim.model.outcome import (
    ARRIVALS,
    CLOSED,
    DEPARTURES,
    DIED,
    EVACUATED,
    IN_TRANSIT,
    NO_FUEL,
    NO_PERMISSION,
    NO_VEHICLE,
    NOBODY_FITS,
    NOT_REFERRED,
    TOO_FEW,
    WAITING,
    WEEKLY_LIMIT,
    WITHDREW,
)
from sim.model.plan import COMPLETE, HOLD, OPEN, TURN_BACK
from sim.model.road_section import FAR, MILLION, SHUT
from sim.model.tables import (
    CAPS,
    CHECKPOINTS,
    CLEARANCES,
    CONVOY,
    DETERRENTS,
    DONE,
    FUEL,
    FULL,
    LOOK,
    LOOK_AGAIN,
    NO_LYING,
    OWN,
    PERMISSIONS,
    TIMETABLE,
    TOO_MANY_TRIPS,
    Aboard,
    Blocks,
    Clock,
    Clocks,
    Departures,
    Drawn,
    Events,
    Fleet,
    Floats,
    Floats2,
    Group,
    Groups,
    Ints,
    Patient,
    Patients,
    Result,
    Rides,
    Road,
    Rules,
    Segments,
    Spells,
    Steps,
    Traveller,
    Travellers,
    Trip,
    Vehicle,
    Waiting,
    World,
)

LEAVES_OUT, REACHED_OUT, HELD_OUT, THROUGH_OUT, LEAVES_BACK, REACHED_BACK, HELD_BACK, THROUGH_BACK = range(8)
"""Phases of a convoy: what it does when its next event comes."""


# ------------------------------------------------------------------------------------------- the clock


def run(
    w: World,
    drawn: Drawn,
    waiting: Waiting,
    fleet: Fleet,
    road: Road,
    heap: Events,
    clocks: Clocks,
    planned: Departures,
    moments: Ints,
    blocked: Blocks,
    own: Travellers,
    result: Result,
) -> int:
    """Run to the horizon; how it ended (DONE, FULL, TOO_MANY_TRIPS)."""
    clock = clocks[0]
    fill_list(drawn, waiting, clock, w.horizon, w.queues)
    if len(planned) > 0:
        push(clock, heap, planned[0].second, DEPARTURES, planned[0].carrier, TIMETABLE, 0)
    if len(moments) > 0:
        for carrier in range(len(fleet.carriers)):
            if fleet.carriers[carrier].ready:
                push(clock, heap, moments[0], DEPARTURES, carrier, LOOK, 0)
    if len(own) > 0:
        push(clock, heap, own[0].ready, ARRIVALS, len(fleet.vehicles), OWN, 0)
    while clock.events > 0 and clock.ended == DONE:
        second, kind, number, id_ = heap[0].second, heap[0].kind, heap[0].number, heap[0].id
        if second >= w.horizon:
            break
        pop(clock, heap)
        clock.now = second
        if kind == TIMETABLE:
            refusal = planned_departure(w, waiting, fleet, road, clock, heap, id_, planned[number].segment)
            if refusal != 0:
                blocked[clock.blocked].second = second
                blocked[clock.blocked].carrier = id_
                blocked[clock.blocked].reason = refusal
                clock.blocked += 1
            number += 1
            if number < len(planned):
                later = planned[number]
                push(clock, heap, later.second, DEPARTURES, later.carrier, TIMETABLE, number)
        elif kind == CONVOY:
            convoy(w, waiting, fleet, road, clock, heap, road.trips[number])
        elif kind == OWN:
            sets_out = own[number].place == NONE
            own_vehicle(w, road, clock, heap, own[number], len(fleet.carriers), id_, number)
            number += 1
            if sets_out and number < len(own):
                push(clock, heap, own[number].ready, ARRIVALS, id_ + 1, OWN, number)
        else:
            leave_when_ready(w, waiting, fleet, road, clock, heap, id_)
            number += 1
            if kind == LOOK and number < len(moments):
                push(clock, heap, moments[number], DEPARTURES, id_, LOOK, number)
    close_list(waiting, clock, w.horizon)
    write_patients(waiting, result, clock)
    return clock.ended


def push(clock: Clock, heap: Events, second: int, rank: int, id_: int, kind: int, number: int) -> None:
    """Put an event on the heap, in the order (second, rank, id, sequence)."""
    k = clock.events
    if k >= len(heap):
        clock.ended = FULL
        return
    clock.events += 1
    clock.sequence += 1
    while k > 0:
        up = heap[(k - 1) // 2]
        if not is_before(second, rank, id_, up.second, up.rank, up.id):
            break
        heap[k] = up
        k = (k - 1) // 2
    event = heap[k]
    event.second = second
    event.rank = rank
    event.id = id_
    event.sequence = clock.sequence
    event.kind = kind
    event.number = number


def pop(clock: Clock, heap: Events) -> None:
    """Take the first event off the heap."""
    clock.events -= 1
    n, k = clock.events, 0
    last = heap[n]
    while 2 * k + 1 < n:
        down = 2 * k + 1
        if down + 1 < n and comes_before(heap, down + 1, down):
            down += 1
        if comes_before(heap, n, down):
            break
        heap[k] = heap[down]
        k = down
    heap[k] = last


def comes_before(heap: Events, a: int, b: int) -> bool:
    """Whether one event on the heap comes before another."""
    if heap[a].second != heap[b].second:
        return heap[a].second < heap[b].second
    return is_before(heap[a].rank, heap[a].id, heap[a].sequence, heap[b].rank, heap[b].id, heap[b].sequence)


def is_before(a: int, b: int, c: int, x: int, y: int, z: int) -> bool:
    """Whether (a, b, c) comes before (x, y, z)."""
    if a != x:
        return a < x
    if b != y:
        return b < y
    return c < z


def step_at(steps: Steps, groups: Groups, group: int, second: int) -> int:
    """`Steps.at` of one group of steps."""
    last = first_after(steps, groups[group], second) - 1
    if last < groups[group].first:
        return 0
    return steps[last].value


def next_change(steps: Steps, groups: Groups, group: int, second: int) -> int:
    """`Steps.next_change` of one group of steps."""
    following = first_after(steps, groups[group], second)
    if following == groups[group].end:
        return NEVER
    return steps[following].at


def first_after(steps: Steps, group: Group, second: int) -> int:
    """The first step of a group after a second: seldom far from where somebody looked before."""
    k = group.looked_at
    while k < group.end and steps[k].at <= second:
        k += 1
    while k > group.first and steps[k - 1].at > second:
        k -= 1
    group.looked_at = k
    return k


# -------------------------------------------------------------------------------------------- the list


def fill_list(drawn: Drawn, waiting: Waiting, clock: Clock, horizon: int, queues: int) -> None:
    """Everybody's row, nobody referred yet; behind them a row for the head of each queue."""
    clock.patients = len(drawn.referred)
    for p in range(clock.patients):
        patient = waiting.patients[p]
        patient.referred = drawn.referred[p]
        patient.kind = drawn.kind[p]
        patient.queue = drawn.queue_of[drawn.kind[p]]
        patient.party = drawn.companions[p] + 1
        patient.lies = drawn.lying[p]
        patient.ends = min(horizon, min(drawn.dies[p], drawn.withdraws[p]))
        patient.ends_as = WITHDREW
        if drawn.dies[p] <= drawn.withdraws[p]:
            patient.ends_as = DIED
        patient.state = NOT_REFERRED
        patient.boarded = NONE
        patient.left = NONE
        patient.convoy = NONE
        patient.stays = 0
    for queue in range(queues):
        waiting.tail[queue] = clock.patients + queue
        waiting.patients[waiting.tail[queue]].next = NONE


def update_list(clock: Clock, patients: Patients, tail: Ints, second: int) -> None:
    """Bring the list up to a second: referrals up to it join, in order.

    The dead and the withdrawn leave when somebody meets them on the list, at their own second all the same.
    """
    while clock.referred < clock.patients and patients[clock.referred].referred <= second:
        patient = patients[clock.referred]
        patient.state = WAITING
        patient.listed = patient.referred
        link(patients, tail, patient.queue, clock.referred, tail[patient.queue])
        clock.referred += 1


def join(clock: Clock, patients: Patients, tail: Ints, spells: Spells, p: int) -> None:
    """Join the list again, at the old place; leave at once if patience ended on the road."""
    patient = patients[p]
    patient.state = WAITING
    patient.listed = clock.now
    if patient.ends <= clock.now:
        leave(clock, spells, patient, p)
        return
    front = clock.patients + patient.queue
    behind = patients[front].next
    while behind != NONE and behind < p:
        front, behind = behind, patients[behind].next
    link(patients, tail, patient.queue, p, front)


def link(patients: Patients, tail: Ints, queue: int, p: int, front: int) -> None:
    """Put a patient behind another."""
    patients[p].next = patients[front].next
    patients[front].next = p
    if tail[queue] == front:
        tail[queue] = p


def take_off(patients: Patients, tail: Ints, p: int, front: int) -> None:
    """Give up the place on the list, behind `front`."""
    patients[front].next = patients[p].next
    if tail[patients[p].queue] == p:
        tail[patients[p].queue] = front


def leave(clock: Clock, spells: Spells, patient: Patient, p: int) -> None:
    """Die, or withdraw: at that moment, or on coming home if it passed on the road."""
    patient.state = patient.ends_as
    patient.left = max(patient.listed, patient.ends)
    record_spell(clock, spells, patient, p, patient.left)


def record_spell(clock: Clock, spells: Spells, patient: Patient, p: int, end: int) -> None:
    """One stay on the list."""
    if clock.spells >= len(spells):
        clock.ended = FULL
        return
    spell = spells[clock.spells]
    spell.patient = p
    spell.start = patient.listed
    spell.end = end
    clock.spells += 1
    patient.stays += 1


def in_force(rules: Rules, k: int, second: int, carrier: int) -> bool:
    """Whether a rule holds for a carrier at a second."""
    return rules[k].start <= second and second < rules[k].end and (rules[k].carriers >> carrier & 1) == 1


def rules_for(rules: Rules, first_rule: Ints, active: Ints, now: int, carrier: int) -> int:
    """Lists the rules of eligibility in force now, as rows of the rules; how many."""
    n = 0
    for k in range(first_rule[NO_LYING], first_rule[CLEARANCES + 1]):
        if in_force(rules, k, now, carrier):
            active[n] = k
            n += 1
    return n


def is_eligible(w: World, waiting: Waiting, patient: Patient, p: int, rules: int, now: int) -> bool:
    """Whether a patient on the list may board, the first `rules` of the active rules being in force."""
    for k in range(rules):
        number = waiting.active[k]
        rule = w.rules[number]
        if not rule.classes >> patient.kind & 1:
            continue
        if number < w.first_rule[DETERRENTS]:
            if patient.lies:
                return False
        elif number < w.first_rule[CLEARANCES]:
            if waiting.reluctance[p] < w.values[rule.share]:
                return False
        elif waiting.refusal[rule.slot, p] < w.values[rule.refused] or (
            now < max(patient.referred, rule.start) + waiting.lead[rule.slot, p]
        ):
            return False
    return True


def count_eligible(w: World, waiting: Waiting, clock: Clock, carrier: int, most: int) -> int:
    """How many eligible parties wait, counted up to `most`."""
    patients, now = waiting.patients, clock.now
    rules, n = rules_for(w.rules, w.first_rule, waiting.active, now, carrier), 0
    for queue in range(w.queues):
        front = clock.patients + queue
        p = patients[front].next
        while p != NONE and n < most:
            if patients[p].ends <= now:
                take_off(patients, waiting.tail, p, front)
                leave(clock, waiting.spells, patients[p], p)
            else:
                if rules == 0 or is_eligible(w, waiting, patients[p], p, rules, now):
                    n += 1
                front = p
            p = patients[front].next
    return n


def close_list(waiting: Waiting, clock: Clock, horizon: int) -> None:
    """End the run: whoever is still on the list has waited until now, or until patience or life ended."""
    update_list(clock, waiting.patients, waiting.tail, horizon - 1)
    for p in range(clock.patients):
        patient = waiting.patients[p]
        if patient.state == WAITING:
            if patient.ends < horizon:
                leave(clock, waiting.spells, patient, p)
            else:
                record_spell(clock, waiting.spells, patient, p, horizon)


def write_patients(waiting: Waiting, result: Result, clock: Clock) -> None:
    """What became of each patient; and the stays on the list by patient, each one's as time went."""
    stays = 0
    for p in range(clock.patients):
        patient = waiting.patients[p]
        result.state[p] = patient.state
        result.boarded[p] = patient.boarded
        result.left[p] = patient.left
        result.convoy[p] = patient.convoy
        stays += patient.stays
        patient.stays = stays - patient.stays
    for k in range(clock.spells):
        patient = waiting.patients[waiting.spells[k].patient]
        result.by_patient[patient.stays] = waiting.spells[k]
        patient.stays += 1


# ------------------------------------------------------------------------------------------ departures


def planned_departure(
    w: World,
    waiting: Waiting,
    fleet: Fleet,
    road: Road,
    clock: Clock,
    heap: Events,
    carrier: int,
    segment: int,
) -> int:
    """Does the carrier plan to go; does the corridor let it; who and what goes along? Or why not."""
    row, now = w.segments[segment], clock.now
    chance, needs = row.chance, max(1, int(w.values[row.needs]))
    update_list(clock, waiting.patients, waiting.tail, now)
    first, last = w.groups[w.by_list + segment].first, w.groups[w.by_list + segment].end
    if last > first:
        parties = count_eligible(w, waiting, clock, carrier, w.steps[last - 1].at)
        for k in range(first, last):
            if parties >= w.steps[k].at:
                chance = w.steps[k].value
    if fleet.go[carrier, now // DAY] >= w.values[chance]:
        return 0
    refusal = passage(w, fleet, now, carrier)
    if refusal == 0 and count_eligible(w, waiting, clock, carrier, needs) < needs:
        refusal = TOO_FEW
    if refusal == 0:
        at_home = vehicles_home(w.values, fleet, now, carrier)
        refusal = depart(w, waiting, fleet, road, clock, heap, carrier, segment, at_home)
    return refusal


def leave_when_ready(
    w: World, waiting: Waiting, fleet: Fleet, road: Road, clock: Clock, heap: Events, carrier: int
) -> None:
    """The first vehicle at home leaves alone as soon as enough eligible parties wait."""
    now = clock.now
    segment = ready_segment(w.segments, now, carrier)
    if segment == NONE:
        return
    recheck, needs = w.segments[segment].recheck, max(1, int(w.values[w.segments[segment].needs]))
    for v in range(fleet.carriers[carrier].first, fleet.carriers[carrier].last):
        if fleet.vehicles[v].look_at > now or not is_home(w.values, fleet.fit, fleet.vehicles[v], v, now):
            continue
        update_list(clock, waiting.patients, waiting.tail, now)
        free_to_go = (
            step_at(w.steps, w.groups, w.hours + segment, now % DAY) == 1
            and passage(w, fleet, now, carrier) == 0
            and count_eligible(w, waiting, clock, carrier, needs) == needs
        )
        if free_to_go:
            fleet.home[0].vehicle = v
            if depart(w, waiting, fleet, road, clock, heap, carrier, segment, 1) == 0:
                continue
        if recheck > 0:
            fleet.vehicles[v].look_at = now + recheck
            push(clock, heap, now + recheck, DEPARTURES, carrier, LOOK_AGAIN, 0)
        elif not free_to_go:
            return


def ready_segment(segments: Segments, now: int, carrier: int) -> int:
    """The carrier's plan now, if it is one of leaving when ready, else NONE."""
    for k in range(len(segments)):
        row = segments[k]
        if row.carrier == carrier and row.start <= now and now < row.end and row.ready:
            return k
    return NONE


def passage(w: World, fleet: Fleet, now: int, carrier: int) -> int:
    """Why the corridor does not let the carrier go now (a code of REASONS), or 0."""
    if step_at(w.steps, w.groups, carrier * w.last_place, now) != OPEN:
        return CLOSED
    chance, per_week = 1.0, NEVER
    for k in range(w.first_rule[PERMISSIONS], w.first_rule[PERMISSIONS + 1]):
        if in_force(w.rules, k, now, carrier):
            if w.rules[k].chance != NONE:
                chance *= w.values[w.rules[k].chance]
            per_week = smaller(w.values, per_week, w.rules[k].per_week)
    if fleet.permission[carrier, now // DAY] >= chance:
        return NO_PERMISSION
    row = fleet.carriers[carrier]
    if row.week != now // WEEK:
        row.week = now // WEEK
        row.left = 0
        row.litres = 0
    if row.left >= per_week:
        return WEEKLY_LIMIT
    return 0


def smaller(values: Floats, cap: int, index: int) -> int:
    """The smaller of a cap and the value at an index, if there is one."""
    if index == NONE:
        return cap
    return min(cap, int(values[index]))


def vehicles_home(values: Floats, fleet: Fleet, now: int, carrier: int) -> int:
    """Lists the carrier's vehicles that are at home and fit, in order; how many."""
    n = 0
    for v in range(fleet.carriers[carrier].first, fleet.carriers[carrier].last):
        if is_home(values, fleet.fit, fleet.vehicles[v], v, now):
            fleet.home[n].vehicle = v
            n += 1
    return n


def is_home(values: Floats, fit: Floats2, vehicle: Vehicle, v: int, now: int) -> bool:
    """Whether a vehicle is at home, there at all, and fit today."""
    if not vehicle.at_home or now < vehicle.start or now >= vehicle.end:
        return False
    share = values[vehicle.availability]
    return share == 1.0 or fit[v, now // DAY] < share


def depart(
    w: World,
    waiting: Waiting,
    fleet: Fleet,
    road: Road,
    clock: Clock,
    heap: Events,
    carrier: int,
    segment: int,
    at_home: int,
) -> int:
    """Board what the convoy may carry and send it off; why it cannot (a code of REASONS), or 0.

    The vehicles that may go are the first `at_home` of those listed as at home.
    """
    row, now = w.segments[segment], clock.now
    patients, people, most, escort = NEVER, NEVER, min(at_home, row.vehicles), row.escort
    for k in range(w.first_rule[CAPS], w.first_rule[CAPS + 1]):
        if in_force(w.rules, k, now, carrier):
            patients = smaller(w.values, patients, w.rules[k].patients)
            people = smaller(w.values, people, w.rules[k].people)
            most = smaller(w.values, most, w.rules[k].vehicles)
    allowance, per_trip = NEVER, 0
    for k in range(w.first_rule[FUEL], w.first_rule[FUEL + 1]):
        if in_force(w.rules, k, now, carrier):
            allowance = min(allowance, int(w.values[w.rules[k].per_week]))
            per_trip = max(per_trip, max(1, int(w.values[w.rules[k].per_trip])))
    fuelled = most
    if per_trip > 0:
        fuelled = min(most, max(0, allowance - fleet.carriers[carrier].litres) // per_trip)
    if most - escort < 1:
        return NO_VEHICLE
    if fuelled - escort < 1:
        return NO_FUEL
    if clock.trips >= len(road.trips) or clock.rides + at_home > len(road.rides):
        clock.ended = FULL
        return 0
    trip = road.trips[clock.trips]
    trip.riders = NONE
    if board(w, waiting, fleet, clock, trip, carrier, fuelled - escort, patients, people) == 0:
        return NOBODY_FITS
    trip.first = clock.rides
    for k in range(at_home):
        aboard = fleet.home[k]
        vehicle = fleet.vehicles[aboard.vehicle]
        if k >= fuelled - row.escort or aboard.patients == 0:
            if escort == 0 or vehicle.lying_only:
                continue
            escort -= 1
            aboard.patients = 0
            aboard.people = 0
        vehicle.at_home = 0
        ride = road.rides[clock.rides]
        ride.convoy = clock.trips
        ride.vehicle = aboard.vehicle
        ride.patients = aboard.patients
        ride.people = aboard.people
        ride.slot = slot(clock, vehicle, fleet.carriers[carrier].trips_a_day, w.days, now // DAY)
        clock.rides += 1
    trip.last = clock.rides
    trip.carrier = carrier
    trip.left = now
    trip.handed_over = NONE
    trip.home = NONE
    trip.turned_back = 0
    trip.held = 0
    trip.inspected = 0
    trip.lead = road.rides[trip.first].vehicle
    trip.phase = LEAVES_OUT
    trip.place = 0
    fleet.carriers[carrier].left += 1
    fleet.carriers[carrier].litres += per_trip * (trip.last - trip.first)
    push(clock, heap, now, 0, 0, CONVOY, clock.trips)
    clock.trips += 1
    return 0


def board(
    w: World,
    waiting: Waiting,
    fleet: Fleet,
    clock: Clock,
    trip: Trip,
    carrier: int,
    vehicles: int,
    patients: int,
    people: int,
) -> int:
    """First fit: parties in list order into the first vehicles at home; how many parties boarded.

    They leave the list at once: whoever boards makes the convoy go.
    """
    table, home, now = waiting.patients, fleet.home, clock.now
    first, lying, too_many, boarded = 0, 0, NEVER, 0
    rules = rules_for(w.rules, w.first_rule, waiting.active, now, carrier)
    for k in range(vehicles):
        vehicle = fleet.vehicles[home[k].vehicle]
        home[k].sit = vehicle.seats
        home[k].lie = vehicle.lying
        home[k].lying_only = vehicle.lying_only
        home[k].patients = 0
        home[k].people = 0
        lying += vehicle.lying
    for queue in range(w.queues):
        front = clock.patients + queue
        p = table[front].next
        while p != NONE and patients > 0 and people > 0 and (too_many > 1 or lying > 0):
            if table[p].ends <= now:
                take_off(table, waiting.tail, p, front)
                leave(clock, waiting.spells, table[p], p)
                p = table[front].next
                continue
            party, lies, k = table[p].party, table[p].lies, vehicles
            sits = party - lies
            if (
                party <= people
                and (lies or sits < too_many)
                and (rules == 0 or is_eligible(w, waiting, table[p], p, rules, now))
            ):
                while first < vehicles and is_full(home[first]):
                    first += 1
                k = first
                while k < vehicles and not has_room(home[k], sits, lies):
                    k += 1
                if k == vehicles and not lies:
                    too_many = sits
            if k == vehicles:
                front = p
            else:
                aboard = home[k]
                aboard.sit -= sits
                aboard.lie -= lies
                aboard.patients += 1
                aboard.people += party
                lying -= lies
                patients -= 1
                people -= party
                boarded += 1
                take_off(table, waiting.tail, p, front)
                table[p].state = IN_TRANSIT
                table[p].boarded = now
                table[p].convoy = clock.trips
                table[p].rider = trip.riders
                trip.riders = p
                record_spell(clock, waiting.spells, table[p], p, now)
            p = table[front].next
    return boarded


def is_full(aboard: Aboard) -> bool:
    """Whether a vehicle that is being boarded has no room left."""
    return aboard.sit + aboard.lie == 0


def has_room(aboard: Aboard, sits: int, lies: int) -> bool:
    """Whether a vehicle that is being boarded has room for so many who sit and who lie."""
    return aboard.sit >= sits and aboard.lie >= lies and (lies == 1 or aboard.lying_only == 0)


def slot(clock: Clock, vehicle: Vehicle, trips_a_day: int, days: int, day: int) -> int:
    """Where this trip's draws are: the vehicle's nth departure of the day."""
    if vehicle.day != day:
        vehicle.day = day
        vehicle.trips = 0
    if vehicle.trips >= trips_a_day:
        clock.ended = TOO_MANY_TRIPS
        return 0
    vehicle.trips += 1
    return vehicle.first_slot + (vehicle.trips - 1) * days + day


# ------------------------------------------------------------------------------------------ on the road


def convoy(
    w: World, waiting: Waiting, fleet: Fleet, road: Road, clock: Clock, heap: Events, trip: Trip
) -> None:
    """Out, handover, rest, and back; or home at once when turned back. Goes on until it must wait."""
    now, seconds = clock.now, 0
    while seconds == 0:
        place, phase = trip.place, trip.phase
        group = trip.carrier * w.last_place + place
        if phase == LEAVES_OUT:
            trip.phase = REACHED_OUT
            trip.place = place + 1
            admitted = now
            for k in range(trip.first, trip.last):
                admitted = max(admitted, let_on(w, road, clock, place, road.rides[k].vehicle))
            seconds = admitted - now + slowest(road.rides, trip, road.travel[place, OUT])
        elif phase == REACHED_OUT and place == w.last_place:
            hand_over(waiting.patients, trip, now)
            trip.phase = LEAVES_BACK
            seconds = slowest(road.rides, trip, road.rest)
        elif phase == LEAVES_BACK:
            trip.phase = REACHED_BACK
            trip.place = place - 1
            seconds = slowest(road.rides, trip, road.travel[place - 1, BACK])
        elif phase == REACHED_BACK and place == 0:
            come_home(waiting, fleet, road.rides, clock, heap, trip)
            return
        elif phase == REACHED_OUT or phase == REACHED_BACK:  # noqa: SIM109 (dear to compile)
            trip.phase = phase + 1
            trip.since = now
        elif phase == THROUGH_OUT:
            trip.phase = LEAVES_OUT
            if is_turned_back(w, road.turned, trip, road.rides[trip.first].slot, now):
                trip.turned_back = 1
                trip.phase = LEAVES_BACK
        elif phase == THROUGH_BACK:
            trip.phase = LEAVES_BACK
        else:
            state, out = step_at(w.steps, w.groups, group, now), phase == HELD_OUT
            if state == HOLD or (state == TURN_BACK and not out and not trip.turned_back):
                seconds = next_change(w.steps, w.groups, group, now) - now
                if now + seconds >= w.horizon:
                    trip.held += w.horizon - trip.since
                    return
                continue
            trip.held += now - trip.since
            trip.phase = phase - 2
            if state == TURN_BACK and out:
                trip.turned_back = 1
                trip.phase = LEAVES_BACK
            elif has_rule(w.rules, w.first_rule, place, now, trip.carrier):
                trip.phase = phase + 1
                seconds = inspection(w, road, now, trip, place, phase // 4) - now
                trip.inspected += min(seconds, w.horizon - now)
    push(clock, heap, now + seconds, ARRIVALS, trip.lead, CONVOY, road.rides[trip.first].convoy)


def slowest(rides: Rides, trip: Trip, of_slot: Ints) -> int:
    """What the slowest vehicle of the convoy takes, of seconds by slot."""
    most = 0
    for k in range(trip.first, trip.last):
        most = max(most, of_slot[rides[k].slot])
    return most


def has_rule(rules: Rules, first_rule: Ints, place: int, second: int, carrier: int) -> bool:
    """Whether a checkpoint stands at a place for a carrier."""
    for k in range(first_rule[CHECKPOINTS], first_rule[CHECKPOINTS + 1]):
        if rules[k].place == place and in_force(rules, k, second, carrier):
            return True
    return False


def inspection(w: World, road: Road, now: int, trip: Trip, place: int, way: int) -> int:
    """Every vehicle joins the line and is inspected; the second at which the last one is through."""
    through = now
    for k in range(trip.first, trip.last):
        people = road.rides[k].people
        if trip.handed_over != NONE:
            people = 0
        slot = road.rides[k].slot
        through = max(through, join_line(w, road, trip.carrier, slot, now, people, place, way))
    return through


def join_line(
    w: World, road: Road, carrier: int, slot: int, now: int, people: int, place: int, way: int
) -> int:
    """A vehicle joins the line (`CheckpointLine.join`); the second at which its inspection ends."""
    line, ends = road.places[place], road.ends[place]
    second = max(now, line.last_start)
    while second < NEVER:
        lanes, mine, seconds = NEVER, 0, 0
        for k in range(w.first_rule[CHECKPOINTS], w.first_rule[CHECKPOINTS + 1]):
            rule = w.rules[k]
            if rule.place == place and rule.start <= second and second < rule.end:
                lanes = min(lanes, rule.lanes)
                if rule.carriers >> carrier & 1:
                    mine += 1
                    seconds += road.inspect_vehicle[rule.slot, way, slot]
                    seconds += people * road.inspect_person[rule.slot, way, slot]
        if mine == 0:
            break
        under_way, soonest = 0, next_change(w.steps, w.groups, w.changes + place, second)
        for k in range(line.n):
            if ends[k] > second:
                ends[under_way] = ends[k]
                soonest = min(soonest, ends[k])
                under_way += 1
        line.n = under_way
        if under_way < lanes and step_at(w.steps, w.groups, w.opening + place, second):
            ends[under_way] = second + seconds
            line.n += 1
            line.last_start = second
            return second + seconds
        second = soonest
    line.last_start = second
    return second


def is_turned_back(w: World, turned: Floats2, trip: Trip, slot_of_lead: int, now: int) -> bool:
    """Whether the checkpoints in force send the convoy home: their chances to pass multiply."""
    passes = 1.0
    for k in range(w.first_rule[CHECKPOINTS], w.first_rule[CHECKPOINTS + 1]):
        if w.rules[k].place == trip.place and in_force(w.rules, k, now, trip.carrier):
            passes *= 1.0 - w.values[w.rules[k].turn_back]
    return turned[trip.place, slot_of_lead] < 1.0 - passes


def hand_over(patients: Patients, trip: Trip, now: int) -> None:
    """All hand over when the convoy arrives: evacuated, at this second."""
    trip.handed_over = now
    p = trip.riders
    while p != NONE:
        patients[p].state = EVACUATED
        patients[p].left = now
        p = patients[p].rider


def come_home(waiting: Waiting, fleet: Fleet, rides: Rides, clock: Clock, heap: Events, trip: Trip) -> None:
    """Vehicles are home; parties that were turned back take their old places on the list again."""
    trip.home = clock.now
    for k in range(trip.first, trip.last):
        fleet.vehicles[rides[k].vehicle].at_home = 1
        fleet.vehicles[rides[k].vehicle].look_at = clock.now
    p = trip.riders
    while p != NONE and trip.turned_back:
        behind = waiting.patients[p].rider
        join(clock, waiting.patients, waiting.tail, waiting.spells, p)
        p = behind
    for carrier in range(len(fleet.carriers)):
        if fleet.carriers[carrier].ready:
            push(clock, heap, clock.now, DEPARTURES, carrier, LOOK_AGAIN, 0)


# -------------------------------------------------------------------------------- own vehicles, and sections


def own_vehicle(
    w: World, road: Road, clock: Clock, heap: Events, own: Traveller, carriers: int, vehicle: int, number: int
) -> None:
    """Out and away: it needs no seat and does not come back. Where a closure stops it, it waits."""
    own.place = max(own.place, 0)
    now, place, group, slot = clock.now, own.place, carriers + own.group, w.own_slots + number
    here, next_ = group * w.last_place + place, clock.now
    if own.through == 0:
        state = step_at(w.steps, w.groups, here, now)
        if state > COMPLETE or (place == 0 and state == COMPLETE):
            next_ = next_change(w.steps, w.groups, here, now)
        else:
            own.through = 1
            if place > 0 and has_rule(w.rules, w.first_rule, place, now, group):
                next_ = join_line(w, road, group, slot, now, own.people, place, OUT)
    if next_ == now:
        own.place = place + 1
        own.through = 0
        next_ = let_on(w, road, clock, place, vehicle) + road.travel[place, OUT, slot]
        if own.place == w.last_place:
            if next_ < w.horizon:
                own.arrived = next_
            return
    push(clock, heap, next_, ARRIVALS, vehicle, OWN, number)


def let_on(w: World, road: Road, clock: Clock, leg: int, vehicle: int) -> int:
    """The second at which a vehicle is let onto a leg (`RoadSection.join`)."""
    now, group = clock.now, w.capacity + leg
    if w.groups[group].first == w.groups[group].end:
        return now
    section = road.sections[leg]
    at = max(now * MILLION, section.free)
    second = at // MILLION
    headway = road.headways[step_at(w.steps, w.groups, group, second)]
    while headway == SHUT and second < FAR:
        second = min(FAR, next_change(w.steps, w.groups, group, second))
        at = second * MILLION
        headway = road.headways[step_at(w.steps, w.groups, group, second)]
    section.free = min(at + max(0, headway), FAR * MILLION)
    second = (at + MILLION - 1) // MILLION
    admission = road.admissions[clock.admissions]
    admission.leg = leg
    admission.vehicle = vehicle
    admission.joined = now
    admission.admitted = second
    if second >= w.horizon:
        admission.admitted = NONE
    clock.admissions += 1
    return second
