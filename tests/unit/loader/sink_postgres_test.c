/*
 * The sink against a real server, by tests/e2e/test_sink.py: the first argument is its conninfo,
 * whose user must be a superuser. Each story makes its table anew.
 */
#include "loader/sink_postgres.h"

#include "common/arena.h"
#include "common/mem.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/loader/rows.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

enum { STORY_LINES = 12 };

static const char *conninfo;

static PgTarget target(void)
{
    return (PgTarget){.side = "destination", .conninfo = conninfo, .password_file = ""};
}

static void must(bool ok, const Error *err)
{
    char line[2048];

    if (ok)
        return;
    error_format(err, line, sizeof line);
    fail_msg("%s: %s", error_kind_name(err->kind), line);
}

static Pg *connect_plainly(void)
{
    PgTarget to = target();
    Pg *pg = NULL;
    Error err = {0};

    must(pg_connect(&pg, &to, "test", false, &err), &err);
    return pg;
}

static void run(const char *sql)
{
    CLEANUP(pg_close) Pg *pg = connect_plainly();
    Error err = {0};

    must(pg_exec(pg, sql, NULL, &err), &err);
}

static const char *ask(const char *sql, char out[4096])
{
    CLEANUP(pg_close) Pg *pg = connect_plainly();
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    Error err = {0};

    must(pg_exec(pg, sql, &rows, &err), &err);
    snprintf(out, 4096, "%s", pg_text(rows, 0, "answer"));
    return out;
}

static Sink *open_sink(LaneProgress *at)
{
    SinkTarget to = {
        .pg = target(), .task = "t", .task_uuid = "u", .application = "walferry_t_loader_0"};
    Sink *sink = NULL;
    Error err = {0};

    must(sink_postgres_open(&sink, &to, &err), &err);
    must(sink_postgres_take_over((SinkPostgres *)sink, 1, NULL, 0, at, &err), &err);
    return sink;
}

static int make_schema(void **state)
{
    (void)state;
    run("CREATE SCHEMA IF NOT EXISTS walferry;"
        "DROP TABLE IF EXISTS walferry.progress, walferry.created;"
        "CREATE TABLE walferry.created (task text, object text);"
        "CREATE TABLE walferry.progress (task text, lane int, generation bigint NOT NULL DEFAULT 0,"
        " epoch bigint NOT NULL DEFAULT 0, commit_lsn pg_lsn NOT NULL DEFAULT '0/0',"
        " ordinal bigint NOT NULL DEFAULT 0, resume_lsn pg_lsn NOT NULL DEFAULT '0/0',"
        " next_record_id bigint NOT NULL DEFAULT 0, task_uuid text NOT NULL, pid int,"
        " updated timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (task, lane));"
        "INSERT INTO walferry.progress (task, lane, task_uuid) VALUES ('t', 0, 'u')");
    return 0;
}

static bool apply_lines(Sink *sink, Arena *arena, const char *const *lines, Relation *relation,
                        Error *err)
{
    CLEANUP(fold_close) Fold *fold = fold_open();
    uint32_t count = 0;

    while (count < STORY_LINES && lines[count])
        count++;
    Batch *batch = rows_batch(arena, lines, count);
    if (relation)
        batch->header.relations = relation;
    assert_true(fold_add(fold, batch, 0, &count));
    fold_finish(fold);
    return sink_postgres_apply((SinkPostgres *)sink, fold, err);
}

static const LaneProgress END = {{500, 9}, 508, 77, 1};

static const char CONTENT[] = "SELECT coalesce(string_agg(concat_ws(' ', id, coalesce(a, '_'),"
                              " coalesce(big, '_')), '; ' ORDER BY id, a, big), '') AS answer"
                              " FROM public.t";

/* What a table is, what changes come, what is in it then. */
typedef struct Story {
    const char *what;
    const char *table; /* columns of public.t and constraints */
    const char *rows;  /* VALUES before */
    const char *lines[STORY_LINES];
    const char *expected;
    bool keyless;
    int fallbacks;
} Story;

#define KEYED "id text PRIMARY KEY, a text, big text"
#define TWO_UNIQUE "id text PRIMARY KEY, a text UNIQUE, big text"
#define NO_KEY "id text, a text, big text"

