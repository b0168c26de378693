"""Every named step, a death at it: the task goes on and both sides are equal in the end.

The list is what the programs print; a step that no part of the story below passes is a failure,
since its crash would be untried.
"""

import os

import pytest

from harness import differences, failpoints, wait_until

PROGRAMS = ("walferry-supervisor", "walferry-schema", "walferry-capture", "walferry-copy",
            "walferry-transform", "walferry-loader")

TABLES = """CREATE TABLE a (id int PRIMARY KEY, v text);
CREATE TABLE toasted (id int PRIMARY KEY, n int, big text);
ALTER TABLE toasted ALTER big SET STORAGE EXTERNAL;
CREATE TABLE keyless (v text);
CREATE TABLE child (id int PRIMARY KEY, a int REFERENCES a);
CREATE TABLE uniq (id int PRIMARY KEY, u int UNIQUE);
CREATE INDEX ON a (v);
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
           "BEGIN; UPDATE uniq SET u = -1 WHERE id = 1; UPDATE uniq SET u = 1 WHERE id = 2; "
           "UPDATE uniq SET u = 2 WHERE id = 1; UPDATE uniq SET u = -id; UPDATE uniq SET u = id; COMMIT",
           "BEGIN; TRUNCATE child; INSERT INTO child VALUES ({0}, 1); COMMIT",
           "BEGIN; INSERT INTO a SELECT g, repeat('x', 100) FROM generate_series({0} + 1000, "
           "{0} + 3000) g; SAVEPOINT s; INSERT INTO a SELECT g, repeat('y', 100) "
           "FROM generate_series({0} + 3001, {0} + 5000) g; ROLLBACK TO s; COMMIT"]


def all_failpoints():
    return [(name, point) for name in PROGRAMS for point in failpoints(name)]


@pytest.fixture(scope="module")
def servers(source, destination):
    source.sql("ALTER SYSTEM SET logical_decoding_work_mem = '64kB'")
    source.sql("SELECT pg_reload_conf()")
    yield source, destination
    source.sql("ALTER SYSTEM RESET ALL")
    source.sql("SELECT pg_reload_conf()")


class Life:
    """One task from its beginning to its release, with a failpoint armed on the way."""

    def __init__(self, source, destination, task, point):
        self.source, self.destination, self.task, self.point = source, destination, task, point
        self.base = 100_000

    def arm(self, word):
        once = os.path.join(self.task.folder, f"fired-{word}")
        self.armed = {"WALFERRY_FAILPOINT": f"{self.point}:1", "WALFERRY_FAILPOINT_ONCE": once}
        return once

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
            self.source.sql(statement.format(self.base), database="shop")
        self.base += 100_000

    def wait_equal(self):
        """wait may fail when the supervisor dies under it."""
        def caught_up():
            self.keep_running()
            return self.task.cli("wait", self.task.name, "--for", "caught-up", "--timeout", "20",
                                 check=False).returncode == 0
        wait_until(caught_up, 60, lambda: f"caught up\n{self.task.log_tail()}", pause=0.1)
        found = differences(self.source.conninfo("shop"), self.destination.conninfo("shop"))
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
        assert self.source.sql("SELECT 1 FROM pg_replication_slots") == []


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_has_named_steps(name):
    assert failpoints(name)


@pytest.mark.parametrize("name, point", all_failpoints())
def test_a_death_at_every_named_step_in_copy_and_stream(servers, database, new_task, name, point):
    source, destination = servers
    database(source, destination)
    source.sql(TABLES, database="shop")
    task = new_task(source, destination, stages={"copy": 2, "transform": 1, "loader": 1})
    life = Life(source, destination, task, point)

    in_copy = life.arm("copy")
    life.run()
    life.change()
    life.wait_consistent()
    life.change()
    life.wait_equal()
    life.stop()

    in_stream = life.arm("stream")
    life.run()
    life.wait_consistent()
    life.change()
    life.wait_equal()
    life.stop()
    life.release()

    assert os.path.exists(in_copy) or os.path.exists(in_stream), f"nothing passed {point}"
