/*
 * journal - what happened, one JSON object a line, in a file that a kill does not shorten. Tests
 * prove by it that a fault struck. No password and no row comes here. Any thread may write.
 */
#pragma once

#include "common/error.h"
#include <stdint.h>

typedef struct Journal Journal;

NODISCARD bool journal_open(Journal **out, const char *path, Error *err);
void journal_close(Journal **journal);
const char *journal_path(const Journal *journal);

typedef struct JournalEvent {
    const char
        *event; /* request, redirect, begin, plan, commit, visible, abort, reply, fault ... */
    const char *where; /* fe, be1, ...; NULL: the simulator itself */
    const char *database;
    const char *table;
    const char *label;
    int64_t txn; /* 0: none */
    int64_t rows;
    int64_t bytes;
    const char *text;   /* a state, an address, a message */
    const char *fault;  /* one that struck, ... */
    const char *moment; /* ... and when */
} JournalEvent;

/* Members that are NULL or 0 are left out. */
void journal_write(Journal *journal, const JournalEvent *event);
