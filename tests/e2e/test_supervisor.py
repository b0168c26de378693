"""The supervisor alone: every stage is played by tests/support/fake_stage.c, which does no work.

Only the source is a real server, since the supervisor itself holds the snapshot there.
"""

import os
import shutil
import signal
import subprocess
import time

import pytest

from harness import Task, program, wait_until
from harness.programs import STAGES, bin_dir

CHECK, PREPARE, PLAN, INDEXES, KEYS, RESTART, RELEASE = 7, 1, 2, 3, 4, 5, 6
TABLES, CHUNKS = 3, 12


class Fake(Task):
    """A task whose programs are the supervisor, the command line and the fake stages."""

    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self.fake = os.path.join(self.folder, "fake")
        os.mkdir(self.fake)
        self.environment = {"WALFERRY_FAKE_DIR": self.fake, **self.environment}

    def lines(self, name):
        try:
            with open(os.path.join(self.fake, name)) as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def jobs(self):
        return [tuple(map(int, line.split())) for line in self.lines("jobs")]

    def set(self, name, text=""):
        with open(os.path.join(self.fake, name), "w") as file:
            file.write(text)

    def unset(self, name):
        os.unlink(os.path.join(self.fake, name))


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    real = bin_dir()
    fake_stage = os.path.join(os.path.dirname(real), "tests", "fake-stage")
    if not os.access(fake_stage, os.X_OK):
        pytest.skip(f"{fake_stage} is not built")
    folder = str(tmp_path_factory.mktemp("bin"))
    for name in ("walferry", "walferry-supervisor"):
        shutil.copy(os.path.join(real, name), folder)
    for role in STAGES:
        shutil.copy(fake_stage, os.path.join(folder, f"walferry-{role}"))
    return folder


@pytest.fixture
def fake(request, source, programs, monkeypatch):
    monkeypatch.setenv("WALFERRY_BIN", programs)
    tasks = request.node.walferry_tasks = []

    def make(**settings):
        task = Fake(source.conninfo(), source.conninfo(), **settings)
        tasks.append(task)
        return task

    yield make
    for task in tasks:
        task.remove()


def test_a_task_goes_through_its_phases_to_consistent(fake):
    task = fake(stages={"copy": 2, "transform": 2, "loader": 2}).run()
    status = task.wait_consistent(30)

    assert [job for job, _ in task.jobs()] == [CHECK, PREPARE, PLAN, INDEXES, KEYS]
    assert status["state"] == "running" and status["phase"] == "stream"
    assert status["tables"] == {"total": TABLES, "copied": TABLES}
    assert status["rows"]["copied"] == CHUNKS * 10 and status["bytes"]["copied"] == CHUNKS * 1000
    assert status["epoch"] == 1 and status["rewinds"] == 0
    chunks = [line.split() for line in task.lines("chunks")]
    assert [oid for oid, *_ in chunks[:2]] == ["3", "3"], "the biggest table first"
    assert len({tuple(chunk[:2]) for chunk in chunks}) == len(chunks) == CHUNKS
    roles = sorted(stage["role"] for stage in status["stages"] if stage["role"] != "schema")
    assert roles == ["capture"] + ["loader"] * 2 + ["transform"] * 2
    assert all(stage["rss"] > 0 for stage in status["stages"])
    assert task.stop() == 0
    assert "durable" in task.log_text() and "slot walferry_t keeps" in task.log_text()


def test_what_is_confirmed_was_stored_and_grows(fake):
    task = fake().run()
    task.wait_consistent(30)
    first = wait_until(lambda: task.lines("confirmed"), 10, "a confirmed position")
    wait_until(lambda: int(task.lines("confirmed")[0]) > int(first[0]), 10, "more confirmed")
    task.kill_run()

    high, low = task.status()["applied_lsn"].split("/")
    assert int(task.lines("confirmed")[0]) <= (int(high, 16) << 32) + int(low, 16)


