"""The commands beside a running supervisor and without one: what they print, and how they end."""

import json
import re

import pytest

STATUS_KEYS = {
    "name", "tag", "state", "phase", "consistent", "epoch", "error", "warnings", "latency_ms",
    "applied_lsn", "source", "stages", "tables", "rows", "bytes", "eta_s", "changes",
    "redelivered_batches", "duplicates_dropped", "rewinds"}
SOURCE_KEYS = {"slot", "confirmed_lsn", "lag_bytes", "retained_wal_bytes", "wal_status",
               "waiting_for"}
STAGE_KEYS = {"role", "instance", "pid", "state", "restarts", "rss"}


@pytest.fixture
def task(source, destination, database, new_task):
    database(source, destination)
    source.sql("CREATE TABLE t (id int PRIMARY KEY, v text);"
               "INSERT INTO t SELECT i, 'x' FROM generate_series(1, 5000) i;"
               "CREATE TABLE u (id int PRIMARY KEY); INSERT INTO u VALUES (1)", database="shop")
    return new_task(source, destination, tag="blue")


def error_of(result):
    lines = [line for line in result.stderr.splitlines() if line.startswith("error:")]
    assert len(lines) == 1, result.stderr
    return lines[0]


def test_status_has_what_the_documentation_names(task, source):
    task.run().wait_consistent()
    source.sql("INSERT INTO u VALUES (2)", database="shop")
    task.wait_caught_up()
    task.wait_for(lambda s: s["latency_ms"] is not None and s["source"]["confirmed_lsn"])

    live = task.status()

    assert STATUS_KEYS <= set(live) and SOURCE_KEYS <= set(live["source"])
    assert all(STAGE_KEYS <= set(stage) for stage in live["stages"])
    assert {stage["role"] for stage in live["stages"]} >= {"capture", "transform", "loader"}
    assert (live["name"], live["tag"], live["state"], live["phase"]) == ("t", "blue", "running",
                                                                         "stream")
    assert live["tables"] == {"total": 2, "copied": 2}
    assert live["rows"]["copied"] == 5001
    assert live["error"] is None


def test_status_and_tables_for_people(task):
    task.run().wait_consistent()

    status, tables = task.cli("status").stdout, task.cli("tables", "t").stdout

    assert status.startswith("t  (blue)\n  state     running, phase stream, consistent\n")
    assert "2 of 2 tables, 5,001 of about" in status
    assert re.search(r"\n  capture 0 +\d+ +running +0 +[0-9.]+ MB\n", status)
    assert re.search(r"^public\.t +\w+ +5,000 ", tables, re.M)


def test_without_a_supervisor_the_store_answers(task):
    task.run().wait_consistent()
    task.stop()

    status = task.status()
    tables = json.loads(task.cli("tables", "t", "--json").stdout)["tables"]

    assert (status["state"], status["consistent"]) == ("paused", True)
    assert status["stages"] == []
    assert {(one["table"], one["rows"]) for one in tables} == {("t", 5000), ("u", 1)}
    assert task.cli("compare", "t").stdout.endswith("2 tables equal\n")


def test_wait_returns_when_what_was_committed_is_applied(task, source, destination):
    task.run()
    task.cli("wait", "t", "--for", "consistent", "--timeout", "60", timeout=90)
    for i in range(5):
        source.sql("INSERT INTO u VALUES (%s)", (100 + i,), database="shop")
        task.cli("wait", "t", "--for", "caught-up", "--timeout", "60", timeout=90)
        assert destination.value("SELECT max(id) FROM u", database="shop") == 100 + i


def test_wait_gives_up_in_time(task):
    task.run().wait_consistent()

    result = task.cli("wait", "t", "--for", "finished", "--timeout", "0.3", check=False)

    assert result.returncode == 1
    assert "'t'" in error_of(result) and "running" in error_of(result)


