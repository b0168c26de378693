#include "simulator/fe.h"

#include "simulator/fault_act.h"
#include "simulator/location.h"
#include "simulator/rest.h"
#include <strings.h>

static const char NO_BACKEND[] =
    "No backend load available, policy: computeNode=false | query=false"
    " | load=true | schedule=false | tags=[]";

/* fe LoadAction.java: checked before anything else. What the simulator cannot do it says. */
static HttpNext check_group_commit(HttpRequest *request)
{
    const char *value = http_header(request, "group_commit");

    if (!value || strcasecmp(value, "off_mode") == 0)
        return HTTP_CONTINUE;
    if (strcasecmp(value, "sync_mode") != 0 && strcasecmp(value, "async_mode") != 0)
        return rest_reply_failed(request, "Header `group_commit` can only be `sync_mode`, "
                                          "`async_mode` or `off_mode`.");
    if (http_header(request, "label"))
        return rest_reply_failed(request, "label and group_commit can't be set at the same time");
    return rest_reply_failed(request, "group commit is not simulated");
}

/* Of the cloud: the FE reads `cloud_cluster` only (fe LoadAction.java: getCloudClusterName). */
static HttpNext check_group(const Node *fe, HttpRequest *request)
{
    const SimOptions *options = fe->sim->options;
    const char *named = http_header(request, "cloud_cluster");

    if (!profile_is_cloud(fe->sim->profile))
        return HTTP_CONTINUE;
    if ((!named || *named == '\0') && options->no_default_group)
        return rest_reply_failed(request, "No cloud cluster name selected.");
    if (named && *named && strcmp(named, options->compute_group) != 0)
        return rest_reply_failed(request, arena_printf(&request->arena, "%s, cluster: %s",
                                                       "No backend load available", named));
    return HTTP_CONTINUE;
}

static HttpNext check(Node *fe, HttpRequest *request, size_t parts, Credentials *credentials)
{
    HttpNext next = check_group_commit(request);

    if (next == HTTP_CONTINUE && http_header(request, "token"))
        next = rest_reply_failed(request, "the header token is not simulated");
    if (next == HTTP_CONTINUE)
        next = fe_authenticate(fe, request, credentials);
    if (next == HTTP_CONTINUE && !http_header(request, "Expect"))
        next = rest_reply_failed(request, "There is no 100-continue header");
    if (next == HTTP_CONTINUE && parts != 4)
        next = rest_reply_failed(request, "No database selected.");
    if (next == HTTP_CONTINUE)
        next = check_group(fe, request);
    return next;
}

typedef struct Redirect {
    Node *fe;
    Node *be;
    HttpRequest *request;
    const Credentials *credentials;
    const FaultWhere *where;
} Redirect;

static HttpNext send_redirect(const Redirect *r, const char *authority, bool close_after)
{
    LocationParts parts = {
        .tls = http_is_tls(r->fe->http),
        .credentials = r->credentials,
        .authority = authority,
        .path = r->request->path,
        .query = r->request->query,
    };

    journal_write(r->fe->sim->journal, &(JournalEvent){.event = "redirect",
                                                       .where = r->fe->name,
                                                       .database = r->where->database,
                                                       .table = r->where->table,
                                                       .label = r->where->label,
                                                       .text = authority});
    return http_reply(r->request,
                      &(HttpReply){.status = 307,
                                   .type = "text/html;charset=utf-8",
                                   .location = location_write(&r->request->arena, &parts),
                                   .close_after = close_after});
}

static HttpNext redirect_with_fault(const Redirect *r, const Fault *fault)
{
    FaultPlace place = {.node = r->fe, .request = r->request, .where = r->where, .be = r->be};
    const char *port = strrchr(http_address(r->be->http), ':');
    HttpNext next;

    switch ((int)fault->kind) {
    case FAULT_UNAUTHORIZED:
        return rest_reply(r->request, REST_UNAUTHORIZED, "Access denied for user");
    case FAULT_NO_BACKEND:
        return rest_reply_failed(r->request, NO_BACKEND);
    case FAULT_REDIRECT_DEAD_PORT:
        return send_redirect(r, r->fe->sim->dead_address, false);
    case FAULT_REDIRECT_NO_NAME: /* RFC 2606: never resolves */
        return send_redirect(r, arena_printf(&r->request->arena, "be.invalid%s", port), false);
    case FAULT_CLOSE_AFTER_307:
        return send_redirect(r, http_address(r->be->http), true);
    case FAULT_REFUSE_BE:
        sim_kill(r->be, fault->ms);
        sim_wait_node(r->be, false);
        break;
    default:
        next = fault_act(&place, fault);
        if (next != HTTP_CONTINUE)
            return next;
    }
    return send_redirect(r, http_address(r->be->http), false);
}

HttpNext fe_load(Node *fe, HttpRequest *request, const char *const *parts, size_t count)
{
    Credentials credentials;
    FaultWhere where = {count == 4 ? parts[1] : NULL, count == 4 ? parts[2] : NULL,
                        http_header(request, "label")};
    Redirect redirect = {fe, NULL, request, &credentials, &where};
    HttpNext next = check(fe, request, count, &credentials);
    Fault fault;

    if (next != HTTP_CONTINUE)
        return next;
    redirect.be = sim_choose_be(fe->sim);
    if (!redirect.be)
        return rest_reply_failed(request, NO_BACKEND);
    if (fault_strikes(fe, FAULT_FE_HEADERS, &where, &fault))
        return redirect_with_fault(&redirect, &fault);
    return send_redirect(&redirect, http_address(redirect.be->http), false);
}
