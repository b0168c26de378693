#include "supervisor/position.h"
#include "tests/support/cmocka_all.h"

enum { REPORTS = 6 };

/* Two lanes, three reports each, as the lanes make them. */
static const struct {
    uint32_t lane;
    StoreLane at;
} MADE[REPORTS] = {
    {0, {{0x100, 2}, 0x110, 12, 1}}, {0, {{0x200, 1}, 0x210, 14, 2}},
    {0, {{0x300, 4}, 0x310, 18, 3}}, {1, {{0x100, 2}, 0x110, 12, 1}},
    {1, {{0x150, 1}, 0x160, 13, 2}}, {1, {{0x200, 1}, 0x210, 14, 3}},
};

static const StoreLane IDLE = {.resume_lsn = 0x400, .next_record_id = 18, .commit_time_us = 9};

typedef void Visit(const size_t *order, size_t count);

/* Heap's algorithm: every order of the reports, lost ones included by the callers' prefixes. */
static void every_order(size_t *order, size_t n, Visit *visit)
{
    if (n == 1) {
        visit(order, REPORTS);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        size_t other = n % 2 ? 0 : i, kept;

        every_order(order, n - 1, visit);
        kept = order[other];
        order[other] = order[n - 1];
        order[n - 1] = kept;
    }
}

static Lsn highest(const size_t *order, size_t count, uint32_t lane)
{
    Lsn lsn = 0;

    for (size_t i = 0; i < count; i++) {
        if (MADE[order[i]].lane == lane && MADE[order[i]].at.resume_lsn > lsn)
            lsn = MADE[order[i]].at.resume_lsn;
    }
    return lsn;
}

static void check_order(const size_t *order, size_t count)
{
    Positions positions = {.count = 2};
    Lsn before = 0;

    for (size_t i = 0; i < count; i++) {
        positions_report(&positions, MADE[order[i]].lane, &MADE[order[i]].at);

        Lsn least = positions_least(&positions).resume_lsn;
        Lsn a = highest(order, i + 1, 0), b = highest(order, i + 1, 1);
        assert_true(least >= before);
        assert_int_equal(least, a < b ? a : b);
        before = least;
    }
    assert_int_equal(positions_least(&positions).resume_lsn, 0x210);
    assert_int_equal(positions_least(&positions).next_record_id, 14);
    assert_int_equal(positions_least(&positions).position.commit_lsn, 0x200);
}

static void in_every_order_the_least_lane_counts_and_nothing_goes_back(void **state)
{
    (void)state;
    size_t order[REPORTS] = {0, 1, 2, 3, 4, 5};

    every_order(order, REPORTS, check_order);
}

static void a_repeated_report_raises_nothing(void **state)
{
    (void)state;
    Positions positions = {.count = 2};

    assert_true(positions_report(&positions, 0, &MADE[1].at));
    assert_false(positions_report(&positions, 0, &MADE[1].at));
    assert_false(positions_report(&positions, 0, &MADE[0].at));
    assert_int_equal(positions.lanes[0].resume_lsn, 0x210);
}

static void a_lane_that_said_nothing_holds_all_back(void **state)
{
    (void)state;
    Positions positions = {.count = 2, .lanes = {[1] = {.resume_lsn = 0x50}}};

    positions_report(&positions, 0, &MADE[2].at);

    assert_int_equal(positions_least(&positions).resume_lsn, 0x50);
}

static void parts_of_one_transaction_raise_the_position_alone(void **state)
{
    (void)state;
    Positions positions = {.count = 1, .lanes = {{{0x100, 2}, 0x110, 12, 1}}};
    const StoreLane part = {{0x200, 500}, 0x110, 12, 1};

    assert_true(positions_report(&positions, 0, &part));

    assert_int_equal(positions_least(&positions).position.ordinal, 500);
    assert_int_equal(positions_least(&positions).resume_lsn, 0x110);
}

static void idle_raises_every_lane_with_its_record_id(void **state)
{
    (void)state;
    Positions positions = {.count = 2};

    positions_report(&positions, 0, &MADE[2].at);
    positions_report(&positions, 1, &MADE[3].at);
    assert_true(positions_idle(&positions, &IDLE));

    StoreLane least = positions_least(&positions);
    assert_int_equal(least.resume_lsn, 0x400);
    assert_int_equal(least.next_record_id, 18);
    assert_int_equal(least.commit_time_us, 9);
    assert_int_equal(least.position.commit_lsn, 0x100); /* what lane 1 said itself */
}

static void idle_without_a_record_id_takes_the_highest_known(void **state)
{
    (void)state;
    Positions positions = {.count = 2};

    positions_report(&positions, 0, &MADE[2].at);
    positions_report(&positions, 1, &MADE[3].at);
    positions_idle(&positions, &(StoreLane){.resume_lsn = 0x400});

    assert_int_equal(positions_least(&positions).next_record_id, 18);
}

static void a_report_that_comes_after_idle_does_not_lower_it(void **state)
{
    (void)state;
    Positions positions = {.count = 1};

    positions_idle(&positions, &IDLE);
    assert_true(positions_report(&positions, 0, &MADE[2].at)); /* the position is news */

    assert_int_equal(positions_least(&positions).resume_lsn, 0x400);
    assert_int_equal(positions_least(&positions).position.commit_lsn, 0x300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_every_order_the_least_lane_counts_and_nothing_goes_back),
        cmocka_unit_test(a_repeated_report_raises_nothing),
        cmocka_unit_test(a_lane_that_said_nothing_holds_all_back),
        cmocka_unit_test(parts_of_one_transaction_raise_the_position_alone),
        cmocka_unit_test(idle_raises_every_lane_with_its_record_id),
        cmocka_unit_test(idle_without_a_record_id_takes_the_highest_known),
        cmocka_unit_test(a_report_that_comes_after_idle_does_not_lower_it),
    };
    return cmocka_run_group_tests_name("position", tests, NULL, NULL);
}
