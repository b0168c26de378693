"""What PostgreSQL does and the code relies on, each against a real server of every version.

A new version that fails here tells where it differs, before a user's data does.
"""

import io
import threading

import psycopg2
import psycopg2.extras
import pytest

from harness import wait_until
from harness.pgoutput import Stream, kinds, lsn, positions


@pytest.fixture
def db(server, database):
    """sql(statement) in a fresh database of the server."""
    database(server)

    class Database:
        cluster = server
        name = "shop"

        @staticmethod
        def sql(statement, *arguments):
            return server.sql(statement, arguments or None, "shop")

        @staticmethod
        def value(statement, *arguments):
            return server.value(statement, arguments or None, "shop")

        @staticmethod
        def connect(**more):
            return server.connect("shop", **more)

        @staticmethod
        def slot(name="s"):
            server.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", (name,), "shop")

        @staticmethod
        def stream(slot="s", publication="p", **options):
            return Stream(server, slot, publication, "shop", **options)

    return Database


def publish(db, table="t", shape="a int PRIMARY KEY, b text"):
    db.sql(f"CREATE TABLE {table} ({shape}); CREATE PUBLICATION p FOR TABLE {table}")
    db.slot()


class Background(threading.Thread):
    """Runs one statement that is expected to wait."""

    def __init__(self, connection, statement):
        super().__init__(daemon=True)
        self.connection, self.statement = connection, statement
        self.error = self.rows = None
        self.start()

    def run(self):
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(self.statement)
                self.rows = cursor.fetchall() if cursor.description else []
        except psycopg2.Error as error:
            self.error = error

    def wait_blocked(self, cluster, event=None):
        pid = self.connection.info.backend_pid

        def waits():
            rows = cluster.sql("SELECT wait_event_type, wait_event FROM pg_stat_activity "
                               "WHERE pid = %s AND state = 'active'", (pid,))
            return rows and rows[0][0] and (event is None or event in rows[0])
        wait_until(waits, 20, f"{self.statement} waits")
        assert self.is_alive()

    def result(self, seconds=30):
        self.join(seconds)
        assert not self.is_alive(), f"still waits: {self.statement}"
        if self.error:
            raise self.error
        return self.rows


# Positions


def commit_two_side_by_side(db):
    """Both have written their rows before, so that the commit records touch."""
    one, two = db.connect(), db.connect()
    for number, side in enumerate((one, two)):
        with side.cursor() as cursor:
            cursor.execute("INSERT INTO t VALUES (%s, 'pair') ON CONFLICT (a) DO UPDATE SET b = 'x'",
                           (number,))
    one.commit()
    two.commit()


def test_the_end_of_a_commit_can_be_the_next_commits_lsn(db):
    """So resume_lsn is never compared with a position."""
    publish(db)
    pairs = 5  # the server may write a record of its own between two of them
    for _ in range(pairs):
        commit_two_side_by_side(db)

    with db.stream() as stream:
        commits = [m.fields for m in stream.read_commits(2 * pairs) if m.kind == "C"]

    assert any(a["end_lsn"] == b["commit_lsn"] for a, b in zip(commits, commits[1:]))


SAVEPOINTS = """INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(1, 3) g;
SAVEPOINT a;
INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(10, 5000) g;
ROLLBACK TO a;
INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(4, 6) g;"""


def big_transaction(db, work_mem):
    db.cluster.sql(f"ALTER SYSTEM SET logical_decoding_work_mem = '{work_mem}'")
    db.cluster.sql("SELECT pg_reload_conf()")


@pytest.fixture
def small_decoding_memory(server):
    yield
    server.sql("ALTER SYSTEM RESET ALL")
    server.sql("SELECT pg_reload_conf()")


def test_streaming_shows_rolled_back_changes_and_the_position_does_not(db, small_decoding_memory):
    """The same WAL, streamed and not: other messages, the same positions."""
    publish(db)
    connection = db.connect()
    with connection.cursor() as cursor:
        cursor.execute(SAVEPOINTS)
    connection.commit()

    with db.stream() as stream:
        whole = stream.read_commits(1)
    big_transaction(db, "64kB")
    with db.stream(proto_version="2", streaming="on") as stream:
        parts = stream.read_commits(1)

    assert kinds(whole).count("I") == 6
    assert kinds(parts).count("I") > 6 and "A" in kinds(parts)
    assert positions(whole) == positions(parts)
    assert [at for _, at, _ in positions(parts)] == [1, 2, 3, 4, 5, 6]


