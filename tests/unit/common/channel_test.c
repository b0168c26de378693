#include "common/channel.h"

#include "common/clock.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SOON_MS = 20000, LARGE_BYTES = 3 * 1024 * 1024 };

typedef struct Fixture {
    char directory[32];
    char endpoint[64];
    Channel *listener, *dialer;
    Error err;
} Fixture;

static int set_up(void **state)
{
    Fixture *f = calloc(1, sizeof *f);

    snprintf(f->directory, sizeof f->directory, "/tmp/channel-test-XXXXXX");
    if (!mkdtemp(f->directory))
        return -1;
    snprintf(f->endpoint, sizeof f->endpoint, "ipc://%s/s", f->directory);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *f = *state;

    channel_close(&f->dialer);
    channel_close(&f->listener);
    unlink(f->endpoint + strlen("ipc://"));
    rmdir(f->directory);
    free(f);
    return 0;
}

static void listen_and_dial(Fixture *f, int high_water)
{
    assert_true(channel_listen(&f->listener, f->endpoint, high_water, &f->err));
    assert_true(channel_dial(&f->dialer, f->endpoint, "worker-1", high_water, &f->err));
}

static ChannelMessage message_of(const char *peer, const char *first, const char *second)
{
    ChannelMessage message = {.count = second ? 2 : 1};

    snprintf(message.peer, sizeof message.peer, "%s", peer);
    message.parts[0] = frame_copy(str_of(first));
    if (second)
        message.parts[1] = frame_copy(str_of(second));
    return message;
}

static void send_text(Channel *channel, const char *peer, const char *first, const char *second)
{
    ChannelMessage message = message_of(peer, first, second);

    assert_int_equal(channel_send(channel, &message), CHANNEL_OK);
    channel_message_done(&message);
}

/* Waits, but not for ever: a message that never comes is a failure. */
static void receive(Channel *channel, ChannelMessage *out)
{
    Error err;
    WaitItem item = {.channel = channel, .read = true};

    assert_true(channel_wait(&item, 1, SOON_MS, &err));
    assert_true(item.ready);
    assert_int_equal(channel_receive(channel, out), CHANNEL_OK);
}

static void expect_text(Channel *channel, const char *peer, const char *first, const char *second)
{
    ChannelMessage message;

    receive(channel, &message);
    assert_string_equal(message.peer, peer);
    assert_int_equal(message.count, second ? 2 : 1);
    assert_true(str_equal(frame_str(message.parts[0]), str_of(first)));
    if (second)
        assert_true(str_equal(frame_str(message.parts[1]), str_of(second)));
    channel_message_done(&message);
}

static void a_listener_hears_who_speaks_and_answers_by_name(void **state)
{
    Fixture *f = *state;

    listen_and_dial(f, 4);

    send_text(f->dialer, "", "credit", NULL);
    expect_text(f->listener, "worker-1", "credit", NULL);
    send_text(f->listener, "worker-1", "header", "body");
    expect_text(f->dialer, "", "header", "body");
}

static void nothing_to_read_is_an_answer(void **state)
{
    Fixture *f = *state;
    ChannelMessage message;
    WaitItem item;

    listen_and_dial(f, 4);
    item = (WaitItem){.channel = f->dialer, .read = true};

    assert_int_equal(channel_receive(f->listener, &message), CHANNEL_AGAIN);
    assert_true(channel_wait(&item, 1, 10, &f->err));
    assert_false(item.ready);
}

static void empty_and_large_parts_arrive_as_they_are(void **state)
{
    Fixture *f = *state;
    ChannelMessage message = {.count = 2}, back;

    listen_and_dial(f, 4);
    message.parts[0] = frame_new(0);
    message.parts[1] = frame_new(LARGE_BYTES);
    for (int i = 0; i < LARGE_BYTES; i++)
        message.parts[1]->data[i] = (char)(i % 251);

    assert_int_equal(channel_send(f->dialer, &message), CHANNEL_OK);
    receive(f->listener, &back);
    assert_int_equal(back.parts[0]->len, 0);
    assert_true(str_equal(frame_str(back.parts[1]), frame_str(message.parts[1])));
    channel_message_done(&message);
    channel_message_done(&back);
}

static void a_received_frame_outlives_the_channel_and_can_be_passed_on(void **state)
{
    Fixture *f = *state;
    ChannelMessage message = {.count = 1}, back, again;

    listen_and_dial(f, 4);
    message.parts[0] = frame_new(LARGE_BYTES);
    memset(message.parts[0]->data, 'x', LARGE_BYTES);
    assert_int_equal(channel_send(f->dialer, &message), CHANNEL_OK);
    receive(f->listener, &back);

    assert_int_equal(channel_send(f->listener, &back), CHANNEL_OK);
    receive(f->dialer, &again);
    channel_message_done(&back);
    channel_close(&f->dialer);
    channel_close(&f->listener);

    assert_true(str_equal(frame_str(again.parts[0]), frame_str(message.parts[0])));
    channel_message_done(&again);
    channel_message_done(&message);
}

