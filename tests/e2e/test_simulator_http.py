"""The simulator's HTTP, seen by curl and by sockets: what walferry's client has to live with.

Each test names the source of what it expects; see docs/simulator.md.
"""

import json
import re
import shutil
import socket
import subprocess
import time

import pytest

TABLE = """CREATE TABLE t (id BIGINT NOT NULL, v STRING) UNIQUE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1
PROPERTIES ("replication_num" = "1", "enable_unique_key_merge_on_write" = "true")"""


@pytest.fixture
def shop(simulator):
    def make(**options):
        one = simulator(**options)
        one.create_database()
        one.sql(TABLE, "shop")
        return one
    return make


def curl(*arguments):
    assert shutil.which("curl"), "curl is needed: ./dev setup"
    return subprocess.run(["curl", "-s", "-S", "--max-time", "60", *arguments], capture_output=True, text=True)


def url(one, rest):
    return f"{one.url()}/api/shop/{rest}"


# The documentation's own commands (doc data-operate/import/import-way/stream-load-manual), unmodified
# but for the names.

def test_the_documentations_curl_loads_a_file(shop, tmp_path):
    one = shop()
    file = tmp_path / "streamload_example.csv"
    file.write_text("1,Emily\n2,Benjamin\n3,Olivia\n")

    done = curl("--location-trusted", "-u", "root:", "-H", "Expect:100-continue", "-H", "column_separator:,",
                "-H", "columns:id,v", "-T", str(file), "-XPUT", url(one, "t/_stream_load"))

    reply = json.loads(done.stdout)
    assert (reply["Status"], reply["Message"], reply["NumberLoadedRows"]) == ("Success", "OK", 3)
    # be/src/runtime/stream_load/stream_load_context.cpp: pretty, with these members first
    assert list(reply)[:6] == ["TxnId", "Label", "Comment", "TwoPhaseCommit", "Status", "Message"]
    assert done.stdout.startswith('{\n    "TxnId": ') and done.stdout.endswith("\n}\n")


def test_the_documentations_curl_from_a_pipe_is_chunked(shop):
    one = shop()
    done = subprocess.run(
        ["curl", "-s", "--location-trusted", "-u", "root:", "-H", "Expect:100-continue", "-H", "column_separator:,",
         "-H", "label:piped", "-T", "-", url(one, "t/_stream_load")],
        input="1,a\n2,b\n", capture_output=True, text=True, check=True)

    assert json.loads(done.stdout)["NumberLoadedRows"] == 2
    assert one.label_state("piped") == "VISIBLE"


def test_gzip_is_unpacked_and_a_reply_is_packed_for_who_asks(shop, tmp_path):
    """regression suite load_p0/stream_load/test_compress_type; be http/http_channel.cpp"""
    one = shop()
    file = tmp_path / "rows.csv"
    file.write_text("1,a\n2,b\n")
    subprocess.run(["gzip", str(file)], check=True)

    done = curl("--location-trusted", "-u", "root:", "-H", "Expect:100-continue", "-H", "column_separator:,",
                "-H", "compress_type:GZ", "--compressed", "-D", str(tmp_path / "head"), "-T", f"{file}.gz",
                url(one, "t/_stream_load"))

    assert json.loads(done.stdout)["NumberLoadedRows"] == 2
    assert "content-encoding: gzip" in (tmp_path / "head").read_text().lower()


# The FE.

def redirect(one, **headers):
    return one.request("PUT", "/api/shop/t/_stream_load", b"", headers)


def test_the_redirect_carries_user_and_password_and_a_question_mark(shop):
    """fe RestBaseController.java: redirectTo"""
    one = shop(password="p@ss/w%rd")
    reply = redirect(one, Expect="100-continue")

    assert reply.status == 307 and reply.text == ""
    backend = re.fullmatch(r"http://root:p%40ss%2Fw%25rd@(127\.0\.0\.1:\d+)/api/shop/t/_stream_load\?",
                           reply.headers["Location"])
    assert backend.group(1) in one.backends
    assert reply.headers["Content-Type"] == "text/html;charset=utf-8"


def test_the_backends_take_turns(shop):
    """fe LoadAction.java: selectLocalRedirectBackend"""
    one = shop(backends=3)
    assert {one.backend("t") for _ in range(3)} == set(one.backends)