def test_a_stream_abort_names_the_subtransaction_and_with_parallel_two_more_fields(
        db, small_decoding_memory):
    publish(db)
    connection = db.connect()
    with connection.cursor() as cursor:
        cursor.execute(SAVEPOINTS)
    connection.commit()
    big_transaction(db, "64kB")
    lengths = {("2", "on"): 8}
    if db.cluster.version >= 16:
        lengths["4", "parallel"] = 24

    for (version, streaming), length in lengths.items():
        with db.stream(proto_version=version, streaming=streaming) as stream:
            messages = stream.read_commits(1)
        aborts = [m for m in messages if m.kind == "A"]
        assert [len(m.body) for m in aborts] == [length] * len(aborts) and aborts
        assert all(m.fields["xid"] != m.fields["subxid"] for m in aborts)


def test_a_streamed_transaction_that_rolls_back_ends_with_an_abort_of_itself(
        db, small_decoding_memory):
    publish(db)
    big_transaction(db, "64kB")
    connection = db.connect()
    with connection.cursor() as cursor:
        with db.stream(proto_version="2", streaming="on") as stream:
            cursor.execute("INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(1, 5000) g")
            db.sql("INSERT INTO t VALUES (-1, 'flushes the WAL')")
            stream.read(lambda message: message.kind == "S")
            connection.rollback()
            db.sql("INSERT INTO t VALUES (-2, 'after')")
            messages = stream.read(lambda message: message.kind == "A")

    abort = [m for m in messages if m.kind == "A"][-1]
    assert abort.fields["xid"] == abort.fields["subxid"]


def test_a_large_transaction_comes_unstreamed_when_memory_allows(db, small_decoding_memory):
    """Which form it has is the server's choice: both must be understood at any time."""
    publish(db)
    db.sql("INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(1, 5000) g")

    seen = {}
    for memory in ("64kB", "64MB"):
        big_transaction(db, memory)
        with db.stream(proto_version="2", streaming="on") as stream:
            seen[memory] = stream.read_commits(1)

    assert "S" in kinds(seen["64kB"]) and "S" not in kinds(seen["64MB"])
    assert positions(seen["64kB"]) == positions(seen["64MB"])


def test_every_change_can_be_streamed_for_tests_from_16_on(db, small_decoding_memory):
    if db.cluster.version < 16:
        pytest.skip("debug_logical_replication_streaming came with 16")
    publish(db)
    connection = db.connect()
    with connection.cursor() as cursor:
        cursor.execute(SAVEPOINTS)
    connection.commit()
    with db.stream() as stream:
        whole = stream.read_commits(1)
    db.cluster.sql("ALTER SYSTEM SET debug_logical_replication_streaming = immediate")
    db.cluster.sql("SELECT pg_reload_conf()")

    with db.stream(proto_version="2", streaming="on") as stream:
        parts = stream.read_commits(1)

    assert "S" in kinds(parts)
    assert positions(parts) == positions(whole)


def test_a_stream_resumed_at_an_end_lsn_begins_with_the_next_transaction(db):
    """Also where the next commit_lsn is that very LSN."""
    publish(db)
    commit_two_side_by_side(db)
    with db.stream() as stream:
        first, second = [m for m in stream.read_commits(2) if m.kind == "C"]

    with db.stream(start_lsn=first.fields["end_lsn"]) as stream:
        again = [m for m in stream.read_commits(1) if m.kind == "C"]

    assert [m.fields["commit_lsn"] for m in again] == [second.fields["commit_lsn"]]


def test_a_start_before_the_confirmed_position_is_moved_forward_in_silence(db):
    """Why confirmed_flush_lsn is compared with the store at every connect."""
    publish(db)
    db.sql("INSERT INTO t VALUES (1, 'lost')")
    db.sql("SELECT pg_replication_slot_advance('s', pg_current_wal_lsn())")
    db.sql("INSERT INTO t VALUES (2, 'seen')")

    with db.stream(start_lsn=1) as stream:
        messages = stream.read_commits(1)

    assert [m.fields["new"][0] for m in messages if m.kind == "I"] == [("t", b"2")]


