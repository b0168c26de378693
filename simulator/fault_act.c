#include "simulator/fault_act.h"

#include "common/clock.h"
#include <signal.h>
#include <unistd.h>

bool fault_strikes(Node *node, FaultMoment moment, const FaultWhere *where, Fault *out)
{
    if (!faults_take(node->sim->faults, moment, where, out))
        return false;
    journal_write(node->sim->journal, &(JournalEvent){.event = "fault",
                                                      .where = node->name,
                                                      .database = where->database,
                                                      .table = where->table,
                                                      .label = where->label,
                                                      .fault = fault_name(out->kind),
                                                      .moment = fault_moment_name(out->moment)});
    return true;
}

static HttpNext proxy_page(const FaultPlace *place, const Fault *fault)
{
    char *body =
        arena_printf(&place->request->arena, "<html><body><h1>%d Bad luck</h1></body></html>\n",
                     (int)fault->status);
    char *raw = arena_printf(&place->request->arena,
                             "HTTP/1.1 %d Bad luck\r\nContent-Type: text/html\r\n"
                             "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                             (int)fault->status, strlen(body), body);

    if (!place->mid_body)
        return http_reply(
            place->request,
            &(HttpReply){.status = (int)fault->status, .type = "text/html", .body = str_of(body)});
    http_send_raw(place->request, str_of(raw));
    return HTTP_CLOSE;
}

static HttpNext kill_be(const FaultPlace *place, const Fault *fault)
{
    sim_kill(place->be, fault->ms > 0 ? fault->ms : -1);
    sim_wait_node(place->be, false);
    return place->be == place->node ? HTTP_CLOSE : HTTP_CONTINUE;
}

static HttpNext restart_fe(const FaultPlace *place, const Fault *fault)
{
    Node *fe = sim_fe(place->node->sim);

    sim_kill(fe, fault->ms);
    if (place->node == fe) {
        http_hang(place->request);
        return HTTP_CLOSE;
    }
    sim_wait_node(fe, false);
    return HTTP_CONTINUE;
}

static void run_sql(const FaultPlace *place, const Fault *fault)
{
    SqlSession session = {"root", place->where->database ? place->where->database : "",
                          "Admin_priv"};
    SqlResult *result = NULL;
    Error err;

    if (tables_sql(place->node->sim->tables, &session, str_of(fault->text), &result, &err))
        sql_result_close(&result);
    else
        journal_write(place->node->sim->journal,
                      &(JournalEvent){.event = "run_sql failed", .text = err.message});
}

HttpNext fault_act(const FaultPlace *place, const Fault *fault)
{
    switch ((int)fault->kind) {
    case FAULT_CLOSE:
        return HTTP_CLOSE;
    case FAULT_RESET:
        http_reset(place->request);
        return HTTP_CLOSE;
    case FAULT_HANG:
        http_hang(place->request);
        return HTTP_CLOSE;
    case FAULT_DELAY:
        return http_pause(place->request, fault->ms) ? HTTP_CONTINUE : HTTP_CLOSE;
    case FAULT_HTTP_STATUS:
        return proxy_page(place, fault);
    case FAULT_DIE:
        kill(getpid(), SIGKILL);
        return HTTP_CLOSE;
    case FAULT_KILL_BE:
        return kill_be(place, fault);
    case FAULT_RESTART_FE:
        return restart_fe(place, fault);
    case FAULT_PURGE_LABELS:
        txns_purge_all(place->node->sim->txns);
        return HTTP_CONTINUE;
    case FAULT_RUN_SQL:
        run_sql(place, fault);
        return HTTP_CONTINUE;
    default:
        return HTTP_CONTINUE;
    }
}