def test_compare_names_the_tables_that_differ(task, destination):
    task.run().wait_consistent()
    assert task.cli("compare", "t", "--table", "public.u").stdout.endswith("1 table equal\n")
    destination.sql("UPDATE t SET v = 'y' WHERE id = 7; DELETE FROM u", database="shop")

    result = task.cli("compare", "t", check=False)
    as_json = json.loads(task.cli("compare", "t", "--json", check=False).stdout)
    unknown = task.cli("compare", "t", "--table", "nope", check=False)

    assert result.returncode == 1
    assert "2 of 2 tables differ" in error_of(result)
    assert {name for name in ("public.t", "public.u") if name in error_of(result)} == {"public.t",
                                                                                       "public.u"}
    assert re.search(r"^public\.t +DIFFERS +5,000 +5,000 ", result.stdout, re.M)
    assert not as_json["equal"] and len(as_json["tables"]) == 2
    assert unknown.returncode == 1 and "nope" in error_of(unknown)


def test_a_paused_task_rests_until_it_is_resumed(task, source, destination):
    task.run().wait_consistent()

    task.cli("pause", "t")
    assert task.status()["state"] == "paused"
    assert task.pids("capture") == task.pids("loader") == []
    source.sql("INSERT INTO u VALUES (2)", database="shop")
    task.cli("resume", "t")
    task.wait_caught_up()

    assert destination.value("SELECT count(*) FROM u", database="shop") == 2


def test_queue_stats_names_counters_of_every_stage(task):
    task.run().wait_caught_up()
    task.wait_for(lambda s: all(stage["rss"] for stage in s["stages"]))

    stages = json.loads(task.cli("queue", "t", "stats", "--json").stdout)["stages"]

    assert {stage["role"] for stage in stages} >= {"capture", "transform", "loader"}
    assert any(stage["counters"] for stage in stages)
    assert task.cli("queue", "t", "stats").stdout.startswith("stage ")


def test_a_task_is_added_to_a_running_supervisor(task, tmp_path):
    task.run().wait_consistent()
    again = task.cli("add", task.file, check=False)
    other = tmp_path / "other.cfg"
    with open(task.file) as file:
        other.write_text(file.read() + 'objects = ( { schema = "nowhere"; table = "n"; } );\n')
    other.chmod(0o600)

    task.cli("add", str(other), check=False)

    assert again.returncode == 1 and "t" in error_of(again)
    task.wait_for(lambda s: s["state"] == "running")
    states = {one["name"]: one["state"]
              for one in json.loads(task.cli("status", "--json").stdout)["tasks"]}
    assert set(states) == {"t", "other"}


@pytest.mark.parametrize("running", [True, False], ids=["by the supervisor", "without one"])
def test_release_leaves_nothing_of_ours(task, source, destination, running):
    task.run().wait_consistent()
    if not running:
        task.stop()

    result = task.cli("release", "t")

    assert result.stdout == "t: released\n"
    assert source.sql("SELECT slot_name FROM pg_replication_slots", database="shop") == []
    for server in (source, destination):
        assert server.sql("SELECT 1 FROM pg_namespace WHERE nspname = 'walferry'",
                          database="shop") == []
    assert destination.value("SELECT count(*) FROM t", database="shop") == 5000
    assert json.loads(task.cli("status", "--json").stdout)["tasks"] == []


def test_release_without_the_state_directory_goes_by_the_file(task, source):
    task.run().wait_consistent()
    task.stop()

    result = task.cli("--state-dir", task.folder + "/another", "release", "t", "--file", task.file)

    assert result.stdout == "t: released\n"
    assert source.sql("SELECT slot_name FROM pg_replication_slots", database="shop") == []


def test_release_prints_what_it_cannot_drop_as_sql(task, source):
    task.run().wait_consistent()
    task.stop()
    source.stop()

    result = task.cli("release", "t", check=False)
    source.start()

    assert result.returncode == 1
    assert "pg_drop_replication_slot(slot_name)" in result.stdout and "walferry_t" in result.stdout
    assert "SQL" in error_of(result)
    source.sql("SELECT pg_drop_replication_slot('walferry_t')", database="shop")


def test_init_lists_the_tables_and_its_file_checks(task, tmp_path):
    file = tmp_path / "made.cfg"

    task.cli("init", "--source", task.source, "--destination", task.destination, "-o", str(file))

    assert "public.t " in file.read_text() and "primary key (id)" in file.read_text()
    task.cli("check", str(file))


def test_run_twice_on_one_state_directory_is_refused(task):
    task.run().wait_consistent()

    result = task.cli("run", task.file, check=False)

    assert result.returncode == 1
    assert "in use by process" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
