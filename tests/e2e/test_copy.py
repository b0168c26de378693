"""The copy of tables, chunk by chunk, between real servers and without the rest of walferry."""

import os
import threading

import pytest

from harness import differences, wait_until
from harness.rig import Rig, rig_program


@pytest.fixture
def rig(source, destination, database):
    """Makes a rig between fresh databases, in which `ddl` was run on both sides."""
    if not os.access(rig_program(), os.X_OK):
        pytest.skip(f"{rig_program()} is not built")
    database(source, destination)
    made = []

    def make(ddl="", rows="", **settings):
        if ddl:
            source.sql(ddl, database="shop")
            destination.sql(ddl, database="shop")
        if rows:
            source.sql(rows, database="shop")
        made.append(Rig(source.conninfo("shop"), destination.conninfo("shop"), **settings))
        return made[-1]

    yield make
    for each in made:
        each.__exit__()


def differing(source, destination):
    return differences(source.conninfo("shop"), destination.conninfo("shop"))


def marks(destination):
    return destination.value("SELECT count(*) FROM walferry.chunk", database="shop")


SIMPLE = "CREATE TABLE t (id int, note text)"
THOUSAND = "INSERT INTO t SELECT n, 'note ' || n FROM generate_series(1, 1000) n"


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "text"])
def test_every_row_arrives_once_whatever_the_chunks(rig, source, destination, binary):
    copy = rig("""CREATE SCHEMA "it's";
                  CREATE TABLE "it's"."t"";--" ("a""b), (" int, gone int, t text, b bytea,
                  n numeric, j jsonb, at timestamptz, arr int[],
                  twice int GENERATED ALWAYS AS ("a""b), (" * 2) STORED);
                  ALTER TABLE "it's"."t"";--" DROP COLUMN gone;
                  CREATE TABLE empty (id int); CREATE TABLE nothing ()""",
               """INSERT INTO "it's"."t"";--" SELECT n, CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN ''
                  ELSE E'tab\\t line\\n \\\\. ' || n END, sha256(n::text::bytea), n / 7.0,
                  '{"a": 1}', now(), ARRAY[n, NULL] FROM generate_series(1, 20000) n;
                  DELETE FROM "it's"."t"";--" WHERE "a""b), (" % 5 = 0;
                  INSERT INTO nothing DEFAULT VALUES; INSERT INTO nothing DEFAULT VALUES""")
    _, count = copy.plan("it's", 't";--', pages=20, binary=binary)
    copy.plan("public", "empty", binary=binary)
    copy.plan("public", "nothing", binary=binary)
    copy.start_copy()

    copy.copy_all()

    assert count > 5
    assert marks(destination) == count + 2
    assert differing(source, destination) == []


def test_rows_of_any_size_arrive(rig, source, destination):
    copy = rig(SIMPLE, """INSERT INTO t SELECT n, repeat(chr(65 + n), (ARRAY[0, 1, 1048000, 1048576,
                          5000000, 40000000])[1 + n % 6]) FROM generate_series(0, 17) n""")
    copy.plan("public", "t")
    copy.start_copy()

    copy.copy_all()

    assert differing(source, destination) == []


def test_only_the_snapshots_rows_are_copied(rig, source, destination):
    copy = rig(SIMPLE, THOUSAND)
    copy.plan("public", "t", pages=2)
    source.sql("DELETE FROM t WHERE id <= 500", database="shop")
    source.sql("INSERT INTO t SELECT 5000, 'later' FROM generate_series(1, 1000)", database="shop")
    copy.start_copy()

    copy.copy_all()

    assert destination.sql("SELECT count(*), min(id), max(id) FROM t", database="shop") == \
        [(1000, 1, 1000)]


def test_a_chunk_granted_again_is_done_without_its_rows(rig, destination):
    copy = rig(SIMPLE, THOUSAND)
    oid, _ = copy.plan("public", "t")
    copy.start_copy()

    copy.grant(oid, attempt=1)
    copy.wait(f"done {oid} 0 1 1000")
    copy.grant(oid, attempt=2)
    copy.wait(f"done {oid} 0 2 1000")

    assert destination.value("SELECT count(*) FROM t", database="shop") == 1000


def test_a_large_chunk_found_done_is_not_waited_for(rig, source, destination):
    copy = rig(SIMPLE, "INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, 40000) n")
    oid, _ = copy.plan("public", "t")
    destination.sql("INSERT INTO walferry.chunk VALUES ('t', %s, 0, 40000)", (oid,), "shop")
    copy.start_copy()

    copy.grant(oid, attempt=1)
    copy.wait(f"done {oid} 0 1 40000")
    copy.grant(oid, attempt=2)
    copy.wait(f"done {oid} 0 2 40000")

    assert destination.value("SELECT count(*) FROM t", database="shop") == 0


