/*
 * place - one place in a task's pipeline and the process that fills it at the moment.
 *
 * A place outlives its processes: it counts restarts and knows the series of failures. Which events
 * lead where is child_state's table; here it is done: fork, Stop, SIGTERM, SIGKILL, pauses.
 */
#pragma once

#include "common/channel.h"
#include "supervisor/child_state.h"
#include "supervisor/host.h"
#include "supervisor/retry.h"

#include <sys/types.h>

enum { PLACE_COUNTERS_MAX = 64, PLACE_COUNTER_NAME_MAX = 48, PLACE_HOST_MAX = 64 };

typedef struct PlaceCounter {
    char name[PLACE_COUNTER_NAME_MAX];
    int64_t value;
} PlaceCounter;

typedef struct Place {
    const char *task; /* its name */
    Walferry__Control__Role role;
    uint32_t number;
    bool external; /* filled by whoever attaches, never by a child of ours */
    bool extra;    /* a transform more than the task has places for: leaves none behind */
    ChildState state;

    pid_t pid; /* of our child; 0: none, or it attached */
    int64_t shown_pid;
    char host[PLACE_HOST_MAX];           /* of one that attached; "": a child's, or none */
    char identity[CHANNEL_IDENTITY_MAX]; /* "" until Hello */
    char endpoint[CHANNEL_ENDPOINT_MAX]; /* "" until Ready */
    bool ready;
    uint64_t ready_epoch; /* loader: of its last takeover */
    int64_t started_ms, heard_ms, ready_ms;
    PlaceCounter counters[PLACE_COUNTERS_MAX];
    size_t counter_count;

    bool vacated; /* a process has left; whoever looks at it clears it and the counters */
    bool ended;   /* reaped; its Fault may still be on the way */
    int wait_status;
    int64_t ended_ms;
    Error fault; /* what the process said before it ended */

    int64_t due_ms;    /* WAITING: the next may begin; STOPPING: be less polite */
    int64_t ask_ms;    /* an attached one that is quiet, or is to end: ask again */
    bool told;         /* that nobody attaches */
    unsigned signals;  /* sent to a process that is to end */
    unsigned restarts; /* of the place, since the supervisor started */
    Retry retry;
    bool failing; /* failed, and not yet at work again */
    Error error;  /* why */

    /* copy: the chunk it works on */
    bool has_grant;
    size_t chunk; /* index into the task's chunks */
    uint64_t attempt;
} Place;

/* What has become of a process that ended by itself. */
typedef enum PlaceFate {
    PLACE_GOES_ON,
    PLACE_GIVES_UP, /* place->error says why: the task has failed */
} PlaceFate;

const char *place_role_name(Walferry__Control__Role role);
const char *place_program_name(Walferry__Control__Role role);

/* Is there a process that takes part? */
bool place_is_running(const Place *place);
/* Is there nothing left of it? */
bool place_is_empty(const Place *place);
/* Does it wait for somebody to attach? */
bool place_is_open(const Place *place, int64_t now_ms);

/* It should (not) be there: starts, or ends, what is needed. */
void place_want(Place *place, Host *host, bool wanted, int64_t now_ms);

/* A process said Hello and fills the place, our child or one that attaches; false: it may not. */
bool place_hello(Place *place, const char *identity, const Walferry__Control__Hello *hello,
                 int64_t now_ms);

void place_heard(Place *place, int64_t now_ms);
void place_note_counters(Place *place, const Walferry__Control__Heartbeat *heartbeat);
int64_t place_counter(const Place *place, const char *name);

/* It does its work: a failure before is over. */
void place_is_at_work(Place *place);
/* More than that: a series of failures is over. */
void place_made_progress(Place *place);

/* Its process was reaped. */
void place_ended(Place *place, int wait_status, int64_t now_ms);

/* Its process told us, before it ends. One that attached counts as ended with it. */
void place_fault(Place *place, const Walferry__Control__Fault *fault, int64_t now_ms);

/* Pauses, silence, ends. */
PlaceFate place_tick(Place *place, Host *host, const RetryLimits *limits, int64_t now_ms);
