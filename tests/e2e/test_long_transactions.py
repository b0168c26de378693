"""A transaction that stays open for long: before the slot, over the copy, over restarts."""

import pytest

from harness import differences, wait_until

TABLE = """CREATE TABLE shelf (id int PRIMARY KEY, v text);
INSERT INTO shelf SELECT g, 'old' FROM generate_series(1, 1000) g"""


@pytest.fixture
def shop(source, destination, database, new_task):
    database(source, destination)
    source.sql(TABLE, database="shop")
    return new_task(source, destination)


@pytest.fixture
def open_transaction(source):
    """A connection that has written and not committed, under a name of its own."""
    opened = []

    def begin(statement, **more):
        connection = source.connect("shop", application_name="night_batch", **more)
        opened.append(connection)
        connection.cursor().execute(statement)
        return connection

    yield begin
    for connection in opened:
        connection.close()
    for name, in source.sql("SELECT gid FROM pg_prepared_xacts"):
        source.sql(f"ROLLBACK PREPARED '{name}'", database="shop")


def equal(source, destination):
    return differences(source.conninfo("shop"), destination.conninfo("shop")) == []


def restart_lsn(source):
    return source.value("SELECT restart_lsn FROM pg_replication_slots")


def test_one_that_is_open_before_the_slot_is_waited_for_and_named(shop, source, destination,
                                                                 open_transaction):
    early = open_transaction("INSERT INTO shelf VALUES (2000, 'early')")
    pid = early.info.backend_pid

    shop.run()

    shop.wait_for(lambda s: f"pid {pid}" in (s["source"]["waiting_for"] or ""))
    waiting = shop.status()["source"]["waiting_for"]
    assert "night_batch" in waiting and "in transaction since" in waiting
    assert shop.status()["phase"] == "schema"
    early.commit()
    shop.wait_consistent()
    shop.wait_caught_up()
    assert equal(source, destination)


def test_a_prepared_one_that_is_open_before_the_slot_is_named(shop, source, destination,
                                                             open_transaction):
    early = open_transaction("BEGIN; INSERT INTO shelf VALUES (2000, 'early');"
                             " PREPARE TRANSACTION 'end of year'")
    early.close()

    shop.run()

    shop.wait_for(lambda s: '"end of year"' in (s["source"]["waiting_for"] or ""))
    source.sql("COMMIT PREPARED 'end of year'", database="shop")
    shop.wait_consistent()
    shop.wait_caught_up()
    assert equal(source, destination)


def test_ones_that_are_open_over_the_copy_arrive_with_their_commit(shop, source, destination,
                                                                  open_transaction):
    """Begun when the slot is there already, before the snapshot is taken."""
    shop.run(WALFERRY_FAILPOINT="supervisor.slot_stored:1")
    shop.process.wait(60)
    shop.kill_run()
    during = open_transaction("INSERT INTO shelf VALUES (3000, 'during');"
                              "UPDATE shelf SET v = 'during' WHERE id = 7")
    prepared = open_transaction("BEGIN; DELETE FROM shelf WHERE id = 8;"
                                " PREPARE TRANSACTION 'over the copy'")
    prepared.close()
    shop.run()
    shop.wait_consistent()
    assert destination.value("SELECT count(*) FROM shelf WHERE v = 'old'", database="shop") == 1000

    during.commit()
    shop.wait_caught_up()
    assert equal(source, destination)
    assert destination.value("SELECT count(*) FROM shelf WHERE id = 8", database="shop") == 1
    source.sql("COMMIT PREPARED 'over the copy'", database="shop")
    shop.wait_caught_up()
    assert equal(source, destination)
    assert destination.value("SELECT count(*) FROM shelf WHERE id = 8", database="shop") == 0


def test_one_that_is_open_over_restarts_is_kept_by_the_server(shop, source, destination,
                                                             open_transaction):
    """It holds the slot's restart_lsn; what others commit is confirmed all the same."""
    shop.run().wait_consistent()
    long = open_transaction("INSERT INTO shelf SELECT g, 'long' FROM generate_series(5000, 9000) g")
    began = source.value("SELECT pg_current_wal_insert_lsn()")

    for round_ in range(3):
        source.sql("INSERT INTO shelf VALUES (%s, 'short')", (2000 + round_,), "shop")
        shop.wait_caught_up()
        killed = shop.kill("capture")
        wait_until(lambda: shop.pids("capture") not in ([], [killed]), 60, "another capture")
    shop.wait_caught_up()
    wait_until(lambda: source.value("SELECT confirmed_flush_lsn > %s FROM pg_replication_slots",
                                    (began,)), 60, "others' commits are confirmed")
    assert source.value("SELECT restart_lsn <= %s FROM pg_replication_slots", (began,))
    shop.kill_run()
    shop.run()

    long.commit()
    shop.wait_caught_up()
    assert equal(source, destination)
    wait_until(lambda: source.sql("CHECKPOINT") == [] and
               source.value("SELECT restart_lsn > %s FROM pg_replication_slots", (began,)),
               60, "the server lets the old WAL go")


def test_a_prepared_one_appears_with_commit_prepared(shop, source, destination, open_transaction):
    shop.run().wait_consistent()
    for name, row in (("kept", 4000), ("dropped", 4001)):
        open_transaction(f"BEGIN; INSERT INTO shelf VALUES ({row}, '{name}');"
                         f" PREPARE TRANSACTION '{name}'").close()
    shop.wait_caught_up()
    assert destination.value("SELECT count(*) FROM shelf", database="shop") == 1000

    killed = shop.kill("capture")
    wait_until(lambda: shop.pids("capture") not in ([], [killed]), 60, "another capture")
    source.sql("COMMIT PREPARED 'kept'", database="shop")
    source.sql("ROLLBACK PREPARED 'dropped'", database="shop")
    shop.wait_caught_up()

    assert equal(source, destination)
    assert destination.value("SELECT max(id) FROM shelf", database="shop") == 4000
