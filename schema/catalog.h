/*
 * catalog - the selected tables of a source as its catalog has them, as plain structs.
 *
 * Everything lies in the arena given. Names are as they are, unquoted; texts that pg_get_*() and
 * format_type() made are SQL already, with every name outside pg_catalog qualified.
 */
#pragma once

#include "common/arena.h"
#include "common/pg.h"
#include "common/task_file.h"

typedef struct CatalogColumn {
    uint32_t attnum;
    const char *name;
    uint32_t type_oid;
    uint32_t wire_oid;    /* the type whose binary form this one has */
    uint32_t element_oid; /* of its elements; 0: no array */
    bool is_enum;         /* or a domain over one */
    int32_t type_modifier;
    uint32_t base_type_oid; /* of a domain, which results name by it; 0: no domain */
    int32_t base_type_modifier;
    const char *type_text;
    const char *default_sql; /* also of a generated column; NULL: none */
    const char *sequences;   /* oids of those that the default uses: see catalog_uses() */
    const char *collation;   /* quoted; NULL: its type's */
    bool deterministic;      /* its collation */
    bool not_null, toastable;
    bool inherited;            /* has no definition of its own, but a parent's */
    const char *not_null_name; /* since 18; NULL: none */
    bool not_null_alone;       /* NO INHERIT */
    bool not_null_valid;
    const char *comment; /* NULL: none */
    char identity;       /* 'a'lways, by 'd'efault, or NUL */
    char generated;      /* 's'tored, 'v'irtual, or NUL */
    const char *uses;    /* of a generated column: see catalog_uses() */
    const char *to;      /* its name at the destination */
    bool skip;           /* it is not there */
} CatalogColumn;

enum { INDEX_KEYS_MAX = 32 };

typedef struct CatalogIndex {
    const char *schema, *name;
    bool partitioned, btree, valid;
    bool unique, primary, immediate;
    bool identity;                 /* REPLICA IDENTITY USING INDEX names it */
    bool plain;                    /* neither expressions nor WHERE */
    bool never_null;               /* all its columns are NOT NULL */
    uint32_t keys[INDEX_KEYS_MAX]; /* attnums; 0: an expression */
    size_t key_count;
    const char *uses; /* all columns that it has to do with: see catalog_uses() */
    const char *definition;
    const char *body; /* of the definition, behind the table's name; NULL: not to be told apart */
    const char *parent_schema, *parent_name; /* of the index it is attached to; NULL: none */
    const char *constraint_name;             /* NULL: just an index */
    const char *constraint_definition;
    const char *details; /* SQL for when it is made: options, marks, comments; "": none */
} CatalogIndex;

typedef struct CatalogConstraint {
    const char *name;
    char type; /* 'c'heck, 'f'oreign key */
    bool validated;
    uint32_t referenced; /* 'f' */
    const char *referenced_schema, *referenced_name;
    const char *definition;
    const char *comment;         /* SQL; NULL: none */
    const char *uses;            /* its columns in their order: see catalog_uses() */
    const char *referenced_uses; /* 'f', and so are the following: of the other table */
    const char *on_update, *on_delete, *ending; /* as they stand in the definition */
    const char *on_delete_uses;                 /* SET NULL of just these */
    bool period;                                /* its last column is a PERIOD */
} CatalogConstraint;

