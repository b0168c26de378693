#include "transform/lane.h"

#include "tests/support/batch_samples.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>

static uint32_t lane_of_id(const char *id, uint32_t lanes)
{
    Value values[SAMPLE_COLUMNS] = {{.form = VALUE_TEXT, .bytes = str_of(id)}};
    Tuple tuple = {values, SAMPLE_COLUMNS}, none = {0};
    uint32_t lane = lanes;

    assert_true(lane_of_row(&sample_relations[0], &tuple, &none, lanes, &lane));
    return lane;
}

/* Positions are kept by lane: another answer here loses changes after an update of walferry. */
static void the_map_is_the_same_for_ever(void **state)
{
    static const struct {
        const char *id;
        uint32_t of_2, of_3, of_16;
    } CASES[] = {
        {"1", 0, 2, 2}, {"2", 0, 2, 8}, {"3", 0, 0, 10}, {"a long key that goes on", 1, 1, 7},
        {"", 1, 0, 15},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(lane_of_id(CASES[i].id, 2), CASES[i].of_2);
        assert_int_equal(lane_of_id(CASES[i].id, 3), CASES[i].of_3);
        assert_int_equal(lane_of_id(CASES[i].id, 16), CASES[i].of_16);
    }
    assert_int_equal(lane_of_relation(&sample_relations[0], 16), 15);
    assert_int_equal(lane_of_relation(&sample_relations[1], 16), 5);
    assert_int_equal(LANE_MAP_VERSION, 1);
}

static void one_lane_gets_everything(void **state)
{
    (void)state;
    assert_int_equal(lane_of_id("1", 1), 0);
    assert_int_equal(lane_of_relation(&sample_relations[0], 1), 0);
}

static void keys_in_a_row_are_spread_evenly(void **state)
{
    enum { KEYS = 16000, LANES = 16 };
    int counts[LANES] = {0};

    (void)state;
    for (int i = 0; i < KEYS; i++) {
        char id[12];

        snprintf(id, sizeof id, "%d", i);
        counts[lane_of_id(id, LANES)]++;
    }
    for (int lane = 0; lane < LANES; lane++)
        assert_in_range(counts[lane], 850, 1150);
}

static void only_key_columns_count(void **state)
{
    Value first[SAMPLE_COLUMNS] = {{.form = VALUE_TEXT, .bytes = STR("7")},
                                   {.form = VALUE_TEXT, .bytes = STR("a")}};
    Value second[SAMPLE_COLUMNS] = {{.form = VALUE_TEXT, .bytes = STR("7")},
                                    {.form = VALUE_UNCHANGED}};
    Tuple none = {0}, a = {first, SAMPLE_COLUMNS}, b = {second, SAMPLE_COLUMNS};
    uint32_t lane_a, lane_b;

    (void)state;
    assert_true(lane_of_row(&sample_relations[0], &a, &none, 16, &lane_a));
    assert_true(lane_of_row(&sample_relations[0], &b, &none, 16, &lane_b));
    assert_int_equal(lane_a, lane_b);
}

static void an_unchanged_key_is_taken_from_the_old_one(void **state)
{
    Value key[SAMPLE_COLUMNS] = {{.form = VALUE_TEXT, .bytes = STR("7")}};
    Value unchanged[SAMPLE_COLUMNS] = {{.form = VALUE_UNCHANGED}};
    Tuple none = {0}, old = {key, SAMPLE_COLUMNS}, tuple = {unchanged, SAMPLE_COLUMNS};
    uint32_t lane = 0;

    (void)state;
    assert_true(lane_of_row(&sample_relations[0], &tuple, &old, 16, &lane));
    assert_int_equal(lane, lane_of_id("7", 16));
    assert_false(lane_of_row(&sample_relations[0], &tuple, &none, 16, &lane));
}

static void columns_of_a_key_are_kept_apart(void **state)
{
    Column columns[2] = {{.key = true}, {.key = true}};
    Relation relation = {.oid = 1, .columns = columns, .column_count = 2};
    Value first[2] = {{.form = VALUE_TEXT, .bytes = STR("a")},
                      {.form = VALUE_TEXT, .bytes = STR("bc")}};
    Value second[2] = {{.form = VALUE_TEXT, .bytes = STR("ab")},
                       {.form = VALUE_TEXT, .bytes = STR("c")}};
    Tuple none = {0}, a = {first, 2}, b = {second, 2};
    uint32_t lane_a, lane_b;

    (void)state;
    assert_true(lane_of_row(&relation, &a, &none, 1000003, &lane_a));
    assert_true(lane_of_row(&relation, &b, &none, 1000003, &lane_b));
    assert_int_not_equal(lane_a, lane_b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_map_is_the_same_for_ever),
        cmocka_unit_test(one_lane_gets_everything),
        cmocka_unit_test(keys_in_a_row_are_spread_evenly),
        cmocka_unit_test(only_key_columns_count),
        cmocka_unit_test(an_unchanged_key_is_taken_from_the_old_one),
        cmocka_unit_test(columns_of_a_key_are_kept_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
