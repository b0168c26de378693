"""Tables at SelectDB: what is made, what is used, what is refused and why."""

import pytest

from harness.simulator import PROFILES

TABLES = """
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE DOMAIN price AS numeric(12, 4);
CREATE TABLE kinds (note text, id bigint, code varchar(100), b boolean, i2 smallint, n numeric(10, 2),
    wide numeric, f real, m money, c char(20), u uuid, e mood, p price, d date, ts timestamp(3),
    tz timestamptz, tm time, j json, jb jsonb, raw bytea, ints int[], v varchar, PRIMARY KEY (code, id));
COMMENT ON COLUMN kinds.note IS E'it''s "one" \\\\ of\nthem';
COMMENT ON TABLE kinds IS 'all kinds';
CREATE TABLE keyless (a text, b int);
CREATE TABLE only_texts (a text, b text);
INSERT INTO kinds (note, id, code) SELECT 'n', g, 'c' || g FROM generate_series(1, 5) g;
INSERT INTO keyless VALUES ('x', 1), (NULL, NULL);
"""


def failed_items(task):
    checked = task.cli("check", task.file, check=False)
    return checked.returncode, [line for line in checked.stdout.splitlines() if line.startswith("FAIL")]


@pytest.fixture
def begin(source, database, new_task, simulator):
    """A task over these tables that was not started; there: a simulator that is there already."""
    def make(tables, there=None, **settings):
        database(source)
        source.sql(tables, database="shop")
        there = there or simulator()
        return there, new_task(source, there, **settings)
    return make


@pytest.mark.parametrize("profile", PROFILES)
def test_tables_are_made_by_the_table_of_types(begin, simulator, profile):
    there, task = begin(TABLES, simulator(profile))
    task.run().wait_consistent()

    statement = there.sql("SHOW CREATE TABLE kinds", "shop")[0][1]
    assert "UNIQUE KEY(`code`, `id`)" in statement
    for said in ('"enable_unique_key_merge_on_write" = "true"',
                 '"function_column.sequence_type" = "bigint"', "all kinds [walferry "):
        assert said in statement
    assert "DUPLICATE KEY(`b`)" in there.sql("SHOW CREATE TABLE keyless", "shop")[0][1]
    assert "DUPLICATE KEY(`_record_id`)" in there.sql("SHOW CREATE TABLE only_texts", "shop")[0][1]
    assert there.columns("kinds")[:3] == ["code", "id", "note"]
    assert set(there.columns("keyless")) == {"a", "b", "_is_deleted", "_version", "_record_id"}
    assert there.count("kinds") == 5 and there.count("keyless") == 2


def test_a_table_is_made_in_the_database_that_is_named(begin):
    there, task = begin(
        "CREATE SCHEMA sales; CREATE TABLE sales.orders (id int PRIMARY KEY); CREATE TABLE plain (id int PRIMARY KEY);"
        "INSERT INTO sales.orders VALUES (1)",
        objects=({"schema": "public"}, {"schema": "sales", "to_database": "dw"}))
    task.run().wait_consistent()

    assert there.tables("dw") == ["orders"] and there.tables("shop") == ["plain"]
    assert there.count("orders", database="dw") == 1


