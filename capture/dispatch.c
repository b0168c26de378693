#include "capture/dispatch.h"

#include "common/change.h"
#include "common/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { AGAIN_FIRST_MS = 2000, AGAIN_MOST_MS = 30000, DOUBT_MOST_MS = 60000, NOBODY = -1 };

/* A row of hundreds of megabytes is on its way for long: sent twice, it would take twice the
 * memory. */
enum { BYTES_PER_MS = 10 * 1000 };

enum { FLIGHTS_MAX = DISPATCH_WORKERS * DISPATCH_CAPACITY_MAX };

typedef struct Worker {
    char identity[CHANNEL_IDENTITY_MAX]; /* "": the place is free */
    uint32_t capacity;
    uint32_t in_flight;
    bool blocked;
    int doubt_ms; /* how long it was left out last; 0: what it had was taken since then */
    int64_t doubt_until_ms;
} Worker;

/* A batch that was sent and is not taken by every lane. */
typedef struct Flight {
    uint64_t sequence;
    int worker; /* or NOBODY: it left */
    int wait_ms;
    int64_t due_ms;
} Flight;

struct Dispatch {
    uint32_t lanes;
    uint64_t next_of_lane[DISPATCH_LANES];
    uint64_t cursor; /* the next one to send for the first time, or again after a rewind */
    uint64_t high;   /* behind the highest that was ever sent */
    int turn;        /* whose it is among workers with as much room */
    Worker workers[DISPATCH_WORKERS];
    Flight flights[FLIGHTS_MAX]; /* by sequence */
    int flight_count;
};

void dispatch_open(Dispatch **out)
{
    *out = MEM_NEW(Dispatch);
    dispatch_start(*out, 1);
}

void dispatch_close(Dispatch **dispatch)
{
    mem_free(dispatch);
    *dispatch = NULL;
}

void dispatch_start(Dispatch *dispatch, uint32_t lanes)
{
    dispatch->lanes = lanes;
    dispatch->cursor = dispatch->high = 1;
    dispatch->flight_count = 0;
    for (uint32_t lane = 0; lane < lanes; lane++)
        dispatch->next_of_lane[lane] = 1;
    for (int i = 0; i < DISPATCH_WORKERS; i++)
        dispatch->workers[i].in_flight = 0;
}

static int find_worker(const Dispatch *dispatch, const char *identity)
{
    for (int i = 0; i < DISPATCH_WORKERS; i++) {
        if (strcmp(dispatch->workers[i].identity, identity) == 0)
            return i;
    }
    return NOBODY;
}

void dispatch_credit(Dispatch *dispatch, const char *worker, uint32_t capacity)
{
    int at = find_worker(dispatch, worker);

    if (at == NOBODY)
        at = find_worker(dispatch, "");
    if (at == NOBODY)
        return; /* more workers than places: it gets nothing */

    Worker *place = &dispatch->workers[at];
    snprintf(place->identity, sizeof place->identity, "%s", worker);
    place->capacity = capacity < DISPATCH_CAPACITY_MAX ? capacity : DISPATCH_CAPACITY_MAX;
    place->blocked = false;
}

static void remove_worker(Dispatch *dispatch, int at)
{
    dispatch->workers[at] = (Worker){0};
    for (int i = 0; i < dispatch->flight_count; i++) {
        if (dispatch->flights[i].worker == at)
            dispatch->flights[i].worker = NOBODY;
    }
}

void dispatch_left(Dispatch *dispatch, const char *worker)
{
    int at = find_worker(dispatch, worker);

    if (at != NOBODY && worker[0])
        remove_worker(dispatch, at);
}

void dispatch_keep(Dispatch *dispatch, bool (*stays)(const void *self, const char *worker),
                   const void *self)
{
    for (int i = 0; i < DISPATCH_WORKERS; i++) {
        const char *identity = dispatch->workers[i].identity;

        if (identity[0] && !stays(self, identity))
            remove_worker(dispatch, i);
    }
}

uint64_t dispatch_lowest(const Dispatch *dispatch)
{
    uint64_t lowest = dispatch->next_of_lane[0];

    for (uint32_t lane = 1; lane < dispatch->lanes; lane++) {
        if (dispatch->next_of_lane[lane] < lowest)
            lowest = dispatch->next_of_lane[lane];
    }
    return lowest;
}

static void leave_worker(Dispatch *dispatch, const Flight *flight)
{
    if (flight->worker != NOBODY)
        dispatch->workers[flight->worker].in_flight--;
}

