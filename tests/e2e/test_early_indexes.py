"""Keys and indexes of a table are made as soon as its rows are there, while others are copied."""

import pytest

from harness import differences, wait_until

TABLES = """CREATE TABLE large (id int PRIMARY KEY, v text);
CREATE INDEX large_v ON large (v);
INSERT INTO large SELECT g, repeat('x', 800) || g FROM generate_series(1, 50000) g;
CREATE TABLE small (id int PRIMARY KEY, v text);
INSERT INTO small VALUES (1, 'one')"""


@pytest.fixture
def held(source, destination, database, new_task):
    """A task whose copy of the small table waits for a lock of ours."""
    database(source, destination)
    source.sql(TABLES, database="shop")
    task = new_task(source, destination, stages={"copy": 1}).run()
    wait_until(lambda: destination.value("SELECT to_regclass('small')", database="shop"))
    holder = destination.connect("shop")
    holder.cursor().execute("LOCK small")
    yield task, holder
    holder.close()


def made(destination):
    return destination.value("SELECT count(*) FROM pg_index WHERE indrelid = 'large'::regclass "
                             "AND indisvalid", database="shop")


@pytest.mark.parametrize("killed", [None, "schema", "supervisor"])
def test_a_copied_table_is_indexed_before_the_copy_ends(source, destination, held, killed):
    task, holder = held
    if killed == "schema":
        wait_until(lambda: task.kill("schema"), 30, "the indexes are begun")
    wait_until(lambda: made(destination) == 2, 60, "the large table has its indexes")
    assert task.status()["phase"] == "copy"
    if killed == "supervisor":
        task.kill_run()
        task.run()

    holder.rollback()
    task.wait_consistent()
    assert made(destination) == 2
    assert destination.value("SELECT count(*) FROM pg_index WHERE indrelid = 'small'::regclass",
                             database="shop") == 1
    assert differences(source.conninfo("shop"), destination.conninfo("shop")) == []
