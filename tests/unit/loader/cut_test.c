#include "loader/cut.h"

#include "tests/unit/loader/selectdb_samples.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>

enum { TABLE_OID = 7, COMMIT = 200, ROOM = 1 << 20 };

/* A table, and a batch with one transaction. */
typedef struct Rig {
    Sample sample;
    CutTable table;
    LaneWindow window;
    LaneBatch *batch;
    Transaction transaction;
    Value values[8][3];
    Change changes[8];
} Rig;

static void begin(Rig *rig, bool unique)
{
    Error err = {0};

    *rig = (Rig){0};
    sample_begin(&rig->sample, unique);
    sample_column(&rig->sample, 1, "id", "BIGINT", true);
    sample_column(&rig->sample, 2, "note", "STRING", false);
    sample_column(&rig->sample, 3, "day", "DATEV2", false);
    for (int i = 0; !unique && i < 3; i++) {
        static const char *const OURS[] = {"_is_deleted", "_version", "_record_id"};
        sample_column(&rig->sample, 0, OURS[i], "BIGINT", false);
    }
    sample_source(&rig->sample, 1, "id", 20);
    sample_source(&rig->sample, 2, "note", 25);
    sample_source(&rig->sample, 3, "day", 1082);
    rig->table = (CutTable){
        .oid = TABLE_OID, .name = (char *)(uintptr_t) "public.orders", .model = &rig->sample.model};
    assert_true(csv_plan_open(&rig->table.plan, &rig->sample.relation, &rig->sample.table, &err));
    lane_window_start(&rig->window, (LaneProgress){0});
    rig->transaction = (Transaction){.commit_lsn = COMMIT,
                                     .first_record_id = 1000,
                                     .last_ordinal = 8,
                                     .commit_time_us = 5000000,
                                     .ends = true};
    Arena *arena = lane_window_arena(&rig->window);
    Batch *batch = ARENA_NEW(arena, Batch);
    batch->header = (BatchHeader){.sequence = 1,
                                  .relations = &rig->sample.relation,
                                  .relation_count = 1,
                                  .transactions = &rig->transaction,
                                  .transaction_count = 1,
                                  .change_count = 8};
    batch->changes = rig->changes;
    rig->batch = lane_window_take(&rig->window, batch);
}

static void end(Rig *rig)
{
    lane_window_release(&rig->window, rig->batch);
    lane_window_done(&rig->window);
    csv_plan_close(&rig->table.plan);
}

static Value text(const char *bytes)
{
    return bytes ? (Value){VALUE_TEXT, str_of(bytes)} : (Value){.form = VALUE_UNCHANGED};
}

static Change *change(Rig *rig, uint64_t ordinal, ChangeKind kind, const char *id, const char *note,
                      const char *day)
{
    Value *values = rig->values[ordinal - 1];
    Change *made = &rig->changes[ordinal - 1];
    Tuple tuple = {values, 3};

    values[0] = text(id);
    values[1] = text(note);
    values[2] = text(day);
    *made = (Change){.kind = kind, .ordinal = ordinal};
    if (kind == CHANGE_DELETE)
        made->old_tuple = tuple;
    else
        made->new_tuple = tuple;
    return made;
}

static void add(Rig *rig, Cut *cut, const Change *made)
{
    Error err = {0};
    bool read_back;

    assert_true(cut_add(cut, rig->batch, made, &read_back, &err));
    assert_false(read_back);
}

static char *read_all(Cut *cut, uint64_t first, uint64_t rows, size_t size)
{
    char *out = test_calloc(1, ROOM);
    size_t at = 0, n;

    cut->body.verbs->rewind(&cut->body, first, rows);
    while ((n = cut->body.verbs->read(&cut->body, out + at, size)) > 0) {
        assert_true(n <= size);
        at += n;
    }
    return out;
}

static void parts_are_sets_of_columns(void **state)
{
    Rig rig;
    Error err = {0};
    (void)state;

    begin(&rig, true);
    Cut *cut = cut_open(&rig.table);
    add(&rig, cut, change(&rig, 1, CHANGE_UPDATE, "1", NULL, "2024-01-01"));
    add(&rig, cut, change(&rig, 2, CHANGE_INSERT, "2", "n", "2024-01-02"));
    add(&rig, cut, change(&rig, 3, CHANGE_DELETE, "3", "x", "2024-01-02"));
    assert_true(cut_finish(cut, &err));
    LoadCut load = cut_load(cut);

    assert_int_equal(load.part_count, 2);
    assert_int_equal(load.first.ordinal, 1);
    assert_int_equal(load.last.ordinal, 3);
    assert_int_equal(load.parts[0].rows, 2);
    assert_false(load.parts[0].partial);
    assert_string_equal(load.parts[1].columns, "`id`,`day`,`__walferry_seq`");
    assert_true(load.parts[1].partial);
    assert_int_equal(load.parts[1].first_row, 2);
    char *complete = read_all(cut, 0, 2, 16384), *partial = read_all(cut, 2, 1, 16384);
    assert_string_equal(complete, "\"2\",\"n\",\"2024-01-02\",\"0\",\"1001\"\n"
                                  "\"3\",\\N,\\N,\"1\",\"1002\"\n");
    assert_string_equal(partial, "\"1\",\"2024-01-01\",\"1000\"\n");
    test_free(complete);
    test_free(partial);
    cut_close(&cut, &rig.window);
    end(&rig);
}

