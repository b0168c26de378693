"""What cannot be made at the destination is refused, or left out, by name."""

import os

import pytest

from conftest import cluster_or_skip


@pytest.fixture(scope="module")
def newer():
    with cluster_or_skip(18) as cluster:
        yield cluster


@pytest.mark.parametrize("table, words", [
    ("CREATE TABLE t (id int PRIMARY KEY, v int GENERATED ALWAYS AS (id + 1) VIRTUAL)",
     "column v is a virtual generated column"),
    ("CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v > 0) NOT ENFORCED)",
     "constraint t_v_check is NOT ENFORCED"),
    ("CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL NO INHERIT)",
     "NOT NULL of column v is NO INHERIT"),
])
def test_what_an_older_destination_does_not_know_is_said(newer, destination, database, new_task,
                                                         table, words):
    database(newer, destination)
    newer.sql(table, database="shop")
    task = new_task(newer, destination).run()

    assert task.wait_end() == 1
    line, = task.errors()
    assert words in line and "object: public.t" in line and "what to do: " in line
    assert destination.value("SELECT to_regclass('public.t')", database="shop") is None


def check_lines(task, level):
    return [line for line in task.cli("check", task.file, check=False).stdout.splitlines()
            if line.startswith(level)]


@pytest.fixture
def tablespace(source):
    folder = os.path.join(source.folder, "elsewhere")
    os.makedirs(folder, exist_ok=True)
    owner = os.stat(source.folder)
    os.chown(folder, owner.st_uid, owner.st_gid)
    source.sql(f"CREATE TABLESPACE elsewhere LOCATION '{folder}'")
    yield "elsewhere"
    source.drop_slots()
    source.create_database("shop")
    source.sql("DROP TABLESPACE elsewhere")


def test_a_tablespace_is_left_out_with_a_warning(tablespace, source, destination, database, new_task):
    database(source, destination)
    source.sql(f"CREATE TABLE t (id int PRIMARY KEY, v int) TABLESPACE {tablespace};"
               f"CREATE TABLE u (id int PRIMARY KEY USING INDEX TABLESPACE {tablespace})",
               database="shop")
    task = new_task(source, destination)

    lines = check_lines(task, "warn")
    task.write(check={"ignore": ["table.not_copied.tablespace"]})
    task.run()
    task.wait_consistent()

    assert len(lines) == 2 and all("tablespace elsewhere" in x for x in lines), lines
    assert any("public.t " in line for line in lines) and any("u_pkey" in line for line in lines)
    assert destination.value("SELECT count(*) FROM pg_class WHERE reltablespace <> 0 AND NOT relisshared",
                             database="shop") == 0
    task.cli("release", task.name)


def test_tables_that_are_no_heap_or_unlogged_are_refused_by_name(source, destination, database,
                                                                 new_task):
    database(source, destination)
    source.sql("CREATE ACCESS METHOD other TYPE TABLE HANDLER heap_tableam_handler;"
               "CREATE TABLE t (id int PRIMARY KEY) USING other;"
               "CREATE UNLOGGED TABLE u (id int PRIMARY KEY)", database="shop")
    task = new_task(source, destination)

    lines = check_lines(task, "FAIL")

    assert any("public.t" in line and "stored by other, not heap" in line for line in lines), lines
    assert any("public.u" in line and "write-ahead log" in line for line in lines), lines
    assert task.run().wait_end() == 1
