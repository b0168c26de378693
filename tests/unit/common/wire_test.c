#include "common/wire.h"

#include "tests/support/cmocka_all.h"

static void varints_come_back_and_take_the_size_said(void **state)
{
    (void)state;
    for (int bit = 0; bit < 64; bit++) {
        for (int below = 0; below < 2; below++) {
            uint64_t value = (UINT64_C(1) << bit) - (uint64_t)below;
            char bytes[10];
            size_t size = (size_t)(wire_put_varint(bytes, value) - bytes);
            WireCursor cursor = wire_over((Str){bytes, size});

            assert_int_equal(size, wire_varint_size(value));
            assert_true(wire_varint(&cursor) == value);
            assert_true(cursor.at == cursor.end && !cursor.failed);
        }
    }
    assert_int_equal(wire_varint_size(UINT64_MAX), 10);
}

static void fields_are_told_apart(void **state)
{
    WireCursor cursor = wire_over((Str)STR("\x08\x96\x01"                         /* 1: 150 */
                                           "\x12\x02hi"                           /* 2: "hi" */
                                           "\x19\x08\x07\x06\x05\x04\x03\x02\x01" /* 3: fixed */
                                           "\x82\x01\x00"));                      /* 16: "" */
    WireField field;

    (void)state;
    assert_true(wire_next(&cursor, &field));
    assert_int_equal(field.number, 1);
    assert_int_equal(field.value, 150);
    assert_true(wire_next(&cursor, &field));
    assert_int_equal(field.type, WIRE_BYTES);
    assert_true(str_equal(field.bytes, str_of("hi")));
    assert_true(wire_next(&cursor, &field));
    assert_true(field.value == UINT64_C(0x0102030405060708));
    assert_true(wire_next(&cursor, &field));
    assert_int_equal(field.number, 16);
    assert_int_equal(field.bytes.len, 0);
    assert_false(wire_next(&cursor, &field));
    assert_false(cursor.failed);
}

static void what_is_not_a_field_fails_the_cursor(void **state)
{
    static const struct {
        const char *what;
        Str bytes;
    } CASES[] = {
        {"a varint without an end", STR("\x08\x80")},
        {"a varint of eleven bytes", STR("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01")},
        {"bytes past the end", STR("\x12\x03hi")},
        {"a length past any end", STR("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
        {"half a fixed64", STR("\x19\x01\x02\x03\x04")},
        {"field number 0", STR("\x00\x01")},
        {"a field number above 29 bits", STR("\x80\x80\x80\x80\x80\x01\x01")},
        {"a group", STR("\x0b\x0c")},
        {"a fixed32", STR("\x0d\x01\x02\x03\x04")},
        {"a type that is none", STR("\x0f\x01")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        WireCursor cursor = wire_over(CASES[i].bytes);
        WireField field;

        if (wire_next(&cursor, &field) || !cursor.failed)
            fail_msg("%s was accepted", CASES[i].what);
        assert_false(wire_next(&cursor, &field));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(varints_come_back_and_take_the_size_said),
        cmocka_unit_test(fields_are_told_apart),
        cmocka_unit_test(what_is_not_a_field_fails_the_cursor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
