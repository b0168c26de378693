#include "loader/chunk_load.h"

#include "common/mem.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/fake_chunk_writer.h"

#include <stdio.h>

typedef struct Heard {
    int count;
    ChunkNews last;
    char producer[CHANNEL_IDENTITY_MAX];
} Heard;

typedef struct Fixture {
    ChunkLoads *loads;
    Heard heard;
} Fixture;

static void hear(void *self, const ChunkNews *news)
{
    Heard *heard = self;

    heard->count++;
    heard->last = *news;
    snprintf(heard->producer, sizeof heard->producer, "%s", news->producer);
}

static int open_with_two_producers(void **state)
{
    static const char *const producers[] = {"copy-a", "copy-b"};
    ChunkTarget target = {.make = fake_chunk_writer, .task = "t"};
    Fixture *fixture = MEM_NEW(Fixture);

    fake_chunk_writers = (FakeChunkWriters){0};
    fixture->loads = chunk_loads_open(&target, hear, &fixture->heard);
    chunk_loads_producers(fixture->loads, producers, 2);
    *state = fixture;
    return 0;
}

static int close_all(void **state)
{
    Fixture *fixture = *state;

    chunk_loads_close(&fixture->loads);
    mem_free(state);
    return fake_chunk_writers.alive; /* nothing is left behind */
}

/* A batch of `sequence` rows, so that the fake's notes tell which one it was. */
static BatchHeader batch_of(const char *producer, uint32_t chunk, uint64_t attempt,
                            uint64_t sequence)
{
    static Relation relation = {.oid = 16384, .schema = STR("public"), .table = STR("orders")};

    return (BatchHeader){
        .kind = BATCH_COPY_ROWS,
        .sequence = sequence,
        .relations = &relation,
        .relation_count = 1,
        .copy = {.chunk = chunk,
                 .attempt = attempt,
                 .rows = sequence,
                 .producer = str_of(producer)},
    };
}

static void take_batch(Fixture *fixture, BatchHeader header)
{
    Frame *body = frame_copy((Str)STR("rows"));
    Error err = {0};

    assert_true(chunk_loads_take(fixture->loads, &header, body, &err));
    frame_unref(&body);
    assert_true(chunk_loads_step(fixture->loads, &err));
}

static void take(Fixture *fixture, const char *producer, uint32_t chunk, uint64_t attempt,
                 uint64_t sequence)
{
    take_batch(fixture, batch_of(producer, chunk, attempt, sequence));
}

static void take_last(Fixture *fixture, const char *producer, uint32_t chunk, uint64_t attempt,
                      uint64_t sequence)
{
    BatchHeader header = batch_of(producer, chunk, attempt, sequence);

    header.copy.last = true;
    take_batch(fixture, header);
}

static void what_was_taken_and_what_was_committed_is_told_to_the_producer(void **state)
{
    Fixture *fixture = *state;

    take(fixture, "copy-a", 3, 10, 1);
    assert_int_equal(fixture->heard.last.next_sequence, 2);
    assert_false(fixture->heard.last.done);
    take_last(fixture, "copy-a", 3, 10, 2);

    assert_string_equal(fixture->heard.producer, "copy-a");
    assert_int_equal(fixture->heard.last.chunk, 3);
    assert_int_equal(fixture->heard.last.attempt, 10);
    assert_true(fixture->heard.last.done);
    assert_true(fixture->heard.last.fresh);
    assert_int_equal(fixture->heard.last.rows, 1 + 2);
    assert_false(chunk_loads_busy(fixture->loads));
}

static void batches_are_written_in_order(void **state)
{
    Fixture *fixture = *state;
    Error err = {0};

    take(fixture, "copy-a", 0, 1, 3);
    take(fixture, "copy-a", 0, 1, 2);
    assert_int_equal(fixture->heard.count, 0);
    take(fixture, "copy-a", 0, 1, 1);
    while (fake_chunk_writers.batches < 3)
        assert_true(chunk_loads_step(fixture->loads, &err));

    assert_int_equal(fake_chunk_writers.rows[0], 1);
    assert_int_equal(fake_chunk_writers.rows[1], 2);
    assert_int_equal(fake_chunk_writers.rows[2], 3);
}

static void a_duplicate_is_counted_and_not_written(void **state)
{
    Fixture *fixture = *state;

    take(fixture, "copy-a", 0, 1, 1);
    take(fixture, "copy-a", 0, 1, 1);

    assert_int_equal(fake_chunk_writers.batches, 1);
    assert_int_equal(chunk_loads_counters(fixture->loads).duplicates_dropped, 1);
}

