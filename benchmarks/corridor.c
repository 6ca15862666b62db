/* The corridor of corridor.yaml in C: the yardstick for the compiled engine.

   The same event calendar: a binary heap ordered by (second, rank, id, sequence); a convoy is a state machine;
   the waiting list is a linked list per priority rank through an array of patients, who are taken off when
   somebody meets them there after their patience has ended; the line at the checkpoint is worked out when a car
   joins it. It knows what the benchmark's scenario has in it and no more, and fills the tables of
   sim/model/outcome.py.

   All room is the caller's, so that a run allocates nothing. The clock never goes back, so what changes in
   time (road, opening hours) is read through a cursor. */

#include <stdint.h>

enum { DAY = 86400, NONE = -1 };
enum { WAITING = 1, IN_TRANSIT, EVACUATED, DIED, WITHDREW };
enum { OPEN, COMPLETE, HOLD, TURN_BACK };
enum { CLOSED = 1, NO_VEHICLE = 5, TOO_FEW, NOBODY_FITS };
enum { ARRIVALS = 3, DEPARTURES = 5 };
enum { OUT, BACK };
enum { TIMETABLE = -1 };
enum { AT_BRIDGE, PASSED, AT_TOWN, RESTED, BACK_AT_BRIDGE, PASSED_BACK, HOME };

#define NEVER ((int64_t)1 << 62)
#define RANKS 8

typedef struct { int64_t second, order, sequence, what; } Event; /* what: a convoy, or TIMETABLE */

typedef struct {
    int64_t ends, listed, boarded, left;
    int32_t next; /* on the list, or in the car */
    int32_t convoy, state, queue, party, stays;
} Patient;

typedef struct { int64_t slot; int32_t home, riders, last_rider, patients, people, room; } Car;

/* Rows as in sim/model/outcome.py. */
typedef struct { int64_t carrier, left, handed_over, home, turned_back, held, inspected; } Convoy;
typedef struct { int64_t convoy, car, patients, people; } Ride;
typedef struct { int64_t patient, start, end; } Spell;
typedef struct { int64_t second, carrier, reason; } Blocked;

typedef struct { int64_t first_ride, rides, lead, phase, since; } Trip;
typedef struct { int64_t start, end, patients; } Cap;

typedef struct {
    int64_t horizon, days, needs, cars, seats, n_queues;
    int64_t n_departures, n_caps, n_road, checkpoint_start, checkpoint_end, lanes, n_opening;
    double chance;
    const int64_t *departures;
    const Cap *caps;
    const int64_t *road_times, *road_levels;
    const int64_t *opening_times, *opening_values; /* 1: open */
    const int64_t *queue_of; /* by class */
} World;

typedef struct {
    int64_t patients, slots;
    const int64_t *referred, *kind, *companions, *withdraws;
    const double *go;
    const int64_t *travel, *rest, *inspect_vehicle, *inspect_person; /* by (leg,) direction, slot */
} Luck;

typedef struct {
    int64_t n_convoys, n_rides, n_spells, n_blocked;
    int8_t *state;
    int64_t *boarded, *left, *convoy; /* by patient, as state */
    Spell *spells; /* by patient, each one's as time went */
    Convoy *convoys;
    Ride *rides;
    Blocked *blocked;
    Patient *patients; /* from here on the run's own */
    Spell *as_they_ended;
    Trip *trips; /* by convoy */
    Car *cars;
    Event *heap; /* one more than cars */
    int64_t *ends; /* of inspections under way: one a lane */
} Tables;

typedef struct {
    const World *w;
    const Luck *l;
    Tables *t;
    int64_t now, events, sequence, next_referral, next_departure;
    int64_t road, opening; /* cursors: changes passed */
    int64_t last_start, under_way;
    int32_t head[RANKS], tail[RANKS];
} Run;

static inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* ------------------------------------------------------------------------------------------- the clock */

