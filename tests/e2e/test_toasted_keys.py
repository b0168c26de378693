"""Keys that are stored apart, and keys that change while a large value beside them does not."""

TABLES = """
CREATE TABLE long_key (k text PRIMARY KEY, n int);
ALTER TABLE long_key ALTER k SET STORAGE EXTERNAL;
CREATE TABLE long_pair (id int, k text, n int, big text, PRIMARY KEY (k, id));
ALTER TABLE long_pair ALTER k SET STORAGE EXTERNAL, ALTER big SET STORAGE EXTERNAL;
CREATE TABLE moving (id int PRIMARY KEY, n int, one text, two bytea);
ALTER TABLE moving ALTER one SET STORAGE EXTERNAL, ALTER two SET STORAGE EXTERNAL;
CREATE TABLE with_json (id int PRIMARY KEY, n int, j json, big text);
ALTER TABLE with_json ALTER j SET STORAGE EXTERNAL, ALTER big SET STORAGE EXTERNAL;
"""

# An index entry has 2,700 bytes at most, so that a key is stored apart only beside other values.
ROWS = """
INSERT INTO long_key SELECT repeat(chr(96 + g), 2400), g FROM generate_series(1, 8) g;
INSERT INTO long_pair SELECT g, repeat(chr(96 + g), 2400), g, repeat('p' || g, 3000)
    FROM generate_series(1, 8) g;
INSERT INTO moving SELECT g, g, repeat('1' || g, 3000), decode(repeat('00ff', 3000), 'hex')
    FROM generate_series(1, 12) g;
INSERT INTO with_json SELECT g, g, to_json(repeat('j' || g, 3000)), repeat('w' || g, 3000)
    FROM generate_series(1, 12) g;
"""


def exchange(table, one, other):
    return (f"BEGIN; UPDATE {table} SET id = -1 WHERE id = {one}; "
            f"UPDATE {table} SET id = {one} WHERE id = {other}; "
            f"UPDATE {table} SET id = {other} WHERE id = -1; COMMIT")


CHANGES = [
    "UPDATE long_key SET n = n + 1",
    "UPDATE long_key SET k = k || '!' WHERE n < 4",
    "DELETE FROM long_key WHERE n = 5",
    "UPDATE long_pair SET n = n + 1",
    "UPDATE long_pair SET id = id + 10 WHERE id < 4",
    "UPDATE long_pair SET k = upper(k) WHERE id IN (4, 5, 11)",
    "UPDATE long_pair SET big = 'small' WHERE id = 6",
    "DELETE FROM long_pair WHERE id = 7",
    "UPDATE moving SET id = id + 100 WHERE id < 4",
    exchange("moving", 4, 5),
    "BEGIN; UPDATE moving SET one = repeat('new', 3000) WHERE id = 6; "
    "UPDATE moving SET id = 206 WHERE id = 6; UPDATE moving SET n = 0 WHERE id = 206; COMMIT",
    "BEGIN; UPDATE moving SET id = 207 WHERE id = 7; UPDATE moving SET id = 7 WHERE id = 207; "
    "UPDATE moving SET two = '' WHERE id = 7; COMMIT",
    "BEGIN; DELETE FROM moving WHERE id = 8; UPDATE moving SET id = 8 WHERE id = 9; COMMIT",
    "UPDATE with_json SET id = id + 100 WHERE id < 4",
    exchange("with_json", 4, 5),
    "UPDATE with_json SET n = 0",
]

AGAIN = ["BEGIN; TRUNCATE long_key, long_pair, moving, with_json; " + ROWS + "COMMIT"]


def test_unchanged_values_stay_with_their_rows(story):
    told = story(TABLES + ROWS)

    told.one_by_one(CHANGES)
    told.in_one_group(AGAIN + CHANGES)

    assert told.task.stop() == 0
