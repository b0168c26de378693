#include "common/clock.h"
#include "simulator/be_load_internal.h"
#include <stdio.h>
#include <strings.h>

void be_load_note(const BeLoad *load, const char *event, const char *text)
{
    journal_write(load->sim->journal, &(JournalEvent){.event = event,
                                                      .where = load->be->name,
                                                      .database = load->where.database,
                                                      .table = load->where.table,
                                                      .label = load->where.label,
                                                      .txn = load->begun ? load->txn.id : 0,
                                                      .rows = load->reply.total_rows,
                                                      .bytes = load->request->received,
                                                      .text = text});
}

void be_load_set_status(BeLoad *load, const char *status, const char *message)
{
    load->reply.status = status;
    load->reply.message = message;
}

void be_load_set_failed(BeLoad *load)
{
    be_load_set_status(load, "Fail", arena_strdup(&load->request->arena, load->err.message));
}

/* ---- what a fault says ---- */

const char *be_load_fault_message(BeLoad *load, const Fault *fault)
{
    /* clang-format off */
    static const struct {
        FaultKind kind;
        const char *message;
    } messages[] = {
        {FAULT_E235, "[E-235]failed to init rowset builder. version count: 2001, exceed limit: "
                     "2000, tablet: 10042. Please reduce the frequency of loading data or adjust "
                     "the max_tablet_version_num in be.conf to a larger value."},
        {FAULT_E238, "[E-238]too many segments in rowset. tablet_id:10042, rowset_id:0200000000, "
                     "max:1000, _num_segment:1001, rowset_num_rows:1"},
        {FAULT_TXN_LIMIT, "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = current running "
                          "txns on db 10001 is 1000, larger than limit 1000"},
        {FAULT_MEMORY, "[MEM_LIMIT_EXCEEDED]PreCatch error code:11, [E11] Allocator sys memory "
                       "check failed: Cannot alloc, Memory limit exceeded"},
        {FAULT_LOCK_TIMEOUT, "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = get table "
                             "read lock timeout, database=10001,table=t"},
        {FAULT_REPLY_AND_CLOSE, "[INTERNAL_ERROR]simulated failure in the middle of the body"},
        {FAULT_REPLY_AND_READ, "[INTERNAL_ERROR]simulated failure in the middle of the body"},
    };
    /* clang-format on */

    if (fault->kind == FAULT_FAIL && *fault->text)
        return arena_strdup(&load->request->arena, fault->text);
    if (fault->kind == FAULT_FAIL)
        return fault->moment == FAULT_BE_DONE
                   ? "[THRIFT_RPC_ERROR]failed to call frontend service, FE "
                     "address=127.0.0.1:9020, reason=EAGAIN (timed out)"
                   : "[INTERNAL_ERROR]simulated failure";
    for (size_t i = 0; i < COUNT_OF(messages); i++)
        if (messages[i].kind == fault->kind)
            return messages[i].message;
    return NULL;
}

/* ---- sending ---- */

static void complete(BeLoad *load)
{
    LoadReply *reply = &load->reply;

    reply->load_bytes = load->request->received;
    reply->load_ms = clock_ms() - load->began_ms;
    reply->read_ms = reply->receive_ms = load->body_ms ? clock_ms() - load->body_ms : 0;
    reply->write_ms = reply->read_ms;
    reply->database = load->where.database;
    reply->table = load->where.table;
    reply->user = load->user ? load->user : "";
    be_load_note(load, "reply",
                 arena_printf(&load->request->arena, "%s: %s", reply->status, reply->message));
}

static LoadReplyForm form_of(const Fault *fault)
{
    return fault->kind == FAULT_RECORD_JSON   ? LOAD_REPLY_RECORD
           : fault->kind == FAULT_SPACED_JSON ? LOAD_REPLY_SPACED
                                              : LOAD_REPLY_PRETTY;
}

/* be http/http_channel.cpp: compressed for who says that he takes it. */
static bool wants_gzip(const BeLoad *load, const Fault *fault)
{
    const char *accepted = http_header(load->request, "Accept-Encoding");

    return fault->kind == FAULT_GZIP || (accepted && strcasestr(accepted, "gzip"));
}

HttpNext be_load_send_reply(BeLoad *load)
{
    CLEANUP(bytes_done) Bytes json = {0};
    CLEANUP(bytes_done) Bytes packed = {0};
    HttpReply http = {.status = 200, .type = "text/plain; version=0.0.4"};
    Fault fault = {.kind = FAULT_KIND_COUNT};

    complete(load);
    fault_strikes(load->be, FAULT_BE_REPLY, &load->where, &fault);
    load_reply_write(&load->reply, load->sim->profile, form_of(&fault), &json);
    http.body = bytes_str(&json);
    if (wants_gzip(load, &fault)) {
        gzip_whole(http.body, &packed);
        http.body = bytes_str(&packed);
        http.encoding = "gzip";
    }
    if (fault.kind == FAULT_TRUNCATED)
        http.cut = fault.bytes > 0 ? (size_t)fault.bytes : http.body.len / 2;
    return http_reply(load->request, &http);
}

void be_load_send_raw_reply(BeLoad *load)
{
    CLEANUP(bytes_done) Bytes json = {0};
    char head[160];

    complete(load);
    load_reply_write(&load->reply, load->sim->profile, LOAD_REPLY_PRETTY, &json);
    snprintf(head, sizeof(head),
             "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
             "Connection: close\r\n\r\n",
             json.len);
    http_send_raw(load->request, str_of(head));
    http_send_raw(load->request, bytes_str(&json));
}
