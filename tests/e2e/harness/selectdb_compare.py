"""Compares a PostgreSQL database with what SelectDB holds of it, without any part of walferry.

Unique tables: equal rows. Duplicate tables: the history that a witness has seen, in the order of
_record_id, after the rows of the copy.
"""

import collections
import decimal
import io
import json
import re

from .compare import Side, quoted
from .selectdb import quoted as doris_quoted
from .witness import UNCHANGED

COLUMNS = """SELECT attname, CASE WHEN typtype = 'd' THEN format_type(typbasetype, typtypmod)
ELSE format_type(atttypid, atttypmod) END
FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
ORDER BY attnum"""

TABLES = """SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND relpersistence <> 't'
AND nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'walferry') ORDER BY 1, 2"""

OURS = ["_is_deleted", "_version", "_record_id"]

ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def copy_field(text):
    """A field of COPY's text format."""
    if text == "\\N":
        return None
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m.group(1), m.group(1)), text, flags=re.S)


def instant(text):
    """Six digits of fraction; the sessions are in UTC, the destination's text has no zone."""
    text = re.sub(r"\+00$", "", text)
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction:0<6}"


def document(text):
    return json.dumps(json.loads(text), sort_keys=True)


def truth(text):
    """SelectDB shows a BOOLEAN as 1 or, through JDBC, as true."""
    return {"t": "1", "true": "1", "f": "0", "false": "0"}.get(text, text)


BY_TYPE = {
    "real": float, "double precision": float, "boolean": truth,
    "timestamp without time zone": instant, "timestamp with time zone": instant,
    "json": document, "jsonb": document,
}


def comparable(type_name, text):
    """One value, so that the text of either side gives the same. type_name: of the source."""
    if text is None:
        return None
    plain = re.sub(r"\(.*?\)", "", type_name)
    if plain == "numeric" and plain != type_name:
        return str(decimal.Decimal(text).normalize())
    return repr(BY_TYPE.get(plain, str)(text))


class Columns:
    """Of one table: names and types at the source."""

    def __init__(self, side, table):
        self.table = table
        self.pairs = side.rows(COLUMNS, quoted(*table))
        self.names = [name for name, _ in self.pairs]

    def comparable(self, texts):
        return tuple(comparable(kind, text) for (_, kind), text in zip(self.pairs, texts))

    def of_row(self, row):
        """row: {name: text}, as the witness has it."""
        assert UNCHANGED not in row.values(), f"{self.table}: a value that nobody has seen"
        return self.comparable([row.get(name) for name in self.names])


def source_rows(side, columns):
    out = io.StringIO()
    names = ", ".join(quoted(name) for name in columns.names)
    side.cursor.copy_expert(f"COPY (SELECT {names} FROM ONLY {quoted(*columns.table)}) TO STDOUT", out)
    return [columns.comparable([copy_field(field) for field in line.split("\t")])
            for line in out.getvalue().split("\n")[:-1]]


def selectdb_rows(selectdb, database, columns, more=()):
    # NaN is no number of JSON: a front end breaks off there.
    floats = {name for name, kind in columns.pairs if kind in ("real", "double precision")}
    names = ", ".join(f"CAST({doris_quoted(name)} AS STRING)" if name in floats else doris_quoted(name)
                      for name in [*columns.names, *more])
    rows = selectdb.sql(f"SELECT {names} FROM {doris_quoted(columns.table[1])}", database)
    width = len(columns.names)
    return [(columns.comparable(row[:width]), *map(int, row[width:])) for row in rows]


def multiset_difference(name, ours, theirs):
    left, right = collections.Counter(ours), collections.Counter(theirs)
    if left == right:
        return []
    return [f"{name}: {len(ours)} and {len(theirs)} rows; only in the source "
            f"{list((left - right).elements())[:5]}, only in the destination "
            f"{list((right - left).elements())[:5]}"]


def unique_differences(side, selectdb, database, columns):
    ours = source_rows(side, columns)
    theirs = [row[0] for row in selectdb_rows(selectdb, database, columns)]
    return multiset_difference(".".join(columns.table), ours, theirs)


