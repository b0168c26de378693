#include "supervisor/place_end.h"

#include "supervisor/child.h"
#include "supervisor/console.h"

#include <sys/wait.h>

enum {
    LAST_WORDS_MS = 300, /* a Fault may arrive a little after the process was reaped */
    EXIT_NOT_STARTED = 127,
};

bool place_end_is_clear(const Place *place, int64_t now_ms)
{
    bool may_have_done = place->role == WALFERRY__CONTROL__ROLE__ROLE_SCHEMA;

    return place->fault.kind != ERROR_NONE || WIFSIGNALED(place->wait_status) ||
           (place->wait_status == 0 && !may_have_done) || place->state == CHILD_STOPPING ||
           now_ms - place->ended_ms >= LAST_WORDS_MS;
}

static void explain_end(Place *place, ErrorKind kind)
{
    int status = place->wait_status;

    if (place->fault.kind != ERROR_NONE) {
        place->error = place->fault;
    } else if (place->host[0]) {
        error_set(&place->error, kind, "%s (process %lld on host %s) is gone",
                  place_role_name(place->role), (long long)place->shown_pid, place->host);
    } else if (WIFSIGNALED(status)) {
        error_set(&place->error, kind, "%s was ended by signal %d", place_role_name(place->role),
                  WTERMSIG(status));
    } else if (WEXITSTATUS(status) == EXIT_NOT_STARTED) {
        error_set(&place->error, ERROR_CONFIG, "%s could not be started",
                  place_program_name(place->role));
        error_hint(&place->error, "install all of walferry's programs in one folder");
    } else {
        error_set(&place->error, kind, "%s ended with status %d", place_role_name(place->role),
                  WEXITSTATUS(status));
    }
    if (place->fault.kind == ERROR_NONE && !place->host[0])
        error_hint(&place->error, "see log/%s.log in the state directory", place->task);
}

static ErrorKind kind_of_end(const Place *place)
{
    ErrorKind kind = place->fault.kind;

    if (kind == ERROR_NONE && !WIFSIGNALED(place->wait_status))
        kind = child_exit_kind(place->wait_status);
    if (kind == ERROR_NONE && WIFEXITED(place->wait_status) &&
        WEXITSTATUS(place->wait_status) == EXIT_NOT_STARTED)
        kind = ERROR_CONFIG;
    return kind == ERROR_NONE ? ERROR_TRANSIENT : kind;
}

/* Killed, or ended without a reason to: not a failure unless it becomes a habit. */
static bool ended_without_a_word(const Place *place)
{
    return place->fault.kind == ERROR_NONE &&
           (WIFSIGNALED(place->wait_status) || place->wait_status == 0);
}

static void tell_restart(const Place *place, int pause_ms)
{
    char text[sizeof(Error) + 128];

    error_format(&place->error, text, sizeof text);
    if (place->external)
        console_say(place->task, "%s %u: %s; another one may attach in %d ms",
                    place_role_name(place->role), place->number, text, pause_ms);
    else if (pause_ms > 0)
        console_say(place->task, "%s %u: %s; starting it again in %d ms",
                    place_role_name(place->role), place->number, text, pause_ms);
    else
        console_say(place->task, "%s %u: %s; starting it again", place_role_name(place->role),
                    place->number, text);
}

PlaceFate place_plan_next(Place *place, const RetryLimits *limits, int64_t now_ms)
{
    ErrorKind kind = kind_of_end(place);
    bool silent = ended_without_a_word(place);

    explain_end(place, kind);
    place->failing = true;
    if (!error_may_pass(kind))
        return PLACE_GIVES_UP;
    RetryVerdict verdict = silent ? retry_killed(&place->retry, now_ms, limits)
                                  : retry_failed(&place->retry, kind, now_ms, limits);
    if (verdict.give_up) {
        error_wrap(&place->error, "given up after trying again for too long");
        return PLACE_GIVES_UP;
    }
    if (silent)
        place->failing = place->retry.failing;
    tell_restart(place, verdict.pause_ms);
    place->due_ms = now_ms + verdict.pause_ms;
    place->restarts++;
    return PLACE_GOES_ON;
}
