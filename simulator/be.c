#include "simulator/be.h"

#include "common/mem.h"
#include "simulator/be_load.h"
#include "simulator/control.h"
#include "simulator/rest.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { BODY_MAX_BYTES = 1 << 20, ERROR_LOG_MAX_BYTES = 64 << 20 };

typedef struct BeRequest {
    BeLoad *load; /* or another request, with a body */
    Bytes body;
} BeRequest;

static HttpNext on_headers(void *context, HttpRequest *request)
{
    Node *be = context;
    BeRequest *state = MEM_NEW(BeRequest);
    const char *parts[REST_SEGMENTS_MAX];
    size_t count = rest_split(request, parts);

    request->user = state;
    state->body.limit = BODY_MAX_BYTES;
    if (strcmp(request->method, "PUT") != 0 || count != 4 || strcmp(parts[0], "api") != 0 ||
        strcmp(parts[3], "_stream_load") != 0)
        return HTTP_CONTINUE;
    return be_load_headers(be, request, parts[1], parts[2], &state->load);
}

static HttpNext on_data(void *context, HttpRequest *request, Str bytes)
{
    BeRequest *state = request->user;

    (void)context;
    if (state->load)
        return be_load_data(state->load, bytes);
    bytes_add_str(&state->body, bytes);
    return state->body.overflowed ? HTTP_CLOSE : HTTP_CONTINUE;
}

/* be http/action/download_action.cpp; regression suite test_stream_load_error_url. No password. */
static HttpNext error_log(const Node *be, HttpRequest *request)
{
    CLEANUP(bytes_done) Bytes text = {.limit = ERROR_LOG_MAX_BYTES};
    const char *file = http_argument(request, "file");
    char path[4096];
    ssize_t got = 0;
    int fd;

    if (!file || !tables_error_log_path(be->sim->tables, file, path, sizeof(path)))
        return rest_not_found(request);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rest_not_found(request);
    for (char *room; (room = bytes_reserve(&text, 65536)); text.len += (size_t)got) {
        got = read(fd, room, 65536);
        if (got <= 0)
            break;
    }
    close(fd);
    return http_reply(
        request,
        &(HttpReply){.status = 200, .type = "text/plain; charset=utf-8", .body = bytes_str(&text)});
}

static HttpNext dispatch(Node *be, HttpRequest *request, Str body)
{
    bool get = strcmp(request->method, "GET") == 0;

    if (control_is_path(request->path))
        return control_reply(be, request, body);
    if (get && strcmp(request->path, "/api/health") == 0)
        return rest_send_json(request, (Str)STR("{\"status\": \"OK\",\"msg\": \"To Be Added\"}"),
                              0);
    if (get && strcmp(request->path, "/api/_load_error_log") == 0)
        return error_log(be, request);
    return rest_not_found(request);
}

static HttpNext on_end(void *context, HttpRequest *request)
{
    BeRequest *state = request->user;

    if (state->load)
        return be_load_end(state->load);
    return dispatch(context, request, bytes_str(&state->body));
}

static void on_over(void *context, HttpRequest *request)
{
    BeRequest *state = request->user;

    (void)context;
    if (!state)
        return;
    be_load_over(&state->load);
    bytes_done(&state->body);
    free(state);
}

const HttpHandler BE_HANDLER = {on_headers, on_data, on_end, on_over};
