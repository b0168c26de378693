#include "common/settings_table.h"

#include "common/compiler.h"
#include "common/task_file.h"
#include <string.h>

#define VALUES(...)                                                                                \
    .values = (const char *const[])                                                                \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define FIELD(type, member) .offset = offsetof(type, member), .width = sizeof(((type *)0)->member)
#define TASK(member) FIELD(TaskFile, member)
#define OBJECT(member) FIELD(TaskObject, member)
#define COLUMN(member) FIELD(TaskColumn, member)
#define REDIRECT(member) FIELD(TaskRedirect, member)
#define PROPERTY(member) FIELD(TaskProperty, member)
#define RANGE(from, to) .least = (from), .most = (to)

#define KB INT64_C(1024)
#define MB (KB * KB)
#define TB (MB * MB)
#define UNBOUNDED INT64_MAX

#define UNFIT(name, member, text)                                                                  \
    {                                                                                              \
        "destination.unfit." name, SETTING_CHOICE, RULE_FREE, "\"fail\"",                          \
            .scope = SCOPE_SELECTDB, .help = (text), VALUES("fail", "null"),                       \
            TASK(destination.unfit.member)                                                         \
    }

/* clang-format off */
static const Setting SETTINGS[] = {
    {"name", SETTING_TEXT, RULE_FREE, "\"\"",
     .help = "What the task is called: a to z, 0 to 9 and _, at most 40 characters. "
     "Slot and publication at the source are named walferry_NAME. "
     "Default: the name of this file without its ending.", TASK(name)},
    {"tag", SETTING_TEXT, RULE_FREE, "\"\"",
     .help = "Any text; `walferry status` shows it.", TASK(tag)},

    {"source", SETTING_GROUP, RULE_REQUIRED, NULL,
     .help = "The database that is followed: PostgreSQL 14 or newer."},
    {"source.conninfo", SETTING_TEXT, RULE_REQUIRED, "\"\"",
     .help = "The connection, given to libpq untouched: \"host=... dbname=... user=...\" or a postgresql:// "
     "URI, TLS settings and service files included. With a password in it this file must be "
     "readable by its owner only (chmod 600).", TASK(source.conninfo)},
    {"source.password_file", SETTING_TEXT, RULE_FREE, "\"\"",
     .help = "A file that holds nothing but the password; it is read again at every connect.",
     TASK(source.password_file)},
    {"source.replica_identity", SETTING_CHOICE, RULE_FREE, "\"auto\"",
     .help = "auto: a table without a usable key gets REPLICA IDENTITY FULL, which `release` takes back. "
     "keep: nothing is changed; `check` prints the SQL that is needed.",
     VALUES("auto", "keep"), TASK(source.keep_identity)},
    {"source.heartbeat_ms", SETTING_NUMBER, RULE_FREE, "1000",
     .help = "How often a row of ours is written at the source, in milliseconds. It lets an idle task "
     "move on, measures the latency, and makes a gap in the stream seen.",
     RANGE(100, 60000), TASK(source.heartbeat_ms)},
    {"source.lock_timeout_ms", SETTING_NUMBER, RULE_FREE, "2000",
     .help = "How long a lock on a user's table is waited for before letting others pass and trying again, "
     "in milliseconds.",
     RANGE(100, 600000), TASK(source.lock_timeout_ms)},
    {"source.slot_limit", SETTING_SIZE, RULE_NOT_BUILT, "\"\"",
     .help = "Give the slot up when it keeps more WAL than this. Empty: never.",
     RANGE(64 * MB, UNBOUNDED), TASK(source.slot_limit_bytes)},

    {"destination", SETTING_GROUP, RULE_REQUIRED, NULL,
     .help = "The database that is kept equal."},
    {"destination.type", SETTING_CHOICE, RULE_FREE, "\"postgresql\"",
     .help = "What it is. Keys that belong to one type only are refused with the other.",
     VALUES("postgresql", "selectdb"), TASK(destination.type)},
    {"destination.conninfo", SETTING_TEXT, RULE_REQUIRED, "\"\"", .scope = SCOPE_POSTGRESQL,
     .help = "PostgreSQL: the connection, as for the source.",
     TASK(destination.conninfo)},
    {"destination.password_file", SETTING_TEXT, RULE_FREE, "\"\"",
     .help = "As for the source.", TASK(destination.password_file)},
    {"destination.urls", SETTING_TEXTS, RULE_REQUIRED, "[]", .scope = SCOPE_SELECTDB,
     .help = "SelectDB: its front ends, [\"http://HOST:PORT\"] or https. They are tried in turn.",
     TASK(destination.urls)},
    {"destination.database", SETTING_TEXT, RULE_REQUIRED, "\"\"", .scope = SCOPE_SELECTDB,
     .help = "SelectDB: the database that tables go to unless to_database says otherwise.",
     TASK(destination.database)},
    {"destination.user", SETTING_TEXT, RULE_REQUIRED, "\"\"", .scope = SCOPE_SELECTDB,
     .help = "SelectDB: the user; the password stands in password_file.", TASK(destination.user)},
    {"destination.compute_group", SETTING_TEXT, RULE_FREE, "\"\"", .scope = SCOPE_SELECTDB,
     .help = "SelectDB: the compute group that loads. Empty: the user's default.",
     TASK(destination.compute_group)},
    {"destination.ca_file", SETTING_TEXT, RULE_FREE, "\"\"", .scope = SCOPE_SELECTDB,
     .help = "SelectDB: a file (PEM) with the certificate authorities that are trusted for https. "
     "Empty: the system's.", TASK(destination.ca_file)},
    {"destination.redirect_map", SETTING_GROUPS, RULE_FREE, "()", .scope = SCOPE_SELECTDB,
     .help = "SelectDB: a front end sends each load on to a back end by an address of its own; where "
     "that cannot be reached from here, what to use instead: ( { from = \"10.0.0.7:8040\"; "
     "to = \"be1.example.com:8040\"; } )."},
    {"destination.redirect_map.from", SETTING_TEXT, RULE_REQUIRED, "\"\"", .scope = SCOPE_SELECTDB,
     .help = "HOST:PORT as the front end gives it, or HOST for every port.", REDIRECT(from)},
    {"destination.redirect_map.to", SETTING_TEXT, RULE_REQUIRED, "\"\"", .scope = SCOPE_SELECTDB,
     .help = "HOST:PORT as it is reached from here.", REDIRECT(to)},
    {"destination.timezone", SETTING_TEXT, RULE_FREE, "\"UTC\"", .scope = SCOPE_SELECTDB,
     .help = "SelectDB: the time zone in which a timestamptz is written, since the type there has none: "
     "a name such as \"Europe/Berlin\".", TASK(destination.timezone)},
    {"destination.reservoir_timeout_ms", SETTING_NUMBER, RULE_FREE, "5000", .scope = SCOPE_SELECTDB,
     .help = "SelectDB: the longest that a row waits for others to be loaded with, in milliseconds.",
     RANGE(1000, 10000), TASK(destination.reservoir_timeout_ms)},
    {"destination.reservoir_bytes", SETTING_SIZE, RULE_FREE, "\"64MB\"", .scope = SCOPE_SELECTDB,
     .help = "SelectDB: a load is sent when it has so many bytes.", RANGE(1 * MB, TB),
     TASK(destination.reservoir_bytes)},
    {"destination.reservoir_rows", SETTING_NUMBER, RULE_FREE, "500000", .scope = SCOPE_SELECTDB,
     .help = "SelectDB: a load is sent when it has so many rows.", RANGE(1, 100000000),
     TASK(destination.reservoir_rows)},
    {"destination.unfit", SETTING_GROUP, RULE_FREE, NULL, .scope = SCOPE_SELECTDB,
     .help = "SelectDB: what becomes of a value that its column's type there cannot hold, by that type. "
     "fail: the task stops and names the row. null: it becomes NULL. A key always fails."},
    UNFIT("date", date, "DATE: infinity, BC, years after 9999."),
    UNFIT("timestamp", timestamp, "DATETIME: infinity, BC, years after 9999."),
    UNFIT("decimal", decimal, "DECIMAL: NaN, infinity, more digits than it has."),
    UNFIT("varchar", varchar, "CHAR and VARCHAR: more bytes than it has."),
    UNFIT("string", string, "STRING: longer than SelectDB's limit."),
    UNFIT("json", json, "JSON: longer than SelectDB's limit."),

    {"phases", SETTING_TEXTS, RULE_NOT_BUILT, "[\"schema\", \"copy\", \"stream\"]",
     .help = "What the task does, one after the other.", VALUES("schema", "copy", "stream")},
    {"case_policy", SETTING_CHOICE, RULE_FREE, "\"source\"",
     .help = "What becomes of the letters A to Z in names of schemas, tables and columns: as in the source, "
     "all lower, all upper, or as DTS does it: schemas and tables lower, columns as in the source. "
     "A name given by to_schema, to_table or to wins over it.",
     VALUES("source", "lower", "upper", "dts"), TASK(case_policy)},
    {"existing_tables", SETTING_CHOICE, RULE_FREE, "\"error\"",
     .help = "A table of that name exists at the destination and is not of this task's making. error: the "
     "task does not start. accept: it is used when rows of the source's fit into it; `check` says "
     "in what it differs.",
     VALUES("error", "accept"), TASK(accept_existing_tables)},
    {"existing_rows", SETTING_CHOICE, RULE_FREE, "\"default\"",
     .help = "With existing_tables = \"accept\": the copy meets a row with the same key. keep: the row "
     "that is there stays as it is, until the source changes it. overwrite: it becomes the source's. "
     "default: keep at PostgreSQL, and `check` warns of each table that has rows; overwrite at SelectDB, "
     "where nothing else can be had.",
     VALUES("default", "keep", "overwrite"), TASK(existing_rows)},

    {"objects", SETTING_GROUPS, RULE_FREE, "()",
     .help = "Schemas and tables to take. Default: every schema that is not the system's or an "
     "extension's. A table's entry wins over its schema's."},
    {"objects.schema", SETTING_TEXT, RULE_REQUIRED, "\"\"",
     .help = "The schema's name.", OBJECT(schema)},
    {"objects.table", SETTING_TEXT, RULE_FREE, "\"\"",
     .help = "The table's name. Empty: all tables of the schema, also those to come.", OBJECT(table)},
    {"objects.exclude", SETTING_TEXTS, RULE_FREE, "[]",
     .help = "With a whole schema: tables to leave out; * stands for any letters, ? for one.",
     OBJECT(exclude)},
    {"objects.to_schema", SETTING_TEXT, RULE_FREE, "\"\"", .scope = SCOPE_POSTGRESQL,
     .help = "The schema at the destination. Empty with a table: what its schema's entry says.",
     OBJECT(to_schema)},
    {"objects.to_table", SETTING_TEXT, RULE_FREE, "\"\"",
     .help = "With a table: its name at the destination.", OBJECT(to_table)},
    {"objects.to_database", SETTING_TEXT, RULE_FREE, "\"\"", .scope = SCOPE_SELECTDB,
     .help = "SelectDB: the database it goes to. Empty with a table: what its schema's entry says; "
     "else destination.database.", OBJECT(to_database)},
    {"objects.where", SETTING_TEXT, RULE_NOT_BUILT, "\"\"",
     .help = "Only rows for which this SQL condition is true."},
    {"objects.etl", SETTING_TEXT, RULE_NOT_BUILT, "\"\"",
     .help = "An ETL script for these rows."},
    {"objects.operations", SETTING_TEXTS, RULE_FREE,
     "[\"insert\", \"update\", \"delete\", \"truncate\", \"ddl\"]",
     .help = "Which changes pass, once the rows are copied. Not given with a table: what its schema's entry says.",
     VALUES("insert", "update", "delete", "truncate", "ddl"), OBJECT(operations)},
    {"objects.columns", SETTING_GROUPS, RULE_FREE, "()",
     .help = "With a table: columns to rename or leave out."},
    {"objects.columns.name", SETTING_TEXT, RULE_REQUIRED, "\"\"", .help = "The column.", COLUMN(name)},
    {"objects.columns.to", SETTING_TEXT, RULE_FREE, "\"\"", .help = "Its name at the destination.",
     COLUMN(to)},
    {"objects.columns.skip", SETTING_FLAG, RULE_FREE, "false", .help = "Leave it out.", COLUMN(skip)},
    {"objects.columns.type", SETTING_TEXT, RULE_FREE, "\"\"", .scope = SCOPE_SELECTDB,
     .help = "SelectDB: its type there, as in \"DECIMAL(20,4)\".", COLUMN(type)},
    {"objects.engine", SETTING_CHOICE, RULE_FREE, "\"auto\"", .scope = SCOPE_SELECTDB,
     .help = "SelectDB: the table's model. unique: one row for each key. duplicate: a history, each change "
     "adds a row. auto: what the schema's entry says, else unique where there is a primary key "
     "or a unique one that is never null, else duplicate.",
     VALUES("auto", "unique", "duplicate"), OBJECT(engine)},
    {"objects.primary_key", SETTING_TEXTS, RULE_FREE, "[]", .scope = SCOPE_SELECTDB,
     .help = "SelectDB, with a table: the key columns, by their names at the source. Default: as there.",
     OBJECT(primary_key)},
    {"objects.distribution_key", SETTING_TEXTS, RULE_FREE, "[]", .scope = SCOPE_SELECTDB,
     .help = "SelectDB, with a table: the columns that decide the bucket, by their names at the source. "
     "Default: the key.", OBJECT(distribution_key)},
    {"objects.bucket_count", SETTING_NUMBER, RULE_FREE, "\"auto\"", .scope = SCOPE_SELECTDB,
     .help = "SelectDB: the number of buckets, or \"auto\".", RANGE(1, 65535), OBJECT(bucket_count)},
    {"objects.properties", SETTING_GROUPS, RULE_FREE, "()", .scope = SCOPE_SELECTDB,
     .help = "SelectDB: further properties of the table: ( { name = \"replication_num\"; value = \"3\"; } ). "
     "Empty with a table: what its schema's entry says."},
    {"objects.properties.name", SETTING_TEXT, RULE_REQUIRED, "\"\"", .scope = SCOPE_SELECTDB,
     .help = "The property.", PROPERTY(name)},
    {"objects.properties.value", SETTING_TEXT, RULE_REQUIRED, "\"\"", .scope = SCOPE_SELECTDB,
     .help = "Its value.", PROPERTY(value)},

    {"etl", SETTING_TEXT, RULE_NOT_BUILT, "\"\"", .help = "An ETL script for all rows."},
    {"etl_file", SETTING_TEXT, RULE_NOT_BUILT, "\"\"", .help = "The same, in a file of its own."},

    {"stages", SETTING_GROUP, RULE_FREE, NULL, .help = "How many processes of each kind the task has."},
    {"stages.copy", SETTING_NUMBER, RULE_FREE, "2", .help = "They read tables, during the copy only.",
     RANGE(1, STAGES_MAX), TASK(stages.copy)},
    {"stages.transform", SETTING_NUMBER, RULE_FREE, "1",
     .help = "They select and map, between the source and the loaders.",
     RANGE(1, STAGES_MAX), TASK(stages.transform)},
    {"stages.loader", SETTING_NUMBER, RULE_FREE, "1",
     .help = "They write to the destination. With more than one, order is kept for each row, but a reader "
     "of the destination may see part of a transaction.",
     RANGE(1, STAGES_MAX), TASK(stages.loader)},

    {"window", SETTING_SIZE, RULE_FREE, "\"256MB\"",
     .help = "Memory for changes that were read and are not yet durable at the destination; more than that "
     "is kept in the spool.", RANGE(1 * MB, TB), TASK(window_bytes)},
    {"spool_dir", SETTING_TEXT, RULE_FREE, "\"\"",
     .help = "Where the spool's files are. Empty: in the state directory.", TASK(spool_dir)},
    {"spool_limit", SETTING_SIZE, RULE_FREE, "\"\"",
     .help = "The largest that the spool may become; then reading pauses and the source keeps the WAL. "
     "Empty: no limit.", RANGE(1 * MB, UNBOUNDED), TASK(spool_limit_bytes)},

    {"retry", SETTING_GROUP, RULE_FREE, NULL,
     .help = "How long is tried again before a task is given up, in minutes."},
    {"retry.connection_minutes", SETTING_NUMBER, RULE_FREE, "720",
     .help = "When a server cannot be reached.", RANGE(10, 1440), TASK(retry.connection_minutes)},
    {"retry.other_minutes", SETTING_NUMBER, RULE_FREE, "10",
     .help = "Whatever else may pass by itself. Must be less than connection_minutes.",
     RANGE(1, 1440), TASK(retry.other_minutes)},

    {"throttle", SETTING_GROUP, RULE_FREE, NULL, .help = "Limits for each second; 0: none."},
    {"throttle.copy_queries", SETTING_NUMBER, RULE_NOT_BUILT, "0", .help = "Statements of the copy.",
     RANGE(0, INT32_MAX)},
    {"throttle.copy_rows", SETTING_NUMBER, RULE_NOT_BUILT, "0", .help = "Rows of the copy.",
     RANGE(0, INT32_MAX)},
    {"throttle.copy_bytes", SETTING_SIZE, RULE_NOT_BUILT, "\"0\"", .help = "Bytes of the copy.",
     RANGE(0, UNBOUNDED)},
    {"throttle.stream_rows", SETTING_NUMBER, RULE_NOT_BUILT, "0", .help = "Rows of the stream.",
     RANGE(0, INT32_MAX)},
    {"throttle.stream_bytes", SETTING_SIZE, RULE_NOT_BUILT, "\"0\"", .help = "Bytes of the stream.",
     RANGE(0, UNBOUNDED)},

    {"check", SETTING_GROUP, RULE_FREE, NULL, .help = "The precheck."},
    {"check.ignore", SETTING_TEXTS, RULE_FREE, "[]",
     .help = "Ids of warnings that are meant so: `check` gives them as ok.", TASK(check_ignore)},

    {"on_unsupported_ddl", SETTING_CHOICE, RULE_FREE, "\"stop\"",
     .help = "A definition changed at the source in a way that cannot be followed.",
     VALUES("stop", "ignore"), .built_values = 1},
    {"on_etl_error", SETTING_CHOICE, RULE_FREE, "\"stop\"",
     .help = "An ETL script fails for a row.", VALUES("stop", "skip"), .built_values = 1},
    {"alerts", SETTING_GROUPS, RULE_NOT_BUILT, "()", .help = "Whom to tell, and of what."},
    {"redact", SETTING_TEXTS, RULE_NOT_BUILT, "[]", .help = "Columns whose values are never shown."},
};
/* clang-format on */

const Setting *settings_table(size_t *count)
{
    *count = COUNT_OF(SETTINGS);
    return SETTINGS;
}

const Setting *setting_find(const char *path)
{
    for (size_t i = 0; i < COUNT_OF(SETTINGS); i++) {
        if (strcmp(SETTINGS[i].path, path) == 0)
            return &SETTINGS[i];
    }
    return NULL;
}

const char *setting_name(const Setting *setting)
{
    const char *dot = strrchr(setting->path, '.');

    return dot ? dot + 1 : setting->path;
}

bool setting_is_in(const Setting *setting, const char *group)
{
    size_t length = strlen(group);
    const char *name = setting_name(setting);

    if (length == 0)
        return name == setting->path;
    return (size_t)(name - setting->path) == length + 1 &&
           strncmp(setting->path, group, length) == 0;
}
