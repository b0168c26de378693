/* Questions to front ends: a label's state, a table's columns, the version; and why a row was
 * refused. */
#include "common/selectdb_address.h"
#include "common/selectdb_call.h"
#include "common/selectdb_json.h"

#include <jansson.h>
#include <stdio.h>
#include <strings.h>

enum { ASK_SILENCE_S = 60, REASON_REPLY_MAX = 64 << 10, SCHEMA_REPLY_MAX = 16 << 20 };

/* ---- labels ---- */

/* A cloud does not say UNKNOWN: {"code": 1, "data": "... Label [L] has not found"} */
static SelectdbNext read_label(SelectdbCall *call, const HttpReply *reply)
{
    const char *detail = "";
    json_t *answer = NULL;
    SelectdbNext next = selectdb_read_envelope(call, reply, &answer, &detail);

    if (next == SELECTDB_NEXT_DONE) {
        call->label = selectdb_label_of(str_of(selectdb_json_text(answer, "data")));
    } else if (strcasestr(detail, "label") && strcasestr(detail, "not found")) {
        call->label = SELECTDB_LABEL_UNKNOWN;
        next = SELECTDB_NEXT_DONE;
    }
    json_decref(answer);
    return next;
}

static const SelectdbKind LABEL = {.read = read_label, .method = "GET", .silence_s = ASK_SILENCE_S};

SelectdbCall *selectdb_ask_label(Selectdb *db, const char *database, const char *label)
{
    SelectdbCall *call = selectdb_start(db, &LABEL);

    call->path = arena_printf(&call->arena, "/api/%s/get_load_state?label=%s",
                              selectdb_path_segment(&call->arena, database),
                              selectdb_path_segment(&call->arena, label));
    return call;
}

SelectdbLabel selectdb_label(const SelectdbCall *call)
{
    return call->label;
}

/* ---- a table ---- */

static bool is_true(const json_t *object, const char *key)
{
    const char *text = selectdb_json_text(object, key);

    return strcasecmp(text, "true") == 0 || strcasecmp(text, "yes") == 0;
}

static void read_columns(SelectdbCall *call, const json_t *data)
{
    const json_t *list = json_object_get(data, "properties");
    size_t count = json_array_size(list);
    SelectdbSchemaColumn *columns = ARENA_ARRAY(&call->arena, SelectdbSchemaColumn, count + 1);

    for (size_t i = 0; i < count; i++) {
        const json_t *column = json_array_get(list, i);

        columns[i] = (SelectdbSchemaColumn){
            .name = arena_strdup(&call->arena, selectdb_json_text(column, "name")),
            .type = arena_strdup(&call->arena, selectdb_json_text(column, "type")),
            .key = is_true(column, "is_key"),
            .nullable = is_true(column, "is_nullable"),
        };
    }
    call->schema = (SelectdbSchema){
        .exists = true,
        .keys_type = arena_strdup(&call->arena, selectdb_json_text(data, "keysType")),
        .columns = columns,
        .column_count = count,
    };
}

static bool says_missing(const char *detail)
{
    return strcasestr(detail, "unknown table") || strcasestr(detail, "unknown database") ||
           strcasestr(detail, "not exist") || strcasestr(detail, "not found");
}

static SelectdbNext read_table(SelectdbCall *call, const HttpReply *reply)
{
    const char *detail = "";
    json_t *answer = NULL;
    SelectdbNext next = selectdb_read_envelope(call, reply, &answer, &detail);

    if (next == SELECTDB_NEXT_DONE) {
        read_columns(call, json_object_get(answer, "data"));
    } else if (says_missing(detail)) {
        call->schema = (SelectdbSchema){.keys_type = ""};
        next = SELECTDB_NEXT_DONE;
    }
    json_decref(answer);
    return next;
}

static const SelectdbKind TABLE = {
    .read = read_table, .method = "GET", .silence_s = ASK_SILENCE_S, .reply_max = SCHEMA_REPLY_MAX};

SelectdbCall *selectdb_ask_schema(Selectdb *db, const char *database, const char *table)
{
    SelectdbCall *call = selectdb_start(db, &TABLE);

    call->path = arena_printf(&call->arena, "/api/%s/%s/_schema",
                              selectdb_path_segment(&call->arena, database),
                              selectdb_path_segment(&call->arena, table));
    return call;
}

const SelectdbSchema *selectdb_schema(const SelectdbCall *call)
{
    return &call->schema;
}

