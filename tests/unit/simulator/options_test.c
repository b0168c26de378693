#include "simulator/options.h"

#include "tests/support/cmocka_all.h"

#define PARSE(arena, out, err, ...)                                                                \
    parse(arena, out, err, (const char *[]){"sim", __VA_ARGS__, NULL})

static bool parse(Arena *arena, SimOptions *out, Error *err, const char *const *arguments)
{
    char *copies[32];
    int count = 0;

    for (; arguments[count]; count++)
        copies[count] = arena_strdup(arena, arguments[count]);
    copies[count] = NULL;
    return options_parse(count, copies, arena, out, err);
}

static void addresses_and_profile_are_read(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    SimOptions out;
    Error err;

    (void)state;
    assert_true(PARSE(&arena, &out, &err, "--data", "/d", "--fe", "127.0.0.1:8030", "--be",
                      "127.0.0.1:0", "--be", "127.0.0.2:8041", "--profile", "doris-3.0-local",
                      "--publish-delay-ms", "5", "--count-only"));
    assert_int_equal(out.fe.port, 8030);
    assert_int_equal(out.be_count, 2);
    assert_string_equal(out.be[1].host, "127.0.0.2");
    assert_int_equal(out.profile, PROFILE_DORIS_30_LOCAL);
    assert_int_equal(out.publish_delay_ms, 5);
    assert_true(out.count_only);
    assert_string_equal(out.password, "");
}

static void what_is_missing_or_wrong_is_refused(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    SimOptions out;
    Error err;

    (void)state;
    assert_false(PARSE(&arena, &out, &err, "--fe", "a:1", "--be", "a:1", "--be", "a:2"));
    assert_false(PARSE(&arena, &out, &err, "--data", "d", "--be", "a:1", "--be", "a:2"));
    assert_false(PARSE(&arena, &out, &err, "--data", "d", "--fe", "a:1", "--be", "a:1"));
    assert_false(PARSE(&arena, &out, &err, "--fe", "a"));
    assert_false(PARSE(&arena, &out, &err, "--fe", "a:65536"));
    assert_false(PARSE(&arena, &out, &err, "--profile", "doris"));
    assert_false(PARSE(&arena, &out, &err, "--password-file", "/nowhere"));
    assert_false(PARSE(&arena, &out, &err, "--what"));
    assert_false(PARSE(&arena, &out, &err, "what"));
    assert_true(PARSE(&arena, &out, &err, "--faults"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_and_profile_are_read),
        cmocka_unit_test(what_is_missing_or_wrong_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
