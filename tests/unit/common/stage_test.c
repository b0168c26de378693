/* The stage runs in a child process; the test is its supervisor. */
#include "common/stage.h"

#include "common/clock.h"
#include "common/control.h"
#include "tests/support/cmocka_all.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

enum { SOON_MS = 5000 };

typedef struct Fixture {
    char directory[32];
    char endpoint[64];
    Channel *supervisor;
    pid_t child;
    char peer[CHANNEL_IDENTITY_MAX];
    Error err;
} Fixture;

typedef void StageBody(Stage *stage, Error *err);

static int set_up(void **state)
{
    Fixture *f = calloc(1, sizeof *f);

    snprintf(f->directory, sizeof f->directory, "/tmp/stage-test-XXXXXX");
    if (!mkdtemp(f->directory))
        return -1;
    snprintf(f->endpoint, sizeof f->endpoint, "ipc://%s/s", f->directory);
    if (!channel_listen(&f->supervisor, f->endpoint, 1000, &f->err))
        return -1;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *f = *state;

    if (f->child > 0) {
        kill(f->child, SIGKILL);
        waitpid(f->child, NULL, 0);
    }
    channel_close(&f->supervisor);
    unlink(f->endpoint + strlen("ipc://"));
    rmdir(f->directory);
    free(f);
    return 0;
}

static void be_quiet(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
}

/* main() of the child. */
static int run_stage(const Fixture *f, Walferry__Control__Role role, StageBody *body)
{
    char endpoint[sizeof f->endpoint];
    char *argv[] = {(char[]){"stage"},  (char[]){"--supervisor"}, endpoint,
                    (char[]){"--task"}, (char[]){"orders"},       NULL};
    Error err = {0};
    Stage *stage = NULL;

    snprintf(endpoint, sizeof endpoint, "%s", f->endpoint);
    if (stage_open(&stage, role, 5, argv, &err))
        body(stage, &err);
    int status = stage_finish(stage, &err);
    stage_close(&stage);
    return status;
}

static void start(Fixture *f, Walferry__Control__Role role, StageBody *body)
{
    f->child = fork();
    if (f->child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        be_quiet();
        _exit(run_stage(f, role, body));
    }
}

static int exit_status(Fixture *f)
{
    int status = 0;

    assert_int_equal(waitpid(f->child, &status, 0), f->child);
    f->child = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static ControlMessage *receive(Fixture *f)
{
    WaitItem item = {.channel = f->supervisor, .read = true};
    ChannelMessage raw = {0};
    ControlMessage *message = NULL;

    assert_true(channel_wait(&item, 1, SOON_MS, &f->err));
    assert_int_equal(channel_receive(f->supervisor, &raw), CHANNEL_OK);
    assert_true(control_unpack(frame_str(raw.parts[0]), &message, &f->err));
    snprintf(f->peer, sizeof f->peer, "%s", raw.peer);
    channel_message_done(&raw);
    return message;
}

/* Reads over everything else, heartbeats mostly. */
static ControlMessage *receive_kind(Fixture *f, Walferry__Control__ControlMessage__MessageCase kind)
{
    int64_t until = clock_ms() + SOON_MS;

    while (clock_ms() < until) {
        ControlMessage *message = receive(f);

        if (message->message_case == kind)
            return message;
        control_free(&message);
    }
    fail_msg("no message of kind %d", (int)kind);
    return NULL;
}

#define EXPECT(f, kind) receive_kind(f, WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_##kind)

static void expect_and_forget(Fixture *f, Walferry__Control__ControlMessage__MessageCase kind)
{
    ControlMessage *message = receive_kind(f, kind);

    control_free(&message);
}

static void say(Fixture *f, const ControlMessage *message)
{
    ChannelMessage raw = {.parts = {control_pack(message)}, .count = 1};

    snprintf(raw.peer, sizeof raw.peer, "%s", f->peer);
    assert_int_equal(channel_send(f->supervisor, &raw), CHANNEL_OK);
    channel_message_done(&raw);
}

static void say_assignment(Fixture *f, uint32_t lanes)
{
    Walferry__Control__Assignment assignment = WALFERRY__CONTROL__ASSIGNMENT__INIT;

    assignment.task = (char[]){"orders"};
    assignment.lanes = lanes;
    assignment.data_dir = f->directory;
    say(f, &CONTROL_MESSAGE(ASSIGNMENT, assignment, &assignment));
}

static void say_stop(Fixture *f, bool drain)
{
    Walferry__Control__Stop stop = WALFERRY__CONTROL__STOP__INIT;

    stop.drain = drain;
    say(f, &CONTROL_MESSAGE(STOP, stop, &stop));
}

static void admit(Fixture *f)
{
    expect_and_forget(f, WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_HELLO);
    say_assignment(f, 2);
}

static void wait_until_stopped(Stage *stage, Error *err)
{
    while (stage_wait(stage, NULL, 0, -1, err))
        continue;
}

static void a_stage_says_who_it_is_and_ends_well_when_told_to_stop(void **state)
{
    Fixture *f = *state;

    start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, wait_until_stopped);
    ControlMessage *hello = EXPECT(f, HELLO);

    assert_string_equal(hello->hello->task, "orders");
    assert_int_equal(hello->hello->role, WALFERRY__CONTROL__ROLE__ROLE_LOADER);
    assert_int_equal(hello->hello->pid, f->child);
    assert_string_equal(hello->hello->identity, f->peer);
    assert_memory_equal(f->peer, "loader-", 7);
    control_free(&hello);
    say_assignment(f, 2);
    say_stop(f, false);
    assert_int_equal(exit_status(f), EX_OK);
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
    Fixture *f = *state;

    start(f, WALFERRY__CONTROL__ROLE__ROLE_COPY, check_assignment);
    admit(f);

    assert_int_equal(exit_status(f), EX_OK);
}

