/* The stage runs in a child process; the test is its supervisor. */
#include "common/stage.h"

#include "common/control.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/fake_supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

static void wait_until_stopped(Stage *stage, Error *err)
{
    while (stage_wait(stage, NULL, 0, -1, err))
        continue;
}

static void a_stage_says_who_it_is_and_ends_well_when_told_to_stop(void **state)
{
    FakeSupervisor *f = *state;

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, wait_until_stopped);
    ControlMessage *hello = EXPECT(f, HELLO);

    assert_string_equal(hello->hello->task, "orders");
    assert_int_equal(hello->hello->role, WALFERRY__CONTROL__ROLE__ROLE_LOADER);
    assert_int_equal(hello->hello->pid, f->child);
    assert_string_equal(hello->hello->identity, f->peer);
    assert_memory_equal(f->peer, "loader-", 7);
    control_free(&hello);
    fake_supervisor_say_assignment(f, 2);
    fake_supervisor_say_stop(f, false);
    assert_int_equal(fake_supervisor_exit_status(f), EX_OK);
}

static void check_assignment(Stage *stage, Error *err)
{
    char expected[CHANNEL_ENDPOINT_MAX];

    snprintf(expected, sizeof expected, "ipc://%s/%s", stage_assignment(stage)->data_dir,
             stage_identity(stage));
    if (stage_assignment(stage)->lanes != 2 || strcmp(stage_endpoint(stage), expected) != 0)
        error_set(err, ERROR_DATA, "wrong assignment");
}

static void a_stage_learns_all_it_needs_from_its_assignment(void **state)
{
    FakeSupervisor *f = *state;

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_COPY, check_assignment);
    fake_supervisor_admit(f, 2);

    assert_int_equal(fake_supervisor_exit_status(f), EX_OK);
}

static void a_stage_that_is_not_wanted_ends_without_an_error(void **state)
{
    FakeSupervisor *f = *state;

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_CAPTURE, wait_until_stopped);
    EXPECT_AND_FORGET(f, HELLO);
    fake_supervisor_say_stop(f, false);

    assert_int_equal(fake_supervisor_exit_status(f), EX_OK);
}

static void fail_with_everything(Stage *stage, Error *err)
{
    (void)stage;
    error_set(err, ERROR_DATA, "row is missing");
    error_object(err, "public.items");
    error_key(err, "id=4");
    error_position(err, "0/16:1");
    error_hint(err, "compare");
}

static void a_failure_is_said_before_the_end_and_gives_its_exit_status(void **state)
{
    FakeSupervisor *f = *state;

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, fail_with_everything);
    fake_supervisor_admit(f, 2);

    ControlMessage *fault = EXPECT(f, FAULT);
    assert_string_equal(fault->fault->kind, "data");
    assert_string_equal(fault->fault->message, "row is missing");
    assert_string_equal(fault->fault->object, "public.items");
    assert_string_equal(fault->fault->key, "id=4");
    assert_string_equal(fault->fault->position, "0/16:1");
    assert_string_equal(fault->fault->hint, "compare");
    control_free(&fault);
    assert_int_equal(fake_supervisor_exit_status(f), EX_DATAERR);
}

static void say_counters(void *self, Stage *stage)
{
    (void)self;
    stage_counter(stage, "batches_in", 7);
}

static void count_until_stopped(Stage *stage, Error *err)
{
    stage_handle(stage, (StageHandlers){.counters = say_counters});
    wait_until_stopped(stage, err);
}

static void heartbeats_carry_the_counters_and_the_memory(void **state)
{
    FakeSupervisor *f = *state;

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_TRANSFORM, count_until_stopped);
    fake_supervisor_admit(f, 2);

    for (int i = 0; i < 2; i++) {
        ControlMessage *beat = EXPECT(f, HEARTBEAT);
        assert_int_equal(beat->heartbeat->n_counters, 2);
        assert_string_equal(beat->heartbeat->counters[0]->name, "rss_kb");
        assert_true(beat->heartbeat->counters[0]->value > 0);
        assert_string_equal(beat->heartbeat->counters[1]->name, "batches_in");
        assert_int_equal(beat->heartbeat->counters[1]->value, 7);
        control_free(&beat);
    }
}

/* Answers a NewEpoch with Ready in that epoch; what it heard is acted on by the loop. */
static void note_epoch(void *self, const ControlMessage *message)
{
    uint64_t *epoch = self;

    if (message->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_NEW_EPOCH)
        *epoch = message->new_epoch->epoch;
}

static void answer_epochs(Stage *stage, Error *err)
{
    uint64_t epoch = 0;

    stage_handle(stage, (StageHandlers){.control = note_epoch, .self = &epoch});
    while (stage_wait(stage, NULL, 0, -1, err)) {
        Walferry__Control__Ready ready = WALFERRY__CONTROL__READY__INIT;

        ready.epoch = epoch;
        stage_say(stage, &CONTROL_MESSAGE(READY, ready, &ready));
    }
}

