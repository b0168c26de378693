"""Whatever could lose rows in silence stops the task with a word (docs/delivery.md)."""

import os
import shutil
import subprocess

import psycopg2
import pytest

from harness import Cluster, differences, wait_until
from harness.cluster import as_server_user, client_program
from harness.pgoutput import Stream

ORDERS = """CREATE TABLE orders (id int PRIMARY KEY, v text);
INSERT INTO orders SELECT g, 'o' FROM generate_series(1, 1000) g"""


@pytest.fixture
def shop(source, destination, database, new_task):
    """A task that is consistent, and what it takes to go on."""
    database(source, destination)
    source.sql(ORDERS, database="shop")
    task = new_task(source, destination).run()
    task.wait_consistent()
    return task


def insert(cluster, first, count=10):
    cluster.sql("INSERT INTO orders SELECT g, 'n' FROM generate_series(%s, %s) g",
                (first, first + count - 1), "shop")


def stopped_with(task, *words):
    """The run has ended with 1 and one error line, which holds these words and what to do."""
    assert task.wait_end() == 1
    line, = task.errors()
    assert len(task.faults()) <= 1
    for word in (*words, "what to do: "):
        assert word in line, f"{word!r} is not in {line!r}"
    status = task.status()
    assert status["state"] == "failed"
    assert status["error"]["message"] in line and status["error"]["hint"] in line
    return status["error"]


def test_a_slot_that_was_advanced_is_noticed(shop, source):
    shop.stop()
    insert(source, 2000)
    source.sql("SELECT pg_replication_slot_advance('walferry_t', pg_current_wal_lsn())",
               database="shop")

    shop.run()

    stopped_with(shop, "walferry_t")


def test_a_slot_that_was_made_anew_is_noticed(shop, source):
    shop.stop()
    source.sql("SELECT pg_drop_replication_slot('walferry_t')", database="shop")
    insert(source, 2000)
    source.sql("SELECT pg_create_logical_replication_slot('walferry_t', 'pgoutput')",
               database="shop")

    shop.run()

    stopped_with(shop, "walferry_t")


def test_a_slot_that_is_gone_is_noticed(shop, source):
    shop.stop()
    source.sql("SELECT pg_drop_replication_slot('walferry_t')", database="shop")

    shop.run()

    stopped_with(shop, "walferry_t")


def test_a_slot_in_use_by_a_stranger_is_noticed(shop, source):
    shop.stop()

    with Stream(source, "walferry_t", "walferry_t", "shop"):
        stranger = source.value("SELECT active_pid FROM pg_replication_slots")
        shop.run()
        stopped_with(shop, "walferry_t", f"in use by pid {stranger}")
        assert source.value("SELECT active_pid FROM pg_replication_slots") == stranger


def test_another_server_in_the_place_of_the_source_is_noticed(shop, source):
    """The same address, database, slot and publication; another history."""
    shop.stop()
    old = source.value("SELECT system_identifier::text FROM pg_control_system()")
    source.stop()
    try:
        with Cluster(15, port=source.port, own_identity=True) as other:
            other.create_database("shop")
            other.sql(ORDERS, database="shop")
            other.sql("CREATE PUBLICATION walferry_t FOR TABLE orders", database="shop")
            other.sql("SELECT pg_create_logical_replication_slot('walferry_t', 'pgoutput')",
                      database="shop")
            shop.write_text(open(shop.file).read().replace(source.folder, other.folder))
            shop.run()
            stopped_with(shop, old)
            shop.stop()
    finally:
        source.start()


def test_a_standby_that_was_promoted_behind_us_is_noticed(shop, source, tmp_path):
    """It never had rows that the destination has; its line of time branches off before them."""
    shop.stop()
    standby = promoted_standby(source, before=lambda: (insert(source, 2000), follow(shop)))
    try:
        standby.sql("SELECT pg_create_logical_replication_slot('walferry_t', 'pgoutput')",
                    database="shop")
        shop.write_text(open(shop.file).read().replace(source.folder, standby.folder)
                        .replace(f"port={source.port}", f"port={standby.port}"))
        shop.run()
        stopped_with(shop, "timeline")
        shop.stop()
    finally:
        standby.remove()


def follow(task):
    task.run()
    task.wait_consistent()
    task.wait_caught_up()
    task.stop()


def promoted_standby(primary, before):
    """A copy of the primary that stopped to follow it before before() was called."""
    standby = Cluster(primary.version)
    shutil.rmtree(standby.data)

    subprocess.run(as_server_user([client_program("pg_basebackup"), "-D", standby.data, "-h",
                                   primary.folder, "-p", str(primary.port), "-U", "postgres",
                                   "-R", "-X", "stream", "-c", "fast", "--no-sync"]),
                   check=True, capture_output=True, timeout=60, cwd="/")
    standby.configure(primary_conninfo="''")
    with open(os.path.join(standby.data, "postgresql.auto.conf"), "w"):
        pass
    before()
    standby.start()
    standby.sql("SELECT pg_promote()")
    wait_until(lambda: not standby.value("SELECT pg_is_in_recovery()"), 30, "promoted")
    return standby