static const Story STORIES[] = {
    {"rows come",
     KEYED,
     "('0', 'x', 'y')",
     {"+1 x _", "+2 \t\\ y"},
     "0 x y; 1 x _; 2 \t\\ y",
     0,
     0},
    {"rows change",
     KEYED,
     "('1', 'x', 'B'), ('2', 'x', 'C')",
     {"~1 v =", "~2 v w"},
     "1 v B; 2 v w",
     0,
     0},
    {"rows go", KEYED, "('1', 'x', 'B'), ('2', 'x', 'C')", {"-1"}, "2 x C", 0, 0},
    {"a key changes and what was unchanged stays",
     KEYED,
     "('1', 'x', 'B')",
     {"~1>5 v ="},
     "5 v B",
     0,
     0},
    {"a chain of keys", KEYED, "('1', 'x', 'B')", {"~1>5 v =", "~5>7 w ="}, "7 w B", 0, 0},
    {"two rows exchange keys and keep what is theirs",
     KEYED,
     "('1', 'x', 'B1'), ('2', 'y', 'B2')",
     {"~1>9 x =", "~2>1 y =", "~9>2 x ="},
     "1 y B2; 2 x B1",
     0,
     0},
    {"a key is handed on",
     KEYED,
     "('1', 'x', 'B1'), ('2', 'y', 'B2')",
     {"~2>3 y =", "~1>2 x ="},
     "2 x B1; 3 y B2",
     0,
     0},
    {"a key goes and comes again", KEYED, "('1', 'x', 'B')", {"-1", "+1 v w"}, "1 v w", 0, 0},
    {"values move between rows of a second unique index",
     TWO_UNIQUE,
     "('1', 'x', 'B'), ('2', 'y', 'C')",
     {"~1 z =", "~2 x =", "~1 y ="},
     "1 y B; 2 x C",
     0,
     0},
    {"a second unique value goes with one row and comes with another",
     TWO_UNIQUE,
     "('1', 'x', 'B')",
     {"-1", "+2 x _"},
     "2 x _",
     0,
     0},
    {"a deferrable key is there twice in between",
     "id text PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, a text, big text",
     "('1', 'x', 'B')",
     {"+2 y _", "-1"},
     "2 y _",
     0,
     0},
    {"one of several identical rows goes",
     NO_KEY,
     "('1', 'x', NULL), ('1', 'x', NULL)",
     {"-1 x _"},
     "1 x _",
     true,
     0},
    {"one of several identical rows changes",
     NO_KEY,
     "('1', 'x', NULL), ('1', 'x', NULL), ('2', 'x', NULL)",
     {"~1|x|_>1 y _"},
     "1 x _; 1 y _; 2 x _",
     true,
     0},
    {"rows of a table without a key",
     NO_KEY,
     "('1', 'x', 'y')",
     {"+1 x y", "-1 x y", "+3 x y"},
     "1 x y; 3 x y",
     true,
     0},
    {"an exclusion constraint",
     "id text PRIMARY KEY, a text, big text, EXCLUDE USING btree (a WITH =)",
     "('1', 'x', 'B'), ('2', 'y', 'C')",
     {"~1 z =", "~2 x ="},
     "1 z B; 2 x C",
     0,
     0},
    {"a table of keys only",
     "id text, a text, big text, PRIMARY KEY (id)",
     "('1', 'x', 'y')",
     {"~1 = ="},
     "1 x y",
     0,
     0},
};

static Relation *relation_of(Arena *arena, const Story *story)
{
    Relation *relation = rows_relation(arena, "t");

    relation->full_identity = story->keyless;
    relation->columns[0].key = !story->keyless;
    return relation;
}

static void make_table(const Story *story)
{
    CLEANUP(mem_free)
    char *sql = mem_printf("DROP TABLE IF EXISTS public.t;"
                           "CREATE TABLE public.t (%s);"
                           "INSERT INTO public.t VALUES %s",
                           story->table, story->rows);
    run(sql);
}

