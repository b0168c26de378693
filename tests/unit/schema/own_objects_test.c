#include "schema/own_objects.h"

#include "common/sql_text.h"
#include "schema/created.h"
#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

static SlotState our_slot(void)
{
    return (SlotState){.exists = true, .ours = true};
}

static void assert_refused(Found found, const char *what)
{
    Error err = {0};

    assert_false(own_objects_judge(&found, "orders", &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_non_null(strstr(err.message, what));
    assert_string_equal(err.object, "walferry_orders");
    assert_true(err.hint[0] != '\0');
}

static void assert_accepted(Found found)
{
    Error err = {0};

    assert_true(own_objects_judge(&found, "orders", &err));
}

static void a_clean_start_is_accepted(void **state)
{
    (void)state;

    assert_accepted((Found){0});
}

static void every_half_done_start_of_ours_is_gone_on_with(void **state)
{
    (void)state;

    assert_accepted((Found){.heartbeat = OWNER_US});
    assert_accepted((Found){.heartbeat = OWNER_US, .progress = OWNER_US});
    assert_accepted((Found){.heartbeat = OWNER_US, .progress = OWNER_US, .slot = our_slot()});
}

static void a_heartbeat_row_alone_keeps_nothing_and_is_taken_over(void **state)
{
    (void)state;

    assert_accepted((Found){.heartbeat = OWNER_OTHER});
}

static void a_slot_of_a_lost_state_directory_is_refused(void **state)
{
    (void)state;

    assert_refused((Found){.slot = our_slot()}, "its slot is there");
    assert_refused((Found){.heartbeat = OWNER_OTHER, .slot = our_slot()}, "its slot is there");
    assert_refused((Found){.heartbeat = OWNER_OTHER, .progress = OWNER_OTHER, .slot = our_slot()},
                   "its slot and progress at the destination are there");
}

static void progress_of_a_lost_state_directory_is_refused(void **state)
{
    (void)state;

    assert_refused((Found){.progress = OWNER_OTHER}, "progress at the destination is there");
    assert_refused((Found){.heartbeat = OWNER_US, .progress = OWNER_OTHER}, "progress");
}

static void a_slot_of_another_database_is_refused(void **state)
{
    (void)state;

    assert_refused((Found){.heartbeat = OWNER_US,
                           .slot = {.exists = true, .database = "shop", .plugin = "wal2json"}},
                   "database \"shop\" and plugin \"wal2json\"");
}

static void texts_of_an_array_are_quoted(void **state)
{
    const char *texts[] = {"a", "b\"c\\d", ""};
    Bytes out = {0};
    (void)state;

    created_text_array(&out, texts, 3);

    assert_string_equal(sql_text(&out), "{\"a\",\"b\\\"c\\\\d\",\"\"}");
    bytes_done(&out);
}

static void a_dot_in_a_name_makes_no_other_object(void **state)
{
    static const struct {
        const char *schema, *name, *object;
    } CASES[] = {
        {"public", "t", "table public.t"},
        {"a", "b.c", "table a.b.c"},
        {"a.b", "c", "table \"a.b\".c"},
        {"\"a.b\"", "c", "table \"\"\"a.b\"\"\".c"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        char *object = created_object("table", CASES[i].schema, CASES[i].name);

        assert_string_equal(object, CASES[i].object);
        free(object);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_start_is_accepted),
        cmocka_unit_test(every_half_done_start_of_ours_is_gone_on_with),
        cmocka_unit_test(a_heartbeat_row_alone_keeps_nothing_and_is_taken_over),
        cmocka_unit_test(a_slot_of_a_lost_state_directory_is_refused),
        cmocka_unit_test(progress_of_a_lost_state_directory_is_refused),
        cmocka_unit_test(a_slot_of_another_database_is_refused),
        cmocka_unit_test(a_dot_in_a_name_makes_no_other_object),
        cmocka_unit_test(texts_of_an_array_are_quoted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
