#include "common/selectdb_address.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

static Arena arena;

static int forget_arena(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static const TaskRedirect MAP[] = {
    {.from = "10.0.0.7", .to = "be:1"},
    {.from = "10.0.0.7:8041", .to = "be:2"},
    {.from = "[::1]:8040", .to = "six:3"},
};

static void a_location_loses_its_password_and_is_mapped(void **state)
{
    static const struct {
        const char *location, *name, *url;
    } cases[] = {
        {"http://u:p%40w@be1:8040/api/d/t/_stream_load?", "be1:8040",
         "http://be1:8040/api/d/t/_stream_load"},
        {"http://u:p@w:x@10.0.0.7:8041/p", "10.0.0.7:8041", "http://be:2/p"},
        {"https://10.0.0.7:9/p?a=b", "10.0.0.7:9", "https://be:1/p?a=b"},
        {"http://[::1]:8040/p", "[::1]:8040", "http://six:3/p"},
        {"http://[::1]/p", "[::1]:80", "http://[::1]:80/p"},
        {"https://be1/p", "be1:443", "https://be1:443/p"},
        {"http://be1:8040", "be1:8040", "http://be1:8040"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SelectdbAddress address;

        assert_true(selectdb_address_read(cases[i].location, MAP, COUNT_OF(MAP), &arena, &address));
        assert_string_equal(address.name, cases[i].name);
        assert_string_equal(address.url, cases[i].url);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const cases[] = {
        "", "ftp://a/b", "http://", "http://:80/", "http://a:/b", "/api", "http://u:p@/x"};
    SelectdbAddress address;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_false(selectdb_address_read(cases[i], NULL, 0, &arena, &address));
}

static void names_are_safe_in_a_path(void **state)
{
    (void)state;
    assert_string_equal(selectdb_path_segment(&arena, "a-b_1.c"), "a-b_1.c");
    assert_string_equal(selectdb_path_segment(&arena, "a/b?c%\xc3\xa4"), "a%2Fb%3Fc%25%C3%A4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_location_loses_its_password_and_is_mapped, forget_arena),
        cmocka_unit_test_teardown(what_is_no_address_is_refused, forget_arena),
        cmocka_unit_test_teardown(names_are_safe_in_a_path, forget_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
