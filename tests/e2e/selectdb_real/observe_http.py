"""Stream Load's two hops, logins, framing, headers, replies, labels, SQL over HTTP."""

import json
import subprocess
import tempfile
import urllib.parse

from stand import DATABASE, Has, observation


def parsed(reply):
    return [reply.status, reply.json()]


@observation("1.1; httpv2/rest/LoadAction.java", [200, {"status": "FAILED",
                                                        "msg": "There is no 100-continue header"}])
def a_load_without_expect_is_refused_by_the_frontend(stand):
    return parsed(stand.db.request("PUT", stand.path(stand.table()), b""))


@observation("1.1; httpv2/rest/RestBaseController.java", [307, "", True, "?"])
def a_load_is_redirected_with_the_login_in_the_location(stand):
    table = stand.table()
    reply = stand.db.resolve(table, {"label": stand.name("l")}, DATABASE)
    location = reply.headers["Location"]
    user = urllib.parse.urlsplit(location).username
    return [reply.status, reply.text, user == stand.db.user, location[-1]]


@observation("1.2; httpv2/exception/RestApiExceptionHandler.java", [200, 401, "Unauthorized", True])
def a_wrong_password_at_the_frontend_is_a_200(stand):
    reply = stand.db.request("PUT", stand.path(stand.table()), b"", {
        **stand.db.authorization(password="wrong"), "Expect": "100-continue"})
    answer = reply.json()
    return [reply.status, answer["code"], answer["msg"], "Access denied" in answer["data"]]


@observation("1.2", [200, 401, "Unauthorized", "Need auth information."])
def no_login_at_the_frontend_is_a_200(stand):
    reply = stand.db.request("PUT", stand.path(stand.table()), b"", {"Expect": "100-continue"},
                             login=False)
    answer = reply.json()
    return [reply.status, answer["code"], answer["msg"], answer["data"]]


@observation("1.2; http/utils.cpp", Has("Fail", "[NOT_AUTHORIZED]no valid Basic authorization"))
def no_login_at_the_backend_is_a_fail(stand):
    table = stand.table()
    reply = stand.db.request("PUT", stand.path(table), b"1,a\n", {"Expect": "100-continue"},
                             stand.backend(table), login=False)
    return stand.verdict(reply.json())


@observation("1.2", Has("Fail", "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = Access denied"))
def a_wrong_password_at_the_backend_is_a_fail(stand):
    table = stand.table()
    reply = stand.db.request("PUT", stand.path(table), b"1,a\n", {
        **stand.db.authorization(password="wrong"), "Expect": "100-continue"}, stand.backend(table))
    return stand.verdict(reply.json())


@observation("1.1; http/ev_http_server.cpp", 404)
def an_unknown_path_at_the_backend_is_not_found(stand):
    return stand.db.request("GET", "/api/nowhere", address=stand.backend(stand.table())).status


@observation("1.3; stream_load.cpp", Has(
    "content_length is empty and transfer-encoding!=chunked, please set content_length or "
    "transfer-encoding=chunked"))
def a_body_without_a_length_is_refused(stand):
    table = stand.table()
    return stand.raw(stand.backend(table), [f"PUT {stand.path(table)} HTTP/1.1", "Host: be",
                                            stand.login(), "Connection: close"])


@observation("1.3; test_load_with_transfer_encoding", Has(
    "please do not set both content_length and transfer-encoding"))
def a_body_with_two_kinds_of_length_is_refused(stand):
    table = stand.table()
    return stand.raw(stand.backend(table),
                     [f"PUT {stand.path(table)} HTTP/1.1", "Host: be", stand.login(),
                      "Content-Length: 4", "Transfer-Encoding: chunked", "Connection: close"],
                     b"4\r\n1,a\n\r\n0\r\n\r\n")


@observation("1.3", ["Success", [["1", "a"]]])
def a_chunked_body_is_loaded(stand):
    table = stand.table()
    text = stand.raw(stand.backend(table),
                     [f"PUT {stand.path(table)} HTTP/1.1", "Host: be", stand.login(),
                      "Transfer-Encoding: chunked", "column_separator: ,", "Expect: 100-continue",
                      "Connection: close"], b"2\r\n1,\r\n2\r\na\n\r\n0\r\n\r\n")
    body = text[text.index("{"):text.rindex("}") + 1]
    return [json.loads(body)["Status"], stand.rows(table)]


@observation("1.3; a cut body never commits", [True, []])
def a_body_that_ends_early_leaves_nothing(stand):
    table, label = stand.table(), stand.name("l")
    stand.raw(stand.backend(table),
              [f"PUT {stand.path(table)} HTTP/1.1", "Host: be", stand.login(), f"label: {label}",
               "column_separator: ,", "Content-Length: 1000"], b"1,a\n", seconds=5)
    return [stand.db.label_state(label, DATABASE) not in ("VISIBLE", "COMMITTED"), stand.rows(table)]


