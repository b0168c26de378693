"""TRUNCATE of several tables, between changes, and what COPY FREEZE writes."""

import io

TABLES = """
CREATE TABLE head (id serial PRIMARY KEY, v text);
CREATE TABLE line (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, head int REFERENCES head, v text);
CREATE TABLE note (v text);
CREATE TABLE parts (id int, v text) PARTITION BY HASH (id);
CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO head (v) SELECT 'h' FROM generate_series(1, 10);
INSERT INTO line (head) SELECT 1 + g % 10 FROM generate_series(1, 30) g;
INSERT INTO note SELECT 'n' FROM generate_series(1, 5);
INSERT INTO parts SELECT g, 'p' FROM generate_series(1, 10) g;
"""

FILL = ("INSERT INTO head (v) VALUES ('a'), ('b'); INSERT INTO line (head, v) "
        "SELECT id, v FROM head; INSERT INTO note VALUES ('n'), ('n'); "
        "INSERT INTO parts VALUES (1, 'x'), (2, 'y'); ")

CHANGES = [
    f"BEGIN; {FILL} TRUNCATE head, note, parts RESTART IDENTITY CASCADE; {FILL} COMMIT",
    f"BEGIN; UPDATE head SET v = 'c'; TRUNCATE line; DELETE FROM head; {FILL} "
    "TRUNCATE note, parts_0; UPDATE parts SET v = 'z'; COMMIT",
    f"BEGIN; SAVEPOINT s; TRUNCATE head CASCADE; {FILL} ROLLBACK TO s; UPDATE head SET v = 'd'; "
    "TRUNCATE note; COMMIT",
    "BEGIN; TRUNCATE head, line, note, parts; COMMIT",
    f"BEGIN; {FILL} TRUNCATE line; TRUNCATE note; TRUNCATE line, note; {FILL} COMMIT",
]


def copy_frozen(told):
    """The rows are visible to everybody at once, and stand in the log like any others."""
    connection = told.source.connect(told.database)
    with connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE note")
        rows = io.StringIO("frozen\n" * 100)
        cursor.copy_expert("COPY note FROM STDIN (FREEZE)", rows)
    connection.close()


def test_truncate_stands_at_its_place_among_changes(story):
    told = story(TABLES)

    told.one_by_one(CHANGES)
    told.in_one_group(CHANGES)
    copy_frozen(told)
    told.check()

    assert told.task.stop() == 0
