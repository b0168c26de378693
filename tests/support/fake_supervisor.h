/*
 * fake_supervisor - the other end of a stage's control socket, for tests: it starts the stage in a
 * child process and talks to it. A failed expectation fails the test.
 */
#pragma once

#include "common/control.h"
#include "common/stage.h"
#include <sys/types.h>

enum { SOON_MS = 20000 }; /* longer than anything takes that works */

typedef struct FakeSupervisor {
    char directory[32]; /* private; the stage's data_dir too */
    char endpoint[64];
    Channel *channel;
    Channel *settler; /* see settle_threads() */
    pid_t child;
    char peer[CHANNEL_IDENTITY_MAX]; /* who spoke last */
    Error err;
} FakeSupervisor;

/* What the stage does between stage_open() and stage_finish(). */
typedef void StageBody(Stage *stage, Error *err);

/* cmocka's set-up and tear-down; *state is the FakeSupervisor. */
int fake_supervisor_open(void **state);
int fake_supervisor_close(void **state);

void fake_supervisor_start(FakeSupervisor *f, Walferry__Control__Role role, StageBody *body);
int fake_supervisor_exit_status(FakeSupervisor *f);

/* What the child would write goes nowhere. */
void fake_supervisor_be_quiet(void);

/* The next message of that kind, reading over all others. The caller's to free. */
ControlMessage *fake_supervisor_expect(FakeSupervisor *f,
                                       Walferry__Control__ControlMessage__MessageCase kind);

#define EXPECT(f, kind)                                                                            \
    fake_supervisor_expect((f), WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_##kind)
#define EXPECT_AND_FORGET(f, kind)                                                                 \
    do {                                                                                           \
        ControlMessage *expected_ = EXPECT((f), kind);                                             \
        control_free(&expected_);                                                                  \
    } while (0)

/* To who spoke last. */
void fake_supervisor_say(FakeSupervisor *f, const ControlMessage *message);
void fake_supervisor_say_assignment(FakeSupervisor *f, uint32_t lanes);
void fake_supervisor_say_stop(FakeSupervisor *f, bool drain);

/* Hears Hello and answers with an Assignment of so many lanes. */
void fake_supervisor_admit(FakeSupervisor *f, uint32_t lanes);
