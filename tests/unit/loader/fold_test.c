#include "loader/fold.h"

#include "common/arena.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/loader/rows.h"

#include <stdio.h>
#include <stdlib.h>

enum { STORY_LINES = 10, TEXT_MAX = 512 };

static void add_text(char *out, Str text)
{
    size_t used = strlen(out);

    snprintf(out + used, TEXT_MAX - used, "%.*s", STR_ARGS(text));
}

static void add_value(char *out, const Value *value)
{
    static const Str MARKS[] = {[VALUE_NULL] = STR("_"), [VALUE_UNCHANGED] = STR("=")};

    add_text(out, value->form == VALUE_TEXT ? value->bytes : MARKS[value->form]);
}

/* The sets in the notation of rows.h, one behind the other: "-1; ~2>3 x =; +4 x y". */
static const char *outcome(Fold *fold, char out[TEXT_MAX])
{
    static const Str VERBS[] = {STR("-"), STR("~"), STR("+")}, BETWEEN = STR("; ");
    const FoldTable *table = fold_table(fold, 0);

    snprintf(out, TEXT_MAX, "%s", table->serial ? "serial" : "");
    for (size_t i = 0; i < table->set_count; i++) {
        const FoldSet *set = &table->sets[i];

        for (size_t j = 0; j < set->count; j++) {
            const FoldEntry *entry = set->entries[j];

            add_text(out, out[0] ? BETWEEN : (Str){0});
            add_text(out, VERBS[set->verb]);
            add_value(out, entry->origin ? &entry->origin[0] : &entry->values[0]);
            if (set->moves) {
                add_text(out, (Str)STR(">"));
                add_value(out, &entry->values[0]);
            }
            for (uint32_t column = 1; entry->values && column < ROWS_COLUMNS; column++) {
                add_text(out, (Str)STR(" "));
                add_value(out, &entry->values[column]);
                assert_int_equal(fold_is_unchanged(set, column),
                                 entry->values[column].form == VALUE_UNCHANGED);
            }
        }
    }
    return out;
}

static void many_changes_of_a_row_become_one(void **state)
{
    static const struct {
        const char *what;
        const char *lines[STORY_LINES];
        const char *expected;
    } STORIES[] = {
        {"an insert stays one", {"+1 x y"}, "+1 x y"},
        {"an update stays one", {"~1 x ="}, "~1 x ="},
        {"a delete stays one", {"-1"}, "-1"},
        {"the last update counts", {"~1 x y", "~1 v w"}, "~1 v w"},
        {"unchanged keeps what an earlier update wrote", {"~1 x big", "~1 v ="}, "~1 v big"},
        {"unchanged twice stays unchanged", {"~1 x =", "~1 v ="}, "~1 v ="},
        {"an update of a new row is part of its insert", {"+1 x big", "~1 v ="}, "+1 v big"},
        {"a row that came and went is nothing", {"+1 x y", "-1"}, ""},
        {"an updated row that is deleted is deleted", {"~1 x y", "-1"}, "-1"},
        {"delete, then insert of the same key", {"-1", "+1 x y"}, "-1; +1 x y"},
        {"delete, insert, update", {"-1", "+1 x big", "~1 v ="}, "-1; +1 v big"},
        {"delete, insert, delete", {"-1", "+1 x y", "-1"}, "-1"},
        {"delete, insert, delete, insert", {"-1", "+1 x y", "-1", "+1 v w"}, "-1; +1 v w"},
        {"a key that changes", {"~1>2 x y"}, "~1>2 x y"},
        {"a chain of keys keeps what was unchanged", {"~1>2 x =", "~2>3 v ="}, "~1>3 v ="},
        {"a chain of keys keeps what was written", {"~1>2 x big", "~2>3 v ="}, "~1>3 v big"},
        {"a key that comes back", {"~1>2 x =", "~2>1 v ="}, "~1 v ="},
        {"a key that changes and goes", {"~1>2 x =", "-2"}, "-1"},
        {"a new row whose key changes", {"+1 x big", "~1>2 v ="}, "+2 v big"},
        {"a key is left and taken by a new row", {"~1>2 x =", "+1 v w"}, "~1>2 x =; +1 v w"},
        {"a key is freed by a delete and taken", {"-1", "~2>1 x ="}, "-1; ~2>1 x ="},
        {"a key is taken that another row must leave first", {"~2>3 a =", "~1>2 b ="}, "serial"},
        {"two rows exchange keys", {"~1>9 a =", "~2>1 b =", "~9>2 a ="}, "serial"},
        {"two rows exchange keys and back",
         {"~1>9 a =", "~2>1 b =", "~9>2 a =", "~1>9 b =", "~2>1 a =", "~9>2 b ="},
         "~1 a =; ~2 b ="},
        {"rows of different columns are different sets",
         {"~1 a =", "~2 b big", "~3 c ="},
         "~1 a =; ~3 c =; ~2 b big"},
        {"deletes first, then updates, then inserts",
         {"+3 x y", "~2 x y", "-1"},
         "-1; ~2 x y; +3 x y"},
        {"an insert of a key that is there", {"~1 x y", "+1 x y", "~1 v w"}, "serial"},
        {"an update of a key that is gone", {"-1", "~1 x y"}, "serial"},
        {"a delete of a key that was left", {"~1>2 x y", "-1"}, "serial"},
        {"a key that another row has", {"~1 x y", "~2>1 x y"}, "serial"},
        {"a key of NULL is a key", {"~_ x =", "~_ v ="}, "~_ v ="},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(STORIES); i++) {
        CLEANUP(arena_done) Arena arena = {0};
        CLEANUP(fold_close) Fold *fold = fold_open();
        char out[TEXT_MAX];
        uint32_t count = 0;

        while (count < STORY_LINES && STORIES[i].lines[count])
            count++;
        assert_true(fold_add(fold, rows_batch(&arena, STORIES[i].lines, count), 0, &count));
        fold_finish(fold);

        if (strcmp(outcome(fold, out), STORIES[i].expected) != 0)
            fail_msg("%s: %s, not %s", STORIES[i].what, out, STORIES[i].expected);
    }
}

