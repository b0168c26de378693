"""Whoever is killed at whatever moment: nothing lost, doubled or out of order."""

import os
import signal

import pytest

from harness import differences, program, wait_until
from harness.chaos import Chaos


@pytest.fixture
def chaos(source, destination):
    if not os.access(program("walferry"), os.X_OK):
        pytest.skip(f"{program('walferry')} is not built")
    runs = []

    def make(**more):
        runs.append(Chaos(source, destination, **more))
        return runs[-1]

    yield make
    for run in runs:
        run.remove()
    for cluster in (source, destination):
        if cluster.process is None:
            cluster.start()
    source.drop_slots()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("transforms, loaders, seconds", [(1, 1, 60), (3, 2, 40)])
def test_a_minute_of_kills_loses_and_doubles_nothing(chaos, transforms, loaders, seconds):
    run = chaos(seed=20240229, transforms=transforms, loaders=loaders)

    errors = run.run(seconds=seconds)

    print(run.summary())
    assert errors == []
    assert run.blind_spots() == []


@pytest.mark.timeout(300)
def test_the_same_run_finds_errors_when_the_position_is_not_written(chaos):
    """A test of the test. The task itself may notice first, by what the destination says of it."""
    run = chaos(seed=7, environment={"WALFERRY_FAILPOINT": "loader.progress_write:1:skip"})

    errors = run.run(seconds=30, catch_up=30)

    noticed = ("torn or doubled", "only in the destination", "is older than what was applied",
               "hole in the stream")
    assert any(word in error for word in noticed for error in errors), errors


@pytest.mark.timeout(120)
@pytest.mark.parametrize("written", [False, True], ids=["not written", "written"])
def test_rows_are_doubled_when_the_position_is_not_written(source, destination, database, new_task,
                                                           written):
    """Nobody but the destination knows what was applied when the supervisor heard nothing of it."""
    database(source, destination)
    source.sql("CREATE TABLE keyless (v int)", database="shop")
    skip = {} if written else {"WALFERRY_FAILPOINT": "loader.progress_write:1:skip"}
    task = new_task(source, destination, environment=skip)
    task.run().wait_consistent()

    task.kill("supervisor", sent=signal.SIGSTOP)
    source.sql("INSERT INTO keyless SELECT generate_series(1, 100)", database="shop")
    wait_until(lambda: destination.value("SELECT count(*) FROM keyless", database="shop") == 100)
    task.kill_run()
    task.run()
    source.sql("INSERT INTO keyless VALUES (101)", database="shop")
    task.wait_caught_up()

    rows = destination.value("SELECT count(*) FROM keyless", database="shop")
    assert rows == (101 if written else 201)
    assert (differences(source.conninfo("shop"), destination.conninfo("shop")) == []) == written


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed, transforms, loaders", [(1, 1, 1), (2, 3, 2), (3, 2, 1)])
def test_ten_minutes_of_kills_lose_and_double_nothing(chaos, seed, transforms, loaders):
    run = chaos(seed=seed, transforms=transforms, loaders=loaders)

    errors = run.run(seconds=600, catch_up=300)

    print(run.summary())
    assert errors == []
