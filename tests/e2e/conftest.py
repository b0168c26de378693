"""Servers for a session, databases and tasks for a test, and a time limit on everything."""

import os
import signal
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import Cluster, Simulator, Story, Task, find_servers, program  # noqa: E402
from harness.selectdb_story import SelectdbStory  # noqa: E402

EVERYTHING = bool(os.environ.get("WALFERRY_TEST_ALL"))
VERSIONS = (15, 16, 17, 18) if EVERYTHING else (15, 18)


def pytest_configure(config):
    config.addinivalue_line("markers", "timeout(seconds): instead of 120")
    config.addinivalue_line("markers", "long: only with ./dev test --all")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("long") and not EVERYTHING:
            item.add_marker(pytest.mark.skip(reason="only in ./dev test --all"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """Raises in the main thread when a test takes too long, fixtures included."""
    marker = item.get_closest_marker("timeout")
    seconds = marker.args[0] if marker else 120

    def too_long(*_):
        signal.alarm(30)  # and its clean-up, too, is not to hang
        pytest.fail(f"took more than {seconds} s")

    old = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, old)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failed test shows the end of its tasks' logs."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for task in getattr(item, "walferry_tasks", []):
            report.sections.append((f"log of {task.name}", task.log_tail()))


def cluster_or_skip(version, **settings):
    if version not in find_servers():
        pytest.skip(f"no server of version {version} on this machine")
    return Cluster(version, settings).start()


@pytest.fixture(scope="session", autouse=True)
def templates():
    yield
    Cluster.remove_templates()


@pytest.fixture(scope="session", params=VERSIONS, ids=lambda v: f"pg{v}")
def server(request):
    """One server of each version, for tests about PostgreSQL itself."""
    with cluster_or_skip(request.param) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def source():
    with cluster_or_skip(15) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def destination():
    with cluster_or_skip(15) as cluster:
        yield cluster


@pytest.fixture(scope="session", params=VERSIONS, ids=lambda v: f"pg{v}")
def pair(request):
    """(source, destination) of one version."""
    with cluster_or_skip(request.param) as left, cluster_or_skip(request.param) as right:
        yield left, right


@pytest.fixture(scope="session", params=VERSIONS if EVERYTHING else VERSIONS[:1], ids=lambda v: f"pg{v}")
def one_pair(request):
    """The same for what no version does otherwise: of one of them, of all only in ./dev test --all."""
    with cluster_or_skip(request.param) as left, cluster_or_skip(request.param) as right:
        yield left, right


@pytest.fixture
def database(request):
    """Makes a fresh database of a name on the clusters given; slots in them go at the end."""
    used = []

    def make(*clusters, name="shop"):
        for cluster in clusters:
            cluster.create_database(name)
            used.append(cluster)
        return name

    yield make
    for cluster in used:
        if cluster.process and cluster.process.poll() is None:
            cluster.drop_slots()


@pytest.fixture
def new_task(request):
    """Makes tasks between two clusters' databases; they end with the test."""
    if not os.access(program("walferry"), os.X_OK):
        pytest.skip(f"{program('walferry')} is not built")
    tasks = request.node.walferry_tasks = []

    def make(source, destination, /, database="shop", **settings):
        # A quick heartbeat makes `wait --for caught-up` quick.
        settings["source"] = {"heartbeat_ms": 100, **settings.get("source", {})}
        there = destination.conninfo(database) if isinstance(destination, Cluster) \
            else destination.destination(database)
        task = Task(source.conninfo(database), there, **settings)
        tasks.append(task)
        return task

    yield make
    for task in tasks:
        task.remove()


@pytest.fixture
def story(pair, database, new_task):
    """Begins a task over tables and rows, consistent and equal. `there`: what the destination has
    already, which is then accepted."""
    source, destination = pair

    def begin(tables, there=None, **settings):
        database(source, destination)
        source.sql(tables, database="shop")
        if there:
            destination.sql(there, database="shop")
            settings["existing_tables"] = "accept"
        task = new_task(source, destination, **settings).run()
        task.wait_consistent()
        told = Story(source, destination, task)
        assert told.differences() == []
        return told

    return begin


@pytest.fixture
def simulator():
    """Makes simulators of SelectDB, which have the database that tables go to."""
    if not os.access(program("walferry-selectdb-sim"), os.X_OK):
        pytest.skip(f"{program('walferry-selectdb-sim')} is not built")
    made = []

    def make(profile="selectdb-cloud", database="shop", **more):
        made.append(Simulator(profile, **more))
        made[-1].start()
        made[-1].create_database(database)
        return made[-1]

    yield make
    for one in made:
        one.remove()


@pytest.fixture
def selectdb_story(source, database, new_task, simulator):
    """Begins a task into SelectDB over tables and rows, consistent and equal. there: a simulator
    that is there already."""
    told = []

    def begin(tables, profile="selectdb-cloud", there=None, **settings):
        database(source)
        source.sql(tables, database="shop")
        told.append(SelectdbStory(source, there or simulator(profile)))
        told[-1].begin(new_task, **settings)
        return told[-1]

    yield begin
    for story in told:
        story.end()


@pytest.fixture
def by_hand():
    """Starts a stage as a user on another host would: with endpoint and task name only."""
    started = []

    def start(role, task, **environment):
        worker = subprocess.Popen(
            [program(f"walferry-{role}"), "--supervisor", f"ipc://{task.state_dir}/control.sock",
             "--task", task.name],
            env={**os.environ, "WALFERRY_STATE_DIR": task.state_dir, **environment},
            stderr=subprocess.DEVNULL)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.kill()
        worker.wait(10)
