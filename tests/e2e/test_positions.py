"""The same WAL gives the same positions and record_ids, however the server sends it.

Read three ways by capture's own decoder, spool and batcher, and once more by the harness' reading.
"""

import os
import subprocess

import pytest

from harness.programs import bin_dir
from harness.pgoutput import Stream, lsn, positions

TRACE = os.path.join(os.path.dirname(bin_dir()), "tests", "trace_positions")

TABLES = """CREATE TABLE t (id int PRIMARY KEY, v text);
CREATE TABLE u (id int PRIMARY KEY, v text);
CREATE TABLE unseen (id int);
ALTER TABLE u ALTER v SET STORAGE EXTERNAL;
CREATE PUBLICATION walferry_t FOR TABLE t, u"""

# Small and large transactions, nested savepoints that are kept and rolled back, interleaved ones.
WORK = [
    "INSERT INTO t SELECT g, 'small' FROM generate_series(1, 10) g",
    """BEGIN; INSERT INTO t SELECT g, repeat('x', 80) FROM generate_series(100, 3000) g;
    SAVEPOINT a; INSERT INTO t SELECT g, repeat('y', 80) FROM generate_series(3001, 6000) g;
        SAVEPOINT b; UPDATE t SET v = 'z' WHERE id < 200; ROLLBACK TO b;
        SAVEPOINT c; DELETE FROM t WHERE id BETWEEN 300 AND 400; RELEASE c;
    ROLLBACK TO a;
    SAVEPOINT d; INSERT INTO u SELECT g, repeat('w', 3000) FROM generate_series(1, 300) g; RELEASE d;
    INSERT INTO unseen SELECT generate_series(1, 2000);
    UPDATE u SET id = id + 1000 WHERE id < 50; COMMIT""",
    """BEGIN; INSERT INTO t SELECT g, repeat('n', 80) FROM generate_series(10000, 14000) g;
    ROLLBACK""",
    "INSERT INTO unseen VALUES (1)",
    """BEGIN; TRUNCATE t, u; INSERT INTO t VALUES (1, 'after');
    SAVEPOINT s; TRUNCATE u; ROLLBACK TO s;
    INSERT INTO u VALUES (1, ''), (2, NULL); COMMIT""",
    "DELETE FROM t",
]
COMMITS = 6  # with changes of ours: those above and interleaved()


def interleaved(server):
    """Two large transactions whose parts alternate in the WAL."""
    sides = [server.connect("shop"), server.connect("shop")]
    for round_ in range(5):
        for number, side in enumerate(sides):
            with side.cursor() as cursor:
                first = 20_000 + number * 50_000 + round_ * 1000
                cursor.execute("INSERT INTO t SELECT g, repeat('i', 80) FROM generate_series(%s, %s) g",
                               (first, first + 999))
                cursor.execute("SAVEPOINT p; DELETE FROM t WHERE id = %s", (first,))
                cursor.execute("ROLLBACK TO p" if round_ % 2 else "RELEASE p")
    for side in reversed(sides):
        side.commit()
        side.close()


@pytest.fixture
def recorded(server, database):
    if not os.access(TRACE, os.X_OK):
        pytest.skip(f"{TRACE} is not built")
    database(server)
    server.sql(TABLES, database="shop")
    server.sql("SELECT pg_create_logical_replication_slot('walferry_t', 'pgoutput')",
               database="shop")
    for statement in WORK:
        server.sql(statement, database="shop")
    interleaved(server)
    yield server
    server.sql("ALTER SYSTEM RESET ALL")
    server.sql("SELECT pg_reload_conf()")


def trace(server, folder, *options, **settings):
    server.sql("ALTER SYSTEM RESET ALL")
    for name, value in settings.items():
        server.sql(f"ALTER SYSTEM SET {name} = '{value}'")
    server.sql("SELECT pg_reload_conf()")
    folder.mkdir()
    result = subprocess.run([TRACE, "--conninfo", server.conninfo("shop"), "--task", "t", "--spool",
                             str(folder), *options], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_positions_and_record_ids_do_not_depend_on_streaming(recorded, tmp_path):
    ways = {"unstreamed": ([], {}), "streamed": (["--streaming"], {"logical_decoding_work_mem": "64kB"})}
    if recorded.version >= 16:
        ways["immediate"] = (["--streaming"], {"debug_logical_replication_streaming": "immediate"})

    seen = {name: trace(recorded, tmp_path / name, *options, **settings)
            for name, (options, settings) in ways.items()}

    assert len(seen["unstreamed"]) > 10_000
    for name, lines in seen.items():
        assert lines == seen["unstreamed"], name


def test_an_independent_reading_finds_the_same_positions(recorded, tmp_path):
    lines = trace(recorded, tmp_path / "ours", "--streaming", logical_decoding_work_mem="64kB")

    with Stream(recorded, "walferry_t", "walferry_t", "shop") as stream:
        messages = stream.read_commits(COMMITS)
    ours = {(lsn(line.split()[0]), int(line.split()[1]), line.split()[3]) for line in lines}
    theirs = set(positions(messages))

    assert len(lines) >= len(theirs)
    assert ours >= theirs and {key[:2] for key in ours} == {key[:2] for key in theirs}


def test_record_ids_rise_without_holes_in_the_order_of_positions(recorded, tmp_path):
    lines = [line.split() for line in trace(recorded, tmp_path / "ours")]

    keys = [(lsn(line[0]), int(line[1])) for line in lines]
    numbers = [int(line[2]) for line in lines]

    assert keys == sorted(set(keys)) and numbers == list(range(numbers[0], numbers[0] + len(keys)))
