/*
 * SQL over HTTP (fe httpv2/rest/StmtExecutionAction.java, httpv2/util/StatementSubmitter.java,
 * streamresponse/JsonStreamResponse.java; regression suite http_rest_api/post/test_query_stmt).
 */
#include "common/clock.h"
#include "simulator/fault_act.h"
#include "simulator/fe.h"
#include "simulator/json_text.h"
#include "simulator/rest.h"
#include <jansson.h>
#include <stdlib.h>
#include <strings.h>

typedef struct Query {
    Node *fe;
    HttpRequest *request;
    SqlSession session;
    FaultWhere where;
    const char *statement;
    int64_t limit;
    bool stream;
    size_t cut;
    int64_t began_ms;
} Query;

/* ---- the statement ---- */

static HttpNext read_body(Query *query, Str body)
{
    json_t *root = json_loadb(body.data, body.len, 0, NULL);
    const char *statement = json_string_value(json_object_get(root, "stmt"));
    const json_t *limit = json_object_get(root, "limit");
    bool async = json_is_false(json_object_get(root, "is_sync"));
    HttpNext next = HTTP_CONTINUE;

    if (!statement || *statement == '\0')
        next = rest_reply(query->request, REST_BAD_REQUEST, "Missing statement request body");
    else if (async)
        next = rest_reply(query->request, REST_ERROR, "Not support async query execution");
    else
        query->statement = arena_strdup(&query->request->arena, statement);
    query->limit = json_is_integer(limit) ? json_integer_value(limit) : 1000;
    json_decref(root);
    return next;
}

/* For the journal: not too much, and nothing that may hold a password. */
static const char *presentable(Query *query)
{
    if (strcasestr(query->statement, "password") || strcasestr(query->statement, "identified"))
        return "(a statement about a password)";
    return arena_printf(&query->request->arena, "%.400s", query->statement);
}

static void note(Query *query, const char *event, const char *text)
{
    journal_write(query->fe->sim->journal, &(JournalEvent){.event = event,
                                                           .where = query->fe->name,
                                                           .database = query->session.database,
                                                           .text = text});
}

/* ---- the reply ---- */

static HttpNext reply_error(Query *query, const char *message)
{
    note(query, "sql_failed", message);
    return rest_reply(query->request, REST_ERROR,
                      arena_printf(&query->request->arena,
                                   "Failed to execute sql: java.sql.SQLException: (conn=17) %s",
                                   message));
}

static HttpNext send_reply(Query *query, Bytes *out)
{
    return rest_send_json(query->request, bytes_str(out), query->cut ? out->len / 2 : 0);
}

static HttpNext reply_status(Query *query)
{
    CLEANUP(bytes_done) Bytes out = {0};

    json_add_text(&out, "{\"msg\":\"success\",\"code\":0,\"data\":{\"type\":\"exec_status\","
                        "\"status\":{},\"time\":");
    json_add_number(&out, clock_ms() - query->began_ms);
    json_add_text(&out, query->stream ? "}}" : "},\"count\":0}");
    return send_reply(query, &out);
}

static void add_meta(Bytes *out, const SqlResult *result)
{
    const SqlColumn *columns;
    size_t count = sql_result_columns(result, &columns);

    json_add_text(out, "\"meta\":[");
    for (size_t i = 0; i < count; i++) {
        json_add_text(out, i ? ",{\"name\":" : "{\"name\":");
        json_add_string(out, str_of(columns[i].name));
        json_add_text(out, ",\"type\":");
        json_add_string(out, str_of(columns[i].type));
        json_add_text(out, "}");
    }
    json_add_text(out, "]");
}

static void add_row(Bytes *out, const SqlValue *row, size_t count)
{
    json_add_text(out, "[");
    for (size_t i = 0; i < count; i++) {
        if (i)
            json_add_text(out, ",");
        if (row[i].kind == SQL_NULL)
            json_add_text(out, "null");
        else if (row[i].kind == SQL_STRING)
            json_add_string(out, row[i].text);
        else
            bytes_add_str(out, row[i].text);
    }
    json_add_text(out, "]");
}

/* False: the rows broke off. */
static bool add_rows(Bytes *out, Query *query, SqlResult *result, Error *err)
{
    const SqlColumn *columns;
    size_t count = sql_result_columns(result, &columns);
    const SqlValue *row;

    json_add_text(out, "\"data\":[");
    for (int64_t n = 0; query->stream || n < query->limit; n++) {
        if (!sql_result_next(result, &row, err))
            return false;
        if (!row)
            break;
        if (n)
            json_add_text(out, ",");
        add_row(out, row, count);
    }
    json_add_text(out, "]");
    return true;
}

