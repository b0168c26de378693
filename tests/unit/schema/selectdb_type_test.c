#include "schema/selectdb_type.h"

#include "tests/support/cmocka_all.h"

static Arena arena;

static int give_arena_back(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

#define NUMERIC(precision, scale) (((precision) << 16 | ((scale)&0x7ff)) + 4)

/* A source type as the catalog has it, and the type at SelectDB, worked out by hand. */
static const struct {
    const char *source;
    uint32_t oid;
    int32_t modifier;
    bool is_enum;
    const char *as_value, *as_key; /* as_key NULL: it cannot be one */
} TYPES[] = {
    {"boolean", 16, -1, false, "BOOLEAN", "BOOLEAN"},
    {"smallint", 21, -1, false, "SMALLINT", "SMALLINT"},
    {"integer", 23, -1, false, "INT", "INT"},
    {"bigint", 20, -1, false, "BIGINT", "BIGINT"},
    {"numeric(10,2)", 1700, NUMERIC(10, 2), false, "DECIMAL(10,2)", "DECIMAL(10,2)"},
    {"numeric(38,0)", 1700, NUMERIC(38, 0), false, "DECIMAL(38,0)", "DECIMAL(38,0)"},
    {"numeric(38,38)", 1700, NUMERIC(38, 38), false, "DECIMAL(38,38)", "DECIMAL(38,38)"},
    {"numeric(39,2)", 1700, NUMERIC(39, 2), false, "STRING", "VARCHAR(65533)"},
    {"numeric(3,5)", 1700, NUMERIC(3, 5), false, "DECIMAL(5,5)", "DECIMAL(5,5)"},
    {"numeric(5,-2)", 1700, NUMERIC(5, -2), false, "DECIMAL(7,0)", "DECIMAL(7,0)"},
    {"numeric(37,-2)", 1700, NUMERIC(37, -2), false, "STRING", "VARCHAR(65533)"},
    {"numeric", 1700, -1, false, "STRING", "VARCHAR(65533)"},
    {"real", 700, -1, false, "DOUBLE", NULL},
    {"double precision", 701, -1, false, "DOUBLE", NULL},
    {"money", 790, -1, false, "STRING", "VARCHAR(65533)"},
    {"character(1)", 1042, 5, false, "VARCHAR(4)", "VARCHAR(4)"},
    {"character(20)", 1042, 24, false, "VARCHAR(80)", "VARCHAR(80)"},
    {"bpchar", 1042, -1, false, "STRING", "VARCHAR(65533)"},
    {"character varying(100)", 1043, 104, false, "VARCHAR(400)", "VARCHAR(400)"},
    {"character varying(16383)", 1043, 16387, false, "VARCHAR(65532)", "VARCHAR(65532)"},
    {"character varying(16384)", 1043, 16388, false, "STRING", "VARCHAR(65533)"},
    {"character varying", 1043, -1, false, "STRING", "VARCHAR(65533)"},
    {"text", 25, -1, false, "STRING", "VARCHAR(65533)"},
    {"xml", 142, -1, false, "STRING", "VARCHAR(65533)"},
    {"bytea", 17, -1, false, "STRING", "VARCHAR(65533)"},
    {"interval", 1186, -1, false, "STRING", "VARCHAR(65533)"},
    {"point", 600, -1, false, "STRING", "VARCHAR(65533)"},
    {"inet", 869, -1, false, "STRING", "VARCHAR(65533)"},
    {"tsvector", 3614, -1, false, "STRING", "VARCHAR(65533)"},
    {"bit(8)", 1560, 8, false, "STRING", "VARCHAR(65533)"},
    {"int4range", 3904, -1, false, "STRING", "VARCHAR(65533)"},
    {"integer[]", 1007, -1, false, "STRING", "VARCHAR(65533)"},
    {"public.mood", 16500, -1, true, "VARCHAR(255)", "VARCHAR(255)"},
    {"public.citext", 16501, -1, false, "STRING", "VARCHAR(65533)"},
    {"uuid", 2950, -1, false, "VARCHAR(36)", "VARCHAR(36)"},
    {"timestamp without time zone", 1114, -1, false, "DATETIMEV2(6)", "DATETIMEV2(6)"},
    {"timestamp(3) with time zone", 1184, 3, false, "DATETIMEV2(6)", "DATETIMEV2(6)"},
    {"date", 1082, -1, false, "DATEV2", "DATEV2"},
    {"time without time zone", 1083, -1, false, "VARCHAR(50)", "VARCHAR(50)"},
    {"time with time zone", 1266, -1, false, "VARCHAR(50)", "VARCHAR(50)"},
    {"json", 114, -1, false, "JSON", NULL},
    {"jsonb", 3802, -1, false, "JSON", NULL},
};

static CatalogColumn column_of(size_t i)
{
    return (CatalogColumn){.name = "c",
                           .type_oid = TYPES[i].oid,
                           .type_modifier = TYPES[i].modifier,
                           .type_text = TYPES[i].source,
                           .is_enum = TYPES[i].is_enum};
}

static CatalogColumn column_named(const char *source)
{
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        if (strcmp(TYPES[i].source, source) == 0)
            return column_of(i);
    }
    fail_msg("%s is not in the table", source);
    return (CatalogColumn){0};
}

