/*
 * statement - the SQL of the PostgreSQL destination, made from what is known of a table.
 *
 * Of two kinds: prepared statements for single rows, which know whence each parameter comes, and
 * set statements, which join a temporary table that COPY filled with what rows are found by (k1,
 * k2,
 * ...) and values (v1, v2, ..., by column number). No I/O.
 */
#pragma once

#include "common/bytes.h"
#include "common/change.h"

struct DestTable;

typedef enum StatementVerb {
    STATEMENT_INSERT,
    STATEMENT_UPDATE,
    STATEMENT_DELETE,
    STATEMENT_REPLACE, /* an UPDATE of a column GENERATED ALWAYS AS IDENTITY: DELETE and INSERT */
} StatementVerb;

typedef struct StatementParameter {
    bool of_origin; /* of the row before, by which it is found; else of the row after */
    uint32_t column;
} StatementParameter;

/* A statement for one row of a table. */
typedef struct Statement {
    StatementVerb verb;
    char name[16];
    bool prepared; /* at the server */
    char *sql;
    StatementParameter *parameters;
    int parameter_count;
    uint64_t *shape; /* what rows it is for: see statement_for() */
} Statement;

/* Zeroed: ready for use. */
typedef struct StatementCache {
    Statement **items; /* the last one used is first */
    size_t count;
} StatementCache;

void statement_cache_done(StatementCache *cache);

/*
 * The statement for such a row: which columns stay unchanged, whether the key changes, and, where
 * rows are found by all their columns, which of them are NULL. origin: INSERT none. values: DELETE
 * none. NULL: nothing is to be done, no column but the key is written.
 */
Statement *statement_for(struct DestTable *table, const Value *origin, const Value *values);

/* True when a set of such updates can be one statement; else row by row. */
bool statement_can_update_sets(const struct DestTable *table, const uint64_t *unchanged,
                               bool moves);

void statement_copy(Bytes *sql, const struct DestTable *table, bool binary);
void statement_temporary(Bytes *sql, const struct DestTable *table);
void statement_empty_temporary(Bytes *sql, const struct DestTable *table);
/* Keys, and of updates the columns to be set. */
void statement_copy_temporary(Bytes *sql, const struct DestTable *table, const uint64_t *unchanged,
                              bool moves, bool with_values, bool binary);
/* For a table whose rows are found by all columns: of a single row. */
void statement_update_set(Bytes *sql, const struct DestTable *table, const uint64_t *unchanged,
                          bool moves);
void statement_delete_set(Bytes *sql, const struct DestTable *table);
/* All columns into the temporary table; from there over what is in the table. */
void statement_copy_values(Bytes *sql, const struct DestTable *table, bool binary);
void statement_upsert_set(Bytes *sql, const struct DestTable *table);

/* Is a row found by this column, among others? */
bool statement_finds(const struct DestTable *table, uint32_t column);

/* Does an update write this column? */
bool statement_sets(const struct DestTable *table, const uint64_t *unchanged, bool moves,
                    uint32_t column);
