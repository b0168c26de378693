"""Generated columns are computed by the destination, in keys and without a key too."""

import pytest

STORED = """
CREATE TABLE stored (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED, v text,
    big text);
ALTER TABLE stored ALTER big SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX ON stored (twice);
CREATE TABLE first_of_all (g int GENERATED ALWAYS AS (id + 1) STORED, id int PRIMARY KEY, v text,
    h text GENERATED ALWAYS AS (v || v) STORED);
CREATE TABLE in_key (id int, g int GENERATED ALWAYS AS (id % 10) STORED, v text, PRIMARY KEY (id, g));
CREATE TABLE in_identity (id int NOT NULL, v text,
    g int GENERATED ALWAYS AS (id * 10) STORED NOT NULL);
CREATE UNIQUE INDEX in_identity_g ON in_identity (g);
ALTER TABLE in_identity REPLICA IDENTITY USING INDEX in_identity_g;
CREATE TABLE keyless (g text GENERATED ALWAYS AS (v || '!') STORED, a int, v text);
CREATE TABLE only_generated (g int GENERATED ALWAYS AS (7) STORED);
CREATE TABLE parts (id int, a int, g int GENERATED ALWAYS AS (a + 1) STORED, PRIMARY KEY (id))
    PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE TABLE parts_2 (g int GENERATED ALWAYS AS (a + 1) STORED, id int NOT NULL, a int);
ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM (100) TO (200);
"""

ROWS = """
INSERT INTO stored (id, a, v, big) SELECT g, g, 's', repeat('x', 5000) FROM generate_series(1, 10) g;
INSERT INTO first_of_all (id, v) SELECT g, 'f' FROM generate_series(1, 10) g;
INSERT INTO in_key (id, v) SELECT g, 'k' FROM generate_series(1, 10) g;
INSERT INTO in_identity (id, v) SELECT g, 'i' FROM generate_series(1, 10) g;
INSERT INTO keyless (a, v) SELECT g % 3, 'n' FROM generate_series(1, 10) g;
INSERT INTO only_generated DEFAULT VALUES;
INSERT INTO parts (id, a) SELECT g * 15, g FROM generate_series(0, 12) g;
"""

CHANGES = [
    "UPDATE stored SET a = a + 100 WHERE id < 4",
    "UPDATE stored SET id = id + 100 WHERE id IN (5, 6)",
    "BEGIN; UPDATE stored SET a = -1 WHERE id = 7; UPDATE stored SET a = 7 WHERE id = 8; "
    "UPDATE stored SET a = 8 WHERE id = 7; COMMIT",
    "UPDATE first_of_all SET v = 'g', id = id + 10 WHERE id < 4",
    "DELETE FROM first_of_all WHERE id = 5",
    "INSERT INTO first_of_all (id, v) SELECT g, 'set' FROM generate_series(100, 200) g",
    "UPDATE in_key SET v = 'l' WHERE id < 4",
    "UPDATE in_key SET id = id + 15 WHERE id = 5",
    "DELETE FROM in_key WHERE id = 6",
    "UPDATE in_identity SET v = 'j' WHERE id < 4",
    "UPDATE in_identity SET id = id + 100 WHERE id = 5",
    "DELETE FROM in_identity WHERE g = 60",
    "UPDATE keyless SET v = 'o' WHERE a = 1",
    "DELETE FROM keyless WHERE ctid = (SELECT min(ctid) FROM keyless WHERE a = 2)",
    "INSERT INTO only_generated DEFAULT VALUES",
    "DELETE FROM only_generated WHERE ctid = (SELECT min(ctid) FROM only_generated)",
    "UPDATE parts SET a = a * 2",
    "UPDATE parts SET id = id + 100 WHERE id < 60",
]

VIRTUAL = """
CREATE TABLE virtual (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2), v text);
CREATE TABLE mixed (s int GENERATED ALWAYS AS (id + 1) STORED, id int PRIMARY KEY,
    w int GENERATED ALWAYS AS (id + 2) VIRTUAL, v text);
"""
VIRTUAL_ROWS = """
INSERT INTO virtual (id, a, v) SELECT g, g, 'v' FROM generate_series(1, 10) g;
INSERT INTO mixed (id, v) SELECT g, 'm' FROM generate_series(1, 10) g;
"""
VIRTUAL_CHANGES = [
    "UPDATE virtual SET a = 0, v = 'w' WHERE id < 5", "UPDATE virtual SET id = 100 WHERE id = 6",
    "DELETE FROM virtual WHERE id = 7", "UPDATE mixed SET id = id + 100",
]


def computed(cluster, table):
    return cluster.sql(f"SELECT * FROM {table} ORDER BY 1, 2", database="shop")


def test_generated_columns_are_computed_by_the_destination(story):
    told = story(STORED + ROWS)
    again = ["BEGIN; TRUNCATE stored, first_of_all, in_key, in_identity, keyless, only_generated, parts; "
             + ROWS + "COMMIT"]

    told.one_by_one(CHANGES)
    told.in_one_group(again + CHANGES)

    for table in ("stored", "first_of_all", "in_key", "in_identity", "keyless", "parts"):
        assert computed(told.source, table) == computed(told.destination, table)
    assert told.task.stop() == 0


@pytest.fixture
def virtual(pair):
    if pair[0].version < 18:
        pytest.skip("virtual generated columns came with PostgreSQL 18")


def test_virtual_columns_are_neither_copied_nor_streamed(virtual, story):
    told = story(VIRTUAL + VIRTUAL_ROWS)

    told.one_by_one(VIRTUAL_CHANGES)
    told.in_one_group(["BEGIN; TRUNCATE virtual, mixed; " + VIRTUAL_ROWS + "COMMIT"] + VIRTUAL_CHANGES)

    for table in ("virtual", "mixed"):
        assert computed(told.source, table) == computed(told.destination, table)


def test_a_virtual_column_without_a_key_is_refused_by_name(virtual, pair, database, new_task):
    """PostgreSQL would refuse its UPDATE and DELETE as soon as it is published."""
    source, destination = pair
    database(source, destination)
    source.sql("CREATE TABLE loose (a int, twice int GENERATED ALWAYS AS (a * 2) VIRTUAL);"
               "INSERT INTO loose VALUES (1)", database="shop")

    task = new_task(source, destination).run()
    status = task.wait_state("failed")

    assert status["error"]["object"] == "public.loose" and "virtual" in status["error"]["message"]
    source.sql("UPDATE loose SET a = 2", database="shop")
