"""`walferry compare` with SelectDB: tables filled by hand, so that it is not our loader that makes them equal."""

import json

import pytest

TABLES = r"""
CREATE TABLE item (id int, part text, flag bool, price numeric(10, 2), ratio float8, day date, at timestamptz,
    note text, doc jsonb, wide numeric, PRIMARY KEY (id, part));
INSERT INTO item VALUES
    (1, 'a', true, 1.5, 0.1, '2024-02-29', '2024-02-29 23:59:59.12+00', E'it''s "x", \\N\n\t', '{"b": 1.50, "a": [null]}', 1e40),
    (2, 'a', false, -0.5, 1e20, NULL, NULL, '', '"t"', NULL),
    (2, 'b', NULL, 0, 'NaN', '9999-12-31', '2024-01-01 00:00:00+00', NULL, NULL, 0.10);
INSERT INTO item (id, part) SELECT g, 'many' FROM generate_series(3, 2000) g;
CREATE TABLE log (id int PRIMARY KEY, v text);
INSERT INTO log VALUES (1, 'b'), (3, 'c');
CREATE TABLE hits (v text);
INSERT INTO hits VALUES ('a'), ('a'), (NULL);
CREATE TABLE visits (who int, v text);
INSERT INTO visits VALUES (1, 'a'), (1, 'b'), (1, 'b'), (2, NULL);
"""

OBJECTS = ({"schema": "public"}, {"schema": "public", "table": "log", "engine": "duplicate"})

ITEM_COLUMNS = ["id", "part", "flag", "price", "ratio", "day", "at", "note", "doc", "wide"]
ITEM_ROWS = [
    [1, "a", "1", "1.50", "0.1", "2024-02-29", "2024-02-29 23:59:59.120000", 'it\'s "x", \\N\n\t',
     '{"a":[null],"b":1.5}', "1" + 40 * "0"],
    [2, "a", "0", "-0.50", "1e20", None, None, "", '"t"', None],
    [2, "b", None, "0", "NaN", "9999-12-31", "2024-01-01 00:00:00", None, None, "0.10"],
    *([number, "many"] + 8 * [None] for number in range(3, 2001)),
]
HISTORY = {"log": (["id", "v", "_is_deleted", "_version", "_record_id"],
                   [[1, "a", 0, 0, 0], [1, "b", 0, 5, 10], [2, "x", 0, 0, 0], [2, "x", 1, 6, 11],
                    [3, "c", 0, 7, 12]]),
           "hits": (["v", "_is_deleted", "_version", "_record_id"],
                    [["a", 0, 0, 0], ["a", 0, 0, 0], ["b", 0, 5, 10], [None, 0, 6, 11],
                     ["b", 1, 7, 12]]),
           # sorted there by a column that is no key
           "visits": (["who", "v", "_is_deleted", "_version", "_record_id"],
                      [[1, "a", 0, 0, 0], [1, "b", 0, 0, 0], [1, "b", 0, 0, 0], [2, None, 0, 0, 0]])}

