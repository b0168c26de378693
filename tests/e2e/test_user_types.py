"""Types that users and extensions make: enums, domains, composites, ranges, citext and so on, as values,
as keys and in tables without a key."""

import pytest

from harness import differences

TYPES = '''
CREATE SCHEMA "My types";
CREATE TYPE "My types".mood AS ENUM ('sad', 'so so', 'it''s fine', '😀', '');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN "small Positive" AS positive CHECK (VALUE < 100000);
CREATE DOMAIN code AS varchar(5) COLLATE "C" NOT NULL;
CREATE DOMAIN money2 AS numeric(10, 2);
CREATE DOMAIN feeling AS "My types".mood;
CREATE DOMAIN ints AS int[] CHECK (array_length(VALUE, 1) < 5);
CREATE TYPE point3 AS (x float8, "y ""y""" numeric, z "My types".mood, t text);
CREATE TYPE line3 AS (a point3, b point3[], c positive);
CREATE TYPE float_range AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE mood_range AS RANGE (subtype = "My types".mood);
'''

# Of each type: values, as SQL text; the first two are distinct keys.
SAMPLES = {
    '"My types".mood': ["sad", "", "😀", 'it\'s fine'],
    "positive": ["1", "2147483647", "7"],
    '"small Positive"': ["1", "99999", "7"],
    "code": ["", "中文 'é", "\\N"],
    "money2": ["1.10", "-99999999.99", "NaN"],
    "feeling": ["so so", "😀", "sad"],
    "ints": ["{}", "{1,NULL,3}", "[-2:-1]={7,8}"],
    "point3": ["(,,,)", '(NaN,1.0,"so so","a ""b"" \\\\ (c), \n")', "(-0,1.00,,NULL)"],
    "line3": ["(,,)", '("(1,2,sad,x)","{""(1,1.0,😀,\'é\')"",NULL}",7)', '("(,,,)",{},1)'],
    "float_range": ["empty", "[0.1,Infinity)", "(,)"],
    "float_multirange": ["{}", "{[0.1,0.2),(1,NaN]}", "{(,)}"],
    "mood_range": ["empty", "[sad,😀)", "(,)"],
}

EXTENSIONS = {
    "citext": ["Strasse", "ÉCOLE", "\\N"],
    "hstore": ['"a"=>"1", "b"=>NULL', '"q\\"uote"=>"new\nline", "\\\\"=>""', ""],
    "ltree": ["Top.Science.Astronomy", "a", ""],
    "cube": ["(1, 2, 3)", "(0.1),(1e300)", "(0)"],
    "isbn": ["0-393-04002-X", "1-4133-0454-0"],
    "seg": ["1 .. 2", "1.00", "~ 5"],
}
FROM_EXTENSION = {"isbn": "isn"}
# Equal for their =, not the same.
ALIKE = {"citext": ("Paris", "PARIS"), "float_range": ("[0,1]", "[-0,1]")}


