#include "supervisor/retry.h"

enum { MINUTE_MS = 60 * 1000 };

static void note_failure(Retry *retry, ErrorKind kind, int64_t now_ms)
{
    if (!retry->failing)
        retry->since_ms = now_ms;
    if (!retry->failing || retry->kind != kind)
        retry->kind_since_ms = now_ms;
    retry->failing = true;
    retry->kind = kind;
}

RetryVerdict retry_failed(Retry *retry, ErrorKind kind, int64_t now_ms, const RetryLimits *limits)
{
    int64_t window = kind == ERROR_CONNECTION ? limits->connection_ms : limits->other_ms;

    note_failure(retry, kind, now_ms);
    if (now_ms - retry->kind_since_ms >= window ||
        now_ms - retry->since_ms >= limits->connection_ms)
        return (RetryVerdict){.give_up = true};
    retry->backoff.first_ms = RETRY_FIRST_MS;
    retry->backoff.most_ms = RETRY_MOST_MS;
    return (RetryVerdict){.pause_ms = backoff_grow(&retry->backoff)};
}

/* How many of the last deaths, this one included, lie within a minute. */
static unsigned note_death(Retry *retry, int64_t now_ms)
{
    unsigned recent = 0;

    retry->deaths[retry->death_count++ % COUNT_OF(retry->deaths)] = now_ms;
    for (unsigned i = 0; i < COUNT_OF(retry->deaths) && i < retry->death_count; i++)
        recent += now_ms - retry->deaths[i] < MINUTE_MS;
    return recent;
}

RetryVerdict retry_killed(Retry *retry, int64_t now_ms, const RetryLimits *limits)
{
    unsigned recent = note_death(retry, now_ms);

    if (recent > RETRY_DEATHS_MAX)
        return retry_failed(retry, ERROR_TRANSIENT, now_ms, limits);
    return (RetryVerdict){.pause_ms = recent <= RETRY_DEATHS_AT_ONCE ? 0 : RETRY_FIRST_MS};
}

void retry_progress(Retry *retry)
{
    retry->failing = false;
    backoff_reset(&retry->backoff);
}
