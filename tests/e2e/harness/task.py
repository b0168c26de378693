"""One `walferry run` with its task file and state directory, as a user has it."""

import json
import os
import shutil
import signal
import subprocess
import tempfile

from .programs import program
from .waiting import Timeout, wait_until


def libconfig(value):
    """A Python value as libconfig writes it: dict is a group, list an array, tuple a list."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, dict):
        return "{ " + " ".join(f"{k} = {libconfig(v)};" for k, v in value.items()) + " }"
    left, right = ("[", "]") if isinstance(value, list) else ("(", ")")
    return left + ", ".join(map(libconfig, value)) + right


def task_text(source, destination, /, **settings):
    """source: conninfo. destination: conninfo, or the whole group of another type. settings: other
    keys, merged one level deep."""
    if isinstance(destination, str):
        destination = {"type": "postgresql", "conninfo": destination}
    keys = {"source": {"conninfo": source}, "destination": destination}
    for name, value in settings.items():
        keys[name] = {**keys[name], **value} if name in keys else value
    return "".join(f"{name} = {libconfig(value)};\n" for name, value in keys.items())


def processes_of(state_dir):
    """{pid: program} of everything started with this state directory."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                arguments = file.read().decode(errors="replace").split("\0")
            with open(f"/proc/{pid}/environ", "rb") as file:
                environment = file.read().decode(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        name = os.path.basename(arguments[0])
        if name.startswith("walferry") and f"WALFERRY_STATE_DIR={state_dir}" in environment:
            found[int(pid)] = name
    return found


class Task:
    def __init__(self, source, destination, /, name="t", folder=None, environment=None,
                 **settings):
        self.folder = folder or tempfile.mkdtemp(prefix="wft-", dir="/tmp")
        self.state_dir = os.path.join(self.folder, "state")
        self.log = os.path.join(self.folder, "run.log")
        self.name = name
        self.source = source
        self.destination = destination
        self.environment = environment or {}
        self.file = os.path.join(self.folder, f"{name}.cfg")
        self.process = None
        self.log_start = self.stage_log_start = 0
        self.write(**settings)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def write(self, **settings):
        self.write_text(task_text(self.source, self.destination, **settings))

    def write_text(self, text):
        with open(self.file, "w") as file:
            file.write(text)
        os.chmod(self.file, 0o600)

    def _environment(self, more=None):
        return {**os.environ, "WALFERRY_STATE_DIR": self.state_dir, **self.environment,
                **(more or {})}

    def run(self, *arguments, **environment):
        """Starts `walferry run`; environment: for it and its stages, such as WALFERRY_FAILPOINT."""
        assert not self.running(), "it runs already"
        command = [program("walferry"), "run", *(arguments or [self.file])]
        self.log_start, self.stage_log_start = len(self.log_text()), len(self.stage_log())
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL,
                                            env=self._environment(environment),
                                            start_new_session=True)
        return self

    def running(self):
        return self.process is not None and self.process.poll() is None

    def cli(self, *arguments, check=True, timeout=60, **environment):
        """Runs another command to its end; gives subprocess' result."""
        result = subprocess.run([program("walferry"), *arguments], capture_output=True, text=True,
                                timeout=timeout, env=self._environment(environment),
                                stdin=subprocess.DEVNULL)
        assert not check or result.returncode == 0, \
            f"walferry {arguments}: {result.returncode}: {result.stdout}{result.stderr}{self.log_tail()}"
        return result

    def status(self):
        """The task's object of `status --json`, or None."""
        result = self.cli("status", "--json", check=False)
        try:
            tasks = json.loads(result.stdout)["tasks"]
        except (ValueError, KeyError):
            return None
        return next((task for task in tasks if task["name"] == self.name), None)

    def wait_for(self, condition, seconds=60, what="the task's status"):
        """condition: a function of the status, which is returned."""
        last = {}

        def look():
            status = self.status()
            last["status"] = status
            return status if status and condition(status) else None

        return wait_until(look, seconds, lambda: f"{what}: {json.dumps(last['status'])[:3000]}\n"
                          f"{self.log_tail()}", pause=0.2)

    def wait_consistent(self, seconds=60):
        return self.wait_for(lambda s: s["consistent"], seconds, "consistent")

    def wait_state(self, state, seconds=60):
        return self.wait_for(lambda s: s["state"] == state, seconds, state)

    def wait_caught_up(self, seconds=60):
        """Everything committed at the source before this call has been applied."""
        try:
            self.cli("wait", self.name, "--for", "caught-up", "--timeout", str(seconds),
                     timeout=seconds + 30)
        except AssertionError as error:
            raise Timeout(f"{error}\n{json.dumps(self.status())[:3000]}") from None

    def pids(self, role):
        """Processes of a role (supervisor, capture, copy, transform, loader, schema)."""
        found = processes_of(self.state_dir)
        return sorted(pid for pid, name in found.items() if name == f"walferry-{role}")

    def wait_pids(self, role, count=1, seconds=30):
        def enough():
            pids = self.pids(role)
            return pids if len(pids) >= count else None
        return wait_until(enough, seconds, f"{count} processes of {role}")

    def kill(self, role, number=0, sent=signal.SIGKILL):
        """Gives the pid it signalled, or None when there is no such process now."""
        pids = self.pids(role)
        if not pids:
            return None
        pid = pids[number % len(pids)]
        try:
            os.kill(pid, sent)
        except ProcessLookupError:
            return None
        return pid

    def kill_run(self):
        """kill -9 of `walferry run` itself, supervisor and all; children end when it dies."""
        self.kill("supervisor")
        if self.process:
            self.process.kill()
            self.process.wait(10)
        wait_until(lambda: not processes_of(self.state_dir), 20,
                   lambda: f"stages left behind: {processes_of(self.state_dir)}")
        self.process = None

    def stop(self, seconds=30):
        """SIGTERM, as Ctrl-C does; gives the exit status."""
        if not self.process:
            return None
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(seconds)
        self.process = None
        return status

    def wait_end(self, seconds=60):
        """Waits until `walferry run` ends by itself; gives its exit status."""
        status = self.process.wait(seconds)
        self.process = None
        return status

    def log_text(self):
        try:
            with open(self.log, errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def stage_log(self):
        try:
            with open(os.path.join(self.state_dir, "log", f"{self.name}.log"),
                      errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def errors(self):
        """The error lines of the last run, as its user saw them."""
        return [line for line in self.log_text()[self.log_start:].splitlines()
                if line.startswith(("walferry: ", "error: "))]

    def faults(self):
        """What stages reported as errors in the last run."""
        return [line for line in self.stage_log()[self.stage_log_start:].splitlines()
                if " error walferry-" in line]

    def log_tail(self, lines=40):
        both = self.log_text().splitlines()[-lines:] + self.stage_log().splitlines()[-lines:]
        return "\n".join(both)

    def remove(self):
        for pid in processes_of(self.state_dir):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.process:
            self.process.kill()
            self.process.wait(10)
            self.process = None
        if not os.environ.get("WALFERRY_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)