class Source:
    def __init__(self, cluster, samples, arrays):
        self.samples, self.arrays = samples, arrays
        self.connection = cluster.connect("shop")
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()

    def each(self):
        return [(number, kind, values) for number, (kind, values) in enumerate(self.samples.items())]

    def run(self, statement, *arguments):
        self.cursor.execute(statement, arguments or None)

    def make_tables(self):
        for number, kind, _ in self.each():
            array = f"{kind}[]" if self.arrays else "text"
            self.run(f"CREATE TABLE v{number} (id int PRIMARY KEY, v {kind}, a {array}, x int)")
            self.run(f"CREATE TABLE k{number} (k {kind} PRIMARY KEY, n int, pad text)")
            self.run(f"CREATE TABLE f{number} (v {kind})")

    def fill(self, first, last):
        for number, kind, values in self.each():
            for id in range(first, last):
                pair = values[id % len(values)], values[(id + 1) % len(values)]
                null = "" if kind == "code" else ", NULL"  # a domain that allows none
                array = f"{kind}[]" if self.arrays else "text"
                self.run(f"INSERT INTO v{number} VALUES (%s, %s, ARRAY[%s{null}, %s]::text[]::{array}, 1)",
                         id, pair[0], *pair)
            for value in [*values, values[0], *ALIKE.get(kind, ())]:
                self.run(f"INSERT INTO f{number} (v) VALUES (%s)", value)

    def fill_keys(self, which):
        for number, kind, values in self.each():
            for n, value in enumerate(values):
                if n % 2 == which:
                    self.run(f"INSERT INTO k{number} (k, n) VALUES (%s, %s)", value, n)

    def update(self):
        for number, kind, values in self.each():
            self.run(f"UPDATE v{number} SET x = 2 WHERE id < 20")
            self.run(f"UPDATE v{number} AS t SET v = o.v, a = o.a FROM v{number} AS o WHERE o.id = (t.id + 1) % 60")
            self.run(f"UPDATE f{number} SET v = %s WHERE ctid = (SELECT min(ctid) FROM f{number} "
                     f"WHERE v::text = %s::{kind}::text)", values[1], values[0])
            if kind in ALIKE:
                self.run(f"DELETE FROM f{number} WHERE ctid = (SELECT max(ctid) FROM f{number} "
                         f"WHERE v::text = %s::{kind}::text)", ALIKE[kind][1])
            self.run(f"UPDATE k{number} SET n = n + 10")
            self.run(f"UPDATE k{number} SET pad = repeat(md5(n::text), 12000) WHERE n < 12")

    def change_keys(self):
        for number, kind, values in self.each():
            self.run(f"DELETE FROM k{number} WHERE k::text = %s::{kind}::text", values[0])
            self.run(f"UPDATE k{number} SET k = %s WHERE k::text = %s::{kind}::text", values[0], values[1])
            if kind in ALIKE:
                self.run(f"INSERT INTO k{number} VALUES (%s, 0)", ALIKE[kind][0])
                self.run(f"UPDATE k{number} SET k = %s WHERE k::text = %s::{kind}::text", ALIKE[kind][1], ALIKE[kind][0])

    def delete(self):
        for number, kind, values in self.each():
            self.run(f"DELETE FROM v{number} WHERE id % 8 <> 3")  # enough for a set
            self.run(f"DELETE FROM f{number} WHERE ctid = (SELECT min(ctid) FROM f{number})")
            self.run(f"DELETE FROM k{number} WHERE n = 10 OR n = 11")

    def steps(self):
        return (lambda: self.fill(30, 60), lambda: self.fill_keys(1), self.update, self.change_keys, self.delete)


@pytest.fixture
def follow(one_pair, database, new_task):
    """Lets a source with the tables of some types be copied and followed, step by step."""
    opened = []

    def run(types, samples, arrays=True):
        source, destination = one_pair
        database(source, destination)
        work = Source(source, samples, arrays)
        opened.append(work)
        work.run(types)
        work.make_tables()
        work.fill(0, 30)
        work.fill_keys(0)
        task = new_task(source, destination).run()
        task.wait_for(lambda s: s["consistent"] or s["error"])
        assert differences(source.conninfo("shop"), destination.conninfo("shop"), shape=True) == []
        for step in work.steps():
            step()
            task.wait_caught_up()
            assert differences(source.conninfo("shop"), destination.conninfo("shop")) == []
        task.cli("compare", task.name)
        assert task.faults() == [] and task.errors() == []

    yield run
    for work in opened:
        work.connection.close()


def test_enums_domains_composites_and_ranges(follow):
    follow(TYPES, SAMPLES)


def test_enums_and_domains_leave_the_stream_binary(one_pair, follow):
    """An enum's binary form is its label, a domain's that of the type below it."""
    source, _ = one_pair
    alone = ('"My types".mood', "positive", '"small Positive"', "code", "money2", "feeling", "ints")
    source.sql("ALTER ROLE postgres SET log_replication_commands = on")
    with open(source.log, errors="replace") as log:
        log.seek(0, 2)
        follow(TYPES, {kind: SAMPLES[kind] for kind in alone}, arrays=False)
        started = [line for line in log if "START_REPLICATION SLOT" in line]
    source.sql("ALTER ROLE postgres RESET log_replication_commands")

    assert started and all("binary 'true'" in line for line in started)


def test_types_of_extensions(one_pair, follow):
    there = {row[0] for cluster in one_pair for row in cluster.sql("SELECT name FROM pg_available_extensions")}
    samples = {kind: values for kind, values in EXTENSIONS.items() if FROM_EXTENSION.get(kind, kind) in there}
    missing = sorted(set(EXTENSIONS) - set(samples))
    if missing:
        pytest.skip(f"this server has no {', '.join(missing)}")
    follow("".join(f"CREATE EXTENSION {FROM_EXTENSION.get(kind, kind)};" for kind in samples), samples)
