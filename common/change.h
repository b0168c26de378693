/*
 * change - a batch as plain structs: what capture builds, transform splits and the loader applies.
 *
 * Pointers inside a batch borrow from the frames or the arena that it was decoded with. Nobody
 * frees parts of it. The wire form is codec.h's business.
 */
#pragma once

#include "common/position.h"
#include "common/str.h"
#include <stdbool.h>
#include <stdint.h>

/* The four forms of a value; none stands for another. The empty string is a text. */
typedef enum ValueForm {
    VALUE_NULL = 0,
    VALUE_TEXT = 1,
    VALUE_BINARY = 2,
    VALUE_UNCHANGED = 3, /* a TOASTed column that an UPDATE did not touch */
} ValueForm;

typedef struct Value {
    ValueForm form;
    Str bytes; /* of TEXT and BINARY */
} Value;

typedef struct Tuple {
    Value *values; /* NULL: there is no such tuple */
    uint32_t count;
} Tuple;

typedef struct Column {
    uint32_t attnum; /* identifies it; survives a rename */
    Str name;
    uint32_t type_oid; /* in the source */
    int32_t type_modifier;
    bool key;  /* of the key by which rows are found */
    Str to;    /* its name at the destination, before the transform; empty: the same */
    bool skip; /* it goes no further than the transform */
} Column;

typedef struct Relation {
    uint32_t oid; /* identifies it, in the source */
    Str schema;
    Str table;
    bool lane_by_key;        /* rows may be spread over lanes by key; else the table keeps to one */
    bool full_identity;      /* old tuples carry all columns */
    Str to_schema, to_table; /* at the destination, before the transform; empty: the same */
    unsigned left_out;       /* operations that do not pass, a bit for each ChangeKind */
    Str source;              /* behind the transform: "schema.table" where it was another one */
    Column *columns;
    uint32_t column_count;
} Relation;

typedef enum ChangeKind {
    CHANGE_INSERT = 0,
    CHANGE_UPDATE = 1,
    CHANGE_DELETE = 2,
    CHANGE_TRUNCATE = 3,
} ChangeKind;

typedef struct Change {
    ChangeKind kind;
    uint32_t relation;    /* index into the batch's relations */
    uint32_t transaction; /* index into the batch's transactions */
    uint64_t ordinal;     /* in its transaction, from 1 */
    Tuple old_tuple;      /* key columns (others NULL), or all with full identity; may be absent */
    Tuple new_tuple;
    uint32_t *truncated; /* TRUNCATE: indexes of all its relations */
    uint32_t truncated_count;
    bool restart_identity;
} Change;

/* A source transaction, or the part of a large one that is in this batch. */
typedef struct Transaction {
    Lsn commit_lsn;
    Lsn end_lsn; /* resume here when it is durable; 0 while the end is not in this batch */
    int64_t commit_time_us; /* since 1970-01-01 UTC */
    uint32_t xid;
    uint64_t first_record_id; /* of ordinal 1 */
    uint64_t last_ordinal;    /* of this part, before any filter; 0: no changes so far */
    Position predecessor;     /* the position just before this part */
    bool ends;
} Transaction;

typedef enum BatchKind { BATCH_CHANGES = 0, BATCH_COPY_ROWS = 1 } BatchKind;

typedef struct CopyRows {
    uint32_t chunk;
    uint64_t attempt;
    uint64_t rows;
    bool binary;
    bool last;
    Str producer;                    /* identity of the copy process, which is to hear of it */
    uint64_t first_block, end_block; /* the chunk's pages, for messages; end 0: of the table */
} CopyRows;

enum { LANE_ALL = -1 };

typedef struct BatchHeader {
    uint64_t epoch;
    uint64_t sequence; /* from 1, without holes, within an epoch or within a chunk's attempt */
    BatchKind kind;
    uint32_t lane;
    int32_t only_lane; /* LANE_ALL, or the only lane it is for; always set for COPY_ROWS */
    uint32_t change_count;
    Relation *relations;
    uint32_t relation_count;
    Transaction *transactions;
    uint32_t transaction_count;
    Lsn stream_start;
    uint64_t
        next_record_id; /* behind the last transaction that ends in this batch; 0 if none does */
    bool flush;
    CopyRows copy; /* COPY_ROWS: of relations[0] */
    Str task;
} BatchHeader;

typedef struct Batch {
    BatchHeader header;
    Change *changes; /* header.change_count of them, once the body was decoded */
} Batch;
