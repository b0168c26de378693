#include "schema/compare.h"

#include "common/bytes.h"
#include "common/sql_text.h"
#include "schema/compare_selectdb.h"
#include "schema/existing.h"
#include "schema/map_catalog.h"

#include <poll.h>
#include <stdlib.h>

enum { SIDES = 2, LOOK_AGAIN_MS = 1000, TABLES_AT_ONCE = 500 };

typedef struct Side {
    Pg *pg;
    PgRows *rows; /* of the table in hand */
    bool finished;
} Side;

typedef struct Compare {
    const TaskFile *task;
    Side sides[SIDES]; /* source, destination */
    Catalog catalog;
    Existing existing;
    bool same_encoding;
    Arena arena;
} Compare;

static void compare_done(Compare *compare)
{
    for (size_t i = 0; i < SIDES; i++) {
        pg_rows_done(&compare->sides[i].rows);
        pg_close(&compare->sides[i].pg);
    }
    arena_done(&compare->arena);
}

static bool connect_both(Compare *c, Error *err)
{
    return job_connect_source(&c->sides[0].pg, c->task, "compare", NULL, err) &&
           job_connect_destination(&c->sides[1].pg, c->task, "compare", NULL, err);
}

/* The first query takes the snapshot. Gives the server's encoding. */
static bool begin(Side *side, Arena *arena, const char **encoding, Error *err)
{
    static const char BEGIN[] = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
                                " SELECT current_setting('server_encoding') AS encoding,"
                                " pg_current_snapshot() AS snapshot";
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_exec(side->pg, BEGIN, &rows, err) ||
        !pg_exec(side->pg, "SAVEPOINT walferry", NULL, err))
        return false;
    *encoding = arena_strdup(arena, pg_text(rows, 0, "encoding"));
    return true;
}

/* The snapshot stays; the server has no room for locks of thousands of tables. */
static bool let_go_locks(Compare *c, Error *err)
{
    for (size_t i = 0; i < SIDES; i++) {
        if (!pg_exec(c->sides[i].pg, "ROLLBACK TO SAVEPOINT walferry", NULL, err))
            return false;
    }
    return true;
}

static bool begin_both(Compare *c, Error *err)
{
    const char *encodings[SIDES];

    for (size_t i = 0; i < SIDES; i++) {
        if (!begin(&c->sides[i], &c->arena, &encodings[i], err))
            return false;
    }
    c->same_encoding = strcmp(encodings[0], encodings[1]) == 0;
    return true;
}

static bool read_tables(Compare *c, Error *err)
{
    if (!catalog_read_candidates(c->sides[0].pg, &c->arena, &c->catalog, err))
        return false;
    catalog_select(&c->catalog, c->task);
    if (!catalog_read_columns(c->sides[0].pg, &c->arena, &c->catalog, err))
        return false;
    map_catalog_tables(&c->catalog, c->task, &c->arena);
    return existing_read(c->sides[1].pg, c->task, &c->catalog, &c->arena, &c->existing, err);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const CatalogColumn *const *)a)->name,
                  (*(const CatalogColumn *const *)b)->name);
}

/* ROW("a", "b"), by the source's names: a partition may have its columns in another order. */
static void add_row(Bytes *sql, Arena *arena, const CatalogTable *table, bool there)
{
    const CatalogColumn **columns = ARENA_ARRAY(arena, const CatalogColumn *, table->column_count);
    size_t count = 0;

    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].generated && !table->columns[i].skip)
            columns[count++] = &table->columns[i];
    }
    if (count > 0)
        qsort(columns, count, sizeof *columns, by_name);
    sql_add(sql, "ROW(");
    for (size_t i = 0; i < count; i++) {
        sql_add(sql, "%s", i ? ", " : "");
        sql_identifier(sql, str_of(there ? columns[i]->to : columns[i]->name));
    }
    sql_add(sql, ")::text");
}

/* Text is hashed as the server keeps it, unless the two keep it differently. */
static const char *digest_sql(const Compare *c, Arena *arena, const CatalogTable *table, char kind,
                              bool there)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "SELECT count(*) AS rows, coalesce(sum(");
    sql_add(&sql, c->same_encoding ? "hashtextextended(" : "('x' || left(md5(convert_to(");
    add_row(&sql, arena, table, there);
    sql_add(&sql, c->same_encoding ? ", 0)" : ", 'UTF8')), 16))::bit(64)::bigint");
    sql_add(&sql, "::numeric), 0) AS digest FROM %s", kind == 'p' ? "" : "ONLY ");
    sql_qualified(&sql, str_of(there ? table->to_schema : table->schema),
                  str_of(there ? table->to_name : table->name));
    return arena_copy(arena, bytes_str(&sql)).data;
}

static bool receive(Side *side, Error *err)
{
    PgProgress progress = side->finished ? PG_DONE : pg_receive(side->pg, &side->rows, err);

    side->finished = progress == PG_DONE;
    return progress != PG_FAILED;
}

