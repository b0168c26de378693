#include "simulator/load_reply.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

static const LoadReply LOADED = {
    .txn_id = 18036,
    .label = "l",
    .comment = "a \"comment\"\n",
    .status = "Success",
    .message = "OK",
    .total_rows = 5,
    .loaded_rows = 4,
    .unselected_rows = 1,
    .load_bytes = 100,
    .load_ms = 24,
    .commit_ms = 7,
    .error_url = "",
    .first_error = "",
    .database = "d",
    .table = "t",
    .user = "u",
};

static void assert_written(const LoadReply *reply, Profile profile, LoadReplyForm form,
                           const char *expected)
{
    CLEANUP(bytes_done) Bytes out = {0};

    load_reply_write(reply, profile, form, &out);
    bytes_add_u8(&out, 0);
    assert_string_equal(out.data, expected);
}

/* be/src/runtime/stream_load/stream_load_context.cpp: to_json, by RapidJSON's PrettyWriter */
static void a_success_looks_like_stream_load_context(void **state)
{
    (void)state;
    assert_written(&LOADED, PROFILE_DORIS_4X_LOCAL, LOAD_REPLY_PRETTY,
                   "{\n"
                   "    \"TxnId\": 18036,\n"
                   "    \"Label\": \"l\",\n"
                   "    \"Comment\": \"a \\\"comment\\\"\\n\",\n"
                   "    \"TwoPhaseCommit\": \"false\",\n"
                   "    \"Status\": \"Success\",\n"
                   "    \"Message\": \"OK\",\n"
                   "    \"NumberTotalRows\": 5,\n"
                   "    \"NumberLoadedRows\": 4,\n"
                   "    \"NumberFilteredRows\": 0,\n"
                   "    \"NumberUnselectedRows\": 1,\n"
                   "    \"LoadBytes\": 100,\n"
                   "    \"LoadTimeMs\": 24,\n"
                   "    \"BeginTxnTimeMs\": 0,\n"
                   "    \"StreamLoadPutTimeMs\": 0,\n"
                   "    \"ReadDataTimeMs\": 0,\n"
                   "    \"WriteDataTimeMs\": 0,\n"
                   "    \"ReceiveDataTimeMs\": 0,\n"
                   "    \"CommitAndPublishTimeMs\": 7\n"
                   "}\n");
}

static void what_a_profile_does_not_know_is_left_out(void **state)
{
    LoadReply reply = LOADED;

    (void)state;
    reply.status = "Fail";
    reply.message = "[DATA_QUALITY_ERROR]too many filtered rows";
    reply.error_url = "http://be:8040/api/_load_error_log?file=f";
    reply.first_error = "Reason: x";
    assert_written(
        &reply, PROFILE_DORIS_30_LOCAL, LOAD_REPLY_RECORD,
        "{\"TxnId\":18036,\"Label\":\"l\",\"cluster\":\"cluster\",\"Db\":\"d\",\"Table\":\"t\","
        "\"User\":\"u\",\"Comment\":\"a \\\"comment\\\"\\n\",\"TwoPhaseCommit\":\"false\","
        "\"Status\":\"Fail\",\"Message\":\"[DATA_QUALITY_ERROR]too many filtered rows\","
        "\"NumberTotalRows\":5,\"NumberLoadedRows\":4,\"NumberFilteredRows\":0,"
        "\"NumberUnselectedRows\":1,\"LoadBytes\":100,\"LoadTimeMs\":24,"
        "\"BeginTxnTimeMs\":0,\"StreamLoadPutTimeMs\":0,\"ReadDataTimeMs\":0,"
        "\"WriteDataTimeMs\":0,\"CommitAndPublishTimeMs\":7,"
        "\"ErrorURL\":\"http://be:8040/api/_load_error_log?file=f\","
        "\"Comment\":\"a \\\"comment\\\"\\n\"}\n");
}

/* since 2025-09 */
static void the_first_error_is_told_by_new_ones_only(void **state)
{
    CLEANUP(bytes_done) Bytes new_one = {0};
    CLEANUP(bytes_done) Bytes cloud = {0};
    LoadReply reply = LOADED;

    (void)state;
    reply.first_error = "Reason: x";
    load_reply_write(&reply, PROFILE_DORIS_4X_LOCAL, LOAD_REPLY_PRETTY, &new_one);
    load_reply_write(&reply, PROFILE_SELECTDB_CLOUD, LOAD_REPLY_PRETTY, &cloud);
    assert_non_null(memmem(new_one.data, new_one.len, "\"FirstErrorMsg\": \"Reason: x\"", 28));
    assert_null(memmem(cloud.data, cloud.len, "FirstErrorMsg", 13));
}

static void an_empty_existing_status_is_written(void **state)
{
    CLEANUP(bytes_done) Bytes out = {0};
    LoadReply reply = LOADED;

    (void)state;
    reply.status = "Label Already Exists";
    reply.existing = "";
    load_reply_write(&reply, PROFILE_SELECTDB_CLOUD, LOAD_REPLY_PRETTY, &out);
    assert_non_null(memmem(out.data, out.len, "\"ExistingJobStatus\": \"\",", 24));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_success_looks_like_stream_load_context),
        cmocka_unit_test(what_a_profile_does_not_know_is_left_out),
        cmocka_unit_test(the_first_error_is_told_by_new_ones_only),
        cmocka_unit_test(an_empty_existing_status_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
