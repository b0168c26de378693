#include "simulator/http.h"

#include "common/clock.h"
#include "common/mem.h"
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTION_BYTES = 1 << 20, /* the pool that holds headers and what is read of a body */
    PAUSE_STEP_MS = 20,
};

struct Http {
    HttpOptions options;
    struct sockaddr_in bound;
    int reserved; /* holds the port while nobody listens */
    char address[32];
    struct MHD_Daemon *daemon; /* the main thread's */
    atomic_bool running;
};

struct HttpConnection {
    struct MHD_Connection *mhd;
    int fd;
    bool seen; /* the handler has heard of it */
    bool close_after;
};

/* ---- one request ---- */

/* Called by libmicrohttpd before it takes the address apart: the query is still as it came. */
static void *on_uri(void *context, const char *uri, struct MHD_Connection *mhd)
{
    HttpRequest *request = MEM_NEW(HttpRequest);
    const char *query = strchr(uri, '?');

    request->http = context;
    request->query = arena_strdup(&request->arena, query ? query + 1 : "");
    request->connection = ARENA_NEW(&request->arena, struct HttpConnection);
    request->connection->mhd = mhd;
    request->connection->fd =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    return request;
}

static enum MHD_Result verdict(HttpNext next)
{
    return next == HTTP_CLOSE ? MHD_NO : MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **state)
{
    Http *http = context;
    const HttpHandler *handler = http->options.handler;
    HttpRequest *request = *state;
    Str bytes = {data, *size};

    (void)mhd;
    (void)version;
    if (!request->connection->seen) {
        request->connection->seen = true;
        request->method = arena_strdup(&request->arena, method);
        request->path = arena_strdup(&request->arena, url);
        return verdict(handler->headers(http->options.context, request));
    }
    if (bytes.len == 0)
        return verdict(handler->end(http->options.context, request));
    request->received += (int64_t)bytes.len;
    *size = 0;
    return verdict(handler->data(http->options.context, request, bytes));
}

static void on_over(void *context, struct MHD_Connection *mhd, void **state,
                    enum MHD_RequestTerminationCode code)
{
    Http *http = context;
    HttpRequest *request = *state;

    (void)mhd;
    (void)code;
    if (!request)
        return;
    if (request->connection->close_after)
        shutdown(request->connection->fd, SHUT_RDWR);
    if (request->connection->seen)
        http->options.handler->over(http->options.context, request);
    if (request->after)
        request->after(request->after_context);
    arena_done(&request->arena);
    free(request);
    *state = NULL;
}

/* ---- the listener ---- */

static bool bind_port(Http *http, int *out, Error *err)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return error_set(err, ERROR_TRANSIENT, "socket: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&http->bound, sizeof(http->bound)) != 0) {
        error_set(err, ERROR_CONFIG, "bind %s:%u: %s", http->options.host,
                  (unsigned)ntohs(http->bound.sin_port), strerror(errno));
        close(fd);
        return false;
    }
    *out = fd;
    return true;
}

bool http_open(Http **out, const HttpOptions *options, Error *err)
{
    CLEANUP(http_close) Http *http = MEM_NEW(Http);
    socklen_t len = sizeof(http->bound);

    http->options = *options;
    http->reserved = -1;
    http->bound.sin_family = AF_INET;
    http->bound.sin_port = htons(options->port);
    if (inet_pton(AF_INET, options->host, &http->bound.sin_addr) != 1)
        return error_set(err, ERROR_CONFIG, "'%s' is no IPv4 address", options->host);
    if (!bind_port(http, &http->reserved, err))
        return false;
    getsockname(http->reserved, (struct sockaddr *)&http->bound, &len);
    snprintf(http->address, sizeof(http->address), "%s:%u", options->host,
             (unsigned)ntohs(http->bound.sin_port));
    *out = http;
    http = NULL; /* handed over */
    return true;
}

void http_close(Http **http)
{
    if (!*http)
        return;
    http_stop(*http);
    if ((*http)->reserved >= 0)
        close((*http)->reserved);
    free(*http);
    *http = NULL;
}

static struct MHD_Daemon *start_daemon(Http *http, int fd)
{
    const HttpOptions *o = &http->options;
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                     MHD_USE_POLL | MHD_USE_ITC | (o->tls_cert ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)o->tls_cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)o->tls_key},
        {MHD_OPTION_END, 0, NULL},
    };

    if (!o->tls_cert)
        tls[0].option = MHD_OPTION_END;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, http, MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
                            MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)CONNECTION_BYTES / 4,
                            MHD_OPTION_URI_LOG_CALLBACK, on_uri, http, MHD_OPTION_NOTIFY_COMPLETED,
                            on_over, http, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

