#include "loader/stream_load.h"

#include "common/failpoint.h"
#include "common/mem.h"
#include "loader/csv_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Of a transaction at the destination that nobody ends: so long its label stays undecided. */
#define TIMEOUT_HEADER "timeout: 600"

enum { HEADERS_MAX = 24 };

struct StreamLoad {
    Selectdb *selectdb;
    StreamLoadRequest request;
    char *headers[HEADERS_MAX];
    size_t header_count;
    SelectdbCall *resolve;
    SelectdbCall *put;
    bool in_body;
    StreamLoadEnd end;
    bool ended;
};

static const char *const FIXED[] = {
    "format: csv",
    "column_separator: ,",
    "enclose: \"",
    "escape: \\",
    "trim_double_quotes: true",
    "strict_mode: true",
    "max_filter_ratio: 0",
    TIMEOUT_HEADER,
};

static void add_header(StreamLoad *load, char *header)
{
    load->headers[load->header_count++] = header;
}

static void make_headers(StreamLoad *load)
{
    const StreamLoadRequest *request = &load->request;

    for (size_t i = 0; i < COUNT_OF(FIXED); i++)
        add_header(load, mem_strdup(FIXED[i]));
    add_header(load, mem_printf("label: %s", request->label));
    add_header(load, mem_printf("columns: %s", request->part->columns));
    add_header(load, mem_printf("timezone: %s", request->timezone));
    if (request->table->unique) {
        add_header(load, mem_strdup("merge_type: APPEND"));
        add_header(load, mem_strdup("function_column.sequence_col: " CSV_SEQUENCE_COLUMN));
    }
    if (request->part->partial) {
        add_header(load, mem_strdup("partial_columns: true"));
        add_header(load, mem_strdup("partial_update_new_key_behavior: ERROR"));
    }
}

StreamLoad *stream_load_start(Selectdb *selectdb, const StreamLoadRequest *request)
{
    StreamLoad *load = MEM_NEW(StreamLoad);

    load->selectdb = selectdb;
    load->request = *request;
    make_headers(load);
    (void)FAILPOINT("load.resolve");
    load->resolve = selectdb_resolve(selectdb, request->table->database, request->table->table,
                                     (const char *const *)load->headers);
    return load;
}

void stream_load_free(StreamLoad **load)
{
    if (!*load)
        return;
    selectdb_free(&(*load)->put);
    selectdb_free(&(*load)->resolve);
    for (size_t i = 0; i < (*load)->header_count; i++)
        free((*load)->headers[i]);
    free((*load)->end.error_url);
    free(*load);
    *load = NULL;
}

/* ---- the body ---- */

static size_t read_body(void *self, char *out, size_t size)
{
    StreamLoad *load = self;
    LoadBody *body = load->request.body;
    size_t length = body->verbs->read(body, out, size);

    if (load->in_body)
        (void)FAILPOINT("load.in_body");
    load->in_body = true;
    return length;
}

static void rewind_body(void *self)
{
    StreamLoad *load = self;
    LoadBody *body = load->request.body;

    load->in_body = false;
    body->verbs->rewind(body, load->request.first_row, load->request.rows);
}

static void send_body(StreamLoad *load)
{
    const HttpBody body = {read_body, rewind_body, load};

    rewind_body(load);
    (void)FAILPOINT("load.before_send");
    load->put = selectdb_put(load->selectdb, selectdb_backend(load->resolve),
                             (const char *const *)load->headers, body, load->request.good_until_ms);
}

/* ---- what came of it ---- */

static bool ends(StreamLoad *load, LifeEvent event)
{
    load->end.event = event;
    load->ended = true;
    return true;
}

static void note_reply(StreamLoad *load, const SelectdbReply *reply)
{
    StreamLoadEnd *end = &load->end;

    end->said = (LifeSaid){reply->class, reply->cause};
    if (reply->first_error[0])
        snprintf(end->reason, sizeof end->reason, "%s", reply->first_error);
    if (reply->error_url[0])
        end->error_url = mem_strdup(reply->error_url);
}

/* Nothing was sent but headers to an FE. */
static bool on_resolved(StreamLoad *load)
{
    const SelectdbLoadReply *reply;

    if (selectdb_result(load->resolve, &load->end.err)) {
        send_body(load);
        return false;
    }
    reply = selectdb_load_reply(load->resolve);
    if (reply && reply->state == HTTP_REPLIED)
        note_reply(load, &reply->reply);
    return ends(load, load->end.err.kind == ERROR_CONFIG || load->end.err.kind == ERROR_DATA
                          ? LIFE_HOPELESS
                          : LIFE_UNSENT);
}

static bool miscounted(StreamLoad *load, const SelectdbReply *reply)
{
    load->end.miscounted = true;
    error_set(&load->end.err, ERROR_DATA,
              "of %" PRIu64 " rows sent under label %s the destination counts %" PRIu64
              ", of them %" PRIu64 " loaded, %" PRIu64 " filtered",
              load->request.rows, load->request.label, reply->total, reply->loaded,
              reply->filtered);
    return ends(load, LIFE_HOPELESS);
}

static bool on_reply(StreamLoad *load, const SelectdbReply *reply)
{
    note_reply(load, reply);
    if (reply->class == SELECTDB_DONE && reply->counted &&
        !selectdb_reply_fits(reply, load->request.rows))
        return miscounted(load, reply);
    load->end.visible = reply->status == SELECTDB_SUCCESS;
    if (reply->class == SELECTDB_DONE || reply->class == SELECTDB_FINISHED)
        return ends(load, LIFE_LOADED);
    if (load->end.err.kind == ERROR_NONE)
        error_set(&load->end.err,
                  reply->class == SELECTDB_DATA        ? ERROR_DATA
                  : reply->class == SELECTDB_PERMANENT ? ERROR_CONFIG
                                                       : ERROR_TRANSIENT,
                  "%s", reply->message[0] ? reply->message : "a reply that cannot be read");
    return ends(load, LIFE_DOUBTFUL);
}

static bool on_put(StreamLoad *load)
{
    const SelectdbLoadReply *reply = selectdb_load_reply(load->put);
    bool replied = selectdb_result(load->put, &load->end.err);

    (void)FAILPOINT("load.after_reply");
    load->end.bytes = reply->sent;
    if (!replied && reply->state == HTTP_UNSENT)
        return ends(load, LIFE_UNSENT);
    return on_reply(load, &reply->reply);
}

/* What arrived of a reply counts, however the connection ended. */
bool stream_load_step(StreamLoad *load)
{
    if (load->ended)
        return true;
    if (!load->put)
        return selectdb_ended(load->resolve) && on_resolved(load);
    return selectdb_ended(load->put) && on_put(load);
}

const StreamLoadEnd *stream_load_end(const StreamLoad *load)
{
    return &load->end;
}
