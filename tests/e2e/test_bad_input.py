"""Bad input: one row a case. The exit code, one error line, and in it where and what to do."""

import os
import re
import subprocess
import tempfile

import pytest

from harness import program
from harness.cluster import free_port
from harness.programs import bin_dir

GOOD = """name = "t";
source = {{ conninfo = "{source}"; }};
destination = {{ type = "postgresql"; conninfo = "{destination}"; }};
"""

# what, text in place of or behind the good file, patterns of the one error line
FILES = [
    ("a syntax error", 'name = "t"\nsource = {', [r"t\.cfg:\d+"]),
    ("a trailing comma", GOOD + 'phases = ["schema", "copy",];\n', [r"t\.cfg:4"]),
    ("an unknown key", GOOD + 'colour = "red";\n', [r"t\.cfg:4", "colour", "unknown"]),
    ("an unknown key in a group", GOOD + 'retry = { days = 1; };\n', [r"t\.cfg:4", r"retry\.days"]),
    ("a wrong type", GOOD + 'stages = { copy = "two"; };\n', [r"t\.cfg:4", r"stages\.copy"]),
    ("a value out of range", GOOD + "stages = { loader = 17; };\n",
     [r"t\.cfg:4", r"stages\.loader", "16"]),
    ("a number of zero stages", GOOD + "stages = { loader = 0; };\n", [r"t\.cfg:4"]),
    ("a size without quotes", GOOD + "window = 5000000000;\n", [r"t\.cfg:4", "window"]),
    ("a size without sense", GOOD + 'window = "many";\n', [r"t\.cfg:4", "window"]),
    ("a name that no slot can bear", GOOD.replace('"t"', '"Täsk-1"'), [r"t\.cfg:1", "name"]),
    ("a name too long", GOOD.replace('"t"', f'"{"a" * 41}"'), [r"t\.cfg:1", "40"]),
    ("no source", 'name = "t";\ndestination = {{ conninfo = "{destination}"; }};\n',
     [r"t\.cfg:1", "source", "missing"]),
    ("other-retry not below connection-retry",
     GOOD + "retry = { connection_minutes = 10; other_minutes = 10; };\n", [r"t\.cfg:4", "retry"]),
    ("a key that is not supported yet", GOOD + 'etl = "e_drop()";\n',
     [r"t\.cfg:4", "etl", "not supported yet"]),
    ("a SelectDB without its front ends",
     GOOD.replace('"postgresql"', '"selectdb"'), [r"t\.cfg:3", r"destination\.urls", "is missing"]),
    ("a table that does not exist", GOOD + 'objects = ( { schema = "public"; table = "nope"; } );\n',
     ["public.nope"]),
    ("a password in a file that others may read",
     GOOD.replace("{source}", "{source} password=secret"),
     [r"t\.cfg:2", "chmod 600"]),
    ("a source that is not there", GOOD.replace("{source}", "host=127.0.0.1 port={port} dbname=x"),
     ["source", "{port}"]),
    ("a database that is not there",
     GOOD.replace("{destination}", "{destination} dbname=nowhere"), ["destination", "nowhere"]),
    ("a conninfo that libpq does not understand", GOOD.replace("{source}", "host='db"),
     ["source", "quoted"]),
]


def fill(text, **values):
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text.replace("{{", "{").replace("}}", "}")


@pytest.fixture
def run(tmp_path):
    if not os.access(program("walferry"), os.X_OK):
        pytest.skip(f"{program('walferry')} is not built")

    def go(*arguments, timeout=60):
        return subprocess.run([program("walferry"), *arguments], capture_output=True, text=True,
                              timeout=timeout, stdin=subprocess.DEVNULL, cwd=tmp_path,
                              env={**os.environ, "WALFERRY_STATE_DIR": f"{folder}/state"})

    # The path of a socket is short, pytest's folders are not.
    with tempfile.TemporaryDirectory(prefix="wft-", dir="/tmp") as folder:
        yield go


def error_lines(result):
    """Without the indented picture of a syntax error's place."""
    return [line for line in result.stderr.splitlines() if line.strip() and line[0] != " "]


