"""The stream into SelectDB: what reservoirs gather, fold, cut and load, and that a death at any step
of it loses and doubles nothing."""

import os

import pytest

from harness import failpoints
from harness.selectdb_compare import differences
from harness.waiting import wait_until

TABLES = """
CREATE TABLE u (id int PRIMARY KEY, n int, big text);
ALTER TABLE u ALTER big SET STORAGE EXTERNAL;
CREATE TABLE f (id int PRIMARY KEY, n int, big text);
ALTER TABLE f ALTER big SET STORAGE EXTERNAL, REPLICA IDENTITY FULL;
CREATE TABLE d (a int, b text);
INSERT INTO u SELECT g, g, repeat(md5(g::text), 200) FROM generate_series(1, 20) g;
INSERT INTO f SELECT * FROM u;
INSERT INTO d VALUES (1, 'copied');
"""


class Stream:
    """A task into a simulator that follows."""

    def __init__(self, source, there, task):
        self.source, self.there, self.task = source, there, task

    def apply(self, *changes):
        """Each is a transaction of its own, or brings its BEGIN and COMMIT along."""
        connection = self.source.connect("shop")
        connection.autocommit = True
        with connection.cursor() as cursor:
            for change in changes:
                cursor.execute(change)
        connection.close()

    def check(self, seconds=60):
        """Unique tables are equal; d is looked at by history()."""
        self.task.wait_caught_up(seconds)
        assert differences(self.source.conninfo("shop"), self.there, exclude=("public.d",)) == []

    def history(self):
        return [tuple(row) for row in self.there.sql(
            "SELECT a, b, _is_deleted FROM d ORDER BY _record_id", "shop")]

    def counter(self, name):
        loaders = [stage for stage in self.task.status()["stages"] if stage["role"] == "loader"]
        return sum(stage.get("counters", {}).get(name, 0) for stage in loaders)


@pytest.fixture
def stream(source, database, new_task, simulator):
    def begin(tables=TABLES, there=None, destination=None, run=None, **settings):
        there = there or simulator()
        database(source)
        source.sql(tables, database="shop")
        task = new_task(source, there, **settings)
        task.run(**(run or {}))
        told = Stream(source, there, task)
        task.wait_consistent(90)
        return told

    return begin


@pytest.mark.timeout(240)
def test_rows_come_change_and_go(stream):
    s = stream()
    s.apply("INSERT INTO u VALUES (100, 1, 'x'), (101, NULL, NULL), (102, 2, '')",
            "UPDATE u SET n = 7 WHERE id < 5", "DELETE FROM u WHERE id = 6",
            "BEGIN; DELETE FROM u WHERE id = 7; INSERT INTO u VALUES (7, 70, 'again'); COMMIT",
            "BEGIN; INSERT INTO u VALUES (200, 1, 'a'); DELETE FROM u WHERE id = 200; COMMIT",
            "UPDATE f SET n = n + 1, big = big WHERE id < 5", "DELETE FROM f WHERE id = 6")
    s.check()


@pytest.mark.timeout(240)
def test_unchanged_values_go_with_the_row(stream):
    s = stream()
    for table in ("u", "f"):
        s.apply(f"UPDATE {table} SET n = n + 1 WHERE id < 10",
                f"BEGIN; UPDATE {table} SET big = repeat('q', 9000) WHERE id = 12; "
                f"UPDATE {table} SET n = 5 WHERE id = 12; UPDATE {table} SET id = 512 WHERE id = 12; COMMIT",
                f"UPDATE {table} SET id = id + 100 WHERE id < 3",
                f"BEGIN; UPDATE {table} SET id = -1 WHERE id = 10; UPDATE {table} SET id = 10 WHERE id = 11; "
                f"UPDATE {table} SET id = 11 WHERE id = -1; COMMIT",
                f"UPDATE {table} SET big = NULL WHERE id = 15")
    s.check()


@pytest.mark.timeout(240)
def test_a_duplicate_table_holds_the_history(stream):
    s = stream()
    s.apply("INSERT INTO d VALUES (2, 'came')", "UPDATE d SET b = 'changed' WHERE a = 2",
            "DELETE FROM d WHERE a = 1", "INSERT INTO d VALUES (NULL, '')")
    s.task.wait_caught_up()
    assert s.history() == [("1", "copied", "0"), ("2", "came", "0"), ("2", "changed", "0"),
                           ("1", "copied", "1"), (None, "", "0")]


