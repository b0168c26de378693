/* chunk_sql - the statements of a chunk's transaction at the destination. No I/O. */
#pragma once

#include "common/bytes.h"
#include "common/change.h"

/* Whose chunk it is: the key of walferry.chunk. */
typedef struct ChunkKey {
    const char *task;
    uint32_t relation_oid;
    uint32_t chunk;
} ChunkKey;

/*
 * Opens the transaction. Its last statement gives one row: rows and kept of the mark if the chunk
 * is done already, else NULL; and as `existing` what shall become of rows that were there before
 * the task (CREATED_KEEP, CREATED_OVERWRITE), NULL if there were none.
 */
void chunk_sql_begin(Bytes *sql, ChunkKey key, const Relation *relation);

/* Of the relation as it is called at the destination. */
void chunk_sql_copy(Bytes *sql, const Relation *relation, bool binary);

/* The same into a temporary table of the transaction's, for rows that may meet others. */
void chunk_sql_stage(Bytes *sql, const Relation *relation, bool binary);

/* From there into the table; where a row of the key is there, that one stays, or is overwritten. */
void chunk_sql_merge(Bytes *sql, const Relation *relation, bool overwrite);

void chunk_sql_mark(Bytes *sql, ChunkKey key, uint64_t rows, uint64_t kept);

/* Hits one row unless another process has taken the lane over. */
void chunk_sql_fence(Bytes *sql, const char *task, uint32_t lane, int64_t generation);

/*
 * Where in the COPY the server refused a row, from the CONTEXT of its error: "row 17, column note",
 * or "" if it does not say. What the server tells of the row itself is left out.
 */
void chunk_sql_place(const char *context, char *out, size_t size);
