"""The simulator's transactions and labels: what exactly-once has to stand on.

fe transaction/DatabaseTransactionMgr.java, common/LabelAlreadyUsedException.java,
cloud/src/meta-service/meta_service_txn.cpp; the regression suites are named where they are.
"""

import subprocess
import threading

import pytest

from harness.programs import program
from harness.simulator import PROFILES
from harness.simulator_table import load, make_table, wait_for_state


@pytest.fixture
def shop(simulator):
    return lambda **options: make_table(simulator(**options))


def test_a_label_is_loaded_once(shop):
    """regression suite load_p0/stream_load/test_stream_load (the label part)"""
    one = shop()
    assert load(one, "l")["Status"] == "Success"
    again = load(one, "l")
    assert (again["Status"], again["ExistingJobStatus"], again["TxnId"]) == ("Label Already Exists", "FINISHED", -1)
    assert one.count("t") == 1


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_said_of_a_used_label(shop, profile):
    one = shop(profile=profile)
    txn = load(one, "l")["TxnId"]
    message = load(one, "l")["Message"]
    assert message.startswith("[LABEL_ALREADY_EXISTS]TStatus: errCode = 2, detailMessage = ")
    assert f"Label [l] has already been used, relate to txn [{txn}]" in message
    assert ("status=[TXN_STATUS_VISIBLE]" if "cloud" in profile else "status [VISIBLE].") in message
    one.settings(legacy_status=1)
    assert load(one, "l")["ExistingJobStatus"] == ""


def test_an_aborted_label_may_be_used_again(shop):
    one = shop()
    one.fault("fail", moment="be_end")
    assert load(one, "l")["Status"] == "Fail"
    assert one.label_state("l") == "ABORTED"
    assert one.count("t") == 0
    assert load(one, "l")["Status"] == "Success"
    assert one.count("t") == 1


def test_an_open_load_is_running(shop):
    one = shop()
    one.fault("delay", moment="be_end", ms=60000)
    other = threading.Thread(target=load_in_vain, args=(one, "l"))
    other.start()
    wait_for_state(one, "l", "PREPARE")
    running = load(one, "l")
    assert (running["Status"], running["ExistingJobStatus"]) == ("Label Already Exists", "RUNNING")
    for number in (1, 2):
        one.kill_backend(number)
    other_ended(other)


def load_in_vain(one, label):
    with pytest.raises(OSError):
        load(one, label)


def other_ended(thread):
    thread.join(30)
    assert not thread.is_alive()


def test_rows_are_seen_when_the_transaction_is_visible(shop):
    """regression suite load_p0/stream_load/test_publish_timeout"""
    one = shop()
    one.settings(publish_wait_ms=0, publish_delay_ms=3000)
    late = load(one, "l")
    assert late["Status"] == "Publish Timeout"
    assert late["Message"] == ("[PUBLISH_TIMEOUT]TStatus: transaction commit successfully, BUT data will be visible "
                               "later")
    assert load(one, "l")["ExistingJobStatus"] == "FINISHED"
    assert (one.label_state("l"), one.count("t")) in (("COMMITTED", 0), ("VISIBLE", 1))
    wait_for_state(one, "l", "VISIBLE")
    assert one.count("t") == 1


def test_a_reply_waits_for_visibility(shop):
    one = shop(arguments=["--publish-delay-ms", "300"])
    assert load(one, "l")["Status"] == "Success"
    assert (one.label_state("l"), one.count("t")) == ("VISIBLE", 1)


def test_labels_are_forgotten_by_count(shop):
    """Config.java label_num_threshold: a forgotten label can be loaded twice"""
    one = shop(profile="doris-3.0-local")
    for number in range(5):
        load(one, f"l{number}")
    one.settings(label_num_threshold=2, cleaner_ms=10)
    wait_for_state(one, "l0", "UNKNOWN")
    assert [one.label_state(f"l{number}") for number in (2, 3, 4)] == ["UNKNOWN", "VISIBLE", "VISIBLE"]
    assert load(one, "l0")["Status"] == "Success"
    assert one.count("t") == 6


def test_labels_are_forgotten_by_age(shop):
    one = shop()
    load(one, "l")
    one.settings(label_keep_s=1, cleaner_ms=10)
    wait_for_state(one, "l", "1: getLabelState failed, errMsg:Label [l] has not found")


def test_labels_are_forgotten_when_told(shop):
    one = shop(profile="doris-4.x-local")
    load(one, "l")
    one.control("POST", "purge_labels")
    assert one.label_state("l") == "UNKNOWN"
    assert one.count("t") == 1


