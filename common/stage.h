/*
 * stage - what every stage process does the same way: arguments, log, signals, the control socket,
 * heartbeats, and the end.
 *
 * A stage is crash-only: it mends nothing by itself. When something fails it says Fault to the
 * supervisor and ends with the error's exit status; the supervisor starts the next one after a
 * pause. A child ends when its parent dies.
 *
 * A stage that somebody else started attaches: it waits until the supervisor has a place for it.
 * When it loses that place or the supervisor was restarted, it ends with EX_TEMPFAIL, so that
 * whoever started it may do so again; one that holds nothing (transform) goes on.
 *
 *     walferry-transform --supervisor ENDPOINT --task NAME
 */
#pragma once

#include "common/channel.h"
#include "common/error.h"
#include "control.pb-c.h"

typedef struct Stage Stage;

/*
 * A control message other than Assignment, Stop and what the stage answers itself. May be called
 * from within any stage_wait(), so it only notes what it heard.
 */
typedef void StageControl(void *self, const Walferry__Control__ControlMessage *message);

/* Adds this stage's counters to a heartbeat; calls stage_counter() for each. */
typedef void StageCounters(void *self, Stage *stage);

typedef struct StageHandlers {
    StageControl *control;
    StageCounters *counters;
    void *self;
} StageHandlers;

/*
 * Parses the arguments (also --help, --version, --failpoints, which end the process), opens the
 * log, dials the supervisor, says Hello and waits for the Assignment (for ever, as long as the
 * supervisor answers that there is no place yet), which stays valid until
 * stage_close. False with err->kind NONE: not wanted, or asked to stop meanwhile. *out is set in
 * any case, so that stage_finish() can report the failure.
 */
NODISCARD bool stage_open(Stage **out, Walferry__Control__Role role, int argc, char **argv,
                          Error *err);
void stage_close(Stage **stage);

/* Before the first stage_wait(), or what the supervisor says until then is lost. */
void stage_handle(Stage *stage, StageHandlers handlers);

const Walferry__Control__Assignment *stage_assignment(const Stage *stage);
const char *stage_identity(const Stage *stage);

/* An endpoint of its own for this process to listen on: ipc://DATA_DIR/IDENTITY. */
const char *stage_endpoint(const Stage *stage);

/* Queues one control message; it is copied. Never blocks. */
void stage_say(Stage *stage, const Walferry__Control__ControlMessage *message);

/* In a counters handler. The name is kept until the heartbeat is sent. */
void stage_counter(Stage *stage, const char *name, int64_t value);

/*
 * The one place where a stage waits: until an item is ready or timeout_ms are over, serving the
 * control socket, heartbeats and signals meanwhile. Pass timeout 0 to serve them between two pieces
 * of work. With another timeout it also returns when a control message was handed on. False with
 * err->kind NONE: asked to stop. False otherwise: it failed.
 */
NODISCARD bool stage_wait(Stage *stage, WaitItem *items, size_t count, int timeout_ms, Error *err);

/* True once Stop(drain) was heard: finish what is under way. */
bool stage_draining(const Stage *stage);

/*
 * Reports *err (none if its kind is NONE) as log line and Fault, and lets the last words leave, for
 * a second at most; nothing can be said after it. Gives main()'s exit status.
 */
int stage_finish(Stage *stage, const Error *err);
