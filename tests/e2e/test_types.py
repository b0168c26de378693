"""Every built-in type, its array, and the values that break others, in copy and stream, as text and
in binary, whatever settings the servers, databases and roles have."""

import re

import psycopg2
import pytest

from conftest import EVERYTHING, VERSIONS, cluster_or_skip
from harness import Task, differences
from harness.samples import (ALIKE, INFINITE_INTERVALS, NO_INPUT, NO_KEY, SAMPLES, TEXT_ONLY)

BUILT_IN = """SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace
AND typtype IN ('b', 'r', 'm') AND typname !~ '^_' ORDER BY 1"""

# What an administrator may have set and what turns values into others, or ends what takes long.
HOSTILE = {
    "DateStyle": "German", "IntervalStyle": "sql_standard", "TimeZone": "Asia/Kathmandu",
    "extra_float_digits": "-15", "bytea_output": "escape", "xmloption": "document",
    "standard_conforming_strings": "off", "backslash_quote": "off", "array_nulls": "off",
    "quote_all_identifiers": "on", "transform_null_equals": "on", "xmlbinary": "hex",
}
HOSTILE_ROLE = {
    "client_encoding": "LATIN1", "search_path": "evil, nowhere", "default_transaction_read_only": "on",
    "default_transaction_isolation": "serializable", "default_transaction_deferrable": "on",
    "statement_timeout": "400ms", "lock_timeout": "400ms", "idle_session_timeout": "400ms",
    "idle_in_transaction_session_timeout": "400ms", "exit_on_error": "on", "row_security": "off",
    "client_min_messages": "error", "IntervalStyle": "iso_8601", "DateStyle": "SQL, DMY",
    "log_statement": "all", "log_replication_commands": "on",
}
SANE = {"DateStyle": "ISO", "IntervalStyle": "postgres", "TimeZone": "UTC", "xmloption": "content",
        "standard_conforming_strings": "on", "array_nulls": "on", "client_encoding": "UTF8",
        "transform_null_equals": "off", "search_path": "public"}

FORCED_ROWS = 60  # enough that the loader applies them as a set


def make_hostile(cluster):
    for name, value in HOSTILE.items():
        cluster.sql(f"ALTER DATABASE shop SET {name} = '{value}'")
    for name, value in HOSTILE_ROLE.items():
        value = value if name == "search_path" else f"'{value}'"
        cluster.sql(f"ALTER ROLE hostile SET {name} = {value}")


# (version of the source, of the destination, how rows travel): mixed, so that few runs see all of it.
RUNS = [(15, 15, "text"), (15, 18, "binary"), (18, 15, "binary"), (18, 18, "text")]
if EVERYTHING:
    RUNS = [(left, right, form) for left in VERSIONS for right in VERSIONS for form in ("text", "binary")]


@pytest.fixture(scope="module")
def servers():
    """Gives a server whose settings are against us, with a superuser that has some more."""
    made = {}

    def get(version, end):
        if (version, end) not in made:
            cluster = cluster_or_skip(version, **{name: f"'{value}'" for name, value in HOSTILE.items()})
            made[version, end] = cluster
            cluster.sql("CREATE ROLE hostile SUPERUSER LOGIN")
        return made[version, end]

    yield get
    for cluster in made.values():
        cluster.remove()