def changes_of(transactions, table):
    """[[Change]], a list for each transaction that touches the table."""
    found = ([change for change in t.changes if change.table == table] for t in transactions)
    return [(t, changes) for t, changes in zip(transactions, found) if changes]


class History:
    """What a Duplicate table has to hold: rows of the copy, then one row a change."""

    def __init__(self, columns, initial):
        self.columns = columns
        self.copied = collections.Counter(initial)

    def expected(self, transaction, changes):
        return [(self.columns.of_row(change.row), int(change.kind == "DELETE"), transaction.seconds)
                for change in changes]

    def copy_has(self, changes):
        """The copy's snapshot has seen this transaction: it is in the rows with _record_id 0."""
        for change in changes:
            before = change.row if change.kind == "DELETE" else change.old
            if before is not None:
                self.copied[self.columns.of_row(before)] -= 1
            if change.kind != "DELETE":
                self.copied[self.columns.of_row(change.row)] += 1

    def compare(self, theirs, transactions):
        """theirs: (row, _is_deleted, _version) in the order of _record_id, of the stream only."""
        at = 0
        for transaction, changes in changes_of(transactions, self.columns.table):
            wanted = self.expected(transaction, changes)
            if theirs[at:at + len(wanted)] == wanted:
                at += len(wanted)
            else:
                self.copy_has(changes)
        return [f"{len(theirs) - at} rows of the stream are not in the witness's order, first "
                f"{theirs[at]}"] if at < len(theirs) else []


def after_last_truncate(transactions, table):
    """What a TRUNCATE has left of the history, and whether there was one."""
    for number in range(len(transactions) - 1, -1, -1):
        changes = transactions[number].changes
        for at in range(len(changes) - 1, -1, -1):
            if changes[at].kind == "TRUNCATE" and changes[at].table == table:
                rest = type(transactions[number])(transactions[number].xid)
                rest.seconds, rest.changes = transactions[number].seconds, changes[at + 1:]
                return [rest, *transactions[number + 1:]], True
    return transactions, False


def history_differences(selectdb, database, columns, initial, transactions):
    """initial: the table's rows when the witness began."""
    transactions, emptied = after_last_truncate(transactions, columns.table)
    rows = sorted(selectdb_rows(selectdb, database, columns, OURS), key=lambda row: row[3])
    name = ".".join(columns.table)
    numbers = [row[3] for row in rows if row[3]]
    if len(set(numbers)) != len(numbers):
        return [f"{name}: _record_ids come twice: "
                f"{[n for n, c in collections.Counter(numbers).items() if c > 1][:5]}"]
    history = History(columns, () if emptied else initial)
    wrong = history.compare([row[:3] for row in rows if row[3]], transactions)
    copied = [row[0] for row in rows if not row[3]]
    wrong += multiset_difference("rows of the copy, and what the stream left out",
                                 list((+history.copied).elements()), copied)
    return [f"{name}: {text}" for text in wrong]


class Watched:
    """The Duplicate tables' rows from before, and who has seen all since."""

    def __init__(self, conninfo, witness):
        self.conninfo, self.witness, self.initial = conninfo, witness, {}
        self.add_tables()

    def add_tables(self):
        """Those that are new. What happens to them from now on is told by the witness only."""
        self.witness.forget()
        side = Side(self.conninfo)
        for table in side.rows(TABLES):
            columns = Columns(side, table)
            self.initial[table] = source_rows(side, columns)
        side.connection.close()


def differences(conninfo, selectdb, database="shop", watched=None, exclude=()):
    """A line for each table that differs; empty when all are as they have to be."""
    transactions = watched.witness.transactions() if watched else []
    side, there = Side(conninfo), set(selectdb.tables(database))
    found = []
    try:
        for table in [t for t in side.rows(TABLES) if ".".join(t) not in exclude]:
            if table[1] not in there:
                found.append(f"{'.'.join(table)}: not in the destination")
                continue
            columns = Columns(side, table)
            if selectdb.schema(table[1], database)["keysType"] == "UNIQUE_KEYS":
                found += unique_differences(side, selectdb, database, columns)
            elif watched:
                found += history_differences(selectdb, database, columns, watched.initial[table],
                                             transactions)
            else:
                found.append(f"{'.'.join(table)}: nobody has watched its history")
        return found
    finally:
        side.connection.close()
