#include "schema/publish.h"

#include "common/bytes.h"
#include "common/oid_set.h"
#include "common/sql_text.h"
#include "publication_state.sql.h"
#include "schema/keys.h"

/* As publication_state.sql gives its members: by oid, as the catalog's tables are. */
static const char *wanted_members(Arena *arena, const Catalog *catalog)
{
    CLEANUP(bytes_done) Bytes text = {0};

    for (size_t i = 0; i < catalog->table_count; i++) {
        if (catalog_has_rows(&catalog->tables[i]))
            sql_add(&text, "%s%u", text.len ? "," : "", catalog->tables[i].oid);
    }
    return arena_copy(arena, bytes_str(&text)).data;
}

enum { PUBLISH_GENERATED_VERSION = 180000 };

bool publish_sends_generated(Pg *pg, const Catalog *catalog)
{
    if (pg_server_version(pg) < PUBLISH_GENERATED_VERSION)
        return false;
    for (size_t i = 0; i < catalog->table_count; i++) {
        if (keys_full_wants_stored(&catalog->tables[i]))
            return true;
    }
    return false;
}

bool publish_look(Pg *pg, const char *publication, Arena *arena, const Catalog *catalog,
                  bool *as_wanted, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_query(pg, SQL_PUBLICATION_STATE, 1, &publication, &rows, err))
        return error_wrap(err, "look at the publication");
    *as_wanted = pg_rows_count(rows) > 0 && pg_bool(rows, 0, "as_made") &&
                 pg_bool(rows, 0, "beats") &&
                 pg_bool(rows, 0, "sends_generated") == publish_sends_generated(pg, catalog) &&
                 strcmp(pg_text(rows, 0, "members"), wanted_members(arena, catalog)) == 0;
    return true;
}

/* Each table that joins stays locked to the end of the transaction, in a table of bounded size. */
enum { TABLES_AT_ONCE = 500 };

/* From *next on, as many as go at once. */
static void add_tables(Bytes *sql, const char *before, const Catalog *catalog, size_t *next)
{
    size_t count = 0;

    for (; *next < catalog->table_count && count < TABLES_AT_ONCE; ++*next) {
        const CatalogTable *table = &catalog->tables[*next];

        if (!catalog_has_rows(table))
            continue;
        sql_add(sql, "%s", count++ ? ", ONLY " : before);
        sql_qualified(sql, str_of(table->schema), str_of(table->name));
    }
}

static void begin_publication(Bytes *sql, const char *publication, bool sends_generated)
{
    sql_add(sql, "DROP PUBLICATION IF EXISTS ");
    sql_identifier(sql, str_of(publication));
    sql_add(sql, "; CREATE PUBLICATION ");
    sql_identifier(sql, str_of(publication));
    sql_add(sql,
            " FOR TABLE ONLY walferry.heartbeat"
            " WITH (publish = 'insert, update, delete, truncate',"
            " publish_via_partition_root = false%s); ",
            sends_generated ? ", publish_generated_columns = stored" : "");
}

bool publish_make(Pg *pg, const TaskFile *task, const char *publication, const Catalog *catalog,
                  JobHost *host, Error *err)
{
    CLEANUP(bytes_done) Bytes before = {0};
    CLEANUP(bytes_done) Bytes sql = {0};
    size_t next = 0;

    sql_add(&before, "ALTER PUBLICATION ");
    sql_identifier(&before, str_of(publication));
    sql_add(&before, " ADD TABLE ONLY ");
    begin_publication(&sql, publication, publish_sends_generated(pg, catalog));
    do {
        add_tables(&sql, sql_text(&before), catalog, &next);
        if (sql.len > 0 && !job_exec_locking(pg, task, sql_text(&sql), publication, host, err))
            return error_wrap(err, "make the publication");
        job_notice(host, next, catalog->table_count, "publishing tables");
        bytes_clear(&sql);
    } while (next < catalog->table_count);
    return true;
}

bool publish_keep_members(Pg *pg, const char *publication, Catalog *catalog, size_t *taken_away,
                          Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(arena_done) Arena arena = {0};
    size_t kept = 0;

    if (!pg_query(pg, SQL_PUBLICATION_STATE, 1, &publication, &rows, err))
        return error_wrap(err, "look at the publication");
    if (pg_rows_count(rows) == 0) {
        error_set(err, ERROR_CONFIG, "there is no publication %s at the source", publication);
        error_object(err, "%s", publication);
        return error_hint(err, "walferry release the task and start it anew");
    }
    OidSet members = oid_set_parse(&arena, pg_text(rows, 0, "members"));

    for (size_t i = 0; i < catalog->table_count; i++) {
        const CatalogTable *table = &catalog->tables[i];

        if (!catalog_has_rows(table) || oid_set_has(&members, table->oid))
            catalog->tables[kept++] = *table;
    }
    *taken_away = catalog->table_count - kept;
    catalog->table_count = kept;
    return true;
}