static bool wait_for_both(Compare *c, Error *err)
{
    struct pollfd items[SIDES];
    nfds_t count = 0;

    for (size_t i = 0; i < SIDES; i++) {
        if (!receive(&c->sides[i], err))
            return false;
        if (!c->sides[i].finished)
            items[count++] = (struct pollfd){.fd = pg_socket(c->sides[i].pg), .events = POLLIN};
    }
    if (count > 0)
        (void)poll(items, count, LOOK_AGAIN_MS);
    return true;
}

/* A plain table of the source may be a partitioned one at the destination. */
static bool count_both(Compare *c, size_t number, Error *err)
{
    const CatalogTable *table = &c->catalog.tables[number];
    char kinds[SIDES] = {table->kind, c->existing.tables[number].there.kind};

    for (size_t i = 0; i < SIDES; i++) {
        const char *sql = digest_sql(c, &c->arena, table, kinds[i], i == 1);

        pg_rows_done(&c->sides[i].rows);
        c->sides[i].finished = false;
        if (!pg_send(c->sides[i].pg, sql, err))
            return false;
    }
    while (!c->sides[0].finished || !c->sides[1].finished) {
        if (!wait_for_both(c, err))
            return false;
    }
    return true;
}

static void put_counts(const Compare *c, CompareTable *out)
{
    const PgRows *source = c->sides[0].rows, *destination = c->sides[1].rows;

    out->source_rows = pg_int(source, 0, "rows");
    out->destination_rows = pg_int(destination, 0, "rows");
    out->source_digest = pg_text(source, 0, "digest");
    out->destination_digest = pg_text(destination, 0, "digest");
    out->equal = out->source_rows == out->destination_rows &&
                 strcmp(out->source_digest, out->destination_digest) == 0;
}

static bool has_column(const ThereTable *there, const char *name)
{
    for (size_t i = 0; i < there->column_count; i++) {
        if (strcmp(there->columns[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Why the rows of a table cannot be compared; "" if they can. */
static const char *hindrance(Compare *c, size_t number)
{
    const CatalogTable *table = &c->catalog.tables[number];
    const ThereTable *there = &c->existing.tables[number].there;

    if (!there->kind)
        return "the destination has no such table";
    for (size_t i = 0; i < table->column_count; i++) {
        const CatalogColumn *column = &table->columns[i];

        if (!column->generated && !column->skip && !has_column(there, column->to))
            return arena_printf(&c->arena, "the destination has no column %s", column->to);
    }
    return "";
}

static bool compare_table(Compare *c, size_t number, CompareSink *sink, void *self, Error *err)
{
    const CatalogTable *table = &c->catalog.tables[number];
    CompareTable result = {.schema = table->schema,
                           .table = table->name,
                           .to_schema = table->to_schema,
                           .to_table = table->to_name,
                           .source_rows = -1,
                           .destination_rows = -1,
                           .source_digest = "",
                           .destination_digest = "",
                           .note = hindrance(c, number)};

    if (!result.note[0]) {
        if (!count_both(c, number, err))
            return error_object(err, "%s", catalog_to_name(&c->arena, table));
        put_counts(c, &result);
    }
    sink(self, &result);
    return true;
}

static bool is_named(const CatalogTable *table, const char *name, Arena *arena)
{
    return strcmp(name, table->name) == 0 || strcmp(name, table->root_name) == 0 ||
           strcmp(name, catalog_name(arena, table)) == 0 || strcmp(name, table->to_name) == 0 ||
           strcmp(name, arena_printf(arena, "%s.%s", table->to_schema, table->to_name)) == 0 ||
           strcmp(name, arena_printf(arena, "%s.%s", table->root_schema, table->root_name)) == 0;
}

bool compare_select(const Catalog *catalog, const char *only_table, Arena *arena, size_t **out,
                    size_t *count, Error *err)
{
    *out = ARENA_ARRAY(arena, size_t, catalog->table_count + 1);
    *count = 0;
    for (size_t i = 0; i < catalog->table_count; i++) {
        const CatalogTable *table = &catalog->tables[i];

        if (catalog_has_rows(table) && (!only_table || is_named(table, only_table, arena)))
            (*out)[(*count)++] = i;
    }
    if (*count > 0)
        return true;
    error_set(err, ERROR_CONFIG, "the task has no such table");
    return error_object(err, "%s", only_table ? only_table : "");
}

static bool compare_tables(Compare *c, const char *only_table, CompareSink *sink, void *self,
                           Error *err)
{
    size_t *numbers, count;

    if (!compare_select(&c->catalog, only_table, &c->arena, &numbers, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!compare_table(c, numbers[i], sink, self, err) ||
            ((i + 1) % TABLES_AT_ONCE == 0 && !let_go_locks(c, err)))
            return false;
    }
    return true;
}

bool compare_task(const TaskFile *task, const char *only_table, CompareSink *sink, void *self,
                  Error *err)
{
    CLEANUP(compare_done) Compare c = {.task = task};

    if (task->destination.type == DESTINATION_SELECTDB)
        return compare_selectdb_task(task, only_table, sink, self, err);
    return connect_both(&c, err) && begin_both(&c, err) && read_tables(&c, err) &&
           compare_tables(&c, only_table, sink, self, err);
}
