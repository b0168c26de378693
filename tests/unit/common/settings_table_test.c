#include "common/settings_table.h"

#include "common/compiler.h"
#include "common/settings_reader.h"
#include "tests/support/cmocka_all.h"
#include <stdio.h>
#include <stdlib.h>

static void every_row_is_whole(void **state)
{
    size_t count;
    const Setting *table = settings_table(&count);

    (void)state;
    assert_true(count <= SETTINGS_MAX);
    for (size_t i = 0; i < count; i++) {
        const Setting *setting = &table[i];

        assert_ptr_equal(setting_find(setting->path), setting); /* no path is there twice */
        assert_true(strlen(setting->help) > 0);
        assert_true((setting->fallback == NULL) == (setting->type == SETTING_GROUP));
        if (setting->type == SETTING_NUMBER || setting->type == SETTING_SIZE)
            assert_true(setting->least < setting->most);
        if (setting->type == SETTING_CHOICE)
            assert_non_null(setting->values);
    }
}

static void a_group_stands_before_its_keys(void **state)
{
    size_t count;
    const Setting *table = settings_table(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        char group[64];
        size_t length = (size_t)(setting_name(&table[i]) - table[i].path);

        if (length == 0)
            continue;
        snprintf(group, sizeof group, "%.*s", (int)length - 1, table[i].path);
        assert_non_null(setting_find(group));
        assert_true(setting_find(group) < &table[i]);
        assert_true(setting_is_in(&table[i], group));
        assert_false(setting_is_in(&table[i], ""));
    }
}

/* docs/task-file.md is a copy of what `walferry init --reference` prints. */
static void the_reference_in_the_docs_is_up_to_date(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    const char *reference = task_file_reference(&arena);
    char *docs = arena_zeroed(&arena, 1, 1 << 18);
    FILE *file = fopen(WALFERRY_SOURCE_DIR "/docs/task-file.md", "r");

    (void)state;
    assert_non_null(file);
    (void)!fread(docs, 1, (1 << 18) - 1, file);
    fclose(file);
    assert_string_equal(docs, reference);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(a_group_stands_before_its_keys),
        cmocka_unit_test(the_reference_in_the_docs_is_up_to_date),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
