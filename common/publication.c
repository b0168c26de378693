#include "common/publication.h"

#include "common/mem.h"

#include <stdlib.h>

/*
 * The whole catalog rows as JSON: each server version has its own columns (row filters, column
 * lists), and their oids tell a thing from its successor of the same name. The schemas of FOR
 * TABLES IN SCHEMA are left out, since walferry publishes tables only and 14 has none.
 */
static const char SQL[] =
    "SELECT ('x' || left(md5(p.row || coalesce(string_agg(r.row, ',' ORDER BY r.member), '')), 16))"
    "::bit(64)::bigint AS digest"
    " FROM (SELECT oid, to_jsonb(pg_publication)::text AS row FROM pg_publication"
    "        WHERE pubname = %s) p"
    " LEFT JOIN (SELECT prpubid, prrelid AS member, to_jsonb(pg_publication_rel)::text AS row"
    "              FROM pg_publication_rel) r ON r.prpubid = p.oid"
    " GROUP BY p.oid, p.row";

char *publication_digest_sql(Pg *pg, const char *publication)
{
    CLEANUP(mem_free) char *name = pg_literal(pg, publication);

    return mem_printf(SQL, name);
}

bool publication_digest(Pg *pg, const char *publication, uint64_t *out, Error *err)
{
    CLEANUP(mem_free) char *sql = publication_digest_sql(pg, publication);
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_exec(pg, sql, &rows, err))
        return error_wrap(err, "look at the publication");
    if (pg_rows_count(rows) == 0) {
        error_set(err, ERROR_CONFIG, "there is no publication %s at the source", publication);
        return error_object(err, "%s", publication);
    }
    *out = (uint64_t)pg_int(rows, 0, "digest");
    return true;
}
