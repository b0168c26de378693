/*
 * wait_goal - has a task come to where `walferry wait` waits for it? Pure: looks at one status of
 * it after the other.
 *
 * caught-up: the first status whose facts about the source are younger than the wait's beginning
 * tells how far its WAL was flushed; all that was committed before the wait lies before that. It is
 * reached when the applied position is there.
 */
#pragma once

#include "cli/json_value.h"
#include "common/lsn.h"

typedef enum WaitFor { WAIT_CONSISTENT, WAIT_CAUGHT_UP, WAIT_FINISHED } WaitFor;
typedef enum WaitResult { WAIT_NOT_YET, WAIT_REACHED, WAIT_HOPELESS } WaitResult;

typedef struct WaitGoal {
    WaitFor what;
    int64_t since_ms; /* when the wait began, Unix time */
    Lsn target;       /* caught-up: 0 until it is known */
    char why[160];
} WaitGoal;

/* Fills goal->what from "consistent", "caught-up" or "finished". */
NODISCARD bool wait_goal_of(const char *text, WaitGoal *goal);

/* task may be NULL: it is unknown. */
WaitResult wait_goal_look(WaitGoal *goal, const JsonValue *task);

/* What the last look missed. */
const char *wait_goal_why(const WaitGoal *goal);
