/*
 * child_state - the life of one place in the pipeline (capture, the second loader, ...) as the
 * supervisor sees it, whichever process fills it at the moment.
 *
 * Pure: child_step() says what follows; the caller forks, signals and keeps the clock.
 */
#pragma once

#include "common/compiler.h"
#include <stdbool.h>

typedef enum ChildState {
    CHILD_STOPPED,
    CHILD_STARTING, /* forked, has not said Hello */
    CHILD_RUNNING,
    CHILD_STOPPING, /* was asked to end */
    CHILD_WAITING,  /* for a pause after an end, or for somebody to attach */
    CHILD_STATE_COUNT,
} ChildState;

typedef enum ChildEvent {
    CHILD_EVENT_START,  /* the place is wanted */
    CHILD_EVENT_EXPECT, /* it is wanted, and somebody else starts its process */
    CHILD_EVENT_STOP,   /* it is not */
    CHILD_EVENT_HELLO,  /* the process that fills it was heard from */
    CHILD_EVENT_ATTACH, /* a process that somebody else started asks for it */
    CHILD_EVENT_SILENT, /* nothing heard for too long */
    CHILD_EVENT_EXIT,   /* the process has ended */
    CHILD_EVENT_DUE,    /* the pause is over, or it ends too slowly */
    CHILD_EVENT_COUNT,
} ChildEvent;

typedef enum ChildAction {
    CHILD_DO_NOTHING,
    CHILD_DO_SPAWN,
    CHILD_DO_ASK,     /* say Stop to it */
    CHILD_DO_SIGNAL,  /* it hears no message (yet), or does not obey: SIGTERM, then SIGKILL */
    CHILD_DO_REPLACE, /* SIGTERM, later SIGKILL, to the silent one; a successor at once */
    CHILD_DO_PAUSE,   /* find out why it ended and when to start the next */
} ChildAction;

/* False, and nothing changed, when the event makes no sense in this state. */
NODISCARD bool child_step(ChildState *state, ChildEvent event, ChildAction *action);

const char *child_state_name(ChildState state);
