/* Stories of changes and the rows that must come of them, both written by hand. */
#include "loader/upsert.h"

#include "common/compiler.h"
#include "tests/unit/loader/selectdb_samples.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>

enum { WIDTH = 3, FIRST_ID = 100 };

/* The columns are id (the key), a and b. "-" is unchanged, "~" is NULL, "" ends a row. */
typedef struct Line {
    ChangeKind kind;
    const char *old_row[WIDTH];
    const char *new_row[WIDTH];
} Line;

typedef struct Story {
    const char *name;
    bool full;
    Line lines[6];
    size_t count;
    const char *rows; /* in order: +id,a,b@change or -id@change; | between sets */
    UpsertVerdict last;
} Story;

static Value value_of(const char *text)
{
    if (strcmp(text, "-") == 0)
        return (Value){.form = VALUE_UNCHANGED};
    if (strcmp(text, "~") == 0)
        return (Value){.form = VALUE_NULL};
    return (Value){VALUE_TEXT, str_of(text)};
}

static Tuple tuple_of(Arena *arena, const char *const *row)
{
    if (!row[0])
        return (Tuple){0};
    Value *values = ARENA_ARRAY(arena, Value, WIDTH);
    for (size_t i = 0; i < WIDTH; i++)
        values[i] = value_of(row[i] ? row[i] : "~");
    return (Tuple){values, WIDTH};
}

static void add_value(char *out, size_t size, const Value *value)
{
    size_t used = strlen(out);

    if (value->form == VALUE_TEXT)
        snprintf(out + used, size - used, "%.*s", STR_ARGS(value->bytes));
    else
        snprintf(out + used, size - used, "%s", value->form == VALUE_NULL ? "~" : "-");
}

static void add_row(char *out, size_t size, const CsvRow *row)
{
    size_t used = strlen(out);

    snprintf(out + used, size - used, "%s%c", used ? " " : "", row->deleted ? '-' : '+');
    add_value(out, size, &row->values[0]);
    for (int i = 1; !row->deleted && i < WIDTH; i++) {
        used = strlen(out);
        snprintf(out + used, size - used, ",");
        add_value(out, size, &row->values[i]);
    }
    used = strlen(out);
    snprintf(out + used, size - used, "@%d", (int)(row->record_id - FIRST_ID));
}

static void tell_rows(Upsert *upsert, Arena *arena, char *out, size_t size)
{
    RowSets sets;

    out[0] = '\0';
    upsert_finish(upsert, arena, &sets);
    for (size_t i = 0; i < sets.count; i++) {
        if (i > 0)
            snprintf(out + strlen(out), size - strlen(out), " |");
        for (uint64_t j = 0; j < sets.sets[i].rows; j++)
            add_row(out, size, &upsert->rows[sets.sets[i].first_row + j]);
    }
}

