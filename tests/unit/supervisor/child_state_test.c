#include "supervisor/child_state.h"
#include "tests/support/cmocka_all.h"

typedef struct Step {
    ChildEvent event;
    ChildState state;
    ChildAction action;
} Step;

static void walk(const Step *steps, size_t count)
{
    ChildState state = CHILD_STOPPED;

    for (size_t i = 0; i < count; i++) {
        ChildAction action = CHILD_DO_NOTHING;

        if (!child_step(&state, steps[i].event, &action))
            fail_msg("step %zu is refused in state %s", i, child_state_name(state));
        assert_int_equal(state, steps[i].state);
        assert_int_equal(action, steps[i].action);
    }
}

static void a_child_that_dies_is_started_again_after_a_pause(void **state)
{
    (void)state;
    static const Step STEPS[] = {
        {CHILD_EVENT_START, CHILD_STARTING, CHILD_DO_SPAWN},
        {CHILD_EVENT_HELLO, CHILD_RUNNING, CHILD_DO_NOTHING},
        {CHILD_EVENT_EXIT, CHILD_WAITING, CHILD_DO_PAUSE},
        {CHILD_EVENT_DUE, CHILD_STARTING, CHILD_DO_SPAWN},
        {CHILD_EVENT_HELLO, CHILD_RUNNING, CHILD_DO_NOTHING},
    };
    walk(STEPS, COUNT_OF(STEPS));
}

static void a_silent_child_has_a_successor_at_once(void **state)
{
    (void)state;
    static const Step STEPS[] = {
        {CHILD_EVENT_START, CHILD_STARTING, CHILD_DO_SPAWN},
        {CHILD_EVENT_HELLO, CHILD_RUNNING, CHILD_DO_NOTHING},
        {CHILD_EVENT_SILENT, CHILD_STARTING, CHILD_DO_REPLACE},
        {CHILD_EVENT_SILENT, CHILD_STARTING, CHILD_DO_REPLACE},
        {CHILD_EVENT_HELLO, CHILD_RUNNING, CHILD_DO_NOTHING},
    };
    walk(STEPS, COUNT_OF(STEPS));
}

static void a_child_that_does_not_end_is_signalled(void **state)
{
    (void)state;
    static const Step STEPS[] = {
        {CHILD_EVENT_START, CHILD_STARTING, CHILD_DO_SPAWN},
        {CHILD_EVENT_HELLO, CHILD_RUNNING, CHILD_DO_NOTHING},
        {CHILD_EVENT_STOP, CHILD_STOPPING, CHILD_DO_ASK},
        {CHILD_EVENT_DUE, CHILD_STOPPING, CHILD_DO_SIGNAL},
        {CHILD_EVENT_DUE, CHILD_STOPPING, CHILD_DO_SIGNAL},
        {CHILD_EVENT_EXIT, CHILD_STOPPED, CHILD_DO_NOTHING},
    };
    walk(STEPS, COUNT_OF(STEPS));
}

static void a_place_wanted_again_waits_until_the_old_process_has_ended(void **state)
{
    (void)state;
    static const Step STEPS[] = {
        {CHILD_EVENT_START, CHILD_STARTING, CHILD_DO_SPAWN},
        {CHILD_EVENT_STOP, CHILD_STOPPING, CHILD_DO_SIGNAL},
        {CHILD_EVENT_START, CHILD_STOPPING, CHILD_DO_NOTHING},
        {CHILD_EVENT_EXIT, CHILD_STOPPED, CHILD_DO_NOTHING},
        {CHILD_EVENT_START, CHILD_STARTING, CHILD_DO_SPAWN},
    };
    walk(STEPS, COUNT_OF(STEPS));
}

static void a_place_for_others_to_fill_waits_and_is_never_spawned(void **state)
{
    (void)state;
    static const Step STEPS[] = {
        {CHILD_EVENT_EXPECT, CHILD_WAITING, CHILD_DO_NOTHING},
        {CHILD_EVENT_ATTACH, CHILD_RUNNING, CHILD_DO_NOTHING},
        {CHILD_EVENT_EXIT, CHILD_WAITING, CHILD_DO_PAUSE},
        {CHILD_EVENT_ATTACH, CHILD_RUNNING, CHILD_DO_NOTHING},
        {CHILD_EVENT_STOP, CHILD_STOPPING, CHILD_DO_ASK},
        {CHILD_EVENT_EXIT, CHILD_STOPPED, CHILD_DO_NOTHING},
        {CHILD_EVENT_EXPECT, CHILD_WAITING, CHILD_DO_NOTHING},
        {CHILD_EVENT_STOP, CHILD_STOPPED, CHILD_DO_NOTHING},
    };
    walk(STEPS, COUNT_OF(STEPS));
}

static void a_process_that_attaches_takes_a_free_place_only(void **state)
{
    (void)state;

    for (int i = 0; i < CHILD_STATE_COUNT; i++) {
        ChildState child = (ChildState)i;
        ChildAction action;

        assert_int_equal(child_step(&child, CHILD_EVENT_ATTACH, &action), i == CHILD_WAITING);
    }
}

/* Whatever happens, a wanted place is filled again and an unwanted one becomes empty. */
static void every_state_leads_on(void **state)
{
    (void)state;

    for (int i = 0; i < CHILD_STATE_COUNT; i++) {
        ChildState child = (ChildState)i;
        ChildAction action;

        (void)!child_step(&child, CHILD_EVENT_STOP, &action);
        (void)!child_step(&child, CHILD_EVENT_EXIT, &action);
        assert_int_equal(child, CHILD_STOPPED);
        assert_true(child_step(&child, CHILD_EVENT_START, &action));
        assert_int_equal(child, CHILD_STARTING);
    }
}

static void an_event_out_of_place_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    ChildState child = CHILD_STOPPED;
    ChildAction action = CHILD_DO_NOTHING;

    assert_false(child_step(&child, CHILD_EVENT_HELLO, &action));
    assert_false(child_step(&child, CHILD_EVENT_EXIT, &action));
    assert_int_equal(child, CHILD_STOPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_that_dies_is_started_again_after_a_pause),
        cmocka_unit_test(a_silent_child_has_a_successor_at_once),
        cmocka_unit_test(a_child_that_does_not_end_is_signalled),
        cmocka_unit_test(a_place_wanted_again_waits_until_the_old_process_has_ended),
        cmocka_unit_test(a_place_for_others_to_fill_waits_and_is_never_spawned),
        cmocka_unit_test(a_process_that_attaches_takes_a_free_place_only),
        cmocka_unit_test(every_state_leads_on),
        cmocka_unit_test(an_event_out_of_place_is_refused_and_changes_nothing),
    };
    return cmocka_run_group_tests_name("child_state", tests, NULL, NULL);
}