def test_a_killed_stage_is_replaced_and_the_others_stay(fake):
    task = fake(stages={"copy": 1, "transform": 2, "loader": 2}).run()
    task.wait_consistent(30)
    before = {role: task.pids(role) for role in STAGES}

    for role in ("transform", "loader"):
        dead = task.kill(role)
        now = wait_until(lambda: len(task.pids(role)) == 2 and dead not in task.pids(role) and
                         task.pids(role), 10, f"a new {role}")
        assert len(set(now) & set(before[role])) == 1
    assert task.pids("capture") == before["capture"]
    assert task.status()["epoch"] == 1


def test_a_killed_capture_means_a_new_epoch_at_the_stored_position(fake):
    task = fake().run()
    task.wait_consistent(30)

    task.kill("capture")
    status = task.wait_for(lambda s: s["epoch"] == 2, 10)

    assert status["rewinds"] == 1
    wait_until(lambda: len(task.lines("epochs")) == 2, 10, "the second grant")
    first, second = (line.split() for line in task.lines("epochs"))
    assert first[0] == "1" and second[0] == "2" and int(second[1]) >= int(first[1])


@pytest.mark.parametrize("phase", ["copy", "stream"])
def test_a_killed_supervisor_is_gone_on_from(fake, phase):
    task = fake()
    if phase == "copy":
        task.set("slow")
    task.run()
    if phase == "copy":
        task.wait_for(lambda s: s["tables"]["copied"] == 1, 60)
    else:
        task.wait_consistent(30)
    done = [line.split()[:2] for line in task.lines("chunks")]
    task.kill_run()
    assert task.status()["state"] == "paused"
    if phase == "copy":
        task.unset("slow")

    task.run()
    task.wait_consistent(30)

    jobs = task.jobs()
    if phase == "stream":
        assert [job for job, _ in jobs] == [CHECK, PREPARE, PLAN, INDEXES, KEYS]
        task.wait_for(lambda s: s["rewinds"] == 1, 10)
        return
    assert jobs[3:5] == [(RESTART, 2), (PLAN, 2)], "the finished table is left alone"
    again = [line.split()[:2] for line in task.lines("chunks")][len(done):]
    assert ["3", "0"] not in again and ["1", "0"] in again
    assert task.status()["rows"]["copied"] == CHUNKS * 10


def test_a_table_that_changed_during_its_copy_starts_again(fake):
    task = fake()
    task.set("restart-table")
    task.run()
    task.wait_consistent(30)

    assert [job for job, _ in task.jobs()] == [CHECK, PREPARE, PLAN, RESTART, PLAN, INDEXES, KEYS]
    assert "snapshot" in task.log_text()


def test_a_lost_snapshot_connection_starts_unfinished_tables_again(fake, source):
    task = fake()
    task.set("slow")
    task.run()
    task.wait_for(lambda s: s["tables"]["copied"] == 1, 60)
    loaders = task.pids("loader")

    source.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
               "WHERE application_name = 'walferry_t_snapshot'")
    wait_until(lambda: (RESTART, 2) in task.jobs(), 20, "unfinished tables are emptied")
    task.unset("slow")
    task.wait_consistent(30)

    assert not set(loaders) & set(task.pids("loader")), "other loaders have taken over"


def test_a_snapshot_of_an_idle_source_is_soon_flushed(fake, source):
    """What a reader wrote that was rolled back (pruned pages) nobody flushes for up to 15 s."""
    source.sql("CHECKPOINT")
    source.sql("BEGIN; SELECT pg_logical_emit_message(false, 'test', 'unflushed'); ROLLBACK")
    assert source.value("SELECT pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn()")
    began = time.monotonic()

    fake().run().wait_consistent(30)

    assert time.monotonic() - began < 7


def test_the_snapshot_is_let_go_when_the_rows_are_copied(fake, source):
    task = fake().run()
    task.wait_consistent(30)

    assert source.sql("SELECT 1 FROM pg_stat_activity "
                      "WHERE application_name = 'walferry_t_snapshot'") == []


