#include "schema/selectdb_grants.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

static SelectdbRows grants_of(const char *global, const char *database, const char *group)
{
    static const char *const columns[] = {"UserIdentity", "GlobalPrivs", "DatabasePrivs",
                                          "CloudClusterPrivs"};
    static SelectdbValue values[4];

    values[0] = (SelectdbValue){str_of("'u'@'%'"), false};
    values[1] = (SelectdbValue){str_of(global), global == NULL};
    values[2] = (SelectdbValue){str_of(database), database == NULL};
    values[3] = (SelectdbValue){str_of(group), group == NULL};
    return (SelectdbRows){4, 1, columns, values};
}

static void a_privilege_counts_for_its_own_database(void **state)
{
    SelectdbRows grants = grants_of(
        NULL, "internal.information_schema: Select_priv; internal.shop: Select_priv,Load_priv",
        NULL);

    (void)state;
    assert_true(selectdb_grants_have(&grants, "Select_priv", "shop"));
    assert_true(selectdb_grants_have(&grants, "Load_priv", "shop"));
    assert_false(selectdb_grants_have(&grants, "Drop_priv", "shop"));
    assert_false(selectdb_grants_have(&grants, "Load_priv", "information_schema"));
    assert_false(selectdb_grants_have(&grants, "Select_priv", "sho"));
    assert_false(selectdb_grants_have(&grants, "Select_priv", "shop2"));
}

static void what_is_given_for_everything_counts(void **state)
{
    SelectdbRows grants = grants_of("Node_priv,Admin_priv", NULL, NULL);

    (void)state;
    assert_true(selectdb_grants_have(&grants, "Drop_priv", "shop"));
    assert_true(selectdb_grants_have_group(&grants, "g"));
    grants = grants_of("Load_priv", NULL, NULL);
    assert_true(selectdb_grants_have(&grants, "Load_priv", "shop"));
    assert_false(selectdb_grants_have(&grants, "Select_priv", "shop"));
}

static void a_compute_group_has_a_privilege_of_its_own(void **state)
{
    SelectdbRows grants = grants_of(NULL, NULL, "g: Usage_priv");

    (void)state;
    assert_true(selectdb_grants_have_group(&grants, "g"));
    assert_false(selectdb_grants_have_group(&grants, "h"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_privilege_counts_for_its_own_database),
        cmocka_unit_test(what_is_given_for_everything_counts),
        cmocka_unit_test(a_compute_group_has_a_privilege_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
