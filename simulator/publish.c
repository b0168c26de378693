/* Staged rows become a table's, in one SQLite transaction. */
#include "simulator/tables_internal.h"

#include "simulator/db.h"
#include "simulator/key_code.h"
#include "simulator/publish_sql.h"
#include "simulator/storage.h"
#include "simulator/tablet_versions.h"

#include <sqlite3.h>

static bool was_published(Tables *tables, int64_t txn, bool *out, Error *err)
{
    CLEANUP(db_finalize) sqlite3_stmt *statement = NULL;

    if (!db_prepare(tables->writer, "SELECT 1 FROM sim_published WHERE txn = ?1", &statement, err))
        return false;
    sqlite3_bind_int64(statement, 1, txn);
    return db_step(statement, out, err);
}

static const Cell *staged_or(const Cell *cells, size_t staged, const Cell *otherwise)
{
    return staged == NOT_STAGED ? otherwise : &cells[staged];
}

static bool apply_row(const TableDef *def, const PublishSql *sql, sqlite3_stmt *statement,
                      const Cell *cells, Bytes *code, Error *err)
{
    static const Cell NONE = {0}, ZERO = {.form = CELL_INTEGER};
    bool row;

    if (def->unique) {
        Cell key = key_code(cells, def->key_count, table_def_integer_key(def), code);

        if (!db_bind_cell(statement, (int)sql->key_at, &key, err) ||
            !db_bind_cell(statement, (int)sql->sequence_at,
                          staged_or(cells, sql->sequence_staged, &NONE), err) ||
            !db_bind_cell(statement, (int)sql->delete_at,
                          staged_or(cells, sql->delete_staged, &ZERO), err))
            return false;
    }
    for (size_t i = 0; i < def->column_count; i++)
        if (!db_bind_cell(statement, (int)(sql->columns_at + i),
                          staged_or(cells, sql->staged[i], &sql->defaults[i]), err))
            return false;
    if (!db_step(statement, &row, err))
        return false;
    sqlite3_reset(statement);
    return true;
}

static bool apply_rows(Tables *tables, const TableDef *def, int64_t version, StageReader *reader,
                       Error *err)
{
    CLEANUP(db_finalize) sqlite3_stmt *statement = NULL;
    CLEANUP(arena_done) Arena arena = {0};
    CLEANUP(bytes_done) Bytes code = {0};
    PublishSql sql;
    const Cell *cells;

    publish_sql_make(def, stage_header(reader), &arena, &sql);
    if (!db_prepare(tables->writer, sql.text, &statement, err))
        return false;
    sqlite3_bind_int64(statement, (int)sql.version_at, version);
    for (;;) {
        if (!stage_next(reader, &cells, err))
            return false;
        if (!cells)
            return true;
        if (!apply_row(def, &sql, statement, cells, &code, err))
            return false;
    }
}

/* What was truncated or dropped since the load was planned takes no rows: its partition is gone. */
static bool apply(Tables *tables, int64_t txn, StageReader *reader, Error *err)
{
    const StageHeader *header = stage_header(reader);
    CatalogTable *table;
    TableDef *def = NULL;
    int64_t version = 0;
    bool ok = true;

    pthread_mutex_lock(&tables->catalog_lock);
    table = catalog_by_id(&tables->catalog, header->table);
    if (table && table->generation == header->generation) {
        def = catalog_share(table->def);
        version = table->version + 1;
    }
    pthread_mutex_unlock(&tables->catalog_lock);
    ok = db_run(tables->writer, err, "INSERT INTO sim_published VALUES (%lld)", (long long)txn);
    if (def) {
        ok = ok && apply_rows(tables, def, version, reader, err) &&
             db_run(tables->writer, err, "UPDATE sim_tables SET version = %lld WHERE id = %lld",
                    (long long)version, (long long)def->id);
        tables_return(tables, &def);
    }
    return ok;
}

static void count_version(Tables *tables, int64_t id)
{
    CatalogTable *table;

    pthread_mutex_lock(&tables->catalog_lock);
    table = catalog_by_id(&tables->catalog, id);
    if (table) {
        table->version++;
        tablet_versions_add(tables, table);
    }
    pthread_mutex_unlock(&tables->catalog_lock);
}

static bool publish_locked(Tables *tables, int64_t txn, StageReader *reader, Error *err)
{
    Error unused;

    if (!db_run(tables->writer, err, "BEGIN IMMEDIATE"))
        return false;
    if (!apply(tables, txn, reader, err) || !db_run(tables->writer, err, "COMMIT")) {
        db_run(tables->writer, &unused, "ROLLBACK");
        return false;
    }
    count_version(tables, stage_header(reader)->table);
    return true;
}

bool tables_publish(Tables *tables, int64_t txn, Error *err)
{
    StageReader *reader = NULL;
    bool done = false, ok;

    pthread_mutex_lock(&tables->writer_lock);
    ok = was_published(tables, txn, &done, err);
    if (ok && !done)
        ok = stage_open(tables->directory, txn, &reader, err);
    if (ok && !done && !reader)
        ok = error_set(err, ERROR_TRANSIENT, "transaction %lld has staged nothing", (long long)txn);
    if (ok && reader)
        ok = publish_locked(tables, txn, reader, err);
    stage_reader_close(&reader);
    pthread_mutex_unlock(&tables->writer_lock);
    if (ok)
        stage_remove(tables->directory, txn);
    return ok;
}

void tables_discard(Tables *tables, int64_t txn)
{
    stage_remove(tables->directory, txn);
}

void tables_sweep(Tables *tables, bool (*keep)(void *context, int64_t txn), void *context)
{
    stage_sweep(tables->directory, keep, context);
}

static bool compact_locked(Tables *tables, Error *err)
{
    for (size_t i = 0; i < tables->catalog.table_count; i++) {
        CatalogTable *table = tables->catalog.tables[i];

        table->tablet_versions = 1;
        if (!storage_forget_tombstones(tables->writer, table->def, err))
            return false;
    }
    return true;
}

bool tables_compact(Tables *tables, Error *err)
{
    bool ok;

    tables_lock(tables);
    ok = compact_locked(tables, err);
    tables_unlock(tables);
    return ok;
}