static void every_kind_of_change_reaches_its_row(void **state)
{
    LaneProgress at;
    CLEANUP(sink_close) Sink *sink = open_sink(&at);
    char answer[4096];
    (void)state;

    for (size_t i = 0; i < COUNT_OF(STORIES); i++) {
        CLEANUP(arena_done) Arena arena = {0};
        Error err = {0};
        uint64_t fallbacks = ((SinkPostgres *)sink)->counters.fallbacks;

        make_table(&STORIES[i]);
        print_message("%s\n", STORIES[i].what);
        must(sink_postgres_take_over((SinkPostgres *)sink, 1, NULL, 0, &at, &err),
             &err); /* it asks for the table anew */
        must(apply_lines(sink, &arena, STORIES[i].lines, relation_of(&arena, &STORIES[i]), &err),
             &err);
        must(sink_postgres_commit((SinkPostgres *)sink, &END, true, &err), &err);

        assert_string_equal(ask(CONTENT, answer), STORIES[i].expected);
        assert_int_equal(((SinkPostgres *)sink)->counters.fallbacks - fallbacks,
                         STORIES[i].fallbacks);
    }
}

/* 200 rows of each verb, so that each is a set. */
static Batch *large_batch(Arena *arena)
{
    Batch *batch = rows_batch(arena, NULL, 0);
    char line[64];

    batch->changes = ARENA_ARRAY(arena, Change, 2000);
    for (int i = 0; i < 200; i++) {
        snprintf(line, sizeof line, "-%d", i);
        rows_add(arena, batch, line);
        snprintf(line, sizeof line, "~%d v =", 200 + i);
        rows_add(arena, batch, line);
        snprintf(line, sizeof line, "~%d w z", 400 + i);
        rows_add(arena, batch, line);
        snprintf(line, sizeof line, "~%d>%d m =", 600 + i, 10000 + i);
        rows_add(arena, batch, line);
        snprintf(line, sizeof line, "+%d n n", 20000 + i);
        rows_add(arena, batch, line);
    }
    return batch;
}

static const char LARGE[] =
    "SELECT string_agg(concat_ws(' ', a, big, n), '; ' ORDER BY a, big) AS answer"
    " FROM (SELECT a, big, count(*) AS n FROM public.t GROUP BY 1, 2) g";

static const Story LARGE_STORY = {
    .table = KEYED,
    .rows = "('x', '', ''); TRUNCATE public.t;"
            "INSERT INTO public.t SELECT g, 'x', 'B' FROM generate_series(0, 999) g"};

static bool apply_batch(Sink *sink, const Batch *batch, Error *err)
{
    CLEANUP(fold_close) Fold *fold = fold_open();
    uint32_t end = batch->header.change_count;

    assert_true(fold_add(fold, batch, 0, &end));
    fold_finish(fold);
    return sink_postgres_apply((SinkPostgres *)sink, fold, err);
}

static void large_sets_are_applied_as_sets(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    LaneProgress at;
    CLEANUP(sink_close) Sink *sink = open_sink(&at);
    Error err = {0};
    char answer[4096];
    (void)state;

    for (int round = 0; round < 2; round++) { /* the second uses what the first has left behind */
        make_table(&LARGE_STORY);
        must(apply_batch(sink, large_batch(&arena), &err), &err);
        must(sink_postgres_commit((SinkPostgres *)sink, &END, false, &err), &err);
        assert_string_equal(ask(LARGE, answer), "m B 200; n n 200; v B 200; w z 200; x B 200");
    }
    assert_int_equal(((SinkPostgres *)sink)->counters.rows_set, 2000);
    assert_int_equal(((SinkPostgres *)sink)->counters.rows_serial, 0);
    assert_int_equal(((SinkPostgres *)sink)->counters.fallbacks, 0);
}

static void pieces_of_a_transaction_use_the_same_temporary_tables(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    LaneProgress at;
    CLEANUP(sink_close) Sink *sink = open_sink(&at);
    Error err = {0};
    char answer[4096];
    (void)state;

    make_table(&LARGE_STORY);
    must(apply_batch(sink, large_batch(&arena), &err), &err);
    run("SELECT 1"); /* nothing of it is to be seen */
    assert_string_equal(ask(LARGE, answer), "x B 1000");
    Batch *again = rows_batch(&arena, NULL, 0);
    again->changes = ARENA_ARRAY(&arena, Change, 2000);
    for (int i = 0; i < 200; i++) {
        char line[64];
        snprintf(line, sizeof line, "~%d q =", 20000 + i);
        rows_add(&arena, again, line);
    }
    must(apply_batch(sink, again, &err), &err);
    must(sink_postgres_commit((SinkPostgres *)sink, &END, true, &err), &err);

    assert_string_equal(ask(LARGE, answer), "m B 200; q n 200; v B 200; w z 200; x B 200");
    assert_int_equal(((SinkPostgres *)sink)->counters.fallbacks, 0);
}

