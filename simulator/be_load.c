#include "simulator/be_load.h"

#include "common/clock.h"
#include "common/mem.h"
#include "simulator/be_load_internal.h"
#include <stdlib.h>

static FaultPlace place_of(BeLoad *load, bool mid_body)
{
    return (FaultPlace){.node = load->be,
                        .request = load->request,
                        .where = &load->where,
                        .be = load->be,
                        .mid_body = mid_body};
}

static HttpNext reply_failed(BeLoad *load)
{
    be_load_set_failed(load);
    be_load_abort(load, load->err.message);
    return be_load_send_reply(load);
}

/* A fault that fails the load does so here; others do what they do everywhere. */
static HttpNext strike(BeLoad *load, const Fault *fault)
{
    FaultPlace place = place_of(load, false);
    const char *message = be_load_fault_message(load, fault);

    if (!message)
        return fault_act(&place, fault);
    error_set(&load->err, ERROR_DATA, "%s", message);
    return reply_failed(load);
}

/* ---- headers ---- */

static BeLoad *make(Node *be, HttpRequest *request, const char *database, const char *table)
{
    BeLoad *load = MEM_NEW(BeLoad);
    const char *label = http_header(request, "label");

    load->be = be;
    load->sim = be->sim;
    load->request = request;
    load->where = (FaultWhere){database, table, label};
    load->began_ms = clock_ms();
    load->reply = (LoadReply){.txn_id = -1,
                              .label = label ? label : "",
                              .comment = "",
                              .status = "Fail",
                              .message = "",
                              .error_url = "",
                              .first_error = ""};
    load->fault.kind = FAULT_KIND_COUNT;
    return load;
}

/* What waits for some of the body's bytes: by default half of them. */
static void arm_body_fault(BeLoad *load)
{
    Fault *fault = &load->fault;

    if (!fault_strikes(load->be, FAULT_BE_BODY, &load->where, fault)) {
        *fault = (Fault){.kind = FAULT_KIND_COUNT};
        return;
    }
    if (fault->kind == FAULT_SLOW_READER) {
        load->bandwidth = fault->bytes;
        fault->kind = FAULT_KIND_COUNT;
    } else if (fault->bytes == 0) {
        fault->bytes = load->headers.content_length > 1 ? load->headers.content_length / 2 : 1;
    }
}

HttpNext be_load_headers(Node *be, HttpRequest *request, const char *database, const char *table,
                         BeLoad **out)
{
    BeLoad *load = *out = make(be, request, database, table);
    HttpNext next = HTTP_CONTINUE;

    be_load_note(load, "load", NULL);
    if (fault_strikes(be, FAULT_BE_HEADERS, &load->where, &load->fault))
        next = strike(load, &load->fault);
    if (next != HTTP_CONTINUE)
        return next;
    if (!be_load_begin(load)) {
        be_load_abort(load, load->err.message);
        if (!load->reply.existing)
            be_load_set_failed(load);
        return be_load_send_reply(load);
    }
    load->reply.begin_ms = load->reply.plan_ms = clock_ms() - load->began_ms;
    if (fault_strikes(be, FAULT_BE_BEGUN, &load->where, &load->fault))
        next = strike(load, &load->fault);
    arm_body_fault(load);
    return next;
}

/* ---- the body ---- */

static bool feed(void *context, const void *data, size_t len, Error *err)
{
    BeLoad *load = context;

    if (load->sim->options->count_only) {
        row_counter_feed(&load->counter, (Str){data, len});
        return true;
    }
    return load_feed(load->rows, data, len, err);
}

/* Never faster than the bandwidth since the body began. False: the client has gone. */
static bool slow_down(BeLoad *load)
{
    int64_t due_ms;

    if (load->bandwidth <= 0)
        return true;
    due_ms = load->request->received * 1000 / load->bandwidth;
    return http_pause(load->request, load->body_ms + due_ms - clock_ms());
}

/* In the middle of a body no reply can be queued; a failure is kept for its end. */
static HttpNext strike_in_body(BeLoad *load)
{
    Fault fault = load->fault;
    FaultPlace place = place_of(load, true);
    const char *message = be_load_fault_message(load, &fault);

    load->fault.kind = FAULT_KIND_COUNT;
    if (!message)
        return fault_act(&place, &fault);
    error_set(&load->err, ERROR_DATA, "%s", message);
    load->failed = true;
    be_load_abort(load, message);
    if (fault.kind != FAULT_REPLY_AND_CLOSE && fault.kind != FAULT_REPLY_AND_READ)
        return HTTP_CONTINUE;
    be_load_set_failed(load);
    be_load_send_raw_reply(load);
    if (fault.kind == FAULT_REPLY_AND_READ)
        http_drain(load->request);
    return HTTP_CLOSE;
}

