"""Into SelectDB: tables are made, rows copied, changes followed; Unique tables end equal, Duplicate
tables hold the history that pg_recvlogical has seen."""

import pytest

from harness.simulator import PROFILES

TABLES = '''
CREATE TABLE plain (id int PRIMARY KEY, a text, b int DEFAULT 7 NOT NULL CHECK (b > 0));
CREATE TABLE pair (b text, y int, x int, PRIMARY KEY (x, y));
CREATE TABLE toasted (id int PRIMARY KEY, n int, big text);
ALTER TABLE toasted ALTER big SET STORAGE EXTERNAL;
CREATE TABLE toasted_full (id int PRIMARY KEY, n int, big text);
ALTER TABLE toasted_full ALTER big SET STORAGE EXTERNAL, REPLICA IDENTITY FULL;
CREATE TABLE keyless (a int, b text);
CREATE TABLE by_index (a int NOT NULL, b text);
CREATE UNIQUE INDEX by_index_key ON by_index (a);
ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_key;
CREATE TABLE parent (id int PRIMARY KEY, name text);
CREATE TABLE child (id serial PRIMARY KEY, parent int REFERENCES parent ON DELETE CASCADE);
CREATE TABLE ident (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
CREATE TABLE parts (id int, day date, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE empty_one (id int PRIMARY KEY);
CREATE SCHEMA other;
CREATE TABLE other."Select" ("from" int PRIMARY KEY, "Group" text);
CREATE TABLE kinds (id uuid PRIMARY KEY, i2 smallint, i8 bigint, num numeric(20, 5), f4 real,
    f8 double precision, flag boolean, c char(5), vc varchar(40), t text, raw bytea, d date,
    ts timestamp, tz timestamptz, iv interval, j json, jb jsonb, ints int[], texts text[]);
'''

ROWS = r"""
INSERT INTO plain SELECT g, 'row ' || g, 1 + g % 10 FROM generate_series(1, 1000) g;
INSERT INTO pair SELECT 'b', g % 7, g FROM generate_series(1, 20) g;
INSERT INTO toasted SELECT g, g, repeat(md5(g::text), 300) FROM generate_series(1, 20) g;
INSERT INTO toasted_full SELECT * FROM toasted;
INSERT INTO keyless SELECT g % 5, 'k' FROM generate_series(1, 20) g;
INSERT INTO keyless VALUES (NULL, NULL), (NULL, ''), (1, NULL);
INSERT INTO by_index SELECT g, 'x' FROM generate_series(1, 20) g;
INSERT INTO parent SELECT g, 'p' FROM generate_series(1, 20) g;
INSERT INTO child (parent) SELECT g FROM generate_series(1, 20) g;
INSERT INTO ident (v) SELECT 'i' FROM generate_series(1, 20) g;
INSERT INTO parts SELECT g, '2024-12-20'::date + g, 'p' FROM generate_series(1, 20) g;
INSERT INTO other."Select" SELECT g, E'tab\t newline\n back\\slash "quote", comma ' || g
    FROM generate_series(1, 20) g;
INSERT INTO kinds SELECT md5(g::text)::uuid, g, g * 10000000000, g / 7.0, g / 3.0, g / 3.0, g % 2 = 0,
    'c', 'v', E'\\N', decode('00ff10', 'hex'), '2024-02-29', '2024-02-29 23:59:59.999999',
    '2024-02-29 23:59:59.999999+05', '1 mon 2 days 03:04:05.6', '{"a":  1}', '{"b": [1, null]}',
    ARRAY[1, NULL, 3], ARRAY['a', '', NULL, '{}', ','] FROM generate_series(1, 20) g;
INSERT INTO kinds (id) VALUES ('00000000-0000-0000-0000-000000000000');
"""