def test_a_destination_restored_to_an_older_state_is_noticed(shop, source, destination):
    shop.wait_caught_up()
    shop.stop()
    destination.stop()
    destination.save()
    destination.start()
    insert(source, 2000)
    follow(shop)

    destination.stop()
    destination.put_back()
    destination.start()
    shop.run()

    stopped_with(shop, "destination")


def test_a_lost_state_directory_beside_a_living_slot_is_refused(shop, source):
    shop.stop()
    shutil.rmtree(shop.state_dir)

    shop.run()

    assert shop.wait_end() == 1
    line, = shop.errors()
    assert "walferry_t" in line and "walferry release t" in line
    assert source.sql("SELECT slot_name FROM pg_replication_slots") == [("walferry_t",)]


def test_a_publication_that_was_dropped_is_noticed(shop, source):
    source.sql("DROP PUBLICATION walferry_t", database="shop")
    insert(source, 2000)

    stopped_with(shop, "publication")


def test_a_table_taken_out_of_the_publication_is_noticed(shop, source):
    source.sql("ALTER PUBLICATION walferry_t DROP TABLE orders", database="shop")
    insert(source, 2000)

    stopped_with(shop, "publication")


def test_a_jump_in_the_heartbeats_is_a_gap(shop, source):
    source.sql("UPDATE walferry.heartbeat SET n = n + 1000", database="shop")

    stopped_with(shop, "heartbeat")


@pytest.mark.parametrize("drift", ["ALTER TABLE orders ADD w int",
                                   "ALTER TABLE orders DROP COLUMN v",
                                   "ALTER TABLE orders ALTER v TYPE varchar(100)",
                                   "ALTER TABLE orders RENAME v TO w"])
def test_a_table_that_is_not_what_it_was_stops_the_task_before_its_first_row(shop, source,
                                                                            destination, drift):
    insert(source, 2000)
    shop.wait_caught_up()
    source.sql(drift, database="shop")
    source.sql("INSERT INTO orders (id) VALUES (3000)", database="shop")

    error = stopped_with(shop, "orders")

    assert "public.orders" in str(error["object"])
    assert destination.value("SELECT max(id) FROM orders", database="shop") == 2009


def test_a_row_that_is_missing_at_the_destination_is_drift_and_not_an_insert(shop, source,
                                                                             destination):
    destination.sql("DELETE FROM orders WHERE id = 5", database="shop")

    source.sql("UPDATE orders SET v = 'x' WHERE id = 5", database="shop")

    error = stopped_with(shop, "orders", "5")
    assert error["position"]
    assert destination.sql("SELECT 1 FROM orders WHERE id = 5", database="shop") == []


def test_a_row_that_is_in_the_way_stops_the_task_and_the_next_run_goes_on(shop, source, destination):
    destination.sql("INSERT INTO orders VALUES (7000, 'stranger')", database="shop")
    source.sql("INSERT INTO orders VALUES (7000, 'ours')", database="shop")
    stopped_with(shop, "orders", "7000")

    destination.sql("DELETE FROM orders WHERE id = 7000", database="shop")
    shop.run()
    shop.wait_caught_up()

    assert differences(source.conninfo("shop"), destination.conninfo("shop")) == []


def test_a_zombies_transaction_is_rolled_back(shop, source, destination):
    """Somebody else has taken over: the old generation's writes hit no row."""
    zombie, = shop.pids("loader")
    destination.sql("UPDATE walferry.progress SET generation = generation + 1", database="shop")
    insert(source, 8000)

    insert(source, 2000)
    shop.wait_caught_up()

    assert shop.pids("loader") != [zombie] and "fenced" in shop.stage_log()
    assert differences(source.conninfo("shop"), destination.conninfo("shop")) == []


def test_progress_of_another_task_of_that_name_is_refused(shop, source, destination, database,
                                                          new_task):
    """The destination remembers whose position it holds."""
    shop.stop()
    database(source, name="other")
    source.sql(ORDERS, database="other")
    other = new_task(source, destination, name="t")
    other.source = source.conninfo("other")
    other.write()

    other.run()

    assert other.wait_end() == 1
    line, = other.errors()
    assert "walferry.progress" in line or "walferry_t" in line
    assert "what to do: " in line
    with pytest.raises(psycopg2.Error):
        destination.sql("INSERT INTO orders VALUES (1, 'doubled')", database="shop")
