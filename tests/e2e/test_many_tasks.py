"""Ten tasks on one source, and two supervisors: each is released without harm to the others."""

import os

import pytest

from harness import differences, wait_until
from harness.cluster import Cluster
from harness.task import task_text

TASKS = 10


@pytest.fixture(scope="module")
def roomy():
    """A source with place for all of them."""
    with Cluster(15, {"max_replication_slots": "20", "max_wal_senders": "20",
                      "max_connections": "200"}) as cluster:
        yield cluster


def slots(source):
    return {name for name, in source.sql("SELECT slot_name FROM pg_replication_slots")}


def schema_is_there(cluster, database):
    return cluster.value("SELECT to_regnamespace('walferry') IS NOT NULL", database=database)


def file_of(folder, source, destination, name, schema):
    path = os.path.join(folder, f"{name}.cfg")
    with open(path, "w") as file:
        file.write(task_text(source.conninfo("shop"), destination.conninfo("shop"),
                             source={"heartbeat_ms": 200}, name=name,
                             objects=({"schema": schema},),
                             stages={"copy": 1, "transform": 1, "loader": 1}))
    os.chmod(path, 0o600)
    return path


def status_of(task, name):
    task.name = name
    return task.status()


def insert(source, numbers, row):
    for n in numbers:
        source.sql(f"INSERT INTO s{n}.t VALUES (%s, 'row')", (row,), "shop")


def has_row(destination, n, row):
    return destination.sql(f"SELECT 1 FROM s{n}.t WHERE id = %s", (row,), "shop") == [(1,)]


@pytest.mark.timeout(300)
def test_ten_tasks_of_one_supervisor_on_one_source(roomy, destination, database, new_task):
    database(roomy, destination)
    for n in range(TASKS):
        roomy.sql(f"CREATE SCHEMA s{n}; CREATE TABLE s{n}.t (id int PRIMARY KEY, v text);"
                  f"INSERT INTO s{n}.t SELECT g, 'x' FROM generate_series(1, 100) g",
                  database="shop")
    task = new_task(roomy, destination)
    files = [file_of(task.folder, roomy, destination, f"t{n}", f"s{n}") for n in range(TASKS)]
    task.run(*files)
    for n in range(TASKS):
        wait_until(lambda: (status_of(task, f"t{n}") or {}).get("consistent"), 120,
                   lambda: f"t{n} is consistent: {task.log_tail()}", pause=0.3)
    assert slots(roomy) == {f"walferry_t{n}" for n in range(TASKS)}

    for n in range(TASKS):
        task.cli("release", f"t{n}", timeout=90)
        others = range(n + 1, TASKS)
        assert slots(roomy) == {f"walferry_t{other}" for other in others}
        assert schema_is_there(roomy, "shop") == schema_is_there(destination, "shop") == \
            (n < TASKS - 1)
        insert(roomy, others, 1000 + n)
        wait_until(lambda: all(has_row(destination, other, 1000 + n) for other in others), 60,
                   lambda: f"the others go on without t{n}: {task.log_tail()}")
    assert task.wait_end() == 0
    assert roomy.sql("SELECT 1 FROM pg_publication") == []


@pytest.mark.parametrize("first_released", ["a", "b"])
def test_two_supervisors_on_one_source(source, destination, database, new_task, first_released):
    """They know nothing of each other; a table of both has an identity that both need."""
    database(source)
    database(destination, name="da")
    database(destination, name="db")
    source.sql("CREATE TABLE keyless (v text); INSERT INTO keyless VALUES ('x'), ('x')",
               database="shop")
    tasks = {}
    for name in "ab":
        tasks[name] = new_task(source, destination, name=name)
        tasks[name].destination = destination.conninfo(f"d{name}")
        tasks[name].write(name=name, source={"heartbeat_ms": 100})
        tasks[name].run()
    for task in tasks.values():
        task.wait_consistent()
    released = tasks.pop(first_released)
    (left_name, left), = tasks.items()

    released.cli("release", first_released)

    assert slots(source) == {f"walferry_{left_name}"}
    assert source.value("SELECT relreplident FROM pg_class WHERE relname = 'keyless'",
                        database="shop") == "f"
    source.sql("DELETE FROM keyless WHERE ctid = (SELECT min(ctid) FROM keyless);"
               "INSERT INTO keyless VALUES ('y')", database="shop")
    left.wait_caught_up()
    assert differences(source.conninfo("shop"), destination.conninfo(f"d{left_name}")) == []
    left.cli("release", left_name)
    assert source.value("SELECT relreplident FROM pg_class WHERE relname = 'keyless'",
                        database="shop") == "d"
    assert slots(source) == set() and not schema_is_there(source, "shop")
