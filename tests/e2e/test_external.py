"""Stages that attach by themselves: an orchestrator starts them, each as process 1 of its own PID
namespace and all with one host name, which is how containers look to the supervisor."""

import os
import signal

import pytest

from harness import differences, wait_until
from harness.orchestrator import Orchestrator

EXTERNAL = "capture,transform,loader"
TABLES = """
CREATE TABLE plain (id int PRIMARY KEY, a text);
CREATE TABLE keyless (a int, b text);
INSERT INTO plain SELECT g, 'row ' || g FROM generate_series(1, 1000) g;
INSERT INTO keyless SELECT g % 5, 'k' FROM generate_series(1, 20) g;
"""
TEMPORARY_FAILURE, LOST_CONNECTION = 75, 69


@pytest.fixture
def shop(database, source, destination, new_task):
    database(source, destination)
    source.sql(TABLES, database="shop")
    return new_task(source, destination, name="shop")


@pytest.fixture
def orchestrator(shop):
    orchestrator = Orchestrator(shop)
    yield orchestrator
    orchestrator.close()


def run(task, external=EXTERNAL, **environment):
    return task.run("--external", external, task.file, **environment)


def stage(status, role):
    return next(s for s in status["stages"] if s["role"] == role)


def is_running(role):
    return lambda s: any(g["role"] == role and g["state"] == "running" for g in s["stages"])


def write_and_compare(source, destination, task, n):
    source.sql(f"INSERT INTO plain SELECT g, 'n' FROM generate_series({n}, {n + 99}) g; "
               f"UPDATE plain SET a = '{n}' WHERE id < 50; INSERT INTO keyless VALUES ({n}, NULL)",
               database="shop")
    task.wait_caught_up()
    assert differences(source.conninfo("shop"), destination.conninfo("shop")) == []
    assert task.cli("compare", task.name).returncode == 0


def test_stages_that_nobody_has_started_are_waited_for(shop, orchestrator, source, destination):
    run(shop)
    status = shop.wait_for(lambda s: (s["source"]["waiting_for"] or "").endswith("to attach"), 60)
    assert "loader 0" in status["source"]["waiting_for"]
    assert stage(status, "loader")["state"] == "waiting" and stage(status, "loader")["pid"] is None
    assert "to attach" in shop.cli("status").stdout
    wait_until(lambda: "walferry-loader --supervisor" in shop.log_text(), 30, "how to start it")
    assert not any(shop.pids(role) for role in EXTERNAL.split(","))

    orchestrator.start(*EXTERNAL.split(","))
    status = shop.wait_consistent()

    assert status["source"]["waiting_for"] is None
    attached = [s for s in status["stages"] if s["role"] in EXTERNAL.split(",")]
    assert [s["pid"] for s in attached] == [1, 1, 1] and len({s["host"] for s in attached}) == 1
    write_and_compare(source, destination, shop, 2001)


def test_killed_stages_are_started_by_the_orchestrator_and_nothing_is_lost(
        shop, orchestrator, source, destination):
    workers = orchestrator.start(*EXTERNAL.split(","))
    run(shop)
    shop.wait_consistent()

    for n, worker in enumerate(workers):
        worker.signal(signal.SIGKILL)
        wait_until(lambda w=worker: w.ends, 30, "its end")
        write_and_compare(source, destination, shop, 3001 + 100 * n)
    for worker in workers:
        worker.signal(signal.SIGTERM)
        wait_until(lambda w=worker: len(w.ends) == 2, 30, "its end")
    write_and_compare(source, destination, shop, 3901)

    assert all(worker.ends[1][0] == 0 for worker in workers), "SIGTERM ends process 1 in order"
    assert len(os.listdir(os.path.join(shop.state_dir, "run"))) == 2, "capture's and loader's"
    assert shop.status()["state"] == "running" and shop.running()


def test_a_second_capture_waits_and_takes_over_when_the_first_dies(
        shop, orchestrator, source, destination):
    first, _, _ = orchestrator.start("capture", "transform", "loader")
    run(shop)
    shop.wait_consistent()
    second, = orchestrator.start("capture")
    wait_until(lambda: "shop has each capture that it needs" in second.log_text(), 30, "its word")
    write_and_compare(source, destination, shop, 4001)
    assert first.ends == [] and second.ends == []

    first.restarts = False
    first.signal(signal.SIGKILL)
    write_and_compare(source, destination, shop, 5001)

    assert second.ends == [], "it was there already"
    assert second.log_text().count(" waiting ") < 5, "a word for each reason, not for each try"
    assert shop.status()["epoch"] == 2


@pytest.mark.parametrize("role", ["loader", pytest.param("capture", marks=pytest.mark.long)])
def test_a_stage_that_hangs_loses_its_place_and_starts_anew(shop, orchestrator, source,
                                                            destination, role):
    first = {w.role: w for w in orchestrator.start("capture", "transform", "loader")}[role]
    run(shop, WALFERRY_HUNG_MS="2000")
    shop.wait_consistent()
    second, = orchestrator.start(role)
    wait_until(lambda: f"shop has each {role} that it needs" in second.log_text(), 30, "its word")

    first.signal(signal.SIGSTOP)
    shop.wait_for(lambda s: stage(s, role)["restarts"] == 1 and is_running(role)(s), 60)
    write_and_compare(source, destination, shop, 4501)
    first.signal(signal.SIGCONT)
    wait_until(lambda: first.ends, 30, "its end")

    # Which it notices first: that it lost its place, or its connection to its successor.
    assert first.ends[0][0] in (TEMPORARY_FAILURE, LOST_CONNECTION) and second.ends == []
    write_and_compare(source, destination, shop, 4701)