static void a_message_for_the_handler_ends_even_an_endless_wait(void **state)
{
    FakeSupervisor *f = *state;
    Walferry__Control__NewEpoch epoch = WALFERRY__CONTROL__NEW_EPOCH__INIT;

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, answer_epochs);
    fake_supervisor_admit(f, 2);
    EXPECT_AND_FORGET(f, HEARTBEAT);
    epoch.epoch = 12;
    fake_supervisor_say(f, &CONTROL_MESSAGE(NEW_EPOCH, new_epoch, &epoch));

    ControlMessage *ready = EXPECT(f, READY);
    assert_int_equal(ready->ready->epoch, 12);
    control_free(&ready);
}

static void drain_in_two_looks(Stage *stage, Error *err)
{
    Walferry__Control__Drained drained = WALFERRY__CONTROL__DRAINED__INIT;

    while (!stage_draining(stage)) {
        if (!stage_wait(stage, NULL, 0, 0, err))
            return;
    }
    stage_say(stage, &CONTROL_MESSAGE(DRAINED, drained, &drained));
    wait_until_stopped(stage, err);
}

static void a_busy_stage_that_only_looks_hears_that_it_shall_drain(void **state)
{
    FakeSupervisor *f = *state;

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_CAPTURE, drain_in_two_looks);
    fake_supervisor_admit(f, 2);
    fake_supervisor_say_stop(f, true);
    EXPECT_AND_FORGET(f, DRAINED);
    fake_supervisor_say_stop(f, false);

    assert_int_equal(fake_supervisor_exit_status(f), EX_OK);
}

static void a_signal_to_end_ends_it_well(void **state)
{
    FakeSupervisor *f = *state;

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, wait_until_stopped);
    fake_supervisor_admit(f, 2);
    EXPECT_AND_FORGET(f, HEARTBEAT);
    kill(f->child, SIGTERM);

    assert_int_equal(fake_supervisor_exit_status(f), EX_OK);
}

static void wait_for_descriptor(Stage *stage, Error *err)
{
    int ends[2];
    WaitItem item;

    if (pipe(ends) != 0)
        return;
    item = (WaitItem){.fd = ends[0], .read = true};
    if (!stage_wait(stage, &item, 1, 20, err))
        return;
    if (item.ready)
        error_set(err, ERROR_DATA, "ready without reason");
    else if (write(ends[1], "x", 1) == 1 && stage_wait(stage, &item, 1, -1, err) && !item.ready)
        error_set(err, ERROR_DATA, "not ready");
}

static void a_wait_ends_with_its_time_or_with_an_item(void **state)
{
    FakeSupervisor *f = *state;

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_CAPTURE, wait_for_descriptor);
    fake_supervisor_admit(f, 2);

    assert_int_equal(fake_supervisor_exit_status(f), EX_OK);
}

static void restart_supervisor(FakeSupervisor *f)
{
    channel_close(&f->channel);
    assert_true(channel_listen(&f->channel, f->endpoint, 1000, &f->err));
    EXPECT_AND_FORGET(f, HELLO);
}

static void a_transform_stays_when_the_supervisor_is_restarted(void **state)
{
    FakeSupervisor *f = *state;

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_TRANSFORM, wait_until_stopped);
    fake_supervisor_admit(f, 2);
    EXPECT_AND_FORGET(f, HEARTBEAT);
    restart_supervisor(f);
    fake_supervisor_say_assignment(f, 2);
    EXPECT_AND_FORGET(f, HEARTBEAT);
    fake_supervisor_say_stop(f, false);

    assert_int_equal(fake_supervisor_exit_status(f), EX_OK);
}

static void a_loader_ends_to_be_started_anew_when_the_supervisor_was(void **state)
{
    FakeSupervisor *f = *state;

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, wait_until_stopped);
    fake_supervisor_admit(f, 2);
    EXPECT_AND_FORGET(f, HEARTBEAT);
    restart_supervisor(f);
    fake_supervisor_say_assignment(f, 2);

    assert_int_equal(fake_supervisor_exit_status(f), EX_TEMPFAIL);
}

static void say_wait(FakeSupervisor *f)
{
    Walferry__Control__Wait wait = WALFERRY__CONTROL__WAIT__INIT;

    wait.reason = (char[]){"there is one already"};
    fake_supervisor_say(f, &CONTROL_MESSAGE(WAIT, wait, &wait));
}

static void a_stage_without_a_place_asks_again_until_it_has_one(void **state)
{
    FakeSupervisor *f = *state;

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_CAPTURE, wait_until_stopped);
    EXPECT_AND_FORGET(f, HELLO);
    say_wait(f);
    EXPECT_AND_FORGET(f, HELLO);
    say_wait(f);
    ControlMessage *hello = EXPECT(f, HELLO);
    assert_string_equal(hello->hello->child, "");
    assert_false(hello->hello->assigned);
    control_free(&hello);
    fake_supervisor_say_assignment(f, 1);
    EXPECT_AND_FORGET(f, HEARTBEAT);
    fake_supervisor_say_stop(f, false);

    assert_int_equal(fake_supervisor_exit_status(f), EX_OK);
}

