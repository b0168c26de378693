#include "schema/compare_selectdb.h"

#include "common/compiler.h"
#include "common/selectdb.h"
#include "common/selectdb_sql.h"
#include "common/sql_text.h"
#include "schema/compare_pages.h"
#include "schema/job.h"
#include "schema/map_catalog.h"
#include "schema/selectdb_design.h"
#include "schema/selectdb_there.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { FETCH_ROWS = 1000 };

typedef struct Compare {
    const TaskFile *task;
    Pg *pg;
    Selectdb *selectdb;
    Catalog catalog;
    Arena arena;
} Compare;

/* A table in hand. */
typedef struct Pair {
    const CatalogTable *table;
    SelectdbDesign design; /* the types are those that are there */
    CompareDigest source, there;
    Arena arena;
} Pair;

static void compare_done(Compare *c)
{
    pg_close(&c->pg);
    selectdb_close(&c->selectdb);
    arena_done(&c->arena);
}

static void pair_done(Pair *pair)
{
    arena_done(&pair->arena);
}

/* ---- the source ---- */

static bool open_source(Compare *c, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    if (!job_connect_source(&c->pg, c->task, "compare", NULL, err))
        return false;
    sql_add(&sql, "SET TimeZone = ");
    sql_literal(&sql, str_of(c->task->destination.timezone));
    sql_add(&sql, "; BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    if (!pg_exec(c->pg, sql_text(&sql), NULL, err) ||
        !catalog_read(c->pg, c->task, &c->arena, &c->catalog, err))
        return false;
    return true;
}

/* In a key nothing becomes NULL. */
static bool null_is_meant(const TaskFile *task, const SelectdbField *field)
{
    const UnfitPolicy policies[DORIS_KIND_COUNT] = {
        [DORIS_DATE] = task->destination.unfit.date,
        [DORIS_DATETIME] = task->destination.unfit.timestamp,
        [DORIS_DECIMAL] = task->destination.unfit.decimal,
        [DORIS_CHAR] = task->destination.unfit.varchar,
        [DORIS_VARCHAR] = task->destination.unfit.varchar,
    };

    return !field->key && policies[field->type.kind] == UNFIT_NULL;
}

static CompareValue source_value(const Compare *c, const PgRows *rows, int row,
                                 const SelectdbField *field, size_t number)
{
    char column[24];

    snprintf(column, sizeof column, "c%zu", number);
    CompareValue value = {field->type, str_of(pg_text(rows, row, column)),
                          pg_is_null(rows, row, column)};

    if (compare_text_is_unfit(value) && null_is_meant(c->task, field))
        value.null = true;
    return value;
}

static void digest_source_rows(const Compare *c, Pair *pair, const PgRows *rows)
{
    CLEANUP(bytes_done) Bytes text = {0};

    for (int row = 0; row < pg_rows_count(rows); row++) {
        bytes_clear(&text);
        for (size_t i = 0; i < pair->design.field_count; i++) {
            if (pair->design.fields[i].source)
                compare_text_add(&text, source_value(c, rows, row, &pair->design.fields[i], i));
        }
        compare_digest_add(&pair->source, bytes_str(&text));
    }
}

static const char *cursor_sql(const Pair *pair, Arena *arena)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    const char *comma = "";

    sql_add(&sql, "DECLARE walferry NO SCROLL CURSOR FOR SELECT ");
    for (size_t i = 0; i < pair->design.field_count; i++) {
        if (!pair->design.fields[i].source)
            continue;
        sql_add(&sql, "%s", comma);
        sql_identifier(&sql, str_of(pair->design.fields[i].source->name));
        sql_add(&sql, " AS c%zu", i);
        comma = ", ";
    }
    sql_add(&sql, " FROM ONLY ");
    sql_qualified(&sql, str_of(pair->table->schema), str_of(pair->table->name));
    return arena_strdup(arena, sql_text(&sql));
}

static bool read_source(Compare *c, Pair *pair, Error *err)
{
    if (!pg_exec(c->pg, cursor_sql(pair, &pair->arena), NULL, err))
        return false;
    for (int count = 1; count > 0;) {
        CLEANUP(pg_rows_done) PgRows *rows = NULL;

        if (!pg_exec(c->pg, arena_printf(&pair->arena, "FETCH %d FROM walferry", FETCH_ROWS), &rows,
                     err))
            return false;
        count = pg_rows_count(rows);
        digest_source_rows(c, pair, rows);
    }
    return pg_exec(c->pg, "CLOSE walferry", NULL, err);
}

