"""Another database of the server is busy while ours rests: the slot lets its WAL go all the same."""

import pytest

from harness import wait_until

MEGABYTE = 1024 * 1024


def retained(source):
    return source.value("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint"
                        "  FROM pg_replication_slots")


@pytest.mark.parametrize("heartbeat_ms", [1000, 60000])
def test_the_slot_follows_a_busy_neighbour(source, destination, database, new_task, heartbeat_ms):
    """With rare heartbeats too: then the server's keepalives say how far it is."""
    database(source, destination)
    database(source, name="busy")
    source.sql("CREATE TABLE t (id int PRIMARY KEY)", database="shop")
    source.sql("CREATE TABLE noise (v text)", database="busy")
    task = new_task(source, destination, source={"heartbeat_ms": heartbeat_ms})
    task.run().wait_consistent()

    for _ in range(4):
        source.sql("INSERT INTO noise SELECT repeat(md5(g::text), 30)"
                   "  FROM generate_series(1, 20000) g", database="busy")
        source.sql("CHECKPOINT")
    written = source.value("SELECT pg_current_wal_lsn()")

    def confirmed():
        return source.value("SELECT confirmed_flush_lsn >= %s FROM pg_replication_slots",
                            (written,))

    wait_until(confirmed, 60, lambda: f"confirmed: {task.status()['source']}")
    wait_until(lambda: source.sql("CHECKPOINT") == [] and retained(source) < 20 * MEGABYTE, 60,
               lambda: f"{retained(source)} bytes are retained", pause=0.5)
    status = task.wait_for(lambda s: s["source"]["retained_wal_bytes"] < 20 * MEGABYTE)
    assert status["source"]["lag_bytes"] < 20 * MEGABYTE
    assert status["epoch"] == 1 and status["rewinds"] == 0
