"""A second reading of pgoutput, small and independent of capture's.

Positions are counted as the design says: the Insert, Update, Delete and Truncate messages of a
transaction, from 1, after the rolled-back subtransactions are taken out.
https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
"""

import select
import struct
import time
from dataclasses import dataclass, field

import psycopg2.extras

from .waiting import wait_until

COUNTED = "IUDT"
WITH_XID = "RYIUDTOM"


@dataclass
class Message:
    kind: str
    body: bytes
    xid: int = 0      # the (sub)transaction, in a streamed part
    fields: dict = field(default_factory=dict)


def lsn(text_or_number):
    if isinstance(text_or_number, int):
        return text_or_number
    high, low = text_or_number.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def unpack(names, pattern, body):
    return dict(zip(names.split(), struct.unpack_from(">" + pattern, body)))


LAYOUT = {
    "B": ("final_lsn time xid", "QQI"),
    "C": ("flags commit_lsn end_lsn time", "BQQQ"),
    "S": ("xid first", "IB"),
    "c": ("xid flags commit_lsn end_lsn time", "IBQQQ"),
    "A": ("xid subxid", "II"),
}


def tuple_values(body):
    """The values of a TupleData: (form, bytes) each; forms are n, u, t, b."""
    count, = struct.unpack_from(">H", body)
    at, values = 2, []
    for _ in range(count):
        form = chr(body[at])
        at += 1
        if form in "nu":
            values.append((form, None))
            continue
        length, = struct.unpack_from(">I", body, at)
        values.append((form, body[at + 4:at + 4 + length]))
        at += 4 + length
    return values, body[at:]


def decode(payload, in_stream):
    kind, body = chr(payload[0]), payload[1:]
    message = Message(kind, body)
    if in_stream and kind in WITH_XID:
        message.xid, = struct.unpack_from(">I", body)
        message.body = body = body[4:]
    if kind in LAYOUT:
        message.fields = unpack(*LAYOUT[kind], body)
    if kind == "R":
        message.fields = {"oid": struct.unpack_from(">I", body)[0]}
        message.fields["schema"], message.fields["table"] = body[4:].split(b"\0")[:2]
    if kind == "I":
        message.fields["new"], _ = tuple_values(body[5:])
    return message


class Stream:
    """A slot's stream, read until it is quiet. Confirms nothing unless told."""

    def __init__(self, cluster, slot, publication, database="postgres", start_lsn=0, **options):
        self.connection = psycopg2.connect(
            cluster.conninfo(database), connect_timeout=10, application_name="stranger",
            connection_factory=psycopg2.extras.LogicalReplicationConnection)
        self.cursor = self.connection.cursor()
        self.in_stream = False
        # The backend of a stream that was just closed lets go of the slot a little later.
        wait_until(lambda: not cluster.sql("SELECT 1 FROM pg_replication_slots "
                                           "WHERE slot_name = %s AND active", (slot,)),
                   20, f"slot {slot} is free")
        self.cursor.start_replication(
            slot_name=slot, decode=False, start_lsn=start_lsn,
            options={"proto_version": "1", "publication_names": publication, **options})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def read(self, is_last, seconds=30):
        """Messages up to the first for which is_last(message) is true."""
        messages, deadline = [], time.monotonic() + seconds
        while not messages or not is_last(messages[-1]):
            assert time.monotonic() < deadline, f"{len(messages)} messages, not enough"
            raw = self._next(deadline)
            if raw is not None:
                message = decode(raw.payload, self.in_stream)
                self.in_stream = {"S": True, "E": False}.get(message.kind, self.in_stream)
                messages.append(message)
        return messages

    def _next(self, deadline):
        raw = self.cursor.read_message()
        if raw is None and time.monotonic() < deadline:
            select.select([self.connection], [], [], 0.2)
        return raw

    def read_commits(self, count, seconds=30):
        messages = []
        for _ in range(count):
            messages += self.read(lambda message: message.kind in "Cc", seconds)
        return messages

    def confirm(self, position):
        self.cursor.send_feedback(flush_lsn=position, write_lsn=position, force=True)


def kinds(messages):
    return "".join(message.kind for message in messages)


def positions(messages):
    """[(commit_lsn, ordinal, kind)] of the committed changes, in commit order."""
    found, open_, streamed, current, top = [], [], {}, None, 0
    for message in messages:
        if message.kind == "B":
            current, open_ = message.fields["final_lsn"], []
        elif message.kind == "S":
            top = message.fields["xid"]
            streamed.setdefault(top, [])
        elif message.kind == "A":
            xid, subxid = message.fields["xid"], message.fields["subxid"]
            streamed[xid] = [] if xid == subxid else \
                [change for change in streamed[xid] if change[0] != subxid]
        elif message.kind in COUNTED:
            (streamed[top] if message.xid else open_).append((message.xid, message.kind))
        elif message.kind in "Cc":
            if message.kind == "c":
                current = message.fields["commit_lsn"]
                open_ = streamed.pop(message.fields["xid"])
            found += [(current, at, kind) for at, (_, kind) in enumerate(open_, 1)]
    return found
