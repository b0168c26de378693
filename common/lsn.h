/* lsn - a byte position in the write-ahead log, as PostgreSQL prints it: "16/B374D848". */
#pragma once

#include "common/compiler.h"
#include <stdbool.h>
#include <stdint.h>

typedef uint64_t Lsn;

enum { LSN_TEXT_MAX = 18 }; /* "FFFFFFFF/FFFFFFFF" and a NUL */

NODISCARD bool lsn_parse(const char *text, Lsn *out);

/* Writes into out (of LSN_TEXT_MAX bytes) and returns it. */
const char *lsn_format(Lsn lsn, char *out);
