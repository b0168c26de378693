/* sql_value - a stored value as it goes through JDBC and Gson into the reply. Pure. */
#pragma once

#include "common/arena.h"
#include "simulator/sim_type.h"
#include "simulator/tables.h"

/* A NaN or an infinity, for which JSON has no number, is the string that Java makes of it. */
SqlValue sql_value_of(const SimType *type, Str text, Arena *arena);
