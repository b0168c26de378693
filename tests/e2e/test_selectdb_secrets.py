"""A password placed in the configuration is found nowhere else: logs, arguments, environment,
`status`, store, the simulator's journal."""

import os
import subprocess

import pytest

from harness.task import processes_of

SECRET = "s3cr3t/p@ss%word-placed-here"
# As a redirect's Location and as a Basic login have it.
FORMS = (SECRET, "s3cr3t%2Fp%40ss%25word-placed-here", "s3cr3t/p%40ss%25word-placed-here",
         "cm9vdDpzM2NyM3QvcEBzcyV3b3JkLXBsYWNlZC1oZXJl")


def files_under(folder):
    for root, _, names in os.walk(folder):
        for name in names:
            yield os.path.join(root, name)


def holds_secret(data):
    return [form for form in FORMS if form.encode() in data]


def found_in_files(folder, but):
    found = []
    for path in files_under(folder):
        if os.path.samefile(path, but) or not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            found += [f"{path}: {form}" for form in holds_secret(file.read())]
    return found


def found_in_processes(task):
    """What `ps` and /proc show of arguments and environment."""
    found, pids = [], processes_of(task.state_dir)
    assert len(pids) >= 4, pids
    for pid in pids:
        for what in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{what}", "rb") as file:
                found += [f"{pids[pid]} {what}: {form}" for form in holds_secret(file.read())]
    shown = subprocess.run(["ps", "axeww"], capture_output=True, check=True).stdout
    return found + [f"ps: {form}" for form in holds_secret(shown)]


@pytest.mark.timeout(240)
def test_a_password_is_found_nowhere(source, database, new_task, simulator):
    database(source)
    source.sql("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'x');"
               "CREATE TABLE keyless (v text)", database="shop")
    selectdb = simulator(password=SECRET)
    task = new_task(source, selectdb, environment={"WALFERRY_LOG": "debug"}).run()
    task.wait_consistent()
    # What talks of the destination is wanted: loads that fail at either hop, a dead BE.
    for number, name in enumerate(("refuse_be", "unauthorized", "redirect_no_name", "truncated")):
        selectdb.fault(name)
        source.sql(f"INSERT INTO t VALUES ({number + 2}, 'y'); INSERT INTO keyless VALUES ('z')",
                   database="shop")
        task.wait_caught_up()
        assert selectdb.fired(name), name
    selectdb.kill()
    source.sql("INSERT INTO t VALUES (100, 'y')", database="shop")
    task.wait_for(lambda s: s["state"] != "running" or (s["latency_ms"] or 0) > 3000)
    selectdb.start()
    task.wait_caught_up()

    found = found_in_processes(task)
    for command in (["status", "--json"], ["status"], ["tables", task.name, "--json"],
                    ["check", task.file], ["compare", task.name]):
        shown = task.cli(*command, check=False)
        found += [f"{command}: {form}" for form in holds_secret((shown.stdout + shown.stderr).encode())]
    found += holds_secret("\n".join(map(str, selectdb.journal())).encode())
    found += found_in_files(task.folder, selectdb.password_file)
    found += found_in_files(selectdb.folder, selectdb.password_file)

    assert found == []
    # The search finds what is there.
    with open(selectdb.password_file, "rb") as file:
        assert holds_secret(file.read())