REFUSED = {
    "a name that begins with a digit": (
        'CREATE TABLE "9lives" (id int PRIMARY KEY)', {},
        ["selectdb.name", "public.9lives", 'to_table = "t_9lives"']),
    "a name of another script": (
        'CREATE TABLE "订单" (id int PRIMARY KEY)', {}, ["selectdb.name", 'to_table = "t_']),
    "columns that differ in case": (
        'CREATE TABLE t (id int PRIMARY KEY, a text, "A" text)', {},
        ["selectdb.name", "public.t.A", "case", 'to = "A_3"']),
    "a column with a hidden one's name": (
        'CREATE TABLE t (id int PRIMARY KEY, "__DORIS_x" text)', {}, ["selectdb.name", "__DORIS_x"]),
    "a column of a duplicate table's": (
        "CREATE TABLE t (a int, _record_id int)", {}, ["selectdb.name", "_record_id"]),
    "a floating key": (
        "CREATE TABLE t (f double precision PRIMARY KEY)", {}, ["selectdb.key", "public.t.f", "VARCHAR"]),
    "two tables of one name": (
        "CREATE TABLE t (id int PRIMARY KEY); CREATE SCHEMA o; CREATE TABLE o.t (id int PRIMARY KEY)", {},
        ["task.mapping", "shop.t", "to_database"]),
    "a generated column": (
        "CREATE TABLE t (id int PRIMARY KEY, g int GENERATED ALWAYS AS (id * 2) STORED)", {},
        ["selectdb.generated", "public.t.g", "skip = true"]),
    "unique without a key": (
        "CREATE TABLE t (a int)", {"objects": ({"schema": "public", "table": "t", "engine": "unique"},)},
        ["selectdb.engine", "no key"]),
    "a key that is not unique": (
        "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL)",
        {"objects": ({"schema": "public", "table": "t", "primary_key": ["a"]},)},
        ["selectdb.key", "not unique"]),
    "a distribution by a value": (
        "CREATE TABLE t (id int PRIMARY KEY, a int)",
        {"objects": ({"schema": "public", "table": "t", "distribution_key": ["a"]},)},
        ["selectdb.distribution", "public.t.a"]),
    "a type that does not do": (
        "CREATE TABLE t (id int PRIMARY KEY, a bigint)",
        {"objects": ({"schema": "public", "table": "t", "columns": ({"name": "a", "type": "INT"},)},)},
        ["selectdb.type", "too narrow"]),
    "no type at all": (
        "CREATE TABLE t (id int PRIMARY KEY, a bigint)",
        {"objects": ({"schema": "public", "table": "t", "columns": ({"name": "a", "type": "NUMBER"},)},)},
        ["selectdb.type", "NUMBER"]),
}


@pytest.mark.parametrize("tables, settings, pieces", REFUSED.values(), ids=REFUSED)
def test_check_and_run_refuse_it(begin, source, tables, settings, pieces):
    there, task = begin(tables, **settings)
    status, items = failed_items(task)

    assert status == 1
    assert any(all(piece in item for piece in pieces) for item in items), items
    task.run()
    assert task.wait_end() == 1
    assert there.tables() == []
    assert source.value("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'walferry_"
                        f"{task.name}'") == 0


MADE = """CREATE TABLE t (id int NOT NULL, v string NULL, more int NULL) UNIQUE KEY(id)
DISTRIBUTED BY HASH(id) BUCKETS 1 PROPERTIES ("enable_unique_key_merge_on_write" = "true"{sequence})"""
SEQUENCE = ', "function_column.sequence_type" = "bigint"'
SOURCE = "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')"


def test_a_table_that_is_there_is_in_the_way(begin):
    there, task = begin(SOURCE)
    there.sql(MADE.format(sequence=SEQUENCE), "shop")
    status, items = failed_items(task)

    assert status == 1 and "destination.existing_tables" in items[0] and "shop.t" in items[0]
    task.run()
    assert task.wait_end() == 1


def test_a_table_that_fits_is_used_and_its_rows_overwritten(begin):
    there, task = begin(SOURCE, existing_tables="accept")
    there.sql(MADE.format(sequence=SEQUENCE), "shop")
    assert there.load_rows("t", ["id", "v", "more", "s"], [[1, "old", 7, 1], [9, "stays", 8, 1]],
                           **{"function_column.sequence_col": "s", "label": "before"})["Status"] == "Success"
    task.run().wait_consistent()

    assert sorted(row[:2] for row in there.sql("SELECT id, v FROM t", "shop")) == [
        ["1", "a"], ["2", "b"], ["9", "stays"]]


UNFIT = {
    "no sequence": (MADE.format(sequence=""), "has no sequence"),
    "another model": ("CREATE TABLE t (id int, v string) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1",
                      "no unique table"),
    "a column that is not there": (MADE.format(sequence=SEQUENCE).replace("v string", "w string"),
                                   "no column v"),
    "a value that may not be NULL": (
        MADE.format(sequence=SEQUENCE).replace("v string NULL", "v string NOT NULL"), "NOT NULL"),
}