/* meta comes first in a stream, else the data. A stream that breaks is cut off. */
static HttpNext reply_stream(Query *query, SqlResult *result)
{
    CLEANUP(bytes_done) Bytes out = {0};
    Error err;

    json_add_text(&out, "{\"data\":{\"type\":\"result_set\",");
    add_meta(&out, result);
    json_add_text(&out, ",");
    if (!add_rows(&out, query, result, &err)) {
        note(query, "sql_failed", err.message);
        return rest_send_json(query->request, bytes_str(&out), out.len - 1);
    }
    json_add_text(&out, ",\"time\":");
    json_add_number(&out, clock_ms() - query->began_ms);
    json_add_text(&out, "},\"msg\":\"success\",\"code\":0}");
    return send_reply(query, &out);
}

static HttpNext reply_whole(Query *query, SqlResult *result)
{
    CLEANUP(bytes_done) Bytes out = {0};
    Error err;

    json_add_text(&out, "{\"msg\":\"success\",\"code\":0,\"data\":{\"type\":\"result_set\",");
    if (!add_rows(&out, query, result, &err))
        return reply_error(query, err.message);
    json_add_text(&out, ",");
    add_meta(&out, result);
    json_add_text(&out, ",\"time\":");
    json_add_number(&out, clock_ms() - query->began_ms);
    json_add_text(&out, "},\"count\":0}");
    return send_reply(query, &out);
}

/* ---- faults ---- */

static const char *fault_error(const Query *query, const Fault *fault)
{
    static const char busy[] = "errCode = 2, detailMessage = Table[t]'s state(SCHEMA_CHANGE) is "
                               "not NORMAL. Do not allow doing ALTER ops";

    if (fault->kind == FAULT_ALTER_BUSY)
        return strncasecmp(query->statement, "ALTER", 5) == 0 ? busy : NULL;
    if (fault->kind == FAULT_SQL_ERROR)
        return *fault->text ? fault->text : "errCode = 2, detailMessage = simulated failure";
    return NULL;
}

static HttpNext strike(Query *query, FaultMoment moment)
{
    FaultPlace place = {.node = query->fe, .request = query->request, .where = &query->where};
    const char *error;
    Fault fault;

    if (!fault_strikes(query->fe, moment, &query->where, &fault))
        return HTTP_CONTINUE;
    error = fault_error(query, &fault);
    if (error)
        return reply_error(query, error);
    if (fault.kind == FAULT_SATURATED)
        return rest_reply(query->request, REST_INTERNAL, "thread pool is full");
    if (fault.kind == FAULT_UNAUTHORIZED)
        return rest_reply(query->request, REST_UNAUTHORIZED, "Access denied for user");
    if (fault.kind == FAULT_TRUNCATED)
        query->cut = 1;
    return fault_act(&place, &fault);
}

/* ---- the workers ---- */

/* http_sql_submitter_max_worker_threads: who finds none free is turned away, not queued. */
static bool take_worker(Simulator *sim)
{
    bool free_one;

    pthread_mutex_lock(&sim->lock);
    free_one = sim->sql_running < sim->settings.sql_workers;
    sim->sql_running += free_one;
    pthread_mutex_unlock(&sim->lock);
    return free_one;
}

static void give_worker(Simulator *sim)
{
    pthread_mutex_lock(&sim->lock);
    sim->sql_running--;
    pthread_mutex_unlock(&sim->lock);
}

static HttpNext execute(Query *query)
{
    SqlResult *result = NULL;
    HttpNext next;
    Error err;

    note(query, "sql", presentable(query));
    if (!tables_sql(query->fe->sim->tables, &query->session, str_of(query->statement), &result,
                    &err))
        return reply_error(query, err.message);
    next = strike(query, FAULT_SQL_DONE);
    if (next == HTTP_CONTINUE && !sql_result_has_rows(result))
        next = reply_status(query);
    else if (next == HTTP_CONTINUE)
        next = query->stream ? reply_stream(query, result) : reply_whole(query, result);
    sql_result_close(&result);
    return next;
}

HttpNext fe_query(Node *fe, HttpRequest *request, const char *user, const char *ns,
                  const char *database, Str body)
{
    const char *stream = http_header(request, "X-Doris-Stream");
    Query query = {
        .fe = fe,
        .request = request,
        .session = {user, database, "Admin_priv"},
        .where = {.database = database},
        .stream = !stream || strcasecmp(stream, "false") != 0,
        .began_ms = clock_ms(),
    };
    HttpNext next;

    if (strcmp(ns, "internal") != 0 && strcmp(ns, "default_cluster") != 0)
        return rest_reply(request, REST_BAD_REQUEST,
                          "Only support 'default_cluster' or 'internal'");
    next = read_body(&query, body);
    if (next != HTTP_CONTINUE)
        return next;
    if (!take_worker(fe->sim))
        return rest_reply(request, REST_INTERNAL, "thread pool is full");
    next = strike(&query, FAULT_SQL);
    if (next == HTTP_CONTINUE)
        next = execute(&query);
    give_worker(fe->sim);
    return next;
}
