"""Tables are made, rows copied, changes followed; at the end both sides are equal."""

import os

import pytest

from harness import differences

TABLES = '''
CREATE TABLE plain (id int PRIMARY KEY, a text, b int DEFAULT 7 NOT NULL CHECK (b > 0));
CREATE TABLE toasted (id int PRIMARY KEY, n int, big text);
ALTER TABLE toasted ALTER big SET STORAGE EXTERNAL;
CREATE TABLE keyless (a int, b text);
CREATE TABLE uniq (id int PRIMARY KEY, u int UNIQUE, v text);
CREATE TABLE by_index (a int NOT NULL, b text);
CREATE UNIQUE INDEX by_index_key ON by_index (a);
ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_key;
CREATE TABLE parent (id int PRIMARY KEY, name text);
CREATE TABLE child (id serial PRIMARY KEY, parent int REFERENCES parent ON DELETE CASCADE);
CREATE TABLE ident (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
CREATE TABLE generated (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED);
CREATE TABLE parts (id int, day date, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE empty_one (id int PRIMARY KEY);
CREATE SCHEMA "Odd name";
CREATE TABLE "Odd name"."Select" ("from" int PRIMARY KEY, "a ""b""" text);
CREATE TABLE kinds (id uuid PRIMARY KEY, i2 smallint, i8 bigint, num numeric(20, 5), f4 real,
    f8 double precision, flag boolean, c char(5), vc varchar(40), t text, raw bytea, d date,
    ts timestamp, tz timestamptz, iv interval, j json, jb jsonb, ints int[], texts text[]);
CREATE INDEX plain_by_a ON plain (a) WHERE b > 3;
'''

ROWS = """
INSERT INTO plain SELECT g, 'row ' || g, 1 + g % 10 FROM generate_series(1, 1000) g;
INSERT INTO toasted SELECT g, g, repeat(md5(g::text), 300) FROM generate_series(1, 20) g;
INSERT INTO keyless SELECT g % 5, 'k' FROM generate_series(1, 20) g;
INSERT INTO keyless VALUES (NULL, NULL), (NULL, ''), (1, NULL);
INSERT INTO uniq SELECT g, g * 10, 'u' FROM generate_series(1, 20) g;
INSERT INTO by_index SELECT g, 'x' FROM generate_series(1, 20) g;
INSERT INTO parent SELECT g, 'p' FROM generate_series(1, 20) g;
INSERT INTO child (parent) SELECT g FROM generate_series(1, 20) g;
INSERT INTO ident (v) SELECT 'i' FROM generate_series(1, 20) g;
INSERT INTO generated SELECT g, g FROM generate_series(1, 20) g;
INSERT INTO parts SELECT g, '2024-12-20'::date + g, 'p' FROM generate_series(1, 20) g;
INSERT INTO "Odd name"."Select" SELECT g, E'tab\\t newline\\n backslash\\\\ ' || g
    FROM generate_series(1, 20) g;
INSERT INTO kinds SELECT md5(g::text)::uuid, g, g * 10000000000, g / 7.0, g / 3.0, g / 3.0, g % 2 = 0,
    'c', 'v', E'\\\\N', decode('00ff10', 'hex'), '2024-02-29', '2024-02-29 23:59:59.999999',
    '2024-02-29 23:59:59.999999+05', '1 mon 2 days 03:04:05.6', '{"a":  1}', '{"b": [1, null]}',
    ARRAY[1, NULL, 3], ARRAY['a', '', NULL, '{}', ','] FROM generate_series(1, 20) g;
INSERT INTO kinds (id) VALUES ('00000000-0000-0000-0000-000000000000');
"""

