/*
 * sql_text - names and values quoted for SQL, without a connection.
 *
 * For UTF-8 and standard_conforming_strings, which common/pg.c sets on every connection.
 */
#pragma once

#include "common/bytes.h"
#include "common/compiler.h"

/* "name" with its quotes doubled. */
void sql_identifier(Bytes *sql, Str name);

/* "schema"."name" */
void sql_qualified(Bytes *sql, Str schema, Str name);

/* 'text' with its quotes doubled. */
void sql_literal(Bytes *sql, Str text);

/* A printf for the text in between; no NUL is added. */
void sql_add(Bytes *sql, const char *format, ...) PRINTF_LIKE(2, 3);

/* The text with a NUL behind it, which its length does not count; owned by sql. */
const char *sql_text(Bytes *sql);
