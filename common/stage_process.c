#include "common/stage_process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/*
 * A child must not outlive the supervisor, not even one that hangs or is stopped: the next
 * supervisor starts its own. A Ctrl-C at the terminal reaches every process of the group; what a
 * child does about it is for the supervisor to say. A process that attaches ends by its own rules.
 */
static void become_child(StageProcess *process)
{
    const char *token = getenv("WALFERRY_CHILD");

    process->child = token ? token : "";
    process->parent = 0;
    if (process->child[0] == '\0')
        return;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGINT, SIG_IGN);
    process->parent = getppid();
}

/* Blocked and read from a descriptor, SIGTERM reaches the first process of a container, too. */
bool stage_process_open(StageProcess *process, Error *err)
{
    sigset_t set;

    become_child(process);
    (void)signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    if (!process->parent)
        sigaddset(&set, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    process->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return process->signal_fd >= 0 || error_set(err, ERROR_TRANSIENT, "cannot listen for signals");
}

void stage_process_done(StageProcess *process)
{
    if (process->signal_fd >= 0)
        close(process->signal_fd);
    process->signal_fd = -1;
}

bool stage_process_signalled(const StageProcess *process)
{
    struct signalfd_siginfo info;
    bool any = false;

    while (read(process->signal_fd, &info, sizeof info) == sizeof info)
        any = true;
    return any;
}

bool stage_process_is_orphan(const StageProcess *process)
{
    return process->parent != 0 && getppid() != process->parent;
}

int64_t stage_process_resident_kb(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    char line[128];
    long kb = 0;

    while (status && fgets(line, sizeof line, status)) {
        if (sscanf(line, "RssAnon: %ld kB", &kb) == 1)
            break;
    }
    if (status)
        fclose(status);
    return kb;
}
