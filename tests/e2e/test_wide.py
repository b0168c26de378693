"""Tables of as many columns as there can be."""

import pytest

from harness import differences

COLUMNS = 1600


def name_of(number):
    return f'"{"column " * 7} {number:05}"'


def script(table, key):
    columns = ", ".join(f"{name_of(number)} int" for number in range(COLUMNS))
    rows = ", ".join(f"n + {number}" if number < 1500 else "NULL" for number in range(COLUMNS))
    return (f"CREATE TABLE {table} ({columns}{key}); "
            f"INSERT INTO {table} SELECT {rows} FROM generate_series(1, 100) n;")


@pytest.fixture
def wide(one_pair, database, new_task):
    source, destination = one_pair
    database(source, destination)
    # a key of its own takes no column
    source.sql(script("keyed", f", PRIMARY KEY ({name_of(0)})") + script("keyless", ""), database="shop")
    task = new_task(source, destination).run()
    task.wait_for(lambda s: s["consistent"] or s["error"])
    return source, destination, task


STEPS = {
    "one column of one row": f"UPDATE %s SET {name_of(1599)} = 1 WHERE {name_of(0)} = 5",
    "one column of many": f"UPDATE %s SET {name_of(800)} = -1 WHERE {name_of(0)} < 70",
    "rows that come": f"INSERT INTO %s ({name_of(0)}, {name_of(7)}) SELECT n, n FROM generate_series(1001, 1080) n",
    "a key that changes": f"UPDATE %s SET {name_of(0)} = -1 WHERE {name_of(0)} = 9",
    "keys that change": f"UPDATE %s SET {name_of(0)} = -{name_of(0)} - 100 WHERE {name_of(0)} > 1000",
    "rows that go": f"DELETE FROM %s WHERE {name_of(0)} < 0 OR {name_of(0)} > 30",
}


def test_tables_of_1600_columns_in_copy_and_stream(wide):
    source, destination, task = wide
    assert differences(source.conninfo("shop"), destination.conninfo("shop"), shape=True) == []

    for what, statement in STEPS.items():
        for table in ("keyed", "keyless"):
            source.sql(statement % table, database="shop")
        task.wait_caught_up()
        assert differences(source.conninfo("shop"), destination.conninfo("shop")) == [], what
    task.cli("compare", task.name)
    assert task.faults() == [] and task.errors() == []
