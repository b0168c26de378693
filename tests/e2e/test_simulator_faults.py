"""Every fault of the simulator at every moment that it has: it strikes, it does what it says, and who
asks for the label's state and sends the same label again ends with each row once.

Faults are taken from the program's own list, so that none is forgotten.
"""

import http.client
import json
import os
import subprocess
import time

import pytest

from harness.programs import program
from harness.simulator_table import make_table, wait_for_state

BROKEN = (OSError, http.client.HTTPException, ValueError)

# Kinds that leave the client without a good reply, whatever the moment.
LOST = {"close", "reset", "hang", "http_status", "die"}
LOAD_MOMENTS = ("fe_headers", "be_headers", "be_begun", "be_body", "be_end", "be_done", "be_reply")
# What a kind must be told to be quick, or to do anything.
MORE = {"delay": {"ms": 100}, "restart_fe": {"ms": 100}, "refuse_be": {"ms": 300}, "kill_be": {"ms": 200},
        "slow_reader": {"bytes": 1000}, "running_then_visible": {"ms": 300}, "running_then_aborted": {"ms": 300},
        "publish_timeout": {"ms": 300}, "run_sql": {"text": "ALTER TABLE t ADD COLUMN late INT"}}


def kinds():
    """{name: [moment, ...]} of the program that is tested."""
    try:
        lines = subprocess.run([program("walferry-selectdb-sim"), "--faults"], capture_output=True, text=True,
                               check=True).stdout.splitlines()
    except OSError:
        return {}
    return {words[0]: words[1:] for words in (line.split() for line in lines if line[0] != " ")}


KINDS = kinds()
LOADS = [(name, moment) for name, moments in KINDS.items() for moment in moments if moment in LOAD_MOMENTS]
STATEMENTS = [(name, moment) for name, moments in KINDS.items() for moment in moments if moment.startswith("sql")]
STATES = [name for name, moments in KINDS.items() if "state" in moments]


@pytest.fixture
def shop(simulator):
    one = make_table(simulator(profile="doris-4.x-local"))
    one.settings(heartbeat_ms=100)
    return one


def alive(one):
    """Started again if it is dead."""
    try:
        one.process.wait(0.2)
    except subprocess.TimeoutExpired:
        return one
    one.process.communicate()
    one.start()
    one.settings(heartbeat_ms=100)
    return one


def attempt(one, label, seconds=20):
    """One load of one row, by both hops; its JSON, or None. The BE named by the FE is gone to."""
    headers = {"Expect": "100-continue", "label": label, "column_separator": ",", "columns": "id,v", "timeout": "1"}
    try:
        answer = one.request("PUT", "/api/shop/t/_stream_load", b"", headers, timeout=seconds)
        if answer.status != 307:
            return answer.json()
        address = answer.headers["Location"].split("@")[1].split("/")[0]
        return one.put("t", b"1," + label.encode() + b"\n", headers, address, timeout=seconds).json()
    except BROKEN:
        return None


def good(reply):
    return bool(reply) and (reply.get("Status") in ("Success", "Publish Timeout") or
                            reply.get("ExistingJobStatus") == "FINISHED")


def settle(one, label, seconds=60):
    """What a loader does when it does not know. True if it had to send again."""
    deadline, sent = time.monotonic() + seconds, False
    while time.monotonic() < deadline:
        if wait_for_state(one, label, "VISIBLE", "ABORTED", "UNKNOWN") == "VISIBLE":
            return sent
        sent = True
        attempt(one, label)
        time.sleep(0.05)
    raise AssertionError(f"{label}: {one.label_state(label)}")


@pytest.mark.parametrize("kind, moment", LOADS)
def test_a_load_with_a_fault_ends_with_its_row_once(shop, kind, moment):
    one, label = shop, "l"
    one.fault(kind, moment=moment, label=label, **MORE.get(kind, {}))

    reply = attempt(one, label, 1 if kind == "hang" else 20)
    alive(one)

    if kind in LOST:
        assert not good(reply), reply
    done = good(reply)
    if moment in ("be_done", "be_reply") and kind != "purge_labels":
        assert wait_for_state(one, label, "COMMITTED", "VISIBLE"), "it was committed before"
    elif kind in LOST:
        assert one.label_state(label) in ("UNKNOWN", "ABORTED", "PREPARE")
    if not done:
        settle(one, label)
    if kind != "die":
        assert one.fired(kind) >= 1 and one.journal(fault=kind, moment=moment, label=label)
    wait_for_rows(one, label)