static void a_chunk_that_is_done_is_said_again_until_the_next_one_comes(void **state)
{
    Fixture *fixture = *state;

    take_last(fixture, "copy-a", 0, 1, 1);
    chunk_loads_repeat(fixture->loads);
    assert_int_equal(fixture->heard.count, 2);
    assert_true(fixture->heard.last.done);
    assert_false(fixture->heard.last.fresh);

    take(fixture, "copy-a", 1, 2, 1);
    chunk_loads_repeat(fixture->loads);
    assert_int_equal(fixture->heard.last.chunk, 1);
    assert_false(fixture->heard.last.done);
}

static void a_late_batch_of_a_finished_chunk_starts_nothing(void **state)
{
    Fixture *fixture = *state;

    take_last(fixture, "copy-a", 0, 1, 1);
    take(fixture, "copy-a", 0, 1, 1);
    take(fixture, "copy-a", 1, 2, 1);
    take(fixture, "copy-a", 0, 1, 1);

    assert_int_equal(fake_chunk_writers.started, 2);
    assert_int_equal(fake_chunk_writers.freed_under_way, 0);
    assert_int_equal(chunk_loads_counters(fixture->loads).duplicates_dropped, 2);
}

static void the_connection_serves_one_chunk_after_the_other(void **state)
{
    Fixture *fixture = *state;

    for (uint32_t chunk = 0; chunk < 5; chunk++)
        take_last(fixture, "copy-a", chunk, chunk + 1, 1);

    assert_int_equal(fake_chunk_writers.alive, 1);
    assert_int_equal(chunk_loads_counters(fixture->loads).chunks_done, 5);
}

static void a_producers_next_chunk_rolls_back_what_it_gave_up(void **state)
{
    Fixture *fixture = *state;

    take(fixture, "copy-a", 0, 1, 1);
    take(fixture, "copy-a", 5, 2, 1);

    assert_int_equal(fake_chunk_writers.freed_under_way, 1);
    assert_int_equal(fake_chunk_writers.started, 2);
}

static void a_higher_attempt_by_another_producer_rolls_the_lower_one_back(void **state)
{
    Fixture *fixture = *state;

    take(fixture, "copy-a", 0, 1, 1);
    take(fixture, "copy-b", 0, 2, 1);
    take(fixture, "copy-a", 0, 1, 2);

    assert_int_equal(fake_chunk_writers.freed_under_way, 1);
    assert_int_equal(fake_chunk_writers.batches, 2);
    assert_string_equal(fixture->heard.producer, "copy-b");
}

static void a_lower_attempt_that_comes_late_is_not_started(void **state)
{
    Fixture *fixture = *state;

    take(fixture, "copy-b", 0, 2, 1);
    take(fixture, "copy-a", 0, 1, 1);

    assert_int_equal(fake_chunk_writers.started, 1);
    assert_int_equal(fake_chunk_writers.freed_under_way, 0);
}

static void producers_do_not_disturb_each_other(void **state)
{
    Fixture *fixture = *state;

    take(fixture, "copy-a", 0, 1, 1);
    take(fixture, "copy-b", 1, 2, 1);
    take_last(fixture, "copy-a", 0, 1, 2);
    take_last(fixture, "copy-b", 1, 2, 2);

    assert_int_equal(chunk_loads_counters(fixture->loads).chunks_done, 2);
    assert_int_equal(fake_chunk_writers.freed_under_way, 0);
}

static void a_producer_that_leaves_takes_its_chunk_with_it(void **state)
{
    static const char *const left[] = {"copy-b"};
    Fixture *fixture = *state;

    take(fixture, "copy-a", 0, 1, 1);
    chunk_loads_producers(fixture->loads, left, 1);
    take(fixture, "copy-a", 0, 1, 2);

    assert_int_equal(fake_chunk_writers.freed_under_way, 1);
    assert_int_equal(fake_chunk_writers.started, 1);
    assert_false(chunk_loads_busy(fixture->loads));
}

static void a_stranger_is_not_heard(void **state)
{
    Fixture *fixture = *state;

    take(fixture, "copy-dead", 0, 1, 1);

    assert_int_equal(fake_chunk_writers.started, 0);
    assert_int_equal(fixture->heard.count, 0);
}