# What happens while walferry follows: a statement or transaction a line.
CHANGES = {
    "insert": ["INSERT INTO plain VALUES (2001, 'new'), (2002, NULL), (2003, '')"],
    "update": ["UPDATE plain SET a = 'changed' WHERE id < 10",
               "UPDATE plain SET a = NULL WHERE id = 11", "UPDATE plain SET a = '' WHERE id = 12"],
    "delete": ["DELETE FROM plain WHERE id BETWEEN 20 AND 30"],
    "many in one transaction": [
        "BEGIN; INSERT INTO plain VALUES (3000, 'x'); UPDATE plain SET a = 'y' WHERE id = 3000; "
        "DELETE FROM plain WHERE id = 3000; INSERT INTO plain VALUES (3000, 'z'); COMMIT"],
    "key change": ["UPDATE plain SET id = id + 10000 WHERE id BETWEEN 40 AND 50",
                   "UPDATE plain SET id = 40 WHERE id = 10041"],
    "keys that move up by one": [
        "BEGIN; DELETE FROM plain WHERE id = 71; "
        "UPDATE plain SET id = id + 5000 WHERE id BETWEEN 60 AND 70; "
        "UPDATE plain SET id = id - 4999 WHERE id BETWEEN 5060 AND 5070; COMMIT"],
    "delete and insert of the same key": ["BEGIN; DELETE FROM plain WHERE id = 80; "
                                          "INSERT INTO plain VALUES (80, 'again'); COMMIT"],
    "unchanged TOAST": ["UPDATE toasted SET n = n + 1",
                        "UPDATE toasted SET n = 0, big = repeat('z', 9000) WHERE id = 3"],
    "unchanged TOAST with a key change": ["UPDATE toasted SET id = id + 100 WHERE id < 5"],
    "rows that exchange keys with unchanged TOAST": [
        "BEGIN; UPDATE toasted SET id = -1 WHERE id = 10; UPDATE toasted SET id = 10 WHERE id = 11; "
        "UPDATE toasted SET id = 11 WHERE id = -1; COMMIT"],
    "TOAST twice in a transaction": [
        "BEGIN; UPDATE toasted SET big = repeat('q', 9000) WHERE id = 12; "
        "UPDATE toasted SET n = 5 WHERE id = 12; UPDATE toasted SET id = 512 WHERE id = 12; COMMIT"],
    "truncate": ["TRUNCATE keyless"],
    "truncate inside a transaction": [
        "BEGIN; INSERT INTO empty_one VALUES (1); TRUNCATE empty_one; "
        "INSERT INTO empty_one VALUES (2), (3); COMMIT"],
    "truncate with cascade": ["TRUNCATE parent CASCADE", "INSERT INTO parent VALUES (1, 'p')"],
    "keyless": ["DELETE FROM keyless WHERE ctid IN (SELECT ctid FROM keyless WHERE a = 1 LIMIT 1)",
                "UPDATE keyless SET b = 'one of many' WHERE ctid IN "
                "(SELECT ctid FROM keyless WHERE a = 2 LIMIT 1)",
                "UPDATE keyless SET b = '' WHERE a IS NULL AND b IS NULL",
                "INSERT INTO keyless VALUES (2, 'k'), (2, 'k')"],
    "secondary unique value that moves": [
        "BEGIN; UPDATE uniq SET u = NULL WHERE id = 1; UPDATE uniq SET u = 10 WHERE id = 2; "
        "UPDATE uniq SET u = 20 WHERE id = 1; COMMIT",
        "BEGIN; DELETE FROM uniq WHERE id = 3; INSERT INTO uniq VALUES (103, 30, 'n'); COMMIT"],
    "identity by index": ["UPDATE by_index SET b = 'y' WHERE a < 5", "DELETE FROM by_index WHERE a = 6",
                          "UPDATE by_index SET a = 77 WHERE a = 7"],
    "foreign keys": ["DELETE FROM parent WHERE id = 4", "INSERT INTO parent VALUES (500, 'new')",
                     "INSERT INTO child (parent) VALUES (500)"],
    "identity column": ["INSERT INTO ident (v) VALUES ('more')", "UPDATE ident SET v = 'j' WHERE id = 2"],
    "generated column": ["UPDATE generated SET a = a + 100", "INSERT INTO generated VALUES (100, 1)"],
    "partitions": ["UPDATE parts SET v = 'q' WHERE id < 5", "DELETE FROM parts WHERE id = 6",
                   "UPDATE parts SET day = '2025-06-01' WHERE id = 7",
                   "INSERT INTO parts VALUES (90, '2024-06-01', 'n'), (91, '2025-06-01', 'n')"],
    "odd names": ['UPDATE "Odd name"."Select" SET "a ""b""" = E\'x\\\\y\\t\' WHERE "from" < 4',
                  'DELETE FROM "Odd name"."Select" WHERE "from" = 9'],
    "all kinds of values": ["UPDATE kinds SET num = 'NaN', f8 = '-Infinity', ts = 'infinity', "
                            "vc = 'é€😀', ints = '{}' WHERE i2 = 3",
                            "UPDATE kinds SET j = NULL, jb = 'null', t = '' WHERE i2 = 4",
                            "INSERT INTO kinds (id, raw) VALUES (gen_random_uuid(), '')"],
    "savepoints": ["BEGIN; INSERT INTO plain VALUES (4000, 'a'); SAVEPOINT s; "
                   "INSERT INTO plain VALUES (4001, 'b'); ROLLBACK TO s; "
                   "INSERT INTO plain VALUES (4002, 'c'); COMMIT",
                   "BEGIN; INSERT INTO plain VALUES (4003, 'a'); ROLLBACK"],
}


