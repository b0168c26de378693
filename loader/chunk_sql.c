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

/* 'keep "s"."t"', as schema/existing_rows.c notes it */
static void add_noted(Bytes *sql, const char *word, const Relation *relation)
{
    CLEANUP(bytes_done) Bytes object = {0};

    sql_add(&object, "%s ", word);
    sql_qualified(&object, relation->schema, relation->table);
    sql_literal(sql, bytes_str(&object));
}

void chunk_sql_begin(Bytes *sql, ChunkKey key, const Relation *relation)
{
    /* Read committed: a mark that is committed while we wait is seen, whatever the role's default.
     * The mark must be on disk before the chunk counts as done. */
    sql_add(sql, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; "
                 "SET LOCAL synchronous_commit = on; "
                 "SELECT c.rows, c.kept, split_part(n.object, ' ', 1) AS existing "
                 "FROM (VALUES (1)) AS one "
                 "LEFT JOIN " WALFERRY_SCHEMA ".chunk AS c "
                 "ON (c.task, c.relation_oid, c.chunk) = (");
    add_key(sql, key);
    sql_add(sql, ") LEFT JOIN " WALFERRY_SCHEMA ".created AS n ON n.task = ");
    sql_literal(sql, str_of(key.task));
    sql_add(sql, " AND n.object IN (");
    add_noted(sql, CREATED_KEEP, relation);
    sql_add(sql, ", ");
    add_noted(sql, CREATED_OVERWRITE, relation);
    sql_add(sql, ")");
}

/* Columns of the relation, or those of its key. */
static void add_names(Bytes *sql, const Relation *relation, bool key_only)
{
    bool begun = false;

    for (uint32_t i = 0; i < relation->column_count; i++) {
        if (key_only && !relation->columns[i].key)
            continue;
        sql_add(sql, "%s", begun ? ", " : "");
        sql_identifier(sql, relation->columns[i].name);
        begun = true;
    }
}

static void add_from_stdin(Bytes *sql, const Relation *relation, bool binary)
{
    if (relation->column_count > 0) {
        sql_add(sql, " (");
        add_names(sql, relation, false);
        sql_add(sql, ")");
    }
    sql_add(sql, " FROM STDIN (FORMAT %s)", binary ? "binary" : "text");
}

void chunk_sql_copy(Bytes *sql, const Relation *relation, bool binary)
{
    sql_add(sql, "COPY ");
    sql_qualified(sql, relation->schema, relation->table);
    add_from_stdin(sql, relation, binary);
}

#define STAGE "walferry_chunk"

void chunk_sql_stage(Bytes *sql, const Relation *relation, bool binary)
{
    sql_add(sql, "CREATE TEMPORARY TABLE " STAGE " ON COMMIT DROP AS SELECT ");
    add_names(sql, relation, false);
    sql_add(sql, " FROM ");
    sql_qualified(sql, relation->schema, relation->table);
    sql_add(sql, " WITH NO DATA; COPY pg_temp." STAGE);
    add_from_stdin(sql, relation, binary);
}

/* A column that is set to what it is makes the row count as written when there is only a key. */
static void add_overwrites(Bytes *sql, const Relation *relation)
{
    bool begun = false;

    for (uint32_t pass = 0; pass < 2 && !begun; pass++) {
        for (uint32_t i = 0; i < relation->column_count; i++) {
            if (relation->columns[i].key && pass == 0)
                continue;
            sql_add(sql, "%s", begun ? ", " : "");
            sql_identifier(sql, relation->columns[i].name);
            sql_add(sql, " = EXCLUDED.");
            sql_identifier(sql, relation->columns[i].name);
            begun = true;
        }
    }
}

/* Of the key: a row that another unique index refuses must not get lost without a word. */
void chunk_sql_merge(Bytes *sql, const Relation *relation, bool overwrite)
{
    sql_add(sql, "INSERT INTO ");
    sql_qualified(sql, relation->schema, relation->table);
    sql_add(sql, " (");
    add_names(sql, relation, false);
    sql_add(sql, ") OVERRIDING SYSTEM VALUE SELECT ");
    add_names(sql, relation, false);
    sql_add(sql, " FROM pg_temp." STAGE " ON CONFLICT (");
    add_names(sql, relation, true);
    sql_add(sql, ") DO %s", overwrite ? "UPDATE SET " : "NOTHING");
    if (overwrite)
        add_overwrites(sql, relation);
}

void chunk_sql_mark(Bytes *sql, ChunkKey key, uint64_t rows, uint64_t kept)
{
    sql_add(sql, "INSERT INTO " WALFERRY_SCHEMA
                 ".chunk (task, relation_oid, chunk, rows, kept) VALUES (");
    add_key(sql, key);
    sql_add(sql, ", %" PRIu64 ", %" PRIu64 ")", rows, kept);
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
