"""Tables whose changes are not in the write-ahead log."""


def test_an_unlogged_table_is_reported_by_name(pair, database, new_task):
    source, destination = pair
    database(source, destination)
    source.sql("CREATE TABLE kept (id int PRIMARY KEY); CREATE UNLOGGED TABLE scratch (id int PRIMARY KEY);"
               "CREATE TABLE parts (id int) PARTITION BY HASH (id);"
               "CREATE UNLOGGED TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
               database="shop")
    task = new_task(source, destination)

    result = task.cli("check", task.file, check=False)
    lines = [line for line in result.stdout.splitlines() if "unlogged" in line]

    assert result.returncode == 1
    assert all("write-ahead log" in line for line in lines)
    assert ["public.parts_0" in line for line in lines] == [True, False]
    assert "public.scratch" in lines[1]
