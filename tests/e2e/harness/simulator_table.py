"""A table to load into, for the simulator's own tests, and waiting for the fate of a label."""

import time

CREATE = """CREATE TABLE t (id BIGINT NOT NULL, v STRING) {model}(id) DISTRIBUTED BY HASH(id) BUCKETS 1
PROPERTIES ("replication_num" = "1")"""


def make_table(one, model="DUPLICATE KEY"):
    """A Duplicate table shows each load that came twice."""
    one.create_database()
    one.sql(CREATE.format(model=model), "shop")
    return one


def load(one, label, rows="1,a\n", **headers):
    return one.load("t", rows, label=label, column_separator=",", **headers)


def wait_for_state(one, label, *states, seconds=30):
    """The state it came to; what cannot be asked now is asked again."""
    deadline = time.monotonic() + seconds
    state = None
    while time.monotonic() < deadline:
        try:
            state = one.label_state(label)
        except (OSError, ValueError, KeyError):
            state = None
        if state in states:
            return state
        time.sleep(0.02)
    raise AssertionError(f"{label}: {state}, not {states}")
