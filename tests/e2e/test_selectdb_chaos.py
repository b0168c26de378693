"""Whoever is killed at whatever moment, and whatever SelectDB answers: nothing lost or doubled."""

import pytest

from harness.selectdb_chaos import SelectdbChaos

# Of the simulator's, for any load: (kind, more).
FAULTS = [(kind, {"moment": moment})
          for kind in ("close", "reset", "http_status", "purge_labels")
          for moment in ("fe_headers", "be_headers", "be_begun", "be_body", "be_end", "be_done", "state")]
FAULTS += [(kind, {}) for kind in ("close_after_307", "redirect_dead_port", "no_backend", "e235", "txn_limit", "memory",
                                   "lock_timeout", "reply_and_close", "reply_and_read")]


@pytest.fixture
def chaos(source, simulator):
    runs = []

    def make(**more):
        runs.append(SelectdbChaos(source, simulator(database="shop"), faults=FAULTS, **more))
        return runs[-1]

    yield make
    for run in runs:
        run.remove()
    if source.process is None:
        source.start()
    source.drop_slots()


@pytest.mark.timeout(400)
def test_kills_and_faults_lose_and_double_nothing(chaos):
    run = chaos(seed=20240229)

    errors = run.run(seconds=40, catch_up=200)

    print(run.summary())
    assert errors == []
    assert run.fired()


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed, loaders", [(1, 1), (2, 2)])
def test_minutes_of_kills_and_faults_lose_and_double_nothing(chaos, seed, loaders):
    run = chaos(seed=seed, loaders=loaders, transforms=loaders)

    errors = run.run(seconds=300, catch_up=300)

    print(run.summary())
    assert errors == []
    assert run.blind_spots() == []