/* Rows 0 to 99 get these letters and a number: their own, or counted from behind. */
static void add_hundred(Arena *arena, Batch *batch, const char *letter, bool from_behind)
{
    char line[64];

    for (int i = 0; i < 100; i++) {
        snprintf(line, sizeof line, "~%d %s%d =", i, letter, from_behind ? 99 - i : i);
        rows_add(arena, batch, line);
    }
}

static void a_set_that_is_refused_goes_row_by_row(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    LaneProgress at;
    CLEANUP(sink_close) Sink *sink = open_sink(&at);
    const char *const other[STORY_LINES] = {"+900000 i i"};
    Batch *before = rows_batch(&arena, NULL, 0), *batch = rows_batch(&arena, NULL, 0);
    Error err = {0};
    char answer[4096];
    (void)state;

    make_table(&LARGE_STORY);
    before->changes = ARENA_ARRAY(&arena, Change, 200);
    add_hundred(&arena, before, "u", false);
    must(apply_batch(sink, before, &err), &err);
    must(sink_postgres_commit((SinkPostgres *)sink, &END, true, &err), &err);
    run("CREATE UNIQUE INDEX ON public.t (a) WHERE a LIKE 'u%'"); /* what the sink cannot know */

    must(apply_lines(sink, &arena, other, NULL, &err), &err); /* so that it needs a savepoint */
    batch->changes = ARENA_ARRAY(&arena, Change, 200);
    add_hundred(&arena, batch, "t", false);
    add_hundred(&arena, batch, "u", true);
    must(apply_batch(sink, batch, &err), &err);
    must(sink_postgres_commit((SinkPostgres *)sink, &END, true, &err), &err);

    assert_int_equal(((SinkPostgres *)sink)->counters.fallbacks, 1);
    assert_int_equal(((SinkPostgres *)sink)->counters.rows_serial, 200);
    assert_string_equal(ask("SELECT count(*) || ' ' || sum((a = 'u' || 99 - id::int)::int)"
                            " AS answer FROM public.t WHERE a LIKE 'u%'",
                            answer),
                        "100 100");
}

/* As a server sends an int4 with binary on. */
static void make_binary(Arena *arena, Value *value)
{
    if (value->form != VALUE_TEXT)
        return;
    uint32_t number = htobe32((uint32_t)strtol(value->bytes.data, NULL, 10));
    *value = (Value){VALUE_BINARY, arena_copy(arena, (Str){(const char *)&number, 4})};
}

/* The columns id and a are int4 and binary; big stays a text, whose two forms are the same. */
static void make_numbers_binary(Arena *arena, Batch *batch, bool all)
{
    for (uint32_t i = 0; i < batch->header.change_count; i++) {
        Tuple *tuples[] = {&batch->changes[i].old_tuple, &batch->changes[i].new_tuple};

        for (size_t j = 0; j < COUNT_OF(tuples); j++) {
            if (!tuples[j]->values)
                continue;
            make_binary(arena, &tuples[j]->values[0]);
            make_binary(arena, &tuples[j]->values[1]);
            if (all && tuples[j]->values[2].form == VALUE_TEXT)
                tuples[j]->values[2].form = VALUE_BINARY;
        }
    }
    batch->header.relations[0].columns[0].type_oid = 23;
    batch->header.relations[0].columns[1].type_oid = 23;
}

static Batch *numbers(Arena *arena, int count, bool all_binary)
{
    Batch *batch = rows_batch(arena, NULL, 0);
    char line[64];

    batch->changes = ARENA_ARRAY(arena, Change, 4 * (size_t)count);
    for (int i = 0; i < count; i++) {
        snprintf(line, sizeof line, "+%d %d new", 2000 + i, -i);
        rows_add(arena, batch, line);
        snprintf(line, sizeof line, "~%d %d =", i, -i);
        rows_add(arena, batch, line);
        snprintf(line, sizeof line, "~%d>%d _ moved", 300 + i, 3000 + i);
        rows_add(arena, batch, line);
        snprintf(line, sizeof line, "-%d", 600 + i);
        rows_add(arena, batch, line);
    }
    make_numbers_binary(arena, batch, all_binary);
    return batch;
}

