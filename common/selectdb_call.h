/* selectdb_call - what the files of the client share: a call, its kind, how its replies are read.
 */
#pragma once

#include "common/backoff.h"
#include "common/selectdb.h"

struct json_t;

/* What a kind of call makes of a reply. */
typedef enum SelectdbNext {
    SELECTDB_NEXT_DONE,
    SELECTDB_NEXT_FAIL,  /* call->err says why */
    SELECTDB_NEXT_OTHER, /* the same at another front end, at once; when all were tried, FAIL */
    SELECTDB_NEXT_AGAIN, /* the same at the same, at once; the kind counts how often */
    SELECTDB_NEXT_LATER, /* the same after a pause; when patience is over, FAIL */
} SelectdbNext;

typedef struct SelectdbKind {
    /* What a reply that has come whole, or has not, means for the call. */
    SelectdbNext (*read)(SelectdbCall *call, const HttpReply *reply);
    const char *method;
    bool one_at_a_time; /* SQL */
    bool expect;        /* Expect: 100-continue */
    bool anonymous;     /* no login */
    int silence_s;      /* see http.h */
    size_t reply_max;
} SelectdbKind;

struct SelectdbCall {
    Selectdb *db;
    SelectdbCall *next; /* in the order of their starts */
    const SelectdbKind *kind;
    Arena arena; /* all that it has */
    HttpRequest *request;

    const char *path; /* at a front end; or */
    const char *url;  /* the whole */
    const char *const *headers;
    Str data;
    HttpBody body;
    int64_t begin_by_ms;
    int silence_s;  /* 0: as the kind says */
    bool asks_only; /* it may be repeated when its answer was lost */
    bool pinned;    /* to this front end */
    size_t front_end;

    size_t tries;  /* at front ends in a row */
    size_t rounds; /* that all of them have failed in */
    int back_ends_asked;
    Backoff pause;
    int64_t not_before_ms, patience_ms;
    bool ended, ok;
    Error err;

    /* what came of it; by kind */
    SelectdbRows rows;
    SelectdbLabel label;
    SelectdbSchema schema;
    SelectdbBackend backend;
    SelectdbLoadReply load;
    const char *text;
};

/* A call that is started with the next step; `kind` is static. */
SelectdbCall *selectdb_start(Selectdb *db, const SelectdbKind *kind);
const char *selectdb_front_end_url(const SelectdbCall *call);
const TaskDestination *selectdb_destination(const Selectdb *db);
/* "name: value" of the call's own and of these, in its arena. */
const char *const *selectdb_headers(SelectdbCall *call, const char *const *own, bool loads);

/* Is it known as not reached? */
bool selectdb_is_avoided(const Selectdb *db, const char *back_end);
void selectdb_avoid(Selectdb *db, const char *back_end);

/*
 * The envelope {"msg", "code", "data"} of a front end: on DONE *out is the whole, which the caller
 * gives back with json_decref(). On FAIL the server's words are in *detail when it had any.
 */
SelectdbNext selectdb_read_envelope(SelectdbCall *call, const HttpReply *reply, struct json_t **out,
                                    const char **detail);
