"""Every type into SelectDB, by copy and by stream: what is written at the source, and what is read
there. The texts are worked out by hand from docs/types.md, not by a program."""

import pytest

# Of each column's type: (literal at the source, text at SelectDB). None is NULL.
KINDS = {
    "smallint": [("-32768", "-32768"), ("32767", "32767")],
    "integer": [("-2147483648", "-2147483648"), ("0", "0"), ("2147483647", "2147483647")],
    "bigint": [("-9223372036854775808", "-9223372036854775808"),
               ("9223372036854775807", "9223372036854775807")],
    "numeric(10,2)": [("12345678.9", "12345678.90"), ("-0.01", "-0.01"), ("0", "0.00")],
    "numeric(38,10)": [("1234567890123456789012345678.0123456789",
                        "1234567890123456789012345678.0123456789")],
    "numeric(5,-2)": [("1249", "1200"), ("-9999900", "-9999900")],
    "numeric(3,5)": [("0.00999", "0.00999")],
    "numeric": [("1.10", "1.10"), ("'NaN'", "NaN"), ("1e40", "1" + "0" * 40), ("-0.000000000000001", "-0.000000000000001")],
    "money": [("'12.5'", "$12.50"), ("'-1234567.89'", "-$1,234,567.89")],
    "char(5)": [("'ab'", "ab   "), ("'é€😀'", "é€😀  ")],
    "varchar(3)": [("'é€😀'", "é€😀"), ("''", "")],
    "text": [("''", ""), (r"E'\\N'", "\\N"), (r"E'a\tb\nc\rd'", "a\tb\nc\rd"), ("'\"quoted\", \\ it''s'", "\"quoted\", \\ it's"),
             ("' '", " "), ("NULL", None), ("'NULL'", "NULL"), (r"E'\x01\x02'", "\x01\x02")],
    "xml": [("'<a b=\"1\">t</a>'", '<a b="1">t</a>')],
    "bytea": [(r"'\x00ff5c6e'", "\\x00ff5c6e"), ("''", "\\x")],
    "boolean": [("true", "true"), ("false", "false"), ("NULL", None)],
    "date": [("'0001-01-01'", "0001-01-01"), ("'2024-02-29'", "2024-02-29"), ("'9999-12-31'", "9999-12-31")],
    "timestamp": [("'2024-02-29 23:59:59.999999'", "2024-02-29 23:59:59.999999"),
                  ("'0001-01-01'", "0001-01-01 00:00:00"), ("'9999-12-31 23:59:59.5'", "9999-12-31 23:59:59.500000")],
    "timestamptz": [("'2024-06-01 12:00:00+02'", "2024-06-01 10:00:00"),
                    ("'2024-06-01 00:00:00.000001-11:30'", "2024-06-01 11:30:00.000001")],
    "time": [("'23:59:59.999999'", "23:59:59.999999"), ("'24:00'", "24:00:00")],
    "timetz": [("'04:05:06+02'", "04:05:06+02")],
    "interval": [("'1 year 2 mons -3 days 04:05:06.7'", "1 year 2 mons -3 days +04:05:06.7")],
    "uuid": [("'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")],
    "mood": [("'sad'", "sad"), ("'sehr glücklich'", "sehr glücklich")],
    "small": [("7", "7")],
    "integer[]": [("ARRAY[1,NULL,3]", "{1,NULL,3}"), ("'{}'", "{}")],
    "text[]": [("ARRAY['a', '', NULL, '{}', ',', '\"']", '{a,"",NULL,"{}",",","\\""}')],
    "pair": [("ROW(1, 'b c')", '(1,"b c")')],
    "int4range": [("'[1,5)'", "[1,5)"), ("'empty'", "empty")],
    "point": [("'(1.5,-2)'", "(1.5,-2)")],
    "inet": [("'10.1.2.3/8'", "10.1.2.3/8"), ("'::1'", "::1")],
    "macaddr": [("'08002b010203'", "08:00:2b:01:02:03")],
    "bit(4)": [("B'1010'", "1010")],
    "tsvector": [("'b:2 a:1'", "'a':1 'b':2")],
}
# Numbers are the same number; how many digits are shown is SelectDB's.
FLOATS = {"real": [("0.1", 0.1), ("-3.4028235e38", -3.4028235e38)],
          "double precision": [("0.1", 0.1), ("1.7976931348623157e308", 1.7976931348623157e308), ("5e-324", 5e-324)]}

SOURCE = """
CREATE TYPE mood AS ENUM ('sad', 'sehr glücklich');
CREATE DOMAIN small AS int CHECK (VALUE < 10);
CREATE TYPE pair AS (a int, b text);
"""


def columns():
    return {f"c{number}": (kind, cases) for number, (kind, cases) in enumerate({**KINDS, **FLOATS}.items())}


def tables():
    made = ", ".join(f"{name} {kind}" for name, (kind, _) in columns().items())
    return SOURCE + f"CREATE TABLE kinds (id int PRIMARY KEY, {made});"


def insert():
    """A row for each place in the lists of values."""
    rows = max(len(cases) for _, cases in columns().values())
    statements = []
    for row in range(rows):
        given = {name: cases[row][0] for name, (_, cases) in columns().items() if row < len(cases)}
        statements.append(f"INSERT INTO kinds (id, {', '.join(given)}) VALUES ({row}, {', '.join(given.values())})")
    return statements


def assert_equal(there):
    for name, (kind, cases) in columns().items():
        found = dict(there.sql(f"SELECT id, `{name}` FROM kinds", "shop"))
        for row, (literal, expected) in enumerate(cases):
            value = found[str(row)]
            if isinstance(expected, float):
                value = float(value)
            elif kind == "boolean" and value is not None:
                value = {"1": "true", "0": "false"}.get(value, value)
            elif kind.startswith("timestamp"):
                value = value.removesuffix(".000000")
            assert value == expected, (kind, literal)


@pytest.mark.parametrize("way", ["copy", "stream"])
def test_every_value_arrives(source, database, new_task, simulator, way):
    database(source)
    there = simulator()
    source.sql(tables(), database="shop")
    if way == "copy":
        source.sql("; ".join(insert()), database="shop")
    task = new_task(source, there).run()
    task.wait_consistent()
    if way == "stream":
        source.sql("; ".join(insert()), database="shop")
        task.wait_caught_up()
    assert_equal(there)


def test_the_time_zone_is_the_tasks(source, database, new_task, simulator):
    database(source)
    there = simulator()
    source.sql("CREATE TABLE z (id int PRIMARY KEY, at timestamptz); "
               "INSERT INTO z VALUES (1, '2024-06-01 12:00:00+00'), (2, '2024-12-01 12:00:00+00')", database="shop")
    task = new_task(source, there, destination={"timezone": "+08:00"}).run()
    task.wait_consistent()
    source.sql("INSERT INTO z VALUES (3, '2024-06-01 20:00:00+00')", database="shop")
    task.wait_caught_up()

    assert {row[0]: row[1].removesuffix(".000000") for row in there.sql("SELECT id, at FROM z", "shop")} == {
        "1": "2024-06-01 20:00:00", "2": "2024-12-01 20:00:00", "3": "2024-06-02 04:00:00"}
