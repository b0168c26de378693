#include "common/http.h"

#include "common/bytes.h"
#include "common/clock.h"
#include "common/mem.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum {
    UPLOAD_BUFFER = 512 * 1024, /* a body is read and sent in pieces of this size */
    ROUND_MS = 1000,            /* a wait that is asked for no end is looked at again */
    KEEPALIVE_IDLE_S = 60,
    KEEPALIVE_INTERVAL_S = 20,
};

struct Http {
    CURLM *multi;
    char *ca_file;
    struct pollfd *sockets; /* that libcurl wants to hear of */
    size_t socket_count, socket_room;
    int64_t due_ms; /* when libcurl wants to be called at the latest; -1: not */
};

struct HttpRequest {
    Http *http;
    CURL *easy;
    struct curl_slist *headers;
    char *origin; /* "http://host:port", for messages */
    char *location;
    HttpBody body;
    Bytes received;
    int64_t begin_by_ms;
    bool began, too_late;
    char failure[CURL_ERROR_SIZE];
    HttpReply reply;
};

/* ---- what libcurl wants to wait for ---- */

static size_t find_socket(const Http *http, curl_socket_t fd)
{
    size_t at = 0;

    while (at < http->socket_count && http->sockets[at].fd != fd)
        at++;
    return at;
}

static void forget_socket(Http *http, size_t at)
{
    if (at < http->socket_count)
        http->sockets[at] = http->sockets[--http->socket_count];
}

static int note_socket(CURL *easy, curl_socket_t fd, int what, void *self, void *unused)
{
    Http *http = self;
    size_t at = find_socket(http, fd);

    (void)easy;
    (void)unused;
    if (what == CURL_POLL_REMOVE || what == CURL_POLL_NONE) {
        forget_socket(http, at);
        return 0;
    }
    if (at == http->socket_room) {
        http->socket_room = http->socket_room ? 2 * http->socket_room : 8;
        http->sockets = mem_resize(http->sockets, http->socket_room, sizeof *http->sockets);
    }
    if (at == http->socket_count)
        http->socket_count++;
    http->sockets[at] = (struct pollfd){
        .fd = fd,
        .events =
            (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0)),
    };
    return 0;
}

static int note_timer(CURLM *multi, long timeout_ms, void *self)
{
    Http *http = self;

    (void)multi;
    http->due_ms = timeout_ms < 0 ? -1 : clock_ms() + timeout_ms;
    return 0;
}

bool http_open(Http **out, const char *ca_file, Error *err)
{
    Http *http = MEM_NEW(Http);

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(http->multi = curl_multi_init())) {
        free(http);
        return error_set(err, ERROR_TRANSIENT, "libcurl cannot be started");
    }
    http->due_ms = -1;
    http->ca_file = mem_strdup(ca_file);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, note_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, note_timer);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    *out = http;
    return true;
}

void http_close(Http **http)
{
    if (!*http)
        return;
    curl_multi_cleanup((*http)->multi);
    curl_global_cleanup();
    free((*http)->sockets);
    free((*http)->ca_file);
    free(*http);
    *http = NULL;
}

/* ---- what libcurl calls while a request goes on ---- */

static size_t take_reply(char *data, size_t size, size_t count, void *self)
{
    HttpRequest *request = self;

    bytes_add(&request->received, data, size * count);
    request->reply.cut |= request->received.overflowed;
    return request->received.overflowed ? 0 : size * count;
}

static size_t read_body(char *out, size_t size, size_t count, void *self)
{
    HttpRequest *request = self;
    size_t got = request->body.read(request->body.self, out, size * count);

    request->reply.sent += got;
    return got;
}

static int seek_body(void *self, curl_off_t offset, int origin)
{
    HttpRequest *request = self;

    if (offset != 0 || origin != SEEK_SET)
        return CURL_SEEKFUNC_FAIL;
    request->body.rewind(request->body.self);
    return CURL_SEEKFUNC_OK;
}

/* Connected, and about to send: of one that a stop has held up, nothing may leave any more. */
static int before_sending(void *self, char *ip, char *own_ip, int port, int own_port)
{
    HttpRequest *request = self;

    (void)ip;
    (void)own_ip;
    (void)port;
    (void)own_port;
    if (request->begin_by_ms > 0 && clock_ms() > request->begin_by_ms) {
        request->too_late = true;
        return CURL_PREREQFUNC_ABORT;
    }
    request->began = true;
    return CURL_PREREQFUNC_OK;
}

/* ---- a request ---- */

static char *origin_of(const char *url)
{
    const char *host = strstr(url, "://");
    size_t length = host ? (size_t)(host + 3 - url) : 0;

    length += strcspn(url + length, "/?#");
    return mem_printf("%.*s", (int)length, url);
}

