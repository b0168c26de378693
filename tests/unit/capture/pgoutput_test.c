#include "capture/pgoutput.h"

#include "common/clock.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/pgoutput_bytes.h"

#include <stdlib.h>

typedef struct Fixture {
    PgoutputDecoder decoder;
    Bytes bytes;
    PgoutputMessage message;
    Error err;
} Fixture;

static int set_up(void **state)
{
    *state = calloc(1, sizeof(Fixture));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    Fixture *f = *state;

    pgoutput_done(&f->decoder);
    bytes_done(&f->bytes);
    free(f);
    return 0;
}

static bool decode(Fixture *f, Str bytes, bool streamed)
{
    return pgoutput_decode(&f->decoder, bytes, streamed, &f->message, &f->err);
}

static void begin_tells_commit_lsn_time_and_xid(void **state)
{
    Fixture *f = *state;

    assert_true(decode(f, put_begin(&f->bytes, 0x1234, 77), false));

    assert_int_equal(f->message.kind, PGOUTPUT_BEGIN);
    assert_int_equal(f->message.begin.commit_lsn, 0x1234);
    assert_int_equal(f->message.begin.xid, 77);
    assert_int_equal(f->message.begin.commit_time_us, CLOCK_POSTGRES_EPOCH_US + 1000000);
}

static void commits_tell_both_lsns(void **state)
{
    Fixture *f = *state;

    assert_true(decode(f, put_commit(&f->bytes, 'C', 0, 10, 20), false));
    assert_int_equal(f->message.commit.commit_lsn, 10);
    assert_int_equal(f->message.commit.end_lsn, 20);

    assert_true(decode(f, put_commit(&f->bytes, 'c', 55, 30, 40), false));
    assert_int_equal(f->message.commit.xid, 55);
    assert_int_equal(f->message.commit.end_lsn, 40);
}

static void a_relation_names_its_columns_in_order(void **state)
{
    Fixture *f = *state;

    assert_true(decode(f, put_relation(&f->bytes, 0, 100, "items", 3), false));

    const PgoutputRelation *relation = &f->message.relation;
    assert_int_equal(relation->oid, 100);
    assert_true(str_equal(relation->table, str_of("items")));
    assert_int_equal(relation->identity, 'd');
    assert_int_equal(relation->count, 3);
    assert_true(relation->attributes[0].identity);
    assert_false(relation->attributes[1].identity);
    assert_true(str_equal(relation->attributes[2].name, str_of("c")));
    assert_int_equal(relation->attributes[2].type_oid, 25);
    assert_int_equal(relation->attributes[2].type_modifier, -1);
}

static void the_four_forms_of_a_value_stay_apart(void **state)
{
    Fixture *f = *state;
    const char *values[] = {"1", NULL, "", UNCHANGED};

    assert_true(decode(f, put_update(&f->bytes, 0, 100, 0, NULL, values, 4), false));

    const Tuple *tuple = &f->message.row.new_tuple;
    assert_null(f->message.row.old_tuple.values);
    assert_int_equal(tuple->count, 4);
    assert_int_equal(tuple->values[0].form, VALUE_TEXT);
    assert_int_equal(tuple->values[1].form, VALUE_NULL);
    assert_int_equal(tuple->values[2].form, VALUE_TEXT);
    assert_int_equal(tuple->values[2].bytes.len, 0);
    assert_int_equal(tuple->values[3].form, VALUE_UNCHANGED);
    assert_true(f->message.row.unchanged);
}

static void an_update_keeps_old_and_new_values_apart(void **state)
{
    Fixture *f = *state;
    const char *old_values[] = {"1", NULL, NULL};
    const char *values[] = {"2", "b", "c"};

    assert_true(decode(f, put_update(&f->bytes, 9, 100, 'K', old_values, values, 3), true));

    assert_int_equal(f->message.xid, 9);
    assert_true(str_equal(f->message.row.old_tuple.values[0].bytes, str_of("1")));
    assert_true(str_equal(f->message.row.new_tuple.values[0].bytes, str_of("2")));
    assert_true(str_equal(f->message.row.new_tuple.values[2].bytes, str_of("c")));
    assert_false(f->message.row.unchanged);
}

static void a_delete_has_an_old_tuple_only(void **state)
{
    Fixture *f = *state;
    const char *values[] = {"1", NULL};

    assert_true(decode(f, put_delete(&f->bytes, 0, 100, values, 2), false));

    assert_int_equal(f->message.row.old_tuple.count, 2);
    assert_null(f->message.row.new_tuple.values);
}

static void a_row_without_columns_is_a_tuple_all_the_same(void **state)
{
    Fixture *f = *state;

    assert_true(decode(f, put_insert(&f->bytes, 0, 100, NULL, 0), false));

    assert_non_null(f->message.row.new_tuple.values);
    assert_int_equal(f->message.row.new_tuple.count, 0);
}

