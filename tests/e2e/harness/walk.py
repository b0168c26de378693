"""The walk over the failpoints: for each of them a short life of a task with a death in it.

Several lives run side by side on one pair of servers, each worker with a database of its own, in
which one life follows the other: release has to leave it clean.
"""

import os
import queue
from concurrent.futures import ThreadPoolExecutor

import psycopg2

from .compare import differences
from .task import Task, processes_of
from .waiting import wait_until

TABLES = """CREATE TABLE a (id int PRIMARY KEY, v text);
CREATE TABLE toasted (id int PRIMARY KEY, n int, big text);
ALTER TABLE toasted ALTER big SET STORAGE EXTERNAL;
CREATE TABLE keyless (v text);
CREATE TABLE child (id int PRIMARY KEY, a int REFERENCES a);
CREATE TABLE uniq (id int PRIMARY KEY, u int UNIQUE);
CREATE TABLE parted (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parted DEFAULT;
CREATE INDEX ON a (v);
CREATE INDEX ON parted (v);
INSERT INTO a SELECT g, 'a' FROM generate_series(1, 3000) g;
INSERT INTO toasted SELECT g, g, repeat(md5(g::text), 200) FROM generate_series(1, 50) g;
INSERT INTO keyless SELECT 'k' FROM generate_series(1, 50) g;
INSERT INTO child SELECT g, g FROM generate_series(1, 50) g;
INSERT INTO uniq SELECT g, g FROM generate_series(1, 50) g;
INSERT INTO parted SELECT g, 'p' FROM generate_series(1, 50) g"""

# Each kind of change, any number of times, and a transaction that the server streams (its decoding
# memory is small). {0} is greater each time.
CHANGES = ["INSERT INTO a SELECT g, 'n' FROM generate_series({0} + 1, {0} + 20) g",
           "UPDATE a SET v = 'u{0}' WHERE id < 10", "DELETE FROM a WHERE id = {0} + 20",
           "UPDATE a SET id = id + 500 WHERE id = {0} + 1",
           "UPDATE toasted SET n = n + 1", "DELETE FROM keyless WHERE ctid = "
           "(SELECT min(ctid) FROM keyless)", "INSERT INTO keyless VALUES ('new')",
           "UPDATE parted SET v = '{0}' WHERE id < 10",
           "BEGIN; UPDATE uniq SET u = -u WHERE id IN (1, 2); "  # exchanges the two
           "UPDATE uniq SET u = 3 + u WHERE id IN (1, 2); COMMIT",
           "BEGIN; TRUNCATE child; INSERT INTO child VALUES ({0}, 1); COMMIT",
           "BEGIN; INSERT INTO a SELECT g, repeat('x', 100) FROM generate_series({0} + 1000, "
           "{0} + 3000) g; SAVEPOINT s; INSERT INTO a SELECT g, repeat('y', 100) "
           "FROM generate_series({0} + 3001, {0} + 5000) g; ROLLBACK TO s; COMMIT"]

# Together more than the window.
MANY_BYTES = ("INSERT INTO a SELECT g, repeat('z', 1000) FROM generate_series({0} + 1, "
              "{0} + 700) g")

LEFTOVERS = """SELECT 'slot ' || slot_name FROM pg_replication_slots
WHERE database = current_database()
UNION ALL SELECT 'publication ' || pubname FROM pg_publication
UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname LIKE 'walferry%'
UNION ALL SELECT 'trigger ' || evtname FROM pg_event_trigger
UNION ALL SELECT 'identity of ' || relname FROM pg_class
WHERE relkind = 'r' AND relreplident = 'f'"""

FIRE_SECONDS = 15
NOTHING_PASSED = "nothing passed"


