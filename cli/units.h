/* units - numbers as people read them. Pure; each writes into out and returns it. */
#pragma once

#include <stdint.h>

enum { UNITS_TEXT_MAX = 40 };

const char *units_bytes(int64_t bytes, char out[UNITS_TEXT_MAX]); /* "3.2 MB" (of 1024) */
const char *units_count(int64_t count, char out[UNITS_TEXT_MAX]); /* "1,234,567" */
const char *units_duration(int64_t ms, char out[UNITS_TEXT_MAX]); /* "12 ms", "2 h 05 min" */
const char *units_rate(double bytes_per_second, char out[UNITS_TEXT_MAX]); /* "3.2 MB/s" */
