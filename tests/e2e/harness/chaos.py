"""A seeded run of faults over a pgbench load, with a reader at the destination all the while.

pgbench's TPC-B transaction keeps sum(abalance) = sum(tbalance) = sum(bbalance) = sum(delta) in
every committed state of the source. With one loader the destination shows such states only, so a
torn or doubled transaction is seen at once; with several, the order per key is checked instead: a
version that never falls.
"""

import os
import random
import signal
import time

import psycopg2

from .chaos_parts import LANES, Counters, Load, Reader
from .compare import differences
from .task import Task
from .waiting import Timeout, wait_until


class Chaos:
    PHASES = ("schema", "copy", "index", "stream")
    BALLAST = 600_000  # rows: what makes the copy last, and the reader's sums no slower
    LOAD_SCRIPT = """\\set id random(1, 200)
UPDATE versions SET version = version + 1 WHERE id = :id;
"""

    def __init__(self, source, destination, seed, transforms=1, loaders=1, scale=1, rate=300,
                 environment=None, say=print, database="shop"):
        self.source, self.destination, self.database = source, destination, database
        self.random = random.Random(seed)
        self.seed, self.lanes, self.scale, self.rate, self.say = seed, loaders, scale, rate, say
        self.errors, self.faults, self.phases, self.slowest = [], {}, {}, 0.0
        self.by_lane, self.zombies = [], 0
        self.counters = Counters()
        self.task = Task(source.conninfo(database), self.destination_of_task(), name="chaos",
                         environment={"WALFERRY_HUNG_MS": "1500", **(environment or {})},
                         stages={"copy": 2, "transform": transforms, "loader": loaders})
        self.reader = self.make_reader()
        self.load = Load(source, database, self.task.folder, clients=4, rate=rate,
                         script=self.LOAD_SCRIPT)

    # What depends on the destination: selectdb_chaos.py has others.

    def destination_of_task(self):
        return self.destination.conninfo(self.database)

    def make_reader(self):
        return Reader(self.destination, self.database, self.lanes)

    # The faults. Each gives a word about what it did, or None when there was nothing to do it to.

    def kill_capture(self):
        return self.task.kill("capture")

    def kill_schema(self):
        return self.task.kill("schema")

    def kill_copy(self):
        return self.task.kill("copy", self.random.randrange(16))

    def kill_transform(self):
        return self.task.kill("transform", self.random.randrange(16))

    def kill_transform_midway(self):
        """It dies with what it has sent under way to a loader that is slow: that comes twice."""
        loader = self.task.kill("loader", self.random.randrange(16), signal.SIGSTOP)
        if loader is None:
            return None
        time.sleep(0.3)
        others = set(self.task.pids("transform"))
        killed = [self.task.kill("transform", n) for n in range(len(others))]
        try:
            wait_until(lambda: set(self.task.pids("transform")) - others, 0.8)
        except Timeout:
            pass
        time.sleep(0.1)
        try:
            os.kill(loader, signal.SIGCONT)
        except ProcessLookupError:
            pass
        time.sleep(1.1)  # the next heartbeat tells the loader's counters
        return f"{len(killed)} of them" if killed else None

    def kill_loader(self):
        return self.task.kill("loader", self.random.randrange(16))

    def kill_supervisor(self):
        self.counters.note(self.task.status())
        self.task.kill_run()
        self.task.run()
        return "started again"

    def zombie_loader(self):
        return self.zombie("loader")

    def zombie_capture(self):
        return self.zombie("capture")

    def zombie_transform(self):
        return self.zombie("transform")

    def zombie(self, role):
        """Stops a process until its successor has taken over, then lets it go on."""
        before = self.generation()
        pid = self.task.kill(role, self.random.randrange(16), signal.SIGSTOP)
        if pid is None:
            return None
        others = set(self.task.pids(role))

        def taken_over():
            if not set(self.task.pids(role)) - others:
                return False
            return role != "loader" or self.generation() != before
        try:
            wait_until(taken_over, 9, "a successor")
            word = "succeeded"
        except Timeout:
            word = "no successor in time"
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            word += ", but killed meanwhile"
        self.zombies += word == "succeeded"
        return word

    def generation(self):
        try:
            return self.destination.value("SELECT sum(generation) FROM walferry.progress",
                                          database=self.database)
        except psycopg2.Error:
            return None

    def terminate_walsender(self):
        rows = self.source.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots "
                               "WHERE slot_name = 'walferry_chaos' AND active")
        return "terminated" if rows else None

    def crash_destination(self):
        self.destination.crash()
        time.sleep(self.random.uniform(0, 0.5))
        self.destination.start()
        return "restarted"

    def crash_source(self):
        self.source.crash()
        self.load.stop()
        time.sleep(self.random.uniform(0, 0.5))
        self.source.start()
        return "restarted"

    KINDS = ("kill_capture", "kill_transform", "kill_transform_midway", "kill_loader",
             "kill_supervisor", "zombie_loader", "zombie_capture", "zombie_transform",
             "terminate_walsender", "crash_destination", "crash_source")
    WEIGHTS = (5, 4, 2, 8, 3, 2, 1, 1, 3, 2, 2)

    def inflict(self, kind, phase):
        """Counts it only when it hit something."""
        done = getattr(self, kind)()
        if done is None:
            return False
        self.faults[kind] = self.faults.get(kind, 0) + 1
        self.phases[phase] = self.phases.get(phase, 0) + 1
        self.report(phase, kind, done)
        return True

    def report(self, phase, kind, word):
        self.say(f"{time.monotonic() - self.began:6.1f} s  {phase:6}  {kind:21} {word}")

    # The run.

    def prepare(self):
        self.source.create_database(self.database)
        self.prepare_destination()
        self.source.pgbench("-i", "-q", "-s", str(self.scale), database=self.database)
        self.source.sql("CREATE TABLE versions (id int PRIMARY KEY, version bigint NOT NULL); "
                        "INSERT INTO versions SELECT g, 0 FROM generate_series(1, 200) g; "
                        "CREATE TABLE ballast (id int PRIMARY KEY, filler text); INSERT INTO ballast "
                        f"SELECT g, repeat('x', 100) FROM generate_series(1, {self.BALLAST}) g",
                        database=self.database)

    def prepare_destination(self):
        self.destination.create_database(self.database)
        self.destination.sql(f"ALTER DATABASE {self.database} SET synchronous_commit = off")

    def kill_in_each_phase(self, seconds=120):
        """Until the destination is consistent, kills what is at work in every phase."""
        wanted, copied = set(self.PHASES) - {"stream"}, False
        deadline = time.monotonic() + seconds
        holder = None
        while time.monotonic() < deadline:
            self.load.keep_up()
            copying = bool(self.task.pids("copy"))
            if copying and not copied:
                copied, holder = True, self.hold_indexes()
            if "copy" in wanted and copying:
                time.sleep(self.random.uniform(0.05, 0.4))
                self.inflict("kill_copy", "copy")
                for kind in ("kill_loader", "kill_transform", "kill_capture", "kill_supervisor"):
                    time.sleep(self.random.uniform(0, 0.3))
                    if not self.task.pids("copy"):
                        break  # it is over: the indexes are not to be missed
                    self.inflict(kind, "copy")
                wanted.discard("copy")
            phase = "index" if copied else "schema"
            if phase in wanted and self.catch_schema(phase):
                wanted.discard(phase)
                if phase == "index":
                    holder.close()
            if copied and not self.task.pids("copy") and self.look() and self.status["consistent"]:
                return
            time.sleep(0.02)
        self.errors.append(f"not consistent within {seconds} s")

    def hold_indexes(self):
        """Rows go into the table, but its key waits to be made until the connection is closed."""
        connection = self.destination.connect(self.database)
        connection.cursor().execute("LOCK ballast IN ROW EXCLUSIVE MODE")
        return connection

    def catch_schema(self, phase, seconds=0.5):
        """It may be at work for some tens of milliseconds only."""
        until = time.monotonic() + seconds
        while not self.inflict("kill_schema", phase):
            if time.monotonic() > until:
                return False
            time.sleep(0.002)
        return True

    def count_lanes(self):
        """Order per key is proved only where the keys of one table go through all lanes."""
        if self.lanes > 1:
            sequences = "".join(f"CREATE SEQUENCE lane_{n}; " for n in range(self.lanes))
            # Else the next crash of the destination may take them away again.
            self.destination.sql(f"SET synchronous_commit = on; {sequences} {LANES}",
                                 database=self.database)

    def rows_by_lane(self):
        return [self.destination.value(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END "
                                       f"FROM lane_{n}", database=self.database)
                for n in range(self.lanes)] if self.lanes > 1 else []

    def look(self):
        """Reads the status; a task that gave up is an error."""
        self.status = self.task.status()
        self.counters.note(self.status)
        if self.status and self.status["state"] == "failed":
            raise Timeout(f"the task failed: {self.status['error']}")
        return self.status

    def storm(self, seconds):
        """Each kind once in a random order, then any."""
        first = list(self.KINDS)
        self.random.shuffle(first)
        until = time.monotonic() + seconds
        while time.monotonic() < until or first:
            self.load.keep_up()
            kind = first.pop() if first else self.random.choices(self.KINDS, self.WEIGHTS)[0]
            if not self.inflict(kind, "stream") and kind not in first and \
                    kind not in self.faults:
                first.insert(0, kind)
            self.look()
            time.sleep(self.random.uniform(0.1, 1.6))

    def finish(self, seconds):
        """No more faults: everything has to arrive."""
        self.load.stop()
        began = time.monotonic()
        self.task.wait_caught_up(seconds)
        self.slowest = time.monotonic() - began
        self.look()
        self.by_lane = self.rows_by_lane()
        self.reader.stop()

    def compare(self):
        """Plainly, and whatever the task says of itself."""
        try:
            self.errors += differences(self.source.conninfo(self.database),
                                       self.destination.conninfo(self.database))
        except psycopg2.Error as error:
            self.errors.append(f"not compared: {error}")

    def run(self, seconds, catch_up=120):
        """Gives the errors found; an empty list is a success."""
        self.prepare()
        self.began = time.monotonic()
        try:
            self.load.keep_up()
            self.task.run()
            self.kill_in_each_phase()
            self.count_lanes()
            self.reader.start()
            self.storm(max(5.0, seconds - (time.monotonic() - self.began)))
            self.finish(catch_up)
        except (AssertionError, psycopg2.Error) as error:
            self.errors.append(f"{type(error).__name__}: {error}")
        finally:
            self.load.stop()
            if self.reader.is_alive():
                self.reader.stop()
            self.errors = self.reader.errors + self.errors
        self.compare()
        return self.errors

    def blind_spots(self, checks=500, states=50, kills=20):
        """What the run did not try, so that its success would prove less than it says."""
        found = [f"{name} stayed 0" for name in ("redelivered_batches", "duplicates_dropped")
                 if not self.counters.totals[name]]
        found += [f"no fault of kind {kind}" for kind in self.KINDS if kind not in self.faults]
        found += [f"no fault in phase {phase}" for phase in self.PHASES if phase not in self.phases]
        if sum(self.faults.values()) < kills:
            found.append(f"only {sum(self.faults.values())} faults")
        if self.zombies < 2:
            found.append(f"{self.zombies} stopped processes went on beside a successor")
        if self.lanes > 1 and (not self.by_lane or min(self.by_lane) < 50):
            found.append(f"the versions were written by lane {self.by_lane} times")
        if self.reader.checks < checks or len(self.reader.states) < states:
            found.append(f"only {self.reader.checks} checks over {len(self.reader.states)} states")
        return found

    def summary(self):
        rows = self.source.value("SELECT count(*) FROM pgbench_history", database=self.database)
        return "\n".join([
            f"seed {self.seed}, {self.lanes} loader(s), {time.monotonic() - self.began:.0f} s",
            f"faults      {sum(self.faults.values())}: " +
            ", ".join(f"{kind} {count}" for kind, count in sorted(self.faults.items())),
            "in phases   " + ", ".join(f"{p} {n}" for p, n in sorted(self.phases.items())),
            f"load        {rows} transactions of TPC-B",
            f"reader      {self.reader.checks} checks over {len(self.reader.states)} states, "
            f"{len(self.reader.errors)} wrong",
            "counters    " + ", ".join(f"{k} {v}" for k, v in self.counters.totals.items()),
            f"zombies     {self.zombies} went on beside a successor",
            *([f"versions    by lane {self.by_lane}"] if self.by_lane else []),
            f"caught up   {self.slowest:.1f} s after the last fault",
        ])

    def remove(self):
        self.load.stop()
        self.task.remove()