@pytest.mark.parametrize("kind", ["config", "data", "protocol"])
def test_a_fault_that_cannot_pass_stops_the_task_with_one_line(fake, kind):
    task = fake()
    task.set("fault-loader", f"{kind} the row does not fit")
    task.run()

    assert task.wait_end(30) == 1
    errors = [line for line in task.log_text().splitlines() if line.startswith("walferry:")]
    assert len(errors) == 1
    assert "the row does not fit" in errors[0] and "public.t1" in errors[0]
    assert "id=7" in errors[0] and "take fault-loader away" in errors[0]
    error = task.status()["error"]
    assert task.status()["state"] == "failed"
    assert (error["kind"], error["object"], error["key"]) == (kind, "public.t1", "id=7")


def test_a_fault_that_may_pass_is_retried_and_shown(fake):
    task = fake()
    task.set("fault-loader", "connection the destination is down")
    task.run()

    status = task.wait_state("retrying", 30)
    assert status["error"]["kind"] == "connection"
    task.unset("fault-loader")
    task.wait_consistent(40)
    assert task.status()["state"] == "running" and task.status()["error"] is None


def test_a_silent_stage_is_replaced(fake):
    task = fake(environment={"WALFERRY_HUNG_MS": "2000"}).run()
    task.wait_consistent(30)
    old = task.pids("loader")

    task.kill("loader", sent=signal.SIGSTOP)
    wait_until(lambda: set(task.pids("loader")) - set(old), 15, "a successor")
    task.kill("loader", number=task.pids("loader").index(old[0]), sent=signal.SIGCONT)
    wait_until(lambda: old[0] not in task.pids("loader"), 15, "the end of the zombie")

    assert len(task.pids("loader")) == 1 and task.status()["epoch"] == 1


def test_pause_and_resume(fake):
    task = fake().run()
    task.wait_consistent(30)

    task.cli("pause", "t")
    assert task.status()["state"] == "paused"
    assert task.pids("capture") == [] and task.running()
    task.cli("resume", "t")
    task.wait_for(lambda s: s["state"] == "running" and s["epoch"] == 2, 20)


def test_a_paused_copy_keeps_its_snapshot(fake):
    task = fake()
    task.set("slow")
    task.run()
    wait_until(lambda: len(task.lines("chunks")) >= 2, 30, "two chunks")
    task.cli("pause", "t")
    task.unset("slow")
    task.cli("resume", "t")
    task.wait_consistent(30)

    assert [job for job, _ in task.jobs()] == [CHECK, PREPARE, PLAN, INDEXES, KEYS]


def test_a_paused_task_stays_paused_over_a_restart(fake):
    task = fake().run()
    task.wait_consistent(30)
    task.cli("pause", "t")
    assert task.stop() == 0

    task.run()
    task.wait_state("paused", 10)
    time.sleep(1)
    assert task.pids("capture") == []
    task.cli("resume", "t")
    task.wait_state("running", 20)


def test_a_second_supervisor_is_refused_by_pid(fake):
    task = fake().run()
    task.wait_consistent(30)
    supervisor = task.pids("supervisor")[0]

    second = subprocess.run([program("walferry-supervisor"), "--state-dir", task.state_dir],
                            capture_output=True, text=True, timeout=20)

    assert second.returncode == 1 and str(supervisor) in second.stderr
    assert len(second.stderr.splitlines()) == 1
    assert task.running()


def test_stages_end_with_a_killed_supervisor(fake):
    task = fake().run()
    task.wait_consistent(30)
    task.kill("supervisor")
    wait_until(lambda: not any(task.pids(role) for role in STAGES), 10, "all stages end")


def test_release_forgets_the_task_and_ends_the_run(fake):
    task = fake().run()
    task.wait_consistent(30)

    task.cli("release", "t")

    assert task.wait_end(10) == 0
    assert task.jobs()[-1][0] == RELEASE
    assert task.status() is None


def test_a_changed_setting_that_cannot_change_is_refused(fake):
    task = fake().run()
    task.wait_consistent(30)
    task.stop()
    task.write(stages={"loader": 2})
    before = len(task.log_text())
    task.run()

    assert task.wait_end(10) == 1
    error = task.log_text()[before:]
    assert "stages.loader" in error and "release" in error
    task.write(stages={"transform": 3})
    task.run()
    wait_until(lambda: len(task.pids("transform")) == 3, 15, "three transforms")


