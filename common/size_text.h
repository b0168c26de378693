/*
 * size_text - sizes as people write them: "64MB". The units B, kB, MB, GB and TB are powers of 1024
 * as in PostgreSQL; upper and lower case are the same. A number without a unit is no size, but for
 * "0". Pure.
 */
#pragma once

#include "common/compiler.h"
#include <stdbool.h>
#include <stdint.h>

enum { SIZE_TEXT_MAX = 32 };

NODISCARD bool size_parse(const char *text, int64_t *out);

/* The largest unit in which the number is whole, such as "256MB"; into out, which is returned. */
const char *size_print(int64_t bytes, char out[SIZE_TEXT_MAX]);