typedef struct CatalogTable {
    uint32_t oid;
    uint32_t parent; /* the partitioned table it belongs to; 0: none */
    int64_t depth;   /* below the topmost parent */
    const char *schema, *name;
    const char *root_schema, *root_name; /* its topmost parent, or itself */
    const char *to_schema, *to_name;     /* at the destination: SelectDB's database and table */
    unsigned left_out;                   /* operations that do not pass: see mapping.h */
    char kind;                           /* 'r', 'p'artitioned, 'f'oreign (a partition) */
    char persistence;                    /* 'p', 'u'nlogged */
    char identity;                       /* pg_class.relreplident: 'd', 'n', 'f', 'i' */
    uint32_t filenode;
    uint32_t seen_filenode; /* as the transaction's snapshot has it */
    uint64_t bytes, pages;
    double estimated_rows;
    bool has_toast;
    const char *partition_key, *partition_bound; /* NULL: none */
    const char *partition_uses;                  /* columns of its partition key */
    const char *options;                         /* storage parameters, as SQL; NULL: none */
    const char *inherits;      /* names of its parents, as SQL; NULL: none, or a partition */
    const char *inherits_from; /* their oids: see catalog_uses() */
    const char *of_type;       /* of a typed table, as SQL; NULL: none */
    const char *comment;       /* NULL: none */
    const char *details;       /* SQL for when all is made: catalog_read_details(); NULL: none */
    const char *owner;
    bool owner_is_super;
    bool as_text;    /* columns at the destination have other types: no binary form */
    bool wants_full; /* the destination keeps whole old rows, or has another key */
    bool owned, readable, schema_usable, row_security; /* as the role sees it */
    CatalogColumn *columns;
    size_t column_count;
    CatalogIndex *indexes;
    size_t index_count;
    CatalogConstraint *constraints;
    size_t constraint_count;
} CatalogTable;

typedef struct CatalogSequence {
    uint32_t oid;
    const char *schema, *name;
    const char *to_schema; /* at the destination, where it keeps its name */
    const char *literal;   /* its quoted name as it stands in a default */
    const char *type_text;
    const char *start, *increment, *minimum, *maximum, *cache;
    bool cycle, unlogged;
    const char *comment;    /* NULL: none */
    uint32_t table, attnum; /* the column that owns it; 0: none of these tables' */
    bool of_identity;
} CatalogSequence;

/* One of the tables, or what they need: a type, a function, a collation, an extension. */
typedef struct CatalogObject {
    uint32_t class_oid, oid;
    const char *kind;       /* as pg_identify_object() has it: "table", "type", "function", ... */
    const char *schema;     /* NULL: stands in none; an extension: that of what it brings */
    const char *identity;   /* quoted, qualified, a function's with its arguments */
    const char *object;     /* both: "type app.mood" */
    const char *definition; /* SQL; NULL: it cannot be made, or is a table */
    const char *comments;   /* SQL; NULL: none */
    const char *needed_by;  /* one of those that need it; NULL: nothing but the task */
    bool selected;          /* one of the tables */
} CatalogObject;

typedef struct Catalog {
    CatalogTable *tables; /* by oid */
    size_t table_count;
    CatalogObject *objects; /* objects_read(): in the order in which they can be made */
    size_t object_count;
    CatalogSequence *sequences; /* by oid */
    size_t sequence_count;
} Catalog;

/* The tables alone: all that could be selected. */
NODISCARD bool catalog_read_candidates(Pg *pg, Arena *arena, Catalog *out, Error *err);

/* Keeps those that the task selects: a partition goes with its topmost parent. */
void catalog_select(Catalog *catalog, const TaskFile *task);

/* Their columns; indexes, constraints and sequences. Pages of a block size come from bytes. */
NODISCARD bool catalog_read_columns(Pg *pg, Arena *arena, Catalog *catalog, Error *err);
NODISCARD bool catalog_read_rest(Pg *pg, Arena *arena, Catalog *catalog, Error *err);

/* Storage, statistics, comments of tables; where the task has its objects at the source. */
NODISCARD bool catalog_read_details(Pg *pg, Arena *arena, Catalog *catalog, Error *err);

/* All of the above but the details for the task's tables. */
NODISCARD bool catalog_read(Pg *pg, const TaskFile *task, Arena *arena, Catalog *out, Error *err);

CatalogTable *catalog_find(const Catalog *catalog, uint32_t oid);
const CatalogColumn *catalog_column(const CatalogTable *table, uint32_t attnum);

/* Is the column one of a list such as "2 5 3"? NULL is the empty one. */
bool catalog_uses(const char *attnums, uint32_t attnum);

/* Has rows of its own: an ordinary table. */
bool catalog_has_rows(const CatalogTable *table);

/* "schema.table", for messages; and "to_schema.to_table", with the source's name where it differs.
 */
const char *catalog_name(Arena *arena, const CatalogTable *table);
const char *catalog_to_name(Arena *arena, const CatalogTable *table);

/* "{16384,16385}", for oid[] parameters. */
const char *catalog_oids(Arena *arena, const Catalog *catalog);
