"""What a foreign key does at the source arrives as changes; at the destination it does nothing."""

TABLES = """
CREATE TABLE owner (id int PRIMARY KEY, name text);
CREATE TABLE pet (id int PRIMARY KEY, owner int REFERENCES owner ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE visit (id int PRIMARY KEY, pet int DEFAULT 0 REFERENCES pet ON DELETE SET NULL);
CREATE TABLE spare (id int PRIMARY KEY, pet int DEFAULT 1 REFERENCES pet ON DELETE SET DEFAULT);
CREATE TABLE staff (id int PRIMARY KEY, boss int REFERENCES staff ON DELETE CASCADE);
CREATE TABLE left_one (id int PRIMARY KEY, other int);
CREATE TABLE right_one (id int PRIMARY KEY,
    other int REFERENCES left_one DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE left_one ADD FOREIGN KEY (other) REFERENCES right_one DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE parts (id int PRIMARY KEY, owner int REFERENCES owner
    ON DELETE CASCADE ON UPDATE CASCADE)
    PARTITION BY HASH (id);
CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
"""

ROWS = """
INSERT INTO owner SELECT g, 'o' FROM generate_series(1, 10) g;
INSERT INTO pet SELECT g, 1 + g % 10 FROM generate_series(1, 30) g;
INSERT INTO visit SELECT g, g FROM generate_series(1, 30) g;
INSERT INTO spare SELECT g, g FROM generate_series(1, 30) g;
INSERT INTO staff SELECT g, CASE WHEN g > 1 THEN g / 2 END FROM generate_series(1, 31) g;
INSERT INTO left_one SELECT g, g FROM generate_series(1, 5) g;
INSERT INTO right_one SELECT g, 6 - g FROM generate_series(1, 5) g;
INSERT INTO parts SELECT g, 1 + g % 10 FROM generate_series(1, 30) g;
"""

CHANGES = [
    "DELETE FROM owner WHERE id = 3",
    "UPDATE owner SET id = 100 WHERE id = 4",
    "DELETE FROM pet WHERE id = 7",
    "DELETE FROM staff WHERE id = 3",
    "BEGIN; DELETE FROM staff WHERE id = 2; INSERT INTO staff VALUES (2, 1), (4, 2); COMMIT",
    "BEGIN; INSERT INTO right_one VALUES (9, 9); INSERT INTO left_one VALUES (9, 9); COMMIT",
    "BEGIN; DELETE FROM left_one WHERE id = 5; DELETE FROM right_one WHERE id IN (1, 5); "
    "UPDATE left_one SET other = 2 WHERE other = 1; COMMIT",
    "BEGIN; UPDATE staff SET boss = NULL WHERE id = 1; INSERT INTO staff VALUES (90, 90); COMMIT",
    "TRUNCATE owner CASCADE",
]

# TRUNCATE empties what references it too, and stands between changes of the same transaction.
AGAIN = ["BEGIN; DELETE FROM staff; TRUNCATE staff; TRUNCATE left_one, right_one, owner CASCADE; "
         + ROWS + "COMMIT"]


def test_cascades_arrive_as_changes_and_do_not_act_twice(story):
    told = story(TABLES + ROWS)

    told.one_by_one(CHANGES)
    told.in_one_group(AGAIN + CHANGES)

    keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated"
    assert told.destination.value(keys, database="shop") == told.source.value(keys, database="shop")
    assert told.task.stop() == 0