OURS = "`_is_deleted` INT NULL DEFAULT \"0\", `_version` BIGINT NULL DEFAULT \"0\", `_record_id` BIGINT NULL DEFAULT \"0\""
DEFINITIONS = ["""CREATE TABLE `item` (`id` INT NOT NULL, `part` VARCHAR(65533) NOT NULL, `flag` BOOLEAN NULL,
    `price` DECIMAL(10,2) NULL, `ratio` DOUBLE NULL, `day` DATEV2 NULL, `at` DATETIMEV2(6) NULL, `note` STRING NULL,
    `doc` JSON NULL, `wide` STRING NULL)
    ENGINE=OLAP UNIQUE KEY(`id`, `part`) DISTRIBUTED BY HASH(`id`) BUCKETS AUTO
    PROPERTIES ("enable_unique_key_merge_on_write" = "true", "light_schema_change" = "true",
                "function_column.sequence_type" = "bigint")""",
               f"""CREATE TABLE `log` (`id` INT NOT NULL, `v` STRING NULL, {OURS})
    ENGINE=OLAP DUPLICATE KEY(`id`) DISTRIBUTED BY HASH(`id`) BUCKETS AUTO
    PROPERTIES ("light_schema_change" = "true")""",
               f"""CREATE TABLE `hits` (`_is_deleted` INT NULL DEFAULT "0", `v` STRING NULL,
    `_version` BIGINT NULL DEFAULT "0", `_record_id` BIGINT NULL DEFAULT "0")
    ENGINE=OLAP DUPLICATE KEY(`_is_deleted`) DISTRIBUTED BY RANDOM BUCKETS AUTO
    PROPERTIES ("light_schema_change" = "true")""",
               f"""CREATE TABLE `visits` (`who` INT NULL, `v` STRING NULL, {OURS})
    ENGINE=OLAP DUPLICATE KEY(`who`) DISTRIBUTED BY RANDOM BUCKETS AUTO
    PROPERTIES ("light_schema_change" = "true")"""]


def load_item(there, rows, sequence=1):
    answer = there.load_rows("item", [*ITEM_COLUMNS, "seq"], [[*row, sequence] for row in rows],
                             **{"function_column.sequence_col": "seq"})
    assert answer["Status"] == "Success", answer


def load_history(there, table, rows):
    answer = there.load_rows(table, HISTORY[table][0], rows)
    assert answer["Status"] == "Success", answer


@pytest.fixture
def sides(source, database, new_task, simulator):
    database(source)
    source.sql(TABLES, database="shop")
    there = simulator()
    for definition in DEFINITIONS:
        there.sql(definition, "shop")
    load_item(there, ITEM_ROWS)
    for table, (_, rows) in HISTORY.items():
        load_history(there, table, rows)
    return source, there, new_task(source, there, objects=OBJECTS)


def compared(task):
    result = task.cli("compare", task.name, "--file", task.file, "--json", check=False)
    assert result.stdout, result.stderr
    tables = {table["table"]: table for table in json.loads(result.stdout)["tables"]}
    return result, sorted(name for name, table in tables.items() if not table["equal"]), tables


def test_equal_rows_are_equal_whatever_their_form_and_each_difference_is_found(sides):
    source, there, task = sides

    result, different, tables = compared(task)
    assert different == [], tables
    assert result.returncode == 0
    assert tables["item"]["source_rows"] == tables["item"]["destination_rows"] == 2001
    assert tables["log"]["destination_rows"] == 2 and tables["hits"]["destination_rows"] == 3

    load_item(there, [[2, "a", "0", "-0.51", "1e20", None, None, "", '"t"', None]], 2)  # a digit
    result, different, _ = compared(task)
    assert different == ["item"] and result.returncode == 1 and "public.item" in result.stderr

    load_item(there, [ITEM_ROWS[1]], 3)
    load_item(there, [[2, "a", "0", "-0.50", "1e20", None, None, None, '"t"', None]], 4)  # NULL is not ''
    assert compared(task)[1] == ["item"]

    load_item(there, [ITEM_ROWS[1]], 5)
    source.sql("DELETE FROM item WHERE id = 2000", database="shop")  # a row too many
    assert compared(task)[1] == ["item"]

    source.sql("INSERT INTO item (id, part) VALUES (2000, 'many')", database="shop")
    load_history(there, "log", [[3, "c", 1, 9, 20]])
    _, different, tables = compared(task)
    assert different == ["log"] and tables["log"]["destination_rows"] == 1

    load_history(there, "hits", [["a", 0, 9, 21]])
    _, different, tables = compared(task)
    assert different == ["hits", "log"] and "no key" in tables["hits"]["note"]


def test_what_is_not_there_is_said(sides):
    _, there, task = sides
    there.sql("DROP TABLE `log`", "shop")
    result, different, tables = compared(task)
    assert different == ["log"] and result.returncode == 1
    assert "no such table" in tables["log"]["note"]
