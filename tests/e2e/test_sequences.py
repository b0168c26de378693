"""`walferry sequences`: both sides' values, and the destination's set for the cut-over."""

import json

import pytest

TABLES = '''
CREATE TABLE by_serial (id serial PRIMARY KEY);
CREATE TABLE by_identity (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE SEQUENCE shared INCREMENT -5 MAXVALUE -1 START -1 CACHE 10;
CREATE TABLE by_default (id int PRIMARY KEY DEFAULT nextval('shared'));
CREATE SCHEMA "Odd one";
CREATE TABLE "Odd one"."T ""q""" (id serial PRIMARY KEY);
CREATE SEQUENCE of_no_table;
INSERT INTO by_serial SELECT FROM generate_series(1, 30);
INSERT INTO by_identity SELECT FROM generate_series(1, 7);
INSERT INTO by_default SELECT FROM generate_series(1, 3);
'''


@pytest.fixture
def task(pair, database, new_task):
    database(*pair)
    pair[0].sql(TABLES, database="shop")
    task = new_task(*pair)
    task.run().wait_consistent()
    return task


def listed(task, *arguments, check=True):
    answer = json.loads(task.cli("sequences", "t", *arguments, "--json", check=check).stdout)
    return {one["sequence"]: one for one in answer["sequences"]}


def test_sequences_are_set_for_the_cut_over(task, pair):
    source, destination = pair
    source.sql("INSERT INTO by_serial SELECT FROM generate_series(1, 5)", database="shop")
    task.wait_caught_up()
    task.stop()

    behind = task.cli("sequences", "t", check=False)
    before = listed(task, check=False)
    task.cli("sequences", "t", "--apply")
    after = listed(task)

    assert behind.returncode == 1
    assert "error: 3 of 4 sequences are behind at the destination" in behind.stderr
    assert set(before) == {"by_serial_id_seq", "by_identity_id_seq", "shared", 'T "q"_id_seq'}
    assert (before["by_serial_id_seq"]["source_value"],
            before["by_serial_id_seq"]["state"]) == (35, "BEHIND")
    assert before['T "q"_id_seq']["state"] == "ok"
    assert {one["state"] for one in after.values()} == {"ok"}
    assert destination.value("INSERT INTO by_serial DEFAULT VALUES RETURNING id",
                             database="shop") == 36
    assert destination.value("INSERT INTO by_identity DEFAULT VALUES RETURNING id",
                             database="shop") == 8
    # with CACHE the source has given up to -46, as far as it is known there
    assert destination.value("INSERT INTO by_default DEFAULT VALUES RETURNING id",
                             database="shop") == -51
    assert destination.value('INSERT INTO "Odd one"."T ""q""" DEFAULT VALUES RETURNING id',
                             database="shop") == 1


def test_a_margin_goes_further_and_nothing_goes_back(task, pair):
    destination = pair[1]
    destination.sql("SELECT setval('by_serial_id_seq', 5000)", database="shop")

    task.cli("sequences", "t", "--apply", "--margin", "100")
    once = listed(task)
    task.cli("sequences", "t", "--apply", "--margin", "100")

    assert once == listed(task)
    values = {name: one["destination_value"] for name, one in once.items()}
    assert values == {"by_serial_id_seq": 5000, "by_identity_id_seq": 107, "shared": -546,
                      'T "q"_id_seq': 101}


def test_what_is_missing_or_forbidden_is_named(task, pair):
    destination = pair[1]
    destination.sql("ALTER TABLE by_default ALTER id DROP DEFAULT; DROP SEQUENCE shared",
                    database="shop")

    missing = task.cli("sequences", "t", "--apply", check=False)
    wrong = task.cli("sequences", "t", "--margin", "-1", check=False)

    assert missing.returncode == 1
    assert "error: 1 of 4 sequences are not at the destination" in missing.stderr
    assert wrong.returncode == 2
