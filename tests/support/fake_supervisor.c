#include "tests/support/fake_supervisor.h"

#include "common/clock.h"
#include "tests/support/cmocka_all.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The child is forked without an exec, beside ZeroMQ's thread: one that is still starting may hold
 * a lock of the allocator's, which nobody in the child would ever release. A message that has come
 * all the way round says that the thread waits for the next one.
 */
static bool settle_threads(FakeSupervisor *f)
{
    ChannelMessage message = {.parts = {frame_copy((Str)STR("settled"))}, .count = 1};
    WaitItem item = {.channel = f->channel, .read = true};

    if (!channel_dial(&f->settler, f->endpoint, "settler", 1, &f->err))
        return false;
    (void)channel_send(f->settler, &message);
    channel_message_done(&message);
    if (!channel_wait(&item, 1, SOON_MS, &f->err) ||
        channel_receive(f->channel, &message) != CHANNEL_OK)
        return false;
    channel_message_done(&message);
    return true;
}

int fake_supervisor_open(void **state)
{
    FakeSupervisor *f = calloc(1, sizeof *f);

    if (!f)
        return -1;
    snprintf(f->directory, sizeof f->directory, "/tmp/stage-test-XXXXXX");
    if (!mkdtemp(f->directory))
        return -1;
    snprintf(f->endpoint, sizeof f->endpoint, "ipc://%s/s", f->directory);
    *state = f;
    return channel_listen(&f->channel, f->endpoint, 1000, &f->err) && settle_threads(f) ? 0 : -1;
}

static void remove_directory(const char *directory)
{
    DIR *entries = opendir(directory);

    for (struct dirent *entry; entries && (entry = readdir(entries));)
        (void)unlinkat(dirfd(entries), entry->d_name, 0); /* "." and ".." are refused */
    if (entries)
        closedir(entries);
    rmdir(directory);
}

int fake_supervisor_close(void **state)
{
    FakeSupervisor *f = *state;

    if (f->child > 0) {
        kill(f->child, SIGKILL);
        waitpid(f->child, NULL, 0);
    }
    channel_close(&f->settler);
    channel_close(&f->channel);
    remove_directory(f->directory);
    free(f);
    return 0;
}

void fake_supervisor_be_quiet(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
}

/* main() of the child. */
static int run_stage(const FakeSupervisor *f, Walferry__Control__Role role, StageBody *body)
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

void fake_supervisor_start(FakeSupervisor *f, Walferry__Control__Role role, StageBody *body)
{
    f->child = fork();
    if (f->child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        fake_supervisor_be_quiet();
        _exit(run_stage(f, role, body));
    }
}

int fake_supervisor_exit_status(FakeSupervisor *f)
{
    int status = 0;

    assert_int_equal(waitpid(f->child, &status, 0), f->child);
    f->child = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static ControlMessage *receive(FakeSupervisor *f)
{
    WaitItem item = {.channel = f->channel, .read = true};
    ChannelMessage raw = {0};
    ControlMessage *message = NULL;

    assert_true(channel_wait(&item, 1, SOON_MS, &f->err));
    assert_true(item.ready);
    assert_int_equal(channel_receive(f->channel, &raw), CHANNEL_OK);
    assert_true(control_unpack(frame_str(raw.parts[0]), &message, &f->err));
    snprintf(f->peer, sizeof f->peer, "%s", raw.peer);
    channel_message_done(&raw);
    return message;
}

ControlMessage *fake_supervisor_expect(FakeSupervisor *f,
                                       Walferry__Control__ControlMessage__MessageCase kind)
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

void fake_supervisor_say(FakeSupervisor *f, const ControlMessage *message)
{
    ChannelMessage raw = {.parts = {control_pack(message)}, .count = 1};

    snprintf(raw.peer, sizeof raw.peer, "%s", f->peer);
    assert_int_equal(channel_send(f->channel, &raw), CHANNEL_OK);
    channel_message_done(&raw);
}

void fake_supervisor_say_assignment(FakeSupervisor *f, uint32_t lanes)
{
    Walferry__Control__Assignment assignment = WALFERRY__CONTROL__ASSIGNMENT__INIT;

    assignment.task = (char[]){"orders"};
    assignment.lanes = lanes;
    assignment.data_dir = f->directory;
    fake_supervisor_say(f, &CONTROL_MESSAGE(ASSIGNMENT, assignment, &assignment));
}

void fake_supervisor_say_stop(FakeSupervisor *f, bool drain)
{
    Walferry__Control__Stop stop = WALFERRY__CONTROL__STOP__INIT;

    stop.drain = drain;
    fake_supervisor_say(f, &CONTROL_MESSAGE(STOP, stop, &stop));
}

void fake_supervisor_admit(FakeSupervisor *f, uint32_t lanes)
{
    EXPECT_AND_FORGET(f, HELLO);
    fake_supervisor_say_assignment(f, lanes);
}
