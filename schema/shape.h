/*
 * shape - in what a table of the user's at the destination differs from the source's, and whether
 * it can be used: what existing_tables = "accept" looks at. Pure; results lie in the arena.
 */
#pragma once

#include "schema/catalog.h"

typedef struct ThereColumn {
    const char *name, *type_text;
    uint32_t type_oid;
    int32_t type_modifier;
    bool not_null;
    bool filled;    /* by a default, an identity or as generated, where an INSERT leaves it out */
    bool generated; /* computed: nothing can be written to it */
    bool identity_always;
} ThereColumn;

typedef enum ThereLimitKind { LIMIT_UNIQUE, LIMIT_EXCLUSION, LIMIT_CHECK } ThereLimitKind;

/* What rows the table refuses. */
typedef struct ThereLimit {
    ThereLimitKind kind;
    const char *name;
    bool primary;
    bool immediate, plain; /* UNIQUE: over columns alone, of all rows */
    const char *columns;   /* UNIQUE: "a", "b", quoted and sorted by name */
} ThereLimit;

typedef struct ThereTable {
    char kind;          /* pg_class.relkind; NUL: nothing is there */
    const char *parent; /* schema.table it is a partition of; NULL: of none */
    ThereColumn *columns;
    size_t column_count;
    ThereLimit *limits;
    size_t limit_count;
} ThereTable;

typedef enum ShapeLevel {
    SHAPE_HARMLESS,
    SHAPE_DOUBTFUL, /* it works until a row comes that it does not work for */
    SHAPE_WRONG     /* it cannot work */
} ShapeLevel;

typedef struct ShapeDifference {
    ShapeLevel level;
    const char *column; /* or "" */
    const char *what;
    const char *to_do; /* "" for HARMLESS */
} ShapeDifference;

typedef struct Shape {
    ShapeDifference *differences;
    size_t count;
    ShapeLevel worst;
    bool other_types;     /* values must be sent as text */
    const char *key;      /* its columns, as ThereLimit.columns; NULL: it has none */
    bool key_stands;      /* there is a unique index over just these, that ON CONFLICT can use */
    const char *make_key; /* the statement that makes one, unless it stands */
} Shape;

/* makes_keys: keys that are missing there will be made behind the copy. */
Shape shape_compare(Arena *arena, const Catalog *catalog, const CatalogTable *table,
                    const ThereTable *there, bool makes_keys);

bool shape_is_key(const Shape *shape, const char *column);
