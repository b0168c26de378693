#include "capture/partitions.h"

#include "common/bytes.h"
#include "common/mem.h"
#include "common/sql_text.h"

/* clang-format off */
#include "partitions.sql.h"
#include "partitions_digest.sql.h"
/* clang-format on */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Keys are numbers; uthash's own function does not compile under clang with our warnings. */
#define HASH_FUNCTION(key, length, hash) ((hash) = *(key)*2654435761u)
#include <uthash.h>

typedef struct Known {
    uint32_t oid;
    const Walferry__Model__ModelTable *table;
    unsigned seen; /* in the comparison of this number */
    UT_hash_handle hh;
} Known;

struct Partitions {
    const Walferry__Model__Model *model;
    Known *by_oid;
    Known *known; /* all of them, in the model's order */
    char *digest_sql, *sql;
    char digest[48]; /* said last */
    unsigned comparison;
};

/* "1,2": the partitioned tables, which alone have no rows of their own. */
static void add_parents(Bytes *out, const Walferry__Model__Model *model)
{
    for (size_t i = 0; i < model->n_tables; i++) {
        if (!model->tables[i]->has_rows)
            sql_add(out, "%s%" PRIu32, out->len ? "," : "", model->tables[i]->oid);
    }
}

static void know_tables(Partitions *partitions)
{
    const Walferry__Model__Model *model = partitions->model;

    partitions->known = mem_alloc((model->n_tables + 1) * sizeof *partitions->known);
    for (size_t i = 0; i < model->n_tables; i++) {
        Known *known = &partitions->known[i];

        *known = (Known){.oid = model->tables[i]->oid, .table = model->tables[i]};
        HASH_ADD(hh, partitions->by_oid, oid, sizeof known->oid, known);
    }
}

Partitions *partitions_open(const Walferry__Model__Model *model)
{
    CLEANUP(bytes_done) Bytes parents = {0};

    add_parents(&parents, model);
    if (parents.len == 0)
        return NULL;

    Partitions *partitions = MEM_NEW(Partitions);
    partitions->model = model;
    partitions->digest_sql = mem_printf(SQL_PARTITIONS_DIGEST, sql_text(&parents));
    partitions->sql = mem_printf(SQL_PARTITIONS, sql_text(&parents));
    know_tables(partitions);
    return partitions;
}

void partitions_close(Partitions **partitions)
{
    if (!*partitions)
        return;
    HASH_CLEAR(hh, (*partitions)->by_oid);
    free((*partitions)->known);
    free((*partitions)->digest_sql);
    free((*partitions)->sql);
    free(*partitions);
    *partitions = NULL;
}

const char *partitions_digest_sql(const Partitions *partitions)
{
    return partitions->digest_sql;
}

const char *partitions_sql(const Partitions *partitions)
{
    return partitions->sql;
}

bool partitions_same_digest(Partitions *partitions, const PgRows *digest)
{
    char before[sizeof partitions->digest];

    snprintf(before, sizeof before, "%s", partitions->digest);
    snprintf(partitions->digest, sizeof partitions->digest, "%s", pg_text(digest, 0, "digest"));
    return strcmp(before, partitions->digest) == 0;
}

static bool changed(const char *how, Error *err)
{
    error_set(err, ERROR_CONFIG, "%s", how);
    return error_hint(err,
                      "changes of partitions are not carried over yet, and rows may be missing "
                      "since then: undo it and run the task again, or release the task and "
                      "start it anew");
}

static bool compare_row(Partitions *partitions, const PgRows *rows, int row, Error *err)
{
    CLEANUP(mem_free) char *how = NULL;
    const char *parent = pg_text(rows, row, "parent_name");
    uint32_t oid = (uint32_t)strtoul(pg_text(rows, row, "oid"), NULL, 10);
    Known *known;

    HASH_FIND(hh, partitions->by_oid, &oid, sizeof oid, known);
    if (known)
        known->seen = partitions->comparison;
    if (!known)
        how = mem_printf("it is a new partition of %s", parent);
    else if (known->table->parent != (uint32_t)strtoul(pg_text(rows, row, "parent"), NULL, 10))
        how = mem_printf("it was made a partition of %s", parent);
    else if (strcmp(known->table->partition_bound, pg_text(rows, row, "bound")) != 0)
        how = mem_printf("it is a partition of %s with other bounds now", parent);
    if (!how)
        return true;
    changed(how, err);
    return error_object(err, "%s", pg_text(rows, row, "name"));
}

static bool find_missing(const Partitions *partitions, Error *err)
{
    for (size_t i = 0; i < partitions->model->n_tables; i++) {
        const Walferry__Model__ModelTable *table = partitions->known[i].table;

        if (!table->parent || partitions->known[i].seen == partitions->comparison)
            continue;
        changed("it is no partition any more: it was detached or dropped", err);
        return error_object(err, "%s.%s", table->schema, table->name);
    }
    return true;
}

bool partitions_compare(Partitions *partitions, const PgRows *rows, Error *err)
{
    partitions->comparison++;
    for (int row = 0; row < pg_rows_count(rows); row++) {
        if (!compare_row(partitions, rows, row, err))
            return false;
    }
    return find_missing(partitions, err);
}
