#include "simulator/fe.h"

#include "common/mem.h"
#include "simulator/control.h"
#include "simulator/fault_act.h"
#include "simulator/json_text.h"
#include "simulator/rest.h"
#include <stdlib.h>

enum { BODY_MAX_BYTES = 100 << 20 }; /* jetty_server_max_http_post_size */

typedef struct Call {
    Node *fe;
    HttpRequest *request;
    const char *parts[REST_SEGMENTS_MAX];
    Credentials credentials;
    Str body;
} Call;

HttpNext fe_authenticate(Node *fe, HttpRequest *request, Credentials *out)
{
    const SimOptions *options = fe->sim->options;
    AuthResult result = auth_check(&request->arena, http_header(request, "Authorization"),
                                   options->user, options->password, out);

    if (result == AUTH_OK)
        return HTTP_CONTINUE;
    if (result == AUTH_MISSING)
        return rest_reply(request, REST_UNAUTHORIZED, "Need auth information.");
    return rest_reply(request, REST_UNAUTHORIZED,
                      arena_printf(&request->arena, "Access denied for %s@127.0.0.1", out->user));
}

/* ---- what it knows ---- */

/* fe BootstrapFinishAction.java */
static HttpNext bootstrap(Call *call)
{
    const char *json = arena_printf(&call->request->arena,
                                    "{\"replayedJournalId\":0,\"queryPort\":0,\"rpcPort\":0,"
                                    "\"arrowFlightSqlPort\":0,\"version\":\"%s\"}",
                                    profile_name(call->fe->sim->profile));

    return rest_reply_data(call->request, str_of(json));
}

static int count_alive(Simulator *sim)
{
    int alive = 0;

    for (int i = 1; i < sim->node_count; i++)
        alive += sim_be_seems_alive(&sim->nodes[i]);
    return alive;
}

/* fe HealthAction.java */
static HttpNext health(Call *call)
{
    Simulator *sim = call->fe->sim;
    const char *json =
        arena_printf(&call->request->arena, "{\"total_backend_num\":%d,\"online_backend_num\":%d}",
                     sim->node_count - 1, count_alive(sim));

    return rest_reply_data(call->request, str_of(json));
}

static void add_backend(Bytes *out, Node *be, bool alive)
{
    const char *address = http_address(be->http);
    const char *port = strrchr(address, ':') + 1;

    json_add_text(out, "{\"ip\":");
    json_add_string(out, (Str){address, (size_t)(port - 1 - address)});
    json_add_text(out, ",\"http_port\":");
    json_add_text(out, port);
    json_add_text(out, alive ? ",\"is_alive\":true}" : ",\"is_alive\":false}");
}

/* fe BackendsAction.java */
static HttpNext backends(Call *call)
{
    CLEANUP(bytes_done) Bytes out = {0};
    Simulator *sim = call->fe->sim;
    const char *only = http_argument(call->request, "is_alive");
    const char *comma = "";

    json_add_text(&out, "{\"backends\":[");
    for (int i = 1; i < sim->node_count; i++) {
        bool alive = sim_be_seems_alive(&sim->nodes[i]);

        if (only && strcmp(only, "true") == 0 && !alive)
            continue;
        json_add_text(&out, comma);
        add_backend(&out, &sim->nodes[i], alive);
        comma = ",";
    }
    json_add_text(&out, "]}");
    return rest_reply_data(call->request, bytes_str(&out));
}

/* fe TableSchemaAction.java; regression suite http_rest_api/get/test_schema_api */
static HttpNext schema(Call *call)
{
    char *json;
    Error err;
    HttpNext next;

    if (!tables_schema_json(call->fe->sim->tables, call->parts[1], call->parts[2], &json, &err))
        return rest_reply(call->request, REST_ERROR, err.message);
    next = rest_reply_data(call->request, str_of(json));
    free(json);
    return next;
}

/* fe EnableLightSchemaChangeAction; asked by Flink's connector before a DDL */
static HttpNext light_change(Call *call)
{
    Error err;

    if (!tables_light_change(call->fe->sim->tables, call->parts[2], call->parts[3], call->body,
                             &err))
        return rest_reply(call->request, REST_ERROR, err.message);
    return rest_reply(call->request, REST_OK, "");
}

static HttpNext state_fault(Call *call, const FaultWhere *where, Fault *fault)
{
    FaultPlace place = {.node = call->fe, .request = call->request, .where = where};

    if (fault->kind == FAULT_UNAUTHORIZED)
        return rest_reply(call->request, REST_UNAUTHORIZED, "Access denied for user");
    return fault_act(&place, fault);
}

