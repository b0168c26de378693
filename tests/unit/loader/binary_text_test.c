#include "loader/binary_text.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

enum { BOOL = 16, BYTEA = 17, INT8 = 20, INT4 = 23, OID = 26, DATE = 1082, TIMESTAMP = 1114 };
enum { TIMESTAMPTZ = 1184, NUMERIC = 1700, UUID = 2950, ENUM = 16500 };

#define BYTES(literal)                                                                             \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

/* The bytes are what PostgreSQL 15's send functions give. */
static void values_read_as_the_server_writes_them(void **state)
{
    static const struct {
        uint32_t type_oid;
        Str bytes;
        const char *text;
    } CASES[] = {
        {BOOL, BYTES("\1"), "t"},
        {INT4, BYTES("\0\0\1\0"), "256"},
        {INT8, BYTES("\377\377\377\377\377\377\377\376"), "-2"},
        {OID, BYTES("\377\377\377\377"), "4294967295"},
        {ENUM, BYTES("so so"), "so so"},
        {UUID, BYTES("\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20"),
         "01020304-0506-0708-090a-0b0c0d0e0f10"},
        {DATE, BYTES("\0\0\0\0"), "2000-01-01"},
        {DATE, BYTES("\0\0\x22\x79"), "2024-02-29"},
        {DATE, BYTES("\xff\xff\xff\xff"), "1999-12-31"},
        {DATE, BYTES("\xff\xda\x97\xa7"), "4714-11-24 BC"},
        {DATE, BYTES("\x7f\xda\x97\x0c"), "5874897-12-31"},
        {DATE, BYTES("\x7f\xff\xff\xff"), "infinity"},
        {DATE, BYTES("\x80\0\0\0"), "-infinity"},
        {TIMESTAMP, BYTES("\0\0\0\0\0\0\0\1"), "2000-01-01 00:00:00.000001"},
        {TIMESTAMP, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), "1999-12-31 23:59:59.999999"},
        {TIMESTAMPTZ, BYTES("\0\0\0\x14\x1d\xd7\x60\0"), "2000-01-02 00:00:00+00"},
        {TIMESTAMPTZ, BYTES("\x7f\xff\xff\xff\xff\xff\xff\xff"), "infinity"},
        {NUMERIC, BYTES("\0\0\0\0\0\0\0\0"), "0"},
        {NUMERIC, BYTES("\0\1\0\0\0\0\0\2\0\1"), "1.00"},
        {NUMERIC, BYTES("\0\3\0\1\x40\0\0\3\0\1\x09\x29\x1e\xdc"), "-12345.790"},
        {NUMERIC, BYTES("\0\1\0\1\0\0\0\0\0\1"), "10000"},
        {NUMERIC, BYTES("\0\1\xff\xfe\0\0\0\7\0\x78"), "0.0000012"},
        {NUMERIC, BYTES("\0\0\0\0\xc0\0\0\0"), "NaN"},
        {NUMERIC, BYTES("\0\0\0\0\xf0\0\0\0"), "-Infinity"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        Bytes out = {0};

        assert_true(binary_text(CASES[i].type_oid, CASES[i].bytes, &out));
        bytes_add_u8(&out, '\0');
        assert_string_equal(out.data, CASES[i].text);
        bytes_done(&out);
    }
}

static void other_types_and_malformed_bytes_are_left_to_the_caller(void **state)
{
    static const struct {
        uint32_t type_oid;
        Str bytes;
    } CASES[] = {
        {BYTEA, BYTES("ab")},
        {BOOL, BYTES("")},
        {INT4, BYTES("")},
        {INT8, BYTES("123456789")},
        {DATE, BYTES("abc")},
        {TIMESTAMP, BYTES("abcdefghi")},
        {NUMERIC, BYTES("\0\1\0\0\0\0\0\0")},         /* a digit is missing */
        {NUMERIC, BYTES("\x7f\xff\0\0\0\0\0\0")},     /* all of them */
        {NUMERIC, BYTES("\0\1\x7f\xff\0\0\0\0\0\1")}, /* 131,072 digits */
        {NUMERIC, BYTES("\0\1\0\0\x12\x34\0\0\0\1")}, /* no such sign */
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        Bytes out = {0};

        assert_false(binary_text(CASES[i].type_oid, CASES[i].bytes, &out));
        assert_int_equal(out.len, 0);
        bytes_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_read_as_the_server_writes_them),
        cmocka_unit_test(other_types_and_malformed_bytes_are_left_to_the_caller),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