static inline int is_before(const Event *a, const Event *b)
{
    if (a->second != b->second) return a->second < b->second;
    if (a->order != b->order) return a->order < b->order;
    return a->sequence < b->sequence;
}

static void push(Run *r, int64_t second, int64_t rank, int64_t id, int64_t what)
{
    Event *heap = r->t->heap, event = {second, rank << 32 | id, r->sequence++, what};
    int64_t k = r->events++;
    while (k > 0 && is_before(&event, &heap[(k - 1) / 2])) {
        heap[k] = heap[(k - 1) / 2];
        k = (k - 1) / 2;
    }
    heap[k] = event;
}

static Event pop(Run *r)
{
    Event *heap = r->t->heap, first = heap[0], last = heap[--r->events];
    int64_t k = 0, down;
    while ((down = 2 * k + 1) < r->events) {
        if (down + 1 < r->events && is_before(&heap[down + 1], &heap[down])) down++;
        if (is_before(&last, &heap[down])) break;
        heap[k] = heap[down];
        k = down;
    }
    heap[k] = last;
    return first;
}

static int64_t road_now(Run *r)
{
    while (r->road < r->w->n_road && r->w->road_times[r->road] <= r->now) r->road++;
    return r->road ? r->w->road_levels[r->road - 1] : OPEN;
}

/* -------------------------------------------------------------------------------------------- the list */

static void link_behind(Run *r, int32_t p, int32_t front)
{
    Patient *patients = r->t->patients;
    int32_t queue = patients[p].queue, *link = front == NONE ? &r->head[queue] : &patients[front].next;
    patients[p].next = *link;
    *link = p;
    if (patients[p].next == NONE) r->tail[queue] = p;
}

/* Take the patient behind another (NONE: the first) off the list; who is behind there then. */
static int32_t take_off(Run *r, int32_t queue, int32_t front)
{
    Patient *patients = r->t->patients;
    int32_t *link = front == NONE ? &r->head[queue] : &patients[front].next;
    *link = patients[*link].next;
    if (*link == NONE) r->tail[queue] = front;
    return *link;
}

static void record_spell(Run *r, int64_t p, int64_t end)
{
    Patient *it = &r->t->patients[p];
    it->stays++;
    r->t->as_they_ended[r->t->n_spells++] = (Spell){p, it->listed, end};
}

static void withdraw(Run *r, int64_t p)
{
    Patient *it = &r->t->patients[p];
    it->state = WITHDREW;
    it->left = larger(it->listed, it->ends);
    record_spell(r, p, it->left);
}

static void refer(Run *r, int64_t second)
{
    const Luck *l = r->l;
    while (r->next_referral < l->patients && l->referred[r->next_referral] <= second) {
        int64_t p = r->next_referral++;
        int64_t queue = r->w->queue_of[l->kind[p]];
        r->t->patients[p] = (Patient){
            .ends = l->withdraws[p], .listed = l->referred[p], .boarded = NONE, .left = NONE, .convoy = NONE,
            .state = WAITING, .queue = (int32_t)queue, .party = (int32_t)(l->companions[p] + 1),
        };
        link_behind(r, (int32_t)p, r->tail[queue]);
    }
}

static void join_again(Run *r, int32_t p)
{
    Patient *patients = r->t->patients, *it = &patients[p];
    it->state = WAITING;
    it->listed = r->now;
    if (it->ends <= r->now) {
        withdraw(r, p);
        return;
    }
    int32_t front = NONE, behind = r->head[it->queue];
    while (behind != NONE && behind < p) {
        front = behind;
        behind = patients[behind].next;
    }
    link_behind(r, p, front);
}

/* How many wait, counted up to `most`. */
static int64_t count_waiting(Run *r, int64_t most)
{
    Patient *patients = r->t->patients;
    int64_t n = 0;
    for (int32_t queue = 0; queue < r->w->n_queues; queue++) {
        int32_t front = NONE, p = r->head[queue];
        while (p != NONE && n < most) {
            if (patients[p].ends <= r->now) {
                withdraw(r, p);
                p = take_off(r, queue, front);
                continue;
            }
            n++;
            front = p;
            p = patients[p].next;
        }
    }
    return n;
}

