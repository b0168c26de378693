/* Stories of loads, with a destination and a supervisor that answer as the test says. */
#include "loader/load.h"

#include "common/clock.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/fake_selectdb.h"

#include <stdio.h>
#include <string.h>

enum { ORDERS = 16400 };

#define SUCCESS(rows)                                                                              \
    "{\"TxnId\": 7, \"Status\": \"Success\", \"Message\": \"OK\", \"NumberTotalRows\": " rows      \
    ", \"NumberLoadedRows\": " rows ", \"NumberFilteredRows\": 0, \"NumberUnselectedRows\": 0}"
#define FAIL(message) "{\"TxnId\": 7, \"Status\": \"Fail\", \"Message\": \"" message "\"}"
#define BAD_ROWS FAIL("[DATA_QUALITY_ERROR]too many filtered rows")
#define VERSIONS FAIL("[E-235]failed to init rowset builder. version count: 2001, exceed limit")
#define SPENT FAIL("[INTERNAL_ERROR]too many aborted txn for label=x")
#define RUNNING                                                                                    \
    "{\"TxnId\": 8, \"Status\": \"Label Already Exists\", \"ExistingJobStatus\": \"RUNNING\","     \
    " \"Message\": \"[LABEL_ALREADY_EXISTS]\"}"
#define FINISHED                                                                                   \
    "{\"TxnId\": 8, \"Status\": \"Label Already Exists\", \"ExistingJobStatus\": \"FINISHED\","    \
    " \"Message\": \"[LABEL_ALREADY_EXISTS]\"}"
#define PUBLISH_TIMEOUT                                                                            \
    "{\"TxnId\": 7, \"Status\": \"Publish Timeout\", \"Message\": \"[PUBLISH_TIMEOUT]\","          \
    " \"NumberTotalRows\": 4, \"NumberLoadedRows\": 4, \"NumberFilteredRows\": 0,"                 \
    " \"NumberUnselectedRows\": 0}"

/* Rows that are their number and a newline. */
static struct {
    LoadBody base;
    uint64_t next, end;
} body;

static uint64_t add_up(LoadBody *self, uint64_t first_row, uint64_t rows)
{
    (void)self;
    return first_row << 32 | rows;
}

static void rewind_body(LoadBody *self, uint64_t first_row, uint64_t rows)
{
    (void)self;
    body.next = first_row;
    body.end = first_row + rows;
}

static size_t read_body(LoadBody *self, char *out, size_t size)
{
    (void)self;
    return body.next < body.end ? (size_t)snprintf(out, size, "%d\n", (int)body.next++) : 0;
}

static void record_ids(const LoadBody *self, uint64_t first_row, uint64_t rows, uint64_t *first,
                       uint64_t *last)
{
    (void)self;
    *first = 1000 + first_row;
    *last = 1000 + first_row + rows - 1;
}

static const LoadBodyVerbs VERBS = {add_up, rewind_body, read_body, record_ids};

static struct {
    Walferry__Model__SelectdbTable table;
    Walferry__Model__ModelTable model_table, *model_list[1];
    Walferry__Model__Model model;
    Walferry__Control__LaneState lane;
    Walferry__Control__Intent intents[4], *intent_list[4];
    Walferry__Change__Position first, last;
    Walferry__Control__Assignment assignment;
    LoadPart parts[2];
    LoadCut cut;
    Loads *loads;
    Load *load;
    int64_t now;
    Error err;
} t;

static char *text(const char *constant)
{
    return (char *)(uintptr_t)constant;
}

static void make_model(void)
{
    walferry__model__selectdb_table__init(&t.table);
    walferry__model__model_table__init(&t.model_table);
    walferry__model__model__init(&t.model);
    t.table.database = text("shop");
    t.table.table = text("orders");
    t.table.unique = true;
    t.model_table.oid = ORDERS;
    t.model_table.selectdb = &t.table;
    t.model_list[0] = &t.model_table;
    t.model.tables = t.model_list;
    t.model.n_tables = 1;
}