class Source:
    """What a test does at the source, type by type, in one transaction a step."""

    def __init__(self, cluster, types, filler):
        options = " ".join(f"-c {name}={value}" for name, value in SANE.items())
        self.connection = cluster.connect("shop", options=options)
        self.cursor = self.connection.cursor()
        self.types = types
        self.filler = filler
        self.keyed = []

    def sql(self, text, *arguments):
        try:
            self.cursor.execute(text, arguments or None)
        except psycopg2.Error as error:
            raise AssertionError(f"{text[:200]} {str(arguments)[:200]}: {error}") from None

    def each(self):
        """(name of tables and the type as SQL has it, its samples)"""
        for name, values in self.types.items():
            yield name, f'pg_catalog."{name}"', values

    def make_tables(self):
        for name, kind, _ in self.each():
            self.sql(f'CREATE TABLE "v_{name}" (id int PRIMARY KEY, v {kind}, a {kind}[] {self.filler})')
            self.sql(f'CREATE TABLE "f_{name}" (v {kind} {self.filler})')
            self.sql("SAVEPOINT k")
            try:
                self.cursor.execute(f'CREATE TABLE "k_{name}" (k {kind} PRIMARY KEY, n int, pad text {self.filler})')
                self.keyed.append(name)
            except psycopg2.errors.UndefinedObject:
                self.sql("ROLLBACK TO k")
        self.connection.commit()

    def array(self, kind, number):
        """An array's shape with parameters for two elements."""
        return (f"ARRAY[%s, NULL, %s]::{kind}[]", f"array_fill(%s::{kind}, ARRAY[2, 2], ARRAY[-3, 7]) || "
                f"array_fill(%s::{kind}, ARRAY[1, 2], ARRAY[1, 7])", f"ARRAY[[%s::{kind}, %s::{kind}]]",
                f"CASE WHEN %s::{kind} IS NULL OR %s::{kind} IS NULL THEN NULL ELSE '{{}}'::{kind}[] END"
                )[number % 4]

    def fill(self, first, count):
        for name, kind, values in self.each():
            for i in range(first, first + count):
                pair = values[i % len(values)], values[(i + 1) % len(values)]
                self.sql(f'INSERT INTO "v_{name}" (id, v, a) VALUES (%s, %s, {self.array(kind, i)})',
                         i, pair[0], *pair)
            self.sql(f'INSERT INTO "v_{name}" (id) VALUES (%s)', -first - 1)
            for value in [*values, None, values[0], *ALIKE.get(name, ())]:
                self.sql(f'INSERT INTO "f_{name}" (v) VALUES (%s)', value)
        self.connection.commit()

    def fill_keys(self, which):
        for name in self.keyed:
            for i, value in enumerate(self.types[name]):
                if i % 2 == which:
                    self.sql(f'INSERT INTO "k_{name}" (k, n) VALUES (%s, %s) ON CONFLICT DO NOTHING', value, i)
        self.connection.commit()

    def update_values(self):
        for name, kind, values in self.each():
            self.sql(f'UPDATE "v_{name}" AS t SET v = o.v, a = o.a FROM "v_{name}" AS o '
                     f"WHERE o.id = mod(t.id + 1, {FORCED_ROWS})")
            # one of several that are alike
            self.sql(f'UPDATE "f_{name}" SET v = %s WHERE ctid = (SELECT min(ctid) FROM "f_{name}" '
                     f"WHERE v::text = %s::{kind}::text)", values[1], values[0])
            if name in ALIKE:
                self.sql(f'UPDATE "f_{name}" SET v = NULL WHERE ctid = (SELECT max(ctid) FROM "f_{name}" '
                         f"WHERE v::text = %s::{kind}::text)", ALIKE[name][1])
        self.connection.commit()

    def update_by_key(self):
        """n alone, then what is large enough to be applied as a set."""
        for name in self.keyed:
            self.sql(f'UPDATE "k_{name}" SET n = n + 100')
        self.connection.commit()
        for name in self.keyed:
            self.sql(f'UPDATE "k_{name}" SET pad = repeat(md5(n::text), 6000) WHERE n < 102')
        self.connection.commit()

    def change_keys(self):
        for name in self.keyed:
            first, second = self.types[name][:2]
            self.sql(f'DELETE FROM "k_{name}" WHERE k = %s::pg_catalog."{name}"', first)
            self.sql(f'UPDATE "k_{name}" SET k = %s WHERE k = %s::pg_catalog."{name}"', first, second)
            if name in ALIKE:
                self.sql(f'DELETE FROM "k_{name}" WHERE k = %s::pg_catalog."{name}"', ALIKE[name][0])
                self.sql(f'INSERT INTO "k_{name}" (k) VALUES (%s)', ALIKE[name][0])
        self.connection.commit()
        for name in self.keyed:
            if name in ALIKE:
                self.sql(f'UPDATE "k_{name}" SET k = %s WHERE k = %s::pg_catalog."{name}"', *reversed(ALIKE[name]))
        self.connection.commit()

    def exchange_keys(self):
        for name in self.keyed:
            first, second = self.types[name][:2]
            self.sql(f'INSERT INTO "k_{name}" (k, n) VALUES (%s, -1)', second)
            self.sql(f'DELETE FROM "k_{name}" WHERE k = %s::pg_catalog."{name}"', first)
            self.sql(f'INSERT INTO "k_{name}" (k, n) VALUES (%s, -2)', first)
        self.connection.commit()

    def delete(self):
        for name, kind, values in self.each():
            self.sql(f'DELETE FROM "v_{name}" WHERE mod(id, 8) <> 3')  # enough for a set
            self.sql(f'DELETE FROM "f_{name}" WHERE ctid = (SELECT min(ctid) FROM "f_{name}" '
                     f"WHERE v::text = %s::{kind}::text)", values[1])
            self.sql(f'DELETE FROM "f_{name}" WHERE v IS NULL')
        for name in self.keyed:
            self.sql(f'DELETE FROM "k_{name}" WHERE k = %s::pg_catalog."{name}"', self.types[name][-1])
        self.connection.commit()

    def steps(self):
        return (lambda: self.fill(30, FORCED_ROWS - 30), lambda: self.fill_keys(1), self.update_values,
                self.update_by_key, self.change_keys, self.exchange_keys, self.delete)


