#include "common/doris_type.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

static void reads_a_type_in_any_spelling(void **state)
{
    static const struct {
        const char *text, *as_ddl;
    } CASES[] = {
        {"BOOLEAN", "BOOLEAN"},
        {"boolean", "BOOLEAN"},
        {"tinyint(4)", "TINYINT"},
        {"smallint", "SMALLINT"},
        {"int(11)", "INT"},
        {"INTEGER", "INT"},
        {"bigint", "BIGINT"},
        {"largeint", "LARGEINT"},
        {"DECIMAL(10,2)", "DECIMAL(10,2)"},
        {" decimal ( 38 , 0 ) ", "DECIMAL(38,0)"},
        {"decimalv3(5, 5)", "DECIMAL(5,5)"},
        {"DECIMAL(7)", "DECIMAL(7,0)"},
        {"DECIMAL", "DECIMAL(38,9)"},
        {"float", "FLOAT"},
        {"double", "DOUBLE"},
        {"date", "DATEV2"},
        {"DateV2", "DATEV2"},
        {"datetime", "DATETIMEV2(0)"},
        {"datetime(6)", "DATETIMEV2(6)"},
        {"DATETIMEV2(3)", "DATETIMEV2(3)"},
        {"char", "CHAR(1)"},
        {"CHAR(255)", "CHAR(255)"},
        {"varchar", "VARCHAR(65533)"},
        {"varchar(400)", "VARCHAR(400)"},
        {"text", "STRING"},
        {"STRING", "STRING"},
        {"json", "JSON"},
        {"JSONB", "JSON"},
    };
    char text[DORIS_TYPE_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        DorisType type, again;
        Error err = {0};

        assert_true(doris_type_parse(str_of(CASES[i].text), &type, &err));
        assert_string_equal(doris_type_text(type, text), CASES[i].as_ddl);
        assert_true(doris_type_parse(str_of(text), &again, &err));
        assert_true(doris_type_equal(type, again));
    }
}

static void says_why_it_refuses_a_type(void **state)
{
    static const struct {
        const char *text, *message;
    } CASES[] = {
        {"", "the type \"\" is not written as SelectDB writes types"},
        {"(10)", "the type \"(10)\" is not written as SelectDB writes types"},
        {"DECIMAL(10,2", "the type \"DECIMAL(10,2\" is not written as SelectDB writes types"},
        {"DECIMAL(,2)", "the type \"DECIMAL(,2)\" is not written as SelectDB writes types"},
        {"DECIMAL(1,2,3)", "the type \"DECIMAL(1,2,3)\" is not written as SelectDB writes types"},
        {"VARCHAR(99999999999)",
         "the type \"VARCHAR(99999999999)\" is not written as SelectDB writes types"},
        {"INT NOT NULL", "the type \"INT NOT NULL\" is not written as SelectDB writes types"},
        {"ARRAY<INT>", "the type \"ARRAY<INT>\" is not written as SelectDB writes types"},
        {"VARIANT", "the type \"VARIANT\" is not one that walferry can write"},
        {"TIMESTAMPTZ(6)", "the type \"TIMESTAMPTZ(6)\" is not one that walferry can write"},
        {"DECIMAL(39,2)", "the type \"DECIMAL(39,2)\" must have 1 to 38 digits"},
        {"DECIMAL(0)", "the type \"DECIMAL(0)\" must have 1 to 38 digits"},
        {"DECIMAL(3,4)", "the type \"DECIMAL(3,4)\" has more digits behind the point than digits"},
        {"DATETIME(7)", "the type \"DATETIME(7)\" has 0 to 6 digits of a second"},
        {"VARCHAR(0)", "the type \"VARCHAR(0)\" must have 1 to 65533 bytes"},
        {"VARCHAR(65534)", "the type \"VARCHAR(65534)\" must have 1 to 65533 bytes"},
        {"VARCHAR(1,2)", "the type \"VARCHAR(1,2)\" has a length and nothing else"},
        {"CHAR(256)", "the type \"CHAR(256)\" must have 1 to 255 bytes"},
        {"STRING(10)", "the type \"STRING(10)\" takes no numbers"},
        {"DATE(3)", "the type \"DATE(3)\" takes no numbers"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        DorisType type;
        Error err = {0};

        assert_false(doris_type_parse(str_of(CASES[i].text), &type, &err));
        assert_int_equal(err.kind, ERROR_CONFIG);
        assert_string_equal(err.message, CASES[i].message);
    }
}

static void knows_what_may_be_a_key(void **state)
{
    static const DorisKind NEVER[] = {DORIS_FLOAT, DORIS_DOUBLE, DORIS_STRING, DORIS_JSON};
    static const DorisKind GOOD[] = {DORIS_BOOLEAN,  DORIS_INT,  DORIS_DECIMAL, DORIS_DATE,
                                     DORIS_DATETIME, DORIS_CHAR, DORIS_VARCHAR};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(NEVER); i++)
        assert_false(doris_type_may_be_key(NEVER[i]));
    for (size_t i = 0; i < COUNT_OF(GOOD); i++)
        assert_true(doris_type_may_be_key(GOOD[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_type_in_any_spelling),
        cmocka_unit_test(says_why_it_refuses_a_type),
        cmocka_unit_test(knows_what_may_be_a_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
