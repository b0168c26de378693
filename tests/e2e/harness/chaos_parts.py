"""What a chaos run is made of beside the faults: a load, a reader of the destination, counters."""

import os
import threading

import psycopg2

SUMS = """SELECT (SELECT coalesce(sum(abalance), 0) FROM pgbench_accounts),
(SELECT coalesce(sum(tbalance), 0) FROM pgbench_tellers),
(SELECT coalesce(sum(bbalance), 0) FROM pgbench_branches),
(SELECT coalesce(sum(delta), 0) FROM pgbench_history)"""

VERSIONS = "SELECT id, version FROM versions"

# Counts at the destination which lane writes how many of the rows whose order is checked.
LANES = """CREATE FUNCTION count_lane() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval('public.lane_' || substring(current_setting('application_name') FROM '[0-9]+$'));
    RETURN NULL;
END $$;
CREATE TRIGGER count_lane AFTER UPDATE ON versions FOR EACH ROW EXECUTE FUNCTION count_lane();
ALTER TABLE versions ENABLE ALWAYS TRIGGER count_lane"""


class Reader(threading.Thread):
    """Looks at the destination until told to stop; keeps what was wrong."""

    def __init__(self, cluster, database, lanes):
        super().__init__(daemon=True)
        self.cluster, self.database, self.lanes = cluster, database, lanes
        self.ended = threading.Event()
        self.checks, self.states, self.errors, self.last = 0, set(), [], {}

    def run(self):
        while not self.ended.is_set():
            try:
                connection = self.cluster.connect(
                    self.database, options="-c statement_timeout=20000")
                # What an asynchronous commit showed may be gone after a crash of the destination.
                self.last = {}
                connection.autocommit = True
                self.look(connection)
                connection.close()
            except psycopg2.Error:
                self.ended.wait(0.1)

    def look(self, connection):
        with connection.cursor() as cursor:
            while not self.ended.wait(0.005):
                if self.lanes == 1:
                    cursor.execute(SUMS)
                    self.check_sums(cursor.fetchone())
                cursor.execute(VERSIONS)
                self.check_versions(dict(cursor.fetchall()))
                self.checks += 1

    def check_sums(self, sums):
        self.states.add(sums)
        if len(set(sums)) != 1 and len(self.errors) < 20:
            self.errors.append(f"torn or doubled transaction: sums of accounts, tellers, branches, "
                               f"history are {', '.join(map(str, sums))}")

    def check_versions(self, versions):
        if self.lanes > 1:
            self.states.add(sum(versions.values()))
        for key, version in versions.items():
            if version < self.last.get(key, 0) and len(self.errors) < 20:
                self.errors.append(f"version of {key} fell from {self.last[key]} to {version}")
        self.last = versions

    def stop(self):
        self.ended.set()
        self.join(30)


class Load:
    """pgbench on several connections; comes back after a crash of the source."""

    def __init__(self, cluster, database, folder, clients, rate, script):
        self.script = os.path.join(folder, "versions.sql")
        with open(self.script, "w") as file:
            file.write(script)
        self.arguments = ["-n", "-c", str(clients), "-j", "1", "-T", "100000", "-R", str(rate),
                          "-b", "tpcb-like@4", "-f", f"{self.script}@1"]
        self.cluster, self.database, self.process = cluster, database, None

    def keep_up(self):
        if self.process is None or self.process.poll() is not None:
            self.stop()
            self.process = self.cluster.pgbench(*self.arguments, database=self.database,
                                                background=True)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.communicate()
            self.process = None


class Counters:
    """The highest values of `status`, which counts over all lives of the processes."""

    NAMES = ("redelivered_batches", "duplicates_dropped", "rewinds")

    def __init__(self):
        self.totals = dict.fromkeys(self.NAMES, 0)

    def note(self, status):
        for name in self.NAMES:
            self.totals[name] = max(self.totals[name], (status or {}).get(name) or 0)
