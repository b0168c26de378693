"""CSV to the byte, casts, filtering, tables, upserts and deletes."""

from harness.selectdb import CSV_HEADERS
from stand import Has, observation

ENCLOSED = {key: CSV_HEADERS[key] for key in ("enclose", "escape", "trim_double_quotes")}


# CSV.

@observation("1.6; csv_reader.cpp", [["1", None], ["2", None], ["3", "\\N"], ["4", ""], ["5", "N"]])
def the_forms_of_null(stand):
    table = stand.table()
    stand.load(table, '1,\\N\n2,"\\N"\n3,"\\\\N"\n4,""\n5,"N"\n', **ENCLOSED)
    return stand.rows(table)


@observation("1.6", [["1", ""], ["2", "NULL"]])
def an_empty_field_is_an_empty_string(stand):
    table = stand.table()
    stand.load(table, "1,\n2,NULL\n")
    return stand.rows(table)


@observation("1.6; test_csv_with_enclose_and_escape",
             [["1", 'a"b'], ["2", "a\\b"], ["3", "line\nline"], ["4", "a,b"], ["5", "nt"]])
def what_enclosing_and_escaping_protect(stand):
    table = stand.table()
    stand.load(table, '1,"a\\"b"\n2,"a\\\\b"\n3,"line\nline"\n4,"a,b"\n5,"\\n\\t"\n', **ENCLOSED)
    return stand.rows(table)


@observation("1.6: un-escaping is applied to every field", [["1", "axb"]])
def an_escape_counts_outside_of_quotes_too(stand):
    table = stand.table()
    stand.load(table, "1,a\\xb\n", **ENCLOSED)
    return stand.rows(table)


@observation("1.6", [["1", "a"], ["2", "b"]])
def an_empty_line_is_no_row(stand):
    table = stand.table()
    stand.load(table, "1,a\n\n2,b\n\n")
    return stand.rows(table)


@observation("1.6", [["1", "a"], ["2", "b"]])
def the_last_line_needs_no_end(stand):
    table = stand.table()
    stand.load(table, "1,a\n2,b")
    return stand.rows(table)


@observation("1.6", [["1", "a"], ["2", "b\r"]])
def a_carriage_return_before_the_end_of_line_goes_but_not_in_quotes(stand):
    table = stand.table()
    stand.load(table, '1,"a"\r\n2,"b\r"\r\n', **ENCLOSED)
    return stand.rows(table)


@observation("1.6", [["1", "a"]])
def a_byte_order_mark_is_removed(stand):
    table = stand.table()
    stand.load(table, b"\xef\xbb\xbf1,a\n")
    return stand.rows(table)


@observation("1.6; test_csv_with_none_utf8_data", ["Fail", [1, 0, 1, 0]])
def a_line_that_is_not_utf8_is_filtered(stand):
    reply = stand.load(stand.table(), b"1,\xff\xfe\n")
    return [reply["Status"], stand.counts(reply)]


@observation("1.6; data quality", [Has("[DATA_QUALITY_ERROR]too many filtered rows"), True, [2, 1, 1, 0]])
def a_line_with_too_many_fields_is_filtered(stand):
    reply = stand.load(stand.table(), "1,a\n2,b,c\n")
    return [reply["Message"], bool(reply.get("ErrorURL")), stand.counts(reply)]


@observation("1.5; analysis/Separator.java", [["1", "a,b"]])
def a_separator_may_be_given_in_hex(stand):
    table = stand.table()
    stand.load(table, "1\x01a,b\n", column_separator="\\x01")
    return stand.rows(table)


# Casts: strict_mode is true and nothing may be filtered, as the loader loads.

CASTS = [
    ("TINYINT", "127", "127"), ("TINYINT", "128", "refused"), ("SMALLINT", "-32768", "-32768"),
    ("SMALLINT", "32768", "refused"), ("INT", "x", "refused"), ("INT", "2147483648", "refused"),
    ("BIGINT", "-9223372036854775808", "-9223372036854775808"), ("BIGINT", "9223372036854775808", "refused"),
    ("DECIMAL(38,0)", "9" * 38, "9" * 38), ("DECIMAL(10,2)", "1.005", "1.01"),
    ("DECIMAL(10,2)", "123456789", "refused"), ("DECIMAL(10,2)", "NaN", "refused"),
    ("DOUBLE", "1e308", "1e308"), ("BOOLEAN", "on", "true"), ("BOOLEAN", "y", "refused"),
    ("BOOLEAN", "0", "false"), ("DATE", "9999-12-31", "9999-12-31"), ("DATE", "0000-01-01", "0000-01-01"),
    ("DATE", "10000-01-01", "refused"), ("DATE", "infinity", "refused"),
    ("DATE", "0044-03-15 BC", "refused"), ("DATE", "2023-02-29", "refused"),
    ("DATETIME(6)", "2024-02-29 23:59:59.999999", "2024-02-29 23:59:59.999999"),
    ("DATETIME(6)", "-infinity", "refused"), ("DATETIME(6)", "2024-02-29 24:00:00", "refused"),
    ("VARCHAR(3)", "abc", "abc"), ("VARCHAR(3)", "abcd", "refused"), ("VARCHAR(3)", "éé", "refused"),
    ("STRING", "x" * 70000, "x" * 70000), ("JSON", "{", "refused"), ("STRING", "", ""),
]


