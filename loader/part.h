/*
 * part - one batch as it came to this lane: its frames, and its structs once they are wanted.
 *
 * The header is decoded at once, the changes when its turn has come: what only waits costs no more
 * than its bytes.
 */
#pragma once

#include "common/arena.h"
#include "common/change.h"
#include "common/error.h"
#include "common/frame.h"

typedef struct Part {
    Arena arena;
    Frame *body;
    Batch batch;
    size_t bytes; /* of the body */
} Part;

/* Decodes the header; takes a reference on the body. Errors: PROTOCOL. */
NODISCARD bool part_open(Part **out, Str header, Frame *body, Error *err);

/* Decodes the changes and gives the body back. */
NODISCARD bool part_decode(Part *part, Error *err);

/* A Part. Works as a ReorderDrop. */
void part_drop(void *part);
