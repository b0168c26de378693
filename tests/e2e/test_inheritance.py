"""Tables that inherit from one another are followed each for itself."""

TABLES = """
CREATE TABLE beings (id int PRIMARY KEY, name text);
CREATE TABLE animals (legs int, PRIMARY KEY (id)) INHERITS (beings);
CREATE TABLE dogs (breed text, PRIMARY KEY (id)) INHERITS (animals);
CREATE TABLE robots (model text);
CREATE TABLE toys (price numeric) INHERITS (beings, robots);
"""

ROWS = """
INSERT INTO beings SELECT g, 'being' FROM generate_series(1, 5) g;
INSERT INTO animals SELECT g, 'animal', 4 FROM generate_series(1, 5) g;
INSERT INTO dogs SELECT g, 'dog', 4, 'mixed' FROM generate_series(3, 8) g;
INSERT INTO robots SELECT 'r' || g FROM generate_series(1, 3) g;
INSERT INTO toys SELECT g, 'toy', 't' || g, 9.99 FROM generate_series(1, 5) g;
"""

CHANGES = [
    "UPDATE beings SET name = 'changed' WHERE id = 3",
    "UPDATE ONLY beings SET name = 'only' WHERE id = 4",
    "UPDATE dogs SET id = id + 100 WHERE id = 5",
    "DELETE FROM animals WHERE id = 4",
    "DELETE FROM ONLY beings WHERE id = 1",
    "UPDATE robots SET model = model || '!' WHERE model LIKE '%1'",
    "INSERT INTO toys VALUES (50, 'new', 'm', 1.0)",
    "TRUNCATE ONLY beings",
    "TRUNCATE animals",
]

AGAIN = ["BEGIN; TRUNCATE beings, robots; " + ROWS + "COMMIT"]


def test_each_table_of_a_tree_has_its_own_rows(story):
    told = story(TABLES + ROWS, there=TABLES)

    told.one_by_one(CHANGES)
    told.in_one_group(AGAIN + CHANGES)

    assert told.task.stop() == 0
