"""Sources and destinations in other encodings than UTF8."""

import pytest

from harness import differences

# Characters that take more bytes in UTF8, of each encoding some.
LETTERS = {"LATIN1": "éßÿ§", "WIN1252": "€Žœ™é", "EUC_JP": "日本語ｱ", "SQL_ASCII": "é中😀", "UTF8": "é"}

TABLES = """
CREATE TABLE "{a}" (id int PRIMARY KEY, "{a}" text, c char(12), v varchar(12), n name, a text[], j json, b jsonb, x xml);
CREATE TABLE by_text (k text PRIMARY KEY, n int, pad text);
CREATE TABLE keyless (v text, x xml);
CREATE TABLE plain (k text PRIMARY KEY, v text, n int);
"""
ROWS = """
INSERT INTO "{a}" SELECT n, '{a}', '{b}', '{a}', '{a}', ARRAY['{a}', NULL, '{b}'], '{{"{a}":  "{b}"}}', '{{"{b}": "{a}"}}',
    '<?xml version="1.0" encoding="ISO-8859-1"?><a b="{a}"/>' FROM generate_series({first}, {last}) n;
INSERT INTO by_text SELECT '{a}' || n, n, NULL FROM generate_series({first}, {last}) n;
INSERT INTO plain SELECT '{a}' || n, '{b}', n FROM generate_series({first}, {last}) n;
INSERT INTO keyless VALUES ('{a}', '<e>{b}</e>'), ('{b}', NULL), ('{a}', '<e>{b}</e>');
"""
CHANGES = """
UPDATE "{a}" SET "{a}" = '{b}' || id, a = ARRAY['{b}'], c = '{a}' WHERE id % 3 = 1;
UPDATE by_text SET n = -n WHERE k > '{a}';
UPDATE by_text SET pad = repeat('{a}', 30000) WHERE n BETWEEN -4 AND 0;
UPDATE by_text SET k = '{b}' || n WHERE n % 2 = 0;
UPDATE plain SET v = v || '{b}';
DELETE FROM plain WHERE k = '{a}5';
DELETE FROM by_text WHERE n % 5 = 0;
UPDATE keyless SET v = '{b}' WHERE ctid = (SELECT min(ctid) FROM keyless);
"""


