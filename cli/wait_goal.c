#include "cli/wait_goal.h"

#include <stdio.h>
#include <string.h>

static const char *const NAMES[] = {
    [WAIT_CONSISTENT] = "consistent",
    [WAIT_CAUGHT_UP] = "caught-up",
    [WAIT_FINISHED] = "finished",
};

bool wait_goal_of(const char *text, WaitGoal *goal)
{
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcmp(NAMES[i], text) == 0) {
            goal->what = (WaitFor)i;
            return true;
        }
    }
    return false;
}

const char *wait_goal_why(const WaitGoal *goal)
{
    return goal->why;
}

static Lsn lsn_of(const JsonValue *task, const char *path)
{
    Lsn lsn;

    return lsn_parse(json_value_text(task, path, ""), &lsn) ? lsn : 0;
}

static bool is_consistent(WaitGoal *goal, const JsonValue *task)
{
    snprintf(goal->why, sizeof goal->why, "it is in phase %.20s",
             json_value_text(task, "phase", "?"));
    return json_value_bool(task, "consistent");
}

static bool has_caught_up(WaitGoal *goal, const JsonValue *task)
{
    Lsn applied = lsn_of(task, "applied_lsn");
    char at[LSN_TEXT_MAX], to[LSN_TEXT_MAX];

    if (goal->target == 0 && json_value_int(task, "source.at_ms", -1) > goal->since_ms)
        goal->target = lsn_of(task, "source.wal_lsn");
    if (goal->target == 0) {
        snprintf(goal->why, sizeof goal->why, "nothing is known about the source at this moment");
        return false;
    }
    snprintf(goal->why, sizeof goal->why, "it has applied up to %s, the source was at %s",
             lsn_format(applied, at), lsn_format(goal->target, to));
    return applied >= goal->target && is_consistent(goal, task);
}

static bool has_reached(WaitGoal *goal, const JsonValue *task)
{
    switch (goal->what) {
    case WAIT_CONSISTENT:
        return is_consistent(goal, task);
    case WAIT_CAUGHT_UP:
        return has_caught_up(goal, task);
    case WAIT_FINISHED:
        snprintf(goal->why, sizeof goal->why, "it is %.20s", json_value_text(task, "state", "?"));
        return strcmp(json_value_text(task, "state", ""), "finished") == 0;
    }
    return false;
}

WaitResult wait_goal_look(WaitGoal *goal, const JsonValue *task)
{
    const char *state = json_value_text(task, "state", "");

    if (!task) {
        snprintf(goal->why, sizeof goal->why, "the task is unknown");
        return WAIT_HOPELESS;
    }
    if (has_reached(goal, task))
        return WAIT_REACHED;
    if (strcmp(state, "failed") == 0 || strcmp(state, "finished") == 0) {
        snprintf(goal->why, sizeof goal->why, "it is %.20s", state);
        return WAIT_HOPELESS;
    }
    return WAIT_NOT_YET;
}
