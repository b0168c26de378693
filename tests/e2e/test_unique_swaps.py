"""Values that unique constraints and indexes let rows exchange, within a transaction."""

TABLES = """
CREATE TABLE seats (id int PRIMARY KEY, seat int UNIQUE DEFERRABLE INITIALLY IMMEDIATE, v text);
CREATE TABLE late (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, v text);
CREATE TABLE late_named (id int UNIQUE DEFERRABLE, code int NOT NULL, v text, UNIQUE (code));
ALTER TABLE late_named REPLICA IDENTITY USING INDEX late_named_code_key;
CREATE TABLE rotating (id int PRIMARY KEY, a int UNIQUE, b int UNIQUE, big text);
ALTER TABLE rotating ALTER big SET STORAGE EXTERNAL;
CREATE TABLE partial (id int PRIMARY KEY, a int, active bool);
CREATE UNIQUE INDEX ON partial (a) WHERE active;
CREATE TABLE expression (id int PRIMARY KEY, email text);
CREATE UNIQUE INDEX ON expression (lower(email));
CREATE TABLE covering (id int PRIMARY KEY, a int, b int, UNIQUE (a) INCLUDE (b));
"""

ROWS = """
INSERT INTO seats SELECT g, g, 's' FROM generate_series(1, 10) g;
INSERT INTO late SELECT g, 'l' FROM generate_series(1, 10) g;
INSERT INTO late_named SELECT g, g, 'l' FROM generate_series(1, 10) g;
INSERT INTO rotating SELECT g, g, -g, repeat('r' || g, 2000) FROM generate_series(1, 10) g;
INSERT INTO partial SELECT g, g / 2, g % 2 = 0 FROM generate_series(1, 10) g;
INSERT INTO expression SELECT g, 'User' || g FROM generate_series(1, 10) g;
INSERT INTO covering SELECT g, g, g FROM generate_series(1, 10) g;
"""

CHANGES = [
    "UPDATE seats SET seat = 11 - seat",
    "BEGIN; SET CONSTRAINTS ALL DEFERRED; UPDATE seats SET seat = 3 WHERE id = 1; "
    "UPDATE seats SET seat = 10 WHERE seat = 3 AND id <> 1; COMMIT",
    "UPDATE late SET id = 11 - id",
    "BEGIN; INSERT INTO late VALUES (1, 'twin'); DELETE FROM late WHERE id = 1 AND v <> 'twin'; COMMIT",
    "UPDATE late_named SET id = 11 - id",
    "UPDATE late_named SET code = code + 100, v = 'x' WHERE id < 4",
    "BEGIN; UPDATE rotating SET a = NULL WHERE id = 1; UPDATE rotating SET a = 1 WHERE id = 2; "
    "UPDATE rotating SET a = 2 WHERE id = 3; UPDATE rotating SET a = 3 WHERE id = 1; COMMIT",
    "BEGIN; UPDATE rotating SET b = b - 1000; UPDATE rotating SET b = b + 999 WHERE id > 1; UPDATE rotating SET b = -5000 - b; "
    "DELETE FROM rotating WHERE id = 4; INSERT INTO rotating VALUES (40, 4, -4999, 'new'); COMMIT",
    "BEGIN; UPDATE rotating SET id = id + 100 WHERE id = 5; "
    "UPDATE rotating SET id = 5, a = NULL WHERE id = 6; "
    "UPDATE rotating SET a = 6 WHERE id = 105; COMMIT",
    "BEGIN; UPDATE partial SET active = false WHERE id = 2; "
    "UPDATE partial SET active = true WHERE id = 3; COMMIT",
    "BEGIN; UPDATE partial SET a = a + 50 WHERE id = 4; UPDATE partial SET a = 2 WHERE id = 8; COMMIT",
    "BEGIN; UPDATE expression SET email = 'tmp' WHERE id = 1; "
    "UPDATE expression SET email = 'USER1' WHERE id = 2; "
    "UPDATE expression SET email = 'user2' WHERE id = 1; COMMIT",
    "BEGIN; DELETE FROM expression WHERE id = 3; INSERT INTO expression VALUES (33, 'USER3'); COMMIT",
    "BEGIN; UPDATE covering SET a = -1 WHERE id = 1; UPDATE covering SET a = 1 WHERE id = 2; "
    "UPDATE covering SET a = 2, b = 9 WHERE id = 1; COMMIT",
]

AGAIN = ["BEGIN; TRUNCATE seats, late, late_named, rotating, partial, expression, covering; "
         + ROWS + "COMMIT"]


def test_unique_values_change_hands_among_rows(story):
    told = story(TABLES + ROWS)

    told.one_by_one(CHANGES)
    told.in_one_group(AGAIN + CHANGES)

    assert told.task.stop() == 0