HttpNext be_load_data(BeLoad *load, Str bytes)
{
    if (!load->body_ms)
        load->body_ms = clock_ms();
    if (!slow_down(load))
        return HTTP_CLOSE;
    if (load->fault.kind != FAULT_KIND_COUNT && load->request->received >= load->fault.bytes) {
        HttpNext next = strike_in_body(load);

        if (next != HTTP_CONTINUE)
            return next;
    }
    if (load->failed)
        return HTTP_CONTINUE;
    load->failed = load->gunzip ? !gunzip_feed(load->gunzip, bytes, feed, load, &load->err)
                                : !feed(load, bytes.data, bytes.len, &load->err);
    return HTTP_CONTINUE;
}

/* ---- its end ---- */

static void read_result(BeLoad *load)
{
    LoadReply *reply = &load->reply;
    LoadResult result = {.error_log = "", .first_error = ""};

    if (load->sim->options->count_only)
        result.total_rows = result.loaded_rows = row_counter_finish(&load->counter);
    else
        load_result(load->rows, &result);
    reply->total_rows = result.total_rows;
    reply->loaded_rows = result.loaded_rows;
    reply->filtered_rows = result.filtered_rows;
    reply->unselected_rows = result.unselected_rows;
    reply->first_error = result.first_error;
    if (*result.error_log)
        reply->error_url =
            arena_printf(&load->request->arena, "%s://%s/api/_load_error_log?file=%s",
                         http_is_tls(load->be->http) ? "https" : "http",
                         http_address(load->be->http), result.error_log);
}

static void finish_rows(BeLoad *load)
{
    if (!load->failed && load->gunzip)
        load->failed = !gunzip_finish(load->gunzip, &load->err);
    if (!load->failed && !load->sim->options->count_only)
        load->failed = !load_finish(load->rows, &load->err);
    read_result(load);
}

/* The client is gone, and what becomes of the transaction it does not learn. */
static HttpNext leave_running(BeLoad *load, const Fault *fault)
{
    TxnState fate = fault->kind == FAULT_RUNNING_THEN_VISIBLE ? TXN_COMMITTED : TXN_ABORTED;

    load->settled = true;
    txns_decide_later(load->sim->txns, load->txn.id, fate, sim_now_ms() + fault->ms,
                      "timeout by txn manager");
    return HTTP_CLOSE;
}

static HttpNext commit_and_reply(BeLoad *load, const Fault *fault)
{
    HttpNext next = HTTP_CONTINUE;
    const char *message;
    Fault done;

    be_load_commit(load, fault);
    if (fault_strikes(load->be, FAULT_BE_DONE, &load->where, &done)) {
        FaultPlace place = place_of(load, false);

        message = be_load_fault_message(load, &done);
        if (message)
            be_load_set_status(load, "Fail", message);
        else
            next = fault_act(&place, &done);
    }
    return next == HTTP_CONTINUE ? be_load_send_reply(load) : next;
}

HttpNext be_load_end(BeLoad *load)
{
    Fault fault = {.kind = FAULT_KIND_COUNT};
    HttpNext next = HTTP_CONTINUE;

    /* A body that was too short for its fault: now is the last moment. */
    if (load->fault.kind != FAULT_KIND_COUNT)
        next = strike_in_body(load);
    if (next != HTTP_CONTINUE)
        return next;
    finish_rows(load);
    if (load->failed)
        return reply_failed(load);
    if (fault_strikes(load->be, FAULT_BE_END, &load->where, &fault))
        next = strike(load, &fault);
    if (next != HTTP_CONTINUE)
        return next;
    if (fault.kind == FAULT_RUNNING_THEN_VISIBLE || fault.kind == FAULT_RUNNING_THEN_ABORTED)
        return leave_running(load, &fault);
    return commit_and_reply(load, &fault);
}

void be_load_over(BeLoad **load)
{
    BeLoad *l = *load;

    if (!l)
        return;
    /* With the BE itself gone, nobody is left who could roll back. */
    if (http_running(l->be->http))
        be_load_abort(l, "sender is gone");
    load_close(&l->rows);
    load_plan_close(&l->plan);
    gunzip_close(&l->gunzip);
    free(l);
    *load = NULL;
}
