#include "supervisor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_NOT_STARTED = 127 };

static void direct_output(int log)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (nothing >= 0)
        dup2(nothing, STDIN_FILENO);
    if (log >= 0) {
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
    }
}

/*
 * Between fork and exec only what may be called there: ZeroMQ's threads may have held locks. The
 * stage asks for the parent-death signal too, but until it does so it would survive us.
 */
static void become_stage(const ChildSpec *spec, char *const *arguments, int log, pid_t parent)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    direct_output(log);
    execv(spec->program, arguments);
    _exit(EXIT_NOT_STARTED);
}

static bool cannot_start(const ChildSpec *spec, ErrorKind kind, Error *err)
{
    error_set(err, kind, "cannot start a stage: %s", strerror(errno));
    error_object(err, "%s", spec->program);
    return error_hint(err, kind == ERROR_CONFIG ? "install all of walferry's programs in one folder"
                                                : "check the limits of processes and memory");
}

bool child_spawn(const ChildSpec *spec, pid_t *out, Error *err)
{
    union {
        const char *constant[6];
        char *for_exec[6];
    } arguments = {{spec->program, "--supervisor", spec->endpoint, "--task", spec->task, NULL}};
    pid_t parent = getpid();

    if (access(spec->program, X_OK) != 0)
        return cannot_start(spec, ERROR_CONFIG, err);
    int log =
        spec->log_file ? open(spec->log_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    pid_t pid = fork();
    if (pid == 0)
        become_stage(spec, arguments.for_exec, log, parent);
    if (log >= 0)
        close(log);
    if (pid < 0)
        return cannot_start(spec, ERROR_TRANSIENT, err);
    *out = pid;
    return true;
}

bool child_reap(pid_t *pid, int *wait_status)
{
    *pid = waitpid(-1, wait_status, WNOHANG);
    return *pid > 0;
}

ErrorKind child_exit_kind(int wait_status)
{
    for (int kind = ERROR_CONFIG; kind < ERROR_KIND_COUNT; kind++) {
        if (WIFEXITED(wait_status) &&
            WEXITSTATUS(wait_status) == error_exit_status((ErrorKind)kind))
            return (ErrorKind)kind;
    }
    return ERROR_NONE;
}

long long child_rss(pid_t pid)
{
    char path[40], line[128];
    long long kilobytes = -1;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return -1;
    while (kilobytes < 0 && fgets(line, sizeof line, file)) {
        if (sscanf(line, "RssAnon: %lld kB", &kilobytes) != 1)
            kilobytes = -1;
    }
    fclose(file);
    return kilobytes < 0 ? -1 : kilobytes * 1024;
}