def said(text, letters, first=0, last=0):
    half = max(1, len(letters) // 2)
    return text.format(a=letters[:half], b=letters[half:] or letters, first=first, last=last)


class Encoded:
    """A server whose databases' encoding is not what we speak to it."""

    def __init__(self, cluster, encoding):
        self.connection = cluster.connect("shop")
        self.connection.autocommit = True
        self.connection.set_client_encoding("UTF8" if encoding != "SQL_ASCII" else "SQL_ASCII")
        self.cursor = self.connection.cursor()

    def run(self, text):
        self.cursor.execute(text.encode())


@pytest.fixture
def ends(one_pair, database, new_task):
    """Makes both databases and a task that is not running yet; gives a cursor at the source too."""
    opened = []

    def make(source_encoding, destination_encoding, tables, **settings):
        source, destination = one_pair
        database(source, destination)
        source.create_database("shop", source_encoding)
        destination.create_database("shop", destination_encoding)
        work = Encoded(source, source_encoding)
        opened.append(work)
        work.run(tables)
        return work, new_task(source, destination, **settings)

    yield make
    for work in opened:
        work.connection.close()


def equal(pair):
    assert differences(pair[0].conninfo("shop"), pair[1].conninfo("shop")) == []
    return True


@pytest.mark.parametrize("encoding, there, ignored", [
    ("LATIN1", "UTF8", []), ("EUC_JP", "UTF8", []), ("SQL_ASCII", "UTF8", ["source.encoding"]),
    ("UTF8", "LATIN1", ["destination.encoding"]),
    pytest.param("WIN1252", "UTF8", [], marks=pytest.mark.long),
    pytest.param("LATIN1", "LATIN1", [], marks=pytest.mark.long),
    pytest.param("SQL_ASCII", "SQL_ASCII", [], marks=pytest.mark.long),
    pytest.param("EUC_JP", "SQL_ASCII", ["destination.encoding"], marks=pytest.mark.long)])
def test_text_keeps_its_characters_in_copy_and_stream(one_pair, ends, encoding, there, ignored):
    letters = LETTERS[encoding]
    # char(n) counts bytes in SQL_ASCII, characters elsewhere: it is filled up with more blanks, or fewer
    tables = TABLES if (encoding == "SQL_ASCII") == (there == "SQL_ASCII") else TABLES.replace("c char(12)", "c text")
    work, task = ends(encoding, there, said(tables + ROWS, letters, 1, 80), check={"ignore": ignored})

    task.run()
    task.wait_for(lambda s: s["consistent"] or s["error"])
    assert equal(one_pair)
    work.run(said(ROWS, letters, 101, 180))
    task.wait_caught_up()
    assert equal(one_pair)
    for statement in said(CHANGES, letters).strip().split("\n"):
        work.run(statement)
    task.wait_caught_up()

    assert equal(one_pair)
    task.cli("compare", task.name)
    assert task.faults() == []


@pytest.mark.parametrize("form", ["text", "binary"])
def test_a_character_that_the_destination_has_not_is_an_error_in_the_copy(ends, form):
    work, task = ends("UTF8", "LATIN1", f"CREATE TABLE t (k text PRIMARY KEY, v text, x {'xml' if form == 'text' else 'int'});"
                      "INSERT INTO t VALUES ('é', 'é'), ('b', '中')", check={"ignore": ["destination.encoding"]})

    task.run()
    error = task.wait_for(lambda s: s["error"])["error"]

    assert error["kind"] == "data" and error["object"] == "public.t" and "row 2" in error["message"]
    assert "no equivalent in encoding" in error["message"] and error["position"].startswith("ctid ")


@pytest.mark.parametrize("form", ["text", "binary"])
@pytest.mark.parametrize("rows", [1, 60])
def test_a_character_that_the_destination_has_not_is_an_error_in_the_stream(one_pair, ends, form, rows):
    work, task = ends("UTF8", "LATIN1", f"CREATE TABLE t (k text PRIMARY KEY, v text, x {'xml' if form == 'text' else 'int'});",
                      check={"ignore": ["destination.encoding"]})
    task.run()
    task.wait_consistent()

    work.run(f"INSERT INTO t SELECT 'é' || n, CASE WHEN n = {rows} THEN '中' ELSE 'é' END FROM generate_series(1, {rows}) n")
    error = task.wait_for(lambda s: s["error"])["error"]

    assert error["kind"] == "data" and error["object"] == "public.t" and error["key"] == f'"k"=é{rows}'
    assert "no equivalent in encoding" in error["message"] and error["position"]
    assert one_pair[1].value("SELECT count(*) FROM t", database="shop") == 0


def test_bytes_without_an_encoding_are_an_error_that_names_the_row(one_pair, ends):
    work, task = ends("SQL_ASCII", "UTF8", "CREATE TABLE t (k text PRIMARY KEY, v text); INSERT INTO t VALUES ('a', 'é')",
                      check={"ignore": ["source.encoding"]})
    task.run()
    task.wait_for(lambda s: s["consistent"] or s["error"])

    work.cursor.execute(b"UPDATE t SET v = 'caf\xe9'")
    error = task.wait_for(lambda s: s["error"])["error"]

    assert error["kind"] == "data" and error["object"] == "public.t" and error["key"] == '"k"=a'
    assert "invalid byte sequence" in error["message"] and error["position"]


def test_check_tells_of_encodings(ends):
    work, task = ends("SQL_ASCII", "LATIN1", 'CREATE TABLE "é" (k int PRIMARY KEY, v text)')

    first = task.cli("check", task.file, check=False).stdout
    work.cursor.execute(b'CREATE TABLE bad (k int PRIMARY KEY, "caf\xe9" text)')
    second = task.cli("check", task.file, check=False).stdout

    assert "warn source.encoding" in " ".join(first.split()), first
    assert "warn destination.encoding" in " ".join(first.split()), first
    assert "FAIL source.encoding public.bad" in " ".join(second.split()), second
