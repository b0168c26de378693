#include "common/error.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static void setting_an_error_forgets_the_one_before(void **state)
{
    Error err = {0};

    (void)state;
    error_set(&err, ERROR_DATA, "first");
    error_object(&err, "public.t");
    assert_false(error_set(&err, ERROR_CONFIG, "second %d", 2));

    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_string_equal(err.message, "second 2");
    assert_string_equal(err.object, "");
}

static void callers_add_what_they_know_in_front(void **state)
{
    Error err;

    (void)state;
    error_set(&err, ERROR_TRANSIENT, "connection refused");
    error_wrap(&err, "slot '%s'", "walferry_x");
    assert_false(error_wrap(&err, "capture"));

    assert_string_equal(err.message, "capture: slot 'walferry_x': connection refused");
    assert_int_equal(err.kind, ERROR_TRANSIENT);
}

static void who_knew_first_keeps_the_part(void **state)
{
    Error err;

    (void)state;
    error_set(&err, ERROR_DATA, "row is missing");
    error_object(&err, "public.t");
    error_object(&err, "the batch");
    error_key(&err, "id=%d", 4);
    error_position(&err, "0/16:1");
    error_hint(&err, "compare the tables");

    assert_string_equal(err.object, "public.t");
    assert_string_equal(err.key, "id=4");
}

static void an_error_is_one_line_whatever_a_server_says(void **state)
{
    Error err;
    char line[sizeof err];

    (void)state;
    error_set(&err, ERROR_CONNECTION, "%s", "FATAL:  no\n\tDETAIL: none\r\n");
    error_hint(&err, "start\nit");
    error_format(&err, line, sizeof line);

    assert_null(strpbrk(line, "\r\n\t"));
    assert_string_equal(line, "FATAL:  no  DETAIL: none; what to do: start it");
}

static void all_parts_stand_in_the_line(void **state)
{
    Error err;
    char line[sizeof err], small[20];

    (void)state;
    error_set(&err, ERROR_DATA, "message");
    error_object(&err, "o");
    error_key(&err, "k");
    error_position(&err, "p");
    error_hint(&err, "h");
    error_format(&err, line, sizeof line);
    error_format(&err, small, sizeof small);

    assert_string_equal(line, "message; object: o; key: k; position: p; what to do: h");
    assert_string_equal(small, "message; object: o;");
}

static void what_is_too_long_is_cut(void **state)
{
    Error err;
    char text[4000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    error_set(&err, ERROR_DATA, "%s", text);
    error_wrap(&err, "%s", text);
    error_object(&err, "%s", text);

    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_int_equal(strlen(err.object), sizeof err.object - 1);
}

static void what_is_cut_within_a_character_loses_all_of_it(void **state)
{
    Error err;
    char text[4000];

    (void)state;
    for (size_t at = 0; at + 5 <= sizeof text; at += 4)
        snprintf(text + at, 5, "\xf0\x9f\x98\x80");
    error_set(&err, ERROR_DATA, "a%s", text);
    error_wrap(&err, "b");
    error_key(&err, "a%s", text);

    assert_int_equal((strlen(err.key) - 1) % 4, 0);
    assert_int_equal((strlen(err.message) - 4) % 4, 0);
}

static void each_kind_has_a_name_that_leads_back_and_an_exit_status(void **state)
{
    static const struct {
        ErrorKind kind;
        const char *name;
        bool may_pass;
        int status;
    } CASES[] = {
        {ERROR_CONFIG, "config", false, EX_CONFIG},
        {ERROR_CONNECTION, "connection", true, EX_UNAVAILABLE},
        {ERROR_TRANSIENT, "transient", true, EX_TEMPFAIL},
        {ERROR_DATA, "data", false, EX_DATAERR},
        {ERROR_PROTOCOL, "protocol", false, EX_PROTOCOL},
        {ERROR_NONE, "none", false, EX_OK},
    };

    (void)state;
    assert_int_equal(COUNT_OF(CASES), ERROR_KIND_COUNT);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_string_equal(error_kind_name(CASES[i].kind), CASES[i].name);
        assert_int_equal(error_kind_of(CASES[i].name), CASES[i].kind);
        assert_int_equal(error_may_pass(CASES[i].kind), CASES[i].may_pass);
        assert_int_equal(error_exit_status(CASES[i].kind), CASES[i].status);
    }
    assert_int_equal(error_kind_of("no such kind"), ERROR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_an_error_forgets_the_one_before),
        cmocka_unit_test(callers_add_what_they_know_in_front),
        cmocka_unit_test(who_knew_first_keeps_the_part),
        cmocka_unit_test(an_error_is_one_line_whatever_a_server_says),
        cmocka_unit_test(all_parts_stand_in_the_line),
        cmocka_unit_test(what_is_too_long_is_cut),
        cmocka_unit_test(what_is_cut_within_a_character_loses_all_of_it),
        cmocka_unit_test(each_kind_has_a_name_that_leads_back_and_an_exit_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
