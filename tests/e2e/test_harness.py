"""The harness itself: a comparison that cannot fail would prove nothing."""

from harness import differences

ROWS = "CREATE TABLE t (a int PRIMARY KEY, b text); INSERT INTO t VALUES (1, 'x'), (2, NULL), (3, '')"


def both(server, database):
    for name in ("left", "right"):
        database(server, name=name)
        server.sql(ROWS, database=name)
    return server.conninfo("left"), server.conninfo("right")


def test_equal_databases_have_no_differences(server, database):
    assert differences(*both(server, database), shape=True) == []


def test_every_kind_of_difference_is_seen(server, database):
    left, right = both(server, database)
    for change in ("DELETE FROM t WHERE a = 1", "INSERT INTO t VALUES (4, 'y')",
                   "UPDATE t SET b = '' WHERE a = 2", "UPDATE t SET b = NULL WHERE a = 3",
                   "UPDATE t SET a = 5 WHERE a = 1", "CREATE TABLE more (a int)", "DROP TABLE t"):
        server.sql("DROP TABLE IF EXISTS t, more; " + ROWS, database="right")
        assert differences(left, right) == []

        server.sql(change, database="right")

        assert len(differences(left, right)) == 1, change


def test_a_difference_in_shape_is_seen(server, database):
    left, right = both(server, database)

    server.sql("ALTER TABLE t ALTER b SET DEFAULT 'x'", database="right")

    assert len(differences(left, right, shape=True)) == 1
