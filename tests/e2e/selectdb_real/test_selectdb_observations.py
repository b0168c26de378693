"""Every observation, as the reference expects it: of each profile of the simulator, and of a real
cluster where the environment names one (README.md)."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import observe_http  # noqa: E402, F401  (they register themselves)
import observe_rows  # noqa: E402, F401
from harness.programs import program  # noqa: E402
from harness.selectdb import SelectDb  # noqa: E402
from harness.simulator import PROFILES, Simulator  # noqa: E402
from stand import OBSERVATIONS, Stand  # noqa: E402

REAL = "real cluster"


@pytest.fixture(scope="module", params=[*PROFILES, REAL])
def stand(request):
    if request.param == REAL:
        cluster = SelectDb.real()
        if not cluster:
            pytest.skip("no real cluster is named; see README.md")
        yield Stand(cluster, os.environ.get("WALFERRY_SELECTDB_PROFILE", "selectdb-cloud"))
        return
    if not os.access(program("walferry-selectdb-sim"), os.X_OK):
        pytest.skip("walferry-selectdb-sim is not built")
    with Simulator(request.param, password="conformance") as simulator:
        yield Stand(simulator, request.param)


@pytest.mark.parametrize("observation", OBSERVATIONS, ids=lambda o: o.name)
def test_is_as_the_reference_says(stand, observation):
    assert observation.look(stand) == observation.wanted(stand.profile), observation.source
