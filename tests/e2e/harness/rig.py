"""The table copy alone: walferry-copy between tests/support/copy_rig.c and two databases."""

import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time

from .programs import bin_dir, program
from .task import task_text


def rig_program():
    return os.path.join(os.path.dirname(bin_dir()), "tests", "copy-rig")


class Rig:
    def __init__(self, source, destination, /, environment=None, **settings):
        self.folder = tempfile.mkdtemp(prefix="wfr-", dir="/tmp")
        self.task_file = os.path.join(self.folder, "t.cfg")
        self.log = os.path.join(self.folder, "copy.log")
        with open(self.task_file, "w") as file:
            file.write(task_text(source, destination, **settings))
        os.chmod(self.task_file, 0o600)
        self.copy = None
        self.events = queue.Queue()
        self.seen = []
        self.chunks = {}
        self.process = subprocess.Popen([rig_program(), self.task_file, self.folder], text=True,
                                        bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env={**os.environ, **(environment or {})})
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.events.put(line.rstrip("\n"))
        self.events.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._end()
        finally:
            for process in filter(None, (self.copy, self.process)):
                process.kill()
                process.wait(10)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self):
        """Whoever still runs ends as asked, with nothing for the sanitizers to say."""
        if self.copy and self.copy.poll() is None:
            self.copy.terminate()
            assert self.copy.wait(10) == 0, self.copy_log()
        if any(event.startswith("failed") for event in self.seen):
            self.process.wait(10)  # with the failure that it has told of
        elif self.process.poll() is None:
            self.process.stdin.close()
            assert self.process.wait(10) == 0

    def say(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")

    def wait(self, start, seconds=30):
        """The next event that begins so; what comes before it is passed over."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                event = self.events.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                event = None
            assert event is not None, \
                f"no '{start}' but {self.seen}; rig {self.process.poll()}; {self.copy_log()}"
            self.seen.append(event)
            if event.startswith(start):
                return event

    def plan(self, schema, table, pages=0, binary=True):
        """Gives (oid, number of chunks)."""
        self.say("plan", schema, table, pages, int(binary))
        return tuple(map(int, self.wait("planned").split()[1:]))

    def start_copy(self, **environment):
        with open(self.log, "ab") as log:
            self.copy = subprocess.Popen(
                [program("walferry-copy"), "--supervisor", f"ipc://{self.folder}/rig", "--task",
                 "t"], env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stderr=log)
        self.wait("ready")

    def grant(self, oid, chunk=0, attempt=1):
        self.say("grant", oid, chunk, attempt)

    def copy_all(self, seconds=60):
        self.say("grant_all")
        self.wait("all", seconds)

    def copy_log(self):
        try:
            with open(self.log, errors="replace") as file:
                return file.read()[-3000:]
        except FileNotFoundError:
            return ""
