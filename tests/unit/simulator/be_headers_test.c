#include "simulator/be_headers.h"

#include "tests/support/cmocka_all.h"
#include <string.h>
#include <strings.h>

typedef struct Given {
    const char *name, *value;
} Given;

static const char *look_up(void *context, const char *name)
{
    for (const Given *given = context; given->name; given++)
        if (strcasecmp(given->name, name) == 0)
            return given->value;
    return NULL;
}

static void good_headers_become_values(void **state)
{
    Given given[] = {
        {"content-length", "12"}, {"label", "a-b_c:1"}, {"timeout", "600"}, {"compress_type", "gz"},
        {"format", "CSV"},        {"comment", "c"},     {NULL, NULL}};
    BeHeaders out;
    Error err;

    (void)state;
    assert_true(be_headers_read(look_up, given, PROFILE_SELECTDB_CLOUD, &out, &err));
    assert_int_equal(out.content_length, 12);
    assert_int_equal(out.timeout_s, 600);
    assert_true(out.gzip);
    assert_string_equal(out.label, "a-b_c:1");
    assert_string_equal(out.comment, "c");
}

static void what_is_not_said_has_a_default(void **state)
{
    Given given[] = {{"Transfer-Encoding", "chunked"}, {NULL, NULL}};
    BeHeaders out;
    Error err;

    (void)state;
    assert_true(be_headers_read(look_up, given, PROFILE_DORIS_30_LOCAL, &out, &err));
    assert_int_equal(out.content_length, -1);
    assert_int_equal(out.timeout_s, 259200);
    assert_null(out.label);
    assert_false(out.gzip);
}

static void what_is_wrong_or_unknown_is_refused(void **state)
{
    static const struct {
        Given given;
        const char *message;
    } cases[] = {
        /* regression suite load_p0/stream_load/test_stream_load_illegal_timeout */
        {{"timeout", "abc"}, "[INVALID_ARGUMENT]Invalid format of 'timeout': 'abc', stoi"},
        {{"timeout", "0"}, "Invalid timeout"},
        {{"timeout", "259201"}, "Invalid timeout"},
        /* be/src/util/load_util.cpp */
        {{"format", "xml"}, "[DATA_FILE_TYPE_ERROR]unknown data format, format=xml"},
        {{"compress_type", "ZSTD"}, "[DATA_FILE_TYPE_ERROR]unknown data format, format="},
        /* fe FeNameFormat.java */
        {{"label", "a.b"}, "Label format error"},
        /* regression suite load_p0/stream_load/test_load_with_transfer_encoding */
        {{"Transfer-Encoding", "chunked"}, "please do not set both content_length and transfer"},
        /* load_p0/stream_load/test_cloud_stream_load_2pc_mow */
        {{"two_phase_commit", "true"}, "stream load 2pc is unsupported for mow table"},
        /* limits of the simulator, said as such */
        {{"format", "json"}, "format=json is not simulated"},
        {{"compress_type", "LZ4"}, "compress_type=LZ4 is not simulated"},
        {{"group_commit", "async_mode"}, "group_commit is not simulated"},
        {{"unique_key_update_mode", "UPDATE_FLEXIBLE_COLUMNS"}, "flexible partial update is not"},
        {{"txn_id", "7"}, "header txn_id is not simulated"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Given given[] = {{"Content-Length", "1"}, cases[i].given, {NULL, NULL}};
        BeHeaders out;
        Error err;

        assert_false(be_headers_read(look_up, given, PROFILE_SELECTDB_CLOUD, &out, &err));
        if (!strstr(err.message, cases[i].message))
            fail_msg("%s: %s", cases[i].given.name, err.message);
    }
}

/* be stream_load.cpp: any other text is false */
static void two_phase_commit_is_exactly_true(void **state)
{
    Given given[] = {{"Content-Length", "1"}, {"two_phase_commit", "TRUE"}, {NULL, NULL}};
    BeHeaders out;
    Error err;

    (void)state;
    assert_true(be_headers_read(look_up, given, PROFILE_DORIS_4X_LOCAL, &out, &err));
}

static void a_body_needs_a_length_or_chunks(void **state)
{
    Given none[] = {{NULL, NULL}};
    Given huge[] = {{"Content-Length", "107374182401"}, {NULL, NULL}};
    BeHeaders out;
    Error err;

    (void)state;
    assert_false(be_headers_read(look_up, none, PROFILE_SELECTDB_CLOUD, &out, &err));
    assert_non_null(strstr(err.message, "content_length is empty and transfer-encoding!=chunked"));
    assert_false(be_headers_read(look_up, huge, PROFILE_SELECTDB_CLOUD, &out, &err));
    assert_non_null(strstr(err.message, "streaming_load_max_mb"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_headers_become_values),
        cmocka_unit_test(what_is_not_said_has_a_default),
        cmocka_unit_test(what_is_wrong_or_unknown_is_refused),
        cmocka_unit_test(two_phase_commit_is_exactly_true),
        cmocka_unit_test(a_body_needs_a_length_or_chunks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