@observation("1.1: the header phase is before the body", [False, True])
def a_label_that_is_known_is_answered_before_the_body(stand):
    table, label = stand.table(), stand.name("l")
    stand.load(table, "1,a\n", label=label)
    text = stand.raw(stand.backend(table),
                     [f"PUT {stand.path(table)} HTTP/1.1", "Host: be", stand.login(), f"label: {label}",
                      "Content-Length: 1000", "Expect: 100-continue"])
    return ["100 Continue" in text, "Label Already Exists" in text]


@observation("1.1", True)
def a_load_that_may_begin_is_told_to_continue(stand):
    table = stand.table()
    text = stand.raw(stand.backend(table),
                     [f"PUT {stand.path(table)} HTTP/1.1", "Host: be", stand.login(),
                      "Content-Length: 4", "Expect: 100-continue"])
    return text.startswith("HTTP/1.1 100 Continue")


@observation("2; stream_load_context.cpp", ["TxnId", "Label", "Comment", "TwoPhaseCommit", "Status", "Message"])
def the_reply_begins_with_these_members(stand):
    return list(stand.load(stand.table(), "1,a\n"))[:6]


@observation("2", ["Success", "OK", "false", [2, 2, 0, 0]])
def a_good_load_is_a_success(stand):
    reply = stand.load(stand.table(), "1,a\n2,b\n")
    return [reply["Status"], reply["Message"], reply["TwoPhaseCommit"], stand.counts(reply)]


@observation("2.1; test_stream_load_empty_file", [0, 0, 0, 0])
def an_empty_body_is_a_load_of_no_rows(stand):
    return stand.counts(stand.load(stand.table(), ""))


@observation("the stream-load manual's own command", ["Success", [["1", "a"], ["2", "b"]]])
def curl_of_the_documentation_loads(stand):
    table = stand.table()
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("1,a\n2,b\n")
        file.flush()
        done = subprocess.run(
            ["curl", "-s", "--location-trusted", "-u", f"{stand.db.user}:{stand.db.password}", "-H",
             "Expect:100-continue", "-H", "column_separator:,", "-T", file.name,
             stand.db.url() + stand.path(table)], capture_output=True, text=True, timeout=60, check=True)
    return [json.loads(done.stdout)["Status"], stand.rows(table)]


# Labels.

@observation("2.1; common/LabelAlreadyUsedException.java", {
    "local": ["Label Already Exists", "FINISHED", True, "VISIBLE].", [["1", "a"]]],
    "cloud": ["Label Already Exists", "FINISHED", True, "TXN_STATUS_VISIBLE]", [["1", "a"]]]})
def a_label_is_good_for_one_load(stand):
    table, label = stand.table(), stand.name("l")
    first = stand.load(table, "1,a\n", label=label)
    reply = stand.load(table, "2,b\n", label=label)
    end = "VISIBLE]." if "local" in stand.profile else "TXN_STATUS_VISIBLE]"
    return [reply["Status"], reply.get("ExistingJobStatus"), str(first["TxnId"]) in reply["Message"],
            end if end in reply["Message"] else reply["Message"], stand.rows(table)]


@observation("2.1: an ABORTED label may be used again", ["Fail", "ABORTED", "Success", "VISIBLE"])
def an_aborted_label_may_be_used_again(stand):
    table, label = stand.table(), stand.name("l")
    failed = stand.load(table, "x,a\n", label=label, strict_mode="true")
    state = stand.db.label_state(label, DATABASE)
    again = stand.load(table, "1,a\n", label=label)
    return [failed["Status"], state, again["Status"], stand.db.label_state(label, DATABASE)]


@observation("3.4; GetStreamLoadState.java; cloud: meta_service_txn.cpp", {
    "local": "UNKNOWN", "cloud": Has("1: ", "has not found")})
def the_state_of_an_unknown_label(stand):
    return stand.db.label_state(stand.name("never"), DATABASE)


@observation("3.4", [200, 403, "No label selected"])
def a_state_without_a_label_is_refused(stand):
    reply = stand.db.request("GET", f"/api/{DATABASE}/get_load_state")
    answer = reply.json()
    return [reply.status, answer["code"], answer["data"] or answer["msg"]]


@observation("5.3; FeNameFormat.java", Has("Fail"))
def a_label_with_a_blank_is_refused(stand):
    return stand.verdict(stand.load(stand.table(), "1,a\n", label="two words"))


