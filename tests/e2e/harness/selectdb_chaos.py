"""The spine's chaos with SelectDB at the other end: its faults, and deaths of FE and BE besides.

Unique tables have to end equal and never show a version that falls, Duplicate tables end with the
history that the witness has seen.
"""

import glob
import http.client
import json
import os
import sqlite3
import threading

from .chaos import Chaos
from .selectdb import SqlError
from .selectdb_compare import Watched, differences
from .witness import Witness

# One table has a history of its own beside pgbench's: with updates and deletes.
STEPS = """CREATE TABLE steps (id int, n bigint); ALTER TABLE steps REPLICA IDENTITY FULL;
INSERT INTO steps SELECT g, 0 FROM generate_series(1, 200) g"""

UNREACHABLE = (OSError, SqlError, http.client.HTTPException, json.JSONDecodeError, KeyError)


class SelectdbReader(threading.Thread):
    """Looks at what no replay may turn back, until told to stop; keeps what was wrong."""

    def __init__(self, selectdb, database):
        super().__init__(daemon=True)
        self.selectdb, self.database = selectdb, database
        self.ended = threading.Event()
        self.checks, self.states, self.errors, self.last = 0, set(), [], {}

    def run(self):
        while not self.ended.wait(0.1):
            try:
                self.check(dict(self.selectdb.sql("SELECT id, version FROM versions", self.database)))
            except UNREACHABLE:
                pass

    def check(self, rows):
        versions = {key: int(version) for key, version in rows.items()}
        missing = set(self.last) - set(versions)
        if missing and len(self.errors) < 20:
            self.errors.append(f"rows that were there are gone: {sorted(missing)[:5]}")
        for key, version in versions.items():
            if version < self.last.get(key, 0) and len(self.errors) < 20:
                self.errors.append(f"version of {key} fell from {self.last[key]} to {version}")
        self.states.add(sum(versions.values()))
        self.last = versions
        self.checks += 1

    def stop(self):
        self.ended.set()
        self.join(60)


class SelectdbChaos(Chaos):
    PHASES = ("schema", "copy", "stream")
    BALLAST = 200_000
    LOAD_SCRIPT = """\\set id random(1, 200)
BEGIN;
UPDATE versions SET version = version + 1 WHERE id = :id;
UPDATE steps SET n = n + 1 WHERE id = :id;
COMMIT;
"""

    def __init__(self, source, simulator, seed, faults, **more):
        """faults: of the simulator, as for Simulator.fault()."""
        self.load_faults, self.armed = faults, {}
        self.witness = self.watched = None
        super().__init__(source, simulator, seed, **more)

    def destination_of_task(self):
        return self.destination.destination(self.database)

    def make_reader(self):
        return SelectdbReader(self.destination, self.database)

    def prepare_destination(self):
        self.destination.create_database(self.database)

    def prepare(self):
        super().prepare()
        self.source.sql(STEPS, database=self.database)
        self.witness = Witness(self.source, self.database)
        self.watched = Watched(self.source.conninfo(self.database), self.witness)

    def hold_indexes(self):
        """There is no such phase."""

    def count_lanes(self):
        pass

    def rows_by_lane(self):
        """Of the versions, by the labels that they came with: the last but one number says how many."""
        labels = {line["label"] for line in self.destination.journal()
                  if line.get("table") == "versions" and line.get("label")}
        stream = [parts for parts in (label.split("_") for label in labels) if len(parts) == 8]
        return [sum(int(parts[6].split("-")[1], 16) for parts in stream if int(parts[3]) == lane)
                for lane in range(self.lanes)]

    def generation(self):
        """It is in the store that no zombie may write any more."""
        for file in glob.glob(os.path.join(self.task.state_dir, "*.sqlite")):
            store = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
            try:
                return store.execute("SELECT sum(generation) FROM lane").fetchone()[0]
            finally:
                store.close()
        return None

    # Faults of this destination.

    def kill_backend(self):
        number = self.random.randrange(self.destination.backend_count) + 1
        self.destination.kill_backend(number)
        self.pause()
        self.destination.start_backend(number)
        return f"{number}, started again"

    def restart_frontend(self):
        self.destination.restart_frontend()
        return "restarted"

    def crash_destination(self):
        """FE and all BE at once, in the middle of whatever they do."""
        self.destination.kill()
        self.pause()
        self.destination.start()
        return "restarted"

    def fault_of_a_load(self):
        """Any of the simulator's, for the next load that it fits."""
        name, more = self.random.choice(self.load_faults)
        self.destination.fault(name, **{"count": 1, **more})
        self.armed[name] = self.armed.get(name, 0) + 1
        return name

    def crash_source(self):
        done = super().crash_source()
        self.witness.keep_up()
        return done

    def pause(self):
        threading.Event().wait(self.random.uniform(0, 1))

    KINDS = ("kill_capture", "kill_transform", "kill_transform_midway", "kill_loader",
             "kill_supervisor", "zombie_loader", "zombie_capture", "zombie_transform",
             "terminate_walsender", "crash_destination", "crash_source", "kill_backend",
             "restart_frontend", "fault_of_a_load")
    WEIGHTS = (4, 3, 2, 8, 3, 3, 1, 1, 2, 3, 2, 4, 3, 14)

    def finish(self, seconds):
        self.destination.clear_faults()
        super().finish(seconds)

    def compare(self):
        try:
            self.errors += differences(self.source.conninfo(self.database), self.destination,
                                       self.database, self.watched)
        except (AssertionError, *UNREACHABLE) as error:
            self.errors.append(f"not compared: {type(error).__name__}: {error}")

    def fired(self):
        """{fault: how often it was really inflicted}, by the simulator's journal."""
        found = {}
        for line in self.destination.journal():
            if line.get("fault"):
                found[line["fault"]] = found.get(line["fault"], 0) + 1
        return found

    def blind_spots(self, checks=20, states=10, kills=15):
        found = super().blind_spots(checks, states, kills)
        return found + ([] if self.fired() else ["no fault of the simulator has fired"])

    def summary(self):
        fired = ", ".join(f"{name} {count}" for name, count in sorted(self.fired().items()))
        return f"{super().summary()}\nof loads    {fired}"

    def remove(self):
        super().remove()
        if self.witness and self.source.process and self.source.process.poll() is None:
            self.witness.remove()