static void a_chunk_found_done_is_done_without_its_rows(void **state)
{
    Fixture *fixture = *state;

    fake_chunk_writers.found_done = true;
    take(fixture, "copy-a", 0, 9, 1);
    take(fixture, "copy-a", 0, 9, 2);

    assert_true(fixture->heard.last.done);
    assert_int_equal(fake_chunk_writers.batches, 0);
    assert_int_equal(chunk_loads_counters(fixture->loads).rows, 0);
    assert_int_equal(chunk_loads_counters(fixture->loads).chunks_done, 1);
}

static void what_the_server_does_not_take_is_not_acknowledged(void **state)
{
    Fixture *fixture = *state;

    fake_chunk_writers.stalled = true;
    take(fixture, "copy-a", 0, 1, 1);

    assert_int_equal(fixture->heard.count, 0);
    assert_true(chunk_loads_busy(fixture->loads));
}

static void a_takeover_reaches_the_chunks_under_way(void **state)
{
    Fixture *fixture = *state;

    chunk_loads_generation(fixture->loads, 5);
    take(fixture, "copy-a", 0, 1, 1);
    chunk_loads_generation(fixture->loads, 6);
    take(fixture, "copy-a", 0, 1, 2);

    assert_int_equal(fake_chunk_writers.generation, 6);
    assert_int_equal(fake_chunk_writers.freed_under_way, 0);
}

static void what_is_waited_for_and_our_backends_are_those_under_way(void **state)
{
    Fixture *fixture = *state;
    WaitItem items[16];
    int pids[16];

    take(fixture, "copy-a", 0, 1, 1);
    take_last(fixture, "copy-b", 1, 2, 1);

    assert_int_equal(chunk_loads_wait_items(fixture->loads, items, 16), 1);
    assert_int_equal(chunk_loads_pids(fixture->loads, pids, 16), 1);
    assert_int_equal(pids[0], 4711);
}

static void a_batch_that_makes_no_sense_is_refused(void **state)
{
    Fixture *fixture = *state;
    BatchHeader no_sequence = batch_of("copy-a", 0, 1, 0);
    BatchHeader no_producer = batch_of("", 0, 1, 1);
    BatchHeader other_chunk = batch_of("copy-a", 1, 1, 2);
    Frame *body = frame_copy((Str)STR("rows"));
    Error err = {0};

    take(fixture, "copy-a", 0, 1, 1);

    assert_false(chunk_loads_take(fixture->loads, &no_sequence, body, &err));
    assert_int_equal(err.kind, ERROR_PROTOCOL);
    assert_false(chunk_loads_take(fixture->loads, &no_producer, body, &err));
    assert_false(chunk_loads_take(fixture->loads, &other_chunk, body, &err));
    frame_unref(&body);
}

#define WITH_PRODUCERS(test)                                                                       \
    cmocka_unit_test_setup_teardown(test, open_with_two_producers, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PRODUCERS(what_was_taken_and_what_was_committed_is_told_to_the_producer),
        WITH_PRODUCERS(batches_are_written_in_order),
        WITH_PRODUCERS(a_duplicate_is_counted_and_not_written),
        WITH_PRODUCERS(a_chunk_that_is_done_is_said_again_until_the_next_one_comes),
        WITH_PRODUCERS(a_late_batch_of_a_finished_chunk_starts_nothing),
        WITH_PRODUCERS(the_connection_serves_one_chunk_after_the_other),
        WITH_PRODUCERS(a_producers_next_chunk_rolls_back_what_it_gave_up),
        WITH_PRODUCERS(a_higher_attempt_by_another_producer_rolls_the_lower_one_back),
        WITH_PRODUCERS(a_lower_attempt_that_comes_late_is_not_started),
        WITH_PRODUCERS(producers_do_not_disturb_each_other),
        WITH_PRODUCERS(a_producer_that_leaves_takes_its_chunk_with_it),
        WITH_PRODUCERS(a_stranger_is_not_heard),
        WITH_PRODUCERS(a_chunk_found_done_is_done_without_its_rows),
        WITH_PRODUCERS(what_the_server_does_not_take_is_not_acknowledged),
        WITH_PRODUCERS(a_takeover_reaches_the_chunks_under_way),
        WITH_PRODUCERS(what_is_waited_for_and_our_backends_are_those_under_way),
        WITH_PRODUCERS(a_batch_that_makes_no_sense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
