/*
 * pgoutput - messages of PostgreSQL's logical replication protocol, versions 1 to 4.
 *
 * One message a call, without the XLogData header around it. Layouts: "Logical Replication Message
 * Formats" in PostgreSQL's manual. Nothing is copied: all Str and values borrow from the message,
 * the values' array from the decoder, until the next call. Pure; any bytes may be given to it.
 */
#pragma once

#include "common/arena.h"
#include "common/change.h"
#include "common/error.h"

typedef enum PgoutputKind {
    PGOUTPUT_BEGIN = 'B',
    PGOUTPUT_COMMIT = 'C',
    PGOUTPUT_ORIGIN = 'O',
    PGOUTPUT_RELATION = 'R',
    PGOUTPUT_TYPE = 'Y',
    PGOUTPUT_INSERT = 'I',
    PGOUTPUT_UPDATE = 'U',
    PGOUTPUT_DELETE = 'D',
    PGOUTPUT_TRUNCATE = 'T',
    PGOUTPUT_MESSAGE = 'M',
    PGOUTPUT_STREAM_START = 'S',
    PGOUTPUT_STREAM_STOP = 'E',
    PGOUTPUT_STREAM_COMMIT = 'c',
    PGOUTPUT_STREAM_ABORT = 'A',
} PgoutputKind;

typedef struct PgoutputBegin {
    Lsn commit_lsn;
    int64_t commit_time_us; /* since 1970-01-01 UTC */
    uint32_t xid;
} PgoutputBegin;

/* Of Commit and Stream Commit; xid is the latter's. */
typedef struct PgoutputCommit {
    uint32_t xid;
    Lsn commit_lsn;
    Lsn end_lsn;
    int64_t commit_time_us;
} PgoutputCommit;

typedef struct PgoutputAttribute {
    Str name;
    uint32_t type_oid;
    int32_t type_modifier;
    bool identity; /* part of the replica identity */
} PgoutputAttribute;

typedef struct PgoutputRelation {
    uint32_t oid;
    Str schema; /* "" is pg_catalog */
    Str table;
    char identity; /* pg_class.relreplident */
    PgoutputAttribute *attributes;
    uint32_t count;
} PgoutputRelation;

/* Insert, Update, Delete. */
typedef struct PgoutputRow {
    uint32_t relation_oid;
    Tuple old_tuple; /* the identity's columns, others null; all with a full identity */
    Tuple new_tuple;
    bool unchanged; /* new_tuple has an unchanged value */
} PgoutputRow;

typedef struct PgoutputTruncate {
    uint32_t *relation_oids;
    uint32_t count;
    bool cascade;
    bool restart_identity;
} PgoutputTruncate;

typedef struct PgoutputMessage {
    PgoutputKind kind;
    uint32_t xid; /* in a streamed block: the (sub)transaction this belongs to */
    union {
        PgoutputBegin begin;
        PgoutputCommit commit; /* and stream commit */
        PgoutputRelation relation;
        PgoutputRow row;
        PgoutputTruncate truncate;
        struct {
            Str prefix;
            Str content;
            bool transactional;
        } message;
        struct {
            uint32_t xid;
            bool first_segment;
        } stream_start;
        struct {
            uint32_t xid;
            uint32_t subxid; /* the same as xid: all of it */
        } stream_abort;
    };
} PgoutputMessage;

/* Keeps the arrays that messages borrow. A zeroed one is ready. */
typedef struct PgoutputDecoder {
    Arena arena; /* of the present message */
    Value *values;
    size_t capacity;
} PgoutputDecoder;

void pgoutput_done(PgoutputDecoder *decoder);

/*
 * streamed: it came between Stream Start and Stream Stop, where messages of a transaction bear an
 * xid. False: PROTOCOL, an unknown message is named by its byte.
 */
NODISCARD bool pgoutput_decode(PgoutputDecoder *decoder, Str bytes, bool streamed,
                               PgoutputMessage *out, Error *err);

/* The first byte says what it is. */
static inline char pgoutput_kind(Str bytes)
{
    return bytes.len > 0 ? bytes.data[0] : '\0';
}
