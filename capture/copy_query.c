#include "capture/copy_query.h"

#include "common/sql_text.h"

#include <inttypes.h>

static void add_table(Bytes *sql, const ModelTable *table)
{
    sql_qualified(sql, str_of(table->schema), str_of(table->name));
}

void copy_query_begin(Bytes *sql, const ModelTable *table, const char *snapshot,
                      int64_t lock_timeout_ms)
{
    sql_add(sql, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT ");
    sql_literal(sql, str_of(snapshot));
    sql_add(sql, "; SET LOCAL lock_timeout = %" PRId64 "; LOCK TABLE ONLY ", lock_timeout_ms);
    add_table(sql, table);
    sql_add(sql, " IN ACCESS SHARE MODE");
}

void copy_query_filenode(Bytes *sql, const ModelTable *table)
{
    sql_add(sql, "SELECT pg_relation_filenode(%" PRIu32 "::oid) AS filenode", table->oid);
}

void copy_query_columns(Bytes *sql, const ModelTable *table)
{
    sql_add(sql, "SELECT * FROM ONLY ");
    add_table(sql, table);
    sql_add(sql, " LIMIT 0");
}

/* "a", "b": what there is, or nothing for a table whose columns are all generated, or none. */
static void add_columns(Bytes *sql, const ModelTable *table, const char *before, const char *after)
{
    bool any = false;

    for (size_t i = 0; i < table->n_columns; i++) {
        if (table->columns[i]->generated || table->columns[i]->skip)
            continue;
        sql_add(sql, "%s", any ? ", " : before);
        sql_identifier(sql, str_of(table->columns[i]->name));
        any = true;
    }
    if (any)
        sql_add(sql, "%s", after);
}

/* The form without a query is faster: no executor stands between table and COPY. */
static void add_whole_table(Bytes *sql, const ModelTable *table)
{
    add_table(sql, table);
    add_columns(sql, table, " (", ")");
}

static void add_pages(Bytes *sql, const ModelTable *table, const ModelChunk *chunk)
{
    sql_add(sql, "(SELECT ");
    add_columns(sql, table, "", " ");
    sql_add(sql, "FROM ONLY ");
    add_table(sql, table);
    sql_add(sql, " WHERE ctid >= '(%" PRIu64 ",0)'::tid", chunk->first_block);
    if (chunk->end_block)
        sql_add(sql, " AND ctid < '(%" PRIu64 ",0)'::tid", chunk->end_block);
    sql_add(sql, ")");
}

void copy_query_rows(Bytes *sql, const ModelTable *table, const ModelChunk *chunk)
{
    sql_add(sql, "COPY ");
    if (chunk->first_block == 0 && chunk->end_block == 0)
        add_whole_table(sql, table);
    else
        add_pages(sql, table, chunk);
    sql_add(sql, " TO STDOUT (FORMAT %s)", table->binary ? "binary" : "text");
}

void copy_query_lock_holder(Bytes *sql, const ModelTable *table)
{
    sql_add(sql,
            "SELECT a.pid, a.application_name AS application FROM pg_locks l "
            "JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.relation = %" PRIu32 "::oid "
            "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND l.mode = 'AccessExclusiveLock' ORDER BY l.granted DESC LIMIT 1",
            table->oid);
}

/*
 * The binary format opens with a signature, flags and an (empty) extension, 19 bytes that come
 * with the first row, and ends with a count of columns of -1. Source: PostgreSQL, COPY, "Binary
 * Format".
 */
bool copy_message_is_row(bool binary, Str message)
{
    static const Str signature = STR("PGCOPY\n\377\r\n\0");
    static const Str trailer = STR("\377\377");
    enum { HEADER_BYTES = 19 };

    if (!binary)
        return true;
    if (message.len >= HEADER_BYTES && memcmp(message.data, signature.data, signature.len) == 0)
        message = (Str){message.data + HEADER_BYTES, message.len - HEADER_BYTES};
    return message.len > 0 && !str_equal(message, trailer);
}