/* ---- a table ---- */

/* Names and types as they are there; "" or what keeps it from being compared. */
static const char *meet(Pair *pair, const SelectdbThere *there)
{
    if ((there->model == THERE_UNIQUE) != pair->design.unique)
        return "the destination's table is of another model";
    for (size_t i = 0; i < pair->design.field_count; i++) {
        SelectdbField *field = &pair->design.fields[i];
        const ThereField *found = selectdb_there_field(there, field->name);

        if (!found)
            return arena_printf(&pair->arena, "the destination has no column %s", field->name);
        field->name = found->name;
        if (found->type.kind != DORIS_NONE)
            field->type = found->type;
    }
    return "";
}

static bool look_at_table(Compare *c, Pair *pair, const char **note, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    SelectdbSchema schema;
    SelectdbRows rows;
    SelectdbThere there;
    Error why = {0};

    if (!selectdb_design_settle(c->task, pair->table, &pair->arena, &pair->design, &why)) {
        *note = arena_strdup(&pair->arena, why.message);
        return true;
    }
    if (!selectdb_table(c->selectdb, pair->table->to_schema, pair->table->to_name, &pair->arena,
                        &schema, err))
        return false;
    if (!schema.exists) {
        *note = "the destination has no such table";
        return true;
    }
    sql_add(&sql, "SHOW CREATE TABLE ");
    selectdb_sql_table(&sql, str_of(pair->table->to_schema), str_of(pair->table->to_name));
    if (!selectdb_query(c->selectdb, pair->table->to_schema, sql_text(&sql), &pair->arena, &rows,
                        err))
        return false;
    *note = !selectdb_there_read(selectdb_value(&rows, 0, "Create Table").text, &pair->arena,
                                 &there, &why)
                ? arena_strdup(&pair->arena, why.message)
                : meet(pair, &there);
    return true;
}

static void put_counts(Pair *pair, CompareTable *out)
{
    out->source_rows = pair->source.rows;
    out->destination_rows = pair->there.rows;
    out->source_digest = arena_printf(&pair->arena, "%" PRIu64, pair->source.sum);
    out->destination_digest = arena_printf(&pair->arena, "%" PRIu64, pair->there.sum);
    out->equal = pair->source.rows == pair->there.rows && pair->source.sum == pair->there.sum;
    if (!out->equal && !compare_pages_keyed(pair->table, &pair->design))
        out->note = "it has no key: rows that were updated are still counted";
}

static bool compare_table(Compare *c, const CatalogTable *table, CompareSink *sink, void *self,
                          Error *err)
{
    CLEANUP(pair_done) Pair pair = {.table = table};
    CompareTable result = {.schema = table->schema,
                           .table = table->name,
                           .to_schema = table->to_schema,
                           .to_table = table->to_name,
                           .source_rows = -1,
                           .destination_rows = -1,
                           .source_digest = "",
                           .destination_digest = "",
                           .note = ""};

    if (!look_at_table(c, &pair, &result.note, err))
        return error_object(err, "%s", catalog_to_name(&pair.arena, table));
    if (!result.note[0]) {
        if (!read_source(c, &pair, err) ||
            !compare_pages_read(c->selectdb, table, &pair.design, &pair.there, err))
            return error_object(err, "%s", catalog_to_name(&pair.arena, table));
        put_counts(&pair, &result);
    }
    sink(self, &result);
    return true;
}

static bool compare_tables(Compare *c, const char *only_table, CompareSink *sink, void *self,
                           Error *err)
{
    size_t *numbers, count;

    if (!compare_select(&c->catalog, only_table, &c->arena, &numbers, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!compare_table(c, &c->catalog.tables[numbers[i]], sink, self, err))
            return false;
    }
    return true;
}

bool compare_selectdb_task(const TaskFile *task, const char *only_table, CompareSink *sink,
                           void *self, Error *err)
{
    CLEANUP(compare_done) Compare c = {.task = task};

    return open_source(&c, err) && job_open_selectdb(&c.selectdb, task, NULL, err) &&
           compare_tables(&c, only_table, sink, self, err);
}
