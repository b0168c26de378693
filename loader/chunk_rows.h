/*
 * chunk_rows - a piece of a chunk as the body of a load: rows of COPY text, gathered from batches
 * and made CSV while they are sent.
 *
 * The frames are held, not copied. Rows are numbered through the chunk. What does not fit the
 * destination's columns is found when a batch is added.
 */
#pragma once

#include "common/frame.h"
#include "loader/csv_row.h"
#include "loader/load.h"

typedef struct ChunkRows ChunkRows;

/* Borrows plan. record_id: of every row. */
ChunkRows *chunk_rows_open(const CsvPlan *plan, uint64_t record_id);
void chunk_rows_close(ChunkRows **rows);

LoadBody *chunk_rows_body(ChunkRows *rows);

/* Forgets all; the next row added is number first_row of the chunk. */
void chunk_rows_start(ChunkRows *rows, uint64_t first_row);

/*
 * Up to `most` rows of the frame from *at on, which is moved behind them. False: a row cannot be
 * read (PROTOCOL), or a value of it does not fit (DATA): then *unfit says which, and the row, which
 * is the last one of what was added.
 */
NODISCARD bool chunk_rows_add(ChunkRows *rows, Frame *frame, size_t *at, uint64_t most,
                              CsvUnfit *unfit, Error *err);

uint64_t chunk_rows_count(const ChunkRows *rows);
size_t chunk_rows_bytes(const ChunkRows *rows);

/* The values of a row by its number in the chunk; until the next call. NULL: it cannot be read. */
const Value *chunk_rows_values(ChunkRows *rows, uint64_t row);
