/* The sink over a fake of loads and SQL: what is loaded when, and what is durable then. */
#include "loader/sink_selectdb.h"

#include "common/mem.h"
#include "tests/support/fake_loads.h"
#include "tests/unit/loader/selectdb_samples.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>

enum { WIDTH = 2, TABLES = 2, COMMIT = 200, FIRST_OID = 7, FIRST_ID = 1000, CHANGES_MAX = 6 };

/* Tables orders_0 and orders_1 of id (the key) and note; transactions of one batch each. */
typedef struct Rig {
    Sample samples[TABLES];
    Walferry__Model__ModelTable *models[TABLES];
    Walferry__Model__Model model;
    Walferry__Control__Assignment assignment;
    TaskDestination destination;
    Sink *sink;
    uint64_t sequence;
    Position last;
} Rig;

static Rig rig;

static void make_sample(int number, bool unique)
{
    Sample *sample = &rig.samples[number];

    sample_begin(sample, unique);
    sample_column(sample, 1, "id", "VARCHAR(20)", true);
    sample_column(sample, 2, "note", "STRING", false);
    sample_source(sample, 1, "id", 25);
    sample_source(sample, 2, "note", 25);
    sample->relation.oid = sample->model.oid = (uint32_t)(FIRST_OID + number);
    sample->model.schema = (char *)(uintptr_t) "public";
    sample->model.name = (char *)(uintptr_t)(number ? "orders_1" : "orders_0");
    rig.models[number] = &sample->model;
}

/* With what the fake cluster has been told before. */
static void open_rig(void)
{
    Error err = {0};
    LaneProgress progress;
    bool done = false;

    rig = (Rig){0};
    for (int i = 0; i < TABLES; i++)
        make_sample(i, true);
    walferry__model__model__init(&rig.model);
    walferry__control__assignment__init(&rig.assignment);
    rig.model.tables = rig.models;
    rig.model.n_tables = TABLES;
    rig.assignment.model = &rig.model;
    rig.destination = (TaskDestination){
        .reservoir_timeout_ms = 3600 * 1000, .reservoir_bytes = 100000, .reservoir_rows = 4};
    SelectdbTarget target = {.assignment = &rig.assignment, .destination = &rig.destination};
    assert_true(sink_selectdb_open(&rig.sink, &target, &err));
    assert_true(sink_take_over(rig.sink, 1, &progress, &done, &err));
    assert_true(done);
}

static int set_up(void **state)
{
    (void)state;
    fake_cluster_begin();
    open_rig();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sink_close(&rig.sink);
    return 0;
}

/* --- batches --- */

typedef struct Line {
    int table;
    ChangeKind kind;
    const char *old_id;
    const char *id, *note; /* note NULL: unchanged */
} Line;

static Tuple tuple(Arena *arena, const char *id, const char *note, ValueForm other)
{
    Value *values = ARENA_ARRAY(arena, Value, WIDTH);

    values[0] = (Value){VALUE_TEXT, str_of(id)};
    values[1] = note ? (Value){VALUE_TEXT, str_of(note)} : (Value){.form = other};
    return (Tuple){values, WIDTH};
}

static void make_change(Arena *arena, const Line *line, uint64_t ordinal, Change *out)
{
    *out = (Change){.kind = line->kind, .relation = (uint32_t)line->table, .ordinal = ordinal};
    if (line->old_id)
        out->old_tuple = tuple(arena, line->old_id, NULL, VALUE_NULL);
    if (line->id)
        out->new_tuple = tuple(arena, line->id, line->note, VALUE_UNCHANGED);
    if (line->kind == CHANGE_TRUNCATE) {
        out->truncated = ARENA_ARRAY(arena, uint32_t, 1);
        out->truncated[0] = (uint32_t)line->table;
        out->truncated_count = 1;
    }
}

static void make_header(Arena *arena, BatchHeader *header, Lsn commit_lsn, size_t count, bool flush)
{
    header->relations = ARENA_ARRAY(arena, Relation, TABLES);
    for (int i = 0; i < TABLES; i++)
        header->relations[i] = rig.samples[i].relation;
    header->relation_count = TABLES;
    header->transactions = ARENA_ARRAY(arena, Transaction, 1);
    header->transactions[0] = (Transaction){.commit_lsn = commit_lsn,
                                            .end_lsn = commit_lsn + 8,
                                            .first_record_id = commit_lsn * 10,
                                            .last_ordinal = count,
                                            .ends = true};
    header->transaction_count = 1;
    header->change_count = (uint32_t)count;
    header->flush = flush;
    header->sequence = ++rig.sequence;
}