static void binary_values_arrive_in_sets_and_alone(void **state)
{
    static const struct {
        int count;
        bool all_binary;
    } CASES[] = {{3, true}, {200, true}, {3, false}, {200, false}};
    const Story story = {.table = "id int PRIMARY KEY, a int, big text",
                         .rows = "(-1, 0, ''); TRUNCATE public.t; INSERT INTO public.t"
                                 " SELECT g, 5, 'B' FROM generate_series(0, 999) g"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        CLEANUP(arena_done) Arena arena = {0};
        LaneProgress at;
        CLEANUP(sink_close) Sink *sink = open_sink(&at);
        Error err = {0};
        char answer[4096], expected[128];
        int n = CASES[i].count;

        make_table(&story);
        must(apply_batch(sink, numbers(&arena, n, CASES[i].all_binary), &err), &err);
        must(sink_postgres_commit((SinkPostgres *)sink, &END, true, &err), &err);

        snprintf(expected, sizeof expected, "%d %d %d %d", n, n, n, 1000);
        assert_string_equal(
            ask("SELECT concat_ws(' ', count(*) FILTER (WHERE big = 'new' AND a = 2000 - id),"
                " count(*) FILTER (WHERE big = 'B' AND a = -id),"
                " count(*) FILTER (WHERE big = 'moved' AND a IS NULL AND id >= 3000), count(*))"
                " AS answer FROM public.t",
                answer),
            expected);
        assert_int_equal(((SinkPostgres *)sink)->counters.fallbacks, 0);
    }
}

static void binary_values_of_another_type_are_refused(void **state)
{
    static const int COUNTS[] = {3, 200};
    const Story story = {.table = "id bigint PRIMARY KEY, a int, big text",
                         .rows = "(-1, 0, ''); INSERT INTO public.t"
                                 " SELECT g, 5, 'B' FROM generate_series(0, 999) g"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(COUNTS); i++) {
        CLEANUP(arena_done) Arena arena = {0};
        LaneProgress at;
        CLEANUP(sink_close) Sink *sink = open_sink(&at);
        Error err = {0};

        make_table(&story);
        assert_false(apply_batch(sink, numbers(&arena, COUNTS[i], true), &err));
        assert_int_equal(err.kind, ERROR_CONFIG);
        assert_non_null(strstr(err.message, "another type"));
        assert_string_equal(err.object, "public.t");
    }
}

static void rows_of_many_megabytes_arrive(void **state)
{
    enum { LARGE_BYTES = 24 * 1024 * 1024 };
    CLEANUP(arena_done) Arena arena = {0};
    LaneProgress at;
    CLEANUP(sink_close) Sink *sink = open_sink(&at);
    const char *const lines[] = {"+5 x y", "~1 x y"};
    const Story story = {.table = KEYED, .rows = "('1', 'a', 'A')"};
    Batch *batch = rows_batch(&arena, lines, 2);
    char *large = arena_alloc(&arena, LARGE_BYTES);
    Error err = {0};
    char answer[4096];
    (void)state;

    memset(large, 'z', LARGE_BYTES);
    batch->changes[0].new_tuple.values[2].bytes = (Str){large, LARGE_BYTES};
    batch->changes[1].new_tuple.values[2].bytes = (Str){large, LARGE_BYTES};
    make_table(&story);
    must(apply_batch(sink, batch, &err), &err);
    must(sink_postgres_commit((SinkPostgres *)sink, &END, true, &err), &err);

    assert_string_equal(
        ask("SELECT count(*) || ' ' || sum(length(big)) AS answer FROM public.t", answer),
        "2 50331648");
}

