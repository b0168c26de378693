/*
 * conninfo - the one question that is asked about a connection string without libpq: does it hold
 * a password? Otherwise it is libpq's alone and goes there untouched. Pure.
 *
 * Knows both forms, "host=a password=b" and "postgresql://user:b@a/db?password=b". When in doubt
 * (a string that libpq would refuse) the answer is that it does.
 * https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING
 */
#pragma once

#include <stdbool.h>

bool conninfo_has_password(const char *conninfo);
