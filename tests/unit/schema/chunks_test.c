#include "schema/chunks.h"

#include "tests/support/cmocka_all.h"

enum { PAGE = 8192 };

static size_t count_of(uint64_t pages, int64_t copies)
{
    return chunks_count(pages * PAGE, pages, copies);
}

static void a_small_table_and_an_empty_one_have_one_chunk(void **state)
{
    (void)state;

    assert_int_equal(count_of(0, 2), 1);
    assert_int_equal(count_of(1, 2), 1);
    assert_int_equal(count_of(1024, 16), 1);
    assert_int_equal(chunks_range(0, 1, 0).first_block, 0);
    assert_int_equal(chunks_range(0, 1, 0).end_block, 0);
}

static void a_larger_table_has_four_for_each_copy_process(void **state)
{
    (void)state;

    assert_int_equal(count_of(1025, 2), 8);
    assert_int_equal(count_of(1025, 16), 64);
}

static void a_huge_table_is_cut_by_size(void **state)
{
    uint64_t pages = (UINT64_C(100) << 30) / PAGE;
    (void)state;

    assert_int_equal(count_of(pages, 2), 1600);
}

/* Whatever the numbers are: no block is left out, none is copied twice, the end is open. */
static void chunks_cover_every_block_once(void **state)
{
    static const uint64_t PAGES[] = {1, 7, 64, 1025, 8192, 100003};
    (void)state;

    for (size_t i = 0; i < sizeof PAGES / sizeof *PAGES; i++) {
        for (int64_t copies = 1; copies <= 16; copies++) {
            size_t count = count_of(PAGES[i], copies);
            uint64_t at = 0;

            for (size_t number = 0; number + 1 < count; number++) {
                ChunkRange range = chunks_range(PAGES[i], count, number);

                assert_int_equal(range.first_block, at);
                assert_true(range.end_block > at);
                at = range.end_block;
            }
            assert_int_equal(chunks_range(PAGES[i], count, count - 1).first_block, at);
            assert_true(at < PAGES[i]);
            assert_int_equal(chunks_range(PAGES[i], count, count - 1).end_block, 0);
        }
    }
}

static void chunks_differ_by_one_block_at_most(void **state)
{
    (void)state;

    for (size_t number = 0; number < 7; number++) {
        ChunkRange range = chunks_range(1025, 8, number);

        assert_in_range(range.end_block - range.first_block, 128, 129);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_table_and_an_empty_one_have_one_chunk),
        cmocka_unit_test(a_larger_table_has_four_for_each_copy_process),
        cmocka_unit_test(a_huge_table_is_cut_by_size),
        cmocka_unit_test(chunks_cover_every_block_once),
        cmocka_unit_test(chunks_differ_by_one_block_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
