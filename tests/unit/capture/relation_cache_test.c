#include "capture/relation_cache.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/model_samples.h"
#include "tests/support/pgoutput_bytes.h"

#include <stdlib.h>

typedef struct Fixture {
    RelationCache *cache;
    PgoutputDecoder decoder;
    Bytes bytes;
    PgoutputMessage message;
    Error err;
} Fixture;

static int set_up(void **state)
{
    Fixture *f = calloc(1, sizeof(Fixture));

    relation_cache_open(&f->cache, make_sample_model(), NULL, 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *f = *state;

    relation_cache_close(&f->cache);
    pgoutput_done(&f->decoder);
    bytes_done(&f->bytes);
    free(f);
    return 0;
}

/* What the server says of items; to be changed before it is given to the cache. */
static PgoutputRelation *items(Fixture *f)
{
    Str bytes = put_relation(&f->bytes, 0, ITEMS_OID, "items", ITEMS_COLUMNS);

    assert_true(pgoutput_decode(&f->decoder, bytes, false, &f->message, &f->err));
    return &f->message.relation;
}

static bool announce_and_find(Fixture *f, const CachedRelation **out)
{
    relation_cache_replace(f->cache, &f->message.relation);
    return relation_cache_find(f->cache, f->message.relation.oid, out, &f->err);
}

static void a_table_that_fits_is_joined_with_the_model(void **state)
{
    Fixture *f = *state;
    const CachedRelation *found;

    items(f);
    assert_true(announce_and_find(f, &found));

    assert_int_equal(found->relation.oid, ITEMS_OID);
    assert_int_equal(found->relation.column_count, ITEMS_COLUMNS);
    assert_int_equal(found->relation.columns[1].attnum, 2);
    assert_true(found->relation.columns[0].key);
    assert_false(found->heartbeat);
}

static void a_row_before_its_table_is_refused(void **state)
{
    Fixture *f = *state;
    const CachedRelation *found;

    assert_false(relation_cache_find(f->cache, ITEMS_OID, &found, &f->err));
    assert_int_equal(f->err.kind, ERROR_PROTOCOL);

    items(f);
    assert_true(announce_and_find(f, &found));
    relation_cache_forget(f->cache);
    assert_false(relation_cache_find(f->cache, ITEMS_OID, &found, &f->err));
}

static void rename_column(PgoutputRelation *relation)
{
    relation->attributes[1].name = str_of("renamed");
}

static void swap_columns(PgoutputRelation *relation)
{
    PgoutputAttribute first = relation->attributes[1];

    relation->attributes[1] = relation->attributes[2];
    relation->attributes[2] = first;
}

static void change_type(PgoutputRelation *relation)
{
    relation->attributes[2].type_oid = 1043;
}

static void change_modifier(PgoutputRelation *relation)
{
    relation->attributes[2].type_modifier = 14;
}

static void lose_column(PgoutputRelation *relation)
{
    relation->count--;
}

static void lose_identity(PgoutputRelation *relation)
{
    relation->attributes[0].identity = false;
}

static void become_full(PgoutputRelation *relation)
{
    relation->identity = 'f';
}

static void rename_table(PgoutputRelation *relation)
{
    relation->table = str_of("goods");
}

static void every_difference_from_the_model_is_drift(void **state)
{
    static const struct {
        void (*change)(PgoutputRelation *relation);
        const char *word; /* in the message */
    } CASES[] = {
        {rename_column, "renamed"}, {swap_columns, "column 2 is c"},   {change_type, "type"},
        {change_modifier, "type"},  {lose_column, "column c is gone"}, {lose_identity, "identity"},
        {become_full, "FULL"},      {rename_table, "goods"},
    };
    Fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const CachedRelation *found;

        CASES[i].change(items(f));
        assert_false(announce_and_find(f, &found));
        assert_int_equal(f->err.kind, ERROR_DATA);
        assert_non_null(strstr(f->err.message, "drift"));
        assert_non_null(strstr(f->err.message, CASES[i].word));
        assert_string_equal(f->err.object, "public.items");
    }
}

static void a_new_column_is_drift(void **state)
{
    Fixture *f = *state;
    const CachedRelation *found;
    Str bytes = put_relation(&f->bytes, 0, ITEMS_OID, "items", ITEMS_COLUMNS + 1);

    assert_true(pgoutput_decode(&f->decoder, bytes, false, &f->message, &f->err));
    assert_false(announce_and_find(f, &found));

    assert_non_null(strstr(f->err.message, "column d is new"));
}

static void a_definition_that_is_put_right_again_does_no_harm(void **state)
{
    Fixture *f = *state;
    const CachedRelation *found;

    lose_column(items(f));
    relation_cache_replace(f->cache, &f->message.relation);
    items(f);

    assert_true(announce_and_find(f, &found));
}

static void a_table_that_is_not_in_the_model_is_drift(void **state)
{
    Fixture *f = *state;
    const CachedRelation *found;
    Str bytes = put_relation(&f->bytes, 0, 999, "stranger", 1);

    assert_true(pgoutput_decode(&f->decoder, bytes, false, &f->message, &f->err));
    assert_false(announce_and_find(f, &found));

    assert_int_equal(f->err.kind, ERROR_DATA);
    assert_string_equal(f->err.object, "public.stranger");
}

static void the_heartbeat_is_known_by_its_name(void **state)
{
    Fixture *f = *state;
    const CachedRelation *found;
    PgoutputRelation *relation = items(f);

    relation->oid = 5;
    relation->schema = str_of("walferry");
    relation->table = str_of("heartbeat");
    assert_true(announce_and_find(f, &found));

    assert_true(found->heartbeat);
}

static void generated_columns_are_not_expected(void **state)
{
    Fixture *f = *state;
    const CachedRelation *found;

    relation_cache_close(&f->cache);
    make_sample_model();
    items_columns[1]->generated = true;
    relation_cache_open(&f->cache, &sample_model, NULL, 0);
    PgoutputRelation *relation = items(f);
    relation->attributes[1] = relation->attributes[2];
    relation->count = 2;

    assert_true(announce_and_find(f, &found));
    assert_int_equal(found->relation.columns[1].attnum, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_table_that_fits_is_joined_with_the_model, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_row_before_its_table_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_difference_from_the_model_is_drift, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_new_column_is_drift, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_definition_that_is_put_right_again_does_no_harm, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_table_that_is_not_in_the_model_is_drift, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_heartbeat_is_known_by_its_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(generated_columns_are_not_expected, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