def test_a_cloud_counts_attempts_of_a_label(shop):
    """cloud/src/common/config.h max_num_aborted_txn"""
    one = shop()
    one.settings(max_aborted_txn=2)
    one.fault("fail", moment="be_end", count=2)
    load(one, "l"), load(one, "l")
    assert "too many aborted txn for label=l" in load(one, "l")["Message"]
    assert load(one, "l_2")["Status"] == "Success"


def test_too_many_running(shop):
    one = shop()
    one.settings(max_running_txn=1)
    one.fault("running_then_visible", ms=600000)
    with pytest.raises(OSError):
        load(one, "a")
    refused = load(one, "b")
    assert refused["Status"] == "Fail"
    assert "current running txns on db" in refused["Message"] and "larger than limit 1" in refused["Message"]


def test_a_prepare_ends_at_its_timeout(shop):
    one = shop()
    one.fault("running_then_aborted", ms=600000)
    with pytest.raises(OSError):
        load(one, "l", timeout=1)
    wait_for_state(one, "l", "ABORTED")
    assert [event["text"] for event in one.journal(event="abort")] == ["timeout by txn manager"]
    assert load(one, "l")["Status"] == "Success"


def test_a_dead_backends_load_stays_open_until_it_is_back(shop):
    """regression suite load_p0/stream_load/test_coordidator_be_restart"""
    one = shop()
    one.settings(heartbeat_ms=500)
    one.fault("kill_be", moment="be_end")
    with pytest.raises(OSError):
        load(one, "l")
    assert one.label_state("l") == "PREPARE"
    dead = int(one.journal(event="fault")[0]["where"][2:])
    one.start_backend(dead)
    wait_for_state(one, "l", "ABORTED")
    assert one.journal(event="abort")[0]["text"] == "coordinate BE restart"
    assert load(one, "l")["Status"] == "Success"
    assert one.count("t") == 1


def test_a_backend_that_stays_away_is_given_up(shop):
    """Config.java abort_txn_after_lost_heartbeat_time_second"""
    one = shop()
    one.settings(be_down_abort_ms=300)
    one.fault("kill_be", moment="be_body")
    with pytest.raises(OSError):
        load(one, "l")
    wait_for_state(one, "l", "ABORTED")
    assert one.journal(event="abort")[0]["text"] == "coordinate BE is down"


def test_without_a_frontend_a_commit_says_fail_and_stays_open(shop):
    """regression suite load_p0/stream_load/test_stream_load_commit_result_incorrect"""
    one = shop()
    one.fault("restart_fe", moment="be_end", ms=500)
    failed = load(one, "l", timeout=1)
    assert failed["Status"] == "Fail" and "THRIFT_RPC_ERROR" in failed["Message"]
    assert wait_for_state(one, "l", "PREPARE", "ABORTED")
    wait_for_state(one, "l", "ABORTED")
    assert one.count("t") == 0


def test_everything_survives_a_kill(shop):
    one = shop(profile="doris-3.0-local")
    load(one, "done")
    one.settings(publish_wait_ms=0, publish_delay_ms=1000)
    assert load(one, "committed")["Status"] == "Publish Timeout"
    one.fault("running_then_aborted", ms=600000)
    with pytest.raises(OSError):
        load(one, "open")
    events = len(one.journal())
    one.kill()
    one.start()

    assert one.label_state("done") == "VISIBLE"
    wait_for_state(one, "committed", "VISIBLE")
    wait_for_state(one, "open", "ABORTED")
    assert one.count("t") == 2
    assert len(one.journal()) > events
    assert load(one, "next")["TxnId"] > load(one, "done")["TxnId"]


def test_a_second_simulator_does_not_open_the_folder(shop):
    one = shop()
    second = subprocess.run([program("walferry-selectdb-sim"), "--data", f"{one.folder}/data", "--fe", "127.0.0.1:0",
                             "--be", "127.0.0.1:0", "--be", "127.0.0.1:0"], capture_output=True, text=True, timeout=30)
    assert second.returncode != 0 and "another simulator may be using the folder" in second.stderr


@pytest.mark.parametrize("name, number", [("fe", 0), ("be", 1)])
def test_a_node_that_is_told_to_restart_answers_first(shop, name, number):
    one = shop()
    address = one.fe if name == "fe" else one.backends[number - 1]
    for _ in range(20):
        path = "/sim/fe/restart" if name == "fe" else f"/sim/be/{number}/restart"
        assert one.request("POST", path, '{"ms": 1}', address=address).json() == {"ok": True}
        other = one.backends[1]
        assert one.request("POST", path.replace("restart", "start"), "", address=other).status == 200