def plain(kind, value):
    """Numbers may be shown in another form, and a BOOLEAN as 1."""
    if kind == "BOOLEAN":
        return {"1": "true", "0": "false"}.get(value, value)
    return repr(float(value)) if kind == "DOUBLE" and value != "refused" else value


@observation("1.8; test_stream_load_cast, test_load_with_decimal",
             [[kind, text[:20], plain(kind, value)[:50]] for kind, text, value in CASTS])
def what_becomes_of_a_text_in_strict_mode(stand):
    found = []
    for kind, text, _ in CASTS:
        stored = stand.stored(kind, text)
        found.append([kind, text[:20], plain(kind, "NULL" if stored is None else stored)[:50]])
    return found


@observation("1.8: the default is not strict", [["Success", None], ["Success", None], ["Success", "abc"]])
def without_strict_mode_values_are_lost_in_silence(stand):
    found = []
    for kind, text in (("INT", "x"), ("DATE", "infinity"), ("VARCHAR(3)", "abcd")):
        table = stand.table(f"k INT NOT NULL, v {kind} NULL")
        reply = stand.load(table, f"1,{text}\n")
        found.append([reply["Status"], stand.rows(table, "v")[0][0]])
    return found


@observation("1.8; test_stream_load_strict_mode_and_filter_ratio", [["Fail", 1], ["Fail", 1]])
def null_in_a_column_that_is_not_null_is_filtered_in_both_modes(stand):
    found = []
    for strict in ("true", "false"):
        table = stand.table("k INT NOT NULL, v INT NOT NULL")
        reply = stand.load(table, "1,\\N\n", strict_mode=strict)
        found.append([reply["Status"], reply["NumberFilteredRows"]])
    return found


@observation("1.8", ["Success", [2, 1, 1, 0], [["1", "5"]]])
def a_filter_ratio_lets_bad_rows_go(stand):
    table = stand.table("k INT NOT NULL, v INT NULL")
    reply = stand.load(table, "1,5\n2,x\n", strict_mode="true", max_filter_ratio="0.6")
    return [reply["Status"], stand.counts(reply), stand.rows(table)]


@observation("1.8; DATETIMEV2 takes an offset into the load's timezone",
             "2024-01-01 10:00:00.000000")
def an_offset_is_converted_into_the_timezone_of_the_load(stand):
    return stand.stored("DATETIME(6)", "2024-01-01 12:00:00+02:00", timezone="UTC")


@observation("5.4: the default scale is 0", "2024-01-01 00:00:01")
def a_datetime_without_scale_rounds(stand):
    return stand.stored("DATETIME", "2024-01-01 00:00:00.6")


@observation("5.4; nereids/types/DataType.java: DECIMAL is DECIMAL(38,9)", "0.123456789")
def a_bare_decimal_keeps_nine_digits(stand):
    return stand.stored("DECIMAL", "0.1234567891")


# Tables.

@observation("5.2; CreateTableInfo.java", Has("Key columns should be a ordered prefix of the schema"))
def keys_come_first(stand):
    return stand.create("v INT NULL, k INT NOT NULL")


@observation("5.2; ColumnDefinition.java", [
    Has("Float or double can not used as a key, use decimal instead."),
    Has("String Type should not be used in key column"), Has("JSON")])
def types_that_are_no_keys(stand):
    return [stand.create(f"k {kind} NOT NULL, v INT NULL") for kind in ("DOUBLE", "STRING")] + [
        stand.create("k JSON NOT NULL, v INT NULL").upper().replace("JSONB", "JSON")]


@observation("5.3: column names have no case", "refused")
def two_columns_that_differ_in_case_only(stand):
    return "refused" if stand.create("k INT NOT NULL, a INT NULL, A INT NULL") != "done" else "done"


@observation("5.3", ["refused", "refused", "refused"])
def names_that_are_refused(stand):
    body = stand.definition("k INT NOT NULL", "k", "DUPLICATE", {})
    names = ("a" * 65, "with blank", "d.o.t")
    return ["refused" if stand.error(f"CREATE TABLE `{name}` {body}") != "done" else name for name in names]


@observation("5.4; DECIMAL over 38 digits needs a session variable", "refused")
def a_decimal_of_39_digits(stand):
    return "refused" if stand.create("k INT NOT NULL, v DECIMAL(39,0) NULL") != "done" else "done"


@observation("6; SchemaChangeHandler.java", [
    "done", Has("Can not add column which already exists in base table: n"), "done",
    Has("Column does not exists: n"), Has("Can not drop key column in Unique data model table")])
