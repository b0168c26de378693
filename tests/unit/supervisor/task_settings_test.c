#include "supervisor/task_settings.h"
#include "tests/support/cmocka_all.h"

static Arena arena;

static int forget_arena(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static const char *NOTHING[] = {NULL};

static TaskFile base_task(void)
{
    static TaskObject objects[] = {{.schema = "public", .table = "", .exclude = NOTHING}};
    TaskFile task = {.name = "orders",
                     .source = {.conninfo = "host=db1 password=secret"},
                     .destination = {.conninfo = "host=db2 password=secret"},
                     .objects = objects,
                     .object_count = 1};

    task.stages.loader = 1;
    return task;
}

static void nothing_secret_is_in_the_text(void **state)
{
    (void)state;
    TaskFile task = base_task();

    assert_null(strstr(task_settings_text(&task, &arena), "secret"));
    assert_null(strstr(task_settings_text(&task, &arena), "db1"));
}

static void what_may_change_makes_no_difference(void **state)
{
    (void)state;
    TaskFile before = base_task(), after = base_task();
    Error err = {0};

    after.source.conninfo = "host=db3";
    after.stages.transform = 4;
    after.retry.connection_minutes = 10;
    assert_true(task_settings_check(task_settings_text(&before, &arena),
                                    task_settings_text(&after, &arena), "orders", &err));
}

static void what_may_not_change_is_named(void **state)
{
    (void)state;
    static TaskObject other[] = {{.schema = "sales", .table = "", .exclude = NOTHING}};
    TaskFile lanes = base_task(), objects = base_task(), identity = base_task();
    const struct {
        const char *key;
        const TaskFile *task;
    } CASES[] = {
        {"stages.loader", &lanes},
        {"objects", &objects},
        {"source.replica_identity", &identity},
    };
    TaskFile known = base_task();

    lanes.stages.loader = 2;
    objects.objects = other;
    identity.source.keep_identity = true;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        Error err = {0};

        assert_false(task_settings_check(task_settings_text(&known, &arena),
                                         task_settings_text(CASES[i].task, &arena), "orders",
                                         &err));
        assert_int_equal(err.kind, ERROR_CONFIG);
        assert_non_null(strstr(err.message, CASES[i].key));
        assert_non_null(strstr(err.hint, "walferry release orders"));
    }
}

static void a_name_cannot_pass_for_another_object(void **state)
{
    (void)state;
    static TaskObject two[] = {{.schema = "a", .table = "b", .exclude = NOTHING},
                               {.schema = "c", .table = "d", .exclude = NOTHING}};
    static TaskObject one[] = {{.schema = "a", .table = "b\";\"c\".\"d", .exclude = NOTHING}};
    TaskFile left = base_task(), right = base_task();

    left.objects = two;
    left.object_count = 2;
    right.objects = one;
    assert_string_not_equal(task_settings_text(&left, &arena), task_settings_text(&right, &arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(nothing_secret_is_in_the_text, forget_arena),
        cmocka_unit_test_teardown(what_may_change_makes_no_difference, forget_arena),
        cmocka_unit_test_teardown(what_may_not_change_is_named, forget_arena),
        cmocka_unit_test_teardown(a_name_cannot_pass_for_another_object, forget_arena),
    };
    return cmocka_run_group_tests_name("task_settings", tests, NULL, NULL);
}
