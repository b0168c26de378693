"""Tables without a key: REPLICA IDENTITY FULL, duplicate rows, types without an operator =."""

TABLES = """
CREATE TABLE twins (a int, b text, c numeric, d char(3));
CREATE INDEX ON twins (a);
CREATE TABLE odd_types (j json, p point, x xml, b box, f float8, jb jsonb, t text);
ALTER TABLE odd_types ALTER t SET STORAGE EXTERNAL;
CREATE TABLE nullable_unique (u int UNIQUE, v text);
CREATE TABLE deferrable_key (id int PRIMARY KEY DEFERRABLE, v text);
CREATE TABLE broad ({columns});
CREATE TABLE no_columns ();
""".format(columns=", ".join(f"c{n} int" for n in range(60)))

ROWS = """
INSERT INTO twins SELECT g % 3, 'twin', 1.0, 'a' FROM generate_series(1, 12) g;
INSERT INTO twins VALUES (0, 'twin', 1.00, 'a'), (0, 'Twin', 1.0, 'a'), (NULL, NULL, NULL, NULL),
    (NULL, NULL, NULL, NULL), (NULL, '', NULL, ''), (0, '', 'NaN', 'abc');
INSERT INTO odd_types SELECT '{"a":  1}', '(1,2)', '<a>x</a>', '(1,1),(0,0)', 0.1, '{"b": 2}',
    repeat('x', 5000) FROM generate_series(1, 4);
INSERT INTO odd_types VALUES ('{"a": 1}', '(1,2)', '<a>x</a>', '(1,1),(0,0)', 'NaN', '{"b": 2}',
    ''),
    (NULL, NULL, NULL, NULL, '-0', NULL, NULL), (NULL, NULL, NULL, NULL, 0, NULL, NULL);
INSERT INTO nullable_unique VALUES (1, 'a'), (2, 'b'), (NULL, 'c'), (NULL, 'c');
INSERT INTO deferrable_key SELECT g, 'd' FROM generate_series(1, 5) g;
INSERT INTO broad (c0, c59) SELECT g % 2, 7 FROM generate_series(1, 6) g;
INSERT INTO no_columns DEFAULT VALUES;
INSERT INTO no_columns DEFAULT VALUES;
"""


def one_of(table, condition):
    return f"ctid = (SELECT ctid FROM {table} WHERE {condition} LIMIT 1)"


CHANGES = [
    f"DELETE FROM twins WHERE {one_of('twins', 'a = 1')}",
    f"UPDATE twins SET b = 'single' WHERE {one_of('twins', 'a = 2')}",
    f"UPDATE twins SET c = 1.000 WHERE {one_of('twins', 'c = 1 AND c::text = $$1.00$$')}",
    f"DELETE FROM twins WHERE {one_of('twins', 'b = $$Twin$$')}",
    f"UPDATE twins SET a = 9 WHERE {one_of('twins', 'a IS NULL AND b IS NULL')}",
    f"DELETE FROM twins WHERE {one_of('twins', 'a IS NULL AND b IS NULL')}",
    "UPDATE twins SET c = 5 WHERE c = 'NaN'",
    "UPDATE twins SET d = 'zz'",
    "INSERT INTO twins SELECT 1, 'twin', 1.0, 'a' FROM generate_series(1, 100)",
    "BEGIN; INSERT INTO twins VALUES (50, 'x', 1, 'a'), (50, 'x', 1, 'a'); "
    f"DELETE FROM twins WHERE {one_of('twins', 'a = 50')}; "
    "UPDATE twins SET a = 51 WHERE a = 50; COMMIT",
    f"UPDATE odd_types SET p = '(3,4)' WHERE {one_of('odd_types', 'j::text LIKE $$%  1%$$')}",
    f"DELETE FROM odd_types WHERE {one_of('odd_types', 'j::text LIKE $$%  1%$$')}",
    "UPDATE odd_types SET x = NULL WHERE f = 'NaN'",
    "DELETE FROM odd_types WHERE f::text = '-0'",
    "UPDATE odd_types SET jb = '[]' WHERE t IS NOT NULL",
    "UPDATE nullable_unique SET v = 'd' WHERE u = 2",
    f"DELETE FROM nullable_unique WHERE {one_of('nullable_unique', 'u IS NULL')}",
    "BEGIN; UPDATE nullable_unique SET u = NULL WHERE u = 1; "
    "UPDATE nullable_unique SET u = 1 WHERE u = 2; COMMIT",
    "UPDATE deferrable_key SET v = 'e' WHERE id = 1",
    "UPDATE deferrable_key SET id = 6 - id",
    "DELETE FROM deferrable_key WHERE id = 3",
    f"UPDATE broad SET c30 = 1 WHERE {one_of('broad', 'c0 = 0')}",
    f"DELETE FROM broad WHERE {one_of('broad', 'c0 = 1')}",
    "INSERT INTO no_columns DEFAULT VALUES",
    f"DELETE FROM no_columns WHERE {one_of('no_columns', 'true')}",
]

AGAIN = ["BEGIN; TRUNCATE twins, odd_types, nullable_unique, deferrable_key, broad, no_columns; "
         + ROWS + "COMMIT"]


def test_rows_without_a_key_are_changed_one_at_a_time(story):
    told = story(TABLES + ROWS)

    told.one_by_one(CHANGES)
    told.in_one_group(AGAIN + CHANGES)

    assert told.task.stop() == 0