/* Whoever is still on the list has waited until now; then everybody's row, and the stays by patient. */
static void close_list(Run *r)
{
    Tables *t = r->t;
    int64_t stays = 0;
    refer(r, r->w->horizon - 1);
    for (int64_t p = 0; p < r->l->patients; p++) {
        Patient *it = &t->patients[p];
        if (it->state == WAITING) {
            if (it->ends < r->w->horizon) withdraw(r, p);
            else record_spell(r, p, r->w->horizon);
        }
        t->state[p] = (int8_t)it->state;
        t->boarded[p] = it->boarded;
        t->left[p] = it->left;
        t->convoy[p] = it->convoy;
        stays += it->stays;
        it->stays = (int32_t)stays - it->stays;
    }
    for (int64_t k = 0; k < t->n_spells; k++)
        t->spells[t->patients[t->as_they_ended[k].patient].stays++] = t->as_they_ended[k];
}

/* ------------------------------------------------------------------------------------------ departures */

/* First fit: parties in the order of the list into the cars at home, in order; who does not fit stays. */
static int64_t board(Run *r, const int32_t *home, int64_t n_home)
{
    const World *w = r->w;
    Patient *patients = r->t->patients;
    Car *cars = r->t->cars;
    int64_t most = NEVER, boarded = 0, first = 0;
    int32_t too_many = INT32_MAX; /* so many found no room, so nor will more */
    for (int64_t k = 0; k < w->n_caps; k++)
        if (w->caps[k].start <= r->now && r->now < w->caps[k].end) most = smaller(most, w->caps[k].patients);
    for (int32_t queue = 0; queue < w->n_queues; queue++) {
        int32_t front = NONE, p = r->head[queue];
        while (p != NONE) {
            Patient *it = &patients[p];
            if (boarded >= most || too_many <= 1) return boarded;
            if (it->ends <= r->now) {
                withdraw(r, p);
                p = take_off(r, queue, front);
                continue;
            }
            while (first < n_home && cars[home[first]].room == 0) first++;
            if (first == n_home) return boarded;
            int64_t k = it->party < too_many ? first : n_home;
            while (k < n_home && cars[home[k]].room < it->party) k++;
            if (k == n_home) {
                if (it->party < too_many) too_many = it->party;
                front = p;
                p = it->next;
                continue;
            }
            Car *car = &cars[home[k]];
            int32_t behind = take_off(r, queue, front);
            it->state = IN_TRANSIT;
            it->boarded = r->now;
            it->convoy = (int32_t)r->t->n_convoys;
            record_spell(r, p, r->now);
            it->next = NONE;
            if (car->riders == NONE) car->riders = p;
            else patients[car->last_rider].next = p;
            car->last_rider = p;
            car->room -= it->party;
            car->people += it->party;
            car->patients++;
            boarded++;
            p = behind;
        }
    }
    return boarded;
}

static int64_t slowest(const Run *r, const Trip *trip, const int64_t *seconds)
{
    const Ride *ride = r->t->rides + trip->first_ride;
    int64_t most = 0;
    for (int64_t k = 0; k < trip->rides; k++) most = larger(most, seconds[r->t->cars[ride[k].car].slot]);
    return most;
}

static void drive(Run *r, int64_t convoy, int64_t leg, int64_t way, int64_t phase)
{
    Trip *trip = &r->t->trips[convoy];
    trip->phase = phase;
    trip->since = r->now + slowest(r, trip, r->l->travel + (2 * leg + way) * r->l->slots);
    push(r, trip->since, ARRIVALS, trip->lead, convoy);
}

