/*
 * chunk_load - the loader's side of a table copy: rows of chunks into tables, each chunk once.
 *
 * A chunk is one transaction on a connection of its own: the rows, its mark in walferry.chunk and
 * the fencing UPDATE of walferry.progress commit together. A mark that is already there means that
 * the chunk is done; a second copy of it meets the mark's primary key and is rolled back.
 *
 * Rows for a table that had some before the task go into a temporary table first, and from there
 * past those whose key is there, as walferry.created says (schema/existing_rows.h).
 *
 * A copy process (the producer, named in each batch) sends one chunk at a time, so there is one
 * load for each. Its next chunk, its disappearance and a higher attempt of the same chunk by
 * another producer end a load that is not done. Batches of a producer that is not in the topology
 * are dropped (the producer repeats what was dropped too early): what a dead one left in a
 * transform must not become rows after its table was started again.
 *
 * Nothing blocks but the opening of a connection, at the first use of each; they are kept. What has
 * arrived and is not yet with the server is bounded by what a producer sends ahead. An error ends
 * the stage: DATA when the server refuses a row, TRANSIENT when this loader was fenced off.
 */
#pragma once

#include "common/change.h"
#include "common/channel.h"
#include "common/error.h"
#include "common/frame.h"
#include "common/pg.h"

typedef struct ChunkLoads ChunkLoads;

struct ChunkTarget;
struct ChunkWriter;

/* Of the destination: chunk_writer.h. */
typedef struct ChunkWriter *ChunkMake(const struct ChunkTarget *target);

typedef struct ChunkTarget {
    ChunkMake *make;
    PgTarget pg;
    const char *task;
    uint32_t lane;
    const char *application; /* as the lane's stream connection has: a takeover ends both */
    const char *session_sql; /* for each new connection: session_replication_role; or NULL */
    /* SelectDB */
    struct Loads *loads;
    const struct Walferry__Model__Model *model;
    uint64_t first_record_id; /* the sequence of copied rows */
    size_t piece_bytes;       /* of a load */
} ChunkTarget;

/* What the producer (ChunkAck) and, when fresh and done, the supervisor (ChunkResult) must hear. */
typedef struct ChunkNews {
    const char *producer; /* identity */
    uint32_t relation_oid;
    uint32_t chunk;
    uint64_t attempt;
    uint64_t next_sequence; /* all before it are taken */
    bool done;
    bool fresh;           /* not a repetition */
    uint64_t rows, bytes; /* once done */
    uint64_t kept;        /* of rows: the destination had a row of that key, and kept it */
} ChunkNews;

typedef void ChunkHear(void *self, const ChunkNews *news);

typedef struct ChunkCounters {
    uint64_t rows, bytes; /* committed */
    uint64_t chunks_done;
    uint64_t duplicates_dropped; /* batches */
} ChunkCounters;

/* Borrows target's texts. hear is called from within chunk_loads_step and chunk_loads_repeat. */
ChunkLoads *chunk_loads_open(const ChunkTarget *target, ChunkHear *hear, void *self);

/* Closes the connections; what is not committed is rolled back. */
void chunk_loads_close(ChunkLoads **loads);

/* After each takeover, also the first: the generation that fences. Loads under way go on. */
void chunk_loads_generation(ChunkLoads *loads, int64_t generation);

/* After each Topology: the identities of the copy processes that are there now. */
void chunk_loads_producers(ChunkLoads *loads, const char *const *identities, size_t count);

/*
 * A batch of kind COPY_ROWS, duplicates and strays included. Takes a reference of its own on the
 * body, copies what it needs of the header. Errors: PROTOCOL.
 */
NODISCARD bool chunk_loads_take(ChunkLoads *loads, const BatchHeader *header, Frame *body,
                                Error *err);

/* Fills at most `most` items (16 are enough) to wait for before the next step; gives their number.
 */
size_t chunk_loads_wait_items(const ChunkLoads *loads, WaitItem *items, size_t most);

/* Does what can be done without waiting. To be called after each take and each wait. */
NODISCARD bool chunk_loads_step(ChunkLoads *loads, Error *err);

/* Says again how each load stands; to be called each second, a message may have been lost. */
void chunk_loads_repeat(ChunkLoads *loads);

/* True while rows are held that are not committed. */
bool chunk_loads_busy(const ChunkLoads *loads);

/* Own backends, which a takeover must not terminate; gives their number. */
size_t chunk_loads_pids(const ChunkLoads *loads, int *pids, size_t most);

ChunkCounters chunk_loads_counters(const ChunkLoads *loads);
