/* clock - monotonic time for waiting, wall time for people. */
#pragma once

#include <stdint.h>

int64_t clock_ms(void);      /* monotonic, milliseconds */
int64_t clock_wall_us(void); /* microseconds since 1970-01-01 UTC */

/* PostgreSQL's timestamps count from 2000-01-01 UTC, in microseconds. */
#define CLOCK_POSTGRES_EPOCH_US INT64_C(946684800000000)