static int64_t depart(Run *r)
{
    Tables *t = r->t;
    int32_t home[r->w->cars];
    int64_t n_home = 0, convoy = t->n_convoys;
    for (int32_t v = 0; v < r->w->cars; v++)
        if (t->cars[v].home) {
            Car *car = &t->cars[v];
            car->riders = NONE;
            car->people = car->patients = 0;
            car->room = (int32_t)r->w->seats;
            home[n_home++] = v;
        }
    if (n_home == 0) return NO_VEHICLE;
    if (board(r, home, n_home) == 0) return NOBODY_FITS;
    Trip *trip = &t->trips[t->n_convoys++];
    *trip = (Trip){.first_ride = t->n_rides, .lead = NONE};
    for (int64_t k = 0; k < n_home; k++) {
        Car *car = &t->cars[home[k]];
        if (car->patients == 0) continue;
        if (trip->lead == NONE) trip->lead = home[k];
        car->home = 0;
        car->slot = home[k] * r->w->days + r->now / DAY;
        t->rides[t->n_rides++] = (Ride){convoy, home[k], car->patients, car->people};
        trip->rides++;
    }
    t->convoys[convoy] = (Convoy){.left = r->now, .handed_over = NONE, .home = NONE};
    drive(r, convoy, 0, OUT, AT_BRIDGE);
    return 0;
}

static void planned_departure(Run *r)
{
    int64_t refusal;
    if (++r->next_departure < r->w->n_departures)
        push(r, r->w->departures[r->next_departure], DEPARTURES, 0, TIMETABLE);
    refer(r, r->now);
    if (r->l->go[r->now / DAY] >= r->w->chance) return;
    if (road_now(r) != OPEN) refusal = CLOSED;
    else if (count_waiting(r, r->w->needs) < r->w->needs) refusal = TOO_FEW;
    else refusal = depart(r);
    if (refusal) r->t->blocked[r->t->n_blocked++] = (Blocked){r->now, 0, refusal};
}

/* ----------------------------------------------------------------------------------------- on the road */

/* Whether a closure keeps the convoy waiting; it then comes again when the road changes. */
static int is_held(Run *r, int64_t convoy, int64_t strictest)
{
    Trip *trip = &r->t->trips[convoy];
    int64_t state = road_now(r);
    if (state != HOLD && state != strictest) {
        r->t->convoys[convoy].held += r->now - trip->since;
        return 0;
    }
    int64_t change = r->road < r->w->n_road ? r->w->road_times[r->road] : NEVER;
    if (change >= r->w->horizon) r->t->convoys[convoy].held += r->w->horizon - trip->since;
    else push(r, change, ARRIVALS, trip->lead, convoy);
    return 1;
}

/* A car joins the line; the second at which its inspection ends. */
static int64_t join_line(Run *r, const Car *car, int64_t way)
{
    const World *w = r->w;
    int64_t *ends = r->t->ends, at = way * r->l->slots + car->slot;
    int64_t second = larger(r->now, r->last_start);
    while (second < w->checkpoint_end) {
        int64_t n = 0, next = NEVER;
        for (int64_t k = 0; k < r->under_way; k++)
            if (ends[k] > second) {
                next = smaller(next, ends[k]);
                ends[n++] = ends[k];
            }
        r->under_way = n;
        while (r->opening < w->n_opening && w->opening_times[r->opening] <= second) r->opening++;
        if (n < w->lanes && w->opening_values[r->opening - 1]) {
            r->last_start = second;
            second += r->l->inspect_vehicle[at] + car->people * r->l->inspect_person[at];
            return ends[r->under_way++] = second;
        }
        if (r->opening < w->n_opening) next = smaller(next, w->opening_times[r->opening]);
        second = smaller(next, w->checkpoint_end);
    }
    return r->last_start = second;
}

