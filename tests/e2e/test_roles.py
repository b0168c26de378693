"""Roles that are no superusers: with the script that `walferry init` prints everything works."""

import json
import subprocess

import pytest

from harness import differences, program
from harness.cluster import client_program

SOURCE = """
CREATE SCHEMA sales AUTHORIZATION app;
SET ROLE app;
CREATE TABLE sales.orders (id serial PRIMARY KEY, v text);
CREATE TABLE sales.items (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                          "order" int REFERENCES sales.orders ON DELETE CASCADE, v text);
CREATE TABLE sales.log (v text);
CREATE TABLE sales.parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE sales.parts_1 PARTITION OF sales.parts FOR VALUES FROM (0) TO (1000);
INSERT INTO sales.orders (v) SELECT 'x' FROM generate_series(1, 100);
INSERT INTO sales.items ("order", v) SELECT g, 'y' FROM generate_series(1, 100) g;
INSERT INTO sales.log VALUES ('one'), ('two');
INSERT INTO sales.parts SELECT generate_series(1, 10);
"""
CHANGES = """
UPDATE sales.log SET v = 'three' WHERE v = 'one';
DELETE FROM sales.orders WHERE id < 50;
INSERT INTO sales.items ("order", v) VALUES (70, 'z');
UPDATE sales.parts SET id = id + 100;
TRUNCATE sales.log;
INSERT INTO sales.log VALUES ('four');
"""


def initialize(source, destination, *arguments):
    return subprocess.run([program("walferry"), "init", "--source",
                           source.conninfo("shop", "mover"), "--destination",
                           destination.conninfo("shop", "mover"), *arguments],
                          capture_output=True, text=True, timeout=60, check=True).stdout


def grants(source, destination):
    return json.loads(initialize(source, destination, "--json"))["grants"]


def run_script(cluster, script):
    subprocess.run([client_program("psql"), "-qX", "-v", "ON_ERROR_STOP=1", "-d",
                    cluster.conninfo("shop")], input=script, text=True, check=True, timeout=60)


def parts_of(script):
    """{"source": its statements, "destination": ...}"""
    found, side = {"source": [], "destination": []}, None
    for line in script.splitlines():
        if line.startswith("-- at the "):
            side = line.split()[3].rstrip(",")
        else:
            found[side].append(line)
    return {side: "\n".join(lines) for side, lines in found.items()}


@pytest.fixture
def strict(pair, database):
    """Both sides with the role mover, which may do nothing but log in; tables are those of app."""
    database(*pair)
    for cluster in pair:
        cluster.sql("CREATE ROLE mover LOGIN")
        cluster.sql("CREATE ROLE app")
    pair[0].sql(SOURCE, database="shop")
    for cluster in pair:
        cluster.sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC; "
                    "REVOKE CONNECT, TEMPORARY ON DATABASE shop FROM PUBLIC;"
                    "GRANT CONNECT ON DATABASE shop TO mover", database="shop")
    yield pair
    for cluster in pair:
        cluster.drop_slots()
        cluster.sql("DROP DATABASE IF EXISTS shop WITH (FORCE)")
        cluster.sql("REVOKE SET ON PARAMETER session_replication_role FROM mover")
        cluster.sql("DROP ROLE mover")
        cluster.sql("DROP ROLE app")


def task_of(strict, new_task, **settings):
    task = new_task(*strict, **settings)
    task.source, task.destination = (cluster.conninfo("shop", "mover") for cluster in strict)
    task.write(source={"heartbeat_ms": 100}, **settings)
    return task


def test_with_the_script_of_init_a_plain_role_does_everything(strict, new_task):
    source, destination = strict
    for cluster, script in zip(strict, parts_of(grants(*strict)).values()):
        run_script(cluster, script)
    assert grants(*strict) == ""
    task = task_of(strict, new_task)

    checked = task.cli("check", task.file, check=False)
    assert "FAIL" not in checked.stdout and checked.returncode == 0, checked.stdout
    task.run().wait_consistent()
    source.sql(CHANGES, database="shop", user="postgres")
    task.wait_caught_up()
    task.kill("loader")
    task.kill("capture")
    source.sql("INSERT INTO sales.orders (v) VALUES ('after')", database="shop")
    task.wait_caught_up()

    assert differences(source.conninfo("shop"), destination.conninfo("shop")) == []
    task.cli("compare", "t")
    task.cli("sequences", "t", "--apply")
    released = task.cli("release", "t")
    assert released.returncode == 0
    assert not source.sql("SELECT 1 FROM pg_publication", database="shop")
    assert not source.sql("SELECT 1 FROM pg_replication_slots")
    assert source.value("SELECT relreplident FROM pg_class WHERE relname = 'log'",
                        database="shop") == "d"
    for cluster in strict:
        assert cluster.value("SELECT to_regnamespace('walferry')", database="shop") is None
    assert not source.value("SELECT rolsuper FROM pg_roles WHERE rolname = 'mover'")


