/* source_model - the model of a publication's tables as they are now, for test programs. */
#pragma once

#include "common/arena.h"
#include "common/pg.h"
#include "model.pb-c.h"

/* Of publication walferry_<task>. Key: the primary key. Everything lives in the arena. */
NODISCARD bool source_model_read(Pg *pg, const char *task, Arena *arena,
                                 Walferry__Model__Model *out, Error *err);
