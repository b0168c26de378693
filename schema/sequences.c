#include "schema/sequences.h"

#include "common/bytes.h"
#include "common/sql_text.h"
#include "schema/catalog.h"
#include "schema/created.h"
#include "schema/job.h"
#include "sequences_there.sql.h"

#include <inttypes.h>
#include <stdio.h>

/* So many sequences are read by one statement. */
enum { READ_AT_ONCE = 200 };

/* A sequence of one side. */
typedef struct Known {
    bool there;
    const char *schema, *name;
    SequenceRange range;
    SequenceValue value;
} Known;

typedef struct Sequences {
    const TaskFile *task;
    const SequencesRequest *request;
    Pg *source, *destination;
    Catalog catalog;
    Known *here, *there; /* as catalog.sequences */
    Arena arena;
} Sequences;

static void sequences_done(Sequences *s)
{
    pg_close(&s->source);
    pg_close(&s->destination);
    arena_done(&s->arena);
}

static bool refuse(const Known *known, const char *side, const char *right, Error *err)
{
    error_set(err, ERROR_CONFIG, "the role may not %s the sequence at the %s",
              strcmp(right, "SELECT") == 0 ? "read" : "set", side);
    error_object(err, "%s.%s", known->schema, known->name);
    return error_hint(err,
                      "as its owner: GRANT %s ON SEQUENCE %s.%s TO the user of walferry (and USAGE "
                      "on its schema)",
                      right, known->schema, known->name);
}

static bool take_known(Sequences *s, const PgRows *rows, int row, bool at_source, Known *out,
                       Error *err)
{
    out->there = !pg_is_null(rows, row, "name");
    if (!out->there)
        return true;
    out->schema = arena_strdup(&s->arena, pg_text(rows, row, "schema"));
    out->name = arena_strdup(&s->arena, pg_text(rows, row, "name"));
    out->range = (SequenceRange){pg_int(rows, row, "increment"), pg_int(rows, row, "minimum"),
                                 pg_int(rows, row, "maximum")};
    if (!pg_bool(rows, row, "usable") || !pg_bool(rows, row, "readable"))
        return refuse(out, at_source ? "source" : "destination", "SELECT", err);
    if (!at_source && s->request->apply && !pg_bool(rows, row, "writable"))
        return refuse(out, "destination", "UPDATE", err);
    return true;
}

/* Five lists for sequences_there.sql. */
typedef struct Lists {
    Bytes texts[5];
} Lists;

static void lists_done(Lists *lists)
{
    for (size_t i = 0; i < COUNT_OF(lists->texts); i++)
        bytes_done(&lists->texts[i]);
}

static void fill_lists(Sequences *s, Lists *lists, bool there)
{
    size_t count = s->catalog.sequence_count;
    const char **texts[COUNT_OF(lists->texts)];

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        texts[i] = ARENA_ARRAY(&s->arena, const char *, count);
    for (size_t i = 0; i < count; i++) {
        const CatalogSequence *sequence = &s->catalog.sequences[i];
        const CatalogTable *table = catalog_find(&s->catalog, sequence->table);
        const CatalogColumn *column = table ? catalog_column(table, sequence->attnum) : NULL;

        texts[0][i] = there ? sequence->to_schema : sequence->schema;
        texts[1][i] = sequence->name;
        texts[2][i] = !column ? "" : there ? table->to_schema : table->schema;
        texts[3][i] = !column ? "" : there ? table->to_name : table->name;
        texts[4][i] = !column ? "" : there ? column->to : column->name;
    }
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        created_text_array(&lists->texts[i], texts[i], count);
}

static bool find(Sequences *s, Pg *pg, Known *out, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(lists_done) Lists lists = {0};
    const char *values[COUNT_OF(lists.texts)];

    fill_lists(s, &lists, pg == s->destination);
    for (size_t i = 0; i < COUNT_OF(values); i++)
        values[i] = sql_text(&lists.texts[i]);
    if (!pg_query(pg, SQL_SEQUENCES_THERE, COUNT_OF(values), values, &rows, err))
        return false;
    for (size_t i = 0; i < s->catalog.sequence_count; i++) {
        if (!take_known(s, rows, (int)i, pg == s->source, &out[i], err))
            return false;
    }
    return true;
}

/* The values of [first, end), as rows of their places. */
static const char *values_sql(Bytes *sql, const Known *known, size_t first, size_t end)
{
    bool begun = false;

    for (size_t i = first; i < end; i++) {
        if (!known[i].there)
            continue;
        sql_add(sql, "%sSELECT %zu AS place, last_value, is_called FROM ",
                begun ? " UNION ALL " : "", i);
        sql_qualified(sql, str_of(known[i].schema), str_of(known[i].name));
        begun = true;
    }
    return begun ? sql_text(sql) : NULL;
}

