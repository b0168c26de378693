"""A standby of the source takes over: without loss when it had everything, else it is noticed."""

import threading
import time

import psycopg2
import pytest

from harness import Cluster, differences, find_servers, wait_until
from harness.standby import promote, standby_of

VERSIONS = [pytest.param(17, marks=pytest.mark.long), 18]
SHELF = """CREATE TABLE shelf (id int PRIMARY KEY, v text);
INSERT INTO shelf SELECT g, 'old' FROM generate_series(1, 1000) g"""


@pytest.fixture
def servers():
    """Makes (primary, standby); the destination must never be ahead of the standby if guarded."""
    made = []

    def make(version, guarded):
        if version not in find_servers():
            pytest.skip(f"no server of version {version} on this machine")
        primary = Cluster(version, {"synchronized_standby_slots": "'standby_1'"} if guarded else {})
        made.append(primary)
        primary.start()
        primary.create_database("shop")
        primary.sql(SHELF, database="shop")
        primary.sql("SELECT pg_create_physical_replication_slot('standby_1', true)")
        primary.stop()
        standby = standby_of(primary, "standby_1", sync_replication_slots="on",
                             synchronized_standby_slots="''")
        made.append(standby)
        return primary, standby

    yield make
    for server in made:
        server.remove()


def of_both(primary, standby):
    return (f"host={primary.folder},{standby.folder} port={primary.port},{standby.port}"
            " dbname=shop user=postgres target_session_attrs=read-write")


def wait_synced(primary, standby):
    """The worker at the standby sleeps for up to 30 s; a reload wakes it."""
    def synced():
        primary.sql("SELECT pg_log_standby_snapshot()")
        standby.sql("SELECT pg_reload_conf()")
        return standby.sql("SELECT 1 FROM pg_replication_slots WHERE synced AND failover"
                           " AND NOT temporary AND slot_name = 'walferry_t'")

    wait_until(synced, 90, lambda: f"the slot is at the standby: {standby.log_tail()}", pause=0.5)


class Writer(threading.Thread):
    """Inserts row after row wherever it can; knows which commits were answered."""

    def __init__(self, conninfo):
        super().__init__(daemon=True)
        self.conninfo, self.stopping, self.next, self.answered = conninfo, False, 10000, []
        self.start()

    def run(self):
        connection = None
        while not self.stopping:
            try:
                connection = connection or psycopg2.connect(self.conninfo, connect_timeout=5)
                connection.autocommit = True
                connection.cursor().execute("INSERT INTO shelf VALUES (%s, 'live')", (self.next,))
                self.answered.append(self.next)
            except psycopg2.Error:
                connection = None
                time.sleep(0.1)
            self.next += 1

    def stop(self):
        self.stopping = True
        self.join(30)

    def wait_for_more(self, count=100):
        goal = len(self.answered) + count
        wait_until(lambda: len(self.answered) >= goal, 60, "the writer goes on")


@pytest.fixture
def task_of(destination, database, new_task):
    def make(conninfo):
        database(destination)
        task = new_task(destination, destination)
        task.source = conninfo
        task.write(source={"heartbeat_ms": 100})
        return task

    return make


@pytest.mark.timeout(240)
@pytest.mark.parametrize("how", ["planned", pytest.param("crash", marks=pytest.mark.long)])
@pytest.mark.parametrize("version", VERSIONS)
def test_the_task_goes_on_at_a_standby_that_took_over_under_load(servers, task_of, destination,
                                                                version, how):
    primary, standby = servers(version, guarded=True)
    both = of_both(primary, standby)
    task = task_of(both).run()
    task.wait_consistent()
    wait_synced(primary, standby)
    writer = Writer(both)
    writer.wait_for_more()

    primary.stop("fast" if how == "planned" else "immediate")
    promote(standby)
    writer.wait_for_more()
    writer.stop()
    task.wait_caught_up(120)

    assert differences(standby.conninfo("shop"), destination.conninfo("shop")) == []
    if how == "planned":
        there = {row for row, in destination.sql("SELECT id FROM shelf", database="shop")}
        assert set(writer.answered) <= there
    assert task.status()["state"] == "running"
    task.stop()
    task.run()
    standby.sql("INSERT INTO shelf VALUES (-1, 'on the new line')", database="shop")
    task.wait_caught_up()
    assert differences(standby.conninfo("shop"), destination.conninfo("shop")) == []
    task.cli("release", "t")
    assert standby.sql("SELECT slot_name FROM pg_replication_slots WHERE NOT active") == []


@pytest.mark.timeout(240)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_changed_conninfo_is_a_failover_and_a_standby_is_waited_for(servers, task_of, destination,
                                                                     version):
    """The address is changed before the standby is promoted, as scripts do."""
    primary, standby = servers(version, guarded=True)
    task = task_of(primary.conninfo("shop")).run()
    task.wait_consistent()
    wait_synced(primary, standby)
    primary.sql("INSERT INTO shelf VALUES (2000, 'last')", database="shop")
    task.wait_caught_up()
    task.stop()
    primary.stop()
    task.source = standby.conninfo("shop")
    task.write(source={"heartbeat_ms": 100})

    task.run()
    status = task.wait_for(lambda s: s["error"] is not None)
    assert status["state"] == "retrying" and "standby" in status["error"]["message"]
    assert "target_session_attrs=read-write" in status["error"]["hint"]
    promote(standby)

    standby.sql("INSERT INTO shelf VALUES (2001, 'first')", database="shop")
    task.wait_caught_up(120)
    assert differences(standby.conninfo("shop"), destination.conninfo("shop")) == []


@pytest.mark.timeout(240)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_standby_that_was_behind_is_noticed(servers, task_of, destination, version):
    """Nothing made the source wait for it."""
    primary, standby = servers(version, guarded=False)
    task = task_of(of_both(primary, standby)).run()
    task.wait_consistent()
    wait_synced(primary, standby)
    standby.stop()
    primary.sql("INSERT INTO shelf SELECT g, 'lost' FROM generate_series(5000, 5100) g",
                database="shop")
    task.wait_caught_up()
    primary.stop()
    standby.start()
    promote(standby)

    assert task.wait_end(120) == 1

    line, = task.errors()
    assert "timeline" in line and "lost changes" in line and "what to do: " in line
    assert task.status()["state"] == "failed"
    assert destination.value("SELECT count(*) FROM shelf", database="shop") == 1101


@pytest.mark.parametrize("version", VERSIONS)
def test_check_says_what_a_standby_lacks(servers, task_of, version):
    primary, standby = servers(version, guarded=True)
    task = task_of(primary.conninfo("shop"))

    def item():
        lines = task.cli("check", task.file, check=False).stdout.splitlines()
        return next((line for line in lines if "source.failover" in line), "")

    wait_until(lambda: item().startswith("ok"), 60, lambda: f"all is there: {item()}", pause=0.5)
    primary.sql("ALTER SYSTEM SET synchronized_standby_slots = ''")
    primary.sql("SELECT pg_reload_conf()")
    standby.sql("ALTER SYSTEM SET hot_standby_feedback = off")
    standby.sql("ALTER SYSTEM SET sync_replication_slots = off")
    standby.sql("SELECT pg_reload_conf()")

    wait_until(lambda: all(word in item() for word in ("warn", "synchronized_standby_slots",
                                                       "hot_standby_feedback",
                                                       "sync_replication_slots")),
               60, lambda: f"what is missing is said: {item()}", pause=0.5)
