"""Values of hundreds of megabytes, copied and streamed, within three times the largest row."""

import pytest
from harness.memory import MB, Peaks

BASE = 100 * MB  # what a stage takes without any large row

TABLES = """
CREATE TABLE keyed (id int PRIMARY KEY, n int, t text, b bytea);
CREATE TABLE keyless (n int, b bytea);
ALTER TABLE keyed ALTER t SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL;
ALTER TABLE keyless ALTER b SET STORAGE EXTERNAL;
"""

DIGESTS = {
    "keyed": "SELECT id, n, md5(t), length(t), md5(b), length(b) FROM keyed ORDER BY id",
    "keyless": "SELECT n, md5(b), length(b) FROM keyless ORDER BY n",
}


def text(size):
    return f"repeat('0123456789', {size // 10})"


def data(size):
    return f"({text(size)})::bytea"


@pytest.fixture
def large(source, destination, database, new_task):
    """Begins a task with these rows and makes the changes; then both sides are equal, and no stage
    has held more than three times the largest row."""

    def tell(size, rows, *changes):
        database(source, destination)
        source.sql(TABLES + rows, database="shop")
        task = new_task(source, destination)

        with Peaks(task) as peaks:
            task.run()
            task.wait_consistent(600)
            for change in changes:
                source.sql(change, database="shop")
                task.wait_caught_up(600)

        for table, digest in DIGESTS.items():
            assert source.sql(digest, database="shop") == \
                destination.sql(digest, database="shop"), table
        assert all(used < 3 * size + BASE for used in peaks.peak.values()), peaks.peak

    return tell


@pytest.mark.timeout(300)
def test_values_of_300_megabytes_are_copied_and_streamed(large):
    size = 300 * MB
    large(size, f"INSERT INTO keyed VALUES (1, 1, 'a', {data(size)})",
          "UPDATE keyed SET n = 2",
          "UPDATE keyed SET id = id + 10",
          f"INSERT INTO keyless VALUES (1, {data(size)})",
          "UPDATE keyless SET n = 3")


@pytest.mark.timeout(300)
def test_many_large_rows_in_a_row_do_not_add_up(large):
    size = 40 * MB
    large(size, f"INSERT INTO keyed SELECT g, 1, 'a', {data(size)} FROM generate_series(1, 6) g",
          f"INSERT INTO keyed SELECT g, 1, {text(size)}, NULL FROM generate_series(11, 16) g",
          "UPDATE keyed SET id = id + 100",
          f"INSERT INTO keyless SELECT 1, {data(20 * MB)} FROM generate_series(1, 3)",
          "INSERT INTO keyless VALUES (1, NULL)",
          "UPDATE keyless SET n = 2 WHERE ctid = (SELECT min(ctid) FROM keyless)",
          "UPDATE keyless SET b = b || '\\x00' WHERE n = 2",
          "DELETE FROM keyless WHERE n = 1 AND ctid = (SELECT min(ctid) FROM keyless WHERE n = 1)")


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_values_of_900_megabytes_are_copied_and_streamed(large):
    size = 900 * MB
    large(size, f"INSERT INTO keyed VALUES (1, 1, 'a', {data(size)})",
          f"INSERT INTO keyed VALUES (2, 1, {text(size)}, NULL)",
          "UPDATE keyed SET n = 2",
          "UPDATE keyed SET id = id + 10",
          f"INSERT INTO keyless VALUES (1, {data(size)})",
          "UPDATE keyless SET n = 3")


def failed(task):
    status = task.wait_state("failed", 600)
    return status["error"]


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_an_update_that_the_source_cannot_send_stops_the_task_with_its_position(source, destination,
                                                                                database, new_task):
    """The row before and the row after do not fit into one message of 1 GB."""
    database(source, destination)
    source.sql(TABLES, database="shop")
    task = new_task(source, destination).run()
    task.wait_consistent()

    source.sql(f"INSERT INTO keyless VALUES (1, {data(600 * MB)})", database="shop")
    source.sql("UPDATE keyless SET b = b || 'x'", database="shop")

    error = failed(task)
    assert error["kind"] == "data" and "1 GB" in error["hint"], error
    assert "/" in error["position"], error


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_copied_row_that_is_too_large_as_text_stops_the_task_by_name(source, destination, database,
                                                                       new_task):
    """regclass is copied as text, and so is all of its table: a bytea then takes twice its size."""
    database(source, destination)
    source.sql(TABLES + "ALTER TABLE keyed ADD r regclass;"
               f"INSERT INTO keyed VALUES (1, 1, 'a', {data(600 * MB)})", database="shop")

    error = failed(new_task(source, destination).run())

    assert error["object"] == "public.keyed" and "1 GB" in error["hint"], error