static void a_key_column_that_comes_as_unchanged_is_in_the_old_key(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    CLEANUP(fold_close) Fold *fold = fold_open();
    const char *const lines[] = {"~1>= x y"};
    char out[TEXT_MAX];
    uint32_t end = 1;
    (void)state;

    assert_true(fold_add(fold, rows_batch(&arena, lines, 1), 0, &end));
    fold_finish(fold);

    assert_string_equal(outcome(fold, out), "~1 x y");
}

static void a_table_without_a_key_is_serial_unless_rows_only_come(void **state)
{
    static const struct {
        const char *lines[2];
        const char *expected;
    } CASES[] = {{{"+1 x y", "+1 x y"}, "+1 x y; +1 x y"}, {{"+1 x y", "-1"}, "serial"}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        CLEANUP(arena_done) Arena arena = {0};
        CLEANUP(fold_close) Fold *fold = fold_open();
        Batch *batch = rows_batch(&arena, CASES[i].lines, 2);
        char out[TEXT_MAX];
        uint32_t end = 2;

        batch->header.relations[0].columns[0].key = false;
        assert_true(fold_add(fold, batch, 0, &end));
        fold_finish(fold);

        assert_string_equal(outcome(fold, out), CASES[i].expected);
    }
}

static void other_columns_than_before_end_the_fold(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    CLEANUP(fold_close) Fold *fold = fold_open();
    const char *const lines[] = {"+1 x y", "+2 x y"};
    Batch *before = rows_batch(&arena, lines, 2), *after = rows_batch(&arena, lines, 2);
    uint32_t end = 2;
    (void)state;

    after->header.relations[0].columns[1].name = str_of("renamed");
    assert_true(fold_add(fold, before, 0, &end));
    assert_false(fold_add(fold, after, 0, &end));

    assert_int_equal(end, 0);
    assert_int_equal(fold_changes(fold), 2);
    fold_reset(fold);
    end = 2;
    assert_true(fold_add(fold, after, 0, &end));
    assert_int_equal(end, 2);
}

static void slices_keep_the_original_order(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    CLEANUP(fold_close) Fold *fold = fold_open();
    const char *const lines[] = {"+1 x y", "~1 v w", "-1"};
    Batch *batch = rows_batch(&arena, lines, 3);
    uint32_t end = 2;
    (void)state;

    assert_true(fold_add(fold, batch, 0, &end));
    end = 3;
    assert_true(fold_add(fold, batch, 2, &end));

    assert_int_equal(fold_slice_count(fold), 2);
    assert_int_equal(fold_slice(fold, 1)->first, 2);
    assert_ptr_equal(fold_slice(fold, 1)->tables[0], fold_table(fold, 0));
}

/* The model: rows 0 to 9, each there or not, with two columns. */
enum { MODEL_ROWS = 10, MODEL_OPS = 30, MODEL_RUNS = 20000 };

typedef struct Row {
    bool there;
    int a, big;
} Row;

static int random_below(int limit)
{
    return rand() % limit;
}

