"""Wrong commands and bad task files, without any server: the exit code, exactly one line that begins
with "error:", and in it where and what to do."""

import json
import os
import subprocess

import pytest

from harness import program

ENDS = 'source = { conninfo = "host=a"; };\ndestination = { conninfo = "host=b"; };\n'

# what is typed (FILE: a good task file), exit code, pieces of the error line
USES = [
    ([], 2, ["no command"]),
    (["stauts"], 2, ["stauts", "status"]),
    (["--nonsense"], 2, ["--nonsense"]),
    (["status", "--jsno"], 2, ["--jsno", "--json"]),
    (["status", "--json=yes"], 2, ["--json", "no value"]),
    (["status", "a", "b"], 2, ["'b'", "too many"]),
    (["status", "--state-dir"], 2, ["--state-dir", "DIR"]),
    (["check"], 2, ["FILE", "missing"]),
    (["run"], 2, ["FILE", "missing"]),
    (["run", "--json", "FILE"], 2, ["--json"]),
    (["pause"], 2, ["NAME", "missing"]),
    (["queue", "t"], 2, ["stats", "missing"]),
    (["queue", "t", "lenght"], 2, ["lenght", "stats"]),
    (["queue", "t", "tail"], 2, ["tail", "not supported yet"]),
    (["queue", "t", "peek"], 2, ["peek", "not supported yet"]),
    (["scale", "t", "loader=2"], 2, ["scale", "not supported yet"]),
    (["set", "t", "throttle.copy_rows=1"], 2, ["set", "not supported yet"]),
    (["sequences"], 2, ["NAME", "missing"]),
    (["sequences", "t", "--margin", "few"], 2, ["--margin", "few"]),
    (["wait", "t"], 2, ["--for", "consistent", "caught-up", "finished"]),
    (["wait", "t", "--for", "ever"], 2, ["ever", "consistent"]),
    (["wait", "t", "--for", "consistent", "--timeout", "soon"], 2, ["--timeout", "soon"]),
    (["wait", "t", "--for", "consistent", "--timeout", "-1"], 2, ["--timeout", "-1"]),
    (["--supervisor", "ipc:///nowhere", "run", "FILE"], 2, ["--supervisor", "walferry add"]),
    (["wait", "t", "--for", "consistent", "--timeout", "0"], 1, ["'t'", "within the time"]),
    (["status", "t"], 1, ["'t'", "--state-dir"]),
    (["tables", "t"], 1, ["'t'", "--state-dir"]),
    (["pause", "t"], 1, ["no supervisor runs", "walferry run"]),
    (["resume", "t"], 1, ["no supervisor runs", "walferry run"]),
    (["queue", "t", "stats"], 1, ["no supervisor runs"]),
    (["add", "FILE"], 1, ["no supervisor runs", "walferry run"]),
    (["add", "/nowhere/t.cfg"], 1, ["/nowhere/t.cfg", "No such file"]),
    (["check", "/nowhere/t.cfg"], 1, ["/nowhere/t.cfg", "No such file", "what to do"]),
    (["run", "/tmp"], 1, ["/tmp", "directory"]),
    (["run", "FILE", "FILE"], 1, ["both named", "what to do"]),
    (["release", "t"], 1, ["'t'", "--file"]),
    (["compare", "t"], 1, ["'t'", "--file"]),
    (["sequences", "t", "--apply"], 1, ["'t'", "--file"]),
    (["release", "other", "--file", "FILE"], 1, ["'t'", "'other'"]),
    (["init", "-o", "/nowhere/t.cfg"], 1, ["/nowhere/t.cfg", "what to do"]),
    (["init", "-o", "FILE"], 1, ["exists", "what to do"]),
    (["--supervisor", "ipc:///tmp/walferry-nobody", "status"], 1, ["does not answer"]),
]