static void make_cut(void)
{
    t.parts[0] = (LoadPart){.rows = 4, .columns = "id"};
    t.cut = (LoadCut){.table = &t.table,
                      .relation_oid = ORDERS,
                      .name = "public.orders",
                      .first = {0x100, 1},
                      .last = {0x200, 7},
                      .parts = t.parts,
                      .part_count = 1,
                      .body = &body.base};
}

static int set_up(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    memset(&fake, 0, sizeof fake);
    body.base.verbs = &VERBS;
    make_model();
    make_cut();
    walferry__control__lane_state__init(&t.lane);
    walferry__control__assignment__init(&t.assignment);
    walferry__change__position__init(&t.first);
    walferry__change__position__init(&t.last);
    t.first.commit_lsn = 0x100;
    t.first.ordinal = 1;
    t.last.commit_lsn = 0x200;
    t.last.ordinal = 7;
    t.lane.generation = 3;
    t.lane.intents = t.intent_list;
    t.assignment.lane = &t.lane;
    t.assignment.model = &t.model;
    t.assignment.task_uuid = text("6f1c20d4-b7e3-4b1c-9f5e-0a1b2c3d4e5f");
    t.now = clock_ms();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    load_end(&t.load);
    loads_close(&t.loads);
    return 0;
}

static const char LABEL[] = "w_6f1c20d4b7e3_16400_0_100-1_200-7_0-4_0";

static void open_loads(void)
{
    t.loads = loads_open(&(LoadsTarget){.assignment = &t.assignment, .timezone = "UTC"});
}

static void replies(const char *first, const char *second)
{
    fake.replies[0] = first;
    fake.replies[1] = second;
    fake.reply_count = second ? 2 : 1;
}

static void labels(SelectdbLabel first, SelectdbLabel second)
{
    fake.labels[0] = first;
    fake.labels[1] = second;
    fake.label_count = 2;
}

/* Time passes as it is waited for. False: it failed. */
static bool turn(int turns)
{
    for (int i = 0; i < turns; i++) {
        fake_supervisor_answers(t.loads);
        if (!loads_step(t.loads, t.now, &t.err))
            return false;
        t.now += 100;
    }
    return true;
}

static LoadVerdict run(void)
{
    LoadVerdict verdict = {0};

    if (!t.loads)
        open_loads();
    assert_true(turn(2));
    assert_true(loads_settled(t.loads));
    if (!loads_start(t.loads, &t.cut, &t.load, &t.err))
        return verdict;
    for (int i = 0; i < 2000 && turn(1); i++) {
        verdict = load_verdict(t.load);
        if (verdict.state != LOAD_UNDER_WAY)
            return verdict;
    }
    return (LoadVerdict){.state = LOAD_UNDER_WAY};
}

static void ends_as(LoadState state)
{
    LoadVerdict verdict = run();

    if (t.err.kind != ERROR_NONE)
        fail_msg("%s", t.err.message);
    assert_int_equal(verdict.state, state);
}

static void fails_as(ErrorKind kind, const char *message)
{
    assert_int_equal(run().state, LOAD_UNDER_WAY);
    assert_int_equal(t.err.kind, kind);
    assert_non_null(strstr(t.err.message, message));
}

static void a_load_is_stored_granted_sent_and_finished(void **state)
{
    (void)state;
    replies(SUCCESS("4"), NULL);
    ends_as(LOAD_DONE);
    assert_int_equal(fake.writes, 2);
    assert_int_equal(fake.sent_count, 1);
    assert_string_equal(fake.sent[0], LABEL);
    assert_string_equal(fake.grants[0], LABEL);
    assert_string_equal(fake.body, "0\n1\n2\n3\n");
    assert_int_equal(fake.finishes, 1);
    assert_int_equal(loads_position(t.loads, ORDERS).commit_lsn, 0x200);
    assert_true(loads_visible(t.loads, ORDERS));
}

static void a_reply_that_is_lost_is_not_sent_again_when_the_rows_are_there(void **state)
{
    (void)state;
    replies(FAKE_BROKEN, NULL);
    labels(SELECTDB_LABEL_VISIBLE, SELECTDB_LABEL_VISIBLE);
    ends_as(LOAD_DONE);
    assert_int_equal(fake.sent_count, 1);
}