static void land(Dispatch *dispatch, const Flight *flight)
{
    leave_worker(dispatch, flight);
    if (flight->worker != NOBODY)
        dispatch->workers[flight->worker].doubt_ms = 0;
}

void dispatch_taken(Dispatch *dispatch, uint32_t lane, uint64_t next)
{
    if (lane >= dispatch->lanes || next <= dispatch->next_of_lane[lane] || next > dispatch->high)
        return;
    dispatch->next_of_lane[lane] = next;

    uint64_t lowest = dispatch_lowest(dispatch);
    int landed = 0;
    while (landed < dispatch->flight_count && dispatch->flights[landed].sequence < lowest)
        land(dispatch, &dispatch->flights[landed++]);
    dispatch->flight_count -= landed;
    memmove(dispatch->flights, dispatch->flights + landed,
            (size_t)dispatch->flight_count * sizeof(Flight));
    if (dispatch->cursor < lowest)
        dispatch->cursor = lowest;
}

void dispatch_rewind(Dispatch *dispatch, uint32_t lane, uint64_t next)
{
    if (lane >= dispatch->lanes)
        return;
    dispatch->next_of_lane[lane] = next;
    if (next >= dispatch->cursor)
        return;
    dispatch->cursor = next;
    /* What is under way from there on may have gone to the loader that died. */
    while (dispatch->flight_count > 0 &&
           dispatch->flights[dispatch->flight_count - 1].sequence >= next)
        leave_worker(dispatch, &dispatch->flights[--dispatch->flight_count]);
}

static uint32_t room_of(const Worker *worker)
{
    if (!worker->identity[0] || worker->blocked || worker->in_flight >= worker->capacity)
        return 0;
    return worker->capacity - worker->in_flight;
}

/* Lately a batch it had was not taken in time; and nothing has been taken from it since. */
static bool is_doubted(const Worker *worker, int64_t now_ms)
{
    return worker->doubt_ms && now_ms < worker->doubt_until_ms;
}

static bool has_undoubted(const Dispatch *dispatch, int64_t now_ms)
{
    for (int i = 0; i < DISPATCH_WORKERS; i++) {
        if (dispatch->workers[i].identity[0] && !is_doubted(&dispatch->workers[i], now_ms))
            return true;
    }
    return false;
}

/* The worker with most room, of those that are not doubted if there are such. */
static int roomiest(const Dispatch *dispatch, int64_t now_ms)
{
    bool choosy = has_undoubted(dispatch, now_ms);
    int best = NOBODY;
    uint32_t most = 0;

    for (int i = 0; i < DISPATCH_WORKERS; i++) {
        int at = (dispatch->turn + i) % DISPATCH_WORKERS;
        const Worker *worker = &dispatch->workers[at];
        uint32_t room = room_of(worker);

        if (room > most && !(choosy && is_doubted(worker, now_ms))) {
            best = at;
            most = room;
        }
    }
    return best;
}

/*
 * A repetition goes to the least busy one of the others, whatever their credit: they may be full of
 * what waits for just this batch. With nobody else it goes to the same one again.
 */
static int worker_for_again(const Dispatch *dispatch, int before, int64_t now_ms)
{
    int best = before;

    if (best != NOBODY && dispatch->workers[best].blocked)
        best = NOBODY;
    for (int i = 0; i < DISPATCH_WORKERS; i++) {
        const Worker *worker = &dispatch->workers[i];

        if (i == before || !worker->identity[0] || worker->blocked)
            continue;
        if (best == NOBODY || best == before ||
            is_doubted(worker, now_ms) < is_doubted(&dispatch->workers[best], now_ms) ||
            (is_doubted(worker, now_ms) == is_doubted(&dispatch->workers[best], now_ms) &&
             worker->in_flight < dispatch->workers[best].in_flight))
            best = i;
    }
    return best;
}

static int32_t only_lane(const Dispatch *dispatch, uint64_t sequence)
{
    int32_t lacking = LANE_ALL;
    int count = 0;

    for (uint32_t lane = 0; lane < dispatch->lanes; lane++) {
        if (dispatch->next_of_lane[lane] <= sequence) {
            lacking = (int32_t)lane;
            count++;
        }
    }
    return count == 1 && dispatch->lanes > 1 ? lacking : LANE_ALL;
}

