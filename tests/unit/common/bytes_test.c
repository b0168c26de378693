#include "common/bytes.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

static void what_is_added_stands_one_behind_the_other(void **state)
{
    CLEANUP(bytes_done) Bytes bytes = {0};

    (void)state;
    bytes_add_str(&bytes, str_of("ab"));
    bytes_add_u8(&bytes, 0x01);
    bytes_add_u16be(&bytes, 0x0203);
    bytes_add_u32be(&bytes, 0x04050607);
    bytes_add_u64be(&bytes, UINT64_C(0x08090a0b0c0d0e0f));
    bytes_add(&bytes, NULL, 0);

    assert_true(
        str_equal(bytes_str(&bytes),
                  (Str)STR("ab\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f")));
}

static void it_grows_as_far_as_is_needed(void **state)
{
    CLEANUP(bytes_done) Bytes bytes = {0};

    (void)state;
    for (uint32_t i = 0; i < 100000; i++)
        bytes_add_u32be(&bytes, i);

    assert_int_equal(bytes.len, 400000);
    assert_memory_equal(bytes.data + 4 * 66051, "\0\x01\x02\x03", 4);
}

static void what_would_pass_the_limit_is_not_added_and_shows(void **state)
{
    CLEANUP(bytes_done) Bytes bytes = {.limit = 4};

    (void)state;
    bytes_add_str(&bytes, str_of("abc"));
    assert_false(bytes.overflowed);
    bytes_add_str(&bytes, str_of("de"));
    assert_true(bytes.overflowed);
    bytes_add_str(&bytes, str_of("d"));

    assert_true(str_equal(bytes_str(&bytes), str_of("abc")));
    bytes_clear(&bytes);
    assert_false(bytes.overflowed);
    bytes_add_str(&bytes, str_of("1234"));
    assert_int_equal(bytes.len, 4);
}

static void reserved_room_is_the_callers_to_count(void **state)
{
    CLEANUP(bytes_done) Bytes bytes = {.limit = 1000};
    char *room = bytes_reserve(&bytes, 600);

    (void)state;
    assert_non_null(room);
    assert_int_equal(bytes.len, 0);
    memset(room, 'x', 600);
    bytes.len += 600;
    assert_null(bytes_reserve(&bytes, 401));
}

static void the_limit_is_kept_when_the_memory_goes(void **state)
{
    Bytes bytes = {.limit = 2};

    (void)state;
    bytes_add_str(&bytes, str_of("ab"));
    bytes_done(&bytes);
    assert_int_equal(bytes.len, 0);
    assert_int_equal(bytes.limit, 2);
    bytes_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_stands_one_behind_the_other),
        cmocka_unit_test(it_grows_as_far_as_is_needed),
        cmocka_unit_test(what_would_pass_the_limit_is_not_added_and_shows),
        cmocka_unit_test(reserved_room_is_the_callers_to_count),
        cmocka_unit_test(the_limit_is_kept_when_the_memory_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
