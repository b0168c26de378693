/* Stream load: the empty PUT that names a back end, and the body to it. */
#include "common/selectdb_address.h"
#include "common/selectdb_call.h"

#include <stdlib.h>

enum {
    RESOLVE_SILENCE_S = 60,
    PUT_SILENCE_S = 240, /* longer than the 180 s in which a back end must have its commit */
    BACK_ENDS_ASKED = 6, /* how often another back end is asked for when one is avoided */
};

static ErrorKind kind_of(const SelectdbReply *reply)
{
    return reply->class == SELECTDB_PERMANENT ? ERROR_CONFIG
           : reply->class == SELECTDB_DATA    ? ERROR_DATA
                                              : ERROR_TRANSIENT;
}

static void read_load_reply(SelectdbCall *call, const HttpReply *reply)
{
    selectdb_reply_read(reply->body, &call->arena, &call->load.reply);
    call->load.state = reply->state;
    call->load.sent = reply->sent;
}

/* ---- the first hop ---- */

static SelectdbNext refuse(SelectdbCall *call, const HttpReply *reply)
{
    const SelectdbReply *said = &call->load.reply;
    const char *url = selectdb_front_end_url(call);

    if (said->status == SELECTDB_UNREADABLE) {
        error_set(&call->err, ERROR_TRANSIENT, "%s: HTTP %d without a back end to load to", url,
                  reply->status);
        return SELECTDB_NEXT_OTHER;
    }
    error_set(&call->err, kind_of(said), "%s: %s", url, said->message);
    if (said->cause == SELECTDB_CAUSE_LOGIN)
        error_hint(&call->err, "check destination.user and what is in destination.password_file");
    else if (said->cause == SELECTDB_CAUSE_PRIVILEGE)
        error_hint(&call->err, "GRANT LOAD_PRIV on the table to '%s'",
                   selectdb_destination(call->db)->user);
    else if (said->cause == SELECTDB_CAUSE_NO_BACKEND)
        error_hint(&call->err, "see that back ends are alive and the compute group is started");
    return SELECTDB_NEXT_FAIL;
}

/* A back end that was not reached lately is taken only when no other is offered. */
static SelectdbNext take_back_end(SelectdbCall *call, const char *location)
{
    const TaskDestination *destination = selectdb_destination(call->db);
    SelectdbAddress address;

    if (!selectdb_address_read(location, destination->redirects, destination->redirect_count,
                               &call->arena, &address)) {
        error_set(&call->err, ERROR_TRANSIENT, "%s redirects to no address of a back end",
                  selectdb_front_end_url(call));
        return SELECTDB_NEXT_FAIL;
    }
    call->backend = (SelectdbBackend){address.name, address.url};
    if (!selectdb_is_avoided(call->db, address.name) || call->back_ends_asked >= BACK_ENDS_ASKED)
        return SELECTDB_NEXT_DONE;
    call->back_ends_asked++;
    return SELECTDB_NEXT_AGAIN;
}

static SelectdbNext read_redirect(SelectdbCall *call, const HttpReply *reply)
{
    if (reply->state != HTTP_REPLIED) {
        call->err = reply->err;
        call->load.state = reply->state;
        return reply->err.kind == ERROR_CONFIG ? SELECTDB_NEXT_FAIL : SELECTDB_NEXT_OTHER;
    }
    if (reply->status >= 300 && reply->status < 400 && reply->location[0])
        return take_back_end(call, reply->location);
    read_load_reply(call, reply);
    return refuse(call, reply);
}

static const SelectdbKind RESOLVE = {
    .read = read_redirect, .method = "PUT", .expect = true, .silence_s = RESOLVE_SILENCE_S};

static void expect_nothing_yet(SelectdbCall *call)
{
    call->load.state = HTTP_UNSENT;
    selectdb_reply_read((Str){"", 0}, &call->arena, &call->load.reply);
}

SelectdbCall *selectdb_resolve(Selectdb *db, const char *database, const char *table,
                               const char *const *headers)
{
    SelectdbCall *call = selectdb_start(db, &RESOLVE);

    call->path = arena_printf(&call->arena, "/api/%s/%s/_stream_load",
                              selectdb_path_segment(&call->arena, database),
                              selectdb_path_segment(&call->arena, table));
    call->headers = selectdb_headers(call, headers, true);
    call->backend = (SelectdbBackend){"", ""};
    expect_nothing_yet(call);
    return call;
}

const SelectdbBackend *selectdb_backend(const SelectdbCall *call)
{
    return &call->backend;
}

/* ---- the second hop ---- */

static SelectdbNext read_load(SelectdbCall *call, const HttpReply *reply)
{
    read_load_reply(call, reply);
    if (call->load.reply.status != SELECTDB_UNREADABLE)
        return SELECTDB_NEXT_DONE;      /* also of a connection that broke after it */
    if (reply->state == HTTP_REPLIED) { /* of something in between */
        selectdb_avoid(call->db, call->backend.name);
        error_set(&call->err, ERROR_TRANSIENT,
                  "back end %s: HTTP %d with what is no answer to a load", call->backend.name,
                  reply->status);
        return SELECTDB_NEXT_FAIL;
    }
    call->err = reply->err;
    error_wrap(&call->err, "back end %s", call->backend.name);
    if (reply->state == HTTP_UNSENT && reply->err.kind == ERROR_CONNECTION) {
        selectdb_avoid(call->db, call->backend.name);
        error_hint(&call->err, "if it can never be reached by this address, map it in "
                               "destination.redirect_map");
    }
    return SELECTDB_NEXT_FAIL;
}

static const SelectdbKind PUT = {.read = read_load, .method = "PUT", .expect = true};

/* Tests of a back end that hangs do not wait for so long. */
static int put_silence_s(void)
{
#ifdef WALFERRY_FAILPOINTS
    const char *text = getenv("WALFERRY_PUT_SILENCE_S");

    if (text)
        return (int)strtol(text, NULL, 10);
#endif
    return PUT_SILENCE_S;
}

SelectdbCall *selectdb_put(Selectdb *db, const SelectdbBackend *backend, const char *const *headers,
                           HttpBody body, int64_t begin_by_ms)
{
    SelectdbCall *call = selectdb_start(db, &PUT);

    call->backend = (SelectdbBackend){arena_strdup(&call->arena, backend->name),
                                      arena_strdup(&call->arena, backend->url)};
    call->url = call->backend.url;
    call->headers = selectdb_headers(call, headers, true);
    call->body = body;
    call->silence_s = put_silence_s();
    call->begin_by_ms = begin_by_ms;
    expect_nothing_yet(call);
    return call;
}

const SelectdbLoadReply *selectdb_load_reply(const SelectdbCall *call)
{
    return &call->load;
}
