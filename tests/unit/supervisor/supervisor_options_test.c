#include "supervisor/supervisor_options.h"

#include "common/compiler.h"
#include "control.pb-c.h"
#include "tests/support/cmocka_all.h"

#define ROLE(name) (1u << WALFERRY__CONTROL__ROLE__ROLE_##name)

static void roles_that_attach_are_named_with_commas(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned roles;
    } CASES[] = {
        {"capture", ROLE(CAPTURE)},
        {"capture,transform,loader", ROLE(CAPTURE) | ROLE(TRANSFORM) | ROLE(LOADER)},
        {"loader,copy,loader", ROLE(LOADER) | ROLE(COPY)},
    };

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        unsigned roles = 0;

        assert_true(supervisor_options_roles(CASES[i].text, &roles));
        assert_int_equal(roles, CASES[i].roles);
    }
}

static void other_names_are_refused(void **state)
{
    (void)state;
    static const char *const CASES[] = {
        "", "schema", "capture,", ",capture", "capture loader", "Capture", "captures", "none",
    };

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        unsigned roles = 7;

        assert_false(supervisor_options_roles(CASES[i], &roles));
        assert_int_equal(roles, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_that_attach_are_named_with_commas),
        cmocka_unit_test(other_names_are_refused),
    };
    return cmocka_run_group_tests_name("supervisor_options", tests, NULL, NULL);
}
