#include "schema/order.h"

#include "tests/support/cmocka_all.h"

enum { MOST = 8 };

static void what_needs_nothing_stays_as_it_stands(void **state)
{
    OrderNeeds needs[3] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    size_t out[MOST], stuck;
    (void)state;

    assert_true(order_by_needs(needs, 3, out, &stuck));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(out[i], i);
}

static void each_stands_behind_what_it_needs(void **state)
{
    static const size_t OF_0[] = {3, 1}, OF_1[] = {2};
    OrderNeeds needs[4] = {{OF_0, 2}, {OF_1, 1}, {NULL, 0}, {NULL, 0}};
    static const size_t WANTED[] = {2, 3, 1, 0};
    size_t out[MOST], stuck;
    (void)state;

    assert_true(order_by_needs(needs, 4, out, &stuck));
    assert_memory_equal(out, WANTED, sizeof WANTED);
}

static void what_needs_itself_by_way_of_another_is_named(void **state)
{
    static const size_t OF_0[] = {1}, OF_1[] = {0};
    OrderNeeds needs[3] = {{OF_0, 1}, {OF_1, 1}, {NULL, 0}};
    size_t out[MOST], stuck = MOST;
    (void)state;

    assert_false(order_by_needs(needs, 3, out, &stuck));
    assert_true(stuck < 2);
}

static void nothing_is_in_order(void **state)
{
    size_t out[MOST], stuck;
    (void)state;

    assert_true(order_by_needs(NULL, 0, out, &stuck));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_needs_nothing_stays_as_it_stands),
        cmocka_unit_test(each_stands_behind_what_it_needs),
        cmocka_unit_test(what_needs_itself_by_way_of_another_is_named),
        cmocka_unit_test(nothing_is_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
