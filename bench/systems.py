"""The systems that are measured side by side. Each follows the source into a database of its own."""

import shutil
import subprocess
import time

from harness import Task, wait_until
from measure import Usage

SENTINEL = "CREATE TABLE IF NOT EXISTS sentinel (id int PRIMARY KEY)"


class Result:
    """seconds: on the clock; cpu: of our processes; servers: CPU seconds of both servers."""

    def __init__(self, seconds, usage):
        self.seconds, self.cpu, self.servers = seconds, usage.cpu(), usage.cpu_of_servers()
        self.roles, self.spent = usage.peak, usage.spent()


def drained(cluster, database, seconds=900):
    """The moment at which the last transaction of the backlog is visible."""
    connection = cluster.connect(database)
    connection.autocommit = True
    with connection.cursor() as cursor:
        def seen():
            cursor.execute("SELECT 1 FROM sentinel WHERE id = 1")
            return cursor.fetchone()
        wait_until(seen, seconds, f"{database} has drained the backlog", pause=0.01)
    connection.close()


class Native:
    """Logical replication as PostgreSQL has it, with its default settings."""

    name = "native"

    def __init__(self, source, destination):
        self.source, self.destination = source, destination

    def _publish(self):
        """The workload's tables; FOR ALL TABLES would take walferry's own ones along."""
        tables = self.source.value("SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') "
                                   "FROM pg_tables WHERE schemaname = 'public'", database="shop")
        self.source.sql(f"CREATE PUBLICATION bench FOR TABLE {tables}", database="shop")

    def prepare(self, work):
        """Follows the source, holds still, and waits for go()."""
        self.destination.create_database("native")
        self.destination.sql("ALTER DATABASE native SET synchronous_commit = off")
        work.make_tables(self.destination, "native")
        self._publish()
        self.source.sql("SELECT pg_create_logical_replication_slot('bench', 'pgoutput')",
                        database="shop")
        self.destination.sql(
            f"CREATE SUBSCRIPTION bench CONNECTION '{self.source.conninfo('shop')}' "
            "PUBLICATION bench WITH (create_slot = false, slot_name = 'bench', enabled = false, "
            "copy_data = false, synchronous_commit = off)", database="native")

    def go(self):
        with Usage(None, (self.source, self.destination)) as usage:
            began = time.monotonic()
            self.destination.sql("ALTER SUBSCRIPTION bench ENABLE", database="native")
            drained(self.destination, "native")
            seconds = time.monotonic() - began
        return Result(seconds, usage)

    def copy(self, work):
        """The initial copy, of two tables at a time; keys exist before, as its manual says."""
        self.destination.create_database("native")
        self.destination.sql("ALTER DATABASE native SET synchronous_commit = off")
        work.make_tables(self.destination, "native")
        self._publish()
        with Usage(None, (self.source, self.destination)) as usage:
            began = time.monotonic()
            self.destination.sql(
                f"CREATE SUBSCRIPTION bench CONNECTION '{self.source.conninfo('shop')}' "
                "PUBLICATION bench", database="native")
            self._all_ready()
            seconds = time.monotonic() - began
        return Result(seconds, usage)

    def _all_ready(self):
        connection = self.destination.connect("native")
        connection.autocommit = True
        with connection.cursor() as cursor:
            def ready():
                cursor.execute("SELECT bool_and(srsubstate IN ('r', 's')) FROM pg_subscription_rel")
                return cursor.fetchone()[0]
            wait_until(ready, 900, "native copy", pause=0.02)
        connection.close()

    def remove(self):
        for statement in ("ALTER SUBSCRIPTION bench DISABLE",
                          "ALTER SUBSCRIPTION bench SET (slot_name = NONE)",
                          "DROP SUBSCRIPTION bench"):
            self.destination.sql(statement, database="native")
        self.source.sql("DROP PUBLICATION bench", database="shop")


class Walferry:
    name = "walferry"

    def __init__(self, source, destination, stages=None):
        self.source, self.destination = source, destination
        self.stages = stages or {"copy": 2, "transform": 1, "loader": 1}
        self.task = None

    def _fresh(self):
        self.destination.create_database("walferry")
        self.destination.sql("ALTER DATABASE walferry SET synchronous_commit = off")
        self.task = Task(self.source.conninfo("shop"), self.destination.conninfo("walferry"),
                         name="bench", stages=self.stages)

    def prepare(self, work):
        self._fresh()
        self.task.run()
        self.task.wait_consistent(300)
        self.task.cli("pause", "bench")
        self.task.wait_state("paused")

    def go(self):
        with Usage(self.task.state_dir, (self.source, self.destination)) as usage:
            began = time.monotonic()
            self.task.cli("resume", "bench")
            drained(self.destination, "walferry")
            seconds = time.monotonic() - began
        return Result(seconds, usage)

    def copy(self, work):
        self._fresh()
        with Usage(self.task.state_dir, (self.source, self.destination)) as usage:
            began = time.monotonic()
            self.task.run()
            # Its own clock: `status`, asked every now and then, would add up to 0.2 s.
            self.task.cli("wait", "bench", "--for", "consistent", "--timeout", "900", timeout=930)
            seconds = time.monotonic() - began
        return Result(seconds, usage)

    def remove(self):
        self.task.cli("release", "bench", check=False)
        self.task.remove()


class Pgcopydb:
    """Copies only."""

    name = "pgcopydb"

    def __init__(self, source, destination):
        self.source, self.destination = source, destination

    def copy(self, work):
        self.destination.create_database("pgcopydb")
        self.destination.sql("ALTER DATABASE pgcopydb SET synchronous_commit = off")
        folder = f"{self.destination.folder}/pgcopydb"
        with Usage(None, (self.source, self.destination)) as usage:
            began = time.monotonic()
            subprocess.run(["pgcopydb", "clone", "--source", self.source.conninfo("shop"),
                            "--target", self.destination.conninfo("pgcopydb"), "--table-jobs", "2",
                            "--index-jobs", "2", "--dir", folder],
                           check=True, capture_output=True, timeout=900)
            seconds = time.monotonic() - began
        shutil.rmtree(folder, ignore_errors=True)
        return Result(seconds, usage)

    def remove(self):
        pass
