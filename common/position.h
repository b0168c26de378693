/*
 * position - where a change stands in the source's history: (commit_lsn, ordinal).
 *
 * commit_lsn is the start of the transaction's commit record, ordinal the number of the change
 * within it, from 1, after rolled-back subtransactions are taken out. The order of positions is the
 * order in which the changes took effect. {0, 0} is before everything. An LSN at which a stream may
 * be resumed is a plain Lsn and never compared with a position.
 */
#pragma once

#include "common/lsn.h"

typedef struct Position {
    Lsn commit_lsn;
    uint64_t ordinal;
} Position;

enum { POSITION_TEXT_MAX = LSN_TEXT_MAX + 1 + 20 };

/* Below, equal, above: -1, 0, 1. */
int position_compare(Position a, Position b);

/* "16/B374D848:3", into out (of POSITION_TEXT_MAX bytes), which is returned. */
const char *position_format(Position position, char *out);