static void a_fail_may_be_a_lie(void **state)
{
    (void)state;
    replies(FAIL("[THRIFT_RPC_ERROR]failed to call frontend service"), NULL);
    labels(SELECTDB_LABEL_COMMITTED, SELECTDB_LABEL_COMMITTED);
    ends_as(LOAD_DONE);
    assert_int_equal(fake.sent_count, 1);
    assert_false(loads_visible(t.loads, ORDERS));
}

static void what_was_aborted_is_granted_and_sent_again_under_its_label(void **state)
{
    (void)state;
    replies(FAKE_BROKEN, SUCCESS("4"));
    labels(SELECTDB_LABEL_ABORTED, SELECTDB_LABEL_ABORTED);
    ends_as(LOAD_DONE);
    assert_int_equal(fake.grant_count, 2);
    assert_string_equal(fake.sent[0], fake.sent[1]);
}

static void what_runs_is_waited_for(void **state)
{
    (void)state;
    replies(RUNNING, SUCCESS("4"));
    fake.labels[0] = fake.labels[1] = fake.labels[2] = SELECTDB_LABEL_PREPARE;
    fake.labels[3] = SELECTDB_LABEL_VISIBLE;
    fake.label_count = 4;
    ends_as(LOAD_DONE);
    assert_int_equal(fake.asked_count, 4);
    assert_int_equal(fake.sent_count, 1);
}

static void a_label_that_is_finished_is_success(void **state)
{
    (void)state;
    replies(FINISHED, NULL);
    ends_as(LOAD_DONE);
    assert_int_equal(fake.asked_count, 0);
}

static void what_was_not_sent_leaves_no_doubt(void **state)
{
    (void)state;
    replies(FAKE_UNSENT, SUCCESS("4"));
    ends_as(LOAD_DONE);
    assert_int_equal(fake.asked_count, 0);
    assert_int_equal(fake.grant_count, 2);
}

static void too_many_versions_are_waited_for_and_told(void **state)
{
    (void)state;
    replies(VERSIONS, SUCCESS("4"));
    labels(SELECTDB_LABEL_ABORTED, SELECTDB_LABEL_ABORTED);
    int64_t began = t.now;
    LoadVerdict verdict = run();
    assert_int_equal(verdict.state, LOAD_DONE);
    assert_int_equal(verdict.versions, 1);
    assert_true(t.now - began >= 5000);
}

static void rows_of_a_duplicate_table_are_counted_once_the_label_is_forgotten(void **state)
{
    (void)state;
    t.table.unique = false;
    replies(FAKE_BROKEN, SUCCESS("4"));
    labels(SELECTDB_LABEL_UNKNOWN, SELECTDB_LABEL_UNKNOWN);
    fake.count = "4";
    ends_as(LOAD_DONE);
    assert_int_equal(fake.sent_count, 1);
    assert_string_equal(fake.sql, "SELECT count(*) AS n FROM `shop`.`orders` WHERE `_record_id` "
                                  "BETWEEN 1000 AND 1003");
}

static void a_duplicate_table_without_the_rows_gets_them(void **state)
{
    (void)state;
    t.table.unique = false;
    replies(FAKE_BROKEN, SUCCESS("4"));
    labels(SELECTDB_LABEL_UNKNOWN, SELECTDB_LABEL_UNKNOWN);
    fake.count = "0";
    ends_as(LOAD_DONE);
    assert_int_equal(fake.sent_count, 2);
}

static void a_duplicate_table_with_some_of_the_rows_stops_the_task(void **state)
{
    (void)state;
    t.table.unique = false;
    replies(FAKE_BROKEN, NULL);
    labels(SELECTDB_LABEL_UNKNOWN, SELECTDB_LABEL_UNKNOWN);
    fake.count = "3";
    fails_as(ERROR_DATA, "it has 3");
    assert_string_equal(t.err.object, "public.orders");
    assert_string_equal(t.err.position, "0/100:1 to 0/200:7");
}