def test_confirmed_flush_lsn_goes_back_in_a_crash(db):
    """So it may be lower than what we confirmed, and the store's LSN counts."""
    publish(db)
    db.sql("INSERT INTO t VALUES (1, 'x')")
    with db.stream() as stream:
        end = [m for m in stream.read_commits(1) if m.kind == "C"][0].fields["end_lsn"]
        stream.confirm(end)
        confirmed = "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 's'"
        wait_until(lambda: lsn(db.value(confirmed)) >= end, 20, "confirmed")

    db.cluster.crash()
    db.cluster.start()

    assert lsn(db.value(confirmed)) < end


# Slot, publication, identity


def test_a_publication_made_after_the_slot_fails_or_loses_rows(db):
    db.sql("CREATE TABLE t (a int PRIMARY KEY, b text)")
    db.slot()
    db.sql("INSERT INTO t VALUES (1, 'before')")
    db.sql("CREATE PUBLICATION p FOR TABLE t")
    db.sql("INSERT INTO t VALUES (2, 'after')")

    try:
        with db.stream() as stream:
            inserts = [m.fields["new"][0][1] for m in stream.read_commits(1) if m.kind == "I"]
    except psycopg2.Error as error:
        assert "publication" in str(error) and "does not exist" in str(error)
        assert db.cluster.version < 18
    else:
        assert inserts == [b"2"]
        assert db.cluster.version >= 18


@pytest.mark.parametrize("ended_by", ["commit", "commit prepared"])
def test_the_creation_of_a_slot_waits_for_every_open_transaction(db, ended_by):
    db.sql("CREATE TABLE t (a int)")
    holder = db.connect()
    with holder.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (1)")
        xid = db_xid(cursor)
        if ended_by == "commit prepared":
            cursor.execute("PREPARE TRANSACTION 'held'")
    connection = db.connect()
    connection.autocommit = True
    creation = Background(connection, "SELECT pg_create_logical_replication_slot('s', 'pgoutput')")
    creation.wait_blocked(db.cluster)

    waits_for = db.sql("SELECT transactionid::text FROM pg_locks WHERE NOT granted AND pid = %s",
                       connection.info.backend_pid)
    assert waits_for == [(str(xid),)]

    if ended_by == "commit":
        holder.commit()
    else:
        db.sql("COMMIT PREPARED 'held'")
    creation.result()


def db_xid(cursor):
    cursor.execute("SELECT pg_current_xact_id()")
    return cursor.fetchone()[0]


def test_update_fails_on_a_published_table_without_identity(db):
    db.sql("CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x')")
    db.sql("UPDATE t SET b = 'y'")
    db.sql("CREATE PUBLICATION p FOR TABLE t")

    for statement in ("UPDATE t SET b = 'z'", "DELETE FROM t"):
        with pytest.raises(psycopg2.Error, match="does not have a replica identity"):
            db.sql(statement)

    db.sql("ALTER TABLE t REPLICA IDENTITY FULL")
    db.sql("UPDATE t SET b = 'z'; DELETE FROM t")


def test_a_deferrable_primary_key_is_no_identity(db):
    db.sql("CREATE TABLE t (a int PRIMARY KEY DEFERRABLE, b text); INSERT INTO t VALUES (1, 'x')")
    db.sql("CREATE PUBLICATION p FOR TABLE t")

    with pytest.raises(psycopg2.Error, match="does not have a replica identity"):
        db.sql("UPDATE t SET b = 'z'")
    assert not db.value("SELECT indimmediate FROM pg_index WHERE indrelid = 't'::regclass")


def test_a_new_partition_does_not_inherit_the_identity(db):
    db.sql("CREATE TABLE t (a int, b text) PARTITION BY LIST (a); "
           "CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1); "
           "ALTER TABLE t1 REPLICA IDENTITY FULL; ALTER TABLE t REPLICA IDENTITY FULL; "
           "CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2)")

    assert db.sql("SELECT relname, relreplident::text FROM pg_class "
                  "WHERE relname IN ('t1', 't2') ORDER BY 1") == [("t1", "f"), ("t2", "d")]


def test_an_unchanged_toasted_column_is_sent_as_unchanged(db):
    publish(db)
    db.sql("ALTER TABLE t ALTER b SET STORAGE EXTERNAL")
    db.sql("INSERT INTO t VALUES (1, repeat('x', 100000))")
    db.sql("UPDATE t SET a = 2")

    with db.stream() as stream:
        update = [m for m in stream.read_commits(2) if m.kind == "U"][0]

    assert update.body.endswith(b"u")