@pytest.fixture
def run(database, request):
    """Starts a task between two such servers, with tables of types; gives Source and task."""
    tasks = request.node.walferry_tasks = []
    sources = []

    def start(pair, types, filler=""):
        database(*pair)
        for cluster in pair:
            make_hostile(cluster)
        work = Source(pair[0], types, filler)
        sources.append(work)
        work.make_tables()
        work.fill(0, 30)
        work.fill_keys(0)
        task = Task(*(cluster.conninfo("shop", user="hostile") for cluster in pair),
                    source={"heartbeat_ms": 100})
        tasks.append(task)
        return work, task.run()

    yield start
    for work in sources:
        work.connection.close()
    for task in tasks:
        task.remove()


def float_bits(cluster, name, size):
    """The text of floats is exact, but for what stands behind a NaN's sign."""
    return cluster.sql(f'SELECT id, encode(float{size}send(v), \'hex\') FROM "v_{name}" ORDER BY id',
                       database="shop")


def forms(cluster, start):
    """How rows left the source, by its own log: of copies, and of the stream."""
    with open(cluster.log, errors="replace") as log:
        log.seek(start)
        text = log.read()
    return (set(re.findall(r'COPY .*"public"."[vkf]_.* TO STDOUT \(FORMAT (\w+)\)', text)),
            {"binary" if "binary 'true'" in line else "text"
             for line in text.splitlines() if "START_REPLICATION SLOT" in line})


def built_in(cluster):
    return {row[0] for row in cluster.sql(BUILT_IN)}


def test_every_built_in_type_has_samples(server):
    known = {*SAMPLES, *NO_INPUT}
    assert built_in(server) - known == set()


def test_a_type_that_takes_no_values_is_refused_by_name(pair, database, new_task):
    source, destination = pair
    database(source, destination)
    columns = ", ".join(f'"c_{name}" pg_catalog."{name}"' for name in sorted(NO_INPUT))
    source.sql(f"CREATE TABLE t (id int PRIMARY KEY, {columns}, more gtsvector[])", database="shop")
    task = new_task(source, destination)

    result = task.cli("check", task.file, check=False)

    assert result.returncode != 0
    for name in [f"c_{name}" for name in NO_INPUT] + ["more"]:
        assert re.search(rf"FAIL .*public\.t\.{name} .*takes no values", result.stdout), result.stdout


