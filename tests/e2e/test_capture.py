"""walferry-capture alone, against real servers: what it sends, answers, waits for and refuses."""

import os
import signal
import time

import pytest

from harness.capture_rig import CaptureRig, prepare, rig_program
from harness.waiting import wait_until

TABLE = "CREATE TABLE t (id int PRIMARY KEY, v text)"


@pytest.fixture
def shop(server, database):
    """A server with one published table and a slot."""
    if not os.access(rig_program(), os.X_OK):
        pytest.skip(f"{rig_program()} is not built")
    database(server)
    server.sql(TABLE, database="shop")
    prepare(server, "t")
    yield server
    server.sql("ALTER SYSTEM RESET ALL")
    server.sql("SELECT pg_reload_conf()")


@pytest.fixture
def rig(shop):
    with CaptureRig(shop) as rig:
        yield rig


def insert(server, first, last, value="x"):
    server.sql(f"INSERT INTO t SELECT g, '{value}' FROM generate_series({first}, {last}) g",
               database="shop")


def confirmed(server):
    return server.value("SELECT confirmed_flush_lsn - '0/0'::pg_lsn FROM pg_replication_slots")


def wal_end(server):
    return server.value("SELECT pg_current_wal_flush_lsn() - '0/0'::pg_lsn")


def test_changes_arrive_and_are_confirmed(shop, rig):
    rig.start()
    insert(shop, 1, 1000)
    end = wal_end(shop)

    rig.until(changes=1000, transactions=1, next_record_id=1001)
    wait_until(lambda: confirmed(shop) >= end, 20, "the slot goes forward")


def test_an_idle_source_lets_the_slot_go_forward(shop, rig):
    rig.start()
    shop.sql("CREATE TABLE other (id int)", database="shop")
    shop.sql("INSERT INTO other SELECT generate_series(1, 10000)", database="shop")
    end = wal_end(shop)

    wait_until(lambda: confirmed(shop) >= end, 20, "the slot goes forward")
    assert rig.stats()["batches"] == 0


def test_heartbeats_are_seen(shop, rig):
    rig.start()

    wait_until(lambda: rig.heartbeat_seen(), 20, "a heartbeat is seen")
    wait_until(lambda: shop.value("SELECT n FROM walferry.heartbeat", database="shop") > 3, 20,
               "numbers go up")


def test_nothing_is_confirmed_before_the_supervisor_says_so(shop, rig):
    rig.hold("confirm")
    rig.start()
    before = confirmed(shop)
    insert(shop, 1, 100)
    rig.until(changes=100)

    time.sleep(1)
    assert confirmed(shop) == before
    rig.say("go", "confirm")
    wait_until(lambda: confirmed(shop) > before, 20, "the slot goes forward")


def test_a_lost_batch_is_sent_again(shop, rig):
    rig.start()
    rig.say("lose", 1)
    insert(shop, 1, 10)

    rig.until(changes=10)
    wait_until(lambda: rig.counter("redelivered_batches") == 1, 5, "counted")


def test_a_new_loader_goes_on_where_the_old_one_was_durable(shop, rig):
    rig.start()
    insert(shop, 1, 10)
    rig.until(changes=10)
    rig.hold("durable")
    insert(shop, 11, 20)
    insert(shop, 21, 30)
    rig.until(changes=30)

    rig.say("attach", 0)
    assert rig.wait("resumed").split()[1:] == ["0", "2"]
    rig.say("go", "durable")
    insert(shop, 31, 40)
    rig.until(epoch=1, next_record_id=41)


def test_a_killed_capture_starts_from_what_is_durable_with_the_same_record_ids(shop, rig):
    rig.start()
    insert(shop, 1, 10)
    rig.until(changes=10)
    rig.hold("durable")
    insert(shop, 11, 20)
    rig.until(changes=20)
    rig.copy.kill()
    rig.ended()

    rig.start()
    rig.say("go", "durable")
    rig.until(epoch=2, changes=30, next_record_id=21)


