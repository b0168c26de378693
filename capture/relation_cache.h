/*
 * relation_cache - the tables of the stream: what the server calls them joined with what the model
 * knows of them.
 *
 * Each Relation message replaces what the one before it said. One that does not fit the model
 * (columns, types, order, identity, name) is noted, and is a fault when a row of that table comes:
 * a definition that belongs to a rolled-back subtransaction does no harm. A table that is not in
 * the model is a fault in the same way. Pure.
 */
#pragma once

#include "capture/pgoutput.h"
#include "common/change.h"
#include "common/error.h"
#include "model.pb-c.h"

typedef struct RelationCache RelationCache;

typedef struct CachedRelation {
    Relation relation; /* for batches; stays where it is as long as the cache */
    uint32_t slot;     /* dense, from 0; for arrays beside the cache */
    const Walferry__Model__TableGate *gate; /* or NULL */
    bool heartbeat;                         /* our own walferry.heartbeat, never delivered */
    bool *left_out; /* by column as it is sent: not wanted, it is generated; NULL: all are wanted */
    uint32_t sent_columns; /* with them */
    char *drift; /* how the server's definition differs from the model; NULL: it does not */
} CachedRelation;

/* Borrows the model and the gates. */
void relation_cache_open(RelationCache **out, const Walferry__Model__Model *model,
                         Walferry__Model__TableGate *const *gates, size_t gate_count);
void relation_cache_close(RelationCache **cache);

/* Relations are announced anew after each start of the stream. */
void relation_cache_forget(RelationCache *cache);

void relation_cache_replace(RelationCache *cache, const PgoutputRelation *message);

/*
 * The table of a row. DATA when it is not what we know; PROTOCOL when the server did not announce
 * it.
 */
NODISCARD bool relation_cache_find(RelationCache *cache, uint32_t oid, const CachedRelation **out,
                                   Error *err);

/* How many slots there are, at most. */
uint32_t relation_cache_slots(const RelationCache *cache);
