/*
 * build - runs the statements that come after the rows: keys and indexes in parallel, the largest
 * first; foreign keys one after the other, when the stream has passed the snapshot.
 *
 * Each statement and the note that it was done are one transaction: a run after a kill goes on with
 * what is left.
 */
#pragma once

#include "model.pb-c.h"
#include "schema/job.h"

typedef struct BuildList {
    Walferry__Model__ModelStatement *const *statements;
    size_t count;
} BuildList;

/*
 * Statements of STATEMENT_WEIGHT_FIRST and more one by one at first, the others over so many
 * connections.
 */
NODISCARD bool build_indexes(const TaskFile *task, BuildList list, size_t connections,
                             JobHost *host, Error *err);

/* Rows that do not fit are DATA with one lane; with several they may come a moment later. */
NODISCARD bool build_foreign_keys(const TaskFile *task, BuildList list, int64_t lanes,
                                  JobHost *host, Error *err);
