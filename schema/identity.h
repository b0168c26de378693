/*
 * identity - REPLICA IDENTITY of the source's tables: set where an UPDATE or DELETE would else fail
 * at the source once the table is published, and put back by release.
 *
 * What a table had is kept at the source, in walferry.identity, by task: several tasks may need the
 * same table, and the last one puts it back.
 */
#pragma once

#include "schema/catalog.h"
#include "schema/job.h"

/* Of a table with a virtual generated column: keys_full_is_refused(). */
#define IDENTITY_FULL_REFUSED                                                                      \
    "it needs REPLICA IDENTITY FULL, but has a virtual generated column: PostgreSQL refuses "      \
    "UPDATE and DELETE of such a table once it is published"
#define IDENTITY_FULL_REFUSED_HINT                                                                 \
    "give it a primary key or, over a unique index, REPLICA IDENTITY USING INDEX, without "        \
    "generated columns; or exclude it in objects"

/* "ALTER TABLE ONLY s.t REPLICA IDENTITY FULL" */
const char *identity_full_sql(Arena *arena, const CatalogTable *table);

/* Behind REPLICA IDENTITY, to have again what it has now: DEFAULT, NOTHING, FULL, USING INDEX i. */
const char *identity_clause(Arena *arena, const CatalogTable *table);

/* With replica_identity = "keep" a table that needs it is a CONFIG error with the SQL. */
NODISCARD bool identity_settle(Pg *pg, const TaskFile *task, Arena *arena, const Catalog *catalog,
                               JobHost *host, Error *err);

/* What cannot be put back is handed over as SQL, and forgotten. */
typedef void IdentityLeftover(void *self, const char *sql);
NODISCARD bool identity_put_back(Pg *pg, const TaskFile *task, JobHost *host,
                                 IdentityLeftover *leftover, void *self, Error *err);