def types_of(source, destination, form):
    """{type: samples} that both servers have."""
    wanted = built_in(source) & built_in(destination) - (TEXT_ONLY if form == "binary" else set())
    types = {name: values for name, values in SAMPLES.items() if name in wanted}
    if source.version >= 17 and destination.version < 17 and form == "binary":
        del types["interval"]  # it goes as text then
    if source.version >= 17 and destination.version >= 17:
        types["interval"] = types["interval"] + INFINITE_INTERVALS
    return types


@pytest.mark.parametrize("left, right, form", RUNS)
def test_every_type_in_copy_and_stream(servers, run, left, right, form):
    source, destination = servers(left, "source"), servers(right, "destination")
    with open(source.log, errors="replace") as log:
        start = log.seek(0, 2)
    # a column of a type that never travels in binary turns a table's copy, and the stream, to text
    work, task = run((source, destination), types_of(source, destination, form),
                     ", filler xml DEFAULT '<f/>'" if form == "text" else "")
    task.wait_for(lambda s: s["consistent"] or s["error"])

    def equal():
        assert differences(source.conninfo("shop"), destination.conninfo("shop")) == []

    assert set(work.types) - set(work.keyed) == NO_KEY & set(work.types)
    equal()
    for step in work.steps():
        step()
        task.wait_caught_up()
        equal()
    for name, size in (("float4", 4), ("float8", 8)):
        assert float_bits(source, name, size) == float_bits(destination, name, size)
    assert forms(source, start) == ({form}, {form})
    assert task.faults() == [] and task.errors() == []


# Types with a limit, and two values that fill it; as keys, too, where they can be.
LIMITED = {
    "numeric(5,-2)": ("1234500", "-9999900"), "numeric(3,5)": ("0.00999", "-0.00001"),
    "numeric(1000,1000)": ("0." + "9" * 1000, "0." + "0" * 999 + "1"), "numeric(10,2)": ("1.10", "99999999.99"),
    "char(5)": ("a", "中文😀é "), "varchar(3)": ("中文😀", "  "), "bit(7)": ("0101010", "1111111"),
    "varbit(9)": ("", "101010101"), "time(0)": ("24:00:00", "00:00:01"), "timetz(2)": ("23:59:59.99+15:59", "00:00:00-15:59"),
    "timestamp(3)": ("2024-02-29 23:59:59.999", "0044-03-15 00:00:00.001 BC"),
    "timestamptz(1)": ("2024-02-29 23:59:59.9+00", "infinity"), "interval year to month": ("1-2", "-178000000-11"),
    "interval second(2)": ("59.99", "-0.01"), "interval(3)": ("1 day 00:00:00.001", "-1 mon"), "float(24)": ("0.1", "-0"),
    "char(3)[]": ('{a,NULL," b"}', "[-1:0]={中,é}"), "numeric(4,1)[]": ("{{1.0,2.5},{NULL,999.9}}", "{}"),
    "int[][][]": ("{{{1,2},{3,4}}}", "[0:0][5:5][-9:-9]={{{7}}}"),
}