static const struct {
    const char *what, *table, *rows;
    const char *lines[STORY_LINES];
    ErrorKind kind;
    const char *message, *key, *position;
} UNFIT[] = {
    {"an update of a row that is not there",
     KEYED,
     "('1', 'x', 'y')",
     {"~1 v w", "~2 v w"},
     ERROR_DATA,
     "drift: the row is missing",
     "\"id\"=2",
     "0/1F4:2"},
    {"a delete of a row that is not there",
     KEYED,
     "('1', 'x', 'y')",
     {"-7"},
     ERROR_DATA,
     "drift: the row is missing",
     "\"id\"=7",
     "0/1F4:1"},
    {"an insert of a row that is there",
     KEYED,
     "('1', 'x', 'y')",
     {"+2 v w", "+1 v w"},
     ERROR_DATA,
     "duplicate key",
     "\"id\"=1",
     "0/1F4:2"},
    {"a value that the type refuses",
     "id int PRIMARY KEY, a int, big text",
     "(1, 1, 'y')",
     {"+2 3 w", "+3 abc w"},
     ERROR_DATA,
     "invalid input syntax",
     "\"id\"=3",
     "0/1F4:2"},
    {"a column that is not there",
     "id int PRIMARY KEY, a int",
     "(1, 1)",
     {"+2 3 w"},
     ERROR_CONFIG,
     "column big is missing",
     "",
     ""},
    {"a row of a table without keys",
     NO_KEY,
     "('1', 'x', 'y')",
     {"-1 x z"},
     ERROR_DATA,
     "drift: the row is missing",
     "",
     "0/1F4:1"},
};

static void what_cannot_be_applied_is_named(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(UNFIT); i++) {
        CLEANUP(arena_done) Arena arena = {0};
        LaneProgress at;
        CLEANUP(sink_close) Sink *sink = open_sink(&at);
        Story story = {.table = UNFIT[i].table, .rows = UNFIT[i].rows};
        Error err = {0};

        story.keyless = strcmp(UNFIT[i].table, NO_KEY) == 0;
        make_table(&story);
        print_message("%s\n", UNFIT[i].what);
        assert_false(apply_lines(sink, &arena, UNFIT[i].lines, relation_of(&arena, &story), &err));
        print_message("  %s; %s\n", err.message, err.hint);
        assert_int_equal(err.kind, UNFIT[i].kind);
        assert_non_null(strstr(err.message, UNFIT[i].message));
        assert_string_equal(err.object, "public.t");
        assert_string_equal(err.key, UNFIT[i].key);
        assert_string_equal(err.position, UNFIT[i].position);
    }
}

static void a_row_that_is_missing_in_a_large_set_is_named(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    LaneProgress at;
    CLEANUP(sink_close) Sink *sink = open_sink(&at);
    Error err = {0};
    (void)state;

    make_table(&LARGE_STORY);
    run("DELETE FROM public.t WHERE id = '450'");
    assert_false(apply_batch(sink, large_batch(&arena), &err));

    assert_int_equal(err.kind, ERROR_DATA);
    assert_string_equal(err.key, "\"id\"=450");
    assert_string_equal(err.position, "0/1F4:253");
}

static void identity_columns_take_the_values_of_the_source(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    LaneProgress at;
    CLEANUP(sink_close) Sink *sink = open_sink(&at);
    const char *const lines[STORY_LINES] = {"+5 x y", "~1 v =", "~2>7 v =", "~7 w =", "-3"};
    const Story key = {.table = "id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text, big text",
                       .rows = "(DEFAULT, 'a', 'A'), (DEFAULT, 'b', 'B'), (DEFAULT, 'c', 'C')"};
    const Story other = {.table =
                             "id int PRIMARY KEY, a int GENERATED ALWAYS AS IDENTITY, big text",
                         .rows = "(1, DEFAULT, 'A'), (2, DEFAULT, 'B')"};
    const char *const numbers[STORY_LINES] = {"+5 50 y", "~1 10 =", "~2>7 20 ="};
    Error err = {0};
    char answer[4096];
    (void)state;

    make_table(&key);
    must(apply_lines(sink, &arena, lines, NULL, &err), &err);
    must(sink_postgres_commit((SinkPostgres *)sink, &END, true, &err), &err);
    assert_string_equal(ask(CONTENT, answer), "1 v A; 5 x y; 7 w B");

    make_table(&other);
    must(sink_postgres_take_over((SinkPostgres *)sink, 2, NULL, 0, &at, &err),
         &err); /* asks for the table anew */
    must(apply_lines(sink, &arena, numbers, NULL, &err), &err);
    must(sink_postgres_commit((SinkPostgres *)sink, &END, true, &err), &err);
    assert_string_equal(ask("SELECT string_agg(concat_ws(' ', id, a, big), '; ' ORDER BY id)"
                            " AS answer FROM public.t",
                            answer),
                        "1 10 A; 5 50 y; 7 20 B");
}

