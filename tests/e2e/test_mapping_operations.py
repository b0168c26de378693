"""Changes that do not pass, and what later changes make of what they left behind."""

import pytest


TABLES = """
CREATE TABLE no_update (id int PRIMARY KEY, v text);
CREATE TABLE no_insert (id int PRIMARY KEY, v text);
CREATE TABLE no_delete (id int PRIMARY KEY, v text);
CREATE TABLE no_truncate (id int PRIMARY KEY, v text);
CREATE TABLE only_insert (id int, v text);
CREATE TABLE every (id int PRIMARY KEY, v text);
INSERT INTO no_update SELECT g, 'copied' FROM generate_series(1, 5) g;
INSERT INTO no_insert SELECT g, 'copied' FROM generate_series(1, 5) g;
INSERT INTO no_delete SELECT g, 'copied' FROM generate_series(1, 5) g;
INSERT INTO no_truncate SELECT g, 'copied' FROM generate_series(1, 2) g;
INSERT INTO only_insert SELECT g, 'copied' FROM generate_series(1, 2) g;
INSERT INTO every SELECT g, 'copied' FROM generate_series(1, 2) g;
"""

ALL = ["insert", "update", "delete", "truncate", "ddl"]


def without(operation):
    return [name for name in ALL if name != operation]


OBJECTS = ({"schema": "public"}, *(
    {"schema": "public", "table": f"no_{name}", "operations": without(name)}
    for name in ("update", "insert", "delete", "truncate")),
    {"schema": "public", "table": "only_insert", "operations": ["insert"]})

CHANGES = """
UPDATE no_update SET v = 'never seen' WHERE id = 1
DELETE FROM no_update WHERE id = 1
UPDATE no_update SET id = 100 WHERE id = 2
DELETE FROM no_update WHERE id = 100
UPDATE no_update SET id = 200 WHERE id = 3
INSERT INTO no_update VALUES (3, 'in its place')
INSERT INTO no_insert VALUES (10, 'never seen')
UPDATE no_insert SET v = 'nor this' WHERE id = 10
UPDATE no_insert SET v = 'seen' WHERE id = 1
DELETE FROM no_insert WHERE id = 10
DELETE FROM no_insert WHERE id = 2
DELETE FROM no_delete WHERE id = 1
INSERT INTO no_delete VALUES (1, 'again')
DELETE FROM no_delete WHERE id = 2
UPDATE no_delete SET id = 2 WHERE id = 3
BEGIN; DELETE FROM no_delete WHERE id = 4; INSERT INTO no_delete VALUES (4, 'four'); COMMIT
TRUNCATE no_truncate, every
INSERT INTO no_truncate VALUES (1, 'after')
INSERT INTO every VALUES (9, 'after')
UPDATE only_insert SET v = 'x'
DELETE FROM only_insert
TRUNCATE only_insert
INSERT INTO only_insert VALUES (1, 'second'), (1, 'second')
""".strip().split("\n")

EXPECTED = {
    "no_update": [(2, "copied"), (3, "in its place"), (4, "copied"), (5, "copied")],
    "no_insert": [(1, "seen"), (3, "copied"), (4, "copied"), (5, "copied")],
    "no_delete": [(1, "again"), (2, "copied"), (4, "four"), (5, "copied")],
    "no_truncate": [(1, "after"), (2, "copied")],
    "only_insert": [(1, "copied"), (1, "second"), (1, "second"), (2, "copied")],
    "every": [(9, "after")],
}


def there(destination):
    return {table: sorted(destination.sql(f"SELECT id, v FROM {table}", database="shop"))
            for table in EXPECTED}


@pytest.mark.parametrize("loaders, backlog", [(1, True), (2, False)],
                         ids=["in one group", "one by one, two loaders"])
def test_what_is_left_out_is_tolerated_later(pair, database, new_task, loaders, backlog):
    source, destination = pair
    database(source, destination)
    source.sql(TABLES, database="shop")
    task = new_task(source, destination, objects=OBJECTS, stages={"loader": loaders})
    task.run().wait_consistent()

    if backlog:
        task.cli("pause", task.name)
        task.wait_state("paused")
    for change in CHANGES:
        source.sql(change, database="shop")
        if not backlog:
            task.wait_caught_up()
    if backlog:
        task.cli("resume", task.name)
    task.wait_caught_up()

    assert there(destination) == EXPECTED
    status = task.wait_for(lambda s: s["rows_missing"] >= 3 and s["rows_replaced"] >= 4)
    assert status["rows_missing"] == 3 and status["rows_replaced"] == 5, status


def test_a_missing_row_of_another_table_is_drift_still(pair, database, new_task):
    source, destination = pair
    database(source, destination)
    source.sql(TABLES, database="shop")
    task = new_task(source, destination, objects=OBJECTS)
    task.run().wait_consistent()
    destination.sql("DELETE FROM every WHERE id = 1", database="shop")

    source.sql("DELETE FROM every WHERE id = 1", database="shop")

    status = task.wait_state("failed")
    assert "drift" in status["error"]["message"] and status["error"]["object"] == "public.every"