@pytest.mark.parametrize("change, reason", [
    ("VACUUM FULL t", "rewritten or truncated"),
    ("TRUNCATE t", "rewritten or truncated"),
    ("ALTER TABLE t ALTER id TYPE bigint", "rewritten or truncated"),
    ("ALTER TABLE t ALTER note TYPE varchar", "type was changed"),
    ("ALTER TABLE t ADD more int", "added or dropped"),
    ("ALTER TABLE t DROP note", "added or dropped"),
    ("ALTER TABLE t RENAME note TO text; ALTER TABLE t RENAME id TO note; "
     "ALTER TABLE t RENAME text TO id", "renamed"),
    ("DROP TABLE t", "the table is gone"),
    ("ALTER TABLE t RENAME TO u", "the table is gone"),
    ("ALTER TABLE t RENAME TO u; CREATE TABLE t (id int, note text)", "taken its name"),
    ("ALTER TABLE t RENAME TO u; CREATE VIEW t AS SELECT 1 AS id, ''::text AS note", "taken its name"),
    ("DROP SCHEMA public CASCADE", "the table is gone"),
])
def test_a_table_that_changed_since_the_plan_starts_again(rig, source, destination, change, reason):
    copy = rig(SIMPLE, THOUSAND)
    oid, _ = copy.plan("public", "t")
    source.sql(change, database="shop")
    copy.start_copy()

    copy.grant(oid)

    event = copy.wait("undone")
    assert event.startswith(f"undone {oid} 0 1 1 ") and reason in event
    assert destination.value("SELECT count(*) FROM t", database="shop") == 0
    assert copy.copy.poll() is None  # it goes on with other tables


def test_the_table_keeps_its_shape_while_it_is_read(rig, source, destination):
    copy = rig(SIMPLE, "INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, 40000) n",
               source={"lock_timeout_ms": 500})
    oid, _ = copy.plan("public", "t")
    copy.start_copy()
    copy.say("stall", 1)
    copy.grant(oid)
    wait_until(lambda: source.sql("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'COPY%%' "
                                  "AND state = 'active'"), 20, "the copy runs")
    rewrite = threading.Thread(target=source.sql, args=("VACUUM FULL t", None, "shop"))
    rewrite.start()
    wait_until(lambda: source.sql("SELECT 1 FROM pg_locks WHERE NOT granted"), 20, "it waits")

    copy.say("stall", -1)
    copy.wait(f"done {oid} 0 1 40000")
    rewrite.join(30)

    assert differing(source, destination) == []


def test_a_snapshot_that_is_gone_is_said(rig):
    copy = rig(SIMPLE, THOUSAND)
    oid, _ = copy.plan("public", "t")
    copy.say("forget_snapshot")
    copy.start_copy()

    copy.grant(oid)

    assert copy.wait("undone").startswith(f"undone {oid} 0 1 0 ")
    assert copy.wait("fault").startswith("fault transient public.t: copy of chunk 0: the snapshot")
    assert copy.copy.wait(10) != 0


def test_a_locked_table_names_who_holds_it(rig, source):
    copy = rig(SIMPLE, THOUSAND, source={"lock_timeout_ms": 100})
    oid, _ = copy.plan("public", "t")
    copy.start_copy()
    holder = source.connect("shop", application_name="night job")
    holder.cursor().execute("LOCK TABLE t")

    copy.grant(oid)

    event = copy.wait("fault")
    assert f"locked by process {holder.info.backend_pid} (night job)" in event
    assert copy.copy.wait(10) != 0
    holder.close()


def test_a_short_lock_is_waited_for(rig, source, destination):
    copy = rig(SIMPLE, THOUSAND, source={"lock_timeout_ms": 300})
    oid, _ = copy.plan("public", "t")
    copy.start_copy()
    holder = source.connect("shop")
    holder.cursor().execute("LOCK TABLE t")

    copy.grant(oid)
    wait_until(lambda: source.sql("SELECT 1 FROM pg_locks WHERE NOT granted"), 20, "it waits")
    threading.Timer(0.5, holder.close).start()

    copy.wait(f"done {oid} 0 1 1000")
    assert differing(source, destination) == []


def test_a_row_that_is_refused_is_named_without_its_values(rig, source, destination):
    copy = rig(SIMPLE, THOUSAND)
    destination.sql("ALTER TABLE t ADD CHECK (note <> 'note 700')", database="shop")
    oid, _ = copy.plan("public", "t")
    copy.start_copy()

    copy.grant(oid)

    event = copy.wait("failed")
    assert event.startswith("failed data chunk 0 of the copy, row 700")
    assert "public.t" in event and "ctid (0,0) and above" in event and "note 700" not in event
    assert marks(destination) == 0