static void truncate_stands_in_its_place(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    LaneProgress at;
    CLEANUP(sink_close) Sink *sink = open_sink(&at);
    const char *const before[STORY_LINES] = {"+5 x y"}, *const after[STORY_LINES] = {"+1 x y"};
    uint32_t relation = 0;
    Change truncate = {.kind = CHANGE_TRUNCATE,
                       .truncated = &relation,
                       .truncated_count = 1,
                       .restart_identity = true};
    const Story story = {.table = KEYED, .rows = "('1', 'a', 'A')"};
    Error err = {0};
    char answer[4096];
    (void)state;

    make_table(&story);
    must(apply_lines(sink, &arena, before, NULL, &err), &err);
    must(sink_postgres_truncate((SinkPostgres *)sink, rows_batch(&arena, NULL, 0), &truncate, &err),
         &err);
    must(apply_lines(sink, &arena, after, NULL, &err), &err);
    assert_string_equal(ask("SELECT 1 AS answer", answer), "1");
    must(sink_postgres_commit((SinkPostgres *)sink, &END, true, &err), &err);

    assert_string_equal(ask(CONTENT, answer), "1 x y");
}

static void the_position_is_what_was_committed(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    LaneProgress at;
    CLEANUP(sink_close) Sink *first = open_sink(&at);
    const LaneProgress next = {{600, 3}, 608, 99, 1};
    const char *const lines[STORY_LINES] = {"+5 x y"};
    const Story story = {.table = KEYED, .rows = "('1', 'a', 'A')"};
    Error err = {0};
    char answer[4096];
    (void)state;

    make_table(&story);
    must(sink_postgres_commit((SinkPostgres *)first, &next, true, &err), &err);
    must(apply_lines(first, &arena, lines, NULL, &err), &err);
    must(sink_postgres_roll_back((SinkPostgres *)first, &err), &err);
    must(sink_postgres_commit((SinkPostgres *)first, &next, true, &err), &err);
    sink_close(&first);

    CLEANUP(sink_close) Sink *second = open_sink(&at);
    assert_int_equal(at.position.commit_lsn, 600);
    assert_int_equal(at.position.ordinal, 3);
    assert_int_equal(at.resume_lsn, 608);
    assert_int_equal(at.next_record_id, 99);
    assert_string_equal(ask(CONTENT, answer), "1 a A");
}

static void a_successor_fences_its_predecessor_off(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    LaneProgress at;
    CLEANUP(sink_close) Sink *old = open_sink(&at);
    const char *const lines[STORY_LINES] = {"+5 x y"};
    const Story story = {.table = KEYED, .rows = "('1', 'a', 'A')"};
    Error err = {0};
    char answer[4096];
    (void)state;

    make_table(&story);
    run("UPDATE walferry.progress SET generation = generation + 1"); /* its backend lives on */
    must(apply_lines(old, &arena, lines, NULL, &err), &err);
    assert_false(sink_postgres_commit((SinkPostgres *)old, &END, true, &err));
    assert_int_equal(err.kind, ERROR_TRANSIENT);
    assert_non_null(strstr(err.message, "fenced"));
    sink_close(&old);
    assert_string_equal(ask(CONTENT, answer), "1 a A");
}

static void a_takeover_ends_the_backends_of_its_predecessor(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    LaneProgress at;
    CLEANUP(sink_close) Sink *old = open_sink(&at);
    CLEANUP(sink_close) Sink *heir = NULL;
    const char *const lines[STORY_LINES] = {"+5 x y"};
    const Story story = {.table = KEYED, .rows = "('1', 'a', 'A')"};
    Error err = {0};
    char answer[4096];
    (void)state;

    make_table(&story);
    must(apply_lines(old, &arena, lines, NULL, &err), &err); /* holds its rows */
    heir = open_sink(&at);
    assert_false(sink_postgres_commit((SinkPostgres *)old, &END, true, &err));
    assert_int_equal(err.kind, ERROR_CONNECTION);
    must(apply_lines(heir, &arena, lines, NULL, &err), &err);
    must(sink_postgres_commit((SinkPostgres *)heir, &END, true, &err), &err);
    assert_string_equal(ask(CONTENT, answer), "1 a A; 5 x y");
}

