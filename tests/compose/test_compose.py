"""compose.yaml as its user has it: built, started, its processes killed, its containers killed,
compared, stopped. One story, told in order; `./dev test-compose` brings what it needs."""

import json
import os
import re
import shutil
import subprocess
import sys
import time

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

from harness import wait_until  # noqa: E402

PROJECT = "walferry-test"
STAGES = ("capture", "transform", "loader")
ENVIRONMENT = {**os.environ, "WALFERRY_IMAGE": PROJECT, "COMPOSE_PROJECT_NAME": PROJECT}


def compose_command():
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and subprocess.run(
                [*command, "version"], capture_output=True, timeout=60).returncode == 0:
            return command
    pytest.fail("neither `docker compose` nor docker-compose is here")


def execute(*command, check=True, timeout=120, env=None):
    result = subprocess.run(command, cwd=ROOT, env=env or ENVIRONMENT, capture_output=True, text=True,
                            stdin=subprocess.DEVNULL, timeout=timeout)
    assert not check or result.returncode == 0, \
        f"{command}: {result.returncode}: {result.stdout}{result.stderr}"
    return result


class Stack:
    def __init__(self):
        self.command = compose_command()
        self.environment = dict(ENVIRONMENT)

    def __call__(self, *arguments, **how):
        return execute(*self.command, *arguments, env=self.environment, **how)

    def walferry(self, *arguments, **how):
        """No option says where the supervisor is: the image knows."""
        return self("exec", "-T", "supervisor", "walferry", *arguments, **how)

    def status(self):
        result = self.walferry("status", "--json", check=False)
        tasks = json.loads(result.stdout)["tasks"] if result.returncode == 0 else []
        return tasks[0] if tasks else None

    def wait_for(self, condition, seconds=90, what="the task's status"):
        last = [None]

        def look():
            last[0] = self.status()
            return last[0] if last[0] and condition(last[0]) else None

        return wait_until(look, seconds, lambda: f"{what}: {json.dumps(last[0])[:2000]}\n"
                          f"{self.logs()}", pause=0.5)

    def logs(self, *services):
        return self("logs", "--no-color", "--tail=60", *services).stdout

    def containers(self, service):
        return self("ps", "-q", service).stdout.split()

    def inspect(self, service, path):
        text = "{{json " + path + "}}"
        return [json.loads(execute("docker", "inspect", "-f", text, container).stdout)
                for container in self.containers(service)]

    def compare(self):
        """Between two pauses of the writer, both sides have the same rows."""
        task = self.environment.get("WALFERRY_TASK", "demo")
        self("stop", "load")
        self.walferry("wait", task, "--for", "caught-up", "--timeout", "90", timeout=150)
        result = self.walferry("compare", task, check=False, timeout=300)
        assert result.returncode == 0, result.stdout + result.stderr
        assert "pgbench_accounts" in result.stdout
        self("start", "load")


@pytest.fixture(scope="module")
def stack():
    stack = Stack()
    stack("down", "-v", "--remove-orphans", timeout=300)
    try:
        stack("build", timeout=1800)
        stack("up", "-d", timeout=300)
        yield stack
    finally:
        stack("down", "-v", "--remove-orphans", check=False, timeout=300)
        execute("docker", "rmi", "-f", PROJECT, f"{PROJECT}-database", check=False)


def runs(role):
    return lambda s: any(g["role"] == role and g["state"] == "running" for g in s["stages"])


def test_the_file_says_nothing_that_a_reader_complains_about(stack):
    result = stack("config", "-q")
    assert result.stdout + result.stderr == ""


def test_rows_flow(stack):
    stack.walferry("wait", "demo", "--for", "consistent", "--timeout", "180", timeout=240)
    status = stack.wait_for(lambda s: s["changes"]["applied"] > 0)

    assert status["rows"]["copied"] > 200_000
    assert {s["role"]: (s["pid"], s["host"]) for s in status["stages"] if s["host"]} == \
        {role: (1, role) for role in STAGES}
    line = wait_until(lambda: re.search(r"(\d+) transactions written .*, (\d+) have arrived",
                                        stack.logs("load")), 30, "a line of the writer")
    assert int(line[1]) > 0
    assert "1@loader" in stack.walferry("status").stdout


def test_all_are_healthy(stack):
    for service in (*STAGES, "supervisor", "source", "destination"):
        wait_until(lambda s=service: stack.inspect(s, ".State.Health.Status") == ["healthy"], 60,
                   lambda s=service: f"{s}: {stack.inspect(s, '.State.Health')}", pause=1)


def test_nothing_runs_as_root_and_each_has_only_what_it_needs(stack):
    for service in (*STAGES, "supervisor"):
        assert stack("exec", "-T", service, "id", "-u").stdout.strip() == "10001"
        assert "only-for-the-demo" not in json.dumps(stack.inspect(service, "."))
        assert stack("exec", "-T", service, "touch", "/x", check=False).returncode != 0
    secrets = {service: stack("exec", "-T", service, "ls", "/run/secrets",
                              check=False).stdout.split() for service in STAGES}
    assert secrets == {"capture": ["source-password"], "transform": [],
                       "loader": ["destination-password"]}
    assert list(stack.inspect("transform", ".NetworkSettings.Networks")[0]) == ["none"]


