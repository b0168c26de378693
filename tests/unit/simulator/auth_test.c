#include "simulator/auth.h"

#include "tests/support/cmocka_all.h"

static void credentials_are_decoded(void **state)
{
    static const struct {
        const char *header, *user, *password;
    } cases[] = {
        {"Basic cm9vdDo=", "root", ""},
        {"basic cm9vdDphOmI=", "root", "a:b"}, /* a password may hold colons */
        {"Basic dUBjbHVzdGVyOnA=", "u", "p"},  /* fe BaseController.java strips @cluster */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(arena_done) Arena arena = {0};
        Credentials out;

        assert_true(auth_decode(&arena, cases[i].header, &out));
        assert_string_equal(out.user, cases[i].user);
        assert_string_equal(out.password, cases[i].password);
    }
}

static void what_is_no_basic_authorization_is_missing(void **state)
{
    static const char *const headers[] = {
        NULL, "", "Bearer cm9vdDo=", "Basic", "Basic cm9vdA==", "Basic *"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        CLEANUP(arena_done) Arena arena = {0};
        Credentials out;

        assert_int_equal(auth_check(&arena, headers[i], "", "", &out), AUTH_MISSING);
    }
}

static void only_known_users_with_the_password_come_in(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    Credentials out;

    (void)state;
    assert_int_equal(auth_check(&arena, "Basic cm9vdDphOmI=", "", "a:b", &out), AUTH_OK);
    assert_int_equal(auth_check(&arena, "Basic cm9vdDphOmI=", "", "a", &out), AUTH_WRONG);
    assert_int_equal(auth_check(&arena, "Basic dTpw", "", "p", &out), AUTH_WRONG);
    assert_int_equal(auth_check(&arena, "Basic dTpw", "u", "p", &out), AUTH_OK);
    assert_int_equal(auth_check(&arena, "Basic OnA=", "", "p", &out), AUTH_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credentials_are_decoded),
        cmocka_unit_test(what_is_no_basic_authorization_is_missing),
        cmocka_unit_test(only_known_users_with_the_password_come_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
