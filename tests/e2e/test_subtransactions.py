"""Thousands of savepoints in one transaction, some rolled back, however it is decoded."""

import pytest

from harness import Cluster, differences

COUNT = 10_000

# An exception block is a savepoint. A third of them is rolled back; some of these, and some that
# stay, hold a savepoint of their own; one holds a thousand rows, so that streaming cuts it.
SAVEPOINTS = """
DO $$ BEGIN
    FOR n IN 1 .. %d LOOP
        BEGIN
            INSERT INTO marks VALUES (n, 'x' || n);
            UPDATE marks SET v = v || '-' WHERE id = n - 1;
            IF n %% 10 = 0 THEN
                BEGIN
                    DELETE FROM marks WHERE id = n - 4;
                    IF n %% 20 = 0 THEN RAISE EXCEPTION 'inner'; END IF;
                EXCEPTION WHEN OTHERS THEN NULL;
                END;
            END IF;
            IF n = 5000 THEN
                INSERT INTO marks SELECT g, 'many' FROM generate_series(100001, 101000) AS g;
            END IF;
            IF n %% 3 = 0 THEN RAISE EXCEPTION 'outer'; END IF;
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
END $$""" % COUNT


@pytest.fixture(scope="module")
def small_memory():
    """Everything that can be streamed is."""
    with Cluster(15, {"logical_decoding_work_mem": "'64kB'"}) as cluster:
        yield cluster


@pytest.mark.parametrize("decoding", ["in memory", "64kB"])
def test_ten_thousand_savepoints_in_a_transaction(source, small_memory, destination, database,
                                                  new_task, decoding):
    server = source if decoding == "in memory" else small_memory
    database(server, destination)
    server.sql("CREATE TABLE marks (id int PRIMARY KEY, v text)", database="shop")
    task = new_task(server, destination).run()
    task.wait_consistent()

    server.sql(SAVEPOINTS, database="shop")
    server.sql("BEGIN; INSERT INTO marks VALUES (-1, 'lost'); ROLLBACK", database="shop")
    task.wait_caught_up()

    assert differences(server.conninfo("shop"), destination.conninfo("shop")) == []
    kept = destination.value("SELECT count(*) FROM marks", database="shop")
    assert kept == server.value("SELECT count(*) FROM marks", database="shop") > 7000
    streamed = server.value("SELECT stream_txns FROM pg_stat_replication_slots")
    assert (streamed > 0) == (decoding == "64kB")
    assert task.status()["rewinds"] == 0
