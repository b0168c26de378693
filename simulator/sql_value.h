/* sql_value - a stored value as it goes through JDBC and Gson into the reply. Pure. */
#pragma once

#include "common/arena.h"
#include "simulator/sim_type.h"
#include "simulator/tables.h"

/* False: a NaN or an infinity, at which the real one breaks off. */
bool sql_value_of(const SimType *type, Str text, Arena *arena, SqlValue *out);