static void add_header(HttpRequest *request, const char *text)
{
    struct curl_slist *longer = curl_slist_append(request->headers, text);

    if (!longer)
        abort(); /* out of memory, as in mem.c */
    request->headers = longer;
}

static void set_headers(HttpRequest *request, const HttpCall *call)
{
    for (const char *const *header = call->headers; header && *header; header++)
        add_header(request, *header);
    /* libcurl would decide by the body's size whether it waits for a 100. */
    add_header(request, call->expect ? "Expect: 100-continue" : "Expect:");
    curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers);
}

static void set_body(HttpRequest *request, const HttpCall *call)
{
    CURL *easy = request->easy;

    if (call->data.data) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->data.len);
        curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, call->data.data);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
        return;
    }
    if (strcmp(call->method, "GET") == 0)
        return;
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)(call->body.read ? -1 : 0));
    if (!call->body.read)
        return;
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
    curl_easy_setopt(easy, CURLOPT_READDATA, request);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_body);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, request);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
}

static void set_login(HttpRequest *request, const HttpCall *call)
{
    if (!call->user)
        return;
    curl_easy_setopt(request->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    curl_easy_setopt(request->easy, CURLOPT_USERNAME, call->user);
    curl_easy_setopt(request->easy, CURLOPT_PASSWORD, call->password ? call->password : "");
}

/*
 * The low-speed timer also runs while a reply is waited for: silence_s must be longer than the
 * slowest commit. There is no limit for the whole.
 */
static void set_patience(CURL *easy, const HttpCall *call)
{
    long silence_s = call->silence_s > 0 ? call->silence_s : HTTP_SILENCE_S;

    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, silence_s);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE_S);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_INTERVAL_S);
    if (call->expect_ms > 0)
        curl_easy_setopt(easy, CURLOPT_EXPECT_100_TIMEOUT_MS, (long)call->expect_ms);
}

/*
 * On a connection that was used before libcurl sends a request again by itself when the answer is
 * missing. What is not only a question must not be: it gets a connection of its own.
 */
static void set_connection(CURL *easy, const Http *http, const HttpCall *call)
{
    long alone = strcmp(call->method, "GET") != 0;

    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, alone);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, alone);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* not what the environment says, as in libpq */
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    if (http->ca_file[0])
        curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca_file);
}

static void set_callbacks(HttpRequest *request)
{
    CURL *easy = request->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->failure);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_reply);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_sending);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, request);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "walferry/" WALFERRY_VERSION);
}

HttpRequest *http_start(Http *http, const HttpCall *call)
{
    HttpRequest *request = MEM_NEW(HttpRequest);

    request->http = http;
    request->easy = curl_easy_init();
    if (!request->easy)
        abort(); /* out of memory, as in mem.c */
    request->origin = origin_of(call->url);
    request->body = call->body;
    request->received.limit = call->reply_max > 0 ? call->reply_max : HTTP_REPLY_MAX;
    request->begin_by_ms = call->begin_by_ms;
    request->reply.location = "";
    curl_easy_setopt(request->easy, CURLOPT_URL, call->url);
    set_callbacks(request);
    set_headers(request, call);
    set_body(request, call);
    set_login(request, call);
    set_patience(request->easy, call);
    set_connection(request->easy, http, call);
    curl_multi_add_handle(http->multi, request->easy);
    return request;
}

bool http_ended(const HttpRequest *request)
{
    return request->reply.state != HTTP_UNDER_WAY;
}

const HttpReply *http_reply(const HttpRequest *request)
{
    return &request->reply;
}

void http_free(HttpRequest **request)
{
    HttpRequest *it = *request;

    if (!it)
        return;
    curl_multi_remove_handle(it->http->multi, it->easy);
    curl_easy_cleanup(it->easy);
    curl_slist_free_all(it->headers);
    bytes_done(&it->received);
    free(it->origin);
    free(it->location);
    free(it);
    *request = NULL;
}

/* ---- its end ---- */

static bool is_certificate_error(CURLcode code)
{
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
           code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_ISSUER_ERROR;
}

static void tell_failure(HttpRequest *request, CURLcode code)
{
    const char *what = request->failure[0] ? request->failure : curl_easy_strerror(code);
    Error *err = &request->reply.err;

    if (request->too_late) {
        error_set(err, ERROR_TRANSIENT, "%s: the time in which it could be sent is over",
                  request->origin);
    } else if (is_certificate_error(code)) {
        error_set(err, ERROR_CONFIG, "%s: %s", request->origin, what);
        error_hint(err, "name the file with its certificate authority in destination.ca_file");
    } else {
        error_set(err, ERROR_CONNECTION, "%s: %s", request->origin, what);
    }
}