def test_a_loader_that_was_taken_over_commits_nothing(rig, destination):
    copy = rig(SIMPLE, THOUSAND)
    oid, _ = copy.plan("public", "t")
    copy.start_copy()
    copy.say("takeover")

    copy.grant(oid)

    assert "fenced off" in copy.wait("failed transient")
    assert marks(destination) == 0
    assert destination.value("SELECT count(*) FROM t", database="shop") == 0


def test_a_takeover_of_our_own_does_not_disturb_a_chunk(rig, source, destination):
    copy = rig(SIMPLE, "INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) n")
    oid, _ = copy.plan("public", "t")
    copy.start_copy()
    copy.say("stall", 2)
    copy.grant(oid)
    copy.say("takeover")
    copy.say("generation")
    copy.say("stall", -1)

    copy.wait(f"done {oid} 0 1 20000")
    assert differing(source, destination) == []


def test_a_chunk_whose_loader_was_replaced_is_given_back(rig, source, destination):
    copy = rig(SIMPLE, "INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, 40000) n")
    oid, _ = copy.plan("public", "t")
    copy.start_copy()
    copy.say("stall", 1)
    copy.grant(oid)
    wait_until(lambda: source.sql("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'COPY%%' "
                                  "AND state = 'active'"), 20, "the copy runs")
    copy.say("replace_loader")
    assert copy.wait("undone").startswith(f"undone {oid} 0 1 0 ")

    copy.say("stall", -1)
    copy.grant(oid, attempt=2)

    copy.wait(f"done {oid} 0 2 40000")
    assert differing(source, destination) == []


@pytest.mark.parametrize("point", ["copy.grant", "copy.first_row", "copy.batch:3", "copy.last"])
def test_a_copy_process_that_dies_is_followed_by_one_that_copies_all(rig, source, destination,
                                                                     point):
    copy = rig(SIMPLE, "INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) n")
    oid, _ = copy.plan("public", "t")
    copy.start_copy(WALFERRY_FAILPOINT=point if ":" in point else f"{point}:1")
    copy.grant(oid, attempt=1)
    copy.copy.wait(20)

    copy.start_copy()
    copy.grant(oid, attempt=2)

    copy.wait(f"done {oid} 0 2 20000")
    assert differing(source, destination) == []


@pytest.mark.parametrize("point, committed", [
    ("chunk.begin", False), ("chunk.data", False), ("chunk.before_mark", False),
    ("chunk.before_commit", False), ("chunk.after_commit", True)])
def test_a_loader_that_dies_leaves_a_whole_chunk_or_none(rig, source, destination, point, committed):
    dying = rig(SIMPLE, "INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, 5000) n",
                environment={"WALFERRY_FAILPOINT": f"{point}:1"})
    oid, _ = dying.plan("public", "t")
    dying.start_copy()
    dying.grant(oid, attempt=1)
    dying.process.wait(20)
    wait_until(lambda: not destination.sql("SELECT 1 FROM pg_stat_activity WHERE "
                                           "application_name = 'walferry_rig_loader_0'"), 20)
    assert destination.value("SELECT count(*) FROM t", database="shop") == \
        (5000 if committed else 0)
    assert marks(destination) == committed

    copy = rig()
    copy.plan("public", "t")
    copy.start_copy()
    copy.grant(oid, attempt=2)

    copy.wait(f"done {oid} 0 2 5000")
    assert differing(source, destination) == []


def test_of_two_that_load_a_chunk_one_gives_way(rig, source, destination):
    copy = rig(SIMPLE, THOUSAND)
    oid, _ = copy.plan("public", "t")
    copy.start_copy()
    other = destination.connect("shop")
    other.cursor().execute("INSERT INTO walferry.chunk VALUES ('t', %s, 0, 1000)", (oid,))

    copy.grant(oid, attempt=1)
    wait_until(lambda: destination.sql("SELECT 1 FROM pg_locks WHERE NOT granted"), 20, "it waits")
    other.commit()

    copy.wait(f"done {oid} 0 1 1000")
    assert destination.value("SELECT count(*) FROM t", database="shop") == 0
    other.close()


@pytest.mark.parametrize("side, event", [
    ("source", "fault connection public.t: copy of chunk 0: source: "),
    ("destination", "failed connection chunk 0 of the copy: destination: ")])
def test_a_connection_that_is_lost_is_said(rig, source, destination, side, event):
    copy = rig(SIMPLE, "INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, 40000) n")
    oid, _ = copy.plan("public", "t")
    copy.start_copy()
    copy.say("stall", 1)
    copy.grant(oid)
    cluster = {"source": source, "destination": destination}[side]

    wait_until(lambda: cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                   "WHERE query LIKE 'COPY%%' AND state = 'active'"), 20)
    copy.say("stall", -1)

    copy.wait(event)
    if side == "source":
        assert copy.copy.wait(10) != 0