static void copied_rows_are_counted_with_those_before_them(void **state)
{
    (void)state;
    t.table.unique = false;
    t.cut.copy = true;
    t.parts[0].first_row = 10;
    fake.copied_rows = 100;
    replies(FAKE_BROKEN, NULL);
    labels(SELECTDB_LABEL_UNKNOWN, SELECTDB_LABEL_UNKNOWN);
    fake.count = "114";
    ends_as(LOAD_DONE);
    assert_int_equal(fake.sent_count, 1);
}

static void a_refused_load_is_halved_down_to_the_row(void **state)
{
    (void)state;
    /* rows 0 to 3; halves 0-1, 2-3; of these 2 is taken, 3 is not */
    fake.replies[0] = BAD_ROWS;
    fake.replies[1] = SUCCESS("2");
    fake.replies[2] = BAD_ROWS;
    fake.replies[3] = SUCCESS("1");
    fake.replies[4] = BAD_ROWS;
    fake.reply_count = 5;
    labels(SELECTDB_LABEL_ABORTED, SELECTDB_LABEL_ABORTED);
    LoadVerdict verdict = run();
    assert_int_equal(verdict.state, LOAD_REFUSED);
    assert_int_equal(verdict.row, 3);
    assert_true(verdict.reason[0] != '\0');
    assert_string_equal(fake.body, "3\n");
    assert_int_equal(fake.finishes, 0);
}

static void halves_are_stored_with_the_end_of_the_whole(void **state)
{
    (void)state;
    fake.replies[0] = BAD_ROWS;
    fake.replies[1] = fake.replies[2] = SUCCESS("2");
    fake.reply_count = 3;
    labels(SELECTDB_LABEL_ABORTED, SELECTDB_LABEL_ABORTED);
    ends_as(LOAD_DONE);
    assert_string_equal(fake.puts[1], "w_6f1c20d4b7e3_16400_0_100-1_200-7_0-4_0 2");
    assert_string_equal(fake.puts[2], "w_6f1c20d4b7e3_16400_0_100-1_200-7_0-2_0 0");
    assert_string_equal(fake.puts[3], "w_6f1c20d4b7e3_16400_0_100-1_200-7_2-2_0 0");
    assert_int_equal(fake.writes, 4); /* the whole; the halves; the second half; the end */
}

static void a_label_that_is_used_up_is_followed_by_another(void **state)
{
    (void)state;
    replies(SPENT, SUCCESS("4"));
    labels(SELECTDB_LABEL_ABORTED, SELECTDB_LABEL_ABORTED);
    ends_as(LOAD_DONE);
    assert_string_equal(fake.sent[1], "w_6f1c20d4b7e3_16400_0_100-1_200-7_0-4_1");
}

static void parts_are_loaded_in_order_and_all_stored_before_the_first(void **state)
{
    (void)state;
    t.parts[1] = (LoadPart){.first_row = 4, .rows = 2, .column_set = 1, .columns = "id"};
    t.cut.part_count = 2;
    replies(SUCCESS("4"), SUCCESS("2"));
    ends_as(LOAD_DONE);
    assert_string_equal(fake.puts[0], "w_6f1c20d4b7e3_16400_0_100-1_200-7_0-4_0 0");
    assert_string_equal(fake.puts[1], "w_6f1c20d4b7e3_16400_0_100-1_200-7_4-2_0 0");
    assert_string_equal(fake.puts[2], "w_6f1c20d4b7e3_16400_0_100-1_200-7_0-4_0 1");
    assert_string_equal(fake.body, "4\n5\n");
    assert_int_equal(fake.finishes, 1);
}

static void another_cut_of_the_table_is_waited_for(void **state)
{
    (void)state;
    fake.later = true;
    replies(SUCCESS("4"), NULL);
    ends_as(LOAD_DONE);
    assert_int_equal(fake.grant_count, 1);
}

