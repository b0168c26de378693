"""Partitioned tables of every kind: leafs of other column orders, rows that move between them."""

TABLES = """
CREATE TABLE ranges (id int, day date, v text, n int, PRIMARY KEY (id, day))
    PARTITION BY RANGE (day);
CREATE TABLE ranges_24 PARTITION OF ranges FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE ranges_25 (gone int, n int, v text, gone_too text, day date NOT NULL, id int NOT NULL);
ALTER TABLE ranges_25 DROP gone, DROP gone_too;
ALTER TABLE ranges ATTACH PARTITION ranges_25 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE ranges_rest PARTITION OF ranges DEFAULT;

CREATE TABLE lists (kind text, id int, big text) PARTITION BY LIST (kind);
ALTER TABLE lists ALTER big SET STORAGE EXTERNAL;
CREATE TABLE lists_ab PARTITION OF lists FOR VALUES IN ('a', 'b');
CREATE TABLE lists_null PARTITION OF lists FOR VALUES IN (NULL);
CREATE TABLE lists_c PARTITION OF lists FOR VALUES IN ('c') PARTITION BY HASH (id);
CREATE TABLE lists_c0 PARTITION OF lists_c FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE lists_c1 (id int, big text, kind text);
ALTER TABLE lists_c1 ALTER big SET STORAGE EXTERNAL;
ALTER TABLE lists_c ATTACH PARTITION lists_c1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);

CREATE TABLE hashes (id bigint PRIMARY KEY, u int, v text) PARTITION BY HASH (id);
CREATE TABLE hashes_0 PARTITION OF hashes FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE hashes_1 PARTITION OF hashes FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE hashes_2 PARTITION OF hashes FOR VALUES WITH (MODULUS 3, REMAINDER 2);
CREATE UNIQUE INDEX ON hashes (id, u);
"""

ROWS = """
INSERT INTO ranges SELECT g, '2024-06-01'::date + 40 * g, 'r' || g, g FROM generate_series(1, 40) g;
INSERT INTO lists SELECT (ARRAY['a', 'b', 'c', NULL])[1 + g % 4], g, repeat('z', 4000)
    FROM generate_series(1, 40) g;
INSERT INTO hashes SELECT g, g, 'h' FROM generate_series(1, 40) g;
"""

CHANGES = [
    "UPDATE ranges SET v = v || '+', n = NULL WHERE id % 2 = 0",
    "UPDATE ranges SET day = '2025-07-01' WHERE id IN (1, 2, 3, 20, 21)",
    "UPDATE ranges SET day = '2024-07-01' WHERE day = '2025-07-01'",
    "UPDATE ranges SET id = id + 1000 WHERE id IN (4, 30)",
    "DELETE FROM ranges WHERE id IN (5, 15, 35)",
    "INSERT INTO ranges VALUES (500, '1999-01-01', 'old', 1), (501, '2025-03-01', 'mid', 2)",
    "BEGIN; UPDATE ranges SET day = '2025-08-01' WHERE id = 6; "
    "UPDATE ranges SET v = 'there' WHERE id = 6; UPDATE ranges SET day = '2024-08-01' WHERE id = 6; "
    "DELETE FROM ranges WHERE id = 7; INSERT INTO ranges VALUES (7, '2025-08-01', 'again', 0); COMMIT",
    "UPDATE lists SET id = id + 1",
    "UPDATE lists SET kind = 'c' WHERE kind = 'a'",
    "UPDATE lists SET kind = NULL WHERE kind = 'c' AND id % 3 = 0",
    "DELETE FROM lists WHERE kind IS NULL AND id % 2 = 0",
    "UPDATE hashes SET v = 'i' WHERE id < 9",
    "UPDATE hashes SET id = id + 100 WHERE id < 20",
    "DELETE FROM hashes WHERE id BETWEEN 100 AND 110",
    "TRUNCATE lists_c",
    "BEGIN; INSERT INTO lists VALUES ('c', 1, 'x'); TRUNCATE lists; "
    "INSERT INTO lists VALUES ('c', 2, 'y'), ('b', 2, 'y'); COMMIT",
    "TRUNCATE ranges_24",
]

AGAIN = ["BEGIN; TRUNCATE ranges, lists, hashes; " + ROWS + "COMMIT"]


def test_partitions_are_followed_leaf_by_leaf(story):
    told = story(TABLES + ROWS)

    told.one_by_one(CHANGES)
    told.in_one_group(AGAIN + CHANGES)

    assert told.task.stop() == 0
