"""Types of the user's own, and what they and the tables need, are made at the destination."""

import pytest

from harness import differences

TYPES = """
CREATE SCHEMA app; CREATE SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext; CREATE EXTENSION hstore SCHEMA ext;
CREATE TYPE app.mood AS ENUM ('sad', 'ok', 'o''k', E'happy\\\\');
ALTER TYPE app.mood ADD VALUE 'mid' BEFORE 'ok';
CREATE FUNCTION app.is_odd(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'select $1 % 2 = 1';
CREATE FUNCTION app.first() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 43; END;
CREATE DOMAIN app.odd AS int DEFAULT app.first() NOT NULL CHECK (app.is_odd(VALUE))
    CONSTRAINT positive CHECK (VALUE > 0);
CREATE DOMAIN app.small AS app.odd CHECK (VALUE < 1000);
ALTER DOMAIN app.small ADD CONSTRAINT smaller CHECK (VALUE < 100) NOT VALID;
COMMENT ON CONSTRAINT smaller ON DOMAIN app.small IS 'it''s said';
CREATE TYPE app.addr AS (street text COLLATE "C", nr app.small, "Odd name" app.mood[]);
COMMENT ON TYPE app.addr IS 'an address'; COMMENT ON COLUMN app.addr."Odd name" IS 'moods';
CREATE DOMAIN app.addrs AS app.addr[];
CREATE TYPE app.floats AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi,
    MULTIRANGE_TYPE_NAME = app.floats_multirange);
CREATE TYPE app.texts AS RANGE (SUBTYPE = text, COLLATION = "C", MULTIRANGE_TYPE_NAME = app.manytexts);
CREATE COLLATION app.german (provider = icu, locale = 'de', deterministic = false);
CREATE SEQUENCE app.numbers;
CREATE FUNCTION app.next() RETURNS int LANGUAGE sql
    BEGIN ATOMIC SELECT app.first() + nextval('app.numbers')::int; END;
CREATE TABLE app.t (id int PRIMARY KEY, m app.mood DEFAULT 'ok', a app.addr, ms app.mood[], aa app.addrs,
    f app.floats, tx app.manytexts, c ext.citext, h ext.hstore, o app.small, n int DEFAULT app.next(),
    g text COLLATE app.german, hs ext.hstore[], av app.addr[], fs app.floats_multirange);
CREATE TABLE app.base (x int PRIMARY KEY, y app.mood);
CREATE FUNCTION app.x_of(app.base) RETURNS int LANGUAGE sql IMMUTABLE AS 'select $1.x';
CREATE INDEX by_x_of ON app.base (app.x_of(base.*));
CREATE TABLE app.has_row (id int PRIMARY KEY, b app.base, bs app.base[]);
CREATE FUNCTION app.count_base() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM app.base; END;
CREATE TABLE app.counts (id int PRIMARY KEY, n bigint DEFAULT app.count_base());
"""

ROWS = """
INSERT INTO app.t (id, m, a, ms, aa, f, tx, c, h, g, hs, av, fs) SELECT g, 'o''k',
    ROW ('a "b" \\ ,', 7, ARRAY['mid', NULL]::app.mood[])::app.addr, '{sad,"happy\\\\"}',
    ARRAY[ROW (NULL, 5, NULL)::app.addr], '[1,2.5)', '{[a,b),(x,y]}', 'CiText', E'a=>1, "b \\\\"c"=>NULL',
    'ß', ARRAY['x=>y'::ext.hstore, NULL], ARRAY[ROW ('', 9, '{}')::app.addr, NULL], '{[1,2],(5,)}'
    FROM generate_series(1, 50) g;
INSERT INTO app.base SELECT g, 'mid' FROM generate_series(1, 20) g;
INSERT INTO app.has_row SELECT g, ROW (g, 'sad')::app.base, ARRAY[ROW (1, NULL)::app.base] FROM generate_series(1, 9) g;
INSERT INTO app.counts (id) VALUES (1);
"""

CHANGES = """
UPDATE app.t SET m = E'happy\\\\', a.nr = 11 WHERE id < 9; DELETE FROM app.t WHERE id = 20;
INSERT INTO app.t (id) VALUES (500); UPDATE app.t SET tx = '{}', h = '' WHERE id = 30;
UPDATE app.has_row SET b = ROW (3, 'ok'); INSERT INTO app.base VALUES (99, 'mid');
"""

