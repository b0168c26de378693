"""Every named step, a death at it: the task goes on and both sides are equal in the end.

The list is what the programs print; a step that no part of the story below passes is a failure,
since its crash would be untried. The stories mostly wait, so that several run side by side.
"""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import Task, differences, failpoints, wait_until

PROGRAMS = ("walferry-supervisor", "walferry-schema", "walferry-capture", "walferry-copy",
            "walferry-transform", "walferry-loader")

TABLES = """CREATE TABLE a (id int PRIMARY KEY, v text);
CREATE TABLE toasted (id int PRIMARY KEY, n int, big text);
ALTER TABLE toasted ALTER big SET STORAGE EXTERNAL;
CREATE TABLE keyless (v text);
CREATE TABLE child (id int PRIMARY KEY, a int REFERENCES a);
CREATE TABLE uniq (id int PRIMARY KEY, u int UNIQUE);
CREATE INDEX ON a (v);
CREATE TABLE parts (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE INDEX ON parts (v);
INSERT INTO parts SELECT g, 'p' FROM generate_series(1, 50) g;
INSERT INTO a SELECT g, 'a' FROM generate_series(1, 3000) g;
INSERT INTO toasted SELECT g, g, repeat(md5(g::text), 200) FROM generate_series(1, 50) g;
INSERT INTO keyless SELECT 'k' FROM generate_series(1, 50) g;
INSERT INTO child SELECT g, g FROM generate_series(1, 50) g;
INSERT INTO uniq SELECT g, g FROM generate_series(1, 50) g"""

# Each kind of change, and a transaction that the server streams (its decoding memory is small).
CHANGES = ["INSERT INTO a SELECT g, 'n' FROM generate_series({0} + 1, {0} + 20) g",
           "UPDATE a SET v = 'u{0}' WHERE id < 10", "DELETE FROM a WHERE id = {0} + 20",
           "UPDATE a SET id = id + 500 WHERE id = {0} + 1",
           "UPDATE toasted SET n = n + 1", "DELETE FROM keyless WHERE ctid = "
           "(SELECT min(ctid) FROM keyless)", "INSERT INTO keyless VALUES ('new')",
           "BEGIN; UPDATE uniq SET u = -u WHERE id = 1; UPDATE uniq SET u = 3 - u WHERE id = 2; "
           "UPDATE uniq SET u = 3 + u WHERE id = 1; COMMIT",
           "BEGIN; TRUNCATE child; INSERT INTO child VALUES ({0}, 1); COMMIT",
           "BEGIN; INSERT INTO a SELECT g, repeat('x', 100) FROM generate_series({0} + 1000, "
           "{0} + 3000) g; SAVEPOINT s; INSERT INTO a SELECT g, repeat('y', 100) "
           "FROM generate_series({0} + 3001, {0} + 5000) g; ROLLBACK TO s; COMMIT"]


# Only a supervisor that died while it held the snapshot leaves tables that start again.
NEEDS_A_LOST_SNAPSHOT = ("schema.truncated",)
BULK = "CREATE TABLE bulk AS SELECT g AS id, repeat('x', 200) AS v FROM generate_series(1, 300000) g"

# Only what does not fit into the window goes to its file.
NEEDS_A_FULL_WINDOW = ("outbox.spool_write",)
FLOOD = "INSERT INTO a SELECT g, repeat('f', 200) FROM generate_series(1000001, 1150000) g"

SIDE_BY_SIDE = 6


def all_failpoints():
    """A name that stands in two programs is armed in both at once."""
    return sorted({point for name in PROGRAMS for point in failpoints(name)})


