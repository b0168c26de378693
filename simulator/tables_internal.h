/* What the files of the data plane share about the one object. */
#pragma once

#include "simulator/catalog.h"
#include "simulator/tables.h"
#include <pthread.h>

struct sqlite3;

struct Tables {
    char *directory;
    Profile profile;

    /* Held while SQLite is written; taken before catalog_lock where both are needed. */
    pthread_mutex_t writer_lock;
    struct sqlite3 *writer;

    /* Held for moments: guards all below, and the references of definitions. */
    pthread_mutex_t catalog_lock;
    Catalog catalog;
    int version_limit;
    double versions_per_second;
    size_t string_limit;
    int64_t error_logs; /* made so far */
};

/* A connection of one's own, which sees what is committed now. */
bool tables_reader(const Tables *tables, struct sqlite3 **out, Error *err);

/* The definition, shared; NULL and *found if there is none. */
TableDef *tables_borrow(Tables *tables, const char *database, const char *table, TableFound *found);
void tables_return(Tables *tables, TableDef **def);

/* "Unknown table 't'" and the like, as the FE's SQL says it. Returns false. */
bool tables_not_found(TableFound found, const char *database, const char *table, Error *err);

/* Takes both locks, and gives them back. */
void tables_lock(Tables *tables);
void tables_unlock(Tables *tables);
