#include "simulator/location.h"

#include "tests/support/cmocka_all.h"

/* fe RestBaseController.java: redirectTo */
static void a_location_has_the_credentials_and_a_question_mark(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    Credentials root = {"root", "p@ss/%w"};
    Credentials other = {"u", "\xc3\xa9 #"};
    LocationParts parts = {.credentials = &root,
                           .authority = "127.0.0.1:8040",
                           .path = "/api/d/t/_stream_load",
                           .query = ""};

    (void)state;
    assert_string_equal(location_write(&arena, &parts),
                        "http://root:p%40ss%2F%25w@127.0.0.1:8040/api/d/t/_stream_load?");
    parts.tls = true;
    parts.query = "a=b&c";
    parts.credentials = &other;
    assert_string_equal(location_write(&arena, &parts),
                        "https://u:%C3%A9%20%23@127.0.0.1:8040/api/d/t/_stream_load?a=b&c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_location_has_the_credentials_and_a_question_mark),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