static void a_stage_that_is_not_wanted_ends_without_an_error(void **state)
{
    Fixture *f = *state;

    start(f, WALFERRY__CONTROL__ROLE__ROLE_CAPTURE, wait_until_stopped);
    expect_and_forget(f, WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_HELLO);
    say_stop(f, false);

    assert_int_equal(exit_status(f), EX_OK);
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
    Fixture *f = *state;

    start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, fail_with_everything);
    admit(f);

    ControlMessage *fault = EXPECT(f, FAULT);
    assert_string_equal(fault->fault->kind, "data");
    assert_string_equal(fault->fault->message, "row is missing");
    assert_string_equal(fault->fault->object, "public.items");
    assert_string_equal(fault->fault->key, "id=4");
    assert_string_equal(fault->fault->position, "0/16:1");
    assert_string_equal(fault->fault->hint, "compare");
    control_free(&fault);
    assert_int_equal(exit_status(f), EX_DATAERR);
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
    Fixture *f = *state;

    start(f, WALFERRY__CONTROL__ROLE__ROLE_TRANSFORM, count_until_stopped);
    admit(f);

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
    Fixture *f = *state;
    Walferry__Control__NewEpoch epoch = WALFERRY__CONTROL__NEW_EPOCH__INIT;

    start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, answer_epochs);
    admit(f);
    expect_and_forget(f, WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_HEARTBEAT);
    epoch.epoch = 12;
    say(f, &CONTROL_MESSAGE(NEW_EPOCH, new_epoch, &epoch));

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
    Fixture *f = *state;

    start(f, WALFERRY__CONTROL__ROLE__ROLE_CAPTURE, drain_in_two_looks);
    admit(f);
    say_stop(f, true);
    expect_and_forget(f, WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_DRAINED);
    say_stop(f, false);

    assert_int_equal(exit_status(f), EX_OK);
}

static void a_signal_to_end_ends_it_well(void **state)
{
    Fixture *f = *state;

    start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, wait_until_stopped);
    admit(f);
    expect_and_forget(f, WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_HEARTBEAT);
    kill(f->child, SIGTERM);

    assert_int_equal(exit_status(f), EX_OK);
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
    Fixture *f = *state;

    start(f, WALFERRY__CONTROL__ROLE__ROLE_CAPTURE, wait_for_descriptor);
    admit(f);

    assert_int_equal(exit_status(f), EX_OK);
}

static void restart_supervisor(Fixture *f)
{
    channel_close(&f->supervisor);
    assert_true(channel_listen(&f->supervisor, f->endpoint, 1000, &f->err));
    expect_and_forget(f, WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_HELLO);
}

static void a_transform_stays_when_the_supervisor_is_restarted(void **state)
{
    Fixture *f = *state;

    start(f, WALFERRY__CONTROL__ROLE__ROLE_TRANSFORM, wait_until_stopped);
    admit(f);
    expect_and_forget(f, WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_HEARTBEAT);
    restart_supervisor(f);
    say_assignment(f, 2);
    expect_and_forget(f, WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_HEARTBEAT);
    say_stop(f, false);

    assert_int_equal(exit_status(f), EX_OK);
}

static void a_loader_ends_to_be_started_anew_when_the_supervisor_was(void **state)
{
    Fixture *f = *state;

    start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, wait_until_stopped);
    admit(f);
    expect_and_forget(f, WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_HEARTBEAT);
    restart_supervisor(f);
    say_assignment(f, 2);

    assert_int_equal(exit_status(f), EX_TEMPFAIL);
}

static void a_message_of_another_version_is_a_protocol_error(void **state)
{
    Fixture *f = *state;
    Walferry__Control__Drained drained = WALFERRY__CONTROL__DRAINED__INIT;
    ControlMessage message = CONTROL_MESSAGE(DRAINED, drained, &drained);

    start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, wait_until_stopped);
    admit(f);
    message.version = 2;
    say(f, &message);

    assert_int_equal(exit_status(f), EX_PROTOCOL);
}

static void a_child_does_not_outlive_its_supervisor(void **state)
{
    Fixture *f = *state;
    int ends[2];
    char byte;

    assert_int_equal(pipe(ends), 0); /* closed when the last process that has it ends */
    pid_t parent = fork();
    if (parent == 0) {
        setenv("WALFERRY_CHILD", "1", 1);
        start(f, WALFERRY__CONTROL__ROLE__ROLE_LOADER, wait_until_stopped);
        pause();
        _exit(0);
    }
    close(ends[1]);
    admit(f);
    expect_and_forget(f, WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_HEARTBEAT);
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);

    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
}

static void wrong_arguments_end_it_with_usage(void **state)
{
    Fixture *f = *state;

    f->child = fork();
    if (f->child == 0) {
        char *argv[] = {(char[]){"stage"}, (char[]){"--task"}, (char[]){"orders"}, NULL};
        Stage *stage;
        Error err;

        be_quiet();
        (void)!stage_open(&stage, WALFERRY__CONTROL__ROLE__ROLE_LOADER, 3, argv, &err);
        _exit(0);
    }
    assert_int_equal(exit_status(f), 2);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        CASE(a_message_of_another_version_is_a_protocol_error),
        CASE(a_child_does_not_outlive_its_supervisor),
        CASE(wrong_arguments_end_it_with_usage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
