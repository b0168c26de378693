"""What is written at the source, as a backlog that each system then drains."""

import os
import tempfile

TABLE = "CREATE TABLE t (id bigint PRIMARY KEY, payload text NOT NULL)"
PAYLOAD = "repeat(md5(g::text), 6) || 'abcdefgh'"  # 200 bytes
SENTINEL = "CREATE TABLE sentinel (id int PRIMARY KEY)"


class Work:
    """rows: what CPU seconds are divided by."""

    def __init__(self, name, what, least, rows):
        self.name, self.what, self.least, self.rows = name, what, least, rows

    def make_tables(self, cluster, database):
        cluster.sql(f"{TABLE}; {SENTINEL}", database=database)

    def write(self, source):
        raise NotImplementedError

    def end(self, source):
        source.sql("INSERT INTO sentinel VALUES (1)", database="shop")
        source.sql("CHECKPOINT")


class Inserts(Work):
    def __init__(self, rows, name="insert", least=1.3):
        super().__init__(name, f"{rows:,} inserts of 200 bytes in one transaction", least, rows)

    def write(self, source):
        source.sql(f"INSERT INTO t SELECT g, {PAYLOAD} FROM generate_series(1, {self.rows}) g",
                   database="shop")


class Updates(Work):
    def __init__(self, rows):
        super().__init__("update", f"{rows // 2:,} inserts, then one UPDATE of all of them", 1.1, rows)

    def write(self, source):
        source.sql(f"INSERT INTO t SELECT g, {PAYLOAD} FROM generate_series(1, {self.rows // 2}) g",
                   database="shop")
        source.sql("UPDATE t SET payload = reverse(payload)", database="shop")


def pgbench_script(text):
    file = tempfile.NamedTemporaryFile("w", suffix=".sql", delete=False)
    with file:
        file.write(text)
    return file.name


class Singles(Work):
    def __init__(self, transactions):
        super().__init__("single", f"{transactions:,} transactions of one insert", 1.0, transactions)

    def make_tables(self, cluster, database):
        cluster.sql(f"CREATE SEQUENCE s; {TABLE}; {SENTINEL}", database=database)

    def write(self, source):
        script = pgbench_script("INSERT INTO t SELECT nextval('s'), repeat('x', 200);\n")
        try:
            source.pgbench("-n", "-c", "4", "-j", "1", "-t", str(self.rows // 4), "-f", script,
                           database="shop")
        finally:
            os.unlink(script)


class Tpcb(Work):
    def __init__(self, transactions, scale=10):
        super().__init__("tpcb", f"pgbench TPC-B, {transactions:,} transactions", 1.0,
                         transactions * 4)
        self.transactions, self.scale = transactions, scale

    def make_tables(self, cluster, database):
        cluster.pgbench("-i", "-q", "-s", str(self.scale), database=database)
        cluster.sql(SENTINEL, database=database)

    def write(self, source):
        source.pgbench("-n", "-c", "8", "-j", "1", "-t", str(self.transactions // 8),
                       database="shop")


class Wide(Work):
    """Rows of 50 columns of ten types: what their conversion costs."""

    TYPES = (("int", "g"), ("bigint", "g * 1000003::bigint"), ("numeric(12,3)", "g / 7.0"),
             ("float8", "g / 3.0::float8"), ("bool", "g % 2 = 0"), ("text", "md5(g::text)"),
             ("date", "date '2020-01-01' + g % 3000"), ("uuid", "md5(g::text)::uuid"),
             ("timestamptz", "timestamptz '2020-01-01' + g * interval '1 s'"),
             ("jsonb", "jsonb_build_object('a', g)"))
    COLUMNS = 50

    def __init__(self, rows):
        super().__init__("wide", f"{rows:,} inserts of {self.COLUMNS} columns of mixed types", None,
                         rows)

    def of_columns(self, part):
        return ", ".join(part(n, *self.TYPES[n % len(self.TYPES)]) for n in range(self.COLUMNS))

    def make_tables(self, cluster, database):
        columns = self.of_columns(lambda n, kind, _: f"c{n} {kind}")
        cluster.sql(f"CREATE TABLE t (id int PRIMARY KEY, {columns}); {SENTINEL}",
                    database=database)

    def write(self, source):
        values = self.of_columns(lambda n, _, value: value)
        source.sql(f"INSERT INTO t SELECT g, {values} FROM generate_series(1, {self.rows}) g",
                   database="shop")


class Copy(Work):
    def __init__(self, rows, scale=20):
        super().__init__("copy", f"copy of pgbench scale {scale} plus {rows:,} rows of 200 bytes, "
                         "with keys", 1.2, rows + scale * 100_000)
        self.count, self.scale = rows, scale

    def make_tables(self, cluster, database):
        """Empty, with keys."""
        cluster.pgbench("-i", "-q", "-I", "dtp", "-s", str(self.scale), database=database)
        cluster.sql(TABLE, database=database)

    def fill(self, source):
        source.pgbench("-i", "-q", "-s", str(self.scale), database="shop")
        source.sql(f"{TABLE}; INSERT INTO t SELECT g, {PAYLOAD} "
                   f"FROM generate_series(1, {self.count}) g", database="shop")
        source.sql("VACUUM ANALYZE", database="shop")
        source.sql("CHECKPOINT")
