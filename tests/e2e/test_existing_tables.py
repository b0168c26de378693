"""existing_tables = "accept": the user's own tables at the destination, of the same shape or not."""

import pytest

from harness import wait_until

SOURCE = """
CREATE TABLE same (id int PRIMARY KEY, v text);
CREATE TABLE wider (id int PRIMARY KEY, code varchar(20), n int, amount numeric(8, 2), day date);
CREATE TABLE spread (id int, region int, v text, PRIMARY KEY (id, region));
CREATE TABLE keyed_later (id int PRIMARY KEY, v text);
CREATE TABLE ours (id int PRIMARY KEY, v text);
CREATE TABLE part (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (1000000);
INSERT INTO same SELECT g, 'x' FROM generate_series(1, 100) g;
INSERT INTO wider SELECT g, 'c' || g, g, g / 100.0, '2024-01-01'::date + g
    FROM generate_series(1, 100) g;
INSERT INTO spread SELECT g, g % 3, 'x' FROM generate_series(1, 100) g;
INSERT INTO keyed_later SELECT g, 'x' FROM generate_series(1, 100) g;
INSERT INTO ours SELECT g, 'x' FROM generate_series(1, 100) g;
INSERT INTO part SELECT g, 'x' FROM generate_series(1, 100) g;
"""

DESTINATION = """
CREATE TABLE same (id int PRIMARY KEY, v text, seen timestamptz DEFAULT now(), extra int);
CREATE INDEX ON same (v);
CREATE TABLE wider (day timestamp, amount numeric(12, 2), id bigint PRIMARY KEY, n text, code text);
CREATE TABLE spread (id int, region int, v text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE spread_0 PARTITION OF spread FOR VALUES IN (0);
CREATE TABLE spread_rest PARTITION OF spread DEFAULT;
CREATE TABLE keyed_later (id int, v text);
CREATE TABLE part (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
"""

# Into rows and out of them again, one by one and as sets.
CHANGES = [
    "INSERT INTO {t} ({k}) VALUES ({new})", "UPDATE {t} SET {v} WHERE id = 7",
    "DELETE FROM {t} WHERE id = 8", "UPDATE {t} SET id = 5000 WHERE id = 9",
    "UPDATE {t} SET {v} WHERE id > 20", "DELETE FROM {t} WHERE id < 60",
]
ROWS = {
    "same": ("id, v", "1001, 'new'", "v = v || '!'"),
    "wider": ("id, code, n, amount, day", "1001, 'n', 5, 1.50, '2025-02-03'", "n = n + 1"),
    "spread": ("id, region, v", "1001, 0, 'n'", "v = v || '!'"),
    "keyed_later": ("id, v", "1001, 'new'", "v = v || '!'"),
    "part": ("id, v", "1001, 'new'", "v = v || '!'"),
}

# What both sides must agree in, in the source's words.
SUMS = {
    "same": "id, v", "spread": "id, region, v", "keyed_later": "id, v", "ours": "id, v",
    "part": "id, v", "wider": "id::bigint, code::text, n::text, amount, day::timestamp"}


def rows(cluster, table):
    return cluster.sql(f"SELECT {SUMS[table]} FROM {table} ORDER BY 1, 2", database="shop")


def differing(pair):
    return [table for table in SUMS if rows(pair[0], table) != rows(pair[1], table)]


@pytest.fixture
def both(pair, database):
    database(*pair)
    pair[0].sql(SOURCE, database="shop")
    pair[1].sql(DESTINATION, database="shop")
    return pair


def test_tables_that_fit_are_used(both, new_task):
    task = new_task(*both, existing_tables="accept")

    checked = " ".join(task.cli("check", task.file).stdout.split())
    task.run().wait_consistent()

    for words in ("public.wider.code character varying(20) at the source, text there, which holds",
                  "public.wider.id integer at the source, bigint there",
                  "public.same.extra the source has no such column",
                  "public.spread it is partitioned there, and not at the source",
                  'public.keyed_later no unique index over the key ("id") yet: it will be made'):
        assert words in checked, checked
    assert differing(both) == []
    for table, (columns, new, change) in ROWS.items():
        for statement in CHANGES:
            both[0].sql(statement.format(t=table, k=columns, new=new, v=change), database="shop")
    task.wait_caught_up()
    assert differing(both) == []
    assert both[1].value("SELECT count(*) FROM same WHERE seen IS NULL OR extra IS NOT NULL",
                         database="shop") == 0
    assert both[1].value("SELECT count(*) FROM pg_index WHERE indrelid = 'keyed_later'::regclass",
                         database="shop") == 1
    task.cli("compare", "t", "--table", "spread")
    task.cli("release", "t")
    assert differing(both) == []


