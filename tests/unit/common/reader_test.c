#include "common/reader.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>

static void integers_are_big_endian(void **state)
{
    Reader r =
        reader_over((Str)STR("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"));

    (void)state;
    assert_int_equal(reader_u8(&r), 0x01);
    assert_int_equal(reader_u16be(&r), 0x0203);
    assert_int_equal(reader_u32be(&r), 0x04050607);
    assert_true(reader_u64be(&r) == UINT64_C(0x08090a0b0c0d0e0f));
    assert_true(reader_done(&r));
}

static void texts_end_at_their_nul_which_is_consumed(void **state)
{
    Reader r = reader_over((Str)STR("one\0\0two"));

    (void)state;
    assert_true(str_equal(reader_cstr(&r), str_of("one")));
    assert_true(str_equal(reader_cstr(&r), str_of("")));
    assert_false(r.failed);
    assert_int_equal(reader_cstr(&r).len, 0);
    assert_true(r.failed);
}

static void the_first_read_past_the_end_fails_it_for_good(void **state)
{
    Reader r = reader_over((Str)STR("\x01\x02\x03"));

    (void)state;
    assert_int_equal(reader_u32be(&r), 0);
    assert_true(r.failed);
    assert_int_equal(reader_u8(&r), 0);
    assert_null(reader_bytes(&r, 1).data);
    assert_int_equal(reader_cstr(&r).len, 0);
    assert_false(reader_done(&r));
}

static void left_over_bytes_are_not_done(void **state)
{
    Reader r = reader_over((Str)STR("\x01\x02"));

    (void)state;
    reader_u8(&r);
    assert_false(reader_done(&r));
    assert_true(str_equal(reader_bytes(&r, 1), (Str)STR("\x02")));
    assert_true(reader_done(&r));
}

static void nothing_can_be_read_from_nothing(void **state)
{
    Reader r = reader_over((Str){0});

    (void)state;
    assert_true(reader_done(&r));
    assert_int_equal(reader_bytes(&r, 0).len, 0);
    assert_int_equal(reader_cstr(&r).len, 0);
    assert_false(reader_done(&r));
}

static void a_count_is_believed_only_when_its_items_can_be_there(void **state)
{
    static const struct {
        Str bytes;
        size_t item, expected;
        bool fails;
    } CASES[] = {
        {STR("\0\x02xxxx"), 2, 2, false}, {STR("\0\x02xxx"), 2, 0, true},
        {STR("\0\0"), 100, 0, false},     {STR("\xff\xff"), 1, 0, true},
        {STR("\0"), 1, 0, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        Reader r = reader_over(CASES[i].bytes);

        assert_int_equal(reader_count16(&r, CASES[i].item), CASES[i].expected);
        assert_int_equal(r.failed, CASES[i].fails);
    }
}

static void a_decoder_can_refuse_a_value(void **state)
{
    Reader r = reader_over((Str)STR("x"));

    (void)state;
    reader_fail(&r);
    assert_int_equal(reader_u8(&r), 0);
    assert_false(reader_done(&r));
}

static void no_read_touches_a_byte_behind_the_end(void **state)
{
    (void)state;
    for (size_t len = 0; len < 16; len++) {
        char *exact = calloc(1, len ? len : 1);
        Reader r = reader_over((Str){exact, len});

        while (!r.failed) {
            reader_u8(&r);
            reader_u16be(&r);
            reader_cstr(&r);
            reader_u64be(&r);
        }
        assert_true(r.at <= r.end);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_big_endian),
        cmocka_unit_test(texts_end_at_their_nul_which_is_consumed),
        cmocka_unit_test(the_first_read_past_the_end_fails_it_for_good),
        cmocka_unit_test(left_over_bytes_are_not_done),
        cmocka_unit_test(nothing_can_be_read_from_nothing),
        cmocka_unit_test(a_count_is_believed_only_when_its_items_can_be_there),
        cmocka_unit_test(a_decoder_can_refuse_a_value),
        cmocka_unit_test(no_read_touches_a_byte_behind_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
