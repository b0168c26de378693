#include "schema/build.h"

#include "common/bytes.h"
#include "common/failpoint.h"
#include "common/mem.h"
#include "common/replica_role.h"
#include "common/sql_text.h"
#include "schema/created.h"
#include "schema/statements.h"

#include <poll.h>
#include <stdlib.h>

typedef Walferry__Model__ModelStatement ModelStatement;

enum { BUILDERS_MAX = 16, WATCH_MS = 1000 };

typedef struct Builder {
    Pg *pg;
    const ModelStatement *statement; /* under way; NULL: idle */
} Builder;

typedef struct Build {
    const TaskFile *task;
    JobHost *host;
    const ModelStatement **left; /* not noted as done, in the list's order */
    size_t left_count, next, done, total;
    Builder builders[BUILDERS_MAX];
    size_t builder_count;
} Build;

static void build_done(Build *build)
{
    for (size_t i = 0; i < build->builder_count; i++)
        pg_close(&build->builders[i].pg);
    free(build->left);
}

static bool find_left(Build *b, Pg *pg, BuildList list, Error *err)
{
    CLEANUP(mem_free) const char **objects = mem_resize(NULL, list.count, sizeof *objects);
    CLEANUP(mem_free) bool *made = mem_resize(NULL, list.count, sizeof *made);

    for (size_t i = 0; i < list.count; i++)
        objects[i] = list.statements[i]->object;
    if (!created_find(pg, b->task, objects, list.count, made, err))
        return false;
    b->left = mem_resize(NULL, list.count, sizeof *b->left);
    for (size_t i = 0; i < list.count; i++) {
        if (!made[i])
            b->left[b->left_count++] = list.statements[i];
    }
    b->total = list.count;
    b->done = list.count - b->left_count;
    return true;
}

static bool add_builder(Build *b, Error *err)
{
    Builder *builder = &b->builders[b->builder_count];

    if (!job_connect_destination(&builder->pg, b->task, "schema", b->host, err))
        return false;
    b->builder_count++;
    return true;
}

static bool open_build(Build *b, BuildList list, Error *err)
{
    return add_builder(b, err) &&
           job_end_predecessor(b->builders[0].pg, b->task, "schema", b->host, err) &&
           find_left(b, b->builders[0].pg, list, err);
}

static bool start_next(Build *b, Builder *builder, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    builder->statement = b->left[b->next++];
    sql_add(&sql, "%s", builder->statement->sql);
    created_note(&sql, b->task, builder->statement->object);
    return pg_send(builder->pg, sql_text(&sql), err) ||
           error_object(err, "%s", builder->statement->object);
}

/* Takes what has come; an idle builder then gets the next statement. */
static bool serve(Build *b, Builder *builder, Error *err)
{
    if (builder->statement) {
        PgProgress progress = pg_receive(builder->pg, NULL, err);

        if (progress == PG_FAILED) {
            error_object(err, "%s", builder->statement->object);
            return error_hint(err, "%.400s", builder->statement->sql);
        }
        if (progress != PG_DONE)
            return true;
        builder->statement = NULL;
        job_notice(b->host, ++b->done, b->total, "building keys and indexes");
        (void)FAILPOINT("schema.index_built");
    }
    return b->next == b->left_count || start_next(b, builder, err);
}

static bool wait_for_builders(Build *b, Error *err)
{
    struct pollfd items[BUILDERS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < b->builder_count; i++) {
        if (b->builders[i].statement)
            items[count++] = (struct pollfd){.fd = pg_socket(b->builders[i].pg), .events = POLLIN};
    }
    return job_wait(b->host, items, count, WATCH_MS, err);
}

static bool is_busy(const Build *b)
{
    for (size_t i = 0; i < b->builder_count; i++) {
        if (b->builders[i].statement)
            return true;
    }
    return false;
}

static bool build_in_parallel(Build *b, Error *err)
{
    do {
        for (size_t i = 0; i < b->builder_count; i++) {
            if (!serve(b, &b->builders[i], err))
                return false;
        }
    } while (is_busy(b) && wait_for_builders(b, err));
    return !is_busy(b);
}

static bool run_with_note(Build *b, Pg *pg, const ModelStatement *statement, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "%s", statement->sql);
    created_note(&sql, b->task, statement->object);
    return pg_exec(pg, sql_text(&sql), NULL, err);
}

/* Indexes of partitioned tables: empty, and awaited by those of the partitions. */
static bool build_first_ones(Build *b, Error *err)
{
    while (b->next < b->left_count && b->left[b->next]->weight >= STATEMENT_WEIGHT_FIRST) {
        const ModelStatement *statement = b->left[b->next++];

        if (!run_with_note(b, b->builders[0].pg, statement, err))
            return error_object(err, "%s", statement->object);
        b->done++;
        (void)FAILPOINT("schema.parent_index_built");
    }
    return true;
}

bool build_indexes(const TaskFile *task, BuildList list, size_t connections, JobHost *host,
                   Error *err)
{
    CLEANUP(build_done) Build b = {.task = task, .host = host};
    size_t most = connections < BUILDERS_MAX ? connections : BUILDERS_MAX;

    if (list.count == 0)
        return true;
    if (!open_build(&b, list, err) || !build_first_ones(&b, err))
        return error_wrap(err, "build keys and indexes");
    while (b.builder_count < most && b.builder_count < b.left_count - b.next) {
        if (!add_builder(&b, err))
            return false;
    }
    return build_in_parallel(&b, err) || error_wrap(err, "build keys and indexes");
}

/* With several lanes the destination is no state of the source at every moment. */
static void judge_failure(const Build *b, int64_t lanes, const ModelStatement *statement,
                          Error *err)
{
    static const char FOREIGN_KEY_VIOLATION[] = "23503";

    if (lanes > 1 && strcmp(pg_last_sqlstate(b->builders[0].pg), FOREIGN_KEY_VIOLATION) == 0)
        err->kind = ERROR_TRANSIENT;
    error_hint(err, "%.400s", statement->sql);
}

static bool add_foreign_key(Build *b, const ModelStatement *statement, int64_t lanes, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "%s", statement->sql);
    created_note(&sql, b->task, statement->object);
    if (!job_exec_locking(b->builders[0].pg, b->task, sql_text(&sql), statement->object, b->host,
                          err)) {
        judge_failure(b, lanes, statement, err);
        return false;
    }
    job_notice(b->host, ++b->done, b->total, "adding foreign keys");
    (void)FAILPOINT("schema.foreign_key_added");
    return true;
}

/* They would be checked, and cascade, when changes are applied. */
static void leave_out_foreign_keys(Build *b)
{
    for (; b->next < b->left_count; b->next++)
        job_notice(b->host, 0, 0, "not made, session_replication_role may not be set: %s",
                   b->left[b->next]->sql);
}

bool build_foreign_keys(const TaskFile *task, BuildList list, int64_t lanes, JobHost *host,
                        Error *err)
{
    CLEANUP(build_done) Build b = {.task = task, .host = host};
    bool replica = false;

    if (list.count == 0)
        return true;
    if (!open_build(&b, list, err) || !replica_role_may(b.builders[0].pg, &replica, err))
        return error_wrap(err, "add foreign keys");
    if (!replica) {
        leave_out_foreign_keys(&b);
        return true;
    }
    for (; b.next < b.left_count; b.next++) {
        if (!add_foreign_key(&b, b.left[b.next], lanes, err))
            return error_wrap(err, "add foreign keys");
    }
    return true;
}
