/* TRUNCATE: of all tables at once, as at the source, or foreign keys between them would refuse. */
#include "loader/sink_postgres.h"

#include "common/sql_text.h"

/* clang-format off */
#include "truncated_parents.sql.h"
/* clang-format on */

#include <inttypes.h>

/* The tables by name into sql, by oid ("{1,2}") into oids. */
static bool add_truncated(SinkPostgres *sink, const Batch *batch, const Change *change, Bytes *sql,
                          Bytes *oids, DestTable **last, Error *err)
{
    for (uint32_t i = 0; i < change->truncated_count; i++) {
        const Relation *relation = &batch->header.relations[change->truncated[i]];

        if (!dest_tables_find(sink->tables, sink->pg, relation, last, err))
            return false;
        sql_add(sql, "%s%s%s", i > 0 ? ", " : "", (*last)->only, (*last)->qualified);
        sql_add(oids, "%s%" PRIu32, i > 0 ? "," : "{", (*last)->oid);
    }
    bytes_add_u8(oids, '}');
    return true;
}

static bool add_truncated_parents(SinkPostgres *sink, Bytes *sql, Bytes *oids, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    const char *values[] = {sql_text(oids)};

    if (!pg_query(sink->pg, SQL_TRUNCATED_PARENTS, COUNT_OF(values), values, &rows, err))
        return false;
    for (int row = 0; row < pg_rows_count(rows); row++)
        sql_add(sql, ", %s", pg_text(rows, row, "name"));
    return true;
}

bool sink_postgres_truncate(SinkPostgres *sink, const Batch *batch, const Change *change,
                            Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    CLEANUP(bytes_done) Bytes oids = {0};
    DestTable *table = NULL;

    if (!sink_postgres_begin(sink, err) || !pipeline_finish(sink, err))
        return false;
    sink->filled = true;
    bytes_add_str(&sql, str_of("TRUNCATE "));
    if (!add_truncated(sink, batch, change, &sql, &oids, &table, err) ||
        !add_truncated_parents(sink, &sql, &oids, err))
        return false;
    if (change->restart_identity)
        bytes_add_str(&sql, str_of(" RESTART IDENTITY"));
    return pg_exec(sink->pg, sql_text(&sql), NULL, err) ||
           error_object(err, "%s", table ? table->object : "");
}
