"""Compares tables whose names differ between the two sides, without any part of walferry."""

from .compare import SESSION, quoted

SHAPE = """SELECT pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = '{0}'::regclass AND contype <> 'n'
UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = '{0}'::regclass"""


def rows_of(cluster, table, columns, database="shop"):
    connection = cluster.connect(database)
    cursor = connection.cursor()
    cursor.execute(SESSION)
    cursor.execute(f"SELECT ROW({', '.join(map(quoted, columns))})::text AS row "
                   f"FROM {quoted(*table.split('.'))} ORDER BY 1" if "." in table else
                   f"SELECT ROW({', '.join(map(quoted, columns))})::text AS row "
                   f"FROM public.{quoted(table)} ORDER BY 1")
    rows = [row for row, in cursor.fetchall()]
    connection.close()
    return sorted(rows)


def mapped_differences(source, destination, places, database="shop"):
    """places: (table here, table there, {column here: column there}); [] when all are equal."""
    found = []
    for here, there, columns in places:
        ours = rows_of(source, here, columns.keys(), database)
        theirs = rows_of(destination, there, columns.values(), database)
        if ours != theirs:
            found.append(f"{here} and {there}: {len(ours)} and {len(theirs)} rows; only here "
                         f"{sorted(set(ours) - set(theirs))[:5]}, only there "
                         f"{sorted(set(theirs) - set(ours))[:5]}")
    return found


def shape_of(cluster, table, database="shop"):
    """Its constraints and indexes as the server tells them, sorted."""
    connection = cluster.connect(database)
    cursor = connection.cursor()
    cursor.execute("SET search_path = pg_catalog")
    cursor.execute(SHAPE.format(table))
    shape = sorted(text for text, in cursor.fetchall())
    connection.close()
    return shape
