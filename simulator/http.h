/*
 * http - a listener: HTTP/1.1 with keep-alive, chunked bodies, Expect and TLS; a thread for each
 * connection, so that a handler may wait. The only file that knows libmicrohttpd.
 *
 * A handler hears of a request when its headers are there (before any "100 Continue"), for each
 * piece of the body, at the body's end, and once when all is over, whatever has become of it. It
 * says what comes next. Besides proper replies it can do what broken servers and networks do.
 */
#pragma once

#include "common/arena.h"
#include "common/error.h"
#include <stdint.h>

typedef struct Http Http;

typedef enum HttpNext {
    HTTP_CONTINUE, /* the body, please (in `end`: a bug) */
    HTTP_REPLIED,  /* http_reply() was called */
    HTTP_CLOSE,    /* the connection is closed without another byte */
} HttpNext;

typedef struct HttpRequest {
    Arena arena;
    Http *http;
    const char *method;
    const char *path;             /* without %XX, without the query */
    const char *query;            /* as it came, without the '?'; "" if there is none */
    void *user;                   /* the handler's */
    int64_t received;             /* bytes of the body so far */
    void (*after)(void *context); /* called when the reply has been sent, or NULL */
    void *after_context;
    struct HttpConnection *connection;
} HttpRequest;

typedef struct HttpHandler {
    HttpNext (*headers)(void *context, HttpRequest *request);
    HttpNext (*data)(void *context, HttpRequest *request, Str bytes);
    HttpNext (*end)(void *context, HttpRequest *request);
    void (*over)(void *context, HttpRequest *request);
} HttpHandler;

typedef struct HttpOptions {
    const char *host; /* an IPv4 address */
    uint16_t port;    /* 0: any; the one found is kept over http_stop and http_start */
    const char *tls_cert;
    const char *tls_key; /* PEM texts; both or none */
    const HttpHandler *handler;
    void *context;
} HttpOptions;

/* Takes the port; nobody listens yet, connections are refused. */
NODISCARD bool http_open(Http **out, const HttpOptions *options, Error *err);
void http_close(Http **http);

NODISCARD bool http_start(Http *http, Error *err);
/* All connections break at once; handlers that wait are woken. Not from within a handler. */
void http_stop(Http *http);
bool http_running(const Http *http);

/* "127.0.0.1:8030" */
const char *http_address(const Http *http);
bool http_is_tls(const Http *http);

/* ---- a request ---- */

/* NULL when it is not there. */
const char *http_header(const HttpRequest *request, const char *name);
const char *http_argument(const HttpRequest *request, const char *name);

typedef void HttpEachHeader(void *context, const char *name, const char *value);
void http_each_header(const HttpRequest *request, HttpEachHeader *each, void *context);

/* ---- what a handler does ---- */

typedef struct HttpReply {
    int status;
    const char *type;     /* Content-Type */
    const char *location; /* or NULL */
    const char *encoding; /* Content-Encoding, or NULL */
    Str body;             /* copied */
    size_t cut;           /* not 0: the connection breaks after so many bytes of the body */
    bool close_after;     /* the connection is closed behind it, and nobody was told */
} HttpReply;

HttpNext http_reply(HttpRequest *request, const HttpReply *reply);

/* Bytes outside of the protocol, at any time. False over TLS, where this is not possible. */
bool http_send_raw(HttpRequest *request, Str bytes);

/* The connection ends at once with a RST; return HTTP_CLOSE after it. */
void http_reset(HttpRequest *request);

/* Waits. False when the listener was stopped or the client has gone meanwhile. */
bool http_pause(HttpRequest *request, int64_t ms);

/* Waits while the client goes on sending unread bytes, until it or the listener goes. */
void http_hang(HttpRequest *request);

/* Reads and forgets what the client sends, until it stops. For bytes behind a raw reply. */
void http_drain(HttpRequest *request);
