"""A small death is a small matter: no rewind of the stream, no finished chunk copied again."""

import time

import pytest

from harness import differences, wait_until
from harness.task import processes_of

ORDERS = """CREATE TABLE orders (id int PRIMARY KEY, v text);
INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(1, 1000) g"""


@pytest.fixture
def stream(source, destination, database, new_task):
    def start(transforms, loaders):
        database(source, destination)
        source.sql(ORDERS, database="shop")
        task = new_task(source, destination,
                        stages={"copy": 1, "transform": transforms, "loader": loaders}).run()
        task.wait_consistent()
        return task
    return start


def identity(source, task):
    """What a rewind would change."""
    status = task.status()
    walsender = source.value("SELECT active_pid FROM pg_replication_slots", database="shop")
    return task.pids("capture"), status["epoch"], status["rewinds"], walsender


@pytest.mark.parametrize("transforms, loaders", [(1, 1), (3, 2)])
def test_a_killed_stage_is_served_again_without_a_rewind(source, destination, stream, transforms,
                                                         loaders):
    task = stream(transforms, loaders)
    before = identity(source, task)

    for round_, role in enumerate(("transform", "loader") * 2):
        for number in range(20):
            source.sql("INSERT INTO orders SELECT g, 'new' FROM generate_series(%s, %s) g",
                       (base := 10_000 + round_ * 10_000 + number * 100, base + 99), "shop")
            if number == 10:
                dead = task.kill(role)
                assert dead
        wait_until(lambda: len([p for p in task.pids(role) if p != dead]) ==
                   (transforms if role == "transform" else loaders), 20, f"a new {role}")
    task.wait_caught_up()

    assert identity(source, task) == before
    assert differences(source.conninfo("shop"), destination.conninfo("shop")) == []


def test_a_killed_stage_during_the_copy_repeats_no_finished_chunk(source, destination, database,
                                                                  new_task):
    database(source, destination)
    for number in range(30):
        source.sql(f"CREATE TABLE t{number:02} (id int PRIMARY KEY, v text); "
                   f"INSERT INTO t{number:02} SELECT g, repeat('x', 200) "
                   f"FROM generate_series(1, 5000) g", database="shop")
    source.sql("VACUUM ANALYZE", database="shop")
    task = new_task(source, destination, stages={"copy": 2, "transform": 1, "loader": 1}).run()
    wait_until(lambda: destination.value("SELECT to_regclass('t29')", database="shop"))
    holder = destination.connect("shop")
    holder.cursor().execute("LOCK t29")  # the last one: the copy does not end before all have died

    marks = {}
    for role in ("transform", "loader", "copy"):
        marks.update(wait_for_more_chunks(destination, marks))
        assert task.kill(role), f"the copy was over before {role} could be killed"
        marks.update(chunks(destination))
    holder.close()
    task.wait_consistent()
    task.wait_caught_up()

    now = chunks(destination)
    assert {key: now.get(key) for key in marks} == marks
    assert differences(source.conninfo("shop"), destination.conninfo("shop")) == []


def test_a_loader_that_dies_before_it_tells_of_a_chunk_leaves_no_copy_waiting(source, destination,
                                                                             database, new_task,
                                                                             tmp_path):
    database(source, destination)
    source.sql(ORDERS, database="shop")
    fired = tmp_path / "fired"
    task = new_task(source, destination)
    task.run(WALFERRY_FAILPOINT="chunk.told:1:pause=60000", WALFERRY_FAILPOINT_IN="walferry-loader",
             WALFERRY_FAILPOINT_ONCE=str(fired))
    wait_until(fired.exists, 60, "the chunk is done")
    assert len(chunks(destination)) == 1 and task.status()["phase"] == "copy"

    time.sleep(1)  # the copy process hears that it is done
    task.kill("loader")
    task.wait_consistent()

    assert destination.value("SELECT count(*) FROM orders", database="shop") == 1000


def chunks(destination):
    """{(table, chunk): the transaction that copied it}"""
    return {tuple(row[:2]): row[2] for row in destination.sql(
        "SELECT relation_oid::bigint, chunk, xmin::text FROM walferry.chunk", database="shop")}


def wait_for_more_chunks(destination, old):
    def more():
        if not destination.sql("SELECT 1 WHERE to_regclass('walferry.chunk') IS NOT NULL",
                               database="shop"):
            return None
        now = chunks(destination)
        return now if len(now) > len(old) else None
    return wait_until(more, 60, "more finished chunks", pause=0.01)


def test_a_transform_that_swallows_batches_is_noticed_and_bypassed(source, destination, stream,
                                                                   by_hand):
    """A message can be lost without a death: what is needed and old is sent again, to another."""
    task = stream(1, 1)
    before = identity(source, task)
    healthy, = task.pids("transform")
    by_hand("transform", task, WALFERRY_FAILPOINT="transform.before_send:1:skip")
    task.wait_for(lambda s: sum(x["role"] == "transform" for x in s["stages"]) == 2, 30)
    task.kill("transform", task.pids("transform").index(healthy))  # for a moment it is alone

    for number in range(40):
        source.sql("INSERT INTO orders VALUES (%s, 'swallowed?')", (50_000 + number,), "shop")
        time.sleep(0.02)  # so that they travel in batches of their own
    task.wait_caught_up(60)

    task.wait_for(lambda s: s["redelivered_batches"] > 0, 10)  # counters come each second
    assert identity(source, task) == before
    assert differences(source.conninfo("shop"), destination.conninfo("shop")) == []


def test_stages_end_when_their_supervisor_dies(source, stream):
    task = stream(1, 1)

    task.kill("supervisor")

    wait_until(lambda: not [p for p, name in processes_of(task.state_dir).items()
                            if name not in ("walferry", "walferry-supervisor")], 15,
               "the stages are gone")


def test_a_second_run_on_one_state_directory_is_refused(stream):
    task = stream(1, 1)

    second = task.cli("run", task.file, check=False)

    assert second.returncode == 1
    assert len(second.stderr.strip().splitlines()) == 1 and task.state_dir in second.stderr
    assert task.status()["state"] == "running"
