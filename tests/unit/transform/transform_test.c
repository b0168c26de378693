/* The worker runs in a child process; the test is its supervisor, its producer and its loaders. */
#include "transform/transform.h"

#include "common/clock.h"
#include "common/codec.h"
#include "tests/support/batch_samples.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/fake_supervisor.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

enum { LANES = 2, LARGE_BYTES = 1024 * 1024 };

typedef struct Fixture {
    FakeSupervisor *supervisor;
    Channel *producer;
    Channel *loaders[LANES];
    char worker[CHANNEL_IDENTITY_MAX]; /* as the producer knows it */
    Arena arena;
    Error err;
} Fixture;

static int set_up(void **state)
{
    Fixture *f = calloc(1, sizeof *f);

    *state = f;
    return f ? fake_supervisor_open((void **)&f->supervisor) : -1;
}

static int tear_down(void **state)
{
    Fixture *f = *state;

    channel_close(&f->producer);
    for (int lane = 0; lane < LANES; lane++)
        channel_close(&f->loaders[lane]);
    fake_supervisor_close((void **)&f->supervisor);
    arena_done(&f->arena);
    free(f);
    return 0;
}

static void run(Stage *stage, Error *err)
{
    Transform *transform = NULL;

    if (transform_open(&transform, stage, err))
        transform_run(transform, err);
    transform_close(&transform);
}

static char *endpoint_of(Fixture *f, const char *name)
{
    return arena_printf(&f->arena, "ipc://%s/%s", f->supervisor->directory, name);
}

static Walferry__Control__Peer *peer_of(Fixture *f, const char *name, uint32_t lane)
{
    Walferry__Control__Peer *peer = ARENA_NEW(&f->arena, Walferry__Control__Peer);

    walferry__control__peer__init(peer);
    peer->identity = arena_strdup(&f->arena, name);
    peer->endpoint = endpoint_of(f, name);
    peer->lane = lane;
    return peer;
}

/* loaders: names by lane; NULL for a lane that has none. */
static void say_topology(Fixture *f, const char *const loaders[LANES])
{
    Walferry__Control__Topology topology = WALFERRY__CONTROL__TOPOLOGY__INIT;
    Walferry__Control__Peer *producer = peer_of(f, "capture", 0), *peers[LANES];

    topology.producers = &producer;
    topology.n_producers = 1;
    topology.loaders = peers;
    for (uint32_t lane = 0; lane < LANES; lane++) {
        if (loaders[lane])
            peers[topology.n_loaders++] = peer_of(f, loaders[lane], lane);
    }
    fake_supervisor_say(f->supervisor, &CONTROL_MESSAGE(TOPOLOGY, topology, &topology));
}

static void listen_as_loader(Fixture *f, int lane, const char *name)
{
    assert_true(channel_listen(&f->loaders[lane], endpoint_of(f, name), 4, &f->err));
}

static bool wait_readable(Fixture *f, Channel *channel, int timeout_ms)
{
    WaitItem item = {.channel = channel, .read = true};

    assert_true(channel_wait(&item, 1, timeout_ms, &f->err));
    return item.ready;
}

static void expect_credit(Fixture *f)
{
    ChannelMessage message;
    Signal signal;

    assert_true(wait_readable(f, f->producer, SOON_MS));
    assert_int_equal(channel_receive(f->producer, &message), CHANNEL_OK);
    assert_true(codec_unpack_signal(frame_str(message.parts[0]), &signal, &f->err));
    assert_int_equal(signal.kind, SIGNAL_CREDIT);
    assert_int_equal(signal.credit.capacity, 4);
    snprintf(f->worker, sizeof f->worker, "%s", message.peer);
    channel_message_done(&message);
}

/* A worker with so many lanes, whose loaders are there and which has given credit. */
static void start_worker(Fixture *f, uint32_t lanes)
{
    static const char *const NAMES[LANES] = {"loader-a", "loader-b"};
    const char *loaders[LANES] = {NAMES[0], lanes > 1 ? NAMES[1] : NULL};

    assert_true(channel_listen(&f->producer, endpoint_of(f, "capture"), 64, &f->err));
    for (uint32_t lane = 0; lane < lanes; lane++)
        listen_as_loader(f, (int)lane, NAMES[lane]);
    fake_supervisor_start(f->supervisor, WALFERRY__CONTROL__ROLE__ROLE_TRANSFORM, run);
    fake_supervisor_admit(f->supervisor, lanes);
    say_topology(f, loaders);
    expect_credit(f);
    assert_string_equal(f->worker, f->supervisor->peer);
}

/* Takes the frames. */
static void send_batch(Fixture *f, Frame *header, Frame *body)
{
    ChannelMessage message = {.parts = {header, body}, .count = 2};

    snprintf(message.peer, sizeof message.peer, "%s", f->worker);
    assert_int_equal(channel_send(f->producer, &message), CHANNEL_OK);
    channel_message_done(&message);
}

