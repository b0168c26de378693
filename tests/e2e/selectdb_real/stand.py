"""What the observations stand on: one SelectDB, a database of their own, tables made as they need."""

import itertools
import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.selectdb import CSV_HEADERS, SelectDb, SqlError, csv_line, quoted  # noqa: E402

DATABASE = "walferry_conformance"


class Has:
    """Expects a text, or the JSON of a reply, that has all these parts."""

    def __init__(self, *parts):
        self.parts = parts

    def __eq__(self, other):
        return isinstance(other, str) and all(part in other for part in self.parts)

    def __repr__(self):
        return "..." + "...".join(self.parts) + "..."


class Observation:
    def __init__(self, look, source, expected):
        self.look, self.source, self.expected = look, source, expected
        self.name = look.__name__

    def wanted(self, profile):
        """expected: the same for all profiles, or by a part of the profile's name."""
        if not isinstance(self.expected, dict):
            return self.expected
        return next(value for part, value in self.expected.items() if part in profile)


OBSERVATIONS = []


def observation(source, expected):
    """source: section of the reference, and what it was read in."""
    def keep(look):
        OBSERVATIONS.append(Observation(look, source, expected))
        return look
    return keep


class Stand:
    """One SelectDB. Every table and label is new, so that any order and number of runs is good."""

    _numbers = itertools.count(1)

    def __init__(self, db: SelectDb, profile):
        self.db, self.profile = db, profile
        self.run = f"{os.getpid():x}"
        db.create_database(DATABASE)

    def name(self, kind):
        return f"{kind}_{self.run}_{next(self._numbers)}"

    def sql(self, statement):
        return self.db.sql(statement, DATABASE)

    def error(self, statement):
        """The message of a statement that is refused; else "done"."""
        try:
            self.sql(statement)
        except SqlError as error:
            return str(error).partition("detailMessage = ")[2] or str(error)
        return "done"

    def definition(self, columns, keys, model, more):
        properties = {"replication_num": "1", **more}
        listed = ", ".join(f'"{name}" = "{value}"' for name, value in properties.items())
        names = ", ".join(map(quoted, keys.split(", ")))
        return (f"({columns}) ENGINE=OLAP {model} KEY({names}) "
                f"DISTRIBUTED BY HASH({names}) BUCKETS 1 PROPERTIES ({listed})")

    def create(self, columns, keys="k", model="UNIQUE", **more):
        """The statement's error, or "done"."""
        return self.error(f"CREATE TABLE {quoted(self.name('c'))} "
                          f"{self.definition(columns, keys, model, more)}")

    def table(self, columns="k INT NOT NULL, v VARCHAR(40) NULL", keys="k", model="DUPLICATE", **more):
        name = self.name("t")
        self.sql(f"CREATE TABLE {quoted(name)} {self.definition(columns, keys, model, more)}")
        return name

    def unique(self, columns="k INT NOT NULL, v VARCHAR(40) NULL", keys="k", sequence=True):
        more = {"enable_unique_key_merge_on_write": "true", "light_schema_change": "true"}
        if sequence:
            more["function_column.sequence_type"] = "bigint"
        return self.table(columns, keys, "UNIQUE", **more)

    def load(self, table, body, **headers):
        """A load with the headers given and nothing else but the format."""
        return self.db.load(table, body, DATABASE,
                            **{"format": "csv", "column_separator": ",", **headers})

    def load_rows(self, table, *rows, **headers):
        return self.load(table, "".join(map(csv_line, rows)), **{**CSV_HEADERS, **headers})

    def upsert(self, table, *rows, columns="k,v,__DORIS_DELETE_SIGN__,s", **headers):
        """Rows with delete sign and sequence, as the loader sends them."""
        return self.load_rows(table, *rows, columns=columns,
                              **{"function_column.sequence_col": "s", **headers})

    def rows(self, table, columns="*"):
        return sorted(self.sql(f"SELECT {columns} FROM {quoted(table)}"), key=str)

    def verdict(self, reply):
        """Status and message in one line."""
        return f"{reply['Status']}: {reply['Message']}"

    def counts(self, reply):
        return [reply[f"Number{kind}Rows"] for kind in ("Total", "Loaded", "Filtered", "Unselected")]

    def stored(self, kind, text, **headers):
        """What becomes of one text in a column of this type."""
        table = self.table(f"k INT NOT NULL, v {kind} NULL")
        reply = self.load_rows(table, ("1", text), **headers)
        return self.rows(table, "v")[0][0] if reply["Status"] == "Success" else "refused"

    def raw(self, address, head, body=b"", seconds=20):
        """Sends bytes as they are; gives what comes back until the other end closes or is silent."""
        host, port = address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), seconds) as connection:
            connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
            connection.settimeout(2)
            found = b""
            try:
                while piece := connection.recv(65536):
                    found += piece
            except (TimeoutError, ConnectionResetError):
                pass
            return found.decode(errors="replace")

    def login(self):
        return "Authorization: " + self.db.authorization()["Authorization"]

    def path(self, table):
        return f"/api/{DATABASE}/{table}/_stream_load"

    def backend(self, table):
        return self.db.backend(table, DATABASE)
