#include "common/selectdb_reply.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

static Arena arena;

static int forget_arena(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static SelectdbReply read_reply(const char *text)
{
    SelectdbReply reply;

    selectdb_reply_read(str_of(text), &arena, &reply);
    return reply;
}

/* As be/src/runtime/stream_load/stream_load_context.cpp prints it. */
#define COUNTS                                                                                     \
    "\"NumberTotalRows\": 3, \"NumberLoadedRows\": 3, \"NumberFilteredRows\": 0,\n"                \
    "    \"NumberUnselectedRows\": 0, \"LoadBytes\": 40, \"LoadTimeMs\": 12,\n"
#define BACK_END(status, message)                                                                  \
    "{\n    \"TxnId\": 1003,\n    \"Label\": \"w_1\",\n    \"Comment\": \"\",\n"                   \
    "    \"TwoPhaseCommit\": \"false\",\n    \"Status\": \"" status "\",\n"                        \
    "    \"Message\": \"" message "\",\n    " COUNTS "    \"CommitAndPublishTimeMs\": 7\n}\n"
#define EXISTS(job, message)                                                                       \
    "{\"TxnId\": -1, \"Label\": \"w_1\", \"Status\": \"Label Already Exists\", "                   \
    "\"ExistingJobStatus\": \"" job "\", \"Message\": \"" message "\"}"
#define USED(state)                                                                                \
    "[LABEL_ALREADY_EXISTS]TStatus: errCode = 2, detailMessage = Label [w_1] has already been "    \
    "used, relate to txn [1003], status [" state "]."

static void each_status_has_its_class(void **state)
{
    static const struct {
        const char *text;
        SelectdbStatus status;
        SelectdbClass class;
    } cases[] = {
        {BACK_END("Success", "OK"), SELECTDB_SUCCESS, SELECTDB_DONE},
        {BACK_END("Publish Timeout",
                  "[PUBLISH_TIMEOUT]TStatus: transaction commit successfully, BUT data will be "
                  "visible later"),
         SELECTDB_PUBLISH_TIMEOUT, SELECTDB_DONE},
        {"{\"Status\": \"Success\", \"TwoPhaseCommit\": \"true\"}", SELECTDB_SUCCESS,
         SELECTDB_AMBIGUOUS},
        {EXISTS("FINISHED", USED("VISIBLE")), SELECTDB_LABEL_EXISTS, SELECTDB_FINISHED},
        {EXISTS("RUNNING", USED("PREPARE")), SELECTDB_LABEL_EXISTS, SELECTDB_RUNNING},
        {EXISTS("PRECOMMITTED", USED("PRECOMMITTED")), SELECTDB_LABEL_EXISTS, SELECTDB_RUNNING},
        /* a cloud before 2024-10 leaves it empty */
        {EXISTS("", "errCode = 2, label=w_1 status=[TXN_STATUS_VISIBLE] txn=1"),
         SELECTDB_LABEL_EXISTS, SELECTDB_FINISHED},
        {EXISTS("", USED("COMMITTED")), SELECTDB_LABEL_EXISTS, SELECTDB_FINISHED},
        {EXISTS("", "status=[TXN_STATUS_PREPARED]"), SELECTDB_LABEL_EXISTS, SELECTDB_RUNNING},
        {EXISTS("", ""), SELECTDB_LABEL_EXISTS, SELECTDB_AMBIGUOUS},
        {EXISTS("", "status [VISI"), SELECTDB_LABEL_EXISTS, SELECTDB_AMBIGUOUS},
        {EXISTS("STRANGE", USED("VISIBLE")), SELECTDB_LABEL_EXISTS, SELECTDB_AMBIGUOUS},
        {BACK_END("Fail", "[DATA_QUALITY_ERROR]too many filtered rows"), SELECTDB_FAIL,
         SELECTDB_DATA},
        {BACK_END("Fail", "[INTERNAL_ERROR]something new"), SELECTDB_FAIL, SELECTDB_AMBIGUOUS},
        {BACK_END("Fine", "OK"), SELECTDB_UNREADABLE, SELECTDB_AMBIGUOUS},
        /* the front end */
        {"{\"status\":\"FAILED\",\"msg\":\"There is no 100-continue header\"}", SELECTDB_REFUSED,
         SELECTDB_PERMANENT},
        {"{\"status\":\"FAILED\",\"msg\":\"No backend load available, or all disabled\"}",
         SELECTDB_REFUSED, SELECTDB_TRANSIENT},
        {"{\"status\":\"FAILED\",\"msg\":\"Unheard of\"}", SELECTDB_REFUSED, SELECTDB_AMBIGUOUS},
        {"{\"msg\":\"Unauthorized\",\"code\":401,\"data\":\"Access denied for user 'u'\","
         "\"count\":0}",
         SELECTDB_REFUSED, SELECTDB_TRANSIENT},
        {"{\"msg\":\"Error\",\"code\":500,\"data\":\"java.lang.NullPointerException\"}",
         SELECTDB_REFUSED, SELECTDB_TRANSIENT},
        {"{\"msg\":\"success\",\"code\":0,\"data\":\"VISIBLE\",\"count\":0}", SELECTDB_UNREADABLE,
         SELECTDB_AMBIGUOUS},
        /* no reply at all */
        {"", SELECTDB_UNREADABLE, SELECTDB_AMBIGUOUS},
        {"<html>502 Bad Gateway</html>", SELECTDB_UNREADABLE, SELECTDB_AMBIGUOUS},
        {"{\"TxnId\": 1003, \"Status\": \"Success\", \"Mess", SELECTDB_UNREADABLE,
         SELECTDB_AMBIGUOUS},
        {"[{\"Status\": \"Success\"}]", SELECTDB_UNREADABLE, SELECTDB_AMBIGUOUS},
        {"{\"Status\": 7}", SELECTDB_UNREADABLE, SELECTDB_AMBIGUOUS},
        {"null", SELECTDB_UNREADABLE, SELECTDB_AMBIGUOUS},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SelectdbReply reply = read_reply(cases[i].text);

        if (reply.status != cases[i].status || reply.class != cases[i].class)
            fail_msg("%s: %d %d", cases[i].text, (int)reply.status, (int)reply.class);
    }
}

static void every_truncation_says_nothing(void **state)
{
    static const char WHOLE[] = BACK_END("Success", "OK");
    size_t end = sizeof WHOLE - 2; /* before the last brace's newline */

    (void)state;
    for (size_t length = 0; length < end; length++) {
        SelectdbReply reply;

        selectdb_reply_read((Str){WHOLE, length}, &arena, &reply);
        assert_int_equal(reply.status, SELECTDB_UNREADABLE);
        assert_int_equal(reply.class, SELECTDB_AMBIGUOUS);
    }
}

static void counts_and_names_are_read_in_any_order_and_form(void **state)
{
    /* the record form: compact, with more members and a second Comment */
    SelectdbReply reply = read_reply(
        "{\"cluster\":\"c\",\"Comment\":\"\",\"NumberLoadedRows\":2,\"Status\":\"Success\","
        "\"NumberUnselectedRows\":1,\"Comment\":\"x\",\"Label\":\"w_9\",\"NumberTotalRows\":3,"
        "\"NumberFilteredRows\":0,\"TxnId\":18446744073709551,\"New\":{\"a\":[1,2.5e3,null]}}");

    (void)state;
    assert_int_equal(reply.class, SELECTDB_DONE);
    assert_string_equal(reply.label, "w_9");
    assert_int_equal(reply.txn, INT64_C(18446744073709551));
    assert_true(reply.counted);
    assert_true(selectdb_reply_fits(&reply, 3));
    assert_false(selectdb_reply_fits(&reply, 4));
    assert_int_equal(reply.loaded, 2);
}

static void counts_that_are_missing_or_wrong_do_not_fit(void **state)
{
    SelectdbReply none = read_reply("{\"Status\": \"Success\", \"NumberTotalRows\": 3}");
    SelectdbReply fewer = read_reply("{\"Status\": \"Success\", \"NumberTotalRows\": 3, "
                                     "\"NumberLoadedRows\": 2, \"NumberFilteredRows\": 1, "
                                     "\"NumberUnselectedRows\": 0}");
    SelectdbReply minus = read_reply("{\"Status\": \"Success\", \"NumberTotalRows\": -3, "
                                     "\"NumberLoadedRows\": 2, \"NumberFilteredRows\": 1, "
                                     "\"NumberUnselectedRows\": 0}");

    (void)state;
    assert_false(none.counted);
    assert_false(selectdb_reply_fits(&none, 3));
    assert_true(fewer.counted);
    assert_false(selectdb_reply_fits(&fewer, 3));
    assert_false(minus.counted);
}

static void each_message_has_its_class_and_cause(void **state)
{
    static const struct {
        const char *message;
        SelectdbClass class;
        SelectdbCause cause;
    } cases[] = {
        {"[E-235]failed to init rowset builder. version count: 2001, exceed limit: 2000, tablet: 7",
         SELECTDB_TRANSIENT, SELECTDB_CAUSE_VERSIONS},
        {"tablet error: tablet writer write failed, tablet_id=1, txn_id=2, err=-238",
         SELECTDB_TRANSIENT, SELECTDB_CAUSE_SEGMENTS},
        {"current running txns on db 10 is 1000, larger than limit 1000", SELECTDB_TRANSIENT,
         SELECTDB_CAUSE_TRANSACTIONS},
        {"[MEM_LIMIT_EXCEEDED]Process memory not enough", SELECTDB_TRANSIENT,
         SELECTDB_CAUSE_MEMORY},
        {"get table read lock timeout, database=d,table=t", SELECTDB_TRANSIENT,
         SELECTDB_CAUSE_LOCK},
        {"too many aborted txn for label=w_1", SELECTDB_TRANSIENT, SELECTDB_CAUSE_LABEL_SPENT},
        {"[THRIFT_RPC_ERROR]failed to call frontend service", SELECTDB_AMBIGUOUS,
         SELECTDB_CAUSE_TIMEOUT},
        {"timeout by txn manager", SELECTDB_TRANSIENT, SELECTDB_CAUSE_OTHER},
        {"coordinate BE restart", SELECTDB_TRANSIENT, SELECTDB_CAUSE_OTHER},
        {"[E-7003]Can't append new rows in partial update when "
         "partial_update_new_key_behavior is ERROR. Row with key=[13] is not in table.",
         SELECTDB_DATA, SELECTDB_CAUSE_NEW_KEY},
        {"[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = unknown table, table=t",
         SELECTDB_PERMANENT, SELECTDB_CAUSE_NO_TABLE},
        {"errCode = 2, detailMessage = unknown database, database=d", SELECTDB_PERMANENT,
         SELECTDB_CAUSE_NO_TABLE},
        {"Access denied; you need (at least one of) the (LOAD) privilege(s) for this operation",
         SELECTDB_PERMANENT, SELECTDB_CAUSE_PRIVILEGE},
        {"Access denied for user 'u@127.0.0.1' (using password: YES)", SELECTDB_TRANSIENT,
         SELECTDB_CAUSE_LOGIN},
        {"[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = Access denied for u@127.0.0.1",
         SELECTDB_TRANSIENT, SELECTDB_CAUSE_LOGIN},
        {"[NOT_AUTHORIZED]no valid Basic authorization", SELECTDB_TRANSIENT, SELECTDB_CAUSE_LOGIN},
        {"Table t has sequence column, need to specify the sequence column", SELECTDB_PERMANENT,
         SELECTDB_CAUSE_SCHEMA},
        {"what nobody has heard of", SELECTDB_AMBIGUOUS, SELECTDB_CAUSE_OTHER},
        {"", SELECTDB_AMBIGUOUS, SELECTDB_CAUSE_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SelectdbCause cause;
        SelectdbClass class = selectdb_classify(cases[i].message, &cause);

        if (class != cases[i].class || cause != cases[i].cause)
            fail_msg("%s: %d %d", cases[i].message, (int)class, (int)cause);
    }
}

static void a_reason_holds_no_value_of_a_row(void **state)
{
    static const struct {
        const char *text, *reason, *column;
    } cases[] = {
        {"Reason: column(amount) value is incorrect while strict mode is 1, src value is SECRET. "
         "src line [1,SECRET];",
         "column(amount) value is incorrect while strict mode is 1", "amount"},
        {"Reason: column_name[note], the length of input is too long than schema. first 32 bytes "
         "of input str: [SEC]RET schema length] schema length: 8; actual length: 12; . src line "
         "[SECRET]; ",
         "column_name[note], the length of input is too long than schema. schema length: 8; actual "
         "length: 12",
         "note"},
        {"column_name[k], null value for not null column, type=INT",
         "column_name[k], null value for not null column, type=INT", "k"},
        {"Can't append new rows in partial update. Row with key=[SECRET] is not in table.",
         "Can't append new rows in partial update", ""},
        {"no partition for this tuple. tuple=\n+--+\n|SECRET|", "no partition for this tuple", ""},
        {"parse number fail, string: 'SECRET'", "parse number fail", ""},
        {"first 32 bytes of input str: [SECRET", "", ""},
        {"", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_string_equal(selectdb_reason(str_of(cases[i].text), &arena), cases[i].reason);
        assert_string_equal(selectdb_reason_column(str_of(cases[i].text), &arena), cases[i].column);
    }
}

static void what_a_reply_hands_on_holds_no_value_either(void **state)
{
    SelectdbReply reply =
        read_reply("{\"Status\": \"Fail\", \"Message\": \"[E-7003]Can't append new rows in partial "
                   "update. Row with key=[SECRET] is not in table.\", \"FirstErrorMsg\": "
                   "\"column(a) value is incorrect while strict mode is 1, src value is SECRET\", "
                   "\"ErrorURL\": \"http://be:8040/api/_load_error_log?file=x\"}");

    (void)state;
    assert_int_equal(reply.cause, SELECTDB_CAUSE_NEW_KEY);
    assert_null(strstr(reply.message, "SECRET"));
    assert_null(strstr(reply.first_error, "SECRET"));
    assert_string_equal(reply.column, "a");
    assert_string_equal(reply.error_url, "http://be:8040/api/_load_error_log?file=x");
}

static void bytes_that_are_no_text_do_not_hide_the_status(void **state)
{
    SelectdbReply reply = read_reply("{\"Status\": \"Fail\", \"Message\": \"too many filtered rows "
                                     "\xff\xc3\"}");

    (void)state;
    assert_int_equal(reply.class, SELECTDB_DATA);
}

static void labels_have_names_in_several_forms(void **state)
{
    (void)state;
    assert_int_equal(selectdb_label_of(str_of("VISIBLE")), SELECTDB_LABEL_VISIBLE);
    assert_int_equal(selectdb_label_of(str_of("visible")), SELECTDB_LABEL_VISIBLE);
    assert_int_equal(selectdb_label_of(str_of("TXN_STATUS_ABORTED")), SELECTDB_LABEL_ABORTED);
    assert_int_equal(selectdb_label_of(str_of("UNKNOWN")), SELECTDB_LABEL_UNKNOWN);
    assert_int_equal(selectdb_label_of(str_of("")), SELECTDB_LABEL_UNREADABLE);
    assert_int_equal(selectdb_label_of(str_of("VISIBLES")), SELECTDB_LABEL_UNREADABLE);
    assert_string_equal(selectdb_label_name(SELECTDB_LABEL_PREPARE), "PREPARE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_status_has_its_class, forget_arena),
        cmocka_unit_test_teardown(every_truncation_says_nothing, forget_arena),
        cmocka_unit_test_teardown(counts_and_names_are_read_in_any_order_and_form, forget_arena),
        cmocka_unit_test_teardown(counts_that_are_missing_or_wrong_do_not_fit, forget_arena),
        cmocka_unit_test_teardown(each_message_has_its_class_and_cause, forget_arena),
        cmocka_unit_test_teardown(a_reason_holds_no_value_of_a_row, forget_arena),
        cmocka_unit_test_teardown(what_a_reply_hands_on_holds_no_value_either, forget_arena),
        cmocka_unit_test_teardown(bytes_that_are_no_text_do_not_hide_the_status, forget_arena),
        cmocka_unit_test_teardown(labels_have_names_in_several_forms, forget_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
