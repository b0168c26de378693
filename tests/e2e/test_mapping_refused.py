"""Mappings that cannot be: said by check and by run, with the place in the task file."""

import pytest

TABLES = """
CREATE SCHEMA a; CREATE SCHEMA b;
CREATE TABLE a.t (id int PRIMARY KEY, v text, w text, gen text GENERATED ALWAYS AS (upper(v)) STORED);
CREATE INDEX t_v ON a.t (lower(v));
CREATE TABLE b.t (id int PRIMARY KEY);
CREATE TABLE a.parts (id int, k int, v text) PARTITION BY LIST (k);
CREATE TABLE a.parts_1 PARTITION OF a.parts FOR VALUES IN (1);
CREATE TABLE a.ident (id int NOT NULL, v text); CREATE UNIQUE INDEX ident_id ON a.ident (id);
ALTER TABLE a.ident REPLICA IDENTITY USING INDEX ident_id;
"""


def columns(table, *entries):
    return ({"schema": "a", "table": table, "columns": entries},)


# objects, what the error says
CASES = {
    "two tables of one name": (
        ({"schema": "a", "to_schema": "x"}, {"schema": "b", "to_schema": "x"}),
        ["table a.t", "table b.t", "x.t", ".cfg:"]),
    "two columns of one name": (columns("t", {"name": "v", "to": "w"}),
                                ["a.t.w", "columns v and w", ".cfg:"]),
    "a column that is not there": (columns("t", {"name": "vv", "to": "x"}),
                                   ["a.t.vv", "no such column", ".cfg:"]),
    "a skipped key": (columns("t", {"name": "id", "skip": True}),
                      ["a.t.id", "part of the key", ".cfg:"]),
    "a skipped identity": (columns("ident", {"name": "id", "skip": True}),
                           ["a.ident.id", "part of the key", ".cfg:"]),
    "a skipped partition key": (columns("parts", {"name": "k", "skip": True}),
                                ["a.parts.k", "partition key", ".cfg:"]),
    "a table that is not there": (({"schema": "a", "table": "nope", "to_table": "x"},),
                                  ["a.nope", "no such table", ".cfg:"]),
}


@pytest.mark.parametrize("objects, pieces", CASES.values(), ids=CASES)
def test_check_and_run_refuse_it(source, destination, database, new_task, objects, pieces):
    database(source, destination)
    source.sql(TABLES, database="shop")
    task = new_task(source, destination, objects=objects)

    checked = task.cli("check", task.file, check=False)
    assert checked.returncode == 1
    assert any(line.startswith("FAIL") and all(piece in line for piece in pieces)
               for line in checked.stdout.splitlines()), checked.stdout
    task.run()
    assert task.wait_end() == 1
    assert not destination.value("SELECT to_regclass('x.t') IS NOT NULL", database="shop")


def test_what_goes_with_a_skipped_column_is_a_warning(source, destination, database, new_task):
    database(source, destination)
    source.sql(TABLES + "INSERT INTO a.t VALUES (1, 'v', 'w')", database="shop")
    objects = columns("t", {"name": "v", "skip": True})
    task = new_task(source, destination, objects=objects)

    checked = task.cli("check", task.file, check=False)
    warned = [line for line in checked.stdout.splitlines() if "table.not_copied.skipped" in line]
    assert checked.returncode == 1 and len(warned) == 2, checked.stdout
    assert any("t_v" in line for line in warned) and any("gen" in line for line in warned)

    task.write(source={"heartbeat_ms": 100}, objects=objects,
               check={"ignore": ["table.not_copied.skipped"]})
    task.run().wait_consistent()
    source.sql("UPDATE a.t SET v = 'x'; UPDATE a.t SET w = 'x'", database="shop")
    task.wait_caught_up()
    assert destination.sql("SELECT * FROM a.t", database="shop") == [(1, "x")]


def test_a_skipped_column_that_wants_a_value_is_refused(source, destination, database, new_task):
    database(source, destination)
    source.sql(TABLES, database="shop")
    destination.sql("CREATE SCHEMA a; CREATE TABLE a.t (id int PRIMARY KEY, v text NOT NULL, w text)",
                    database="shop")
    task = new_task(source, destination, objects=columns("t", {"name": "v", "skip": True}),
                    existing_tables="accept")

    checked = task.cli("check", task.file, check=False)

    assert any(line.startswith("FAIL") and "a.t.v" in line and "NOT NULL" in line
               for line in checked.stdout.splitlines()), checked.stdout
