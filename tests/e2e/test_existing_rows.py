"""Tables of the user's that have rows before the task comes: kept, overwritten, told."""

import json

import pytest

TABLES = """
CREATE TABLE a (id int PRIMARY KEY, v text);
CREATE TABLE b (x int, y text, v text, PRIMARY KEY (y, x));
CREATE TABLE only_key (id int PRIMARY KEY);
CREATE TABLE empty_there (id int PRIMARY KEY, v text);
CREATE TABLE log (v text);
"""
ROWS = """
INSERT INTO a SELECT g, 'source' FROM generate_series(1, 2000) g;
INSERT INTO b SELECT g, 'k', 'source' FROM generate_series(1, 300) g;
INSERT INTO only_key SELECT g FROM generate_series(1, 300) g;
INSERT INTO empty_there SELECT g, 'source' FROM generate_series(1, 300) g;
INSERT INTO log SELECT 'source' FROM generate_series(1, 10);
"""
# Keys 1 to 10 are the source's too; those from 5001 on are not.
THERE = """
INSERT INTO a SELECT g, 'there' FROM generate_series(1, 10) g;
INSERT INTO a SELECT g, 'there' FROM generate_series(5001, 5200) g;
INSERT INTO b SELECT g, 'k', 'there' FROM generate_series(1, 10) g;
INSERT INTO only_key VALUES (1), (5001);
INSERT INTO log VALUES ('there');
"""
IGNORE = {"ignore": ["destination.existing_rows"]}


def count(cluster, table, value):
    return cluster.value(f"SELECT count(*) FROM {table} WHERE v = %s", (value,), database="shop")


@pytest.fixture
def both(pair, database):
    database(*pair)
    pair[0].sql(TABLES + ROWS, database="shop")
    pair[1].sql(TABLES + THERE, database="shop")
    return pair


def stream(source):
    """Over rows that only the destination has, one and many; and the source's own."""
    source.sql("INSERT INTO a VALUES (5001, 'source')", database="shop")
    source.sql("INSERT INTO a SELECT g, 'source' FROM generate_series(5002, 5200) g",
               database="shop")
    source.sql("INSERT INTO only_key VALUES (5001)", database="shop")
    source.sql("UPDATE b SET v = 'changed' WHERE x = 1", database="shop")
    source.sql("DELETE FROM b WHERE x = 2", database="shop")


@pytest.mark.parametrize("mode", ["keep", "overwrite"])
def test_rows_of_the_same_key(both, new_task, mode):
    source, destination = both
    task = new_task(*both, existing_tables="accept", existing_rows=mode, check=IGNORE)

    task.run().wait_consistent()
    copied = {name: destination.sql(f"SELECT v, count(*) FROM {name} GROUP BY 1 ORDER BY 1",
                                    database="shop") for name in ("a", "b", "log")}
    kept = {one["table"]: one["kept"]
            for one in json.loads(task.cli("tables", "t", "--json").stdout)["tables"]}
    rows = task.status()["rows"]
    stream(source)
    task.wait_caught_up()

    expected = 10 if mode == "keep" else 0
    assert copied["a"] == [("source", 2000 - expected), ("there", 200 + expected)]
    assert copied["b"] == [("source", 300 - expected)] + [("there", expected)] * (mode == "keep")
    assert copied["log"] == [("source", 10), ("there", 1)]
    assert kept == {"a": expected, "b": expected, "only_key": mode == "keep", "empty_there": 0,
                    "log": 0}
    assert rows["kept"] == sum(kept.values()) and rows["copied"] == 2910
    # what the stream brings counts, whoever had the row
    assert count(destination, "a", "there") == expected
    assert destination.sql("SELECT x, v FROM b WHERE x < 3", database="shop") == [(1, "changed")]
    assert destination.value("SELECT count(*) FROM only_key", database="shop") == 301


def test_check_warns_of_rows_that_nothing_was_said_about(both, new_task):
    task = new_task(*both, existing_tables="accept")

    default = task.cli("check", task.file, check=False)
    task.write(existing_tables="accept", existing_rows="keep")
    kept = task.cli("check", task.file, check=False)

    def said(result, level):
        return [line.split()[2] for line in result.stdout.splitlines()
                if line.startswith(level) and "destination.existing_rows" in line]

    assert default.returncode == 1
    assert sorted(said(default, "warn")) == ["public.a", "public.b", "public.log",
                                             "public.only_key"]
    assert said(kept, "warn") == ["public.log"]  # no key: the source's rows are added


def test_a_copy_that_is_killed_again_and_again_keeps_the_same_rows(both, new_task):
    source, destination = both
    task = new_task(*both, existing_tables="accept", existing_rows="keep", check=IGNORE)

    # each loader dies at its second chunk, before and after it is committed
    task.run(WALFERRY_FAILPOINT="chunk.before_commit:2", WALFERRY_FAILPOINT_IN="walferry-loader")
    task.wait_consistent()
    rows = task.status()["rows"]
    stream(source)
    task.wait_caught_up()

    assert (rows["copied"], rows["kept"]) == (2910, 21)
    assert count(destination, "a", "there") == 10
    assert count(destination, "log", "source") == 10
    assert destination.value("SELECT sum(kept) FROM walferry.chunk", database="shop") == 21


def test_a_copy_that_must_start_again_does_not_empty_the_users_rows(source, destination, database,
                                                                    new_task):
    database(source, destination)
    table = "CREATE TABLE big (id int PRIMARY KEY, v text)"
    source.sql(f"{table}; INSERT INTO big SELECT g, repeat('x', 1000) "
               "FROM generate_series(1, 12000) g", database="shop")
    destination.sql(f"{table}; INSERT INTO big VALUES (-1, 'there')", database="shop")
    task = new_task(source, destination, existing_tables="accept", existing_rows="keep")

    # the snapshot dies with the supervisor, after the first chunk
    task.run(WALFERRY_FAILPOINT="supervisor.chunk_stored:1",
             WALFERRY_FAILPOINT_IN="walferry-supervisor")
    task.wait_end()
    task.run()
    task.wait_end()

    assert any("had rows already" in line and "public.big" in line and "release" in line
               for line in task.errors()), task.log_text()
    assert count(destination, "big", "there") == 1


def test_rows_that_cannot_be_told_apart_are_refused(source, destination, database, new_task):
    database(source, destination)
    source.sql("CREATE TABLE t (id int PRIMARY KEY, v text);"
               "CREATE TABLE u (id int PRIMARY KEY, n int)", database="shop")
    destination.sql("CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'x');"
                    "CREATE TABLE u (id int PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY);"
                    "INSERT INTO u VALUES (1)", database="shop")
    task = new_task(source, destination, existing_tables="accept", existing_rows="keep")

    said = task.cli("check", task.file, check=False).stdout

    assert 'CREATE UNIQUE INDEX ON "public"."t" ("id");' in said
    assert 'ALTER TABLE "public"."u" ALTER COLUMN "n" SET GENERATED BY DEFAULT;' in said


def test_a_row_that_another_unique_index_refuses_stops_the_copy(source, destination, database,
                                                                new_task):
    database(source, destination)
    source.sql("CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE); INSERT INTO t VALUES (1, 5)",
               database="shop")
    destination.sql("CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE); INSERT INTO t VALUES (2, 5)",
                    database="shop")
    task = new_task(source, destination, existing_tables="accept", existing_rows="keep")

    task.run()
    task.wait_end()

    assert any("t_u_key" in line and "public.t" in line for line in task.errors()), task.log_text()
