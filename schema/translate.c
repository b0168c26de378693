#include "schema/translate.h"

#include "common/bytes.h"
#include "common/sql_text.h"
#include "schema/map_catalog.h"
#include "schema/statements.h"
#include "translated.sql.h"

#include <stdlib.h>

/* Name n of what is made stands for index n, or for constraint n - index_count. */
#define STAND_IN "walferry_"

static bool is_late_check(const CatalogTable *table, const CatalogConstraint *constraint)
{
    return constraint->type == 'c' && !statement_check_is_early(table, constraint);
}

/* A whole row in an expression bears the table's name, so that this counts as well. */
static bool needs_translation(const CatalogTable *table)
{
    bool columns = map_columns_are_renamed(table);

    if (!columns && !map_table_is_renamed(table))
        return false;
    for (size_t i = 0; i < table->index_count; i++) {
        if (columns || !table->indexes[i].plain)
            return true;
    }
    for (size_t i = 0; i < table->constraint_count; i++) {
        if (is_late_check(table, &table->constraints[i]))
            return true;
    }
    return false;
}

/* The table's names in the session's own schema. */
static const char *temporary(Arena *arena, const char *table)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "pg_temp.");
    sql_identifier(&sql, str_of(table));
    return arena_copy(arena, bytes_str(&sql)).data;
}

static void add_table(Bytes *sql, const char *name, const CatalogTable *table)
{
    bool begun = false;

    sql_add(sql, "CREATE TABLE %s (", name);
    for (size_t i = 0; i < table->column_count; i++) {
        const CatalogColumn *column = &table->columns[i];

        if (column->skip)
            continue;
        sql_add(sql, "%s", begun ? ", " : "");
        begun = true;
        sql_identifier(sql, str_of(column->name));
        sql_add(sql, " %s", column->type_text);
        if (column->collation)
            sql_add(sql, " COLLATE %s", column->collation);
    }
    sql_add(sql, ")");
}

static void add_constraint(Bytes *sql, const char *name, size_t number, const char *definition)
{
    sql_add(sql, "; ALTER TABLE %s ADD CONSTRAINT " STAND_IN "%zu %s", name, number, definition);
}

static void add_objects(Bytes *sql, const char *name, const CatalogTable *table)
{
    for (size_t i = 0; i < table->index_count; i++) {
        const CatalogIndex *index = &table->indexes[i];

        if (index->constraint_name)
            add_constraint(sql, name, i, index->constraint_definition);
        else if (index->body)
            sql_add(sql, "; CREATE %sINDEX " STAND_IN "%zu ON %s %s",
                    index->unique ? "UNIQUE " : "", i, name, index->body);
    }
    for (size_t i = 0; i < table->constraint_count; i++) {
        if (is_late_check(table, &table->constraints[i]))
            add_constraint(sql, name, table->index_count + i, table->constraints[i].definition);
    }
}

static void add_renames(Bytes *sql, Arena *arena, const char *name, const CatalogTable *table)
{
    const char *columns = statement_rename_columns(arena, table, name);

    if (columns)
        sql_add(sql, "; %s", columns);
    if (strcmp(table->name, table->to_name) == 0)
        return;
    sql_add(sql, "; ALTER TABLE %s RENAME TO ", name);
    sql_identifier(sql, str_of(table->to_name));
}

static void take(CatalogTable *table, size_t number, const char *definition, Arena *arena)
{
    CatalogIndex *index = number < table->index_count ? &table->indexes[number] : NULL;
    size_t constraint = number - table->index_count;

    if (!index && constraint < table->constraint_count) {
        table->constraints[constraint].definition = arena_strdup(arena, definition);
    } else if (index && index->constraint_name) {
        index->constraint_definition = arena_strdup(arena, definition);
    } else if (index) {
        index->body = arena_strdup(arena, definition);
        map_index_definition(index, table, arena);
    }
}

static void take_all(CatalogTable *table, const PgRows *rows, Arena *arena)
{
    for (int row = 0; row < pg_rows_count(rows); row++) {
        const char *name = pg_text(rows, row, "name");

        if (strncmp(name, STAND_IN, strlen(STAND_IN)) == 0 && !pg_is_null(rows, row, "definition"))
            take(table, strtoul(name + strlen(STAND_IN), NULL, 10),
                 pg_text(rows, row, "definition"), arena);
    }
}

static bool translate_table(Pg *pg, CatalogTable *table, Arena *arena, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    const char *name = temporary(arena, table->name);
    const char *values[] = {temporary(arena, table->to_name)};

    sql_add(&sql, "BEGIN; ");
    add_table(&sql, name, table);
    add_objects(&sql, name, table);
    add_renames(&sql, arena, name, table);
    if (!pg_exec(pg, sql_text(&sql), NULL, err) ||
        !pg_query(pg, SQL_TRANSLATED, 1, values, &rows, err))
        return error_object(err, "%s", catalog_to_name(arena, table));
    take_all(table, rows, arena);
    return pg_exec(pg, "ROLLBACK", NULL, err);
}

bool translate_catalog(Pg *pg, Catalog *catalog, Arena *arena, Error *err)
{
    for (size_t i = 0; i < catalog->table_count; i++) {
        CatalogTable *table = &catalog->tables[i];

        if (needs_translation(table) && !translate_table(pg, table, arena, err))
            return error_wrap(err, "put definitions into the destination's names");
    }
    return true;
}
