"""Whoever is killed at whatever moment: nothing lost, doubled or out of order."""

import os

import pytest

from harness import program
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
@pytest.mark.parametrize("transforms, loaders", [(1, 1), (3, 2)])
def test_a_minute_of_kills_loses_and_doubles_nothing(chaos, transforms, loaders):
    run = chaos(seed=20240229, transforms=transforms, loaders=loaders)

    errors = run.run(seconds=60)

    print(run.summary())
    assert errors == []
    assert run.blind_spots() == []


@pytest.mark.timeout(300)
def test_the_same_run_finds_errors_when_the_position_is_not_written(chaos):
    """A test of the test: without the progress row rows are applied twice."""
    run = chaos(seed=7, environment={"WALFERRY_FAILPOINT": "loader.progress_write:1:skip"})

    errors = run.run(seconds=30, catch_up=30)

    assert any("doubled" in error or "only in the destination" in error or "rows;" in error
               for error in errors), errors


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed, transforms, loaders", [(1, 1, 1), (2, 3, 2), (3, 2, 1)])
def test_ten_minutes_of_kills_lose_and_double_nothing(chaos, seed, transforms, loaders):
    run = chaos(seed=seed, transforms=transforms, loaders=loaders)

    errors = run.run(seconds=600, catch_up=300)

    print(run.summary())
    assert errors == []