/* One change that the model allows, done to it and written as a line. */
static bool random_change(Row rows[MODEL_ROWS], int stamp, char line[64])
{
    int key = random_below(MODEL_ROWS), to = random_below(MODEL_ROWS);
    bool keeps = random_below(2) == 0;

    if (!rows[key].there) {
        rows[key] = (Row){true, stamp, stamp};
        snprintf(line, 64, "+%d %d %d", key, stamp, stamp);
        return true;
    }
    if (random_below(4) == 0) {
        rows[key].there = false;
        snprintf(line, 64, "-%d", key);
        return true;
    }
    Row after = {true, stamp, keeps ? rows[key].big : stamp};
    if (random_below(4) != 0)
        to = key;
    if (to != key && rows[to].there)
        return false;
    rows[key].there = false;
    rows[to] = after;
    int used = to == key ? snprintf(line, 64, "~%d", key) : snprintf(line, 64, "~%d>%d", key, to);
    if (keeps)
        snprintf(line + used, 64 - (size_t)used, " %d =", stamp);
    else
        snprintf(line + used, 64 - (size_t)used, " %d %d", stamp, stamp);
    return true;
}

static int number(const Value *value)
{
    return (int)strtol(value->bytes.data, NULL, 10);
}

/* As a server would: each statement row by row, unique keys checked at once. */
static void apply_row(Row rows[MODEL_ROWS], const FoldSet *set, const FoldEntry *entry)
{
    Row before = {0};

    if (entry->origin) {
        int key = number(&entry->origin[0]);
        assert_true(rows[key].there);
        before = rows[key];
        rows[key].there = false;
    }
    if (entry->values) {
        int key = number(&entry->values[0]);
        assert_false(rows[key].there);
        rows[key] = (Row){true, number(&entry->values[1]),
                          fold_is_unchanged(set, 2) ? before.big : number(&entry->values[2])};
    }
}

/* The order of the rows within a set is the server's affair: here there are two of them. */
static void apply_sets(Row rows[MODEL_ROWS], const FoldTable *table, bool backwards)
{
    for (size_t i = 0; i < table->set_count; i++) {
        const FoldSet *set = &table->sets[i];

        for (size_t j = 0; j < set->count; j++)
            apply_row(rows, set, set->entries[backwards ? set->count - 1 - j : j]);
    }
}

static void assert_same(const Row a[MODEL_ROWS], const Row b[MODEL_ROWS])
{
    for (int i = 0; i < MODEL_ROWS; i++) {
        assert_int_equal(a[i].there, b[i].there);
        assert_int_equal(a[i].there ? a[i].a : 0, b[i].there ? b[i].a : 0);
        assert_int_equal(a[i].there ? a[i].big : 0, b[i].there ? b[i].big : 0);
    }
}

static void any_changes_folded_do_what_they_do_one_by_one(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    CLEANUP(fold_close) Fold *fold = fold_open();
    int serial = 0;
    (void)state;

    srand(4711);
    for (int run = 0; run < MODEL_RUNS; run++) {
        Row before[MODEL_ROWS] = {0}, after[MODEL_ROWS];
        char line[64];
        uint32_t count = 0;

        for (int i = 0; i < MODEL_ROWS; i++)
            before[i] = (Row){random_below(2) == 0, -1, -i};
        memcpy(after, before, sizeof after);
        Batch *batch = rows_batch(&arena, NULL, 0);
        batch->changes = ARENA_ARRAY(&arena, Change, MODEL_OPS);
        for (int stamp = 1 + random_below(MODEL_OPS); stamp > 0; stamp--) {
            if (random_change(after, stamp, line))
                rows_add(&arena, batch, line);
        }

        count = batch->header.change_count;
        assert_true(fold_add(fold, batch, 0, &count));
        fold_finish(fold);
        if (count > 0 && !fold_table(fold, 0)->serial) {
            Row forwards[MODEL_ROWS], backwards[MODEL_ROWS];

            memcpy(forwards, before, sizeof forwards);
            memcpy(backwards, before, sizeof backwards);
            apply_sets(forwards, fold_table(fold, 0), false);
            apply_sets(backwards, fold_table(fold, 0), true);
            assert_same(forwards, after);
            assert_same(backwards, after);
        } else {
            serial++;
        }
        fold_reset(fold);
        arena_reset(&arena);
    }
    assert_in_range(serial, 1, MODEL_RUNS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_changes_of_a_row_become_one),
        cmocka_unit_test(a_key_column_that_comes_as_unchanged_is_in_the_old_key),
        cmocka_unit_test(a_table_without_a_key_is_serial_unless_rows_only_come),
        cmocka_unit_test(other_columns_than_before_end_the_fold),
        cmocka_unit_test(slices_keep_the_original_order),
        cmocka_unit_test(any_changes_folded_do_what_they_do_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