# what, the file, pieces of the error line behind the file's name
FILES = [
    ("nothing", "", [":1:", "source.conninfo", "missing"]),
    ("no assignment", 'name "t";\n' + ENDS, [":1:6: syntax error"]),
    ("a group left open", ENDS + "stages = {", [":3:11: syntax error", "ends too early"]),
    ("a trailing comma", ENDS + 'phases = ["schema",\n];\n', [":3:19:", "comma", "remove"]),
    ("a text left open", ENDS + 'tag = "x;\n', [":3:7:", "never closed", "double quote"]),
    ("a comment left open", ENDS + "/* tag\n", [":3:1:", "never closed"]),
    ("a key twice", ENDS + 'tag = "x";\ntag = "y";\n', [":4:", "tag", "twice"]),
    ("an include", '@include "secrets"\n' + ENDS, [":1:", "@include"]),
    ("a NUL byte", ENDS + "#\0", [":3:2:", "NUL"]),
    ("an unknown key", ENDS + 'windwo = "1GB";\n', [":3: windwo:", "unknown", "'window'"]),
    ("a key in the wrong group", ENDS + "heartbeat_ms = 5;\n",
     [":3: heartbeat_ms:", "'source.heartbeat_ms'"]),
    ("an unknown key in a list", ENDS + 'objects = (\n{ schema = "a"; tabel = "b"; } );\n',
     [":4: objects.tabel:", "'table'"]),
    ("a wrong type", ENDS + 'stages = { copy = "2"; };\n', [":3: stages.copy:", "whole number"]),
    ("a size without quotes", ENDS + "window = 5000000000;\n",
     [":3: window:", "double quotes", '"256MB"']),
    ("a size without a unit", ENDS + 'window = "5000";\n', [":3: window:", "unit"]),
    ("a number too large", ENDS + "stages = { copy = 17; };\n",
     [":3: stages.copy:", "17", "from 1 to 16"]),
    ("a number that would wrap around", ENDS + "stages = { copy = 4294967297; };\n",
     [":3: stages.copy:", "4294967297", "from 1 to 16"]),
    ("an unknown value", ENDS + 'existing_tables = "drop";\n',
     [":3: existing_tables:", '"error"', '"accept"']),
    ("a name that no slot can bear", 'name = "Große";\n' + ENDS, [":1: name:", "a to z"]),
    ("a name too long", f'name = "{"x" * 41}";\n' + ENDS, [":1: name:", "40"]),
    ("retries the wrong way round", ENDS + "retry = { connection_minutes = 10;\n"
     "other_minutes = 10; };\n", [":4: retry.other_minutes:", "lower"]),
    ("a table twice", ENDS + 'objects = ( { schema = "a"; table = "b"; },\n'
     '{ schema = "a"; table = "b"; } );\n', [":4: objects:", "a.b", "line 3"]),
    ("exclude beside a table", ENDS + 'objects = ( { schema = "a"; table = "b"; exclude = ["c"]; }'
     ' );\n', [":3: objects.exclude:", "whole schema"]),
    ("a SelectDB without a front end", 'source = { conninfo = "a"; };\ndestination = { type = "selectdb"; };\n',
     [":2: destination.urls:", "is missing"]),
    ("a password in a URL", 'source = { conninfo = "a"; };\ndestination = { type = "selectdb"; database = "d"; '
     'user = "u"; urls = ["http://u:p@f:8030"]; };\n', [":2: destination.urls:", "password_file"]),
    ("a phase left out", ENDS + 'phases = ["schema", "copy"];\n',
     [":3: phases:", "not supported yet"]),
    ("an etl script", ENDS + 'etl = "e_drop()";\n', [":3: etl:", "not supported yet"]),
    ("a throttle", ENDS + "throttle = { copy_rows = 5; };\n",
     [":3: throttle.copy_rows:", "not supported yet"]),
    ("a row filter", ENDS + 'objects = ( { schema = "a"; where = "id > 5"; } );\n',
     [":3: objects.where:", "not supported yet"]),
    ("a key of another destination", ENDS + 'objects = ( { schema = "a"; table = "b"; columns = ( { name = "c"; '
     'type = "text"; } ); } );\n', [":3: objects.columns.type:", "selectdb"]),
    ("a new name for no table", ENDS + 'objects = ( { schema = "a"; to_table = "c"; } );\n',
     [":3: objects.to_table:", "to_schema"]),
]


@pytest.fixture
def walferry(tmp_path):
    if not os.access(program("walferry"), os.X_OK):
        pytest.skip(f"{program('walferry')} is not built")
    environment = {**os.environ, "WALFERRY_STATE_DIR": str(tmp_path / "state")}
    environment.pop("WALFERRY_SUPERVISOR", None)

    def run(*arguments):
        return subprocess.run([program("walferry"), *arguments], capture_output=True, text=True,
                              timeout=30, stdin=subprocess.DEVNULL, env=environment, cwd=tmp_path)
    return run


