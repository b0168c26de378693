#include "capture/assembly.h"

#include "common/codec.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/model_samples.h"
#include "tests/support/pgoutput_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct Fixture {
    char dir[40];
    Assembly *assembly;
    Bytes bytes;
    Arena arena;
    BatchHeader header;
    Change *changes;
    Walferry__Model__TableGate gate, *gates[1];
    Walferry__Model__Snapshot snapshot;
    Error err;
} Fixture;

static const char *const ROW[] = {"1", "b", "c"};

static void open_assembly(Fixture *f, bool barriers, size_t gates)
{
    AssemblyPlan plan = {.model = make_sample_model(),
                         .gates = f->gates,
                         .gate_count = gates,
                         .task = "mine",
                         .barriers = barriers,
                         .spool_dir = f->dir,
                         .limits = {.body_bytes = 1024 * 1024, .changes = 1000, .relations = 100}};

    assembly_close(&f->assembly);
    assembly_open(&f->assembly, &plan);
    assembly_start(f->assembly, 0x10, 1000);
}

static int set_up(void **state)
{
    Fixture *f = calloc(1, sizeof(Fixture));

    snprintf(f->dir, sizeof f->dir, "/tmp/assembly-test-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    open_assembly(f, false, 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *f = *state;

    assembly_close(&f->assembly);
    bytes_done(&f->bytes);
    arena_done(&f->arena);
    rmdir(f->dir);
    free(f);
    return 0;
}

static bool say(Fixture *f, Str message)
{
    return assembly_message(f->assembly, message, &f->err);
}

static void must(Fixture *f, Str message)
{
    if (!say(f, message))
        fail_msg("%s", f->err.message);
    while (assembly_busy(f->assembly) && assembly_barrier(f->assembly) == BARRIER_NONE)
        assert_true(assembly_step(f->assembly, &f->err));
}

static void begin(Fixture *f, uint64_t commit_lsn, uint32_t xid)
{
    must(f, put_begin(&f->bytes, commit_lsn, xid));
}

static void commit(Fixture *f, uint64_t commit_lsn)
{
    must(f, put_commit(&f->bytes, 'C', 0, commit_lsn, commit_lsn + 8));
}

static void announce_items(Fixture *f, uint32_t xid)
{
    must(f, put_relation(&f->bytes, xid, ITEMS_OID, "items", ITEMS_COLUMNS));
}

static void insert(Fixture *f, uint32_t xid)
{
    must(f, put_insert(&f->bytes, xid, ITEMS_OID, ROW, ITEMS_COLUMNS));
}

/* Through the wire format and back, as a worker would see it. */
static void take(Fixture *f)
{
    CLEANUP(frame_unref) Frame *body = NULL;
    BatchHeader header;

    arena_reset(&f->arena);
    batcher_take(assembly_batcher(f->assembly), false, &header, &body);
    header.sequence = 1;
    header.task = str_of("mine");
    CLEANUP(frame_unref) Frame *packed = codec_pack_header(&header);
    Str copy = arena_copy(&f->arena, frame_str(body));
    assert_true(codec_unpack_header(frame_str(packed), &f->arena, &f->header, &f->err));
    assert_true(codec_unpack_changes(copy, &f->header, &f->arena, &f->changes, &f->err));
}

static void a_transaction_becomes_a_batch_with_positions_and_record_ids(void **state)
{
    Fixture *f = *state;

    begin(f, 0x100, 7);
    announce_items(f, 0);
    insert(f, 0);
    insert(f, 0);
    commit(f, 0x100);
    begin(f, 0x200, 8);
    insert(f, 0);
    commit(f, 0x200);
    take(f);

    assert_int_equal(f->header.change_count, 3);
    assert_int_equal(f->header.transaction_count, 2);
    assert_int_equal(f->header.stream_start, 0x10);
    assert_int_equal(f->header.next_record_id, 1003);
    const Transaction *first = &f->header.transactions[0], *second = &f->header.transactions[1];
    assert_int_equal(first->last_ordinal, 2);
    assert_int_equal(first->end_lsn, 0x108);
    assert_int_equal(first->predecessor.commit_lsn, 0);
    assert_int_equal(second->first_record_id, 1002);
    assert_int_equal(second->predecessor.commit_lsn, 0x100);
    assert_int_equal(second->predecessor.ordinal, 2);
    assert_int_equal(f->changes[1].ordinal, 2);
    assert_int_equal(f->changes[2].transaction, 1);
    assert_int_equal(assembly_finished_lsn(f->assembly), 0x208);
}

static void parts_of_a_transaction_name_what_stands_before_them(void **state)
{
    Fixture *f = *state;

    begin(f, 0x100, 7);
    announce_items(f, 0);
    insert(f, 0);
    insert(f, 0);
    take(f);
    assert_false(f->header.transactions[0].ends);
    assert_int_equal(f->header.transactions[0].last_ordinal, 2);
    assert_int_equal(f->header.next_record_id, 0);

    insert(f, 0);
    commit(f, 0x100);
    take(f);

    const Transaction *part = &f->header.transactions[0];
    assert_true(part->ends);
    assert_int_equal(part->predecessor.commit_lsn, 0x100);
    assert_int_equal(part->predecessor.ordinal, 2);
    assert_int_equal(part->last_ordinal, 3);
    assert_int_equal(part->first_record_id, 1000);
    assert_int_equal(f->changes[0].ordinal, 3);
    assert_int_equal(f->header.next_record_id, 1003);
    assert_int_equal(f->header.relation_count, 1);
}

static void the_end_of_a_transaction_may_stand_alone(void **state)
{
    Fixture *f = *state;

    begin(f, 0x100, 7);
    announce_items(f, 0);
    insert(f, 0);
    take(f);
    commit(f, 0x100);
    take(f);

    assert_int_equal(f->header.change_count, 0);
    assert_true(f->header.transactions[0].ends);
    assert_int_equal(f->header.transactions[0].last_ordinal, 1);
}

static void nothing_is_left_of_a_transaction_without_changes(void **state)
{
    Fixture *f = *state;

    begin(f, 0x100, 7);
    commit(f, 0x100);

    assert_true(batcher_empty(assembly_batcher(f->assembly)));
    assert_int_equal(batcher_next_record_id(assembly_batcher(f->assembly)), 1000);
    assert_int_equal(assembly_finished_lsn(f->assembly), 0x108);
}

static void streamed(Fixture *f, uint32_t xid, uint32_t subxid, int inserts)
{
    must(f, put_stream_start(&f->bytes, xid));
    announce_items(f, subxid);
    for (int i = 0; i < inserts; i++)
        insert(f, subxid);
    must(f, put_stream_stop(&f->bytes));
}

static void a_streamed_transaction_counts_without_what_was_rolled_back(void **state)
{
    Fixture *f = *state;

    streamed(f, 7, 7, 1);
    streamed(f, 7, 8, 5);
    must(f, put_stream_abort(&f->bytes, 7, 8));
    streamed(f, 7, 9, 2);
    assert_true(batcher_empty(assembly_batcher(f->assembly)));
    must(f, put_commit(&f->bytes, 'c', 7, 0x300, 0x308));
    take(f);

    assert_int_equal(f->header.change_count, 3);
    assert_int_equal(f->changes[2].ordinal, 3);
    assert_int_equal(f->header.transactions[0].commit_lsn, 0x300);
    assert_int_equal(f->header.transactions[0].xid, 7);
    assert_true(f->header.transactions[0].ends);
    assert_int_equal(f->header.next_record_id, 1003);
}

static void a_definition_from_a_rolled_back_subtransaction_counts(void **state)
{
    Fixture *f = *state;

    streamed(f, 7, 8, 1); /* the only announcement of the table */
    must(f, put_stream_abort(&f->bytes, 7, 8));
    must(f, put_stream_start(&f->bytes, 7));
    insert(f, 7);
    must(f, put_stream_stop(&f->bytes));
    must(f, put_commit(&f->bytes, 'c', 7, 0x300, 0x308));
    take(f);

    assert_int_equal(f->header.change_count, 1);
}

static void other_transactions_pass_between_streamed_blocks(void **state)
{
    Fixture *f = *state;

    streamed(f, 7, 7, 2);
    begin(f, 0x100, 8);
    announce_items(f, 0);
    insert(f, 0);
    commit(f, 0x100);
    streamed(f, 7, 7, 1);
    must(f, put_commit(&f->bytes, 'c', 7, 0x200, 0x208));
    take(f);

    assert_int_equal(f->header.transaction_count, 2);
    assert_int_equal(f->header.transactions[0].commit_lsn, 0x100);
    assert_int_equal(f->header.transactions[1].last_ordinal, 3);
}

static void announce_heartbeat(Fixture *f)
{
    put_start(&f->bytes, 'R', 0);
    bytes_add_u32be(&f->bytes, 50);
    put_cstr(&f->bytes, "walferry");
    put_cstr(&f->bytes, "heartbeat");
    bytes_add_u8(&f->bytes, 'd');
    bytes_add_u16be(&f->bytes, 0);
    must(f, bytes_str(&f->bytes));
}

static bool beat(Fixture *f, uint64_t lsn, const char *task, const char *number)
{
    const char *values[] = {task, number, "now"};
    bool ok;

    begin(f, lsn, 9);
    announce_heartbeat(f);
    ok = say(f, put_update(&f->bytes, 0, 50, 0, NULL, values, 3));
    if (ok)
        commit(f, lsn);
    return ok;
}

static void heartbeats_are_seen_and_leave_no_trace(void **state)
{
    Fixture *f = *state;

    assert_true(beat(f, 0x100, "mine", "5"));
    assert_true(beat(f, 0x110, "mine", "5"));
    assert_true(beat(f, 0x120, "mine", "6"));
    assert_true(beat(f, 0x130, "another", "99"));

    assert_int_equal(assembly_heartbeat(f->assembly), 6);
    assert_true(batcher_empty(assembly_batcher(f->assembly)));
    assert_int_equal(batcher_next_record_id(assembly_batcher(f->assembly)), 1000);
}

static void a_jump_of_the_heartbeat_is_a_gap(void **state)
{
    Fixture *f = *state;

    assert_true(beat(f, 0x100, "mine", "5"));
    assert_false(beat(f, 0x110, "mine", "7"));

    assert_int_equal(f->err.kind, ERROR_DATA);
    assert_non_null(strstr(f->err.message, "gap"));
    assert_string_not_equal(f->err.position, "");
}

static void close_gate(Fixture *f, uint64_t xmax)
{
    walferry__model__snapshot__init(&f->snapshot);
    f->snapshot.xmin = f->snapshot.xmax = xmax;
    f->snapshot.lsn = 0x1000;
    walferry__model__table_gate__init(&f->gate);
    f->gate.relation_oid = ITEMS_OID;
    f->gate.snapshot = &f->snapshot;
    f->gates[0] = &f->gate;
    open_assembly(f, false, 1);
}

static void what_the_copy_has_seen_is_counted_and_not_delivered(void **state)
{
    Fixture *f = *state;

    close_gate(f, 8);
    begin(f, 0x100, 7);
    announce_items(f, 0);
    must(f, put_relation(&f->bytes, 0, LOG_OID, "log", LOG_COLUMNS));
    insert(f, 0);
    must(f, put_insert(&f->bytes, 0, LOG_OID, ROW, LOG_COLUMNS));
    insert(f, 0);
    commit(f, 0x100);
    begin(f, 0x200, 8);
    insert(f, 0);
    commit(f, 0x200);
    take(f);

    assert_int_equal(f->header.change_count, 2);
    assert_int_equal(f->changes[0].ordinal, 2);
    assert_int_equal(f->header.transactions[0].last_ordinal, 3);
    assert_int_equal(f->changes[1].ordinal, 1);
    assert_int_equal(f->header.transactions[1].first_record_id, 1003);
}

static void numbers_of_transactions_that_come_again_are_let_through(void **state)
{
    Fixture *f = *state;

    close_gate(f, 8);
    begin(f, 0x1000, 7);
    announce_items(f, 0);
    insert(f, 0);
    commit(f, 0x1000);
    take(f);

    assert_int_equal(f->header.change_count, 1);
}

static void an_unchanged_key_takes_its_value_from_the_old_row(void **state)
{
    Fixture *f = *state;
    const char *old_values[] = {"key", NULL, NULL};
    const char *values[] = {UNCHANGED, "new", UNCHANGED};

    begin(f, 0x100, 7);
    announce_items(f, 0);
    must(f, put_update(&f->bytes, 0, ITEMS_OID, 'K', old_values, values, 3));
    commit(f, 0x100);
    take(f);

    assert_true(str_equal(f->changes[0].new_tuple.values[0].bytes, str_of("key")));
    assert_int_equal(f->changes[0].new_tuple.values[2].form, VALUE_UNCHANGED);
}

static void an_unchanged_key_without_an_old_row_is_a_fault(void **state)
{
    Fixture *f = *state;
    const char *values[] = {UNCHANGED, "new", "c"};

    begin(f, 0x100, 7);
    announce_items(f, 0);
    assert_false(say(f, put_update(&f->bytes, 0, ITEMS_OID, 0, NULL, values, 3)));

    assert_int_equal(f->err.kind, ERROR_DATA);
    assert_string_equal(f->err.object, "public.items");
    assert_string_equal(f->err.position, "0/100:1");
}

static void an_insert_with_an_unchanged_value_is_a_fault(void **state)
{
    Fixture *f = *state;
    const char *values[] = {"1", "b", UNCHANGED};

    begin(f, 0x100, 7);
    announce_items(f, 0);
    assert_false(say(f, put_insert(&f->bytes, 0, ITEMS_OID, values, 3)));

    assert_int_equal(f->err.kind, ERROR_DATA);
    assert_string_equal(f->err.object, "public.items");
}

static void drift_stops_before_the_first_row_and_says_where(void **state)
{
    Fixture *f = *state;

    begin(f, 0x100, 7);
    must(f, put_relation(&f->bytes, 0, ITEMS_OID, "items", ITEMS_COLUMNS + 1));
    assert_false(say(f, put_insert(&f->bytes, 0, ITEMS_OID, ROW, 3)));

    assert_int_equal(f->err.kind, ERROR_DATA);
    assert_non_null(strstr(f->err.message, "drift"));
    assert_string_equal(f->err.position, "0/100:1");
}

static void a_truncate_is_a_change_like_others_with_one_lane(void **state)
{
    Fixture *f = *state;
    const uint32_t oids[] = {ITEMS_OID, LOG_OID};

    begin(f, 0x100, 7);
    announce_items(f, 0);
    must(f, put_relation(&f->bytes, 0, LOG_OID, "log", LOG_COLUMNS));
    insert(f, 0);
    must(f, put_truncate(&f->bytes, 0, oids, 2));
    commit(f, 0x100);
    assert_int_equal(assembly_barrier(f->assembly), BARRIER_NONE);
    take(f);

    assert_int_equal(f->changes[1].kind, CHANGE_TRUNCATE);
    assert_int_equal(f->changes[1].truncated_count, 2);
    assert_int_equal(f->changes[1].ordinal, 2);
}

static void a_truncate_is_a_barrier_with_several_lanes(void **state)
{
    Fixture *f = *state;
    const uint32_t oids[] = {ITEMS_OID};

    open_assembly(f, true, 0);
    begin(f, 0x100, 7);
    announce_items(f, 0);
    insert(f, 0);
    must(f, put_truncate(&f->bytes, 0, oids, 1));
    assert_int_equal(assembly_barrier(f->assembly), BARRIER_BEFORE);
    take(f);
    assert_int_equal(f->header.change_count, 1);

    assert_true(assembly_pass(f->assembly, &f->err));
    assert_int_equal(assembly_barrier(f->assembly), BARRIER_AFTER);
    take(f);
    assert_int_equal(f->header.change_count, 1);
    assert_int_equal(f->changes[0].kind, CHANGE_TRUNCATE);
    assert_int_equal(f->changes[0].ordinal, 2);

    assert_true(assembly_pass(f->assembly, &f->err));
    assert_int_equal(assembly_barrier(f->assembly), BARRIER_NONE);
    insert(f, 0);
    commit(f, 0x100);
    take(f);
    assert_int_equal(f->changes[0].ordinal, 3);
    assert_true(f->header.transactions[0].ends);
}

static void a_barrier_may_stand_in_a_streamed_transaction(void **state)
{
    Fixture *f = *state;
    const uint32_t oids[] = {ITEMS_OID};

    open_assembly(f, true, 0);
    streamed(f, 7, 7, 1);
    must(f, put_stream_start(&f->bytes, 7));
    must(f, put_truncate(&f->bytes, 7, oids, 1));
    insert(f, 7);
    must(f, put_stream_stop(&f->bytes));
    must(f, put_commit(&f->bytes, 'c', 7, 0x300, 0x308));

    assert_int_equal(assembly_barrier(f->assembly), BARRIER_BEFORE);
    assert_true(assembly_pass(f->assembly, &f->err));
    assert_true(assembly_pass(f->assembly, &f->err));
    while (assembly_busy(f->assembly))
        assert_true(assembly_step(f->assembly, &f->err));
    take(f);
    assert_int_equal(f->header.change_count, 3);
    assert_int_equal(f->changes[1].kind, CHANGE_TRUNCATE);
}

static void what_breaks_the_order_of_messages_is_refused(void **state)
{
    Fixture *f = *state;

    announce_items(f, 0);
    assert_false(say(f, put_insert(&f->bytes, 0, ITEMS_OID, ROW, 3)));
    assert_int_equal(f->err.kind, ERROR_PROTOCOL);
    assert_false(say(f, put_commit(&f->bytes, 'C', 0, 1, 2)));
    assert_false(say(f, put_commit(&f->bytes, 'c', 5, 1, 2)));
    assert_false(say(f, put_stream_stop(&f->bytes)));
    begin(f, 0x100, 7);
    assert_false(say(f, put_begin(&f->bytes, 0x200, 8)));
    assert_int_equal(f->err.kind, ERROR_PROTOCOL);
}

static void a_batch_is_due_by_its_number_of_changes(void **state)
{
    Fixture *f = *state;

    begin(f, 0x100, 7);
    announce_items(f, 0);
    for (int i = 0; i < 999; i++)
        insert(f, 0);
    assert_false(batcher_due(assembly_batcher(f->assembly), 100));
    insert(f, 0);

    assert_true(batcher_due(assembly_batcher(f->assembly), 0));
}

static void a_batch_is_due_before_a_row_that_would_make_it_too_large(void **state)
{
    Fixture *f = *state;

    assert_false(batcher_due(assembly_batcher(f->assembly), 2 * 1024 * 1024));
    begin(f, 0x100, 7);
    announce_items(f, 0);
    insert(f, 0);

    assert_true(batcher_due(assembly_batcher(f->assembly), 2 * 1024 * 1024));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_transaction_becomes_a_batch_with_positions_and_record_ids),
        TEST(parts_of_a_transaction_name_what_stands_before_them),
        TEST(the_end_of_a_transaction_may_stand_alone),
        TEST(nothing_is_left_of_a_transaction_without_changes),
        TEST(a_streamed_transaction_counts_without_what_was_rolled_back),
        TEST(a_definition_from_a_rolled_back_subtransaction_counts),
        TEST(other_transactions_pass_between_streamed_blocks),
        TEST(heartbeats_are_seen_and_leave_no_trace),
        TEST(a_jump_of_the_heartbeat_is_a_gap),
        TEST(what_the_copy_has_seen_is_counted_and_not_delivered),
        TEST(numbers_of_transactions_that_come_again_are_let_through),
        TEST(an_unchanged_key_takes_its_value_from_the_old_row),
        TEST(an_unchanged_key_without_an_old_row_is_a_fault),
        TEST(an_insert_with_an_unchanged_value_is_a_fault),
        TEST(drift_stops_before_the_first_row_and_says_where),
        TEST(a_truncate_is_a_change_like_others_with_one_lane),
        TEST(a_truncate_is_a_barrier_with_several_lanes),
        TEST(a_barrier_may_stand_in_a_streamed_transaction),
        TEST(what_breaks_the_order_of_messages_is_refused),
        TEST(a_batch_is_due_by_its_number_of_changes),
        TEST(a_batch_is_due_before_a_row_that_would_make_it_too_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
