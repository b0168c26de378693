#include "common/http.h"

#include "common/clock.h"
#include "common/http_internal.h"
#include "common/mem.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

enum { ROUND_MS = 1000 }; /* a wait that is asked for no end is looked at again */

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

/* ---- waiting and stepping ---- */

static void end_requests(Http *http)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(http->multi, &left))) {
        CURLcode code = message->data.result;
        HttpRequest *request = NULL;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
        if (message->msg == CURLMSG_DONE)
            http_request_ended(request, (int)code);
    }
}

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