static void a_frame_may_be_given_back_as_soon_as_it_is_sent(void **state)
{
    Fixture *f = *state;
    ChannelMessage message = {.count = 1}, back;

    listen_and_dial(f, 4);
    message.parts[0] = frame_new(LARGE_BYTES);
    memset(message.parts[0]->data, 'y', LARGE_BYTES);
    assert_int_equal(channel_send(f->dialer, &message), CHANNEL_OK);
    channel_message_done(&message);

    receive(f->listener, &back);
    assert_int_equal(back.parts[0]->data[LARGE_BYTES - 1], 'y');
    channel_message_done(&back);
}

static void a_name_that_no_peer_has_is_told_from_a_full_queue(void **state)
{
    Fixture *f = *state;
    ChannelMessage message = message_of("nobody", "header", "body");

    listen_and_dial(f, 4);

    assert_int_equal(channel_send(f->listener, &message), CHANNEL_NO_PEER);
    channel_message_done(&message);
}

static void a_peer_that_hung_up_becomes_unknown(void **state)
{
    Fixture *f = *state;
    ChannelMessage message = message_of("worker-1", "header", "body");
    ChannelResult result = CHANNEL_OK;
    int64_t until = clock_ms() + SOON_MS;

    listen_and_dial(f, 4);
    send_text(f->dialer, "", "credit", NULL);
    expect_text(f->listener, "worker-1", "credit", NULL);
    channel_close(&f->dialer);

    while (result != CHANNEL_NO_PEER && clock_ms() < until) {
        WaitItem item = {.channel = f->listener, .read = true};

        result = channel_send(f->listener, &message);
        assert_true(channel_wait(&item, 1, 5, &f->err));
    }
    assert_int_equal(result, CHANNEL_NO_PEER);
    channel_message_done(&message);
}

/* Sends until the queue refuses. What the kernel's buffer takes besides is small beside these. */
static int fill(Channel *channel, const char *peer, int most)
{
    ChannelMessage message = {.count = 2};
    int sent = 0;

    snprintf(message.peer, sizeof message.peer, "%s", peer);
    message.parts[0] = frame_copy((Str)STR("header"));
    message.parts[1] = frame_new(LARGE_BYTES);
    memset(message.parts[1]->data, 'z', LARGE_BYTES);
    while (sent < most && channel_send(channel, &message) == CHANNEL_OK)
        sent++;
    channel_message_done(&message);
    return sent;
}

static void expect_large(Channel *channel, int count)
{
    for (int i = 0; i < count; i++) {
        ChannelMessage message;

        receive(channel, &message);
        assert_int_equal(message.count, 2);
        assert_int_equal(message.parts[1]->len, LARGE_BYTES);
        channel_message_done(&message);
    }
}

static void a_listener_to_a_peer_that_does_not_read_is_stopped_and_goes_on_later(void **state)
{
    Fixture *f = *state;
    WaitItem writable;

    listen_and_dial(f, 2);
    send_text(f->dialer, "", "credit", NULL);
    expect_text(f->listener, "worker-1", "credit", NULL);

    int sent = fill(f->listener, "worker-1", 100);
    assert_in_range(sent, 2, 20);
    expect_large(f->dialer, sent);
    writable = (WaitItem){.channel = f->listener, .write = true};
    assert_true(channel_wait(&writable, 1, SOON_MS, &f->err));
    assert_true(writable.ready);
    assert_int_equal(fill(f->listener, "worker-1", 1), 1);
    expect_large(f->dialer, 1);
}

static void a_dialer_to_a_peer_that_is_not_there_is_stopped_at_its_mark(void **state)
{
    Fixture *f = *state;
    WaitItem writable;

    assert_true(channel_dial(&f->dialer, f->endpoint, "worker-1", 2, &f->err));
    writable = (WaitItem){.channel = f->dialer, .write = true};

    assert_int_equal(fill(f->dialer, "", 100), 2);
    assert_true(channel_wait(&writable, 1, 10, &f->err));
    assert_false(writable.ready);
    assert_true(channel_listen(&f->listener, f->endpoint, 2, &f->err));
    expect_large(f->listener, 2);
    assert_true(channel_wait(&writable, 1, SOON_MS, &f->err));
    assert_true(writable.ready);
}

static void closing_with_unsent_messages_does_not_wait(void **state)
{
    Fixture *f = *state;
    int64_t start = clock_ms();

    assert_true(channel_dial(&f->dialer, f->endpoint, "worker-1", 8, &f->err));
    assert_int_equal(fill(f->dialer, "", 4), 4);
    channel_close(&f->dialer);

    assert_in_range(clock_ms() - start, 0, 1000);
}

static void a_listener_takes_the_place_of_a_dead_ones_socket(void **state)
{
    Fixture *f = *state;
    FILE *stale = fopen(f->endpoint + strlen("ipc://"), "w");

    assert_non_null(stale);
    fclose(stale);
    listen_and_dial(f, 4);
    send_text(f->dialer, "", "credit", NULL);

    expect_text(f->listener, "worker-1", "credit", NULL);
}

