"""What pg_recvlogical sees with test_decoding, on a slot of its own: a second opinion on history.

test_decoding's text is read character by character: a value may hold newlines and what looks like
the next change.
"""

import datetime
import os
import re
import subprocess

from .cluster import as_server_user, client_program
from .waiting import wait_until

BEGIN = re.compile(r"BEGIN (\d+)\n")
COMMIT = re.compile(r"COMMIT \d+ \(at ([^)]+)\)\n")
MESSAGE = re.compile(r"message: transactional: 1 prefix: witness, sz: \d+ content:(\w+)\n")
OTHER_MESSAGE = re.compile(r"message: transactional: [01] prefix: (?!witness,)[^,\n]*, sz: \d+ content:\w*\n")
IDENTIFIER = r'(?:"(?:[^"]|"")+"|[^\s.,:"\[]+)'
CHANGE = re.compile(rf"table ({IDENTIFIER})\.({IDENTIFIER}): (INSERT|UPDATE|DELETE):")
TRUNCATE = re.compile(rf"table ((?:{IDENTIFIER}\.{IDENTIFIER}(?:, )?)+): TRUNCATE:[ a-z_()-]*\n")
COLUMN = re.compile(rf" ({IDENTIFIER})\[((?:[^\]]|\](?!:))*)\]:")
VALUE = re.compile(r"B?'((?:[^']|'')*)'|([^\s]+)")
UNCHANGED = object()

SESSION = ("-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=3 "
           "-c bytea_output=hex")


def bare(identifier):
    return identifier[1:-1].replace('""', '"') if identifier.startswith('"') else identifier


class Change:
    """table: (schema, name). row: {column: text}, None is NULL; of a DELETE the old one. old: the
    row before an UPDATE, where the table's identity is FULL."""

    def __init__(self, kind, table, row, old=None):
        self.kind, self.table, self.row, self.old = kind, table, row, old


class Transaction:
    def __init__(self, xid):
        self.xid, self.changes, self.seconds = xid, [], 0


class Parser:
    def __init__(self, text):
        self.text, self.at, self.marks = text, 0, set()

    def take(self, pattern):
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def skip(self, word):
        if self.text.startswith(word, self.at):
            self.at += len(word)
            return True
        return False

    def tuple(self):
        row = {}
        while column := self.take(COLUMN):
            value = self.take(VALUE)
            row[bare(column.group(1))] = self.value(column.group(2), value)
        return row

    @staticmethod
    def value(type_name, found):
        if found.group(1) is not None:
            return found.group(1).replace("''", "'")
        word = found.group(2)
        if word == "unchanged-toast-datum":
            return UNCHANGED
        if type_name == "boolean" and word in ("true", "false"):
            return word[0]
        return None if word == "null" else word

    def update(self):
        """Row and old row. Unchanged values are those of the old one, where it is given whole."""
        if not self.skip(" old-key:"):
            return self.tuple(), None
        old = self.tuple()
        assert self.skip(" new-tuple:"), self.text[self.at:self.at + 200]
        return {name: old.get(name, UNCHANGED) if value is UNCHANGED else value
                for name, value in self.tuple().items()}, old

    def change(self, found):
        schema, name, kind = bare(found.group(1)), bare(found.group(2)), found.group(3)
        row, old = self.update() if kind == "UPDATE" else (self.tuple(), None)
        assert self.skip("\n"), self.text[self.at:self.at + 200]
        return Change(kind, (schema, name), row, old)

    def transactions(self):
        """Whole ones. After a reconnection some come again, and the last may have been cut off."""
        whole, current = {}, None
        while self.at < len(self.text):
            if found := self.take(BEGIN):
                current = Transaction(int(found.group(1)))
            elif found := self.take(COMMIT):
                current.seconds = int(datetime.datetime.fromisoformat(
                    found.group(1).replace("+00", "+00:00")).timestamp())
                whole.setdefault(current.xid, current)
            elif found := self.take(MESSAGE):
                self.marks.add(found.group(1))
            elif self.take(OTHER_MESSAGE):
                pass  # of walferry itself
            elif found := self.take(TRUNCATE):
                for table in re.findall(rf"({IDENTIFIER})\.({IDENTIFIER})", found.group(1)):
                    current.changes.append(Change("TRUNCATE", tuple(map(bare, table)), {}))
            elif found := self.take(CHANGE):
                current.changes.append(self.change(found))
            else:
                raise AssertionError(f"not understood: {self.text[self.at:self.at + 200]!r}")
        return list(whole.values())


class Witness:
    """Sees what is committed from its start on."""

    SLOT = "witness"

    def __init__(self, cluster, database="shop"):
        self.cluster, self.database = cluster, database
        self.file = os.path.join(cluster.folder, "witness")
        self.process, self.number, self.forgotten = None, 0, set()
        cluster.sql("SELECT pg_create_logical_replication_slot(%s, 'test_decoding')", (self.SLOT,),
                    database=database)
        self.start()

    def start(self):
        command = [client_program("pg_recvlogical"), "-h", self.cluster.folder, "-p",
                   str(self.cluster.port), "-U", "postgres", "-d", self.database, "--slot", self.SLOT,
                   "--start", "-f", self.file, "--status-interval=1", "--fsync-interval=1", "-o",
                   "include-xids=on", "-o", "include-timestamp=on", "-o", "skip-empty-xacts=on"]
        self.process = subprocess.Popen(as_server_user(command), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        cwd="/", env={**os.environ, "PGOPTIONS": SESSION})

    def keep_up(self):
        """It comes back by itself after a crash of the source, but slowly."""
        self.stop()
        self.start()

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def remove(self):
        self.stop()
        self.cluster.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots "
                         "WHERE slot_name = %s AND active", (self.SLOT,))
        wait_until(lambda: not self.cluster.sql(
            "SELECT 1 FROM pg_replication_slots WHERE active AND slot_name = %s", (self.SLOT,)), 20)
        self.cluster.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
                         "WHERE slot_name = %s", (self.SLOT,))
        os.unlink(self.file)

    def text(self):
        try:
            with open(self.file, newline="", encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def forget(self):
        """What was committed so far is of no interest."""
        self.forgotten = {t.xid for t in self.transactions()}

    def transactions(self, seconds=60):
        """All that was committed before this call, in the order of the commits."""
        self.number += 1
        mark = f"end{self.number}"
        self.cluster.sql("SELECT pg_logical_emit_message(true, 'witness', %s)", (mark,),
                         database=self.database)
        wait_until(lambda: f"content:{mark}\n" in self.text(), seconds, "the witness")
        return [t for t in Parser(self.text()).transactions() if t.xid not in self.forgotten]
