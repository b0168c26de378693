"""Ends that do not answer instead of being down: said, survived, and nothing doubled."""

import os
import signal
import subprocess
import threading

import pytest

from harness import Cluster, differences, wait_until
from harness.proxy import Proxy

TABLE = """CREATE TABLE shelf (id int PRIMARY KEY, v text);
INSERT INTO shelf SELECT g, 'old' FROM generate_series(1, 1000) g"""


@pytest.fixture
def quick_source():
    """A server that takes a silent reader for dead after 4 s; we take it for dead then, too."""
    with Cluster(15, {"wal_sender_timeout": "'4s'"}) as cluster:
        cluster.create_database("shop")
        cluster.sql(TABLE, database="shop")
        yield cluster


def backends(cluster):
    """All processes of a server but its postmaster."""
    out = subprocess.run(["pgrep", "-P", str(cluster.process.pid)], capture_output=True, text=True)
    return [int(pid) for pid in out.stdout.split()]


def signal_all(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def insert(cluster, first, count):
    cluster.sql("INSERT INTO shelf SELECT g, 'n' FROM generate_series(%s, %s) g",
                (first, first + count - 1), "shop")


def test_a_destination_whose_backends_stand_still(source, destination, database, new_task):
    database(source, destination)
    source.sql(TABLE, database="shop")
    task = new_task(source, destination).run()
    task.wait_consistent()
    task.wait_caught_up()
    stopped = backends(destination)
    signal_all(stopped, signal.SIGSTOP)
    try:
        for first in range(2000, 3000, 50):
            insert(source, first, 50)  # commits do not wait
        status = task.wait_for(lambda s: s["latency_ms"] > 3000 and s["warnings"],
                               what="status shows the delay")
        assert "loader 0 waits for the destination" in " ".join(status["warnings"])
        assert status["state"] == "running" and status["source"]["lag_bytes"] > 0
    finally:
        signal_all(stopped, signal.SIGCONT)

    task.wait_caught_up()
    assert differences(source.conninfo("shop"), destination.conninfo("shop")) == []
    task.wait_for(lambda s: not s["warnings"])


def test_a_source_that_the_network_lost_is_found_again(quick_source, destination, database,
                                                       new_task):
    """The stream's connection stays open and nothing comes through it any more."""
    database(destination)
    with Proxy(quick_source) as proxy:
        task = new_task(quick_source, destination)
        task.source = proxy.conninfo("shop")
        task.write(source={"heartbeat_ms": 100})
        task.run().wait_consistent()
        proxy.hold()
        insert(quick_source, 2000, 10)

        status = task.wait_for(lambda s: s["state"] == "retrying", what="it is noticed")
        assert "does not answer" in status["error"]["message"] or \
            "timeout expired" in status["error"]["message"]
        proxy.drop()
        proxy.let_go()

        task.wait_caught_up()
        assert differences(quick_source.conninfo("shop"), destination.conninfo("shop")) == []


def test_a_quiet_source_is_not_taken_for_lost(quick_source, destination, database, new_task):
    """Without heartbeats for long: it is asked, and answers."""
    database(destination)
    task = new_task(quick_source, destination, source={"heartbeat_ms": 60000}).run()
    task.wait_consistent()
    capture = task.pids("capture")
    quiet = threading.Event()

    quiet.wait(12)  # three times what a silent server is given

    assert task.pids("capture") == capture
    assert task.status()["epoch"] == 1
    insert(quick_source, 2000, 10)
    wait_until(lambda: destination.value("SELECT count(*) FROM shelf", database="shop") == 1010,
               30, "it still follows")


def test_a_destination_that_the_network_lost_is_found_again(source, destination, database,
                                                            new_task):
    database(source, destination)
    source.sql(TABLE, database="shop")
    with Proxy(destination) as proxy:
        task = new_task(source, destination)
        task.destination = proxy.conninfo("shop")
        task.write(source={"heartbeat_ms": 100})
        task.run().wait_consistent()
        proxy.hold()
        insert(source, 2000, 500)
        task.wait_for(lambda s: "waits for the destination" in " ".join(s["warnings"]))
        proxy.drop()
        proxy.let_go()

        task.wait_caught_up()
        assert differences(source.conninfo("shop"), destination.conninfo("shop")) == []
