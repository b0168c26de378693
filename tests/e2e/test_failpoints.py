"""Every named step, a death at it: the task goes on and both sides are equal in the end.

The list is what the programs print. A step that no part of the story (harness/walk.py) passes is a
failure, since its crash would be untried, unless NEVER says why it cannot be passed there.
"""

import os

import pytest

from conftest import EVERYTHING, cluster_or_skip
from harness import failpoints, program
from harness.walk import NOTHING_PASSED, Walk

PROGRAMS = ("walferry-supervisor", "walferry-schema", "walferry-capture", "walferry-copy",
            "walferry-transform", "walferry-loader")
PASSINGS = (1, 3) if EVERYTHING else (1,)
WORKERS = 4

ONLY_RELEASE = "passed by release only"
COPIED = "the tables are made and copied once, before the stream"
PHASES = "a task that is live enters no other phase"
CHUNK_IN_MEMORY = "a copy stage keeps its chunk's batches in memory"

# (program, beginning of the point's name, part of the life): why it is not passed there.
NEVER = [
    ("walferry-schema", "schema.release_", "copy", ONLY_RELEASE),
    ("walferry-schema", "schema.release_", "stream", ONLY_RELEASE),
    ("walferry-schema", "schema.", "stream", COPIED),
    ("walferry-copy", "outbox.spool_write", "copy", CHUNK_IN_MEMORY),
    ("walferry-copy", "", "stream", COPIED),
    ("walferry-loader", "chunk.", "stream", COPIED),
    ("walferry-supervisor", "supervisor.chunk_stored", "stream", COPIED),
    ("walferry-supervisor", "supervisor.plan_stored", "stream", COPIED),
    ("walferry-supervisor", "supervisor.slot_stored", "stream", COPIED),
    ("walferry-supervisor", "supervisor.snapshot_taken", "stream", COPIED),
    ("walferry-supervisor", "supervisor.phase_changed", "stream", PHASES),
]

# What takes another death before it. The supervisor's loses the snapshot: tables start again.
BEFORE = {"schema.truncated": ("walferry-supervisor", "supervisor.chunk_stored")}
# What is passed only while the destination stands still.
BLOCK = {"outbox.spool_write"}


def never(program, point, part):
    for its_program, beginning, its_part, why in NEVER:
        if (program, part) == (its_program, its_part) and point.startswith(beginning):
            return why
    return None


# Steps of a task into SelectDB only; test_selectdb_stream.py and test_selectdb_schema.py kill some of them.
OF_SELECTDB = ("chunk.http_", "load.", "schema.selectdb_", "selectdb.", "supervisor.load_")


def all_failpoints():
    return [(program, point) for program in PROGRAMS for point in failpoints(program)
            if not point.startswith(OF_SELECTDB)]


def release_points():
    """The job's, and the command's own when no supervisor runs: it links the same steps."""
    points = [p for p in failpoints("walferry-schema") if p.startswith("schema.release_")]
    return [(program, p) for program in ("walferry-schema", "walferry") for p in points]


def cases():
    """(program, point, passing, part)"""
    found = []
    for passing in PASSINGS:
        for program, point in all_failpoints():
            found += [(program, point, passing, part) for part in ("copy", "stream")]
        if passing == 1:
            found += [(program, point, passing, "release") for program, point in release_points()]
    return found


def lives(wanted):
    """{(program, point, passing): its parts, in order}; `wanted` as from cases()."""
    found = {}
    for program, point, passing, part in wanted:
        if not never(program, point, part):
            found.setdefault((program, point, passing), []).append(part)
    return found


@pytest.fixture(scope="module")
def servers():
    settings = {"logical_decoding_work_mem": "'64kB'"}
    with cluster_or_skip(15, **settings) as source, cluster_or_skip(15) as destination:
        yield source, destination


@pytest.fixture(scope="module")
def walk(request, servers):
    """All lives that the chosen tests ask for, begun at once: {life: future}."""
    if not os.access(program("walferry"), os.X_OK):
        pytest.skip(f"{program('walferry')} is not built")
    walk = Walk(*servers, WORKERS)
    items = [item for item in request.session.items if "walk" in item.fixturenames]
    futures = {}
    for item in items:
        if item.function is test_the_walk_finds_what_it_looks_for:
            futures[item.callspec.params["point"]] = walk.submit(
                ["stream"], program="walferry-loader", fire_seconds=4, **item.callspec.params)
    chosen = [item.callspec.params["case"] for item in items if "case" in item.callspec.params]
    for life, parts in lives(chosen).items():
        name, point, passing = life
        futures[life] = walk.submit(parts, BEFORE.get(point), program=name, point=point,
                                    passing=passing, block=point in BLOCK)
    yield futures
    walk.close()


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_has_named_steps(name):
    assert failpoints(name)


def test_what_is_left_out_is_known():
    """An entry of NEVER that no case needs hides nothing now, but might later."""
    used = {entry for entry in NEVER for name, point, _, part in cases()
            if entry[:1] + entry[2:3] == (name, part) and point.startswith(entry[1])}
    assert used == set(NEVER)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", cases(), ids=lambda case: "-".join(map(str, case)))
def test_a_death_at_every_named_step(walk, case):
    name, point, passing, part = case
    if never(name, point, part):
        pytest.skip(never(name, point, part))

    wrong = walk[name, point, passing].result()[part]

    if wrong and passing > 1 and wrong.startswith("not within") and NOTHING_PASSED in wrong:
        pytest.skip(f"passed less than {passing} times")
    assert wrong is None, wrong


@pytest.mark.timeout(600)
@pytest.mark.parametrize("point, passing, kill", [("nowhere", "1", None),
                                                  ("loader.progress_write", "1:skip", "loader")])
def test_the_walk_finds_what_it_looks_for(walk, point, passing, kill):
    """A step that is not there, and a position that is not written with its rows."""
    wrong = walk[point].result()["stream"]

    assert wrong and ("older than what was applied" if kill else NOTHING_PASSED) in wrong
