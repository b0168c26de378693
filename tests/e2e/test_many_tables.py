"""Thousands of tables in one task: no step of start, copy or stream grows with their square."""

import json
import time

import pytest

from harness import wait_until

COUNTS = [pytest.param(2000, id="2000"),
          pytest.param(10000, id="10000", marks=[pytest.mark.long, pytest.mark.timeout(900)])]

# A statement for a hundred tables each: all in one would want a larger lock table than a server has
# by default. walferry's own steps must do with that, too.
MAKE = """
DO $$ BEGIN
    FOR n IN %s .. %s LOOP
        EXECUTE format('CREATE TABLE t%%s (id int PRIMARY KEY, v text);
                        INSERT INTO t%%s SELECT g, ''r'' FROM generate_series(1, 3) AS g', n, n);
    END LOOP;
END $$"""

TOUCH = """
DO $$ BEGIN
    FOR n IN %s .. %s LOOP
        EXECUTE format('UPDATE t%%s SET v = ''u'' WHERE id = 1; DELETE FROM t%%s WHERE id = 2;
                        INSERT INTO t%%s VALUES (4, ''n'')', n, n, n);
    END LOOP;
END $$"""


def in_hundreds(cluster, statement, count):
    for first in range(1, count + 1, 100):
        cluster.sql(statement % (first, min(first + 99, count)), database="shop")


class Looks:
    """Asks `status` and `tables` again and again, and knows how long the slowest answer took."""

    def __init__(self, task):
        self.task, self.slowest_s = task, 0.0

    def at_status(self):
        began = time.monotonic()
        status = self.task.status()
        self.task.cli("tables", self.task.name, "--json", check=False)
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        return status


def memory_of(task):
    return {f"{s['role']} {s['instance']}": s["rss"] >> 20 for s in task.status()["stages"]}


@pytest.mark.parametrize("count", COUNTS)
def test_thousands_of_tables_are_copied_and_followed(source, destination, database, new_task,
                                                     count):
    database(source, destination)
    in_hundreds(source, MAKE, count)
    patience = 60 + count / 20
    task = new_task(source, destination).run()
    looks = Looks(task)

    wait_until(lambda: (looks.at_status() or {}).get("consistent"), patience,
               lambda: f"consistent: {task.log_tail()}", pause=0.5)
    in_hundreds(source, TOUCH, count)
    task.wait_caught_up(patience)
    looks.at_status()

    compared = task.cli("compare", task.name, timeout=patience).stdout
    assert compared.splitlines()[-1] == f"{count} tables equal"
    assert compared.count(" 3                 3") == count
    assert looks.slowest_s < 10, "the supervisor answers meanwhile"
    assert all(megabytes < 200 for megabytes in memory_of(task).values()), memory_of(task)
    assert task.status()["rewinds"] == 0
    task.cli("release", task.name, timeout=patience)
    assert source.sql("SELECT 1 FROM pg_publication", database="shop") == []


def test_tables_with_many_changed_rows_leave_few_temporary_tables(source, destination, database,
                                                                  new_task):
    """Each large set of updates goes through one; the server empties all of them at each commit."""
    database(source, destination)
    in_hundreds(source, MAKE, 200)
    task = new_task(source, destination).run()
    task.wait_consistent()

    for n in range(1, 201):
        source.sql(f"INSERT INTO t{n} SELECT g, 'more' FROM generate_series(10, 1000) AS g",
                   database="shop")
    task.wait_caught_up()
    for n in range(1, 201):
        source.sql(f"UPDATE t{n} SET v = 'changed'", database="shop")
    task.wait_caught_up()

    temporary = destination.value("SELECT count(*) FROM pg_class WHERE relpersistence = 't'"
                                  "   AND relkind = 'r'", database="shop")
    assert temporary <= 64
    stages = json.loads(task.cli("queue", "t", "stats", "--json").stdout)["stages"]
    loader, = [stage for stage in stages if stage["role"] == "loader"]
    assert loader["counters"]["rows_set"] >= 200 * 990, "they went through sets"
    assert task.cli("compare", task.name).stdout.splitlines()[-1] == "200 tables equal"


def test_a_copy_of_thousands_of_tables_that_starts_again(source, destination, database, new_task):
    """The supervisor's death loses the snapshot: what is not copied is emptied and copied anew."""
    database(source, destination)
    in_hundreds(source, MAKE, 2000)
    task = new_task(source, destination).run()
    task.wait_for(lambda s: s["tables"]["copied"] > 50)

    task.kill_run()
    task.run()
    task.wait_consistent(90)

    assert task.cli("compare", task.name).stdout.splitlines()[-1] == "2000 tables equal"