/* Inserts with the ids 0 to count - 1. */
static Frame *body_of_inserts(uint32_t count)
{
    Bytes body = {0};

    for (uint32_t i = 0; i < count; i++) {
        char id[12];
        Value values[SAMPLE_COLUMNS] = {
            {.form = VALUE_TEXT, .bytes = {id, (size_t)snprintf(id, sizeof id, "%u", i)}}};
        Change change = {.ordinal = i + 1, .new_tuple = {values, SAMPLE_COLUMNS}};

        codec_pack_change(&body, &change);
    }
    return frame_take(body.data, body.len);
}

static void send_inserts(Fixture *f, uint64_t sequence, uint32_t count, int32_t only_lane)
{
    BatchHeader header = sample_header(count);

    header.sequence = sequence;
    header.only_lane = only_lane;
    send_batch(f, codec_pack_header(&header), body_of_inserts(count));
}

static Batch receive_part(Fixture *f, int lane)
{
    ChannelMessage message;
    Batch batch = {0};

    assert_true(wait_readable(f, f->loaders[lane], SOON_MS));
    assert_int_equal(channel_receive(f->loaders[lane], &message), CHANNEL_OK);
    assert_int_equal(message.count, 2);
    assert_true(
        codec_unpack_header(frame_str(message.parts[0]), &f->arena, &batch.header, &f->err));
    if (batch.header.kind == BATCH_CHANGES)
        assert_true(codec_unpack_changes(frame_str(message.parts[1]), &batch.header, &f->arena,
                                         &batch.changes, &f->err));
    channel_message_done(&message);
    return batch;
}

static void with_one_loader_a_batch_is_passed_on(void **state)
{
    Fixture *f = *state;

    start_worker(f, 1);
    send_inserts(f, 17, 10, LANE_ALL);

    Batch batch = receive_part(f, 0);
    assert_int_equal(batch.header.sequence, 17);
    assert_int_equal(batch.header.change_count, 10);
    assert_int_equal(batch.header.lane, 0);
}

static void with_two_loaders_each_gets_its_part(void **state)
{
    Fixture *f = *state;
    uint32_t total = 0;

    start_worker(f, 2);
    send_inserts(f, 17, 100, LANE_ALL);

    for (int lane = 0; lane < LANES; lane++) {
        Batch batch = receive_part(f, lane);

        assert_int_equal(batch.header.sequence, 17);
        assert_int_equal(batch.header.lane, lane);
        assert_int_equal(batch.header.transaction_count, 2);
        assert_int_equal(batch.header.relation_count, 2);
        assert_in_range(batch.header.change_count, 20, 80);
        total += batch.header.change_count;
    }
    assert_int_equal(total, 100);
}

static void a_lane_without_changes_gets_an_empty_part(void **state)
{
    Fixture *f = *state;
    uint32_t total = 0;

    start_worker(f, 2);
    send_inserts(f, 18, 1, LANE_ALL);

    for (int lane = 0; lane < LANES; lane++)
        total += receive_part(f, lane).header.change_count;
    assert_int_equal(total, 1);
}

static void a_repetition_for_one_lane_goes_to_that_lane_only(void **state)
{
    Fixture *f = *state;

    start_worker(f, 2);
    send_inserts(f, 17, 100, 1);
    send_inserts(f, 18, 100, LANE_ALL);

    assert_int_equal(receive_part(f, 1).header.sequence, 17);
    assert_int_equal(receive_part(f, 1).header.sequence, 18);
    assert_int_equal(receive_part(f, 0).header.sequence, 18);
}

static void copy_rows_are_passed_untouched_to_the_lane_of_their_chunk(void **state)
{
    Fixture *f = *state;
    BatchHeader header = sample_header(0);
    ChannelMessage message;

    header.kind = BATCH_COPY_ROWS;
    header.relation_count = 1;
    header.transaction_count = 0;
    header.only_lane = 1;
    header.copy = (CopyRows){.chunk = 7, .attempt = 1, .rows = 2, .last = true};
    start_worker(f, 2);
    send_batch(f, codec_pack_header(&header), frame_copy((Str)STR("1\ta\n2\tb\n")));

    assert_true(wait_readable(f, f->loaders[1], SOON_MS));
    assert_int_equal(channel_receive(f->loaders[1], &message), CHANNEL_OK);
    assert_true(codec_unpack_header(frame_str(message.parts[0]), &f->arena, &header, &f->err));
    assert_int_equal(header.lane, 1);
    assert_true(str_equal(frame_str(message.parts[1]), (Str)STR("1\ta\n2\tb\n")));
    channel_message_done(&message);
}

