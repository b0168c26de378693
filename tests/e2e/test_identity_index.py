"""REPLICA IDENTITY USING INDEX, beside a primary key or without one."""

TABLES = """
CREATE TABLE named (id int PRIMARY KEY, code text NOT NULL, n int, big text);
CREATE UNIQUE INDEX named_code ON named (code);
ALTER TABLE named REPLICA IDENTITY USING INDEX named_code;
ALTER TABLE named ALTER big SET STORAGE EXTERNAL;
CREATE TABLE pairs (a int NOT NULL, b int NOT NULL, v text);
CREATE UNIQUE INDEX pairs_key ON pairs (b, a) INCLUDE (v);
ALTER TABLE pairs REPLICA IDENTITY USING INDEX pairs_key;
CREATE TABLE lost_index (a int NOT NULL, v text);
CREATE UNIQUE INDEX lost_index_key ON lost_index (a);
ALTER TABLE lost_index REPLICA IDENTITY USING INDEX lost_index_key;
DROP INDEX lost_index_key;
CREATE TABLE none (id int PRIMARY KEY, v text);
ALTER TABLE none REPLICA IDENTITY NOTHING;
CREATE TABLE full_with_key (id int PRIMARY KEY, v text, big text);
ALTER TABLE full_with_key REPLICA IDENTITY FULL;
ALTER TABLE full_with_key ALTER big SET STORAGE EXTERNAL;
"""

ROWS = """
INSERT INTO named SELECT g, 'c' || g, g, repeat('x', 5000) FROM generate_series(1, 10) g;
INSERT INTO pairs SELECT g % 3, g, 'v' FROM generate_series(1, 10) g;
INSERT INTO lost_index SELECT g, 'v' FROM generate_series(1, 5) g;
INSERT INTO none SELECT g, 'v' FROM generate_series(1, 5) g;
INSERT INTO full_with_key SELECT g, 'v', repeat('y', 5000) FROM generate_series(1, 10) g;
"""

CHANGES = [
    "UPDATE named SET n = n + 1",
    "UPDATE named SET code = code || '!' WHERE id < 4",
    "UPDATE named SET id = id + 100 WHERE id = 5",
    "BEGIN; UPDATE named SET code = 'x' WHERE id = 6; UPDATE named SET code = 'c6' WHERE id = 7; "
    "UPDATE named SET code = 'c7' WHERE id = 6; COMMIT",
    "BEGIN; UPDATE named SET id = -1 WHERE id = 8; UPDATE named SET id = 8 WHERE id = 9; "
    "UPDATE named SET id = 9 WHERE id = -1; COMMIT",
    "DELETE FROM named WHERE code = 'c10'",
    "UPDATE pairs SET v = 'w' WHERE a = 1",
    "UPDATE pairs SET a = a + 10, b = b + 10 WHERE a = 2",
    "DELETE FROM pairs WHERE a = 0",
    "UPDATE lost_index SET v = 'w' WHERE a = 1",
    "DELETE FROM lost_index WHERE a = 2",
    "UPDATE none SET v = 'w' WHERE id = 1",
    "DELETE FROM none WHERE id = 2",
    "UPDATE full_with_key SET v = 'w' WHERE id < 4",
    "UPDATE full_with_key SET id = id + 100 WHERE id = 4",
    "BEGIN; UPDATE full_with_key SET id = -1 WHERE id = 5; "
    "UPDATE full_with_key SET id = 5 WHERE id = 6; "
    "UPDATE full_with_key SET id = 6 WHERE id = -1; COMMIT",
    "DELETE FROM full_with_key WHERE id = 7",
]

AGAIN = ["BEGIN; TRUNCATE named, pairs, lost_index, none, full_with_key; " + ROWS + "COMMIT"]


def test_rows_are_found_by_the_index_of_the_identity(story):
    told = story(TABLES + ROWS)

    told.one_by_one(CHANGES)
    told.in_one_group(AGAIN + CHANGES)

    assert told.task.stop() == 0