static bool take(const Line *lines, size_t count, Lsn commit_lsn, bool flush, Error *err)
{
    Arena *arena = sink_arena(rig.sink);
    Batch *batch = ARENA_NEW(arena, Batch);

    make_header(arena, &batch->header, commit_lsn, count, flush);
    batch->changes = ARENA_ARRAY(arena, Change, count);
    for (size_t i = 0; i < count; i++)
        make_change(arena, &lines[i], i + 1, &batch->changes[i]);
    return sink_take(rig.sink, batch, 0, 100, err);
}

static bool step(Error *err)
{
    bool busy;

    return sink_step(rig.sink, false, &busy, err);
}

/* A transaction, and what follows from it at once. */
#define GIVE(commit_lsn, flush, ...)                                                               \
    do {                                                                                           \
        const Line lines_[] = {__VA_ARGS__};                                                       \
        Error err_ = {0};                                                                          \
        if (!take(lines_, COUNT_OF(lines_), commit_lsn, flush, &err_) || !step(&err_))             \
            fail_msg("%s", err_.message);                                                          \
    } while (0)

static FakeLoad *load_at(size_t index)
{
    assert_true(index < fake_cluster.load_count);
    return &fake_cluster.loads[index];
}

static void finish(size_t index)
{
    Error err = {0};

    load_at(index)->verdict.state = LOAD_DONE;
    assert_true(step(&err));
    assert_true(load_at(index)->ended);
}

static Lsn durable(void)
{
    return sink_durable(rig.sink).progress.position.commit_lsn;
}

/* --- stories --- */

static void rows_wait_for_a_flush_and_are_durable_when_they_are_there(void **state)
{
    (void)state;

    GIVE(200, false, {0, CHANGE_INSERT, NULL, "1", "a"});
    assert_int_equal(fake_cluster.load_count, 0);
    assert_int_equal(durable(), 0);

    GIVE(300, true, {0, CHANGE_INSERT, NULL, "2", "b"});
    assert_int_equal(fake_cluster.load_count, 1);
    assert_string_equal(load_at(0)->rows,
                        "\"1\",\"a\",\"0\",\"2000\"\n\"2\",\"b\",\"0\",\"3000\"\n");
    assert_int_equal(load_at(0)->cut.first.commit_lsn, 200);
    assert_int_equal(load_at(0)->cut.last.commit_lsn, 300);
    assert_int_equal(durable(), 0);

    finish(0);
    assert_int_equal(durable(), 300);
    assert_int_equal(sink_durable(rig.sink).sequence, 2);
    assert_int_equal(sink_durable(rig.sink).progress.resume_lsn, 308);
}

static void a_reservoir_is_cut_when_it_is_full(void **state)
{
    (void)state;

    GIVE(200, false, {0, CHANGE_INSERT, NULL, "1", "a"}, {0, CHANGE_INSERT, NULL, "2", "a"},
         {0, CHANGE_INSERT, NULL, "3", "a"}, {0, CHANGE_INSERT, NULL, "4", "a"},
         {0, CHANGE_INSERT, NULL, "5", "a"});
    assert_int_equal(fake_cluster.load_count, 1);
    assert_int_equal(load_at(0)->cut.last.ordinal, 4);
    finish(0);
    assert_int_equal(durable(), 0); /* the fifth one waits */
}

static void tables_are_loaded_side_by_side_one_load_each(void **state)
{
    (void)state;

    GIVE(200, true, {0, CHANGE_INSERT, NULL, "1", "a"}, {1, CHANGE_INSERT, NULL, "1", "x"});
    GIVE(300, true, {0, CHANGE_INSERT, NULL, "2", "b"});
    assert_int_equal(fake_cluster.load_count, 2);

    finish(1);
    assert_int_equal(durable(), 0);
    finish(0);
    assert_int_equal(durable(), 200);
    assert_int_equal(fake_cluster.load_count, 3);
    assert_string_equal(load_at(2)->rows, "\"2\",\"b\",\"0\",\"3000\"\n");
    finish(2);
    assert_int_equal(durable(), 300);
}

static void what_the_store_knows_of_a_table_is_not_loaded_again(void **state)
{
    (void)state;
    tear_down(NULL);
    fake_cluster.position = (Position){200, 1};
    open_rig();

    GIVE(200, true, {0, CHANGE_INSERT, NULL, "1", "a"}, {0, CHANGE_INSERT, NULL, "2", "b"});
    assert_int_equal(fake_cluster.load_count, 1);
    assert_string_equal(load_at(0)->rows, "\"2\",\"b\",\"0\",\"2001\"\n");
}

