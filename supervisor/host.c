#include "supervisor/host.h"

#include <signal.h>

bool host_stored(Host *host, bool ok, const Error *err)
{
    if (!ok && host->failure.kind == ERROR_NONE)
        host->failure = *err;
    return ok;
}

static Retired *find(Host *host, pid_t pid)
{
    for (size_t i = 0; i < RETIRED_MAX; i++) {
        if (host->retired[i].pid == pid)
            return &host->retired[i];
    }
    return NULL;
}

/* With no room left it is not waited for: the kernel gets it at once. */
void host_retire(Host *host, pid_t pid, int64_t now_ms)
{
    Retired *free_one = find(host, 0);

    kill(pid, free_one ? SIGTERM : SIGKILL);
    if (free_one)
        *free_one = (Retired){.pid = pid, .kill_ms = now_ms + RETIRED_KILL_MS};
}

bool host_reaped(Host *host, pid_t pid)
{
    Retired *one = pid > 0 ? find(host, pid) : NULL;

    if (one)
        *one = (Retired){0};
    return one != NULL;
}

void host_tick(Host *host, int64_t now_ms)
{
    for (size_t i = 0; i < RETIRED_MAX; i++) {
        Retired *one = &host->retired[i];

        if (one->pid == 0 || now_ms < one->kill_ms)
            continue;
        kill(one->pid, SIGKILL);
        one->kill_ms = now_ms + RETIRED_KILL_MS;
    }
}