static HttpState state_of(const HttpRequest *request, CURLcode code)
{
    if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && request->reply.cut))
        return HTTP_REPLIED;
    return request->began ? HTTP_BROKEN : HTTP_UNSENT;
}

static void take_location(HttpRequest *request)
{
    char *url = NULL;

    if (curl_easy_getinfo(request->easy, CURLINFO_REDIRECT_URL, &url) == CURLE_OK && url) {
        request->location = mem_strdup(url);
        request->reply.location = request->location;
    }
}

static void end_request(HttpRequest *request, CURLcode code)
{
    HttpReply *reply = &request->reply;
    long status = 0;

    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    take_location(request);
    reply->status = status >= 200 ? (int)status : 0; /* 100 is no answer */
    request->received.limit = 0;
    bytes_add_u8(&request->received, 0);
    reply->body = (Str){request->received.data, request->received.len - 1};
    reply->state = state_of(request, code);
    if (reply->state != HTTP_REPLIED)
        tell_failure(request, code);
    curl_multi_remove_handle(request->http->multi, request->easy);
}

static void end_requests(Http *http)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(http->multi, &left))) {
        CURLcode code = message->data.result;
        HttpRequest *request = NULL;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
        if (message->msg == CURLMSG_DONE)
            end_request(request, code);
    }
}

/* ---- waiting and stepping ---- */

size_t http_wait_items(const Http *http, WaitItem *items, size_t most)
{
    size_t count = http->socket_count < most ? http->socket_count : most;

    for (size_t i = 0; i < count; i++)
        items[i] = (WaitItem){.fd = http->sockets[i].fd,
                              .read = (http->sockets[i].events & POLLIN) != 0,
                              .write = (http->sockets[i].events & POLLOUT) != 0};
    return count;
}

int http_timeout_ms(const Http *http)
{
    int64_t now = clock_ms();

    if (http->due_ms < 0)
        return -1;
    return http->due_ms > now ? (int)(http->due_ms - now) : 0;
}

static int events_of(short revents)
{
    int events = 0;

    if (revents & POLLIN)
        events |= CURL_CSELECT_IN;
    if (revents & POLLOUT)
        events |= CURL_CSELECT_OUT;
    if (revents & (POLLERR | POLLHUP | POLLNVAL))
        events |= CURL_CSELECT_ERR | CURL_CSELECT_IN;
    return events;
}

/* libcurl changes the list while it is called: what is ready is noted before. */
static void act_on_sockets(Http *http)
{
    size_t count = http->socket_count;
    CLEANUP(mem_free) struct pollfd *ready = NULL;
    int running;

    if (count == 0)
        return;
    ready = mem_resize(NULL, count, sizeof *ready);
    memcpy(ready, http->sockets, count * sizeof *ready);
    if (poll(ready, count, 0) <= 0)
        return;
    for (size_t i = 0; i < count; i++) {
        if (ready[i].revents)
            curl_multi_socket_action(http->multi, ready[i].fd, events_of(ready[i].revents),
                                     &running);
    }
}

void http_step(Http *http)
{
    int running;

    act_on_sockets(http);
    if (http->due_ms >= 0 && clock_ms() >= http->due_ms) {
        http->due_ms = -1; /* libcurl sets it anew when it wants to */
        curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    end_requests(http);
}

static bool wait_plainly(void *self, struct pollfd *items, size_t count, int timeout_ms, Error *err)
{
    (void)self;
    if (poll(items, count, timeout_ms) < 0 && errno != EINTR)
        return error_set(err, ERROR_TRANSIENT, "cannot wait: %s", strerror(errno));
    return true;
}

static int least(int a, int b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

bool http_round(Http *http, int timeout_ms, HttpWait *wait, void *self, Error *err)
{
    CLEANUP(mem_free)
    struct pollfd *items = mem_resize(NULL, http->socket_count + 1, sizeof *items);
    size_t count = http->socket_count;
    int pause = least(least(http_timeout_ms(http), timeout_ms), ROUND_MS);

    if (count > 0)
        memcpy(items, http->sockets, count * sizeof *items);
    if (!(wait ? wait : wait_plainly)(self, items, count, pause, err))
        return false;
    http_step(http);
    return true;
}

bool http_finish(Http *http, HttpRequest *request, HttpWait *wait, void *self, Error *err)
{
    while (!http_ended(request)) {
        if (!http_round(http, -1, wait, self, err))
            return false;
    }
    return true;
}