static void the_cut_of_a_predecessor_is_made_again_as_it_was(void **state)
{
    (void)state;
    tear_down(NULL);
    fake_cluster.has_open = true;
    fake_cluster.open = (LoadRange){{200, 1}, {300, 2}};
    open_rig();

    GIVE(200, true, {0, CHANGE_INSERT, NULL, "1", "a"}, {0, CHANGE_INSERT, NULL, "2", "a"},
         {0, CHANGE_INSERT, NULL, "3", "a"}, {0, CHANGE_INSERT, NULL, "4", "a"});
    assert_int_equal(fake_cluster.load_count, 0); /* neither the flush nor the rows count */
    GIVE(300, false, {0, CHANGE_INSERT, NULL, "5", "a"}, {0, CHANGE_INSERT, NULL, "6", "a"},
         {0, CHANGE_INSERT, NULL, "7", "a"});
    assert_int_equal(fake_cluster.load_count, 1);
    assert_int_equal(load_at(0)->cut.parts[0].rows, 6);
    assert_int_equal(load_at(0)->cut.last.ordinal, 2);
}

static void a_stream_without_what_is_open_stops(void **state)
{
    const Line line = {0, CHANGE_INSERT, NULL, "1", "a"};
    Error err = {0};
    (void)state;
    tear_down(NULL);
    fake_cluster.has_open = true;
    fake_cluster.open = (LoadRange){{150, 1}, {300, 2}};
    open_rig();

    assert_false(take(&line, 1, 200, false, &err));
    assert_int_equal(err.kind, ERROR_DATA);
    assert_string_equal(err.object, "public.orders_0");
    assert_string_equal(err.position, "0/96:1");
}

static void a_value_that_nobody_knows_is_read_back_in_its_place(void **state)
{
    (void)state;

    GIVE(200, false, {0, CHANGE_INSERT, NULL, "9", "n"}, {0, CHANGE_UPDATE, "1'\\", "2", NULL},
         {0, CHANGE_INSERT, NULL, "3", "later"});
    assert_int_equal(fake_cluster.load_count, 1);
    assert_string_equal(load_at(0)->rows, "\"9\",\"n\",\"0\",\"2000\"\n");
    assert_int_equal(fake_cluster.statement_count, 0);

    fake_cluster.visible = false;
    finish(0);
    assert_int_equal(fake_cluster.statement_count, 0);
    fake_cluster.visible = true;
    Error err = {0};
    assert_true(step(&err));
    assert_string_equal(fake_cluster.statements[0],
                        "SELECT `note` FROM `orders` WHERE `id` = '1\\'\\\\'");
    fake_cluster.answer = "was there";
    fake_cluster.statement_ended = true;
    assert_true(step(&err));
    assert_int_equal(fake_cluster.load_count, 2);
    assert_string_equal(load_at(1)->rows, "\"2\",\"was there\",\"0\",\"2001\"\n"
                                          "\"1'\\\\\",\\N,\"1\",\"2001\"\n");
    assert_int_equal(load_at(1)->cut.first.ordinal, 2);
    assert_int_equal(load_at(1)->cut.last.ordinal, 2);
}

static void a_row_to_be_read_back_that_is_not_there_stops(void **state)
{
    Error err = {0};
    (void)state;

    GIVE(200, false, {0, CHANGE_UPDATE, "1", "2", NULL});
    fake_cluster.statement_ended = true;
    assert_false(step(&err));
    assert_int_equal(err.kind, ERROR_DATA);
    assert_string_equal(err.object, "public.orders_0");
    assert_string_equal(err.key, "id=1");
    assert_string_equal(err.position, "0/C8:1");
}

static void truncate_stands_between_what_was_before_and_after(void **state)
{
    Error err = {0};
    (void)state;

    GIVE(200, false, {0, CHANGE_INSERT, NULL, "1", "a"}, {0, CHANGE_TRUNCATE, NULL, NULL, NULL},
         {0, CHANGE_INSERT, NULL, "2", "b"});
    GIVE(300, true, {0, CHANGE_INSERT, NULL, "3", "c"});
    assert_int_equal(fake_cluster.load_count, 1);
    assert_int_equal(fake_cluster.statement_count, 0);

    finish(0);
    assert_string_equal(fake_cluster.statements[0], "TRUNCATE TABLE `orders`");
    fake_cluster.statement_ended = true;
    assert_true(step(&err));
    assert_int_equal(fake_cluster.load_count, 2);
    assert_int_equal(load_at(1)->cut.part_count, 0); /* only its position */
    assert_int_equal(load_at(1)->cut.last.ordinal, 2);
    finish(1);
    assert_string_equal(load_at(2)->rows,
                        "\"2\",\"b\",\"0\",\"2002\"\n\"3\",\"c\",\"0\",\"3000\"\n");
    finish(2);
    assert_int_equal(durable(), 300);
}