static void a_loader_that_was_fenced_off_ends(void **state)
{
    (void)state;
    fake.deny = true;
    fails_as(ERROR_TRANSIENT, "fenced off");
    assert_int_equal(fake.sent_count, 0);
}

static void other_counts_than_ours_stop_the_task(void **state)
{
    (void)state;
    replies(SUCCESS("3"), NULL);
    fails_as(ERROR_DATA, "of 4 rows");
    assert_int_equal(fake.finishes, 0);
}

static void what_is_committed_is_asked_for_until_it_can_be_read(void **state)
{
    (void)state;
    replies(PUBLISH_TIMEOUT, NULL);
    labels(SELECTDB_LABEL_COMMITTED, SELECTDB_LABEL_VISIBLE);
    ends_as(LOAD_DONE);
    assert_false(loads_visible(t.loads, ORDERS));
    assert_true(turn(20));
    assert_true(loads_visible(t.loads, ORDERS));
}

static void a_cut_without_rows_raises_the_position(void **state)
{
    (void)state;
    t.cut.part_count = 0;
    t.cut.parts = NULL;
    ends_as(LOAD_DONE);
    assert_int_equal(fake.finishes, 1);
    assert_int_equal(fake.sent_count, 0);
    assert_int_equal(loads_position(t.loads, ORDERS).ordinal, 7);
}

static void a_piece_of_a_chunk_is_stored_and_does_not_finish_it(void **state)
{
    (void)state;
    t.cut.copy = t.cut.more = true;
    t.cut.attempt = 9;
    replies(SUCCESS("4"), NULL);
    ends_as(LOAD_DONE);
    assert_int_equal(fake.finishes, 0);
    assert_string_equal(fake.puts[1], "w_6f1c20d4b7e3_16400_c0-9_0-4_0 1");
    load_end(&t.load);
    assert_int_equal(loads_recorded_rows(t.loads, ORDERS, 0, 0), 4);

    t.cut.attempt = 10; /* the chunk is copied once more: this piece is there */
    ends_as(LOAD_DONE);
    assert_int_equal(fake.sent_count, 1);
}

static void a_chunk_that_was_finished_before_is_said_to_be(void **state)
{
    (void)state;
    t.cut.copy = true;
    fake.chunk_is_done = true;
    ends_as(LOAD_CHUNK_DONE);
    assert_int_equal(fake.sent_count, 0);
}

/* ---- what a predecessor left ---- */

static void leave(Walferry__Control__IntentState intent_state, int64_t granted_ms)
{
    Walferry__Control__Intent *intent = &t.intents[0];

    walferry__control__intent__init(intent);
    intent->relation_oid = ORDERS;
    intent->first = &t.first;
    intent->last = &t.last;
    intent->rows = 4;
    intent->checksum = add_up(&body.base, 0, 4);
    intent->label = text(LABEL);
    intent->state = intent_state;
    intent->granted_ms = granted_ms;
    t.intent_list[0] = intent;
    t.lane.n_intents = 1;
    t.lane.now_ms = 1000 * 1000;
    open_loads();
}

static void a_load_that_is_there_is_finished_before_the_lane_is_ready(void **state)
{
    LoadRange range;

    (void)state;
    leave(WALFERRY__CONTROL__INTENT_STATE__INTENT_OPEN, 1);
    labels(SELECTDB_LABEL_VISIBLE, SELECTDB_LABEL_VISIBLE);
    assert_false(loads_settled(t.loads));
    assert_true(turn(5));
    assert_true(loads_settled(t.loads));
    assert_int_equal(fake.finishes, 1);
    assert_false(loads_open_cut(t.loads, ORDERS, &range));
    assert_int_equal(loads_position(t.loads, ORDERS).commit_lsn, 0x200);
}

static void a_load_that_is_under_way_is_waited_for(void **state)
{
    (void)state;
    leave(WALFERRY__CONTROL__INTENT_STATE__INTENT_OPEN, 1);
    labels(SELECTDB_LABEL_PREPARE, SELECTDB_LABEL_PREPARE);
    assert_true(turn(100));
    assert_false(loads_settled(t.loads));
    fake.label_count = 1;
    fake.labels[0] = SELECTDB_LABEL_ABORTED;
    assert_true(turn(100));
    assert_true(loads_settled(t.loads));
}

