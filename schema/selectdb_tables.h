/*
 * selectdb_tables - the task's tables at SelectDB: what stands there, and making what does not.
 *
 * A table is the task's own when its comment bears the task's mark (selectdb_ddl.h), so that a run
 * that was killed goes on with what it has made. One of the user's is used where existing_tables
 * allows it and it fits; a duplicate table must be empty besides: copied twice, its rows would be
 * there twice.
 */
#pragma once

#include "common/selectdb.h"
#include "schema/job.h"
#include "schema/selectdb_ddl.h"

typedef struct SelectdbStanding {
    bool is_planned;         /* the table has rows, and was asked for */
    bool exists, ours;       /* ours: the task made it */
    bool empty;              /* one of the user's has no row */
    SelectdbDesign design;   /* columns as they stand there */
    const char *differences; /* NULL: it fits, or is not there */
} SelectdbStanding;

typedef struct SelectdbTables {
    Selectdb *db;
    const TaskFile *task;
    SelectdbOwner owner;
    const Catalog *catalog;
    JobHost *host;
    Arena *arena;
    unsigned replicas;          /* as of selectdb_ddl_table() */
    SelectdbStanding *standing; /* as catalog->tables */
} SelectdbTables;

/* The designs of the tables whose oids are in `only` (NULL: of all). CONFIG with the first flaw. */
NODISCARD bool selectdb_tables_design(SelectdbTables *tables, const uint32_t *only,
                                      size_t only_count, Error *err);

/* Looks at those that are planned. */
NODISCARD bool selectdb_tables_look(SelectdbTables *tables, Error *err);

/* May they be used as they stand? */
NODISCARD bool selectdb_tables_judge(const SelectdbTables *tables, Error *err);

/* Makes databases and tables that are not there; then all stand as designed. */
NODISCARD bool selectdb_tables_make(SelectdbTables *tables, Error *err);
