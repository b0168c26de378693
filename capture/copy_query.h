/*
 * copy_query - what is asked of the source to copy one chunk of a table, and what it answers with.
 * No I/O.
 */
#pragma once

#include "common/bytes.h"
#include "model.pb-c.h"
#include <stdbool.h>

typedef Walferry__Model__ModelTable ModelTable;
typedef Walferry__Model__ModelColumn ModelColumn;
typedef Walferry__Model__ModelChunk ModelChunk;

/*
 * Opens the chunk's transaction under the snapshot and locks the table against whatever would give
 * it other files or columns.
 */
void copy_query_begin(Bytes *sql, const ModelTable *table, const char *snapshot,
                      int64_t lock_timeout_ms);

/* A row with pg_relation_filenode (NULL if the table is gone), as of now and not of the snapshot.
 */
void copy_query_filenode(Bytes *sql, const ModelTable *table);

/*
 * No rows, but the table's columns as they are now: the description of a result is made by the
 * parser, whereas the catalogs are read as of the snapshot.
 */
void copy_query_columns(Bytes *sql, const ModelTable *table);

/* The rows of the pages [first_block, end_block), of all columns that travel. */
void copy_query_rows(Bytes *sql, const ModelTable *table, const ModelChunk *chunk);

/* Who keeps the table from being locked. */
void copy_query_lock_holder(Bytes *sql, const ModelTable *table);

/* One message of a COPY TO STDOUT: is it a row, or the frame of the binary format around them? */
bool copy_message_is_row(bool binary, Str message);
