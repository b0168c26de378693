/*
 * copy_format - rows as COPY FROM STDIN wants them, text or binary.
 *
 * A row of text form holds no BINARY values and the other way round; NULLs go with either. No value
 * is UNCHANGED. Formats: https://www.postgresql.org/docs/15/sql-copy.html, "File Formats".
 */
#pragma once

#include "common/bytes.h"
#include "common/change.h"

/* Before the first and behind the last row. */
void copy_format_begin(Bytes *out, bool binary);
void copy_format_end(Bytes *out, bool binary);

/* A row is its start with the number of its columns, its values, its end. */
void copy_format_row(Bytes *out, bool binary, uint32_t columns);
void copy_format_value(Bytes *out, bool binary, const Value *value);
void copy_format_row_end(Bytes *out, bool binary);

/* A large value in slices, not NULL: its start with its length, bytes, its end. */
void copy_format_value_start(Bytes *out, bool binary, size_t len);
void copy_format_slice(Bytes *out, bool binary, Str slice);
void copy_format_value_end(Bytes *out, bool binary);