class Life:
    """One task from its beginning to its release, with a failpoint armed on the way."""

    def __init__(self, source, destination, number, point):
        self.source, self.destination, self.point = source, destination, point
        self.database = f"life{number}"
        self.base = 100_000
        for cluster in (source, destination):
            cluster.create_database(self.database)
        source.sql(TABLES, database=self.database)
        self.task = Task(source.conninfo(self.database), destination.conninfo(self.database),
                         name=self.database, source={"heartbeat_ms": 100}, window="1MB",
                         stages={"copy": 2, "transform": 1, "loader": 1})

    def live(self):
        in_copy = self.arm("copy")
        if self.point in NEEDS_A_LOST_SNAPSHOT:
            self.lose_the_snapshot()
        self.keep_running()
        self.change()
        self.wait_consistent()
        self.change()
        if self.point in NEEDS_A_FULL_WINDOW:
            self.flood(in_copy)
        self.wait_equal()
        self.stop()

        in_stream = self.arm("stream")
        self.run()
        self.wait_consistent()
        self.change()
        self.wait_equal()
        self.stop()
        self.release()

        assert os.path.exists(in_copy) or os.path.exists(in_stream), f"nothing passed {self.point}"

    def arm(self, word):
        once = os.path.join(self.task.folder, f"fired-{word}")
        self.armed = {"WALFERRY_FAILPOINT": f"{self.point}:1", "WALFERRY_FAILPOINT_ONCE": once}
        return once

    def lose_the_snapshot(self):
        self.source.sql(BULK, database=self.database)
        self.run()
        wait_until(lambda: self.task.pids("copy"), 30, "the copy", pause=0.005)
        self.task.kill_run()

    def flood(self, fired):
        """With a loader that stands still, until the step was passed."""
        self.task.kill("loader", sent=signal.SIGSTOP)
        self.source.sql(FLOOD, database=self.database)
        try:
            wait_until(lambda: os.path.exists(fired), 8, "a full window")
        finally:
            self.task.kill("loader", sent=signal.SIGCONT)

    def run(self):
        self.task.run(**self.armed)

    def keep_running(self):
        """The supervisor, too, may be what dies."""
        if not self.task.running():
            self.task.process = None
            self.run()

    def wait_consistent(self):
        def consistent():
            self.keep_running()
            status = self.task.status()
            assert not status or status["state"] != "failed", status["error"]
            return status and status["consistent"]
        wait_until(consistent, 60, lambda: f"consistent\n{self.task.log_tail()}", pause=0.1)

    def change(self):
        for statement in CHANGES:
            self.source.sql(statement.format(self.base), database=self.database)
        self.base += 100_000

    def wait_equal(self):
        """wait may fail when the supervisor dies under it."""
        def caught_up():
            self.keep_running()
            return self.task.cli("wait", self.task.name, "--for", "caught-up", "--timeout", "20",
                                 check=False).returncode == 0
        wait_until(caught_up, 60, lambda: f"caught up\n{self.task.log_tail()}", pause=0.1)
        found = differences(self.source.conninfo(self.database),
                            self.destination.conninfo(self.database))
        assert found == []

    def stop(self):
        if self.task.running():
            self.task.stop()
        self.task.process = None

    def release(self):
        def released():
            return self.task.cli("release", self.task.name, check=False,
                                 **self.armed).returncode == 0
        wait_until(released, 30, "release", pause=0.1)
        assert not self.source.sql("SELECT 1 FROM pg_replication_slots WHERE slot_name = %s",
                                   (f"walferry_{self.database}",))


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_has_named_steps(name):
    assert failpoints(name)


def live(source, destination, number, point):
    life = Life(source, destination, number, point)
    try:
        life.live()
    finally:
        life.task.remove()


@pytest.fixture(scope="module")
def lives(request, source, destination):
    """{failpoint: its story, under way} of the tests that were selected."""
    points = [item.callspec.params["point"] for item in request.session.items
              if item.module is request.module and "point" in item.fixturenames]
    source.sql("ALTER SYSTEM SET logical_decoding_work_mem = '64kB'")
    source.sql("SELECT pg_reload_conf()")
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {point: pool.submit(live, source, destination, number, point)
               for number, point in enumerate(points)}
        pool.shutdown(cancel_futures=True)
    source.sql("ALTER SYSTEM RESET ALL")
    source.sql("SELECT pg_reload_conf()")
    source.drop_slots()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("point", all_failpoints())
def test_a_death_at_every_named_step_in_copy_and_stream(lives, point):
    lives[point].result()