@pytest.fixture(scope="module")
def untouched(source, destination):
    """Two databases for runs that are refused before they change anything."""
    for cluster in (source, destination):
        cluster.create_database("untouched")
    source.sql("CREATE TABLE t (id int PRIMARY KEY)", database="untouched")
    return {"source": source.conninfo("untouched"), "port": free_port(),
            "destination": destination.conninfo("untouched")}


def tables_of(cluster, database):
    return cluster.sql("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND "
                       "relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname "
                       "LIKE 'pg_%%' OR nspname = 'information_schema')", database=database)


@pytest.mark.parametrize("what, text, patterns", FILES, ids=[row[0] for row in FILES])
def test_a_bad_task_file_is_refused_with_one_line(source, destination, untouched, run, tmp_path,
                                                  what, text, patterns):
    values = untouched
    file = tmp_path / "t.cfg"
    file.write_text(fill(text, **values))
    file.chmod(0o644 if "others may read" in what else 0o600)

    result = run("run", str(file))

    errors = error_lines(result)
    assert result.returncode == 1 and len(errors) == 1, result.stderr
    assert "what to do: " in errors[0] or "t.cfg:" in errors[0]
    for pattern in patterns:
        assert re.search(fill(pattern, **values), errors[0]), f"{pattern}: {errors[0]}"
    assert "secret" not in result.stdout + result.stderr
    assert source.sql("SELECT 1 FROM pg_replication_slots") == []
    assert tables_of(source, "untouched") == [("t",)] and tables_of(destination, "untouched") == []


@pytest.mark.parametrize("arguments", [[], ["fly"], ["run"], ["run", "--nonsense"], ["wait", "t"],
                                       ["wait", "t", "--for", "ever"], ["pause"],
                                       ["status", "--bogus"]])
def test_wrong_use_ends_with_2(run, arguments):
    result = run(*arguments)

    assert result.returncode == 2
    assert result.stderr


@pytest.mark.parametrize("arguments", [["pause", "t"], ["resume", "t"], ["add", "/nonexistent"],
                                       ["wait", "t", "--for", "consistent"]])
def test_a_command_without_a_supervisor_says_so_in_one_line(run, arguments):
    result = run(*arguments)

    assert result.returncode == 1
    assert len(error_lines(result)) == 1, result.stderr


def test_a_file_that_is_not_there(run):
    result = run("run", "/nonexistent/t.cfg")

    assert result.returncode == 1
    assert len(error_lines(result)) == 1 and "/nonexistent/t.cfg" in result.stderr


@pytest.fixture
def bad_worker():
    """Starts tests/support/bad_worker.c beside a task's own transform."""
    started = []

    def start(badness, task):
        started.append(subprocess.Popen(
            [bad_worker_program(), badness, "--supervisor",
             f"ipc://{task.state_dir}/control.sock", "--task", task.name],
            stderr=subprocess.DEVNULL))

    yield start
    for worker in started:
        worker.kill()
        worker.wait(10)


def bad_worker_program():
    return os.path.join(os.path.dirname(bin_dir()), "tests", "bad-worker")


def shop_task(source, destination, database, new_task, **settings):
    database(source, destination)
    source.sql("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'x')",
               database="shop")
    return new_task(source, destination, **settings)


def test_a_connection_that_is_lost_later_is_retried(source, destination, database, new_task):
    task = shop_task(source, destination, database, new_task).run()
    task.wait_consistent()

    source.stop()
    error = task.wait_state("retrying")["error"]
    assert error["kind"] == "connection" and "source" in error["message"]
    source.start()
    source.sql("INSERT INTO t VALUES (2, 'y')", database="shop")

    task.wait_caught_up()
    assert destination.value("SELECT count(*) FROM t", database="shop") == 2