static void a_new_epoch_forgets_what_waits_and_keeps_what_is_under_way(void **state)
{
    LaneProgress progress;
    bool done = false;
    Error err = {0};
    (void)state;

    GIVE(200, true, {0, CHANGE_INSERT, NULL, "1", "a"});
    GIVE(300, true, {0, CHANGE_INSERT, NULL, "2", "b"}); /* waits for the first */
    GIVE(400, false, {0, CHANGE_INSERT, NULL, "3", "c"});
    assert_true(sink_take_over(rig.sink, 2, &progress, &done, &err));
    assert_true(done);
    assert_int_equal(progress.position.commit_lsn, 0);

    rig.sequence = 0;
    GIVE(200, false, {0, CHANGE_INSERT, NULL, "1", "a"});
    GIVE(300, true, {0, CHANGE_INSERT, NULL, "2", "b"});
    assert_int_equal(durable(), 0);
    assert_int_equal(fake_cluster.load_count, 1);
    finish(0);
    assert_int_equal(durable(), 200);
    assert_int_equal(fake_cluster.load_count, 2);
    assert_string_equal(load_at(1)->rows, "\"2\",\"b\",\"0\",\"3000\"\n");
    finish(1);
    assert_int_equal(durable(), 300);
    assert_int_equal(sink_durable(rig.sink).sequence, 2);
}

static void a_refused_row_stops_with_all_that_is_known(void **state)
{
    Error err = {0};
    (void)state;

    GIVE(200, true, {0, CHANGE_INSERT, NULL, "1", "a"}, {0, CHANGE_INSERT, NULL, "2", "b"});
    load_at(0)->verdict = (LoadVerdict){.state = LOAD_REFUSED, .row = 1, .reason = "too long"};
    assert_false(step(&err));
    assert_int_equal(err.kind, ERROR_DATA);
    assert_string_equal(err.message, "SelectDB refuses a row: too long");
    assert_string_equal(err.object, "public.orders_0");
    assert_string_equal(err.key, "id=2");
    assert_string_equal(err.position, "0/C8:2");
}

/* Loads that do not end: what is held stays bounded. */
static void no_more_is_taken_than_may_be_held(void **state)
{
    Lsn commit = 200;
    (void)state;

    for (; commit < 100000 && sink_has_room(rig.sink); commit++)
        GIVE(commit, false, {0, CHANGE_INSERT, NULL, "1", "a"}, {1, CHANGE_INSERT, NULL, "1", "a"});
    assert_true(commit < 100000);
    assert_int_equal(fake_cluster.load_count, TABLES);
    finish(0);
    finish(1);
    assert_true(sink_has_room(rig.sink));
}

static void a_batch_without_changes_is_durable_in_its_turn(void **state)
{
    (void)state;

    const Line none[] = {{0, CHANGE_INSERT, NULL, NULL, NULL}};
    Error err = {0};
    assert_true(take(none, 0, 200, false, &err));
    assert_int_equal(durable(), 200);
}

static void nothing_is_taken_over_before_a_predecessors_loads_are_settled(void **state)
{
    LaneProgress progress;
    bool done = false;
    Error err = {0};
    (void)state;

    fake_cluster.settled = false;
    assert_true(sink_take_over(rig.sink, 2, &progress, &done, &err));
    assert_false(done);
    fake_cluster.settled = true;
    assert_true(sink_take_over(rig.sink, 2, &progress, &done, &err));
    assert_true(done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_wait_for_a_flush_and_are_durable_when_they_are_there,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reservoir_is_cut_when_it_is_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tables_are_loaded_side_by_side_one_load_each, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_the_store_knows_of_a_table_is_not_loaded_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_cut_of_a_predecessor_is_made_again_as_it_was, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_stream_without_what_is_open_stops, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_value_that_nobody_knows_is_read_back_in_its_place, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_row_to_be_read_back_that_is_not_there_stops, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(truncate_stands_between_what_was_before_and_after, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_new_epoch_forgets_what_waits_and_keeps_what_is_under_way,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_row_stops_with_all_that_is_known, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_more_is_taken_than_may_be_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_without_changes_is_durable_in_its_turn, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            nothing_is_taken_over_before_a_predecessors_loads_are_settled, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
