#include "tests/support/source_model.h"

#include "common/mem.h"
#include "common/publication.h"

#include <stdio.h>

typedef Walferry__Model__Model Model;
typedef Walferry__Model__ModelTable Table;
typedef Walferry__Model__ModelColumn Column;

static const char TABLES[] =
    "SELECT c.oid, n.nspname, c.relname, c.relreplident, a.attnum, a.attname, a.atttypid,"
    "       a.atttypmod, coalesce(a.attnum = ANY (i.indkey), false) AS key"
    "  FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid"
    "  JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    "  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    "                     AND a.attgenerated = ''"
    "  LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary"
    " WHERE p.pubname = 'walferry_%s' AND n.nspname <> 'walferry' ORDER BY c.oid, a.attnum";

static void add_column(Arena *arena, Table *table, const PgRows *rows, int row)
{
    Column *column = ARENA_NEW(arena, Column);

    walferry__model__model_column__init(column);
    column->attnum = (uint32_t)pg_int(rows, row, "attnum");
    column->name = arena_strdup(arena, pg_text(rows, row, "attname"));
    column->type_oid = (uint32_t)pg_int(rows, row, "atttypid");
    column->type_modifier = (int32_t)pg_int(rows, row, "atttypmod");
    column->key = pg_bool(rows, row, "key");
    table->columns[table->n_columns++] = column;
}

static Table *add_table(Arena *arena, Model *model, const PgRows *rows, int row)
{
    Table *table = ARENA_NEW(arena, Table);

    walferry__model__model_table__init(table);
    table->oid = (uint32_t)pg_int(rows, row, "oid");
    table->schema = arena_strdup(arena, pg_text(rows, row, "nspname"));
    table->name = arena_strdup(arena, pg_text(rows, row, "relname"));
    table->full_identity = pg_text(rows, row, "relreplident")[0] == 'f';
    table->columns = ARENA_ARRAY(arena, Column *, (size_t)pg_rows_count(rows));
    model->tables[model->n_tables++] = table;
    return table;
}

bool source_model_read(Pg *pg, const char *task, Arena *arena, Model *out, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(mem_free) char *sql = mem_printf(TABLES, task);
    Table *table = NULL;

    if (!pg_exec(pg, sql, &rows, err))
        return false;
    walferry__model__model__init(out);
    out->tables = ARENA_ARRAY(arena, Table *, (size_t)pg_rows_count(rows));
    for (int row = 0; row < pg_rows_count(rows); row++) {
        if (!table || table->oid != (uint32_t)pg_int(rows, row, "oid"))
            table = add_table(arena, out, rows, row);
        add_column(arena, table, rows, row);
    }
    return publication_digest(pg, arena_printf(arena, "walferry_%s", task),
                              &out->publication_digest, err);
}
