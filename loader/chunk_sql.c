#include "loader/chunk_sql.h"

#include "common/names.h"
#include "common/sql_text.h"

#include <inttypes.h>
#include <stdio.h>

static void add_key(Bytes *sql, ChunkKey key)
{
    sql_literal(sql, str_of(key.task));
    sql_add(sql, "::text, %" PRIu32 "::oid, %" PRIu32, key.relation_oid, key.chunk);
}

void chunk_sql_begin(Bytes *sql, ChunkKey key)
{
    /* Read committed: a mark that is committed while we wait is seen, whatever the role's default.
     * The mark must be on disk before the chunk counts as done. */
    sql_add(sql, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; "
                 "SET LOCAL synchronous_commit = on; "
                 "SELECT rows FROM " WALFERRY_SCHEMA ".chunk "
                 "WHERE (task, relation_oid, chunk) = (");
    add_key(sql, key);
    sql_add(sql, ")");
}

void chunk_sql_copy(Bytes *sql, const Relation *relation, bool binary)
{
    sql_add(sql, "COPY ");
    sql_qualified(sql, relation->schema, relation->table);
    for (uint32_t i = 0; i < relation->column_count; i++) {
        sql_add(sql, i == 0 ? " (" : ", ");
        sql_identifier(sql, relation->columns[i].name);
    }
    sql_add(sql, "%s FROM STDIN (FORMAT %s)", relation->column_count > 0 ? ")" : "",
            binary ? "binary" : "text");
}

void chunk_sql_mark(Bytes *sql, ChunkKey key, uint64_t rows)
{
    sql_add(sql,
            "INSERT INTO " WALFERRY_SCHEMA ".chunk (task, relation_oid, chunk, rows) VALUES (");
    add_key(sql, key);
    sql_add(sql, ", %" PRIu64 ")", rows);
}

void chunk_sql_fence(Bytes *sql, const char *task, uint32_t lane, int64_t generation)
{
    sql_add(sql, "UPDATE " WALFERRY_SCHEMA ".progress SET updated = now() WHERE task = ");
    sql_literal(sql, str_of(task));
    sql_add(sql, " AND lane = %" PRIu32 " AND generation = %" PRId64, lane, generation);
}

/*
 * COPY name, line 17, column note: "value"
 * COPY name, line 17: "the whole row"
 */
void chunk_sql_place(const char *context, char *out, size_t size)
{
    static const char line_mark[] = ", line ", column_mark[] = ", column ";
    const char *line = context ? strstr(context, line_mark) : NULL;

    out[0] = '\0';
    if (!line)
        return;
    line += sizeof line_mark - 1;
    size_t digits = strspn(line, "0123456789");
    const char *rest = line + digits;

    if (digits == 0)
        return;
    if (strncmp(rest, column_mark, sizeof column_mark - 1) != 0) {
        snprintf(out, size, "row %.*s", (int)digits, line);
        return;
    }
    const char *column = rest + sizeof column_mark - 1;
    snprintf(out, size, "row %.*s, column %.*s", (int)digits, line, (int)strcspn(column, ":\n"),
             column);
}
