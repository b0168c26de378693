/* walferry wait */
#include "cli/command.h"
#include "cli/status_view.h"
#include "cli/task_state.h"
#include "cli/wait_goal.h"
#include "common/clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PAUSE_MS = 100,
    TIMEOUT_MAX_S = 10 * 365 * 24 * 3600,
    START_MS = 5000, /* so long a `walferry run` beside us may take to know its tasks */
};

const Option WAIT_OPTIONS[] = {
    {"--for", NULL, "WHAT", "consistent, caught-up or finished"},
    {"--timeout", NULL, "SECONDS", "give up after that; else wait for ever"},
    {NULL, NULL, NULL, NULL},
};

/* A whole number of seconds or one with a fraction; -1: for ever. */
static bool read_timeout(const char *text, int64_t *ms)
{
    char *end;
    double seconds;

    *ms = -1;
    if (!text)
        return true;
    seconds = strtod(text, &end);
    if (end == text || *end || !(seconds >= 0 && seconds <= TIMEOUT_MAX_S))
        return false;
    *ms = (int64_t)(seconds * 1000);
    return true;
}

static int time_is_over(const char *name, const char *what, const WaitGoal *goal)
{
    Error err;

    error_set(&err, ERROR_TRANSIENT, "task '%s' is not %s within the time given: %s", name, what,
              wait_goal_why(goal));
    error_hint(&err, "wait longer, or see `walferry status %s`", name);
    return command_failed(&err);
}

static int failed(const JsonValue *status, const char *name, const WaitGoal *goal)
{
    Error err;

    status_error(status_task(status, name), &err);
    if (err.kind == ERROR_NONE)
        error_set(&err, ERROR_CONFIG, "%s", wait_goal_why(goal));
    error_wrap(&err, "task '%s'", name);
    error_hint(&err, "see `walferry status %s`", name);
    return command_failed(&err);
}

/* A failure in the store is old news while a `walferry run` beside us has not yet begun. */
static bool is_news(const JsonValue *status, int64_t waited_ms)
{
    return waited_ms > START_MS || json_value_bool(status, "live");
}

/* Trouble that may pass is no end: supervisors are killed and started again. */
static WaitResult look(const Invocation *in, const char *name, int64_t waited_ms, WaitGoal *goal,
                       JsonValue **status, Error *err)
{
    WaitResult result;

    if (!task_state_status(in, NULL, status, err)) {
        snprintf(goal->why, sizeof goal->why, "its state is unknown");
        return error_may_pass(err->kind) ? WAIT_NOT_YET : WAIT_HOPELESS;
    }
    *err = (Error){0};
    result = wait_goal_look(goal, status_task(*status, name));
    if (result == WAIT_HOPELESS && !is_news(*status, waited_ms))
        return WAIT_NOT_YET;
    return status_task(*status, name) || waited_ms > START_MS ? result : WAIT_NOT_YET;
}

static int wait_for(const Invocation *in, const char *what, WaitGoal *goal, int64_t timeout_ms)
{
    const char *name = command_word(in, 0);
    int64_t start = clock_ms();
    Error err = {0};

    for (;;) {
        CLEANUP(json_value_done) JsonValue *status = NULL;
        int64_t waited_ms = clock_ms() - start;

        switch (look(in, name, waited_ms, goal, &status, &err)) {
        case WAIT_REACHED:
            return EXIT_DONE;
        case WAIT_HOPELESS:
            return err.kind == ERROR_NONE ? failed(status, name, goal) : command_failed(&err);
        case WAIT_NOT_YET:
            break;
        }
        if (timeout_ms >= 0 && waited_ms >= timeout_ms)
            return time_is_over(name, what, goal);
        usleep(PAUSE_MS * 1000);
    }
}

int cmd_wait(const Invocation *in)
{
    const char *what = command_option(in, "--for");
    WaitGoal goal = {.since_ms = clock_wall_us() / 1000};
    int64_t timeout_ms;

    if (!what)
        return command_misused("--for is missing; what to do: add --for consistent, caught-up or "
                               "finished");
    if (!wait_goal_of(what, &goal))
        return command_misused("--for %.40s is unknown; what to do: use consistent, caught-up or "
                               "finished",
                               what);
    if (!read_timeout(command_option(in, "--timeout"), &timeout_ms))
        return command_misused("--timeout %.40s is no number of seconds",
                               command_option(in, "--timeout"));
    return wait_for(in, what, &goal, timeout_ms);
}
