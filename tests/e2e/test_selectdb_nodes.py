"""BE nodes come and go and the FE restarts while a task runs: nothing is lost or doubled."""

import pytest

from harness import wait_until

TABLES = """CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE keyless (v int);
INSERT INTO t SELECT g, 'x' FROM generate_series(1, 100) g; INSERT INTO keyless SELECT generate_series(1, 100)"""


def write(story, number):
    story.apply(f"INSERT INTO t VALUES ({1000 + number}, 'new')", f"UPDATE t SET v = '{number}' WHERE id <= 50",
                f"INSERT INTO keyless SELECT generate_series({number * 1000}, {number * 1000 + 99})")


@pytest.mark.timeout(240)
def test_backends_are_lost_and_found(selectdb_story):
    story = selectdb_story(TABLES)
    for number, lost in enumerate((1, 2, 1, 2)):
        story.selectdb.kill_backend(lost)
        write(story, number)
        story.check()
        story.selectdb.start_backend(lost)
    write(story, 9)

    story.check()


@pytest.mark.timeout(240)
def test_without_any_backend_it_waits(selectdb_story):
    story = selectdb_story(TABLES)
    for number in (1, 2):
        story.selectdb.kill_backend(number)
    before = len(story.selectdb.journal())
    write(story, 1)
    wait_until(lambda: any(line.get("table") == "t" for line in story.selectdb.journal()[before:]), 60,
               "a load that finds no back end")
    assert story.selectdb.count("t", "id >= 1000") == 0
    for number in (1, 2):
        story.selectdb.start_backend(number)

    story.check(120)


@pytest.mark.timeout(240)
def test_the_frontend_restarts(selectdb_story):
    story = selectdb_story(TABLES)
    for number in range(3):
        write(story, number)
        story.selectdb.restart_frontend()
        story.check()


@pytest.mark.timeout(240)
def test_all_of_it_dies_and_comes_back(selectdb_story):
    story = selectdb_story(TABLES)
    for number in range(3):
        write(story, number)
        story.selectdb.kill()
        write(story, number + 10)
        story.selectdb.start()
        story.check()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("role", ["loader", "supervisor"])
def test_the_loader_dies_while_it_loads(selectdb_story, role):
    """A slow destination, so that a load is under way whenever it dies."""
    story = selectdb_story(TABLES)
    story.selectdb.settings(bandwidth=20000)
    for number in range(4):
        write(story, number)
        story.task.kill_run() if role == "supervisor" else story.task.kill(role)
        story.task.running() or story.task.run()
    story.selectdb.settings(bandwidth=0)

    story.check()
