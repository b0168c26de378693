"""Names that SQL, C and shells are tempted to take for something else, of everything that has one."""

import json

from harness import differences

NAMES = ["Capital", "two words", "dot.ted", "100%s %n %d", "double\"quote", "single'quote", "back\\slash\\", "select",
         "9 lives", "中文表", "😀 emoji", "x" * 63, "中" * 21, "new\nline\ttab", "$1", "{a,b}", "--", "/*", ":v", "a,b)", "null"]

# Names that our own statements use, that the server uses, and words of the language.
COLUMNS = ["tableoid_", "old", "new", "s", "t", "k1", "v1", "row", "rows", "user", "table", "order", "ctid ", "name", "oid",
           "walferry_1", "excluded", "default", "*"]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def script():
    """A schema, table, column, key, check, index, foreign key and sequence of each name."""
    lines = [f"CREATE SCHEMA {schema};" for schema in ("keys", "checks", "indexes", "foreign_keys", "sequences")]
    others = ", ".join(f"{quoted(name)} text" for name in COLUMNS)
    lines.append("CREATE TABLE referred (id int PRIMARY KEY); INSERT INTO referred VALUES (1), (2), (3);")
    for number, name in enumerate(NAMES):
        name, table = quoted(name), f"t{number}"
        doubled = name.replace("'", "''")
        lines += [
            f"CREATE SCHEMA {name};",
            f"CREATE TABLE {name}.{name} ({name} int PRIMARY KEY, {others});",
            f"CREATE TABLE {name}.keyless ({name} text, {others});",
            f"CREATE TABLE keys.{table} (id int CONSTRAINT {name} PRIMARY KEY);",
            f"CREATE TABLE checks.{table} (id int PRIMARY KEY CONSTRAINT {name} CHECK (id > 0));",
            f"CREATE TABLE indexes.{table} (id int PRIMARY KEY, {name} text);",
            f"CREATE INDEX {name} ON indexes.{table} ({name});",
            f"CREATE TABLE foreign_keys.{table} (id int PRIMARY KEY CONSTRAINT {name} REFERENCES referred);",
            f"CREATE SEQUENCE sequences.{name};",
            f"CREATE TABLE sequences.{table} (id int PRIMARY KEY DEFAULT nextval('sequences.{doubled}'));",
        ]
    # two tables that a dot makes one
    lines += ['CREATE SCHEMA a; CREATE SCHEMA "a.b";', 'CREATE TABLE a."b.c" (id int PRIMARY KEY, v text);',
              'CREATE TABLE "a.b".c (id int PRIMARY KEY, v text);']
    return "\n".join(lines)


def rows():
    lines = ["INSERT INTO a.\"b.c\" VALUES (1, 'first'), (2, 'f'); INSERT INTO \"a.b\".c VALUES (1, 'second'), (3, 's');"]
    for number, name in enumerate(NAMES):
        name = quoted(name)
        lines += [f"INSERT INTO {name}.{name} ({name}, {quoted('user')}) SELECT n, 'v' FROM generate_series(1, 100) n;",
                  f"INSERT INTO {name}.keyless ({name}) VALUES ('a'), ('a'), ('b'), (NULL);"]
        lines += [f"INSERT INTO {schema}.t{number} VALUES (1);"
                  for schema in ("keys", "checks", "indexes", "foreign_keys")]
        lines.append(f"INSERT INTO sequences.t{number} DEFAULT VALUES;")
    return "\n".join(lines)


def changes():
    """By step: a few rows, a set of them, keys, rows without a key, TRUNCATE."""
    few, many, keys, keyless, truncate = [], [], [], [], []
    for number, name in enumerate(NAMES):
        name = quoted(name)
        every = ", ".join(f"{quoted(column)} = 'w'" for column in COLUMNS)
        few += [f"INSERT INTO {name}.{name} ({name}) VALUES (1000)", f"UPDATE {name}.{name} SET {every} WHERE {name} < 3",
                f"DELETE FROM {name}.{name} WHERE {name} = 4", f"INSERT INTO sequences.t{number} DEFAULT VALUES",
                f"UPDATE indexes.t{number} SET {name} = 'x'"]
        many += [f"UPDATE {name}.{name} SET {every}", f"DELETE FROM {name}.{name} WHERE {name} <= 55"]
        keys += [f"UPDATE {name}.{name} SET {name} = {name} + 5000"]
        keyless += [f"UPDATE {name}.keyless SET \"user\" = 'u' WHERE ctid = (SELECT min(ctid) FROM {name}.keyless)",
                    f"DELETE FROM {name}.keyless WHERE {name} = 'b'"]
        truncate += [f"TRUNCATE {name}.{name}, {name}.keyless", f"INSERT INTO {name}.{name} ({name}) VALUES (7)"]
    few += ["UPDATE a.\"b.c\" SET v = 'still the first'", "UPDATE \"a.b\".c SET v = 'still the second'",
            'DELETE FROM a."b.c" WHERE id = 2', 'DELETE FROM "a.b".c WHERE id = 3']
    return [few, many, keys, keyless, truncate]


def test_names_that_need_quoting_in_copy_and_stream(one_pair, database, new_task):
    source, destination = one_pair
    database(source, destination)
    source.sql(script() + rows(), database="shop")
    task = new_task(source, destination).run()
    task.wait_for(lambda s: s["consistent"] or s["error"])

    def equal(**more):
        assert differences(source.conninfo("shop"), destination.conninfo("shop"), **more) == []

    equal(shape=True)
    for step in changes():
        source.sql("BEGIN; " + "; ".join(step) + "; COMMIT", database="shop")
        task.wait_caught_up()
        equal()
    assert task.faults() == [] and task.errors() == []

    listed = {(table["schema"], table["table"])
              for table in json.loads(task.cli("tables", task.name, "--json").stdout)["tables"]}
    assert {(name, name) for name in NAMES} <= listed
    assert task.cli("tables", task.name).returncode == 0
    task.cli("compare", task.name)
    task.cli("release", task.name)


def test_an_error_names_a_table_of_any_name(one_pair, database, new_task):
    source, destination = one_pair
    name = "100%s %n dot.ted 😀 back\\slash\\"
    database(source, destination)
    table = f"{quoted(name)}.{quoted(name)}"
    source.sql(f"CREATE SCHEMA {quoted(name)}; CREATE TABLE {table} ({quoted(name)} text PRIMARY KEY, n int);"
               f"INSERT INTO {table} VALUES (repeat('😀', 200), 1)", database="shop")
    task = new_task(source, destination).run()
    task.wait_consistent()
    destination.sql(f"DELETE FROM {table}", database="shop")

    source.sql(f"UPDATE {table} SET n = 2", database="shop")
    error = task.wait_for(lambda s: s["error"])["error"]

    assert error["object"] == f"{name}.{name}"
    assert "drift" in error["message"] and error["position"] and error["key"].startswith(f'"{name}"=😀')