def test_a_restart_goes_on_with_accepted_tables(both, new_task):
    task = new_task(*both, existing_tables="accept")
    task.run(WALFERRY_FAILPOINT="chunk.before_mark:3", WALFERRY_FAILPOINT_IN="walferry-loader")
    task.wait_consistent()
    task.kill_run()

    both[0].sql("UPDATE wider SET n = n + 1; INSERT INTO spread VALUES (900, 2, 'z')",
                database="shop")
    task.run()
    task.wait_caught_up()

    assert differing(both) == []


def refusal(task):
    result = task.cli("check", task.file, check=False)
    lines = [line for line in result.stdout.splitlines()
             if line.startswith(("FAIL", "warn")) and "destination." in line]
    assert result.returncode == 1, result.stdout
    return "\n".join(lines)


WRONG = {
    "a missing column": (
        "CREATE TABLE t (id int PRIMARY KEY)",
        ["FAIL", "public.t.v", "missing", 'ALTER TABLE "public"."t" ADD COLUMN "v" text;']),
    "another type": (
        "CREATE TABLE t (id int PRIMARY KEY, v bytea)",
        ["FAIL", "public.t.v", "text at the source, bytea there",
         'ALTER TABLE "public"."t" ALTER COLUMN "v" TYPE text;']),
    "a narrower type": (
        "CREATE TABLE t (id int PRIMARY KEY, v varchar(3))",
        ["warn", "public.t.v", "does not fit there stops the task", "TYPE text;"]),
    "a value it wants": (
        "CREATE TABLE t (id int PRIMARY KEY, v text, must int NOT NULL)",
        ["FAIL", "public.t.must", "NOT NULL without a default", "DROP NOT NULL;"]),
    "a generated column": (
        "CREATE TABLE t (id int PRIMARY KEY, v text GENERATED ALWAYS AS ('x') STORED)",
        ["FAIL", "public.t.v", "generated column there", "DROP EXPRESSION;"]),
    "a check": (
        "CREATE TABLE t (id int PRIMARY KEY, v text CHECK (v > 'a'))",
        ["warn", "public.t", "check constraint t_v_check is not at the source"]),
    "another key": (
        "CREATE TABLE t (id int, v text PRIMARY KEY)",
        ["warn", "public.t", 'no unique index over the key ("id")',
         'CREATE UNIQUE INDEX ON "public"."t" ("id");']),
    "a view": ("CREATE VIEW t AS SELECT 1 AS id, '' AS v", ["FAIL", "public.t", "a view"]),
}


@pytest.mark.parametrize("table, words", WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_said_for_each_column(source, destination, database, new_task, table,
                                                   words):
    database(source, destination)
    source.sql("CREATE TABLE t (id int PRIMARY KEY, v text)", database="shop")
    destination.sql(table, database="shop")

    said = refusal(new_task(source, destination, existing_tables="accept"))

    assert all(word in said for word in words), said


def test_a_plain_table_for_a_partitioned_one_will_not_do(source, destination, database, new_task):
    database(source, destination)
    source.sql("CREATE TABLE p (id int) PARTITION BY RANGE (id);"
               "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)", database="shop")
    destination.sql("CREATE TABLE p (id int)", database="shop")

    said = refusal(new_task(source, destination, existing_tables="accept"))

    assert "FAIL" in said and "public.p" in said and "plain table" in said


def test_the_task_itself_refuses_what_changed_since_the_check(source, destination, database,
                                                              new_task):
    database(source, destination)
    source.sql("CREATE TABLE t (id int PRIMARY KEY, v text)", database="shop")
    destination.sql("CREATE TABLE t (id int PRIMARY KEY)", database="shop")
    task = new_task(source, destination, existing_tables="accept",
                    check={"ignore": ["destination.shape"]})

    task.run()
    wait_until(lambda: not task.running(), 60, "it ends")

    assert any("public.t.v" in line or "v: the column is missing" in line
               for line in task.log_text().splitlines()), task.log_text()