# Headers.

@observation("1.5", Has("Fail", "[INVALID_ARGUMENT]Invalid format of 'timeout': 'abc', stoi"))
def a_timeout_that_is_no_number_is_refused(stand):
    return stand.verdict(stand.load(stand.table(), "1,a\n", timeout="abc"))


@observation("1.5", Has("Fail", "unknown data format, format=X"))
def an_unknown_format_is_refused(stand):
    return stand.verdict(stand.load(stand.table(), "1,a\n", format="X"))


@observation("1.5", Has("Fail", "Invalid strict mode format. Must be bool type"))
def a_strict_mode_that_is_no_bool_is_refused(stand):
    return stand.verdict(stand.load(stand.table(), "1,a\n", strict_mode="yes please"))


@observation("1.5", Has("Fail", "enclose must be single-char"))
def an_enclose_of_two_characters_is_refused(stand):
    return stand.verdict(stand.load(stand.table(), "1,a\n", enclose="ab"))


@observation("1.5: names not in the table become throw-away slots", ["Success", [["1", None]]])
def an_unknown_column_is_dropped_in_silence(stand):
    table = stand.table()
    reply = stand.load(table, "1,a\n", columns="k,not_there")
    return [reply["Status"], stand.rows(table)]


@observation("12.18", ["Success", [["1", "a"]]])
def column_names_have_no_case(stand):
    table = stand.table()
    reply = stand.load(table, "1,a\n", columns="K,V")
    return [reply["Status"], stand.rows(table)]


@observation("7.2", Has("Fail", "load by MERGE or DELETE is only supported in unique tables."))
def a_duplicate_table_has_no_deletes(stand):
    return stand.verdict(stand.load(stand.table(), "1,a\n", merge_type="DELETE"))


@observation("8", Has("Fail", "table"))
def a_table_that_is_not_there_is_a_fail_or_a_refusal(stand):
    return json.dumps(stand.load("not_there", "1,a\n")).replace("FAILED", "Fail")


# SQL.

@observation("4.1; JsonStreamResponse.java", ["success", 0, "result_set", ["a", "b"]])
def a_select_streams_a_result_set(stand):
    table = stand.table()
    answer = stand.db.sql_reply(f"SELECT k AS a, v AS b FROM {table}", DATABASE).json()
    return [answer["msg"], answer["code"], answer["data"]["type"],
            [column["name"] for column in answer["data"]["meta"]]]


@observation("4.1", ["success", 0, "exec_status"])
def a_ddl_has_a_status(stand):
    answer = stand.db.sql_reply(f"TRUNCATE TABLE {stand.table()}", DATABASE).json()
    return [answer["msg"], answer["code"], answer["data"]["type"]]


@observation("4.1", [200, 1, "Error", True])
def an_error_of_sql_is_a_200(stand):
    reply = stand.db.sql_reply("SELECT * FROM not_there", DATABASE)
    answer = reply.json()
    return [reply.status, answer["code"], answer["msg"], "detailMessage = " in answer["data"]]


@observation("4.1", [200, 403])
def a_request_without_a_statement_is_refused(stand):
    reply = stand.db.request("POST", f"/api/query/internal/{DATABASE}", "{}",
                             {"Content-Type": "application/json"})
    return [reply.status, reply.json()["code"]]


@observation("4.1; since PR #51547 any statement", {"3.0": Has("Unsupported statement type"),
              "": "Unsupported statement type (not asked of this version)"})
def an_insert_over_http_by_version(stand):
    if "3.0" not in stand.profile:
        return "Unsupported statement type (not asked of this version)"
    return stand.error(f"INSERT INTO {stand.table()} VALUES (1, 'a')")


@observation("4.1: backslashes and doubled quotes in a literal", [["1"]])
def a_literal_takes_backslashes_and_doubled_quotes(stand):
    table = stand.table()
    stand.load_rows(table, ("1", "it's \\ here"), ("2", "x"))
    return stand.sql(f"SELECT k FROM {table} WHERE v = 'it''s \\\\ here'")


@observation("4.2; TableSchemaAction.java", ["UNIQUE_KEYS", [["k", "INT"], ["v", "VARCHAR"]]])
def the_schema_names_keys_type_and_columns(stand):
    schema = stand.db.schema(stand.unique(), DATABASE)
    return [schema["keysType"], [[column["name"], column["type"].partition("(")[0]]
                                 for column in schema["properties"] if "__DORIS" not in column["name"]]]


@observation("4.2", 1)
def the_schema_of_no_table_is_an_error(stand):
    return stand.db.request("GET", f"/api/{DATABASE}/not_there/_schema").json()["code"]
