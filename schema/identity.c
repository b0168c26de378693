#include "schema/identity.h"

#include "common/bytes.h"
#include "common/failpoint.h"
#include "common/mem.h"
#include "common/sql_text.h"
#include "identity_rows.sql.h"
#include "schema/keys.h"

static const char *into_arena(Arena *arena, const Bytes *sql)
{
    return arena_copy(arena, bytes_str(sql)).data;
}

const char *identity_full_sql(Arena *arena, const CatalogTable *table)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "ALTER TABLE ONLY ");
    sql_qualified(&sql, str_of(table->schema), str_of(table->name));
    sql_add(&sql, " REPLICA IDENTITY FULL");
    return into_arena(arena, &sql);
}

/* An index that was named and then dropped leaves the table with none, as NOTHING does. */
const char *identity_clause(Arena *arena, const CatalogTable *table)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    switch (table->identity) {
    case 'd':
        return "DEFAULT";
    case 'f':
        return "FULL";
    case 'i':
        for (size_t i = 0; i < table->index_count; i++) {
            if (!table->indexes[i].identity)
                continue;
            sql_add(&sql, "USING INDEX ");
            sql_identifier(&sql, str_of(table->indexes[i].name));
            return into_arena(arena, &sql);
        }
        return "NOTHING";
    default:
        return "NOTHING";
    }
}

static bool set_full(Pg *pg, const TaskFile *task, Arena *arena, const CatalogTable *table,
                     JobHost *host, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "INSERT INTO walferry.identity (task, relation, previous) VALUES (");
    sql_literal(&sql, str_of(task->name));
    sql_add(&sql, ", %u, ", table->oid);
    sql_literal(&sql, str_of(identity_clause(arena, table)));
    sql_add(&sql, ") ON CONFLICT DO NOTHING; %s", identity_full_sql(arena, table));
    return job_exec_locking(pg, task, sql_text(&sql), catalog_name(arena, table), host, err) ||
           error_wrap(err, "set REPLICA IDENTITY FULL");
}

/* FULL already because another task of ours needs it: then both remember what was before. */
static bool share_others(Pg *pg, const TaskFile *task, Arena *arena, const Catalog *catalog,
                         Error *err)
{
    static const char SQL[] =
        "INSERT INTO walferry.identity (task, relation, previous)"
        " SELECT DISTINCT ON (i.relation) $1, i.relation, i.previous"
        "   FROM walferry.identity AS i JOIN pg_class AS c ON c.oid = i.relation"
        "  WHERE i.relation = ANY ($2::oid[]) AND i.task <> $1 AND c.relreplident = 'f'"
        " ON CONFLICT DO NOTHING";
    const char *values[] = {task->name, catalog_oids(arena, catalog)};

    return pg_query(pg, SQL, 2, values, NULL, err) || error_wrap(err, "note identities");
}

static bool refuse_to_keep(Arena *arena, const CatalogTable *table, Error *err)
{
    error_set(err, ERROR_CONFIG,
              "the table has no usable replica identity and replica_identity is \"keep\"");
    error_object(err, "%s", catalog_name(arena, table));
    return error_hint(err, "run at the source: %s;", identity_full_sql(arena, table));
}

static bool refuse_full(Arena *arena, const CatalogTable *table, Error *err)
{
    error_set(err, ERROR_CONFIG, IDENTITY_FULL_REFUSED);
    error_object(err, "%s", catalog_name(arena, table));
    return error_hint(err, IDENTITY_FULL_REFUSED_HINT);
}

bool identity_settle(Pg *pg, const TaskFile *task, Arena *arena, const Catalog *catalog,
                     JobHost *host, Error *err)
{
    if (!share_others(pg, task, arena, catalog, err))
        return false;
    for (size_t i = 0; i < catalog->table_count; i++) {
        const CatalogTable *table = &catalog->tables[i];

        if (keys_full_is_refused(table))
            return refuse_full(arena, table, err);
        if (!catalog_has_rows(table) || !keys_needs_full(table))
            continue;
        if (task->source.keep_identity)
            return refuse_to_keep(arena, table, err);
        if (!set_full(pg, task, arena, table, host, err))
            return false;
        (void)FAILPOINT("schema.identity");
    }
    return true;
}

static bool put_back_row(Pg *pg, const TaskFile *task, const char *relation, const char *table,
                         const char *alter, JobHost *host, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "%s%s DELETE FROM walferry.identity WHERE relation = %s AND task = ", alter,
            alter[0] ? ";" : "", relation);
    sql_literal(&sql, str_of(task->name));
    return job_exec_locking(pg, task, sql_text(&sql), table, host, err);
}

bool identity_put_back(Pg *pg, const TaskFile *task, JobHost *host, IdentityLeftover *leftover,
                       void *self, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_query(pg, SQL_IDENTITY_ROWS, 1, &task->name, &rows, err))
        return error_wrap(err, "read which identities were changed");
    for (int row = 0; row < pg_rows_count(rows); row++) {
        const char *relation = pg_text(rows, row, "relation");
        const char *table = pg_text(rows, row, "table");
        Error failure = {0};

        if (put_back_row(pg, task, relation, table, pg_text(rows, row, "sql"), host, &failure))
            continue;
        if (failure.kind == ERROR_CONNECTION || failure.kind == ERROR_NONE) {
            *err = failure;
            return false;
        }
        leftover(self, pg_text(rows, row, "sql"));
        if (!put_back_row(pg, task, relation, table, "", host, err))
            return false;
    }
    return true;
}
