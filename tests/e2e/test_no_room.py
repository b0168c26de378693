"""No slot or no walsender is free at the source: a line that says so, and what to do."""

import psycopg2
import psycopg2.extras
import pytest

from harness import Cluster


@pytest.fixture(scope="module")
def narrow():
    with Cluster(15, {"max_replication_slots": "1", "max_wal_senders": "1"}) as cluster:
        yield cluster


@pytest.fixture
def shop(narrow, destination, database, new_task):
    database(narrow, destination)
    narrow.sql("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)", database="shop")
    return new_task(narrow, destination)


@pytest.fixture
def occupied(narrow):
    """The only slot belongs to somebody else."""
    narrow.sql("SELECT pg_create_physical_replication_slot('theirs')")
    yield
    narrow.sql("SELECT pg_drop_replication_slot('theirs') FROM pg_replication_slots"
               " WHERE slot_name = 'theirs'")


def test_a_start_without_a_free_slot_says_what_to_do(shop, occupied):
    checked = shop.cli("check", shop.file, check=False)
    assert checked.returncode == 1
    line, = [line for line in checked.stdout.splitlines() if "source.slots" in line]
    assert line.startswith("FAIL") and "1 of 1 replication slots" in line
    assert "raise max_replication_slots" in line

    shop.run()

    assert shop.wait_end() == 1
    line, = shop.errors()
    assert "source.slots" in line and "raise max_replication_slots" in line


def test_a_slot_that_is_taken_between_check_and_start_is_named(shop, narrow):
    """The check has passed already."""
    shop.run(WALFERRY_FAILPOINT="supervisor.phase_changed:1")
    shop.process.wait(60)
    shop.kill_run()
    narrow.sql("SELECT pg_create_physical_replication_slot('theirs')")
    shop.run()

    status = shop.wait_for(lambda s: s["error"] is not None)
    assert "all replication slots are in use" in status["error"]["message"]
    assert "max_replication_slots" in status["error"]["hint"]
    narrow.sql("SELECT pg_drop_replication_slot('theirs')")
    shop.wait_consistent()


def test_a_walsender_that_is_missing_is_waited_for(shop, narrow):
    """It is there at the start, taken while capture is away, and comes back."""
    shop.run().wait_consistent()
    shop.stop()
    taker = psycopg2.connect(narrow.conninfo("shop"),
                             connection_factory=psycopg2.extras.LogicalReplicationConnection)
    shop.run()

    status = shop.wait_for(lambda s: s["error"] is not None)

    assert status["state"] == "retrying"
    assert "max_wal_senders" in status["error"]["message"] + (status["error"]["hint"] or "")
    taker.close()
    narrow.sql("INSERT INTO t VALUES (2)", database="shop")
    shop.wait_caught_up()


def test_check_counts_walsenders(shop, narrow):
    taker = psycopg2.connect(narrow.conninfo("shop"),
                             connection_factory=psycopg2.extras.LogicalReplicationConnection)
    checked = shop.cli("check", shop.file, check=False)
    taker.close()

    line, = [line for line in checked.stdout.splitlines() if "source.senders" in line]
    assert line.startswith("FAIL") and "raise max_wal_senders" in line
