#include "loader/load_life.h"
#include "tests/support/cmocka_all.h"

static LifeState after(LifeState state, LifeEvent event)
{
    LifeState next = LIFE_STATE_COUNT;

    assert_true(life_next(state, event, &next));
    return next;
}

static const LifeLoad UNIQUE = {{0}, false, false};
static const LifeLoad DUPLICATE = {{0}, true, false};

static LifeLoad said(LifeLoad load, SelectdbClass class, SelectdbCause cause)
{
    load.said = (LifeSaid){class, cause};
    return load;
}

static void a_load_that_succeeds_is_there(void **state)
{
    (void)state;
    assert_int_equal(after(LIFE_GRANTING, LIFE_GRANTED), LIFE_SENDING);
    assert_int_equal(after(LIFE_SENDING, LIFE_LOADED), LIFE_THERE);
}

static void any_other_end_of_a_request_is_asked_about(void **state)
{
    (void)state;
    assert_int_equal(after(LIFE_SENDING, LIFE_DOUBTFUL), LIFE_ASKING);
    assert_int_equal(after(LIFE_ASKING, LIFE_PENDING), LIFE_WATCHING);
    assert_int_equal(after(LIFE_WATCHING, LIFE_DUE), LIFE_ASKING);
    assert_int_equal(after(LIFE_ASKING, LIFE_LOADED), LIFE_THERE);
}

/* The rule of the whole: after a doubt only what is known not to be there is sent again. */
static void nothing_is_granted_again_but_by_way_of_a_rest(void **state)
{
    (void)state;
    for (int from = 0; from < LIFE_STATE_COUNT; from++) {
        for (int event = 0; event < LIFE_EVENT_COUNT; event++) {
            LifeState next = LIFE_STATE_COUNT;

            if (!life_next((LifeState)from, (LifeEvent)event, &next))
                continue;
            if (next == LIFE_GRANTING)
                assert_true(from == LIFE_RESTING || from == LIFE_HELD);
            if (next == LIFE_SENDING)
                assert_int_equal(event, LIFE_GRANTED);
            if (next == LIFE_RESTING)
                assert_true(event == LIFE_GONE || event == LIFE_UNSENT);
        }
    }
}

static void ends_have_nothing_behind_them(void **state)
{
    static const LifeState ENDS[] = {LIFE_THERE, LIFE_OUT, LIFE_SPENT, LIFE_FAILED};

    (void)state;
    for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
        for (int event = 0; event < LIFE_EVENT_COUNT; event++) {
            LifeState next;

            assert_false(life_next(ENDS[i], (LifeEvent)event, &next));
        }
    }
}

static void committed_is_there_and_prepared_is_waited_for(void **state)
{
    (void)state;
    assert_int_equal(life_of_label(&UNIQUE, SELECTDB_LABEL_VISIBLE), LIFE_LOADED);
    assert_int_equal(life_of_label(&UNIQUE, SELECTDB_LABEL_COMMITTED), LIFE_LOADED);
    assert_int_equal(life_of_label(&UNIQUE, SELECTDB_LABEL_PREPARE), LIFE_PENDING);
    assert_int_equal(life_of_label(&UNIQUE, SELECTDB_LABEL_PRECOMMITTED), LIFE_PENDING);
    assert_int_equal(life_of_label(&UNIQUE, SELECTDB_LABEL_UNREADABLE), LIFE_UNTOLD);
}

static void a_forgotten_label_of_a_duplicate_table_is_counted(void **state)
{
    (void)state;
    LifeEvent event;
    LifeLoad refused = said(DUPLICATE, SELECTDB_DATA, SELECTDB_CAUSE_OTHER);

    assert_int_equal(life_of_label(&DUPLICATE, SELECTDB_LABEL_UNKNOWN), LIFE_FORGOTTEN);
    assert_int_equal(life_of_label(&refused, SELECTDB_LABEL_UNKNOWN), LIFE_FORGOTTEN);
    assert_int_equal(life_of_label(&DUPLICATE, SELECTDB_LABEL_ABORTED), LIFE_GONE);
    assert_int_equal(life_of_label(&UNIQUE, SELECTDB_LABEL_UNKNOWN), LIFE_GONE);

    assert_true(life_of_count(&DUPLICATE, 10, 10, &event));
    assert_int_equal(event, LIFE_LOADED);
    assert_true(life_of_count(&DUPLICATE, 0, 10, &event));
    assert_int_equal(event, LIFE_GONE);
    assert_true(life_of_count(&refused, 0, 10, &event));
    assert_int_equal(event, LIFE_REFUSED);
    assert_false(life_of_count(&DUPLICATE, 9, 10, &event));
    assert_false(life_of_count(&DUPLICATE, 20, 10, &event));
}

static void what_was_said_counts_once_it_is_not_there(void **state)
{
    (void)state;
    LifeLoad data = said(UNIQUE, SELECTDB_DATA, SELECTDB_CAUSE_OTHER);
    LifeLoad hopeless = said(UNIQUE, SELECTDB_PERMANENT, SELECTDB_CAUSE_PRIVILEGE);
    LifeLoad spent = said(UNIQUE, SELECTDB_TRANSIENT, SELECTDB_CAUSE_LABEL_SPENT);
    LifeLoad later = said(UNIQUE, SELECTDB_TRANSIENT, SELECTDB_CAUSE_VERSIONS);

    assert_int_equal(life_of_label(&data, SELECTDB_LABEL_ABORTED), LIFE_REFUSED);
    assert_int_equal(life_of_label(&data, SELECTDB_LABEL_VISIBLE), LIFE_LOADED);
    assert_int_equal(life_of_label(&hopeless, SELECTDB_LABEL_ABORTED), LIFE_HOPELESS);
    assert_int_equal(life_of_label(&spent, SELECTDB_LABEL_ABORTED), LIFE_USED_UP);
    assert_int_equal(life_of_label(&later, SELECTDB_LABEL_ABORTED), LIFE_GONE);
}

static void a_load_too_large_for_a_tablet_is_halved_down_to_a_row(void **state)
{
    (void)state;
    LifeLoad large = said(UNIQUE, SELECTDB_TRANSIENT, SELECTDB_CAUSE_SEGMENTS);

    assert_int_equal(life_of_label(&large, SELECTDB_LABEL_ABORTED), LIFE_REFUSED);
    large.one_row = true;
    assert_int_equal(life_of_label(&large, SELECTDB_LABEL_ABORTED), LIFE_GONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_load_that_succeeds_is_there),
        cmocka_unit_test(any_other_end_of_a_request_is_asked_about),
        cmocka_unit_test(nothing_is_granted_again_but_by_way_of_a_rest),
        cmocka_unit_test(ends_have_nothing_behind_them),
        cmocka_unit_test(committed_is_there_and_prepared_is_waited_for),
        cmocka_unit_test(a_forgotten_label_of_a_duplicate_table_is_counted),
        cmocka_unit_test(what_was_said_counts_once_it_is_not_there),
        cmocka_unit_test(a_load_too_large_for_a_tablet_is_halved_down_to_a_row),
    };
    return cmocka_run_group_tests_name("load_life", tests, NULL, NULL);
}
