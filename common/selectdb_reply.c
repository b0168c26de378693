#include "common/selectdb_reply.h"

#include "common/compiler.h"
#include "common/selectdb_json.h"
#include "common/utf8.h"

#include <jansson.h>
#include <stdlib.h>
#include <strings.h>

enum { REASON_MAX = 400 };

/* ---- messages ---- */

/*
 * By a part of the message, whatever its case; the first that is found counts. Sources: reference
 * of the project, sections 1.6 to 1.8, 2, 3.1, 7.4 and 8. What is not here is AMBIGUOUS.
 */
/* clang-format off */
static const struct {
    const char *part;
    SelectdbClass class;
    SelectdbCause cause;
} MESSAGES[] = {
    {"E-235",                              SELECTDB_TRANSIENT, SELECTDB_CAUSE_VERSIONS},
    {"err=-235",                           SELECTDB_TRANSIENT, SELECTDB_CAUSE_VERSIONS},
    {"TOO_MANY_VERSION",                   SELECTDB_TRANSIENT, SELECTDB_CAUSE_VERSIONS},
    {"too many versions",                  SELECTDB_TRANSIENT, SELECTDB_CAUSE_VERSIONS},
    {"E-238",                              SELECTDB_TRANSIENT, SELECTDB_CAUSE_SEGMENTS},
    {"err=-238",                           SELECTDB_TRANSIENT, SELECTDB_CAUSE_SEGMENTS},
    {"TOO_MANY_SEGMENTS",                  SELECTDB_TRANSIENT, SELECTDB_CAUSE_SEGMENTS},
    {"too many segments",                  SELECTDB_TRANSIENT, SELECTDB_CAUSE_SEGMENTS},
    {"too many aborted txn",               SELECTDB_TRANSIENT, SELECTDB_CAUSE_LABEL_SPENT},
    {"current running txns on db",         SELECTDB_TRANSIENT, SELECTDB_CAUSE_TRANSACTIONS},
    {"max_running_txn_num",                SELECTDB_TRANSIENT, SELECTDB_CAUSE_TRANSACTIONS},
    {"max_publishing_txn_num",             SELECTDB_TRANSIENT, SELECTDB_CAUSE_TRANSACTIONS},
    {"MEM_LIMIT_EXCEEDED",                 SELECTDB_TRANSIENT, SELECTDB_CAUSE_MEMORY},
    {"MEM_ALLOC_FAILED",                   SELECTDB_TRANSIENT, SELECTDB_CAUSE_MEMORY},
    {"memory limit exceeded",              SELECTDB_TRANSIENT, SELECTDB_CAUSE_MEMORY},
    {"read lock timeout",                  SELECTDB_TRANSIENT, SELECTDB_CAUSE_LOCK},
    {"write lock timeout",                 SELECTDB_TRANSIENT, SELECTDB_CAUSE_LOCK},
    {"tryLock",                            SELECTDB_TRANSIENT, SELECTDB_CAUSE_LOCK},
    {"No backend load available",          SELECTDB_TRANSIENT, SELECTDB_CAUSE_NO_BACKEND},
    {"No available backend",               SELECTDB_TRANSIENT, SELECTDB_CAUSE_NO_BACKEND},
    {"cluster is suspended",               SELECTDB_TRANSIENT, SELECTDB_CAUSE_NO_BACKEND},
    {"compute group is suspended",         SELECTDB_TRANSIENT, SELECTDB_CAUSE_NO_BACKEND},

    /* why a transaction was aborted */
    {"timeout by txn manager",             SELECTDB_TRANSIENT, SELECTDB_CAUSE_OTHER},
    {"coordinate BE",                      SELECTDB_TRANSIENT, SELECTDB_CAUSE_OTHER},
    {"sender is gone",                     SELECTDB_TRANSIENT, SELECTDB_CAUSE_OTHER},
    {"receive body don't equal",           SELECTDB_TRANSIENT, SELECTDB_CAUSE_OTHER},
    {"blocked on schema change",           SELECTDB_TRANSIENT, SELECTDB_CAUSE_OTHER},
    {"is not NORMAL",                      SELECTDB_TRANSIENT, SELECTDB_CAUSE_OTHER},
    {"schema compatibility failed",        SELECTDB_TRANSIENT, SELECTDB_CAUSE_OTHER},
    {"is not ready",                       SELECTDB_TRANSIENT, SELECTDB_CAUSE_OTHER},
    {"not ready",                          SELECTDB_TRANSIENT, SELECTDB_CAUSE_OTHER},

    /* its own call to the front end: the commit may have gone through */
    {"THRIFT_RPC_ERROR",                   SELECTDB_AMBIGUOUS, SELECTDB_CAUSE_TIMEOUT},
    {"RPC timeout",                        SELECTDB_AMBIGUOUS, SELECTDB_CAUSE_TIMEOUT},
    {"[TIMEOUT]",                          SELECTDB_AMBIGUOUS, SELECTDB_CAUSE_TIMEOUT},

    {"E-7003",                             SELECTDB_DATA, SELECTDB_CAUSE_NEW_KEY},
    {"Can't append new rows",              SELECTDB_DATA, SELECTDB_CAUSE_NEW_KEY},
    {"DATA_QUALITY_ERROR",                 SELECTDB_DATA, SELECTDB_CAUSE_OTHER},
    {"too many filtered rows",             SELECTDB_DATA, SELECTDB_CAUSE_OTHER},
    {"unqualified data",                   SELECTDB_DATA, SELECTDB_CAUSE_OTHER},
    {"Invalid file encoding",              SELECTDB_DATA, SELECTDB_CAUSE_OTHER},
    {"Column count mismatch",              SELECTDB_DATA, SELECTDB_CAUSE_OTHER},
    {"length of input is too long",        SELECTDB_DATA, SELECTDB_CAUSE_OTHER},
    {"columns is not nullable",            SELECTDB_DATA, SELECTDB_CAUSE_OTHER},
    {"null value for not null column",     SELECTDB_DATA, SELECTDB_CAUSE_OTHER},
    {"no partition for this tuple",        SELECTDB_DATA, SELECTDB_CAUSE_OTHER},
    {"is incorrect while strict mode",     SELECTDB_DATA, SELECTDB_CAUSE_OTHER},

    /* the password file may be put right while we try */
    {"privilege",                          SELECTDB_PERMANENT, SELECTDB_CAUSE_PRIVILEGE},
    {"Access denied for ",                 SELECTDB_TRANSIENT, SELECTDB_CAUSE_LOGIN},
    {"NOT_AUTHORIZED",                     SELECTDB_TRANSIENT, SELECTDB_CAUSE_LOGIN},
    {"Unauthorized",                       SELECTDB_TRANSIENT, SELECTDB_CAUSE_LOGIN},
    {"Need auth information",              SELECTDB_TRANSIENT, SELECTDB_CAUSE_LOGIN},
    {"Access denied",                      SELECTDB_PERMANENT, SELECTDB_CAUSE_PRIVILEGE},
    {"No permission",                      SELECTDB_PERMANENT, SELECTDB_CAUSE_PRIVILEGE},

    {"unknown database",                   SELECTDB_PERMANENT, SELECTDB_CAUSE_NO_TABLE},
    {"unknown table",                      SELECTDB_PERMANENT, SELECTDB_CAUSE_NO_TABLE},
    {"No database selected",               SELECTDB_PERMANENT, SELECTDB_CAUSE_NO_TABLE},
    {"does not exist",                     SELECTDB_PERMANENT, SELECTDB_CAUSE_NO_TABLE},
    {"sequence column",                    SELECTDB_PERMANENT, SELECTDB_CAUSE_SCHEMA},
    {"Partial update should include",      SELECTDB_PERMANENT, SELECTDB_CAUSE_SCHEMA},
    {"support partial update",             SELECTDB_PERMANENT, SELECTDB_CAUSE_SCHEMA},
    {"only supported in unique tables",    SELECTDB_PERMANENT, SELECTDB_CAUSE_SCHEMA},
    {"is unsupported",                     SELECTDB_PERMANENT, SELECTDB_CAUSE_OTHER},
    {"unknown data format",                SELECTDB_PERMANENT, SELECTDB_CAUSE_OTHER},
    {"No cloud cluster name selected",     SELECTDB_PERMANENT, SELECTDB_CAUSE_OTHER},
    {"There is no 100-continue header",    SELECTDB_PERMANENT, SELECTDB_CAUSE_OTHER},
    {"INVALID_ARGUMENT",                   SELECTDB_PERMANENT, SELECTDB_CAUSE_OTHER},
    {"exceed BE's conf",                   SELECTDB_PERMANENT, SELECTDB_CAUSE_OTHER},
};
/* clang-format on */