static void each_type_has_its_place(void **state)
{
    char text[DORIS_TYPE_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        CatalogColumn column = column_of(i);
        DorisType key = {0};
        const char *why = NULL;

        assert_string_equal(doris_type_text(selectdb_type_of(&column), text), TYPES[i].as_value);
        assert_int_equal(selectdb_type_of_key(&column, &key, &why), TYPES[i].as_key != NULL);
        if (TYPES[i].as_key)
            assert_string_equal(doris_type_text(key, text), TYPES[i].as_key);
        else
            assert_non_null(strstr(why, "cannot be a key at SelectDB"));
    }
}

static void a_domain_goes_as_its_base(void **state)
{
    CatalogColumn column = {.type_oid = 16700,
                            .type_modifier = -1,
                            .base_type_oid = 1700,
                            .base_type_modifier = NUMERIC(12, 4),
                            .type_text = "public.price"};
    char text[DORIS_TYPE_TEXT_MAX];

    (void)state;
    assert_string_equal(doris_type_text(selectdb_type_of(&column), text), "DECIMAL(12,4)");
}

static void a_type_that_is_asked_for_must_do(void **state)
{
    static const struct {
        const char *source, *asked, *why; /* why NULL: it does */
    } CASES[] = {
        {"smallint", "BIGINT", NULL},
        {"bigint", "LARGEINT", NULL},
        {"bigint", "DECIMAL(19,0)", NULL},
        {"bigint", "STRING", NULL},
        {"bigint", "INT", "bigint cannot be INT: it is too narrow"},
        {"bigint", "DECIMAL(19,1)", "bigint cannot be DECIMAL(19,1): it is too narrow"},
        {"bigint", "DOUBLE", "bigint cannot be DOUBLE: its values are not values of that type"},
        {"numeric", "DECIMAL(38,9)", NULL},
        {"numeric(10,2)", "DECIMAL(12,2)", NULL},
        {"numeric(38,0)", "LARGEINT", NULL},
        {"numeric(38,0)", "BIGINT", "numeric(38,0) cannot be BIGINT: it is too narrow"},
        {"numeric(10,2)", "BIGINT",
         "numeric(10,2) cannot be BIGINT: it has no digits behind the point"},
        {"numeric(10,2)", "DOUBLE", "numeric(10,2) cannot be DOUBLE: its digits would be rounded"},
        {"real", "FLOAT", NULL},
        {"double precision", "FLOAT",
         "double precision cannot be FLOAT: its digits would be rounded"},
        {"double precision", "VARCHAR(30)", NULL},
        {"timestamp(3) with time zone", "DATETIMEV2(3)", NULL},
        {"timestamp without time zone", "DATETIMEV2(3)",
         "timestamp without time zone cannot be DATETIMEV2(3): it has fewer digits of a second: "
         "they would be rounded"},
        {"timestamp without time zone", "DATEV2",
         "timestamp without time zone cannot be DATEV2: its values are not values of that type"},
        {"date", "DATETIMEV2(6)",
         "date cannot be DATETIMEV2(6): its values are not values of that type"},
        {"text", "VARCHAR(20)", NULL},
        {"text", "JSON", "text cannot be JSON: its values are not values of that type"},
        {"jsonb", "STRING", NULL},
        {"boolean", "TINYINT", "boolean cannot be TINYINT: its values are not values of that type"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        CatalogColumn column = column_named(CASES[i].source);
        DorisType asked;
        Error err = {0};
        const char *why = NULL;

        assert_true(doris_type_parse(str_of(CASES[i].asked), &asked, &err));
        assert_int_equal(selectdb_type_accepts(&column, asked, &arena, &why), !CASES[i].why);
        if (CASES[i].why)
            assert_string_equal(why, CASES[i].why);
    }
}

static void wide_numerics_are_known(void **state)
{
    CatalogColumn bare = column_named("numeric"), wide = column_named("numeric(39,2)");
    CatalogColumn fits = column_named("numeric(38,38)"), other = column_named("text");

    (void)state;
    assert_true(selectdb_type_is_wide(&bare));
    assert_true(selectdb_type_is_wide(&wide));
    assert_false(selectdb_type_is_wide(&fits));
    assert_false(selectdb_type_is_wide(&other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_has_its_place),
        cmocka_unit_test(a_domain_goes_as_its_base),
        cmocka_unit_test(a_type_that_is_asked_for_must_do),
        cmocka_unit_test(wide_numerics_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, give_arena_back);
}
