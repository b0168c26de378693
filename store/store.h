/*
 * store - what must survive every death: tasks, their tables and chunks, positions, epochs.
 *
 * One SQLite file in the state directory, the single source of truth beside the destination. Each
 * function that changes something is one transaction, on disk when it returns true. One process
 * writes: the supervisor, or the command line while it holds the state directory's lock; any may
 * read. No secret is ever in it: of the task file only its path and the settings of task_settings
 * that say nothing private.
 *
 * Order of durability: destination, then here, then the slot (design.md 4).
 *
 * What is read is copied into the caller's arena.
 */
#pragma once

#include "common/arena.h"
#include "common/error.h"
#include "common/position.h"
#include "common/task_file.h"
#include "store/intent_rules.h"
#include <stddef.h>

typedef struct Store Store;

/* How far a lane of loaders is at the destination. */
typedef struct StoreLane {
    Position position;
    Lsn resume_lsn;
    uint64_t next_record_id;
    int64_t commit_time_us;
} StoreLane;

/* Sums over all process lives. */
typedef struct StoreCounters {
    int64_t applied, redelivered, duplicates, rewinds;
    int64_t rows_missing, rows_replaced; /* where operations are left out */
} StoreCounters;

typedef struct StoreTask {
    const char *name;
    const char *uuid;
    const char *tag;
    const char *file;     /* path of the task file */
    const char *settings; /* those that cannot change while the task lives; see task_settings */
    const char *state;    /* of status: running, paused, failed, ... */
    const char *phase;    /* of supervisor/phases */
    int64_t created_ms;
    uint32_t lanes;
    uint64_t epoch; /* 0: none yet */
    Lsn resume_lsn; /* the least of the lanes', what may be confirmed to the slot */
    uint64_t next_record_id;
    const char *system_identifier; /* of the source; "": not known yet */
    uint32_t timeline;
    Lsn slot_lsn;     /* where the slot stood when it was made */
    Lsn snapshot_lsn; /* of the newest snapshot that a table was copied under */
    bool consistent;
    uint64_t attempts; /* chunk attempts below it may have been used */
    StoreCounters counters;
    Error error; /* kind NONE: none */
} StoreTask;

typedef enum RelationState {
    RELATION_PLANNED,
    RELATION_COPYING,
    RELATION_COPIED,
    RELATION_INDEXED,
    RELATION_STATE_COUNT
} RelationState;

typedef struct StoreRelation {
    uint32_t oid;
    const char *schema;
    const char *name;
    RelationState state;
    Str gate;                   /* packed walferry.model.Snapshot of its copy; empty: none */
    uint64_t rows, kept, bytes; /* of finished chunks; kept: of rows, not written */
    uint64_t estimated_rows, estimated_bytes;
    uint32_t chunks, chunks_done;
} StoreRelation;

typedef struct StoreChunk {
    uint32_t oid;
    uint32_t chunk;
    uint64_t first_block, end_block;
    bool done;
} StoreChunk;

NODISCARD bool store_open(Store **out, const char *path, Error *err);
void store_close(Store **store);

/* tasks (store_task.c) */
NODISCARD bool store_add_task(Store *store, const StoreTask *task, Error *err);
NODISCARD bool store_forget_task(Store *store, const char *name, Error *err);

/* All, by name. */
NODISCARD bool store_tasks(Store *store, Arena *arena, StoreTask **out, size_t *count, Error *err);
/* *out is NULL when there is none of that name. */
NODISCARD bool store_find_task(Store *store, const char *name, Arena *arena, StoreTask **out,
                               Error *err);

NODISCARD bool store_set_state(Store *store, const char *name, const char *state,
                               const Error *error, Error *err);
NODISCARD bool store_set_phase(Store *store, const char *name, const char *phase, Error *err);
NODISCARD bool store_set_file(Store *store, const char *name, const char *file, const char *tag,
                              Error *err);

/* The slot exists: facts about the source, and where lanes that have nothing yet begin. */
typedef struct StoreSource {
    const char *system_identifier;
    uint32_t timeline;
    Lsn slot_lsn;
    uint64_t next_record_id;
} StoreSource;
NODISCARD bool store_set_source(Store *store, const char *name, const StoreSource *source,
                                const char *phase, Error *err);
