/*
 * selectdb_sql - names and texts quoted for SelectDB's SQL, which is not PostgreSQL's: names in
 * back-quotes, and in texts a backslash escapes.
 *
 * A statement goes through JDBC inside of the front end, which takes { } outside of quotes for
 * itself: they are only ever inside of what is quoted here.
 */
#pragma once

#include "common/bytes.h"

/* `name` with its back-quotes doubled. */
void selectdb_sql_name(Bytes *sql, Str name);

/* `database`.`table` */
void selectdb_sql_table(Bytes *sql, Str database, Str table);

/* 'text' with backslashes and quotes escaped. */
void selectdb_sql_text(Bytes *sql, Str text);

/* A name in the header `columns` of a load: it is parsed as SQL there, so that words need quotes.
 */
void selectdb_load_column(Bytes *header, Str name);
