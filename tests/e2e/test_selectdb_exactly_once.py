"""Each row once in SelectDB, whatever is answered and whoever dies. Tables of both models; what is
compared here is simple enough to be counted by hand."""

import pytest

COPIED, CHANGED = 2000, 200
TABLES = f"""CREATE TABLE keyed (id int PRIMARY KEY, v text);
CREATE TABLE history (a int, b text);
INSERT INTO keyed SELECT g, 'copied' FROM generate_series(1, {COPIED}) g;
INSERT INTO history SELECT g, 'copied' FROM generate_series(1, {COPIED}) g"""

# A load's answer is lost, or it lies; the rows are there, or they are not; the label is forgotten.
FAULTS = [
    ("close", {"moment": "fe_headers"}),
    ("close", {"moment": "be_headers"}),
    ("close", {"moment": "be_body"}),
    ("close", {"moment": "be_done"}),
    ("fail", {"moment": "be_headers", "text": "[INTERNAL_ERROR]try later"}),
    ("fail", {"moment": "be_done", "text": "[THRIFT_RPC_ERROR]timeout"}),
    ("txn_limit", {}),
]


class Pair:
    """A task from its source into a simulator, with what must be there."""

    def __init__(self, source, simulator, task):
        self.source, self.simulator, self.task, self.rounds = source, simulator, task, 0

    def change(self):
        """One row each, so that a change counts as one row of the history."""
        first = 10_000 * (self.rounds + 1)
        for statement in (
                f"INSERT INTO keyed SELECT g, 'new' FROM generate_series({first}, {first + 99}) g",
                f"UPDATE keyed SET v = 'u{self.rounds}' WHERE id <= 100",
                f"DELETE FROM keyed WHERE id = {first + 5}",
                f"INSERT INTO history SELECT g, 'new' FROM generate_series(1, {CHANGED}) g"):
            self.source.sql(statement, database="shop")
        self.rounds += 1

    def check(self, seconds=120):
        self.task.wait_caught_up(seconds)
        wanted = sorted(map(tuple, self.source.sql("SELECT id, v FROM keyed", database="shop")))
        found = sorted((int(row[0]), row[1])
                       for row in self.simulator.sql("SELECT id, v FROM shop.keyed", "shop"))
        assert found == wanted
        count = self.simulator.count
        assert count("history", "_record_id = 0") == COPIED
        assert count("history", "_record_id > 0") == CHANGED * self.rounds


@pytest.fixture
def pair(source, database, new_task, simulator):
    def make(**settings):
        database(source)
        source.sql(TABLES, database="shop")
        there = simulator()
        task = new_task(source, there, destination={"reservoir_timeout_ms": 1000}, **settings)
        return Pair(source, there, task)

    return make


@pytest.mark.timeout(200)
@pytest.mark.parametrize("purged", [pytest.param(False, id="known", marks=pytest.mark.long),
                                    pytest.param(True, id="forgotten")])
@pytest.mark.parametrize("fault, match", FAULTS, ids=lambda v: v if isinstance(v, str) else
                         v.get("moment", ""))
def test_an_answer_that_says_nothing_costs_no_row(pair, fault, match, purged):
    p = pair()
    if purged:
        p.simulator.settings(label_num_threshold=1, cleaner_ms=50)
    for table in ("keyed", "history"):
        p.simulator.fault(fault, table=table, count=1, **match)
    p.task.run().wait_consistent(120)
    p.change()
    p.check()
    assert p.simulator.fired(fault) >= 2

    for table in ("keyed", "history"):
        p.simulator.fault(fault, table=table, count=1, **match)
    p.change()
    p.check()
    assert p.simulator.fired(fault) >= 4
    assert p.task.stop() == 0


@pytest.mark.timeout(200)
def test_loaders_that_are_killed_leave_no_row_behind_and_none_twice(pair):
    p = pair()
    p.task.run().wait_consistent(120)
    for _ in range(4):
        loads = len(p.simulator.journal(event="load"))
        p.change()
        p.task.wait_for(lambda s, n=loads: len(p.simulator.journal(event="load")) > n, 60)
        p.task.kill("loader")
    p.check()
    assert p.task.stop() == 0


@pytest.mark.timeout(200)
def test_a_destination_that_is_killed_and_comes_back_has_each_row_once(pair):
    p = pair()
    p.task.run().wait_consistent(120)
    p.change()
    p.simulator.kill()
    p.change()
    p.simulator.start()
    p.check()
    assert p.task.stop() == 0


@pytest.mark.timeout(200)
def test_a_supervisor_that_is_killed_goes_on_with_what_was_stored(pair):
    p = pair()
    p.task.run().wait_consistent(120)
    p.change()
    p.task.kill_run()
    p.change()
    p.task.run()
    p.check()
    assert p.task.stop() == 0
