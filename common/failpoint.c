#include "common/failpoint.h"

#ifdef WALFERRY_FAILPOINTS

#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The linker names the ends of the section. */
extern Failpoint __start_failpoints[] __attribute__((weak)); /* NOLINT: the linker's name */
extern Failpoint __stop_failpoints[] __attribute__((weak));  /* NOLINT */

static struct {
    bool parsed;
    char name[64];
    long at;
    char action[32];
} armed;

/* The stages inherit one environment, and some steps are of several programs. */
static bool meant_for_us(void)
{
    const char *program = getenv("WALFERRY_FAILPOINT_IN");

    return !program || strcmp(program, program_invocation_short_name) == 0;
}

static void parse_environment(void)
{
    const char *text = getenv("WALFERRY_FAILPOINT");

    armed.parsed = true;
    if (!text || !meant_for_us() ||
        sscanf(text, "%63[^:]:%ld:%31s", armed.name, &armed.at, armed.action) < 2)
        armed.name[0] = '\0';
}

/* With a once-file, only its creator fires. */
static bool may_fire(void)
{
    const char *once = getenv("WALFERRY_FAILPOINT_ONCE");

    if (!once)
        return true;
    int fd = open(once, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

static void pause_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&time, NULL);
}

/* Process 1 of a container is deaf to a SIGKILL of its own. */
static void die_at_once(void)
{
    raise(SIGKILL);
    _exit(128 + SIGKILL);
}

static bool fire(const Failpoint *failpoint)
{
    long ms = 0;

    log_warn("failpoint", "name=%s pass=%ld action=%s", failpoint->name, failpoint->passed,
             armed.action[0] ? armed.action : "kill");
    if (sscanf(armed.action, "pause=%ld", &ms) == 1)
        pause_ms(ms);
    else if (strcmp(armed.action, "skip") == 0)
        return true;
    else
        die_at_once();
    return false;
}

bool failpoint_pass(Failpoint *failpoint)
{
    failpoint->passed++;
    if (!armed.parsed)
        parse_environment();
    if (armed.name[0] == '\0' || strcmp(armed.name, failpoint->name) != 0)
        return false;
    if (strcmp(armed.action, "skip") == 0)
        return failpoint->passed >= armed.at;
    return failpoint->passed == armed.at && may_fire() && fire(failpoint);
}

void failpoint_print_all(void)
{
    for (const Failpoint *at = __start_failpoints; at < __stop_failpoints; at++)
        puts(at->name);
}

#else

void failpoint_print_all(void)
{
}

#endif
