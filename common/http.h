/*
 * http - HTTP requests that are stepped: libcurl's multi handle, and nothing of libcurl in sight.
 *
 * Nothing here blocks but looking up a host's name. Whoever owns an Http waits for its items (a
 * stage in its one wait) at most http_timeout_ms() long and then calls http_step(); a program that
 * has nothing else to do calls http_finish(). Connections are kept and used again.
 *
 * No redirect is followed. Credentials travel in the Authorization header only: a URL never holds
 * them, and the Location of a redirect, which may, never is in an error.
 *
 * How libcurl behaves where SelectDB needs it (reference of each: tests/unit/common/http_test.c):
 * a body is held back until the server says 100 Continue, for up to expect_ms; it is made by a
 * callback and made again after a rewind; when the server answers and closes in mid-body, the
 * answer is still handed over.
 */
#pragma once

#include "common/channel.h"
#include "common/error.h"
#include <stdint.h>

typedef struct Http Http;
typedef struct HttpRequest HttpRequest;

/* A body that is made while it is sent (chunked). */
typedef struct HttpBody {
    /* Up to size bytes, size being 16 KiB at least; 0: the end. */
    size_t (*read)(void *self, char *out, size_t size);
    /* The next read begins anew. */
    void (*rewind)(void *self);
    void *self;
} HttpBody;

enum {
    HTTP_CONNECT_MS = 10000,
    HTTP_SILENCE_S = 120, /* of a request that is answered at once */
    HTTP_REPLY_MAX = 1 << 20,
};

typedef struct HttpCall {
    const char *method;          /* GET, POST, PUT */
    const char *url;             /* without credentials */
    const char *user, *password; /* Basic; NULL: none */
    const char *const *headers;  /* "name: value", ends in NULL; may be NULL */
    Str data;                    /* the body, if it is in memory; else */
    HttpBody body;               /* read NULL: no body; a PUT then has an empty one */
    bool expect;                 /* Expect: 100-continue */
    int expect_ms;       /* how long the 100 is waited for before the body is sent all the same */
    int silence_s;       /* gives up when so long nothing moves; 0: HTTP_SILENCE_S */
    size_t reply_max;    /* 0: HTTP_REPLY_MAX; more is cut off */
    int64_t begin_by_ms; /* clock_ms() after which it must not begin to send; 0: none */
} HttpCall;

typedef enum HttpState {
    HTTP_UNDER_WAY,
    HTTP_REPLIED, /* the whole reply is here */
    HTTP_BROKEN,  /* the connection broke after sending began: what arrived of a reply is here */
    HTTP_UNSENT,  /* not a byte of it has been sent: no connection, or begin_by_ms is over */
} HttpState;

typedef struct HttpReply {
    HttpState state;
    int status;           /* 0: no status line arrived */
    Str body;             /* with a NUL behind it that its length does not count */
    bool cut;             /* it was longer than reply_max */
    const char *location; /* "": none. May hold a password: for no message, log or store */
    uint64_t sent;        /* bytes of the request's body */
    Error err;            /* BROKEN, UNSENT: CONNECTION, or CONFIG for certificates */
} HttpReply;

/* ca_file "": the system's authorities. */
NODISCARD bool http_open(Http **out, const char *ca_file, Error *err);
void http_close(Http **http); /* its requests are freed before */

/* Copies all but the body, whose callbacks are called from http_step() only. */
HttpRequest *http_start(Http *http, const HttpCall *call);
bool http_ended(const HttpRequest *request);
/* Valid until the request is freed. */
const HttpReply *http_reply(const HttpRequest *request);
/* One that is under way is given up; its fate is open then. */
void http_free(HttpRequest **request);

/* What to wait for before the next step: fills at most `most` items, gives their number. */
size_t http_wait_items(const Http *http, WaitItem *items, size_t most);
/* Until when a step is due at the latest; -1: an item will tell. */
int http_timeout_ms(const Http *http);
/* Does what can be done without waiting. It looks at the sockets itself. */
void http_step(Http *http);

struct pollfd;

/* Waits until a descriptor is ready or timeout_ms (-1: none) are over. False: give up. */
typedef bool HttpWait(void *self, struct pollfd *items, size_t count, int timeout_ms, Error *err);

/* The blocking form: until the request has ended. wait NULL: poll(). */
NODISCARD bool http_finish(Http *http, HttpRequest *request, HttpWait *wait, void *self,
                           Error *err);

/* One round of waiting and stepping, timeout_ms (-1: none) at most. */
NODISCARD bool http_round(Http *http, int timeout_ms, HttpWait *wait, void *self, Error *err);