@pytest.mark.parametrize("headers, login, expected", [
    # fe LoadAction.java: the order of the checks
    ({"group_commit": "sometimes"}, False, {"status": "FAILED"}),
    ({}, False, {"code": 401, "data": "Need auth information."}),
    ({}, True, {"status": "FAILED", "msg": "There is no 100-continue header"}),
    ({"Expect": "100-continue", "group_commit": "async_mode", "label": "l"}, True,
     {"msg": "label and group_commit can't be set at the same time"}),
    ({"Expect": "100-continue", "token": "t"}, True, {"msg": "the header token is not simulated"}),
])
def test_the_frontend_says_no_with_200(shop, headers, login, expected):
    reply = shop().request("PUT", "/api/shop/t/_stream_load", b"", headers, login=login)
    assert reply.status == 200
    assert expected.items() <= reply.json().items()


def test_a_wrong_password_is_200_with_401(shop):
    """fe httpv2/exception/RestApiExceptionHandler.java"""
    one = shop(password="right")
    for path in ("/api/shop/get_load_state?label=l", "/api/shop/t/_schema", "/api/backends"):
        reply = one.request("GET", path, headers=one.authorization(password="wrong"))
        assert reply.status == 200
        assert (reply.json()["code"], reply.json()["msg"]) == (401, "Unauthorized")