@pytest.mark.timeout(240)
def test_truncate_stands_in_its_place(stream):
    s = stream()
    s.apply("INSERT INTO u VALUES (100, 1, 'goes')", "TRUNCATE u, d", "INSERT INTO u VALUES (1, 1, 'stays')",
            "BEGIN; INSERT INTO d VALUES (3, 'goes'); TRUNCATE d; INSERT INTO d VALUES (4, 'stays'); COMMIT")
    s.check()
    assert s.there.count("u") == 1
    assert s.history() == [("4", "stays", "0")]


@pytest.mark.timeout(240)
def test_rows_are_cut_by_number(source, database, new_task, simulator):
    """Many more rows than a reservoir holds, while the destination is slow: loads follow one another."""
    there = simulator()
    database(source)
    source.sql(TABLES, database="shop")
    group = there.destination("shop", reservoir_rows=1000)
    there.destination = lambda *_: group
    task = new_task(source, there)
    s = Stream(source, there, task.run() and task)
    task.wait_consistent(90)
    before = len(there.journal())

    s.apply("INSERT INTO u SELECT g, g, 'r' FROM generate_series(1000, 10999) g",
            "UPDATE u SET n = -n WHERE id >= 1000")

    s.check()
    assert len(there.journal()) - before >= 10


@pytest.mark.timeout(240)
def test_several_lanes_share_the_rows(stream):
    s = stream(stages={"copy": 2, "transform": 1, "loader": 2})
    s.apply("INSERT INTO u SELECT g, g, 'r' FROM generate_series(1000, 2999) g",
            "UPDATE u SET id = id + 10000, big = 'm' WHERE id BETWEEN 1000 AND 1100",
            "DELETE FROM u WHERE id % 3 = 0", "INSERT INTO d VALUES (2, 'came')",
            "TRUNCATE f", "INSERT INTO f VALUES (1, 1, 'after')",
            "UPDATE u SET n = 0 WHERE id > 2000")
    s.check()
    assert s.history() == [("1", "copied", "0"), ("2", "came", "0")]


@pytest.mark.timeout(240)
def test_a_value_that_does_not_fit_stops_the_task(stream):
    s = stream("CREATE TABLE t (id int PRIMARY KEY, day date); INSERT INTO t VALUES (1, '2024-02-29');")
    s.apply("INSERT INTO t VALUES (2, '2024-01-01')", "INSERT INTO t VALUES (77, 'infinity')")

    s.task.wait_state("failed")

    error = s.task.status()["error"]
    assert error["kind"] == "data" and error["object"] == "public.t" and error["key"] == "id=77"
    assert "day" in error["message"] and "infinite" in error["message"] and error["position"]


def points():
    return [p for p in failpoints("walferry-loader") if p.startswith("selectdb.")]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("point", points())
def test_a_death_at_a_step_loses_and_doubles_nothing(stream, point, tmp_path):
    s = stream(run={"WALFERRY_FAILPOINT": f"{point}:{1 if point == 'selectdb.takeover' else 2}",
                    "WALFERRY_FAILPOINT_IN": "walferry-loader",
                    "WALFERRY_FAILPOINT_ONCE": str(tmp_path / "died")})
    for n in range(3):
        s.apply(f"INSERT INTO u VALUES ({100 + n}, 1, 'x')", f"UPDATE u SET id = id + 1000 WHERE id = {8 + n}",
                f"INSERT INTO d VALUES ({n}, 'came')", "UPDATE d SET b = 'changed' WHERE b = 'came'",
                "TRUNCATE f", f"INSERT INTO f VALUES ({n}, {n}, 'after')")
        s.check(90)
    wait_until(lambda: os.path.exists(tmp_path / "died"), 5, lambda: f"nobody died at {point}")
    expected = [("1", "copied", "0")]
    for n in range(3):
        expected += [(str(n), "came", "0"), (str(n), "changed", "0")]
    assert s.history() == expected