# Two at the destination


def test_an_update_waits_for_the_predecessors_commit_and_a_select_does_not(db):
    """Why a loader takes over with UPDATE ... RETURNING."""
    db.sql("CREATE TABLE progress (lane int PRIMARY KEY, generation int, position int)")
    db.sql("INSERT INTO progress VALUES (0, 1, 10)")
    predecessor, successor = db.connect(), db.connect()
    with predecessor.cursor() as cursor:
        cursor.execute("UPDATE progress SET position = 20 WHERE lane = 0")

    assert db.value("SELECT position FROM progress") == 10
    takeover = Background(successor, "UPDATE progress SET generation = generation + 1 "
                                     "WHERE lane = 0 RETURNING generation, position")
    takeover.wait_blocked(db.cluster)
    predecessor.commit()

    assert takeover.result() == [(2, 20)]
    successor.commit()
    with predecessor.cursor() as cursor:
        cursor.execute("UPDATE progress SET position = 30 WHERE lane = 0 AND generation = 1")
        assert cursor.rowcount == 0


def test_a_synchronous_commit_makes_the_asynchronous_ones_before_it_durable(db):
    """A crash right after it loses none of them."""
    db.sql("CREATE TABLE t (a int PRIMARY KEY)")
    connection = db.connect()
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        connection.commit()
        for number in range(200):
            cursor.execute("INSERT INTO t VALUES (%s)", (number,))
            connection.commit()
        cursor.execute("SET LOCAL synchronous_commit = on; INSERT INTO t VALUES (200)")
        connection.commit()

    db.cluster.crash()
    db.cluster.start()

    assert db.value("SELECT count(*) FROM t") == 201


def test_an_asynchronous_commit_can_be_lost_after_a_snapshot_saw_it(db):
    """Why no chunk counts before the source has flushed the snapshot's insert LSN."""
    db.sql("CREATE TABLE t (a int PRIMARY KEY)")
    db.cluster.sql("ALTER SYSTEM SET wal_writer_delay = '10s'")
    db.cluster.sql("ALTER SYSTEM SET wal_writer_flush_after = '1GB'")
    db.cluster.restart()
    try:
        writer, reader = db.connect(), db.connect()
        with writer.cursor() as cursor, reader.cursor() as look:
            cursor.execute("SET synchronous_commit = off; INSERT INTO t VALUES (1)")
            writer.commit()
            look.execute("SELECT count(*), pg_current_wal_insert_lsn(), pg_current_wal_flush_lsn() "
                         "FROM t")
            seen, inserted, flushed = look.fetchone()

            db.cluster.crash()
            db.cluster.start()

        assert seen == 1 and lsn(inserted) > lsn(flushed)
        assert db.value("SELECT count(*) FROM t") == 0
    finally:
        db.cluster.sql("ALTER SYSTEM RESET ALL")
        db.cluster.restart()


def test_rows_that_exchange_a_unique_value_cannot_be_updated_as_a_set(db):
    db.sql("CREATE TABLE t (a int PRIMARY KEY, b int UNIQUE); INSERT INTO t VALUES (1, 10), (2, 20)")

    with pytest.raises(psycopg2.errors.UniqueViolation):
        db.sql("UPDATE t SET b = v.b FROM (VALUES (1, 20), (2, 10)) v (a, b) WHERE t.a = v.a")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        db.sql("UPDATE t SET a = v.new FROM (VALUES (1, 2), (2, 1)) v (a, new) WHERE t.a = v.a")


def test_replica_role_skips_foreign_keys_and_can_be_granted(db):
    db.sql("CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE c (a int REFERENCES p)")
    db.sql("DROP ROLE IF EXISTS loader")
    db.sql("CREATE ROLE loader LOGIN; GRANT ALL ON p, c TO loader")
    try:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            db.cluster.sql("SET session_replication_role = replica", database="shop", user="loader")
        db.sql("GRANT SET ON PARAMETER session_replication_role TO loader")
        db.cluster.sql("SET session_replication_role = replica; INSERT INTO c VALUES (1)",
                       database="shop", user="loader")
    finally:
        db.sql("DROP OWNED BY loader; DROP ROLE loader")

    assert db.value("SELECT count(*) FROM c") == 1


