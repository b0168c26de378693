"""Starts stages by themselves and starts them again when they end, as Compose or systemd would."""

import os
import subprocess
import threading
import time

from .programs import program


class Worker:
    """One service: a process, and the next one a little after it has ended, however it ended.

    In a PID namespace of its own, as in a container, each process is number 1 there, and its
    signals are those of such a process: what it does not handle, SIGTERM among it, is ignored.
    """

    PAUSE_S = 0.1

    def __init__(self, role, task, environment):
        self.role = role
        self.task = task
        self.environment = environment
        self.ends = []  # (exit status, seconds it ran)
        self.log = os.path.join(task.folder, f"{role}-{id(self):x}.log")
        open(self.log, "w").close()
        self.process = None
        self.restarts = True
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _command(self):
        own_pids = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--pid",
                    "--fork", "--kill-child"]
        return [*own_pids, program(f"walferry-{self.role}"), "--supervisor",
                f"ipc://{self.task.state_dir}/control.sock", "--task", self.task.name]

    def _work(self):
        while not self.over.is_set():
            if not self.restarts:
                time.sleep(self.PAUSE_S)
                continue
            began = time.monotonic()
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(
                    self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    env={**os.environ, "WALFERRY_STATE_DIR": self.task.state_dir,
                         **self.environment})
            self.ends.append((self.process.wait(), time.monotonic() - began))
            time.sleep(self.PAUSE_S)

    def pid(self):
        """Of the stage itself, as seen from here; None when it does not run now."""
        try:
            with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
                return int(file.read().split()[0])
        except (AttributeError, OSError, IndexError):
            return None

    def signal(self, number):
        os.kill(self.pid(), number)

    def log_text(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def close(self):
        self.over.set()
        if self.process and self.process.poll() is None:
            self.process.kill()
        self.thread.join(10)


class Orchestrator:
    def __init__(self, task):
        self.task = task
        self.workers = []

    def start(self, *roles, **environment):
        started = [Worker(role, self.task, environment) for role in roles]
        self.workers += started
        return started

    def close(self):
        for worker in self.workers:
            worker.close()