static void copy_schema(const SelectdbSchema *schema, Arena *arena, SelectdbSchema *out)
{
    SelectdbSchemaColumn *columns =
        ARENA_ARRAY(arena, SelectdbSchemaColumn, schema->column_count + 1);

    for (size_t i = 0; i < schema->column_count; i++) {
        columns[i] = schema->columns[i];
        columns[i].name = arena_strdup(arena, schema->columns[i].name);
        columns[i].type = arena_strdup(arena, schema->columns[i].type);
    }
    *out = *schema;
    out->keys_type = arena_strdup(arena, schema->keys_type);
    out->columns = columns;
}

bool selectdb_table(Selectdb *db, const char *database, const char *table, Arena *arena,
                    SelectdbSchema *out, Error *err)
{
    CLEANUP(selectdb_free) SelectdbCall *call = selectdb_ask_schema(db, database, table);

    if (!selectdb_finish(db, call, err))
        return false;
    copy_schema(&call->schema, arena, out);
    return true;
}

/* ---- the version ---- */

static SelectdbNext read_version(SelectdbCall *call, const HttpReply *reply)
{
    const char *detail = "";
    json_t *answer = NULL;
    SelectdbNext next = selectdb_read_envelope(call, reply, &answer, &detail);

    if (next == SELECTDB_NEXT_DONE)
        call->text = arena_strdup(&call->arena,
                                  selectdb_json_text(json_object_get(answer, "data"), "version"));
    json_decref(answer);
    return next == SELECTDB_NEXT_LATER ? SELECTDB_NEXT_FAIL : next;
}

static const SelectdbKind VERSION = {
    .read = read_version, .method = "GET", .anonymous = true, .silence_s = ASK_SILENCE_S};

SelectdbCall *selectdb_ask_version(Selectdb *db, size_t front_end)
{
    SelectdbCall *call = selectdb_start(db, &VERSION);

    call->path = "/api/bootstrap";
    call->front_end = front_end;
    call->pinned = true;
    return call;
}

const char *selectdb_version(const SelectdbCall *call)
{
    return call->text;
}

/* ---- a back end ---- */

/* {"status": "OK", "msg": ...}. Something else may sit at an address that we do not reach. */
static SelectdbNext read_health(SelectdbCall *call, const HttpReply *reply)
{
    json_t *answer;
    bool well;

    if (reply->state != HTTP_REPLIED) {
        call->err = reply->err;
        return SELECTDB_NEXT_FAIL;
    }
    answer = selectdb_json_read(reply->body);
    well = reply->status == 200 && json_is_object(answer) &&
           strcasecmp(selectdb_json_text(answer, "status"), "OK") == 0;
    json_decref(answer);
    if (well)
        return SELECTDB_NEXT_DONE;
    error_set(&call->err, ERROR_TRANSIENT, "what answers there (HTTP %d) is no back end",
              reply->status);
    return SELECTDB_NEXT_FAIL;
}

static const SelectdbKind BACK_END = {
    .read = read_health, .method = "GET", .anonymous = true, .silence_s = ASK_SILENCE_S};

SelectdbCall *selectdb_ask_back_end(Selectdb *db, const SelectdbBackend *backend)
{
    SelectdbCall *call = selectdb_start(db, &BACK_END);
    const char *host = strstr(backend->url, "://");
    size_t length = host ? (size_t)(host + 3 - backend->url) : 0;

    length += strcspn(backend->url + length, "/?#");
    call->url = arena_printf(&call->arena, "%.*s/api/health", (int)length, backend->url);
    return call;
}

/* ---- refused rows ---- */

/* Lines "Reason: ... . src line [...]; ": the first one's reason. None is an answer too. */
static SelectdbNext read_reason(SelectdbCall *call, const HttpReply *reply)
{
    Str text = reply->body;

    if (reply->state == HTTP_REPLIED && reply->status == 200 && text.len > 0)
        call->text = selectdb_reason((Str){text.data, strcspn(text.data, "\n")}, &call->arena);
    return SELECTDB_NEXT_DONE;
}

/* The address may be a signed one of an object store: it gets no login of ours. */
static const SelectdbKind REASON = {.read = read_reason,
                                    .method = "GET",
                                    .anonymous = true,
                                    .silence_s = ASK_SILENCE_S,
                                    .reply_max = REASON_REPLY_MAX};

SelectdbCall *selectdb_ask_reason(Selectdb *db, const char *error_url)
{
    const TaskDestination *destination = selectdb_destination(db);
    SelectdbCall *call = selectdb_start(db, &REASON);
    SelectdbAddress address;

    if (selectdb_address_read(error_url, destination->redirects, destination->redirect_count,
                              &call->arena, &address)) {
        call->url = address.url;
    } else { /* there is nothing to ask */
        call->url = "";
        call->ended = call->ok = true;
    }
    return call;
}

const char *selectdb_reason_text(const SelectdbCall *call)
{
    return call->text;
}