bool http_start(Http *http, Error *err)
{
    int fd;

    if (http->daemon)
        return true;
    if (!bind_port(http, &fd, err))
        return false;
    atomic_store(&http->running, true);
    if (listen(fd, 128) == 0)
        http->daemon = start_daemon(http, fd);
    if (http->daemon)
        return true;
    atomic_store(&http->running, false);
    close(fd);
    return error_set(err, ERROR_CONFIG, "cannot listen on %s%s", http->address,
                     http->options.tls_cert ? ": is the certificate's key the right one?" : "");
}

void http_stop(Http *http)
{
    if (!http->daemon)
        return;
    atomic_store(&http->running, false);
    MHD_stop_daemon(http->daemon);
    http->daemon = NULL;
}

bool http_running(const Http *http)
{
    return atomic_load(&http->running);
}

const char *http_address(const Http *http)
{
    return http->address;
}

bool http_is_tls(const Http *http)
{
    return http->options.tls_cert != NULL;
}

/* ---- reading a request ---- */

const char *http_header(const HttpRequest *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection->mhd, MHD_HEADER_KIND, name);
}

const char *http_argument(const HttpRequest *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection->mhd, MHD_GET_ARGUMENT_KIND, name);
}

typedef struct Each {
    HttpEachHeader *each;
    void *context;
} Each;

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    const Each *each = context;

    (void)kind;
    each->each(each->context, name, value ? value : "");
    return MHD_YES;
}

void http_each_header(const HttpRequest *request, HttpEachHeader *each, void *context)
{
    Each all = {each, context};

    MHD_get_connection_values(request->connection->mhd, MHD_HEADER_KIND, on_header, &all);
}

/* ---- replies, and what is none ---- */

/* A body that ends in the middle. */
static ssize_t read_cut(void *context, uint64_t at, char *out, size_t max)
{
    const Str *part = context;
    size_t left = part->len - (size_t)at;

    if (left == 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (left > max)
        left = max;
    memcpy(out, part->data + at, left);
    return (ssize_t)left;
}

static struct MHD_Response *make_response(HttpRequest *request, const HttpReply *reply)
{
    Str *part;

    if (!reply->cut || reply->cut >= reply->body.len)
        return MHD_create_response_from_buffer(reply->body.len, (void *)(uintptr_t)reply->body.data,
                                               MHD_RESPMEM_MUST_COPY);
    part = ARENA_NEW(&request->arena, Str);
    *part = arena_copy(&request->arena, (Str){reply->body.data, reply->cut});
    return MHD_create_response_from_callback(reply->body.len, 4096, read_cut, part, NULL);
}

HttpNext http_reply(HttpRequest *request, const HttpReply *reply)
{
    struct MHD_Response *response = make_response(request, reply);
    enum MHD_Result queued;

    if (!response)
        return HTTP_CLOSE;
    MHD_add_response_header(response, "Content-Type", reply->type);
    if (reply->location)
        MHD_add_response_header(response, "Location", reply->location);
    if (reply->encoding)
        MHD_add_response_header(response, "Content-Encoding", reply->encoding);
    request->connection->close_after = reply->close_after;
    queued = MHD_queue_response(request->connection->mhd, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    return queued == MHD_YES ? HTTP_REPLIED : HTTP_CLOSE;
}

bool http_send_raw(HttpRequest *request, Str bytes)
{
    if (http_is_tls(request->http))
        return false;
    while (bytes.len > 0) {
        struct pollfd item = {request->connection->fd, POLLOUT, 0};
        ssize_t sent = send(request->connection->fd, bytes.data, bytes.len, MSG_NOSIGNAL);

        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return true; /* the client has gone: as good as sent */
        if (sent < 0) {
            poll(&item, 1, PAUSE_STEP_MS);
            continue;
        }
        bytes.data += sent;
        bytes.len -= (size_t)sent;
    }
    return true;
}

void http_reset(HttpRequest *request)
{
    struct sockaddr none = {.sa_family = AF_UNSPEC};

    /* Linux: takes the connection apart at once, with a RST. */
    connect(request->connection->fd, &none, sizeof(none));
}

static bool client_gone(const HttpRequest *request)
{
    struct pollfd item = {request->connection->fd, POLLRDHUP, 0};

    return poll(&item, 1, PAUSE_STEP_MS) > 0 && (item.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

bool http_pause(HttpRequest *request, int64_t ms)
{
    int64_t until = clock_ms() + ms;

    while (clock_ms() < until)
        if (!http_running(request->http) || client_gone(request))
            return false;
    return true;
}

void http_hang(HttpRequest *request)
{
    while (http_running(request->http) && !client_gone(request))
        continue;
}

void http_drain(HttpRequest *request)
{
    char waste[65536];
    ssize_t got = 1;

    while (http_running(request->http) && got != 0) {
        struct pollfd item = {request->connection->fd, POLLIN, 0};

        if (poll(&item, 1, PAUSE_STEP_MS) <= 0)
            continue;
        got = recv(request->connection->fd, waste, sizeof(waste), MSG_DONTWAIT);
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return;
    }
}