def test_an_older_destination_stops_the_task(fake):
    task = fake().run()
    task.wait_consistent(30)
    task.set("older")
    task.kill("loader")

    assert task.wait_end(20) == 1
    assert "older" in task.status()["error"]["message"]


def test_a_transform_started_by_hand_takes_part(fake, by_hand):
    task = fake().run()
    task.wait_consistent(30)

    worker = by_hand("transform", task, WALFERRY_FAKE_DIR=task.fake)
    task.wait_for(lambda s: sum(g["role"] == "transform" for g in s["stages"]) == 2, 10)
    worker.kill()
    task.wait_for(lambda s: sum(g["role"] == "transform" for g in s["stages"]) == 1, 20)


def test_counters_are_summed_over_lives(fake):
    task = fake().run()
    task.wait_consistent(30)
    task.wait_for(lambda s: s["changes"]["applied"] == 5 and s["redelivered_batches"] == 2, 10)
    task.kill("loader")
    task.kill("capture")
    status = task.wait_for(lambda s: s["changes"]["applied"] == 10, 10)
    task.wait_for(lambda s: s["redelivered_batches"] == 4, 10)
    assert status["duplicates_dropped"] == 2
    task.stop()
    assert task.status()["changes"]["applied"] == 10


def test_queue_stats_and_tables_answer(fake):
    task = fake().run()
    task.wait_consistent(30)
    wait_until(lambda: "changes_applied" in task.cli("queue", "t", "stats").stdout, 10, "counters")
    assert "t3" in task.cli("tables", "t").stdout


FAILPOINTS = ["epoch_stored", "progress_stored", "before_confirm", "after_confirm", "chunk_stored",
              "plan_stored", "snapshot_taken", "phase_changed", "slot_stored"]


@pytest.mark.parametrize("name", FAILPOINTS)
def test_a_supervisor_that_dies_anywhere_is_gone_on_from(fake, name):
    task = fake()
    once = os.path.join(task.folder, "once")
    task.run(WALFERRY_FAILPOINT=f"supervisor.{name}:1", WALFERRY_FAILPOINT_ONCE=once)
    try:
        wait_until(lambda: not task.running(), 30, f"death at supervisor.{name}")
    finally:
        assert os.path.exists(once)
    task.kill_run()

    task.run()
    task.wait_consistent(30)
    assert task.status()["tables"] == {"total": TABLES, "copied": TABLES}
    assert task.status()["rows"]["copied"] == CHUNKS * 10


def test_add_hands_a_second_task_over_and_refuses_the_same_again(fake):
    first = fake(name="a").run()
    first.wait_consistent(30)
    second = fake(name="b")
    second.state_dir = first.state_dir

    first.cli("add", second.file)
    second.wait_consistent(30)
    again = first.cli("add", first.file, check=False)

    assert again.returncode == 1 and "already" in again.stderr
    assert first.status()["epoch"] == 1 and first.status()["state"] == "running"
    first.cli("release", "b")
    assert first.running() and second.status() is None


def test_a_failed_task_is_resumed_from_its_mended_file_beside_others(fake):
    task = fake(name="a").run()
    task.wait_consistent(30)
    other = fake(name="b")
    other.state_dir = task.state_dir
    task.set("fault-copy", "config nothing can be read")
    task.cli("add", other.file)
    other.wait_state("failed", 20)
    assert task.running() and task.status()["state"] == "running"

    task.unset("fault-copy")
    other.cli("resume", "b")
    other.wait_consistent(30)
    assert other.status()["error"] is None


def test_the_source_is_asked_again_after_its_connection_was_lost(fake, source):
    task = fake().run()
    task.wait_consistent(30)
    task.wait_for(lambda s: s["source"]["at_ms"], 20)

    ended = source.sql("SELECT pg_terminate_backend(pid), extract(epoch FROM now()) * 1000 "
                       "FROM pg_stat_activity WHERE application_name LIKE 'walferry%probe'")

    assert len(ended) == 1
    task.wait_for(lambda s: s["source"]["at_ms"] > ended[0][1] + 500, 20)