def test_tables_of_others_want_grants_and_their_owner_for_keys(strict, new_task):
    source, destination = strict
    destination.sql("CREATE SCHEMA sales AUTHORIZATION app; SET ROLE app;"
                    "CREATE TABLE sales.log (v text); GRANT SELECT ON sales.log TO mover",
                    database="shop")
    settings = {"existing_tables": "accept",
                "objects": ({"schema": "sales", "table": "log"},)}
    run_script(source, parts_of(grants(*strict))["source"])
    run_script(destination, parts_of(grants(*strict))["destination"])
    task = task_of(strict, new_task, **settings)

    closed = task.cli("check", task.file, check=False).stdout
    destination.sql("GRANT INSERT, UPDATE, DELETE, TRUNCATE ON sales.log TO mover",
                    database="shop")
    foreign = task.cli("check", task.file, check=False).stdout
    task.write(source={"heartbeat_ms": 100}, check={"ignore": ["destination.table_ownership"]},
               **settings)
    task.run().wait_consistent()
    source.sql(CHANGES, database="shop")
    task.wait_caught_up()

    assert 'GRANT INSERT, UPDATE, DELETE, TRUNCATE ON "sales"."log" TO mover;' in closed
    assert 'GRANT "app" TO mover;' in foreign and "FAIL" not in foreign
    assert destination.sql("SELECT v FROM sales.log", database="shop") == [("four",)]


def test_without_session_replication_role_nothing_may_act_there(strict, new_task):
    """Foreign keys are left out, and a trigger of the user's is refused, not fired."""
    source, destination = strict
    scripts = parts_of(grants(*strict))
    run_script(source, scripts["source"])
    run_script(destination, "\n".join(line for line in scripts["destination"].splitlines()
                                      if "session_replication_role" not in line))
    settings = {"existing_tables": "accept"}
    task = task_of(strict, new_task, **settings)

    warned = task.cli("check", task.file, check=False)
    settings["check"] = {"ignore": ["destination.session_replication_role"]}
    task.write(source={"heartbeat_ms": 100}, **settings)
    task.cli("check", task.file)
    task.run().wait_consistent()
    source.sql(CHANGES, database="shop")
    task.wait_caught_up()

    assert warned.returncode == 1 and "FAIL" not in warned.stdout
    assert "GRANT SET ON PARAMETER session_replication_role TO mover;" in warned.stdout
    assert differences(source.conninfo("shop"), destination.conninfo("shop")) == []
    assert not destination.sql("SELECT 1 FROM pg_constraint WHERE contype = 'f'", database="shop")
    assert 'FOREIGN KEY ("order") REFERENCES sales.orders' in task.log_text()

    destination.sql("CREATE TRIGGER stamp BEFORE UPDATE ON sales.items FOR EACH ROW EXECUTE "
                    "FUNCTION suppress_redundant_updates_trigger()", database="shop")
    task.stop()
    source.sql("UPDATE sales.items SET v = 'last'", database="shop")
    task.run()
    task.wait_end()

    assert any("sales.items" in line and "trigger stamp" in line for line in task.errors()), \
        task.log_text()


ACTING = {
    "trigger stamp": "CREATE TRIGGER stamp BEFORE UPDATE ON sales.log FOR EACH ROW EXECUTE "
                     "FUNCTION suppress_redundant_updates_trigger()",
    "rule no_delete": "CREATE RULE no_delete AS ON DELETE TO sales.log DO INSTEAD NOTHING",
    "foreign key refers": "ALTER TABLE sales.log ADD UNIQUE (v); CREATE TABLE sales.other "
                          "(v text CONSTRAINT refers REFERENCES sales.log (v))",
}


@pytest.mark.parametrize("what, statement", ACTING.items(), ids=ACTING)
def test_what_would_act_there_is_said_by_check(strict, new_task, what, statement):
    destination = strict[1]
    destination.sql("CREATE SCHEMA sales; CREATE TABLE sales.log (v text);"
                    f"{statement}; ALTER TABLE sales.log OWNER TO mover;"
                    "GRANT USAGE ON SCHEMA sales TO mover", database="shop")
    task = task_of(strict, new_task, existing_tables="accept",
                   objects=({"schema": "sales", "table": "log"},))

    said = [line for line in task.cli("check", task.file, check=False).stdout.splitlines()
            if "destination.acts" in line]

    assert len(said) == 1 and "FAIL" in said[0] and f"its {what} would act" in said[0]