DEFINITIONS = """SELECT format_type(t.oid, NULL), typtype, typnotnull, typdefault, obj_description(t.oid),
    (SELECT array_agg(enumlabel ORDER BY enumsortorder)::text FROM pg_enum WHERE enumtypid = t.oid),
    (SELECT array_agg(conname || pg_get_constraintdef(c.oid) ORDER BY conname)::text
       FROM pg_constraint c WHERE contypid = t.oid),
    (SELECT array_agg(attname || format_type(atttypid, atttypmod) || attcollation::regcollation ORDER BY attnum)::text
       FROM pg_attribute a WHERE attrelid = typrelid AND attnum > 0)
FROM pg_type t WHERE typnamespace = 'app'::regnamespace
UNION ALL
SELECT p.oid::regprocedure::text, prokind, false, pg_get_functiondef(p.oid), NULL, NULL, NULL, NULL
FROM pg_proc p WHERE pronamespace = 'app'::regnamespace
ORDER BY 1, 2"""


@pytest.mark.timeout(180)
def test_types_are_made_and_their_values_follow(pair, database, new_task):
    source, destination = pair
    database(source, destination)
    source.sql(TYPES, database="shop")
    source.sql(ROWS, database="shop")
    task = new_task(source, destination)
    task.run()
    task.wait_consistent(90)

    source.sql(CHANGES, database="shop")
    task.wait_caught_up(90)

    assert differences(source.conninfo("shop"), destination.conninfo("shop"), shape=True) == []
    assert destination.sql(DEFINITIONS, database="shop") == source.sql(DEFINITIONS, database="shop")


def test_a_type_of_the_same_name_must_be_the_same(source, destination, database, new_task):
    database(source, destination)
    source.sql("CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TYPE fine AS ENUM ('x');"
               "CREATE TABLE t (id int PRIMARY KEY, m mood, f fine)", database="shop")
    destination.sql("CREATE TYPE mood AS ENUM ('b', 'a'); CREATE TYPE fine AS ENUM ('x')",
                    database="shop")
    task = new_task(source, destination).run()

    assert task.wait_end() == 1
    line, = task.errors()
    assert "type public.mood" in line and "'b', 'a'" in line and "'a', 'b'" in line

    destination.sql("DROP TYPE mood; CREATE TYPE mood AS ENUM ('a', 'b')", database="shop")
    task.run()
    task.wait_consistent()


@pytest.fixture
def without_extension(destination):
    """The destination's server does not have an extension: a database of its own, as it is."""
    destination.sql("CREATE ROLE plain LOGIN")
    yield "plain"
    destination.sql("DROP OWNED BY plain")
    destination.sql("DROP ROLE plain")


def test_an_extension_that_cannot_be_had_is_named(source, destination, database, new_task,
                                                  without_extension):
    """earthdistance is not trusted: a role without superuser may not make it."""
    database(source, destination)
    source.sql("CREATE EXTENSION earthdistance CASCADE; CREATE TABLE t (id int PRIMARY KEY, e earth)",
               database="shop")
    destination.sql(f"GRANT CREATE ON DATABASE shop TO {without_extension};"
                    f"GRANT SET ON PARAMETER session_replication_role TO {without_extension};")
    destination.sql(f"GRANT ALL ON SCHEMA public TO {without_extension}", database="shop")
    task = new_task(source, destination)
    task.write(destination={"conninfo": destination.conninfo("shop", user=without_extension)})
    task.run()

    assert task.wait_end() == 1
    line, = task.errors()
    assert "extension earthdistance" in line and "public.t" in line and "CREATE EXTENSION" in line
    destination.sql("DROP OWNED BY plain", database="shop")


def test_what_cannot_be_made_is_named_by_check(source, destination, database, new_task):
    database(source, destination)
    source.sql("CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);"
               "CREATE TABLE t (id int PRIMARY KEY CHECK (id OPERATOR(public.===) id));"
               "CREATE TABLE other (id int); CREATE TABLE has_row (id int PRIMARY KEY, o other)",
               database="shop")
    task = new_task(source, destination,
                    objects=({"schema": "public", "table": "t"}, {"schema": "public", "table": "has_row"}))

    lines = [line for line in task.cli("check", task.file, check=False).stdout.splitlines()
             if "FAIL" in line]

    assert len(lines) == 2, lines
    assert any("public.t: " in x and "operator public.===(integer,integer)" in x for x in lines)
    assert any("public.has_row" in x and "table public.other, which is not selected" in x for x in lines), lines
