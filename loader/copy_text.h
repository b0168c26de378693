/*
 * copy_text - rows of COPY's text format as the server writes it, taken apart into values.
 *
 * Fields stand between tabs, rows end with a newline; a field `\N` is NULL, and a backslash stands
 * before what would be taken for one of these (b f n r t v \). What the server never writes is
 * refused. No I/O, no allocation.
 */
#pragma once

#include "common/change.h"
#include "common/error.h"

/* How many rows at the front of `rows` make `most` rows or less; *length is where they end. */
uint64_t copy_text_rows(Str rows, uint64_t most, size_t *length);

/* The row at the front, without its newline. *rest begins behind it. */
Str copy_text_row(Str rows, Str *rest);

/*
 * The values of a row: fields that bear no backslash are borrowed from it, others are written into
 * scratch, which has room for row.len bytes. Errors: PROTOCOL.
 */
NODISCARD bool copy_text_values(Str row, Value *values, uint32_t count, char *scratch, Error *err);