class Life:
    """One task from its beginning to its release, in which `point` of `program` is armed.

    block: the step is passed only while the destination stands still. kill: a role to be killed,
    when the armed step is only left out.
    """

    def __init__(self, source, destination, name, program, point, passing=1, block=False,
                 kill=None, fire_seconds=FIRE_SECONDS):
        self.source, self.destination, self.name = source, destination, name
        self.program, self.point, self.passing = program, point, passing
        self.block, self.kill, self.fire_seconds = block, kill, fire_seconds
        self.base, self.armed, self.once = 100_000, {}, None
        self.task = Task(source.conninfo(name), destination.conninfo(name), name=name,
                         source={"heartbeat_ms": 100}, window="2MB",
                         stages={"copy": 2, "transform": 1, "loader": 1})

    def arm(self, word, point=None, program=None):
        self.once = os.path.join(self.task.folder, f"fired-{word}")
        self.armed = {"WALFERRY_FAILPOINT": f"{point or self.point}:{self.passing}",
                      "WALFERRY_FAILPOINT_IN": program or self.program,
                      "WALFERRY_FAILPOINT_ONCE": self.once}

    def disarm(self):
        self.once, self.armed = None, {}

    def fired(self):
        return self.once is None or os.path.exists(self.once)

    def run(self):
        self.task.run(**self.armed)

    def keep_running(self):
        """The supervisor, too, may be what dies."""
        if not self.task.running():
            self.task.process = None
            self.task.run(**self.armed)

    def change(self):
        connection = self.source.connect(self.name)
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in CHANGES:
                cursor.execute(statement.format(self.base))
        connection.close()
        self.base += 100_000

    def wait_for(self, goal):
        """wait may fail when the supervisor dies under it."""
        def reached():
            self.keep_running()
            answer = self.task.cli("wait", self.name, "--for", goal, "--timeout", "20",
                                   check=False)
            status = self.task.status() if answer.returncode else None
            assert not status or status["state"] != "failed", status["error"]
            return answer.returncode == 0
        wait_until(reached, 60, goal, pause=0.1)

    def fill_window(self):
        """While the destination stands still, the changes pile up."""
        blocker = self.destination.connect(self.name)
        with blocker.cursor() as cursor:
            cursor.execute("LOCK TABLE a IN SHARE MODE")
        for _ in range(8):
            self.source.sql(MANY_BYTES.format(self.base), database=self.name)
            self.base += 1000
        try:
            self.wait_fired()
        finally:
            blocker.close()

    def wait_slot(self):
        """What is changed before there is a slot is copied, not streamed."""
        def exists():
            self.keep_running()
            return self.fired() or self.slot("1")
        wait_until(exists, 30, "a slot")

    def slot(self, columns, *arguments):
        return self.source.sql(f"SELECT {columns} FROM pg_replication_slots "
                               f"WHERE slot_name = 'walferry_{self.name}'", arguments)

    def wait_fired(self):
        def fired():
            self.keep_running()
            return self.fired()
        wait_until(fired, self.fire_seconds, f"{NOTHING_PASSED} {self.point} of {self.program}")

    def wait_equal(self):
        self.wait_for("caught-up")
        found = differences(self.source.conninfo(self.name), self.destination.conninfo(self.name))
        assert found == []

    def wait_let_go(self):
        """The slot is there and goes on: no WAL is lost, and none is kept for ever."""
        now = self.source.value("SELECT pg_current_wal_lsn()::text")

        def confirmed():
            rows = self.slot("wal_status, confirmed_flush_lsn >= %s::pg_lsn", now)
            assert len(rows) == 1, "the slot is gone"
            assert rows[0][0] in ("reserved", "extended"), rows
            return rows[0][1]
        wait_until(confirmed, 20, "the slot goes on", pause=0.1)

    def survive(self):
        """The death has come by now or comes soon; what was and what follows arrives."""
        if self.block:
            self.fill_window()
        elif not self.fired():
            self.change()
        if self.kill:
            self.wait_for("caught-up")
            assert self.task.kill(self.kill)
        else:
            self.wait_fired()
        self.change()
        self.wait_equal()
        self.wait_let_go()

    def stop(self):
        if self.task.running():
            self.task.stop()
        self.task.process = None
        wait_until(lambda: not processes_of(self.task.state_dir), 15,
                   lambda: f"left behind: {processes_of(self.task.state_dir)}")

    # The parts of a life. Each leaves the task running.

    def copy(self, before=None):
        """before: (program, point) of a death that must come first."""
        if before:
            self.arm("before", before[1], before[0])
            self.run()
            wait_until(lambda: not self.task.running(), 30, f"the death at {before[1]}")
            self.task.process = None
            assert self.fired()
        self.arm("copy")
        self.run()
        self.wait_slot()
        self.change()
        self.wait_for("consistent")
        self.survive()

    def start(self):
        """What copy() does, without a death."""
        self.disarm()
        self.run()
        self.wait_for("consistent")

    def stream(self):
        self.stop()
        self.arm("stream")
        self.run()
        self.survive()

    def end(self):
        """Released by the supervisor's job, or by the command itself when no supervisor runs."""
        self.stop()
        self.arm("release")
        if self.program != "walferry":
            self.run()
            wait_until(lambda: (self.task.status() or {}).get("stages"), 15, "a supervisor")
        self.release()
        assert self.fired(), f"{NOTHING_PASSED} {self.point} of {self.program}"

    def finish(self):
        self.stop()
        self.disarm()
        self.release()

    def release(self):
        def released():
            answer = self.task.cli("release", self.name, check=False, **self.armed)
            last["answer"] = f"{answer.returncode} {answer.stdout}{answer.stderr}"
            return answer.returncode == 0
        last = {}
        wait_until(released, 30, lambda: f"released: {last['answer']}", pause=0.1)
        for cluster in (self.source, self.destination):
            assert cluster.sql(LEFTOVERS, database=self.name) == []

    def live(self, parts, before):
        """Through these parts of copy, stream, release. Gives what was wrong with each, or None."""
        wrong = dict.fromkeys(parts, "an earlier part failed")
        part = parts[0]
        try:
            if part != "copy":
                self.start()
            for part in parts:
                {"copy": lambda: self.copy(before), "stream": self.stream,
                 "release": self.end}[part]()
                wrong[part] = None
            if part != "release":
                self.finish()
        except (AssertionError, psycopg2.Error, OSError) as error:
            wrong[part] = f"{error}\n{self.task.log_tail(60)}"
        return wrong


