"""The witness and the comparison with SelectDB: what cannot be wrong would prove nothing."""

import pytest

from harness.compare import Side
from harness.selectdb_compare import Columns, History, comparable, multiset_difference, source_rows
from harness.witness import Witness

TABLE = """CREATE TABLE t (a int PRIMARY KEY, b text, c boolean, d numeric(10,2), e bit(3), "F g" int[],
    h timestamptz, big text);
ALTER TABLE t ALTER big SET STORAGE EXTERNAL, REPLICA IDENTITY FULL;
CREATE TABLE "O d.d" (a text)"""

# A value that looks like what comes next, in test_decoding's text.
NASTY = "it's\nBEGIN 1\ntable public.t: INSERT: a[integer]:1\n"


@pytest.fixture
def witness(source, database):
    database(source)
    source.sql(TABLE, database="shop")
    seen = Witness(source)
    yield seen
    seen.remove()


def test_the_witness_reads_what_test_decoding_writes(source, witness):
    source.sql("INSERT INTO t VALUES (1, %s, true, 1.50, B'101', '{1,NULL}', '2024-02-29 12:00+02', %s)",
               (NASTY, "y" * 9000), database="shop")
    source.sql("BEGIN; UPDATE t SET b = NULL; DELETE FROM t; INSERT INTO \"O d.d\" VALUES (''); COMMIT",
               database="shop")
    source.sql('TRUNCATE t, "O d.d"', database="shop")

    insert, many, truncate = witness.transactions()

    row = {"a": "1", "b": NASTY, "c": "t", "d": "1.50", "e": "101", "F g": "{1,NULL}",
           "h": "2024-02-29 10:00:00+00", "big": "y" * 9000}
    assert [(c.kind, c.table, c.row) for c in insert.changes] == [("INSERT", ("public", "t"), row)]
    update, delete, other = many.changes
    assert (update.row, update.old) == ({**row, "b": None}, row)
    assert delete.row == {name: value for name, value in row.items() if name != "b"}
    assert (other.table, other.row) == (("public", "O d.d"), {"a": ""})
    assert sorted(change.table for change in truncate.changes) == [("public", "O d.d"), ("public", "t")]
    assert abs(insert.seconds - int(source.value("SELECT extract(epoch FROM now())::bigint"))) < 600


def test_the_witness_sees_what_was_committed_while_it_was_away(source, witness):
    witness.transactions()
    witness.stop()
    source.sql("INSERT INTO t (a) VALUES (1)", database="shop")
    witness.start()

    assert [len(t.changes) for t in witness.transactions()] == [1]


@pytest.fixture
def history(source, witness):
    """A table's columns, what it has to look like after three transactions, and those."""
    source.sql("INSERT INTO t (a) VALUES (0)", database="shop")
    side = Side(source.conninfo("shop"))
    columns = Columns(side, ("public", "t"))
    initial = source_rows(side, columns)
    side.connection.close()
    for change in ("INSERT INTO t (a) VALUES (1), (2)", "UPDATE t SET b = 'x' WHERE a = 1",
                   "DELETE FROM t WHERE a = 2"):
        source.sql(change, database="shop")
    transactions = witness.transactions()[1:]
    of = History(columns, initial)
    rows = [row for t in transactions for row in of.expected(t, t.changes)]
    return columns, initial, transactions, rows


def test_a_history_that_is_right_is_equal(history):
    columns, initial, transactions, rows = history
    of = History(columns, initial)
    assert of.compare(rows, transactions) == []
    assert list((+of.copied).elements()) == initial


def test_what_the_copy_has_seen_is_expected_of_the_copy(history):
    columns, initial, transactions, rows = history
    of = History(columns, initial)
    assert of.compare(rows[3:], transactions) == []
    assert sorted(row[0] for row in (+of.copied).elements()) == ["'0'", "'1'", "'2'"]


@pytest.mark.parametrize("change", [
    lambda rows: rows + rows[-1:], lambda rows: rows[:1] + rows, lambda rows: rows[1::-1] + rows[2:],
    lambda rows: rows[:-1] + [(*rows[-1][:1], 0, rows[-1][2])],
    lambda rows: rows[:-1] + [(*rows[-1][:2], rows[-1][2] + 5)], lambda rows: rows[:2] + rows[3:],
    lambda rows: rows[1:]], ids=["twice at the end", "twice at the beginning", "out of order", "not deleted",
                                 "another second", "one is missing", "half a transaction"])
def test_every_kind_of_wrong_history_is_seen(history, change):
    columns, initial, transactions, rows = history
    of = History(columns, initial)
    wrong = of.compare(change(rows), transactions)
    assert wrong or multiset_difference("", list((+of.copied).elements()), initial)


@pytest.mark.parametrize("kind, left, right, same", [
    ("double precision", "1e+100", "1e100", True), ("real", "0.1", "0.10000000000000001", True),
    ("real", "0.1", "0.2", False), ("boolean", "t", "1", True), ("boolean", "t", "0", False),
    ("timestamp with time zone", "2024-01-01 00:00:00.5+00", "2024-01-01 00:00:00.500000", True),
    ("timestamp without time zone", "2024-01-01 00:00:00", "2024-01-01 00:00:00.000001", False),
    ("jsonb", '{"a":  1, "b": null}', '{"b":null,"a":1}', True), ("jsonb", '{"a":1}', '{"a":2}', False),
    ("numeric(10,2)", "1.50", "1.5", True), ("numeric(10,2)", "1.50", "1.51", False),
    ("numeric", "1.50", "1.5", False), ("text", "", None, False), ("text", " x", "x", False)])
def test_values_are_compared_by_the_type_of_the_source(kind, left, right, same):
    assert (comparable(kind, left) == comparable(kind, right)) == same