def wait_for_rows(one, label, seconds=20):
    """Publishing may be late; twice would be wrong at any time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and one.count("t", f"v = '{label}'") == 0:
        time.sleep(0.05)
    assert one.count("t", f"v = '{label}'") == 1


@pytest.mark.parametrize("kind", STATES)
def test_a_question_for_the_state_with_a_fault(shop, kind):
    one = shop
    assert good(attempt(one, "l"))
    one.fault(kind, moment="state", label="l", **MORE.get(kind, {}))
    try:
        reply = one.request("GET", "/api/shop/get_load_state?label=l", timeout=1 if kind == "hang" else 20).json()
        answer = (reply["code"], reply["data"])
    except BROKEN:
        answer = None
    alive(one)
    expected = {"delay": (0, "VISIBLE"), "run_sql": (0, "VISIBLE"), "purge_labels": (0, "UNKNOWN"),
                "unauthorized": (401, "Access denied for user")}
    assert answer == expected.get(kind)
    if kind != "purge_labels":
        wait_for_state(one, "l", "VISIBLE")
    assert kind == "die" or one.fired(kind) == 1


@pytest.mark.parametrize("kind, moment", STATEMENTS)
def test_a_statement_with_a_fault(shop, kind, moment):
    """An ALTER that was applied and not answered must be found, one that was not must not."""
    one = shop
    one.fault(kind, moment=moment, **MORE.get(kind, {}))
    try:
        reply = one.sql_reply("ALTER TABLE t ADD COLUMN added INT", "shop", timeout=1 if kind == "hang" else 20).json()
    except BROKEN:
        reply = None
    alive(one)
    ok = bool(reply) and reply["code"] == 0
    assert ok == (kind in ("delay", "purge_labels")), reply
    if kind in ("saturated", "sql_error", "alter_busy", "unauthorized"):
        assert reply["code"] == {"saturated": 500, "unauthorized": 401}.get(kind, 1)
    wait_until_up(one)
    assert ("added" in one.columns("t")) == (ok or moment == "sql_done")
    assert kind == "die" or one.fired(kind) == 1


def wait_until_up(one, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not one.answers():
        time.sleep(0.02)


def test_the_list_names_every_fault_and_moment(shop):
    listed = json.loads(shop.control("GET", "faults").text)
    assert {kind["fault"]: sorted(kind["moments"]) for kind in listed["kinds"]} == \
        {name: sorted(moments) for name, moments in KINDS.items()}
    page = open(os.path.join(os.path.dirname(__file__), "..", "..", "docs", "simulator.md")).read()
    assert not [name for name in KINDS if f"`{name}`" not in page]


def test_a_fault_that_cannot_be_is_refused(shop):
    for body in ({"fault": "flood"}, {"fault": "truncated", "moment": "be_body"}, {"fault": "close", "tabel": "t"}):
        assert shop.request("POST", "/sim/faults", json.dumps(body)).status == 400
    assert shop.request("POST", "/sim/settings", '{"bandwith": 1}').status == 400


def test_faults_are_counted_by_table_and_label(shop):
    one = shop
    one.fault("fail", moment="be_end", table="t", label="w_*", nth=2, count=2)
    status = [attempt(one, f"w_{number}")["Status"] for number in range(4)]
    assert status == ["Success", "Fail", "Fail", "Success"]
    assert attempt(one, "other")["Status"] == "Success"
    armed = json.loads(one.control("GET", "faults").text)["armed"]
    assert [(fault["seen"], fault["fired"]) for fault in armed] == [(4, 2)]


# What some of them look like, in more detail.

def test_an_early_reply_in_the_middle_of_the_body_is_heard(shop):
    """Reference 1.4: the JSON is delivered although sending fails."""
    one = shop
    one.fault("reply_and_close", bytes=1000)
    big = b"1,x\n" * 2_000_000
    reply = one.put("t", big, {"label": "l", "column_separator": ","}, one.backends[0]).json()
    assert reply["Status"] == "Fail" and reply["LoadBytes"] < len(big)
    assert wait_for_state(one, "l", "ABORTED")


def test_transient_failures_look_like_the_real_ones(shop):
    one = shop
    for kind, text in (("e235", "[E-235]failed to init rowset builder. version count:"),
                       ("e238", "[E-238]"), ("memory", "[MEM_LIMIT_EXCEEDED]"),
                       ("txn_limit", "current running txns on db"), ("lock_timeout", "get table read lock timeout")):
        one.fault(kind, label=kind)
        reply = attempt(one, kind)
        assert reply["Status"] == "Fail" and text in reply["Message"], reply


def test_a_slow_backend_takes_its_time(shop):
    one = shop
    one.fault("slow_reader", bytes=200_000)
    began = time.monotonic()
    assert one.put("t", b"1,x\n" * 100_000, {"label": "l", "column_separator": ","},
                   one.backends[0]).json()["Status"] == "Success"
    assert time.monotonic() - began > 1.5


def test_forms_of_a_reply(shop):
    one = shop
    one.fault("record_json")
    headers = {"label": "a", "column_separator": ",", "comment": "c"}
    text = one.put("t", b"1,x\n", headers, one.backends[0]).text
    assert text.count('"Comment":"c"') == 2 and "\n" not in text.rstrip("\n")
    one.fault("spaced_json")
    assert one.put("t", b"1,x\n", {**headers, "label": "b"}, one.backends[0]).json()["Status"] == "Success"
    one.fault("gzip")
    reply = one.put("t", b"1,x\n", {**headers, "label": "c"}, one.backends[0])
    assert reply.headers["Content-Encoding"] == "gzip"