def test_types_without_equality_compare_as_records(db):
    """With the cast: two ROW(...) side by side are compared column by column."""
    db.sql("CREATE TABLE t (a json); INSERT INTO t VALUES ('{}'), (NULL)")

    with pytest.raises(psycopg2.errors.UndefinedFunction):
        db.sql("SELECT 1 FROM t WHERE a IS NOT DISTINCT FROM '{}'::json")
    with pytest.raises(psycopg2.errors.UndefinedFunction):
        db.sql("SELECT 1 FROM t WHERE ROW(a) *= ROW('{}'::json)")
    for value in ("'{}'", "NULL"):
        assert db.value(f"SELECT count(*) FROM t WHERE ROW(a)::record *= ROW({value}::json)::record"
                        ) == 1


# Snapshots and copies


def copy_out(cursor, query):
    out = io.StringIO()
    cursor.copy_expert(f"COPY ({query}) TO STDOUT", out)
    return out.getvalue().splitlines()


def snapshot_of(db):
    """A connection that holds a snapshot, and its exported name."""
    connection = db.connect()
    connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
    cursor = connection.cursor()
    cursor.execute("SELECT pg_export_snapshot()")
    return connection, cursor.fetchone()[0]


@pytest.mark.parametrize("rewrite", ["TRUNCATE t", "ALTER TABLE t ALTER a TYPE bigint"])
def test_a_copy_under_an_old_snapshot_is_empty_after_a_rewrite(db, rewrite):
    """Without an error: only pg_relation_filenode shows it."""
    db.sql("CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 100)")
    filenode = db.value("SELECT pg_relation_filenode('t')")
    _holder, name = snapshot_of(db)
    db.sql(rewrite)

    connection = db.connect()
    connection.set_session(isolation_level="REPEATABLE READ")
    with connection.cursor() as cursor:
        cursor.execute(f"SET TRANSACTION SNAPSHOT '{name}'")
        rows = copy_out(cursor, "SELECT a FROM t")
        cursor.execute("LOCK TABLE t IN ACCESS SHARE MODE; SELECT pg_relation_filenode('t')")
        assert cursor.fetchone()[0] != filenode

    assert rows == []


def test_definitions_show_the_present_and_not_the_snapshot(db):
    db.sql("CREATE TABLE t (old int); CREATE INDEX i ON t (old)")
    holder, _ = snapshot_of(db)
    db.sql("ALTER TABLE t RENAME old TO new")

    with holder.cursor() as cursor:
        cursor.execute("SELECT attname, pg_get_indexdef('i'::regclass) FROM pg_attribute "
                       "WHERE attrelid = 't'::regclass AND attnum = 1")
        column, definition = cursor.fetchone()

    assert column == "old" and "(new)" in definition


def test_visibility_and_commit_order_differ(db):
    """A commit that waits for a standby is in the WAL, and not visible; a later one is. So what a
    snapshot has seen cannot be told by an LSN."""
    publish(db)
    db.cluster.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    db.cluster.sql("SELECT pg_reload_conf()")
    try:
        wait_until(lambda: db.value("SHOW synchronous_standby_names") == "nobody", 10, "reload")
        early, late = db.connect(), db.connect()
        early.autocommit = True
        commit = Background(early, "INSERT INTO t VALUES (1, 'early')")
        commit.wait_blocked(db.cluster, "SyncRep")
        with late.cursor() as cursor:
            cursor.execute("SET synchronous_commit = local; INSERT INTO t VALUES (2, 'late')")
        late.commit()
        visible = db.sql("SELECT a FROM t")
    finally:
        db.cluster.sql("ALTER SYSTEM RESET ALL")
        db.cluster.sql("SELECT pg_reload_conf()")
    commit.result()
    with db.stream() as stream:
        inserts = [m.fields["new"][0][1] for m in stream.read_commits(2) if m.kind == "I"]

    assert visible == [(2,)]
    assert inserts == [b"1", b"2"]


