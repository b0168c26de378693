"""Partitions that come and go while the task runs stop it, until DDL is handled, with a clear word."""

import pytest

TABLES = """
CREATE TABLE days (id int, day date, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE days_24 PARTITION OF days FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE days_25 PARTITION OF days FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE apart (id int, day date, v text, PRIMARY KEY (id, day));
CREATE TABLE other (id int PRIMARY KEY);
INSERT INTO days SELECT g, '2024-12-01'::date + g, 'd' FROM generate_series(1, 60) g;
"""

# What happens at the source, and the table that the error names.
CHANGES = {
    "a new partition with rows": (
        "CREATE TABLE days_26 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
        "INSERT INTO days VALUES (900, '2026-05-05', 'new')", "public.days_26"),
    "a new partition without rows": (
        "CREATE TABLE days_26 PARTITION OF days DEFAULT", "public.days_26"),
    "a table of the task is attached": (
        "ALTER TABLE days ATTACH PARTITION apart FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
        "INSERT INTO days VALUES (900, '2026-05-05', 'new')", "public.apart"),
    "a partition is detached": (
        "ALTER TABLE days DETACH PARTITION days_25; INSERT INTO days_25 VALUES (901, '2025-05-05')",
        "public.days_25"),
    "a partition is dropped": ("DROP TABLE days_25", "public.days_25"),
    "a partition is given other bounds": (
        "BEGIN; ALTER TABLE days DETACH PARTITION days_25; ALTER TABLE days ATTACH PARTITION days_25 "
        "FOR VALUES FROM ('2025-01-01') TO ('2027-01-01'); COMMIT", "public.days_25"),
}


QUICK = {"a new partition with rows", "a partition is detached"}


@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=[] if what in QUICK else pytest.mark.long) for what in CHANGES])
def test_a_changed_partition_stops_the_task_by_name(story, what):
    change, table = CHANGES[what]
    told = story(TABLES)

    told.apply(*change.split(";") if "BEGIN" not in change else [change])
    status = told.task.wait_state("failed")

    assert status["error"]["object"] == table
    assert "partition" in status["error"]["message"] and "release" in status["error"]["hint"]


def test_what_changed_while_it_was_stopped_is_noticed_and_may_be_undone(story):
    told = story(TABLES)
    assert told.task.stop() == 0
    told.apply("CREATE TABLE days_26 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
               "INSERT INTO days VALUES (900, '2026-05-05', 'new')")

    told.task.run()
    status = told.task.wait_state("failed")
    assert status["error"]["object"] == "public.days_26"
    told.task.stop()

    told.apply("DROP TABLE days_26", "INSERT INTO days VALUES (901, '2025-05-05', 'more')")
    told.task.run()
    told.task.wait_consistent()
    told.check()


def test_partitions_of_other_tables_are_nobodys_business(story):
    told = story(TABLES + "CREATE SCHEMA mine; CREATE TABLE mine.p (id int) PARTITION BY LIST (id);",
                 objects=({"schema": "public"},))

    told.apply("CREATE TABLE mine.p1 PARTITION OF mine.p FOR VALUES IN (1)",
               "INSERT INTO mine.p VALUES (1)", "INSERT INTO days VALUES (902, '2025-05-05')")
    told.task.wait_caught_up()

    assert told.task.running()