def test_a_capture_that_hangs_is_replaced_while_it_holds_the_slot(shop, rig):
    rig.start()
    insert(shop, 1, 10)
    rig.until(changes=10)
    zombie = rig.copy
    zombie.send_signal(signal.SIGSTOP)

    rig.start()
    insert(shop, 11, 20)
    rig.until(epoch=2, changes=20)
    zombie.send_signal(signal.SIGCONT)
    assert zombie.wait(20) != 0
    insert(shop, 21, 30)
    rig.until(changes=30)


def test_a_full_window_stops_reading_but_not_answering(shop):
    shop.sql("ALTER SYSTEM SET wal_sender_timeout = '2s'")
    shop.sql("SELECT pg_reload_conf()")
    with CaptureRig(shop, window="8MB") as rig:
        rig.hold("durable")
        rig.start()
        for first in range(0, 40):
            insert(shop, first * 1000 + 1, (first + 1) * 1000, "x" * 1000)
        wait_until(lambda: (rig.counter("window_bytes") or 0) >= 8 << 20, 30, "the window is full")
        pid = shop.value("SELECT active_pid FROM pg_replication_slots")

        time.sleep(5)
        assert shop.value("SELECT active_pid FROM pg_replication_slots") == pid
        assert rig.counter("window_bytes") < 12 << 20
        assert rig.stats()["flushed"] > 0
        rig.say("go", "durable")
        rig.until(60, changes=40000, next_record_id=40001)
        assert rig.stats()["epoch"] == 1


def test_a_transaction_larger_than_the_window_passes(shop):
    with CaptureRig(shop, window="8MB") as rig:
        rig.start()
        insert(shop, 1, 60000, "x" * 1000)

        rig.until(60, changes=60000, transactions=1)
        assert rig.stats()["epoch"] == 1


def test_a_loader_that_dies_amid_a_transaction_larger_than_the_window_costs_an_epoch(shop):
    with CaptureRig(shop, window="8MB") as rig:
        rig.start()
        rig.hold("durable")
        insert(shop, 1, 60000, "x" * 1000)
        rig.until(60, transactions=1)

        rig.say("attach", 0)
        rig.wait("epoch 2")
        rig.say("go", "durable")
        rig.until(60, transactions=2, next_record_id=60001)


def test_a_full_spool_leaves_transactions_in_progress_to_the_server(shop):
    shop.sql("ALTER SYSTEM SET logical_decoding_work_mem = '64kB'")
    shop.sql("SELECT pg_reload_conf()")
    with CaptureRig(shop, spool_limit="4MB", window="8MB") as rig:
        rig.start()
        insert(shop, 1, 20000, "x" * 1000)

        rig.wait("epoch 2")
        rig.until(60, changes=20000, transactions=1)
        assert rig.counter("stream_spool_bytes") == 0


def test_a_truncate_is_a_barrier_between_lanes(shop):
    with CaptureRig(shop, lanes=2) as rig:
        rig.start()
        rig.hold("durable")
        insert(shop, 1, 10)
        shop.sql("BEGIN; INSERT INTO t VALUES (11); TRUNCATE t; INSERT INTO t VALUES (12); COMMIT",
                 database="shop")
        rig.until(changes=11)
        time.sleep(0.5)
        assert rig.stats()["changes"] == 11

        rig.say("go", "durable")
        rig.wait("truncate")
        rig.until(next_record_id=14)


def test_it_drains_and_then_stops(shop, rig):
    rig.start()
    insert(shop, 1, 1000)
    rig.until(changes=1000)
    rig.say("drain")
    rig.wait("drained")
    rig.say("stop")

    assert rig.ended() == 0
    assert os.listdir(os.path.join(rig.folder, "spool")) == []


def test_a_slot_that_is_gone_is_a_fault(shop, rig):
    shop.drop_slots()

    rig_fault(rig, "config", "walferry_t", "slot is gone")


def rig_fault(rig, kind, thing, text):
    """Starts capture and expects it to end with this fault."""
    fault = rig.start("fault")
    assert fault.startswith(f"fault {kind} {thing}: ") and text in fault, fault
    rig.ended()