static void a_waiting_stage_ends_when_it_is_told_to(void **state)
{
    FakeSupervisor *f = *state;

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_CAPTURE, wait_until_stopped);
    EXPECT_AND_FORGET(f, HELLO);
    say_wait(f);
    EXPECT_AND_FORGET(f, HELLO);
    assert_int_equal(kill(f->child, SIGTERM), 0);

    assert_int_equal(fake_supervisor_exit_status(f), EX_OK);
}

static void a_waiting_stage_asks_a_supervisor_that_was_started_anew(void **state)
{
    FakeSupervisor *f = *state;

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, wait_until_stopped);
    EXPECT_AND_FORGET(f, HELLO);
    say_wait(f);
    restart_supervisor(f);
    fake_supervisor_say_assignment(f, 1);
    EXPECT_AND_FORGET(f, HEARTBEAT);
    fake_supervisor_say_stop(f, false);

    assert_int_equal(fake_supervisor_exit_status(f), EX_OK);
}

static void a_stage_that_has_lost_its_place_ends_to_be_started_anew(void **state)
{
    FakeSupervisor *f = *state;

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, wait_until_stopped);
    fake_supervisor_admit(f, 1);
    EXPECT_AND_FORGET(f, HEARTBEAT);
    say_wait(f);
    ControlMessage *fault = EXPECT(f, FAULT);
    assert_string_equal(fault->fault->message, "lost its place: there is one already");
    control_free(&fault);

    assert_int_equal(fake_supervisor_exit_status(f), EX_TEMPFAIL);
}

static void a_message_of_another_version_is_a_protocol_error(void **state)
{
    FakeSupervisor *f = *state;
    Walferry__Control__Drained drained = WALFERRY__CONTROL__DRAINED__INIT;
    ControlMessage message = CONTROL_MESSAGE(DRAINED, drained, &drained);

    fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, wait_until_stopped);
    fake_supervisor_admit(f, 2);
    message.version = 2;
    fake_supervisor_say(f, &message);

    assert_int_equal(fake_supervisor_exit_status(f), EX_PROTOCOL);
}

static void a_child_does_not_outlive_its_supervisor(void **state)
{
    FakeSupervisor *f = *state;
    int ends[2];
    char byte;

    assert_int_equal(pipe(ends), 0); /* closed when the last process that has it ends */
    pid_t parent = fork();
    if (parent == 0) {
        setenv("WALFERRY_CHILD", "1", 1);
        fake_supervisor_start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, wait_until_stopped);
        pause();
        _exit(0);
    }
    close(ends[1]);
    fake_supervisor_admit(f, 2);
    EXPECT_AND_FORGET(f, HEARTBEAT);
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);

    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
}

/* The first one, without sockets: exit() looks for leaks, and would blame the child for what only a
 * thread of ours knew. */
static void wrong_arguments_end_it_with_usage(void **state)
{
    FakeSupervisor f = {0};

    (void)state;
    f.child = fork();
    if (f.child == 0) {
        char *argv[] = {(char[]){"stage"}, (char[]){"--task"}, (char[]){"orders"}, NULL};
        Stage *stage;
        Error err;

        fake_supervisor_be_quiet();
        (void)!stage_open(&stage, WALFERRY__CONTROL__ROLE__ROLE_LOADER, 3, argv, &err);
        _exit(0);
    }
    assert_int_equal(fake_supervisor_exit_status(&f), 2);
}

#define CASE(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, fake_supervisor_open, fake_supervisor_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_arguments_end_it_with_usage),
        CASE(a_stage_says_who_it_is_and_ends_well_when_told_to_stop),
        CASE(a_stage_learns_all_it_needs_from_its_assignment),
        CASE(a_stage_that_is_not_wanted_ends_without_an_error),
        CASE(a_failure_is_said_before_the_end_and_gives_its_exit_status),
        CASE(heartbeats_carry_the_counters_and_the_memory),
        CASE(a_message_for_the_handler_ends_even_an_endless_wait),
        CASE(a_busy_stage_that_only_looks_hears_that_it_shall_drain),
        CASE(a_signal_to_end_ends_it_well),
        CASE(a_wait_ends_with_its_time_or_with_an_item),
        CASE(a_transform_stays_when_the_supervisor_is_restarted),
        CASE(a_loader_ends_to_be_started_anew_when_the_supervisor_was),
        CASE(a_stage_without_a_place_asks_again_until_it_has_one),
        CASE(a_waiting_stage_ends_when_it_is_told_to),
        CASE(a_waiting_stage_asks_a_supervisor_that_was_started_anew),
        CASE(a_stage_that_has_lost_its_place_ends_to_be_started_anew),
        CASE(a_message_of_another_version_is_a_protocol_error),
        CASE(a_child_does_not_outlive_its_supervisor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
