/*
 * label - the name of a load at the destination, by which it is known whether its rows are there.
 *
 * A function of the task and of what is loaded, nothing else: whoever loads the same rows again
 * asks for the same label, and rows that differ never share one. No I/O.
 *
 *     w_6f1c20d4b7e3_16400_0_16B3748-3_16B3900-1_0-a_0
 *
 * is of table 16400 in lane 0, the changes from 0/16B3748:3 to 0/16B3900:1, rows 0 to 9 of them,
 * first attempt. Of a copy: chunk and the number of the grant under which its rows were first
 * loaded, which is new when a table is copied anew; numbers but OID, lane and chunk are in hex.
 */
#pragma once

#include "common/position.h"

enum { LABEL_MAX = 128 }; /* what the destination takes; and a NUL */

typedef struct LabelRows {
    uint64_t first_row, rows;
    uint32_t attempt;
} LabelRows;

void label_stream(char out[LABEL_MAX + 1], const char *uuid, uint32_t oid, uint32_t lane,
                  Position first, Position last, LabelRows rows);
void label_copy(char out[LABEL_MAX + 1], const char *uuid, uint32_t oid, uint32_t chunk,
                uint64_t grant, LabelRows rows);