@pytest.mark.parametrize("form", ["text", "binary"])
def test_types_with_limits_as_values_and_keys(one_pair, database, new_task, form):
    source, destination = one_pair
    database(source, destination)
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(LIMITED))
    filler = ", filler xml DEFAULT '<f/>'" if form == "text" else ""
    lines = [f"CREATE TABLE v (id int PRIMARY KEY, {columns} {filler}); CREATE TABLE f (n int, {columns} {filler});"]
    lines += [f"CREATE TABLE k{number} (k {kind} PRIMARY KEY, n int {filler});" for number, kind in enumerate(LIMITED)]
    source.sql("".join(lines), database="shop")
    rows = [[both[i] for both in LIMITED.values()] for i in (0, 1)]
    marks = ", ".join(["%s"] * len(LIMITED))

    def fill(first, last):
        for i, row in enumerate(rows):
            source.sql(f"INSERT INTO v SELECT n, {marks} FROM generate_series({first}, {last}) n WHERE n %% 2 = {i}",
                       row, database="shop")
            source.sql(f"INSERT INTO f VALUES ({first}, {marks})", row, database="shop")

    fill(1, 120)
    for number, (first, _) in enumerate(LIMITED.values()):
        source.sql(f"INSERT INTO k{number} VALUES (%s, 1)", [first], database="shop")
    task = new_task(source, destination).run()
    task.wait_for(lambda s: s["consistent"] or s["error"])
    assert differences(source.conninfo("shop"), destination.conninfo("shop"), shape=True) == []

    fill(201, 320)
    every = ", ".join(f"c{number} = %s" for number in range(len(LIMITED)))
    source.sql(f"UPDATE v SET {every} WHERE id %% 2 = 0", rows[0], database="shop")
    source.sql(f"UPDATE f SET {every} WHERE n = 1", rows[1], database="shop")
    source.sql("DELETE FROM f WHERE n = 201", database="shop")
    for number, pair_of in enumerate(LIMITED.values()):
        source.sql(f"INSERT INTO k{number} VALUES (%s, 2)", [pair_of[1]], database="shop")
        source.sql(f"UPDATE k{number} SET n = n + 10", database="shop")
        source.sql(f"DELETE FROM k{number} WHERE n = 11", database="shop")
        source.sql(f"UPDATE k{number} SET k = %s", [pair_of[0]], database="shop")
    task.wait_caught_up()

    assert differences(source.conninfo("shop"), destination.conninfo("shop")) == []
    assert task.faults() == [] and task.errors() == []


@pytest.mark.parametrize("phase", ["copy", "stream"])
def test_an_infinite_interval_is_refused_by_an_older_server(servers, database, new_task, phase):
    source, destination = servers(18, "source"), servers(15, "destination")
    database(source, destination)
    source.sql("CREATE TABLE t (id int PRIMARY KEY, v interval)", database="shop")
    insert = "INSERT INTO t VALUES (1, 'infinity')"
    if phase == "copy":
        source.sql(insert, database="shop")
    task = new_task(source, destination).run()
    if phase == "stream":
        task.wait_consistent()
        source.sql(insert, database="shop")

    error = task.wait_for(lambda s: s["error"])["error"]

    assert error["kind"] == "data" and error["object"] == "public.t" and error["position"]
    assert 'invalid input syntax for type interval' in error["message"]
    assert "row 1, column v" in error["message"] if phase == "copy" else error["key"] == '"id"=1'


def test_an_error_shows_a_key_that_travelled_in_binary(one_pair, database, new_task):
    source, destination = one_pair
    database(source, destination)
    source.sql("CREATE TYPE mood AS ENUM ('so so');"
               "CREATE TABLE t (n numeric, at timestamptz, d date, b bool, m mood, v int, PRIMARY KEY (n, at, d, b, m));"
               "INSERT INTO t VALUES (-12345.60, '2024-02-29 12:00:00.5+01', '0044-03-15 BC', true, 'so so')", database="shop")
    task = new_task(source, destination).run()
    task.wait_consistent()
    destination.sql("DELETE FROM t", database="shop")

    source.sql("UPDATE t SET v = 1", database="shop")
    error = task.wait_for(lambda s: s["error"])["error"]

    assert error["key"] == '"n"=-12345.60, "at"=2024-02-29 11:00:00.5+00, "d"=0044-03-15 BC, "b"=t, "m"=so so'


@pytest.mark.parametrize("form", ["text", "binary"])
def test_a_byte_that_is_no_character(pair, database, new_task, form):
    source, destination = pair
    database(source, destination)
    source.sql(f"""CREATE TABLE t (id int PRIMARY KEY, c "char", x {'xml' if form == 'text' else 'int'});
        INSERT INTO t VALUES (1, 'é'::"char")""", database="shop")
    task = new_task(source, destination).run()

    task.wait_consistent()
    source.sql("INSERT INTO t SELECT id + 1, c FROM t", database="shop")
    task.wait_caught_up()
    for cluster in pair:
        assert cluster.sql("SELECT id, c::int FROM t ORDER BY id", database="shop") == [(1, -61), (2, -61)]