static const Story STORIES[] = {
    {"inserts keep their order",
     false,
     {{CHANGE_INSERT, {NULL}, {"2", "x", "y"}}, {CHANGE_INSERT, {NULL}, {"1", "z", "~"}}},
     2,
     "+2,x,y@0 +1,z,~@1",
     UPSERT_TAKEN},
    {"the last update of a key counts",
     false,
     {{CHANGE_INSERT, {NULL}, {"1", "a", "b"}},
      {CHANGE_UPDATE, {NULL}, {"1", "c", "d"}},
      {CHANGE_UPDATE, {NULL}, {"1", "e", "f"}}},
     3,
     "+1,e,f@2",
     UPSERT_TAKEN},
    {"deleted and inserted again",
     false,
     {{CHANGE_DELETE, {"1"}, {NULL}}, {CHANGE_INSERT, {NULL}, {"1", "n", "m"}}},
     2,
     "+1,n,m@1",
     UPSERT_TAKEN},
    {"inserted and deleted is deleted: it may be there from before",
     false,
     {{CHANGE_INSERT, {NULL}, {"1", "n", "m"}}, {CHANGE_DELETE, {"1"}, {NULL}}},
     2,
     "-1@1",
     UPSERT_TAKEN},
    {"a changed key is gone and there",
     false,
     {{CHANGE_UPDATE, {"1"}, {"2", "a", "b"}}},
     1,
     "-1@0 +2,a,b@0",
     UPSERT_TAKEN},
    {"rows exchange their keys and keep their values",
     false,
     {{CHANGE_INSERT, {NULL}, {"1", "one", "big1"}},
      {CHANGE_INSERT, {NULL}, {"2", "two", "big2"}},
      {CHANGE_UPDATE, {"1"}, {"3", "one", "-"}},
      {CHANGE_UPDATE, {"2"}, {"1", "two", "-"}},
      {CHANGE_UPDATE, {"3"}, {"2", "one", "-"}}},
     5,
     "+1,two,big2@3 +2,one,big1@4 -3@4",
     UPSERT_TAKEN},
    {"unchanged values go with the row through a, b, c",
     false,
     {{CHANGE_INSERT, {NULL}, {"a", "s", "big"}},
      {CHANGE_UPDATE, {"a"}, {"b", "t", "-"}},
      {CHANGE_UPDATE, {"b"}, {"c", "u", "-"}},
      {CHANGE_UPDATE, {NULL}, {"c", "v", "-"}}},
     4,
     "-a@1 -b@2 +c,v,big@3",
     UPSERT_TAKEN},
    {"the whole old row fills what is unchanged",
     true,
     {{CHANGE_UPDATE, {"1", "o", "big"}, {"1", "n", "-"}}},
     1,
     "+1,n,big@0",
     UPSERT_TAKEN},
    {"and it goes along with a changed key",
     true,
     {{CHANGE_UPDATE, {"1", "o", "big"}, {"2", "n", "-"}}},
     1,
     "-1@0 +2,n,big@0",
     UPSERT_TAKEN},
    {"what nobody knows is a partial update, by columns",
     false,
     {{CHANGE_UPDATE, {NULL}, {"1", "n", "-"}},
      {CHANGE_INSERT, {NULL}, {"2", "p", "q"}},
      {CHANGE_UPDATE, {NULL}, {"3", "-", "r"}},
      {CHANGE_UPDATE, {NULL}, {"4", "s", "-"}}},
     4,
     "+2,p,q@1 | +1,n,-@0 +4,s,-@3 | +3,-,r@2",
     UPSERT_TAKEN},
    {"a partial update stays one, with what is known",
     false,
     {{CHANGE_UPDATE, {NULL}, {"1", "n", "-"}}, {CHANGE_UPDATE, {NULL}, {"1", "-", "-"}}},
     2,
     " | +1,n,-@1",
     UPSERT_TAKEN},
    {"nothing but the key says nothing",
     false,
     {{CHANGE_UPDATE, {NULL}, {"1", "-", "-"}}},
     1,
     "",
     UPSERT_TAKEN},
    {"a key that is unchanged stands in the old one",
     false,
     {{CHANGE_UPDATE, {"1"}, {"-", "n", "m"}}},
     1,
     "+1,n,m@0",
     UPSERT_TAKEN},
    {"a changed key and a value that nobody knows",
     false,
     {{CHANGE_INSERT, {NULL}, {"9", "x", "y"}}, {CHANGE_UPDATE, {"1"}, {"2", "n", "-"}}},
     2,
     "+9,x,y@0",
     UPSERT_READ_BACK},
    {"no key", false, {{CHANGE_UPDATE, {NULL}, {"-", "n", "m"}}}, 1, "", UPSERT_NO_KEY},
};

static void sample_table(Sample *sample)
{
    sample_begin(sample, true);
    sample_column(sample, 1, "id", "VARCHAR(9)", true);
    sample_column(sample, 2, "a", "STRING", false);
    sample_column(sample, 3, "b", "STRING", false);
    sample_source(sample, 1, "id", 25);
    sample_source(sample, 2, "a", 25);
    sample_source(sample, 3, "b", 25);
}

static UpsertVerdict tell(Upsert *upsert, Arena *arena, const Story *story)
{
    UpsertVerdict verdict = UPSERT_TAKEN;

    for (size_t i = 0; i < story->count; i++) {
        Change change = {.kind = story->lines[i].kind,
                         .old_tuple = tuple_of(arena, story->lines[i].old_row),
                         .new_tuple = tuple_of(arena, story->lines[i].new_row)};

        verdict = upsert_add(upsert, &change, story->full, FIRST_ID + i);
    }
    return verdict;
}

static void stories_end_in_their_rows(void **state)
{
    CLEANUP(csv_plan_close) CsvPlan *plan = NULL;
    Sample sample;
    Upsert upsert = {0};
    Error err = {0};
    char told[512];
    (void)state;

    sample_table(&sample);
    assert_true(csv_plan_open(&plan, &sample.relation, &sample.table, &err));
    for (size_t i = 0; i < COUNT_OF(STORIES); i++) {
        CLEANUP(arena_done) Arena arena = {0};

        upsert_start(&upsert, plan);
        assert_int_equal(tell(&upsert, &arena, &STORIES[i]), STORIES[i].last);
        tell_rows(&upsert, &arena, told, sizeof told);
        if (strcmp(told, STORIES[i].rows) != 0)
            fail_msg("%s: %s instead of %s", STORIES[i].name, told, STORIES[i].rows);
    }
    upsert_done(&upsert);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stories_end_in_their_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
