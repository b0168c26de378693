#include "common/http.h"

#include "common/clock.h"
#include "common/compiler.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/http_peer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* What libcurl does is as the project measured it for SelectDB; each test names the situation. */

static Http *http;

static int open_http(void **state)
{
    Error err;

    (void)state;
    assert_true(http_open(&http, "", &err));
    return 0;
}

static int close_http(void **state)
{
    (void)state;
    http_close(&http);
    return 0;
}

/* A body of so many bytes. */
typedef struct Rows {
    size_t length, at;
    int rewinds;
} Rows;

static size_t read_rows(void *self, char *out, size_t size)
{
    Rows *rows = self;
    size_t left = rows->length - rows->at, got = left < size ? left : size;

    memset(out, 'x', got);
    rows->at += got;
    return got;
}

static void rewind_rows(void *self)
{
    Rows *rows = self;

    rows->at = 0;
    rows->rewinds++;
}

static HttpBody body_of(Rows *rows)
{
    return (HttpBody){.read = read_rows, .rewind = rewind_rows, .self = rows};
}

static char *url_of(int port)
{
    static char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%d/api/d/t/_stream_load?", port);
    return url;
}

static HttpRequest *finished(HttpCall call)
{
    HttpRequest *request = http_start(http, &call);
    Error err;

    assert_false(http_ended(request));
    assert_true(http_finish(http, request, NULL, NULL, &err));
    return request;
}

static HttpCall put_to(const HttpPeer *peer, Rows *rows)
{
    return (HttpCall){.method = "PUT",
                      .url = url_of(peer->port),
                      .body = body_of(rows),
                      .expect = true,
                      .expect_ms = 600000};
}

/* ---- questions ---- */

static void answer_a_question(int listener)
{
    int fd = peer_accept(listener);
    const char *headers = peer_read_headers(fd);

    peer_check(strncmp(headers, "GET /api/d/t/_stream_load HTTP/1.1\r\n", 20) == 0, headers);
    peer_check(strstr(headers, "Authorization: Basic dTp5OnA=\r\n") != NULL, headers); /* u:y:p */
    peer_check(strstr(headers, "\r\nX-Doris-Stream: true\r\n") != NULL, headers);
    peer_check(strstr(headers, "Expect") == NULL, headers);
    peer_reply(fd, "200 OK", "{\"code\": 0}");
}

static void an_answer_is_handed_over_whole(void **state)
{
    const char *const headers[] = {"X-Doris-Stream: true", NULL};
    HttpPeer peer = http_peer_start(answer_a_question);
    HttpRequest *request = finished((HttpCall){.method = "GET",
                                               .url = url_of(peer.port),
                                               .user = "u",
                                               .password = "y:p",
                                               .headers = headers});
    const HttpReply *reply = http_reply(request);

    (void)state;
    assert_int_equal(reply->state, HTTP_REPLIED);
    assert_int_equal(reply->status, 200);
    assert_string_equal(reply->body.data, "{\"code\": 0}");
    assert_string_equal(reply->location, "");
    http_free(&request);
    http_peer_end(&peer);
}

static void answer_a_statement(int listener)
{
    int fd = peer_accept(listener);
    const char *headers = peer_read_headers(fd);

    peer_check(strncmp(headers, "POST ", 5) == 0, headers);
    peer_check(strstr(headers, "Content-Length: 15\r\n") != NULL, headers);
    peer_check(strstr(headers, "Connection: close") == NULL, headers);
    peer_read_some(fd, 15);
    peer_reply(fd, "200 OK", "0123456789");
}

static void a_reply_that_is_too_long_is_cut(void **state)
{
    HttpPeer peer = http_peer_start(answer_a_statement);
    HttpRequest *request = finished((HttpCall){.method = "POST",
                                               .url = url_of(peer.port),
                                               .data = STR("{\"stmt\": \"ABC\"}"),
                                               .reply_max = 5});

    (void)state;
    assert_int_equal(http_reply(request)->state, HTTP_REPLIED);
    assert_true(http_reply(request)->cut);
    assert_true(http_reply(request)->body.len <= 5);
    http_free(&request);
    http_peer_end(&peer);
}