static void a_load_that_is_not_there_is_the_next_one_of_its_table(void **state)
{
    LoadRange range;

    (void)state;
    leave(WALFERRY__CONTROL__INTENT_STATE__INTENT_OPEN, 1);
    labels(SELECTDB_LABEL_UNKNOWN, SELECTDB_LABEL_UNKNOWN);
    assert_true(turn(5));
    assert_true(loads_open_cut(t.loads, ORDERS, &range));
    assert_int_equal(range.first.commit_lsn, 0x100);
    assert_int_equal(range.last.ordinal, 7);
    replies(SUCCESS("4"), NULL);
    ends_as(LOAD_DONE);
    assert_int_equal(fake.sent_count, 1);
    assert_string_equal(fake.sent[0], LABEL);
    assert_false(loads_open_cut(t.loads, ORDERS, &range));
}

static void a_grant_that_may_still_be_used_is_waited_out(void **state)
{
    (void)state;
    leave(WALFERRY__CONTROL__INTENT_STATE__INTENT_OPEN, 1000 * 1000 - 1000);
    labels(SELECTDB_LABEL_UNKNOWN, SELECTDB_LABEL_UNKNOWN);
    assert_true(turn(30));
    assert_false(loads_settled(t.loads));
    assert_true(turn(20));
    assert_true(loads_settled(t.loads));
}

static void another_range_than_the_one_left_open_is_refused(void **state)
{
    (void)state;
    leave(WALFERRY__CONTROL__INTENT_STATE__INTENT_OPEN, 1);
    labels(SELECTDB_LABEL_UNKNOWN, SELECTDB_LABEL_UNKNOWN);
    t.cut.last.ordinal = 8;
    assert_true(turn(5));
    run();
    assert_int_equal(t.err.kind, ERROR_PROTOCOL);
}

int main(void)
{
#define LOAD(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        LOAD(a_load_is_stored_granted_sent_and_finished),
        LOAD(a_reply_that_is_lost_is_not_sent_again_when_the_rows_are_there),
        LOAD(a_fail_may_be_a_lie),
        LOAD(what_was_aborted_is_granted_and_sent_again_under_its_label),
        LOAD(what_runs_is_waited_for),
        LOAD(a_label_that_is_finished_is_success),
        LOAD(what_was_not_sent_leaves_no_doubt),
        LOAD(too_many_versions_are_waited_for_and_told),
        LOAD(rows_of_a_duplicate_table_are_counted_once_the_label_is_forgotten),
        LOAD(a_duplicate_table_without_the_rows_gets_them),
        LOAD(a_duplicate_table_with_some_of_the_rows_stops_the_task),
        LOAD(copied_rows_are_counted_with_those_before_them),
        LOAD(a_refused_load_is_halved_down_to_the_row),
        LOAD(halves_are_stored_with_the_end_of_the_whole),
        LOAD(a_label_that_is_used_up_is_followed_by_another),
        LOAD(parts_are_loaded_in_order_and_all_stored_before_the_first),
        LOAD(another_cut_of_the_table_is_waited_for),
        LOAD(a_loader_that_was_fenced_off_ends),
        LOAD(other_counts_than_ours_stop_the_task),
        LOAD(what_is_committed_is_asked_for_until_it_can_be_read),
        LOAD(a_cut_without_rows_raises_the_position),
        LOAD(a_piece_of_a_chunk_is_stored_and_does_not_finish_it),
        LOAD(a_chunk_that_was_finished_before_is_said_to_be),
        LOAD(a_load_that_is_there_is_finished_before_the_lane_is_ready),
        LOAD(a_load_that_is_under_way_is_waited_for),
        LOAD(a_load_that_is_not_there_is_the_next_one_of_its_table),
        LOAD(a_grant_that_may_still_be_used_is_waited_out),
        LOAD(another_range_than_the_one_left_open_is_refused),
    };
    return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
