"""Stages are killed in the middle of a mapped task; at the end nothing is lost, doubled or unmapped."""

import json
import threading

import pytest

from harness.mapped import mapped_differences

TABLES = """
CREATE SCHEMA sales;
CREATE TABLE sales.orders (id int PRIMARY KEY, note text, secret text, n int);
CREATE TABLE sales.log (at int, secret text, v text);
INSERT INTO sales.orders SELECT g, 'note ' || g, 'secret', 0 FROM generate_series(1, 60000) g;
INSERT INTO sales.log SELECT g, 'secret', 'v' || g % 10 FROM generate_series(1, 2000) g;
"""

OBJECTS = (
    {"schema": "sales", "to_schema": "dw"},
    {"schema": "sales", "table": "orders", "to_table": "sale",
     "columns": ({"name": "note", "to": "remark"}, {"name": "secret", "skip": True})},
    {"schema": "sales", "table": "log",
     "columns": ({"name": "secret", "skip": True}, {"name": "v", "to": "at"},
                 {"name": "at", "to": "v"})})

PLACES = [("sales.orders", "dw.sale", {"id": "id", "note": "remark", "n": "n"}),
          ("sales.log", "dw.log", {"at": "v", "v": "at"})]


class Writer(threading.Thread):
    """Transactions over both tables until it is told to stop."""

    def __init__(self, source):
        super().__init__(daemon=True)
        self.connection, self.ended, self.error = source.connect("shop"), threading.Event(), None
        self.rounds = 0

    def run(self):
        try:
            cursor = self.connection.cursor()
            while not self.ended.is_set():
                self.rounds += 1
                at = self.rounds * 7 % 60000
                cursor.execute("UPDATE sales.orders SET n = n + 1, secret = 's' WHERE id BETWEEN %s AND %s",
                               (at, at + 5))
                cursor.execute("INSERT INTO sales.log VALUES (%s, 's', 'w')", (self.rounds,))
                cursor.execute("DELETE FROM sales.orders WHERE id = %s", (at + 3,))
                cursor.execute("INSERT INTO sales.orders VALUES (%s, 'again', 's', 1)", (at + 3,))
                self.connection.commit()
        except Exception as error:  # noqa: BLE001, told by the test
            self.error = error
        finally:
            self.connection.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("loaders", [1, 2])
def test_kills_in_a_mapped_task(pair, database, new_task, loaders):
    source, destination = pair
    database(source, destination)
    source.sql(TABLES, database="shop")
    task = new_task(source, destination, objects=OBJECTS,
                    stages={"loader": loaders, "transform": 2})
    writer = Writer(source)
    writer.start()

    task.run(WALFERRY_FAILPOINT="copy.batch:2")  # every copy process ends with its second batch
    for role in ("copy", "loader", "transform", "schema"):
        task.kill(role)
    task.wait_for(lambda s: s["tables"]["total"] == 2, what="planned")
    task.kill_run()
    task.run().wait_consistent(120)
    for role in ("loader", "transform", "capture", "loader", "transform"):
        before = writer.rounds
        task.kill(role)
        task.wait_for(lambda s: writer.rounds > before + 20 and s["state"] == "running", 60)
    task.kill_run()
    task.run()
    task.wait_for(lambda s: s["state"] == "running")
    writer.ended.set()
    writer.join(30)
    task.wait_caught_up(120)

    assert writer.error is None and writer.rounds > 100
    assert mapped_differences(source, destination, PLACES) == []
    assert json.loads(task.cli("compare", task.name, "--json").stdout)["equal"]
    columns = destination.value("SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute "
                                "WHERE attrelid = 'dw.log'::regclass AND attnum > 0", database="shop")
    assert columns == "v,at"
