"""Capture alone: walferry-capture between a source and tests/support/capture_rig.c."""

import os
import queue
import shutil
import subprocess
import tempfile
import threading

from .programs import bin_dir, program
from .rig import Rig
from .task import task_text
from .waiting import wait_until

OBJECTS = """
CREATE SCHEMA walferry;
CREATE TABLE walferry.heartbeat (task text PRIMARY KEY, n bigint NOT NULL, at timestamptz);
INSERT INTO walferry.heartbeat VALUES ('t', 0, now());
CREATE PUBLICATION walferry_t FOR TABLE walferry.heartbeat, {tables};
"""


def rig_program():
    return os.path.join(os.path.dirname(bin_dir()), "tests", "capture-rig")


def prepare(server, *tables, database="shop"):
    """What the schema stage would have made."""
    server.sql(OBJECTS.format(tables=", ".join(tables)), database=database)
    server.sql("SELECT pg_create_logical_replication_slot('walferry_t', 'pgoutput')",
               database=database)


class CaptureRig(Rig):
    def __init__(self, server, lanes=1, database="shop", **settings):
        self.server = server
        self.folder = tempfile.mkdtemp(prefix="wfr-", dir="/tmp")
        self.task_file = os.path.join(self.folder, "t.cfg")
        self.log = os.path.join(self.folder, "capture.log")
        with open(self.task_file, "w") as file:
            conninfo = server.conninfo(database)
            file.write(task_text(conninfo, conninfo, **{"source": {"heartbeat_ms": 200}, **settings}))
        os.chmod(self.task_file, 0o600)
        self.copy = None  # the process under test, as the base class calls it
        self.events, self.seen = queue.Queue(), []
        self.process = subprocess.Popen([rig_program(), self.task_file, self.folder, str(lanes)],
                                        text=True, bufsize=1, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        threading.Thread(target=self._read, daemon=True).start()
        self.wait("open")

    def start(self, event="epoch", **environment):
        with open(self.log, "ab") as log:
            self.copy = subprocess.Popen(
                [program("walferry-capture"), "--supervisor", f"ipc://{self.folder}/rig", "--task",
                 "t"], env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stderr=log)
        return self.wait(event)

    def ended(self, seconds=30):
        return self.copy.wait(seconds)

    def stats(self):
        self.say("stats")
        words = self.wait("stats").split()[1:]
        return {name: value if name == "durable" else int(value)
                for name, value in (word.split("=") for word in words)}

    def hold(self, what):
        """Returns when that counts: what comes later is held."""
        self.say("hold", what)
        self.stats()

    def heartbeat_seen(self):
        latency = self.counter("heartbeat_seen")
        return latency is not None and latency >= 0

    def counter(self, name):
        self.say("counter", name)
        value = self.wait("counter").split()[2]
        return None if value == "none" else int(value)

    def until(self, seconds=30, **expected):
        """Until these stats are there."""
        last = {}

        def reached():
            last.update(self.stats())
            return all(last[name] == value for name, value in expected.items())
        wait_until(reached, seconds, lambda: f"{expected}, but {last}; {self.copy_log()}")
        return last