static void a_row_longer_than_the_buffer_comes_in_pieces(void **state)
{
    enum { LONG = 100 * 1000 };
    Rig rig;
    Error err = {0};
    char *note = test_malloc(LONG + 1);
    (void)state;

    memset(note, '\\', LONG);
    note[LONG] = '\0';
    begin(&rig, true);
    Cut *cut = cut_open(&rig.table);
    add(&rig, cut, change(&rig, 1, CHANGE_INSERT, "1", "short", "2024-01-01"));
    add(&rig, cut, change(&rig, 2, CHANGE_INSERT, "2", note, "2024-01-02"));
    add(&rig, cut, change(&rig, 3, CHANGE_INSERT, "3", "short", "2024-01-02"));
    assert_true(cut_finish(cut, &err));
    char *pieces = read_all(cut, 0, 3, 16384), *whole = read_all(cut, 0, 3, ROOM);

    assert_string_equal(pieces, whole);
    assert_true(strlen(whole) > 2 * LONG);
    assert_non_null(strstr(whole, "\"3\",\"short\",\"2024-01-02\",\"0\",\"1002\"\n"));
    test_free(pieces);
    test_free(whole);
    test_free(note);
    cut_close(&cut, &rig.window);
    end(&rig);
}

static void half_a_reading_does_not_matter_to_the_next(void **state)
{
    Rig rig;
    Error err = {0};
    char buffer[64];
    (void)state;

    begin(&rig, true);
    Cut *cut = cut_open(&rig.table);
    add(&rig, cut, change(&rig, 1, CHANGE_INSERT, "1", "a", "2024-01-01"));
    add(&rig, cut, change(&rig, 2, CHANGE_INSERT, "2", "b", "2024-01-01"));
    assert_true(cut_finish(cut, &err));
    cut->body.verbs->rewind(&cut->body, 0, 2);
    cut->body.verbs->read(&cut->body, buffer, 10);
    char *second = read_all(cut, 1, 1, sizeof buffer);

    assert_string_equal(second, "\"2\",\"b\",\"2024-01-01\",\"0\",\"1001\"\n");
    assert_int_equal(cut->body.verbs->checksum(&cut->body, 0, 2),
                     cut->body.verbs->checksum(&cut->body, 0, 2));
    assert_int_not_equal(cut->body.verbs->checksum(&cut->body, 0, 1),
                         cut->body.verbs->checksum(&cut->body, 1, 1));
    test_free(second);
    cut_close(&cut, &rig.window);
    end(&rig);
}

static void an_unfit_value_names_table_key_and_position(void **state)
{
    Rig rig;
    Error err = {0};
    (void)state;

    begin(&rig, true);
    Cut *cut = cut_open(&rig.table);
    add(&rig, cut, change(&rig, 1, CHANGE_INSERT, "1", "a", "2024-01-01"));
    add(&rig, cut, change(&rig, 4, CHANGE_INSERT, "77", "b", "infinity"));
    assert_false(cut_finish(cut, &err));

    assert_int_equal(err.kind, ERROR_DATA);
    assert_string_equal(err.message,
                        "a value of column day does not fit into DATEV2: it is infinite");
    assert_string_equal(err.object, "public.orders");
    assert_string_equal(err.key, "id=77");
    assert_string_equal(err.position, "0/C8:4");
    cut_close(&cut, &rig.window);
    end(&rig);
}

static void a_duplicate_table_has_a_row_for_each_change(void **state)
{
    Rig rig;
    Error err = {0};
    uint64_t first, last;
    (void)state;

    begin(&rig, false);
    rig.sample.relation.full_identity = true;
    Cut *cut = cut_open(&rig.table);
    Change *update = change(&rig, 2, CHANGE_UPDATE, "1", NULL, "2024-01-02");
    Value old[] = {text("1"), text("big"), text("2024-01-01")};
    update->old_tuple = (Tuple){old, 3};
    add(&rig, cut, change(&rig, 1, CHANGE_INSERT, "1", "big", "2024-01-01"));
    add(&rig, cut, update);
    add(&rig, cut, change(&rig, 3, CHANGE_DELETE, "1", "big", "2024-01-02"));
    assert_true(cut_finish(cut, &err));
    char *rows = read_all(cut, 0, 3, 16384);

    assert_string_equal(rows, "\"1\",\"big\",\"2024-01-01\",\"0\",\"5\",\"1000\"\n"
                              "\"1\",\"big\",\"2024-01-02\",\"0\",\"5\",\"1001\"\n"
                              "\"1\",\"big\",\"2024-01-02\",\"1\",\"5\",\"1002\"\n");
    cut->body.verbs->record_ids(&cut->body, 1, 2, &first, &last);
    assert_int_equal(first, 1001);
    assert_int_equal(last, 1002);
    test_free(rows);
    cut_close(&cut, &rig.window);
    end(&rig);
}

static void a_duplicate_row_that_is_not_whole_is_refused(void **state)
{
    Rig rig;
    Error err = {0};
    bool read_back;
    (void)state;

    begin(&rig, false);
    Cut *cut = cut_open(&rig.table);
    assert_false(
        cut_add(cut, rig.batch, change(&rig, 2, CHANGE_DELETE, "1", "a", "b"), &read_back, &err));
    assert_int_equal(err.kind, ERROR_DATA);
    assert_string_equal(err.object, "public.orders");
    assert_string_equal(err.position, "0/C8:2");
    cut_close(&cut, &rig.window);
    end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_sets_of_columns),
        cmocka_unit_test(a_row_longer_than_the_buffer_comes_in_pieces),
        cmocka_unit_test(half_a_reading_does_not_matter_to_the_next),
        cmocka_unit_test(an_unfit_value_names_table_key_and_position),
        cmocka_unit_test(a_duplicate_table_has_a_row_for_each_change),
        cmocka_unit_test(a_duplicate_row_that_is_not_whole_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
