#include "common/selectdb.h"

#include "common/clock.h"
#include "common/compiler.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/http_peer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

static Arena arena;

static int forget_arena(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

/* A client of the front ends on these ports (0: no more). */
typedef struct Fixture {
    const char *urls[3];
    TaskDestination destination;
    Selectdb *db;
} Fixture;

static void open_client(Fixture *fixture, int first_port, int second_port)
{
    Error err;

    *fixture = (Fixture){.destination = {.user = "u",
                                         .password_file = "",
                                         .compute_group = "group",
                                         .ca_file = "",
                                         .database = "shop"}};
    fixture->urls[0] = arena_printf(&arena, "http://127.0.0.1:%d", first_port);
    if (second_port)
        fixture->urls[1] = arena_printf(&arena, "http://127.0.0.1:%d", second_port);
    fixture->destination.urls = fixture->urls;
    assert_true(selectdb_open(&fixture->db, &fixture->destination, &err));
}

/* ---- SQL ---- */

static void check_statement(int fd, const char *statement)
{
    const char *headers = peer_read_headers(fd), *length = strstr(headers, "Content-Length: ");
    char body[4096] = "";
    size_t size;

    peer_check(strncmp(headers, "POST /api/query/internal/shop HTTP", 34) == 0, headers);
    peer_check(strstr(headers, "Authorization: Basic dTo=\r\n") != NULL, headers);
    peer_check(length != NULL, headers);
    size = strtoul(length + 16, NULL, 10);
    for (size_t got = 0; got < size;) {
        ssize_t more = read(fd, body + got, size - got);

        peer_check(more > 0, "no statement");
        got += (size_t)more;
    }
    peer_check(strstr(body, statement) != NULL, body);
}

static void serve_sql(int listener, const char *statement, const char *answer)
{
    int fd = peer_accept(listener);

    check_statement(fd, statement);
    peer_reply(fd, "200 OK", answer);
    close(fd);
}

static void answer_rows(int listener)
{
    serve_sql(
        listener, "{\"stmt\":\"SELECT 1\"}",
        "{\"data\":{\"type\":\"result_set\",\"meta\":[{\"name\":\"Id\",\"type\":\"DECIMAL\"},"
        "{\"name\":\"note\",\"type\":\"VARCHAR\"}],\"data\":[[12345678901234567890.1234567890,"
        "\"a\\\"\\u00e4\"],[-1,null],[true,NaN]],\"time\":1},\"msg\":\"success\",\"code\":0}");
}

static void rows_keep_the_text_of_numbers(void **state)
{
    HttpPeer peer = http_peer_start(answer_rows);
    Fixture f;
    SelectdbRows rows;
    Error err;

    (void)state;
    open_client(&f, peer.port, 0);
    assert_true(selectdb_query(f.db, "shop", "SELECT 1", &arena, &rows, &err));
    assert_int_equal(rows.row_count, 3);
    assert_string_equal(selectdb_value(&rows, 0, "id").text.data,
                        "12345678901234567890.1234567890");
    assert_string_equal(selectdb_value(&rows, 0, "NOTE").text.data, "a\"\xc3\xa4");
    assert_string_equal(selectdb_value(&rows, 1, "id").text.data, "-1");
    assert_true(selectdb_value(&rows, 1, "note").null);
    assert_string_equal(selectdb_value(&rows, 2, "id").text.data, "true");
    assert_string_equal(selectdb_value(&rows, 2, "note").text.data, "NaN");
    assert_true(selectdb_value(&rows, 0, "other").null);
    selectdb_close(&f.db);
    http_peer_end(&peer);
}

static void be_busy_first(int listener)
{
    serve_sql(listener, "CREATE",
              "{\"msg\":\"Internal Error\",\"code\":500,\"data\":\"rejected from "
              "ThreadPoolExecutor\",\"count\":0}");
    serve_sql(listener, "CREATE",
              "{\"msg\":\"success\",\"code\":0,\"data\":{\"type\":\"exec_status\",\"status\":{},"
              "\"time\":12}}");
}

static void a_busy_front_end_is_asked_again(void **state)
{
    HttpPeer peer = http_peer_start(be_busy_first);
    Fixture f;
    SelectdbRows rows;
    Error err;

    (void)state;
    open_client(&f, peer.port, 0);
    assert_true(selectdb_query(f.db, "shop", "CREATE TABLE t", &arena, &rows, &err));
    assert_int_equal(rows.row_count, 0);
    selectdb_close(&f.db);
    http_peer_end(&peer);
}

static void lose_the_answer(int listener)
{
    int fd = peer_accept(listener);

    check_statement(fd, "DROP");
    close(fd);
}

static void a_statement_whose_answer_was_lost_is_not_sent_again(void **state)
{
    HttpPeer peer = http_peer_start(lose_the_answer);
    Fixture f;
    Error err;

    (void)state;
    open_client(&f, peer.port, http_peer_closed_port());
    assert_false(selectdb_query(f.db, "shop", "DROP TABLE t", &arena, NULL, &err));
    assert_int_equal(err.kind, ERROR_CONNECTION);
    assert_non_null(strstr(err.message, "may have been carried out"));
    selectdb_close(&f.db);
    http_peer_end(&peer);
}

static void cut_the_rows_off(int listener)
{
    serve_sql(listener, "SELECT", "{\"data\":{\"type\":\"result_set\",\"meta\":[{\"na");
}

static void a_question_goes_on_to_the_next_front_end(void **state)
{
    HttpPeer first = http_peer_start(cut_the_rows_off), second = http_peer_start(answer_rows);
    Fixture f;
    SelectdbRows rows;
    Error err;

    (void)state;
    open_client(&f, first.port, second.port);
    assert_true(selectdb_query(f.db, "shop", "SELECT 1", &arena, &rows, &err));
    assert_int_equal(rows.row_count, 3);
    selectdb_close(&f.db);
    http_peer_end(&first);
    http_peer_end(&second);
}

static void cut_off_and_answer(int listener)
{
    cut_the_rows_off(listener);
    answer_rows(listener);
}

static void a_question_is_asked_again_where_there_is_one_front_end(void **state)
{
    HttpPeer peer = http_peer_start(cut_off_and_answer);
    Fixture f;
    SelectdbRows rows;
    Error err;

    (void)state;
    open_client(&f, peer.port, 0);
    assert_true(selectdb_query(f.db, "shop", "SELECT 1", &arena, &rows, &err));
    assert_int_equal(rows.row_count, 3);
    selectdb_close(&f.db);
    http_peer_end(&peer);
}

static void nobody_is_there(void **state)
{
    Fixture f;
    Error err;

    (void)state;
    open_client(&f, http_peer_closed_port(), http_peer_closed_port());
    assert_false(selectdb_query(f.db, "shop", "DROP TABLE t", &arena, NULL, &err));
    assert_int_equal(err.kind, ERROR_CONNECTION);
    selectdb_close(&f.db);
}

static void refuse_statements(int listener)
{
    serve_sql(listener, "x",
              "{\"msg\":\"Error\",\"code\":1,\"data\":\"Failed to execute sql: "
              "java.sql.SQLSyntaxErrorException: (conn=17) errCode = 2, detailMessage = "
              "mismatched input 'x'\",\"count\":0}");
    serve_sql(listener, "x",
              "{\"msg\":\"Unauthorized\",\"code\":401,\"data\":\"Access denied for user 'u'\","
              "\"count\":0}");
    serve_sql(
        listener, "x",
        "{\"msg\":\"Error\",\"code\":1,\"data\":\"errCode = 2, detailMessage = Access denied; "
        "you need (at least one of) the (CREATE) privilege(s) for this operation\"}");
    serve_sql(listener, "x", "{\"msg\":\"Error\",\"code\":1,\"data\":\"something new\"}");
}

static void what_is_refused_has_a_kind_and_something_to_do(void **state)
{
    static const struct {
        ErrorKind kind;
        const char *says, *to_do;
    } cases[] = {
        {ERROR_CONFIG, ": mismatched input 'x'", ""},
        {ERROR_TRANSIENT, "the login is refused", "password_file"},
        {ERROR_CONFIG, "(CREATE) privilege", "GRANT"},
        {ERROR_TRANSIENT, "something new", ""},
    };
    HttpPeer peer = http_peer_start(refuse_statements);
    Fixture f;

    (void)state;
    open_client(&f, peer.port, 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Error err;

        assert_false(selectdb_query(f.db, "shop", "x", &arena, NULL, &err));
        assert_int_equal(err.kind, cases[i].kind);
        assert_non_null(strstr(err.message, cases[i].says));
        assert_non_null(strstr(err.hint, cases[i].to_do));
    }
    selectdb_close(&f.db);
    http_peer_end(&peer);
}

static void serve_two_in_order(int listener)
{
    int fd = peer_accept(listener);

    check_statement(fd, "SELECT 1");
    usleep(100000);
    fd_set none;
    struct timeval now = {0};
    FD_ZERO(&none);
    FD_SET(listener, &none);
    peer_check(select(listener + 1, &none, NULL, NULL, &now) == 0, "a second statement came");
    peer_reply(fd, "200 OK", "{\"code\":0,\"data\":{}}");
    serve_sql(listener, "SELECT 2", "{\"code\":0,\"data\":{}}");
}

static void one_statement_is_under_way_at_a_time(void **state)
{
    HttpPeer peer = http_peer_start(serve_two_in_order);
    Fixture f;
    Error err;

    (void)state;
    open_client(&f, peer.port, 0);
    SelectdbCall *first = selectdb_sql(f.db, "shop", "SELECT 1");
    SelectdbCall *second = selectdb_sql(f.db, "shop", "SELECT 2");

    assert_true(selectdb_finish(f.db, second, &err));
    assert_true(selectdb_ended(first) && selectdb_result(first, &err));
    selectdb_free(&second);
    selectdb_free(&first);
    selectdb_close(&f.db);
    http_peer_end(&peer);
}

/* ---- questions ---- */

static void serve_question(int listener, const char *path, const char *answer)
{
    int fd = peer_accept(listener);
    const char *headers = peer_read_headers(fd);

    peer_check(strncmp(headers, path, strlen(path)) == 0, headers);
    peer_reply(fd, "200 OK", answer);
    close(fd);
}

static void answer_questions(int listener)
{
    static const char LABEL[] = "GET /api/shop/get_load_state?label=w_1%3A2 HTTP";

    serve_question(listener, LABEL, "{\"msg\":\"success\",\"code\":0,\"data\":\"VISIBLE\"}");
    serve_question(listener, LABEL,
                   "{\"msg\":\"Error\",\"code\":1,\"data\":\"getLabelState failed, errMsg:Label "
                   "[w_1:2] has not found\"}");
    serve_question(listener, LABEL, "{\"msg\":\"Error\",\"code\":1,\"data\":\"strange\"}");
    serve_question(listener, "GET /api/shop/t%20t/_schema HTTP",
                   "{\"code\":0,\"data\":{\"status\":200,\"keysType\":\"UNIQUE_KEYS\","
                   "\"properties\":[{\"name\":\"id\",\"type\":\"BIGINT\",\"is_nullable\":\"No\","
                   "\"is_key\":\"true\"},{\"name\":\"n\",\"type\":\"STRING\","
                   "\"is_nullable\":\"Yes\"}]}}");
    serve_question(listener, "GET /api/shop/t/_schema HTTP",
                   "{\"code\":1,\"msg\":\"Error\",\"data\":\"Unknown table 't'\"}");
    serve_question(listener, "GET /api/bootstrap HTTP",
                   "{\"code\":0,\"data\":{\"version\":\"doris-3.0.8\",\"queryPort\":9030}}");
}

static SelectdbLabel label_state(Selectdb *db, bool *ok)
{
    SelectdbCall *call = selectdb_ask_label(db, "shop", "w_1:2");
    Error err;
    SelectdbLabel label;

    *ok = selectdb_finish(db, call, &err);
    label = selectdb_label(call);
    selectdb_free(&call);
    return label;
}

static void labels_tables_and_versions_are_told(void **state)
{
    HttpPeer peer = http_peer_start(answer_questions);
    Fixture f;
    SelectdbSchema schema;
    Error err;
    bool ok;

    (void)state;
    open_client(&f, peer.port, 0);
    assert_int_equal(label_state(f.db, &ok), SELECTDB_LABEL_VISIBLE);
    assert_true(ok);
    assert_int_equal(label_state(f.db, &ok), SELECTDB_LABEL_UNKNOWN);
    assert_true(ok);
    label_state(f.db, &ok);
    assert_false(ok);
    assert_true(selectdb_table(f.db, "shop", "t t", &arena, &schema, &err));
    assert_true(schema.exists);
    assert_string_equal(schema.keys_type, "UNIQUE_KEYS");
    assert_int_equal(schema.column_count, 2);
    assert_true(schema.columns[0].key && !schema.columns[0].nullable);
    assert_true(!schema.columns[1].key && schema.columns[1].nullable);
    assert_true(selectdb_table(f.db, "shop", "t", &arena, &schema, &err));
    assert_false(schema.exists);
    SelectdbCall *version = selectdb_ask_version(f.db, 0);

    assert_true(selectdb_finish(f.db, version, &err));
    assert_string_equal(selectdb_version(version), "doris-3.0.8");
    selectdb_free(&version);
    selectdb_close(&f.db);
    http_peer_end(&peer);
}

/* ---- loads ---- */

static int back_ends[2]; /* ports that the front end names */

static void name_back_ends(int listener)
{
    for (int i = 0; i < 3; i++) {
        int fd = peer_accept(listener);
        const char *headers = peer_read_headers(fd);

        peer_check(strncmp(headers, "PUT /api/shop/t/_stream_load HTTP", 33) == 0, headers);
        peer_check(strstr(headers, "\r\nlabel: w_1\r\n") != NULL, headers);
        peer_check(strstr(headers, "\r\ncloud_cluster: group\r\n") != NULL, headers);
        peer_check(strstr(headers, "\r\nExpect: 100-continue\r\n") != NULL, headers);
        dprintf(fd,
                "HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\nLocation: "
                "http://u:pw@127.0.0.1:%d/api/shop/t/_stream_load?\r\n\r\n",
                back_ends[i == 2]);
        close(fd);
    }
}

static void take_a_load(int listener)
{
    int fd = peer_accept(listener);
    const char *headers = peer_read_headers(fd);

    peer_check(strstr(headers, "\r\nlabel: w_1\r\n") != NULL, headers);
    peer_check(strstr(headers, "Authorization: Basic dTo=\r\n") != NULL, headers);
    peer_write(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    peer_check(peer_read_chunked(fd) == 3, "the body is not whole");
    peer_reply(fd, "200 OK",
               "{\"TxnId\": 5, \"Label\": \"w_1\", \"Status\": \"Success\", \"Message\": \"OK\", "
               "\"NumberTotalRows\": 1, \"NumberLoadedRows\": 1, \"NumberFilteredRows\": 0, "
               "\"NumberUnselectedRows\": 0}");
}

typedef struct Rows {
    size_t at;
} Rows;

static size_t read_rows(void *self, char *out, size_t size)
{
    Rows *rows = self;
    size_t got = 3 - rows->at < size ? 3 - rows->at : size;

    memcpy(out, &"a,\n"[rows->at], got);
    rows->at += got;
    return got;
}

static void rewind_rows(void *self)
{
    ((Rows *)self)->at = 0;
}

static const char *const HEADERS[] = {"label: w_1", NULL};

static SelectdbBackend resolved(Selectdb *db)
{
    SelectdbCall *call = selectdb_resolve(db, "shop", "t", HEADERS);
    SelectdbBackend backend;
    Error err;

    if (!selectdb_finish(db, call, &err))
        fail_msg("%s", err.message);
    backend = (SelectdbBackend){arena_strdup(&arena, selectdb_backend(call)->name),
                                arena_strdup(&arena, selectdb_backend(call)->url)};
    selectdb_free(&call);
    return backend;
}

static SelectdbLoadReply loaded(Selectdb *db, const SelectdbBackend *backend, int64_t begin_by_ms,
                                Error *err)
{
    Rows rows = {.at = 2};
    SelectdbCall *call = selectdb_put(
        db, backend, HEADERS, (HttpBody){.read = read_rows, .rewind = rewind_rows, .self = &rows},
        begin_by_ms);
    SelectdbLoadReply reply;

    *err = (Error){0};
    (void)!selectdb_finish(db, call, err);
    reply = *selectdb_load_reply(call);
    selectdb_free(&call);
    return reply;
}

static void a_dead_back_end_is_passed_over_and_the_load_gets_through(void **state)
{
    HttpPeer alive = http_peer_start(take_a_load);
    Fixture f;
    Error err;

    (void)state;
    back_ends[0] = http_peer_closed_port();
    back_ends[1] = alive.port;
    HttpPeer front = http_peer_start(name_back_ends);

    open_client(&f, front.port, 0);
    SelectdbBackend dead = resolved(f.db);
    SelectdbLoadReply reply = loaded(f.db, &dead, 0, &err);

    assert_int_equal(reply.state, HTTP_UNSENT);
    assert_int_equal(reply.reply.class, SELECTDB_AMBIGUOUS);
    assert_int_equal(err.kind, ERROR_CONNECTION);
    assert_non_null(strstr(err.hint, "redirect_map"));
    assert_null(strstr(err.message, "pw"));

    SelectdbBackend other = resolved(f.db); /* the front end names the dead one once more first */

    assert_string_not_equal(other.name, dead.name);
    assert_null(strstr(other.url, "pw"));
    reply = loaded(f.db, &other, clock_ms() - 1, &err);
    assert_int_equal(reply.state, HTTP_UNSENT);
    assert_int_equal(err.kind, ERROR_TRANSIENT);
    assert_non_null(strstr(err.message, "is over"));

    selectdb_close(&f.db);
    http_peer_end(&front);
    kill(alive.pid, SIGKILL);
    waitpid(alive.pid, NULL, 0);
}

static void a_load_is_answered(void **state)
{
    HttpPeer peer = http_peer_start(take_a_load);
    SelectdbBackend backend = {"be:1", arena_printf(&arena, "http://127.0.0.1:%d/x", peer.port)};
    Fixture f;
    Error err;

    (void)state;
    open_client(&f, http_peer_closed_port(), 0);
    SelectdbLoadReply reply = loaded(f.db, &backend, clock_ms() + 60000, &err);

    assert_int_equal(err.kind, ERROR_NONE);
    assert_int_equal(reply.state, HTTP_REPLIED);
    assert_int_equal(reply.reply.class, SELECTDB_DONE);
    assert_int_equal(reply.reply.txn, 5);
    assert_int_equal(reply.sent, 3); /* rewound before */
    selectdb_close(&f.db);
    http_peer_end(&peer);
}

static void refuse_to_resolve(int listener)
{
    int fd = peer_accept(listener);

    peer_read_headers(fd);
    peer_reply(
        fd, "200 OK",
        "{\"msg\":\"Unauthorized\",\"code\":401,\"data\":\"Access denied; you need (at least "
        "one of) the (LOAD) privilege(s) for this operation\",\"count\":0}");
}

static void a_front_end_may_refuse_a_load(void **state)
{
    HttpPeer peer = http_peer_start(refuse_to_resolve);
    Fixture f;
    Error err;

    (void)state;
    open_client(&f, peer.port, 0);
    SelectdbCall *call = selectdb_resolve(f.db, "shop", "t", HEADERS);

    assert_false(selectdb_finish(f.db, call, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_non_null(strstr(err.hint, "LOAD_PRIV"));
    assert_int_equal(selectdb_load_reply(call)->reply.status, SELECTDB_REFUSED);
    selectdb_free(&call);
    selectdb_close(&f.db);
    http_peer_end(&peer);
}

static void tell_a_reason(int listener)
{
    int fd = peer_accept(listener);

    peer_check(strstr(peer_read_headers(fd), "Authorization") == NULL, "a login was sent");
    peer_reply(fd, "200 OK",
               "Reason: column(a) value is incorrect while strict mode is 1, src value is SECRET. "
               "src line [1,SECRET]; \nReason: other. src line [x]; \n");
}

static void the_first_refused_row_has_a_reason_without_its_values(void **state)
{
    HttpPeer peer = http_peer_start(tell_a_reason);
    Fixture f;
    Error err;

    (void)state;
    open_client(&f, http_peer_closed_port(), 0);
    SelectdbCall *call = selectdb_ask_reason(
        f.db, arena_printf(&arena, "http://127.0.0.1:%d/api/_load_error_log?file=a", peer.port));

    assert_true(selectdb_finish(f.db, call, &err));
    assert_string_equal(selectdb_reason_text(call),
                        "column(a) value is incorrect while strict mode is 1");
    selectdb_free(&call);
    call = selectdb_ask_reason(f.db, "");
    assert_true(selectdb_finish(f.db, call, &err));
    assert_string_equal(selectdb_reason_text(call), "");
    selectdb_free(&call);
    selectdb_close(&f.db);
    http_peer_end(&peer);
}

#define WITH_ARENA(test) cmocka_unit_test_teardown(test, forget_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(rows_keep_the_text_of_numbers),
        WITH_ARENA(a_busy_front_end_is_asked_again),
        WITH_ARENA(a_statement_whose_answer_was_lost_is_not_sent_again),
        WITH_ARENA(a_question_goes_on_to_the_next_front_end),
        WITH_ARENA(a_question_is_asked_again_where_there_is_one_front_end),
        WITH_ARENA(nobody_is_there),
        WITH_ARENA(what_is_refused_has_a_kind_and_something_to_do),
        WITH_ARENA(one_statement_is_under_way_at_a_time),
        WITH_ARENA(labels_tables_and_versions_are_told),
        WITH_ARENA(a_dead_back_end_is_passed_over_and_the_load_gets_through),
        WITH_ARENA(a_load_is_answered),
        WITH_ARENA(a_front_end_may_refuse_a_load),
        WITH_ARENA(the_first_refused_row_has_a_reason_without_its_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
