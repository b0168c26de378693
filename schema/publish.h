/*
 * publish - the publication walferry_<task>: the selected tables that have rows and our heartbeat,
 * by name, with all four operations, partitions as themselves.
 */
#pragma once

#include "schema/catalog.h"
#include "schema/job.h"

/* Its stream bears stored generated columns too, which PostgreSQL 18 wants for some tables. */
bool publish_sends_generated(Pg *pg, const Catalog *catalog);

/* *as_wanted: it exists, with these tables and no others. */
NODISCARD bool publish_look(Pg *pg, const char *publication, Arena *arena, const Catalog *catalog,
                            bool *as_wanted, Error *err);

/* Drops one of that name, if there is one, and makes it. */
NODISCARD bool publish_make(Pg *pg, const TaskFile *task, const char *publication,
                            const Catalog *catalog, JobHost *host, Error *err);

/* Keeps of the catalog those tables with rows that are published, and all partitioned ones; says
 * how many it took away. */
NODISCARD bool publish_keep_members(Pg *pg, const char *publication, Catalog *catalog,
                                    size_t *taken_away, Error *err);