static void nobody_listens_and_nothing_was_sent(void **state)
{
    Rows rows = {.length = 10};
    HttpPeer peer = {.port = http_peer_closed_port()};
    HttpRequest *request = finished(put_to(&peer, &rows));
    const HttpReply *reply = http_reply(request);

    (void)state;
    assert_int_equal(reply->state, HTTP_UNSENT);
    assert_int_equal(reply->err.kind, ERROR_CONNECTION);
    assert_non_null(strstr(reply->err.message, "http://127.0.0.1:"));
    assert_null(strstr(reply->err.message, "_stream_load"));
    assert_int_equal(reply->sent, 0);
    http_free(&request);
}

/* ---- the first hop ---- */

static void send_on(int listener)
{
    int fd = peer_accept(listener);
    const char *headers = peer_read_headers(fd);

    peer_check(strncmp(headers, "PUT ", 4) == 0, headers);
    peer_check(strstr(headers, "Expect: 100-continue\r\n") != NULL, headers);
    peer_check(strstr(headers, "Content-Length: 0\r\n") != NULL, headers);
    peer_write(fd, "HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\n"
                   "Location: http://u:p%40w@127.0.0.1:1/api/d/t/_stream_load?\r\n\r\n");
    peer_check(read(fd, &(char){0}, 1) <= 0, "a body came");
}

static void an_empty_put_learns_where_to_send_and_is_not_redirected(void **state)
{
    HttpPeer peer = http_peer_start(send_on);
    HttpRequest *request =
        finished((HttpCall){.method = "PUT", .url = url_of(peer.port), .expect = true});
    const HttpReply *reply = http_reply(request);

    (void)state;
    assert_int_equal(reply->state, HTTP_REPLIED);
    assert_int_equal(reply->status, 307);
    assert_non_null(strstr(reply->location, "@127.0.0.1:1/api/d/t/_stream_load"));
    http_free(&request);
    http_peer_end(&peer);
}

/* ---- the second hop ---- */