static bool propose_again(const Dispatch *dispatch, int64_t now_ms, DispatchSend *out)
{
    for (int i = 0; i < dispatch->flight_count; i++) {
        const Flight *flight = &dispatch->flights[i];
        int worker;

        if (flight->worker != NOBODY && flight->due_ms > now_ms)
            continue;
        worker = worker_for_again(dispatch, flight->worker, now_ms);
        if (worker == NOBODY)
            continue;
        *out = (DispatchSend){.sequence = flight->sequence,
                              .only_lane = only_lane(dispatch, flight->sequence),
                              .again = true,
                              .worker = worker,
                              .flight = i};
        return true;
    }
    return false;
}

bool dispatch_next(const Dispatch *dispatch, uint64_t behind, int64_t now_ms, DispatchSend *out)
{
    if (propose_again(dispatch, now_ms, out))
        return true;

    int worker = roomiest(dispatch, now_ms);
    if (worker == NOBODY || dispatch->cursor >= behind || dispatch->flight_count == FLIGHTS_MAX)
        return false;
    *out = (DispatchSend){.sequence = dispatch->cursor,
                          .only_lane = only_lane(dispatch, dispatch->cursor),
                          .again = dispatch->cursor < dispatch->high,
                          .worker = worker,
                          .flight = -1};
    return true;
}

const char *dispatch_worker(const Dispatch *dispatch, int worker)
{
    return dispatch->workers[worker].identity;
}

/* It may swallow what it gets: for a time that grows others are preferred. */
static void doubt(Worker *worker, int64_t now_ms)
{
    int longer = worker->doubt_ms ? worker->doubt_ms * 2 : AGAIN_FIRST_MS;

    worker->doubt_ms = longer < DOUBT_MOST_MS ? longer : DOUBT_MOST_MS;
    worker->doubt_until_ms = now_ms + worker->doubt_ms;
}

void dispatch_sent(Dispatch *dispatch, const DispatchSend *send, size_t bytes, int64_t now_ms)
{
    Flight *flight;

    if (send->flight >= 0) {
        flight = &dispatch->flights[send->flight];
        if (flight->worker != NOBODY && flight->worker != send->worker)
            doubt(&dispatch->workers[flight->worker], now_ms);
        leave_worker(dispatch, flight);
        flight->wait_ms = flight->wait_ms * 2 < AGAIN_MOST_MS ? flight->wait_ms * 2 : AGAIN_MOST_MS;
    } else {
        flight = &dispatch->flights[dispatch->flight_count++];
        *flight = (Flight){.sequence = send->sequence, .wait_ms = AGAIN_FIRST_MS};
        dispatch->cursor = send->sequence + 1;
        if (dispatch->high < dispatch->cursor)
            dispatch->high = dispatch->cursor;
    }
    dispatch->turn = send->worker + 1;
    flight->worker = send->worker;
    flight->due_ms = now_ms + flight->wait_ms + (int64_t)(bytes / BYTES_PER_MS);
    dispatch->workers[send->worker].in_flight++;
}

void dispatch_refused(Dispatch *dispatch, const DispatchSend *send)
{
    dispatch->workers[send->worker].blocked = true;
}

uint64_t dispatch_cursor(const Dispatch *dispatch)
{
    return dispatch->cursor;
}

uint32_t dispatch_in_flight(const Dispatch *dispatch)
{
    return (uint32_t)dispatch->flight_count;
}

uint32_t dispatch_workers(const Dispatch *dispatch)
{
    uint32_t count = 0;

    for (int i = 0; i < DISPATCH_WORKERS; i++)
        count += dispatch->workers[i].identity[0] != '\0';
    return count;
}

uint32_t dispatch_room(const Dispatch *dispatch)
{
    uint32_t room = 0;

    for (int i = 0; i < DISPATCH_WORKERS; i++)
        room += room_of(&dispatch->workers[i]);
    return room;
}

int dispatch_timeout_ms(const Dispatch *dispatch, int64_t now_ms)
{
    int64_t first = INT64_MAX;

    if (dispatch_workers(dispatch) == 0)
        return -1;
    for (int i = 0; i < dispatch->flight_count; i++) {
        const Flight *flight = &dispatch->flights[i];

        /* One that is due already waits for room, which comes with a message. */
        if (flight->due_ms > now_ms && flight->due_ms < first)
            first = flight->due_ms;
    }
    return first == INT64_MAX ? -1 : (int)(first - now_ms);
}
