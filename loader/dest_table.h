/*
 * dest_table - what the destination says about a table, and the statements made for it.
 *
 * Asked once for each table (and again when its source columns changed), kept until
 * dest_tables_clear(). Columns stand in the order of the source's relation. Errors are of kind
 * CONFIG and name the table: it, or a column, is missing, is generated, or is no table.
 */
#pragma once

#include "common/change.h"
#include "common/error.h"
#include "common/pg.h"
#include "loader/statement.h"

/* How a value is told to be the same as another, and not only equal to it: 1.0 and 1.00 are not. */
typedef enum Sameness {
    SAME_BY_OUTPUT = 0, /* by what the type's output function says; a cast to text may say less */
    SAME_BY_OPERATOR,   /* what is equal is the same */
    SAME_BY_TEXT,       /* a text is its own form, but two may be equal for its collation */
} Sameness;

typedef struct DestColumn {
    char *name;   /* quoted */
    char *type;   /* for a cast that cuts nothing */
    char *base;   /* the same of the type below a domain, which has the operators; NULL: none */
    char *equals; /* the operator: "OPERATOR(pg_catalog.=)" */
    uint32_t type_oid;
    uint32_t base_oid; /* of the type below a domain */
    bool key;
    bool identity_always;
    Sameness sameness;
    bool other_type; /* than in the source: its binary form means something else here */
} DestColumn;

typedef struct DestTable {
    uint32_t oid;
    char *object;     /* schema.table, for messages */
    char *qualified;  /* quoted */
    const char *only; /* "ONLY ", or "" for a partitioned table */
    bool partitioned;
    bool other_unique;   /* unique indexes besides the key, or exclusion constraints */
    bool deferrable_key; /* not checked row by row, so it may be there twice for a while */
    bool overwrites;     /* it had rows before the task: an INSERT may meet one of them */
    bool by_all_columns; /* rows are found by all their columns: no key that would do */
    /* Changes are left out at the user's wish (a bit for each ChangeKind), so that a row that
     * comes, changes or goes need not find what the source had. */
    unsigned left_out;
    DestColumn *columns;
    uint32_t column_count, key_count;
    unsigned number;                               /* of its temporary table */
    uint64_t temporary_made_in, temporary_used_in; /* number of a transaction; 0: never */
    StatementCache statements;
} DestTable;

typedef struct DestTables DestTables;

/* replica: the sessions are (common/replica_role.h). If not, a table with triggers, rules or
 * foreign keys is refused. Borrows task. */
DestTables *dest_tables_open(const char *task, bool replica);
void dest_tables_close(DestTables **tables);

/* Outside a pipeline. The table stays valid until it is cleared or asked for with other columns. */
NODISCARD bool dest_tables_find(DestTables *tables, Pg *pg, const Relation *relation,
                                DestTable **out, Error *err);

/* Forgets everything; the server's prepared statements are the caller's to drop. */
void dest_tables_clear(DestTables *tables);

/* A transaction was rolled back, or a part of it: temporary tables made in it are gone. */
void dest_tables_rolled_back(DestTables *tables, uint64_t transaction);
