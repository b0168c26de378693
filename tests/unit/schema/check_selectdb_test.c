#include "schema/check_report.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/http_peer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static Arena arena;

static int forget_arena(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

/* The items, a line each. */
static char *items;

static void note_item(void *self, const CheckItem *item)
{
    (void)self;
    items = arena_printf(&arena, "%s%s %s %s: %s -> %s\n", items, check_level_name(item->level),
                         item->id, item->object, item->what, item->to_do);
}

static void look(const char *url, const TaskRedirect *redirect)
{
    const char *urls[] = {url, NULL};
    TaskRedirect redirects[1] = {{0}};
    TaskFile task = {.destination = {.type = DESTINATION_SELECTDB,
                                     .urls = urls,
                                     .database = "shop",
                                     .user = "u",
                                     .password_file = "",
                                     .compute_group = "",
                                     .ca_file = ""}};
    CLEANUP(check_report_done) CheckReport report = {.task = &task, .sink = note_item};
    Error err = {0};

    if (redirect) {
        redirects[0] = *redirect;
        task.destination.redirects = redirects;
        task.destination.redirect_count = 1;
    }
    items = arena_strdup(&arena, "");
    assert_true(check_look_at_selectdb(&report, &err));
}

static void assert_item(const char *start)
{
    if (!strstr(items, start))
        fail_msg("no item \"%s\" in\n%s", start, items);
}

static int back_end_port;
static const char *bootstrap = "{\"code\":0,\"data\":{\"version\":\"doris-3.0.8\"}}";
static const char *back_end_name = "10.9.8.7:8040";

/* A front end, until it is killed. */
static void serve_front_end(int listener)
{
    for (;;) {
        int fd = peer_accept(listener);
        const char *headers = peer_read_headers(fd), *length = strstr(headers, "Content-Length: ");
        char body[256] = "";

        if (strncmp(headers, "GET /api/bootstrap ", 19) == 0) {
            peer_reply(fd, "200 OK", bootstrap);
        } else if (strncmp(headers, "PUT /api/shop/walferry_check/_stream_load ", 42) == 0) {
            dprintf(fd,
                    "HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\nLocation: "
                    "http://u:@%s/api/shop/walferry_check/_stream_load?\r\n\r\n",
                    back_end_name);
        } else {
            size_t size = strtoul(length + 16, NULL, 10);

            peer_check(read(fd, body, size) == (ssize_t)size, "no statement");
            if (strstr(body, "SHOW GRANTS"))
                peer_reply(
                    fd, "200 OK",
                    "{\"code\":0,\"data\":{\"meta\":[{\"name\":\"DatabasePrivs\"}],\"data\":[["
                    "\"internal.shop: Select_priv,Load_priv,Alter_priv,Create_priv\"]]}}");
            else
                peer_reply(fd, "200 OK", "{\"code\":0,\"data\":{\"meta\":[],\"data\":[]}}");
        }
        close(fd);
    }
}

static void serve_back_end(int listener)
{
    int fd = peer_accept(listener);

    peer_check(strncmp(peer_read_headers(fd), "GET /api/health ", 16) == 0, "what is asked");
    peer_reply(fd, "200 OK", "{\"status\": \"OK\",\"msg\": \"To Be Added\"}");
}

static void serve_something_else(int listener)
{
    int fd = peer_accept(listener);

    peer_read_headers(fd);
    peer_reply(fd, "403 Forbidden", "<html>who are you</html>");
}

static void end_by_force(HttpPeer *peer)
{
    kill(peer->pid, SIGKILL);
    waitpid(peer->pid, NULL, 0);
}

static void what_is_there_is_said(void **state)
{
    HttpPeer back = http_peer_start(serve_back_end), front;

    (void)state;
    back_end_port = back.port;
    front = http_peer_start(serve_front_end);
    look(arena_printf(&arena, "http://127.0.0.1:%d", front.port),
         &(TaskRedirect){.from = "10.9.8.7",
                         .to = arena_printf(&arena, "127.0.0.1:%d", back_end_port)});
    assert_item("ok destination.front_end http://127.0.0.1:");
    assert_item("version doris-3.0.8");
    assert_item("ok destination.query");
    assert_item("ok destination.back_end 10.9.8.7:8040: it is reached by way of redirect_map");
    assert_item("warn destination.privileges Drop_priv");
    assert_item("GRANT Drop_priv ON internal.shop.* TO 'u';");
    assert_null(strstr(items, "Select_priv:"));
    end_by_force(&front);
    http_peer_end(&back);
}

static void a_back_end_that_is_not_reached_fails_with_the_line_to_write(void **state)
{
    char name[32];
    HttpPeer front;

    (void)state;
    snprintf(name, sizeof name, "127.0.0.1:%d", http_peer_closed_port());
    back_end_name = name;
    front = http_peer_start(serve_front_end);
    look(arena_printf(&arena, "http://127.0.0.1:%d", front.port), NULL);
    assert_item(arena_printf(&arena,
                             "FAIL destination.back_end %s: a front end sends loads to it, "
                             "it is not reached directly",
                             name));
    assert_item(
        arena_printf(&arena, "redirect_map = ( { from = \"%s\"; to = \"HOST:PORT\"; } );", name));
    end_by_force(&front);
}

static void what_is_no_back_end_is_not_taken_for_one(void **state)
{
    HttpPeer other = http_peer_start(serve_something_else), front;
    char name[32];

    (void)state;
    snprintf(name, sizeof name, "127.0.0.1:%d", other.port);
    back_end_name = name;
    bootstrap = "{\"code\":0,\"data\":{\"version\":\"doris-2.0.15\"}}";
    front = http_peer_start(serve_front_end);
    look(arena_printf(&arena, "http://127.0.0.1:%d", front.port), NULL);
    assert_item("warn destination.front_end");
    assert_item(arena_printf(&arena, "FAIL destination.back_end %s: ", name));
    assert_item("what answers there (HTTP 403) is no back end");
    end_by_force(&front);
    http_peer_end(&other);
}

static void nobody_answers(void **state)
{
    (void)state;
    look(arena_printf(&arena, "http://127.0.0.1:%d", http_peer_closed_port()), NULL);
    assert_item("FAIL destination.front_end http://127.0.0.1:");
    assert_item("FAIL destination.query");
    assert_item("FAIL destination.back_end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_is_there_is_said, forget_arena),
        cmocka_unit_test_teardown(a_back_end_that_is_not_reached_fails_with_the_line_to_write,
                                  forget_arena),
        cmocka_unit_test_teardown(what_is_no_back_end_is_not_taken_for_one, forget_arena),
        cmocka_unit_test_teardown(nobody_answers, forget_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
