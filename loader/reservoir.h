/*
 * reservoir - when a table's reservoir is emptied into a load. Pure; times in milliseconds.
 *
 * By rows, bytes or age, or because somebody asks for all. A destination that says "too many
 * versions" (-235) is loaded less often: the age grows with each time, and shrinks again slowly.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ReservoirLimits {
    int64_t timeout_ms; /* as set */
    size_t bytes;
    uint64_t rows;
} ReservoirLimits;

enum {
    RESERVOIR_AGE_MAX_MS = 8 * 10000,
    RESERVOIR_CALM_LOADS = 4, /* so many without a word about versions, and the age shrinks */
    /* Of what reservoir_bytes says, in memory: of one reservoir, and of all with what is under
     * way; past SOFT the largest is emptied, past HARD nothing more is taken. */
    RESERVOIR_MEMORY = 2,
    RESERVOIR_SOFT = 3,
    RESERVOIR_HARD = 5,
};

/* A zeroed one is as old as the setting says. */
typedef struct ReservoirAge {
    int64_t ms; /* 0: as set */
    unsigned calm;
} ReservoirAge;

/* What it holds. */
typedef struct ReservoirLevel {
    uint64_t changes;
    size_t bytes;  /* on the wire */
    size_t memory; /* its share */
    int64_t since_ms;
} ReservoirLevel;

int64_t reservoir_age_ms(const ReservoirAge *age, const ReservoirLimits *limits);

/* It is to be emptied now, of its own accord. */
bool reservoir_is_full(const ReservoirLevel *level, const ReservoirLimits *limits);
bool reservoir_is_due(const ReservoirLevel *level, const ReservoirAge *age,
                      const ReservoirLimits *limits, int64_t now_ms);

/* A load has ended; versions: it was told that there are too many. */
void reservoir_loaded(ReservoirAge *age, const ReservoirLimits *limits, bool versions);
