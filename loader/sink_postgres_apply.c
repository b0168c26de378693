/*
 * How a piece of changes is applied: as sets, deletes before updates before inserts; what is serial
 * one by one in its order. When the server refuses a set, or a row of it is not there, the piece is
 * rolled back and all of it goes one by one: either that succeeds (the sets met something that the
 * catalog did not tell), or it fails at the change that is wrong, and names it.
 */
#include "loader/sink_postgres.h"

#include "common/arena.h"
#include "common/failpoint.h"
#include "common/log.h"

/* A table of the fold and what the destination says about it. */
typedef struct Target {
    const FoldTable *fold;
    DestTable *dest;
    bool serial;
} Target;

typedef struct Piece {
    const Fold *fold;
    Target *targets;
    size_t count;
    Arena arena;
} Piece;

/*
 * A second unique index may be violated on the way unless rows are written in their order; without
 * updates it cannot: what goes is gone before what comes. Where operations are left out, each row
 * is looked for by itself.
 */
static bool must_be_serial(const FoldTable *fold, const DestTable *dest)
{
    if (fold->serial || dest->left_out)
        return true;
    if (dest->by_all_columns || dest->deferrable_key)
        return fold->updates + fold->deletes > 0;
    return dest->other_unique && fold->updates > 0;
}

/* Fills the targets. Outside a pipeline. */
static bool find_targets(SinkPostgres *sink, Piece *piece, Error *err)
{
    piece->count = fold_table_count(piece->fold);
    piece->targets = ARENA_ARRAY(&piece->arena, Target, piece->count);
    for (size_t i = 0; i < piece->count; i++) {
        Target *target = &piece->targets[i];

        target->fold = fold_table(piece->fold, i);
        if (!dest_tables_find(sink->tables, sink->pg, target->fold->relation, &target->dest, err))
            return false;
        target->serial = must_be_serial(target->fold, target->dest);
    }
    return true;
}

static bool apply_row_by_row(SinkPostgres *sink, const Target *target, const FoldSet *set,
                             Error *err)
{
    for (size_t i = 0; i < set->count; i++) {
        if (!pipeline_row(sink, target->dest, set->entries[i]->origin, set->entries[i]->values,
                          (Position){0}, err))
            return false;
    }
    return true;
}

/* All sets of a verb: the large ones first, so that the small ones share one pipeline. */
static bool apply_verb(SinkPostgres *sink, const Piece *piece, FoldVerb verb, bool large,
                       Error *err)
{
    for (size_t i = 0; i < piece->count; i++) {
        const Target *target = &piece->targets[i];

        for (size_t j = 0; !target->serial && j < target->fold->set_count; j++) {
            const FoldSet *set = &target->fold->sets[j];

            if (set->verb != verb || sink_postgres_is_for_set(target->dest, set) != large)
                continue;
            if (!(large ? sink_postgres_apply_set(sink, target->dest, set, err)
                        : apply_row_by_row(sink, target, set, err)))
                return false;
        }
    }
    return true;
}

static bool apply_sets(SinkPostgres *sink, const Piece *piece, Error *err)
{
    if (!apply_verb(sink, piece, FOLD_DELETE, true, err) ||
        !apply_verb(sink, piece, FOLD_DELETE, false, err))
        return false;
    if (FAILPOINT("loader.after_deletes"))
        return error_set(err, ERROR_TRANSIENT, "failpoint");
    if (!apply_verb(sink, piece, FOLD_UPDATE, true, err) ||
        !apply_verb(sink, piece, FOLD_UPDATE, false, err))
        return false;
    if (FAILPOINT("loader.after_updates"))
        return error_set(err, ERROR_TRANSIENT, "failpoint");
    return apply_verb(sink, piece, FOLD_INSERT, true, err) &&
           apply_verb(sink, piece, FOLD_INSERT, false, err);
}

static bool no_key(Error *err, const DestTable *table, Position position)
{
    char text[POSITION_TEXT_MAX];

    error_set(err, ERROR_DATA, "a change without the key of its row");
    error_object(err, "%s", table->object);
    return error_position(err, "%s", position_format(position, text));
}

static bool has_key(const DestTable *table, const Value *origin)
{
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].key && origin[i].form == VALUE_UNCHANGED)
            return false;
    }
    return true;
}

static bool apply_change(SinkPostgres *sink, DestTable *table, const Change *change,
                         Position position, Error *err)
{
    Value *values = change->new_tuple.values, *origin = change->old_tuple.values;
    bool done;

    if (change->kind == CHANGE_UPDATE && !origin && !table->by_all_columns)
        origin = values;
    if (change->kind != CHANGE_INSERT && (!origin || !has_key(table, origin)))
        return no_key(err, table, position);
    sink->counters.rows_serial++;
    if (!sink_postgres_apply_large(sink, table, origin, values, position, &done, err))
        return false;
    return done || pipeline_row(sink, table, origin, values, position, err);
}

