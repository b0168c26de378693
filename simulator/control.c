#include "simulator/control.h"

#include "simulator/json_text.h"
#include "simulator/rest.h"
#include "simulator/settings.h"
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct Control {
    Node *node;
    HttpRequest *request;
    const char *parts[REST_SEGMENTS_MAX]; /* [0] is "sim" */
    size_t count;
    Str body;
} Control;

bool control_is_path(const char *path)
{
    return strncmp(path, "/sim", 4) == 0 && (path[4] == '\0' || path[4] == '/');
}

static HttpNext send_text(Control *c, int status, const char *type, Str text)
{
    return http_reply(c->request, &(HttpReply){.status = status, .type = type, .body = text});
}

static HttpNext done(Control *c)
{
    return send_text(c, 200, "application/json", (Str)STR("{\"ok\": true}\n"));
}

static HttpNext refused(Control *c, const Error *err)
{
    CLEANUP(bytes_done) Bytes out = {0};

    json_add_text(&out, "{\"error\": ");
    json_add_string(&out, str_of(err->message));
    json_add_text(&out, "}\n");
    return send_text(c, 400, "application/json", bytes_str(&out));
}

/* A number of the body, which may be empty. */
static int64_t number_of(const Control *c, const char *name, int64_t fallback)
{
    json_t *root = json_loadb(c->body.data, c->body.len, 0, NULL);
    const json_t *value = json_object_get(root, name);
    int64_t number = json_is_integer(value) ? json_integer_value(value) : fallback;

    json_decref(root);
    return number;
}

/* ---- faults ---- */

static HttpNext list_faults(Control *c)
{
    CLEANUP(bytes_done) Bytes out = {0};

    faults_list(c->node->sim->faults, &out);
    return send_text(c, 200, "application/json", bytes_str(&out));
}

static HttpNext arm_fault(Control *c)
{
    int64_t id;
    Error err;

    if (!faults_arm(c->node->sim->faults, c->body, &id, &err))
        return refused(c, &err);
    return send_text(c, 200, "application/json",
                     str_of(arena_printf(&c->request->arena, "{\"id\": %lld}\n", (long long)id)));
}

static HttpNext clear_faults(Control *c)
{
    faults_clear(c->node->sim->faults);
    return done(c);
}

/* ---- nodes ---- */

static Node *named_node(const Control *c)
{
    Simulator *sim = c->node->sim;
    int number;

    if (strcmp(c->parts[1], "fe") == 0)
        return sim_fe(sim);
    number = (int)strtol(c->parts[2], NULL, 10);
    return number >= 1 && number < sim->node_count ? &sim->nodes[number] : NULL;
}

typedef struct Stop {
    Node *node;
    int64_t restart_ms;
} Stop;

static void stop_now(void *context)
{
    const Stop *stop = context;

    sim_kill(stop->node, stop->restart_ms);
}

/* The reply comes when it is so; a node that is asked to end itself replies first. */
static HttpNext turn_node(Control *c)
{
    const char *verb = c->parts[c->count - 1];
    Node *node = named_node(c);
    Stop *stop = ARENA_NEW(&c->request->arena, Stop);

    if (!node)
        return rest_not_found(c->request);
    if (strcmp(verb, "start") == 0) {
        sim_start(node);
        sim_wait_node(node, true);
        return done(c);
    }
    *stop = (Stop){node, strcmp(verb, "restart") == 0 ? number_of(c, "ms", 500) : -1};
    if (node == c->node) {
        c->request->after = stop_now;
        c->request->after_context = stop;
        return done(c);
    }
    stop_now(stop);
    sim_wait_node(node, false);
    return done(c);
}

/* ---- the rest ---- */

static HttpNext purge_labels(Control *c)
{
    int64_t gone = txns_purge_all(c->node->sim->txns);

    journal_write(c->node->sim->journal, &(JournalEvent){.event = "purge", .rows = gone});
    return done(c);
}

static HttpNext compact(Control *c)
{
    Error err;

    return tables_compact(c->node->sim->tables, &err) ? done(c) : refused(c, &err);
}

/* {"db": "d", "table": "t", "on": true}: as if a heavy ALTER ran */
static HttpNext set_altering(Control *c)
{
    json_t *root = json_loadb(c->body.data, c->body.len, 0, NULL);
    const char *database = json_string_value(json_object_get(root, "db"));
    const char *table = json_string_value(json_object_get(root, "table"));
    bool on = !json_is_false(json_object_get(root, "on"));
    Error err;
    bool ok = database && table
                  ? tables_set_altering(c->node->sim->tables, database, table, on, &err)
                  : error_set(&err, ERROR_CONFIG, "db and table are needed");

    json_decref(root);
    return ok ? done(c) : refused(c, &err);
}

static HttpNext journal(Control *c)
{
    CLEANUP(bytes_done) Bytes text = {0};
    const char *from = http_argument(c->request, "from");
    int fd = open(journal_path(c->node->sim->journal), O_RDONLY | O_CLOEXEC);
    ssize_t got;

    if (fd < 0)
        return rest_not_found(c->request);
    if (from)
        lseek(fd, strtoll(from, NULL, 10), SEEK_SET);
    while ((got = read(fd, bytes_reserve(&text, 65536), 65536)) > 0)
        text.len += (size_t)got;
    close(fd);
    return send_text(c, 200, "application/jsonl", bytes_str(&text));
}

static HttpNext show_settings(Control *c)
{
    CLEANUP(bytes_done) Bytes out = {0};

    settings_list(c->node->sim, &out);
    return send_text(c, 200, "application/json", bytes_str(&out));
}

static HttpNext set_settings(Control *c)
{
    Error err;

    return settings_apply(c->node->sim, c->body, &err) ? done(c) : refused(c, &err);
}

/* ---- routes ---- */

static const struct Route {
    const char *method;
    const char *path; /* behind /sim; # is a number */
    HttpNext (*reply)(Control *c);
} ROUTES[] = {
    {"GET", "/faults", list_faults},     {"POST", "/faults", arm_fault},
    {"DELETE", "/faults", clear_faults}, {"POST", "/be/#/kill", turn_node},
    {"POST", "/be/#/start", turn_node},  {"POST", "/be/#/restart", turn_node},
    {"POST", "/fe/kill", turn_node},     {"POST", "/fe/start", turn_node},
    {"POST", "/fe/restart", turn_node},  {"POST", "/purge_labels", purge_labels},
    {"POST", "/compaction", compact},    {"POST", "/altering", set_altering},
    {"GET", "/journal", journal},        {"GET", "/settings", show_settings},
    {"POST", "/settings", set_settings},
};

static bool fits(const char *pattern, const char *path)
{
    for (; *pattern && *path; pattern++) {
        if (*pattern == '#') {
            size_t digits = strspn(path, "0123456789");

            if (digits == 0)
                return false;
            path += digits;
        } else if (*pattern != *path++) {
            return false;
        }
    }
    return *pattern == '\0' && *path == '\0';
}

HttpNext control_reply(Node *node, HttpRequest *request, Str body)
{
    Control c = {.node = node, .request = request, .body = body};

    c.count = rest_split(request, c.parts);
    for (size_t i = 0; i < COUNT_OF(ROUTES); i++)
        if (strcmp(ROUTES[i].method, request->method) == 0 &&
            fits(ROUTES[i].path, request->path + strlen("/sim")))
            return ROUTES[i].reply(&c);
    return rest_not_found(request);
}
