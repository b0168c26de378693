#include "supervisor/child_state.h"

typedef struct Transition {
    bool allowed;
    ChildState next;
    ChildAction action;
} Transition;

/*
 * A row reads: in this state, when that happens, go there and do this. What is not listed is not
 * allowed. A process that was asked to end stays STOPPING until its end is reaped, so that its
 * place is never filled twice; a silent one gives its place away at once, because fencing at the
 * destination makes the zombie harmless.
 */
/* clang-format off */
#define TO(state, action) {true, CHILD_##state, CHILD_DO_##action}

static const Transition TRANSITIONS[CHILD_STATE_COUNT][CHILD_EVENT_COUNT] = {
    [CHILD_STOPPED] = {
        [CHILD_EVENT_START]  = TO(STARTING, SPAWN),
        [CHILD_EVENT_EXPECT] = TO(WAITING,  NOTHING),
        [CHILD_EVENT_STOP]   = TO(STOPPED,  NOTHING),
    },
    [CHILD_STARTING] = {
        [CHILD_EVENT_START]  = TO(STARTING, NOTHING),
        [CHILD_EVENT_HELLO]  = TO(RUNNING,  NOTHING),
        [CHILD_EVENT_SILENT] = TO(STARTING, REPLACE),
        [CHILD_EVENT_STOP]   = TO(STOPPING, SIGNAL),
        [CHILD_EVENT_EXIT]   = TO(WAITING,  PAUSE),
    },
    [CHILD_RUNNING] = {
        [CHILD_EVENT_START]  = TO(RUNNING,  NOTHING),
        [CHILD_EVENT_HELLO]  = TO(RUNNING,  NOTHING),
        [CHILD_EVENT_SILENT] = TO(STARTING, REPLACE),
        [CHILD_EVENT_STOP]   = TO(STOPPING, ASK),
        [CHILD_EVENT_EXIT]   = TO(WAITING,  PAUSE),
    },
    [CHILD_STOPPING] = {
        [CHILD_EVENT_START]  = TO(STOPPING, NOTHING),
        [CHILD_EVENT_HELLO]  = TO(STOPPING, ASK),
        [CHILD_EVENT_SILENT] = TO(STOPPING, NOTHING),
        [CHILD_EVENT_STOP]   = TO(STOPPING, NOTHING),
        [CHILD_EVENT_DUE]    = TO(STOPPING, SIGNAL),
        [CHILD_EVENT_EXIT]   = TO(STOPPED,  NOTHING),
    },
    [CHILD_WAITING] = {
        [CHILD_EVENT_START]  = TO(WAITING,  NOTHING),
        [CHILD_EVENT_DUE]    = TO(STARTING, SPAWN),
        [CHILD_EVENT_ATTACH] = TO(RUNNING,  NOTHING),
        [CHILD_EVENT_STOP]   = TO(STOPPED,  NOTHING),
    },
};
/* clang-format on */

bool child_step(ChildState *state, ChildEvent event, ChildAction *action)
{
    const Transition *step = &TRANSITIONS[*state][event];

    if (!step->allowed)
        return false;
    *state = step->next;
    *action = step->action;
    return true;
}

const char *child_state_name(ChildState state)
{
    static const char *const NAMES[CHILD_STATE_COUNT] = {
        "stopped", "starting", "running", "stopping", "waiting",
    };
    return state < CHILD_STATE_COUNT ? NAMES[state] : "?";
}
