#include "capture/visibility.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

enum { SNAPSHOT_LSN = 0x1000 };

static bool sees(uint64_t xmin, uint64_t xmax, const uint64_t *running, size_t count, uint32_t xid)
{
    uint64_t list[8];
    Walferry__Model__Snapshot snapshot = WALFERRY__MODEL__SNAPSHOT__INIT;

    for (size_t i = 0; i < count; i++)
        list[i] = running[i];
    snapshot.xmin = xmin;
    snapshot.xmax = xmax;
    snapshot.xip = list;
    snapshot.n_xip = count;
    snapshot.lsn = SNAPSHOT_LSN;
    return visibility_sees(&snapshot, xid, SNAPSHOT_LSN - 1);
}

static void what_was_finished_is_seen_and_what_was_running_or_to_come_is_not(void **state)
{
    static const uint64_t running[] = {100, 103};
    static const struct {
        uint32_t xid;
        bool seen;
    } CASES[] = {{99, true},   {100, false}, {101, true},  {102, true},
                 {103, false}, {104, true},  {105, false}, {200, false}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        assert_int_equal(sees(100, 105, running, 2, CASES[i].xid), CASES[i].seen);
}

static void numbers_are_compared_across_the_end_of_an_epoch(void **state)
{
    static const uint64_t epoch = UINT64_C(3) << 32;
    static const uint64_t running[] = {(UINT64_C(3) << 32) - 2};
    (void)state;

    /* xmin 2 before the wrap, xmax 5 behind it. */
    assert_true(sees(epoch - 2, epoch + 5, running, 1, UINT32_MAX - 5));
    assert_false(sees(epoch - 2, epoch + 5, running, 1, UINT32_MAX - 1));
    assert_true(sees(epoch - 2, epoch + 5, running, 1, UINT32_MAX));
    assert_true(sees(epoch - 2, epoch + 5, running, 1, 4));
    assert_false(sees(epoch - 2, epoch + 5, running, 1, 5));
    assert_false(sees(epoch - 2, epoch + 5, running, 1, 1000));
}

static void far_numbers_count_as_near_ones(void **state)
{
    uint64_t xmax = (UINT64_C(7) << 32) + 3000000000;
    (void)state;

    assert_true(sees(xmax, xmax, NULL, 0, 3000000000u - 2000000000u));
    assert_false(sees(xmax, xmax, NULL, 0, (uint32_t)(3000000000u + 1000000000u)));
}

/* The number of a long finished transaction comes again, 2^32 transactions later. */
static void what_commits_behind_the_snapshot_is_not_seen_whatever_its_number(void **state)
{
    Walferry__Model__Snapshot snapshot = WALFERRY__MODEL__SNAPSHOT__INIT;
    (void)state;

    snapshot.xmin = snapshot.xmax = 100;
    snapshot.lsn = SNAPSHOT_LSN;
    assert_true(visibility_sees(&snapshot, 99, SNAPSHOT_LSN - 1));
    assert_false(visibility_sees(&snapshot, 99, SNAPSHOT_LSN));
    assert_false(visibility_sees(&snapshot, 99, UINT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_finished_is_seen_and_what_was_running_or_to_come_is_not),
        cmocka_unit_test(numbers_are_compared_across_the_end_of_an_epoch),
        cmocka_unit_test(far_numbers_count_as_near_ones),
        cmocka_unit_test(what_commits_behind_the_snapshot_is_not_seen_whatever_its_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