static void a_socket_path_above_the_systems_limit_is_refused_with_advice(void **state)
{
    Fixture *f = *state;
    char endpoint[CHANNEL_ENDPOINT_MAX * 2] = "ipc://";

    memset(endpoint + strlen(endpoint), 'p', 108);

    assert_false(channel_listen(&f->listener, endpoint, 4, &f->err));
    assert_int_equal(f->err.kind, ERROR_CONFIG);
    assert_non_null(strstr(f->err.message, "longer than the 107 bytes"));
    assert_non_null(strstr(f->err.hint, "shorter path"));
    assert_false(channel_dial(&f->dialer, endpoint, "worker-1", 4, &f->err));
    assert_int_equal(f->err.kind, ERROR_CONFIG);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    Fixture *f = *state;

    assert_false(channel_listen(&f->listener, "ipc:///nonexistent/folder/s", 4, &f->err));
    assert_int_equal(f->err.kind, ERROR_CONFIG);
    assert_string_equal(f->err.object, "ipc:///nonexistent/folder/s");
}

static void plain_descriptors_are_waited_for_too(void **state)
{
    Fixture *f = *state;
    int ends[2];
    WaitItem items[2];

    listen_and_dial(f, 4);
    assert_int_equal(pipe(ends), 0);
    items[0] = (WaitItem){.channel = f->listener, .read = true};
    items[1] = (WaitItem){.fd = ends[0], .read = true};
    assert_int_equal(write(ends[1], "x", 1), 1);

    assert_true(channel_wait(items, 2, SOON_MS, &f->err));
    assert_false(items[0].ready);
    assert_true(items[1].ready);
    close(ends[0]);
    close(ends[1]);
}

static void what_is_said_last_on_a_control_dialer_arrives(void **state)
{
    Fixture *f = *state;

    assert_true(channel_listen(&f->listener, f->endpoint, 1000, &f->err));
    assert_true(channel_dial_control(&f->dialer, f->endpoint, "stage-1", &f->err));
    for (int i = 0; i < 100; i++)
        send_text(f->dialer, "", "fault", NULL);
    channel_close_after(&f->dialer, SOON_MS);

    for (int i = 0; i < 100; i++)
        expect_text(f->listener, "stage-1", "fault", NULL);
}

static bool reconnects(Fixture *f)
{
    int64_t until = clock_ms() + SOON_MS;

    while (clock_ms() < until) {
        if (channel_was_reconnected(f->dialer))
            return true;
        WaitItem item = {.channel = f->listener, .read = true};
        assert_true(channel_wait(&item, 1, 10, &f->err));
    }
    return false;
}

static void a_control_dialer_tells_that_the_listener_was_replaced(void **state)
{
    Fixture *f = *state;

    assert_true(channel_listen(&f->listener, f->endpoint, 1000, &f->err));
    assert_true(channel_dial_control(&f->dialer, f->endpoint, "stage-1", &f->err));
    send_text(f->dialer, "", "hello", NULL);
    expect_text(f->listener, "stage-1", "hello", NULL);
    assert_false(channel_was_reconnected(f->dialer));

    channel_close(&f->listener);
    assert_true(channel_listen(&f->listener, f->endpoint, 1000, &f->err));
    assert_true(reconnects(f));
    assert_false(channel_was_reconnected(f->dialer));
    send_text(f->dialer, "", "hello", NULL);
    expect_text(f->listener, "stage-1", "hello", NULL);
}

static void identities_are_new_each_time(void **state)
{
    char first[CHANNEL_IDENTITY_MAX], second[CHANNEL_IDENTITY_MAX];

    (void)state;
    channel_make_identity("loader", first);
    channel_make_identity("loader", second);

    assert_memory_equal(first, "loader-", 7);
    assert_int_equal(strlen(first), strlen("loader-6f1c20d4b7e3"));
    assert_string_not_equal(first, second);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_listener_hears_who_speaks_and_answers_by_name),
        CASE(nothing_to_read_is_an_answer),
        CASE(empty_and_large_parts_arrive_as_they_are),
        CASE(a_received_frame_outlives_the_channel_and_can_be_passed_on),
        CASE(a_frame_may_be_given_back_as_soon_as_it_is_sent),
        CASE(a_name_that_no_peer_has_is_told_from_a_full_queue),
        CASE(a_peer_that_hung_up_becomes_unknown),
        CASE(a_listener_to_a_peer_that_does_not_read_is_stopped_and_goes_on_later),
        CASE(a_dialer_to_a_peer_that_is_not_there_is_stopped_at_its_mark),
        CASE(closing_with_unsent_messages_does_not_wait),
        CASE(a_listener_takes_the_place_of_a_dead_ones_socket),
        CASE(a_socket_path_above_the_systems_limit_is_refused_with_advice),
        CASE(a_folder_that_is_not_there_is_an_error),
        CASE(plain_descriptors_are_waited_for_too),
        CASE(what_is_said_last_on_a_control_dialer_arrives),
        CASE(a_control_dialer_tells_that_the_listener_was_replaced),
        cmocka_unit_test(identities_are_new_each_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