def test_a_wrong_password_after_the_start_is_retried_until_it_is_right(source, destination,
                                                                       database, new_task, tmp_path):
    """Password files are read again at every connect."""
    task = shop_task(source, destination, database, new_task)
    password = tmp_path / "password"
    password.write_text("right\n")
    password.chmod(0o600)
    hba = os.path.join(destination.data, "pg_hba.conf")
    with open(hba) as file:
        trusting = file.read()
    destination.sql("ALTER ROLE postgres PASSWORD 'right'")
    try:
        task.write(destination={"conninfo": destination.conninfo("shop", host="127.0.0.1"),
                                "password_file": str(password)})
        with open(hba, "w") as file:
            file.write("local all all trust\nhost all all all scram-sha-256\n")
        destination.reload()
        task.run()
        task.wait_consistent()

        password.write_text("wrong\n")
        destination.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE application_name LIKE 'walferry%%'")
        source.sql("INSERT INTO t VALUES (2, 'y')", database="shop")
        status = task.wait_state("retrying")
        assert "destination" in str(status["error"])
        password.write_text("right\n")
        task.wait_caught_up()
    finally:
        with open(hba, "w") as file:
            file.write(trusting)
        destination.reload()

    assert "wrong" not in task.log_text() + task.stage_log()


@pytest.fixture
def small_disk(destination):
    """A tablespace of 40 MB at the destination; what is given makes it larger."""
    folder = os.path.join(destination.folder, "small")
    os.makedirs(folder, exist_ok=True)
    owner = os.stat(destination.folder)
    options = f"size=40m,mode=700,uid={owner.st_uid},gid={owner.st_gid}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder],
                             capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no tmpfs to be had here: {mounted.stderr.strip()}")
    try:
        destination.sql("DROP DATABASE IF EXISTS shop WITH (FORCE)")
        destination.sql(f"CREATE TABLESPACE small LOCATION '{folder}'")
        yield lambda: subprocess.run(["mount", "-o", "remount,size=400m", folder], check=True)
        destination.sql("DROP DATABASE IF EXISTS shop WITH (FORCE)")
        destination.sql("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_destination_that_runs_full_loses_nothing(source, destination, database, new_task,
                                                    small_disk):
    task = shop_task(source, destination, database, new_task)
    destination.sql("DROP DATABASE shop")
    destination.sql("CREATE DATABASE shop TABLESPACE small")
    task.run()
    task.wait_consistent()

    source.sql("INSERT INTO t SELECT g, repeat(md5(g::text), 10) FROM generate_series(2, 120000) g",
               database="shop")
    error = task.wait_state("retrying")["error"]
    assert "No space left on device" in error["message"]
    small_disk()
    task.wait_caught_up(90)

    assert destination.value("SELECT count(*) FROM t", database="shop") == 120_000


@pytest.mark.parametrize("badness, words", [("truncated", "truncated"),
                                            ("too-large", "too large"),
                                            ("newer", "version 2, this program reads 1"),
                                            ("lone", "1 frames instead of 2")])
def test_a_bad_batch_stops_the_task_with_one_line(source, destination, database, new_task, bad_worker,
                                                  badness, words):
    task = shop_task(source, destination, database, new_task).run()
    task.wait_consistent()

    bad_worker(badness, task)

    assert task.wait_end() == 1
    line, = task.errors()
    assert words in line and "from transform-" in line and "what to do: " in line
    source.sql("INSERT INTO t VALUES (2, 'y')", database="shop")
    task.run()
    task.wait_caught_up()
    assert destination.value("SELECT count(*) FROM t", database="shop") == 2


def test_check_changes_nothing_and_says_what_is_missing(source, destination, database, new_task):
    task = shop_task(source, destination, database, new_task)
    source.sql("CREATE UNLOGGED TABLE odd (a int)", database="shop")
    before = source.sql("SELECT nspname FROM pg_namespace ORDER BY 1", database="shop")

    result = task.cli("check", task.file, check=False)

    assert result.returncode == 1
    assert [line for line in result.stdout.splitlines() if "FAIL" in line and "odd" in line]
    assert source.sql("SELECT nspname FROM pg_namespace ORDER BY 1", database="shop") == before


def test_init_writes_a_file_that_run_accepts(source, destination, database, run, tmp_path):
    database(source, destination)
    source.sql("CREATE TABLE t (id int PRIMARY KEY)", database="shop")
    file = tmp_path / "made.cfg"

    made = run("init", "--source", source.conninfo("shop"), "--destination",
               destination.conninfo("shop"), "-o", str(file))
    checked = run("check", str(file))

    assert made.returncode == 0 and checked.returncode == 0, made.stderr + checked.stdout
