"""`walferry compare` sees a byte, a row too few and a row too many."""

import json

import pytest


@pytest.fixture
def task(source, destination, database, new_task):
    database(source, destination)
    source.sql("CREATE TABLE keyed (id int PRIMARY KEY, v text); "
               "INSERT INTO keyed SELECT g, repeat('x', 3000) || g FROM generate_series(1, 500) g; "
               "CREATE TABLE keyless (v text); INSERT INTO keyless VALUES ('a'), ('a'), ('b'); "
               "CREATE TABLE same (id int PRIMARY KEY)", database="shop")
    task = new_task(source, destination).run()
    task.wait_consistent()
    return task


def compared(task):
    result = task.cli("compare", task.name, "--json", check=False)
    tables = json.loads(result.stdout)["tables"]
    return result, sorted(f"{table['schema']}.{table['table']}" for table in tables if not table["equal"])


@pytest.mark.parametrize("table, change", [
    ("keyed", "UPDATE keyed SET v = overlay(v placing 'y' from 2000) WHERE id = 250"),
    ("keyed", "DELETE FROM keyed WHERE id = 500"),
    ("keyed", "INSERT INTO keyed VALUES (501, 'x')"),
    ("keyed", "UPDATE keyed SET v = NULL WHERE id = 1"),
    ("keyless", "INSERT INTO keyless VALUES ('a')"),
    ("keyless", "DELETE FROM keyless WHERE v = 'b'"),
    ("keyless", "UPDATE keyless SET v = 'a' WHERE v = 'b'"),
], ids=["byte", "missing", "extra", "null", "double", "missing-keyless", "moved"])
def test_a_difference_is_found_and_named(task, destination, table, change):
    assert compared(task)[1] == []

    destination.sql(change, database="shop")

    result, different = compared(task)
    assert result.returncode == 1 and different == [f"public.{table}"]
    assert f"public.{table}" in result.stderr and "public.same" not in result.stderr
