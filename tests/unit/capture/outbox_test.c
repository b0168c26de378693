#include "capture/outbox.h"

#include "capture/spool_file.h"
#include "common/clock.h"
#include "common/codec.h"
#include "tests/support/batch_samples.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SOON_MS = 20000, BODY = 100 * 1024, LANES = 2 };

/* An outbox with one worker and a loader for each lane, over real sockets. */
typedef struct Fixture {
    char dir[32];
    char endpoint[48];
    char *spool_dir;
    Outbox *outbox;
    Channel *worker, *loader[LANES];
    Arena arena;
    Error err;
} Fixture;

static Channel *dial(Fixture *f, const char *identity)
{
    Channel *channel;

    assert_true(channel_dial(&channel, f->endpoint, identity, 64, &f->err));
    return channel;
}

static int set_up(void **state)
{
    Fixture *f = calloc(1, sizeof *f);
    OutboxLimits limits = {.memory_bytes = 3 * BODY, .window_bytes = 100 * BODY};

    snprintf(f->dir, sizeof f->dir, "/tmp/outbox-test-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(f->endpoint, sizeof f->endpoint, "ipc://%s/s", f->dir);
    assert_true(spool_dir_make(f->dir, "capture-1", &f->spool_dir, &f->err));
    limits.spool_dir = f->spool_dir;
    assert_true(outbox_open(&f->outbox, f->endpoint, &limits, &f->err));
    f->worker = dial(f, "worker");
    f->loader[0] = dial(f, "loader-0");
    f->loader[1] = dial(f, "loader-1");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *f = *state;

    channel_close(&f->worker);
    channel_close(&f->loader[0]);
    channel_close(&f->loader[1]);
    outbox_close(&f->outbox);
    spool_dir_remove(&f->spool_dir);
    arena_done(&f->arena);
    unlink(f->endpoint + strlen("ipc://"));
    int left = rmdir(f->dir);
    free(f);
    return left;
}

static void say(Channel *channel, Signal signal)
{
    ChannelMessage message = {.parts = {codec_pack_signal(&signal)}, .count = 1};

    assert_int_equal(channel_send(channel, &message), CHANNEL_OK);
    channel_message_done(&message);
}

static void give_credit(Fixture *f, uint32_t capacity)
{
    say(f->worker, (Signal){.kind = SIGNAL_CREDIT, .credit = {.capacity = capacity}});
}

static void acknowledge(Fixture *f, uint32_t lane, uint64_t next, uint64_t durable)
{
    say(f->loader[lane],
        (Signal){
            .kind = SIGNAL_ACK,
            .ack = {.epoch = 1, .lane = lane, .next_sequence = next, .durable_sequence = durable}});
}

static void add(Fixture *f, Lsn commit_lsn)
{
    Transaction transaction = {
        .commit_lsn = commit_lsn, .end_lsn = commit_lsn + 8, .last_ordinal = 1, .ends = true};
    BatchHeader header = {.transactions = &transaction, .transaction_count = 1};
    Frame *body = frame_new(BODY);

    memset(body->data, (int)commit_lsn, BODY);
    assert_true(outbox_add(f->outbox, &header, &body, &f->err));
    assert_null(body);
}

/* Lets the outbox work until the condition holds. */
#define WORK_UNTIL(f, condition)                                                                   \
    do {                                                                                           \
        int64_t give_up_ms_ = clock_ms() + SOON_MS;                                                \
        while (assert_true(outbox_work((f)->outbox, clock_ms(), &(f)->err)), !(condition)) {       \
            WaitItem item_ = outbox_wait_item((f)->outbox);                                        \
            assert_true(clock_ms() < give_up_ms_);                                                 \
            assert_true(channel_wait(&item_, 1, 10, &(f)->err));                                   \
        }                                                                                          \
    } while (0)

static BatchHeader receive(Fixture *f, Channel *channel, char *first_byte)
{
    CLEANUP(channel_message_done) ChannelMessage message = {0};
    BatchHeader header;

    WORK_UNTIL(f, channel_receive(channel, &message) == CHANNEL_OK);
    assert_int_equal(message.count, 2);
    Str packed = arena_copy(&f->arena, frame_str(message.parts[0]));
    assert_true(codec_unpack_header(packed, &f->arena, &header, &f->err));
    assert_int_equal(message.parts[1]->len, BODY);
    *first_byte = message.parts[1]->data[0];
    return header;
}

static void expect(Fixture *f, uint64_t sequence, int32_t only_lane, Lsn commit_lsn)
{
    char byte;
    BatchHeader header = receive(f, f->worker, &byte);

    assert_int_equal(header.sequence, sequence);
    assert_int_equal(header.only_lane, only_lane);
    assert_int_equal(byte, commit_lsn);
    assert_int_equal(header.transactions[0].commit_lsn, commit_lsn);
}

static void batches_go_out_on_credit_and_leave_when_all_lanes_are_durable(void **state)
{
    Fixture *f = *state;

    outbox_start_epoch(f->outbox, "t", 1, LANES);
    add(f, 10);
    add(f, 20);
    give_credit(f, 1);
    expect(f, 1, LANE_ALL, 10);
    acknowledge(f, 0, 2, 1);
    acknowledge(f, 1, 2, 0);
    expect(f, 2, LANE_ALL, 20);
    assert_false(outbox_all_taken(f->outbox));
    acknowledge(f, 0, 3, 2);
    acknowledge(f, 1, 3, 2);

    WORK_UNTIL(f, outbox_all_durable(f->outbox));
    assert_true(outbox_all_taken(f->outbox));
    assert_int_equal(outbox_counters(f->outbox).window_bytes, 0);
}

static void what_lies_in_the_file_is_sent_as_it_was_given(void **state)
{
    Fixture *f = *state;

    outbox_start_epoch(f->outbox, "t", 1, LANES);
    for (Lsn lsn = 1; lsn <= 20; lsn++)
        add(f, lsn);
    assert_in_range(outbox_counters(f->outbox).spool_bytes, 15 * BODY, 20 * BODY);

    for (uint64_t i = 1; i <= 20; i++) {
        give_credit(f, 1);
        expect(f, i, LANE_ALL, i);
        acknowledge(f, 0, i + 1, i);
        acknowledge(f, 1, i + 1, i);
    }
    WORK_UNTIL(f, outbox_all_durable(f->outbox));
    assert_int_equal(outbox_counters(f->outbox).spool_bytes, 0);
}

static void attach(Fixture *f, uint32_t lane, Lsn durable)
{
    say(f->loader[lane],
        (Signal){.kind = SIGNAL_ACK,
                 .ack = {.epoch = 1, .lane = lane, .durable = {durable, 1}, .attach = true}});
}

static uint64_t resumed_at(Fixture *f, uint32_t lane)
{
    CLEANUP(channel_message_done) ChannelMessage message = {0};
    Signal signal;

    WORK_UNTIL(f, channel_receive(f->loader[lane], &message) == CHANNEL_OK);
    assert_true(codec_unpack_signal(frame_str(message.parts[0]), &signal, &f->err));
    assert_int_equal(signal.kind, SIGNAL_RESUME);
    assert_int_equal(signal.resume.lane, lane);
    return signal.resume.next_sequence;
}

static void a_loader_that_attaches_is_told_its_place_and_served_alone(void **state)
{
    Fixture *f = *state;

    outbox_start_epoch(f->outbox, "t", 1, LANES);
    add(f, 10);
    add(f, 20);
    give_credit(f, 4);
    expect(f, 1, LANE_ALL, 10);
    expect(f, 2, LANE_ALL, 20);
    acknowledge(f, 0, 3, 0);
    acknowledge(f, 1, 3, 0);
    WORK_UNTIL(f, outbox_all_taken(f->outbox));

    channel_close(&f->loader[1]);
    f->loader[1] = dial(f, "loader-1b");
    attach(f, 1, 10);
    assert_int_equal(resumed_at(f, 1), 2);
    expect(f, 2, 1, 20);
    assert_int_equal(outbox_counters(f->outbox).redelivered, 1);

    attach(f, 1, 10); /* it did not hear the answer */
    assert_int_equal(resumed_at(f, 1), 2);
    assert_int_equal(outbox_counters(f->outbox).redelivered, 1);
}

static void a_loader_whose_place_is_not_held_makes_it_gone(void **state)
{
    Fixture *f = *state;

    outbox_start_epoch(f->outbox, "t", 1, LANES);
    add(f, 10);
    give_credit(f, 4);
    expect(f, 1, LANE_ALL, 10);
    acknowledge(f, 0, 2, 1);
    acknowledge(f, 1, 2, 1);
    WORK_UNTIL(f, outbox_all_durable(f->outbox));
    attach(f, 1, 5);

    WORK_UNTIL(f, outbox_gone(f->outbox));
    outbox_start_epoch(f->outbox, "t", 2, LANES);
    assert_false(outbox_gone(f->outbox));
}

static Walferry__Control__Topology *topology(const char *loader_1)
{
    static Walferry__Control__Topology message;
    static Walferry__Control__Peer peers[3], *loaders[2], *transforms[1];
    static char names[3][16];
    const char *identities[] = {"worker", "loader-0", loader_1};

    for (int i = 0; i < 3; i++) {
        walferry__control__peer__init(&peers[i]);
        snprintf(names[i], sizeof names[i], "%s", identities[i]);
        peers[i].identity = names[i];
    }
    peers[2].lane = 1;
    loaders[0] = &peers[1];
    loaders[1] = &peers[2];
    transforms[0] = &peers[0];
    walferry__control__topology__init(&message);
    message.loaders = loaders;
    message.n_loaders = 2;
    message.transforms = transforms;
    message.n_transforms = 1;
    return &message;
}

static void a_replaced_loader_is_not_heard_any_more(void **state)
{
    Fixture *f = *state;

    outbox_topology(f->outbox, topology("loader-1"));
    outbox_start_epoch(f->outbox, "t", 1, LANES);
    add(f, 10);
    give_credit(f, 4);
    expect(f, 1, LANE_ALL, 10);
    outbox_topology(f->outbox, topology("loader-1b"));
    acknowledge(f, 1, 2, 1); /* the zombie's */
    acknowledge(f, 0, 2, 1);
    WORK_UNTIL(f, outbox_counters(f->outbox).taken == 0);
    for (int i = 0; i < 20; i++)
        assert_true(outbox_work(f->outbox, clock_ms(), &f->err));
    assert_false(outbox_all_taken(f->outbox));

    Channel *successor = dial(f, "loader-1b");
    channel_close(&f->loader[1]);
    f->loader[1] = successor;
    acknowledge(f, 1, 2, 1); /* before it attached: of another stream */
    attach(f, 1, 0);
    assert_int_equal(resumed_at(f, 1), 1);
    acknowledge(f, 1, 2, 1);
    WORK_UNTIL(f, outbox_all_durable(f->outbox));
}

static void signals_of_another_epoch_are_dropped(void **state)
{
    Fixture *f = *state;

    outbox_start_epoch(f->outbox, "t", 2, LANES);
    add(f, 10);
    give_credit(f, 4);
    expect(f, 1, LANE_ALL, 10);
    acknowledge(f, 0, 2, 1);
    acknowledge(f, 1, 2, 1);
    say(f->loader[0], (Signal){.kind = SIGNAL_RESUME}); /* nonsense */
    say(f->loader[0], (Signal){.kind = SIGNAL_ACK, .ack = {.epoch = 2, .next_sequence = 2}});
    say(f->loader[1],
        (Signal){.kind = SIGNAL_ACK, .ack = {.epoch = 2, .lane = 1, .next_sequence = 2}});

    WORK_UNTIL(f, outbox_all_taken(f->outbox));
    assert_false(outbox_all_durable(f->outbox));
}

static void a_chunk_is_let_go_when_taken_and_done_when_its_loader_says_so(void **state)
{
    Fixture *f = *state;
    Frame *body = frame_new(BODY);
    BatchHeader header = {.kind = BATCH_COPY_ROWS,
                          .relations = sample_relations,
                          .relation_count = 1,
                          .copy = {.rows = 5, .last = true}};
    Signal done = {
        .kind = SIGNAL_CHUNK_ACK,
        .chunk_ack = {.relation_oid = 16401, .chunk = 3, .attempt = 8, .next_sequence = 2}};
    char byte;

    outbox_start_chunk(f->outbox, "t", 16401, 3, 9, 1);
    body->data[0] = 'r';
    assert_true(outbox_add(f->outbox, &header, &body, &f->err));
    give_credit(f, 4);
    BatchHeader received = receive(f, f->worker, &byte);
    assert_int_equal(received.only_lane, 1);
    assert_int_equal(received.copy.attempt, 9);
    assert_int_equal(received.copy.chunk, 3);
    assert_true(received.copy.last);

    say(f->loader[1], done); /* of an older attempt */
    done.chunk_ack.attempt = 9;
    say(f->loader[1], done);
    WORK_UNTIL(f, outbox_all_taken(f->outbox));
    assert_true(outbox_all_durable(f->outbox));
    assert_false(outbox_chunk_done(f->outbox));
    done.chunk_ack.done = true;
    say(f->loader[1], done);
    WORK_UNTIL(f, outbox_chunk_done(f->outbox));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(batches_go_out_on_credit_and_leave_when_all_lanes_are_durable),
        TEST(what_lies_in_the_file_is_sent_as_it_was_given),
        TEST(a_loader_that_attaches_is_told_its_place_and_served_alone),
        TEST(a_loader_whose_place_is_not_held_makes_it_gone),
        TEST(a_replaced_loader_is_not_heard_any_more),
        TEST(signals_of_another_epoch_are_dropped),
        TEST(a_chunk_is_let_go_when_taken_and_done_when_its_loader_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
