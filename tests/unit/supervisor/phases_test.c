#include "supervisor/phases.h"
#include "tests/support/cmocka_all.h"

#define ROLE(name) WALFERRY__CONTROL__ROLE__ROLE_##name

static void a_task_walks_from_check_to_live(void **state)
{
    (void)state;
    static const Phase WALK[] = {PHASE_CHECK, PHASE_PREPARE, PHASE_SNAPSHOT, PHASE_PLAN, PHASE_COPY,
                                 PHASE_INDEX, PHASE_STREAM,  PHASE_KEYS,     PHASE_LIVE};

    for (size_t i = 0; i + 1 < COUNT_OF(WALK); i++)
        assert_int_equal(phase_after(WALK[i], PHASE_DONE), WALK[i + 1]);
}

static void a_snapshot_lost_in_the_copy_empties_tables_before_the_next_one(void **state)
{
    (void)state;

    assert_int_equal(phase_after(PHASE_COPY, PHASE_SNAPSHOT_LOST), PHASE_RESTART);
    assert_int_equal(phase_after(PHASE_RESTART, PHASE_DONE), PHASE_SNAPSHOT);
}

static void a_snapshot_lost_before_a_row_was_copied_is_only_taken_again(void **state)
{
    (void)state;

    assert_int_equal(phase_after(PHASE_PLAN, PHASE_SNAPSHOT_LOST), PHASE_SNAPSHOT);
    assert_int_equal(phase_after(PHASE_SNAPSHOT, PHASE_SNAPSHOT_LOST), PHASE_SNAPSHOT);
}

static void a_lost_snapshot_matters_only_where_it_is_held(void **state)
{
    (void)state;

    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        if (!phase_holds_snapshot((Phase)phase))
            assert_int_equal(phase_after((Phase)phase, PHASE_SNAPSHOT_LOST), phase);
    }
}

static void capture_never_runs_beside_the_copy(void **state)
{
    (void)state;

    for (int phase = 0; phase < PHASE_COUNT; phase++)
        assert_false(phase_wants((Phase)phase, ROLE(CAPTURE)) &&
                     phase_wants((Phase)phase, ROLE(COPY)));
    assert_true(phase_wants(PHASE_KEYS, ROLE(CAPTURE)));
    assert_true(phase_wants(PHASE_LIVE, ROLE(LOADER)));
}

static void rows_are_loaded_and_emptied_only_by_who_took_over(void **state)
{
    (void)state;

    assert_true(phase_waits_for_loaders(PHASE_COPY));
    assert_true(phase_waits_for_loaders(PHASE_RESTART));
    assert_true(phase_wants(PHASE_RESTART, ROLE(LOADER)));
}

static void every_phase_is_found_by_its_name(void **state)
{
    (void)state;
    Phase found;

    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        assert_true(phase_of(phase_name((Phase)phase), &found));
        assert_int_equal(found, phase);
    }
    assert_false(phase_of("nonsense", &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_walks_from_check_to_live),
        cmocka_unit_test(a_snapshot_lost_in_the_copy_empties_tables_before_the_next_one),
        cmocka_unit_test(a_snapshot_lost_before_a_row_was_copied_is_only_taken_again),
        cmocka_unit_test(a_lost_snapshot_matters_only_where_it_is_held),
        cmocka_unit_test(capture_never_runs_beside_the_copy),
        cmocka_unit_test(rows_are_loaded_and_emptied_only_by_who_took_over),
        cmocka_unit_test(every_phase_is_found_by_its_name),
    };
    return cmocka_run_group_tests_name("phases", tests, NULL, NULL);
}