@pytest.mark.parametrize("made, piece", UNFIT.values(), ids=UNFIT)
def test_a_table_that_does_not_fit_is_refused_with_the_difference(begin, made, piece):
    there, task = begin(SOURCE, existing_tables="accept")
    there.sql(made, "shop")
    status, items = failed_items(task)

    assert status == 1 and piece in items[0]
    task.run()
    assert task.wait_end() == 1
    assert there.count("t") == 0


def test_a_duplicate_table_must_be_empty(begin):
    there, task = begin("CREATE TABLE h (a int); INSERT INTO h VALUES (1)", existing_tables="accept")
    there.sql("CREATE TABLE h (a int, _is_deleted int DEFAULT '0', _version bigint DEFAULT '0', "
              "_record_id bigint DEFAULT '0') DUPLICATE KEY(a) DISTRIBUTED BY HASH(a) BUCKETS 1", "shop")
    there.load_rows("h", ["a"], [[5]], label="before")
    assert "must be empty" in failed_items(task)[1][0]

    there.sql("TRUNCATE TABLE h", "shop")
    task.run().wait_consistent()
    assert there.count("h") == 1


@pytest.mark.parametrize("failpoint", ["schema.selectdb_table_made:2", "schema.selectdb_tables_made:1"])
def test_what_a_killed_run_has_made_is_known_again(begin, tmp_path, failpoint):
    there, task = begin(TABLES)
    fired = tmp_path / "fired"
    task.run(WALFERRY_FAILPOINT=failpoint, WALFERRY_FAILPOINT_ONCE=str(fired)).wait_consistent()

    assert fired.exists()

    assert there.tables() == ["keyless", "kinds", "only_texts"]
    assert there.count("kinds") == 5 and there.count("keyless") == 2


def test_wide_numerics_are_listed_with_the_override(begin):
    _, task = begin(TABLES)
    checked = task.cli("check", task.file, check=False).stdout

    line = next(line for line in checked.splitlines() if "selectdb.numeric" in line)
    assert "public.kinds.wide" in line and 'type = "DECIMAL(38,9)"' in line


def test_there_are_no_sequences(begin):
    _, task = begin("CREATE TABLE t (id serial PRIMARY KEY)")
    task.run().wait_consistent()
    asked = task.cli("sequences", task.name, check=False)

    assert asked.returncode == 1 and "has no sequences" in asked.stderr


@pytest.mark.parametrize("failpoint", ["supervisor.plan_stored", "supervisor.load_finished"])
def test_a_copy_that_starts_again_empties_what_it_has_made(begin, tmp_path, failpoint):
    there, task = begin(TABLES)
    fired = tmp_path / "fired"
    task.run(WALFERRY_FAILPOINT=f"{failpoint}:1", WALFERRY_FAILPOINT_ONCE=str(fired))
    task.wait_end()
    assert fired.exists()
    task.run().wait_consistent()

    assert any("TRUNCATE TABLE" in str(line) for line in there.journal())
    assert there.count("kinds") == 5 and there.count("keyless") == 2


def test_release_leaves_tables_and_takes_back_the_identity(begin, source):
    there, task = begin(TABLES)
    task.run().wait_consistent()
    full = "SELECT count(*) FROM pg_class WHERE relreplident = 'f' AND relname IN ('keyless', 'only_texts')"
    assert source.value(full, database="shop") == 2
    task.cli("release", task.name)

    assert source.value(full, database="shop") == 0
    assert source.value("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'walferry_t'") == 0
    assert there.tables() == ["keyless", "kinds", "only_texts"] and there.count("kinds") == 5


def test_another_task_does_not_take_a_released_ones_tables_for_its_own(begin, new_task, source):
    there, task = begin(SOURCE)
    task.run().wait_consistent()
    task.cli("release", task.name)
    task.stop()
    other = new_task(source, there, name="other")

    assert any("destination.existing_tables" in item for item in failed_items(other)[1])