SelectdbClass selectdb_classify(const char *message, SelectdbCause *cause)
{
    *cause = SELECTDB_CAUSE_OTHER;
    for (size_t i = 0; i < COUNT_OF(MESSAGES); i++) {
        if (strcasestr(message, MESSAGES[i].part)) {
            *cause = MESSAGES[i].cause;
            return MESSAGES[i].class;
        }
    }
    return SELECTDB_AMBIGUOUS;
}

/* ---- reasons ---- */

/* From the mark to `until` (or to the end) stands a value of a row. */
static const struct {
    const char *mark, *until;
} VALUES[] = {
    {"src line", NULL},     {"first 32 bytes of input str:", "schema length"},
    {"src value is", NULL}, {"source value", NULL},
    {"row with key", NULL}, {"tuple=", NULL},
    {", string:", NULL},    {"value=", NULL},
};

static char *last_of(char *text, const char *part)
{
    char *found = NULL;

    for (char *at = text; (at = strcasestr(at, part)); at++)
        found = at;
    return found;
}

static void take_values_out(char *text)
{
    for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
        char *from = strcasestr(text, VALUES[i].mark);
        char *to = from && VALUES[i].until ? last_of(from, VALUES[i].until) : NULL;

        if (!from)
            continue;
        if (to)
            memmove(from, to, strlen(to) + 1);
        else
            *from = '\0';
    }
}

