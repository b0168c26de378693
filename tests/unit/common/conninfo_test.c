#include "common/conninfo.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

static void a_password_is_found_in_every_form(void **state)
{
    static const char *const cases[] = {
        "password=x",
        "host=a password=x",
        "host=a password = 'x y'",
        "host = 'a b' sslpassword=x",
        "host='it\\'s' password=x",
        "host=a\\ b password=x",
        "\thost=a\n  password=",
        "host a password=x", /* libpq refuses it */
        "postgresql://u:x@h/db",
        "postgres://u:x@h1:5432,h2/db",
        "postgresql://u@h/db?password=x",
        "postgresql://h?sslmode=require&sslpassword=x",
        "postgresql://h/db?%70assword=x",
        "postgresql:///db?host=/tmp&password=x",
        "postgresql://u:p?w@h/db",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (!conninfo_has_password(cases[i]))
            fail_msg("not found: %s", cases[i]);
    }
}

static void what_is_no_password_is_let_be(void **state)
{
    static const char *const cases[] = {
        "",
        "host=a dbname=password user=u",
        "dbname='password=x'",
        "host=a application_name=x\\ password",
        "passfile=/p require_auth=password",
        "postgresql://u@h:5432/db",
        "postgresql://u:@h/db",
        "postgresql://h:5432/db",
        "postgresql://h/db?application_name=password",
        "postgresql://h/a:b@c",
        "postgresql://h?",
        "postgresql://h?x=%7",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (conninfo_has_password(cases[i]))
            fail_msg("found: %s", cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_found_in_every_form),
        cmocka_unit_test(what_is_no_password_is_let_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