/* fe GetStreamLoadState.java; regression suite load_p0/stream_load/test_get_stream_load_state */
static HttpNext load_state(Call *call)
{
    Simulator *sim = call->fe->sim;
    const char *label = http_argument(call->request, "label");
    FaultWhere where = {.database = call->parts[1], .label = label};
    Fault fault = {0};
    Txn txn;

    if (!label || *label == '\0')
        return rest_reply(call->request, REST_BAD_REQUEST, "No label selected");
    if (fault_strikes(call->fe, FAULT_STATE, &where, &fault)) {
        HttpNext next = state_fault(call, &where, &fault);

        if (next != HTTP_CONTINUE)
            return next;
    }
    txns_find_label(sim->txns, call->parts[1], label, &txn);
    journal_write(sim->journal, &(JournalEvent){.event = "state",
                                                .where = "fe",
                                                .label = label,
                                                .database = call->parts[1],
                                                .txn = txn.id,
                                                .text = txn_state_name(txn.state)});
    if (fault.kind == FAULT_TRUNCATED && fault.id)
        return rest_send_json(call->request,
                              (Str)STR("{\"msg\":\"success\",\"code\":0,\"data\":\"VI"),
                              fault.bytes > 0 ? (size_t)fault.bytes : 20);
    if (txn.state == TXN_UNKNOWN && profile_unknown_label_fails(sim->profile))
        return rest_reply(call->request, REST_ERROR,
                          arena_printf(&call->request->arena,
                                       "getLabelState failed, errMsg:Label [%s] has not found",
                                       label));
    return rest_reply(call->request, REST_OK, txn_state_name(txn.state));
}

static HttpNext query(Call *call)
{
    return fe_query(call->fe, call->request, call->credentials.user, call->parts[2], call->parts[3],
                    call->body);
}

static HttpNext two_phase_commit(Call *call)
{
    return rest_reply_failed(call->request, "two-phase commit is not simulated");
}

/* ---- routes ---- */

typedef struct Route {
    const char *method;
    const char *path; /* {}: any part */
    bool open;        /* to anybody */
    HttpNext (*reply)(Call *call);
} Route;

/* clang-format off */
static const Route ROUTES[] = {
    {"GET",  "/api/bootstrap",                          true,  bootstrap},
    {"GET",  "/api/health",                             true,  health},
    {"GET",  "/api/backends",                           false, backends},
    {"POST", "/api/query/{}/{}",                        false, query},
    {"GET",  "/api/enable_light_schema_change/{}/{}",   false, light_change},
    {"GET",  "/api/{}/get_load_state",                  false, load_state},
    {"GET",  "/api/{}/{}/_schema",                      false, schema},
    {"PUT",  "/api/{}/_stream_load_2pc",                false, two_phase_commit},
    {"PUT",  "/api/{}/{}/_stream_load_2pc",             false, two_phase_commit},
};
/* clang-format on */

static bool path_fits(const char *pattern, const char *const *parts, size_t count)
{
    size_t i = 0;

    for (const char *at = pattern + 1; at; i++) {
        size_t len = strcspn(at, "/");

        if (i == count || (strncmp(at, "{}", 2) != 0 &&
                           (strlen(parts[i]) != len || memcmp(at, parts[i], len) != 0)))
            return false;
        at = at[len] ? at + len + 1 : NULL;
    }
    return i == count;
}

static HttpNext dispatch(Node *fe, HttpRequest *request, Str body)
{
    Call call = {.fe = fe, .request = request, .body = body};
    size_t count = rest_split(request, call.parts);
    HttpNext next = HTTP_CONTINUE;

    for (size_t i = 0; i < COUNT_OF(ROUTES); i++) {
        const Route *route = &ROUTES[i];

        if (strcmp(route->method, request->method) != 0 ||
            !path_fits(route->path, call.parts, count))
            continue;
        if (!route->open)
            next = fe_authenticate(fe, request, &call.credentials);
        return next == HTTP_CONTINUE ? route->reply(&call) : next;
    }
    return rest_not_found(request);
}

static bool is_load(const HttpRequest *request, const char *const *parts, size_t count)
{
    return strcmp(request->method, "PUT") == 0 && count >= 1 &&
           strcmp(parts[count - 1], "_stream_load") == 0;
}

static HttpNext on_headers(void *context, HttpRequest *request)
{
    Node *fe = context;
    const char *parts[REST_SEGMENTS_MAX];
    size_t count = rest_split(request, parts);
    Bytes *body;

    if (is_load(request, parts, count))
        return fe_load(fe, request, parts, count);
    body = MEM_NEW(Bytes);
    body->limit = BODY_MAX_BYTES;
    request->user = body;
    return HTTP_CONTINUE;
}

static HttpNext on_data(void *context, HttpRequest *request, Str bytes)
{
    Bytes *body = request->user;

    (void)context;
    bytes_add_str(body, bytes);
    return body->overflowed ? HTTP_CLOSE : HTTP_CONTINUE;
}

static HttpNext on_end(void *context, HttpRequest *request)
{
    Node *fe = context;
    Bytes *body = request->user;

    if (control_is_path(request->path))
        return control_reply(fe, request, bytes_str(body));
    return dispatch(fe, request, bytes_str(body));
}

static void on_over(void *context, HttpRequest *request)
{
    (void)context;
    if (!request->user)
        return;
    bytes_done(request->user);
    free(request->user);
}

const HttpHandler FE_HANDLER = {on_headers, on_data, on_end, on_over};
