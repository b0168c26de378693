#include "supervisor/snapshot_holder.h"
#include "tests/support/cmocka_all.h"

#include <stdlib.h>

static void a_snapshot_is_read_as_the_server_prints_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t xmin, xmax;
        size_t count;
        uint64_t last;
    } CASES[] = {
        {"733:733:", 733, 733, 0, 0},
        {"733:740:733,738", 733, 740, 2, 738},
        {"4294967303:8589934592:8589934591", 4294967303, 8589934592, 1, 8589934591},
    };

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        Walferry__Model__Snapshot snapshot = WALFERRY__MODEL__SNAPSHOT__INIT;

        assert_true(snapshot_parse(CASES[i].text, &snapshot));
        assert_true(snapshot.xmin == CASES[i].xmin && snapshot.xmax == CASES[i].xmax);
        assert_int_equal(snapshot.n_xip, CASES[i].count);
        if (snapshot.n_xip > 0)
            assert_true(snapshot.xip[snapshot.n_xip - 1] == CASES[i].last);
        free(snapshot.xip);
    }
}

static void what_is_no_snapshot_is_refused(void **state)
{
    (void)state;
    static const char *const CASES[] = {"",      "733",       "733:",         "733:740",
                                        ":740:", "733:740:x", "733:740:1,,2", "733:740:1;2"};

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        Walferry__Model__Snapshot snapshot = WALFERRY__MODEL__SNAPSHOT__INIT;

        if (snapshot_parse(CASES[i], &snapshot))
            fail_msg("accepted: %s", CASES[i]);
        free(snapshot.xip);
    }
}

static void a_position_counts_when_it_is_flushed(void **state)
{
    (void)state;

    assert_true(snapshot_is_flushed(0x1000123, 0x1000123));
    assert_true(snapshot_is_flushed(0x1000123, 0x1000200));
    assert_false(snapshot_is_flushed(0x1000123, 0x1000122));
}

/* Else an idle source would be waited for for ever. */
static void a_page_header_ahead_is_nothing_to_flush(void **state)
{
    (void)state;

    assert_true(snapshot_is_flushed(0x1002018, 0x1002000));  /* a short header */
    assert_true(snapshot_is_flushed(0x1000028, 0x1000000));  /* a long one */
    assert_false(snapshot_is_flushed(0x1002018, 0x1001ff8)); /* the record before is not there */
    assert_false(snapshot_is_flushed(0x1002020, 0x1002000)); /* a record behind the header */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_is_read_as_the_server_prints_it),
        cmocka_unit_test(what_is_no_snapshot_is_refused),
        cmocka_unit_test(a_position_counts_when_it_is_flushed),
        cmocka_unit_test(a_page_header_ahead_is_nothing_to_flush),
    };
    return cmocka_run_group_tests_name("snapshot_holder", tests, NULL, NULL);
}
