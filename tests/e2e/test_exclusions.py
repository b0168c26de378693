"""Ranges that exclusion constraints let rows exchange, within a transaction."""

TABLES = """
CREATE TABLE bookings (id int PRIMARY KEY, during int4range, EXCLUDE USING gist (during WITH &&));
CREATE TABLE late_bookings (id int PRIMARY KEY, during int4range,
    EXCLUDE USING gist (during WITH &&) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE only_excluded (during int4range, v text, EXCLUDE USING gist (during WITH &&));
"""

ROWS = """
INSERT INTO bookings SELECT g, int4range(g * 10, g * 10 + 10) FROM generate_series(1, 10) g;
INSERT INTO late_bookings SELECT g, int4range(g * 10, g * 10 + 10) FROM generate_series(1, 10) g;
INSERT INTO only_excluded SELECT int4range(g * 10, g * 10 + 10), 'o' FROM generate_series(1, 10) g;
"""

CHANGES = [
    "BEGIN; UPDATE bookings SET during = 'empty' WHERE id = 1; "
    "UPDATE bookings SET during = '[10,15)' WHERE id = 2; "
    "UPDATE bookings SET during = '[15,25)' WHERE id = 1; COMMIT",
    "BEGIN; DELETE FROM bookings WHERE id = 3; INSERT INTO bookings VALUES (33, '[31,39)'); COMMIT",
    "BEGIN; UPDATE late_bookings SET during = '[20,30)' WHERE id = 1; "
    "UPDATE late_bookings SET during = '[10,20)' WHERE id = 2; COMMIT",
    "BEGIN; UPDATE only_excluded SET during = '[1000,1010)' WHERE during @> 10; "
    "UPDATE only_excluded SET during = '[10,20)' WHERE during @> 20; "
    "DELETE FROM only_excluded WHERE during @> 30; COMMIT",
]

AGAIN = ["BEGIN; TRUNCATE bookings, late_bookings, only_excluded; " + ROWS + "COMMIT"]


def test_excluded_ranges_change_hands_among_rows(story):
    told = story(TABLES + ROWS)

    told.one_by_one(CHANGES)
    told.in_one_group(AGAIN + CHANGES)

    assert told.task.stop() == 0