@pytest.fixture
def shop(pair, database, new_task):
    """Source, destination and a task that is consistent, with the tables above."""
    source, destination = pair
    database(source, destination)
    source.sql(TABLES + ROWS, database="shop")
    task = new_task(source, destination, stages={"copy": 2, "transform": 1, "loader": 1}).run()
    task.wait_consistent()
    return source, destination, task


def equal(source, destination, **more):
    return differences(source.conninfo("shop"), destination.conninfo("shop"), **more)


def apply(source, statements):
    for statement in statements:
        source.sql(statement, database="shop")


def test_every_change_arrives_one_by_one(shop):
    source, destination, task = shop
    assert equal(source, destination, shape=True) == []

    for what, statements in CHANGES.items():
        apply(source, statements)
        task.wait_caught_up()
        assert equal(source, destination) == [], what

    assert task.stop() == 0


def test_every_change_arrives_in_one_group(shop):
    """A backlog is folded: the loader sees it all at once after a pause."""
    source, destination, task = shop
    task.cli("pause", task.name)
    task.wait_state("paused")

    for statements in CHANGES.values():
        apply(source, statements)
    task.cli("resume", task.name)
    task.wait_caught_up()

    assert equal(source, destination) == []


def test_every_change_arrives_through_several_lanes(pair, database, new_task):
    source, destination = pair
    database(source, destination)
    source.sql(TABLES + ROWS, database="shop")
    task = new_task(source, destination, stages={"copy": 2, "transform": 3, "loader": 2}).run()
    task.wait_consistent()

    for what, statements in CHANGES.items():
        apply(source, statements)
        task.wait_caught_up()
        assert equal(source, destination) == [], what


def test_a_restarted_run_goes_on_where_it_was(shop):
    source, destination, task = shop
    apply(source, CHANGES["insert"])
    assert task.stop() == 0

    apply(source, CHANGES["update"] + CHANGES["truncate"])
    task.run()
    task.wait_consistent()
    task.wait_caught_up()

    assert equal(source, destination) == []


def test_release_leaves_nothing_of_ours_behind(shop):
    source, destination, task = shop
    identity = "SELECT relreplident::text FROM pg_class WHERE relname = 'keyless'"
    assert source.value(identity, database="shop") == "f"
    task.stop()

    task.cli("release", task.name)

    for cluster in (source, destination):
        assert cluster.sql("SELECT 1 FROM pg_namespace WHERE nspname = 'walferry'",
                           database="shop") == []
    assert source.sql("SELECT slot_name FROM pg_replication_slots") == []
    assert source.sql("SELECT pubname FROM pg_publication", database="shop") == []
    assert source.value(identity, database="shop") == "d"
    assert equal(source, destination, shape=True) == []


def test_release_works_while_the_task_runs(shop):
    source, destination, task = shop

    task.cli("release", task.name)

    assert task.wait_end() == 0
    assert source.sql("SELECT slot_name FROM pg_replication_slots") == []


def test_the_commands_show_a_running_task(shop):
    source, destination, task = shop
    status = task.status()

    assert status["state"] == "running" and status["phase"] == "stream" and status["consistent"]
    assert {stage["role"] for stage in status["stages"]} == {"capture", "transform", "loader"}
    assert all(stage["rss"] > 0 and stage["pid"] > 0 for stage in status["stages"])
    assert status["tables"]["total"] == status["tables"]["copied"] > 10
    assert status["source"]["slot"] == "walferry_t"
    assert "keyless" in task.cli("tables", task.name).stdout
    assert task.cli("compare", task.name).returncode == 0
    assert task.cli("queue", task.name, "stats").returncode == 0
    assert task.cli("status").returncode == 0


def test_compare_finds_a_row_that_differs(shop):
    source, destination, task = shop
    destination.sql("UPDATE plain SET a = 'spoiled' WHERE id = 900", database="shop")

    result = task.cli("compare", task.name, check=False)

    assert result.returncode == 1 and "plain" in result.stdout
    assert "toasted" not in task.cli("compare", task.name, "--table", "public.plain",
                                     check=False).stdout


def test_a_transform_started_by_hand_takes_its_share(shop, by_hand):
    source, destination, task = shop
    child, = task.wait_pids("transform")

    worker = by_hand("transform", task)
    task.wait_for(lambda s: sum(x["role"] == "transform" for x in s["stages"]) == 2, 30)
    os.kill(child, 9)
    apply(source, [f"INSERT INTO plain VALUES ({n}, 'by hand')" for n in range(7000, 7050)])
    task.wait_caught_up()

    assert worker.poll() is None
    assert equal(source, destination) == []