def assert_refused(result, status, pieces):
    errors = [line for line in result.stderr.splitlines() if line.startswith("error:")]

    assert result.returncode == status, result.stderr
    assert len(errors) == 1 and "error:" not in result.stdout, result.stdout + result.stderr
    for piece in pieces:
        assert piece in errors[0], f"{piece}: {errors[0]}"


def write(path, text, mode=0o600):
    path.write_text(text)
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize("arguments, status, pieces", USES, ids=[" ".join(row[0]) for row in USES])
def test_wrong_use_is_one_error_line(walferry, tmp_path, arguments, status, pieces):
    file = write(tmp_path / "t.cfg", ENDS)

    result = walferry(*[file if word == "FILE" else word for word in arguments])

    assert_refused(result, status, pieces)


@pytest.mark.parametrize("command", ["run", "check", "add"])
@pytest.mark.parametrize("what, text, pieces", FILES, ids=[row[0] for row in FILES])
def test_a_bad_file_is_one_error_line(walferry, tmp_path, command, what, text, pieces):
    file = write(tmp_path / "t.cfg", text)

    result = walferry(command, file)

    assert_refused(result, 1, [file + pieces[0], *pieces, "what to do: "])
    assert result.stdout == ""


def test_a_syntax_error_shows_its_line_with_a_caret(walferry, tmp_path):
    file = write(tmp_path / "t.cfg", ENDS + "stages = { copy = (1,); };\n")

    lines = walferry("check", file).stderr.splitlines()

    assert lines[1:] == ["    stages = { copy = (1,); };", "                        ^"]


def test_the_line_of_a_syntax_error_shows_no_secret(walferry, tmp_path):
    file = write(tmp_path / "t.cfg", 'source = { conninfo = "password=geheim" x };\n')

    result = walferry("check", file)

    assert_refused(result, 1, [":1:"])
    assert "geheim" not in result.stderr


@pytest.mark.parametrize("conninfo", ["host=a password=geheim", "host=a password = 'geheim'",
                                      "postgresql://me:geheim@a/db", "postgresql://a/db?password=geheim"])
def test_a_password_wants_a_file_of_its_owner_only(walferry, tmp_path, conninfo):
    file = write(tmp_path / "t.cfg", ENDS.replace("host=b", conninfo), 0o640)

    result = walferry("run", file)

    assert_refused(result, 1, [":2: destination.conninfo:", "0640", "chmod 600", "password_file"])
    assert "geheim" not in result.stdout + result.stderr


def test_a_file_without_a_name_inside_goes_by_its_own(walferry, tmp_path):
    file = write(tmp_path / "My Shop.cfg", ENDS)

    assert_refused(walferry("check", file), 1, [":1: name:", "'My Shop'", "add name"])


@pytest.mark.parametrize("command", ["init", "check", "run", "add", "pause", "resume", "release",
                                     "status", "tables", "wait", "compare", "sequences", "scale",
                                     "set", "queue"])
def test_every_command_has_help(walferry, command):
    result = walferry(command, "--help")

    assert result.returncode == 0 and result.stderr == ""
    assert result.stdout.startswith(f"usage: walferry {command}")
    assert "--state-dir" in result.stdout


def test_help_and_version_are_no_errors(walferry):
    version, text = walferry("--version"), walferry("--help")

    assert version.returncode == 0 and version.stdout.startswith("walferry ")
    assert text.returncode == 0 and "walferry run" in text.stdout


def test_the_file_that_init_writes_needs_both_connections_and_no_more(walferry, tmp_path):
    assert walferry("init", "-o", "shop.cfg").returncode == 0
    file = tmp_path / "shop.cfg"

    assert_refused(walferry("check", str(file)), 1, ["source.conninfo", "empty"])
    file.write_text(file.read_text().replace('conninfo = ""', 'conninfo = "host=/nowhere"'))
    result = walferry("check", "--json", str(file))

    assert not json.loads(result.stdout)["ok"]
    assert 'name = "shop"' in file.read_text()


def test_without_a_state_directory_there_are_no_tasks(walferry):
    result = walferry("status", "--json")

    assert result.returncode == 0
    assert json.loads(result.stdout) == {"tasks": []}