def columns_are_added_and_dropped(stand):
    table = stand.unique()
    return [stand.error(f"ALTER TABLE {table} {change}") for change in (
        "ADD COLUMN n INT NULL", "ADD COLUMN n INT NULL", "DROP COLUMN n", "DROP COLUMN n",
        "DROP COLUMN k")]


@observation("7.3", [])
def a_truncate_empties(stand):
    table = stand.table()
    stand.load(table, "1,a\n")
    stand.sql(f"TRUNCATE TABLE {table}")
    return stand.rows(table)


# Models.

@observation("7.5", [["1", "a"], ["1", "a"], ["1", "b"]])
def a_duplicate_table_keeps_all(stand):
    table = stand.table()
    stand.load(table, "1,a\n1,a\n")
    stand.load(table, "1,b\n")
    return stand.rows(table)


@observation("7.3; memtable.cpp", [["1", "c"]])
def of_one_key_in_one_load_the_last_wins_without_a_sequence(stand):
    table = stand.unique(sequence=False)
    stand.load(table, "1,a\n1,c\n")
    return stand.rows(table)


@observation("7.3; test_unique_table_sequence", [["1", "a"]])
def of_one_key_in_one_load_the_larger_sequence_wins(stand):
    table = stand.unique()
    stand.upsert(table, (1, "a", 0, 9), (1, "b", 0, 8))
    return stand.rows(table)


@observation("7.3; segment.cpp lookup_row_key", [[["1", "b"]], [["1", "c"]], [["1", "c"]]])
def across_loads_a_smaller_sequence_is_ignored_and_an_equal_one_wins(stand):
    table, found = stand.unique(), []
    stand.upsert(table, (1, "a", 0, 5))
    for value, sequence in (("b", 6), ("c", 6), ("d", 5)):
        stand.upsert(table, (1, value, 0, sequence))
        found.append(stand.rows(table))
    return found


@observation("7.2, 7.3; test_delete_sign", [[], [], [["1", "again"]]])
def a_delete_blocks_smaller_sequences_only(stand):
    table, found = stand.unique(), []
    stand.upsert(table, (1, "a", 0, 5))
    for value, sign, sequence in ((None, 1, 7), ("late", 0, 6), ("again", 0, 7)):
        stand.upsert(table, (1, value, sign, sequence))
        found.append(stand.rows(table))
    return found


@observation("7.2: upserts and deletes in one load", [["2", "b"], ["3", "new"]])
def one_load_has_both(stand):
    table = stand.unique()
    stand.upsert(table, (1, "a", 0, 1), (2, "b", 0, 2))
    stand.upsert(table, (1, None, 1, 3), (3, "new", 0, 4))
    return stand.rows(table)


@observation("7.2: a delete row must satisfy NOT NULL", "Fail")
def a_delete_without_a_value_that_is_not_null_is_refused(stand):
    table = stand.unique("k INT NOT NULL, v VARCHAR(9) NOT NULL")
    return stand.upsert(table, (1, None, 1, 1))["Status"]


@observation("7.3", [Has("has sequence column, need to specify the sequence column"),
                     Has("There is no sequence column in the table")])
def the_sequence_has_to_be_named_where_there_is_one(stand):
    return [stand.verdict(stand.load(stand.unique(), "1,a\n")),
            stand.verdict(stand.load(stand.unique(sequence=False), "1,a,1\n", **{
                "columns": "k,v,s", "function_column.sequence_col": "s"}))]


PARTIAL = {"partial_columns": "true", "partial_update_new_key_behavior": "ERROR"}
THREE = "k INT NOT NULL, v VARCHAR(40) NULL, w VARCHAR(40) NULL"


@observation("7.4; test_partial_update_seq_type", ["Success", [["1", "new", "w"]]])
def a_partial_update_leaves_the_other_columns(stand):
    table = stand.unique(THREE)
    stand.upsert(table, (1, "v", "w", 0, 1), columns="k,v,w,__DORIS_DELETE_SIGN__,s")
    reply = stand.upsert(table, (1, "new", 2), columns="k,v,s", **PARTIAL)
    return [reply["Status"], stand.rows(table)]


@observation("7.4; test_partial_update_new_key_policy", ["Fail", []])
def a_partial_update_of_no_row_is_refused(stand):
    table = stand.unique(THREE)
    reply = stand.upsert(table, (1, "new", 2), columns="k,v,s", **PARTIAL)
    return [reply["Status"], stand.rows(table)]


@observation("7.4", Has("Fail"))
def a_partial_update_needs_all_keys(stand):
    table = stand.unique("k INT NOT NULL, k2 INT NOT NULL, v VARCHAR(9) NULL", "k, k2")
    return stand.verdict(stand.upsert(table, (1, "new", 2), columns="k,v,s", **PARTIAL))


@observation("7.4", Has("Fail", "Only unique key merge on write support partial update"))
def a_partial_update_of_a_duplicate_table_is_refused(stand):
    return stand.verdict(stand.load_rows(stand.table(), ("1", "a"), columns="k,v", **PARTIAL))