def test_a_foreign_key_fails_until_the_stream_has_passed_the_newest_snapshot(db):
    """Tables whose copies have different snapshots do not agree before."""
    db.sql("CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE c (a int REFERENCES p)")
    first, _ = snapshot_of(db)
    db.sql("INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)")
    second, _ = snapshot_of(db)

    db.sql("CREATE SCHEMA there; CREATE TABLE there.p (a int PRIMARY KEY); CREATE TABLE there.c (a int)")
    for holder, table in ((first, "p"), (second, "c")):
        with holder.cursor() as cursor, db.connect() as connection, connection.cursor() as there:
            for row in copy_out(cursor, f"SELECT a FROM {table}"):
                there.execute(f"INSERT INTO there.{table} VALUES (%s)", (row,))
    add_key = "ALTER TABLE there.c ADD FOREIGN KEY (a) REFERENCES there.p"

    with pytest.raises(psycopg2.errors.ForeignKeyViolation):
        db.sql(add_key)
    db.sql("INSERT INTO there.p VALUES (1)")  # what the stream brings
    db.sql(add_key)


def test_row_security_cuts_a_copy_in_silence_unless_it_is_off(db):
    db.sql("DROP ROLE IF EXISTS reader")
    db.sql("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2); "
           "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY one ON t USING (a = 1); "
           "CREATE ROLE reader LOGIN; GRANT SELECT ON t TO reader")
    try:
        connection = db.connect(user="reader")
        with connection.cursor() as cursor:
            assert copy_out(cursor, "SELECT a FROM t") == ["1"]
            cursor.execute("SET row_security = off")
            with pytest.raises(psycopg2.Error, match="row-level security"):
                copy_out(cursor, "SELECT a FROM t")
        connection.close()
    finally:
        db.sql("DROP OWNED BY reader; DROP ROLE reader")


def test_texts_come_in_the_users_formats_unless_the_session_says_otherwise(db):
    db.sql("ALTER ROLE postgres IN DATABASE shop SET IntervalStyle = 'iso_8601'; "
           "ALTER ROLE postgres IN DATABASE shop SET bytea_output = 'escape'; "
           "ALTER ROLE postgres IN DATABASE shop SET extra_float_digits = -5")
    value = "SELECT '1 day'::interval::text, '\\x00'::bytea::text, (0.1::float8 + 0.2)::text"

    with db.connect() as connection, connection.cursor() as cursor:
        cursor.execute(value)
        assert cursor.fetchone() == ("P1D", "\\000", "0.3")
        cursor.execute("SET IntervalStyle = postgres; SET bytea_output = hex; SET extra_float_digits = 3")
        cursor.execute(value)
        assert cursor.fetchone() == ("1 day", "\\x00", "0.30000000000000004")


def binary_of(db, expression):
    connection = db.connect()
    out = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY (SELECT {expression}) TO STDOUT (FORMAT binary)", out)
    connection.close()
    return out.getvalue()


def test_the_binary_form_of_reg_types_and_composites_carries_oids(db):
    """So such columns make the whole stream text."""
    db.sql("CREATE TABLE a (x int); CREATE TYPE mood AS ENUM ('ok'); "
           "CREATE TYPE pair AS (m mood, n int)")
    oid = int(db.value("SELECT 'a'::regclass::oid")).to_bytes(4, "big")
    mood = int(db.value("SELECT 'mood'::regtype::oid")).to_bytes(4, "big")

    assert oid in binary_of(db, "'a'::regclass")
    assert mood in binary_of(db, "ROW('ok', 1)::pair")
    assert mood in binary_of(db, "ARRAY['ok'::mood]")


def test_a_binary_stream_sends_binary_values(db):
    publish(db)
    db.sql("INSERT INTO t VALUES (7, 'x')")

    with db.stream(binary="true", proto_version="2") as stream:
        insert = [m for m in stream.read_commits(1) if m.kind == "I"][0]

    assert insert.fields["new"][0] == ("b", b"\0\0\0\7")


def test_an_idle_stream_moves_on_with_keepalives(db):
    """WAL of others holds the slot back unless the keepalives' position is confirmed."""
    publish(db)
    db.sql("CREATE TABLE other (a int)")
    db.sql("INSERT INTO other SELECT generate_series(1, 1000)")
    target = lsn(db.value("SELECT pg_current_wal_lsn()"))

    with db.stream() as stream:
        def seen():
            stream.cursor.send_feedback(reply=True, force=True)
            stream.cursor.read_message()
            return stream.cursor.wal_end >= target
        wait_until(seen, 20, "a keepalive past the others' WAL")