static void make_one_line(char *text)
{
    size_t length;

    for (char *at = text; *at; at++) {
        if ((unsigned char)*at < ' ')
            *at = ' ';
    }
    length = strlen(text);
    if (length > REASON_MAX)
        text[length = REASON_MAX] = '\0';
    utf8_mend(text);
    length = strlen(text);
    while (length > 0 && strchr(" .;,", text[length - 1]))
        text[--length] = '\0';
}

const char *selectdb_reason(Str text, Arena *arena)
{
    char *copy = arena_alloc(arena, text.len + 1), *start;

    if (text.len > 0)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    start = strncasecmp(copy, "Reason:", 7) == 0 ? copy + 7 : copy;
    start += strspn(start, " \r\n\t");
    take_values_out(start);
    make_one_line(start);
    return start;
}

const char *selectdb_reason_column(Str text, Arena *arena)
{
    static const struct {
        const char *before, *after;
    } PLACES[] = {{"column(", ")"}, {"column_name[", "]"}, {"column name[", "]"}};
    const char *copy = arena_copy(arena, text).data;

    for (size_t i = 0; i < COUNT_OF(PLACES); i++) {
        const char *from = strstr(copy, PLACES[i].before), *to;

        if (!from)
            continue;
        from += strlen(PLACES[i].before);
        to = strstr(from, PLACES[i].after);
        if (to)
            return arena_copy(arena, (Str){from, (size_t)(to - from)}).data;
    }
    return "";
}

/* ---- labels ---- */

static const char *const LABELS[] = {
    [SELECTDB_LABEL_UNREADABLE] = "unreadable", [SELECTDB_LABEL_UNKNOWN] = "UNKNOWN",
    [SELECTDB_LABEL_PREPARE] = "PREPARE",       [SELECTDB_LABEL_PRECOMMITTED] = "PRECOMMITTED",
    [SELECTDB_LABEL_COMMITTED] = "COMMITTED",   [SELECTDB_LABEL_VISIBLE] = "VISIBLE",
    [SELECTDB_LABEL_ABORTED] = "ABORTED",
};

SelectdbLabel selectdb_label_of(Str text)
{
    static const Str PREFIX = STR("TXN_STATUS_");

    if (text.len > PREFIX.len && memcmp(text.data, PREFIX.data, PREFIX.len) == 0)
        text = (Str){text.data + PREFIX.len, text.len - PREFIX.len};
    for (int i = SELECTDB_LABEL_UNKNOWN; i <= SELECTDB_LABEL_ABORTED; i++) {
        if (strlen(LABELS[i]) == text.len && strncasecmp(LABELS[i], text.data, text.len) == 0)
            return (SelectdbLabel)i;
    }
    if (str_equal(text, (Str)STR("PREPARED"))) /* cloud's word */
        return SELECTDB_LABEL_PREPARE;
    return SELECTDB_LABEL_UNREADABLE;
}

const char *selectdb_label_name(SelectdbLabel label)
{
    return LABELS[label];
}

/* ---- the shapes ---- */