/* The source was failed over and its stream goes on: our line is that of the new primary now. */
NODISCARD bool store_set_timeline(Store *store, const char *name, uint32_t timeline, Error *err);
NODISCARD bool store_set_consistent(Store *store, const char *name, const char *phase, Error *err);

/* positions (store_task.c) */
NODISCARD bool store_raise_epoch(Store *store, const char *name, uint64_t *epoch, Error *err);
NODISCARD bool store_set_lanes(Store *store, const char *name, const StoreLane *lanes,
                               uint32_t count, Error *err);
/* lanes: room for STAGES_MAX. */
NODISCARD bool store_lanes(Store *store, const char *name, StoreLane *lanes, uint32_t *count,
                           Error *err);
NODISCARD bool store_set_counters(Store *store, const char *name, const StoreCounters *counters,
                                  Error *err);

/* copy (store_copy.c) */
typedef struct StorePlan {
    Str model; /* packed walferry.model.Model, of all tables */
    Str gate;  /* packed Snapshot, for the relations below */
    Lsn snapshot_lsn;
    const StoreRelation *relations; /* those planned now; they replace what was known of them */
    size_t relation_count;
    const StoreChunk *chunks; /* of these relations */
    size_t chunk_count;
} StorePlan;
NODISCARD bool store_set_plan(Store *store, const char *name, const StorePlan *plan,
                              const char *phase, Error *err);
NODISCARD bool store_model(Store *store, const char *name, Arena *arena, Str *out, Error *err);

/* Biggest first. */
NODISCARD bool store_relations(Store *store, const char *name, Arena *arena, StoreRelation **out,
                               size_t *count, Error *err);
/* In the order to copy them: those of the biggest relation first. */
NODISCARD bool store_chunks(Store *store, const char *name, Arena *arena, StoreChunk **out,
                            size_t *count, Error *err);

/* Idempotent; the relation becomes copied with its last chunk. */
NODISCARD bool store_chunk_done(Store *store, const char *name, const StoreChunk *chunk,
                                uint64_t rows, uint64_t kept, uint64_t bytes, Error *err);
/* Forgets the chunks of relations that are not copied yet: they start again. */
NODISCARD bool store_restart_copy(Store *store, const char *name, const char *phase, Error *err);
NODISCARD bool store_set_indexed(Store *store, const char *name, const char *phase, Error *err);
NODISCARD bool store_reserve_attempts(Store *store, const char *name, uint64_t below, Error *err);

/* loads into a destination that keeps no position of ours (store_intent.c) */
typedef struct StoreTablePosition {
    uint32_t oid;
    Position position;
} StoreTablePosition;

typedef struct StoreIntentWrite {
    uint32_t lane;
    bool duplicate; /* its table's model */
    int64_t now_ms;
    const Walferry__Control__IntentWrite *write;
} StoreIntentWrite;

typedef struct StoreIntentAnswer {
    IntentRuling ruling; /* nothing was written unless ALLOWED */
    char reason[INTENT_REASON_MAX];
    uint64_t copied_rows; /* of the table's chunks that are done */
} StoreIntentAnswer;

/* For each new process of a lane; what bears an older one is refused from then on. */
NODISCARD bool store_raise_generation(Store *store, const char *name, uint32_t lane, uint64_t *out,
                                      Error *err);
/* Of cuts that are not finished, those of a cut together and in order. lane -1: of all. */
NODISCARD bool store_intents(Store *store, const char *name, int64_t lane, Arena *arena,
                             StoreIntent **out, size_t *count, Error *err);
/* Of tables that are further than the lane. */
NODISCARD bool store_table_positions(Store *store, const char *name, uint32_t lane, Arena *arena,
                                     StoreTablePosition **out, size_t *count, Error *err);
/* False when it could not be read or written; what the rules said is in *out. */
NODISCARD bool store_write_intents(Store *store, const char *name, const StoreIntentWrite *request,
                                   StoreIntentAnswer *out, Error *err);

const char *relation_state_name(RelationState state);
