/*
 * selectdb_design - a table as it shall stand at SelectDB: model, key, columns with their types,
 * distribution and properties; and all that keeps it from standing there. Pure.
 */
#pragma once

#include "common/doris_type.h"
#include "common/task_file.h"
#include "schema/catalog.h"

/* The columns of ours that a duplicate table has. */
#define SELECTDB_IS_DELETED "_is_deleted"
#define SELECTDB_VERSION "_version"
#define SELECTDB_RECORD_ID "_record_id"

typedef struct SelectdbField {
    const CatalogColumn *source; /* NULL: one of ours */
    const char *name;
    DorisType type;
    bool key, not_null;
} SelectdbField;

typedef struct SelectdbDesign {
    const CatalogTable *source;
    bool unique;
    SelectdbField *fields; /* the key's first, in its order; ours last */
    size_t field_count;
    size_t key_count;                /* 0: of a duplicate table, nothing sorts it */
    const char *const *distribution; /* names there, ends in NULL; empty: random */
    int64_t buckets;                 /* 0: auto */
    const TaskProperty *properties;  /* the user's */
    size_t property_count;
} SelectdbDesign;

typedef struct SelectdbFlaw {
    const char *id; /* of the item of check: "selectdb.name" */
    const char *object;
    const char *what;
    const char *to_do;
} SelectdbFlaw;

/* Texts live in the arena. */
typedef void SelectdbFlawSink(void *self, const SelectdbFlaw *flaw);

/* For a table with rows. False: it cannot stand there; every flaw was given to the sink. */
bool selectdb_design(const TaskFile *task, const CatalogTable *table, Arena *arena,
                     SelectdbFlawSink *sink, void *self, SelectdbDesign *out);

/* The same; *err is CONFIG with the first flaw. */
NODISCARD bool selectdb_design_settle(const TaskFile *task, const CatalogTable *table, Arena *arena,
                                      SelectdbDesign *out, Error *err);

/* A line for the task file that says something of a table, or of a column of it. */
const char *selectdb_design_entry(const TaskFile *task, Arena *arena, const CatalogTable *table,
                                  const char *says);
const char *selectdb_design_column_entry(const TaskFile *task, Arena *arena,
                                         const CatalogTable *table, const char *column,
                                         const char *key, const char *value);

/* What a duplicate table has beside the source's columns. */
const SelectdbField *selectdb_design_ours(size_t *count);
