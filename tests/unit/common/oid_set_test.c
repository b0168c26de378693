/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include "common/oid_set.h"

static void what_is_in_a_set_is_found_in_whatever_order_it_came(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    const uint32_t oids[] = {50, 10, 4294967295u, 20};
    OidSet set = oid_set_of(&arena, oids, COUNT_OF(oids));

    (void)state;
    for (size_t i = 0; i < COUNT_OF(oids); i++)
        assert_true(oid_set_has(&set, oids[i]));
    assert_false(oid_set_has(&set, 0));
    assert_false(oid_set_has(&set, 15));
    assert_false(oid_set_has(&set, 51));
}

static void an_empty_set_has_nothing(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    OidSet none = oid_set_of(&arena, NULL, 0), parsed = oid_set_parse(&arena, "");

    (void)state;
    assert_false(oid_set_has(&none, 0));
    assert_int_equal(parsed.count, 0);
    assert_false(oid_set_has(&parsed, 0));
}

static void a_list_of_the_servers_is_read(void **state)
{
    CLEANUP(arena_done) Arena arena = {0};
    OidSet set = oid_set_parse(&arena, "16384,16390,3000000000");

    (void)state;
    assert_int_equal(set.count, 3);
    assert_true(oid_set_has(&set, 3000000000u));
    assert_true(oid_set_has(&set, 16384));
    assert_false(oid_set_has(&set, 16385));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_a_set_is_found_in_whatever_order_it_came),
        cmocka_unit_test(an_empty_set_has_nothing),
        cmocka_unit_test(a_list_of_the_servers_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