def main_process(stack, service):
    pid, = stack.inspect(service, ".State.Pid")
    return pid


@pytest.mark.parametrize("service", [*STAGES, "supervisor"])
def test_a_process_that_is_killed_comes_back(stack, service):
    """kill -9 from outside, as the kernel does it when memory is short."""
    os.kill(main_process(stack, service), 9)
    wait_until(lambda: stack.inspect(service, ".RestartCount") > [0], 60, "its next start")
    stack.wait_for(lambda s: all(runs(role)(s) for role in STAGES))
    stack.compare()


def test_a_killed_container_is_waited_for(stack):
    """Docker takes `docker kill` for the user's wish: the container does not come back by itself."""
    execute("docker", "kill", *stack.containers("loader"))
    status = stack.wait_for(lambda s: s["source"]["waiting_for"] == "loader 0 to attach")
    assert status["state"] == "running"

    stack("start", "loader")
    stack.compare()


def test_a_restarted_supervisor_goes_on(stack):
    epoch = stack.status()["epoch"]
    stack("restart", "supervisor")
    stack.wait_for(lambda s: s["epoch"] > epoch)
    stack.compare()


def test_more_containers_of_a_stage_help_or_wait(stack):
    """All of a service have one host name, and each process has number 1."""
    stack("up", "-d", "--no-recreate", "--scale", "transform=3", "--scale", "capture=2")
    stack.wait_for(lambda s: sum(runs("transform")({"stages": [g]}) for g in s["stages"]) == 3)
    wait_until(lambda: "demo has each capture that it needs" in stack.logs("capture"), 60,
               lambda: stack.logs("capture"))
    before = stack.inspect("capture", ".RestartCount")
    stack.compare()
    assert stack.inspect("capture", ".RestartCount") == before, "the second waits, and stays"


def source_rows(stack, sql):
    return stack("exec", "-T", "source", "psql", "-qXAt", "-c", sql, "shop").stdout.split()


def test_release_and_a_task_of_ones_own(stack, tmp_path):
    """docs/compose.md: a folder with a task file and secrets, named by the environment."""
    stack("stop", "supervisor", *STAGES)
    stack("run", "--rm", "-T", "--no-deps", "supervisor", "walferry", "release", "demo")
    assert source_rows(stack, "SELECT slot_name FROM pg_replication_slots") == []
    assert source_rows(stack, "SELECT nspname FROM pg_namespace WHERE nspname = 'walferry'") == []

    stack("exec", "-T", "destination", "psql", "-qX", "-c",
          "CREATE DATABASE other OWNER walferry", "postgres")
    with open(os.path.join(ROOT, "compose", "demo.cfg")) as file:
        text = file.read().replace('"demo"', '"own"').replace("host=destination dbname=shop",
                                                              "host=destination dbname=other")
    (tmp_path / "own.cfg").write_text(text)
    (tmp_path / "secrets").mkdir()
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)
    for name in ("source-password", "destination-password"):
        copy = shutil.copy(os.path.join(ROOT, "compose", "secrets", name), tmp_path / "secrets")
        os.chown(copy, 10001, 10001)
        os.chmod(copy, 0o400)
    stack.environment.update(WALFERRY_CONFIG=str(tmp_path), WALFERRY_TASK="own")
    stack("up", "-d", "--no-deps", "supervisor", *STAGES)

    stack.walferry("wait", "own", "--for", "consistent", "--timeout", "120", timeout=180)
    stack.compare()


def test_everything_ends_in_time_and_in_order(stack):
    began = time.monotonic()
    stack("stop", timeout=120)
    assert time.monotonic() - began < 30
    for service in (*STAGES, "supervisor", "source", "destination", "load"):
        codes = execute("docker", "ps", "-aq", "--filter",
                        f"label=com.docker.compose.project={PROJECT}", "--filter",
                        f"label=com.docker.compose.service={service}").stdout.split()
        assert codes, service
        for container in codes:
            state = json.loads(execute("docker", "inspect", "-f", "{{json .State}}",
                                       container).stdout)
            assert state["ExitCode"] == 0, (service, state, stack.logs(service))


def test_what_was_stopped_goes_on_and_is_taken_away(stack):
    stack("up", "-d", timeout=300)
    stack.wait_for(lambda s: all(runs(role)(s) for role in STAGES))
    stack.compare()
    stack("down", "-v", timeout=300)
    for kind in ("container", "volume", "network"):
        command = ["docker", kind, "ls", "-q", "--filter",
                   f"label=com.docker.compose.project={PROJECT}"]
        assert execute(*command).stdout == "", kind
