/* How a front end's answer is read: what it means for the call, whatever it was asked. */
#include "common/selectdb_call.h"
#include "common/selectdb_json.h"

#include "common/compiler.h"

#include <jansson.h>
#include <strings.h>

/* Of statements: what somebody must change. What is not here may pass, for all we know. */
static const char *const MUST_CHANGE[] = {
    "syntax",
    "mismatched input",
    "Unsupported statement",
    "Unknown column",
    "already exist",
    "Duplicate",
    "should",
    "not support",
    "Can not",
    "cannot",
    "invalid",
    "Incorrect",
    "must",
    "too long",
    "not allowed",
    "Nothing is changed",
};

static bool must_change(const char *detail)
{
    for (size_t i = 0; i < COUNT_OF(MUST_CHANGE); i++) {
        if (strcasestr(detail, MUST_CHANGE[i]))
            return true;
    }
    return false;
}

static const char *detail_of(Arena *arena, const char *data)
{
    static const char MARK[] = "detailMessage = ";
    const char *mark = strstr(data, MARK);

    return selectdb_reason(str_of(mark ? mark + sizeof MARK - 1 : data), arena);
}

static SelectdbNext refuse_login(SelectdbCall *call, const char *detail)
{
    error_set(&call->err, ERROR_TRANSIENT, "%s: the login is refused: %s",
              selectdb_front_end_url(call), detail);
    error_hint(&call->err, "check destination.user and what is in destination.password_file");
    return SELECTDB_NEXT_FAIL;
}

static SelectdbNext refuse(SelectdbCall *call, const char *code, const char *detail)
{
    SelectdbCause cause;
    SelectdbClass class = selectdb_classify(detail, &cause);

    if (strcmp(code, "401") == 0 && cause != SELECTDB_CAUSE_PRIVILEGE)
        cause = SELECTDB_CAUSE_LOGIN;
    if (cause == SELECTDB_CAUSE_LOGIN)
        return refuse_login(call, detail);
    error_set(&call->err,
              class == SELECTDB_PERMANENT || class == SELECTDB_DATA || must_change(detail)
                  ? ERROR_CONFIG
                  : ERROR_TRANSIENT,
              "%s: %s", selectdb_front_end_url(call), detail);
    if (cause == SELECTDB_CAUSE_PRIVILEGE)
        error_hint(&call->err, "GRANT it to '%s'; docs/accounts.md has the list",
                   selectdb_destination(call->db)->user);
    if (strcmp(code, "500") == 0 || strcmp(code, "503") == 0)
        return SELECTDB_NEXT_LATER;
    return SELECTDB_NEXT_FAIL;
}

/* The connection broke, or nothing could be sent. */
static SelectdbNext read_failure(SelectdbCall *call, const HttpReply *reply)
{
    call->err = reply->err;
    if (reply->err.kind == ERROR_CONFIG)
        return SELECTDB_NEXT_FAIL;
    if (reply->state == HTTP_UNSENT || call->asks_only)
        return SELECTDB_NEXT_OTHER;
    error_wrap(&call->err, "the answer to a statement was lost, it may have been carried out");
    return SELECTDB_NEXT_FAIL;
}

static SelectdbNext read_status(SelectdbCall *call, const HttpReply *reply)
{
    const char *url = selectdb_front_end_url(call);

    if (reply->status >= 300 && reply->status < 400) {
        error_set(&call->err, ERROR_CONFIG, "%s answers with a redirect (HTTP %d)", url,
                  reply->status);
        error_hint(&call->err, "it may want https: write https://HOST:PORT in destination.urls");
        return SELECTDB_NEXT_FAIL;
    }
    if (reply->status == 401 || reply->status == 403)
        return refuse_login(call, "HTTP 401 or 403");
    if (reply->status == 404) {
        error_set(&call->err, ERROR_CONFIG, "%s: HTTP 404: no front end of SelectDB is there", url);
        error_hint(&call->err, "destination.urls wants the HTTP port of a front end (8030, or 8080 "
                               "in a cloud)");
        return SELECTDB_NEXT_FAIL;
    }
    error_set(&call->err, ERROR_TRANSIENT, "%s: HTTP %d without an answer of SelectDB", url,
              reply->status);
    return call->asks_only ? SELECTDB_NEXT_OTHER : SELECTDB_NEXT_FAIL;
}

SelectdbNext selectdb_read_envelope(SelectdbCall *call, const HttpReply *reply, json_t **out,
                                    const char **detail)
{
    json_t *object;
    const char *code;

    if (reply->state != HTTP_REPLIED)
        return read_failure(call, reply);
    object = reply->cut ? NULL : selectdb_json_read(reply->body);
    code = json_is_object(object) ? selectdb_json_text(object, "code") : "";
    if (code[0] == '\0') {
        json_decref(object);
        if (reply->status != 200)
            return read_status(call, reply);
        error_set(&call->err, ERROR_TRANSIENT, "%s: the answer %s", selectdb_front_end_url(call),
                  reply->cut ? "is too long" : "is cut off or no JSON");
        return call->asks_only ? SELECTDB_NEXT_OTHER : SELECTDB_NEXT_FAIL;
    }
    if (strcmp(code, "0") == 0) {
        *out = object;
        return SELECTDB_NEXT_DONE;
    }
    const char *data = selectdb_json_text(object, "data");

    *detail = detail_of(&call->arena, data[0] ? data : selectdb_json_text(object, "msg"));
    SelectdbNext next = refuse(call, code, *detail);

    json_decref(object);
    return next;
}