def test_a_killed_supervisor_makes_stages_start_anew(shop, orchestrator, source, destination):
    capture, transform, loader = orchestrator.start("capture", "transform", "loader")
    run(shop)
    shop.wait_consistent()
    os.kill(shop.pids("supervisor")[0], signal.SIGKILL)
    shop.process.wait(10)
    shop.process = None

    run(shop)
    shop.wait_for(lambda s: s["epoch"] == 2, 60)
    write_and_compare(source, destination, shop, 6001)
    assert len(os.listdir(os.path.join(shop.state_dir, "run"))) == 2, "capture's and loader's"

    assert {status for worker in (capture, loader) for status, _ in worker.ends} == \
        {TEMPORARY_FAILURE}
    assert transform.ends == [], "it holds nothing and stays"


@pytest.mark.long
def test_no_supervisor_is_no_tight_loop(shop, orchestrator):
    capture, = orchestrator.start("capture")
    wait_until(lambda: capture.ends, 30, "its end")
    status, seconds = capture.ends[0]
    assert status == TEMPORARY_FAILURE and seconds >= 10
    assert "no answer from the supervisor" in capture.log_text()


def test_a_paused_task_lets_its_stages_wait(shop, orchestrator, source, destination):
    workers = orchestrator.start("capture", "transform", "loader")
    run(shop)
    shop.wait_consistent()

    shop.cli("pause", "shop")
    wait_until(lambda: all("shop is paused" in worker.log_text() for worker in workers), 30,
               "all wait")
    source.sql("INSERT INTO plain VALUES (7000, 'while paused')", database="shop")
    shop.cli("resume", "shop")

    shop.wait_for(lambda s: s["epoch"] == 2, 30)
    write_and_compare(source, destination, shop, 7001)
    assert [len(worker.ends) for worker in workers] == [1, 1, 1]


def test_a_failing_stage_is_not_admitted_in_a_tight_loop(shop, orchestrator, source, destination):
    workers = orchestrator.start("capture", "transform", "loader")
    run(shop)
    shop.wait_consistent()
    loader = workers[2]

    destination.sql("ALTER DATABASE shop ALLOW_CONNECTIONS false")
    destination.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = 'shop'")
    source.sql("INSERT INTO plain VALUES (8000, 'not yet')", database="shop")
    shop.wait_for(lambda s: s["state"] == "retrying" and stage(s, "loader")["restarts"] >= 3, 60)
    wait_until(lambda: "pauses after a failure" in loader.log_text(), 30, "its pause")
    destination.sql("ALTER DATABASE shop ALLOW_CONNECTIONS true")

    write_and_compare(source, destination, shop, 8001)
    assert shop.status()["state"] == "running"


def test_release_works_with_stages_attached(shop, orchestrator, source):
    workers = orchestrator.start("capture", "transform", "loader")
    run(shop)
    shop.wait_consistent()

    shop.cli("release", "shop")

    assert shop.wait_end(20) == 0
    assert source.sql("SELECT slot_name FROM pg_replication_slots", database="shop") == []
    assert [worker.ends[0][0] for worker in workers] == [0, 0, 0]


def test_copy_attaches_too_and_the_supervisor_keeps_to_schema(shop, orchestrator, source,
                                                              destination):
    copies = orchestrator.start("copy", "copy")
    orchestrator.start("capture", "transform", "loader")
    run(shop, "capture,copy,transform,loader")
    shop.wait_consistent()

    assert all("has no work for a copy" in copy.log_text() for copy in copies)
    assert "copy" not in shop.stage_log()
    write_and_compare(source, destination, shop, 9001)


@pytest.mark.parametrize("role, point", [
    ("copy", "copy.last"), ("loader", "chunk.after_commit"),
    pytest.param("loader", "chunk.before_commit", marks=pytest.mark.long)])
def test_one_that_dies_in_the_middle_of_the_copy_costs_a_chunk(shop, orchestrator, source,
                                                               destination, role, point):
    once = os.path.join(shop.folder, "once")
    orchestrator.start(*{"copy", "capture", "transform", "loader"} - {role})
    dying, = orchestrator.start(role, WALFERRY_FAILPOINT=point + ":1", WALFERRY_FAILPOINT_ONCE=once)
    run(shop, "copy,capture,transform,loader")
    shop.wait_consistent()

    assert os.path.exists(once) and dying.ends[0][0] == 128 + signal.SIGKILL
    assert shop.status()["rows"]["copied"] == 1020
    write_and_compare(source, destination, shop, 2001)


def test_lanes_and_more_transforms_than_the_task_asks_for_take_part(shop, orchestrator, source,
                                                                    destination):
    shop.write(source={"heartbeat_ms": 100}, stages={"loader": 2})
    orchestrator.start("transform", "transform", "transform", "capture", "loader", "loader")
    run(shop)
    shop.wait_consistent()
    write_and_compare(source, destination, shop, 2001)

    shop.wait_for(lambda s: sum(g["role"] == "transform" and g["state"] == "running"
                                for g in s["stages"]) == 3, 30)


def test_a_stage_that_the_supervisor_starts_itself_is_not_taken_from_others(shop, orchestrator):
    loader, = orchestrator.start("loader")
    shop.run()
    shop.wait_consistent()

    assert "the supervisor starts each loader itself" in loader.log_text()
    assert loader.ends == [] and stage(shop.status(), "loader")["host"] is None


@pytest.mark.parametrize("roles", ["schema", "capture,", "everything"])
def test_a_role_that_cannot_attach_is_refused(shop, roles):
    result = shop.cli("run", "--external", roles, shop.file, check=False)

    assert result.returncode == 2
    assert "capture, copy, transform and loader" in result.stderr
    assert len(result.stderr.splitlines()) == 1
