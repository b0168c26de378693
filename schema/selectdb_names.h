/*
 * selectdb_names - which names SelectDB takes, and what to write into the task file where it does
 * not take the source's. Pure; texts lie in the arena.
 *
 * Letters of other scripts are taken by the newest versions only, so they count as not taken.
 */
#pragma once

#include "common/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* NULL: it is taken; else why not. Names of databases are checked with the task file. */
const char *selectdb_names_table(const char *name);
const char *selectdb_names_column(const char *name);

/* Column names compare without case. */
bool selectdb_names_equal(const char *a, const char *b);

/* A name that is taken and looks like this one; number makes one where no letter is left. */
const char *selectdb_names_suggest(Arena *arena, const char *name, const char *prefix,
                                   uint32_t number);

/* A text as it stands in the task file, in quotes. */
const char *selectdb_names_quoted(Arena *arena, const char *text);