# What happens while walferry follows, in waves: each is waited for and compared.
WAVES = {
    "rows": ["INSERT INTO plain VALUES (2001, 'new'), (2002, NULL), (2003, '')",
             "UPDATE plain SET a = 'changed' WHERE id < 10", "UPDATE plain SET a = NULL WHERE id = 11",
             "UPDATE plain SET a = '' WHERE id = 12", "DELETE FROM plain WHERE id BETWEEN 20 AND 30",
             "BEGIN; INSERT INTO plain VALUES (3000, 'x'); UPDATE plain SET a = 'y' WHERE id = 3000; "
             "DELETE FROM plain WHERE id = 3000; INSERT INTO plain VALUES (3000, 'z'); COMMIT",
             "BEGIN; DELETE FROM plain WHERE id = 80; INSERT INTO plain VALUES (80, 'again'); COMMIT",
             "UPDATE by_index SET b = 'y' WHERE a < 5", "DELETE FROM by_index WHERE a = 6",
             "INSERT INTO ident (v) VALUES ('more')", "UPDATE ident SET v = 'j' WHERE id = 2",
             "BEGIN; INSERT INTO plain VALUES (4000, 'a'); SAVEPOINT s; INSERT INTO plain VALUES "
             "(4001, 'b'); ROLLBACK TO s; INSERT INTO plain VALUES (4002, 'c'); COMMIT",
             "BEGIN; INSERT INTO plain VALUES (4003, 'a'); ROLLBACK"],
    "keys that change": [
        "UPDATE plain SET id = id + 10000 WHERE id BETWEEN 40 AND 50",
        "UPDATE plain SET id = 40 WHERE id = 10041", "UPDATE by_index SET a = 77 WHERE a = 7",
        "BEGIN; DELETE FROM plain WHERE id = 71; "
        "UPDATE plain SET id = id + 5000 WHERE id BETWEEN 60 AND 70; "
        "UPDATE plain SET id = id - 4999 WHERE id BETWEEN 5060 AND 5070; COMMIT",
        "UPDATE pair SET y = y + 100 WHERE x < 5", "DELETE FROM pair WHERE x = 6",
        "UPDATE parts SET v = 'q' WHERE id < 5", "DELETE FROM parts WHERE id = 6",
        "UPDATE parts SET day = '2025-06-01' WHERE id = 7",
        "INSERT INTO parts VALUES (90, '2024-06-01', 'n'), (91, '2025-06-01', 'n')"],
    "unchanged TOAST": [
        f"{change.replace('toasted', table)}" for table in ("toasted", "toasted_full") for change in (
            "UPDATE toasted SET n = n + 1 WHERE id < 15",
            "UPDATE toasted SET n = 0, big = repeat('z', 9000) WHERE id = 3",
            "UPDATE toasted SET n = 17 WHERE id = 3",
            "BEGIN; UPDATE toasted SET big = repeat('q', 9000) WHERE id = 12; "
            "UPDATE toasted SET n = 5 WHERE id = 12; UPDATE toasted SET id = 512 WHERE id = 12; COMMIT",
            "UPDATE toasted SET big = NULL WHERE id = 15", "DELETE FROM toasted WHERE id = 16")],
    "unchanged TOAST with a key change": [
        f"{change.replace('toasted', table)}" for table in ("toasted", "toasted_full") for change in (
            "UPDATE toasted SET id = id + 100 WHERE id < 3",
            "BEGIN; UPDATE toasted SET id = -1 WHERE id = 10; UPDATE toasted SET id = 10 WHERE id = 11; "
            "UPDATE toasted SET id = 11 WHERE id = -1; COMMIT")],
    "no keys": [
        "DELETE FROM keyless WHERE ctid IN (SELECT ctid FROM keyless WHERE a = 1 LIMIT 1)",
        "UPDATE keyless SET b = 'one of many' WHERE ctid IN (SELECT ctid FROM keyless WHERE a = 2 LIMIT 1)",
        "UPDATE keyless SET b = '' WHERE a IS NULL AND b IS NULL",
        "INSERT INTO keyless VALUES (2, 'k'), (2, 'k')",
        "BEGIN; INSERT INTO keyless VALUES (9, 'x'); UPDATE keyless SET b = 'y' WHERE a = 9; "
        "DELETE FROM keyless WHERE a = 9; COMMIT"],
    "values": [
        "UPDATE kinds SET num = -99999.99999, f8 = -1e-300, vc = 'é€😀', ints = '{}' WHERE i2 = 3",
        "UPDATE kinds SET j = NULL, jb = 'null', t = '' WHERE i2 = 4",
        "INSERT INTO kinds (id, raw) VALUES ('00000000-0000-0000-0000-000000000001', '')",
        r"""UPDATE other."Select" SET "Group" = E'x\\y\t\r\n"' WHERE "from" < 4""",
        'DELETE FROM other."Select" WHERE "from" = 9'],
    "truncate": [
        "INSERT INTO keyless VALUES (3, 'goes')", "TRUNCATE keyless", "INSERT INTO keyless VALUES (4, 'stays')",
        "BEGIN; INSERT INTO empty_one VALUES (1); TRUNCATE empty_one; "
        "INSERT INTO empty_one VALUES (2), (3); COMMIT",
        "DELETE FROM parent WHERE id = 4", "TRUNCATE parent CASCADE", "INSERT INTO parent VALUES (1, 'p')",
        "INSERT INTO child (parent) VALUES (1)"],
}


@pytest.mark.timeout(300)
def test_every_change_arrives(selectdb_story):
    story = selectdb_story(TABLES + ROWS)

    for what, changes in WAVES.items():
        story.apply(*changes)
        story.task.wait_caught_up()
        assert story.differences() == [], what

    assert story.task.stop() == 0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("profile", PROFILES)
def test_every_change_arrives_in_one_group(selectdb_story, profile):
    story = selectdb_story(TABLES + ROWS, profile)

    story.in_one_group([change for changes in WAVES.values() for change in changes])

    assert story.task.stop() == 0


@pytest.mark.timeout(300)
def test_what_is_written_while_tables_are_copied_arrives_once(source, selectdb_story):
    story = selectdb_story("CREATE TABLE nothing (id int PRIMARY KEY)", run=False)
    source.pgbench("-i", "-q", "-s", "1", database="shop")
    story.watched.add_tables()
    load = source.pgbench("-n", "-c", "4", "-T", "100000", "-R", "200", database="shop", background=True)
    try:
        story.task.run().wait_consistent(120)
        story.task.wait_for(lambda s: s["changes"]["applied"] > 500, 120)
    finally:
        load.kill()
        load.communicate()

    story.check(120)


def test_a_task_goes_on_where_it_was_stopped(selectdb_story):
    story = selectdb_story(TABLES + ROWS)
    story.apply(*WAVES["rows"])
    assert story.task.stop() == 0
    story.apply(*WAVES["no keys"])

    story.task.run()

    story.check()
