#include "common/http_internal.h"

#include "common/bytes.h"
#include "common/clock.h"
#include "common/mem.h"

#include <curl/curl.h>
#include <stdlib.h>

enum {
    UPLOAD_BUFFER = 512 * 1024, /* a body is read and sent in pieces of this size */
    KEEPALIVE_IDLE_S = 60,
    KEEPALIVE_INTERVAL_S = 20,
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

/* ---- its options ---- */

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

void http_request_ended(HttpRequest *request, int code)
{
    HttpReply *reply = &request->reply;
    long status = 0;

    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    take_location(request);
    reply->status = status >= 200 ? (int)status : 0; /* 100 is no answer */
    request->received.limit = 0;
    bytes_add_u8(&request->received, 0);
    reply->body = (Str){request->received.data, request->received.len - 1};
    reply->state = state_of(request, (CURLcode)code);
    if (reply->state != HTTP_REPLIED)
        tell_failure(request, (CURLcode)code);
    curl_multi_remove_handle(request->http->multi, request->easy);
}
