/*
 * load_reply - the JSON with which a BE answers a stream load: members, their order and their
 * layout as in be/src/runtime/stream_load/stream_load_context.cpp (to_json, and since 2026-01
 * prepare_stream_load_record). Pure.
 */
#pragma once

#include "common/bytes.h"
#include "simulator/profile.h"

typedef enum LoadReplyForm {
    LOAD_REPLY_PRETTY,
    LOAD_REPLY_RECORD, /* compact, more members, one of them twice */
    LOAD_REPLY_SPACED, /* blanks and newlines wherever JSON allows them */
} LoadReplyForm;

typedef struct LoadReply {
    int64_t txn_id; /* -1: failed before a transaction began */
    const char *label;
    const char *comment;
    const char *status;
    const char *existing; /* ExistingJobStatus, NULL for none */
    const char *message;
    int64_t total_rows;
    int64_t loaded_rows;
    int64_t filtered_rows;
    int64_t unselected_rows;
    int64_t load_bytes;
    int64_t load_ms;
    int64_t begin_ms;
    int64_t plan_ms;
    int64_t read_ms;
    int64_t write_ms;
    int64_t receive_ms;
    int64_t commit_ms;
    const char *error_url;   /* "" for none */
    const char *first_error; /* "" for none */
    const char *database;    /* these three for the record form only */
    const char *table;
    const char *user;
} LoadReply;

void load_reply_write(const LoadReply *reply, Profile profile, LoadReplyForm form, Bytes *out);
