#include "cli/wait_goal.h"

#include "tests/support/cmocka_all.h"

static WaitResult look(WaitGoal *goal, const char *text)
{
    CLEANUP(json_value_done) JsonValue *task = NULL;
    Error err = {0};

    assert_true(json_value_parse(text, &task, &err));
    return wait_goal_look(goal, task);
}

static WaitGoal goal_of(const char *text)
{
    WaitGoal goal = {.since_ms = 1000};

    assert_true(wait_goal_of(text, &goal));
    return goal;
}

static void consistent_is_told_by_the_task(void **state)
{
    WaitGoal goal = goal_of("consistent");

    (void)state;
    assert_int_equal(look(&goal, "{\"state\":\"running\",\"phase\":\"copy\",\"consistent\":false}"),
                     WAIT_NOT_YET);
    assert_string_equal(wait_goal_why(&goal), "it is in phase copy");
    assert_int_equal(look(&goal, "{\"state\":\"running\",\"consistent\":true}"), WAIT_REACHED);
}

static void what_was_known_before_the_wait_does_not_count(void **state)
{
    WaitGoal goal = goal_of("caught-up");

    (void)state;
    assert_int_equal(look(&goal, "{\"state\":\"running\",\"consistent\":true,"
                                 "\"applied_lsn\":\"0/200\","
                                 "\"source\":{\"at_ms\":1000,\"wal_lsn\":\"0/100\"}}"),
                     WAIT_NOT_YET);
    assert_int_equal(look(&goal, "{\"state\":\"running\",\"consistent\":true,"
                                 "\"applied_lsn\":\"0/200\","
                                 "\"source\":{\"at_ms\":1001,\"wal_lsn\":\"0/300\"}}"),
                     WAIT_NOT_YET);
    assert_string_equal(wait_goal_why(&goal),
                        "it has applied up to 0/200, the source was at 0/300");
}

static void the_source_may_go_on_while_we_wait(void **state)
{
    WaitGoal goal = goal_of("caught-up");

    (void)state;
    assert_int_equal(look(&goal, "{\"state\":\"running\",\"consistent\":true,"
                                 "\"applied_lsn\":\"0/200\","
                                 "\"source\":{\"at_ms\":1001,\"wal_lsn\":\"0/300\"}}"),
                     WAIT_NOT_YET);
    assert_int_equal(look(&goal, "{\"state\":\"running\",\"consistent\":true,"
                                 "\"applied_lsn\":\"0/300\","
                                 "\"source\":{\"at_ms\":2001,\"wal_lsn\":\"0/400\"}}"),
                     WAIT_REACHED);
}

static void a_task_that_is_not_consistent_has_not_caught_up(void **state)
{
    WaitGoal goal = goal_of("caught-up");

    (void)state;
    assert_int_equal(look(&goal, "{\"state\":\"running\",\"consistent\":false,"
                                 "\"applied_lsn\":\"0/300\","
                                 "\"source\":{\"at_ms\":1001,\"wal_lsn\":\"0/300\"}}"),
                     WAIT_NOT_YET);
}

static void a_failed_task_ends_the_wait(void **state)
{
    WaitGoal goal = goal_of("caught-up");

    (void)state;
    assert_int_equal(look(&goal, "{\"state\":\"retrying\"}"), WAIT_NOT_YET);
    assert_int_equal(look(&goal, "{\"state\":\"failed\"}"), WAIT_HOPELESS);
    assert_int_equal(wait_goal_look(&goal, NULL), WAIT_HOPELESS);
}

static void finished_ends_a_wait_for_it_and_any_other(void **state)
{
    WaitGoal finished = goal_of("finished"), consistent = goal_of("consistent");

    (void)state;
    assert_int_equal(look(&finished, "{\"state\":\"running\"}"), WAIT_NOT_YET);
    assert_int_equal(look(&finished, "{\"state\":\"finished\"}"), WAIT_REACHED);
    assert_int_equal(look(&consistent, "{\"state\":\"finished\"}"), WAIT_HOPELESS);
}

static void other_goals_are_unknown(void **state)
{
    WaitGoal goal = {0};

    (void)state;
    assert_false(wait_goal_of("caught_up", &goal));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consistent_is_told_by_the_task),
        cmocka_unit_test(what_was_known_before_the_wait_does_not_count),
        cmocka_unit_test(the_source_may_go_on_while_we_wait),
        cmocka_unit_test(a_task_that_is_not_consistent_has_not_caught_up),
        cmocka_unit_test(a_failed_task_ends_the_wait),
        cmocka_unit_test(finished_ends_a_wait_for_it_and_any_other),
        cmocka_unit_test(other_goals_are_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