class Walk:
    """Runs lives side by side; a future for each."""

    def __init__(self, source, destination, workers):
        self.source, self.destination = source, destination
        self.pool = ThreadPoolExecutor(workers)
        self.names = queue.SimpleQueue()
        for number in range(workers):
            self.names.put(f"w{number}")
        self.made = set()

    def submit(self, parts, before=None, **life):
        """A future of what Life.live() gives; life: what Life takes after the name."""
        return self.pool.submit(self._live, parts, before, life)

    def close(self):
        self.pool.shutdown(cancel_futures=True)

    def _live(self, parts, before, arguments):
        name = self.names.get()
        try:
            self._clean(name)
            life = Life(self.source, self.destination, name, **arguments)
            try:
                wrong = life.live(parts, before)
            finally:
                life.task.remove()
            if any(wrong.values()):
                self.made.discard(name)
            return wrong
        finally:
            self.names.put(name)

    def _clean(self, name):
        """Released, a database only has to lose its tables; else it is made anew."""
        if name not in self.made:
            self._drop_slot(name)
            for cluster in (self.source, self.destination):
                cluster.create_database(name)
            self.made.add(name)
        else:
            for cluster in (self.source, self.destination):
                cluster.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public", database=name)
        self.source.sql(TABLES, database=name)

    def _drop_slot(self, name):
        slots = f"FROM pg_replication_slots WHERE database = '{name}'"
        self.source.sql(f"SELECT pg_terminate_backend(active_pid) {slots} AND active")
        wait_until(lambda: not self.source.sql(f"SELECT 1 {slots} AND active"), 10, "slot is free")
        self.source.sql(f"SELECT pg_drop_replication_slot(slot_name) {slots}")
