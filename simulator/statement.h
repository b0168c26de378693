/* statement - one SQL statement on its way: what its parts are given. */
#pragma once

#include "simulator/sql_cursor.h"
#include "simulator/sql_result.h"
#include "simulator/tables_internal.h"

typedef struct Statement {
    Tables *tables;
    const SqlSession *session;
    SqlCursor cursor;
    SqlResult *result;
} Statement;

/* The database that is said, or the session's. False: none is. */
bool statement_database(const Statement *statement, const char *said, const char **out, Error *err);

/* Each begins behind the words that led to it. */
bool statement_create_table(Statement *statement, Error *err);
bool statement_create_database(Statement *statement, Error *err);
bool statement_drop_table(Statement *statement, Error *err);
bool statement_drop_database(Statement *statement, Error *err);
bool statement_truncate(Statement *statement, Error *err);
bool statement_alter(Statement *statement, Error *err);
bool statement_show(Statement *statement, Error *err);
bool statement_desc(Statement *statement, Error *err);
bool statement_select(Statement *statement, Error *err);
