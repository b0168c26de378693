/*
 * stage - a load's rows in a file, until they are published: stage/<txn>.rows. While they are
 * written it has another name, so that what is there is whole.
 *
 *   file:  magic, table id, generation, partial, count of targets, their uids; then for each row
 *          a byte 1 and a cell a target; at the end a byte 0.
 *   cell:  a byte CellForm; 8 bytes of an integer, or 4 of a length and the text
 */
#pragma once

#include "common/error.h"
#include "simulator/cast.h"
#include <stdio.h>

typedef struct StageHeader {
    int64_t table;
    int64_t generation;
    bool partial;
    uint32_t count;
    int32_t *uids; /* at most STAGE_MAX_TARGETS */
} StageHeader;

enum { STAGE_MAX_TARGETS = 4096 };

typedef struct StageWriter StageWriter;

bool stage_create(const char *directory, int64_t txn, const StageHeader *header, StageWriter **out,
                  Error *err);
void stage_row(StageWriter *writer, const Cell *cells);
/* After it the rows stay. */
bool stage_finish(StageWriter *writer, Error *err);
/* Without stage_finish() nothing stays. */
void stage_close(StageWriter **writer);

typedef struct StageReader StageReader;

/* *out is NULL if the transaction has staged nothing. */
bool stage_open(const char *directory, int64_t txn, StageReader **out, Error *err);
const StageHeader *stage_header(const StageReader *reader);
/* *cells is NULL behind the last row; they live until the next call. */
bool stage_next(StageReader *reader, const Cell **cells, Error *err);
void stage_reader_close(StageReader **reader);

void stage_remove(const char *directory, int64_t txn);

/* Removes what is half-written, and what keep() does not want. */
void stage_sweep(const char *directory, bool (*keep)(void *context, int64_t txn), void *context);