static Target *target_of(const Piece *piece, const FoldTable *table)
{
    for (size_t i = 0; i < piece->count; i++) {
        if (piece->targets[i].fold == table)
            return &piece->targets[i];
    }
    return NULL;
}

static bool apply_slice(SinkPostgres *sink, Piece *piece, const FoldSlice *slice, Error *err)
{
    const BatchHeader *header = &slice->batch->header;
    Target **targets = ARENA_ARRAY(&piece->arena, Target *, header->relation_count);

    for (uint32_t i = 0; i < header->relation_count; i++)
        targets[i] = slice->tables[i] ? target_of(piece, slice->tables[i]) : NULL;
    for (uint32_t i = slice->first; i < slice->end; i++) {
        const Change *change = &slice->batch->changes[i];
        Target *target = targets[change->relation];
        Position position = {header->transactions[change->transaction].commit_lsn, change->ordinal};

        if (target->serial && !apply_change(sink, target->dest, change, position, err))
            return false;
    }
    return true;
}

static bool apply_serially(SinkPostgres *sink, Piece *piece, Error *err)
{
    for (size_t i = 0; i < fold_slice_count(piece->fold); i++) {
        if (!apply_slice(sink, piece, fold_slice(piece->fold, i), err))
            return false;
    }
    return true;
}

static size_t serial_targets(const Piece *piece)
{
    size_t count = 0;

    for (size_t i = 0; i < piece->count; i++)
        count += piece->targets[i].serial;
    return count;
}

static bool apply_piece(SinkPostgres *sink, Piece *piece, Error *err)
{
    size_t serial = serial_targets(piece);

    if (sink->filled && !pipeline_command(sink, "SAVEPOINT walferry", err))
        return false;
    if (serial < piece->count && !apply_sets(sink, piece, err))
        return false;
    if (serial > 0 && !apply_serially(sink, piece, err))
        return false;
    if (FAILPOINT("loader.after_inserts"))
        return error_set(err, ERROR_TRANSIENT, "failpoint");
    if (sink->filled && !pipeline_command(sink, "RELEASE SAVEPOINT walferry", err))
        return false;
    return pipeline_finish(sink, err);
}

/* Back to before the piece: without a savepoint that is the start of the transaction. */
static bool undo_piece(SinkPostgres *sink, Error *err)
{
    Error first;

    if (sink->in_pipeline && !pipeline_finish(sink, &first) && sink->in_pipeline) {
        *err = first;
        return false;
    }
    if (!sink->filled)
        return sink_postgres_roll_back(sink, err) && sink_postgres_forget(sink, err);
    dest_tables_rolled_back(sink->tables, sink->transaction);
    return pg_exec(sink->pg, "ROLLBACK TO SAVEPOINT walferry", NULL, err) &&
           sink_postgres_forget(sink, err);
}

static bool may_be_mended(const Piece *piece, const Error *err)
{
    return serial_targets(piece) < piece->count &&
           (err->kind == ERROR_DATA || err->kind == ERROR_CONFIG);
}

static bool apply_again_serially(SinkPostgres *sink, Piece *piece, const Error *why, Error *err)
{
    log_info("sets refused", "object=%s %s", why->object, why->message);
    sink->counters.fallbacks++;
    if (!undo_piece(sink, err) || !find_targets(sink, piece, err) ||
        !sink_postgres_begin(sink, err))
        return false;
    for (size_t i = 0; i < piece->count; i++)
        piece->targets[i].serial = true;
    return apply_piece(sink, piece, err);
}

static bool apply(SinkPostgres *sink, Piece *piece, Error *err)
{
    Error refused = {0};

    if (!find_targets(sink, piece, err) || !sink_postgres_begin(sink, err))
        return false;
    if (apply_piece(sink, piece, &refused))
        return true;
    if (may_be_mended(piece, &refused))
        return apply_again_serially(sink, piece, &refused, err);
    *err = refused;
    return false;
}

bool sink_postgres_apply(SinkPostgres *sink, const Fold *fold, Error *err)
{
    Piece piece = {.fold = fold};
    uint64_t serial_before = sink->counters.rows_serial;
    bool ok = apply(sink, &piece, err);

    arena_done(&piece.arena);
    sink->filled = true;
    if (ok)
        sink->counters.rows_set +=
            fold_changes(fold) - (sink->counters.rows_serial - serial_before);
    return ok;
}