static void a_truncate_names_all_its_tables(void **state)
{
    Fixture *f = *state;
    const uint32_t oids[] = {100, 200};

    assert_true(decode(f, put_truncate(&f->bytes, 0, oids, 2), false));

    assert_int_equal(f->message.truncate.count, 2);
    assert_int_equal(f->message.truncate.relation_oids[1], 200);
    assert_true(f->message.truncate.restart_identity);
    assert_false(f->message.truncate.cascade);
}

static void stream_messages_name_their_transactions(void **state)
{
    Fixture *f = *state;

    assert_true(decode(f, put_stream_start(&f->bytes, 8), false));
    assert_int_equal(f->message.stream_start.xid, 8);
    assert_true(decode(f, put_stream_abort(&f->bytes, 8, 9), false));
    assert_int_equal(f->message.stream_abort.xid, 8);
    assert_int_equal(f->message.stream_abort.subxid, 9);
    bytes_add_u64be(&f->bytes, 1); /* protocol 4, parallel: LSN and time */
    bytes_add_u64be(&f->bytes, 2);
    assert_true(decode(f, bytes_str(&f->bytes), false));
    assert_true(decode(f, put_stream_stop(&f->bytes), false));
}

static void an_unknown_message_is_named_by_its_byte(void **state)
{
    Fixture *f = *state;

    assert_false(decode(f, (Str)STR("Zabc"), false));

    assert_int_equal(f->err.kind, ERROR_PROTOCOL);
    assert_non_null(strstr(f->err.message, "0x5a"));
}

/* A copy of its own size each, so that a sanitizer sees a read behind the end. */
static void every_truncation_is_refused_of(Fixture *f, Str whole, bool streamed)
{
    for (size_t len = 0; len < whole.len; len++) {
        char *part = malloc(len + 1);

        memcpy(part, whole.data, len);
        assert_false(decode(f, (Str){part, len}, streamed));
        assert_int_equal(f->err.kind, ERROR_PROTOCOL);
        free(part);
    }
    assert_true(decode(f, whole, streamed));
}

static void every_truncation_is_refused(void **state)
{
    Fixture *f = *state;
    Bytes *b = &f->bytes;
    const uint32_t oids[] = {100, 200};
    const char *values[] = {"1", NULL, "text"};

    every_truncation_is_refused_of(f, put_begin(b, 1, 2), false);
    every_truncation_is_refused_of(f, put_commit(b, 'C', 0, 1, 2), false);
    every_truncation_is_refused_of(f, put_commit(b, 'c', 3, 1, 2), false);
    every_truncation_is_refused_of(f, put_relation(b, 7, 100, "items", 3), true);
    every_truncation_is_refused_of(f, put_insert(b, 0, 100, values, 3), false);
    every_truncation_is_refused_of(f, put_update(b, 7, 100, 'O', values, values, 3), true);
    every_truncation_is_refused_of(f, put_delete(b, 0, 100, values, 3), false);
    every_truncation_is_refused_of(f, put_truncate(b, 0, oids, 2), false);
    every_truncation_is_refused_of(f, put_stream_start(b, 7), false);
    every_truncation_is_refused_of(f, put_stream_abort(b, 7, 8), false);
}

static void malformed_messages_are_refused(void **state)
{
    static const struct {
        const char *what;
        Str bytes;
    } CASES[] = {
        {"something behind the end", STR("Ex")},
        {"an insert of an old tuple", STR("I\0\0\0\1K\0\0")},
        {"an update without new tuple", STR("U\0\0\0\1K\0\0K\0\0")},
        {"a delete of a new tuple", STR("D\0\0\0\1N\0\0")},
        {"a value of no known form", STR("I\0\0\0\1N\0\1x")},
        {"more columns than bytes", STR("I\0\0\0\1N\xff\xffnn")},
        {"a value longer than the message", STR("I\0\0\0\1N\0\1t\x7f\xff\xff\xffx")},
        {"an unchanged old value", STR("D\0\0\0\1K\0\1u")},
        {"more tables than bytes", STR("T\xff\xff\xff\xff\0\0\0\0\1")},
        {"a commit with flags", STR("C\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
        {"a byte that is no letter", STR("\xff")},
    };
    Fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        f->err = (Error){0};
        if (decode(f, CASES[i].bytes, false) || f->err.kind != ERROR_PROTOCOL)
            fail_msg("accepted: %s", CASES[i].what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(begin_tells_commit_lsn_time_and_xid, set_up, tear_down),
        cmocka_unit_test_setup_teardown(commits_tell_both_lsns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_relation_names_its_columns_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_four_forms_of_a_value_stay_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_update_keeps_old_and_new_values_apart, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_delete_has_an_old_tuple_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_without_columns_is_a_tuple_all_the_same, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_truncate_names_all_its_tables, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stream_messages_name_their_transactions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_message_is_named_by_its_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_truncation_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(malformed_messages_are_refused, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
