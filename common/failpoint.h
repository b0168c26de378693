/*
 * failpoint - named places where a test lets a program die, hang or fail.
 *
 * WALFERRY_FAILPOINT=name:n[:action] in the environment arms one of them: at its n-th passing the
 * process kills itself (action kill, the default, by SIGKILL), pauses (action pause=MS), or the
 * macro is true from then on (action skip: the caller leaves the step out or fails the call).
 * WALFERRY_FAILPOINT_ONCE=FILE makes it fire in one process only: whoever creates FILE.
 * WALFERRY_FAILPOINT_IN=PROGRAM arms it in that program only (argv[0] without its folder).
 *
 * Every program prints its list with --failpoints, and the crash tests walk all of it. Compiled in
 * with -DWALFERRY_FAILPOINTS only; else the macro is `false`.
 */
#pragma once

#include <stdbool.h>

#ifdef WALFERRY_FAILPOINTS

typedef struct Failpoint {
    const char *name;
    long passed;
} Failpoint;

/* True when the step that follows is to be left out. `name` is a literal, unique in the program. */
#define FAILPOINT(literal)                                                                         \
    __extension__({                                                                                \
        static Failpoint failpoint_here_                                                           \
            __attribute__((used, section("failpoints"), aligned(16))) = {("" literal), 0};         \
        failpoint_pass(&failpoint_here_);                                                          \
    })

bool failpoint_pass(Failpoint *failpoint);

#else
#define FAILPOINT(literal) false
#endif

/* Prints the names, one a line; nothing in a build without failpoints. */
void failpoint_print_all(void);