static void take_a_body_late(int listener)
{
    int fd = peer_accept(listener);
    const char *headers = peer_read_headers(fd);

    peer_check(strstr(headers, "Expect: 100-continue\r\n") != NULL, headers);
    peer_check(strstr(headers, "Transfer-Encoding: chunked\r\n") != NULL, headers);
    peer_check(strstr(headers, "Content-Length") == NULL, headers);
    peer_check(peer_is_silent(fd, 1300), "the body was not held back");
    peer_write(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    peer_check(peer_read_chunked(fd) == 3000000, "the body is not whole");
    peer_reply(fd, "200 OK", "{\"Status\": \"Success\"}");
}

static void a_body_is_held_back_until_it_is_asked_for(void **state)
{
    Rows rows = {.length = 3000000};
    HttpPeer peer = http_peer_start(take_a_body_late);
    HttpRequest *request = finished(put_to(&peer, &rows));

    (void)state;
    assert_int_equal(http_reply(request)->state, HTTP_REPLIED);
    assert_string_equal(http_reply(request)->body.data, "{\"Status\": \"Success\"}");
    assert_int_equal(http_reply(request)->sent, 3000000);
    assert_int_equal(rows.rewinds, 0);
    http_free(&request);
    http_peer_end(&peer);
}

static void refuse_before_the_body(int listener)
{
    int fd = peer_accept(listener);

    peer_read_headers(fd);
    peer_reply(fd, "200 OK", "{\"Status\": \"Label Already Exists\"}");
    peer_check(read(fd, &(char){0}, 1) <= 0, "a body came");
}

static void an_early_answer_takes_no_body(void **state)
{
    Rows rows = {.length = 3000000};
    HttpPeer peer = http_peer_start(refuse_before_the_body);
    HttpRequest *request = finished(put_to(&peer, &rows));

    (void)state;
    assert_int_equal(http_reply(request)->state, HTTP_REPLIED);
    assert_string_equal(http_reply(request)->body.data, "{\"Status\": \"Label Already Exists\"}");
    assert_int_equal(http_reply(request)->sent, 0);
    http_free(&request);
    http_peer_end(&peer);
}

static void answer_in_the_body_and_close(int listener)
{
    int fd = peer_accept(listener);

    peer_read_headers(fd);
    peer_write(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    peer_read_some(fd, 100000);
    peer_reply(fd, "200 OK", "{\"Status\": \"Fail\"}");
    close(fd);
}

static void an_answer_in_mid_body_is_handed_over(void **state)
{
    Rows rows = {.length = 500000000};
    HttpPeer peer = http_peer_start(answer_in_the_body_and_close);
    HttpRequest *request = finished(put_to(&peer, &rows));

    (void)state;
    assert_true(http_reply(request)->state == HTTP_BROKEN ||
                http_reply(request)->state == HTTP_REPLIED);
    assert_string_equal(http_reply(request)->body.data, "{\"Status\": \"Fail\"}");
    assert_true(rows.at < rows.length);
    http_free(&request);
    http_peer_end(&peer);
}

static void take_the_body_and_say_nothing(int listener)
{
    int fd = peer_accept(listener);

    peer_read_headers(fd);
    peer_write(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    peer_check(peer_read_chunked(fd) == 1000, "the body is not whole");
    close(fd);
}

static void a_connection_without_an_answer_is_broken(void **state)
{
    Rows rows = {.length = 1000};
    HttpPeer peer = http_peer_start(take_the_body_and_say_nothing);
    HttpRequest *request = finished(put_to(&peer, &rows));

    (void)state;
    assert_int_equal(http_reply(request)->state, HTTP_BROKEN);
    assert_int_equal(http_reply(request)->status, 0);
    assert_int_equal(http_reply(request)->body.len, 0);
    assert_int_equal(http_reply(request)->err.kind, ERROR_CONNECTION);
    assert_int_equal(http_reply(request)->sent, 1000);
    http_free(&request);
    http_peer_end(&peer);
}

static void reset_in_the_body(int listener)
{
    int fd = peer_accept(listener);

    peer_read_headers(fd);
    peer_write(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    peer_read_some(fd, 100000);
    peer_reset(fd);
}

static void a_reset_in_mid_body_is_broken_and_not_sent_again(void **state)
{
    Rows rows = {.length = 500000000};
    HttpPeer peer = http_peer_start(reset_in_the_body);
    HttpRequest *request = finished(put_to(&peer, &rows));

    (void)state;
    assert_int_equal(http_reply(request)->state, HTTP_BROKEN);
    assert_int_equal(rows.rewinds, 0);
    http_free(&request);
    http_peer_end(&peer);
}

static void cut_the_answer_off(int listener)
{
    int fd = peer_accept(listener);

    peer_read_headers(fd);
    peer_write(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    peer_read_chunked(fd);
    peer_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"Status\": \"Suc");
    close(fd);
}

static void an_answer_that_is_cut_off_is_broken_with_what_arrived(void **state)
{
    Rows rows = {.length = 10};
    HttpPeer peer = http_peer_start(cut_the_answer_off);
    HttpRequest *request = finished(put_to(&peer, &rows));

    (void)state;
    assert_int_equal(http_reply(request)->state, HTTP_BROKEN);
    assert_int_equal(http_reply(request)->status, 200);
    assert_string_equal(http_reply(request)->body.data, "{\"Status\": \"Suc");
    http_free(&request);
    http_peer_end(&peer);
}

static void want_it_without_expect(int listener)
{
    int fd = peer_accept(listener);

    peer_read_headers(fd);
    peer_write(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    peer_read_some(fd, 1000);
    peer_write(fd, "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n"
                   "Connection: close\r\n\r\n");
    close(fd);
    fd = peer_accept(listener);
    peer_check(strstr(peer_read_headers(fd), "Expect") == NULL, "Expect was sent again");
    peer_check(peer_read_chunked(fd) == 5000, "the body is not whole");
    peer_reply(fd, "200 OK", "{}");
}

static void a_body_can_be_made_again(void **state)
{
    Rows rows = {.length = 5000};
    HttpPeer peer = http_peer_start(want_it_without_expect);
    HttpRequest *request = finished(put_to(&peer, &rows));

    (void)state;
    if (http_reply(request)->state == HTTP_REPLIED && http_reply(request)->status == 200) {
        assert_true(rows.rewinds > 0);
        http_peer_end(&peer);
    } else {
        /* libcurl took the 417 for the answer: it decides by what it has sent so far. */
        assert_int_equal(http_reply(request)->status, 417);
        kill(peer.pid, SIGKILL);
        waitpid(peer.pid, NULL, 0);
    }
    http_free(&request);
}

/* ---- time ---- */

static void accept_and_see_nothing(int listener)
{
    int fd = peer_accept(listener);

    peer_check(read(fd, &(char){0}, 1) <= 0, "something was sent");
}

static void what_comes_too_late_is_not_sent(void **state)
{
    Rows rows = {.length = 10};
    HttpPeer peer = http_peer_start(accept_and_see_nothing);
    HttpCall call = put_to(&peer, &rows);

    (void)state;
    call.begin_by_ms = clock_ms() - 1;
    HttpRequest *request = finished(call);
    assert_int_equal(http_reply(request)->state, HTTP_UNSENT);
    assert_int_equal(http_reply(request)->err.kind, ERROR_TRANSIENT);
    assert_int_equal(http_reply(request)->sent, 0);
    http_free(&request);
    http_peer_end(&peer);
}

static void accept_and_hang(int listener)
{
    int fd = peer_accept(listener);

    peer_read_headers(fd);
    peer_check(read(fd, &(char){0}, 1) <= 0, "something was sent");
}

static void silence_is_given_up(void **state)
{
    HttpPeer peer = http_peer_start(accept_and_hang);
    HttpRequest *request =
        finished((HttpCall){.method = "GET", .url = url_of(peer.port), .silence_s = 1});

    (void)state;
    assert_int_equal(http_reply(request)->state, HTTP_BROKEN);
    assert_int_equal(http_reply(request)->err.kind, ERROR_CONNECTION);
    http_free(&request);
    http_peer_end(&peer);
}

static void one_that_is_under_way_names_what_it_waits_for_and_can_be_given_up(void **state)
{
    HttpPeer peer = http_peer_start(accept_and_hang);
    HttpRequest *request = http_start(http, &(HttpCall){.method = "GET", .url = url_of(peer.port)});
    WaitItem items[4];
    Error err;

    (void)state;
    assert_int_equal(http_timeout_ms(http), 0);
    for (int i = 0; i < 20; i++)
        assert_true(http_round(http, 20, NULL, NULL, &err));
    assert_false(http_ended(request));
    assert_int_equal(http_wait_items(http, items, COUNT_OF(items)), 1);
    assert_null(items[0].channel);
    assert_true(items[0].read && items[0].fd > 0);
    http_free(&request);
    assert_int_equal(http_wait_items(http, items, COUNT_OF(items)), 0);
    http_peer_end(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_handed_over_whole),
        cmocka_unit_test(a_reply_that_is_too_long_is_cut),
        cmocka_unit_test(nobody_listens_and_nothing_was_sent),
        cmocka_unit_test(an_empty_put_learns_where_to_send_and_is_not_redirected),
        cmocka_unit_test(a_body_is_held_back_until_it_is_asked_for),
        cmocka_unit_test(an_early_answer_takes_no_body),
        cmocka_unit_test(an_answer_in_mid_body_is_handed_over),
        cmocka_unit_test(a_connection_without_an_answer_is_broken),
        cmocka_unit_test(a_reset_in_mid_body_is_broken_and_not_sent_again),
        cmocka_unit_test(an_answer_that_is_cut_off_is_broken_with_what_arrived),
        cmocka_unit_test(a_body_can_be_made_again),
        cmocka_unit_test(what_comes_too_late_is_not_sent),
        cmocka_unit_test(silence_is_given_up),
        cmocka_unit_test(one_that_is_under_way_names_what_it_waits_for_and_can_be_given_up),
    };

    return cmocka_run_group_tests(tests, open_http, close_http);
}
