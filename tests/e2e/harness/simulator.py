"""One walferry-selectdb-sim in a temporary folder: its life, its faults, its journal."""

import json
import os
import shutil
import subprocess
import tempfile

from .cluster import free_port
from .programs import program
from .selectdb import SelectDb
from .waiting import wait_until

PROFILES = ("doris-3.0-local", "doris-4.x-local", "selectdb-cloud")


class Simulator(SelectDb):
    """Keeps its ports over a restart, as a real one does."""

    def __init__(self, profile="selectdb-cloud", backends=2, password="", arguments=(), **login):
        self.folder = tempfile.mkdtemp(prefix="wfs-", dir="/tmp")
        self.profile, self.backend_count, self.arguments = profile, backends, arguments
        self.log = os.path.join(self.folder, "log")
        self.password_file = os.path.join(self.folder, "password") if password else ""
        if password:
            with open(self.password_file, "w") as file:
                file.write(password + "\n")
            os.chmod(self.password_file, 0o600)
        ports = [free_port() for _ in range(backends + 1)]
        self.backends = [f"127.0.0.1:{port}" for port in ports[1:]]
        self.process = None
        super().__init__(f"127.0.0.1:{ports[0]}", password=password, **login)

    def __enter__(self):
        return self if self.process else self.start()

    def __exit__(self, *_):
        self.remove()

    def _command(self):
        command = [program("walferry-selectdb-sim"), "--data", os.path.join(self.folder, "data"),
                   "--profile", self.profile, "--fe", self.fe]
        for backend in self.backends:
            command += ["--be", backend]
        if self.password_file:
            command += ["--user", self.user, "--password-file", self.password_file]
        return [*command, *self.arguments]

    def start(self, seconds=30):
        os.makedirs(os.path.join(self.folder, "data"), exist_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, text=True,
                                            stdout=subprocess.PIPE, stderr=log)
        listens = json.loads(self.process.stdout.readline() or "null")
        assert listens, f"the simulator did not start: {self.log_tail()}"
        wait_until(self.answers, seconds, lambda: f"the simulator: {self.log_tail()}")
        return self

    def answers(self):
        assert self.process.poll() is None, f"the simulator ended: {self.log_tail()}"
        try:
            return self.request("GET", "/api/health", login=False, timeout=5).status == 200
        except OSError:
            return False

    def kill(self):
        """kill -9: FE and all BE at once."""
        self.process.kill()
        self.process.communicate()
        self.process = None

    def stop(self, seconds=20):
        self.process.terminate()
        status = self.process.wait(seconds)
        self.process = None
        return status

    def remove(self):
        if self.process:
            self.kill()
        if not os.environ.get("WALFERRY_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def log_tail(self, lines=20):
        with open(self.log, errors="replace") as file:
            return "".join(file.readlines()[-lines:])

    # Control.

    def control(self, method, path, body=None):
        reply = self.request(method, f"/sim/{path}", None if body is None else json.dumps(body),
                             {"Content-Type": "application/json"})
        assert reply.status == 200, f"/sim/{path} {body}: {reply.status} {reply.text}"
        return reply

    def fault(self, name, **match):
        """match: table, label, nth, count and what else docs/simulator.md says."""
        self.control("POST", "faults", {"fault": name, **match})

    def fault_kinds(self):
        """[(fault, [moments])] of all that it has built."""
        kinds = self.control("GET", "faults").json()["kinds"]
        return [(kind["fault"], kind["moments"]) for kind in kinds]

    def clear_faults(self):
        self.control("DELETE", "faults")

    def settings(self, **values):
        self.control("POST", "settings", values)

    def kill_backend(self, number):
        self.control("POST", f"be/{number}/kill")

    def start_backend(self, number):
        self.control("POST", f"be/{number}/start")

    def restart_frontend(self):
        self.control("POST", "fe/restart")

    def journal(self, **wanted):
        """Its lines as dicts, those that agree with `wanted`."""
        lines = map(json.loads, self.control("GET", "journal").text.splitlines())
        return [line for line in lines
                if all(line.get(key) == value for key, value in wanted.items())]

    def fired(self, name):
        """How often a fault of this name was really inflicted."""
        return len(self.journal(fault=name))

    def destination(self, database="shop", **more):
        return super().destination(self.password_file, database, **more)