static bool read_count(const json_t *object, const char *key, uint64_t *out)
{
    const char *text = selectdb_json_text(object, key);
    char *end;

    *out = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

static void read_counts(const json_t *object, SelectdbReply *out)
{
    bool total = read_count(object, "NumberTotalRows", &out->total);
    bool loaded = read_count(object, "NumberLoadedRows", &out->loaded);
    bool filtered = read_count(object, "NumberFilteredRows", &out->filtered);
    bool unselected = read_count(object, "NumberUnselectedRows", &out->unselected);

    out->counted = total && loaded && filtered && unselected;
}

/* "... status [VISIBLE]." and, of a cloud, "... status=[TXN_STATUS_VISIBLE] ..." */
static SelectdbLabel label_in_message(const char *message)
{
    const char *status = strstr(message, "status");
    const char *from = status ? strchr(status, '[') : NULL;
    const char *to = from ? strchr(from, ']') : NULL;

    if (!to)
        return SELECTDB_LABEL_UNREADABLE;
    return selectdb_label_of((Str){from + 1, (size_t)(to - from - 1)});
}

static SelectdbClass class_of_existing(const char *job, const char *message)
{
    SelectdbLabel label;

    if (strcasecmp(job, "FINISHED") == 0)
        return SELECTDB_FINISHED;
    if (strcasecmp(job, "RUNNING") == 0 || strcasecmp(job, "PRECOMMITTED") == 0)
        return SELECTDB_RUNNING;
    label = job[0] ? SELECTDB_LABEL_UNREADABLE : label_in_message(message);
    if (label == SELECTDB_LABEL_VISIBLE || label == SELECTDB_LABEL_COMMITTED)
        return SELECTDB_FINISHED;
    if (label == SELECTDB_LABEL_PREPARE || label == SELECTDB_LABEL_PRECOMMITTED)
        return SELECTDB_RUNNING;
    return SELECTDB_AMBIGUOUS;
}

/* One that waits for a second phase is not there yet; we never ask for two. */
static void read_status(const json_t *object, SelectdbReply *out)
{
    const char *status = selectdb_json_text(object, "Status");

    if (strcasecmp(status, "Success") == 0) {
        out->status = SELECTDB_SUCCESS;
        out->class = strcmp(selectdb_json_text(object, "TwoPhaseCommit"), "true") == 0
                         ? SELECTDB_AMBIGUOUS
                         : SELECTDB_DONE;
    } else if (strcasecmp(status, "Publish Timeout") == 0) {
        out->status = SELECTDB_PUBLISH_TIMEOUT;
        out->class = SELECTDB_DONE;
    } else if (strcasecmp(status, "Label Already Exists") == 0) {
        out->status = SELECTDB_LABEL_EXISTS;
        out->class =
            class_of_existing(selectdb_json_text(object, "ExistingJobStatus"), out->message);
    } else if (strcasecmp(status, "Fail") == 0) {
        out->status = SELECTDB_FAIL;
        out->class = selectdb_classify(out->message, &out->cause);
    }
}

static void read_back_end(const json_t *object, Arena *arena, SelectdbReply *out)
{
    Str first = str_of(selectdb_json_text(object, "FirstErrorMsg"));
    const char *txn = selectdb_json_text(object, "TxnId");

    out->txn = txn[0] ? strtoll(txn, NULL, 10) : -1;
    out->label = arena_strdup(arena, selectdb_json_text(object, "Label"));
    out->message = selectdb_reason(str_of(selectdb_json_text(object, "Message")), arena);
    out->error_url = arena_strdup(arena, selectdb_json_text(object, "ErrorURL"));
    out->first_error = selectdb_reason(first, arena);
    out->column = selectdb_reason_column(first, arena);
    read_counts(object, out);
    read_status(object, out);
}

/* {"status": "FAILED", "msg": ...} and {"msg": ..., "code": 401, "data": ...} */
static void read_front_end(const json_t *object, Arena *arena, SelectdbReply *out)
{
    const char *status = selectdb_json_text(object, "status");
    const char *code = selectdb_json_text(object, "code");
    const char *data = selectdb_json_text(object, "data");

    if ((!status[0] && !code[0]) || strcmp(code, "0") == 0 || strcasecmp(status, "Success") == 0)
        return;
    out->status = SELECTDB_REFUSED;
    out->message =
        selectdb_reason(str_of(data[0] ? data : selectdb_json_text(object, "msg")), arena);
    out->class = selectdb_classify(out->message, &out->cause);
    if (strcmp(code, "401") == 0 && out->cause != SELECTDB_CAUSE_PRIVILEGE) {
        out->class = SELECTDB_TRANSIENT;
        out->cause = SELECTDB_CAUSE_LOGIN;
    } else if (out->class == SELECTDB_AMBIGUOUS &&
               (strcmp(code, "500") == 0 || strcmp(code, "503") == 0)) {
        out->class = SELECTDB_TRANSIENT;
    }
}

void selectdb_reply_read(Str body, Arena *arena, SelectdbReply *out)
{
    json_t *object = selectdb_json_read(body);

    *out = (SelectdbReply){
        .txn = -1, .label = "", .message = "", .error_url = "", .first_error = "", .column = ""};
    if (json_is_object(object)) {
        if (json_object_get(object, "Status"))
            read_back_end(object, arena, out);
        else
            read_front_end(object, arena, out);
    }
    json_decref(object);
}

bool selectdb_reply_fits(const SelectdbReply *reply, uint64_t rows)
{
    return reply->counted && reply->filtered == 0 && reply->total == rows &&
           reply->loaded <= rows && reply->loaded + reply->unselected == rows;
}