def test_a_slot_that_was_advanced_is_a_fault(shop, rig):
    rig.start()
    rig.copy.kill()
    rig.ended()
    insert(shop, 1, 10)
    wait_until(lambda: not shop.value("SELECT active FROM pg_replication_slots"), 20, "slot is free")
    shop.sql("SELECT pg_replication_slot_advance('walferry_t', pg_current_wal_flush_lsn())",
             database="shop")

    rig_fault(rig, "config", "walferry_t", "made anew behind our back")


def test_a_stranger_on_the_slot_is_named(shop, rig):
    stranger = shop.connect("shop", application_name="nosy",
                            connection_factory=replication_connection())
    cursor = stranger.cursor()
    cursor.start_replication(slot_name="walferry_t", decode=False,
                             options={"proto_version": "1", "publication_names": "walferry_t"})

    rig_fault(rig, "config", "walferry_t", "(nosy)")
    stranger.close()


def replication_connection():
    from psycopg2.extras import LogicalReplicationConnection

    return LogicalReplicationConnection


@pytest.mark.parametrize("change, how", [
    ("DROP PUBLICATION walferry_t", "dropped"),
    ("ALTER PUBLICATION walferry_t DROP TABLE t", "changed"),
    ("ALTER PUBLICATION walferry_t SET (publish = 'insert')", "changed"),
], ids=["dropped", "member", "publish"])
def test_a_publication_that_was_changed_is_a_fault(shop, rig, change, how):
    rig.start()
    shop.sql(change, database="shop")

    fault = rig.wait("fault")
    assert "config" in fault and ("walferry_t" in fault)
    assert how in fault or "does not exist" in fault
    assert rig.ended() != 0


def test_drift_stops_before_the_first_row(shop, rig):
    rig.start()
    insert(shop, 1, 10)
    rig.until(changes=10)
    shop.sql("ALTER TABLE t ADD more int", database="shop")
    insert(shop, 11, 20)

    fault = rig.wait("fault")
    assert fault.startswith("fault data public.t: ") and "column more is new" in fault
    rig.ended()


def test_a_table_that_joins_the_publication_is_noticed(shop, rig):
    rig.start()
    shop.sql("CREATE TABLE u (id int PRIMARY KEY)", database="shop")
    shop.sql("ALTER PUBLICATION walferry_t ADD TABLE u", database="shop")
    shop.sql("INSERT INTO u VALUES (1)", database="shop")

    fault = rig.wait("fault")
    assert "public.u" in fault or "publication" in fault
    rig.ended()


@pytest.mark.parametrize("locked_first", [True, False], ids=["before", "during"])
def test_a_lock_on_the_heartbeat_does_not_stall_the_stream(shop, rig, locked_first):
    holder = shop.connect("shop")
    if locked_first:
        holder.cursor().execute("LOCK walferry.heartbeat")
    rig.start()
    if not locked_first:
        holder.cursor().execute("LOCK walferry.heartbeat")
    insert(shop, 1, 10)

    rig.until(changes=10)
    holder.close()


def test_a_heartbeat_of_a_capture_that_was_thought_dead_harms_nothing(shop, rig):
    """It goes on beside its successor for a moment, and its number may be the higher one."""
    rig.start()
    wait_until(lambda: rig.heartbeat_seen(), 20, "a heartbeat is seen")

    rig.copy.send_signal(signal.SIGSTOP)
    for _ in range(3):
        shop.sql("UPDATE walferry.heartbeat SET n = n + 1", database="shop")
    reached = shop.value("SELECT n FROM walferry.heartbeat", database="shop")
    rig.copy.send_signal(signal.SIGCONT)

    wait_until(lambda: shop.value("SELECT n FROM walferry.heartbeat", database="shop") > reached + 2,
               20, "numbers go up")
    assert rig.copy.poll() is None
    insert(shop, 1, 10)
    rig.until(changes=10)


def test_a_source_that_is_killed_is_a_lost_connection(shop, rig):
    rig.start()
    insert(shop, 1, 10)
    rig.until(changes=10)
    shop.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots")

    assert rig.wait("fault").startswith("fault connection")
    rig.ended()
    rig.start()
    insert(shop, 11, 20)
    rig.until(changes=20)
