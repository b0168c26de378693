#include "simulator/statement.h"

#include "common/compiler.h"

typedef bool StatementRun(Statement *statement, Error *err);

static const struct {
    const char *words;
    StatementRun *run;
} STATEMENTS[] = {
    {"select", statement_select},
    {"show", statement_show},
    {"desc", statement_desc},
    {"describe", statement_desc},
    {"create table", statement_create_table},
    {"create database", statement_create_database},
    {"drop table", statement_drop_table},
    {"drop database", statement_drop_database},
    {"truncate table", statement_truncate},
    {"alter table", statement_alter},
};

/* What a real one takes, and which of them /api/query took before PR #51547. */
static const struct {
    const char *word;
    bool always;
} OTHERS[] = {{"insert", false}, {"update", false}, {"set", false},    {"use", false},
              {"delete", true},  {"copy", true},    {"export", true},  {"explain", false},
              {"grant", true},   {"revoke", true},  {"create", true},  {"drop", true},
              {"alter", true},   {"cancel", true},  {"refresh", true}, {"with", true},
              {"admin", true},   {"analyze", true}, {"warm", false},   {"kill", false}};

bool statement_database(const Statement *statement, const char *said, const char **out, Error *err)
{
    *out = said ? said : statement->session->database;
    return (*out && **out) || sql_error(err, "No database selected");
}

static bool refuse(const Statement *statement, Error *err)
{
    const SqlCursor *cursor = &statement->cursor;

    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
        if (!sql_is_word(cursor, OTHERS[i].word))
            continue;
        if (!OTHERS[i].always && !profile_any_statement(statement->tables->profile))
            return error_set(err, ERROR_DATA, "Unsupported statement type");
        return sql_not_reached(err, OTHERS[i].word);
    }
    return sql_unexpected(cursor, "ALTER, CREATE, DESC, DROP, SELECT, SHOW, TRUNCATE, ...", err);
}

static bool run(Statement *statement, Error *err)
{
    for (size_t i = 0; i < COUNT_OF(STATEMENTS); i++)
        if (sql_take_words(&statement->cursor, STATEMENTS[i].words))
            return STATEMENTS[i].run(statement, err);
    return refuse(statement, err);
}

bool tables_sql(Tables *tables, const SqlSession *session, Str text, SqlResult **out, Error *err)
{
    Statement statement = {.tables = tables, .session = session, .result = sql_result_new()};

    statement.cursor.arena = sql_result_arena(statement.result);
    if (!sql_lex(text, statement.cursor.arena, &statement.cursor.at, err) ||
        !run(&statement, err)) {
        sql_result_close(&statement.result);
        return false;
    }
    *out = statement.result;
    return true;
}
