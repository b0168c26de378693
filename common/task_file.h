/*
 * task_file - one task as its user wrote it: a libconfig file, checked into a struct.
 *
 * Every key there is stands in one table (settings_table.c) with type, range, default and help;
 * from it come the parser, `walferry init` and the documentation. An unknown key, a wrong type, a
 * value out of range and a key that is not supported yet are refused with file, line and key.
 * Errors are of kind CONFIG, start with "FILE:LINE: KEY: " (a syntax error with "FILE:LINE:COLUMN:
 * ") and say in their hint what to do. What a text in the file says is never part of one but for
 * names and sizes: conninfo and the like may hold secrets.
 */
#pragma once

#include "common/arena.h"
#include "common/error.h"
#include <stdint.h>

enum { TASK_NAME_MAX = 40, STAGES_MAX = 16 };

typedef enum DestinationType { DESTINATION_POSTGRESQL, DESTINATION_SELECTDB } DestinationType;

typedef enum ExistingRows {
    EXISTING_ROWS_DEFAULT, /* as KEEP at PostgreSQL, as OVERWRITE at SelectDB */
    EXISTING_ROWS_KEEP,
    EXISTING_ROWS_OVERWRITE
} ExistingRows;

/* What becomes of upper and lower case in names of schemas, tables and columns. */
typedef enum CasePolicy {
    CASE_SOURCE,
    CASE_LOWER,
    CASE_UPPER,
    CASE_DTS, /* schemas and tables lower, columns as they are */
} CasePolicy;

/* The model of a table at SelectDB. */
typedef enum TableEngine {
    ENGINE_AUTO, /* unique where there is a key, else duplicate */
    ENGINE_UNIQUE,
    ENGINE_DUPLICATE,
} TableEngine;

/* What becomes of a value that its column's type cannot hold. In a key column it always fails. */
typedef enum UnfitPolicy { UNFIT_FAIL, UNFIT_NULL } UnfitPolicy;

typedef struct TaskColumn {
    const char *name;
    const char *to; /* "": not said */
    bool skip;
    const char *type; /* SelectDB: its type there, as in a DDL; "": not said */
    unsigned line;
} TaskColumn;

/* SelectDB: a back end's address as a front end gives it, and as it is reached from here. */
typedef struct TaskRedirect {
    const char *from; /* HOST:PORT or HOST */
    const char *to;   /* HOST:PORT */
    unsigned line;
} TaskRedirect;

/* SelectDB: a property of a table. */
typedef struct TaskProperty {
    const char *name, *value;
    unsigned line;
} TaskProperty;

typedef struct TaskObject {
    const char *schema;
    const char *table;    /* "" : the whole schema */
    const char **exclude; /* table patterns with * and ?; ends in NULL; never NULL itself */
    const char *to_schema, *to_table; /* "": not said */
    const char **operations;          /* ends in NULL; NULL itself: not said */
    TaskColumn *columns;
    size_t column_count;
    /* SelectDB only; with an entry for a whole schema they stand for its tables. */
    const char *to_database;       /* "": not said */
    TableEngine engine;            /* AUTO: not said */
    const char **primary_key;      /* names at the source; ends in NULL; empty: not said */
    const char **distribution_key; /* the same */
    int64_t bucket_count;          /* 0: auto, or not said */
    TaskProperty *properties;
    size_t property_count;
    unsigned line; /* where the entry stands, for messages */
} TaskObject;

typedef struct TaskDestination {
    DestinationType type;
    const char *conninfo;      /* PostgreSQL; else "" */
    const char *password_file; /* "": none */
    /* From here on SelectDB. */
    const char *
        *urls; /* http://HOST:PORT of its front ends, without anything behind; ends in NULL */
    const char *database;
    const char *user;
    const char *compute_group; /* "": the user's default */
    const char *ca_file;       /* "": the system's */
    TaskRedirect *redirects;
    size_t redirect_count;
    const char *timezone; /* of its date columns */
    int64_t reservoir_timeout_ms, reservoir_bytes, reservoir_rows;
    struct {
        UnfitPolicy date, timestamp, decimal, varchar, string, json;
    } unfit; /* by the type at SelectDB */
} TaskDestination;

typedef struct TaskFile {
    const char *file; /* its own name, for messages */
    const char *name; /* [a-z0-9_]{1,40} */
    const char *tag;
    struct {
        const char *conninfo;
        const char *password_file;
        bool keep_identity; /* replica_identity = "keep" */
        int64_t heartbeat_ms;
        int64_t lock_timeout_ms;
        int64_t slot_limit_bytes; /* 0: none */
    } source;
    TaskDestination destination;
    bool phase_schema, phase_copy, phase_stream;
    CasePolicy case_policy;
    bool accept_existing_tables; /* existing_tables = "accept" */
    ExistingRows existing_rows;  /* the copy meets a row with this key */
    TaskObject *objects;         /* none: every schema that is not the system's or an extension's */
    size_t object_count;
    struct {
        int64_t copy, transform, loader;
    } stages;
    int64_t window_bytes;
    const char *spool_dir;     /* "": in the state directory */
    int64_t spool_limit_bytes; /* 0: none */
    struct {
        int64_t connection_minutes, other_minutes;
    } retry;
    const char **check_ignore; /* ends in NULL; never NULL itself */
} TaskFile;

/* Text from a file of that name. Everything is copied into the arena. */
NODISCARD bool task_file_parse(const char *file_name, Str text, Arena *arena, TaskFile *out,
                               Error *err);

/*
 * Reads the file (at most 1 MiB; a conninfo with a password wants mode 0600) and parses it. *text
 * is set also when only the parsing failed, else it is empty.
 */
NODISCARD bool task_file_load(const char *path, Arena *arena, TaskFile *out, Str *text, Error *err);

/*
 * For people, after a syntax error: the line it is in with a caret under the place, indented, both
 * ending in a newline; NULL if there is none. Texts in a line that may hold a secret are masked.
 */
const char *task_file_syntax_place(Str text, Arena *arena);

/*
 * A commented file with every key and its default, for `walferry init`. Into the arena. source and
 * destination are conninfos; "" leaves a gap that the parser asks to be filled.
 */
const char *task_file_template(Arena *arena, const char *name, const char *source,
                               const char *destination);

/* The same keys as docs/task-file.md (Markdown). Into the arena. */
const char *task_file_reference(Arena *arena);

/* The entry for just this table, and that for its whole schema; NULL: there is none. */
const TaskObject *task_file_table(const TaskFile *task, const char *schema, const char *table);
const TaskObject *task_file_schema(const TaskFile *task, const char *schema);

/* In which times with a zone are read at the source: SelectDB keeps them without one. */
const char *task_file_time_zone(const TaskFile *task);

/* Is this table selected? */
bool task_file_selects(const TaskFile *task, const char *schema, const char *table);
