"""Memory stays within the settings, and the source never waits for us."""

import os
import time

import pytest

from harness import differences
from harness.memory import MB, Peaks, Watcher

TABLES = """CREATE TABLE big (id bigint PRIMARY KEY, payload text);
CREATE TABLE small (id serial PRIMARY KEY)"""
PATIENCE = 2  # seconds for a commit, on a machine that is busy with other things
EVERYTHING = bool(os.environ.get("WALFERRY_TEST_ALL"))


class Commits(Watcher):
    """Somebody else at the source, whose commits are not to wait for us."""

    def __init__(self, source):
        super().__init__()
        self.connection = source.connect("shop")
        self.connection.autocommit = True
        self.slowest, self.number = 0.0, 0

    def look(self):
        began = time.monotonic()
        with self.connection.cursor() as cursor:
            cursor.execute("INSERT INTO small DEFAULT VALUES")
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.number += 1

    def __exit__(self, *_):
        super().__exit__()
        self.connection.close()
        print(f"{self.number} commits, the slowest {self.slowest:.3f} s")


@pytest.fixture
def start(source, destination, database, new_task):
    def make(**settings):
        database(source, destination)
        destination.sql("ALTER DATABASE shop SET synchronous_commit = off")
        source.sql(TABLES, database="shop")
        task = new_task(source, destination, **settings).run()
        task.wait_consistent()
        return task
    return make


def equal(source, destination):
    return differences(source.conninfo("shop"), destination.conninfo("shop")) == []


@pytest.mark.timeout(600)
def test_a_transaction_of_millions_of_rows_stays_within_memory(source, destination, start):
    task = start()
    rows = 5_000_000 if EVERYTHING else 1_000_000

    with Peaks(task) as peaks, Commits(source) as commits:
        source.sql(f"INSERT INTO big SELECT g, repeat('x', 100) FROM generate_series(1, {rows}) g",
                   database="shop")
        task.wait_caught_up(400)

    assert all(size < 300 * MB for size in peaks.peak.values()), peaks.peak
    assert commits.slowest < PATIENCE
    assert equal(source, destination)


@pytest.mark.timeout(400)
def test_a_transaction_larger_than_window_and_spool_arrives(source, destination, start):
    """The stream is restarted with streaming off when the spool is full of unfinished work."""
    task = start(window="8MB", spool_limit="16MB")

    rows = 1_000_000 if EVERYTHING else 200_000

    with Peaks(task) as peaks, Commits(source) as commits:
        source.sql(f"INSERT INTO big SELECT g, repeat('x', 500) FROM generate_series(1, {rows}) g",
                   database="shop")
        task.wait_caught_up(300)

    assert all(size < 150 * MB for size in peaks.peak.values()), peaks.peak
    assert peaks.spooled < 40 * MB  # the window and what is unfinished have each a limit of 16
    assert commits.slowest < PATIENCE
    assert equal(source, destination)


@pytest.mark.timeout(400)
def test_a_destination_that_is_away_under_load_costs_neither_memory_nor_commits(source, destination,
                                                                                start):
    task = start(window="16MB")
    away = 60 if EVERYTHING else 15
    number = 0

    with Peaks(task) as peaks, Commits(source) as commits:
        destination.crash()
        until = time.monotonic() + away
        while time.monotonic() < until:
            number += 1
            source.sql("INSERT INTO big SELECT g, repeat('x', 500) "
                       "FROM generate_series(%s, %s) g", (number * 1000, number * 1000 + 999), "shop")
            time.sleep(0.02)
        destination.start()
        task.wait_caught_up(200)

    assert all(size < 150 * MB for size in peaks.peak.values()), peaks.peak
    assert commits.slowest < PATIENCE
    assert equal(source, destination)


@pytest.mark.timeout(300)
def test_a_single_row_of_many_megabytes_arrives(source, destination, start):
    task = start(window="8MB")
    size = 100 if EVERYTHING else 30

    with Peaks(task) as peaks:
        source.sql(f"INSERT INTO big VALUES (1, repeat('0123456789', {size * 100_000}))",
                   database="shop")
        source.sql("UPDATE big SET id = 2", database="shop")
        task.wait_caught_up(200)

    limit = (100 + 4 * size) * MB
    assert all(used < limit for used in peaks.peak.values()), peaks.peak
    assert equal(source, destination)
