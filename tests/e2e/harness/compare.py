"""Compares two databases without any part of walferry."""

import io

import psycopg2

SESSION = """SET search_path = pg_catalog; SET DateStyle = ISO; SET IntervalStyle = postgres;
SET TimeZone = UTC; SET extra_float_digits = 3; SET bytea_output = hex; SET row_security = off;
SET statement_timeout = '300s'"""

TABLES = """SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND relpersistence <> 't'
AND nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'walferry') ORDER BY 1, 2"""

COLUMNS = """SELECT attname, format_type(atttypid, atttypmod), attnotnull, attidentity::text,
attgenerated::text, coalesce(pg_get_expr(adbin, adrelid), '')
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname"""

# NOT NULL became a constraint of its own in version 18.
CONSTRAINTS = """SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint
WHERE conrelid = %s::regclass AND contype <> 'n' ORDER BY 1"""

INDEXES = """SELECT pg_get_indexdef(indexrelid), indisvalid FROM pg_index
WHERE indrelid = %s::regclass ORDER BY 1"""

DUMP_ROWS = 200_000


def quoted(*names):
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


class Side:
    def __init__(self, conninfo):
        self.connection = psycopg2.connect(conninfo, connect_timeout=10)
        self.connection.set_client_encoding("UTF8")
        self.connection.set_session(readonly=True, isolation_level="REPEATABLE READ")
        self.cursor = self.connection.cursor()
        self.cursor.execute(SESSION)

    def rows(self, statement, *arguments):
        self.cursor.execute(statement, arguments or None)
        return self.cursor.fetchall()

    def row_text(self, table, columns):
        return f"SELECT ROW({', '.join(map(quoted, columns))})::text AS row FROM ONLY {quoted(*table)}"

    def digest(self, table, columns):
        """Does not depend on the order of rows; for tables too large to be sorted."""
        return self.rows(f"SELECT count(*), sum(hashtextextended(row, 0)::numeric), "
                         f"sum(hashtextextended(row, 1)::numeric) "
                         f"FROM ({self.row_text(table, columns)}) AS t")[0]

    def dump(self, table, columns):
        """Sorted here: the servers may keep text in different encodings."""
        out = io.StringIO()
        self.cursor.copy_expert(f"COPY ({self.row_text(table, columns)}) TO STDOUT", out)
        return sorted(out.getvalue().split("\n")[:-1])


def compare_rows(source, destination, table):
    columns = [row[0] for row in source.rows(COLUMNS, quoted(*table)) if not row[4]]
    digests = source.digest(table, columns), destination.digest(table, columns)
    name = ".".join(table)
    if max(digests[0][0], digests[1][0]) > DUMP_ROWS:
        return [] if digests[0] == digests[1] else [f"{name}: {digests[0]} and {digests[1]}"]
    ours, theirs = source.dump(table, columns), destination.dump(table, columns)
    if ours == theirs:
        return []
    return [f"{name}: {len(ours)} and {len(theirs)} rows; only in the source "
            f"{sorted(set(ours) - set(theirs))[:5]}, only in the destination "
            f"{sorted(set(theirs) - set(ours))[:5]}"]


def compare_shape(source, destination, table):
    found = []
    for what, query in (("columns", COLUMNS), ("constraints", CONSTRAINTS), ("indexes", INDEXES)):
        ours, theirs = source.rows(query, quoted(*table)), destination.rows(query, quoted(*table))
        if ours != theirs:
            found.append(f"{'.'.join(table)}: {what}: {ours} and {theirs}")
    return found


def differences(source, destination, shape=False, exclude=()):
    """A line for each table that differs, of two conninfo strings; empty when they are equal."""
    left, right = Side(source), Side(destination)
    try:
        tables = [table for table in left.rows(TABLES) if ".".join(table) not in exclude]
        there = {table for table in right.rows(TABLES) if ".".join(table) not in exclude}
        found = [f"{'.'.join(t)}: not in the destination" for t in tables if t not in there]
        found += [f"{'.'.join(t)}: not in the source" for t in sorted(there - set(tables))]
        for table in [t for t in tables if t in there]:
            found += compare_shape(left, right, table) if shape else []
            found += compare_rows(left, right, table)
        return found
    finally:
        left.connection.close()
        right.connection.close()