def test_the_frontend_never_reads_a_body(shop):
    one = shop()
    host, port = one.fe.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as client:
        client.sendall(b"PUT /api/shop/t/_stream_load HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                       b"Content-Length: 1000000\r\nAuthorization: Basic cm9vdDo=\r\n\r\n")
        answer = client.recv(4096)
        assert answer.startswith(b"HTTP/1.1 307"), answer
        assert not drained(client, b"x" * 1000000)
    assert not one.journal(event="load")


def drained(client, data):
    """True if the other side takes all of it and keeps the connection."""
    client.settimeout(3)
    try:
        client.sendall(data)
        return client.recv(1) != b""
    except socket.timeout:
        return True
    except OSError:
        return False


def test_the_cloud_wants_its_compute_group(shop):
    """fe LoadAction.java: getCloudClusterName; compute_group is not read by the FE"""
    one = shop(arguments=["--no-default-group", "--compute-group", "cg"])
    expect = {"Expect": "100-continue"}
    assert redirect(one, **expect).json()["msg"] == "No cloud cluster name selected."
    assert redirect(one, **expect, compute_group="cg").json()["msg"] == "No cloud cluster name selected."
    assert "No backend load available" in redirect(one, **expect, cloud_cluster="other").json()["msg"]
    assert redirect(one, **expect, cloud_cluster="cg").status == 307


def test_small_endpoints(shop):
    one = shop()
    assert one.request("GET", "/api/health", login=False).json()["data"] == {
        "total_backend_num": 2, "online_backend_num": 2}
    assert "version" in one.request("GET", "/api/bootstrap", login=False).json()["data"]
    one.kill_backend(1)
    one.settings(heartbeat_ms=0)
    alive = one.request("GET", "/api/backends?is_alive=true").json()["data"]["backends"]
    assert [f"{b['ip']}:{b['http_port']}" for b in alive] == one.backends[1:]
    assert one.request("GET", "/api/health", login=False).json()["data"]["online_backend_num"] == 1
    for address in (one.fe, one.backends[1]):
        assert one.request("GET", "/api/nothing", address=address).status == 404
    two_phase = one.request("PUT", "/api/shop/_stream_load_2pc", b"", {"txn_id": "1", "txn_operation": "commit"})
    assert two_phase.json()["msg"] == "two-phase commit is not simulated"


# The BE.

def put(one, headers, body=b"", to=0):
    """A request by hand; gives all that comes back. The body is sent after a 100 only."""
    host, port = one.backends[to].split(":")
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection((host, int(port)), timeout=20) as client:
        client.sendall(f"PUT /api/shop/t/_stream_load HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
        answer = client.recv(65536)
        if answer.startswith(b"HTTP/1.1 100"):
            client.sendall(body)
            answer = client.recv(65536)
        while b"\r\n\r\n" not in answer or len(answer.split(b"\r\n\r\n", 1)[1]) < length(answer):
            more = client.recv(65536)
            if not more:
                break
            answer += more
    return answer.decode()


def length(answer):
    found = re.search(rb"Content-Length: (\d+)", answer)
    return int(found.group(1)) if found else 0


def json_of(answer):
    return json.loads(answer.split("\r\n\r\n", 1)[1])


ROOT = {"Authorization": "Basic cm9vdDo=", "Expect": "100-continue", "column_separator": ","}


def test_a_bad_load_is_answered_before_the_100(shop):
    """be/src/http/action/stream_load.cpp: _on_header"""
    answer = put(shop(), {**ROOT, "label": "no good", "Content-Length": 3}, b"1,a")
    assert answer.startswith("HTTP/1.1 200")
    assert json_of(answer)["Status"] == "Fail"
    assert json_of(answer)["TxnId"] == -1


@pytest.mark.parametrize("headers, message", [
    # regression suite load_p0/stream_load/test_load_with_transfer_encoding
    ({}, "[INVALID_ARGUMENT]content_length is empty and transfer-encoding!=chunked"),
    ({"Content-Length": 3, "Transfer-Encoding": "chunked"},
     "[INVALID_ARGUMENT]please do not set both content_length and transfer-encoding"),
    # load_p0/stream_load/test_stream_load_illegal_timeout
    ({"Content-Length": 3, "timeout": "abc"}, "[INVALID_ARGUMENT]Invalid format of 'timeout': 'abc', stoi"),
    ({"Content-Length": 3, "format": "xml"}, "[DATA_FILE_TYPE_ERROR]unknown data format, format=xml"),
    ({"Content-Length": 3, "two_phase_commit": "true"}, "stream load 2pc is unsupported for mow table"),
    ({"Content-Length": 3, "format": "json"}, "is not simulated"),
])
def test_what_a_backend_refuses(shop, headers, message):
    one = shop()
    reply = json_of(put(one, {**ROOT, **headers}))
    assert reply["Status"] == "Fail" and message in reply["Message"]
    assert not one.journal(event="begin")


def test_who_may_not_load(shop):
    """be http/utils.cpp: parse_basic_auth; the FE checks the password"""
    one = shop(password="right")
    nobody = {name: value for name, value in ROOT.items() if name != "Authorization"}
    assert json_of(put(one, {**nobody, "Content-Length": 3}))["Message"] == \
        "[NOT_AUTHORIZED]no valid Basic authorization"
    assert "Access denied" in json_of(put(one, {**ROOT, "Content-Length": 3}))["Message"]


def test_a_backend_wants_no_expect_header(shop):
    one = shop()
    host, port = one.backends[0].split(":")
    with socket.create_connection((host, int(port)), timeout=20) as client:
        client.sendall(b"PUT /api/shop/t/_stream_load HTTP/1.1\r\nHost: x\r\nAuthorization: Basic cm9vdDo=\r\n"
                       b"column_separator: ,\r\nContent-Length: 4\r\n\r\n1,a\n")
        assert b'"Success"' in client.recv(65536)


def test_what_breaks_off_is_rolled_back(shop):
    """be stream_load.cpp: a request that is freed unfinished is cancelled, `sender is gone`"""
    one = shop()
    host, port = one.backends[0].split(":")
    for label, framing in (("short", b"Content-Length: 100"), ("chunks", b"Transfer-Encoding: chunked")):
        with socket.create_connection((host, int(port)), timeout=20) as client:
            client.sendall(b"PUT /api/shop/t/_stream_load HTTP/1.1\r\nHost: x\r\nAuthorization: Basic cm9vdDo=\r\n"
                           b"Expect: 100-continue\r\ncolumn_separator: ,\r\nlabel: " + label.encode() + b"\r\n" +
                           framing + b"\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 100")
            client.sendall(b"4\r\n1,a\n\r\n" if label == "chunks" else b"1,a\n")
        wait_for_state(one, label, "ABORTED")
    assert one.count("t") == 0


def wait_for_state(one, label, state, seconds=20):
    deadline = time.monotonic() + seconds
    while one.label_state(label) != state:
        assert time.monotonic() < deadline, f"{label}: {one.label_state(label)}, not {state}"
        time.sleep(0.02)


def test_unknown_database_and_table(shop):
    """fe service/FrontendServiceImpl.java: loadTxnBeginImpl"""
    one = shop()
    assert "unknown database, database=nowhere" in one.load("t", "", database="nowhere", label="a")["Message"]
    assert "unknown table, table=nothing" in one.load("nothing", "", label="b")["Message"]


# SQL and states (regression suites http_rest_api/post/test_query_stmt, test_get_stream_load_state).

def test_the_shapes_of_an_answer_to_sql(shop):
    one = shop()
    statement = json.dumps({"stmt": "SELECT count(*) FROM t", "is_sync": True, "limit": 1})
    stream = one.request("POST", "/api/query/internal/shop", statement)
    whole = one.request("POST", "/api/query/default_cluster/shop", statement, {"X-Doris-Stream": "false"}).json()
    assert stream.text.startswith('{"data":{"type":"result_set","meta":[{"name":')
    assert "count" not in stream.json()
    assert (whole["code"], whole["count"], whole["data"]["data"]) == (0, 0, stream.json()["data"]["data"])
    ddl = one.sql_reply("TRUNCATE TABLE t", "shop").json()
    assert (ddl["code"], ddl["data"]["type"], ddl["data"]["status"]) == (0, "exec_status", {})


def test_the_shapes_of_an_error_to_sql(shop):
    one = shop()
    wrong = one.sql_reply("SELECT * FROM nothing", "shop").json()
    assert (wrong["code"], wrong["msg"]) == (1, "Error")
    assert re.match(r"Failed to execute sql: java\.sql\.\w+: \(conn=\d+\) errCode = 2, detailMessage = ",
                    wrong["data"])
    for body in ("", "{}", '{"stmt": ""}', "no json"):
        missing = one.request("POST", "/api/query/internal/shop", body).json()
        assert (missing["code"], missing["data"]) == (403, "Missing statement request body")
    assert one.request("POST", "/api/query/internal/shop", '{"stmt": "SELECT 1", "is_sync": false}').json()["code"] != 0


def test_the_third_statement_at_once_is_turned_away(shop):
    """fe StatementSubmitter.java: http_sql_submitter_max_worker_threads"""
    one = shop()
    one.fault("delay", moment="sql", ms=3000, count=2)
    body = json.dumps({"stmt": "SELECT count(*) FROM t"})
    slow = [subprocess.Popen(["curl", "-s", "-u", "root:", "-d", body, f"{one.url()}/api/query/internal/shop"],
                             stdout=subprocess.PIPE, text=True) for _ in range(2)]
    deadline = time.monotonic() + 20
    while one.fired("delay") < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert one.sql_reply("SELECT count(*) FROM t", "shop").json()["code"] == 500
    assert [json.loads(process.communicate()[0])["code"] for process in slow] == [0, 0]


@pytest.mark.parametrize("profile, unknown", [
    ("doris-3.0-local", {"code": 0, "data": "UNKNOWN"}), ("doris-4.x-local", {"code": 0, "data": "UNKNOWN"}),
    ("selectdb-cloud", {"code": 1, "data": "getLabelState failed, errMsg:Label [l] has not found"})])
def test_the_state_of_an_unknown_label(shop, profile, unknown):
    one = shop(profile=profile)
    reply = one.request("GET", "/api/shop/get_load_state?label=l").json()
    assert unknown.items() <= reply.items()
    assert one.request("GET", "/api/shop/get_load_state").json()["code"] == 403


# TLS, and what is kept secret.

@pytest.fixture
def certificate(tmp_path):
    files = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", files[0], "-out", files[1]],
                   check=True, capture_output=True)
    return files


def test_all_of_it_over_tls(simulator, certificate):
    key, cert = certificate
    one = simulator(arguments=["--tls-cert", cert, "--tls-key", key], ca_file=cert)
    one.create_database()
    one.sql(TABLE, "shop")
    location = redirect(one, Expect="100-continue").headers["Location"]
    assert location.startswith("https://root:@")
    assert one.load("t", "1,a\n", column_separator=",")["Status"] == "Success"


def test_no_password_comes_into_the_journal(shop):
    one = shop(password="s3cret")
    one.load("t", "1,a\n", column_separator=",", label="l")
    one.sql_reply("CREATE USER u IDENTIFIED BY 's3cret'", "shop")
    text = one.control("GET", "journal").text
    assert "s3cret" not in text and "czNjcmV0" not in text
    assert one.journal(event="visible", label="l")
