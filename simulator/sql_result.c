#include "simulator/sql_result.h"

#include "common/bytes.h"
#include "common/mem.h"
#include "simulator/db.h"
#include "simulator/sql_cursor.h"
#include "simulator/sql_value.h"

#include <stdlib.h>

struct SqlResult {
    Arena arena;
    Arena row;
    Bytes columns; /* SqlColumn */
    Bytes types;   /* SimType */
    Bytes rows;    /* const char **, for rows in memory */
    size_t next;
    SqlValue *values;
    struct sqlite3 *db;
    struct sqlite3_stmt *statement;
};

SqlResult *sql_result_new(void)
{
    return MEM_NEW(SqlResult);
}

Arena *sql_result_arena(SqlResult *result)
{
    return &result->arena;
}

static size_t column_count(const SqlResult *result)
{
    return result->columns.len / sizeof(SqlColumn);
}

void sql_result_add_column(SqlResult *result, const char *name, const SimType *type)
{
    SqlColumn column = {name, sim_type_jdbc(type)};

    bytes_add(&result->columns, &column, sizeof column);
    bytes_add(&result->types, type, sizeof *type);
}

void sql_result_add_row(SqlResult *result, const char *const *texts)
{
    size_t count = column_count(result);
    const char **row = ARENA_ARRAY(&result->arena, const char *, count);

    for (size_t i = 0; i < count; i++)
        row[i] = texts[i] ? arena_strdup(&result->arena, texts[i]) : NULL;
    bytes_add(&result->rows, &row, sizeof row);
}

void sql_result_read(SqlResult *result, struct sqlite3 **db, struct sqlite3_stmt **statement)
{
    result->db = *db;
    result->statement = *statement;
    *db = NULL;
    *statement = NULL;
}

bool sql_result_has_rows(const SqlResult *result)
{
    return result->columns.len > 0;
}

size_t sql_result_columns(const SqlResult *result, const SqlColumn **out)
{
    *out = (const SqlColumn *)(const void *)result->columns.data;
    return column_count(result);
}

static void set_value(SqlResult *result, size_t at, Str text, bool null)
{
    const SimType *types = (const SimType *)(const void *)result->types.data;

    result->values[at] =
        null ? (SqlValue){SQL_NULL, {NULL, 0}} : sql_value_of(&types[at], text, &result->row);
}

static void memory_row(SqlResult *result, bool *found)
{
    const char ***rows = (const char ***)(void *)result->rows.data;

    *found = result->next < result->rows.len / sizeof *rows;
    for (size_t i = 0; *found && i < column_count(result); i++) {
        const char *text = rows[result->next][i];

        set_value(result, i, str_of(text), !text);
    }
    result->next += *found;
}

static bool read_row(SqlResult *result, bool *found, Error *err)
{
    if (!db_step(result->statement, found, err))
        return false;
    for (size_t i = 0; *found && i < column_count(result); i++) {
        bool null;
        Str text = db_column(result->statement, (int)i, &null);

        set_value(result, i, text, null);
    }
    return true;
}

bool sql_result_next(SqlResult *result, const SqlValue **row, Error *err)
{
    bool found;

    arena_reset(&result->row);
    if (!result->values)
        result->values = mem_alloc((column_count(result) + 1) * sizeof *result->values);
    if (!result->statement)
        memory_row(result, &found);
    else if (!read_row(result, &found, err))
        return false;
    *row = found ? result->values : NULL;
    return true;
}

void sql_result_close(SqlResult **result)
{
    SqlResult *self = *result;

    if (!self)
        return;
    if (self->statement)
        db_finalize(&self->statement);
    if (self->db)
        db_close(&self->db);
    bytes_done(&self->columns);
    bytes_done(&self->types);
    bytes_done(&self->rows);
    arena_done(&self->arena);
    arena_done(&self->row);
    free(self->values);
    free(self);
    *result = NULL;
}
