/*
 * table_copy - the rows of one chunk of a table, read from the source as COPY gives them.
 *
 * One connection, opened at the first chunk and kept. A chunk is a read-only transaction under the
 * task's snapshot; the table is locked against changes of its shape, and its shape is compared with
 * the plan before the first row. Rows are gathered into batches of about BATCH_BYTES, whose memory
 * goes on as a frame without a copy; a larger row is a batch of its own.
 *
 * Statements wait through PgWait; reading rows never waits.
 */
#pragma once

#include "capture/copy_query.h"
#include "common/error.h"
#include "common/frame.h"
#include "common/pg.h"

enum { COPY_BATCH_BYTES = 1024 * 1024, COPY_REASON_MAX = 256 };

typedef struct TableCopy TableCopy;

typedef struct TableCopyChunk {
    const ModelTable *table;
    const ModelChunk *chunk;
    const char *snapshot;
    int64_t lock_timeout_ms;
} TableCopyChunk;

typedef enum TableCopyStart {
    TABLE_COPY_STARTED,
    TABLE_COPY_CHANGED,     /* the table is not what it was when its chunks were cut */
    TABLE_COPY_NO_SNAPSHOT, /* who exported the snapshot has let it go */
    TABLE_COPY_LOCKED,      /* somebody holds a lock, time and again */
} TableCopyStart;

typedef enum TableCopyRead {
    TABLE_COPY_WAITS, /* for table_copy_socket() to be readable */
    TABLE_COPY_BATCH,
    TABLE_COPY_LAST, /* the chunk's last batch, perhaps without rows; its transaction is over */
} TableCopyRead;

typedef struct CopyBatch {
    Frame *body;
    uint64_t rows;
} CopyBatch;

/* Copies name, borrows target. */
TableCopy *table_copy_new(const PgTarget *target, const char *application, PgWait *wait,
                          void *wait_self);
void table_copy_free(TableCopy **copy);

/* Connects unless it is connected. */
NODISCARD bool table_copy_connect(TableCopy *copy, Error *err);

/* Begins a chunk. When it did not start, reason says why, for people. */
NODISCARD bool table_copy_start(TableCopy *copy, const TableCopyChunk *chunk, TableCopyStart *out,
                                char reason[COPY_REASON_MAX], Error *err);

/* BATCH, LAST: the caller owns batch->body. */
NODISCARD bool table_copy_read(TableCopy *copy, TableCopyRead *out, CopyBatch *batch, Error *err);

int table_copy_socket(const TableCopy *copy);

/* Leaves a chunk unfinished: the connection is closed. */
void table_copy_abandon(TableCopy *copy);
