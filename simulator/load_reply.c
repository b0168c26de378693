#include "simulator/load_reply.h"

#include "common/compiler.h"
#include "simulator/json_text.h"
#include <stddef.h>

typedef enum When {
    ALWAYS,
    IF_SET,         /* the text is there (and, for an error, not empty) */
    RECEIVE_KNOWN,  /* since 2024-09 */
    FIRST_KNOWN,    /* since 2025-09, and there was an error */
    IN_RECORD_ONLY, /* since 2026-01 */
} When;

typedef enum Kind { TEXT, NUMBER } Kind;

typedef struct Member {
    const char *name;
    Kind kind;
    size_t at;
    When when;
} Member;

#define AT(member) offsetof(LoadReply, member)

/* clang-format off */
static const Member MEMBERS[] = {
    {"TxnId",                  NUMBER, AT(txn_id),          ALWAYS},
    {"Label",                  TEXT,   AT(label),           ALWAYS},
    {"cluster",                TEXT,   0,                   IN_RECORD_ONLY},
    {"Db",                     TEXT,   AT(database),        IN_RECORD_ONLY},
    {"Table",                  TEXT,   AT(table),           IN_RECORD_ONLY},
    {"User",                   TEXT,   AT(user),            IN_RECORD_ONLY},
    {"Comment",                TEXT,   AT(comment),         ALWAYS},
    {"TwoPhaseCommit",         TEXT,   0,                   ALWAYS},
    {"Status",                 TEXT,   AT(status),          ALWAYS},
    {"ExistingJobStatus",      TEXT,   AT(existing),        IF_SET},
    {"Message",                TEXT,   AT(message),         ALWAYS},
    {"NumberTotalRows",        NUMBER, AT(total_rows),      ALWAYS},
    {"NumberLoadedRows",       NUMBER, AT(loaded_rows),     ALWAYS},
    {"NumberFilteredRows",     NUMBER, AT(filtered_rows),   ALWAYS},
    {"NumberUnselectedRows",   NUMBER, AT(unselected_rows), ALWAYS},
    {"LoadBytes",              NUMBER, AT(load_bytes),      ALWAYS},
    {"LoadTimeMs",             NUMBER, AT(load_ms),         ALWAYS},
    {"BeginTxnTimeMs",         NUMBER, AT(begin_ms),        ALWAYS},
    {"StreamLoadPutTimeMs",    NUMBER, AT(plan_ms),         ALWAYS},
    {"ReadDataTimeMs",         NUMBER, AT(read_ms),         ALWAYS},
    {"WriteDataTimeMs",        NUMBER, AT(write_ms),        ALWAYS},
    {"ReceiveDataTimeMs",      NUMBER, AT(receive_ms),      RECEIVE_KNOWN},
    {"CommitAndPublishTimeMs", NUMBER, AT(commit_ms),       ALWAYS},
    {"ErrorURL",               TEXT,   AT(error_url),       IF_SET},
    {"FirstErrorMsg",          TEXT,   AT(first_error),     FIRST_KNOWN},
    {"Comment",                TEXT,   AT(comment),         IN_RECORD_ONLY},
};
/* clang-format on */

static const char *text_of(const LoadReply *reply, const Member *member)
{
    if (member->at == 0)
        return member->when == IN_RECORD_ONLY ? "cluster" : "false";
    return *(const char *const *)((const char *)reply + member->at);
}

static bool is_written(const LoadReply *reply, const Member *member, Profile profile,
                       LoadReplyForm form)
{
    switch (member->when) {
    case ALWAYS:
        return true;
    case RECEIVE_KNOWN:
        return profile_receive_time(profile);
    case FIRST_KNOWN:
        return profile_first_error(profile) && reply->first_error && *reply->first_error;
    case IN_RECORD_ONLY:
        return form == LOAD_REPLY_RECORD;
    case IF_SET:
        return member->at == AT(existing) ? reply->existing != NULL
                                          : reply->error_url && *reply->error_url;
    }
    return false;
}

/* What stands before a member, around its colon, and before the last brace. */
static const struct Layout {
    const char *before;
    const char *colon;
    const char *end;
} LAYOUTS[] = {
    [LOAD_REPLY_PRETTY] = {"\n    ", ": ", "\n}\n"},
    [LOAD_REPLY_RECORD] = {"", ":", "}\n"},
    [LOAD_REPLY_SPACED] = {"\r\n\n \t", "\n :\t ", " \r\n\n } \n\n"},
};

void load_reply_write(const LoadReply *reply, Profile profile, LoadReplyForm form, Bytes *out)
{
    const struct Layout *layout = &LAYOUTS[form];
    const char *comma = "";

    json_add_text(out, "{");
    for (size_t i = 0; i < COUNT_OF(MEMBERS); i++) {
        const Member *member = &MEMBERS[i];

        if (!is_written(reply, member, profile, form))
            continue;
        json_add_text(out, comma);
        json_add_text(out, layout->before);
        json_add_string(out, str_of(member->name));
        json_add_text(out, layout->colon);
        if (member->kind == TEXT)
            json_add_string(out, str_of(text_of(reply, member)));
        else
            json_add_number(out, *(const int64_t *)((const char *)reply + member->at));
        comma = ",";
    }
    json_add_text(out, layout->end);
}