static void no_credit_is_given_before_every_lane_has_its_loader(void **state)
{
    Fixture *f = *state;

    assert_true(channel_listen(&f->producer, endpoint_of(f, "capture"), 64, &f->err));
    fake_supervisor_start(f->supervisor, WALFERRY__CONTROL__ROLE__ROLE_TRANSFORM, run);
    fake_supervisor_admit(f->supervisor, 2);
    say_topology(f, (const char *const[LANES]){"loader-a", NULL});
    assert_false(wait_readable(f, f->producer, 300));
    say_topology(f, (const char *const[LANES]){"loader-a", "loader-b"});

    expect_credit(f);
}

static void credit_is_repeated(void **state)
{
    Fixture *f = *state;

    start_worker(f, 1);
    expect_credit(f);
}

static Frame *large_body(void)
{
    Frame *body = frame_new(LARGE_BYTES);

    memset(body->data, 'x', LARGE_BYTES);
    return body;
}

static void send_copy_rows(Fixture *f, uint64_t sequence, int32_t lane)
{
    BatchHeader header = sample_header(0);

    header.kind = BATCH_COPY_ROWS;
    header.sequence = sequence;
    header.relation_count = 1;
    header.transaction_count = 0;
    header.only_lane = lane;
    header.lane = (uint32_t)lane;
    send_batch(f, codec_pack_header(&header), large_body());
}

static int64_t counter_of(Fixture *f, const char *name)
{
    ControlMessage *beat = EXPECT(f->supervisor, HEARTBEAT);
    int64_t value = -1;

    for (size_t i = 0; i < beat->heartbeat->n_counters; i++) {
        if (strcmp(beat->heartbeat->counters[i]->name, name) == 0)
            value = beat->heartbeat->counters[i]->value;
    }
    control_free(&beat);
    return value;
}

static void wait_until_counter(Fixture *f, const char *name, int64_t value)
{
    int64_t until = clock_ms() + SOON_MS;

    while (counter_of(f, name) != value)
        assert_true(clock_ms() < until);
}

static void a_full_loader_holds_the_worker_until_it_reads_again(void **state)
{
    enum { BATCHES = 40 }; /* more than all queues on the way hold */
    Fixture *f = *state;

    start_worker(f, 1);
    for (uint64_t i = 1; i <= BATCHES; i++)
        send_copy_rows(f, i, 0);
    wait_until_counter(f, "held", 1);

    for (uint64_t i = 1; i <= BATCHES; i++)
        assert_int_equal(receive_part(f, 0).header.sequence, i);
    wait_until_counter(f, "held", 0);
    assert_int_equal(counter_of(f, "batches_out"), BATCHES);
}

static void a_loaders_successor_gets_what_comes_after_and_nothing_that_was_held(void **state)
{
    enum { BATCHES = 40 };
    Fixture *f = *state;

    start_worker(f, 1);
    for (uint64_t i = 1; i <= BATCHES; i++)
        send_copy_rows(f, i, 0);
    wait_until_counter(f, "held", 1);
    channel_close(&f->loaders[0]);
    listen_as_loader(f, 0, "loader-c");
    say_topology(f, (const char *const[LANES]){"loader-c", NULL});

    uint64_t last = receive_part(f, 0).header.sequence;
    assert_true(last > 1);
    while (last < BATCHES) {
        uint64_t next = receive_part(f, 0).header.sequence;

        assert_int_equal(next, last + 1);
        last = next;
    }
    assert_int_equal(counter_of(f, "dropped"), 1);
}

static void a_batch_that_cannot_be_read_ends_the_worker_with_its_sender(void **state)
{
    static const struct {
        Str header;
        const char *message;
    } CASES[] = {
        {STR("\x08\x02"), "batch has version 2"},
        {STR("\x08\x01\x10"), "truncated"},
    };
    Fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        start_worker(f, 1);
        send_batch(f, frame_copy(CASES[i].header), frame_new(0));

        ControlMessage *fault = EXPECT(f->supervisor, FAULT);
        assert_string_equal(fault->fault->kind, "protocol");
        assert_non_null(strstr(fault->fault->message, "from capture: "));
        assert_non_null(strstr(fault->fault->message, CASES[i].message));
        control_free(&fault);
        assert_int_equal(fake_supervisor_exit_status(f->supervisor), EX_PROTOCOL);
        channel_close(&f->producer);
        channel_close(&f->loaders[0]);
    }
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(with_one_loader_a_batch_is_passed_on),
        CASE(with_two_loaders_each_gets_its_part),
        CASE(a_lane_without_changes_gets_an_empty_part),
        CASE(a_repetition_for_one_lane_goes_to_that_lane_only),
        CASE(copy_rows_are_passed_untouched_to_the_lane_of_their_chunk),
        CASE(no_credit_is_given_before_every_lane_has_its_loader),
        CASE(credit_is_repeated),
        CASE(a_full_loader_holds_the_worker_until_it_reads_again),
        CASE(a_loaders_successor_gets_what_comes_after_and_nothing_that_was_held),
        CASE(a_batch_that_cannot_be_read_ends_the_worker_with_its_sender),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