static bool read_some(Pg *pg, Known *known, size_t first, size_t end, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(bytes_done) Bytes sql = {0};
    const char *text = values_sql(&sql, known, first, end);

    if (!text)
        return true;
    if (!pg_exec(pg, text, &rows, err))
        return error_wrap(err, "read sequences");
    for (int row = 0; row < pg_rows_count(rows); row++)
        known[pg_int(rows, row, "place")].value =
            (SequenceValue){pg_int(rows, row, "last_value"), pg_bool(rows, row, "is_called")};
    return true;
}

static bool read_values(Pg *pg, Known *known, size_t count, Error *err)
{
    for (size_t first = 0; first < count; first += READ_AT_ONCE) {
        size_t end = first + READ_AT_ONCE < count ? first + READ_AT_ONCE : count;

        if (!read_some(pg, known, first, end, err))
            return false;
    }
    return true;
}

static bool read_side(Sequences *s, Pg *pg, Known **out, Error *err)
{
    *out = ARENA_ARRAY(&s->arena, Known, s->catalog.sequence_count);
    return find(s, pg, *out, err) && read_values(pg, *out, s->catalog.sequence_count, err);
}

static bool connect_both(Sequences *s, Error *err)
{
    return job_connect_source(&s->source, s->task, "sequences", NULL, err) &&
           job_connect_destination(&s->destination, s->task, "sequences", NULL, err);
}

static bool set(Sequences *s, Known *known, SequenceValue value, Error *err)
{
    CLEANUP(bytes_done) Bytes name = {0};
    char last[24];

    sql_qualified(&name, str_of(known->schema), str_of(known->name));
    snprintf(last, sizeof last, "%" PRId64, value.last);
    const char *values[] = {sql_text(&name), last, value.called ? "t" : "f"};

    if (!pg_query(s->destination, "SELECT setval($1::regclass, $2::bigint, $3::bool)",
                  COUNT_OF(values), values, NULL, err))
        return error_object(err, "%s.%s", known->schema, known->name);
    known->value = value;
    return true;
}

/* Also one that is ahead of the source, but within the margin. Never back. */
static bool settle(Sequences *s, size_t number, SequenceState *state, Error *err)
{
    const Known *here = &s->here[number];
    Known *there = &s->there[number];
    SequenceValue goal;

    *state = SEQUENCE_MISSING;
    if (!there->there || !here->there)
        return true;
    *state = sequence_value_is_behind(there->value, here->value, here->range.increment)
                 ? SEQUENCE_BEHIND
                 : SEQUENCE_OK;
    goal = sequence_value_advance(here->value, here->range, s->request->margin);
    if (!s->request->apply || !sequence_value_is_behind(there->value, goal, here->range.increment))
        return true;
    *state = SEQUENCE_SET;
    return set(s, there, goal, err);
}

static void give(Sequences *s, size_t number, SequenceState state, SequencesSink *sink, void *self)
{
    const Known *there = &s->there[number];
    SequenceItem item = {
        .schema = s->catalog.sequences[number].schema,
        .name = s->catalog.sequences[number].name,
        .there = there->there ? arena_printf(&s->arena, "%s.%s", there->schema, there->name) : "",
        .state = state,
        .source = s->here[number].value,
        .destination = there->value,
    };

    sink(self, &item);
}

static bool settle_all(Sequences *s, SequenceState *states, Error *err)
{
    for (size_t i = 0; i < s->catalog.sequence_count; i++) {
        if (!settle(s, i, &states[i], err))
            return false;
    }
    return true;
}

bool sequences_task(const TaskFile *task, const SequencesRequest *request, SequencesSink *sink,
                    void *self, Error *err)
{
    CLEANUP(sequences_done) Sequences s = {.task = task, .request = request};

    if (task->destination.type == DESTINATION_SELECTDB) {
        error_set(err, ERROR_CONFIG, "SelectDB has no sequences: there is nothing to set");
        return error_object(err, "%s", task->name);
    }
    if (!connect_both(&s, err) || !catalog_read(s.source, task, &s.arena, &s.catalog, err) ||
        !read_side(&s, s.source, &s.here, err) || !read_side(&s, s.destination, &s.there, err))
        return false;

    SequenceState *states = ARENA_ARRAY(&s.arena, SequenceState, s.catalog.sequence_count);

    if (!settle_all(&s, states, err))
        return false;
    for (size_t i = 0; i < s.catalog.sequence_count; i++)
        give(&s, i, states[i], sink, self);
    return true;
}
