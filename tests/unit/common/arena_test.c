#include "common/arena.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>

enum { LARGE_BYTES = 5 * 1024 * 1024 };

static void allocations_are_aligned_for_any_type_and_apart(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    char *before = NULL;

    (void)state;
    for (size_t size = 1; size < 200; size++) {
        char *memory = arena_alloc(&arena, size);

        assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
        memset(memory, (int)size, size);
        if (before) {
            assert_int_equal(before[0], (char)(size - 1));
            assert_int_equal(before[size - 2], (char)(size - 1));
        }
        before = memory;
    }
}

static void zeroed_memory_is_zeroed_after_a_reset_too(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};

    (void)state;
    memset(arena_alloc(&arena, 64), 0xff, 64);
    arena_reset(&arena);
    uint64_t *numbers = ARENA_ARRAY(&arena, uint64_t, 8);

    for (int i = 0; i < 8; i++)
        assert_true(numbers[i] == 0);
    assert_non_null(ARENA_ARRAY(&arena, uint64_t, 0));
}

static void a_reset_forgets_and_counts_from_zero(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};

    (void)state;
    arena_alloc(&arena, LARGE_BYTES);
    arena_alloc(&arena, 10);
    assert_true(arena.bytes >= LARGE_BYTES + 10);
    arena_reset(&arena);
    assert_int_equal(arena.bytes, 0);
    memset(arena_alloc(&arena, 100), 1, 100);
}

static void copies_have_a_nul_behind_them(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    Str copy = arena_copy(&arena, (Str){"abcdef", 3});

    (void)state;
    assert_int_equal(copy.len, 3);
    assert_string_equal(copy.data, "abc");
    assert_string_equal(arena_copy(&arena, (Str){0}).data, "");
    assert_string_equal(arena_strdup(&arena, "text"), "text");
    assert_string_equal(arena_printf(&arena, "%s-%d", "x", 12), "x-12");
}

static void an_arena_may_be_used_again_when_it_is_done(void **state)
{
    Arena arena = {0};

    (void)state;
    arena_alloc(&arena, 1000);
    arena_done(&arena);
    arena_done(&arena);
    arena_alloc(&arena, LARGE_BYTES);
    arena_done(&arena);
    assert_null(arena.blocks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_for_any_type_and_apart),
        cmocka_unit_test(zeroed_memory_is_zeroed_after_a_reset_too),
        cmocka_unit_test(a_reset_forgets_and_counts_from_zero),
        cmocka_unit_test(copies_have_a_nul_behind_them),
        cmocka_unit_test(an_arena_may_be_used_again_when_it_is_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