static void a_position_of_another_task_is_refused(void **state)
{
    SinkTarget to = {
        .pg = target(), .task = "t", .task_uuid = "other", .application = "walferry_x"};
    CLEANUP(sink_close) Sink *sink = NULL;
    LaneProgress at;
    Error err = {0};
    (void)state;

    must(sink_postgres_open(&sink, &to, &err), &err);
    assert_false(sink_postgres_take_over((SinkPostgres *)sink, 1, NULL, 0, &at, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_non_null(strstr(err.message, "another task"));
}

/* Without session_replication_role, what acts on a table would act on what is applied to it. */
static void without_the_privilege_a_table_with_a_trigger_is_refused(void **state)
{
    const char *lines[STORY_LINES] = {"+1 v w"};
    SinkTarget to = {.pg = target(), .task = "t", .task_uuid = "u", .application = "walferry_x"};
    CLEANUP(mem_free) char *as_nobody = mem_printf("%s user=walferry_nobody", conninfo);
    CLEANUP(arena_done) Arena arena = {0};
    CLEANUP(sink_close) Sink *sink = NULL;
    LaneProgress at;
    Error err = {0};
    (void)state;

    run("DO $$ BEGIN IF to_regrole('walferry_nobody') IS NULL THEN"
        " CREATE ROLE walferry_nobody LOGIN; END IF; END $$;"
        "GRANT USAGE ON SCHEMA walferry TO walferry_nobody;"
        "GRANT SELECT, UPDATE ON walferry.progress, walferry.created TO walferry_nobody;"
        "DROP TABLE IF EXISTS public.t; CREATE TABLE public.t (" KEYED
        "); GRANT ALL ON public.t TO walferry_nobody");
    to.pg.conninfo = as_nobody;
    must(sink_postgres_open(&sink, &to, &err), &err);
    must(sink_postgres_take_over((SinkPostgres *)sink, 1, NULL, 0, &at, &err), &err);
    assert_false(sink_postgres_is_replica(sink));
    must(apply_lines(sink, &arena, lines, NULL, &err), &err);
    must(sink_postgres_roll_back((SinkPostgres *)sink, &err), &err);

    run("CREATE TRIGGER stamp BEFORE INSERT ON public.t FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()");
    must(sink_postgres_take_over((SinkPostgres *)sink, 2, NULL, 0, &at, &err), &err);
    assert_false(apply_lines(sink, &arena, lines, NULL, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_string_equal(err.object, "public.t");
    assert_non_null(strstr(err.message, "trigger stamp would act on what is applied"));
    run("DROP TABLE public.t; DROP OWNED BY walferry_nobody");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_change_reaches_its_row),
        cmocka_unit_test(large_sets_are_applied_as_sets),
        cmocka_unit_test(pieces_of_a_transaction_use_the_same_temporary_tables),
        cmocka_unit_test(a_set_that_is_refused_goes_row_by_row),
        cmocka_unit_test(binary_values_arrive_in_sets_and_alone),
        cmocka_unit_test(binary_values_of_another_type_are_refused),
        cmocka_unit_test(rows_of_many_megabytes_arrive),
        cmocka_unit_test(what_cannot_be_applied_is_named),
        cmocka_unit_test(a_row_that_is_missing_in_a_large_set_is_named),
        cmocka_unit_test(identity_columns_take_the_values_of_the_source),
        cmocka_unit_test(truncate_stands_in_its_place),
        cmocka_unit_test(the_position_is_what_was_committed),
        cmocka_unit_test(a_successor_fences_its_predecessor_off),
        cmocka_unit_test(a_takeover_ends_the_backends_of_its_predecessor),
        cmocka_unit_test(a_position_of_another_task_is_refused),
        cmocka_unit_test(without_the_privilege_a_table_with_a_trigger_is_refused),
    };

    if (argc != 2)
        return 2;
    conninfo = argv[1];
    return cmocka_run_group_tests(tests, make_schema, NULL);
}
