/*
 * selectdb_reply - what SelectDB answered, read from its bytes. Pure.
 *
 * A stream load is always answered by HTTP 200 and JSON, from a BE by {"Status": ..., "Message":
 * ...}, from an FE (or of two-phase commit) by {"status": ..., "msg": ...} or {"msg", "code",
 * "data", "count"}. Members come in any order, some twice, some compact, some from a later version;
 * a reply may be cut off. What cannot be read is AMBIGUOUS, and so is every text that the table
 * (selectdb_reply.c) does not know: nothing is concluded from an unknown word.
 *
 * Texts that are handed on hold no values of rows: those are taken out while they are read.
 */
#pragma once

#include "common/arena.h"
#include "common/str.h"
#include <stdint.h>

typedef enum SelectdbStatus {
    SELECTDB_UNREADABLE,      /* no JSON, cut off, or none of the shapes */
    SELECTDB_SUCCESS,         /* committed and visible */
    SELECTDB_PUBLISH_TIMEOUT, /* committed, visible later */
    SELECTDB_LABEL_EXISTS,
    SELECTDB_FAIL,    /* said by the BE; the data may be there all the same: ask for the label */
    SELECTDB_REFUSED, /* said by the FE, before any row was sent */
} SelectdbStatus;

/* What to do about a reply, by its message where there is one. */
typedef enum SelectdbClass {
    SELECTDB_AMBIGUOUS, /* nothing is known: ask for the label's state */
    SELECTDB_DONE,      /* the rows are there (Success, Publish Timeout) */
    SELECTDB_FINISHED,  /* the label was there before and is committed */
    SELECTDB_RUNNING,   /* another request of this label is under way: wait for its end */
    SELECTDB_TRANSIENT, /* the same again may be taken later */
    SELECTDB_DATA,      /* a row is refused: these rows will never be taken */
    SELECTDB_PERMANENT, /* somebody must change something: privileges, names, settings */
} SelectdbClass;

/* Causes that someone does something special about. */
typedef enum SelectdbCause {
    SELECTDB_CAUSE_OTHER,
    SELECTDB_CAUSE_VERSIONS,     /* -235: too many versions of a tablet: load less often */
    SELECTDB_CAUSE_SEGMENTS,     /* -238: a load too large for one tablet: split it */
    SELECTDB_CAUSE_TRANSACTIONS, /* too many that run or are published */
    SELECTDB_CAUSE_MEMORY,
    SELECTDB_CAUSE_LOCK,
    SELECTDB_CAUSE_NO_BACKEND,  /* none alive, or the compute group is suspended */
    SELECTDB_CAUSE_TIMEOUT,     /* of its own RPC: it may be committed */
    SELECTDB_CAUSE_LABEL_SPENT, /* too many aborted transactions of this label: another attempt */
    SELECTDB_CAUSE_NEW_KEY,     /* a partial update met a key that is not there */
    SELECTDB_CAUSE_LOGIN,       /* user or password */
    SELECTDB_CAUSE_PRIVILEGE,
    SELECTDB_CAUSE_NO_TABLE, /* or no database */
    SELECTDB_CAUSE_SCHEMA,   /* the table's columns are not what the load names */
} SelectdbCause;

typedef struct SelectdbReply {
    SelectdbStatus status;
    SelectdbClass class;
    SelectdbCause cause;
    int64_t txn;       /* -1: none */
    const char *label; /* "" : not said; as all texts never NULL */
    const char *message;
    bool counted; /* the four counts were there */
    uint64_t total, loaded, filtered, unselected;
    const char *error_url;   /* where the refused rows are told; may be signed: not for a log */
    const char *first_error; /* the reason of the first refused row, without its values */
    const char *column;      /* that it names; "": none */
} SelectdbReply;

/* Never fails. The texts are in the arena. */
void selectdb_reply_read(Str body, Arena *arena, SelectdbReply *out);

/* All of `rows` rows were taken, by the counts (that are there). */
bool selectdb_reply_fits(const SelectdbReply *reply, uint64_t rows);

/* The class and cause of a message by itself: of a Fail, of an ABORTED transaction, of SQL. */
SelectdbClass selectdb_classify(const char *message, SelectdbCause *cause);

/* Without values of rows, in one line: a reason of a refused row, a message. */
const char *selectdb_reason(Str text, Arena *arena);
/* The column that such a reason names; "": none. */
const char *selectdb_reason_column(Str text, Arena *arena);

/* ---- a label's state ---- */

typedef enum SelectdbLabel {
    SELECTDB_LABEL_UNREADABLE, /* nothing is known */
    SELECTDB_LABEL_UNKNOWN,    /* there is none, or it is forgotten */
    SELECTDB_LABEL_PREPARE,
    SELECTDB_LABEL_PRECOMMITTED,
    SELECTDB_LABEL_COMMITTED,
    SELECTDB_LABEL_VISIBLE,
    SELECTDB_LABEL_ABORTED,
} SelectdbLabel;

/* "PREPARE", "TXN_STATUS_VISIBLE", "visible" */
SelectdbLabel selectdb_label_of(Str text);
const char *selectdb_label_name(SelectdbLabel label);