/* Whether the convoy waits at the checkpoint; it then comes again when its last car is through. */
static int is_inspected(Run *r, int64_t convoy, int64_t way, int64_t phase)
{
    Trip *trip = &r->t->trips[convoy];
    int64_t through = r->now;
    trip->phase = phase;
    if (r->now < r->w->checkpoint_start || r->now >= r->w->checkpoint_end) return 0;
    for (int64_t k = trip->first_ride; k < trip->first_ride + trip->rides; k++)
        through = larger(through, join_line(r, &r->t->cars[r->t->rides[k].car], way));
    r->t->convoys[convoy].inspected += smaller(through, r->w->horizon) - r->now;
    if (through > r->now) push(r, through, ARRIVALS, trip->lead, convoy);
    return through > r->now;
}

static void hand_over(Run *r, int64_t convoy)
{
    Tables *t = r->t;
    const Trip *trip = &t->trips[convoy];
    t->convoys[convoy].handed_over = r->now;
    for (int64_t k = trip->first_ride; k < trip->first_ride + trip->rides; k++) {
        Car *car = &t->cars[t->rides[k].car];
        for (int32_t p = car->riders; p != NONE; p = t->patients[p].next) {
            t->patients[p].state = EVACUATED;
            t->patients[p].left = r->now;
        }
        car->riders = NONE;
        car->people = 0;
    }
}

static void come_home(Run *r, int64_t convoy)
{
    Tables *t = r->t;
    const Trip *trip = &t->trips[convoy];
    t->convoys[convoy].home = r->now;
    for (int64_t k = trip->first_ride; k < trip->first_ride + trip->rides; k++) {
        Car *car = &t->cars[t->rides[k].car];
        car->home = 1;
        for (int32_t p = car->riders, next; p != NONE; p = next) {
            next = t->patients[p].next;
            join_again(r, p);
        }
    }
}

/* A convoy goes on from where it is until it must wait. */
static void go_on(Run *r, int64_t convoy)
{
    Trip *trip = &r->t->trips[convoy];
    int64_t rest;
    switch (trip->phase) {
    case AT_BRIDGE:
        if (is_held(r, convoy, HOLD)) return;
        if (road_now(r) == TURN_BACK) {
            r->t->convoys[convoy].turned_back = 1;
            drive(r, convoy, 0, BACK, HOME);
            return;
        }
        if (is_inspected(r, convoy, OUT, PASSED)) return;
        /* fall through */
    case PASSED:
        drive(r, convoy, 1, OUT, AT_TOWN);
        return;
    case AT_TOWN:
        hand_over(r, convoy);
        trip->phase = RESTED;
        rest = slowest(r, trip, r->l->rest);
        if (rest > 0) {
            push(r, r->now + rest, ARRIVALS, trip->lead, convoy);
            return;
        }
        /* fall through */
    case RESTED:
        drive(r, convoy, 1, BACK, BACK_AT_BRIDGE);
        return;
    case BACK_AT_BRIDGE:
        if (is_held(r, convoy, TURN_BACK)) return;
        if (is_inspected(r, convoy, BACK, PASSED_BACK)) return;
        /* fall through */
    case PASSED_BACK:
        drive(r, convoy, 0, BACK, HOME);
        return;
    case HOME:
        come_home(r, convoy);
    }
}

/* One replication of one world, into the tables. */
void run(const World *w, const Luck *l, Tables *t)
{
    Run r = {.w = w, .l = l, .t = t};
    for (int64_t queue = 0; queue < RANKS; queue++) r.head[queue] = r.tail[queue] = NONE;
    for (int64_t v = 0; v < w->cars; v++) t->cars[v] = (Car){.home = 1, .riders = NONE};
    t->n_convoys = t->n_rides = t->n_spells = t->n_blocked = 0;
    if (w->n_departures > 0) push(&r, w->departures[0], DEPARTURES, 0, TIMETABLE);
    while (r.events > 0 && t->heap[0].second < w->horizon) {
        Event event = pop(&r);
        r.now = event.second;
        if (event.what == TIMETABLE) planned_departure(&r);
        else go_on(&r, event.what);
    }
    close_list(&r);
}
